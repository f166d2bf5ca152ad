"""The problems of a draft as the page shows them: where they belong, how many, what to do."""

from collections import Counter
from dataclasses import dataclass
from itertools import islice

from webapp.drafts import Draft
from webapp.forms.problems import Problem
from webapp.forms.questions import at_pointer, dom_id

MOST_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem and the input it belongs to."""

    problem: Problem
    name: str

    @property
    def target(self) -> str:
        """The id of the element that shows the input."""
        return f"q-{dom_id(self.name)}" if self.name else "form"


@dataclass(frozen=True, slots=True)
class Counted:
    """Problems by the input they stand at, and how many stand at or below each name."""

    at: dict[str, list[Problem]]
    below: Counter[str]


def findings(draft: Draft) -> list[Finding]:
    """Return the problems that are shown, each with its input; at most 50."""
    return [
        Finding(problem, at_pointer(draft.asked, problem.at).name)
        for problem in islice(draft.problems, MOST_SHOWN)
    ]


def counted(found: list[Finding]) -> Counted:
    """Return the problems by input, and their numbers up to the top of the form."""
    at: dict[str, list[Problem]] = {}
    below: Counter[str] = Counter()
    for finding in found:
        at.setdefault(finding.name, []).append(finding.problem)
        segments = finding.name.split(".")
        below.update({".".join(segments[:depth]) for depth in range(1, len(segments) + 1)})
    return Counted(at, below)
