"""What the buttons of a form do: add, remove, move, set, unset, pick; each gives a new tree."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from webapp.forms.fields import (
    Choice,
    Field,
    Fixed,
    Flag,
    Group,
    Items,
    Json,
    Media,
    Number,
    Pairs,
    Variants,
)
from webapp.forms.nodes import (
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
    raw,
)
from webapp.forms.submission import (
    BadSubmission,
    fill,
    flatten,
    is_token,
    leaf,
    pick,
    read_part,
)
from webapp.wire_reader import JsonValue
from webapp.wire_writer import write

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Edited:
    """A tree after a button was pressed, and the name of the question to go on with."""

    root: Node
    focus: str


def press(field: Field, root: Node, button: str) -> Edited:
    """Return the tree after ``button``, the value of the pressed one: ``verb:name[:how]``.

    Raises:
        BadSubmission: if there is no such button, or nothing by that name any more.
    """
    verb, _, rest = button.partition(":")
    name, _, how = rest.partition(":")
    path = name.split(".") if name else []
    try:
        if verb in _ON_ITSELF:
            change = _ON_ITSELF[verb]
            focus = name
            after = _edit(field, root, path, lambda below, node: change(below, node, how))
            if verb == "add":
                focus = f"{name}.{_last_key(_at(field, after, path))}"
        else:
            *above, last = path
            among = _AMONG[verb]
            keys = _keys_of(_at(field, root, above))
            after = _edit(field, root, above, lambda below, node: among(below, node, last, how))
            focus = _next_focus(".".join(above), last, verb, keys, _at(field, after, above))
    except (KeyError, ValueError, TypeError) as gone:
        if isinstance(gone, BadSubmission):
            raise
        raise BadSubmission(button, "there is nothing by this name on the form now") from None
    return Edited(after, focus)


def initial(field: Field, how: str = "") -> Node:
    """Return what a question holds when it is first asked; ``how`` picks among several ways."""
    if how == "null":
        return Null()
    if how == "json":
        return Raw("", "")
    match field:
        case Variants():
            variant = field.named(how) or field.variants[0]
            return Picked(variant.key, initial(variant.field))
        case Group():
            return Record(
                {
                    name: initial(below, "first")
                    for name, below in field.members.items()
                    if below.required or below.wanted
                }
            )
        case Items():
            return Listing({} if how == "empty" or not how else {"k1": initial(field.item, how)})
        case Pairs():
            return Table({} if how == "empty" else {"k1": Entry("", initial(field.value))})
        case Json():
            first = raw(field.initial)
            return first if first.fault else Raw(write(first.value), first.value)
        case Choice():
            return leaf(field, how if how in field.options else field.options[0])
        case Flag():
            return leaf(field, "false" if how == "false" else "true")
        case Media() if is_token(how):
            return Stored(how)
        case Number():
            return leaf(field, field.initial)
        case Fixed():
            return Leaf(field.value, field.value)
        case _:
            return leaf(field, "")


def value_of(node: Node) -> JsonValue:
    """Return the JSON value of a tree; of equal names in a map the last one counts."""
    match node:
        case Leaf() | Raw():
            return node.value
        case Picked():
            return value_of(node.node)
        case Record():
            return {
                below.name if isinstance(below, Unknown) else name: value_of(below)
                for name, below in node.members.items()
            }
        case Listing():
            return [value_of(item) for item in node.items.values()]
        case Table():
            return {entry.name: value_of(entry.node) for entry in node.entries.values()}
        case Unknown():
            return node.node.value
        case Null():
            return None
        case _:
            return node.value


def _edit(field: Field, node: Node, path: list[str], change: Callable[[Field, Node], Node]) -> Node:
    """Return ``node`` with the part at ``path`` changed."""
    if not path:
        return change(field, node)
    if isinstance(node, Picked):
        return _inside(field, node, lambda below, inner: _edit(below, inner, path, change))
    head, *rest = path
    if isinstance(node, Record) and isinstance(field, Group):
        return _edit_member(field, node, head, rest, change)
    if isinstance(node, Listing) and isinstance(field, Items):
        item = _edit(field.item, node.items[head], rest, change)
        return Listing({**node.items, head: item})
    if isinstance(node, Table) and isinstance(field, Pairs):
        entry = node.entries[head]
        changed = replace(entry, node=_edit(field.value, entry.node, rest, change))
        return Table({**node.entries, head: changed})
    raise KeyError(head)


def _inside(field: Field, node: Picked, change: Callable[[Field, Node], Node]) -> Picked:
    """Return ``node`` with what its variant holds changed."""
    variant = field.named(node.variant) if isinstance(field, Variants) else None
    if variant is None:
        raise KeyError(node.variant)
    return replace(node, node=change(variant.field, node.node))


def _edit_member(
    field: Group,
    record: Record,
    head: str,
    rest: list[str],
    change: Callable[[Field, Node], Node],
) -> Record:
    below = field.member(head)
    node = record.members.get(head)
    if node is None:
        # A button on a member that is not there yet first puts the member there.
        node = initial(below, "empty") if isinstance(below, (Items, Pairs)) else initial(below)
    changed = {**record.members, head: _edit(below, node, rest, change)}
    if head in record.members:
        return Record(changed)
    return Record(_in_model_order(field, record, changed))


def _in_model_order(field: Group, before: Record, members: Mapping[str, Node]) -> dict[str, Node]:
    """Put a new member where the model has it, unless the order is the visitor's own."""
    natural = [name for name in field.members if name in before.members]
    natural += [name for name in before.members if name not in field.members]
    if natural != list(before.members):
        return dict(members)
    order = [name for name in field.members if name in members]
    order += [name for name in members if name not in field.members]
    return {name: members[name] for name in order}


