"""A field and what was answered, side by side: what a page shows of each."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from webapp.exact_json.reader import JsonValue
from webapp.exact_json.writer import write
from webapp.forms.edits import as_form, value_of
from webapp.forms.fields import (
    EXTRA,
    Choice,
    Extra,
    Field,
    Fixed,
    Group,
    Items,
    Json,
    Pairs,
    Variants,
)
from webapp.forms.nodes import (
    Leaf,
    Listing,
    Node,
    Null,
    Picked,
    Raw,
    Record,
    Stored,
    Table,
    Unknown,
    tokens_in,
)
from webapp.forms.submission import given_name, order_of, parked_value

LONGEST_SUMMARY = 60  # characters
MOST_INLINE = 4  # variants side by side
# A browser's time for a form grows with the square of its submit buttons: in a longer list the
# items stand without the buttons inside them until they are opened one by one.
MOST_OPEN = 30  # items


@dataclass(slots=True)
class Question:
    """One question with its answer; ``state`` is absent, set, null or json.

    ``within`` is what an item or a pair is called where it belongs.
    """

    field: Field
    name: str
    member: str
    node: Node | None
    within: str = ""
    place: int = 0
    places: int = 0
    pair: str | None = None  # the name of the pair this is the value of
    block: bool = False  # its lines are a block of their own
    top: bool = False  # a member of the event or of its params
    terse: bool = False  # shown without its buttons
    opened: frozenset[str] = frozenset()  # names of the items that are shown with theirs
    _parts: list["Question"] | None = None

    @property
    def parts(self) -> list["Question"]:
        """The questions inside it, put together when they are first wanted."""
        if self._parts is None:
            self._parts = list(_parts(self))
        return self._parts

    @property
    def closed(self) -> bool:
        """Whether it is one of so many items that what is inside it stands without buttons."""
        return self._one_of_many and self.name not in self.opened

    @property
    def open(self) -> bool:
        """Whether it is one of so many items, and was opened."""
        return self._one_of_many and self.name in self.opened

    @property
    def _one_of_many(self) -> bool:
        return self.block and self.places > MOST_OPEN

    @property
    def id(self) -> str:
        """The part of element ids that stands for this question."""
        return dom_id(self.name)

    @property
    def state(self) -> str:
        """Whether and how it is answered."""
        match self.node:
            case None:
                return "absent"
            case Null():
                return "null"
            case Raw() if not isinstance(self.shown_field, Json):
                return "json"
        return "set"

    @property
    def shown_field(self) -> Field:
        """The field that is filled in: of a union, that of the picked variant."""
        if isinstance(self.field, Variants) and isinstance(self.node, Picked):
            return self.field.picked(self.node.variant).field
        return self.field

    @property
    def answer(self) -> Node | None:
        """The node that holds the answer itself."""
        return self.node.node if isinstance(self.node, Picked) else self.node

    @property
    def template(self) -> str:
        """The template of its kind."""
        kind = self.shown_field.kind if self.state == "set" else self.state
        return f"builder/fields/{kind}.html"

    @property
    def label(self) -> str:
        """What the question is called; an item of a list by what it is."""
        if self.within and isinstance(self.node, Picked) and isinstance(self.field, Variants):
            return self.field.picked(self.node.variant).label
        return self.field.title or self.within.capitalize() or self.member

    @property
    def text(self) -> str:
        """The answer as typed."""
        node = self.answer
        if isinstance(node, Unknown):
            return node.node.text
        return node.text if isinstance(node, (Leaf, Raw)) else ""

    @property
    def given_name(self) -> tuple[str, str]:
        """The mark and the text of the input for a name that the visitor gives."""
        return given_name(self.member if self.pair is None else self.pair)

    @property
    def shape(self) -> str:
        """The value of the input that says how the question is filled; empty for none."""
        match self.node:
            case Picked():
                return self.node.variant
            case Null():
                return "null"
            case Stored():
                return "stored"
            case Raw() if not isinstance(self.field, Json):
                return "json"
            case Record():
                return "group" if self.name else ""
            case Listing():
                return "list"
            case Table():
                return "map"
        return ""

    @property
    def stored(self) -> Stored | None:
        """The stored string that answers the question, if one does."""
        return self.answer if isinstance(self.answer, Stored) else None

    @property
    def parked(self) -> str:
        """What the variants that are not picked hold, as text of a hidden input."""
        if isinstance(self.node, Picked) and self.node.parked:
            return write(parked_value(self.node), indent=None)
        return ""

    @property
    def order(self) -> str:
        """The order of the members, where it is not the model's own."""
        group, node = self.shown_field, self.answer
        if isinstance(group, Group) and isinstance(node, Record):
            return order_of(group, node)
        return ""

    @property
    def number(self) -> str:
        """How many parts there are, in words."""
        noun = self.shown_field.noun if isinstance(self.shown_field, (Items, Pairs)) else "part"
        many = f"{noun[:-1]}ies" if noun.endswith("y") and noun[-2] not in "aeiou" else f"{noun}s"
        return f"{len(self.parts)} {noun if len(self.parts) == 1 else many}"

    @property
    def chip(self) -> bool:
        """Whether it is shown in short: one fixed value that may only be taken out."""
        fixed = isinstance(self.field, Fixed) and self.state == "set"
        return fixed and not self.foreign and not self.field.required

    @property
    def unseen(self) -> bool:
        """Whether it goes without saying: one fixed value that has to be there."""
        fixed = isinstance(self.field, Fixed) and self.state == "set"
        return fixed and not self.foreign and self.field.required

    @property
    def has_row(self) -> bool:
        """Whether it has a row of its own, and does not stand in short at its group."""
        if self.top or self.within:
            return True
        there = self.node is not None or self.field.required
        return there and not self.chip and not self.unseen

    @property
    def step(self) -> str:
        """The last step of a JSON Pointer to the answer."""
        if self.pair is not None:
            return self.pair
        return str(self.place) if self.within else self.member

    @property
    def options(self) -> list[str]:
        """The choices; what was pasted and is none of them stands last."""
        known = list(self.shown_field.options) if isinstance(self.shown_field, Choice) else []
        if isinstance(self.shown_field, Fixed):
            known = [self.shown_field.value]
        return known if self.text in known else [*known, self.text]

    @property
    def foreign(self) -> bool:
        """Whether the answer is none of the choices."""
        match self.shown_field:
            case Choice(options=options):
                return self.text not in options
            case Fixed(value=value):
                return self.text != value
        return False

    @property
    def missing(self) -> list["Question"]:
        """The members that are not there."""
        return [part for part in self.parts if part.node is None]

    @property
    def inline_ways(self) -> list[tuple[str, str]]:
        """The few variants of a union outside a list: they stand side by side."""
        return self._variants() if not self.within and len(self._variants()) <= MOST_INLINE else []

    @property
    def other_ways(self) -> list[tuple[str, str]]:
        """How else the question can be filled: the end of a button's value, and its label."""
        ways = [
            (key, f"Change to {inside(label)}")
            for key, label in self._variants()
            if key != self.shape and not self.inline_ways
        ]
        free = isinstance(self.shown_field, (Json, Extra))
        open_to_form = not free and not isinstance(self.field, Variants)
        if open_to_form and isinstance(self.node, Raw) and as_form(self.field, self.node):
            ways.append(("", "Edit as a form"))
        if self.state != "json" and not free and not any(tokens_in(self.node)):
            ways.append(("json", "Edit as JSON"))
        if self.state != "null" and self.field.nullable:
            ways.append(("null", "Set to null"))
        return ways

    def _variants(self) -> list[tuple[str, str]]:
        if not isinstance(self.field, Variants):
            return []
        return [(variant.key, variant.label) for variant in self.field.variants]

    @property
    def summary(self) -> str:
        """One line that tells this item from its neighbours."""
        return summary_of(value_of(self.node)) if self.node is not None else ""

    @property
    def ways(self) -> list[tuple[str, str]]:
        """How a new item or member can start: the end of a button's value, and its label."""
        inner = self.field if self.node is None else self.shown_field
        if isinstance(inner, Items):
            inner = inner.item
        match inner:
            case Variants():
                return [(variant.key, variant.label) for variant in inner.variants]
            case Choice():
                return [(option, option) for option in inner.options]
        return []


