"""What is wrong with the text of an event, as scripts read it."""

from dataclasses import dataclass

from webapp.checks.checking import problems_of
from webapp.dialects import detect
from webapp.events import EVENTS
from webapp.exact_json.reader import JsonValue, read_json
from webapp.exact_json.writer import write
from webapp.forms.problems import Problem, Severity

EVENT_TYPE = "response.create"

# What nothing tells apart is read as the dialect that more servers speak beside OpenAI's own.
DEFAULT = "beta"


@dataclass(frozen=True, slots=True)
class Report:
    """The dialect an event was read in, the event as we write it, and its problems."""

    dialect: str
    wire: str
    problems: tuple[Problem, ...]

    @property
    def has_errors(self) -> bool:
        """Whether a server would refuse the event."""
        return any(problem.severity is Severity.ERROR for problem in self.problems)

    def to_json(self) -> dict[str, JsonValue]:
        """Return the report as an object; a fix is null or a JSON Patch."""
        return {
            "dialect": self.dialect,
            "wire": self.wire,
            "problems": [_problem(problem) for problem in self.problems],
        }


def report(text: str | bytes, dialect: str | None = None) -> Report:
    """Return the report on the text of an event; without a dialect it is guessed.

    Raises:
        Unreadable: if the text is not JSON.
    """
    value = read_json(text)
    dialect = dialect or detect(value).dialect or DEFAULT
    problems = problems_of(EVENTS[dialect, EVENT_TYPE], value)
    return Report(dialect, write(value), tuple(problems))


def _problem(problem: Problem) -> dict[str, JsonValue]:
    return {
        "at": problem.at,
        "severity": problem.severity.value,
        "code": problem.code,
        "message": problem.message,
        "source": problem.source,
        "fix": [dict(step) for step in problem.fix] if problem.fix else None,
    }
