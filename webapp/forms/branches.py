"""The inputs of a submitted form as branches of a tree, by the segments of their names."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TypeAlias

from webapp.forms.nodes import is_key

# How inputs are named, by example, for a field called `response.input`:
#   response.input@                  what it is filled with: list, null, json, a variant's key, ...
#   response.input.k2.content.k1.text  a text; k2 and k1 are keys that stay with their items
#   response.metadata.k1@name        the name of a pair, beside response.metadata.k1, its value
#   response.+k1@name                the name of a member the model does not know
#   response.+k1@quoted              the same as JSON, for a name that does not fit on a line
#   response@order                   the order of members, when it is not the model's own
#   response.voice@parked            what the variants that are not picked had been filled with
_NAME = re.compile(
    r"\+?[A-Za-z0-9_]+(?:\.\+?[A-Za-z0-9_]+)*(?:@(?:name|quoted|order|parked)?)?|@order", re.ASCII
)
MAX_DEPTH = 16  # segments of one name
MAX_NAME_CHARS = 200

Inputs: TypeAlias = tuple[tuple[str, str], ...]
"""Names and texts, in order."""


class BadSubmission(ValueError):  # noqa: N818  # it says what the form is
    """A form that no page of ours sends: ``name`` is the input at fault."""

    def __init__(self, name: str, reason: str) -> None:
        shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name[:80])
        super().__init__(f"{shown}: {reason}")
        self.name = name
        self.reason = reason


class Branch:
    """What was submitted under one name and below it.

    An item of a list, or an entry of a map, comes as ``inputs`` still in a row: whoever knows them
    from before need not sort them out. ``unfold`` does.
    """

    __slots__ = ("children", "inputs", "marks", "text")

    def __init__(self) -> None:
        self.text: str | None = None
        self.marks: dict[str, str] = {}
        self.children: dict[str, Branch] = {}
        self.inputs: Inputs = ()

    def below(self, segments: Iterable[str]) -> "Branch":
        """Return the branch at ``segments`` below this one, grown where there was none."""
        branch = self
        for segment in segments:
            grown = branch.children.get(segment)
            if grown is None:
                grown = branch.children[segment] = Branch()
            branch = grown
        return branch

    def unfold(self, depth: int) -> None:
        """Sort out the inputs of an item whose own name has ``depth`` segments."""
        for name, text in self.inputs:
            segments, mark, _ = _path(name)
            self.below(segments[depth:])._take(name, mark, text)
        self.inputs = ()

    def names(self, name: str = "") -> Iterator[str]:
        """Yield the names of all inputs from here on."""
        yield from (at for at, _ in self.inputs)
        if self.text is not None:
            yield name
        for mark in self.marks:
            yield f"{name}@{mark}"
        for segment, below in self.children.items():
            yield from below.names(f"{name}.{segment}" if name else segment)

    def _take(self, name: str, mark: str | None, text: str) -> None:
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")  # browsers send CRLF
        if mark is None:
            if self.text is not None:
                raise BadSubmission(name, "it was sent twice")
            self.text = text
        elif mark in self.marks:
            raise BadSubmission(name, "it was sent twice")
        else:
            self.marks[mark] = text


def grow(inputs: Iterable[tuple[str, str]]) -> tuple[Branch, int]:
    """Return the tree of all inputs, and how many there are.

    Raises:
        BadSubmission: for what is no name of an input, or was sent twice.
    """
    top = Branch()
    items: dict[tuple[str, ...], list[tuple[str, str]]] = {}
    count = 0
    for count, (name, text) in enumerate(inputs, start=1):  # noqa: B007  # the last one is used
        segments, mark, item = _path(name)
        if item is None:
            top.below(segments)._take(name, mark, text)
        elif (known := items.get(item)) is None:
            items[item] = [(name, text)]
        else:
            known.append((name, text))
    for item, own in items.items():
        top.below(item).inputs = tuple(own)
    return top, count


# The same names come back with every keystroke.
@lru_cache(maxsize=16_384)
def _path(name: str) -> tuple[tuple[str, ...], str | None, tuple[str, ...] | None]:
    """Return the segments of a name, the mark behind them, and the item it is part of, if any."""
    if len(name) > MAX_NAME_CHARS or not _NAME.fullmatch(name):
        raise BadSubmission(name, "this is no name of an input")
    path, at, mark = name.partition("@")
    segments = tuple(path.split(".")) if path else ()
    if len(segments) > MAX_DEPTH:
        raise BadSubmission(name, "this name goes deeper than any form")
    item = next((segments[: n + 1] for n, part in enumerate(segments) if is_key(part)), None)
    return segments, mark if at else None, item
