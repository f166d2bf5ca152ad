"""What every page has, in a real browser: the theme, the messages, and no way in or out."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.served import Served, serve

BUILDER = "/events/beta/response.create"


def test_the_theme_is_kept_and_there_before_the_first_paint(context: BrowserContext) -> None:
    tab = context.new_page()
    tab.goto(BUILDER)
    expect(tab.locator("html")).not_to_have_attribute("data-theme", re.compile("."))
    tab.get_by_label("Theme").select_option("dark")
    expect(tab.locator("html")).to_have_attribute("data-theme", "dark")
    dark = tab.evaluate("getComputedStyle(document.body).color")
    other = context.new_page()
    # Seen before anything that is deferred runs.
    other.add_init_script(
        "document.addEventListener('readystatechange', () => {"
        " window.early ??= document.documentElement.dataset.theme })"
    )
    other.goto(BUILDER)
    assert other.evaluate("window.early") == "dark"
    expect(other.get_by_label("Theme")).to_have_value("dark")
    other.get_by_label("Theme").select_option("light")
    # The other tab follows.
    expect(tab.locator("html")).to_have_attribute("data-theme", "light")
    assert tab.evaluate("getComputedStyle(document.body).color") != dark


def type_something(tab: Page) -> None:
    tab.goto(f"{BUILDER}?example=short-text")
    tab.locator("textarea[name]:visible").first.press_sequentially("hello")


@pytest.fixture
def loose_tab(context: BrowserContext) -> Page:
    """A tab whose console may complain: the network is made to fail."""
    return context.new_page()


def test_silence_is_reported_and_taken_back(loose_tab: Page) -> None:
    loose_tab.goto(f"{BUILDER}?example=short-text")
    loose_tab.route("**/events/**", lambda route: route.abort())
    box = loose_tab.locator("textarea[name]:visible").first
    box.press_sequentially("hello")
    expect(loose_tab.locator("#messages")).to_contain_text("Cuecard did not answer.")
    loose_tab.unroute("**/events/**")
    box.press_sequentially("!")
    expect(loose_tab.locator("#messages")).not_to_contain_text("did not answer")
    assert "hello!" in box.input_value()


def test_a_page_of_someone_in_between_is_never_swapped_in(loose_tab: Page) -> None:
    def instead(route: Route) -> None:
        route.fulfill(status=502, content_type="text/html", body="<h1>Router says no</h1>")

    loose_tab.goto(f"{BUILDER}?example=short-text")
    loose_tab.route("**/events/**", instead)
    loose_tab.locator("textarea[name]:visible").first.press_sequentially("x")
    expect(loose_tab.locator("#messages")).to_contain_text("instead of Cuecard (502)")
    expect(loose_tab.get_by_text("Router says no")).to_have_count(0)


def test_a_refusal_lands_among_the_messages(context: BrowserContext) -> None:
    with serve(CUECARD_MAX_TEXT_CHARS="50") as strict:
        tab = context.new_page()
        tab.goto(f"{strict.url}{BUILDER}?example=short-text")
        box = tab.locator("textarea[name]:visible").first
        box.fill("<b>" + "x" * 60)
        expect(tab.locator("#messages")).to_contain_text("63 characters; 50 are taken")
        assert box.input_value() == "<b>" + "x" * 60


def test_a_refusal_is_taken_back_once_the_text_is_taken(context: BrowserContext) -> None:
    with serve(CUECARD_MAX_TEXT_CHARS="50") as strict:
        tab = context.new_page()
        tab.goto(f"{strict.url}{BUILDER}?example=short-text")
        tab.locator("textarea[name]:visible").first.fill("x" * 60)
        expect(tab.locator("#messages")).to_contain_text("60 characters; 50 are taken")
        tab.locator("textarea[name]:visible").first.fill("x" * 50)
        expect(tab.locator("#messages [data-message]")).to_have_count(0)


def test_a_refused_press_is_forgotten_once_another_is_done(loose_tab: Page) -> None:
    loose_tab.goto(f"{BUILDER}?example=short-text")
    loose_tab.get_by_text("Other events").click()
    box = loose_tab.get_by_label("Event to send beside the draft")
    box.fill("a\x00b")
    loose_tab.get_by_role("button", name="Send it as it stands").click()
    expect(loose_tab.locator("#messages")).to_contain_text("holds a NUL character")
    box.fill('{"type": "response.cancel"}')
    loose_tab.get_by_role("button", name="Send it as it stands").click()
    expect(loose_tab.locator(".entry--error")).to_contain_text("nothing left to cancel")
    expect(loose_tab.locator("#messages [data-message]")).to_have_count(0)


def test_the_page_talks_to_nobody_else(tab: Page, served: Served) -> None:
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    type_something(tab)
    tab.get_by_role("button", name="Send").first.click()
    tab.wait_for_timeout(500)
    assert asked
    assert {url for url in asked if not url.startswith((served.url, "data:", "blob:"))} == set()


def test_no_markup_can_be_made_outside_htmx(loose_tab: Page) -> None:
    loose_tab.goto(BUILDER)
    for sink in (
        "document.body.innerHTML = '<p>x</p>'",
        "document.body.insertAdjacentHTML('beforeend', '<p>x</p>')",
        "eval('1')",
        "new Function('1')()",
        "trustedTypes.createPolicy('app', {createHTML: s => s})",
        "trustedTypes.createPolicy('htmx', {createHTML: s => s})",
        "document.head.append(Object.assign(document.createElement('script'), {text: '1'}))",
    ):
        refused = _refusal(loose_tab, sink)
        assert refused in ("TypeError", "EvalError"), sink


def _refusal(tab: Page, statement: str) -> str:
    """Run a statement as the page's own script would, and return how it failed."""
    # Later, because what the debugger runs itself may use eval.
    name: str = tab.evaluate(
        "() => new Promise(tell => setTimeout(() => {"
        f" try {{ {statement}; tell('') }} catch (error) {{ tell(error.name) }} }}))"
    )
    return name


def test_no_other_page_can_frame_it(context: BrowserContext, served: Served) -> None:
    tab = context.new_page()
    tab.goto("about:blank")
    tab.set_content(f'<iframe src="{served.url}{BUILDER}"></iframe>')
    tab.wait_for_timeout(500)
    frame = tab.frames[-1]
    assert frame.locator("#main").count() == 0
