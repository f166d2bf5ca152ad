"""Small pictures and sounds as files, made from nothing."""

import base64
import io
import struct
import wave
import zlib
from collections.abc import Sequence

# One grey pixel, as small as a JPEG gets.
JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP////////////////////////////////////////////////////////////"
    "//////////////////////////wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPxA="
)
GIF = base64.b64decode("R0lGODlhAQABAPAAAP8AAAAAACH5BAAAAAAALAAAAAABAAEAAAICRAEAOw==")


def png(width: int, height: int) -> bytes:
    """Return a picture of one colour."""
    rows = (b"\0" + b"\x20\x60\xc0" * width) * height
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
            _chunk(b"IDAT", zlib.compress(rows)),
            _chunk(b"IEND", b""),
        )
    )


def _chunk(kind: bytes, content: bytes) -> bytes:
    checked = kind + content
    return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))


def data_uri(kind: str, picture: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(picture).decode()}"


def wav(samples: Sequence[int], rate_hz: int, channels: int = 1) -> bytes:
    """Return a WAV file of 16-bit samples, those of several channels by turns."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(channels)
        sound.setsampwidth(2)
        sound.setframerate(rate_hz)
        sound.writeframes(struct.pack(f"<{len(samples)}h", *samples))
    return file.getvalue()