def _at(field: Field, node: Node, path: list[str]) -> Node:
    found: list[Node] = []

    def look(_: Field, here: Node) -> Node:
        found.append(here)
        return here

    _edit(field, node, path, look)
    here = found[0]
    return here.node if isinstance(here, Picked) else here


def _set(field: Field, node: Node, how: str) -> Node:
    del node
    return initial(field, how)


def _add(field: Field, node: Node, how: str) -> Node:
    if isinstance(node, Picked):
        return _inside(field, node, lambda below, inner: _add(below, inner, how))
    if isinstance(node, Record) and isinstance(field, Group):
        return Record({**node.members, _new_key(node.members, "+k"): Unknown("", raw(""))})
    if isinstance(node, Listing) and isinstance(field, Items):
        return Listing({**node.items, _new_key(node.items): initial(field.item, how)})
    if isinstance(node, Table) and isinstance(field, Pairs):
        new = Entry("", initial(field.value, how))
        return Table({**node.entries, _new_key(node.entries): new})
    raise KeyError("add")


def _shape(field: Field, node: Node, how: str) -> Node:
    """Fill a question in another way, keeping what both ways have."""
    if how == "null":
        return Null()
    if how == "json":
        return Raw(write(value_of(node)), value_of(node)) if not isinstance(node, Raw) else node
    if isinstance(field, Variants):
        return _switch(field, node, how)
    value = value_of(node)
    filled = fill(field, value)
    return initial(field) if isinstance(filled, (Raw, Null)) else filled


def _switch(field: Variants, node: Node, how: str) -> Node:
    variant = field.named(how)
    if variant is None:
        raise KeyError(how)
    parked = dict(node.parked) if isinstance(node, Picked) else {}
    value = value_of(node)
    if isinstance(node, Picked):
        before = field.named(node.variant)
        if before is not None:
            parked[before.key] = tuple(flatten(before.field, node.node, "x"))
    elif pick(field, value) == variant:
        return fill(field, value)
    inputs = parked.pop(how, ())
    fresh = read_part(variant.field, "x", inputs) if inputs else initial(variant.field)
    return Picked(how, _overlaid(variant.field, fresh, node), parked)


