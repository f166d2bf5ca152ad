"""All problems of an event, or of one part of it: what its model refuses, what the rules find."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial

from webapp.checks.refusals import meant, refused, without_meant
from webapp.checks.rules import Finding, Rule
from webapp.checks.rules.look import findings
from webapp.checks.trials import Trials
from webapp.events import EventType
from webapp.exact_json.patches import loses_nothing, steps_of
from webapp.exact_json.reader import JsonValue
from webapp.forms.problems import Patch, Problem, Severity, Step, pointer

_GRAVITY = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}


def check(dialect: str, value: JsonValue) -> list[Problem]:
    """Return what the rules find in an event, whether or not its model takes it."""
    return [*_found(dialect, value)]


def problems_of(event: EventType, value: JsonValue) -> list[Problem]:
    """Return what is wrong with an event, in the order of its text, one problem for each fault.

    What the model refuses comes before what a rule finds at the same place. A fix that a problem
    has, applied, removes it and adds no error.
    """
    trials = Trials(partial(_all_problems, event), value)
    problems = _all_problems(event, value)
    return [trials.held(problem) if problem.fix else problem for problem in problems]


def _all_problems(event: EventType, value: JsonValue) -> list[Problem]:
    said = refused(event, value)
    return _in_order(_together(said, _found(event.dialect, value)), value)


def problems_of_part(event: EventType, at: str, value: JsonValue) -> list[Problem]:
    """Return what is wrong with one part of an event, looked at on its own.

    ``at`` is the pointer of a member of the params, or of an item of one of their lists. Rules
    that compare it with other parts are left out. Pointers start at the event, as ``at`` does.
    """
    path = _path_of_part(at)
    alone = pointer([0 if isinstance(step, int) else step for step in path])
    around = _around(path, value)
    said = [problem for problem in refused(event, around) if problem.at.startswith(alone)]
    found = _found(event.dialect, around, min_depth=len(path))
    problems = _in_order(_together(said, found), around)
    return problems if alone == at else [_moved(problem, alone, at) for problem in problems]


def _path_of_part(at: str) -> list[Step]:
    """Return the path of a member of the params, or of an item of a list that is one."""
    steps = steps_of(at)
    if len(steps) == 3 and steps[2].isdecimal():
        return [*steps[:2], int(steps[2])]
    return [*steps]


def _found(dialect: str, value: JsonValue, min_depth: int = 0) -> Iterator[Problem]:
    for rule, path, finding in findings(dialect, value, min_depth):
        yield _problem(rule, finding, path)


def _problem(rule: Rule, finding: Finding, path: tuple[Step, ...]) -> Problem:
    under = pointer(path)
    at = pointer(finding.path, under)
    fix = finding.fix and _patch_moved(finding.fix, "", under)
    return Problem(
        at,
        rule.severity,
        rule.code,
        finding.message,
        rule.source,
        fix or None,
        safe=bool(fix) and (finding.safe or loses_nothing(fix or ())),
        does=finding.does if fix else "",
    )


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
    if len(problems) < 2:
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
