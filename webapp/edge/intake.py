"""What a request may carry: type, size, count and characters of a body, checked before parsing."""

import re
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING, cast
from urllib.parse import unquote_to_bytes

from webapp.config import MIB, Settings

if TYPE_CHECKING:
    from wsgiref.types import InputStream, WSGIEnvironment

FORM = "application/x-www-form-urlencoded"
TEXT = "text/plain"
JSON = "application/json"
OPEN_TEXT = b"text="
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
MAX_SHOWN_CHARS = 80
LONGEST_KEPT = 200  # bytes of a field

# Written out twice: a pattern that starts with a plain byte is searched thirty times as fast.
_HIGH_ESCAPES = re.compile(rb"%[89A-Fa-f][0-9A-Fa-f](?:%[89A-Fa-f][0-9A-Fa-f])*")


class Refusal(Exception):  # noqa: N818  # it is an answer, not a fault of ours
    """A request that goes no further: ``what`` is wrong with it and the ``remedy``."""

    def __init__(self, status: int, what: str, remedy: str = "", *, retry_after_s: int = 0) -> None:
        super().__init__(what)
        self.retry_after_s = retry_after_s
        self.status = HTTPStatus(status)
        self.what = what
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Policy:
    """Which body a route takes: media types and limits.

    ``max_open_bytes`` is what a form may hold beside the rest: the open text of a whole event.
    """

    types: tuple[str, ...]
    max_bytes: int
    max_text_chars: int
    max_open_bytes: int = 0


