"""The strict JSON decoder: numbers as written, refusals with line, column and words."""

import json
import math
import re
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"
Offer: TypeAlias = Literal["keep_last"]

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one JSON text may hold; a value, not a member name, counts as a node."""

    max_bytes: int = 32 * MIB
    max_depth: int = 64
    max_nodes: int = 50_000
    max_digits: int = 4_000
    max_string_chars: int = 20 * MIB


LIMITS = Limits()


class ExactFloat(float):
    """A number with a fraction or an exponent that remembers how it was written."""

    __slots__ = ("text",)
    text: str

    def __new__(cls, text: str) -> "ExactFloat":
        number = super().__new__(cls, text)
        number.text = text
        return number

    def __getnewargs__(self) -> tuple[str]:  # type: ignore[override]  # copies start from the text
        return (self.text,)


class ExactInt(int):
    """A whole number whose text is not the one Python would write, such as -0."""

    text: str

    def __new__(cls, text: str) -> "ExactInt":
        number = super().__new__(cls, text)
        number.text = text
        return number

    def __getnewargs__(self) -> tuple[str]:  # type: ignore[override]
        return (self.text,)


class Place(NamedTuple):
    """Where something stands in a text: line and column count characters from 1."""

    line: int
    column: int

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}"


class Unreadable(ValueError):  # noqa: N818  # it says what the text is
    """A text that is not JSON: where it stops being so, why, and what to do next.

    ``offset`` counts characters from 0. ``offer`` names a repair the visitor may ask for.
    The words never quote a value, which may hold a key.
    """

    def __init__(
        self, text: str, offset: int, reason: str, hint: str = "", offer: Offer | None = None
    ) -> None:
        place = place_of(text, offset)
        super().__init__(f"{place}: {reason}")
        self.line = place.line
        self.column = place.column
        self.offset = offset
        self.reason = reason
        self.hint = hint
        self.offer = offer


def read_json(text: str | bytes, *, limits: Limits = LIMITS) -> JsonValue:
    """Return the value of one strict JSON text, numbers exactly as written.

    One leading byte order mark is dropped without a word; places count from behind it.

    Raises:
        Unreadable: for anything outside RFC 8259, and for repeated names, numbers that overflow,
            half surrogate pairs, NUL, and more of anything than ``limits`` allow.
    """
    text = read_text(text, limits=limits).removeprefix("\ufeff")
    if _needs_inspection(text, limits):
        inspect(text, limits)
    try:
        return _decoder(limits).decode(text)  # type: ignore[no-any-return]
    except (ValueError, RecursionError) as error:
        inspect(text, limits)
        offset = getattr(error, "pos", 0)
        raise Unreadable(text, offset, "This is not JSON.") from error


def read_text(source: str | bytes, *, limits: Limits = LIMITS) -> str:
    """Return the characters of UTF-8 bytes, or the text itself, when it is whole and not too large.

    Raises:
        Unreadable: at the first byte or character that is not UTF-8, or when it is too large.
    """
    if isinstance(source, bytes):
        _refuse_size(len(source), limits)
        return _from_utf8(source)
    _refuse_size(len(source), limits)
    if source.isascii():
        return source
    try:
        _refuse_size(len(source.encode()), limits)
    except UnicodeEncodeError as error:
        reason = "Half of a surrogate pair stands alone here."
        raise Unreadable(source, error.start, reason, _SURROGATE_HINT) from None
    return source


def read_number(literal: str) -> int | float:
    """Return the number that a JSON number literal stands for, remembering an unusual spelling.

    Raises:
        ValueError: if it is too large for a floating point number.
    """
    if not literal.lstrip("-").isdigit():
        number = ExactFloat(literal)
        if math.isinf(number):
            raise ValueError("too large")
        return number
    return ExactInt(literal) if literal == "-0" else int(literal)


def place_of(text: str, offset: int) -> Place:
    """Return line and column of an offset; CRLF, CR and LF each end a line."""
    before = text[:offset]
    lone_returns = before.count("\r") - before.count("\r\n")
    start = max(before.rfind("\n"), before.rfind("\r")) + 1
    if text.startswith("\n", offset) and before.endswith("\r"):
        lone_returns -= 1
        start = max(before.rfind("\n", 0, -1), before.rfind("\r", 0, -1)) + 1
    return Place(before.count("\n") + lone_returns + 1, offset - start + 1)


def inspect(text: str, limits: Limits = LIMITS) -> None:
    """Walk a text token by token and stop at the first thing that strict JSON does not allow.

    Slower than decoding, so it only runs on texts that were refused or look unusual.

    Raises:
        Unreadable: at that first thing.
    """
    _Inspection(text, limits).run()


# -- the fast path ---------------------------------------------------------------------------------

_OUTSIDE_STRUCTURE = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[^"\[\]{},]++', re.DOTALL)
_UNUSUAL_ESCAPE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
_ONE_BRACKET = str.maketrans("{}", "[]", ",")


def _needs_inspection(text: str, limits: Limits) -> bool:
    """Tell whether a cheap look cannot rule out that a limit or an escape rule is broken."""
    if len(text) > limits.max_string_chars or _UNUSUAL_ESCAPE.search(text):
        return True
    # Counting inside strings too gives an upper bound, enough for most texts.
    openers = text.count("[") + text.count("{")
    if openers <= limits.max_depth and openers + text.count(",") < limits.max_nodes:
        return False
    structure = _OUTSIDE_STRUCTURE.sub("", text)
    brackets = structure.translate(_ONE_BRACKET)
    commas = len(structure) - len(brackets)
    if commas + brackets.count("[") >= limits.max_nodes:
        return True
    # Every pass takes the innermost brackets away, so the passes count the depth.
    for _ in range(limits.max_depth):
        brackets = brackets.replace("[]", "")
        if not brackets:
            return False
    return True


def _decoder(limits: Limits) -> json.JSONDecoder:
    def number(literal: str) -> int | float:
        if len(literal) > limits.max_digits:
            raise ValueError("too long")
        return read_number(literal)

    return json.JSONDecoder(
        object_pairs_hook=_members,
        parse_float=number,
        parse_int=number,
        parse_constant=_refuse_constant,
    )


def _members(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("repeated name")
    return members


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


# -- bytes -----------------------------------------------------------------------------------------

_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
_SAVE_AS_UTF8 = "Save the file as UTF-8 and try again."
_SURROGATE_HINT = "Write the whole character, or both \\u escapes of its pair."


def _refuse_size(size_bytes: int, limits: Limits) -> None:
    if size_bytes > limits.max_bytes:
        reason = f"This is larger than {limits.max_bytes:,} bytes."
        raise Unreadable("", 0, reason, "Take large media out of it, or send a part of it.")


def _from_utf8(source: bytes) -> str:
    if source.startswith(_WIDE_MARKS) or b"\x00" in source[:4]:
        raise Unreadable("", 0, "This is UTF-16 or UTF-32, or not text at all.", _SAVE_AS_UTF8)
    try:
        return source.decode("utf-8")
    except UnicodeDecodeError as error:
        before = source[: error.start].decode("utf-8").removeprefix("\ufeff")
        reason = f"The byte 0x{source[error.start]:02X} here is not UTF-8 text."
        raise Unreadable(before, len(before), reason, _SAVE_AS_UTF8) from None


# -- the slow path: where and why ------------------------------------------------------------------

_BLANKS = re.compile(r"[ \t\n\r]*+")
_PLAIN_CHARACTERS = re.compile(r'[^"\\\x00-\x1f]*+')
_ESCAPE = re.compile(r'\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})')
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?")
_NUMBER_LIKE = re.compile(r"[+-]?(?:[0-9.]|Infinity|NaN)[0-9A-Za-z_.]*+(?:(?<=[eE])[+-][0-9]*+)?")
_WORD = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*+")
_WORDS = ("true", "false", "null")

_FOREIGN_WORDS = {
    "True": "Python's True is true in JSON.",
    "False": "Python's False is false in JSON.",
    "None": "Python's None is null in JSON.",
    "undefined": "JSON has no undefined: leave the member out, or write null.",
    "NaN": "NaN is not a number that JSON can carry.",
    "Infinity": "Infinity is not a number that JSON can carry.",
    "-Infinity": "Infinity is not a number that JSON can carry.",
    "+Infinity": "Infinity is not a number that JSON can carry.",
    "-NaN": "NaN is not a number that JSON can carry.",
    "+NaN": "NaN is not a number that JSON can carry.",
}
_FOREIGN_CHARACTERS = {
    "'": "Text in JSON stands in double quotes, not in single ones.",
    "`": "Text in JSON stands in double quotes, not in backticks.",
    "\u201c": "This is a typographic quote; JSON needs the straight one.",
    "\u201d": "This is a typographic quote; JSON needs the straight one.",
    "\u2018": "This is a typographic quote; JSON needs the straight double one.",
    "\u2019": "This is a typographic quote; JSON needs the straight double one.",
    "/": "JSON has no comments.",
    "#": "JSON has no comments.",
    "(": "JSON has no round brackets.",
    ")": "JSON has no round brackets.",
    "<": "This looks like a web page or XML.",
    "\u00a0": "This blank is a no-break space; JSON takes only the ordinary blank.",
    "\ufeff": "A byte order mark may stand only at the very start.",
    "\x00": "This is a NUL character, which no JSON text may hold.",
}
_FINITE_HINT = "Write a finite number, or put the word in quotes if text is meant."
_SPLIT_HINT = "Give one document at a time."


class _Open(NamedTuple):
    """An object or array that has been opened and not closed yet."""

    offset: int
    closer: str
    names: dict[str, int]  # of an object: each name so far and where it stands
    path: list[str | int]  # at most one step: the member or index being read


class _Inspection:
    """One walk over a text, without recursion: depth costs nothing but a list entry."""

    def __init__(self, text: str, limits: Limits) -> None:
        self.text = text
        self.limits = limits
        self.at = 0
        self.nodes = 0
        self.stack: list[_Open] = []

    def run(self) -> None:
        self.skip_blanks()
        while True:
            self.value()
            if not self.advance():
                return

    def skip_blanks(self) -> None:
        match = _BLANKS.match(self.text, self.at)
        self.at = match.end() if match else self.at

    def refuse(self, reason: str, hint: str = "", at: int | None = None) -> Unreadable:
        return Unreadable(self.text, self.at if at is None else at, reason, hint)

    @property
    def char(self) -> str:
        return self.text[self.at : self.at + 1]

    def value(self) -> None:
        """Stand behind the next scalar or empty container, or at the first value of a full one."""
        while True:
            self.nodes += 1
            if self.nodes > self.limits.max_nodes:
                reason = f"This holds more than {self.limits.max_nodes:,} values."
                raise self.refuse(reason, "Take some of it out.")
            if self.char not in ("[", "{"):
                return self.scalar()
            if self.open():
                return None

    def open(self) -> bool:
        """Enter a container and tell whether it was empty, hence is already behind us."""
        if len(self.stack) >= self.limits.max_depth:
            reason = f"This is nested too deep: {self.limits.max_depth} levels are the limit."
            raise self.refuse(reason, "Flatten it: no event needs as many.")
        opened = _Open(self.at, "]" if self.char == "[" else "}", {}, [])
        self.at += 1
        self.skip_blanks()
        if self.char == opened.closer:
            self.at += 1
            return True
        self.stack.append(opened)
        self.step(opened)
        return False

    def step(self, opened: _Open) -> None:
        """Read what stands before the next value of a container: nothing, or a name and a colon."""
        if opened.closer == "]":
            opened.path[:] = [opened.path[0] + 1 if opened.path else 0]  # type: ignore[operator]
            return
        start = self.at
        if self.char != '"':
            raise self.name_missing()
        name = self.string()
        if name in opened.names:
            raise self.repeated(name, opened.names[name], start)
        opened.names[name] = start
        opened.path[:] = [name]
        self.skip_blanks()
        if self.char != ":":
            raise self.refuse("A colon is missing between a member's name and its value.")
        self.at += 1
        self.skip_blanks()

    def advance(self) -> bool:
        """Go on behind a finished value; False when that was the whole text."""
        while True:
            self.skip_blanks()
            if not self.stack:
                if self.char:
                    raise self.left_over()
                return False
            opened = self.stack[-1]
            if self.char == opened.closer:
                self.at += 1
                self.stack.pop()
                continue
            if self.char != ",":
                raise self.comma_missing(opened)
            comma = self.at
            self.at += 1
            self.skip_blanks()
            if self.char in ("]", "}"):
                raise self.refuse("JSON allows no comma after the last one.", "Remove it.", comma)
            self.step(opened)
            return True

    def scalar(self) -> None:
        if self.char == '"':
            self.string()
        elif match := _NUMBER_LIKE.match(self.text, self.at):
            self.number(match.group())
        elif match := _WORD.match(self.text, self.at):
            if match.group() not in _WORDS:
                raise self.foreign_word(match.group())
            self.at = match.end()
        else:
            raise self.value_missing()

    def number(self, literal: str) -> None:
        if literal in _FOREIGN_WORDS:
            raise self.foreign_word(literal)
        if not _NUMBER.fullmatch(literal):
            raise self.refuse(_number_fault(literal), "Write it as a decimal number.")
        if len(literal) > self.limits.max_digits:
            raise self.refuse(f"This number is longer than {self.limits.max_digits:,} digits.")
        try:
            read_number(literal)
        except ValueError:
            raise self.refuse(
                "This number is too large for any reader to keep.", _FINITE_HINT
            ) from None
        self.at += len(literal)

    def string(self) -> str:
        start = self.at
        self.at += 1
        pieces: list[str] = []
        while True:
            match = _PLAIN_CHARACTERS.match(self.text, self.at)
            pieces.append(match.group() if match else "")
            self.at += len(pieces[-1])
            if self.char == '"':
                break
            pieces.append(self.escape(start))
        self.at += 1
        text = "".join(pieces)
        if len(text) > self.limits.max_string_chars:
            reason = f"This text is longer than {self.limits.max_string_chars:,} characters."
            raise self.refuse(reason, at=start)
        return text

    def escape(self, start: int) -> str:
        """Read one escape, or say why the text in quotes that began at ``start`` stops here."""
        if not self.char:
            reason = "The text that starts here has no closing quote."
            raise self.refuse(reason, "Check that all of it was copied.", start)
        if self.char != "\\":
            raise self.control_character(start)
        unit = self.code_unit()
        if unit is None:
            match = _ESCAPE.match(self.text, self.at)
            if not match:
                raise self.refuse("JSON has no such escape.", "Write \\\\ for one backslash.")
            self.at = match.end()
            return _SHORT_ESCAPES[match.group()[1]]
        if unit == 0:
            raise self.refuse("This escape is a NUL character.", "Remove it: databases refuse it.")
        if not 0xD800 <= unit <= 0xDFFF:
            self.at += 6
            return chr(unit)
        self.at += 6
        low = self.code_unit()
        if unit >= 0xDC00 or low is None or not 0xDC00 <= low <= 0xDFFF:
            reason = "This escape is half of a surrogate pair."
            raise self.refuse(reason, _SURROGATE_HINT, self.at - 6)
        self.at += 6
        return chr(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00))

    def code_unit(self) -> int | None:
        match = _ESCAPE.match(self.text, self.at)
        return int(match.group()[2:], 16) if match and match.group()[1] == "u" else None  # noqa: FURB166

    # What went wrong, in words.

    def repeated(self, name: str, first: int, again: int) -> Unreadable:
        shown = json.dumps(name if len(name) <= 40 else name[:40] + "…", ensure_ascii=False)
        pointer = "".join(
            f"/{str(step).replace('~', '~0').replace('/', '~1')}"
            for opened in self.stack[:-1]
            for step in opened.path
        )
        inside = f" in {pointer}" if pointer else ""
        reason = f"The member {shown}{inside} appears twice: first at {place_of(self.text, first)}."
        hint = "Remove one of them; most readers keep the last."
        return Unreadable(self.text, again, reason, hint, offer="keep_last")

    def name_missing(self) -> Unreadable:
        if not self.char:
            return self.unfinished()
        if self.char in _FOREIGN_CHARACTERS:
            return self.refuse(_FOREIGN_CHARACTERS[self.char])
        if _WORD.match(self.text, self.at):
            return self.refuse("A member's name stands in double quotes in JSON.")
        return self.refuse("A member's name is missing here.")

    def comma_missing(self, opened: _Open) -> Unreadable:
        if not self.char:
            return self.unfinished()
        if self.char in _FOREIGN_CHARACTERS:
            return self.refuse(_FOREIGN_CHARACTERS[self.char])
        if self.char in ("]", "}"):
            where = place_of(self.text, opened.offset)
            return self.refuse(f"This bracket does not match the one opened at {where}.")
        return self.refuse(f"A comma or {opened.closer} is missing before this.")

    def value_missing(self) -> Unreadable:
        if not self.text.strip(" \t\r\n"):
            return self.refuse("There is nothing here to read.", at=0)
        if not self.char:
            return self.unfinished()
        if self.char in _FOREIGN_CHARACTERS:
            return self.refuse(_FOREIGN_CHARACTERS[self.char])
        if self.char in (",", "]", "}", ":"):
            return self.refuse("A value is missing before this.")
        return self.refuse("No JSON value starts with this character.")

    def foreign_word(self, word: str) -> Unreadable:
        reason = _FOREIGN_WORDS.get(word)
        if reason is None:
            hint = "Put it in double quotes if text is meant."
            return self.refuse("JSON knows no words but true, false and null.", hint)
        return self.refuse(reason, _FINITE_HINT if "number" in reason else "")

    def left_over(self) -> Unreadable:
        if self.char in _FOREIGN_CHARACTERS:
            return self.refuse(_FOREIGN_CHARACTERS[self.char])
        if self.char in ("[", "{"):
            return self.refuse("A second document starts here.", _SPLIT_HINT)
        if self.char in ("]", "}"):
            return self.refuse("This bracket was never opened.", "Remove it.")
        return self.refuse("Something follows the end of the document.", _SPLIT_HINT)

    def unfinished(self) -> Unreadable:
        hint = "Check that all of it was copied."
        if not self.stack:
            return self.refuse("The text ends too early.", hint)
        opened = self.stack[-1]
        where = place_of(self.text, opened.offset)
        reason = f"The text ends before the bracket opened at {where} is closed."
        return self.refuse(reason, hint)

    def control_character(self, start: int) -> Unreadable:
        if self.char in ("\n", "\r"):
            where = place_of(self.text, start)
            return self.refuse(
                f"The text in quotes from {where} breaks off at this line end.",
                "Close the quote, or write the line end as \\n.",
            )
        if self.char == "\t":
            return self.refuse("A tab inside text is written \\t in JSON.")
        return self.refuse(f"The control character U+{ord(self.char):04X} may not stand in text.")


_SHORT_ESCAPES = {
    '"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"
}  # fmt: skip


def _number_fault(literal: str) -> str:
    digits = literal.lstrip("+-")
    if literal.startswith("+"):
        return "A number in JSON has no plus sign."
    if digits[:2].lower() in ("0x", "0o", "0b"):
        return "JSON writes numbers in decimal only."
    if re.fullmatch(r"0[0-9].*", digits):
        return "A number in JSON has no leading zero."
    if digits.startswith(".") or re.search(r"\.(?![0-9])", digits):
        return "A number in JSON needs digits on both sides of its point."
    return "This is not a number as JSON writes it."
