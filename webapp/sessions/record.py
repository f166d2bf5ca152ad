"""The record of a session: every frame both ways, exactly as it was, up to a limit."""

import base64
import binascii
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from heapq import merge
from operator import attrgetter
from typing import NamedTuple, TypeAlias

MIB = 1024 * 1024


class Direction(StrEnum):
    """Which way a frame went; a notice is ours and went nowhere."""

    SENT = "sent"
    RECEIVED = "received"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Spoken:
    """A text whose base64 sound is kept as bytes; ``text`` is exactly what it was."""

    head: str
    sound: bytes
    tail: str

    @property
    def text(self) -> str:
        return self.head + base64.b64encode(self.sound).decode("ascii") + self.tail


Payload: TypeAlias = "str | bytes | Spoken"


class Frame(NamedTuple):
    """One frame; ``offset_ms`` counts from the start of the session, on a clock never set back.

    ``type`` is that of its event; empty where it is none.
    """

    seq: int
    direction: Direction
    offset_ms: float
    payload: Payload
    type: str = ""

    @property
    def text(self) -> str:
        """The text as it went over the wire; of a binary frame, its size in words."""
        match self.payload:
            case Spoken() as spoken:
                return spoken.text
            case bytes() as binary:
                return f"binary, {len(binary):,} bytes"
            case text:
                return text

    @property
    def size_bytes(self) -> int:
        match self.payload:
            case Spoken(head, sound, tail):
                return _size(head) + (len(sound) + 2) // 3 * 4 + _size(tail)
            case bytes() as binary:
                return len(binary)
            case text:
                return _size(text)


@dataclass(frozen=True, slots=True)
class RecordLimits:
    """How much of one session is kept; sound is counted apart, in bytes before base64."""

    max_events: int = 10_000
    max_text_bytes: int = 16 * MIB
    max_sound_bytes: int = 32 * MIB


LIMITS = RecordLimits()


class Record:
    """The frames that are kept, oldest first.

    Sequence numbers have no holes, so frames that were dropped show as a jump of the numbers.
    """

    def __init__(self, limits: RecordLimits = LIMITS) -> None:
        self.limits = limits
        self.seq = 0
        self._texts: deque[Frame] = deque()
        self._sounds: deque[Frame] = deque()
        self._text_bytes = 0
        self._sound_bytes = 0

    def __iter__(self) -> Iterator[Frame]:
        return merge(self._texts, self._sounds, key=attrgetter("seq"))

    def __len__(self) -> int:
        return len(self._texts) + len(self._sounds)

    @property
    def first_seq(self) -> int:
        """The number of the oldest frame that is kept."""
        oldest = [queue[0].seq for queue in (self._texts, self._sounds) if queue]
        return min(oldest, default=self.seq + 1)

    def add(
        self, direction: Direction, offset_ms: float, payload: Payload, type_: str = ""
    ) -> Frame:
        """Keep a frame and return it with its number."""
        self.seq += 1
        frame = Frame(self.seq, direction, offset_ms, payload, type_)
        if isinstance(payload, Spoken):
            self._sounds.append(frame)
            self._sound_bytes += len(payload.sound)
        else:
            self._texts.append(frame)
            self._text_bytes += frame.size_bytes
        return frame

    def trim(self) -> list[Frame]:
        """Drop the oldest frames beyond the limits and return them."""
        dropped = []
        while self._sound_bytes > self.limits.max_sound_bytes and len(self._sounds) > 1:
            dropped.append(self._drop(self._sounds))
        while self._text_bytes > self.limits.max_text_bytes and len(self._texts) > 1:
            dropped.append(self._drop(self._texts))
        while len(self) > self.limits.max_events:
            older_sound = self._sounds and (
                not self._texts or self._sounds[0].seq < self._texts[0].seq
            )
            dropped.append(self._drop(self._sounds if older_sound else self._texts))
        return dropped

    def _drop(self, queue: deque[Frame]) -> Frame:
        frame = queue.popleft()
        if isinstance(frame.payload, Spoken):
            self._sound_bytes -= len(frame.payload.sound)
        else:
            self._text_bytes -= frame.size_bytes
        return frame


@dataclass(frozen=True, slots=True)
class Recorded:
    """The record of a session at one moment, and what it is the record of."""

    session_id: str
    endpoint: str
    address: str
    dialect: str
    began_at: datetime
    frames: tuple[Frame, ...]
    last_seq: int

    @property
    def gaps(self) -> list[tuple[int, int]]:
        """The first and last number of every run of frames that are no longer kept."""
        found, seq = [], 0
        for frame in self.frames:
            if frame.seq > seq + 1:
                found.append((seq + 1, frame.seq - 1))
            seq = frame.seq
        return [*found, (seq + 1, self.last_seq)] if self.last_seq > seq else found


def with_sound(text: str, delta: str) -> Payload:
    """Return ``text`` with its base64 ``delta`` as bytes, or as it is where that is not exact."""
    at = text.find(delta)
    if not delta or at < 0:
        return text
    try:
        sound = binascii.a2b_base64(delta, strict_mode=True)
    except ValueError:
        return text
    spoken = Spoken(text[:at], sound, text[at + len(delta) :])
    return spoken if base64.b64encode(sound).decode("ascii") == delta else text


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
