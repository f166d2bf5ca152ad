"""The builder: the form of an event, its wire text, and what is wrong with it."""

import json
from collections.abc import Iterable, Iterator

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as BaseResponse

from webapp.dialects import TITLES, Guess, detect, other
from webapp.drafts import Draft, Part
from webapp.events import DIALECTS, EVENTS
from webapp.examples import EXAMPLES, example
from webapp.forms.edits import Edited
from webapp.forms.questions import dom_id, find, summary_of
from webapp.paste import read_event
from webapp.views import current, kept, wire_pane
from webapp.views.conversions import Conversion, of_page
from webapp.views.form_changes import Change, changes_of
from webapp.views.htmx import Swap, fragment, is_htmx
from webapp.views.problem_list import Finding, counted, findings, number_safe
from webapp.wire_reader import JsonValue, Unreadable

bp = Blueprint("builder", __name__)

EVENT = "/events/<dialect>/<event_type>"


@bp.get("/")
def home() -> BaseResponse:
    """Lead to the first page."""
    return redirect(url_for("builder.page", dialect="beta", event_type="response.create"))


@bp.get(EVENT)
def page(dialect: str, event_type: str) -> str:
    """Show the builder, empty or with an example."""
    _known(dialect, event_type)
    slug, draft_id = request.args.get("example", ""), request.args.get("draft", "")
    if draft_id:
        draft, draft_id = kept.opened(dialect, event_type, draft_id)
        return render_page(draft, draft_id, conversion=of_page(draft, draft_id))
    if not slug:
        return render_page(Draft.empty(dialect, event_type))
    chosen = example(dialect, slug) or abort(404)
    draft = Draft.from_value(dialect, event_type, chosen.event, current.media().keep)
    return render_page(draft, chosen=slug)


@bp.post(f"{EVENT}/preview")
def preview(dialect: str, event_type: str) -> str | Response:
    """Show the wire text and problems of what has been typed so far."""
    draft = submitted(dialect, event_type)
    if not is_htmx():
        return render_page(draft)
    return render_template("builder/_preview.html", **_wire(draft))


@bp.post(f"{EVENT}/block/<name>")
def block(dialect: str, event_type: str, name: str) -> str | Response:
    """Show the lines of one block; what a keystroke inside it posts is that block alone."""
    _known(dialect, event_type)
    comma, compact = wire_pane.flags(current.field("shown"))
    has = current.media().has
    try:
        part = Part.read(dialect, event_type, name, current.fields(), comma=comma, has=has)
    except KeyError:
        abort(404)
    shown = wire_pane.pane(part.block, part.problems, compact=compact)
    return fragment("".join((shown.inner, _summary(name, part))))


def _summary(name: str, part: Part) -> str:
    """The line that tells an item from its neighbours follows what is typed into it."""
    if "." not in name or not name.rpartition(".")[2][1:].isdigit():
        return ""
    summary = Markup('<hx-partial hx-target="#m-{}" hx-swap="textContent">{}</hx-partial>')
    return summary.format(dom_id(name), summary_of(part.value))


@bp.post(f"{EVENT}/check")
def check(dialect: str, event_type: str) -> Response:
    """Show the problems of the whole event, and any block that the page shows otherwise."""
    draft = submitted(dialect, event_type)
    return fragments(followers(draft), kept.keep(draft))


@bp.post(f"{EVENT}/form")
def form(dialect: str, event_type: str) -> str | Response:
    """Do what the pressed button says, and show the form after it."""
    before = submitted(dialect, event_type)
    button = current.field("do")
    if not button:
        return fragment("", 204) if is_htmx() else render_page(before)
    if button.startswith("menu:"):
        return _menu(before, button.removeprefix("menu:"))
    if button.startswith("open:"):
        return _opened(before, button.removeprefix("open:"))
    after, edited = before.pressed(button)
    saved = kept.keep(after)
    if not is_htmx():
        return render_page(after, focus=edited.focus)
    return _form_changes(before, after, button, edited, saved)


def _menu(draft: Draft, name: str) -> str | Response:
    """Open what else can be done with a question; menus are rare, so pages carry none."""
    question = find(draft.asked, name) or abort(404)
    if not is_htmx():
        return render_page(draft, menu=name)
    change = Change(f"#t-{question.id}", Swap.OUTER, question, "tools")
    around = words(draft) | {"menu": name}
    return fragment(render_template("builder/_change.html", change=change, **around))


def _opened(draft: Draft, name: str) -> str | Response:
    """Show an item of a long list with the buttons inside it."""
    draft = draft.opening(name)
    question = find(draft.asked, name) or abort(404)
    if not is_htmx():
        return render_page(draft, focus=name)
    change = Change(f"#q-{question.id}", Swap.OUTER, question)
    shown = render_template("builder/_change.html", change=change, **words(draft))
    return fragments((shown,), {"cuecard:focus": {"on": name}})


def _form_changes(
    before: Draft, after: Draft, button: str, edited: Edited, saved: dict[str, object]
) -> Response:
    shown = [
        render_template("builder/_change.html", change=change, **words(after))
        for change in changes_of(before.asked, after.asked, button, edited)
    ]
    events = saved | {"cuecard:focus": {"on": edited.focus}}
    return fragments((*shown, *followers(after)), events)


def followers(draft: Draft) -> Iterator[str]:
    """Yield what follows the form wherever it stands: wire text, problems, and the open text."""
    yield _wire_changes(draft)
    yield _problems(draft)
    if current.field("raw"):
        text = render_template(
            "builder/_raw_text.html", raw=draft.wire_text(current.media().text), raw_focus=False
        )
        yield f'<hx-partial hx-target="#raw-text" hx-swap="outerHTML">{text}</hx-partial>'


