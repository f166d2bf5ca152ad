"""Undo and redo: a draft as it was one change ago, and back again."""

from collections.abc import Iterator

from flask import Blueprint, Response, render_template

from webapp.forms.questions import Question
from webapp.views import builder, kept
from webapp.views.builder import EVENT
from webapp.views.fixes import changes
from webapp.views.form_changes import Change
from webapp.views.htmx import Swap, fragment, is_htmx

bp = Blueprint("undo", __name__)


@bp.post(f"{EVENT}/undo")
def undo(dialect: str, event_type: str) -> str | Response:
    """Show the draft as it was before the last change."""
    return _step(dialect, event_type, -1)


@bp.post(f"{EVENT}/redo")
def redo(dialect: str, event_type: str) -> str | Response:
    """Show the draft as it was before undoing."""
    return _step(dialect, event_type, 1)


def _step(dialect: str, event_type: str, by: int) -> str | Response:
    before = builder.submitted(dialect, event_type)
    found = kept.stepped(before, by)
    if found is None:
        return fragment("", 204) if is_htmx() else builder.render_page(before)
    after = found.draft
    saved = kept.keep(after)
    if not is_htmx():
        return builder.render_page(after, untold=found.untold)
    words = builder.words(after)
    pieces = [*_changes(before.asked, after.asked)]
    shown = [render_template("builder/_change.html", change=one, **words) for one in pieces]
    at = next((one.question.name for one in pieces if one.question and one.part == "question"), "")
    events = saved | {"cuecard:stepped": {"at": at}}
    told = render_template("builder/_untold.html", untold=found.untold)
    told = f'<hx-partial hx-target="#raw-status" hx-swap="innerHTML">{told}</hx-partial>'
    rest = (told,) if found.untold else ()
    return builder.fragments((*shown, *builder.followers(after), *rest), events)


def _changes(before: Question, after: Question) -> Iterator[Change]:
    """Yield what differs piece by piece; all of it where rows came that have no place yet."""
    if _rows(after) - _rows(before):
        yield Change("#form", Swap.INNER, after, "form")
    else:
        yield from changes(before, after)


def _rows(form: Question) -> set[str]:
    rows = {part.name for part in form.parts}
    for part in form.parts:
        rows |= {row.name for row in part.parts if row.top}
    return rows
