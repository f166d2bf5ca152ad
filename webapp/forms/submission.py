"""Flat input names to a tree of what was typed, and back; JSON values into such a tree."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import TypeAlias

from webapp.exact_json.reader import JsonValue
from webapp.exact_json.writer import quote, write
from webapp.forms.branches import BadSubmission, Branch, Inputs, grow
from webapp.forms.fields import (
    EXTRA,
    Choice,
    Extra,
    Field,
    Fixed,
    Flag,
    Group,
    Items,
    Json,
    LongText,
    Media,
    Number,
    Pairs,
    Text,
    Variant,
    Variants,
)
from webapp.forms.nodes import (
    Elided,
    Entry,
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
    is_key,
    number,
    raw,
)

_TOKEN = re.compile(r"[0-9a-f]{64}\.[0-9]{1,9}\.[A-Za-z0-9_/-]{1,60}", re.ASCII)
LONGEST_KEPT = 2_000  # characters of an item

Keep: TypeAlias = Callable[[str, str], str]
"""Stores a long string of the given media and returns the token that stands for it."""


def read_form(field: Field, inputs: Iterable[tuple[str, str]]) -> Node:
    """Return the tree that the inputs of one form spell for ``field``.

    Raises:
        BadSubmission: for a name that the form does not have, sent twice, or in conflict.
    """
    return read_part(field, "", inputs)


def read_part(field: Field, under: str, inputs: Iterable[tuple[str, str]]) -> Node:
    """The same for the part of a form whose names begin with ``under``."""
    top, count = grow(inputs)
    reader = _Reader()
    node = reader.read(field, under, top.below(under.split(".") if under else ()))
    if reader.used != count:
        known = {name for name, _ in flatten(field, node, under)}
        strange = next((name for name in top.names() if name not in known), under)
        raise BadSubmission(strange, "this form has no such input")
    return node


class _Reader:
    """Reads branches by their fields and counts the inputs it understood."""

    def __init__(self) -> None:
        self.used = 0

    def read(self, field: Field, name: str, branch: Branch) -> Node:
        if branch.inputs:
            branch.unfold(_depth(name))
        shape = self._mark(branch, "")
        if shape == "null":
            return Null()
        if shape == "json":
            return raw(self._text(branch))
        if isinstance(field, Variants):
            variant = field.named(shape or "")
            if variant is None:
                raise BadSubmission(f"{name}@", "this form has no such variant")
            parked = _read_parked(name, self._mark(branch, "parked"))
            return Picked(variant.key, self._plain(variant.field, name, branch), parked)
        if shape == "stored" and isinstance(field, Media):
            return self._stored(name, branch)
        return self._plain(field, name, branch, shape)

    def _plain(self, field: Field, name: str, branch: Branch, shape: str | None = None) -> Node:
        match field:
            case Group():
                return self._record(field, name, branch)
            case Items():
                return Listing(
                    {
                        _key(name, key): self._item(field.item, f"{name}.{key}", below)
                        for key, below in branch.children.items()
                    }
                )
            case Pairs():
                return Table(
                    {
                        _key(name, key): self._entry(field.value, f"{name}.{key}", below)
                        for key, below in branch.children.items()
                    }
                )
            case Json():
                return raw(self._text(branch))
            case Extra():
                return Unknown(self._given_name(branch), raw(self._text(branch)))
            case Fixed() if branch.text is None:
                return Leaf(field.value, field.value)
            case _:
                return leaf(field, self._text(branch))

    def _item(self, field: Field, name: str, branch: Branch) -> Node:
        if not branch.inputs or sum([len(text) for _, text in branch.inputs]) > LONGEST_KEPT:
            return self.read(field, name, branch)
        node, used = _kept_item(_Same(field), name, branch.inputs)
        self.used += used
        return node

    def _entry(self, field: Field, name: str, branch: Branch) -> Entry:
        branch.unfold(_depth(name))
        return Entry(self._given_name(branch), self.read(field, name, branch))

    def _record(self, field: Group, name: str, branch: Branch) -> Record:
        members: dict[str, Node] = {}
        children = branch.children
        for member, below in field.members.items():
            sent = children.get(member)
            if sent is not None and sent.inputs:
                sent.unfold(_depth(name) + 1)
            if sent is None:
                if isinstance(below, Fixed) and below.implied:
                    members[member] = Leaf(below.value, below.value)
            elif isinstance(below, Fixed) and sent.marks.get("") == "absent":
                self._mark(sent, "")
            elif sent.text is None and "" not in sent.marks:
                continue  # nothing but strange inputs: the count tells
            else:
                members[member] = self.read(below, f"{name}.{member}" if name else member, sent)
        for key, sent in children.items():
            if key.startswith("+") and is_key(key[1:]):
                members[key] = self.read(EXTRA, f"{name}.{key}", sent)
        order = self._mark(branch, "order")
        if order:
            first = {key: members[key] for key in order.split(",") if key in members}
            members = {**first, **members}
        return Record(members)

    def _stored(self, name: str, branch: Branch) -> Stored:
        token = self._text(branch)
        if not is_token(token):
            raise BadSubmission(name, "this is no stored recording or picture")
        return Stored(token)

    def _given_name(self, branch: Branch) -> str:
        quoted = self._mark(branch, "quoted")
        if quoted is None:
            return self._mark(branch, "name") or ""
        name = raw(quoted).value
        return name if isinstance(name, str) else quoted

    def _text(self, branch: Branch) -> str:
        if branch.text is None:
            return ""
        self.used += 1
        return branch.text

    def _mark(self, branch: Branch, mark: str) -> str | None:
        text = branch.marks.get(mark)
        if text is not None:
            self.used += 1
        return text


class _Same:
    """A field that equals itself alone: comparing what is in it would take longer than reading."""

    __slots__ = ("field",)

    def __init__(self, field: Field) -> None:
        self.field = field

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.field is other.field

    def __hash__(self) -> int:
        return id(self.field)


# Nearly all items of a form are the same as a keystroke before.
@lru_cache(maxsize=4_096)
def _kept_item(field: _Same, name: str, inputs: Inputs) -> tuple[Node, int]:
    """Return an item, and how many of its inputs the form has."""
    branch = Branch()
    branch.inputs = inputs
    reader = _Reader()
    node = reader.read(field.field, name, branch)
    return node, reader.used


def _depth(name: str) -> int:
    return name.count(".") + 1 if name else 0


def is_token(text: str) -> bool:
    """Whether ``text`` could stand for a stored string."""
    return bool(_TOKEN.fullmatch(text))


def _key(name: str, key: str) -> str:
    if not is_key(key):
        raise BadSubmission(f"{name}.{key}", "an item's key is the letter k and a number")
    return key


def _read_parked(name: str, text: str | None) -> Mapping[str, tuple[tuple[str, str], ...]]:
    if not text:
        return {}
    parked = raw(text).value
    if not isinstance(parked, dict):
        raise BadSubmission(f"{name}@parked", _STRANGE_PARKED)
    return {key: tuple(_read_inputs(name, inputs)) for key, inputs in parked.items()}


_STRANGE_PARKED = "this is not what a page of ours parks"


def _read_inputs(name: str, inputs: JsonValue) -> Iterator[tuple[str, str]]:
    for pair in inputs if isinstance(inputs, list) else [None]:
        match pair:
            case [str(at), str(typed)]:
                yield at, typed
            case _:
                raise BadSubmission(f"{name}@parked", _STRANGE_PARKED)


def leaf(field: Field, text: str) -> Leaf:
    """Return the node for ``text`` typed into a field of one value."""
    value: JsonValue = text
    match field:
        case Number():
            exact = number(text)
            value = text if exact is None else exact
        case Flag():
            value = {"true": True, "false": False}.get(text, text)
    return Leaf(text, value)


def flatten(field: Field, node: Node, name: str) -> Iterator[tuple[str, str]]:
    """Yield the inputs, name and value, that spell ``node``: what the page holds."""
    match field, node:
        case _, Null():
            yield f"{name}@", "null"
        case Json(), Raw():
            yield name, node.text
        case _, Raw():
            yield f"{name}@", "json"
            yield name, node.text
        case _, Stored():
            yield f"{name}@", "stored"
            yield name, node.token
        case _, Unknown():
            mark, text = given_name(node.name)
            yield f"{name}@{mark}", text
            yield name, node.node.text
        case Variants(), Picked():
            yield f"{name}@", node.variant
            if node.parked:
                yield f"{name}@parked", write(parked_value(node), indent=None)
            inner = flatten(field.picked(node.variant).field, node.node, name)
            yield from (pair for pair in inner if pair[0] != f"{name}@")
        case Group(), Record():
            if name:
                yield f"{name}@", "group"
            yield from _flatten_record(field, node, name)
        case Items(), Listing():
            yield f"{name}@", "list"
            for key, item in node.items.items():
                yield from flatten(field.item, item, f"{name}.{key}")
        case Pairs(), Table():
            yield f"{name}@", "map"
            for key, entry in node.entries.items():
                mark, text = given_name(entry.name)
                yield f"{name}.{key}@{mark}", text
                yield from flatten(field.value, entry.node, f"{name}.{key}")
        case _, Leaf() if not _goes_without_saying(field, node):
            yield name, node.text
        case _:
            return


def _goes_without_saying(field: Field, node: Leaf) -> bool:
    return isinstance(field, Fixed) and field.implied and node.value == field.value


def _flatten_record(field: Group, node: Record, name: str) -> Iterator[tuple[str, str]]:
    order = order_of(field, node)
    if order:
        yield f"{name}@order", order
    for member, below in field.members.items():
        at = f"{name}.{member}" if name else member
        if member in node.members:
            yield from flatten(below, node.members[member], at)
        elif isinstance(below, Fixed) and below.implied:
            yield f"{at}@", "absent"
    for key, unknown in node.members.items():
        if isinstance(unknown, Unknown):
            yield from flatten(EXTRA, unknown, f"{name}.{key}" if name else key)


def given_name(name: str) -> tuple[str, str]:
    """Return the mark and the text of the input that holds a name given by the visitor."""
    return ("name", name) if _fits_a_line(name) else ("quoted", quote(name))


def order_of(field: Group, node: Record) -> str:
    """Return the order of members as it is submitted; empty while it is the model's own."""
    present = list(node.members)
    natural = [member for member in field.members if member in node.members]
    natural += [member for member in present if member not in field.members]
    return "" if present == natural else ",".join(present)


