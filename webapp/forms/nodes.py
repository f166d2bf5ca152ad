"""What was typed into a form, as a tree: one node per answered question."""

import re
from binascii import b2a_base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from webapp.exact_json.reader import JsonValue, Unreadable, read_json
from webapp.exact_json.values import read_number
from webapp.forms import media_labels
from webapp.forms.media_labels import CONTAINED

# RFC 8259 section 6; what does not match stays text.
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?", re.ASCII)
MAX_DIGITS = 4_000
_KEY = re.compile(r"k[1-9][0-9]{0,5}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Leaf:
    """One answer as typed, and the JSON value it stands for."""

    text: str
    value: JsonValue


@dataclass(frozen=True, slots=True)
class Raw:
    """JSON typed as text; while it cannot be read, its value is the text itself."""

    text: str
    value: JsonValue
    fault: Unreadable | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Null:
    """An explicit null."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A long base64 string kept outside the form; ``token`` is ``digest.characters.label``."""

    token: str

    @property
    def chars(self) -> int:
        """Length of the string in characters."""
        return int(self.token.split(".")[1])

    @property
    def label(self) -> str:
        """What it is, such as ``audio 1.2 s · 57,600 B``."""
        return media_labels.in_words(self._label, self.chars)

    @property
    def kind(self) -> str:
        """Its media type, such as ``audio/pcm`` or ``image/png``."""
        return media_labels.kind_of(self._label)

    @property
    def pixels(self) -> tuple[int, int] | None:
        """Width and height of a picture, where they are known."""
        return media_labels.pixels_in(self._label)

    @property
    def readings(self) -> list[tuple[str, str, bool]]:
        """The encodings a sound may be in: name, token of that reading, whether it is this one."""
        if self.kind not in media_labels.SPOKEN:
            return []
        stem, size = self.token[: -len(self._label)], media_labels.bytes_in(self._label)
        return [
            (one.name, stem + media_labels.sound_label(one.kind, size), one.kind == self.kind)
            for one in media_labels.ENCODINGS
        ]

    @property
    def container(self) -> str:
        """The kind of file that a sound is wrapped in; empty for bare samples."""
        return CONTAINED[self.kind].name if self.kind in CONTAINED else ""

    @property
    def value(self) -> "Elided":
        """How the string begins, as far as a rule needs to know."""
        match self.kind:
            case media_labels.PLAIN:
                beginning = "?"
            case media_labels.DATA_URI:
                beginning = "data:"
            case kind if kind in CONTAINED:
                beginning = b2a_base64(CONTAINED[kind].start, newline=False).decode()
            case kind:
                beginning = f"data:{kind};base64," if kind.startswith("image/") else ""
        return Elided(beginning, self.token)

    @property
    def _label(self) -> str:
        return self.token.split(".", 2)[2]


class Elided(str):
    """A stored string inside a JSON value: how it begins; ``token`` stands for all of it.

    So a value that is taken apart and put together another way keeps its sounds and pictures.
    """

    __slots__ = ("token",)
    token: str

    def __new__(cls, beginning: str, token: str) -> "Elided":
        elided = super().__new__(cls, beginning)
        elided.token = token
        return elided


@dataclass(frozen=True, slots=True)
class Unknown:
    """A member the model does not know: kept, sent and flagged."""

    name: str
    node: Raw


@dataclass(frozen=True, slots=True)
class Record:
    """An object: its members in wire order, unknown ones under ``+key``."""

    members: Mapping[str, "Node"] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Listing:
    """A list: its items in order, each under a key that stays with it."""

    items: Mapping[str, "Node"] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Entry:
    """One pair of a map."""

    name: str
    node: "Node"


@dataclass(frozen=True, slots=True)
class Table:
    """A map: its pairs in order, equal and empty names included."""

    entries: Mapping[str, Entry] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Picked:
    """A union with the variant that was picked; ``parked`` holds what the others had.

    ``made`` keeps what was made of it: most items of a list come back with every keystroke.
    """

    variant: str
    node: "Node"
    parked: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict, hash=False)
    made: dict[object, object] = field(default_factory=dict, init=False, compare=False, repr=False)


Node: TypeAlias = Leaf | Raw | Null | Stored | Unknown | Record | Listing | Table | Picked


def is_key(text: str) -> bool:
    """Whether ``text`` may be the key that stays with an item, such as ``k7``."""
    return bool(_KEY.fullmatch(text))


def number(text: str) -> int | float | None:
    """Return the JSON number that ``text`` spells, blanks around it aside, or None.

    Integers are exact up to 4,000 digits, decimals keep their spelling; what overflows to
    infinity is no number.
    """
    text = text.strip(" \t\n")
    if len(text) > MAX_DIGITS or not _NUMBER.fullmatch(text):
        return None
    try:
        return read_number(text)
    except ValueError:
        return None


def raw(text: str) -> Raw:
    """Read JSON that was typed as text, keeping what cannot be read."""
    try:
        return Raw(text, read_json(text))
    except Unreadable as fault:
        return Raw(text, text, fault)


def tokens_in(node: Node | None) -> Iterator[str]:
    """Yield the tokens of the stored strings at and below ``node``."""
    match node:
        case Stored():
            yield node.token
        case Picked():
            yield from tokens_in(node.node)
        case Record():
            for member in node.members.values():
                yield from tokens_in(member)
        case Listing():
            for item in node.items.values():
                yield from tokens_in(item)
        case Table():
            for entry in node.entries.values():
                yield from tokens_in(entry.node)
        case _:
            return
