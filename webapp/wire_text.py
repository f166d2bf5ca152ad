"""The exact text of a draft, line by line: what is sent, and what the page shows of it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias, cast

from markupsafe import escape

from webapp.exact_json.reader import JsonValue
from webapp.exact_json.writer import quote, scalar, write
from webapp.forms.fields import EXTRA, Field, Group, Items
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
    is_key,
)

__all__ = ["Block", "Line", "blocks", "one_block", "part_of", "shown", "text_of", "write"]

# A string longer than this is shown cut; copy, download and send have all of it.
LONGEST_SHOWN = 20_000  # characters

Contents: TypeAlias = Callable[[str], str | None]
"""The string behind a stored token, or None when it is gone."""


class Line(NamedTuple):
    """One line of pretty JSON: ``kind`` is its colour class, ``name`` its input on the form.

    ``name`` and ``pointer`` are relative to the block the line stands in.
    """

    depth: int
    key: str
    text: str
    kind: str
    name: str
    pointer: str
    comma: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """A run of lines that changes on its own: a member, or an item of a list of objects.

    The lines between are blocks too, called ``name@open`` and ``name@close``: they only change
    with the event's structure.
    """

    name: str
    pointer: str
    lines: tuple[Line, ...]

    @property
    def followed(self) -> bool:
        """Whether a comma follows the block."""
        return bool(self.lines[-1].comma)


def text_of(lines: Iterable[Line], *, compact: bool = False) -> str:
    """Return the text of ``lines``: what is sent, to the byte."""
    if compact:
        return "".join(
            [f"{key and key + ':'}{text}{comma}" for _, key, text, _, _, _, comma in lines]
        )
    return "\n".join(
        [
            f"{'  ' * depth}{key and key + ': '}{text}{comma}"
            for depth, key, text, _, _, _, comma in lines
        ]
    )


def shown(lines: Iterable[Line], marks: Mapping[str, str], *, compact: bool = False) -> str:
    """Return the HTML of ``lines``: the same text in spans, one per line.

    ``marks`` gives the class of a line that a problem points at, by pointer.
    """
    gap, colon = ("", ":") if compact else ("  ", ": ")
    return "".join(
        [
            f'<span class="ln{marks.get(pointer, "") if marks else ""}"'
            f' data-n="{escape(name)}" data-p="{escape(pointer)}">'
            f"{gap * depth}{key and f'<b>{_escaped_text(key)}</b>{colon}'}"
            f'<i class="{kind}">{_shown_text(text)}</i>{comma}</span>'
            for depth, key, text, kind, name, pointer, comma in lines
        ]
    )


def _shown_text(text: str) -> str:
    if len(text) <= LONGEST_SHOWN:
        return _escaped_text(text)
    left = len(text) - LONGEST_SHOWN
    return f'{_escaped_text(text[:LONGEST_SHOWN])}<em class="cut">… {left:,} more characters</em>'


def _escaped_text(text: str) -> str:
    """Escape text between tags, where quotes may stay: JSON is full of them."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def blocks(field: Field, root: Node, contents: Contents | None = None) -> list[Block]:
    """Return the event's blocks in order; their lines, one after the other, are its text."""
    walk = _Walk(contents)
    if not isinstance(root, Record) or not isinstance(field, Group):
        return [Block("@open", "", walk.lines(root, 0, "", ""))]
    return _split(walk, field, root, "", "", 0, "")


def part_of(field: Field, name: str) -> tuple[Field, int, str]:
    """Return the field of the block called ``name``, its depth and its key on the wire.

    Raises:
        KeyError: if no block is called so.
    """
    depth, key = 0, ""
    for segment in name.split("."):
        depth += 1
        match field:
            case Group() if segment.startswith("+") and is_key(segment[1:]):
                field = EXTRA  # its name is in its inputs
            case Group():
                field, key = field.members[segment], quote(segment)
            case Items() if is_key(segment):
                field, key = field.item, ""
            case _:
                raise KeyError(name)
    return field, depth, key


def one_block(
    field: Field, node: Node, name: str, *, comma: bool, contents: Contents | None = None
) -> Block:
    """Return one block on its own, as ``blocks`` would yield it inside its event."""
    _, depth, key = part_of(field, name)
    if isinstance(node, Unknown):
        key = quote(node.name)
    return Block(name, "", _Walk(contents).lines(node, depth, key, "," if comma else ""))


def _split(
    walk: "_Walk", field: Group, record: Record, name: str, pointer: str, depth: int, key: str
) -> list[Block]:
    """Cut an object at its members; the lines between belong to no block."""
    if not record.members:
        return [Block(f"{name}@open", pointer, (Line(depth, key, "{}", "p", "", ""),))]
    out = [Block(f"{name}@open", pointer, (Line(depth, key, "{", "p", "", ""),))]
    left = len(record.members)
    for member, node in record.members.items():
        left -= 1
        comma = "," if left else ""
        below = field.members.get(member)
        at = f"{name}.{member}" if name else member
        wire_name = node.name if isinstance(node, Unknown) else member
        to = f"{pointer}/{_escaped(wire_name)}"
        if isinstance(below, Group) and isinstance(node, Record) and not name:
            *inner, end = _split(walk, below, node, at, to, depth + 1, quote(member))
            out += inner
            out.append(Block(end.name, to, (end.lines[-1]._replace(comma=comma),)))
        elif isinstance(below, Items) and below.of_objects and isinstance(node, Listing):
            out += _split_items(walk, node, at, to, depth + 1, quote(member), comma)
        else:
            out.append(Block(at, to, walk.lines(node, depth + 1, quote(wire_name), comma)))
    out.append(Block(f"{name}@close", pointer, (Line(depth, "", "}", "p", "", ""),)))
    return out


