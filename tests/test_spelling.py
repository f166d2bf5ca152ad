"""Slips of names: what was meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.spelling import distance, nearest, same_letters

NAMES = ["instructions", "input", "tools", "tool_choice", "voice", "id", "metadata"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("instruction", "instructions"),
        ("instrutcions", "instructions"),
        ("Instructions", "instructions"),
        ("toolChoice", "tool_choice"),
        ("tool-choice", "tool_choice"),
        ("inputs", "input"),
        ("voise", "voice"),
        ("ID", "id"),
        ("di", ""),
        ("model", ""),
        ("noise", ""),
        ("voice", ""),
        ("x" * 1000, ""),
        ("", ""),
    ],
)
def test_a_slip_is_taken_for_the_nearest_name(written: str, meant: str) -> None:
    assert nearest(written, [name for name in NAMES if name != written]) == meant


def test_without_names_nothing_is_near() -> None:
    assert nearest("voice", []) == ""


@given(st.text(max_size=12), st.text(max_size=12))
def test_the_distance_is_symmetric_and_zero_for_equals(one: str, other: str) -> None:
    assert distance(one, other) == distance(other, one)
    assert (distance(one, other) == 0) == (one == other)
    assert distance(one, other) <= max(len(one), len(other))


@pytest.mark.parametrize(
    ("one", "other", "slips"),
    [("ab", "ba", 1), ("abc", "ac", 1), ("abc", "axcd", 2), ("", "ab", 2)],
)
def test_a_swap_is_one_slip(one: str, other: str, slips: int) -> None:
    assert distance(one, other) == slips


def test_capitals_and_hyphens_are_no_slips() -> None:
    assert same_letters("G711-ulaw", "g711_ulaw")
    assert not same_letters("g711_ulaw", "g711_alaw")
