"""Problems fixed at the press of a button, in a real browser."""

import json
import re
from typing import Any

from playwright.sync_api import Browser, Page, expect

from tests.browser.test_builder_browser import BUILDER, expect_shown, quiet
from tests.served import Served
from tests.written_events import MENDED, SLIPS, wire


def paste(tab: Page, event: Any) -> None:
    """Fill the form from text, and close the box it was typed into."""
    tab.goto(BUILDER)
    tab.get_by_role("button", name="Edit text").click()
    tab.locator("#raw-text").fill(json.dumps(event))
    with tab.expect_response("**/raw"):
        tab.get_by_role("button", name="Read into the form").click()
    expect_shown(tab, event)
    tab.get_by_role("button", name="Done").click()


def fix(tab: Page, selector: str) -> None:
    with tab.expect_response("**/fix"):
        tab.locator(selector).click()


def test_a_fix_at_the_field_renames_the_member_and_goes_there(tab: Page) -> None:
    paste(tab, wire(max_tokens=5))
    fix(tab, "#form [data-fix]")
    expect_shown(tab, wire(max_output_tokens=5))
    expect(tab.locator("#f-response-max_output_tokens")).to_be_focused()
    expect(tab.locator("#problems")).to_have_text("No problems")
    expect(tab.locator("#raw-status")).to_contain_text("rename to max_output_tokens")
    expect(tab.locator("#form [data-fix]")).to_have_count(0)


def test_a_fix_in_the_list_does_the_same(tab: Page) -> None:
    paste(tab, wire(temperature=0.3))
    fix(tab, "#problems [data-fix]")
    expect_shown(tab, wire(temperature=0.6))
    expect(tab.locator("#f-response-temperature")).to_have_value("0.6")


def test_all_safe_ones_are_fixed_and_undone(tab: Page) -> None:
    paste(tab, SLIPS)
    with tab.expect_response("**/fix"):
        tab.get_by_role("button", name="Fix all 3 safe ones").click()
    expect_shown(tab, MENDED)
    tab.get_by_role("link", name="Undo").click()
    expect_shown(tab, SLIPS)
    expect(tab).to_have_url(re.compile("draft=[0-9a-f]{32}$"))


def test_what_is_being_typed_elsewhere_stays(tab: Page) -> None:
    paste(tab, wire(max_tokens=5, temperature=0.8))
    field = tab.locator("#f-response-temperature")
    field.fill("0.")
    quiet(tab)
    fix(tab, "#problems [data-fix][value$=max_tokens]")
    expect_shown(tab, wire(max_output_tokens=5, temperature="0."))
    expect(field).to_have_value("0.")


def test_a_page_after_a_fix_goes_on_working(tab: Page) -> None:
    paste(tab, wire(max_tokens=5))
    fix(tab, "#problems [data-fix]")
    field = tab.locator("#f-response-max_output_tokens")
    field.fill("5000")
    quiet(tab)
    fix(tab, "#problems [data-fix]")
    expect_shown(tab, wire(max_output_tokens=4096))
    expect(field).to_have_value("4096")


def test_a_problem_that_appears_while_typing_has_its_button(tab: Page) -> None:
    paste(tab, wire(temperature=0.8))
    tab.locator("#f-response-temperature").fill("0.3")
    quiet(tab)
    button = tab.locator("#p-response-temperature [data-fix]")
    expect(button).to_have_text("Fix: write 0.6")
    with tab.expect_response("**/fix"):
        button.click()
    expect(tab.locator("#f-response-temperature")).to_have_value("0.6")


def test_without_script_the_same_buttons_work(browser: Browser, served: Served) -> None:
    context = browser.new_context(base_url=served.url, java_script_enabled=False)
    tab = context.new_page()
    tab.goto(BUILDER)
    tab.get_by_role("button", name="Edit text").click()
    tab.locator("#raw-text").fill(json.dumps(wire(max_tokens=5)))
    tab.get_by_role("button", name="Read into the form").click()
    tab.locator("#form [data-fix]").click()
    expect(tab.locator("#f-response-max_output_tokens")).to_have_value("5")
    expect(tab.locator("#raw-status")).to_contain_text("rename to max_output_tokens")
    tab.get_by_role("link", name="Undo").click()
    expect(tab.locator("#wire")).to_contain_text("max_tokens")
    context.close()
