"""Draft: what was typed, its wire text, and its problems."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import TypeAlias

from webapp.checks.checking import problems_of, problems_of_part
from webapp.events import EVENTS, EventType
from webapp.exact_json.reader import JsonValue
from webapp.forms.derive import derive
from webapp.forms.edits import Edited, press, value_of
from webapp.forms.fields import Field
from webapp.forms.nodes import (
    Leaf,
    Listing,
    Node,
    Picked,
    Raw,
    Record,
    Stored,
    Table,
    Unknown,
    tokens_in,
)
from webapp.forms.problems import Problem, Severity, excerpt
from webapp.forms.questions import Question, ask
from webapp.forms.submission import Keep, fill, read_form, read_part
from webapp.wire_text import Block, Contents, blocks, one_block, part_of, text_of

# Inputs of the builder's form that are about the page, not about the event.
CONTROLS = frozenset(
    (
        "anyway",
        "at",
        "call",
        "do",
        "draft",
        "endpoint",
        "endpoint-address",
        "endpoint-gap-region",
        "endpoint-gap-resource",
        "endpoint-gap-server",
        "endpoint-key",
        "endpoint-model",
        "endpoint-name",
        "endpoint-shown",
        "endpoint-way",
        "export-address",
        "export-endpoint",
        "fix",
        "open",
        "origin",
        "output",
        "output-of",
        "pace",
        "prelude",
        "prelude-template",
        "raw",
        "reason",
        "reason-of",
        "repair",
        "session",
        "shown",
        "style",
        "text",
        "token",
        "untold",
    )
)

ITEM_DEPTH = 3  # segments of the name of a list item that is a block: response.input.k1

Has: TypeAlias = Callable[[str], bool]
"""Whether the string behind a stored token is still there."""


def _has_all(_token: str) -> bool:
    return True


@cache
def form_of(dialect: str, event_type: str) -> Field:
    """Return the form of an event, derived once from its model.

    Raises:
        KeyError: if the builder has no such event.
    """
    return derive(EVENTS[dialect, event_type].model.model_json_schema(mode="serialization"))


@dataclass(frozen=True)
class Draft:
    """An event still being written, valid or not.

    ``compact`` picks its text: on one line, or pretty over several; ``opened`` are the items of
    long lists that are being worked on; ``has`` is asked about each stored sound and picture, and
    ``told`` is what a server has said against this very event.
    """

    dialect: str
    type: str
    root: Node
    compact: bool = False
    opened: frozenset[str] = frozenset()
    has: Has = field(default=_has_all, compare=False, repr=False)
    told: tuple[Problem, ...] = field(default=(), compare=False, repr=False)

    @classmethod
    def empty(cls, dialect: str, event_type: str) -> "Draft":
        """Return the bare event: nothing but its type."""
        return cls.from_value(dialect, event_type, {"type": event_type})

    @classmethod
    def from_value(
        cls, dialect: str, event_type: str, value: JsonValue, keep: Keep | None = None
    ) -> "Draft":
        """Return the draft whose event is ``value``; ``keep`` stores long media strings."""
        return cls(dialect, event_type, fill(form_of(dialect, event_type), value, keep))

    @classmethod
    def read(
        cls,
        dialect: str,
        event_type: str,
        inputs: Iterable[tuple[str, str]],
        has: Has = _has_all,
    ) -> "Draft":
        """Return the draft that a submitted form spells.

        Raises:
            BadSubmission: for inputs that the form does not have.
        """
        style = "pretty"
        own: list[tuple[str, str]] = []
        opened: set[str] = set()
        for name, text in inputs:
            if name not in CONTROLS:
                own.append((name, text))
            elif name == "style":
                style = text
            elif name == "open":
                opened.add(text)
        root = read_form(form_of(dialect, event_type), own)
        compact = style == "compact"
        return cls(dialect, event_type, root, compact, frozenset(opened), has)

    def pressed(self, button: str) -> tuple["Draft", Edited]:
        """Return the draft after a button of its form, and what that changed."""
        edited = press(self.form, self.root, button)
        return replace(self, root=edited.root).opening(edited.focus), edited

    def opening(self, name: str) -> "Draft":
        """Return the draft with the item opened that the question called ``name`` is part of."""
        item = ".".join(name.split(".")[:ITEM_DEPTH])
        return replace(self, opened=self.opened | {item})

    @property
    def form(self) -> Field:
        """The form this draft answers."""
        return form_of(self.dialect, self.type)

    @property
    def event_type(self) -> EventType:
        """What the builder knows of this kind of event."""
        return EVENTS[self.dialect, self.type]

    @cached_property
    def asked(self) -> Question:
        """The form with the answers of this draft."""
        return ask(self.form, self.root, self.opened)

    @cached_property
    def value(self) -> JsonValue:
        """The event as a JSON value; stored media only by their beginning."""
        return value_of(self.root)

    def wire_text(self, contents: Contents) -> str:
        """Return the exact text that copy, download and send use."""
        lines = (line for part in blocks(self.form, self.root, contents) for line in part.lines)
        return text_of(lines, compact=self.compact)

    @cached_property
    def blocks(self) -> list[Block]:
        """The event's text in parts, stored media elided."""
        return blocks(self.form, self.root)

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong: as a server said, with the typing, with the event in its text's order."""
        found = typing_problems(self.root, "", self.has)
        taken = {problem.at for problem in found}
        found += [p for p in problems_of(self.event_type, self.value) if p.at not in taken]
        return (*self.told, *found)

    @property
    def errors(self) -> int:
        """How many of the problems are errors."""
        return sum(problem.severity is Severity.ERROR for problem in self.problems)


