"""What is kept on disk: long media strings, by their content."""

import base64
import binascii
import hashlib
import os
import struct
import time
from pathlib import Path

DAY_S = 86_400
KEPT_DAYS = 30
# The oldest go when all together hold more than this.
MOST_BYTES = 1024 * 1024 * 1024


class MediaStore:
    """Sounds and pictures of drafts, as the base64 text that goes over the wire.

    The same text is kept once; the token that stands for it in a form says how long it is and
    what it holds, so that showing a form reads no file.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, media: str, text: str) -> str:
        """Store ``text`` and return its token: ``digest.characters.label``."""
        digest = hashlib.sha256(text.encode()).hexdigest()
        path = self._folder / digest
        if path.is_file():
            os.utime(path)
        else:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._make_room(len(text))
            fresh = path.with_suffix(f".{os.getpid()}.{time.monotonic_ns()}")
            fresh.write_text(text, "utf-8")
            fresh.replace(path)
        return f"{digest}.{len(text)}.{label_of(media, text)}"

    def text(self, token: str) -> str | None:
        """Return the text behind ``token``, or None when it is gone."""
        path = self._folder / token.split(".", 1)[0]
        try:
            return path.read_text("utf-8")
        except OSError:
            return None

    def _make_room(self, needed: int) -> None:
        files = sorted(
            ((path.stat().st_mtime, path.stat().st_size, path) for path in self._folder.iterdir()),
        )
        total = needed + sum(size for _, size, _ in files)
        old = time.time() - KEPT_DAYS * DAY_S
        for changed, size, path in files:
            if total <= MOST_BYTES and changed > old:
                break
            path.unlink(missing_ok=True)
            total -= size


def label_of(media: str, text: str) -> str:
    """Say what a base64 string holds, in the characters a token may have.

    ``audio_57600_B``, ``image/png_640x480``, or ``text`` for what does not decode.
    """
    if media == "image":
        return _label_of_image(text)
    try:
        size = len(base64.b64decode(text, validate=True))
    except binascii.Error:
        return "text"
    return f"audio_{size}_B"


def _label_of_image(text: str) -> str:
    head, _, encoded = text.partition(",")
    try:
        start = base64.b64decode(encoded[: 64 * 1024 // 4 * 4])
    except binascii.Error:
        return "text"
    if start.startswith(b"\x89PNG\r\n\x1a\n") and len(start) >= 24:
        width, height = struct.unpack(">II", start[16:24])
        return f"image/png_{width}x{height}"
    if start.startswith(b"\xff\xd8"):
        size = _jpeg_size(start)
        return f"image/jpeg_{size[0]}x{size[1]}" if size else "image/jpeg"
    kind = head.removeprefix("data:").partition(";")[0]
    return kind if kind.replace("/", "").isalnum() and len(kind) < 40 else "text"


def _jpeg_size(start: bytes) -> tuple[int, int] | None:
    """Return width and height of a JPEG in pixels, from its first frame header."""
    at = 2
    while at + 9 < len(start) and start[at] == 0xFF:
        marker, length = start[at + 1], int.from_bytes(start[at + 2 : at + 4])
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", start[at + 5 : at + 9])
            return width, height
        at += 2 + length
    return None
