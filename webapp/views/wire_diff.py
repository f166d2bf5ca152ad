"""Two texts side by side, line by line: what stayed, what changed, and what is left out between."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import takewhile, zip_longest

# Unchanged lines shown around a change; more of them are counted instead.
AROUND = 3
# Comparing lines takes their product at worst: beyond this, what differs is shown as one change.
MOST_COMPARED = 1_500
MOST_ROWS = 400
LONGEST_LINE = 500  # characters


@dataclass(frozen=True, slots=True)
class Row:
    """One line of either text, None where it has none; ``skipped`` counts lines left out here."""

    old: str | None = None
    new: str | None = None
    skipped: int = 0

    @property
    def same(self) -> bool:
        """Whether the line stands in both."""
        return self.old == self.new


def rows(old: Sequence[str], new: Sequence[str]) -> list[Row]:
    """Return what a reader needs to see of how ``old`` became ``new``, at most 400 rows."""
    found: list[Row] = []
    for row in _shortened([*_compared(old, new)]):
        if len(found) == MOST_ROWS:
            found.append(Row(skipped=max(len(old), len(new)) - MOST_ROWS))
            break
        found.append(row)
    return found


def _compared(old: Sequence[str], new: Sequence[str]) -> Iterator[Row]:
    head = _alike(zip(old, new, strict=False))
    tail = _alike(zip(reversed(old[head:]), reversed(new[head:]), strict=False))
    yield from (Row(line, line) for line in old[:head])
    yield from _differing(old[head : len(old) - tail], new[head : len(new) - tail])
    yield from (Row(line, line) for line in old[len(old) - tail :])


def _alike(pairs: Iterable[tuple[str, str]]) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _differing(old: Sequence[str], new: Sequence[str]) -> Iterator[Row]:
    if max(len(old), len(new)) > MOST_COMPARED:
        yield from (Row(*pair) for pair in zip_longest(old, new))
        return
    # Lines that come back often, such as brackets, would make it slow: it sets those aside.
    changes = SequenceMatcher(None, old, new).get_opcodes()
    for kind, start, end, new_start, new_end in changes:
        if kind == "equal":
            yield from (Row(line, line) for line in old[start:end])
        else:
            pairs = zip_longest(old[start:end], new[new_start:new_end])
            yield from (Row(*pair) for pair in pairs)


def _shortened(found: list[Row]) -> Iterator[Row]:
    """Leave out unchanged lines that are far from any change, and cut long ones."""
    shown: set[int] = set()
    for place, row in enumerate(found):
        if not row.same:
            shown.update(range(place - AROUND, place + AROUND + 1))
    skipped = 0
    for place, row in enumerate(found):
        if place not in shown:
            skipped += 1
            continue
        if skipped:
            yield Row(skipped=skipped)
            skipped = 0
        yield Row(_cut(row.old), _cut(row.new))
    if skipped:
        yield Row(skipped=skipped)


def _cut(line: str | None) -> str | None:
    if line is None or len(line) <= LONGEST_LINE:
        return line
    return f"{line[:LONGEST_LINE]}… {len(line) - LONGEST_LINE:,} more characters"
