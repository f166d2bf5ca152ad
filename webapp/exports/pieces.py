"""The event to export: its exact text, cut where a secret stands that must not go along."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from json.decoder import scanstring  # type: ignore[attr-defined]  # its types leave it out
from typing import TypeAlias

from webapp.endpoints import Endpoint
from webapp.forms.problems import Problem, pointer

MAX_NAME_CHARS = 40

Path: TypeAlias = tuple[str | int, ...]


class CannotExport(ValueError):  # noqa: N818  # it says what we cannot
    """An event cannot be written for an endpoint in a language, with the reason in words."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that is left out; the program reads it from an environment ``variable``."""

    at: str
    variable: str


Pieces: TypeAlias = tuple[str | Secret, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """What to write as a program: an event in pieces, and where it goes."""

    pieces: Pieces
    endpoint: Endpoint
    dialect: str
    problems: tuple[Problem, ...] = ()
    version: str = ""

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """The secrets that are left out, in the order of the text."""
        return tuple(piece for piece in self.pieces if isinstance(piece, Secret))

    @property
    def text(self) -> str:
        """The event with names of variables where secrets stand."""
        return "".join(
            f'"${{{piece.variable}}}"' if isinstance(piece, Secret) else piece
            for piece in self.pieces
        )


def order(
    wire_text: str,
    endpoint: Endpoint,
    dialect: str,
    problems: tuple[Problem, ...] = (),
    version: str = "",
) -> Order:
    """Return what the languages need to know to write ``wire_text``.

    Any JSON will do: an event with a name twice is sent as it stands, too.

    Raises:
        ValueError: if it is not JSON.
    """
    json.loads(wire_text)
    return Order(_pieces(wire_text), endpoint, dialect, problems, version)


def _pieces(text: str) -> Pieces:
    walk = _Walk(text)
    found: list[str | Secret] = []
    taken: set[str] = set()
    start = 0
    for path, begin, end in list(walk.secrets()):
        variable = _unlike(walk.variable(path), taken)
        found += (text[start:begin], Secret(pointer(path), variable))
        start = end
    return (*found, text[start:])


MASK = '"(masked)"'
_MAYBE_SECRET = re.compile(r"authorization|headers|\\u00[0-7]")
_SECRET_IN_WRECK = re.compile(r"""("authorization"\s*:\s*)"(?:[^"\\]|\\.)*"?""")


def masked(text: str) -> str:
    """Return a JSON text, an event's of either side, without tokens and headers of MCP tools.

    All else stays to the letter. Of a text that is not JSON only the tokens can be told.
    """
    if not _MAYBE_SECRET.search(text):
        return text
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return _SECRET_IN_WRECK.sub(rf"\1{MASK}", text)
    found, start = [], 0
    for _, begin, end in list(_Walk(text).secrets()):
        found += [text[start:begin], MASK]
        start = end
    return "".join(found) + text[start:]


def rows(text: str) -> list[str]:
    """Return the lines of a text, each with the line feed that ends it."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _word(text: str) -> str:
    return re.sub(r"[^A-Z0-9]+", "_", text.upper()).strip("_")[:MAX_NAME_CHARS]


def _unlike(name: str, taken: set[str]) -> str:
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name}_{number}"
    taken.add(found)
    return found


# -- where secrets stand ---------------------------------------------------------------------------

_BLANKS = re.compile(r"[ \t\n\r]*")
_SCALAR = re.compile(r"[^\s,\]}]+")


class _Walk:
    """One pass over a text that is known to be JSON; ``end`` is where the last value ended."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.end = 0
        self.labels: dict[Path, str] = {}

    def secrets(self) -> Iterator[tuple[Path, int, int]]:
        """Yield the path and the place of each secret."""
        if "tools" in self.text or "\\u" in self.text:
            yield from self.value((), 0)

    def variable(self, path: Path) -> str:
        """Return the name of a variable for a secret that was passed: whose it is, and which."""
        tool = path.index("tools") + 2
        names = [self.labels.get(path[:tool], ""), *map(str, path[tool:])]
        return "_".join(["MCP", *filter(None, map(_word, names))])

    def value(self, path: Path, at: int) -> Iterator[tuple[Path, int, int]]:
        """Yield the secrets of the value behind ``at``, which may be one itself."""
        begin = self._behind_blanks(at)
        inside = self._inside(path, begin)
        if self._is_secret(path, begin):
            for _ in inside:
                pass  # it goes as a whole
            yield path, begin, self.end
        else:
            yield from inside

    def _is_secret(self, path: Path, begin: int) -> bool:
        """Tell what an MCP tool says of the caller to its server: its token and its headers."""
        if self.text.startswith("null", begin):
            return False
        match path:
            case (*_, "tools", int(), "authorization") | (*_, "tools", int(), "headers", str()):
                return True
            case (*_, "tools", int(), "headers"):
                return self.text[begin] != "{"
        return False

    def _inside(self, path: Path, begin: int) -> Iterator[tuple[Path, int, int]]:
        match self.text[begin]:
            case "{":
                yield from self._members(path, begin)
            case "[":
                yield from self._items(path, begin)
            case '"':
                said, self.end = scanstring(self.text, begin + 1, True)
                if path[-1:] == ("server_label",):
                    self.labels[path[:-1]] = said
            case _:
                self.end = _end(_SCALAR, self.text, begin)

    def _members(self, path: Path, begin: int) -> Iterator[tuple[Path, int, int]]:
        at = self._behind_blanks(begin + 1)
        while self.text[at] != "}":
            name, at = scanstring(self.text, at + 1, True)
            yield from self.value((*path, name), self._behind_blanks(at) + 1)
            at = self._behind_comma()
        self.end = at + 1

    def _items(self, path: Path, begin: int) -> Iterator[tuple[Path, int, int]]:
        at, place = self._behind_blanks(begin + 1), 0
        while self.text[at] != "]":
            yield from self.value((*path, place), at)
            at, place = self._behind_comma(), place + 1
        self.end = at + 1

    def _behind_comma(self) -> int:
        at = self._behind_blanks(self.end)
        return self._behind_blanks(at + 1) if self.text[at] == "," else at

    def _behind_blanks(self, at: int) -> int:
        return _end(_BLANKS, self.text, at)


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at
