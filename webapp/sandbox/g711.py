"""Telephone sound: 16-bit samples to ITU-T G.711 bytes and back, by table."""

from collections.abc import Sequence
from functools import cache

_CLIP_MU = 8158  # of 14 bits
_BIAS_MU = 33


def mulaw_from_pcm(samples: Sequence[int]) -> bytes:
    """Return one μ-law byte for each 16-bit sample."""
    table = _mulaw_table()
    return bytes([table[sample >> 2] for sample in samples])


def alaw_from_pcm(samples: Sequence[int]) -> bytes:
    """Return one A-law byte for each 16-bit sample."""
    table = _alaw_table()
    return bytes([table[sample >> 4] for sample in samples])


@cache
def pcm_of_mulaw() -> tuple[int, ...]:
    """Return the 16-bit sample that each μ-law byte stands for."""
    return tuple(_from_mulaw(~code & 0xFF) for code in range(256))


@cache
def pcm_of_alaw() -> tuple[int, ...]:
    """Return the 16-bit sample that each A-law byte stands for."""
    return tuple(_from_alaw(code ^ 0x55) for code in range(256))


@cache
def _mulaw_table() -> bytes:
    """Return the codes of 14-bit values; negative ones are counted from the end."""
    values = (*range(8192), *range(-8192, 0))
    return bytes(_mulaw(value) for value in values)


@cache
def _alaw_table() -> bytes:
    """Return the codes of 12-bit values and their sign; negatives are counted from the end."""
    values = (*range(2048), *range(-2048, 0))
    return bytes(_alaw(value) for value in values)


def _mulaw(value: int) -> int:
    magnitude = min(value if value >= 0 else ~value, _CLIP_MU) + _BIAS_MU
    segment = magnitude.bit_length() - 6
    step = magnitude >> (segment + 1) & 0x0F
    code = segment << 4 | step
    return ~code & 0xFF if value >= 0 else ~code & 0x7F


def _alaw(value: int) -> int:
    magnitude = value if value >= 0 else ~value
    segment = max(0, magnitude.bit_length() - 4)
    code = segment << 4 | magnitude >> (segment - 1) & 0x0F if segment else magnitude
    return (code | 0x80 if value >= 0 else code) ^ 0x55


def _from_mulaw(code: int) -> int:
    segment, step = code >> 4 & 7, code & 15
    level = ((step * 2 + _BIAS_MU << segment) - _BIAS_MU) * 4
    return -level if code & 0x80 else level


def _from_alaw(code: int) -> int:
    segment, step = code >> 4 & 7, code & 15
    level = (step * 2 + 33 << segment - 1) * 8 if segment else (step * 2 + 1) * 8
    return level if code & 0x80 else -level
