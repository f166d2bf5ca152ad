"""The log: one line of JSON per record, whatever the record holds."""

import json
import logging
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.logs import JsonLines


def _line(message: object, *args: object, exc_info: object = None) -> str:
    record = logging.LogRecord("cuecard", logging.INFO, "", 0, message, args, exc_info)  # type: ignore[arg-type]
    return JsonLines().format(record)


@given(st.text())
def test_any_text_stays_on_one_printable_line(text: str) -> None:
    line = _line("%s", text)
    assert line.isascii()
    assert line.isprintable()
    assert json.loads(line)["level"] == "INFO"


@pytest.mark.parametrize("text", ["a\r\nb", "\x1b[31mred", "\u2028", "\x7f", '"}', "\x85"])
def test_what_was_logged_is_what_is_read(text: str) -> None:
    assert json.loads(_line("%s", text))["message"] == text


def test_a_long_value_is_cut_and_says_so() -> None:
    message = json.loads(_line("x" * 1_000_000))["message"]
    assert len(message) < 2_100
    assert message.endswith("(1000000 characters, cut)")


def test_an_exception_keeps_its_end() -> None:
    try:
        raise ValueError("broken" + "!" * 5_000)
    except ValueError:
        line = json.loads(_line("oh", exc_info=sys.exc_info()))
    assert line["exception"].startswith("!")
    assert len(line["exception"]) < 2_100
