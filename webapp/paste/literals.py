"""A forgiving reader of one value as people write it: JSON with extras, JavaScript or Python."""

import enum
import json
import re
from collections.abc import Callable
from typing import Literal, TypeAlias

from webapp.exact_json.values import JsonValue, is_number, read_number
from webapp.paste.literal_text import NAME_HINT, Stop, Texts


class Absent(enum.Enum):
    """What undefined stands for: no value at all."""

    UNDEFINED = enum.auto()


Undefined: TypeAlias = Literal[Absent.UNDEFINED]
Reader: TypeAlias = Callable[[int], "JsonValue | Undefined"]

_NAME = re.compile(r"(?:[^\W\d]|\$)[\w$]*+")
_PATH = re.compile(r"(?:[^\W\d]|\$)[\w$.]*+")
_NUMBER = re.compile(
    r"[+-]?(?:0[xXoObB][0-9a-fA-F_]*+|[0-9][0-9_]*+(?:\.[0-9_]*+)?(?:[eE][+-]?[0-9_]++)?"
    r"|\.[0-9][0-9_]*+(?:[eE][+-]?[0-9_]++)?)n?+"
)
_SIGNED_WORD = re.compile(r"[+-](?:Infinity|NaN|inf|nan)\b")
_WORDS: dict[str, JsonValue] = {"true": True, "false": False, "null": None}
_PYTHON_WORDS: dict[str, JsonValue] = {"True": True, "False": False, "None": None}
_NOT_FINITE = ("NaN", "Infinity", "nan", "inf")
_WRITERS = {"JSON.stringify": (False, (",", ":")), "json.dumps": (True, (", ", ": "))}
_FINITE_HINT = "Write a finite number, or put the word in quotes if text is meant."


