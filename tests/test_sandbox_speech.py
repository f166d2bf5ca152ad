"""The sandbox's voice: how long, how high, how loud, and encoded how."""

import time
from array import array
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from webapp.sandbox.g711 import alaw_from_pcm, mulaw_from_pcm
from webapp.sandbox.phones import phones
from webapp.sandbox.speech import BYTES_PER_S, Speaker
from webapp.sandbox.voices import VOICES, voice_of

LINE = "The sandbox rehearses every morning, and nobody hears a single word of what it says."


def spoken(voice: str, sound: str = "pcm16", text: str = LINE) -> bytes:
    speaker = Speaker(voice, sound)
    return b"".join(speaker.say(word) for word in text.split())


def samples(sound: bytes) -> NDArray[np.float64]:
    return np.frombuffer(sound, dtype="<i2").astype(np.float64)


def pitch_hz(signal: NDArray[np.float64], rate: int = 24_000) -> float:
    """Return the median pitch of the loud stretches, by autocorrelation."""
    size = rate // 20
    frames = [signal[start : start + size] for start in range(0, len(signal) - size, size)]
    loud = float(np.median([np.std(frame) for frame in frames]))
    found = []
    for frame in frames:
        if np.std(frame) < loud:
            continue
        centred = frame - np.mean(frame)
        similar = np.correlate(centred, centred, "full")[size - 1 :]
        shortest, longest = rate // 320, rate // 70
        found.append(rate / (shortest + int(np.argmax(similar[shortest:longest]))))
    return float(np.median(found))


@pytest.mark.parametrize("name", [*VOICES, "voice_of_my_own"])
def test_each_voice_speaks_at_its_own_pitch(name: str) -> None:
    voice = voice_of(name)
    heard = pitch_hz(samples(spoken(name)))
    assert voice.pitch_hz * 0.8 < heard < voice.pitch_hz * 1.15


def test_voices_can_be_told_by_their_pitch() -> None:
    heard = {name: pitch_hz(samples(spoken(name))) for name in VOICES}
    rising = sorted(VOICES, key=lambda name: VOICES[name].pitch_hz)
    assert sorted(VOICES, key=heard.__getitem__) == rising
    assert heard[rising[-1]] > 2 * heard[rising[0]]
    for lower, higher in pairwise(rising):
        assert heard[higher] / heard[lower] > 1.02


@pytest.mark.parametrize("name", list(VOICES))
def test_each_voice_speaks_about_three_words_a_second(name: str) -> None:
    words_per_s = len(LINE.split()) / (len(spoken(name)) / 48_000)
    assert 2.3 < words_per_s < 3.6


@pytest.mark.parametrize("sound", list(BYTES_PER_S))
@pytest.mark.parametrize("speed", [0.25, 1.5])
def test_every_sound_is_spoken_at_every_speed(speed: float, sound: str) -> None:
    text = "Six fresh judges vexed; chuckling zealots think, hum? 0 1 2 3 4 5 6 7 8 9 thatched X!"
    for name in ("alloy", "cedar", "a", "b", "c"):
        plain, other = Speaker(name, sound), Speaker(name, sound, speed)
        assert len(other.say(text)) == pytest.approx(len(plain.say(text)) / speed, rel=0.01)


def test_voices_sound_different_and_always_the_same() -> None:
    takes = {spoken(name) for name in (*VOICES, "x", "y")}
    assert len(takes) == len(VOICES) + 2
    assert spoken("x") == spoken("x")
    paces = {voice.words_per_s for voice in VOICES.values()}
    assert len(paces) > 3


@pytest.mark.parametrize("name", list(VOICES))
def test_the_sound_is_loud_enough_and_never_clips(name: str) -> None:
    signal = samples(spoken(name))
    assert 6_000 < np.abs(signal).max() < 32_767
    assert np.sqrt(np.mean(signal**2)) > 1_200
    assert abs(np.mean(signal)) < 300


def test_more_words_take_longer_and_a_full_stop_pauses() -> None:
    speaker = Speaker("alloy", "pcm16")
    plain, stopped = speaker.say("morning"), speaker.say("morning.")
    assert len(stopped) > len(plain) + 0.15 * 48_000
    assert len(Speaker("alloy", "pcm16").say("good morning")) > len(plain)
    assert not any(stopped[-4_000:])


@pytest.mark.parametrize("text", ["", "   ", "…", "🙂", "—"])
def test_what_has_no_sound_is_a_short_silence(text: str) -> None:
    sound = spoken("alloy", text=text)
    assert not any(sound)
    assert len(sound) < 0.3 * 48_000


