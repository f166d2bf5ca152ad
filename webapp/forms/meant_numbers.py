"""Numbers as people type them where JSON spells them otherwise: which one is meant, and why."""

import re
import unicodedata
from dataclasses import dataclass

from webapp.exact_json.values import is_number, read_number

MOST_CHARS = 40
MAX_DIGITS = 4_000


@dataclass(frozen=True, slots=True)
class Meant:
    """Why a text is no number of JSON; ``number`` is the one it stands for, if that is clear."""

    words: str
    number: int | float | None = None


def meant(text: str) -> Meant | None:
    """Return which number a text stands for; None when it is JSON's own, or nothing like one."""
    typed = text.strip()
    if not typed:
        return Meant("Type one, or unset it.")
    if is_number(typed):
        return _out_of_reach(typed)
    plain = unicodedata.normalize("NFKC", typed).replace("\u2212", "-")
    if len(plain) > MOST_CHARS:
        return None
    if plain != typed and is_number(plain):
        return _spelled("Write it with the digits 0 to 9", plain)
    for pattern, words, spell in _SPELLINGS:
        if pattern.fullmatch(plain):
            return _spelled(words, spell(plain)) if spell else Meant(f"{words}.")
    return None


def _out_of_reach(literal: str) -> Meant | None:
    if len(literal) > MAX_DIGITS:
        return Meant(f"A number has at most {MAX_DIGITS:,} digits here.")
    try:
        read_number(literal)
    except ValueError:
        return Meant("It is beyond what servers can count: about 1.8e308 is the most.")
    return None


def _spelled(words: str, literal: str) -> Meant | None:
    if not is_number(literal):
        return None
    return Meant(f"{words}: {literal}.", read_number(literal))


def _without_plus_and_zeros(text: str) -> str:
    sign, digits = ("-", text[1:]) if text[0] == "-" else ("", text.removeprefix("+"))
    whole, point, rest = digits.partition(".")
    return f"{sign}{whole.lstrip('0') or '0'}{point}{rest}"


# From the plainest slip on; what comes first wins.
_SPELLINGS = tuple(
    (re.compile(pattern, re.ASCII | re.IGNORECASE), words, spell)
    for pattern, words, spell in (
        (
            r"[+-]?\d{1,3},\d{3}",
            "Write decimals with a point, and thousands without a separator",
            None,
        ),
        (
            r"[+-]?\d+,\d+",
            "Write decimals with a point",
            lambda text: _without_plus_and_zeros(text.replace(",", ".")),
        ),
        (
            r"[+-]?\d{1,3}([_,' ])\d{3}(\1\d{3})*",
            "Write it without separators",
            lambda text: _without_plus_and_zeros(re.sub(r"[_,' ]", "", text)),
        ),
        (
            r"[+-]?\d+(_\d+)+",
            "Write it without separators",
            lambda text: _without_plus_and_zeros(text.replace("_", "")),
        ),
        (
            r"[+-]?\.\d+",
            "Put a zero before the point",
            lambda text: _without_plus_and_zeros(text.replace(".", "0.")),
        ),
        (
            r"[+-]?\d+\.",
            "Leave out the point, or go on behind it",
            lambda text: _without_plus_and_zeros(text[:-1]),
        ),
        (r"[+-]?0\d+(\.\d+)?", "Leave out the zeros in front", _without_plus_and_zeros),
        (r"\+\d+(\.\d+)?", "Leave out the plus sign", _without_plus_and_zeros),
        (
            r"0x[0-9a-f]+",
            "Write it with the digits 0 to 9",
            lambda text: str(int(text, 16)),
        ),
        (r"[+-]?(nan|inf|infinity)", "JSON has no such number", None),
    )
)
