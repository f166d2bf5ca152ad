"""What a stored sound or picture holds, in the characters that its token may have."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Encoding:
    """A way to write sound; the bytes themselves do not tell one from another."""

    kind: str
    name: str
    rate_hz: int
    sample_bytes: int

    @property
    def bytes_per_s(self) -> int:
        """How many bytes hold one second."""
        return self.rate_hz * self.sample_bytes


ENCODINGS = (
    Encoding("audio/pcm", "PCM16", 24_000, 2),
    Encoding("audio/pcmu", "μ-law", 8_000, 1),
    Encoding("audio/pcma", "A-law", 8_000, 1),
)
SPOKEN = {encoding.kind: encoding for encoding in ENCODINGS}


@dataclass(frozen=True, slots=True)
class Container:
    """A kind of sound file: what people send in place of bare samples, and how it begins."""

    kind: str
    name: str
    start: bytes


CONTAINERS = (
    Container("audio/wav", "WAV", b"RIFF"),
    Container("audio/mpeg", "MP3", b"ID3"),
    Container("audio/ogg", "Ogg", b"OggS"),
    Container("audio/flac", "FLAC", b"fLaC"),
    Container("audio/webm", "WebM", b"\x1aE\xdf\xa3"),
)
CONTAINED = {container.kind: container for container in CONTAINERS}

# Labels of strings that are no sound and no picture.
PLAIN = "text"
DATA_URI = "data-uri"  # where bare base64 is wanted


def kind_of_sound(sound: bytes, kind: str) -> str:
    """Return ``kind``, unless the bytes are a file around the sound."""
    return next((one.kind for one in CONTAINERS if sound.startswith(one.start)), kind)


def sound_label(kind: str, size: int) -> str:
    """Return the label of ``size`` bytes of sound: ``audio/pcm_57600B``."""
    return f"{kind}_{size}B"


def picture_label(kind: str, size: int, pixels: tuple[int, int] | None) -> str:
    """Return the label of a picture of ``size`` bytes: ``image/png_640x480_57600B``."""
    measures = f"_{pixels[0]}x{pixels[1]}" if pixels else ""
    return f"{kind}{measures}_{size}B"


def kind_of(label: str) -> str:
    """Return the media type in a label, or what stands in its place."""
    return label.partition("_")[0]


def bytes_in(label: str) -> int:
    """Return how many bytes the base64 stands for; 0 where a label does not say."""
    size = label.rpartition("_")[2].removesuffix("B")
    return int(size) if size.isdecimal() else 0


def pixels_in(label: str) -> tuple[int, int] | None:
    """Return width and height of a picture, where its label tells."""
    _, *measures = label.split("_")
    width, _, height = measures[0].partition("x") if measures else ("", "", "")
    return (int(width), int(height)) if width.isdecimal() and height.isdecimal() else None


def in_words(label: str, chars: int) -> str:
    """Say what a string of ``chars`` characters holds: ``audio 1.2 s · 57,600 B``."""
    kind, size = kind_of(label), bytes_in(label)
    if kind in SPOKEN:
        encoding = SPOKEN[kind]
        name = "audio" if encoding is ENCODINGS[0] else f"audio {encoding.name}"
        return f"{name} {_seconds(size / encoding.bytes_per_s)} · {size:,} B"
    if kind in CONTAINED:
        return f"{CONTAINED[kind].name} file · {size:,} B"
    if kind.startswith("image/"):
        pixels = pixels_in(label)
        measures = f" {pixels[0]} × {pixels[1]}" if pixels else ""  # it is a sign
        return f"{kind}{measures} · {size:,} B"
    return f"{'data URI' if kind == DATA_URI else 'text'} · {chars:,} characters"


def _seconds(duration_s: float) -> str:
    return f"{duration_s:.2f} s" if duration_s < 1 else f"{duration_s:.1f} s"