@pytest.mark.parametrize(
    "text", ["Привет", "你好", "مرحبا", "Ωμέγα", "naïve", "42", "café", "x" * 400]
)
def test_any_script_is_given_a_voice(text: str) -> None:
    assert np.abs(samples(spoken("sage", text=text))).max() > 3_000


@pytest.mark.parametrize(
    ("word", "sounds"),
    [("the", "DH AX"), ("rehearse", "R EH HH IY R S"), ("make", "M EY K"),
     ("nation", "N AE SH AX N"), ("happy", "HH AE P IY"), ("don't", "D AA N T"),
     ("7", "S EH V AX N"), ("queen", "K W IY N"),
     ("é", "EH"), ("hmm", "HH M"), ("zzz", "Z Z")],
)  # fmt: skip
def test_spelling_becomes_sounds(word: str, sounds: str) -> None:
    assert phones(word) == sounds.split()


@pytest.mark.parametrize("sound", ["g711_ulaw", "g711_alaw"])
def test_telephone_sound_has_the_pitch_and_length_of_the_other(sound: str) -> None:
    wide, narrow = spoken("echo"), spoken("echo", sound)
    assert abs(len(narrow) / BYTES_PER_S[sound] - len(wide) / 48_000) < 0.05
    decode = mulaw_decoded if sound == "g711_ulaw" else alaw_decoded
    heard = pitch_hz(decode(np.frombuffer(narrow, dtype=np.uint8)), 8_000)
    assert 80 < heard < 120


def test_speech_is_made_far_faster_than_it_is_heard() -> None:
    spoken("ballad")
    began = time.process_time()
    # Other words in other places: none of them is remembered.
    heard_s = len(spoken("ballad", text=" ".join(reversed(LINE.upper().split())))) / 48_000
    assert heard_s / (time.process_time() - began) > 30


# G.711, against another implementation: decision values and code words of the tables in the
# recommendation, searched instead of computed bit by bit.


def mulaw_decoded(codes: NDArray[np.uint8]) -> NDArray[np.float64]:
    plain = ~codes
    segment, step = (plain >> 4) & 7, plain & 15
    level = (((step.astype(np.int64) * 2 + 33) << segment) - 33) * 4
    return np.where(plain & 0x80, -level, level).astype(np.float64)


def alaw_decoded(codes: NDArray[np.uint8]) -> NDArray[np.float64]:
    plain = codes ^ 0x55
    segment, step = ((plain >> 4) & 7).astype(np.int64), (plain & 15).astype(np.int64)
    level = np.where(segment == 0, step * 2 + 1, (step * 2 + 33) << np.maximum(segment - 1, 0)) * 8
    return np.where(plain & 0x80, level, -level).astype(np.float64)


def mulaw_expected(values: NDArray[np.int64]) -> NDArray[np.uint8]:
    steps = [2] * 15 + [4] * 16 + [8] * 16 + [16] * 16 + [32] * 16 + [64] * 16 + [128] * 16
    decisions = np.cumsum([1, *steps, *[256] * 15])
    magnitude = np.where(values >= 0, values, ~values) >> 2
    number = np.minimum(np.searchsorted(decisions, magnitude, side="right"), 127)
    return (~np.where(values >= 0, number, number | 0x80) & 0xFF).astype(np.uint8)


def alaw_expected(values: NDArray[np.int64]) -> NDArray[np.uint8]:
    steps = [2] * 32 + [4] * 16 + [8] * 16 + [16] * 16 + [32] * 16 + [64] * 16 + [128] * 15
    decisions = np.cumsum(steps)
    magnitude = np.where(values >= 0, values, ~values) >> 3
    number = np.minimum(np.searchsorted(decisions, magnitude, side="right"), 127)
    return (np.where(values >= 0, number | 0x80, number) ^ 0x55).astype(np.uint8)


EVERY_VALUE = array("h", range(-32768, 32768))


def test_every_sample_has_its_mulaw_code() -> None:
    values = np.arange(-32768, 32768)
    assert mulaw_from_pcm(EVERY_VALUE) == mulaw_expected(values).tobytes()


def test_every_sample_has_its_alaw_code() -> None:
    values = np.arange(-32768, 32768)
    assert alaw_from_pcm(EVERY_VALUE) == alaw_expected(values).tobytes()


@pytest.mark.parametrize(
    ("sample", "mulaw", "alaw"),
    [(0, 0xFF, 0xD5), (-1, 0x7F, 0x55), (32767, 0x80, 0xAA), (-32768, 0x00, 0x2A)],
)
def test_the_corners_of_the_tables(sample: int, mulaw: int, alaw: int) -> None:
    assert mulaw_from_pcm([sample]) == bytes([mulaw])
    assert alaw_from_pcm([sample]) == bytes([alaw])
