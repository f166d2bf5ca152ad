"""A draft of one dialect becomes one of the other, in a real browser."""

import json
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_builder_browser import expect_shown, quiet
from tests.served import Served

BETA, GA = "/events/beta/response.create", "/events/ga/response.create"

BEFORE = {
    "event_id": "evt_1",
    "type": "response.create",
    "response": {
        "modalities": ["text", "audio"],
        "instructions": "Be brisk & <b>bold</b>.",
        "voice": "verse",
        "output_audio_format": "g711_ulaw",
        "tools": [],
        "temperature": 0.9,
        "metadata": {"case": "all"},
        "input": [
            {
                "type": "message",
                "role": "user",
                "content": [{"type": "input_text", "text": "Go."}],
            }
        ],
    },
}

AFTER = {
    "event_id": "evt_1",
    "type": "response.create",
    "response": {
        "output_modalities": ["audio"],
        "instructions": "Be brisk & <b>bold</b>.",
        "audio": {"output": {"voice": "verse", "format": {"type": "audio/pcmu"}}},
        "tools": [],
        "metadata": {"case": "all"},
        "input": BEFORE["response"]["input"],  # type: ignore[index]
    },
}


def paste(tab: Page, event: object) -> None:
    tab.get_by_role("button", name="Edit text").click()
    tab.locator("#raw-text").fill(json.dumps(event))
    expect_shown(tab, event)
    quiet(tab)


def switch(tab: Page, dialect: str) -> None:
    tab.get_by_role("navigation", name="Dialect").get_by_role("button", name=dialect).click()


def test_a_draft_is_converted_after_a_look_and_comes_back(tab: Page) -> None:
    tab.goto(BETA)
    paste(tab, BEFORE)
    tab.get_by_role("button", name="Done").click()
    switch(tab, "GA")
    panel = tab.get_by_role("dialog", name="Convert from Beta to GA")
    expect(panel).to_be_visible()
    expect(panel.get_by_role("button", name="Convert")).to_be_focused()
    expect(panel.get_by_text("GA has no temperature.")).to_be_visible()
    expect(panel.locator("del").filter(has_text='"voice"')).to_be_visible()
    expect(panel.locator("ins").filter(has_text='"audio/pcmu"')).to_be_visible()
    assert Axe().run(tab).response["violations"] == []

    panel.get_by_role("button", name="Convert").click()
    tab.wait_for_url(re.compile(rf"{GA}\?draft=\w+&from=\w+$"))
    expect_shown(tab, AFTER)
    notice = tab.get_by_role("region", name="Converted from Beta to GA")
    expect(notice.get_by_text("1 moved, 2 reshaped, 1 lost")).to_be_visible()
    assert Axe().run(tab).response["violations"] == []

    tab.reload()
    expect_shown(tab, AFTER)
    expect(notice).to_be_visible()

    notice.get_by_role("link", name="Back to Beta").click()
    tab.wait_for_url(re.compile(rf"{BETA}\?draft=\w+$"))
    expect_shown(tab, BEFORE)


@pytest.mark.parametrize("how", ["Escape", "Cancel"])
def test_leaving_the_panel_changes_nothing(tab: Page, how: str) -> None:
    tab.goto(f"{BETA}?example=spoken-greeting")
    text = tab.locator("#wire").text_content()
    switch(tab, "GA")
    panel = tab.get_by_role("dialog")
    expect(panel).to_be_visible()
    if how == "Escape":
        tab.keyboard.press("Escape")
    else:
        panel.get_by_role("button", name="Cancel").click()
    expect(panel).to_have_count(0)
    expect(tab.get_by_role("button", name="GA")).to_be_focused()
    assert tab.locator("#wire").text_content() == text
    switch(tab, "GA")
    expect(panel).to_be_visible()


def test_a_bare_event_just_changes_its_dialect(tab: Page) -> None:
    tab.goto(BETA)
    switch(tab, "GA")
    tab.wait_for_url(f"**{GA}")
    expect_shown(tab, {"type": "response.create"})
    tab.get_by_role("button", name="Set Instructions").click()
    tab.locator("#f-response-instructions").fill("Hi")
    quiet(tab)
    tab.wait_for_url(re.compile(rf"{GA}\?draft=\w+$"))
    tab.reload()
    expect_shown(tab, {"type": "response.create", "response": {"instructions": "Hi"}})


def test_what_was_typed_last_is_converted_too(tab: Page) -> None:
    tab.goto(f"{BETA}?example=short-text")
    tab.locator("#f-response-instructions").fill("Typed a moment ago")
    switch(tab, "GA")
    tab.get_by_role("dialog").get_by_role("button", name="Convert").click()
    expect_shown(
        tab,
        {
            "type": "response.create",
            "response": {
                "output_modalities": ["text"],
                "instructions": "Typed a moment ago",
                "max_output_tokens": 60,
            },
        },
    )


def test_pasted_text_of_the_other_dialect_is_offered_there(tab: Page) -> None:
    sent = {
        "type": "response.create",
        "response": {"output_modalities": ["audio"], "reasoning": {"effort": "low"}},
    }
    tab.goto(BETA)
    paste(tab, sent)
    expect(tab.get_by_text("This looks like GA.")).to_be_visible()
    tab.get_by_role("button", name="Open it as GA").click()
    tab.wait_for_url(re.compile(rf"{GA}\?draft=\w+$"))
    expect_shown(tab, sent)
    expect(tab.get_by_text("This looks like GA.")).to_have_count(0)


def test_the_panel_fits_a_narrow_page(browser: Browser, served: Served) -> None:
    context = browser.new_context(base_url=served.url, viewport={"width": 360, "height": 640})
    tab = context.new_page()
    tab.goto(f"{BETA}?example=spoken-greeting")
    switch(tab, "GA")
    expect(tab.get_by_role("dialog")).to_be_visible()
    wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not tab.evaluate(wide)
    expect(tab.get_by_role("button", name="Convert")).to_be_in_viewport()
    context.close()
