"""The strict JSON decoder: the only way JSON enters, numbers as written, refusals with a place."""

import json

from webapp.exact_json.faults import SURROGATE_HINT, UNUSUAL_ESCAPE, fault_in
from webapp.exact_json.values import (
    LIMITS,
    ExactFloat,
    ExactInt,
    JsonValue,
    Limits,
    Unreadable,
    read_number,
)

__all__ = [
    "LIMITS",
    "ExactFloat",
    "ExactInt",
    "JsonValue",
    "Limits",
    "Unreadable",
    "read_json",
    "read_text",
]


def read_json(text: str | bytes, *, limits: Limits = LIMITS) -> JsonValue:
    """Return the value of one strict JSON text, numbers exactly as written.

    One leading byte order mark is dropped without a word; places count from behind it.

    Raises:
        Unreadable: for anything outside RFC 8259, and for repeated names, numbers that overflow,
            half surrogate pairs, NUL, and more of anything than ``limits`` allow.
    """
    text = read_text(text, limits=limits).removeprefix("\ufeff")
    if _needs_inspection(text, limits) and (fault := fault_in(text, limits)):
        raise fault
    try:
        return _decoder(limits).decode(text)  # type: ignore[no-any-return]
    except ValueError as error:
        raise fault_in(text, limits) or error from None


def read_text(source: str | bytes, *, limits: Limits = LIMITS) -> str:
    """Return the characters of UTF-8 bytes, or the text itself, when it is whole and not too large.

    Raises:
        Unreadable: at the first byte or character that is not UTF-8, or when it is too large.
    """
    if isinstance(source, bytes):
        _refuse_size(len(source), limits)
        return _from_utf8(source)
    _refuse_size(len(source), limits)
    if source.isascii():
        return source
    try:
        _refuse_size(len(source.encode()), limits)
    except UnicodeEncodeError as error:
        reason = "Half of a surrogate pair stands alone here."
        raise Unreadable(source, error.start, reason, SURROGATE_HINT) from None
    return source


# -- the fast path ---------------------------------------------------------------------------------

_ONLY_SQUARE_BRACKETS = str.maketrans(
    {chr(code): None for code in range(128)} | {"[": "[", "{": "[", "]": "]", "}": "]"}
)


def _needs_inspection(text: str, limits: Limits) -> bool:
    """Tell whether a cheap look cannot rule out that a limit or an escape rule is broken."""
    if len(text) > limits.max_string_chars or UNUSUAL_ESCAPE.search(text):
        return True
    # Counting inside strings too gives an upper bound, enough for most texts.
    openers = text.count("[") + text.count("{")
    if openers <= limits.max_depth and openers + text.count(",") < limits.max_nodes:
        return False
    # Without escaped quotes every second part between quotes stands outside of strings. That holds
    # up to the first thing that is not JSON, and what follows it can only raise the counts.
    outside = "".join(text.replace("\\\\", "").replace('\\"', "").split('"')[::2])
    if outside.count(",") + outside.count("[") + outside.count("{") >= limits.max_nodes:
        return True
    # Every pass takes the innermost brackets away, so the passes count the depth.
    brackets = outside.translate(_ONLY_SQUARE_BRACKETS)
    for _ in range(limits.max_depth):
        brackets = brackets.replace("[]", "")
        if not brackets:
            return False
    return True


def _decoder(limits: Limits) -> json.JSONDecoder:
    def number(literal: str) -> int | float:
        if len(literal) > limits.max_digits:
            raise ValueError("too long")
        return read_number(literal)

    return json.JSONDecoder(
        object_pairs_hook=_members,
        parse_float=number,
        parse_int=number,
        parse_constant=_refuse_constant,
    )


def _members(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("repeated name")
    return members


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


# -- bytes -----------------------------------------------------------------------------------------

_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
_SAVE_AS_UTF8 = "Save the file as UTF-8 and try again."


def _refuse_size(size_bytes: int, limits: Limits) -> None:
    if size_bytes > limits.max_bytes:
        reason = f"This is larger than {limits.max_bytes:,} bytes."
        raise Unreadable("", 0, reason, "Take large media out of it, or send a part of it.")


def _from_utf8(source: bytes) -> str:
    if source.startswith(_WIDE_MARKS) or b"\x00" in source[:4]:
        raise Unreadable("", 0, "This is UTF-16 or UTF-32, or not text at all.", _SAVE_AS_UTF8)
    try:
        return source.decode("utf-8")
    except UnicodeDecodeError as error:
        before = source[: error.start].decode("utf-8").removeprefix("\ufeff")
        reason = f"The byte 0x{source[error.start]:02X} here is not UTF-8 text."
        raise Unreadable(before, len(before), reason, _SAVE_AS_UTF8) from None
