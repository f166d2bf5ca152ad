"""Fixes tried out before they are offered, each on the part of the event that it is about."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import TypeAlias

from webapp.exact_json.patches import Steps, apply, steps_of
from webapp.exact_json.reader import JsonValue
from webapp.forms.problems import Patch, Problem, Severity
from webapp.forms.problems import pointer as in_pointer

MOST_ALONG = 4  # fixes in one

Look: TypeAlias = Callable[[JsonValue], list[Problem]]

_PARAMS = ("response",)

# What is read together with the tools.
_OF_TOOLS = {"tools", "tool_choice", "conversation"}

# Objects whose members have nothing to do with each other.
_MAPS = (("response", "metadata"), ("response", "prompt", "variables"))

# What items of a list are told apart by, or belong together by.
_NAMES = {
    ("response", "input"): ("id", "call_id"),
    ("response", "tools"): ("name", "server_label"),
}

_Path: TypeAlias = tuple[str, ...]
_First: TypeAlias = Mapping[tuple[str, str], int]


class Trials:
    """Tries fixes of one event. A trial costs what the part costs, however long the event is."""

    def __init__(self, look: Look, event: JsonValue) -> None:
        self._look = look
        self._event = event
        self._first: dict[_Path, _First] = {}

    def held(self, problem: Problem) -> Problem:
        """Return a problem with its fix only if that removes it and adds no error.

        Errors that come to light with it, in a value at a wrong place for instance, are fixed
        along where that loses nothing.
        """
        fix = problem.fix or ()
        written = [step["value"] for step in fix if isinstance(step.get("value"), str)]
        part = _Part(self._event, _touched(problem.at, fix), partial(self._kin, written))
        fix, known = part.inside(fix), self._look(part.value)
        before = Counter(map(_kind, known))
        for _ in range(MOST_ALONG):
            after = self._look(apply(part.value, fix))
            counts = Counter(map(_kind, after))
            grown = {kind for kind in counts - before if kind[0] is Severity.ERROR}
            if not grown and counts[_kind(problem)] < before[_kind(problem)]:
                return replace(problem, fix=part.outside(fix))
            come = [one for one in after if one.severity is Severity.ERROR and one not in known]
            along = next((one.fix for one in come if one.safe and one.fix), None)
            if along is None or part.moves_items(fix) or self._takes_a_place(part, fix, along):
                break
            fix = (*fix, *along)
        return replace(problem, fix=None, safe=False, does="")

    def _takes_a_place(self, part: "_Part", fix: Patch, along: Patch) -> bool:
        """Whether a fix found in a part puts something where the whole event has another thing."""
        value = apply(self._event, part.outside(fix))
        for step in part.outside(along):
            *above, name = steps_of(step["path"])
            if step["op"] in ("add", "move") and name in _members_at(value, above):
                return True
            value = apply(value, [step])
        return False

    def _kin(
        self, written: list[str], path: _Path, items: list[JsonValue], places: Iterable[int]
    ) -> Iterator[int]:
        """Yield where the first items stand that have an id or a name in common with others.

        That is with the items at these places, or with what a fix has ``written`` into them.
        """
        if path not in _NAMES:
            return
        if path not in self._first:
            self._first[path] = _first(items, _NAMES[path])
        known = self._first[path]
        texts = [*written, *(text for place in places for text in _texts(items[place]))]
        for name in _NAMES[path]:
            yield from (known[name, text] for text in texts if (name, text) in known)


class _Part:
    """An event without the list items, and the members of maps and of params, that do not matter.

    ``kept`` says, by the path of a list, which of its items are left.
    """

    def __init__(
        self,
        event: JsonValue,
        touched: list[_Path],
        kin: Callable[[_Path, list[JsonValue], Iterable[int]], Iterator[int]],
    ) -> None:
        self._kin = kin
        self.kept: dict[_Path, list[int]] = {}
        self.value = self._cut(event, touched, ())

    def _cut(self, value: JsonValue, touched: list[_Path], path: _Path) -> JsonValue:
        """``touched`` are the paths, from here, of what is looked at or changed."""
        heads = {rest[0]: None for rest in touched if rest}
        if not heads or () in touched:
            return value
        below = {head: [rest[1:] for rest in touched if rest[:1] == (head,)] for head in heads}
        if isinstance(value, dict):
            kept = self._members(value, heads, path)
            return {
                name: self._cut(item, below[name], (*path, name)) if name in below else item
                for name, item in value.items()
                if name in kept
            }
        if isinstance(value, list) and all(head.isdecimal() for head in heads):
            return self._items(value, below, path)
        return value

    def _members(
        self, value: dict[str, JsonValue], heads: Mapping[str, None], path: _Path
    ) -> Iterable[str]:
        if path == _PARAMS:
            return {*heads} | _OF_TOOLS if "tools" in heads or "tool_choice" in heads else heads
        return heads if path in _MAPS else value

    def _items(
        self, items: list[JsonValue], below: Mapping[str, list[_Path]], path: _Path
    ) -> JsonValue:
        places = {int(head) for head in below if int(head) < len(items)}
        kept = sorted(places | {*self._kin(path, items, places)})
        self.kept[path] = kept
        return [
            self._cut(items[place], below[str(place)], (*path, str(place)))
            if place in places
            else items[place]
            for place in kept
        ]

    def inside(self, fix: Patch) -> Patch:
        """Return a patch of the event as one of this part."""
        return _renumbered(fix, self._to_part)

    def outside(self, fix: Patch) -> Patch:
        """Return a patch of this part as one of the event."""
        return _renumbered(fix, self._to_event)

    def moves_items(self, fix: Steps) -> bool:
        """Whether items of a list stand elsewhere after a patch."""
        ends = [step[key] for step in fix if step["op"] != "replace" for key in _ENDS & step.keys()]
        return any(end.rpartition("/")[2].isdecimal() for end in ends)

    def _to_part(self, path: _Path, step: str) -> tuple[_Path, str]:
        kept = self.kept.get(path)
        place = int(step) if kept is not None and step.isdecimal() else -1
        there = str(kept.index(place)) if kept is not None and place in kept else step
        return (*path, step), there

    def _to_event(self, path: _Path, step: str) -> tuple[_Path, str]:
        kept = self.kept.get(path)
        place = int(step) if kept is not None and step.isdecimal() else -1
        here = str(kept[place]) if kept is not None and 0 <= place < len(kept) else step
        return (*path, here), here


_ENDS = {"path", "from"}


def _renumbered(fix: Patch, number: Callable[[_Path, str], tuple[_Path, str]]) -> Patch:
    """Rewrite the pointers of a patch; ``number`` knows by the event's own path what to write."""

    def pointer(text: str) -> str:
        path: _Path = ()
        steps: list[str] = []
        for step in steps_of(text):
            path, there = number(path, step)
            steps.append(there)
        return in_pointer(steps)

    return tuple(
        {key: pointer(text) if key in _ENDS else text for key, text in step.items()} for step in fix
    )


def _touched(at: str, fix: Steps) -> list[_Path]:
    """Return the paths of what a problem and its fix are about."""
    pointers = [at, *(step[key] for step in fix for key in _ENDS & step.keys())]
    return [tuple(steps_of(text)) for text in pointers]


def _members_at(value: JsonValue, path: list[str]) -> Mapping[str, JsonValue]:
    """Return the object at a path; an empty one where there is none."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def _first(items: list[JsonValue], names: tuple[str, ...]) -> _First:
    found: dict[tuple[str, str], int] = {}
    for place, item in enumerate(items):
        if isinstance(item, dict) and item.get("type") != "item_reference":
            for name in names:
                text = item.get(name)
                is_output = name == "call_id" and item.get("type") != "function_call"
                if isinstance(text, str) and not is_output:
                    found.setdefault((name, text), place)
    return found


def _texts(item: JsonValue) -> list[str]:
    members = item.values() if isinstance(item, dict) else ()
    return [text for text in members if isinstance(text, str)]


def _kind(problem: Problem) -> tuple[Severity, str]:
    return problem.severity, problem.code
