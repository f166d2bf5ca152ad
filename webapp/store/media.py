"""Long media strings, by their content."""

import binascii
import hashlib
import os
import re
import struct
import time
from collections.abc import Iterator
from pathlib import Path

from webapp.errors import LocalError
from webapp.forms.media_labels import DATA_URI, PLAIN, kind_of_sound, picture_label, sound_label

DAY_S = 86_400
KEPT_DAYS = 30
# The oldest go when all together hold more than this.
MOST_BYTES = 1024 * 1024 * 1024

_DATA_URI = re.compile(r"data:(image/[a-z0-9-]{1,20});base64,", re.ASCII)
_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"


class MediaStore:
    """Sounds and pictures of drafts, as the base64 text that goes over the wire.

    The same text is kept once; the token that stands for it in a form says how long it is and
    what it holds, so that showing a form reads no file.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, media: str, text: str, kind: str = "audio/pcm") -> str:
        """Store ``text`` and return its token: ``digest.characters.label``.

        ``media`` is audio or image; sound is taken to be of ``kind``, which its bytes do not tell.

        Raises:
            LocalError: 503 if it cannot be written.
        """
        encoded = text.encode()
        digest = hashlib.sha256(encoded).hexdigest()
        try:
            if not self._touched(digest, len(encoded)):
                self._write(digest, encoded)
        except OSError as fault:
            raise LocalError(
                f"The {media} could not be stored: {fault.strerror}.",
                remedy="Make room on the disk of the server, then try again.",
                status=503,
            ) from fault
        return f"{digest}.{len(text)}.{label_of(media, text, kind)}"

    def text(self, token: str) -> str | None:
        """Return the text behind ``token``, or None when it is gone."""
        try:
            return self._path(token).read_bytes().decode()
        except OSError:
            return None

    def has(self, token: str) -> bool:
        """Whether the text behind ``token`` is still there; asking keeps it from growing old."""
        digest, chars, _ = token.split(".", 2)
        try:
            return self._touched(digest, int(chars))
        except OSError:
            return True  # it is there, and somebody else's

    def _path(self, token: str) -> Path:
        return self._folder / token.split(".", 1)[0]

    def _touched(self, digest: str, least_bytes: int) -> bool:
        """Whether there is a whole file, made young again if it was a day old."""
        path = self._folder / digest
        try:
            found = path.stat()
            if found.st_mtime < time.time() - DAY_S:
                os.utime(path)
        except FileNotFoundError:
            return False
        return found.st_size >= least_bytes

    def _write(self, digest: str, encoded: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._make_room(len(encoded))
        fresh = self._folder / f"{digest}.{os.getpid()}.{time.monotonic_ns()}"
        try:
            with fresh.open("xb") as file:
                file.write(encoded)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._folder / digest)
        except OSError:
            fresh.unlink(missing_ok=True)
            raise

    def _make_room(self, needed: int) -> None:
        files = sorted(self._files())
        total = needed + sum(size for _, size, _ in files)
        old = time.time() - KEPT_DAYS * DAY_S
        for changed, size, path in files:
            if total <= MOST_BYTES and changed > old:
                break
            path.unlink(missing_ok=True)
            total -= size

    def _files(self) -> Iterator[tuple[float, int, Path]]:
        with os.scandir(self._folder) as entries:
            for entry in entries:
                try:
                    found = entry.stat()
                except FileNotFoundError:  # another process made room, or finished writing
                    continue
                yield found.st_mtime, found.st_size, Path(entry.path)


def label_of(media: str, text: str, kind: str = "audio/pcm") -> str:
    """Say what a string holds, in the characters a token may have.

    ``audio/pcm_57600B``, ``audio/wav_57644B`` for a whole file, ``image/png_640x480_9120B``;
    ``text`` for what is no base64.
    """
    if media == "image":
        return _label_of_picture(text)
    if text.startswith("data:"):
        return DATA_URI
    decoded = _decoded(text)
    if decoded is None:
        return PLAIN
    return sound_label(kind_of_sound(decoded, kind), len(decoded))


def picture_of(text: str) -> tuple[str, bytes] | None:
    """Return media type and bytes of a data URI that holds a PNG or JPEG, else None."""
    head = _DATA_URI.match(text)
    picture = _decoded(text[head.end() :]) if head else None
    if not picture:
        return None
    if picture.startswith(_PNG):
        return "image/png", picture
    return ("image/jpeg", picture) if picture.startswith(_JPEG) else None


def _label_of_picture(text: str) -> str:
    head = _DATA_URI.match(text)
    picture = _decoded(text[head.end() :]) if head else None
    if head is None or picture is None:
        return PLAIN
    return picture_label(head[1], len(picture), _size_of(picture))


def _decoded(text: str) -> bytes | None:
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except ValueError:  # binascii's own, and for what is not ASCII
        return None


def _size_of(picture: bytes) -> tuple[int, int] | None:
    if picture.startswith(_PNG) and len(picture) >= 24:
        width, height = struct.unpack(">II", picture[16:24])
        return width, height
    return _jpeg_size(picture) if picture.startswith(_JPEG) else None


def _jpeg_size(picture: bytes) -> tuple[int, int] | None:
    """Return width and height of a JPEG in pixels, from its first frame header."""
    at = 2
    while at + 9 <= len(picture) and picture[at] == 0xFF:
        marker, length = picture[at + 1], int.from_bytes(picture[at + 2 : at + 4])
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", picture[at + 5 : at + 9])
            return width, height
        at += 2 + length
    return None
