"""The wire column: the event's text in blocks, and what of it changed since the page saw it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias
from zlib import crc32

from markupsafe import Markup, escape

from webapp.drafts import Draft
from webapp.forms.problems import Problem, Severity
from webapp.forms.questions import dom_id
from webapp.wire_text import Block, shown

# More changed blocks than this, and the whole column is as cheap.
MOST_CHANGES = 60
LONGEST_KEPT = 2_000  # characters of a block

_GRAVITY = (Severity.ERROR, Severity.WARNING, Severity.NOTE)
_MARKS = {
    Severity.ERROR: " ln--error",
    Severity.WARNING: " ln--warning",
    Severity.NOTE: " ln--note",
}

_Mark: TypeAlias = tuple[str, Severity]


@dataclass(frozen=True, slots=True)
class Pane:
    """One block as it stands in the page: ``inner`` is the content of its element.

    ``id`` is the part of element ids that stands for it. ``seen`` is what the page sends back of
    it and tells whether the page shows this very one: its name, a check sum, and two flags which
    say whether a comma follows, and whether the text is compact.
    """

    name: str
    id: str
    seen: str
    inner: str

    @property
    def html(self) -> str:
        """The block's element."""
        return f'<div class="blk" id="w-{self.id}" data-name="{self.name}">{self.inner}</div>'


def flags(seen: str) -> tuple[bool, bool]:
    """Return what the page said of a block: whether a comma follows, whether it is compact."""
    return seen[-2:-1] == "1", seen[-1:] == "1"


def panes(draft: Draft) -> list[Pane]:
    """Return the wire text of a draft in blocks, lines with problems marked."""
    found = _by_block(draft.blocks, draft.problems)
    return [_pane(block, found.get(block.pointer, ()), draft.compact) for block in draft.blocks]


def pane(block: Block, problems: Iterable[Problem], *, compact: bool) -> Pane:
    """Return one block on its own; the pointers of ``problems`` start at it."""
    return _pane(block, [(problem.at, problem.severity) for problem in problems], compact)


def _pane(block: Block, found: Sequence[_Mark], compact: bool) -> Pane:
    if found or sum([len(line.text) for line in block.lines]) > LONGEST_KEPT:
        return _new_pane(block, compact, _placed(block, found))
    return _kept_pane(block, compact)


# Nearly all blocks are the same as a keystroke before.
@lru_cache(maxsize=4_096)
def _kept_pane(block: Block, compact: bool) -> Pane:
    return _new_pane(block, compact, {})


def _new_pane(block: Block, compact: bool, marks: Mapping[str, str]) -> Pane:
    name, lines = block.name, shown(block.lines, marks, compact=compact)
    id_ = dom_id(name)
    # Hyphens, since forms escape colons.
    seen = f"{name}-{crc32(lines.encode()):08x}-{block.followed:d}{compact:d}"
    # Names of blocks are made of letters, digits and . + @ _ alone: nothing to escape.
    told = f'<input type="hidden" form="builder" name="shown" id="s-{id_}" value="{seen}">'
    return Pane(name, id_, seen, told + lines)


def _by_block(
    blocks: Iterable[Block], problems: Iterable[Problem]
) -> Mapping[str, Sequence[_Mark]]:
    """Return the problems by the pointer of the block they fall into; their own start there."""
    found: dict[str, list[_Mark]] = {}
    places = {block.pointer for block in blocks}
    for problem in problems:
        at = problem.at
        while at not in places:
            at = at.rpartition("/")[0]
        found.setdefault(at, []).append((problem.at.removeprefix(at), problem.severity))
    return found


def _placed(block: Block, found: Sequence[_Mark]) -> Mapping[str, str]:
    """Return the class of each line with a problem, the gravest of several.

    A problem whose place has no line, a missing member's, goes to the nearest line above it.
    """
    lines = {line.pointer for line in block.lines} if found else set()
    gravest: dict[str, Severity] = {}
    for pointer, severity in found:
        at = pointer
        while at and at not in lines:
            at = at.rpartition("/")[0]
        gravest[at] = min(severity, gravest.get(at, severity), key=_GRAVITY.index)
    return {at: _MARKS[severity] for at, severity in gravest.items()}


def html(parts: Iterable[Pane]) -> Markup:
    """Return all blocks one after the other."""
    return Markup("".join([part.html for part in parts]))  # noqa: S704  # made of escaped pieces


def changes(parts: Sequence[Pane], seen: Sequence[str]) -> Markup | None:
    """Return the partials that bring a page that shows ``seen`` up to date; None: all of it."""
    before = {entry.split("-", 1)[0]: entry for entry in seen}
    after = {part.name: part for part in parts}
    kept = [name for name in before if name in after]
    if kept != [name for name in after if name in before] or not kept:
        return None
    partials = [*_gone(before, after), *_new(parts, before)]
    if any(part is None for part in partials):
        return None
    partials += [
        f'<hx-partial hx-target="#w-{part.id}" hx-swap="innerHTML">{part.inner}</hx-partial>'
        for name, part in after.items()
        if name in before and before[name] != part.seen
    ]
    if len(partials) > MOST_CHANGES:
        return None
    return Markup("".join(part for part in partials if part))  # noqa: S704  # escaped pieces


def _gone(before: Mapping[str, str], after: Mapping[str, Pane]) -> Iterator[str]:
    for name in before:
        if name not in after:
            # The name is what the request says, so it is not to be trusted.
            target = escape(dom_id(name))
            yield f'<hx-partial hx-target="#w-{target}" hx-swap="delete"></hx-partial>'


def _new(parts: Sequence[Pane], before: Mapping[str, str]) -> Iterator[str | None]:
    """Yield one partial for each run of new blocks, put behind the block before it."""
    last: Pane | None = None
    run: list[str] = []
    for part in [*parts, None]:
        if part is not None and part.name not in before:
            run.append(part.html)
            continue
        if run:
            target = f'<hx-partial hx-target="#w-{last.id}" hx-swap="afterend">' if last else ""
            yield f"{target}{''.join(run)}</hx-partial>" if target else None
        last, run = part, []
