"""What the buttons of a form do: add, remove, move, set, unset, pick; each gives a new tree."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from webapp.exact_json.reader import JsonValue, Unreadable
from webapp.exact_json.writer import write
from webapp.forms.branches import BadSubmission
from webapp.forms.fields import (
    EXTRA,
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
    tokens_in,
)
from webapp.forms.submission import (
    fill,
    flatten,
    is_token,
    leaf,
    likeness,
    pick,
    read_part,
)

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
            if not path and verb != "add":
                raise KeyError(name)
            change = _ON_ITSELF[verb]
            focus = name
            after = _edit(field, root, path, lambda below, node: change(below, node, how))
            if verb == "add":
                focus = _joined(name, _keys_of(_at(field, after, path))[-1])
        else:
            *above, last = path
            among = _AMONG[verb]
            keys = _keys_of(_at(field, root, above))
            after = _edit(
                field,
                root,
                above,
                lambda below, node: _inside(below, node, lambda _, inner: among(inner, last, how)),
            )
            focus = _next_focus(".".join(above), last, verb, keys, _at(field, after, above))
    except BadSubmission:
        raise
    except (KeyError, ValueError):
        raise BadSubmission(button, NOTHING_THERE) from None
    return Edited(after, focus)


NOTHING_THERE = "there is nothing by this name on the form now"


def initial(field: Field, how: str = "") -> Node:
    """Return what a question holds when it is first asked; ``how`` picks among several ways.

    Raises:
        KeyError: for a way that the question does not have, null where it may not be among them.
    """
    if how == "null":
        return _null(field)
    if how not in _ANY_FIELD and not _has_way(field, how):
        raise KeyError(how)
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


_ANY_FIELD = ("", "first", "empty")


def _has_way(field: Field, how: str) -> bool:
    match field:
        case Variants():
            return field.named(how) is not None
        case Items():
            return _has_way(field.item, how)
        case Choice():
            return how in field.options
        case Flag():
            return how in ("true", "false")
        case Media():
            return is_token(how)
    return False


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


def _inside(field: Field, node: Node, change: Callable[[Field, Node], Node]) -> Node:
    """Return ``node`` changed; of a union, what the picked variant holds."""
    if isinstance(field, Variants) and isinstance(node, Picked):
        inner = change(field.picked(node.variant).field, node.node)
        return replace(node, node=inner)
    return change(field, node)


def _edit_member(
    field: Group,
    record: Record,
    head: str,
    rest: list[str],
    change: Callable[[Field, Node], Node],
) -> Record:
    below = field.members[head]
    node = record.members.get(head)
    if node is None:
        # A button on a member that is not there yet first puts the member there.
        node = initial(below, "empty")
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
    return _inside(field, node, lambda below, inner: _added(below, inner, how))


def _added(field: Field, node: Node, how: str) -> Node:
    match field, node:
        case Group(), Record() if not how:
            new = Unknown("", raw(""))
            return Record({**node.members, _new_key(node.members, "+k"): new})
        case Items(), Listing():
            return Listing({**node.items, _new_key(node.items): initial(field.item, how)})
        case Pairs(), Table():
            pair = Entry("", initial(field.value, how))
            return Table({**node.entries, _new_key(node.entries): pair})
    raise KeyError("add")


def _null(field: Field) -> Null:
    if not field.nullable:
        raise KeyError("null")
    return Null()


def _shape(field: Field, node: Node, how: str) -> Node:
    """Fill a question in another way, keeping what both ways have."""
    if how == "null":
        return _null(field)
    if how == "json":
        return _as_json(node)
    if isinstance(field, Variants):
        return _switch(field, node, how)
    if how or not isinstance(node, Raw):
        raise KeyError(how)
    return as_form(field, node) or node


def _as_json(node: Node) -> Raw:
    if isinstance(node, Raw):
        return node
    if any(tokens_in(node)):
        raise BadSubmission("json", "a stored sound or picture is not edited as text")
    value = value_of(node)
    return Raw(write(value), value)


def as_form(field: Field, node: Raw) -> Node | None:
    """Return what was typed as JSON as answers to the questions of a form, where it fits one."""
    filled = fill(field, node.value)
    return None if isinstance(filled, (Raw, Null)) else filled


def _switch(field: Variants, node: Node, how: str) -> Node:
    variant = field.picked(how)
    parked: dict[str, tuple[tuple[str, str], ...]] = {}
    old: Field = field
    if isinstance(node, Picked):
        if node.variant == how:
            return node
        old = field.picked(node.variant).field
        parked = {**node.parked, node.variant: tuple(flatten(old, node.node, "x"))}
        node = node.node
    elif pick(field, value_of(node)) == variant:
        return fill(field, value_of(node))
    inputs = parked.pop(how, ())
    fresh = read_part(variant.field, "x", inputs) if inputs else initial(variant.field)
    return Picked(how, _overlaid(variant.field, fresh, old, node), parked)


def _overlaid(field: Field, fresh: Node, old: Field, node: Node) -> Node:
    """Carry over the members that both variants have, and those that neither knows."""
    if not isinstance(field, Group) or not isinstance(fresh, Record):
        return fresh
    members = dict(fresh.members)
    unknown = {below.name: key for key, below in members.items() if isinstance(below, Unknown)}
    for key, below in _members_of(node).items():
        name = below.name if isinstance(below, Unknown) else key
        target = field.members.get(name)
        if target is None:
            if isinstance(below, Unknown):
                members[unknown.pop(name, "") or _new_key(members, "+k")] = below
        elif not isinstance(target, Fixed):
            known = old.members.get(key, EXTRA) if isinstance(old, Group) else EXTRA
            carried = _refitted(known, target, below)
            untouched = name in members and below == initial(known, "first")
            # Never at the price of a sound or picture: what is not carried over stays parked.
            stored = {*tokens_in(below), *tokens_in(members.get(name))}
            if not untouched and stored <= {*tokens_in(carried)}:
                members[name] = carried
    return Record(_in_model_order(field, fresh, members))


def _members_of(node: Node) -> Mapping[str, Node]:
    if isinstance(node, Record):
        return node.members
    value = node.value if isinstance(node, Raw) else None
    members = value.items() if isinstance(value, dict) else ()
    return {
        f"+k{place}": Unknown(name, Raw(write(item), item))
        for place, (name, item) in enumerate(members, start=1)
    }


def _refitted(old: Field, new: Field, node: Node) -> Node:
    """Return an answer to one question as the answer to a like one, kept as typed if possible."""
    if old == new:
        return node
    match old, new, node:
        case _, _, Unknown():
            return _refitted(EXTRA, new, node.node)
        case (_, Json(), Raw()) | (_, _, Raw(fault=Unreadable())):
            return node
        case Items(), Items(), Listing():
            items = node.items.items()
            return Listing({key: _refitted(old.item, new.item, item) for key, item in items})
        case _, _, Leaf() if type(old) is type(new):
            return leaf(new, node.text)
    value = value_of(node)
    return fill(new, value if likeness(new, value) else _renamed(new, value))


def _renamed(field: Field, value: JsonValue) -> JsonValue:
    """Give an object the fixed members of the first variant that has all its members."""
    fields = [one.field for one in field.variants] if isinstance(field, Variants) else [field]
    for one in fields:
        if isinstance(one, Group) and isinstance(value, dict) and value.keys() <= {*one.members}:
            return value | {
                name: below.value
                for name, below in one.members.items()
                if isinstance(below, Fixed) and name in value
            }
    return value


def _unset(node: Node, key: str, how: str) -> Node:
    if how:
        raise KeyError(how)
    match node:
        case Record():
            return Record(_without(node.members, key))
        case Listing():
            return Listing(_without(node.items, key))
        case Table():
            return Table(_without(node.entries, key))
    raise KeyError(key)


def _move(node: Node, key: str, how: str) -> Node:
    """Move an item ``up``, ``down``, to the ``last`` place, or before the item of a key."""
    match node:
        case Listing():
            return Listing(_moved(node.items, key, how))
        case Table():
            return Table(_moved(node.entries, key, how))
    raise KeyError(key)


def _copy(node: Node, key: str, how: str) -> Node:
    if how:
        raise KeyError(how)
    match node:
        case Listing():
            return Listing(_doubled(node.items, key))
        case Table():
            return Table(_doubled(node.entries, key))
    raise KeyError(key)


_ON_ITSELF: dict[str, Callable[[Field, Node, str], Node]] = {
    "set": _set,
    "add": _add,
    "shape": _shape,
}
_AMONG: dict[str, Callable[[Node, str, str], Node]] = {
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
    return _joined(above, key)


def _joined(above: str, key: str) -> str:
    return f"{above}.{key}" if above else key
