"""`python -m benchmarks [part ...] [--write]`: measure, print the tables, put them on record."""

import argparse
import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

from benchmarks import keystrokes, relay, rjsf_page, served, server_time
from benchmarks.builder_page import ANSWER, OURS, PATH, builder_pages
from benchmarks.figures import (
    Measured,
    Row,
    growth,
    median_and_p95,
    table,
    verdict,
    write_between_marks,
)
from benchmarks.keystrokes import Place, Times
from webapp.events import EVENTS

README = Path(__file__).with_name("README.md")
SIZES = (1, 50, 500)
ROUNDS = 3
MOST_OF_RJSF = {1: 1.5, 50: 0.5, 500: 0.1}
MOST_GROWTH = 0.15
WHOSE = {OURS: "", ANSWER: ", lines of the server"}
PACKAGES = ("cuecard", "flask", "pydantic", "gunicorn")


def typing() -> Measured:
    """Type into Cuecard and into rjsf, by turns, in the same browser."""
    schema = EVENTS["beta", "response.create"].model.model_json_schema()
    port = served.free_port()
    with served.served(server_time.run_command(port), port, PATH), keystrokes.chromium() as browser:
        pages = [*builder_pages(f"http://127.0.0.1:{port}"), rjsf_page.rjsf_page(schema)]
        times = keystrokes.measure(browser, pages, SIZES, ROUNDS)
        taken_with = [f"Chromium {browser.version}", *rjsf_page.versions()]
    places = keystrokes.places(SIZES)
    rows = [typing_row(times, OURS, place) for place in places]
    rows += [growth_row(times, OURS, name) for name in ("last", "middle")]
    rows += [typing_row(times, ANSWER, place) for place in places]
    rows += [growth_row(times, ANSWER, name) for name in ("last", "middle")]
    return Measured(rows, taken_with)


def typing_row(times: Times, page: str, place: Place) -> Row:
    ours, theirs = times[page, place], times["rjsf", place]
    ratio = statistics.median(ours) / statistics.median(theirs)
    what = f"{place.name.capitalize()} of {place.items} item{'s' * (place.items > 1)}"
    return Row(
        what + WHOSE[page],
        *median_and_p95(ours),
        "rjsf",
        *median_and_p95(theirs),
        f"{ratio:.2f}",
        verdict(ratio, at_most=MOST_OF_RJSF[place.items]),
    )


def growth_row(times: Times, page: str, name: str) -> Row:
    ours, theirs = (growth(medians_by_size(times, each, name)) for each in (page, "rjsf"))
    return Row(
        f"Growth exponent, {name} item{WHOSE[page]}",
        f"{ours:.2f}",
        against="rjsf",
        against_median=f"{theirs:.2f}",
        goal=verdict(ours, at_most=MOST_GROWTH),
    )


def medians_by_size(times: Times, page: str, name: str) -> dict[int, float]:
    return {
        place.items: statistics.median(taken)
        for (whose, place), taken in times.items()
        if whose == page and (place.name == name or place.items == 1)
    }


def setting(taken_with: Sequence[str]) -> str:
    """Return when, where and with what the figures were taken, as one line."""
    packages = [f"{name} {version(name)}" for name in PACKAGES]
    parts = [f"Python {platform.python_version()}", *packages, *taken_with]
    return (
        f"Taken on {time.strftime('%Y-%m-%d')} with {os.cpu_count()} cores, {platform.system()}, "
        f"{', '.join(parts)}."
    )


PARTS: dict[str, Callable[[], Measured]] = {
    "keystrokes": typing,
    "throughput": server_time.throughput,
    "preview": server_time.preview_by_size,
    "start": server_time.start,
    "relay": relay.relay,
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure the parts that are named, or all of them."""
    options = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parts = f"one of {', '.join(PARTS)}; all of them if none is named"
    options.add_argument("parts", nargs="*", metavar="part", help=parts)
    options.add_argument("--write", action="store_true", help="put the tables into the README")
    chosen = options.parse_args(arguments)
    if unknown := set(chosen.parts) - set(PARTS):
        options.error(f"no such part: {', '.join(sorted(unknown))}")
    for part in chosen.parts or PARTS:
        print(f"{part}:")
        measured = PARTS[part]()
        text = f"{table(measured.rows)}\n\n{setting(measured.taken_with)}"
        print(text)
        if chosen.write:
            write_between_marks(README, part, text)


if __name__ == "__main__":
    main()
