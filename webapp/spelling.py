"""Names that are nearly alike: what somebody meant who wrote something else."""

import re
from collections.abc import Iterable
from functools import lru_cache

LONGEST_CHARS = 64  # nothing longer is taken for a slip

_BETWEEN = re.compile(r"[\s_./-]+")


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the known name that ``name`` is a slip of, or an empty text.

    A slip is a letter missing, doubled, swapped or another one: one in short names, up to three in
    long ones. Capitals, blanks, hyphens and underscores do not count.
    """
    return _nearest(name, tuple(known))


def same_letters(name: str, other: str) -> bool:
    """Whether two names differ in capitals, blanks, hyphens and underscores only."""
    return _letters(name) == _letters(other)


def distance(one: str, other: str) -> int:
    """Return how many slips lead from one text to the other: the optimal string alignment."""
    before: list[int] = []
    row = [*range(len(other) + 1)]
    for place, letter in enumerate(one, start=1):
        before, above, row = row, before, [place]
        for at, wanted in enumerate(other, start=1):
            cost = before[at - 1] + (letter != wanted)
            swapped = place > 1 < at and letter == other[at - 2] and one[place - 2] == wanted
            turned = above[at - 2] + 1 if swapped else cost
            row.append(min(before[at] + 1, row[at - 1] + 1, cost, turned))
    last: int = row[-1]
    return last


@lru_cache(maxsize=256)
def _nearest(name: str, known: tuple[str, ...]) -> str:
    if len(name) > LONGEST_CHARS:
        return ""
    letters = _letters(name)
    slips = {one: distance(letters, _letters(one)) for one in known if one != name}
    best = min(slips, key=lambda one: slips[one], default="")
    return best if best and slips[best] <= _most_slips(len(letters)) else ""


def _most_slips(chars: int) -> int:
    return (chars > 2) + (chars > 5) + (chars > 9)


def _letters(name: str) -> str:
    return _BETWEEN.sub("", name).casefold()