def fragments(pieces: Iterable[str], events: dict[str, object]) -> Response:
    """Answer with pieces for several places, and events for the page's scripts."""
    return fragment("".join(pieces), trigger=json.dumps(events))


@bp.post(f"{EVENT}/raw")
def raw(dialect: str, event_type: str) -> tuple[str, int] | str | Response:
    """Fill the builder from pasted text, or say where and why it cannot be read."""
    _known(dialect, event_type)
    text = current.field("text").replace("\r\n", "\n")
    keep_last = current.field("repair") == "keep_last"
    try:
        reading = read_event(text, keep_last=keep_last)
    except Unreadable as fault:
        return _unreadable(dialect, event_type, text, fault)
    draft = Draft.from_value(dialect, event_type, reading.value, current.media().keep)
    guess = _guess(dialect, reading.value)
    saved = kept.keep(draft)
    if not is_htmx():
        return render_page(draft, repairs=reading.repairs, guess=guess)
    seen = _seen(draft) | {"guess": guess, "repairs": reading.repairs}
    return fragments((render_template("builder/_filled.html", **seen),), saved)


def _guess(dialect: str, value: JsonValue) -> Guess | None:
    """Return what speaks for reading an event in another dialect, or None."""
    guess = detect(value)
    return guess if guess.reasons and guess.dialect != dialect else None


def _unreadable(
    dialect: str, event_type: str, text: str, fault: Unreadable
) -> tuple[str, int] | Response:
    if is_htmx():
        return fragment(render_template("builder/_unread.html", fault=fault), 422)
    return render_page(kept.waiting(dialect, event_type), raw=text, fault=fault), 422


@bp.post(f"{EVENT}/raw/edit")
def raw_edit(dialect: str, event_type: str) -> str:
    """Open the text of the event for editing."""
    draft = submitted(dialect, event_type)
    kept.keep(draft)
    text = draft.wire_text(current.media().text)
    if not is_htmx():
        return render_page(draft, raw=text)
    return render_template("builder/_raw.html", raw=text, fault=None, **words(draft))


@bp.post(f"{EVENT}/wire")
def wire(dialect: str, event_type: str) -> Response:
    """Give the exact bytes that copy, download and send use."""
    draft = submitted(dialect, event_type)
    text = draft.wire_text(current.media().text)
    answer = Response(text, mimetype="application/json")
    if "download" in request.args:
        name = f"{event_type}.{dialect}.json"
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@bp.get("/api/v1/schema/<dialect>/<event_type>")
def schema(dialect: str, event_type: str) -> dict[str, JsonValue]:
    """Give the JSON Schema of an event's model."""
    _known(dialect, event_type)
    return EVENTS[dialect, event_type].model.model_json_schema(mode="serialization")


def render_page(
    draft: Draft,
    draft_id: str = "",
    *,
    chosen: str = "",
    focus: str = "",
    menu: str = "",
    raw: str | None = None,
    fault: Unreadable | None = None,
    repairs: Iterable[object] = (),
    guess: Guess | None = None,
    conversion: Conversion | None = None,
    found_at: str = "",
    fixed: object = None,
    pane: str = "event",
) -> str:
    """Return the whole builder around a draft; where there is room for one column, ``pane``."""
    around = {
        "pane": pane,
        "chosen": chosen,
        "focus": focus,
        "menu": menu,
        "raw": raw,
        "fault": fault,
        "repairs": repairs,
        "guess": guess,
        "conversion": conversion,
        "whole": True,
        "found_at": found_at,
        "fixed": fixed,
        "draft_id": draft_id or kept.id_of_form() or kept.new_id(),
        "recent": kept.recent(),
        "dialects": DIALECTS,
        "examples": [one for one in EXAMPLES if one.dialect == draft.dialect],
    }
    return render_template("builder/page.html", **_seen(draft) | around)


def _seen(draft: Draft) -> dict[str, object]:
    return {"form": draft.asked, **_wire(draft)}


def _wire(draft: Draft) -> dict[str, object]:
    return {"wire": wire_pane.html(wire_pane.panes(draft)), **words(draft)}


def words(draft: Draft) -> dict[str, object]:
    """What every template of the builder may name."""
    found: list[Finding] = findings(draft)
    return {
        "draft": draft,
        "event": draft.event_type,
        "titles": TITLES,
        "other": other(draft.dialect),
        "found": found,
        "problems": counted(found, _fix_address(draft)),
        "safe_fixes": number_safe(found),
        "focus": "",
        "menu": "",
        "draft_id": kept.id_of_form(),
    }


def _fix_address(draft: Draft) -> str:
    return url_for("fixes.fix", dialect=draft.dialect, event_type=draft.type)


def _wire_changes(draft: Draft) -> Markup:
    parts = wire_pane.panes(draft)
    changed = wire_pane.changes(parts, [seen for name, seen in current.fields() if name == "shown"])
    if changed is not None:
        return changed
    whole = Markup('<hx-partial hx-target="#wire" hx-swap="innerHTML">{}</hx-partial>')
    return whole.format(wire_pane.html(parts))


def _problems(draft: Draft) -> str:
    return render_template("builder/_problems.html", **words(draft))


def submitted(dialect: str, event_type: str) -> Draft:
    """Return the draft of the form at hand."""
    _known(dialect, event_type)
    return Draft.read(dialect, event_type, current.fields(), current.media().has)


def _known(dialect: str, event_type: str) -> None:
    if (dialect, event_type) not in EVENTS:
        abort(404)