def _split_items(
    walk: "_Walk", listing: Listing, name: str, pointer: str, depth: int, key: str, comma: str
) -> list[Block]:
    if not listing.items:
        return [Block(f"{name}@open", pointer, (Line(depth, key, "[]", "p", "", "", comma),))]
    out = [Block(f"{name}@open", pointer, (Line(depth, key, "[", "p", "", ""),))]
    last = len(listing.items) - 1
    for place, (item, node) in enumerate(listing.items.items()):
        lines = walk.lines(node, depth + 1, "", "," if place < last else "")
        out.append(Block(f"{name}.{item}", f"{pointer}/{place}", lines))
    out.append(Block(f"{name}@close", pointer, (Line(depth, "", "]", "p", "", "", comma),)))
    return out


def _escaped(name: str) -> str:
    """Escape a member's name for a JSON Pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")


# Where a value goes: how deep, behind which key, its name and pointer, and what follows it.
_Spot: TypeAlias = tuple[int, str, str, str, str]


class _Walk:
    """Turns nodes into lines; ``contents`` is asked for stored strings where they are wanted."""

    def __init__(self, contents: Contents | None) -> None:
        self._contents = contents

    def lines(self, node: Node, depth: int, key: str, comma: str) -> tuple[Line, ...]:
        """Return the lines of one node, a comma behind the last where one follows."""
        made = node.made if isinstance(node, Picked) and self._contents is None else None
        spot = (depth, key, "", "", comma)
        if made is not None and (kept := made.get(spot)) is not None:
            return cast("tuple[Line, ...]", kept)
        out: list[Line] = []
        self._node(out, node, spot)
        lines = tuple(out)
        if made is not None:
            made[spot] = lines
        return lines

    def _node(self, out: list[Line], node: Node, spot: _Spot) -> None:
        match node:
            case Leaf():
                self._scalar(out, node.value, spot)
            case Picked():
                self._node(out, node.node, spot)
            case Record():
                members = [
                    (below.name if isinstance(below, Unknown) else member, member, below)
                    for member, below in node.members.items()
                ]
                self._object(out, members, spot)
            case Table():
                entries = [(entry.name, at, entry.node) for at, entry in node.entries.items()]
                self._object(out, entries, spot)
            case Listing():
                self._list(out, node, spot)
            case Unknown():
                self._value(out, node.node.value, spot)
            case Raw():
                self._value(out, node.value, spot)
            case Null():
                self._scalar(out, None, spot)
            case _:
                text = self._stored(node)
                depth, key, name, pointer, comma = spot
                out.append(Line(depth, key, text, "m", name, pointer, comma))

    def _object(self, out: list[Line], members: list[tuple[str, str, Node]], spot: _Spot) -> None:
        depth, _, name, pointer, _ = spot
        last = _open(out, spot, "{", "}", len(members))
        for place, (wire_name, at, node) in enumerate(members):
            comma = "," if place < last else ""
            to = f"{pointer}/{_escaped(wire_name)}"
            self._node(out, node, (depth + 1, quote(wire_name), f"{name}.{at}", to, comma))
        _close(out, spot, "}", last)

    def _list(self, out: list[Line], listing: Listing, spot: _Spot) -> None:
        depth, _, name, pointer, _ = spot
        last = _open(out, spot, "[", "]", len(listing.items))
        for place, (at, item) in enumerate(listing.items.items()):
            comma = "," if place < last else ""
            self._node(out, item, (depth + 1, "", f"{name}.{at}", f"{pointer}/{place}", comma))
        _close(out, spot, "]", last)

    def _value(self, out: list[Line], value: JsonValue, spot: _Spot) -> None:
        """Free JSON: every line belongs to the one input it was typed into."""
        depth, _, name, pointer, _ = spot
        if isinstance(value, dict):
            members = [(quote(at), f"{pointer}/{_escaped(at)}", item) for at, item in value.items()]
            opening, closing = "{", "}"
        elif isinstance(value, list):
            members = [("", f"{pointer}/{at}", item) for at, item in enumerate(value)]
            opening, closing = "[", "]"
        else:
            self._scalar(out, value, spot)
            return
        last = _open(out, spot, opening, closing, len(members))
        for place, (key, to, item) in enumerate(members):
            self._value(out, item, (depth + 1, key, name, to, "," if place < last else ""))
        _close(out, spot, closing, last)

    def _scalar(self, out: list[Line], value: JsonValue, spot: _Spot) -> None:
        depth, key, name, pointer, comma = spot
        kind = "s" if isinstance(value, str) else "n"
        out.append(Line(depth, key, scalar(value), kind, name, pointer, comma))

    def _stored(self, node: Stored) -> str:
        if self._contents is None:
            return f"“{node.label}”"
        return quote(self._contents(node.token) or "")


def _open(out: list[Line], spot: _Spot, opening: str, closing: str, count: int) -> int:
    """Write the line that opens an object or a list; return the place of its last part."""
    depth, key, name, pointer, comma = spot
    if count:
        out.append(Line(depth, key, opening, "p", name, pointer))
    else:
        out.append(Line(depth, key, opening + closing, "p", name, pointer, comma))
    return count - 1


def _close(out: list[Line], spot: _Spot, closing: str, last: int) -> None:
    if last >= 0:
        depth, _, name, pointer, comma = spot
        out.append(Line(depth, "", closing, "p", name, pointer, comma))
