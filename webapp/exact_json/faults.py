"""Finds the first thing in a text that is not strict JSON and says where and why in words."""

import json
import re
from typing import NamedTuple

from webapp.exact_json.values import LIMITS, Limits, Unreadable, is_number, place_of, read_number


def fault_in(text: str, limits: Limits = LIMITS) -> Unreadable | None:
    """Return the first thing in a text that strict JSON does not allow, None if there is nothing.

    Slower than decoding, so it only runs on texts that were refused or look unusual.
    """
    try:
        _Inspection(text, limits).run()
    except Unreadable as fault:
        return fault
    return None


UNUSUAL_ESCAPE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
SURROGATE_HINT = "Write the whole character, or both \\u escapes of its pair."

_BLANKS = re.compile(r"[ \t\n\r]*+")
_TEXT = re.compile(
    r'"(?:[^"\\\x00-\x1f]++|\\["\\/bfnrt]|\\u(?!0000|[dD][89a-fA-F])[0-9a-fA-F]{4}'
    r"|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})*+"
)
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
        name: str = json.loads(self.string())
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
        if not is_number(literal):
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
        """Go behind a text in quotes and return it as written, quotes and escapes included."""
        start = self.at
        match = _TEXT.match(self.text, start)
        self.at = match.end() if match else start
        if self.char != '"':
            raise self.text_fault(start)
        self.at += 1
        literal = self.text[start : self.at]
        longest = self.limits.max_string_chars
        if len(literal) - 2 > longest and len(json.loads(literal)) > longest:
            raise self.refuse(f"This text is longer than {longest:,} characters.", at=start)
        return literal

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
        where = place_of(self.text, self.stack[-1].offset)
        reason = f"The text ends before the bracket opened at {where} is closed."
        return self.refuse(reason, hint)

    def text_fault(self, start: int) -> Unreadable:
        """Say why the text in quotes that began at ``start`` stops here."""
        if self.char == "\\" and UNUSUAL_ESCAPE.match(self.text, self.at):
            if self.text.startswith("0", self.at + 2):
                return self.refuse("This escape is a NUL character.", "Remove it.")
            return self.refuse("This escape is half of a surrogate pair.", SURROGATE_HINT)
        if self.char in ("\n", "\r"):
            where = place_of(self.text, start)
            reason = f"The text in quotes from {where} breaks off at this line end."
            return self.refuse(reason, "Close the quote, or write the line end as \\n.")
        if self.char in ("", "\\") and len(self.text) - self.at <= 1:
            reason = "The text that starts here has no closing quote."
            return self.refuse(reason, "Check that all of it was copied.", start)
        if self.char == "\\":
            return self.refuse("JSON has no such escape.", "Write \\\\ for one backslash.")
        if self.char == "\t":
            return self.refuse("A tab inside text is written \\t in JSON.")
        return self.refuse(f"The control character U+{ord(self.char):04X} may not stand in text.")


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
