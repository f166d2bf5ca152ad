"""Which parts of the form a pressed button changes, and how they enter the page."""

from collections.abc import Iterator
from dataclasses import dataclass

from webapp.forms.edits import Edited
from webapp.forms.questions import Question, dom_id, find
from webapp.views.htmx import Swap


@dataclass(frozen=True, slots=True)
class Change:
    """One piece of the form: what to show, at which element, and how it is put there."""

    target: str
    swap: Swap
    question: Question | None = None
    part: str = "question"


def changes_of(before: Question, after: Question, button: str, edited: Edited) -> Iterator[Change]:
    """Yield the smallest pieces that show what the button did.

    Items come, go and move one by one, so that a list of any length changes at one cost.
    """
    verb, _, rest = button.partition(":")
    name = rest.partition(":")[0]
    above, _, _ = name.rpartition(".")
    holder, held = find(before, above), find(after, above)
    was, own = find(before, name), find(after, name)
    if holder is None or held is None:
        yield _whole(after)
    elif holder.state != held.state:
        yield _replaced(held)
    elif own is not None and verb == "add":
        yield from _added(was, own, edited.focus)
    elif own is not None and verb in ("set", "shape"):
        yield from _answered(held, was, own)
    elif not _has_items(holder):
        yield from _member(held, name, own)
    elif not held.parts:
        yield _replaced(held)
    else:
        yield from _among(held, name, verb, edited.focus)


def _has_items(question: Question) -> bool:
    return question.state == "set" and question.shown_field.kind in ("items", "pairs")


def _answered(held: Question, was: Question | None, own: Question) -> Iterator[Change]:
    """What is answered in another way changes alone: its neighbours may be being typed into."""
    there = was is not None and was.node is not None and was.has_row
    if own.has_row and there and not own.top:
        yield _replaced(own)
    else:
        yield from _member(held, own.name, own)


def _member(held: Question, name: str, own: Question | None) -> Iterator[Change]:
    """A member that came or went: its own row at the top, the group around it further in."""
    if own is not None and own.top:
        yield _replaced(own)
        yield Change(f"#o-{held.id}", Swap.INNER, held, "marks")
    elif "." not in held.name:  # an unknown member of the event or its params has gone
        yield Change(f"#q-{dom_id(name)}", Swap.DELETE)
        yield Change(f"#o-{held.id}", Swap.INNER, held, "marks")
    else:
        yield _replaced(held)


def _added(was: Question | None, now: Question, focus: str) -> Iterator[Change]:
    new = find(now, focus)
    if was is not None and was.parts and new is not None and _has_items(now):
        yield Change(f"#items-{now.id}", Swap.APPEND, new)
        yield _count(now)
    elif now.name:
        yield _replaced(now)
    else:
        yield _whole(now)


def _whole(form: Question) -> Change:
    return Change("#form", Swap.INNER, form, "form")


def _among(held: Question, name: str, verb: str, focus: str) -> Iterator[Change]:
    own = dom_id(name)
    if verb == "copy":
        yield Change(f"#q-{own}", Swap.AFTER, find(held, focus))
    if verb == "unset" or verb == "move":
        yield Change(f"#q-{own}", Swap.DELETE)
    if verb == "move":
        moved = find(held, name)
        place = moved.place if moved else 0
        if place:
            yield Change(f"#q-{held.parts[place - 1].id}", Swap.AFTER, moved)
        else:
            yield Change(f"#items-{held.id}", Swap.PREPEND, moved)
    yield _count(held)


def _replaced(question: Question) -> Change:
    return Change(f"#q-{question.id}", Swap.OUTER, question)


def _count(question: Question) -> Change:
    return Change(f"#n-{question.id}", Swap.TEXT, question, "count")
