"""The two spellings of the wire: an event from one into the other, and which one it is in."""

from webapp.dialects.conversion import convert
from webapp.dialects.detection import Guess, Reason, detect
from webapp.dialects.work import Converted, Kind, Note
from webapp.exact_json.reader import JsonValue

__all__ = [
    "TITLES",
    "Converted",
    "Guess",
    "Kind",
    "Note",
    "Reason",
    "convert",
    "detect",
    "other",
    "source_of",
]

TITLES = {"beta": "Beta", "ga": "GA"}


def other(dialect: str) -> str:
    """Return the dialect that an event would be converted into."""
    return "ga" if dialect == "beta" else "beta"


def source_of(value: JsonValue, target: str) -> str:
    """Return the dialect to convert an event from: the other one, unless it is surely in this."""
    guess = detect(value)
    return target if guess.sure and guess.dialect == target else other(target)
