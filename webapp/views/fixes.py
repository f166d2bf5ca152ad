"""Fixes at the press of a button: one problem's, or all that lose nothing; each can be undone."""

from collections.abc import Iterator
from dataclasses import dataclass

from flask import Blueprint, Response, render_template

from webapp import fixes
from webapp.drafts import Draft
from webapp.errors import LocalError
from webapp.forms.problems import Problem
from webapp.forms.questions import Question, at_pointer
from webapp.views import builder, current, kept
from webapp.views.builder import EVENT
from webapp.views.form_changes import Change
from webapp.views.htmx import Swap, is_htmx
from webapp.views.problem_list import SAFE, does

bp = Blueprint("fixes", __name__)

MOST_SAID = 20


@dataclass(frozen=True, slots=True)
class Notice:
    """What the page says of a fix; ``undo`` is the address of the draft as it was, or empty.

    ``done`` says what was done, for the first of ``number`` problems.
    ``secret``: the draft holds what is never kept, so the way back is without it.
    """

    done: tuple[str, ...]
    number: int
    undo: str
    secret: bool


@bp.post(f"{EVENT}/fix")
def fix(dialect: str, event_type: str) -> str | Response:
    """Apply a fix to the draft, keep the draft as it was, and show both ways on."""
    before = builder.submitted(dialect, event_type)
    found = _asked_for(before)
    if not found.done:
        raise LocalError(
            "This problem is no longer there.",
            remedy="The list shows the problems as they are now.",
        )
    after = found.draft
    notice = _notice(before, found.done)
    saved = kept.keep(after, before)
    focus = at_pointer(after.asked, _target(found.done[-1])).name
    if not is_htmx():
        return builder.render_page(after, focus=focus, fixed=notice)
    words = builder.words(after)
    shown = [
        render_template("builder/_change.html", change=change, **words)
        for change in changes(before.asked, after.asked)
    ]
    told = render_template("builder/_fixed.html", fixed=notice, **words)
    told = f'<hx-partial hx-target="#raw-status" hx-swap="innerHTML">{told}</hx-partial>'
    events = saved | {"cuecard:focus": {"on": focus}}
    return builder.fragments((*shown, *builder.followers(after), told), events)


def _asked_for(draft: Draft) -> fixes.Fixed:
    asked, keep = current.field("fix"), current.media().keep
    if asked == SAFE:
        return fixes.safely_fixed(draft, keep)
    code, _, at = asked.partition("@")
    return fixes.fixed(draft, code, at, keep)


def _notice(before: Draft, done: tuple[Problem, ...]) -> Notice:
    undo = kept.new_id()
    was_kept = kept.keep_under(undo, before)
    secret = any(kept.secrets_of(before.asked))
    said = tuple(map(_said, done[:MOST_SAID]))
    return Notice(said, len(done), undo if was_kept else "", secret)


def _said(problem: Problem) -> str:
    return f"{problem.at or 'the event'}: {does(problem)}"


def _target(problem: Problem) -> str:
    """Where the member of a problem stands once it is fixed."""
    moves = [step["path"] for step in problem.fix or () if step.get("from") == problem.at]
    return moves[-1] if moves else problem.at


def changes(before: Question, after: Question) -> Iterator[Change]:
    """Yield the members of the event and of its params that a fix has changed, each alone.

    Rows of members that the model does not know only ever go: a fix makes none.
    """
    now = {part.name: part for part in after.parts}
    yield Change(f"#o-{after.id}", Swap.INNER, after, "marks")
    for was in before.parts:
        part = now.get(was.name)
        if part is None:
            yield Change(f"#q-{was.id}", Swap.DELETE)
        elif part.node != was.node and _is_params(was, part):
            yield from changes(was, part)
        elif part.node != was.node:
            yield Change(f"#q-{part.id}", Swap.OUTER, part)


def _is_params(was: Question, now: Question) -> bool:
    """Whether a group's members are blocks of their own, before and after."""
    parts = [*was.parts, *now.parts]
    cut = {was.state, now.state} == {"set"} and not (was.block or now.block)
    return cut and bool(parts) and all(part.top for part in parts)
