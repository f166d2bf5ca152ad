"""The record as rows to read: found by words, type and direction, deltas folded, a window of it."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from webapp.exact_json.reader import Unreadable, read_json
from webapp.exact_json.writer import write
from webapp.sessions.record import Direction, Frame, Spoken

WINDOW = 200
CONTEXT = 5
SHOWN_CHARS = 64 * 1024
MAX_OPENED = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """Which frames are wanted; an empty word wants all.

    ``opened`` are the first numbers of open folds. ``before`` is where the window ends,
    ``at`` what is near its beginning, ``since`` leaves out what ends before; all are numbers of
    frames, 0 where it is not asked for, and then the window is the end of the record.
    """

    text: str = ""
    type: str = ""
    direction: str = ""
    folded: bool = True
    opened: frozenset[int] = frozenset()
    before: int = 0
    at: int = 0
    since: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """One frame, or ``count`` of one type in a fold from the frame on; or a gap of lost ones.

    ``last_seq`` is the last frame that it stands for, ``inside`` says that it lies in an open fold.
    """

    frame: Frame
    last_seq: int
    count: int = 1
    size_bytes: int = 0
    inside: bool = False
    opened: bool = False
    gap: bool = False

    @property
    def seq(self) -> int:
        return self.frame.seq

    @property
    def is_fold(self) -> bool:
        """Whether it stands for more than one frame that is kept."""
        return self.count > 1 and not self.gap


@dataclass(frozen=True, slots=True)
class View:
    """A window of the rows that were asked for, and what of the record lies outside of it.

    ``following`` is where the next window ends, 0 where that is the end of the record.
    """

    rows: list[Row]
    earlier: int
    later: int
    following: int
    frames: int
    found: int
    types: list[tuple[str, int]]
    last_seq: int

    @property
    def lost(self) -> int:
        """How many frames are no longer kept, from the beginning or from in between."""
        return self.last_seq - self.frames


def view(frames: Sequence[Frame], last_seq: int, asked: Asked) -> View:
    """Return the last rows of what was asked for, as many as fit into a window."""
    found = list(_found(frames, asked))
    rows = _rows(found, asked)
    end = len(rows)
    if asked.before:
        end = sum(row.seq < asked.before for row in rows)
    elif asked.at:
        near = next((place for place, row in enumerate(rows) if row.last_seq >= asked.at), end)
        end = min(end, max(near - CONTEXT, 0) + WINDOW)
    start = max(end - WINDOW, 0)
    shown = [row for row in rows[start:end] if row.last_seq >= asked.since]
    counts = Counter(frame.type for frame in frames if frame.type)
    types = sorted(counts.items())
    following = rows[end + WINDOW].seq if end + WINDOW < len(rows) else 0
    later = len(rows) - end
    return View(shown, start, later, following, len(frames), len(found), types, last_seq)


def pretty(frame: Frame) -> str:
    """Return the text of a frame over several lines, or as it is where it is not strict JSON."""
    if isinstance(frame.payload, bytes):
        return frame.text
    try:
        return write(read_json(frame.text))
    except (Unreadable, ValueError):
        return frame.text


def _found(frames: Iterable[Frame], asked: Asked) -> Iterator[Frame]:
    words = re.compile(re.escape(asked.text), re.IGNORECASE) if asked.text else None
    read = not _NEVER_ESCAPED.fullmatch(asked.text)
    for frame in frames:
        if asked.type and frame.type != asked.type:
            continue
        if asked.direction and frame.direction != asked.direction:
            continue
        if words is None or any(map(words.search, _texts(frame, read=read))):
            yield frame


def _texts(frame: Frame, *, read: bool) -> Iterator[str]:
    """What of a frame is searched: all but sound, as it went and, if asked for, as it reads."""
    payload = frame.payload
    texts = (payload.head, payload.tail) if isinstance(payload, Spoken) else (frame.text,)
    for text in texts:
        yield text
        if read and "\\" in text:
            yield _unescaped(text)


def _unescaped(text: str) -> str:
    """Return the text of JSON with what its escapes stand for."""
    units = _ESCAPE.sub(_unit, text).encode("utf-16", "surrogatepass")
    return units.decode("utf-16", "replace")


def _unit(escape: re.Match[str]) -> str:
    code = escape[1]
    return chr(int(code, 16)) if code else _SHORT.get(escape[2], escape[2])


_NEVER_ESCAPED = re.compile(r"[\w .,:-]*", re.ASCII)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_SHORT = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


def _rows(frames: list[Frame], asked: Asked) -> list[Row]:
    rows: list[Row] = []
    run: list[Frame] = []
    whole = not (asked.text or asked.type or asked.direction)
    lost = _Lost()
    before = 0
    for frame in frames:
        folds = asked.folded and _is_delta(frame)
        if run and not folds:
            rows += _with_gap(list(_fold(run, asked)), lost)
            run, lost = [], _Lost()
        if whole and frame.seq > before + 1:
            # Numbers have no holes unless frames are no longer kept.
            lost.add(before + 1, frame)
        before = frame.seq
        if folds:
            run.append(frame)
            continue
        rows += _with_gap([_row(frame)], lost)
        lost = _Lost()
    return rows + _with_gap(list(_fold(run, asked)), lost)


@dataclass(slots=True)
class _Lost:
    """Frames that are no longer kept: the first of them, the last, and how many."""

    frame: Frame | None = None
    last_seq: int = 0
    count: int = 0

    def add(self, first_seq: int, behind: Frame) -> None:
        """Count those from a number up to the frame behind them."""
        self.frame = self.frame or Frame(first_seq, Direction.NOTICE, behind.offset_ms, "")
        self.last_seq = behind.seq - 1
        self.count += behind.seq - first_seq


def _with_gap(rows: list[Row], lost: _Lost) -> list[Row]:
    """Put one row for all that was lost among these, where the first of it was."""
    if lost.frame is None:
        return rows
    gap = Row(lost.frame, lost.last_seq, count=lost.count, gap=True)
    later = (place for place, row in enumerate(rows) if row.seq > gap.seq and not row.inside)
    place = next(later, len(rows))
    return [*rows[:place], gap, *rows[place:]]


def _is_delta(frame: Frame) -> bool:
    return frame.direction is Direction.RECEIVED and frame.type.endswith(".delta")


def _fold(run: list[Frame], asked: Asked) -> Iterator[Row]:
    """Yield one row for each type of deltas that came in an unbroken run."""
    by_type: dict[str, list[Frame]] = {}
    for frame in run:
        by_type.setdefault(frame.type, []).append(frame)
    for same in by_type.values():
        first = _row(same[0])
        if len(same) == 1:
            yield first
            continue
        opened = same[0].seq in asked.opened
        size = sum(frame.size_bytes for frame in same)
        last = same[-1].seq
        yield replace(first, last_seq=last, count=len(same), size_bytes=size, opened=opened)
        if opened:
            yield from (replace(_row(frame), inside=True) for frame in same)


def _row(frame: Frame) -> Row:
    return Row(frame, frame.seq, size_bytes=frame.size_bytes)
