"""An event in a file of somebody's: its text, and what can be told about it."""

from dataclasses import dataclass

from webapp.checks import problems_of
from webapp.dialects import detect
from webapp.endpoints import Endpoint, endpoint_at
from webapp.events import EVENTS
from webapp.forms.problems import Problem
from webapp.reports import DEFAULT
from webapp.wire_reader import JsonValue, read_json, read_text


@dataclass(frozen=True, slots=True)
class FiledEvent:
    """An event as it stands in its file, and where it is to go."""

    text: str
    value: JsonValue
    dialect: str
    endpoint: Endpoint

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with it, where its type is one that we know."""
        kind = self.value.get("type") if isinstance(self.value, dict) else None
        event = EVENTS.get((self.dialect, kind)) if isinstance(kind, str) else None
        return tuple(problems_of(event, self.value)) if event else ()


def filed_event(
    content: bytes, endpoint: str, model: str = "", dialect: str | None = None
) -> FiledEvent:
    """Return the event in a file; without a ``dialect`` it is told from the event.

    Raises:
        BadAddress: if ``endpoint`` is none.
        Unreadable: if the file is not JSON.
    """
    value = read_json(content)
    spoken = dialect or detect(value).dialect or DEFAULT
    text = read_text(content).removeprefix("\ufeff")
    return FiledEvent(text, value, spoken, endpoint_at(endpoint, spoken, model))
