"""The examples: fine in their dialect, equal after a round through the form, in both menus."""

import base64
import json
from collections import Counter

import pytest

from tests.page import Visitor, text_of
from webapp.checks.checking import problems_of
from webapp.dialects import detect
from webapp.drafts import Draft
from webapp.events import DIALECTS, EVENTS
from webapp.examples import EXAMPLES, Example, example
from webapp.forms.problems import Severity
from webapp.store.media import picture_of
from webapp.wire_text import write

each = pytest.mark.parametrize("one", EXAMPLES, ids=lambda one: f"{one.dialect}-{one.slug}")


@each
def test_no_example_is_wrong(one: Example) -> None:
    found = problems_of(EVENTS[one.dialect, "response.create"], one.event)
    assert [problem for problem in found if problem.severity is Severity.ERROR] == []


@each
def test_an_example_comes_back_from_the_form_as_it_is(one: Example, page: Visitor) -> None:
    builder = f"/events/{one.dialect}/response.create"
    shown = page.get(f"{builder}?example={one.slug}")
    sent = page.post_raw(f"{builder}/wire", shown.fields("builder")).get_data(as_text=True)
    assert sent == write(one.event)


@each
def test_an_example_does_not_look_like_the_other_dialect(one: Example) -> None:
    guess = detect(one.event)
    assert guess.dialect in (None, one.dialect) or not guess.sure


def test_addresses_of_examples_are_their_own() -> None:
    assert max(Counter((one.dialect, one.slug) for one in EXAMPLES).values()) == 1


def test_ga_has_every_example_of_beta_and_five_more() -> None:
    beta, ga = ([one.slug for one in EXAMPLES if one.dialect == dialect] for dialect in DIALECTS)
    assert ga[: len(beta)] == beta
    assert ga[len(beta) :] == [
        "mcp-tool", "reasoning-effort", "image-input", "custom-voice", "sip-greeting",
    ]  # fmt: skip


def test_the_menu_of_each_dialect_lists_its_own(page: Visitor) -> None:
    for dialect in DIALECTS:
        shown = page.get(f"/events/{dialect}/response.create")
        titles = [text_of(item) for item in shown.all(".menu__list--wide strong")]
        assert titles == [one.title for one in EXAMPLES if one.dialect == dialect]


def test_the_picture_of_an_example_is_a_real_one() -> None:
    chosen = example("ga", "image-input")
    assert chosen
    event = json.loads(write(chosen.event))
    uri = event["response"]["input"][0]["content"][1]["image_url"]
    found = picture_of(uri)
    assert found
    assert found[0] == "image/png"
    assert base64.b64decode(uri.partition(",")[2]) == found[1]


def test_good_examples_have_nothing_but_notes() -> None:
    """What is worth knowing is said of good events too; a warning would be one that is not due."""
    plain = {"bare", "short-text", "spoken-greeting", "classify", "forced-function", "tool-output",
             "audio-input", "several-turns", "prompt-template"}  # fmt: skip
    for one in EXAMPLES:
        if one.slug in plain:
            found = Draft.from_value(one.dialect, "response.create", one.event).problems
            assert {problem.severity for problem in found} <= {Severity.NOTE}, (one.slug, found)
