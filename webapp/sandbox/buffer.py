"""The user's sound before it becomes an item, and the turns that are heard in it."""

from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import dataclass

from webapp.exact_json.reader import JsonValue
from webapp.sandbox.looks import text
from webapp.sandbox.refusals import Refusal
from webapp.sandbox.speech import BYTES_PER_S
from webapp.sandbox.turns import FRAME_MS, LOUD_FRAMES, Ear, Edge, TurnDetection, energy

MAX_BUFFER_BYTES = 24 * 1024 * 1024
SHORTEST_MS = 100


@dataclass(frozen=True, slots=True)
class Turn:
    """An edge of a turn, in milliseconds of all sound that was ever appended."""

    edge: Edge
    at_ms: int


@dataclass(frozen=True, slots=True)
class Recording:
    """Sound that leaves the buffer."""

    audio: bytes
    sound: str

    @property
    def seconds(self) -> float:
        return len(self.audio) / BYTES_PER_S[self.sound]

    def part(self) -> dict[str, JsonValue]:
        """Return the sound as the content part of a message."""
        audio = b64encode(self.audio).decode()
        return {"type": "input_audio", "transcript": None, "audio": audio}


class Buffer:
    """Sound that the client has appended and not committed yet, in one audio format."""

    def __init__(self) -> None:
        self._audio = bytearray()
        self._sound = "pcm16"
        self._passed_ms = 0.0  # of sound that has left the buffer
        self._listened = 0  # bytes of the buffer in which turns were looked for
        self._ear = Ear()

    @property
    def written_ms(self) -> int:
        """All sound that was ever appended, in milliseconds."""
        return round(self._passed_ms + self._ms(len(self._audio)))

    @property
    def is_in_turn(self) -> bool:
        return self._ear.is_in_turn

    def append(self, audio: JsonValue, sound: str, *, keeps_all: bool) -> Refusal | None:
        """Take in base64; unless it ``keeps_all``, a full buffer lets go of what is oldest."""
        more = b64decode(text(audio))
        if sound != self._sound:
            self.clear()
            self._sound = sound
        excess = len(self._audio) + len(more) - MAX_BUFFER_BYTES
        if excess > 0 and (keeps_all or self.is_in_turn):
            message = f"The sandbox buffers at most {MAX_BUFFER_BYTES} bytes of audio."
            return Refusal("input_audio_buffer_full", message, "audio")
        self._audio += more
        if excess > 0:
            self._drop(excess + excess % 2)
        return None

    def turns(self, detection: TurnDetection) -> Iterator[Turn]:
        """Listen to what is new, and yield each edge; ``take`` is safe between them."""
        size = FRAME_MS * BYTES_PER_S[self._sound] // 1000
        while len(self._audio) - self._listened >= size:
            frame = self._audio[self._listened : self._listened + size]
            self._listened += size
            edge = self._ear.hear(energy(frame, self._sound), detection)
            now_ms = round(self._passed_ms + self._ms(self._listened))
            if edge == "began":
                began_ms = now_ms - LOUD_FRAMES * FRAME_MS - detection.prefix_ms
                yield Turn(edge, max(round(self._passed_ms), began_ms))
            elif edge:
                yield Turn(edge, now_ms)

    def forget_turn(self) -> None:
        """Listen from here on as if nobody had spoken yet."""
        self._ear = Ear()
        self._listened = len(self._audio)

    def clear(self) -> None:
        self._drop(len(self._audio))
        self.forget_turn()

    def too_little(self) -> Refusal | None:
        """Return why the buffer cannot be committed, if it cannot."""
        size_ms = self._ms(len(self._audio))
        if size_ms >= SHORTEST_MS:
            return None
        message = (
            "Error committing input audio buffer: buffer too small. Expected at least "
            f"{SHORTEST_MS}ms of audio, but buffer only has {size_ms:.2f}ms of audio."
        )
        return Refusal("input_audio_buffer_commit_empty", message)

    def take_all(self) -> Recording:
        """Take out everything."""
        recording = Recording(bytes(self._audio), self._sound)
        self.clear()
        return recording

    def take(self, began_ms: int, ended_ms: int) -> Recording:
        """Take out one turn; what came before it is gone, what comes after it stays."""
        start, end = self._place(began_ms), self._place(ended_ms)
        recording = Recording(bytes(self._audio[start:end]), self._sound)
        self._drop(end)
        return recording

    def _place(self, at_ms: int) -> int:
        size = round((at_ms - self._passed_ms) * BYTES_PER_S[self._sound] / 1000)
        return max(0, min(len(self._audio), size - size % 2))

    def _drop(self, size: int) -> None:
        self._passed_ms += self._ms(min(size, len(self._audio)))
        self._listened = max(0, self._listened - size)
        del self._audio[:size]

    def _ms(self, size: int) -> float:
        return 1000 * size / BYTES_PER_S[self._sound]
