"""The sound the sandbox speaks with: a small formant synthesiser, text in, samples out."""

from __future__ import annotations

import math
import struct
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from webapp.sandbox.g711 import alaw_from_pcm, mulaw_from_pcm
from webapp.sandbox.lanes import LANE_BYTES, Lanes, lanes, mix, samples, silence
from webapp.sandbox.phones import phones
from webapp.sandbox.voices import Voice, voice_of

RATES = {"pcm16": 24_000, "g711_ulaw": 8_000, "g711_alaw": 8_000}
BYTES_PER_S = {"pcm16": 48_000, "g711_ulaw": 8_000, "g711_alaw": 8_000}

GRAIN_S = 0.014
NOISE_S = 0.4  # longer than any hiss at the slowest pace
HISS_TAKES = 8
GLIDE_S = 0.045
EDGE_S = 0.008
LOUDNESS = 11_000
LEVEL_STEPS = 16
GAP_S = 0.03
PAUSES_S = {",": 0.14, ";": 0.16, ":": 0.16, ".": 0.26, "!": 0.26, "?": 0.26}
SILENT_WORD_S = 0.12
UNPACED_WORDS_PER_S = 2.8

# How a phone sounds: three resonances in Hz, how loud the voice is, seconds it lasts.
_VOICED = {
    "AA": (730, 1090, 2440, 1.0, 0.11), "AE": (660, 1720, 2410, 1.0, 0.11),
    "AH": (640, 1190, 2390, 0.95, 0.08), "AO": (570, 840, 2410, 1.0, 0.11),
    "AX": (500, 1500, 2500, 0.75, 0.05), "EH": (530, 1840, 2480, 0.95, 0.09),
    "ER": (490, 1350, 1690, 0.9, 0.10), "IH": (390, 1990, 2550, 0.85, 0.07),
    "IY": (270, 2290, 3010, 0.85, 0.10), "UH": (440, 1020, 2240, 0.9, 0.08),
    "UW": (300, 870, 2240, 0.85, 0.10), "L": (360, 1150, 2600, 0.6, 0.055),
    "M": (250, 1100, 2200, 0.5, 0.06), "N": (250, 1500, 2500, 0.5, 0.055),
    "NG": (250, 2000, 2600, 0.5, 0.07), "R": (400, 1200, 1650, 0.65, 0.055),
    "W": (300, 700, 2200, 0.6, 0.055), "Y": (270, 2200, 3000, 0.6, 0.05),
    "DH": (320, 1300, 2500, 0.35, 0.04), "V": (300, 1200, 2400, 0.35, 0.05),
    "Z": (280, 1500, 2600, 0.3, 0.07), "ZH": (280, 1600, 2500, 0.3, 0.07),
    "B": (220, 900, 2300, 0.15, 0.045), "D": (220, 1600, 2600, 0.15, 0.04),
    "G": (220, 1700, 2300, 0.15, 0.045),
}  # fmt: skip
_GLIDES = {
    "AY": ("AA", "IY"),
    "AW": ("AA", "UW"),
    "EY": ("EH", "IY"),
    "OW": ("AO", "UW"),
    "OY": ("AO", "IY"),
}
# Hissing and bursts: the middle of the noise in Hz, how loud, seconds; behind some, a silence.
_NOISES = {
    "S": (6200, 0.22, 0.085), "SH": (3000, 0.24, 0.085), "F": (4800, 0.08, 0.07),
    "TH": (5200, 0.07, 0.06), "HH": (1500, 0.10, 0.05), "Z": (6000, 0.12, 0.0),
    "ZH": (2800, 0.14, 0.0), "V": (4500, 0.04, 0.0), "DH": (5000, 0.03, 0.0),
    "P": (900, 0.30, 0.018), "T": (4200, 0.32, 0.02), "K": (1900, 0.30, 0.024),
    "B": (800, 0.18, 0.0), "D": (3800, 0.18, 0.0), "G": (1700, 0.18, 0.0),
}  # fmt: skip
_STOPS_S = {"P": 0.045, "T": 0.04, "K": 0.045}
_PAIRS = {"CH": ("T", "SH"), "JH": ("D", "ZH")}
_BREADTHS_HZ = (70.0, 100.0, 140.0)
_WEIGHTS = (1.0, 0.55, 0.28)
_STEPS_HZ = (30, 60, 120)
_NOISE_FOCUS = 0.9
_NOISE_PEAK = 1.7
_CLOSERS = "\"')]}»”\u2019"
_BENDS = {".": -0.18, "!": -0.12, "?": 0.28}


_Resonances = tuple[float, float, float]
_NEUTRAL: _Resonances = (500, 1500, 2500)


