"""JSON values become exact JSON text: numbers as they were written, characters as they are."""

import json

import pytest
from hypothesis import given

from tests.made_up import any_json, thorough
from webapp.exact_json.reader import JsonValue, read_json
from webapp.exact_json.values import ExactFloat, ExactInt
from webapp.exact_json.writer import quote, scalar, write


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (-7, "-7"),
        (10**300, "1" + "0" * 300),
        (0.5, "0.5"),
        (ExactInt("-0"), "-0"),
        (ExactFloat("1.0"), "1.0"),
        (ExactFloat("1E2"), "1E2"),
        (ExactFloat("0.1000000000000000055"), "0.1000000000000000055"),
        ("", '""'),
        ('"\\/', '"\\"\\\\/"'),
        ("\n\r\t\b\f\x01", '"\\n\\r\\t\\b\\f\\u0001"'),
        ("é 語 👩‍👩‍👧 \x7f \u2028", '"é 語 👩‍👩‍👧 \x7f \u2028"'),
    ],
)
def test_a_scalar_is_written_as_it_is(value: JsonValue, text: str) -> None:
    assert scalar(value) == text
    assert write(value) == text
    assert write(value, indent=None) == text


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_what_json_cannot_say_is_refused(number: float) -> None:
    with pytest.raises(ValueError, match="no word"):
        write([number])


def test_a_value_is_laid_out_over_lines_with_two_blanks_for_each_level() -> None:
    value: JsonValue = {"a": [1, {"b": {}}, []], "c": ""}
    assert write(value) == (
        '{\n  "a": [\n    1,\n    {\n      "b": {}\n    },\n    []\n  ],\n  "c": ""\n}'
    )


def test_on_one_line_nothing_stands_between_the_signs() -> None:
    assert write({"a": [1, {"b": {}}, []], "c": ""}, indent=None) == '{"a":[1,{"b":{}},[]],"c":""}'


def test_a_name_is_quoted_like_any_text() -> None:
    assert write({'a"\n': 1}, indent=None) == '{"a\\"\\n":1}'
    assert quote('a"') == '"a\\""'


@thorough
@given(any_json)
def test_what_is_written_reads_back_and_writes_again_the_same(value: JsonValue) -> None:
    for indent in (2, None):
        text = write(value, indent=indent)
        again = read_json(text)
        assert again == value
        assert write(again, indent=indent) == text


@thorough
@given(any_json)
def test_the_layout_is_that_of_the_standard_library(value: JsonValue) -> None:
    plain = json.loads(write(value))
    layout = {"ensure_ascii": False, "allow_nan": False}
    assert write(plain) == json.dumps(plain, indent=2, **layout)  # type: ignore[arg-type]
    assert write(plain, indent=None) == json.dumps(plain, separators=(",", ":"), **layout)  # type: ignore[arg-type]
