"""What the sandbox does next: say an event, pause, or hang up."""

from dataclasses import dataclass
from typing import TypeAlias

from webapp.wire_reader import JsonValue

JsonObject: TypeAlias = dict[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Say:
    """Send this server event."""

    event: JsonObject


@dataclass(frozen=True, slots=True)
class Pause:
    """Let this many seconds pass at normal speed."""

    seconds: float


@dataclass(frozen=True, slots=True)
class HangUp:
    """Close the socket with this code, or cut it without a word when there is none."""

    code: int | None = None
    reason: str = ""


Step: TypeAlias = Say | Pause | HangUp