def inside(label: str) -> str:
    """Return a label as it stands inside a sentence: of “MCP server” every letter stays."""
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]


def ask(form: Field, root: Node, opened: frozenset[str] = frozenset()) -> Question:
    """Return the whole form with its answers; ``opened`` items of long lists have their buttons."""
    return Question(form, "", "", root, opened=opened)


def find(question: Question, name: str) -> Question | None:
    """Return the question called ``name`` at or below ``question``."""
    if question.name == name:
        return question
    for part in question.parts:
        if part.name == name or name.startswith(f"{part.name}."):
            return find(part, name)
    return None


def at_pointer(question: Question, pointer: str) -> Question:
    """Return the question that ``pointer`` leads to, or the nearest one above that has a row."""
    for segment in pointer.split("/")[1:]:
        step = segment.replace("~1", "/").replace("~0", "~")
        # Of equal names the last one counts.
        inner = next((part for part in reversed(question.parts) if part.step == step), None)
        if inner is None or not inner.has_row:
            break
        question = inner
    return question


@lru_cache(maxsize=4_096)
def dom_id(name: str) -> str:
    """Return the part of element ids that stands for the input or block called ``name``."""
    return name.replace(".", "-").replace("+", "u-").replace("@", "--")


def summary_of(value: JsonValue) -> str:
    """Return the first words of what a list item says."""
    words = " ".join(_words(value)).replace("\n", " ")
    return words if len(words) <= LONGEST_SUMMARY else f"{words[: LONGEST_SUMMARY - 1]}…"


