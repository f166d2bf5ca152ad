"""The sound of a response: base64 chunks in order, as samples, as a WAV file, as a waveform."""

import math
import sys
from array import array
from bisect import bisect_right
from collections import deque
from dataclasses import dataclass
from enum import StrEnum

WINDOW_MS = 40
LEVELS = 64
FIRST_LEVEL = ord("0")  # a waveform is text: one character per window, from silence upwards


class Encoding(StrEnum):
    """How a sample is written."""

    PCM16 = "pcm16"
    ULAW = "ulaw"
    ALAW = "alaw"


@dataclass(frozen=True, slots=True)
class SoundFormat:
    """An encoding with its rate; ``name`` is what the server calls it."""

    name: str
    encoding: Encoding | None
    rate_hz: int

    @property
    def sample_bytes(self) -> int:
        return 2 if self.encoding is Encoding.PCM16 else 1


_PCM16 = (Encoding.PCM16, 24_000)
_ULAW = (Encoding.ULAW, 8_000)
_ALAW = (Encoding.ALAW, 8_000)
_FORMATS = {
    "pcm16": _PCM16, "audio/pcm": _PCM16, "pcm": _PCM16,
    "g711_ulaw": _ULAW, "audio/pcmu": _ULAW,
    "g711_alaw": _ALAW, "audio/pcma": _ALAW,
}  # fmt: skip


def sound_format(name: str | None) -> SoundFormat:
    """Return the format of a name; absent means PCM16, unknown ones cannot be played."""
    encoding, rate_hz = _FORMATS.get(name or "pcm16", (None, 24_000))
    return SoundFormat(name or "pcm16", encoding, rate_hz)


class Track:
    """What one spoken part sounds like so far."""

    def __init__(self, form: SoundFormat) -> None:
        self.format = form
        self.total_bytes = 0
        self._chunks: deque[tuple[int, int, bytes]] = deque()  # frame, first byte, bytes
        self._rest = b""  # what does not fill a window yet

    @property
    def samples(self) -> int:
        return self.total_bytes // self.format.sample_bytes

    @property
    def duration_s(self) -> float:
        return self.samples / self.format.rate_hz

    @property
    def first_sample(self) -> int:
        """The oldest sample that is still kept."""
        start = self._chunks[0][1] if self._chunks else self.total_bytes
        return -(-start // self.format.sample_bytes)

    def add(self, seq: int, sound: bytes) -> str:
        """Take the next chunk and return the waveform of the windows that it fills."""
        self._chunks.append((seq, self.total_bytes, sound))
        self.total_bytes += len(sound)
        if self.format.encoding is None:
            return ""
        window = self.format.rate_hz * WINDOW_MS // 1000 * self.format.sample_bytes
        pending = self._rest + sound
        whole = len(pending) - len(pending) % window
        self._rest = pending[whole:]
        return _levels(pending[:whole], window, self.format.encoding)

    def forget(self, seq: int) -> None:
        """Let go of the chunk of a frame that is no longer kept, and of all before it."""
        while self._chunks and self._chunks[0][0] <= seq:
            self._chunks.popleft()

    def copy(self) -> "Track":
        """Return a track that no later chunk changes."""
        twin = Track(self.format)
        twin.total_bytes, twin._chunks, twin._rest = (
            self.total_bytes,
            self._chunks.copy(),
            self._rest,
        )
        return twin

    def pcm16(self, first: int = 0) -> bytes:
        """Return the samples from ``first`` on, 16 bit, little end first.

        Raises:
            LookupError: if those are no longer kept, or the encoding is unknown.
        """
        if self.format.encoding is None or first < self.first_sample:
            raise LookupError
        start = first * self.format.sample_bytes
        starts = [begin for _, begin, _ in self._chunks]
        at = max(bisect_right(starts, start) - 1, 0)
        sound = b"".join([chunk for _, _, chunk in self._chunks][at:])
        if starts:
            sound = sound[max(start - starts[at], 0) :]
        return _to_pcm16(sound, self.format.encoding)

    def wav(self) -> bytes:
        """Return a WAV file of all that is kept.

        Raises:
            LookupError: if the encoding is unknown.
        """
        samples = self.pcm16(self.first_sample)
        return _wav_head(self.format.rate_hz, len(samples)) + samples


def _to_pcm16(sound: bytes, encoding: Encoding) -> bytes:
    if encoding is Encoding.PCM16:
        return sound[: len(sound) // 2 * 2]
    table = _ULAW_SAMPLES if encoding is Encoding.ULAW else _ALAW_SAMPLES
    samples = array("h", [table[byte] for byte in sound])
    if sys.byteorder == "big":
        samples.byteswap()
    return samples.tobytes()


def _levels(sound: bytes, window: int, encoding: Encoding) -> str:
    windows = range(0, len(sound), window)
    if encoding is Encoding.PCM16:
        samples = array("h", sound)
        if sys.byteorder == "big":
            samples.byteswap()
        size = window // 2
        parts = (samples[at // 2 : at // 2 + size] for at in windows)
        return "".join(_level(_peak(part)) for part in parts)
    table = _ULAW_LEVELS if encoding is Encoding.ULAW else _ALAW_LEVELS
    loudness = sound.translate(table)
    return "".join(chr(max(loudness[at : at + window])) for at in windows)


def _peak(samples: "array[int]") -> int:
    loudest, lowest = max(samples), min(samples)
    return max(loudest, -lowest)


def _level(peak: int) -> str:
    # The square root lets quiet speech be seen.
    return chr(FIRST_LEVEL + min(round((LEVELS - 1) * math.sqrt(peak / 32768)), LEVELS - 1))


def _ulaw_sample(byte: int) -> int:
    byte ^= 0xFF
    magnitude = (((byte & 0x0F) << 3) + 0x84 << (byte >> 4 & 7)) - 0x84
    return -magnitude if byte & 0x80 else magnitude


def _alaw_sample(byte: int) -> int:
    byte ^= 0x55
    exponent = byte >> 4 & 7
    magnitude = (byte & 0x0F) << 4 | 8
    if exponent:
        magnitude = magnitude + 0x100 << exponent - 1
    return magnitude if byte & 0x80 else -magnitude


_ULAW_SAMPLES = [_ulaw_sample(byte) for byte in range(256)]
_ALAW_SAMPLES = [_alaw_sample(byte) for byte in range(256)]
_ULAW_LEVELS = bytes(ord(_level(abs(sample))) for sample in _ULAW_SAMPLES)
_ALAW_LEVELS = bytes(ord(_level(abs(sample))) for sample in _ALAW_SAMPLES)


def _wav_head(rate_hz: int, size_bytes: int) -> bytes:
    """Return the 44 bytes before the samples of a mono 16 bit WAV file."""

    def number(value: int, size: int) -> bytes:
        return value.to_bytes(size, "little")

    return b"".join(
        (
            b"RIFF", number(36 + size_bytes, 4), b"WAVE",
            b"fmt ", number(16, 4), number(1, 2), number(1, 2),
            number(rate_hz, 4), number(rate_hz * 2, 4), number(2, 2), number(16, 2),
            b"data", number(size_bytes, 4),
        )
    )  # fmt: skip
