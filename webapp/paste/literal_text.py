"""Reads text in quotes of every kind, with the blanks and comments that may stand around it."""

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

from webapp.exact_json.values import LIMITS, Limits, Offer, Unreadable, place_of


@dataclass(frozen=True, slots=True)
class Source:
    """A text to read and where each part of it stands in the text that was pasted."""

    text: str
    starts: tuple[int, ...] = (0,)
    origins: tuple[int, ...] = (0,)

    def origin(self, at: int) -> int:
        """Return the offset in the pasted text of an offset in this one."""
        part = bisect_right(self.starts, at) - 1
        return self.origins[part] + at - self.starts[part]

    def unquoted(self, pieces: "Pieces") -> "Source":
        """Return the text that quoting hid, each piece knowing where it came from."""
        starts: list[int] = []
        length = 0
        for _, piece in pieces:
            starts.append(length)
            length += len(piece)
        return Source(
            "".join(piece for _, piece in pieces),
            tuple(starts) or (0,),
            tuple(self.origin(at) for at, _ in pieces) or (0,),
        )


Pieces: TypeAlias = list[tuple[int, str]]


class Stop(Exception):  # noqa: N818  # not the caller's error yet: another attempt may succeed
    """Reading cannot go on; cheap to raise, because most attempts at finding an event fail.

    Offsets count in the pasted text. ``{place}`` in the reason stands for where ``seen`` is.
    ``named`` tells whether a member's name was read before: then this is a damaged object, and
    not brackets that never were one.
    """

    def __init__(
        self,
        offset: int,
        reason: str,
        hint: str = "",
        *,
        offer: Offer | None = None,
        seen: int = 0,
        named: bool = False,
    ) -> None:
        super().__init__(reason)
        self.named = named
        self.offset = offset
        self.reason = reason
        self.hint = hint
        self.offer = offer
        self.seen = seen

    def unreadable(self, pasted: str) -> Unreadable:
        """Return the error for the visitor, with line and column."""
        reason = self.reason.replace("{place}", str(place_of(pasted, self.seen)))
        return Unreadable(pasted, self.offset, reason, self.hint, self.offer)


_BLANKS = re.compile(r"[ \t\n\r]*+")
_ODD_BLANKS = re.compile(
    "[\v\f\x1c-\x1f\x85\xa0\u1680\u180e\u2000-\u200f\u2028\u2029\u202f\u205f\u2060\u3000\ufeff]++"
)
_LINE_REST = re.compile(r"[^\n\r\u2028\u2029]*+")
_DOUBLE_CURLY = "\u201c\u201d\u201e\u201f"
_SINGLE_CURLY = "\u2018\u2019\u201a\u201b"
_TEXT_START = re.compile(
    r"([bBfFrRuU]{1,2}(?=['\"])|)('''|\"\"\"|['\"`" + _DOUBLE_CURLY + _SINGLE_CURLY + "])"
)
_HEX = {
    "x": re.compile(r"\\x([0-9a-fA-F]{2})"),
    "u": re.compile(r"\\u(?:([0-9a-fA-F]{4})|\{0*+([0-9a-fA-F]{1,6})\})"),
    "U": re.compile(r"\\U([0-9a-fA-F]{8})"),
}
_OCTAL = re.compile(r"\\([0-7]{1,3})")
_JSON_ESCAPES = {
    '"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"
}  # fmt: skip
_OTHER_ESCAPES = {"v": "\v", "a": "\a", "\n": "", "\u2028": "", "\u2029": ""}
_MAX_PIECES = 300_000
NAME_HINT = "Write the value itself in its place."


@dataclass(frozen=True, slots=True)
class _Quoting:
    """How a quoted text ends, and what is special inside it."""

    close: str
    curly: bool = False
    raw: bool = False
    bytes_: bool = False
    template: bool = False
    formatted: bool = False

    @property
    def many_lines(self) -> bool:
        return self.template or len(self.close) == 3

    @property
    def closers(self) -> str:
        if not self.curly:
            return self.close[0]
        return _DOUBLE_CURLY if self.close in _DOUBLE_CURLY else _SINGLE_CURLY

    @property
    def special(self) -> str:
        return self.closers + ("$" if self.template else "") + ("{}" if self.formatted else "")


@cache
def _plain(special: str) -> "re.Pattern[str]":
    return re.compile(rf"[^\\\x00-\x1f{re.escape(special)}]*+")


@cache
def _runs(special: str) -> "re.Pattern[str]":
    return re.compile(rf"(?:[^\\\x00-\x1f{re.escape(special)}]++|\\[\"\\/bfnrt])*+")


def _unescaped(run: str) -> str:
    """Return what a run of plain characters and JSON's short escapes stands for."""
    run = run.replace("\\\\", "\x00")  # no run holds one
    for letter, char in _JSON_ESCAPES.items():
        run = run.replace(f"\\{letter}", char)
    return run.replace("\x00", "\\")


