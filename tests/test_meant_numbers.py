"""Numbers typed the way people type them: what is wrong with each, and which one is meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.made_up import EVENT
from webapp.drafts import Draft
from webapp.exact_json.patches import apply
from webapp.forms.meant_numbers import meant
from webapp.forms.problems import Problem


def flagged(member: str, typed: str) -> Problem:
    inputs = [("response@", "group"), (f"response.{member}", typed)]
    draft = Draft.read("beta", EVENT, inputs)
    [problem] = draft.problems
    assert problem.at == f"/response/{member}"
    if problem.fix:
        fixed = Draft.from_value("beta", EVENT, apply(draft.value, problem.fix))
        assert not fixed.problems
    return problem


@pytest.mark.parametrize(
    ("typed", "words", "number"),
    [
        ("0,8", "Write decimals with a point: 0.8.", 0.8),
        (".75", "Put a zero before the point: 0.75.", 0.75),
        ("01", "Leave out the zeros in front: 1.", 1),
        ("00.9", "Leave out the zeros in front: 0.9.", 0.9),
        ("+1", "Leave out the plus sign: 1.", 1),
        ("1.", "Leave out the point, or go on behind it: 1.", 1),
        ("\uff11", "Write it with the digits 0 to 9: 1.", 1),
        ("0x1", "Write it with the digits 0 to 9: 1.", 1),
        ("1,000", "Write decimals with a point, and thousands without a separator.", None),
        ("1e400", "It is beyond what servers can count", None),
        ("9" * 4_001, "A number has at most 4,000 digits here.", None),
        ("nan", "JSON has no such number.", None),
        ("", "Type one, or unset it.", None),
        ("hot", "Expected a number, but this is text.", None),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_slip_is_named_with_the_number_that_was_meant(
    typed: str, words: str, number: float | None
) -> None:
    problem = flagged("temperature", typed)
    assert words in problem.message
    assert (problem.fix[0]["value"] if problem.fix else None) == number


@pytest.mark.parametrize(
    ("typed", "words", "number"),
    [
        ("1_000", "Write it without separators: 1000.", 1_000),
        ("1 000", "Write it without separators: 1000.", 1_000),
        ("007", "Leave out the zeros in front: 7.", 7),
        ("many", "Use a number or inf.", None),
        ("", "Use a number or inf. Type one, or unset it.", None),
    ],
)
def test_a_number_that_may_also_be_a_word_is_told_alike(
    typed: str, words: str, number: int | None
) -> None:
    problem = flagged("max_output_tokens", typed)
    assert words in problem.message
    assert (problem.fix[0]["value"] if problem.fix else None) == number


@given(st.text(max_size=50))
def test_any_text_is_looked_at(text: str) -> None:
    found = meant(text)
    assert found is None or found.words.endswith(".") or ":" in found.words


@pytest.mark.parametrize("text", ["1", "-0.5", "1e5", "1.20", "x", "1 2", "1,2,3", "--1", "1__0"])
def test_what_is_a_number_or_nothing_like_one_is_left_alone(text: str) -> None:
    assert meant(text) is None


def test_an_event_type_that_is_no_text_is_put_right() -> None:
    draft = Draft.from_value("beta", EVENT, {"type": 5})
    [problem] = draft.problems
    assert problem.message == "Expected response.create, but this is a number."
    assert problem.fix == ({"op": "replace", "path": "/type", "value": EVENT},)
    assert not problem.safe


def test_a_function_without_a_name_is_said_to_have_none() -> None:
    tool = {"type": "function", "name": ""}
    choice = {"type": "function", "name": ""}
    named = {"type": "function", "name": "look"}
    one = Draft.from_value("beta", EVENT, {"type": EVENT, "response": {"tools": [tool]}})
    assert [p.message for p in one.problems] == [
        "The function has no name yet, so it cannot be called: type one."
    ]
    params = {"tools": [named], "tool_choice": choice}
    two = Draft.from_value("beta", EVENT, {"type": EVENT, "response": params})
    assert "No function is named yet: type the name of one of this event's tools." in [
        p.message for p in two.problems
    ]
