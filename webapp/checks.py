"""All problems of an event, or of one part of it: what its model refuses, what the rules find."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from webapp.events import DIALECTS, EventType
from webapp.forms.problems import Patch, Problem, Severity, Step, pointer
from webapp.refusals import meant, refused, without_meant
from webapp.rules import RULES, Finding, Rule
from webapp.wire_reader import JsonValue

_GRAVITY = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}

_BY_SCOPE: dict[str, dict[tuple[str, ...], list[Rule]]] = {dialect: {} for dialect in DIALECTS}
for _rule in RULES:
    for _dialect in _rule.dialects:
        _BY_SCOPE[_dialect].setdefault(_rule.scope, []).append(_rule)


def check(dialect: str, value: JsonValue) -> list[Problem]:
    """Return what the rules find in an event, whether or not its model takes it."""
    return [*_found(dialect, value)]


def problems_of(event: EventType, value: JsonValue) -> list[Problem]:
    """Return what is wrong with an event, in the order of its text, one problem for each fault.

    What the model refuses comes before what a rule finds at the same place.
    """
    said = refused(event, value)
    return _in_order(_together(said, _found(event.dialect, value)), value)


def problems_of_part(event: EventType, at: str, value: JsonValue) -> list[Problem]:
    """Return what is wrong with one part of an event, looked at on its own.

    ``at`` is the pointer of a member of the params, or of an item of one of their lists. Rules
    that compare it with other parts are left out. Pointers start at the event, as ``at`` does.
    """
    path: list[Step] = [int(step) if step.isdigit() else step for step in at.split("/")[1:]]
    alone = pointer([0 if isinstance(step, int) else step for step in path])
    around = _around(path, value)
    said = [problem for problem in refused(event, around) if problem.at.startswith(alone)]
    found = _found(event.dialect, around, min_depth=len(path))
    problems = _in_order(_together(said, found), around)
    return problems if alone == at else [_moved(problem, alone, at) for problem in problems]


def _found(dialect: str, value: JsonValue, min_depth: int = 0) -> Iterator[Problem]:
    """Apply the rules whose scope is at least ``min_depth`` steps below the event."""
    for scope, rules in _BY_SCOPE[dialect].items():
        if len(scope) >= min_depth:
            for path, here in _places(value, scope):
                for rule in rules:
                    for finding in rule.look(here):
                        yield _problem(rule, finding, path)


def _problem(rule: Rule, finding: Finding, path: tuple[Step, ...]) -> Problem:
    under = pointer(path)
    fix = finding.fix and _patch_moved(finding.fix, "", under)
    at = pointer(finding.path, under)
    return Problem(at, rule.severity, rule.code, finding.message, rule.source, fix)


def _places(
    value: JsonValue, scope: tuple[str, ...], path: tuple[Step, ...] = ()
) -> Iterator[tuple[tuple[Step, ...], JsonValue]]:
    """Yield every value that a scope names, with its path."""
    for depth, step in enumerate(scope):
        if step == "*":
            for place, item in enumerate(value if isinstance(value, list) else ()):
                yield from _places(item, scope[depth + 1 :], (*path, place))
            return
        if not isinstance(value, dict) or step not in value:
            return
        value, path = value[step], (*path, step)
    yield path, value


def _together(said: list[Problem], found: Iterable[Problem]) -> list[Problem]:
    """Add to what is said already one finding for each place, the gravest."""
    taken = {problem.at for problem in said}
    problems = [*said]
    for problem in sorted(
        without_meant(found, meant(said)), key=lambda problem: _GRAVITY[problem.severity]
    ):
        if problem.at not in taken:
            taken.add(problem.at)
            problems.append(problem)
    return problems


def _in_order(problems: list[Problem], value: JsonValue) -> list[Problem]:
    """Sort problems as their places stand in the event; a missing member stands last."""
    if not problems:
        return problems
    places: dict[int, dict[str, int]] = {}
    return sorted(problems, key=lambda problem: _order(problem.at, value, places))


def _order(at: str, value: JsonValue, places: dict[int, dict[str, int]]) -> list[int]:
    """Return each step's place among its neighbours; ``places`` remembers those of objects."""
    order: list[int] = []
    for step in at.split("/")[1:]:
        if isinstance(value, dict):
            name = step.replace("~1", "/").replace("~0", "~")
            if id(value) not in places:
                places[id(value)] = {known: place for place, known in enumerate(value)}
            order.append(places[id(value)].get(name, len(value)))
            value = value.get(name)
        else:
            place = int(step) if step.isdecimal() else 0
            order.append(place)
            value = value[place] if isinstance(value, list) and place < len(value) else None
    return order


def _around(path: list[Step], value: JsonValue) -> JsonValue:
    """Return an event that holds nothing but one part."""
    for step in reversed(path):
        value = [value] if isinstance(step, int) else {step: value}
    return value


def _moved(problem: Problem, old: str, new: str) -> Problem:
    fix = problem.fix and _patch_moved(problem.fix, old, new)
    return replace(problem, at=new + problem.at.removeprefix(old), fix=fix)


def _patch_moved(fix: Patch, old: str, new: str) -> Patch:
    return tuple(
        {
            key: new + text.removeprefix(old) if key in ("path", "from") else text
            for key, text in step.items()
        }
        for step in fix
    )
