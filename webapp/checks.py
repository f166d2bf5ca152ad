"""All problems of an event, or of one part of it: what its model refuses, what the rules find."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

from webapp.events import EventType
from webapp.forms.problems import UNKNOWN, Patch, Problem, Severity, Step, pointer
from webapp.patches import apply, loses_nothing
from webapp.refusals import meant, refused, without_meant
from webapp.rules import Finding, Rule
from webapp.rules.look import findings
from webapp.wire_reader import JsonValue

MOST_ALONG = 4  # fixes in one

_GRAVITY = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}


def check(dialect: str, value: JsonValue) -> list[Problem]:
    """Return what the rules find in an event, whether or not its model takes it."""
    return [*_found(dialect, value)]


def problems_of(event: EventType, value: JsonValue) -> list[Problem]:
    """Return what is wrong with an event, in the order of its text, one problem for each fault.

    What the model refuses comes before what a rule finds at the same place. A fix that a problem
    has, applied, removes it and adds no error.
    """
    problems = _all_problems(event, value)
    return [_held(problem, event, value) if problem.fix else problem for problem in problems]


def _all_problems(event: EventType, value: JsonValue) -> list[Problem]:
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


def _held(problem: Problem, event: EventType, value: JsonValue) -> Problem:
    """Return a problem with its fix only if that removes it and adds no error.

    Errors that come to light with it, in a value at a wrong place for instance, are fixed along
    where that loses nothing.
    """
    fix = problem.fix or ()
    if problem.code == UNKNOWN and len(fix) == 1 and fix[0]["op"] == "remove":
        return problem  # a member the model does not know is never missed
    around = _touched(value, problem.at, fix)
    known = _all_problems(event, around)
    before = Counter(map(_kind, known))
    for _ in range(MOST_ALONG):
        after = _all_problems(event, apply(around, fix))
        counts = Counter(map(_kind, after))
        grown = {kind for kind in counts - before if kind[0] is Severity.ERROR}
        if not grown and counts[_kind(problem)] < before[_kind(problem)]:
            return replace(problem, fix=fix)
        come = [one for one in after if one.severity is Severity.ERROR and one not in known]
        along = next((one.fix for one in come if one.safe and one.fix), None)
        if along is None:
            break
        fix = (*fix, *along)
    return replace(problem, fix=None, safe=False, does="")


def _kind(problem: Problem) -> tuple[Severity, str]:
    return problem.severity, problem.code


def _touched(value: JsonValue, at: str, fix: Patch) -> JsonValue:
    """Return the event with no other params than those that a problem and its fix are about."""
    paths = [step[key].split("/") for step in fix for key in ("path", "from") if key in step]
    paths.append(at.split("/"))
    params = value.get("response") if isinstance(value, dict) else None
    if not isinstance(params, dict) or any(path[:2] != ["", "response"] for path in paths):
        return value
    names = {path[2] for path in paths if len(path) > 2}
    if "tools" in names or "tool_choice" in names:
        names |= {"tools", "tool_choice", "conversation"}
    kept = {name: item for name, item in params.items() if name in names}
    return {"type": "response.create", "response": kept} if names else value


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
