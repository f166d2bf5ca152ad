"""The two spellings of the wire: an event from one into the other, and which one it is in."""

from webapp.dialects.conversion import convert
from webapp.dialects.detection import Guess, Reason, detect
from webapp.dialects.work import Converted, Kind, Note

__all__ = ["TITLES", "Converted", "Guess", "Kind", "Note", "Reason", "convert", "detect", "other"]

TITLES = {"beta": "Beta", "ga": "GA"}


def other(dialect: str) -> str:
    """Return the dialect that an event would be converted into."""
    return "ga" if dialect == "beta" else "beta"