@dataclass(frozen=True, slots=True)
class _Sound:
    """A stretch of speech: its resonances in Hz, how loud voice and noise are, seconds."""

    resonances: _Resonances
    voice: float
    noise_hz: float
    noise: float
    seconds: float


class Speaker:
    """Says text piece by piece in one voice and one audio format.

    At ``speed`` 1.5 it talks half as fast again, no higher. The same pieces in the same order
    give the same bytes.
    """

    def __init__(self, voice: str, sound: str, speed: float = 1.0) -> None:
        self.bytes_per_s = BYTES_PER_S[sound]
        own = voice_of(voice)
        self._voice = replace(own, words_per_s=own.words_per_s * speed)
        self._sound = sound
        self._words = 0

    def say(self, text: str) -> bytes:
        """Return the sound of a piece of text, a short silence for what has no sound."""
        return b"".join(self._word(word) for word in text.split())

    def _word(self, word: str) -> bytes:
        self._words += 1
        place = self._words
        if _mark(word) in _BENDS:
            self._words = 0
        return _spoken(word, place, self._voice, self._sound)


@lru_cache(maxsize=512)
def _spoken(word: str, place: int, voice: Voice, sound: str) -> bytes:
    """Return the sound of a word, the ``place``-th of its sentence; openings come up often."""
    pcm = samples(_Track(RATES[sound], voice, place).word(word))
    match sound:
        case "g711_ulaw":
            return mulaw_from_pcm(struct.unpack(f"<{len(pcm) // 2}h", pcm))
        case "g711_alaw":
            return alaw_from_pcm(struct.unpack(f"<{len(pcm) // 2}h", pcm))
        case _:
            return pcm


def _mark(word: str) -> str:
    """Return the punctuation mark a word ends with, if it does."""
    return word.rstrip(_CLOSERS)[-1:]


class _Track:
    """The sound of one word while it is put together."""

    def __init__(self, rate: int, voice: Voice, place: int) -> None:
        self._rate = rate
        self._voice = voice
        self._words = place

    def word(self, word: str) -> bytes:
        """Return the lanes of a word."""
        pace = UNPACED_WORDS_PER_S / self._voice.words_per_s
        sounds = [_paced(sound, pace) for phone in phones(word) for sound in _sounds(phone)]
        mark = _mark(word)
        pause_s = PAUSES_S.get(mark, GAP_S if sounds else SILENT_WORD_S) * pace
        spoken_s = sum(sound.seconds for sound in sounds)
        size = round((spoken_s + pause_s) * self._rate)
        # The last grain may reach beyond the word.
        track = silence(size + round(GRAIN_S * self._rate) + 2)
        self._add_voice(track, sounds, spoken_s, _BENDS.get(mark, 0.0))
        self._add_noise(track, sounds)
        return bytes(track[: LANE_BYTES * size])

    def _add_voice(
        self, track: bytearray, sounds: list[_Sound], spoken_s: float, bend: float
    ) -> None:
        """Add one grain of sound for each time the vocal cords close."""
        at_s = 0.0
        while at_s < spoken_s:
            level, resonances = _shape(sounds, at_s)
            if steps := round(level * LEVEL_STEPS):
                grain = _grain(self._rate, steps, *_nearby(resonances, self._voice.size))
                mix(track, grain, round(at_s * self._rate))
            at_s += 1 / self._pitch_hz(at_s / spoken_s, bend)

    def _pitch_hz(self, share: float, bend: float) -> float:
        """Return the pitch at a share of a word; ``bend`` is how far it moves to the end."""
        swing = self._voice.lilt * math.sin(2.4 * self._words + 1.8 * share)
        sinking = max(0.86, 1 - 0.012 * self._words)
        return self._voice.pitch_hz * (1 + swing) * sinking * (1 + bend * share)

    def _add_noise(self, track: bytearray, sounds: list[_Sound]) -> None:
        at_s = 0.0
        for place, sound in enumerate(sounds):
            if sound.noise:
                size = round(sound.seconds * self._rate)
                take = (self._words * 31 + place * 7) % HISS_TAKES
                hiss = _hiss(self._rate, sound.noise_hz, sound.noise, size, take)
                mix(track, hiss, round(at_s * self._rate))
            at_s += sound.seconds


