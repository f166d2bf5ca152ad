"""Fixes applied to a draft: the one that was asked for, or all that lose nothing."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from webapp.checks.checking import problems_of
from webapp.drafts import Draft, typing_problems
from webapp.exact_json.patches import apply
from webapp.exact_json.reader import JsonValue
from webapp.forms.problems import Problem
from webapp.forms.refit import refit
from webapp.forms.submission import Keep

MOST_ROUNDS = 40


@dataclass(frozen=True, slots=True)
class Fixed:
    """A draft after some of its problems were fixed, and which; the rest is as it was typed."""

    draft: Draft
    done: tuple[Problem, ...] = ()


def fixed(draft: Draft, code: str, at: str, keep: Keep | None = None) -> Fixed:
    """Return the draft without the problem that has this code and place, if it has a fix."""
    for problem in draft.problems:
        if (problem.code, problem.at) == (code, at) and problem.fix:
            return Fixed(_changed(draft, apply(draft.value, problem.fix), keep), (problem,))
    return Fixed(draft)


def safely_fixed(draft: Draft, keep: Keep | None = None) -> Fixed:
    """Return the draft after every fix that loses nothing, those that come up on the way too."""
    typing = {problem.at for problem in typing_problems(draft.root, "", draft.has)}
    value = draft.value
    done: list[Problem] = []
    for _ in range(MOST_ROUNDS):
        problems = problems_of(draft.event_type, value)
        chosen = _apart([one for one in problems if one.safe and one.at not in typing])
        if not chosen:
            break
        for problem in chosen:
            value = apply(value, problem.fix or ())
        done += chosen
    return Fixed(_changed(draft, value, keep), tuple(done))


def _apart(problems: list[Problem]) -> list[Problem]:
    """Return the problems whose fixes do not touch each other, in an order to apply them in.

    Fixes that take items out of a list come last, those further down first.
    """
    taken: set[str] = set()
    around: set[str] = set()
    stay: list[Problem] = []
    shift: list[Problem] = []
    for problem in problems:
        steps = problem.fix or ()
        ends = {step[key] for step in steps for key in ("path", "from") if key in step}
        above = {part for end in ends for part in _above(end)}
        if ends.isdisjoint(taken) and ends.isdisjoint(around) and above.isdisjoint(taken):
            taken |= ends
            around |= above
            shifts = any(step["op"] == "remove" and _is_item(step["path"]) for step in steps)
            (shift if shifts else stay).append(problem)
    return [*stay, *reversed(shift)]


def _above(end: str) -> Iterator[str]:
    """Yield the pointers of all that a part stands in."""
    while end:
        end = end.rpartition("/")[0]
        yield end


def _is_item(end: str) -> bool:
    return end.rpartition("/")[2].isdecimal()


def _changed(draft: Draft, value: JsonValue, keep: Keep | None) -> Draft:
    return replace(draft, root=refit(draft.form, draft.root, draft.value, value, keep))
