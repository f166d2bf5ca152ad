"""An event, or the log of a session, in a file of somebody's, and what can be told about it."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from webapp.checks.checking import problems_of
from webapp.checks.reports import DEFAULT
from webapp.dialects import detect
from webapp.endpoints import PRESETS, Endpoint, Preset, endpoint_at
from webapp.events import EVENTS
from webapp.exact_json.reader import JsonValue, Limits, Unreadable, read_json, read_text
from webapp.forms.problems import Problem
from webapp.sessions.replay import Log, NoLog, read_log

MAX_LOG_BYTES = 256 * 1024 * 1024


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
    content: bytes,
    endpoint: str,
    model: str = "",
    dialect: str | None = None,
    presets: Mapping[str, Preset] = PRESETS,
) -> FiledEvent:
    """Return the event in a file; without a ``dialect`` it is told from the event.

    Raises:
        BadAddress: if ``endpoint`` is none.
        Unreadable: if the file is not JSON.
    """
    value = read_json(content)
    spoken = dialect or detect(value).dialect or DEFAULT
    text = read_text(content).removeprefix("\ufeff")
    return FiledEvent(text, value, spoken, endpoint_at(endpoint, spoken, model, presets))


def filed_log(
    content: bytes,
    endpoint: str,
    model: str = "",
    dialect: str | None = None,
    presets: Mapping[str, Preset] = PRESETS,
) -> tuple[Log, Endpoint]:
    """Return what a log holds for sending again, and where that is to go.

    Raises:
        BadAddress: if ``endpoint`` is none.
        NoLog: if the file is no log, or nothing was sent in it.
        Unreadable: if the file is not UTF-8.
    """
    log = read_log(read_text(content, limits=Limits(max_bytes=MAX_LOG_BYTES)))
    if not log.steps:
        raise NoLog("nothing was sent in this session")
    spoken = dialect or log.dialect or _dialect_of(log) or DEFAULT
    return log, endpoint_at(endpoint, spoken, model, presets)


def _dialect_of(log: Log) -> str:
    for step in log.steps:
        with suppress(Unreadable):
            if found := detect(read_json(step.text)).dialect:
                return found
    return ""
