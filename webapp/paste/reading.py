"""Reads what people paste: repairs what can be repaired, lists each repair, and finds the event."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from webapp.exact_json.reader import LIMITS, JsonValue, Limits, Unreadable, read_json, read_text
from webapp.exact_json.values import place_of
from webapp.paste.documents import Document, Search
from webapp.paste.literal_text import Source, Stop
from webapp.paste.literals import Literals

EVENT = "response.create"


@dataclass(frozen=True, slots=True)
class Repair:
    """One thing that was changed or left out to read a text; places count from 1."""

    line: int
    column: int
    what: str


@dataclass(frozen=True, slots=True)
class Reading:
    """A value and what had to be repaired to read it; nothing, if the text was JSON."""

    value: JsonValue
    repairs: tuple[Repair, ...] = ()


def read_paste(text: str | bytes, *, limits: Limits = LIMITS, keep_last: bool = False) -> Reading:
    """Return the value in a pasted text: JSON as it is, anything else with its repairs.

    Of several documents, the one that is or holds the only ``response.create`` is taken.
    ``keep_last`` lets the last of several members with one name win, as the error offers.

    Raises:
        Unreadable: where and why reading failed; places count in the text as pasted.
    """
    pasted = read_text(text, limits=limits)
    return _Paste(limits, keep_last).find(pasted).reading(pasted)


def read_event(text: str | bytes, *, limits: Limits = LIMITS, keep_last: bool = False) -> Reading:
    """Return the object in a pasted text, out of a list, a log entry or text in quotes around it.

    Its type is not checked, and params without their envelope stay as they are.

    Raises:
        Unreadable: as ``read_paste``, and when there is no object or more than one event.
    """
    pasted = read_text(text, limits=limits)
    paste = _Paste(limits, keep_last)
    found = paste.find(pasted)
    try:
        value, notes = paste.event(found.value)
    except _NoEvent as error:
        raise Unreadable(pasted, found.start, error.reason, error.hint) from None
    repairs = [*found.repairs, *((found.start, note) for note in notes)]
    return _Found(value, found.start, repairs).reading(pasted)


@dataclass(frozen=True, slots=True)
class _Found:
    value: JsonValue
    start: int
    repairs: list[tuple[int, str]]

    def reading(self, pasted: str) -> Reading:
        return Reading(self.value, tuple(_listed(self.repairs, pasted)))


class _NoEvent(Exception):  # noqa: N818  # named like Unreadable
    def __init__(self, reason: str, hint: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint


_REALTIME_TYPE = re.compile(
    r"(?:session|conversation|response|input_audio_buffer|output_audio_buffer|transcription_session"
    r"|rate_limits|mcp_list_tools)\.|error\Z"
)
_MEMBER_FOLLOWS = re.compile(
    r"\s*+,\s*+(?:\"(?:[^\"\\\n]++|\\.)*+\"|'(?:[^'\\\n]++|\\.)*+'|[\w$]++)\s*+:"
)
_NAME_BEFORE = re.compile(r"[\"']\s*+:\s*+\Z")
_PROSE = re.compile(r"\s*+(?!(?:NaN|Infinity|nan|inf|undefined)\b)[^\W\d]")
_FENCE = re.compile(r"(?:```|~~~)\s*+[\w+-]*+\Z")
_FENCE_END = re.compile(r"(?:```|~~~)\Z")
_BLANK = re.compile(r"\s*+")

_ALONE_HINT = "Paste one event alone."
_LAYERS = 3
_LOOKS = 500
_LISTED_PER_KIND = 20


@dataclass(slots=True)
class _Paste:
    """Finds the value of a text; ``looks_left`` bounds how many texts inside it are tried."""

    limits: Limits
    keep_last: bool
    layer: int = 1
    looks_left: int = _LOOKS

    def find(self, pasted: str) -> _Found:
        """Return the value of a text, read strictly, else forgivingly, else found in it."""
        start = _behind_blanks(pasted, 0)
        try:
            mark = [(0, "Removed a byte order mark.")] if pasted.startswith("\ufeff") else []
            return _Found(read_json(pasted, limits=self.limits), start, mark)
        except Unreadable:
            if not pasted.strip("\ufeff \t\r\n"):
                raise
        reader = Literals(Source(pasted), limits=self.limits, keep_last=self.keep_last)
        try:
            return _Found(reader.document(), start, reader.repairs)
        except Stop as stop:
            document = self.search(pasted, stop)
        repairs = [*_surroundings(pasted, document), *document.repairs]
        return _Found(document.value, document.start, repairs)

    def search(self, pasted: str, whole: Stop) -> Document:
        """Return the document that is meant among those in a text, or say why none is."""
        search = Search(pasted, limits=self.limits, keep_last=self.keep_last)
        try:
            search.run()
        except Stop as stop:
            raise stop.unreadable(pasted) from None
        for damaged in search.damaged:
            if EVENT in pasted[damaged.start : damaged.end]:
                raise damaged.stop.unreadable(pasted)
        events = [found for found in search.documents if any(self.events(found.value))]
        if len(events) > 1:
            reason = f"This is a second {EVENT}: {len(events)} events stand in this text."
            raise Unreadable(pasted, events[1].start, reason, _ALONE_HINT)
        if events:
            return _complete(pasted, events[0])
        if search.damaged:
            raise search.damaged[0].stop.unreadable(pasted)
        objects = [found for found in search.documents if _holds_object(found.value)]
        if len(objects) > 1:
            reason = f"This is a second document, and none of them is a {EVENT}."
            raise Unreadable(pasted, objects[1].start, reason, _ALONE_HINT)
        if objects:
            return _undivided(pasted, _complete(pasted, objects[0]))
        if search.furthest:
            raise search.furthest.unreadable(pasted)
        if _PROSE.match(pasted):
            raise Unreadable(pasted, 0, "There is no object in this text.", "Start it with {.")
        raise whole.unreadable(pasted)

    def event(self, value: JsonValue) -> tuple[dict[str, JsonValue], list[str]]:
        """Return the object that is meant, and where it was taken from."""
        if isinstance(value, dict):
            return self.out_of_wrapper(value)
        if isinstance(value, list):
            return self.out_of_list(value)
        if isinstance(value, str) and "{" in value and self.layer < _LAYERS:
            return self.out_of_quotes(value)
        raise _NoEvent(f"An event is an object; this is {_kind(value)}.", "Start it with {.")

    def out_of_wrapper(self, value: dict[str, JsonValue]) -> tuple[dict[str, JsonValue], list[str]]:
        events = list(self.events(value))
        if len(events) > 1:
            raise _NoEvent(f"This object holds {len(events)} events.", _ALONE_HINT)
        if not events or events[0][0] == "":
            return value, []
        pointer, event = events[0]
        return event, [f"Took the event out of {pointer}."]

    def out_of_list(self, items: list[JsonValue]) -> tuple[dict[str, JsonValue], list[str]]:
        events = list(self.events(items))
        if len(events) == 1:
            return events[0][1], ["Took the event out of its list."]
        if len(items) == 1 and isinstance(items[0], dict) and not events:
            return items[0], ["Took the object out of its list."]
        if len(events) > 1:
            raise _NoEvent(f"This list holds {len(events)} events.", _ALONE_HINT)
        raise _NoEvent(f"An event is an object; this is a list of {len(items)}.", _ALONE_HINT)

    def out_of_quotes(self, text: str) -> tuple[dict[str, JsonValue], list[str]]:
        inner = self.inner()
        try:
            found = inner.find(text)
        except Unreadable as error:
            reason = f"The text in quotes here is not an event: {error}"
            raise _NoEvent(reason, error.hint) from None
        event, notes = inner.event(found.value)
        inside = [what for _, what in found.repairs]
        return event, ["Took the event out of text in quotes.", *inside, *notes]

    def events(self, value: JsonValue) -> Iterator[tuple[str, dict[str, JsonValue]]]:
        """Yield pointer and value of each event that a value is or holds, also as text."""
        stack = [("", value)]
        while stack:
            pointer, value = stack.pop()
            if isinstance(value, dict):
                kind = value.get("type")
                if kind == EVENT:
                    yield pointer, value
                elif not (isinstance(kind, str) and _REALTIME_TYPE.match(kind)):
                    steps = reversed(value.items())
                    stack += [(f"{pointer}/{_escaped(name)}", item) for name, item in steps]
            elif isinstance(value, list):
                items = list(enumerate(value))
                stack += [(f"{pointer}/{index}", item) for index, item in reversed(items)]
            elif isinstance(value, str) and EVENT in value and self.layer < _LAYERS:
                yield from ((pointer, event) for event in self.events_in_text(value))

    def events_in_text(self, text: str) -> Iterator[dict[str, JsonValue]]:
        if "{" not in text or not self.looks_left:
            return
        self.looks_left -= 1
        inner = self.inner()
        try:
            found = inner.find(text)
        except Unreadable:
            return
        yield from (event for _, event in inner.events(found.value))

    def inner(self) -> "_Paste":
        """Return the same for a text inside this one, with fewer looks the deeper it is."""
        return _Paste(self.limits, self.keep_last, self.layer + 1, self.looks_left // 10)


def _complete(pasted: str, document: Document) -> Document:
    """Return the document, unless its bracket closes too early."""
    if _MEMBER_FOLLOWS.match(pasted, document.end):
        reason = "This bracket closes the event, but more members follow."
        raise Unreadable(pasted, document.end - 1, reason, "Remove it, or what follows.")
    return document


def _undivided(pasted: str, document: Document) -> Document:
    """Return the document, unless it is a member of something that lost its opening bracket."""
    if _NAME_BEFORE.search(pasted, max(0, document.start - 200), document.start):
        reason = "This has no opening bracket."
        raise Unreadable(pasted, _behind_blanks(pasted, 0), reason, "Put { before it.")
    return document


def _surroundings(pasted: str, document: Document) -> Iterator[tuple[int, str]]:
    before = pasted[: document.start].strip()
    after = pasted[document.end :].strip()
    if _FENCE.match(before) and _FENCE_END.match(after):
        yield _behind_blanks(pasted, 0), "Removed a code fence."
        return
    if before:
        yield _behind_blanks(pasted, 0), "Left out what stands before the event."
    if after:
        what = "Removed a semicolon." if after == ";" else "Left out what stands after the event."
        yield _behind_blanks(pasted, document.end), what


def _listed(repairs: Iterable[tuple[int, str]], pasted: str) -> Iterator[Repair]:
    """Yield each repair with its place; of many of a kind the last stands for the rest."""
    kinds: dict[str, list[int]] = {}
    for offset, what in repairs:
        kinds.setdefault(what, []).append(offset)
    listed: list[tuple[int, str]] = []
    for what, offsets in kinds.items():
        listed += [(offset, what) for offset in offsets[:_LISTED_PER_KIND]]
        if further := offsets[_LISTED_PER_KIND:]:
            more = f"{what.removesuffix('.')}, here and {len(further) - 1} times more."
            listed.append((further[0], more))
    for offset, what in sorted(listed, key=lambda repair: repair[0]):
        yield Repair(*place_of(pasted, offset), what)


def _behind_blanks(text: str, at: int) -> int:
    match = _BLANK.match(text, at)
    return match.end() if match else at


def _holds_object(value: JsonValue) -> bool:
    if isinstance(value, list):
        return any(isinstance(item, dict) for item in value)
    return bool(value)


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _kind(value: JsonValue) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return "text" if isinstance(value, str) else "a number"
