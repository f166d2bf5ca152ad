"""A text that matches a regular expression, for the plain ones that schemas use."""

import string
from collections.abc import Iterator

MAX_CHARS = 2_000
MAX_DEPTH = 50

_CLASSES = {
    "d": string.digits,
    "w": string.ascii_letters + string.digits + "_",
    "s": " ",
    "D": string.ascii_letters,
    "W": "-",
    "S": string.ascii_letters + string.digits,
}
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "0": "\0"}
_ANY = string.ascii_letters + string.digits + " "


class Unsupported(ValueError):  # noqa: N818  # it says what the pattern is
    """A pattern with something in it that is not understood here."""


def matching(pattern: str, *, nth: int = 0) -> str:
    """Return a text that matches; ``nth`` asks for another one where the pattern leaves room.

    Raises:
        Unsupported: for look-arounds, back references and other rarities.
    """
    reader = _Reader(pattern, nth)
    text = reader.alternatives()
    if reader.rest:
        raise Unsupported("a bracket is closed that was never opened")
    return text


class _Reader:
    """Reads a pattern from left to right and writes what it matches on the way."""

    def __init__(self, pattern: str, nth: int) -> None:
        self.rest = pattern
        self._nth = nth
        self._room = MAX_CHARS
        self._depth = 0

    def alternatives(self) -> str:
        """Return a match of the first of several alternatives."""
        first = self._sequence()
        while self._takes("|"):
            self._sequence()
        return first

    def _sequence(self) -> str:
        found = []
        while self.rest and self.rest[0] not in "|)":
            found.append(self._repeated())
        return "".join(found)

    def _repeated(self) -> str:
        choices = self._atom()
        fewest, most = self._quantifier()
        times = fewest if fewest or not most else 1
        if isinstance(choices, str):
            self._spend(times * len(choices))
            return choices * times
        self._spend(times)
        return "".join(choices[(self._nth + place) % len(choices)] for place in range(times))

    def _atom(self) -> str | list[str]:
        """Return the one text that the next atom stands for, or the characters it may be."""
        sign = self._next()
        match sign:
            case "^" | "$":
                return ""
            case ".":
                return list(_ANY)
            case "(":
                return self._group()
            case "[":
                return self._set()
            case "\\":
                return self._escape()
            case "*" | "+" | "?" | "{":
                raise Unsupported("nothing to repeat")
            case _:
                return sign

    def _group(self) -> str:
        if self._takes("?") and not self._takes(":"):
            if not (self._takes("P<") or self._takes("<")) or self.rest[:1] in ("=", "!"):
                raise Unsupported("a look-around")
            self.rest = self.rest.partition(">")[2]
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise Unsupported("brackets nested too deep")
        inner = self.alternatives()
        self._depth -= 1
        if not self._takes(")"):
            raise Unsupported("an open bracket")
        return inner

    def _set(self) -> list[str]:
        negated = self._takes("^")
        ranges: list[tuple[str, str]] = []
        while not self._takes("]"):
            ranges += self._ranges()
        if negated:
            outside = (sign for sign in _ANY + string.punctuation if not _within(sign, ranges))
            members = list(outside)
        else:
            members = [sign for low, high in ranges for sign in _span(low, high)]
        if not members:
            raise Unsupported("a set of nothing, or of rare signs")
        return members

    def _ranges(self) -> list[tuple[str, str]]:
        """Return the next member of a set as first and last signs."""
        low = self._member()
        if len(low) > 1 or not self.rest.startswith("-") or self.rest[1:2] in ("]", ""):
            return [(sign, sign) for sign in low]
        self._next()
        return [(low[0], self._member()[0])]

    def _member(self) -> list[str]:
        sign = self._next()
        return list(self._escape()) if sign == "\\" else [sign]

    def _escape(self) -> str | list[str]:
        sign = self._next()
        if sign in _CLASSES:
            return list(_CLASSES[sign])
        if sign in _CONTROLS:
            return _CONTROLS[sign]
        if sign in "xu":
            size = 2 if sign == "x" else 4
            code, self.rest = self.rest[:size], self.rest[size:]
            if len(code) < size or not set(code) <= set(string.hexdigits):
                raise Unsupported("a broken escape")
            return chr(int(code, 16))
        if sign.isalnum():
            return self._rare(sign)
        return sign

    def _rare(self, sign: str) -> str:
        if sign in "bBAZz":
            return ""
        raise Unsupported("a back reference or a class of Unicode")

    def _quantifier(self) -> tuple[int, int]:
        """Return how often the atom stands, at least and at most."""
        bounds = (1, 1)
        if self._takes("*"):
            bounds = (0, MAX_CHARS)
        elif self._takes("+"):
            bounds = (1, MAX_CHARS)
        elif self._takes("?"):
            bounds = (0, 1)
        elif self._takes("{"):
            bounds = self._braces()
        else:
            return bounds
        self._takes("?")
        return bounds

    def _braces(self) -> tuple[int, int]:
        inside, closed, self.rest = self.rest.partition("}")
        low, comma, high = inside.partition(",")
        if not closed or not all(part.isdigit() for part in self._given(low, high)):
            raise Unsupported("a brace that counts nothing")
        fewest = int(low or 0)
        return fewest, int(high) if high else MAX_CHARS if comma else fewest

    def _given(self, *parts: str) -> Iterator[str]:
        return (part for part in parts if part)

    def _spend(self, size: int) -> None:
        self._room -= size
        if self._room < 0:
            raise Unsupported("a text that would be too long")

    def _takes(self, sign: str) -> bool:
        if not self.rest.startswith(sign):
            return False
        self.rest = self.rest[len(sign) :]
        return True

    def _next(self) -> str:
        if not self.rest:
            raise Unsupported("an end too early")
        sign, self.rest = self.rest[0], self.rest[1:]
        return sign


def _within(sign: str, ranges: list[tuple[str, str]]) -> bool:
    return any(low <= sign <= high for low, high in ranges)


def _span(low: str, high: str) -> list[str]:
    """Return the first hundred signs from one to another."""
    return [chr(code) for code in range(ord(low), min(ord(high), ord(low) + 99) + 1)]
