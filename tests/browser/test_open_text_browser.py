"""The open text in a real browser: what is typed last is what is sent, copied and kept."""

import json

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.test_builder_browser import BUILDER, expect_shown, held_back, quiet, shown

BROKEN = '{"type": "response.create",\n "response": {"voice" "sage"}}'
TYPED = {"type": "response.create", "response": {"instructions": "Typed last."}}


@pytest.fixture
def talking(context: BrowserContext) -> Page:
    """A tab that may complain: the browser itself logs answers of 422."""
    return context.new_page()


def open_text(tab: Page, text: str) -> None:
    tab.goto(f"{BUILDER}?example=short-text")
    tab.get_by_role("button", name="Edit text").click()
    expect(tab.locator("#raw-text")).to_be_focused()
    tab.locator("#raw-text").fill(text)


def sent(tab: Page) -> list[str]:
    """The events of the session as its record has them."""
    address = tab.locator(".session__foot a", has_text="JSON Lines").first.get_attribute("href")
    lines = map(json.loads, tab.request.get(address or "").text().splitlines())
    return [line["text"] for line in lines if line["direction"] == "sent"]


def test_what_is_typed_in_the_moment_before_sending_is_sent(tab: Page) -> None:
    open_text(tab, json.dumps(TYPED))
    tab.keyboard.press("ControlOrMeta+Enter")
    expect(tab.locator(".transcript")).to_contain_text("Typed last.")
    [event] = map(json.loads, sent(tab))
    assert event["response"] == TYPED["response"]
    expect_shown(tab, event)
    assert json.loads(tab.locator("#raw-text").input_value()) == event


def test_a_broken_text_is_asked_about_and_sent_byte_for_byte(talking: Page) -> None:
    open_text(talking, BROKEN)
    expect(talking.locator("#raw-status")).to_contain_text("Line 2, column 23")
    talking.get_by_role("button", name="Send", exact=True).click()
    said = talking.locator("#session-said")
    expect(said).to_contain_text("cannot be read as it stands (line 2, column 23")
    said.get_by_role("button", name="Send this text as it is").click()
    expect(talking.locator(".transcript")).to_contain_text("JSON")
    assert sent(talking) == [BROKEN]
    assert talking.locator("#raw-text").input_value() == BROKEN


def test_copying_a_broken_text_asks_which_one_is_meant(
    context: BrowserContext, talking: Page
) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_text(talking, BROKEN)
    talking.get_by_role("button", name="Copy", exact=True).click()
    status = talking.locator("#raw-status")
    expect(status).to_contain_text("Nothing was done yet")
    expect(talking.locator("#raw-text")).to_have_value(BROKEN)
    for words, text in (("this text as it is", BROKEN), ("the event in the form", None)):
        button = status.get_by_role("button", name=f"Copy {words}")
        button.click()
        expect(status.get_by_role("button", name="Copied")).to_be_visible()
        copied = talking.evaluate("() => navigator.clipboard.readText()")
        if text:
            assert copied == text
        else:
            assert json.loads(copied) == shown(talking)
        expect(button).to_be_visible(timeout=5_000)


def test_the_form_goes_on_while_a_broken_text_waits(talking: Page) -> None:
    open_text(talking, BROKEN)
    expect(talking.locator("#raw-status")).to_contain_text("Line 2")
    talking.locator("#f-response-instructions").fill("The form goes on.")
    quiet(talking)
    expect(talking.locator("#wire")).to_contain_text("The form goes on.")
    expect(talking.locator("#raw-text")).to_have_value(BROKEN)
    talking.get_by_role("button", name="Done").click()
    expect(talking.locator("#raw-status")).to_contain_text("Line 2")
    talking.get_by_role("button", name="Drop this text").click()
    expect(talking.locator("#raw-text")).to_have_count(0)
    expect(talking.locator("#raw-status")).to_be_empty()
    expect(talking.locator("#wire")).to_contain_text("The form goes on.")


def test_a_text_the_form_shows_follows_the_form_and_does_not_travel(tab: Page) -> None:
    open_text(tab, json.dumps(TYPED))
    expect_shown(tab, TYPED)
    quiet(tab)
    with tab.expect_request("**/check") as asked:
        tab.locator("#f-response-instructions").fill("From the form.")
    assert "Typed+last" not in (asked.value.post_data or "")
    assert "text=" not in (asked.value.post_data or "").split("&raw=")[0].split("&")[0]
    quiet(tab)
    assert "From the form." in tab.locator("#raw-text").input_value()
    tab.get_by_role("button", name="Done").click()
    expect(tab.locator("#raw-text")).to_have_count(0)
    expect(tab.locator("#f-response-instructions")).to_have_value("From the form.")


def test_what_is_typed_while_the_form_is_on_its_way_goes_into_the_new_form(tab: Page) -> None:
    open_text(tab, json.dumps(TYPED))
    held = held_back(tab, "**/response.create/raw")
    tab.get_by_role("button", name="Read into the form").click()
    field = tab.get_by_role("textbox", name="Instructions", exact=True)
    field.fill("Typed meanwhile, and more.")
    for _ in "and more.":
        field.press("ArrowLeft")
    (reading,) = held
    old = field.element_handle()
    reading.continue_()
    tab.wait_for_function("field => !field.isConnected", arg=old)
    expect(field).to_be_focused()
    tab.keyboard.type("here ")
    expect(field).to_have_value("Typed meanwhile, here and more.")
    instructions = "Typed meanwhile, here and more."
    expect_shown(tab, {"type": "response.create", "response": {"instructions": instructions}})


def test_a_text_is_read_once_though_a_button_asks_while_it_rests(tab: Page) -> None:
    open_text(tab, json.dumps(TYPED))
    held = held_back(tab, "**/response.create/raw")
    tab.get_by_role("button", name="Read into the form").click()
    tab.wait_for_timeout(600)  # twice as long as the text rests before it is read by itself
    (reading,) = held
    reading.continue_()
    expect_shown(tab, TYPED)
