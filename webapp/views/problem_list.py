"""The problems of a draft as the page shows them: where they belong, how many, what to do."""

from collections import Counter
from dataclasses import dataclass
from itertools import islice

from flask import url_for

from webapp.drafts import Draft
from webapp.exact_json.patches import in_words
from webapp.forms.problems import Problem, Severity
from webapp.forms.questions import at_pointer, dom_id

MOST_SHOWN = 50

SAFE = "safe"
"""What a button asks for that applies every fix that loses nothing."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem and the input it belongs to."""

    problem: Problem
    name: str

    @property
    def target(self) -> str:
        """The id of the element that shows the input."""
        return f"q-{dom_id(self.name)}" if self.name else "form"

    @property
    def fix(self) -> str:
        """What the button of its fix asks for; empty where there is none."""
        return f"{self.problem.code}@{self.problem.at}" if self.problem.fix else ""

    @property
    def does(self) -> str:
        """What its fix does, in a few words."""
        return does(self.problem)


@dataclass(frozen=True, slots=True)
class Counted:
    """Problems by the input they stand at, and how many stand at or below each name.

    ``gravest`` is the severity of the gravest among those; ``numbers`` are those of each severity
    in the whole event, the gravest first.
    """

    at: dict[str, list[Finding]]
    below: Counter[str]
    gravest: dict[str, Severity]
    numbers: dict[Severity, int]
    draft: Draft

    @property
    def fix_at(self) -> str:
        """The address that fixes them."""
        return url_for("fixes.fix", dialect=self.draft.dialect, event_type=self.draft.type)


def findings(draft: Draft) -> list[Finding]:
    """Return the problems that are shown, each with its input; at most 50."""
    return [
        Finding(problem, at_pointer(draft.asked, problem.at).name)
        for problem in islice(draft.problems, MOST_SHOWN)
    ]


def counted(draft: Draft, found: list[Finding]) -> Counted:
    """Return the problems by input, and their numbers up to the top of the form."""
    each = Counter(problem.severity for problem in draft.problems)
    numbers = {severity: each[severity] for severity in Severity if severity in each}
    at: dict[str, list[Finding]] = {}
    below: Counter[str] = Counter()
    gravest: dict[str, Severity] = {}
    for finding in sorted(found, key=lambda one: _GRAVITY.index(one.problem.severity)):
        segments = finding.name.split(".")
        for depth in range(1, len(segments) + 1):
            name = ".".join(segments[:depth])
            below[name] += 1
            gravest.setdefault(name, finding.problem.severity)
    for finding in found:
        at.setdefault(finding.name, []).append(finding)
    return Counted(at, below, gravest, numbers, draft)


_GRAVITY = tuple(Severity)


def does(problem: Problem) -> str:
    """Say what the fix of a problem does; an empty text where it has none."""
    return problem.does or in_words(problem.fix) if problem.fix else ""


def number_safe(draft: Draft) -> int:
    """Return how many of the problems, shown or not, have a fix that loses nothing."""
    return sum(problem.safe for problem in draft.problems)
