"""The cases of ``tests/cases``: events with what is expected of them."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "cases"


@dataclass(frozen=True)
class Case:
    """One event, whether servers of its dialect accept it, and where its problem belongs."""

    name: str
    dialect: str
    valid: bool
    event: Any
    text: str
    error_at: tuple[str, ...]
    min_severity: str
    warn_at: tuple[str, ...]

    def __str__(self) -> str:
        return self.name


@cache
def all_cases() -> tuple[Case, ...]:
    """Every case there is, by name."""
    return tuple(_read(path) for path in sorted(FOLDER.glob("*.json")))


def cases(dialect: str, *, valid: bool) -> list[Case]:
    """The cases of one dialect that servers accept, or those that they do not."""
    return [case for case in all_cases() if case.dialect == dialect and case.valid is valid]


def _read(path: Path) -> Case:
    case = json.loads(path.read_text(encoding="utf-8"))
    alternatives = case.get("error_at_alternatives", [])
    return Case(
        name=case["name"],
        dialect=case["dialect"],
        valid=case["valid"],
        event=case["event"],
        text=json.dumps(case["event"], ensure_ascii=False),
        error_at=(case["error_at"], *alternatives) if "error_at" in case else (),
        min_severity=case.get("min_severity", "error"),
        warn_at=tuple(case.get("warn_at", [])),
    )
