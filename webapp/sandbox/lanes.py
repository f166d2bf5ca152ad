"""Sounds mixed many samples at a time: each sample is a lane of one large whole number.

Adding two such numbers adds all their lanes, in one step of the interpreter instead of one for
each sample. A lane holds a sample times 256 in 32 bits, so lanes never run into each other.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

LANE_BYTES = 4
FRACTION = 256
LOUDEST = 32_000

_MIDDLE = 1 << 31
_SILENT_LANE = struct.pack("<I", _MIDDLE)
# What the last byte of a lane is when its sample fits into 16 bits, by the byte before it.
_SIGNS = bytes(255 if byte & 0x80 else 0 for byte in range(256))


@dataclass(frozen=True, slots=True)
class Lanes:
    """So many samples in one number; a negative one borrows from the lane above it."""

    total: int
    count: int


def lanes(sound: Sequence[float]) -> Lanes:
    """Return samples as lanes."""
    count = len(sound)
    values = [round(sample * FRACTION) + _MIDDLE for sample in sound]
    total = int.from_bytes(struct.pack(f"<{count}I", *values), "little")
    return Lanes(total - int.from_bytes(_SILENT_LANE * count, "little"), count)


def silence(count: int) -> bytearray:
    """Return a track of so many samples, on which sounds are mixed."""
    return bytearray(_SILENT_LANE * count)


def mix(track: bytearray, sound: Lanes, start: int) -> None:
    """Add a sound to a track, which has room for it."""
    first, end = LANE_BYTES * start, LANE_BYTES * (start + sound.count)
    mixed = int.from_bytes(track[first:end], "little") + sound.total
    track[first:end] = mixed.to_bytes(end - first, "little")


def samples(track: bytes) -> bytes:
    """Return a track as 16-bit samples, less loud where they would not fit."""
    count = len(track) // LANE_BYTES
    middle = int.from_bytes(_SILENT_LANE * count, "little")
    signed = (int.from_bytes(track, "little") ^ middle).to_bytes(len(track), "little")
    if signed[2::LANE_BYTES].translate(_SIGNS) != signed[3::LANE_BYTES]:
        return _quieter(signed)
    pcm = bytearray(2 * count)
    pcm[0::2], pcm[1::2] = signed[1::LANE_BYTES], signed[2::LANE_BYTES]
    return bytes(pcm)


def _quieter(signed: bytes) -> bytes:
    count = len(signed) // LANE_BYTES
    levels = struct.unpack(f"<{count}i", signed)
    scale = LOUDEST / max(map(abs, levels))
    return struct.pack(f"<{count}h", *(int(level * scale) for level in levels))