class Intake:
    """Reads, checks and replays bodies, so that what follows works on a whole and legal one."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        text, pasted = settings.max_text_chars, settings.max_json_bytes
        self._form = Policy((FORM,), settings.max_form_bytes, text, pasted)
        self._other = Policy((FORM, JSON), settings.max_other_bytes, text)
        # By the end of the path; addresses for programs begin with /api/.
        self._by_end = {
            "/media": Policy((TEXT,), settings.max_media_bytes, text),
            "/from-log": Policy((FORM,), settings.max_form_bytes, settings.max_form_bytes),
        }
        self._api = Policy((JSON,), pasted, text)

    def check(self, environ: "WSGIEnvironment") -> None:
        """Put the checked body in place of the one that is still on the wire.

        Raises:
            Refusal: 400 malformed, 413 too much, 415 of another type, 422 not text.
        """
        if environ["REQUEST_METHOD"] in SAFE_METHODS:
            _replay(environ, b"")
            return
        encoding = environ.get("HTTP_CONTENT_ENCODING", "identity")
        transfer = environ.get("HTTP_TRANSFER_ENCODING", "chunked")
        if encoding.lower() != "identity" or transfer.lower() != "chunked":
            raise Refusal(415, "The body is compressed.", "Send it without Content-Encoding.")
        policy = self.policy(environ["REQUEST_METHOD"], environ["PATH_INFO"])
        body = _read(environ, policy.max_bytes, policy.max_open_bytes)
        if body:
            media_type = _media_type(environ.get("CONTENT_TYPE", ""), policy)
            if media_type == FORM:
                self._check_form(body, policy)
        _replay(environ, body)

    def policy(self, method: str, path: str) -> Policy:
        """Return what may be sent to an address."""
        if method != "POST":
            return self._other
        if path.startswith("/api/"):
            return self._api
        return self._by_end.get(path[path.rfind("/") :], self._form)

    def _check_form(self, body: bytes, policy: Policy) -> None:
        """Count before parsing, then look for what text cannot be; every keystroke passes here."""
        max_fields, max_name = self._settings.max_fields, self._settings.max_name_chars
        if body.count(b"&") >= max_fields:
            raise Refusal(
                413,
                f"The form has too many fields: {max_fields:,} are taken.",
                "Remove some items, or raise CUECARD_MAX_FIELDS.",
            )
        parts = body.split(b"&")
        if not is_text(body):
            for part in parts:
                _check_characters(part)
        # Nothing is longer in characters than in encoded bytes, so most are short at a glance.
        short = min(max_name, policy.max_text_chars)
        long = [part for part in parts if len(part) > short]
        open_text = next((part for part in long if part.startswith(OPEN_TEXT)), b"")
        if len(open_text) > policy.max_open_bytes:
            raise _too_large_open_text(policy.max_open_bytes)
        if len(body) - len(open_text) > policy.max_bytes:
            raise _too_large(policy.max_bytes)
        for part in long:
            if part is not open_text:
                _check_length(part, max_name, policy.max_text_chars)


def _read(environ: "WSGIEnvironment", max_bytes: int, beside: int) -> bytes:
    """Return the body; one byte above both limits is enough to know."""
    limit, max_bytes = max_bytes, max_bytes + beside
    declared: str = environ.get("CONTENT_LENGTH", "")
    stream = cast("InputStream", environ["wsgi.input"])
    if "HTTP_TRANSFER_ENCODING" in environ:
        body = stream.read(max_bytes + 1)
        if len(body) > max_bytes:
            raise _too_large(limit)
        return body
    if not declared:
        return b""
    if not (declared.isascii() and declared.isdecimal()):
        raise Refusal(400, "The length of the body is not a number.")
    if len(declared) > 12 or int(declared) > max_bytes:
        raise _too_large(limit)
    body = stream.read(int(declared))
    if len(body) < int(declared):
        raise Refusal(400, "The body ended early.", "Send it again.")
    return body


def _too_large(max_bytes: int) -> Refusal:
    what = f"That is too large: at most {_size(max_bytes)} are taken here."
    return Refusal(413, what, "Send less at once.")


def _too_large_open_text(max_bytes: int) -> Refusal:
    return Refusal(
        413,
        f"The open text is too large: at most {_size(max_bytes)} are taken, as a browser sends it.",
        "Shorten it, or raise CUECARD_MAX_JSON_BYTES; the form shows the event as it was before.",
    )


def _size(max_bytes: int) -> str:
    return f"{max_bytes / MIB:.3g} MiB" if max_bytes >= MIB else f"{max_bytes:,} bytes"


def _media_type(declared: str, policy: Policy) -> str:
    """Return the declared type of the body if the route takes it."""
    media_type, _, parameters = declared.lower().partition(";")
    media_type = media_type.strip()
    if media_type not in policy.types:
        taken = " or ".join(policy.types)
        raise Refusal(
            415, "The body is of another type than this address takes.", f"Send it as {taken}."
        )
    charset = parameters.partition("charset=")[2].strip(' "')
    if charset and charset not in ("utf-8", "utf8"):
        raise Refusal(415, "Text is taken as UTF-8 only.", "Send it as UTF-8.")
    return media_type


def _replay(environ: "WSGIEnvironment", body: bytes) -> None:
    """Hand the checked body on as if it had just arrived, whole and with its length."""
    environ["wsgi.input"] = BytesIO(body)
    environ["CONTENT_LENGTH"] = str(len(body))
    environ.pop("HTTP_TRANSFER_ENCODING", None)


def read_fields(body: bytes) -> list[tuple[str, str]]:
    """Return the fields of a checked form in the order they came, the empty ones included.

    The same as ``urllib.parse.parse_qsl``, at a fraction of its time for text beyond ASCII.
    """
    fields = []
    for part in body.split(b"&"):
        if len(part) <= LONGEST_KEPT:
            if part:
                fields.append(_pair(part))
        else:
            name, _, value = part.partition(b"=")
            fields.append((_text(name), _text(value)))
    return fields


# Nearly all of a form is the same as a keystroke before.
@lru_cache(maxsize=16_384)
def _pair(encoded: bytes) -> tuple[str, str]:
    name, _, value = encoded.partition(b"=")
    return _text(name), _text(value)


def _text(encoded: bytes) -> str:
    spaced = encoded.replace(b"+", b" ")
    if b"%" not in spaced:
        return spaced.decode()
    # A run of escapes at once where whole words are escaped; one by one is faster elsewhere.
    return unquote_to_bytes(_HIGH_ESCAPES.sub(_unescaped, spaced)).decode()


def _unescaped(run: re.Match[bytes]) -> bytes:
    return bytes.fromhex(run[0].replace(b"%", b"").decode())


def is_text(encoded: bytes) -> bool:
    """Whether bytes and their percent escapes are UTF-8 without NUL.

    Only a run of escapes above ASCII can spell something that is not text, so nothing else is
    decoded. A character that is half escaped and half raw is refused: nobody sends that.
    """
    if b"%00" in encoded or b"\0" in encoded:
        return False
    runs = _HIGH_ESCAPES.findall(encoded)
    try:
        if not encoded.isascii():
            encoded.decode()
        if runs:
            # The %20 in between keeps two halves from making a whole.
            bytes.fromhex(b"%20".join(runs).replace(b"%", b"").decode()).decode()
    except UnicodeDecodeError:
        return False
    return True


def _check_characters(part: bytes) -> None:
    name, _, value = part.partition(b"=")
    if not is_text(name):
        raise Refusal(400, f"The name of a field is not text: {shown(name)}")
    if not is_text(value):
        wrong = "holds a NUL character" if b"\0" in unquote_to_bytes(value) else "is not UTF-8"
        raise Refusal(422, f"The field {shown(name)} {wrong}.", "Correct it and send it again.")


def _check_length(part: bytes, max_name: int, max_text: int) -> None:
    name, _, value = part.partition(b"=")
    if len(name) > max_name and len(_decoded(name)) > max_name:
        raise Refusal(400, f"The name of a field is too long: {shown(name)}")
    if len(value) > max_text and (chars := len(_decoded(value))) > max_text:
        raise Refusal(
            422,
            f"The field {shown(name)} has {chars:,} characters; {max_text:,} are taken.",
            "Shorten it.",
        )


def _decoded(encoded: bytes) -> str:
    return unquote_to_bytes(encoded.replace(b"+", b" ")).decode(errors="replace")


def shown(name: bytes) -> str:
    """Return an encoded name as it may be shown: printable and at most 80 characters."""
    text = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in _decoded(name))
    return text if len(text) <= MAX_SHOWN_CHARS else f"{text[: MAX_SHOWN_CHARS - 1]}…"
