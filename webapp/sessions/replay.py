"""A log's own events, to be sent again: read from either kind of file, each at its time."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from webapp.sessions.protocol import Standing
from webapp.sessions.record import Direction, Frame

LOOK_S = 0.02
QUIET_S = 30.0
SETTLED_S = 0.5
"""How long an event waits for what came before it: while something is due, and when nothing is."""

MOST = 1e15
"""No time in a log is larger, in milliseconds."""

MILESTONES = ("response.created", "response.done")


class NoLog(ValueError):  # noqa: N818  # it says what the file is
    """A file that is no log, with the reason and its place."""


@dataclass(frozen=True, slots=True)
class Step:
    """One event to send; ``milestones`` counts the beginnings and ends of responses before it."""

    text: str
    offset_ms: float
    milestones: int


@dataclass(frozen=True, slots=True)
class Log:
    """What a file holds for sending again; the dialect is empty where it does not say."""

    steps: tuple[Step, ...]
    dialect: str = ""
    masked: int = 0


class ReplayClock:
    """Tells when each step is due: after its old pause, or once the session is as far as then."""

    def __init__(self, steps: Sequence[Step], now_s: float, *, paced: bool) -> None:
        self._first_ms = steps[0].offset_ms if steps else 0.0
        self._began_s = self._moved_s = now_s
        self._standing = Standing(0, busy=False)
        self._paced = paced

    def is_due(self, step: Step, standing: Standing, now_s: float) -> bool:
        """Whether a step may go out now.

        What never comes is not waited for: nothing is due any more, or it is quiet for long.
        """
        if standing != self._standing:
            self._standing, self._moved_s = standing, now_s
        if self._paced:
            return (now_s - self._began_s) * 1000 >= step.offset_ms - self._first_ms
        quiet_s = now_s - self._moved_s
        enough_s = QUIET_S if standing.busy else SETTLED_S
        return standing.milestones >= step.milestones or quiet_s >= enough_s


def steps_of(frames: Iterable[Frame]) -> tuple[Step, ...]:
    """Return the events of ours in a record."""
    return _steps((each.direction, each.offset_ms, each.text, each.type) for each in frames)


def read_log(content: str) -> Log:
    """Return what a log holds for sending again: lines of JSON, or an HTTP Archive.

    Raises:
        NoLog: if it is neither.
    """
    content = content.removeprefix("\ufeff")
    try:
        whole = json.loads(content)
    except (ValueError, RecursionError):
        return _read_lines(content)
    if isinstance(whole, dict) and isinstance(whole.get("log"), dict):
        return _read_archive(whole["log"])
    return _read_lines(content)


_Heard = tuple[str, float, str, str]


def _read_lines(content: str) -> Log:
    heard: list[_Heard] = []
    dialect, masked = "", 0
    for number, line in enumerate(content.split("\n"), start=1):
        if not line.strip():
            continue
        members = _object(line, f"line {number}")
        direction, text = members.get("direction"), members.get("text")
        if not isinstance(direction, str):
            raise NoLog(f"line {number} has no direction, so this is no log of a session")
        if direction == "session":
            dialect = _word(members, "dialect")
        elif isinstance(text, str):
            heard.append((direction, _number(members, "offset_ms"), text, _type_of(text)))
            masked += bool(members.get("masked")) and direction == Direction.SENT
    return Log(_steps(heard), dialect, masked)


def _read_archive(log: Mapping[str, object]) -> Log:
    heard: list[_Heard] = []
    dialect, masked = "", 0
    for entry in _objects(log.get("entries")):
        origin = entry.get("_cuecard")
        dialect = dialect or (_word(origin, "dialect") if isinstance(origin, dict) else "")
        for message in _objects(entry.get("_webSocketMessages")):
            text, sent = message.get("data"), message.get("type") == "send"
            if message.get("opcode") != 1 or not isinstance(text, str):
                continue
            direction = Direction.SENT if sent else Direction.RECEIVED
            heard.append((direction, _number(message, "time") * 1000, text, _type_of(text)))
            masked += bool(message.get("masked")) and sent
    if not heard:
        raise NoLog("this archive holds no frames of a WebSocket")
    return Log(_steps(heard), dialect, masked)


def _steps(heard: Iterable[_Heard]) -> tuple[Step, ...]:
    found: list[Step] = []
    milestones = 0
    for direction, offset_ms, text, type_ in heard:
        if direction == Direction.SENT:
            found.append(Step(text, offset_ms, milestones))
        elif direction == Direction.RECEIVED and type_ in MILESTONES:
            milestones += 1
    return tuple(found)


def _type_of(text: str) -> str:
    if not any(name in text for name in MILESTONES):
        return ""
    try:
        event = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    return _word(event, "type") if isinstance(event, dict) else ""


def _object(line: str, where: str) -> Mapping[str, object]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise NoLog(f"{where} is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise NoLog(f"{where} is not a JSON object")
    return value


def _objects(value: object) -> list[Mapping[str, object]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _word(members: Mapping[str, object], name: str) -> str:
    word = members.get(name)
    return word if isinstance(word, str) else ""


def _number(members: Mapping[str, object], name: str) -> float:
    """Return a number, or 0 for what is none, infinite ones and those that no clock shows."""
    number = members.get(name)
    return float(number) if isinstance(number, int | float) and abs(number) < MOST else 0.0