def _sounds(phone: str) -> Iterator[_Sound]:
    """Yield the stretches that make up one phone."""
    for part in (*_PAIRS.get(phone, ()), *_GLIDES.get(phone, ())):
        yield from _sounds(part)
    if phone in _STOPS_S:
        yield _Sound(_NEUTRAL, 0, 0, 0, _STOPS_S[phone])
    noise_hz, noise, noise_s = _NOISES.get(phone, (0, 0, 0))
    if phone in _VOICED:
        first, second, third, level, seconds = _VOICED[phone]
        yield _Sound((first, second, third), level, noise_hz, noise, seconds)
    elif noise:
        yield _Sound(_NEUTRAL, 0, noise_hz, noise, noise_s)


def _paced(sound: _Sound, pace: float) -> _Sound:
    return replace(sound, seconds=sound.seconds * pace)


def _shape(sounds: list[_Sound], at_s: float) -> tuple[float, _Resonances]:
    """Return loudness and resonances at a time: both glide in from the sound before."""
    before: _Sound | None = None
    for sound in sounds:
        if at_s < sound.seconds:
            break
        at_s -= sound.seconds
        before = sound
    fade = min(1.0, at_s / EDGE_S)
    level = sound.voice * fade + (before.voice if before else 0) * (1 - fade)
    if not before or not before.voice:
        return level, sound.resonances
    if not sound.voice:
        return level, before.resonances
    share = min(1.0, at_s / GLIDE_S)
    first, second, third = (
        old + (new - old) * share
        for old, new in zip(before.resonances, sound.resonances, strict=True)
    )
    return level, (first, second, third)


def _nearby(resonances: _Resonances, size: float) -> tuple[int, int, int]:
    """Return resonances for a throat of this size, in steps so that few grains are needed."""
    first, second, third = (
        round(hz / size / step) * step for hz, step in zip(resonances, _STEPS_HZ, strict=True)
    )
    return first, second, third


@lru_cache(maxsize=2048)
def _grain(rate: int, steps: int, *resonances: int) -> Lanes:
    """Return what one closing of the vocal cords sounds like behind a throat, so loud."""
    rings = [_ring(rate, hz, place) for place, hz in enumerate(resonances) if hz < 0.45 * rate]
    return Lanes(sum(ring.total for ring in rings) * steps, rings[0].count)


@lru_cache(maxsize=512)
def _ring(rate: int, hz: int, place: int) -> Lanes:
    """Return one resonance struck once and dying away: the broader, the sooner.

    It is as loud as one of the steps of loudness.
    """
    size = round(GRAIN_S * rate)
    turn = 2 * math.pi * hz / rate
    decay = math.exp(-math.pi * _BREADTHS_HZ[place] / rate)
    feedback, damping = 2 * decay * math.cos(turn), -decay * decay
    older, newer = 0.0, _WEIGHTS[place] * decay * math.sin(turn) * LOUDNESS / LEVEL_STEPS
    ring = []
    for _ in range(size):
        ring.append(older)
        older, newer = newer, feedback * newer + damping * older
    # It neither begins nor ends with a click.
    rise, fall = max(1, round(0.0008 * rate)), size // 4
    for step in range(rise):
        ring[step] *= step / rise
    for step in range(fall):
        ring[size - 1 - step] *= step / fall
    return lanes(ring)


@lru_cache(maxsize=512)
def _hiss(rate: int, centre_hz: float, level: float, size: int, take: int) -> Lanes:
    """Return a stretch of noise that fades in and out; each take is another stretch."""
    noise = _noise(rate, min(centre_hz, 0.42 * rate))
    start = take * max(0, len(noise) - size) // HISS_TAKES
    edge = max(1, min(size // 3, round(0.012 * rate)))
    rising = [(place + 1) / edge for place in range(edge)]
    fades = [*rising, *[1.0] * (size - 2 * edge), *reversed(rising)]
    stretch = zip(noise[start : start + size], fades, strict=False)
    return lanes([LOUDNESS * level * sample * fade for sample, fade in stretch])


@lru_cache(maxsize=64)
def _noise(rate: int, centre_hz: float) -> array[float]:
    """Return some noise around a frequency, about as loud as a voice."""
    turn = 2 * math.pi * centre_hz / rate
    feedback = 2 * _NOISE_FOCUS * math.cos(turn)
    damping = -(_NOISE_FOCUS**2)
    chance = 12345
    push = newer = older = 0.0
    noise = array("d")
    for _ in range(round(NOISE_S * rate)):
        chance = (chance * 1_103_515_245 + 12_345) & 0x7FFFFFFF
        before, push = push, chance / 0x40000000 - 1
        # What only rises and falls slowly is no hiss: the difference leaves it out.
        newer, older = push - before + feedback * newer + damping * older, newer
        noise.append(newer)
    loudest = max(map(abs, noise))
    return array("d", [level * _NOISE_PEAK / loudest for level in noise])
