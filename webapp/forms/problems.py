"""One thing wrong with a draft, and where pydantic's findings become such problems."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """How much a problem matters: a server refuses, may refuse, or it is worth knowing."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a draft.

    ``at`` is a JSON Pointer into the event, ``message`` says what is wrong and what to do,
    ``source`` where the rule is known from, ``fix`` a JSON Patch that removes the problem.
    """

    at: str
    severity: Severity
    code: str
    message: str
    source: str = ""
    fix: tuple[dict[str, Any], ...] | None = None
