"""Rules of sounds and pictures: whether they are what a server takes."""

import binascii
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple, TypeVar

from webapp.checks.rules.rule import PART, PROSE, Finding, Rule, at, writing
from webapp.exact_json.reader import JsonValue
from webapp.forms.media_labels import bytes_in, kind_of
from webapp.forms.nodes import Elided
from webapp.forms.problems import INVALID, Severity

_T = TypeVar("_T")

_LONGEST_KEPT_CHARS = 20_000  # of base64 whose reading is remembered
_BYTES_PER_SAMPLE = 2

_IMAGE = re.compile(r"data:image/(png|jpe?g);base64,", re.ASCII | re.IGNORECASE)
_WORDY_IMAGE = re.compile(
    r"data:image/(png|jpe?g)(?:;[^;,]{0,60}){1,4};base64,", re.ASCII | re.IGNORECASE
)
_AUDIO_URI = re.compile(r"data:[\w/+.;=-]{0,60};base64,", re.ASCII)
_NOT_STANDARD = str.maketrans({"-": "+", "_": "/", "\n": "", "\r": "", " ": "", "\t": ""})

# How the files begin that people send where bare samples are wanted.
_CONTAINERS = (
    (b"RIFF", "a WAV file"),
    (b"ID3", "an MP3 file"),
    (b"\xff\xfb", "an MP3 file"),
    (b"OggS", "an Ogg file"),
    (b"fLaC", "a FLAC file"),
    (b"\x1aE\xdf\xa3", "a WebM file"),
)
_PICTURES = ((b"\x89PNG\r\n\x1a\n", "png"), (b"\xff\xd8\xff", "jpeg"))
_BEGINNINGS = (("iVBORw0KGgo", "png"), ("/9j/", "jpeg"))


class Sound(NamedTuple):
    """What the base64 of a sound holds; ``bytes`` is -1 where it cannot be decoded."""

    bytes: int
    container: str


def audio_not_base64(part: JsonValue) -> Iterator[Finding]:
    audio = at(part, "audio")
    if isinstance(audio, str) and _sound(audio).bytes < 0:
        bare = _AUDIO_URI.sub("", audio.translate(_NOT_STANDARD), count=1)
        bare = bare.rstrip("=") + "=" * (-len(bare.rstrip("=")) % 4)
        readable = not isinstance(audio, Elided) and _sound(bare).bytes >= 0
        is_uri = audio.startswith("data:")
        hint = " Leave out everything up to the comma." if is_uri else ""
        yield Finding(
            ("audio",),
            f"This is not base64.{hint}",
            writing(bare, "/audio") if readable else None,
            safe=not is_uri,
            does="leave out what stands before the comma"
            if is_uri
            else "write it in the standard alphabet, on one line, padded",
        )


def audio_in_container(part: JsonValue) -> Iterator[Finding]:
    audio = at(part, "audio")
    if isinstance(audio, str) and (container := _sound(audio).container):
        yield Finding(
            ("audio",),
            f"This is {container}, and servers take bare samples: choose the file here, and it is "
            "converted.",
        )


def audio_of_half_samples(part: JsonValue) -> Iterator[Finding]:
    audio = at(part, "audio")
    if not isinstance(audio, str):
        return
    if isinstance(audio, Elided):
        label = audio.token.split(".", 2)[2]
        size = bytes_in(label) if kind_of(label) == "audio/pcm" else 0
    else:
        size = _sound(audio).bytes
    if size > 0 and size % _BYTES_PER_SAMPLE:
        yield Finding(
            ("audio",),
            f"These are {size:,} bytes, and PCM16 has two for each sample: one is missing or too "
            "many. Only G.711 may have an odd number.",
        )


