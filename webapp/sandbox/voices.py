"""The voices of the sandbox: how high, how fast and how large each of them sounds."""

from dataclasses import dataclass
from hashlib import blake2b


@dataclass(frozen=True, slots=True)
class Voice:
    """One speaker.

    ``size`` is the length of the throat beside an average one: a small throat sounds bright.
    ``lilt`` is how far the pitch swings, as a share of it.
    """

    pitch_hz: float
    words_per_s: float
    size: float
    lilt: float


VOICES = {
    "alloy": Voice(pitch_hz=165, words_per_s=3.0, size=0.94, lilt=0.10),
    "ash": Voice(pitch_hz=112, words_per_s=2.9, size=1.03, lilt=0.09),
    "ballad": Voice(pitch_hz=128, words_per_s=2.7, size=1.00, lilt=0.16),
    "coral": Voice(pitch_hz=208, words_per_s=3.1, size=0.88, lilt=0.14),
    "echo": Voice(pitch_hz=104, words_per_s=3.0, size=1.06, lilt=0.06),
    "sage": Voice(pitch_hz=190, words_per_s=2.8, size=0.90, lilt=0.09),
    "shimmer": Voice(pitch_hz=222, words_per_s=3.0, size=0.86, lilt=0.12),
    "verse": Voice(pitch_hz=140, words_per_s=3.2, size=0.98, lilt=0.18),
    "marin": Voice(pitch_hz=198, words_per_s=3.0, size=0.89, lilt=0.11),
    "cedar": Voice(pitch_hz=96, words_per_s=2.8, size=1.08, lilt=0.08),
}


def voice_of(name: str) -> Voice:
    """Return the voice of this name; a name nobody has gets one of its own, always the same."""
    return VOICES.get(name) or _made_up(name)


def _made_up(name: str) -> Voice:
    high, fast, lively = blake2b(name.encode(), digest_size=3).digest()
    pitch_hz = 90 + high * 0.55
    return Voice(
        pitch_hz=pitch_hz,
        words_per_s=2.7 + fast / 510,
        size=1.1 - (pitch_hz - 90) / 600,
        lilt=0.06 + lively / 2550,
    )
