"""Forget me, as a browser does it: in every tab, and nothing comes back with Back."""

import re

from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.test_accessibility_browser import faults
from tests.browser.test_endpoint_browser import KEY, STORED, pick
from tests.realtime_servers import Recorder, playing, wait_for
from tests.served import Served
from tests.serving import in_thread

BUILDER = "/events/ga/response.create"
SECRET = "Whisper the canary of the draft."


def written(tab: Page) -> None:
    """Write a draft, and wait until it is kept."""
    tab.goto(f"{BUILDER}?example=short-text")
    tab.locator("textarea[name^='response.instructions']").fill(SECRET)
    expect(tab.locator("[data-kept]")).to_have_text("Kept")
    expect(tab.locator("#preview")).to_contain_text(SECRET)


def open_menu(tab: Page) -> None:
    tab.locator("[data-menu]", has=tab.locator("#forget")).locator("summary").click()


def forget(tab: Page) -> None:
    open_menu(tab)
    tab.get_by_role("button", name="Forget everything").click()
    expect(tab.get_by_role("heading", name="Forgotten")).to_be_visible()


def test_key_session_and_draft_are_gone_at_once_and_back_shows_nothing(
    context: BrowserContext,
) -> None:
    tab = context.new_page()  # without the watch over the console: 404 is an error there
    closed: list[bool] = []

    async def play(socket: object) -> None:
        await recorder.play(socket)  # type: ignore[arg-type]
        closed.append(True)

    recorder = Recorder()
    with in_thread(playing(play)) as url:
        written(tab)
        pick(tab, "Another address")
        tab.get_by_label("Address", exact=True).fill(f"{url}?model=mine")
        tab.get_by_label("Key", exact=True).fill(KEY)
        tab.get_by_role("button", name="Send", exact=True).click()
        recorder.wait_for(1)
        expect(tab.locator(".entry--sent")).to_have_count(1)
        tab.evaluate("localStorage.setItem('mine', 'kept')")
        address = tab.url
        other = context.new_page()
        other.goto(address)
        expect(other.locator("#preview")).to_contain_text(SECRET)
        old = {cookie["value"] for cookie in context.cookies()}
        forget(tab)
        wait_for(lambda: bool(closed))
        assert not old & {cookie["value"] for cookie in context.cookies()}
        for page in (tab, other):
            held = "" if page is other else str(page.evaluate(STORED))
            assert KEY not in held
            assert "kept" not in held
        expect(other.locator("body")).not_to_contain_text(SECRET)
        expect(other.get_by_text("This draft is not kept here")).to_be_visible()
        tab.go_back()
        expect(tab.locator("body")).not_to_contain_text(SECRET)
        assert SECRET not in tab.content()
        assert KEY not in tab.content()
        tab.goto("/")
        expect(tab.locator("#endpoint summary")).to_contain_text("Sandbox")
        expect(tab.locator("[data-session]")).to_have_count(0)
        expect(tab.locator("summary", has_text="Recent")).to_have_count(0)
        assert SECRET not in tab.content()


def test_the_menu_says_what_goes_and_works_without_script(browser: Browser, served: Served) -> None:
    context = browser.new_context(base_url=served.url, viewport={"width": 360, "height": 800})
    tab = context.new_page()
    written(tab)
    open_menu(tab)
    expect(tab.get_by_text("This cannot be undone")).to_be_visible()
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert faults(tab) == []
    tab.keyboard.press("Escape")
    tab.keyboard.press("ControlOrMeta+k")
    tab.keyboard.type("everything")
    expect(tab.get_by_text("Nothing here is called like that.")).to_be_visible()
    kept, address = context.storage_state(), tab.url
    context.close()
    context = browser.new_context(
        base_url=served.url, java_script_enabled=False, storage_state=kept
    )
    tab = context.new_page()
    tab.goto(address)
    expect(tab.locator("#wire")).to_contain_text(SECRET)
    forget(tab)
    answer = tab.goto(address)
    assert answer is not None
    assert answer.status == 404
    expect(tab.locator("body")).not_to_contain_text(re.compile(re.escape(SECRET)))
    context.close()