def image_not_inline(part: JsonValue) -> Iterator[Finding]:
    image = at(part, "image_url")
    if not isinstance(image, str) or _IMAGE.match(image):
        return
    if wordy := _WORDY_IMAGE.match(image):
        plain = f"data:image/{wordy[1]};base64,"
        yield Finding(
            ("image_url",),
            f"Between the kind of picture and its bytes servers want “;base64,” alone: {plain}",
            None
            if isinstance(image, Elided)
            else writing(plain + image[wordy.end() :], "/image_url"),
            does=f"begin with {plain}",
        )
        return
    kind = next((kind for start, kind in _BEGINNINGS if image.startswith(start)), "")
    yield Finding(
        ("image_url",),
        _about_image(image, kind),
        writing(f"data:image/{kind};base64,{image}", "/image_url") if kind else None,
        safe=True,
        does=f"write data:image/{kind};base64, before it",
    )


def _about_image(image: str, kind: str) -> str:
    if re.match(r"data:image/(?:png|jpe?g)[;,]", image, re.IGNORECASE):
        return "The bytes of the picture have to be base64, and the data URI to say so: ;base64,"
    if image.startswith("data:image/"):
        return "This picture is neither PNG nor JPEG: convert it."
    if kind:
        return "This base64 needs to say what it is: a data URI."
    return (
        "Servers take the picture itself, PNG or JPEG, as a data URI. They fetch no links; "
        "the file can be chosen here."
    )


def image_not_what_it_says(part: JsonValue) -> Iterator[Finding]:
    image = at(part, "image_url")
    if not isinstance(image, str) or isinstance(image, Elided):
        return
    head = _IMAGE.match(image)
    body = image[head.end() :] if head else ""
    if head is None or not body:
        return
    kind = _remembered(_picture, body)
    named = "png" if head[1].lower() == "png" else "jpeg"
    if kind == "":
        yield Finding(("image_url",), "What stands behind the comma is not base64.")
    elif kind == "?":
        yield Finding(("image_url",), f"The bytes are no {named.upper()}: the picture is damaged.")
    elif kind != named:
        yield Finding(
            ("image_url",),
            f"It says {named.upper()}, yet the bytes are {kind.upper()}.",
            writing(f"data:image/{kind};base64,{body}", "/image_url"),
            safe=True,
            does=f"call it {kind}",
        )


def _sound(text: str) -> Sound:
    return _remembered(_decode_sound, text)


def _decode_sound(text: str) -> Sound:
    sound = _decoded(text)
    if sound is None:
        return Sound(-1, "")
    container = next((words for start, words in _CONTAINERS if sound.startswith(start)), "")
    return Sound(len(sound), container)


def _decoded(text: str) -> bytes | None:
    """Return the bytes, None for what is no base64: padding beyond the last four is none."""
    if len(text) % 4 or text.endswith("==="):
        return None
    try:
        return binascii.a2b_base64(text.encode(), strict_mode=True)
    except (binascii.Error, UnicodeEncodeError):
        return None


def _picture(text: str) -> str:
    """Return png or jpeg, ? for other bytes, and an empty text for what is no base64."""
    picture = _decoded(text)
    if picture is None:
        return ""
    return next((kind for start, kind in _PICTURES if picture.startswith(start)), "?")


def _remembered(look: Callable[[str], _T], text: str) -> _T:
    """Look at a text once, unless it is so long that remembering it costs more."""
    if len(text) > _LONGEST_KEPT_CHARS:
        return look(text)
    found: _T = _look(look, str(text))
    return found


@lru_cache(maxsize=256)
def _look(look: Callable[[str], _T], text: str) -> _T:
    return look(text)


RULES: tuple[Rule, ...] = (
    Rule(
        PART,
        audio_not_base64,
        Severity.ERROR,
        INVALID,
        f"{PROSE} of audio",
        given=("audio",),
    ),
    Rule(
        PART,
        audio_in_container,
        Severity.WARNING,
        "audio_in_container",
        f"{PROSE} of audio",
        given=("audio",),
    ),
    Rule(
        PART,
        audio_of_half_samples,
        Severity.WARNING,
        "audio_of_half_samples",
        f"{PROSE} of audio",
        given=("audio",),
    ),
    Rule(
        PART,
        image_not_inline,
        Severity.WARNING,
        INVALID,
        f"{PROSE} of image_url",
        given=("image_url",),
    ),
    Rule(
        PART,
        image_not_what_it_says,
        Severity.WARNING,
        INVALID,
        "how PNG and JPEG files begin",
        given=("image_url",),
    ),
)
