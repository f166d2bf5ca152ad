"""The wire column: the event's text in blocks, and what of it changed since the page saw it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from zlib import crc32

from markupsafe import Markup, escape

from webapp.drafts import Draft
from webapp.forms.problems import Problem, Severity
from webapp.forms.questions import dom_id
from webapp.wire_text import Block, shown

# More changed blocks than this, and the whole column is as cheap.
MOST_CHANGES = 60

_MARKS = {
    Severity.ERROR: " ln--error",
    Severity.WARNING: " ln--warning",
    Severity.NOTE: " ln--note",
}


@dataclass(frozen=True, slots=True)
class Pane:
    """One block as it stands in the page; ``seen`` tells whether the page shows this very one."""

    block: Block
    lines: str
    compact: bool = False

    @property
    def id(self) -> str:
        """The part of element ids that stands for the block."""
        return dom_id(self.block.name)

    @property
    def seen(self) -> str:
        """What the page sends back of the block: its name, a check sum, and two flags.

        They say whether a comma follows, and whether the text is compact.
        """
        flags = f"{self.block.followed:d}{self.compact:d}"
        # Hyphens, since forms escape colons.
        return f"{self.block.name}-{crc32(self.lines.encode()):08x}-{flags}"

    @property
    def inner(self) -> str:
        """The content of the block's element; the hidden input tells the server what is shown."""
        # Names of blocks are made of letters, digits and . + @ _ alone: nothing to escape.
        return (
            f'<input type="hidden" form="builder" name="shown" id="s-{self.id}"'
            f' value="{self.seen}">{self.lines}'
        )

    @property
    def html(self) -> str:
        """The block's element."""
        return f'<div class="blk" id="w-{self.id}" data-name="{self.block.name}">{self.inner}</div>'


def flags(seen: str) -> tuple[bool, bool]:
    """Return what the page said of a block: whether a comma follows, whether it is compact."""
    return seen[-2:-1] == "1", seen[-1:] == "1"


def panes(draft: Draft) -> list[Pane]:
    """Return the wire text of a draft in blocks, lines with problems marked."""
    marks = {problem.at: problem.severity for problem in reversed(draft.problems)}
    return [
        Pane(
            block, shown(block.lines, marks_of(block, marks), compact=draft.compact), draft.compact
        )
        for block in draft.blocks
    ]


def pane(block: Block, problems: Iterable[Problem], *, compact: bool) -> Pane:
    """Return one block on its own; the pointers of ``problems`` start at it."""
    marks = {problem.at: problem.severity for problem in problems}
    return Pane(block, shown(block.lines, _placed(block, marks), compact=compact), compact)


def marks_of(block: Block, marks: Mapping[str, Severity]) -> Mapping[str, str]:
    """Return the marks that fall into ``block``, by pointers that start at it."""
    if not marks:
        return {}
    at = block.pointer
    if "@" in block.name:
        return {"": _MARKS[marks[at]]} if at in marks else {}
    inside = {
        pointer[len(at) :]: severity
        for pointer, severity in marks.items()
        if pointer == at or pointer.startswith(f"{at}/")
    }
    return _placed(block, inside)


def _placed(block: Block, marks: Mapping[str, Severity]) -> Mapping[str, str]:
    """Put a mark whose place has no line, a missing member's, on the nearest line above it."""
    if not marks:
        return {}
    lines = {line.pointer for line in block.lines}
    placed: dict[str, str] = {}
    for pointer, severity in marks.items():
        at = pointer
        while at and at not in lines:
            at = at.rpartition("/")[0]
        placed.setdefault(at, _MARKS[severity])
    return placed


def html(parts: Iterable[Pane]) -> Markup:
    """Return all blocks one after the other."""
    return Markup("".join([part.html for part in parts]))  # noqa: S704  # made of escaped pieces


def changes(parts: Sequence[Pane], seen: Sequence[str]) -> Markup | None:
    """Return the partials that bring a page that shows ``seen`` up to date; None: all of it."""
    before = {entry.split("-", 1)[0]: entry for entry in seen}
    after = {part.block.name: part for part in parts}
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
        if part is not None and part.block.name not in before:
            run.append(part.html)
            continue
        if run:
            target = f'<hx-partial hx-target="#w-{last.id}" hx-swap="afterend">' if last else ""
            yield f"{target}{''.join(run)}</hx-partial>" if target else None
        last, run = part, []