def parked_value(node: Picked) -> JsonValue:
    """Return what the variants that are not picked hold, as it is written into the page."""
    return {key: [list(pair) for pair in pairs] for key, pairs in node.parked.items()}


def fill(field: Field, value: JsonValue, keep: Keep | None = None) -> Node:
    """Return the tree that spells ``value``; what does not fit its field becomes raw JSON.

    Long base64 strings go through ``keep`` where one is given.
    """
    node = None if value is None else _fitting(field, value, keep)
    if node is not None:
        return node
    if value is None and not isinstance(field, Json):
        return Null()
    return Raw(write(value), value)


def _fitting(field: Field, value: JsonValue, keep: Keep | None) -> Node | None:
    match field, value:
        case Variants(), _:
            variant = pick(field, value)
            node = variant and _fitting(variant.field, value, keep)
            return Picked(variant.key, node) if variant and node else None
        case Group(), dict():
            return _fitting_record(field, value, keep)
        case Items(), list():
            items = (fill(field.item, item, keep) for item in value)
            return Listing({f"k{place}": item for place, item in enumerate(items, start=1)})
        case Pairs(), dict():
            return Table(
                {
                    f"k{place}": Entry(name, fill(field.value, item, keep))
                    for place, (name, item) in enumerate(value.items(), start=1)
                }
            )
        case Json(), _:
            return Raw(write(value), value)
        case Flag(), bool():
            return Leaf("true" if value else "false", value)
        case Number(), int() | float() if not isinstance(value, bool):
            return Leaf(write(value), value)
        case Number(), str() if number(value) is None and _fits_a_line(value):
            return Leaf(value, value)
        case Media(), Elided():
            return Stored(value.token)
        case Media(), str() if keep is not None and len(value) > LONGEST_TYPED:
            return Stored(keep(field.media, value))
        case LongText() | Media(), str() if "\r" not in value:
            return Leaf(value, value)
        case Text() | Choice() | Fixed(), str() if _fits_a_line(value):
            return Leaf(value, value)
    return None


