"""JSON values with numbers as written, how much one text may hold, and the error for bad text."""

import math
import re
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"
Offer: TypeAlias = Literal["keep_last"]

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one JSON text may hold; a value, not a member name, counts as a node."""

    max_bytes: int = 32 * MIB
    max_depth: int = 64
    max_nodes: int = 50_000
    max_digits: int = 4_000
    max_string_chars: int = 20 * MIB


LIMITS = Limits()


class ExactFloat(float):
    """A number with a fraction or an exponent that remembers how it was written."""

    __slots__ = ("text",)
    text: str

    def __new__(cls, text: str) -> "ExactFloat":
        number = super().__new__(cls, text)
        number.text = text
        return number

    def __getnewargs__(self) -> tuple[str]:  # type: ignore[override]  # copies start from the text
        return (self.text,)


class ExactInt(int):
    """A whole number whose text is not the one Python would write, such as -0."""

    text: str

    def __new__(cls, text: str) -> "ExactInt":
        number = super().__new__(cls, text)
        number.text = text
        return number

    def __getnewargs__(self) -> tuple[str]:  # type: ignore[override]
        return (self.text,)


class Place(NamedTuple):
    """Where something stands in a text: line and column count characters from 1."""

    line: int
    column: int

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}"


class Unreadable(ValueError):  # noqa: N818  # it says what the text is
    """A text that is not JSON: where it stops being so, why, and what to do next.

    ``offset`` counts characters from 0. ``offer`` names a repair the visitor may ask for.
    The words never quote a value, which may hold a key.
    """

    def __init__(
        self, text: str, offset: int, reason: str, hint: str = "", offer: Offer | None = None
    ) -> None:
        place = place_of(text, offset)
        super().__init__(f"{place}: {reason}")
        self.line = place.line
        self.column = place.column
        self.offset = offset
        self.reason = reason
        self.hint = hint
        self.offer = offer


def read_number(literal: str) -> int | float:
    """Return the number that a JSON number literal stands for, remembering an unusual spelling.

    Raises:
        ValueError: if it is too large for a floating point number.
    """
    if not literal.lstrip("-").isdigit():
        number = ExactFloat(literal)
        if math.isinf(number):
            raise ValueError("too large")
        return number
    return ExactInt(literal) if literal == "-0" else int(literal)


def is_number(literal: str) -> bool:
    """Tell whether a text is a number literal of JSON."""
    return bool(_NUMBER.fullmatch(literal))


def place_of(text: str, offset: int) -> Place:
    """Return line and column of an offset; CRLF, CR and LF each end a line."""
    before = text[:offset]
    lone_returns = before.count("\r") - before.count("\r\n")
    start = max(before.rfind("\n"), before.rfind("\r")) + 1
    return Place(before.count("\n") + lone_returns + 1, offset - start + 1)


_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?")