def _words(value: JsonValue) -> Iterator[str]:
    """Yield texts worth a glance, the telling members first."""
    match value:
        case str():
            yield value[: LONGEST_SUMMARY + 1]
        case bool() | None:
            return
        case int() | float():
            yield str(value)
        case list():
            for item in value[:3]:
                yield from _words(item)
        case _:
            for name in _TELLING:
                if name in value:
                    yield from _words(value[name])


_TELLING = ("name", "content", "text", "transcript", "output", "server_label", "id", "arguments")


def _parts(question: Question) -> Iterator[Question]:
    """Yield the questions inside one."""
    terse = question.terse or question.closed
    for part in _parts_as_they_are(question):
        part.terse, part.opened = terse, question.opened
        yield part


def _parts_as_they_are(question: Question) -> Iterator[Question]:
    shown, node = question.shown_field, question.answer
    if isinstance(shown, Group) and isinstance(node, Record):
        yield from _members(question, shown, node)
    elif isinstance(shown, Group) and node is None and "." not in question.name:
        # An event without params still offers them: the first one set brings the params along.
        yield from _members(question, shown, Record({}))
    elif isinstance(shown, Items) and isinstance(node, Listing):
        # Items of a list that is cut into blocks are blocks.
        split = question.top and shown.of_objects
        for place, (key, item) in enumerate(node.items.items()):
            part = Question(shown.item, f"{question.name}.{key}", key, item, within=shown.noun)
            part.place, part.places, part.block = place, len(node.items), split
            yield part
    elif isinstance(shown, Pairs) and isinstance(node, Table):
        for place, (key, entry) in enumerate(node.entries.items()):
            at = f"{question.name}.{key}"
            part = Question(shown.value, at, key, entry.node, within=shown.noun, pair=entry.name)
            part.place, part.places = place, len(node.entries)
            yield part


def _members(question: Question, group: Group, record: Record) -> Iterator[Question]:
    # The event and its params are cut into blocks at their members, and at the items of lists.
    top = "." not in question.name
    for member, below in group.members.items():
        at = f"{question.name}.{member}" if question.name else member
        part = Question(below, at, member, record.members.get(member), top=top)
        cut_further = (
            isinstance(below, Items) and below.of_objects and isinstance(part.node, Listing)
        ) or (isinstance(below, Group) and isinstance(part.node, Record) and not question.name)
        part.block = top and not cut_further
        yield part
    for key, unknown in record.members.items():
        if isinstance(unknown, Unknown):
            at = f"{question.name}.{key}" if question.name else key
            yield Question(EXTRA, at, unknown.name, unknown, block=top, top=top)
