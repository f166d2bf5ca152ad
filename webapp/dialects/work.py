"""An event on its way into another dialect: what it has become, and what there is to say of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias, cast

from webapp.exact_json.reader import JsonValue
from webapp.forms.problems import Step, pointer

Object: TypeAlias = "dict[str, JsonValue]"
Path: TypeAlias = tuple[str, ...]


class Kind(StrEnum):
    """What became of a part of the event."""

    MOVED = "moved"
    RENAMED = "renamed"
    RESHAPED = "reshaped"
    LOST = "lost"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class Note:
    """What happened to one part of an event, in words.

    ``at`` is its JSON Pointer in the event as it was, ``to`` in the result; empty if it is gone.
    """

    at: str
    to: str
    kind: Kind
    message: str


@dataclass(frozen=True, slots=True)
class Converted:
    """An event in another dialect, and all there is to say of how it became so."""

    value: JsonValue
    notes: tuple[Note, ...] = ()

    @property
    def counts(self) -> dict[Kind, int]:
        """How many notes of each kind there are, kinds without any left out."""
        kinds = [note.kind for note in self.notes]
        return {kind: kinds.count(kind) for kind in Kind if kind in kinds}


@dataclass(slots=True)
class Work:
    """The result in the making; ``gone`` holds the labels of the MCP servers left out so far."""

    after: JsonValue
    notes: list[Note] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)
    _now: dict[str, str] = field(default_factory=dict)
    _before: dict[str, str] = field(default_factory=dict)

    def note(self, at: str, to: str, kind: Kind, message: str) -> None:
        """Say what became of a part; where it stands elsewhere now, remember that too."""
        self.notes.append(Note(at, to, kind, message))
        if to and to != at:
            self.shift(at, to)

    def kept(self) -> set[str]:
        """Return where it is said that something stays, and all that this stands in."""
        return {part for note in self.notes if note.kind is Kind.KEPT for part in around(note.at)}

    def shift(self, at: str, to: str) -> None:
        """Remember that a part, and what is in it, stands elsewhere now."""
        self._now[at] = to
        self._before[to] = at

    def before(self, to: str) -> str:
        """Return where a part of the result comes from."""
        return _shifted(to, self._before)

    def now(self, at: str) -> str:
        """Return where a part of the event stands in the result."""
        return _shifted(at, self._now)


@dataclass(frozen=True, slots=True)
class Spot:
    """A member of an object of the result that a rule is about, or an item of a list.

    The pointers are those of the value, which is the one found here when the rule is applied.
    """

    work: Work
    owner: Object
    name: str
    value: JsonValue
    at: str
    to: str

    def beside(self, *path: Step) -> str:
        """Return the pointer, in the result, of a path that starts at the owner."""
        return pointer(path, self.to.rpartition("/")[0])

    def note(self, kind: Kind, message: str, to: str | None = None) -> None:
        """Say what became of the value; by default it stands where it stood."""
        self.work.note(self.at, self.to if to is None else to, kind, message)

    def lose(self, message: str) -> None:
        """Take the member out."""
        replace_member(self.owner, self.name, {})
        self.note(Kind.LOST, message, "")

    def keep(self, message: str) -> None:
        """Leave the member as it is, with a word on why."""
        self.note(Kind.KEPT, message)


def copy(value: JsonValue) -> JsonValue:
    """Return a value of its own with the same leaves: numbers stay as they were written."""
    if isinstance(value, dict):
        return {name: copy(item) for name, item in value.items()}
    if isinstance(value, list):
        return [copy(item) for item in value]
    return value


def replace_member(owner: Object, name: str, members: Mapping[str, JsonValue]) -> None:
    """Put members into the place of one, so that the others keep theirs."""
    items = list(owner.items())
    owner.clear()
    for at, value in items:
        if at == name:
            owner.update(members)
        else:
            owner[at] = value


def put(owner: Object, name: str, members: Mapping[Path, JsonValue]) -> bool:
    """Move a member to other paths below its owner; False, and nothing done, if one is taken.

    Objects on the way are made where they are missing, the first one in the member's place.
    """
    if not all(_is_free(owner, path) for path in members):
        return False
    first = next(iter(members))[0]
    replace_member(owner, name, {} if first in owner else {first: {}})
    for path, value in members.items():
        *above, last = path
        here = owner
        for step in above:
            here = cast("Object", here.setdefault(step, {}))  # being free, it holds nothing else
        here[last] = value
    return True


def _is_free(owner: Object, path: Path) -> bool:
    here: JsonValue = owner
    for step in path:
        if not isinstance(here, dict):
            return False
        if step not in here:
            return True
        here = here[step]
    return False


def around(at: str) -> Iterator[str]:
    """Yield a pointer and those of what it stands in, the nearest first, without the event."""
    while at:
        yield at
        at = at.rpartition("/")[0]


def _shifted(at: str, shifts: Mapping[str, str]) -> str:
    known = next((part for part in around(at) if part in shifts), "")
    return shifts[known] + at[len(known) :] if known else at
