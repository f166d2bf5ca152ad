"""Applies the rules to an event in one walk, each where its scope leads."""

from collections.abc import Iterable
from typing import TypeAlias

from webapp.checks.rules import RULES
from webapp.checks.rules.rule import Finding, Rule
from webapp.events import DIALECTS
from webapp.exact_json.reader import JsonValue
from webapp.forms.problems import Step

Found: TypeAlias = tuple[Rule, tuple[Step, ...], Finding]


class _Place:
    """The rules of one scope, and the scopes inside it."""

    __slots__ = ("inside", "rules")

    def __init__(self) -> None:
        self.rules: list[Rule] = []
        self.inside: dict[str, _Place] = {}

    def at(self, scope: Iterable[str]) -> "_Place":
        place = self
        for step in scope:
            place = place.inside.setdefault(step, _Place())
        return place


_WHOLE = {dialect: _Place() for dialect in DIALECTS}
for _rule in RULES:
    for _dialect in _rule.dialects:
        _WHOLE[_dialect].at(_rule.scope).rules.append(_rule)


def findings(dialect: str, value: JsonValue, min_depth: int = 0) -> list[Found]:
    """Return what the rules find, each with its rule and the path of what it looked at.

    Rules whose scope is less than ``min_depth`` steps deep are left out, but for those that hold
    of a part alone.
    """
    found: list[Found] = []
    _walk(_WHOLE[dialect], value, (), min_depth, found)
    return found


def _walk(
    place: _Place, value: JsonValue, path: tuple[Step, ...], min_depth: int, found: list[Found]
) -> None:
    deep = len(path) >= min_depth
    names = value.keys() if isinstance(value, dict) else None
    for rule in place.rules:
        if not (deep or rule.alone):
            continue
        if names is not None and rule.given and names.isdisjoint(rule.given):
            continue
        for finding in rule.look(value):
            found.append((rule, path, finding))  # noqa: PERF401  # most find nothing
    if isinstance(value, dict):
        for name, below in place.inside.items():
            if name in value:
                _walk(below, value[name], (*path, name), min_depth, found)
    elif isinstance(value, list) and (items := place.inside.get("*")):
        for number, item in enumerate(value):
            _walk(items, item, (*path, number), min_depth, found)