def _overlaid(field: Field, fresh: Node, old: Node) -> Node:
    """Carry over the members that both variants have."""
    old = old.node if isinstance(old, Picked) else old
    if not isinstance(field, Group) or not isinstance(fresh, Record):
        return fresh
    if isinstance(old, Raw):
        carried: Mapping[str, JsonValue] = old.value if isinstance(old.value, dict) else {}
    else:
        carried = {
            name: value_of(below)
            for name, below in (old.members if isinstance(old, Record) else {}).items()
            if not isinstance(below, Unknown)
        }
    members = dict(fresh.members)
    for name, below in field.members.items():
        if name in carried and not isinstance(below, Fixed):
            kept = old.members.get(name) if isinstance(old, Record) else None
            same = isinstance(kept, Leaf)
            members[name] = kept if same and kept else fill(below, carried[name])
    return Record(members)


def _unset(field: Field, node: Node, key: str, how: str) -> Node:
    if isinstance(node, Picked):
        return _inside(field, node, lambda below, inner: _unset(below, inner, key, how))
    if isinstance(node, Record):
        return Record(_without(node.members, key))
    if isinstance(node, Listing):
        return Listing(_without(node.items, key))
    if isinstance(node, Table):
        return Table(_without(node.entries, key))
    raise KeyError(key)


def _move(field: Field, node: Node, key: str, how: str) -> Node:
    """Move an item ``up``, ``down``, or before the item whose key is given."""
    del field
    if isinstance(node, Listing):
        return Listing(_moved(node.items, key, how))
    if isinstance(node, Table):
        return Table(_moved(node.entries, key, how))
    raise KeyError(key)


def _copy(field: Field, node: Node, key: str, how: str) -> Node:
    del field, how
    if isinstance(node, Listing):
        return Listing(_doubled(node.items, key))
    if isinstance(node, Table):
        return Table(_doubled(node.entries, key))
    raise KeyError(key)


_ON_ITSELF: dict[str, Callable[[Field, Node, str], Node]] = {
    "set": _set,
    "add": _add,
    "shape": _shape,
}
_AMONG: dict[str, Callable[[Field, Node, str, str], Node]] = {
    "unset": _unset,
    "move": _move,
    "copy": _copy,
}


def _without(things: Mapping[str, _T], key: str) -> dict[str, _T]:
    if key not in things:
        raise KeyError(key)
    return {at: thing for at, thing in things.items() if at != key}


def _moved(things: Mapping[str, _T], key: str, how: str) -> dict[str, _T]:
    order = list(things)
    place = order.index(key)
    order.remove(key)
    places = {"up": max(place - 1, 0), "down": place + 1, "last": len(order)}
    order.insert(places[how] if how in places else order.index(how), key)
    return {at: things[at] for at in order}


def _doubled(things: Mapping[str, _T], key: str) -> dict[str, _T]:
    after: dict[str, _T] = {}
    for at, thing in things.items():
        after[at] = thing
        if at == key:
            after[_new_key(things)] = thing
    return after


def _new_key(things: Mapping[str, object], start: str = "k") -> str:
    taken = [int(key.removeprefix(start)) for key in things if key.startswith(start)]
    return f"{start}{max(taken, default=0) + 1}"


def _keys_of(node: Node) -> list[str]:
    match node:
        case Record():
            return list(node.members)
        case Listing():
            return list(node.items)
        case Table():
            return list(node.entries)
    return []


def _last_key(node: Node) -> str:
    return _keys_of(node)[-1]


def _next_focus(above: str, key: str, verb: str, before: list[str], after: Node) -> str:
    """Return the moved or copied item, or a neighbour of the removed one."""
    keys = _keys_of(after)
    if verb == "copy":
        key = keys[keys.index(key) + 1]
    elif verb == "unset" and isinstance(after, (Listing, Table)):
        place = before.index(key)
        if not keys:
            return above
        key = keys[min(place, len(keys) - 1)]
    return f"{above}.{key}" if above else key
