"""axe-core finds nothing in any state of the session column, of the record and of one frame."""

import json

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_accessibility_browser import faults
from tests.browser.test_sessions_browser import BUILDER, DONE, GA, outcome, send
from tests.served import Served


def fine(tab: Page, state: str) -> None:
    assert faults(tab) == [], state
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{state}: too wide"


def write(tab: Page, text: str) -> None:
    box = tab.get_by_label("Event to send beside the draft")
    box.fill(text)
    tab.get_by_role("button", name="Send it as it stands").click()


@pytest.mark.parametrize(("scheme", "width"), [("light", 390), ("dark", 1440)])
def test_axe_finds_nothing_in_a_session(
    browser: Browser, served: Served, scheme: str, width: int
) -> None:
    context = browser.new_context(
        base_url=served.url,
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": width, "height": 900},
    )
    tab = context.new_page()
    tab.goto(f"{BUILDER}?example=forced-function")
    if width < 1200:
        tab.locator("label[for=pane-session]").click()
    send(tab)
    expect(outcome(tab)).to_have_text(DONE, timeout=20_000)
    tab.locator(".part--call summary").click()
    tab.get_by_text("Other events").click()
    fine(tab, "output of a call, and other events")
    write(tab, "{")
    expect(tab.locator(".said__text")).to_be_visible()
    fine(tab, "question about a text that is not JSON")
    write(tab, '{"type": "nope"}')
    expect(tab.locator(".entry--error")).to_be_visible()
    fine(tab, "error")
    slow = '{"type": "response.create", "response": {"metadata": {"sandbox": "slow:16"}}}'
    write(tab, slow)
    expect(outcome(tab, 1)).to_have_text("running")
    send(tab)
    tab.get_by_role("button", name="Send when it is done").wait_for()
    fine(tab, "choices while a response runs")
    tab.get_by_role("button", name="Send when it is done").click()
    expect(tab.get_by_role("button", name="Do not send")).to_be_visible()
    fine(tab, "an event that waits")
    tab.get_by_role("button", name="Cancel response").click()
    expect(outcome(tab, 2)).to_have_text(DONE, timeout=20_000)
    tab.locator(".session__foot summary").click()
    fine(tab, "menu of the log")
    tab.keyboard.press("Escape")
    tab.get_by_text("Other events").click()
    tab.get_by_role("link", name="All events").click()
    tab.locator("#record-list summary").nth(1).click()
    expect(tab.locator("#record-list [data-body]").nth(1)).not_to_be_empty()
    for tick in tab.locator("#record-list input[name=tick]").all()[1:3]:
        tick.check()
    tab.get_by_role("button", name="Compare ticked").click()
    expect(tab.locator(".difference table")).to_be_visible()
    fine(tab, "record with a row open and a difference")
    tab.goto(tab.get_by_role("link", name="All events").get_attribute("href") or "")
    fine(tab, "record on a page")
    tab.locator("#record-list summary").nth(1).click()
    tab.get_by_role("link", name="On its own").first.click()
    fine(tab, "one frame")
    context.close()


def test_a_call_that_asks_for_approval_is_fine_and_approved_without_script(
    browser: Browser, served: Served
) -> None:
    server = {"type": "mcp", "server_label": "sandbox", "server_url": "https://mcp.example.com"}
    params = {"output_modalities": ["text"], "tools": [server], "tool_choice": "required"}
    event = json.dumps({"type": "response.create", "response": params})
    context = browser.new_context(base_url=served.url)
    tab = context.new_page()
    tab.goto(GA)
    tab.get_by_text("Other events").click()
    write(tab, event)
    expect(outcome(tab)).to_have_text(DONE, timeout=20_000)
    expect(tab.get_by_role("button", name="Approve")).to_be_visible()
    fine(tab, "an approval that is asked for")
    kept = context.storage_state()
    context.close()
    context = browser.new_context(
        base_url=served.url, java_script_enabled=False, storage_state=kept
    )
    tab = context.new_page()
    tab.goto(GA)
    tab.get_by_label("Reason for denying it").fill("Too late")
    tab.get_by_role("button", name="Deny").click()
    expect(tab.locator(".part--approval [data-words=returned]")).to_have_text("Denied.")
    expect(tab.get_by_role("button", name="Approve")).to_be_hidden()
    expect(tab.locator(".entry--sent").nth(1)).to_contain_text("Too late")
    context.close()


def test_without_script_the_record_and_other_events_work(browser: Browser, served: Served) -> None:
    context = browser.new_context(base_url=served.url, java_script_enabled=False)
    tab = context.new_page()
    tab.goto(BUILDER)
    tab.get_by_text("Other events").click()
    tab.get_by_label("Template of an event").select_option("user")
    tab.get_by_role("button", name="Insert").click()
    tab.get_by_role("button", name="Send it as it stands").click()
    expect(tab.locator(".entry--sent").first).to_contain_text("conversation.item.create")
    expect(tab.locator(".entry--sent").first).to_contain_text("answered")
    tab.get_by_role("link", name="All events").click()
    expect(tab.locator("#record-list .frame__type").nth(2)).to_have_text("conversation.item.create")
    tab.get_by_label("Text in the events").fill("session.created")
    tab.get_by_role("button", name="Show").click()
    expect(tab.locator("#record-list > li")).to_have_count(1)
    tab.locator("#record-list summary").click()
    tab.get_by_role("link", name="On its own").click()
    expect(tab.locator(".code")).to_contain_text('"type": "session.created"')
    tab.get_by_role("link", name="All events").click()
    for tick in tab.locator("#record-list input[name=tick]").all()[1:3]:
        tick.check()
    tab.get_by_role("button", name="Compare ticked").click()
    expect(tab.locator(".difference table")).to_be_visible()
    tab.get_by_role("link", name="Back to the builder").click()
    expect(tab.locator(".entry--sent").first).to_contain_text("conversation.item.create")
    context.close()
