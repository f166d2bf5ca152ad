"""Where the user's turns begin and end: how loud sound is, and for how long."""

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import mul
from typing import Literal, TypeAlias

from webapp.exact_json.reader import JsonValue
from webapp.sandbox.g711 import pcm_of_alaw, pcm_of_mulaw
from webapp.sandbox.looks import member, text

FRAME_MS = 20
LOUD_FRAMES = 3

# Loudness at which a turn begins: from -60 dB of full scale for a threshold of 0 to -20 for 1.
QUIETEST_DB = -60
DB_PER_THRESHOLD = 40
FULL_SCALE = 32_768

# A rehearsal understands no words: eagerness is how much silence it takes for the end of a turn.
SILENCE_MS_OF_EAGERNESS = {"low": 1_600, "medium": 800, "auto": 800, "high": 400}

_PCM_STRIDE = 3  # one sample in three tells how loud sound is as well as all of them

Edge: TypeAlias = Literal["began", "ended"]


@dataclass(frozen=True, slots=True)
class TurnDetection:
    """How turns are detected, and what follows from them."""

    threshold: float
    prefix_ms: int
    silence_ms: int
    creates_response: bool
    interrupts: bool
    idle_timeout_ms: int | None

    @property
    def least_energy(self) -> float:
        """The mean square of samples from which sound is speech."""
        level_db = QUIETEST_DB + DB_PER_THRESHOLD * self.threshold
        return float(FULL_SCALE * 10 ** (level_db / 20)) ** 2


def read_turn_detection(settings: JsonValue) -> TurnDetection | None:
    """Return what a session's ``turn_detection`` says, None when it is switched off."""
    if not isinstance(settings, dict):
        return None
    is_semantic = settings.get("type") == "semantic_vad"
    eagerness = text(settings.get("eagerness"))
    silence_ms = SILENCE_MS_OF_EAGERNESS.get(eagerness, SILENCE_MS_OF_EAGERNESS["auto"])
    return TurnDetection(
        threshold=_number(settings, "threshold", 0.5),
        prefix_ms=int(_number(settings, "prefix_padding_ms", 300)),
        silence_ms=silence_ms
        if is_semantic
        else int(_number(settings, "silence_duration_ms", 200)),
        creates_response=settings.get("create_response") is not False,
        interrupts=settings.get("interrupt_response") is not False,
        idle_timeout_ms=int(_number(settings, "idle_timeout_ms", 0)) or None,
    )


class Ear:
    """Listens to sound frame by frame, and notices the edges of turns."""

    def __init__(self) -> None:
        self.is_in_turn = False
        self._loud_frames = 0
        self._quiet_ms = 0

    def hear(self, energy: float, detection: TurnDetection) -> Edge | None:
        """Take in how loud the next frame is."""
        is_loud = energy >= detection.least_energy
        self._loud_frames = self._loud_frames + 1 if is_loud else 0
        self._quiet_ms = 0 if is_loud else self._quiet_ms + FRAME_MS
        if not self.is_in_turn and self._loud_frames >= LOUD_FRAMES:
            self.is_in_turn = True
            return "began"
        if self.is_in_turn and self._quiet_ms >= detection.silence_ms:
            self.is_in_turn = False
            return "ended"
        return None


def energy(frame: bytes | bytearray, sound: str) -> float:
    """Return the mean square of the samples of a frame."""
    samples = _SAMPLES[sound](frame)
    total: int = sum(map(mul, samples, samples))
    return total / max(1, len(samples))


def _pcm(frame: bytes | bytearray) -> Sequence[int]:
    return struct.unpack_from(f"<{len(frame) // 2}h", frame)[::_PCM_STRIDE]


def _mulaw(frame: bytes | bytearray) -> Sequence[int]:
    return list(map(pcm_of_mulaw().__getitem__, frame))


def _alaw(frame: bytes | bytearray) -> Sequence[int]:
    return list(map(pcm_of_alaw().__getitem__, frame))


_SAMPLES: dict[str, Callable[[bytes | bytearray], Sequence[int]]] = {
    "pcm16": _pcm,
    "g711_ulaw": _mulaw,
    "g711_alaw": _alaw,
}


def _number(settings: JsonValue, name: str, otherwise: float) -> float:
    value = member(settings, name)
    return float(value) if isinstance(value, int | float) else otherwise