@dataclass(frozen=True)
class Part:
    """One block of a draft on its own: what a keystroke inside it changes."""

    block: Block
    problems: tuple[Problem, ...]
    value: JsonValue

    @classmethod
    def read(
        cls,
        dialect: str,
        event_type: str,
        name: str,
        inputs: Iterable[tuple[str, str]],
        *,
        comma: bool,
        has: Has = _has_all,
    ) -> "Part":
        """Return the block called ``name``, read from its own inputs; pointers start at it.

        Raises:
            BadSubmission: for inputs that the block does not have.
            KeyError: if there is no such block.
        """
        form = form_of(dialect, event_type)
        field, _, _ = part_of(form, name)
        own = [(at, text) for at, text in inputs if at not in CONTROLS]
        node = read_part(field, name, own)
        # An item's place in its list does not matter to what is wrong with it.
        at = "/" + "/".join("0" if _is_key(part) else part for part in name.split("."))
        found = typing_problems(node, at, has)
        taken = {problem.at for problem in found}
        value = value_of(node)
        kind = EVENTS[dialect, event_type]
        found += [p for p in problems_of_part(kind, at, value) if p.at not in taken]
        return cls(one_block(form, node, name, comma=comma), tuple(_relative(found, at)), value)


def _is_key(segment: str) -> bool:
    return segment[:1] == "k" and segment[1:].isdecimal()


def _relative(found: list[Problem], at: str) -> Iterator[Problem]:
    for problem in found:
        yield Problem(problem.at.removeprefix(at), problem.severity, problem.code, problem.message)


def typing_problems(node: Node, at: str, has: Has = _has_all) -> list[Problem]:
    """Return what is wrong with the typing itself: unread JSON, names twice, lost media."""
    found: list[Problem] = []
    _find_typing_problems(node, at, has, found)
    return found


def _find_typing_problems(node: Node, at: str, has: Has, found: list[Problem]) -> None:
    parts: Iterable[tuple[str, Node]] = ()
    match node:
        case Raw(fault=fault) if fault is not None:
            where = f"line {fault.line}, column {fault.column}"
            message = f"This is not JSON yet ({where}): {fault.reason} It goes as text until it is."
            found.append(Problem(at, Severity.ERROR, "not_json", message))
        case Stored() if not has(node.token):
            found.append(Problem(at, Severity.ERROR, "media_gone", _GONE.format(node.label)))
        case Picked() if "fine" in node.made:
            pass
        case Picked() | Unknown():
            before = len(found)
            _find_typing_problems(node.node, at, has, found)
            if isinstance(node, Picked) and len(found) == before and not any(tokens_in(node)):
                node.made["fine"] = True
        case Record():
            parts = [
                (below.name if isinstance(below, Unknown) else name, below)
                for name, below in node.members.items()
                if type(below) is not Leaf
            ]
            unknown = [name for name, below in parts if type(below) is Unknown]
            if unknown:
                known = [name for name in node.members if not name.startswith("+")]
                found += _problems_of_names([*known, *unknown], at)
        case Table():
            parts = [(entry.name, entry.node) for entry in node.entries.values()]
            found += _problems_of_names([name for name, _ in parts], at)
        case Listing():
            parts = [(str(place), item) for place, item in enumerate(node.items.values())]
    for name, below in parts:
        if type(below) is not Leaf:  # most are, and nothing can be wrong with their typing
            _find_typing_problems(below, f"{at}/{_escaped(name)}", has, found)


_GONE = (
    "What this stood for ({}) is no longer here; choose the file again. Until then an empty text"
    " is sent."
)


def _problems_of_names(names: list[str], at: str) -> Iterator[Problem]:
    if len(set(names)) == len(names) and "" not in names:
        return
    for name, count in Counter(names).items():
        to = f"{at}/{_escaped(name)}"
        if not name:
            yield Problem(to, Severity.WARNING, "empty_name", "This entry has no name yet.")
        elif count > 1:
            message = (
                f"{excerpt(name)} stands here {_times(count)}; most servers keep the last one."
            )
            yield Problem(to, Severity.ERROR, "repeated_name", message)


def _times(count: int) -> str:
    return "twice" if count == 2 else f"{count} times"


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
