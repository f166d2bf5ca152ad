"""Time from a key press to the paint of the JSON it leads to, for any page that shows both."""

import os
import shutil
import statistics
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

TIMER = Path(__file__).with_name("key_timer.js")
TEXT = "the quick brown fox jumps over the lazy dog while we wait it"
WARM_UP = "ready"
PAUSE_MS = 100  # between a paint and the next key: a brisk typist
# Nobody types in step with the screen: without this every key comes at the same place in a frame,
# and a page is shown either always or never within the frame in which the key came.
FRAME_MS = 1000 / 60
GOLDEN = 0.618034  # its multiples lie evenly between whole numbers
SETTLE_MS = 1000  # between the page's arrival and the first key
GIVE_UP_MS = 300_000


@dataclass(frozen=True, slots=True)
class Typed:
    """A page that can be typed in: how to open it with so many items, and where to look."""

    name: str
    open: Callable[[Page, int], None]
    boxes: str  # matches the text box of every input item, in order
    view: str  # matches the element that shows the JSON


@dataclass(frozen=True, slots=True)
class Place:
    """Which item is typed in."""

    items: int
    name: str

    @property
    def index(self) -> int:
        return self.items - 1 if self.name == "last" else self.items // 2


Times = dict[tuple[str, Place], list[float]]


def places(sizes: Sequence[int]) -> list[Place]:
    """Return the last and the middle item of each size; of one item, the last."""
    return [
        Place(size, name)
        for size in sizes
        for name in ("last", "middle")
        if size > 1 or name == "last"
    ]


def measure(browser: Browser, pages: Sequence[Typed], sizes: Sequence[int], rounds: int) -> Times:
    """Type the text into every page at every place, by turns, and return the times in ms."""
    times: Times = {(page.name, place): [] for page in pages for place in places(sizes)}
    for turn in range(rounds):
        for place in places(sizes):
            # The one that goes first changes with every round.
            for page in pages if turn % 2 == 0 else reversed(pages):
                taken = type_once(browser, page, place)
                times[page.name, place] += taken
                median = statistics.median(taken)
                print(f"  {page.name}, {place.name} of {place.items} items: {median:.1f} ms")
    return times


def type_once(browser: Browser, typed: Typed, place: Place) -> list[float]:
    """Open the page anew, type the text into the place, one real key at a time."""
    with browser.new_context(viewport={"width": 1400, "height": 900}) as context:
        context.set_default_timeout(GIVE_UP_MS)
        context.add_init_script(path=TIMER)
        page = context.new_page()
        typed.open(page, place.items)
        box = page.locator(typed.boxes)
        if box.count() != place.items:
            raise LookupError(
                f"{typed.name} shows {box.count()} text boxes for {place.items} items"
            )
        box.nth(place.index).focus()
        page.keyboard.press("ControlOrMeta+End")
        page.wait_for_timeout(SETTLE_MS)
        page.evaluate("view => { window.keys = keyTimer(view); }", typed.view)
        keys = enumerate(WARM_UP + " " + TEXT)
        times = [press(page, key, number * GOLDEN % 1) for number, key in keys]
        return times[-len(TEXT) :]


def press(page: Page, key: str, phase: float) -> float:
    page.keyboard.press("Space" if key == " " else key)
    time: float = page.evaluate("keys.next()")
    page.wait_for_timeout(PAUSE_MS + phase * FRAME_MS)
    return time


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the machine's own Chrome or Chromium, else the one Playwright brought, windowless."""
    names = ("google-chrome", "chromium", "chromium-browser")
    found = next(filter(None, map(shutil.which, names)), None)
    # A sandboxed Chromium refuses to run as root, as one does in a container.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=found, args=arguments) as browser,
    ):
        yield browser