LONGEST_TYPED = 1_024  # characters of base64 that may stand in a text box


def _fits_a_line(text: str) -> bool:
    return "\r" not in text and "\n" not in text


def _fitting_record(field: Group, value: dict[str, JsonValue], keep: Keep | None) -> Record:
    members: dict[str, Node] = {}
    for name, item in value.items():
        below = field.members.get(name)
        if below is not None:
            members[name] = fill(below, item, keep)
        else:
            members[f"+k{len(members) + 1}"] = Unknown(name, Raw(write(item), item))
    return Record(members)


def pick(field: Variants, value: JsonValue) -> Variant | None:
    """Return the variant that ``value`` is spelled in, or None when it is in none."""
    scores = [(likeness(variant.field, value), variant) for variant in field.variants]
    score, variant = max(scores, key=lambda scored: scored[0])
    return variant if score > 0 else None


def likeness(field: Field, value: JsonValue) -> int:
    """Return how much ``value`` looks like one of ``field``; 0 when it is something else."""
    match field, value:
        case Variants(), _:
            return max(likeness(variant.field, value) for variant in field.variants)
        case Group(), dict():
            return _likeness_of_members(field, value)
        case Choice(), str():
            return 2 if value in field.options else 1
        case Fixed(), str():
            return 2 if value == field.value else 0
        case (Text() | LongText() | Media() | Number(), str()):
            return 1
        case (Items(), list()) | (Pairs(), dict()) | (Flag(), bool()):
            return 1
        case Number(), int() | float():
            return 1
        case Json(), dict():
            return 1
    return 0


def _likeness_of_members(field: Group, value: dict[str, JsonValue]) -> int:
    score = 1
    for name, below in field.members.items():
        if isinstance(below, Fixed):
            if name in value and value[name] == below.value:
                score += 100
            elif name in value or below.required:
                return 0
        elif name in value:
            score += 1
    return score
