"""JSON Patch (RFC 6902) on exact values: what a fix does to an event, also in words."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from webapp.exact_json.reader import JsonValue
from webapp.exact_json.writer import write

Steps: TypeAlias = Sequence[Mapping[str, Any]]

_PLACE = re.compile(r"0|[1-9][0-9]{0,8}", re.ASCII)

LONGEST_VALUE_CHARS = 40


class Misfit(ValueError):  # noqa: N818  # it says what the patch is
    """A patch that does not fit the value: it names the step, counted from 1, and the reason."""


def apply(value: JsonValue, patch: Steps) -> JsonValue:
    """Return ``value`` after the steps of ``patch``; what is not touched is shared, not copied.

    A member that is moved inside its object keeps its place there.

    Raises:
        Misfit: if a step cannot be taken.
    """
    for number, step in enumerate(patch, start=1):
        try:
            value = _OPS[step["op"]](value, step)
        except KeyError as missing:
            raise Misfit(f"step {number}: there is no {missing}") from None
        except _NoFit as error:
            raise Misfit(f"step {number} ({step['op']}): {error}") from None
    return value


def steps_of(pointer: str) -> list[str]:
    """Return the member names and list places that a JSON Pointer leads through."""
    if pointer and not pointer.startswith("/"):
        raise _NoFit(f"{pointer!r} is no JSON Pointer")
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def in_words(patch: Steps) -> str:
    """Say in a few words what a patch does: “rename to max_output_tokens”."""
    for op in ("move", "replace", "add", "remove"):
        chosen = [step for step in patch if step["op"] == op]
        if chosen:
            said = _WORDS[op](chosen[-1])
            return " and ".join([*_said_before(chosen), said])
    return "change it"


def loses_nothing(patch: Steps) -> bool:
    """Whether a patch only adds and moves: what was there is there afterwards."""
    return all(step["op"] in ("add", "move", "copy", "test") for step in patch)


def _said_before(steps: list[Mapping[str, Any]]) -> list[str]:
    """Of several members that are added, all that are not the place of another."""
    before, last = steps[:-1], steps[-1]
    if last["op"] != "add":
        return []
    return [_WORDS["add"](step) for step in before if not last["path"].startswith(step["path"])]


class _NoFit(Exception):  # noqa: N818
    pass


def _add(value: JsonValue, step: Mapping[str, Any]) -> JsonValue:
    return _put(value, steps_of(step["path"]), step["value"])


def _remove(value: JsonValue, step: Mapping[str, Any]) -> JsonValue:
    return _take(value, steps_of(step["path"]))


def _replace(value: JsonValue, step: Mapping[str, Any]) -> JsonValue:
    path = steps_of(step["path"])
    _at(value, path)
    return _changed(value, path, lambda _: step["value"])


def _move(value: JsonValue, step: Mapping[str, Any]) -> JsonValue:
    source, target = steps_of(step["from"]), steps_of(step["path"])
    moved = _at(value, source)
    if source == target:
        return value
    if target[: len(source)] == source:
        raise _NoFit(f"{step['from']} cannot go into itself")
    *parent, name = source
    if parent == target[:-1] and isinstance(_at(value, parent), dict):
        return _changed(value, parent, lambda owner: _renamed(owner, name, target[-1]))
    return _put(_take(value, source), target, moved)


def _copy(value: JsonValue, step: Mapping[str, Any]) -> JsonValue:
    return _put(value, steps_of(step["path"]), _at(value, steps_of(step["from"])))


def _test(value: JsonValue, step: Mapping[str, Any]) -> JsonValue:
    if not _equal(_at(value, steps_of(step["path"])), step["value"]):
        raise _NoFit(f"{step['path'] or 'the whole'} holds something else")
    return value


_OPS: dict[str, Callable[[JsonValue, Mapping[str, Any]], JsonValue]] = {
    "add": _add,
    "remove": _remove,
    "replace": _replace,
    "move": _move,
    "copy": _copy,
    "test": _test,
}


def _at(value: JsonValue, path: Sequence[str]) -> JsonValue:
    for step in path:
        if isinstance(value, dict):
            if step not in value:
                raise _NoFit(f"there is no member {step!r}")
            value = value[step]
        elif isinstance(value, list):
            value = value[_place(step, len(value) - 1)]
        else:
            raise _NoFit(f"there is nothing inside to find {step!r} in")
    return value


def _changed(
    value: JsonValue, path: Sequence[str], change: Callable[[JsonValue], JsonValue]
) -> JsonValue:
    """Return ``value`` with the part at ``path`` changed."""
    if not path:
        return change(value)
    head, *rest = path
    if isinstance(value, dict) and head in value:
        return {**value, head: _changed(value[head], rest, change)}
    if isinstance(value, list):
        place = _place(head, len(value) - 1)
        return [*value[:place], _changed(value[place], rest, change), *value[place + 1 :]]
    raise _NoFit(f"there is nothing at {head!r}")


def _put(value: JsonValue, path: list[str], new: JsonValue) -> JsonValue:
    if not path:
        return new
    *parent, name = path
    return _changed(value, parent, lambda owner: _with(owner, name, new))


def _with(owner: JsonValue, name: str, new: JsonValue) -> JsonValue:
    if isinstance(owner, dict):
        return {**owner, name: new}
    if isinstance(owner, list):
        place = len(owner) if name == "-" else _place(name, len(owner))
        return [*owner[:place], new, *owner[place:]]
    raise _NoFit(f"{name!r} can only be put into an object or a list")


def _take(value: JsonValue, path: list[str]) -> JsonValue:
    if not path:
        raise _NoFit("the whole cannot be taken away")
    _at(value, path)
    *parent, name = path
    return _changed(value, parent, lambda owner: _without(owner, name))


def _without(owner: JsonValue, name: str) -> JsonValue:
    if isinstance(owner, dict):
        return {member: item for member, item in owner.items() if member != name}
    items = owner if isinstance(owner, list) else []
    place = int(name)
    return [*items[:place], *items[place + 1 :]]


def _renamed(owner: JsonValue, old: str, new: str) -> JsonValue:
    members = owner if isinstance(owner, dict) else {}
    return {
        new if name == old else name: item
        for name, item in members.items()
        if name == old or name != new
    }


def _place(step: str, most: int) -> int:
    if not _PLACE.fullmatch(step) or int(step) > most:
        raise _NoFit(f"the list has no place {step!r}")
    return int(step)


def _equal(one: JsonValue, other: JsonValue) -> bool:
    """Compare as JSON does: 1 and 1.0 are equal, 1 and true are not."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_equal(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_equal, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and one == other


def _said_move(step: Mapping[str, Any]) -> str:
    source, target = steps_of(step["from"]), steps_of(step["path"])
    if source[:-1] == target[:-1]:
        return f"rename to {target[-1]}"
    inside = target[1:] if target[0] == "response" and len(target) > 2 else target
    return f"move to {'.'.join(inside)}"


def _said_value(step: Mapping[str, Any]) -> str:
    text = write(step["value"], indent=None)
    return text if len(text) <= LONGEST_VALUE_CHARS else f"{text[: LONGEST_VALUE_CHARS - 1]}…"


def _said_removal(step: Mapping[str, Any]) -> str:
    name = steps_of(step["path"])[-1]
    return "remove this item" if _PLACE.fullmatch(name) else f"remove {name}"


_WORDS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "move": _said_move,
    "replace": lambda step: f"write {_said_value(step)}",
    "add": lambda step: f"add {steps_of(step['path'])[-1]}: {_said_value(step)}",
    "remove": _said_removal,
}
