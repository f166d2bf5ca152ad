"""Many samples in one number: mixed as if one by one."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.sandbox.lanes import FRACTION, LOUDEST, lanes, mix, samples, silence

LENGTH = 40
LEVELS = st.floats(-9_000, 9_000)
SOUNDS = st.lists(
    st.tuples(st.lists(LEVELS, min_size=1, max_size=12), st.integers(0, LENGTH - 12)), max_size=3
)


def unpacked(pcm: bytes) -> list[int]:
    return list(struct.unpack(f"<{len(pcm) // 2}h", pcm))


@given(SOUNDS)
def test_mixing_adds_sample_by_sample(sounds: list[tuple[list[float], int]]) -> None:
    track = silence(LENGTH)
    plain = [0.0] * LENGTH
    for sound, start in sounds:
        mix(track, lanes(sound), start)
        for place, level in enumerate(sound):
            plain[start + place] += level
    mixed = unpacked(samples(bytes(track)))
    assert len(mixed) == LENGTH
    assert mixed == pytest.approx(plain, abs=1 + 3 / FRACTION)


@pytest.mark.parametrize("peak", [32_767, 32_768, -32_768, -32_769, 100_000, -100_000])
def test_what_does_not_fit_is_made_less_loud(peak: int) -> None:
    track = silence(3)
    mix(track, lanes([peak, peak / 2, 0]), 0)
    first, second, third = unpacked(samples(bytes(track)))
    fits = -32_768 <= peak <= 32_767
    assert abs(first) == (abs(peak) if fits else LOUDEST)
    assert second == pytest.approx(first / 2, abs=1)
    assert third == 0
    assert (first > 0) is (peak > 0)


def test_silence_is_silent() -> None:
    assert samples(bytes(silence(5))) == bytes(10)
    assert samples(b"") == b""
