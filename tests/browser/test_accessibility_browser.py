"""axe-core finds nothing, whatever the page shows."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.served import Served

BUILDER = "/events/beta/response.create"


def faults(tab: Page) -> list[str]:
    """What axe-core objects to, a line each."""
    found = Axe().run(tab).response["violations"]
    return [
        f"{fault['id']}: {node['target']} {node['failureSummary']}"
        for fault in found
        for node in fault["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 900, 1440])
def test_axe_finds_nothing(browser: Browser, served: Served, scheme: str, width: int) -> None:
    context = browser.new_context(
        base_url=served.url,
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": width, "height": 900},
    )
    tab = context.new_page()
    for example in ("bare", "forced-function", "several-turns", "prompt-template", "audio-input"):
        tab.goto(f"{BUILDER}?example={example}")
        assert faults(tab) == [], example
    tab.goto(f"{BUILDER}?example=classify")
    tab.locator("#f-response-metadata-k1").fill("x" * 600)
    expect(tab.locator("#p-response-metadata-k1")).not_to_be_empty()
    tab.get_by_role("button", name="More for Metadata").click()
    expect(tab.locator("[data-popup]")).to_be_visible()
    assert faults(tab) == [], "problem and menu"
    tab.keyboard.press("Escape")
    if width < 1200:
        tab.locator("label[for=pane-wire]").click()
    tab.get_by_role("button", name="Edit text").click()
    expect(tab.locator("#raw-text")).to_be_visible()
    assert faults(tab) == [], "text"
    tab.locator("#raw-text").fill('{"type": ')
    expect(tab.locator("#raw-status")).to_contain_text("Line 1")
    assert faults(tab) == [], "text that cannot be read"
    tab.keyboard.press("ControlOrMeta+k")
    tab.keyboard.type("to")
    expect(tab.locator("#palette-list > li").first).to_be_visible()
    assert faults(tab) == [], "palette"
    tab.goto(f"{BUILDER}/nothing-here")
    assert faults(tab) == [], "error"
    tab.goto(f"{BUILDER}?example=forced-function")
    if width < 1200:
        tab.locator("label[for=pane-session]").click()
    tab.locator("#endpoint summary").click()
    for slug in ("azure-preview", "address", "sandbox"):
        tab.locator("#endpoint-slug").select_option(slug)
        expect(tab.locator("[name=endpoint-shown]")).to_have_value(slug)
        assert faults(tab) == [], slug
    tab.get_by_role("button", name="Send").first.click()
    expect(tab.get_by_text("completed").first).to_be_visible(timeout=20_000)
    assert faults(tab) == [], "session"
    context.close()