class Texts:
    """A place in a source that moves on as texts, blanks and comments are read there.

    ``repairs`` holds the offset in the pasted text and a sentence for each repair.
    """

    def __init__(
        self,
        source: Source,
        at: int = 0,
        *,
        limits: Limits = LIMITS,
        keep_last: bool = False,
        nodes: int = 0,
    ) -> None:
        self.source = source
        self.text = source.text
        self.at = at
        self.limits = limits
        self.keep_last = keep_last
        self.nodes = nodes
        self.depth = 0
        self.named = False
        self.repairs: list[tuple[int, str]] = []
        self.broken: tuple[int, int] | None = None  # a line end inside text; where that text ends

    def string(self) -> str:
        start = self.at
        return self.checked("".join(piece for _, piece in self.pieces(exact=False)), start)

    def checked(self, text: str, start: int | None = None) -> str:
        if len(text) > self.limits.max_string_chars:
            reason = f"This text is longer than {self.limits.max_string_chars:,} characters."
            raise self.stop(reason, at=start)
        return text

    def pieces(self, *, exact: bool = True) -> Pieces:
        """Return a text in quotes as pieces with their places, and go behind its closing quote.

        Unless ``exact``, a piece may hold several escapes: faster, when places do not matter.
        """
        start = self.at
        quoting = self.quoting()
        whole_runs = not (exact or quoting.raw or quoting.bytes_)
        plain = _runs(quoting.special) if whole_runs else _plain(quoting.special)
        pieces: Pieces = []
        while True:
            match = plain.match(self.text, self.at)
            if match and match.group():
                run = match.group()
                pieces.append((self.at, _unescaped(run) if whole_runs and "\\" in run else run))
                self.at = match.end()
            if self.closes(quoting):
                break
            at = self.at
            pieces.append((at, self.special(quoting, start)))
            self.few(pieces, start)
        if self.broken and self.broken[1] < 0:
            self.broken = (self.broken[0], self.at)
        return self.decoded(pieces, start) if quoting.bytes_ else pieces

    def escaped(self) -> Pieces:
        """Return text that has lost its quotes but kept its escapes, up to a quote or line end."""
        quoting = _Quoting('"')
        start = self.at
        pieces: Pieces = []
        while True:
            match = _plain('"').match(self.text, self.at)
            if match and match.group():
                pieces.append((self.at, match.group()))
                self.at = match.end()
            if self.char != "\\":
                return pieces
            at = self.at
            pieces.append((at, self.escape(quoting, start)))
            self.few(pieces, start)

    def few(self, pieces: Pieces, start: int) -> None:
        if len(pieces) > _MAX_PIECES:
            raise self.stop("This text holds too many escapes to read.", "Paste JSON.", start)

    @property
    def opening(self) -> tuple[str, str]:
        """The prefix and the quote that a text in quotes starts with here; no quote, no text."""
        match = _TEXT_START.match(self.text, self.at)
        return (match.group(1), match.group(2)) if match else ("", "")

    def quoting(self) -> _Quoting:
        start = self.at
        prefix, quote = self.opening
        self.at += len(prefix) + len(quote)
        prefix = prefix.lower()
        if prefix:
            self.repaired(f"Read a Python text with the prefix {prefix}.", start)
        elif quote == "'":
            self.repaired("Put text in double quotes instead of single ones.", start)
        elif quote == "`":
            self.repaired("Put text in double quotes instead of backticks.", start)
        elif len(quote) == 3:
            self.repaired("Put text in double quotes instead of triple ones.", start)
        elif quote != '"':
            self.repaired("Put text in straight quotes instead of typographic ones.", start)
        return _Quoting(
            quote,
            curly=quote in _DOUBLE_CURLY + _SINGLE_CURLY,
            raw="r" in prefix,
            bytes_="b" in prefix,
            template=quote == "`",
            formatted="f" in prefix,
        )

    def closes(self, quoting: _Quoting) -> bool:
        if quoting.curly:
            closed = bool(self.char) and self.char in quoting.closers
        else:
            closed = self.text.startswith(quoting.close, self.at)
        self.at += len(quoting.close) if closed else 0
        return closed

    def special(self, quoting: _Quoting, start: int) -> str:
        """Return what one character that is not plain stands for."""
        char = self.char
        if not char:
            hint = "Check that all of it was copied."
            raise self.stop("The text that starts here has no closing quote.", hint, start)
        if char == "\\":
            return self.escape(quoting, start)
        if char in "{}$":
            return self.brace(quoting)
        if char in quoting.closers:  # one quote inside three
            self.at += 1
            return char
        return self.control_character(quoting)

    def brace(self, quoting: _Quoting) -> str:
        char = self.char
        if quoting.formatted and self.text.startswith(char * 2, self.at):
            self.at += 2
            return char
        if quoting.formatted or self.text.startswith("${", self.at):
            reason = "This is a placeholder: its value is not in this text."
            raise self.stop(reason, NAME_HINT)
        self.at += 1
        return char

    def control_character(self, quoting: _Quoting) -> str:
        char = self.char
        if char == "\x00":
            raise self.stop("This is a NUL character, which no JSON text may hold.", "Remove it.")
        if char in "\r\n":
            if not quoting.many_lines:
                self.repaired("Kept a line end inside text.")
                self.broken = (self.at, -1)
            self.at += 2 if self.text.startswith("\r\n", self.at) else 1
            return "\n"
        self.repaired("Kept a control character inside text.")
        self.at += 1
        return char

    def escape(self, quoting: _Quoting, start: int) -> str:
        at = self.at
        char = self.text[at + 1 : at + 2]
        if not char:
            hint = "Check that all of it was copied."
            raise self.stop("The text that starts here has no closing quote.", hint, start)
        self.at += 2
        if quoting.raw:
            return f"\\{char}"
        if char in _JSON_ESCAPES:
            return _JSON_ESCAPES[char]
        if char in _HEX:
            self.at = at
            return self.code_point(char)
        if char in quoting.closers and quoting.curly:
            return '"' if char in _DOUBLE_CURLY else "'"
        if char in "`'" and quoting.close == char:
            return char
        self.repaired("Rewrote an escape that JSON does not have.", at)
        if char in "`'":
            return char
        if char == "\r":
            self.at += self.char == "\n"
            return ""
        if char in _OTHER_ESCAPES:
            return _OTHER_ESCAPES[char]
        if octal := _OCTAL.match(self.text, at):
            self.at = octal.end()
            return self.character(int(octal.group(1), 8), at)
        return f"\\{char}"

    def code_point(self, kind: str) -> str:
        at = self.at
        code = self.hexadecimal(kind)
        if kind != "u" or self.text.startswith("{", at + 2):
            self.repaired("Rewrote an escape that JSON does not have.", at)
        if not 0xD800 <= code <= 0xDFFF:
            return self.character(code, at)
        low = self.hexadecimal("u") if self.text.startswith("\\u", self.at) else 0
        if code >= 0xDC00 or not 0xDC00 <= low <= 0xDFFF:
            reason = "This escape is half of a surrogate pair."
            raise self.stop(reason, "Write the whole character, or both escapes of its pair.", at)
        return chr(0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00))

    def hexadecimal(self, kind: str) -> int:
        match = _HEX[kind].match(self.text, self.at)
        if not match:
            reason = "This escape is not complete."
            raise self.stop(reason, "Write \\\\ if a backslash is meant.")
        self.at = match.end()
        return int(next(filter(None, match.groups())), 16)

    def character(self, code: int, at: int) -> str:
        if code == 0:
            raise self.stop("This escape is a NUL character.", "Remove it.", at)
        if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
            raise self.stop("There is no such character.", at=at)
        return chr(code)

    def decoded(self, pieces: Pieces, start: int) -> Pieces:
        """Return the text that the bytes of a Python bytes literal spell in UTF-8."""
        joined = "".join(piece for _, piece in pieces)
        if joined.isascii():
            return pieces
        try:
            return [(start, joined.encode("latin-1").decode("utf-8"))]
        except UnicodeError:
            raise self.stop("These bytes are not UTF-8 text.", at=start) from None

    @property
    def char(self) -> str:
        return self.text[self.at : self.at + 1]

    def skip(self) -> None:
        """Go behind blanks of every kind and comments."""
        while True:
            match = _BLANKS.match(self.text, self.at)
            self.at = match.end() if match else self.at
            if match := _ODD_BLANKS.match(self.text, self.at):
                mark = match.group() == "\ufeff"
                what = "a byte order mark" if mark else "a blank that JSON does not have"
                self.repaired(f"Removed {what}.")
                self.at = match.end()
            elif self.char in ("/", "#") and self.comment():
                continue
            else:
                return

    def comment(self) -> bool:
        start = self.at
        if self.text.startswith("/*", self.at):
            end = self.text.find("*/", self.at + 2)
            if end < 0:
                self.at = len(self.text)
                raise self.stop("This comment is never closed.", "Close it with */.", start)
            self.at = end + 2
        elif self.char == "#" or self.text.startswith("//", self.at):
            match = _LINE_REST.match(self.text, self.at)
            self.at = match.end() if match else len(self.text)
        else:
            return False
        self.repaired("Removed a comment.", start)
        return True

    def repaired(self, what: str, at: int | None = None) -> None:
        self.repairs.append((self.source.origin(self.at if at is None else at), what))

    def stop(self, reason: str, hint: str = "", at: int | None = None, seen: int = 0) -> Stop:
        offset = self.source.origin(self.at if at is None else at)
        return Stop(offset, reason, hint, seen=self.source.origin(seen), named=self.named)

    def broken_text(self) -> Stop | None:
        """Blame the line end inside the text just read: its closing quote was the next opening."""
        if self.broken and not self.text[self.broken[1] : self.at].strip():
            reason = "The text in quotes breaks off at this line end."
            hint = "Close the quote, or write the line end as \\n."
            return self.stop(reason, hint, self.broken[0])
        return None
