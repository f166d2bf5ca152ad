"""What the sandbox does next: say an event or many, pause, wait, or hang up."""

import json
from dataclasses import dataclass
from typing import TypeAlias

from webapp.exact_json.reader import JsonValue

JsonObject: TypeAlias = dict[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Say:
    """Send this server event."""

    event: JsonObject


@dataclass(frozen=True, slots=True)
class SayMany:
    """Send these events, which are written already, as fast as the socket takes them."""

    texts: list[str]


@dataclass(frozen=True, slots=True)
class Pause:
    """Let this many seconds pass at normal speed."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Wait:
    """Let this many seconds pass on the client's clock, at any speed."""

    seconds: float


@dataclass(frozen=True, slots=True)
class HangUp:
    """Close the socket with this code, or cut it without a word when there is none."""

    code: int | None = None
    reason: str = ""


Step: TypeAlias = Say | SayMany | Pause | Wait | HangUp


def written(event: JsonObject) -> str:
    """Return the text of an event as it goes over the wire."""
    return json.dumps(event, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
