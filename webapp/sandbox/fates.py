"""How a visitor wants a rehearsed response to go, as ``metadata.sandbox`` spells it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from webapp.exact_json.reader import JsonValue
from webapp.sandbox.looks import member, text

MAX_FLOOD = 100_000
MAX_SLOW_S = 600


class Course(StrEnum):
    """The courses a response can take other than the plain one."""

    PLAIN = ""
    FAIL = "fail"
    INCOMPLETE = "incomplete"
    CALL = "call"
    SLOW = "slow"
    SLOW_FIRST_AUDIO = "slow_first_audio"
    DROP = "drop"
    CLOSE = "close"
    SILENCE = "silence"
    FLOOD = "flood"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Fate:
    """A course and what the visitor wrote behind its colon."""

    course: Course = Course.PLAIN
    detail: str = ""

    @property
    def number(self) -> int:
        """The detail as a number: how many deltas or seconds, or which close code."""
        return int(self.detail)


def read_fate(metadata: JsonValue) -> Fate:
    """Return the fate that metadata asks for; one that makes no sense is called unknown."""
    asked = text(member(metadata, "sandbox"))
    if not asked:
        return Fate()
    name, _, detail = asked.partition(":")
    detail = ",".join(part.strip() for part in detail.split(","))
    if (rule := _DETAILS.get(name.strip())) is None or not rule(detail):
        return Fate(Course.UNKNOWN, asked)
    return Fate(Course(name.strip()), detail)


def _is_close_code(detail: str) -> bool:
    if not (detail.isascii() and detail.isdigit()) or len(detail) > 4:
        return False
    code = int(detail)
    return 3000 <= code <= 4999 or (1000 <= code <= 1014 and code not in (1004, 1005, 1006))


def _is_flood(detail: str) -> bool:
    return _is_number(detail) and int(detail) <= MAX_FLOOD


def _is_duration(detail: str) -> bool:
    return not detail or (_is_number(detail) and 1 <= int(detail) <= MAX_SLOW_S)


def _is_number(detail: str) -> bool:
    return detail.isascii() and detail.isdigit() and len(detail) < 7


_DETAILS: dict[str, Callable[[str], bool]] = {
    Course.FAIL: bool,
    Course.INCOMPLETE: ("max_output_tokens", "content_filter").__contains__,
    Course.CALL: lambda detail: all(detail.split(",")),
    Course.SLOW: _is_duration,
    Course.SLOW_FIRST_AUDIO: lambda detail: not detail,
    Course.DROP: lambda detail: not detail,
    Course.CLOSE: _is_close_code,
    Course.SILENCE: lambda detail: not detail,
    Course.FLOOD: _is_flood,
}
