"""Words that would be code elsewhere, in every field of an event: the page shows text."""

import json
from typing import Any

import pytest
from playwright.sync_api import Page, Request

from tests.browser.test_builder_browser import expect_shown, quiet
from tests.cases_on_disk import cases
from tests.made_up import DIALECTS, EVENT
from tests.test_hostile_session_views import MARKUP, WORDS

# What says which model an object is read by stays; everything else that is text becomes these.
TAGS = ("type", "role", "require_approval")
SHORT = [words for words in WORDS if len(words) < 100]
ALL_WORDS = " ".join((*SHORT, '"><img src=x onerror=window.__p=1>', "' autofocus onfocus=__p=1 '"))


def poisoned(value: Any, name: str = "") -> Any:
    """The same value with hostile words in place of every text, and as a name beside every name."""
    match value:
        case str() if name not in TAGS:
            return ALL_WORDS
        case dict():
            return {at: poisoned(one, at) for at, one in value.items()}
        case list():
            return [poisoned(one, name) for one in value]
        case _:
            return value


def event_of_everything(dialect: str) -> dict[str, Any]:
    """One event with every member, item and tool that a valid case has."""
    params: dict[str, Any] = {}
    for case in cases(dialect, valid=True):
        for name, value in (case.event.get("response") or {}).items():
            if isinstance(value, list) and isinstance(params.get(name), list):
                params[name] += [one for one in value if one not in params[name]]
            elif isinstance(value, dict) and isinstance(params.get(name), dict):
                params[name] = {**params[name], **value}
            elif value is not None:
                params[name] = value
    event: dict[str, Any] = poisoned({"type": EVENT, "event_id": "x", "response": params})
    event["response"][ALL_WORDS] = {ALL_WORDS: ALL_WORDS}
    event["response"]["metadata"] = {ALL_WORDS: ALL_WORDS, "__proto__": "x", "toString": "y"}
    return event


def strangers(tab: Page) -> list[str]:
    """Elements that no page of ours has in these places."""
    places = ("#form", "#wire", "#problems", "#raw", "#palette")
    return [
        name for name in MARKUP if tab.locator(", ".join(f"{p} {name}" for p in places)).count()
    ]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_nothing_in_an_event_becomes_code(tab: Page, dialect: str) -> None:
    asked: list[Request] = []
    tab.goto(f"/events/{dialect}/{EVENT}")
    event = event_of_everything(dialect)
    tab.on("request", lambda request: asked.append(request))  # noqa: PLW0108  # no method of a list
    tab.on("dialog", lambda dialog: pytest.fail(dialog.message))
    tab.get_by_role("button", name="Edit text").click()
    tab.locator("#raw-text").fill(json.dumps(event))
    expect_shown(tab, event)
    quiet(tab)
    assert strangers(tab) == []
    # Every list of the page is looked through, in the palette too.
    tab.keyboard.press("ControlOrMeta+k")
    tab.keyboard.type("script")
    tab.keyboard.press("Escape")
    tab.locator("#f-response-instructions").press_sequentially("<b>")
    quiet(tab)
    tab.locator("#f-response-instructions").fill(ALL_WORDS)
    quiet(tab)
    assert strangers(tab) == []
    tab.reload()
    tab.locator("#wire .ln").first.wait_for()
    assert strangers(tab) == []
    assert tab.evaluate("() => window.__p === undefined && ({}).x === undefined")
    assert all(request.url.startswith(tab.url.split("/events")[0]) for request in asked)
    paths = {request.url.split("/")[-1].split("?")[0] for request in asked}
    assert not {path for path in paths if "evil" in path or path == "x"}, paths
