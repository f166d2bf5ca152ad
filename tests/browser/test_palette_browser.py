"""The palette and the rows for arguments, in a real browser."""

import json

from playwright.sync_api import Browser, Page, expect

from tests.browser.test_builder_browser import BUILDER, expect_shown, quiet, shown
from tests.served import Served

FORCED = f"{BUILDER}?example=forced-function"


def parameters(tab: Page) -> object:
    event = shown(tab)
    assert isinstance(event, dict)
    return event["response"]["tools"][0]["parameters"]


def test_the_palette_adds_a_field_and_goes_to_it(tab: Page) -> None:
    tab.goto(BUILDER)
    tab.keyboard.press("ControlOrMeta+k")
    box = tab.get_by_role("combobox", name="Name of a field or an action")
    expect(box).to_be_focused()
    tab.keyboard.type("temper")
    expect(tab.locator("#palette-list > li")).to_have_count(1)
    tab.keyboard.press("Enter")
    expect(tab.locator("#f-response-temperature")).to_be_focused()
    tab.keyboard.press("ControlOrMeta+a")
    tab.keyboard.type("0.7")
    expect_shown(tab, {"type": "response.create", "response": {"temperature": 0.7}})


def test_the_palette_goes_to_any_field_and_presses_buttons(tab: Page) -> None:
    tab.goto(FORCED)
    tab.locator("details.item").first.evaluate("item => { item.open = false; }")
    tab.keyboard.press("ControlOrMeta+k")
    tab.keyboard.type("get_weather descr")
    expect(tab.locator("#palette-list > li").first).to_contain_text("Function get_weather")
    tab.keyboard.press("Enter")
    expect(tab.locator("#f-response-tools-k1-description")).to_be_focused()
    tab.keyboard.press("ControlOrMeta+k")
    tab.keyboard.type("no such thing anywhere")
    expect(tab.get_by_text("Nothing here is called like that.")).to_be_visible()
    tab.keyboard.press("Escape")
    expect(tab.locator("#f-response-tools-k1-description")).to_be_focused()
    tab.keyboard.press("ControlOrMeta+k")
    tab.keyboard.type("edit text")
    tab.keyboard.press("Enter")
    expect(tab.locator("#raw-text")).to_be_visible()


def test_without_script_nothing_is_offered_that_needs_it(browser: Browser, served: Served) -> None:
    context = browser.new_context(base_url=served.url, java_script_enabled=False)
    tab = context.new_page()
    tab.goto(FORCED)
    expect(tab.get_by_role("button", name="Find a field")).to_be_hidden()
    expect(tab.get_by_role("button", name="Add argument")).to_have_count(0)
    tab.get_by_role("button", name="Unset Tools", exact=True).click()
    tab.get_by_role("button", name="Undo", exact=True).click()
    expect(tab.locator("#f-response-tools-k1-name")).to_have_value("get_weather")
    context.close()


def test_rows_read_and_write_the_arguments_of_a_function(tab: Page) -> None:
    tab.goto(FORCED)
    rows = tab.get_by_role("group", name="Arguments of parameters")
    expect(rows.get_by_label("Name of argument 1")).to_have_value("town")
    before = parameters(tab)
    assert isinstance(before, dict)
    rows.get_by_role("button", name="Add argument").click()
    expect(rows.get_by_label("Name of argument 3")).to_be_focused()
    tab.keyboard.type("days")
    rows.get_by_label("Type of argument 3").select_option("integer")
    rows.get_by_label("Description of argument 3").fill("How far ahead")
    rows.get_by_role("checkbox").nth(2).uncheck()
    quiet(tab)
    after = parameters(tab)
    added = {"days": {"type": "integer", "description": "How far ahead"}}
    assert after == before | {"properties": before["properties"] | added}
    rows.get_by_role("button", name="Remove argument 1").click()
    quiet(tab)
    assert list(parameters(tab)["properties"]) == ["unit", "days"]  # type: ignore[index]
    assert "town" not in json.dumps(parameters(tab))


def test_two_arguments_of_one_name_lose_nothing(tab: Page) -> None:
    tab.goto(FORCED)
    rows = tab.get_by_role("group", name="Arguments of parameters")
    before = parameters(tab)
    rows.get_by_label("Name of argument 2").fill("town")
    expect(rows.get_by_role("alert")).to_be_visible()
    quiet(tab)
    assert parameters(tab) == before
    rows.get_by_label("Name of argument 2").fill("towns")
    expect(rows.get_by_role("alert")).to_be_hidden()
    quiet(tab)
    assert list(parameters(tab)["properties"]) == ["town", "towns"]  # type: ignore[index]


def test_rows_stand_back_where_they_would_change_what_was_typed(tab: Page) -> None:
    tab.goto(FORCED)
    rows = tab.locator("[data-schema-rows]")
    box = tab.locator("#f-response-tools-k1-parameters")
    for text in (
        '{"properties": {"a": {"maximum": 1.0}}}',
        '{"properties": {"a": {"maximum": 12345678901234567890}}}',
        '{"properties": {"a": {}, "a": {}}}',
        '{"properties": {"b": {}, "1": {}}}',
        '{"properties": {"a": true}}',
        '{"type": "array"}',
        '{"properties": ',
        "[]",
    ):
        box.fill(text)
        expect(rows).to_be_hidden()
        assert box.input_value() == text
    box.fill('{"properties": {"a": {"type": ["string", "null"], "x": 1}}, "more": true}')
    expect(rows).to_be_visible()
    expect(rows.get_by_label("Type of argument 1")).to_have_value('["string","null"]')
    rows.get_by_label("Description of argument 1").fill("An é")
    quiet(tab)
    assert parameters(tab) == {
        "properties": {"a": {"type": ["string", "null"], "x": 1, "description": "An é"}},
        "more": True,
    }
