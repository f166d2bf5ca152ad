"""Fixes applied to a draft: the one that was asked for, or all that lose nothing."""

from dataclasses import dataclass, replace

from webapp.checks import problems_of
from webapp.drafts import Draft, typing_problems
from webapp.forms.problems import Problem
from webapp.forms.refit import refit
from webapp.forms.submission import Keep
from webapp.patches import apply
from webapp.wire_reader import JsonValue

MOST_FIXES = 200


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
    while len(done) < MOST_FIXES:
        problems = problems_of(draft.event_type, value)
        safe = (one for one in problems if one.fix and one.safe and one.at not in typing)
        problem = next(safe, None)
        if problem is None:
            break
        value = apply(value, problem.fix or ())
        done.append(problem)
    return Fixed(_changed(draft, value, keep), tuple(done))


def _changed(draft: Draft, value: JsonValue, keep: Keep | None) -> Draft:
    return replace(draft, root=refit(draft.form, draft.root, draft.value, value, keep))
