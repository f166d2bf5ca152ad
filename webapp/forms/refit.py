"""A tree after its value was changed from outside: what did not change stays as it was typed."""

from collections.abc import Iterable, Mapping

from webapp.exact_json.reader import JsonValue
from webapp.exact_json.writer import write
from webapp.forms.fields import EXTRA, Field, Group, Items, Pairs, Variants
from webapp.forms.nodes import Entry, Listing, Node, Picked, Raw, Record, Table, Unknown
from webapp.forms.submission import Keep, fill, order_of, pick


def refit(
    field: Field, node: Node, old: JsonValue, new: JsonValue, keep: Keep | None = None
) -> Node:
    """Return ``node``, whose value is ``old``, with the value ``new``.

    Parts that ``new`` shares with ``old`` - the very same objects - keep their text, their keys and
    what the variants that are not picked hold.
    """
    if new is old:
        return node
    match field, node, old, new:
        case Variants(), Picked(), _, _:
            if pick(field, new) == field.picked(node.variant):
                inner = field.picked(node.variant).field
                return Picked(
                    node.variant, refit(inner, node.node, old, new, keep), dict(node.parked)
                )
        case Group(), Record(), dict(), dict():
            return _record(field, node, old, new, keep)
        case Items(), Listing(), list(), list():
            return _listing(field, node, old, new, keep)
        case Pairs(), Table(), dict(), dict():
            return _table(field, node, old, new, keep)
        case _, Unknown(), _, _:
            return Unknown(node.name, Raw(write(new), new))
    return fill(field, new, keep)


def _record(
    field: Group,
    node: Record,
    old: Mapping[str, JsonValue],
    new: Mapping[str, JsonValue],
    keep: Keep | None,
) -> Record:
    keys = {
        below.name if isinstance(below, Unknown) else key: key
        for key, below in node.members.items()
    }
    members: dict[str, Node] = {}
    for name, value in new.items():
        key = keys.get(name, "")
        if key:
            below = node.members[key]
            inner = field.members.get(key, EXTRA)
            members[key] = refit(inner, below, old.get(name), value, keep)
        elif name in field.members:
            members[name] = fill(field.members[name], value, keep)
        else:
            members[_new_key([*node.members, *members], "+k")] = Unknown(
                name, Raw(write(value), value)
            )
    # Of members with one name the last one counts; the others are kept beside it.
    doubled = {
        key: below
        for key, below in node.members.items()
        if isinstance(below, Unknown) and below.name in new and key not in members
    }
    members |= doubled
    return Record(_in_order(field, node, members))


def _in_order(field: Group, before: Record, members: dict[str, Node]) -> dict[str, Node]:
    """Put members where the model has them, unless the order is the visitor's own."""
    if order_of(field, before):
        return members
    order = [name for name in field.members if name in members]
    return {name: members[name] for name in [*order, *(n for n in members if n not in order)]}


def _listing(
    field: Items,
    node: Listing,
    old: list[JsonValue],
    new: list[JsonValue],
    keep: Keep | None,
) -> Listing:
    """Match items by what they are, then those that changed by their place."""
    keys = list(node.items)
    known = {id(value): key for key, value in zip(keys, old, strict=True) if _is_own(value)}
    same = len(old) == len(new)
    items: dict[str, Node] = {}
    for place, value in enumerate(new):
        key = known.get(id(value), keys[place] if same else "")
        if key and key not in items:
            was = old[keys.index(key)]
            items[key] = refit(field.item, node.items[key], was, value, keep)
        else:
            items[_new_key([*keys, *items], "k")] = fill(field.item, value, keep)
    return Listing(items)


def _is_own(value: JsonValue) -> bool:
    """Whether a value is told from its equals by identity: texts and numbers may be shared."""
    return isinstance(value, dict | list)


def _table(
    field: Pairs,
    node: Table,
    old: Mapping[str, JsonValue],
    new: Mapping[str, JsonValue],
    keep: Keep | None,
) -> Table:
    last = {entry.name: key for key, entry in node.entries.items()}
    entries: dict[str, Entry] = {}
    for key, entry in node.entries.items():
        if entry.name not in new:
            continue
        if last[entry.name] == key:
            value = new[entry.name]
            inner = refit(field.value, entry.node, old.get(entry.name), value, keep)
            entries[key] = Entry(entry.name, inner)
        else:
            entries[key] = entry
    for name, value in new.items():
        if name not in last:
            key = _new_key([*node.entries, *entries], "k")
            entries[key] = Entry(name, fill(field.value, value, keep))
    return Table(entries)


def _new_key(taken: Iterable[str], start: str) -> str:
    numbers = [
        int(key.removeprefix(start))
        for key in taken
        if key.startswith(start) and key.removeprefix(start).isdecimal()
    ]
    return f"{start}{max(numbers, default=0) + 1}"