class Literals(Texts):
    """Reads values from a source, one after the other, noting each repair."""

    def document(self) -> JsonValue:
        """Return the one value that is the whole text, or stop."""
        self.skip()
        value = self.value(pieces_join=False)
        self.skip()
        while self.char in (";", ","):
            mark = "semicolon" if self.char == ";" else "trailing comma"
            self.repaired(f"Removed a {mark}.")
            self.at += 1
            self.skip()
        if self.char:
            raise self.stop("Something follows the end of the value.", "Give one value at a time.")
        return self.defined(value)

    def value(self, *, pieces_join: bool = True) -> JsonValue | Undefined:
        """Return the value that starts here, joined from its pieces if it is text in pieces."""
        first = self.term()
        if not isinstance(first, str):
            return first
        parts = [first]
        while self.another_part(pieces_join):
            part = self.term()
            if not isinstance(part, str):
                raise self.stop("Only texts can be joined.", NAME_HINT)
            parts.append(part)
        return self.checked("".join(parts)) if len(parts) > 1 else first

    def another_part(self, pieces_join: bool) -> bool:
        """Go to the next piece of a text, behind a plus or right beside the one before."""
        before = self.at
        noted = len(self.repairs)
        self.skip()
        if self.char == "+":
            self.repaired("Joined texts written in pieces.")
            self.at += 1
            self.skip()
            return True
        beside = pieces_join and self.opening[1][:1] in ("'", '"')
        if beside and not self.is_name(self.at):
            self.repaired("Joined texts written in pieces.")
            return True
        self.at = before
        del self.repairs[noted:]
        return False

    def is_name(self, at: int) -> bool:
        """Tell whether the text in quotes at this place is a member's name: a colon follows it."""
        ahead = Literals(self.source, at, limits=self.limits)
        ahead.string()
        ahead.skip()
        return ahead.char == ":"

    def term(self) -> JsonValue | Undefined:
        self.nodes += 1
        if self.nodes > self.limits.max_nodes:
            reason = f"This holds more than {self.limits.max_nodes:,} values."
            raise self.stop(reason, "Take some of it out.")
        if self.char == "{":
            return self.nested(self.object)
        if self.char == "[":
            return self.nested(self.array)
        if self.char == "(":
            return self.nested(self.round)
        if self.opening[1]:
            return self.string()
        if self.char and self.char in "+-.0123456789":
            return self.number()
        if match := _PATH.match(self.text, self.at):
            return self.word(match.group())
        raise self.value_missing()

    def nested(self, read: Reader) -> JsonValue | Undefined:
        if self.depth >= self.limits.max_depth:
            reason = f"This is nested too deep: {self.limits.max_depth} levels are the limit."
            raise self.stop(reason, "Flatten it: no event needs as many.")
        self.depth += 1
        opened = self.at
        self.at += 1
        self.skip()
        value = read(opened)
        self.depth -= 1
        return value

    def array(self, opened: int) -> list[JsonValue]:
        items: list[JsonValue] = []
        while self.char != "]":
            item = self.value(pieces_join=False)
            if item is Absent.UNDEFINED:
                self.repaired("Wrote null for undefined in a list.")
                item = None
            items.append(item)
            self.comma("]", opened)
        self.at += 1
        return items

    def round(self, opened: int) -> JsonValue | Undefined:
        """Read a Python tuple as a list, or one value in brackets as itself."""
        items: list[JsonValue] = []
        while self.char != ")":
            item = self.value()
            self.skip()
            if self.char == ")" and not items:
                self.repaired("Removed round brackets.", opened)
                self.at += 1
                return item
            items.append(self.defined(item))
            self.comma(")", opened)
        self.repaired("Read a tuple as a list.", opened)
        self.at += 1
        return items

    def comma(self, closer: str, opened: int) -> None:
        """Go behind the comma that follows a value, or stay at the bracket that closes."""
        self.skip()
        if self.char == closer:
            return
        if self.char != ",":
            raise self.comma_missing(closer, opened)
        comma = self.at
        self.at += 1
        self.skip()
        if self.char == closer and closer != ")":
            self.repaired("Removed a trailing comma.", comma)

    def object(self, opened: int) -> dict[str, JsonValue]:
        members: dict[str, JsonValue] = {}
        places: dict[str, int] = {}
        while self.char != "}":
            start = self.at
            name = self.name()
            self.skip()
            if self.char != ":":
                raise self.colon_missing()
            self.named = True
            if name in places:
                self.repeat(name, places[name], start)
            places[name] = start
            self.at += 1
            self.skip()
            value = self.value()
            if value is Absent.UNDEFINED:
                self.repaired("Removed a member whose value is undefined.", start)
                members.pop(name, None)
            else:
                members[name] = value
            self.comma("}", opened)
        self.at += 1
        return members

    def name(self) -> str:
        if self.opening[1]:
            return self.string()
        match = _NAME.match(self.text, self.at)
        if match:
            self.repaired("Put a member's name in quotes.")
            self.at = match.end()
            return match.group()
        if self.char and self.char in "0123456789":
            self.repaired("Put a member's name in quotes.")
            return str(self.number())
        if not self.char:
            raise self.value_missing()
        if self.text.startswith("...", self.at):
            raise self.dots()
        raise self.stop("A member's name is missing here.")

    def repeat(self, name: str, first: int, again: int) -> None:
        if self.keep_last:
            self.repaired("Kept the last of several members with the same name.", again)
            return
        shown = json.dumps(name if len(name) <= 40 else name[:40] + "…", ensure_ascii=False)
        raise Stop(
            self.source.origin(again),
            f"The member {shown} appears twice: first at {{place}}.",
            "Remove one of them; most readers keep the last.",
            offer="keep_last",
            named=True,
            seen=self.source.origin(first),
        )

    def word(self, word: str) -> JsonValue | Undefined:
        start = self.at
        if word in _WORDS:
            self.at += len(word)
            return _WORDS[word]
        if word in _PYTHON_WORDS:
            value = _PYTHON_WORDS[word]
            self.repaired(f"Read {word} as {json.dumps(value)}.")
            self.at += len(word)
            return value
        if word == "undefined":
            self.at += len(word)
            return Absent.UNDEFINED
        if word in _NOT_FINITE:
            raise self.stop(f"{word} is not a number that JSON can carry.", _FINITE_HINT)
        self.at += len(word)
        self.skip()
        if self.char == "(" and word in _WRITERS:
            return self.written(word, start)
        reason = "This is a name from a program: its value is not in this text."
        raise self.stop(reason, NAME_HINT, start)

    def written(self, writer: str, start: int) -> str:
        """Return the JSON text that a call such as ``JSON.stringify({})`` stands for."""
        value = self.nested(self.argument)
        self.repaired(f"Wrote the text that {writer} gives.", start)
        ascii_only, separators = _WRITERS[writer]
        return self.checked(json.dumps(value, ensure_ascii=ascii_only, separators=separators))

    def argument(self, opened: int) -> JsonValue:
        value = self.defined(self.value())
        self.skip()
        if self.char != ")":
            raise self.stop("This call is more than this reader understands.", NAME_HINT, opened)
        self.at += 1
        return value

    def number(self) -> int | float:
        match = _NUMBER.match(self.text, self.at)
        if word := _SIGNED_WORD.match(self.text, self.at):
            reason = f"{word.group()} is not a number that JSON can carry."
            raise self.stop(reason, _FINITE_HINT)
        if self.text.startswith("...", self.at):
            raise self.dots()
        if not match or re.match(r"[\w.$]", self.text[match.end() : match.end() + 1]):
            raise self.stop("This is not a number as JSON writes it.", "Write a decimal number.")
        literal = match.group()
        if len(literal) > self.limits.max_digits:
            raise self.stop(f"This number is longer than {self.limits.max_digits:,} digits.")
        number = self.number_from(literal)
        if not is_number(literal):
            self.repaired("Rewrote a number the way JSON writes it.")
        self.at = match.end()
        return number

    def number_from(self, literal: str) -> int | float:
        plain = literal.replace("_", "").removesuffix("n").removeprefix("+")
        sign, digits = ("-", plain[1:]) if plain.startswith("-") else ("", plain)
        if digits[:2].lower() in ("0x", "0o", "0b"):
            try:
                whole = int(digits, 0)
            except ValueError:
                whole = 10**self.limits.max_digits
            if whole >= 10**self.limits.max_digits:
                raise self.stop("This is not a number as JSON writes it.")
            return read_number(f"{sign}{whole}")
        if digits.startswith("."):
            digits = "0" + digits
        digits = re.sub(r"\.(?![0-9])", ".0", digits)
        if not is_number(sign + digits):
            raise self.stop("A number has no leading zero.", "Write a decimal number.")
        try:
            return read_number(sign + digits)
        except ValueError:
            reason = "This number is too large for any reader to keep."
            raise self.stop(reason, _FINITE_HINT) from None

    # -- refusals ----------------------------------------------------------------------------------

    def defined(self, value: JsonValue | Undefined) -> JsonValue:
        if value is Absent.UNDEFINED:
            raise self.stop("undefined is no value.", NAME_HINT)
        return value

    def value_missing(self) -> Stop:
        if not self.char:
            return self.stop("The text ends too early.", "Check that all of it was copied.")
        if self.char in ",;:]})":
            return self.stop("A value is missing before this.")
        return self.stop("No value starts with this character.")

    def dots(self) -> Stop:
        return self.stop("Three dots stand for something that is not in this text.", NAME_HINT)

    def comma_missing(self, closer: str, opened: int) -> Stop:
        if not self.char:
            reason = "The text ends before the bracket opened at {place} is closed."
            return self.stop(reason, "Check that all of it was copied.", seen=opened)
        if broken := self.broken_text():
            return broken
        if self.char in "]})":
            reason = "This bracket does not match the one opened at {place}."
            return self.stop(reason, seen=opened)
        return self.stop(f"A comma or {closer} is missing before this.")

    def colon_missing(self) -> Stop:
        if not self.char:
            return self.value_missing()
        if broken := self.broken_text():
            return broken
        if self.char in ",}":
            reason = "A colon and a value are missing before this."
            return self.stop(reason, "Write name and value; a name alone only works in a program.")
        return self.stop("A colon is missing between a member's name and its value.")
