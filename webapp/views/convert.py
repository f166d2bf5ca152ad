"""The dialect switch: a draft in the other dialect, converted or as it is."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, abort, render_template, request, url_for

from webapp import dialects
from webapp.drafts import Draft
from webapp.events import EVENTS
from webapp.exact_json.reader import JsonValue
from webapp.views import conversions, current, kept, open_text
from webapp.views.builder import EVENT, render_page
from webapp.views.htmx import fragment, is_htmx

bp = Blueprint("convert", __name__)

NOTHING: Mapping[str, str] = {}


@bp.post(f"{EVENT}/convert/<target>")
def convert(dialect: str, event_type: str, target: str) -> str | Response:
    """Show what the draft becomes in another dialect; with ``?apply`` or nothing to say, do it."""
    draft = _submitted(dialect, event_type, target)
    if target == dialect:
        return render_page(draft)
    found = dialects.convert(draft.value, dialect, target)
    after = _in(target, draft, found.value)
    if "apply" in request.args or not (found.notes or is_htmx()):
        return _done(draft, after, found)
    proposal = conversions.proposed(draft, after, found)
    if not is_htmx():
        return render_page(draft, conversion=proposal)
    return fragment(
        render_template(
            "builder/_conversion.html",
            conversion=proposal,
            draft=draft,
            titles=dialects.TITLES,
            whole=False,
        )
    )


@bp.post(f"{EVENT}/open/<target>")
def open_as(dialect: str, event_type: str, target: str) -> str:
    """Show the same event, unchanged, in the builder of another dialect."""
    draft = _submitted(dialect, event_type, target)
    after, draft_id = _in(target, draft, draft.value), kept.new_id()
    was_kept = kept.keep_under(draft_id, after)
    return render_page(
        after, draft_id, found_at=_page(after, {"draft": draft_id}) if was_kept else ""
    )


def _done(draft: Draft, after: Draft, found: dialects.Converted) -> str:
    if draft.value == {"type": draft.type}:
        return render_page(after, kept.new_id(), found_at=_page(after))
    done = conversions.done(draft, after, found)
    named = {"draft": done.address} | ({"from": done.back} if done.back else {})
    found_at = _page(after, named) if done.address else ""
    return render_page(after, done.address or kept.new_id(), conversion=done, found_at=found_at)


def _page(draft: Draft, named: Mapping[str, str] = NOTHING) -> str:
    """The address of a draft's builder; ``named`` goes behind the question mark."""
    values: dict[str, Any] = {"dialect": draft.dialect, "event_type": draft.type, **named}
    return url_for("builder.page", **values)


def _in(dialect: str, draft: Draft, value: JsonValue) -> Draft:
    after = Draft.from_value(dialect, draft.type, value, current.media().keep)
    return replace(after, compact=draft.compact, has=draft.has)


def _submitted(dialect: str, event_type: str, target: str) -> Draft:
    if not {(dialect, event_type), (target, event_type)} <= EVENTS.keys():
        abort(404)
    return open_text.acting(dialect, event_type)
