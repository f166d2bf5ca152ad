"""The problems of a draft as the page shows them: where they belong, how many, what to do."""

from collections import Counter
from dataclasses import dataclass
from itertools import islice

from webapp.drafts import Draft
from webapp.forms.problems import Problem
from webapp.forms.questions import at_pointer, dom_id
from webapp.patches import in_words

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

    ``fix_at`` is the address that fixes them.
    """

    at: dict[str, list[Finding]]
    below: Counter[str]
    fix_at: str = ""


def findings(draft: Draft) -> list[Finding]:
    """Return the problems that are shown, each with its input; at most 50."""
    return [
        Finding(problem, at_pointer(draft.asked, problem.at).name)
        for problem in islice(draft.problems, MOST_SHOWN)
    ]


def counted(found: list[Finding], fix_at: str = "") -> Counted:
    """Return the problems by input, and their numbers up to the top of the form."""
    at: dict[str, list[Finding]] = {}
    below: Counter[str] = Counter()
    for finding in found:
        at.setdefault(finding.name, []).append(finding)
        segments = finding.name.split(".")
        below.update({".".join(segments[:depth]) for depth in range(1, len(segments) + 1)})
    return Counted(at, below, fix_at)


def does(problem: Problem) -> str:
    """Say what the fix of a problem does; an empty text where it has none."""
    return problem.does or in_words(problem.fix) if problem.fix else ""


def number_safe(found: list[Finding]) -> int:
    """Return how many of the problems have a fix that loses nothing."""
    return sum(finding.problem.safe for finding in found)
