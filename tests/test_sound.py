"""Chunks of sound become samples, a file and a waveform, whatever the server sends."""

import io
import wave
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.sessions.sound import Encoding, Track, sound_format


def pcm(*samples: int) -> bytes:
    return array("h", samples).tobytes()


def track_of(name: str, *chunks: bytes) -> Track:
    track = Track(sound_format(name))
    for seq, chunk in enumerate(chunks, 1):
        track.add(seq, chunk)
    return track


@pytest.mark.parametrize(
    ("name", "encoding", "rate_hz"),
    [
        ("pcm16", Encoding.PCM16, 24_000),
        ("audio/pcm", Encoding.PCM16, 24_000),
        ("g711_ulaw", Encoding.ULAW, 8_000),
        ("audio/pcma", Encoding.ALAW, 8_000),
        (None, Encoding.PCM16, 24_000),
        ("opus", None, 24_000),
    ],
)
def test_formats_go_by_the_names_of_both_dialects(
    name: str | None, encoding: Encoding | None, rate_hz: int
) -> None:
    form = sound_format(name)
    assert (form.encoding, form.rate_hz) == (encoding, rate_hz)


def test_a_wav_file_holds_all_samples_in_order() -> None:
    track = track_of("pcm16", pcm(1, 2), pcm(3))
    with wave.open(io.BytesIO(track.wav())) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 24_000)
        assert file.readframes(10) == pcm(1, 2, 3)


@pytest.mark.parametrize(
    ("name", "byte", "sample"),
    [
        ("g711_ulaw", 0xFF, 0),
        ("g711_ulaw", 0x00, -32_124),
        ("g711_ulaw", 0x80, 32_124),
        ("g711_alaw", 0xD5, 8),
        ("g711_alaw", 0x2A, -32_256),
        ("g711_alaw", 0xAA, 32_256),
    ],
)
def test_g711_plays_as_16_bit_samples(name: str, byte: int, sample: int) -> None:
    assert track_of(name, bytes([byte])).pcm16() == pcm(sample)


@given(st.lists(st.binary(max_size=9)), st.integers(0, 30))
def test_samples_can_be_had_from_anywhere(chunks: list[bytes], first: int) -> None:
    whole = b"".join(chunks)
    whole = whole[: len(whole) // 2 * 2]
    assert track_of("pcm16", *chunks).pcm16(first) == whole[first * 2 :]


def test_an_odd_byte_waits_for_its_other_half() -> None:
    track = track_of("pcm16", b"\x01", b"\x00\x02")
    assert track.samples == 1
    assert track.pcm16() == pcm(1)


def test_a_waveform_has_one_level_per_40_ms_of_speech() -> None:
    loud, silent = pcm(*[32_767, -32_768] * 480), pcm(*[0] * 960)
    track = Track(sound_format("pcm16"))
    assert track.add(1, silent[:1_000]) == ""
    assert track.add(2, silent[1_000:] + loud + loud[:10]) == "0o"
    ulaw = Track(sound_format("g711_ulaw"))
    assert ulaw.add(1, b"\xff" * 320 + b"\x00" * 320) == "0n"


def test_dropped_frames_take_their_sound_along() -> None:
    track = track_of("pcm16", pcm(1, 2), pcm(3, 4), pcm(5, 6))
    track.forget(1)
    assert track.first_sample == 2
    assert track.pcm16(3) == pcm(4, 5, 6)
    with pytest.raises(LookupError):
        track.pcm16(0)
    assert track.wav().endswith(pcm(3, 4, 5, 6))
    assert track.duration_s == pytest.approx(6 / 24_000)


def test_an_unknown_format_is_kept_but_not_played() -> None:
    track = track_of("opus", b"1234")
    with pytest.raises(LookupError):
        track.wav()
    assert track.total_bytes == 4


def test_a_copy_does_not_grow() -> None:
    track = track_of("pcm16", pcm(1))
    twin = track.copy()
    track.add(2, pcm(2))
    assert twin.pcm16() == pcm(1)
