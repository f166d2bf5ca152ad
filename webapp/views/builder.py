"""The builder: the form of an event, its wire text, and what is wrong with it."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from http import HTTPStatus

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as BaseResponse

from webapp.dialects import TITLES, Guess, detect, other
from webapp.drafts import CONTROLS, Draft, Part
from webapp.events import DIALECTS, EVENTS
from webapp.exact_json.reader import JsonValue, Unreadable
from webapp.examples import EXAMPLES, example
from webapp.forms.branches import BadSubmission
from webapp.forms.edits import NOTHING_THERE, Edited
from webapp.forms.questions import Question, at_pointer, dom_id, find, summary_of
from webapp.views import current, errors, kept, open_text, server_said, wire_pane
from webapp.views.conversions import Conversion, of_page
from webapp.views.form_changes import Change, changes_of
from webapp.views.htmx import Swap, fragment, is_htmx
from webapp.views.open_text import OpenText, OpenTextUnreadable
from webapp.views.problem_list import Finding, counted, findings, number_safe

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
        draft, own_id = kept.opened(dialect, event_type, draft_id)
        return render_page(draft, own_id, origin=draft_id, conversion=of_page(draft, own_id))
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
        kept.keep(draft)
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
    try:
        return _pressed(before, button)
    except BadSubmission as error:
        if is_htmx():
            raise
        # The form itself could be read, so it stays.
        page = render_page(before, message=errors.words_of(error))
        return Response(page, HTTPStatus.BAD_REQUEST)


def _pressed(before: Draft, button: str) -> str | Response:
    if button.startswith("menu:"):
        return _menu(before, button.removeprefix("menu:"))
    if button.startswith("open:"):
        return _opened(before, button.removeprefix("open:"))
    after, edited = before.pressed(button)
    saved = kept.keep(after, before)
    if not is_htmx():
        return render_page(after, focus=edited.focus)
    return _form_changes(before, after, button, edited, saved)


def _menu(draft: Draft, name: str) -> str | Response:
    """Open what else can be done with a question; menus are rare, so pages carry none."""
    question = _question(draft, name)
    if not is_htmx():
        return render_page(draft, menu=name)
    change = Change(f"#t-{question.id}", Swap.OUTER, question, "tools")
    around = words(draft) | {"menu": name}
    return fragment(render_template("builder/_change.html", change=change, **around))


def _opened(draft: Draft, name: str) -> str | Response:
    """Show an item of a long list with the buttons inside it."""
    draft = draft.opening(name)
    question = _question(draft, name)
    if not is_htmx():
        return render_page(draft, focus=name)
    change = Change(f"#q-{question.id}", Swap.OUTER, question)
    shown = render_template("builder/_change.html", change=change, **words(draft))
    return fragments((shown,), {"cuecard:focus": {"on": name}})


def _question(draft: Draft, name: str) -> Question:
    question = find(draft.asked, name)
    if question is None:
        raise BadSubmission(name, NOTHING_THERE)
    return question


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
    draft = server_said.with_told(draft)
    yield _wire_changes(draft)
    yield _problems(draft)
    if current.field(open_text.READ) and open_text.unread() is None:
        yield _text_box(draft)


def _text_box(draft: Draft) -> str:
    """The open text as it is after the form changed."""
    box = OpenText(draft.wire_text(current.media().text))
    text = render_template("builder/_raw_text.html", box=box, raw_focus=False)
    return f'<hx-partial hx-target="#raw-box" hx-swap="outerHTML">{text}</hx-partial>'


def fragments(pieces: Iterable[str], events: dict[str, object]) -> Response:
    """Answer with pieces for several places, and events for the page's scripts."""
    return fragment("".join(pieces), trigger=json.dumps(events))


@bp.post(f"{EVENT}/raw")
def raw(dialect: str, event_type: str) -> tuple[str, int] | str | Response:
    """Fill the builder from pasted text, or say where and why it cannot be read."""
    form = _form_at_hand(dialect, event_type)
    if is_htmx() and current.field(open_text.READ) and not open_text.was_sent():
        return fragment("", 204)
    keep_last = current.field("repair") == "keep_last"
    try:
        draft, reading = open_text.read(form, open_text.typed(), keep_last=keep_last)
    except Unreadable as fault:
        return _unreadable(form, fault)
    open_text.settled()
    saved = kept.keep(draft)
    guess = _guess(dialect, reading.value)
    if not is_htmx():
        return render_page(draft, repairs=reading.repairs, guess=guess)
    is_open = bool(current.field(open_text.READ))
    seen = _seen(draft) | {
        "guess": guess,
        "repairs": reading.repairs,
        "read": open_text.digest(open_text.typed()) if is_open and not keep_last else "",
    }
    # What was left out of the text on demand leaves the box as well.
    rest = _text_box(draft) if is_open and keep_last else ""
    return fragments((render_template("builder/_filled.html", **seen), rest), saved)


@bp.post(f"{EVENT}/raw/close")
def raw_close(dialect: str, event_type: str) -> tuple[str, int] | str | Response:
    """Close the open text: read what the form does not show yet; with ``unread=last`` drop it."""
    draft = _form_at_hand(dialect, event_type)
    text, saved = open_text.unread(), dict[str, object]()
    drop = open_text.choice() == open_text.LAST
    if text is not None and not drop:
        try:
            draft, _ = open_text.read(draft, text)
            saved = kept.keep(draft)
        except Unreadable as fault:
            return _unreadable(draft, fault)
    open_text.settled()
    if not is_htmx():
        return render_page(draft)
    # A form that shows the text already stays: somebody may be at work in it.
    filled = _seen(draft) if text is not None and not drop else None
    return fragments(
        (render_template("builder/_closed.html", filled=filled, **filled or {}),), saved
    )


def _form_at_hand(dialect: str, event_type: str) -> Draft:
    """Return the draft of the form; of a text that came alone, the one that was kept last."""
    _known(dialect, event_type)
    if all(name in CONTROLS for name, _ in current.fields()):
        waiting = kept.waiting(dialect, event_type)
        return replace(waiting, compact=current.field("style") == "compact")
    return submitted(dialect, event_type)


def _guess(dialect: str, value: JsonValue) -> Guess | None:
    """Return what speaks for reading an event in another dialect, or None."""
    guess = detect(value)
    return guess if guess.reasons and guess.dialect != dialect else None


def _unreadable(form: Draft, fault: Unreadable) -> tuple[str, int] | Response:
    if is_htmx():
        shown = render_template("builder/_unread.html", fault=fault, draft=form, asks=None)
        return fragment(shown, 422)
    box = OpenText(open_text.typed(), unread=True, fault=fault)
    return render_page(form, raw=box), 422


@bp.post(f"{EVENT}/raw/edit")
def raw_edit(dialect: str, event_type: str) -> str:
    """Open the text of the event for editing."""
    draft = submitted(dialect, event_type)
    kept.keep(draft)
    box = open_text.waiting(draft) or OpenText(draft.wire_text(current.media().text))
    if not is_htmx():
        return render_page(draft, raw=box)
    return render_template("builder/_raw.html", raw=box, **words(draft))


@bp.post(f"{EVENT}/wire")
def wire(dialect: str, event_type: str) -> Response:
    """Give the exact bytes that copy, download and send use; ``unread=typed``: the open text."""
    _known(dialect, event_type)
    as_typed = open_text.choice() == open_text.AS_TYPED
    if as_typed:
        text, kind, end = open_text.typed(), "text/plain", "txt"
    else:
        draft = open_text.acting(dialect, event_type)
        text, kind, end = draft.wire_text(current.media().text), "application/json", "json"
    answer = Response(text, mimetype=kind)
    if "download" in request.args:
        name = f"{event_type}.{dialect}.{end}"
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@dataclass(frozen=True, slots=True)
class Asks:
    """What to ask when a text cannot be read: which button was pressed, and where it leads.

    ``target`` is where its answer goes; without one the browser takes it.
    """

    verb: str
    address: str
    target: str = ""
    copies: bool = False
    as_typed: bool = False

    def at(self, choice: str) -> str:
        """The address that goes on after a choice."""
        return f"{self.address}{'&' if '?' in self.address else '?'}{open_text.CHOICE}={choice}"


@bp.app_errorhandler(OpenTextUnreadable)
def ask(error: OpenTextUnreadable) -> Response:
    """Ask what is meant, when a button leads out of a form that does not show the open text."""
    values = request.view_args or {}
    args = {name: text for name, text in request.args.items() if name != open_text.CHOICE}
    address = url_for(str(request.endpoint), **{**args, **values})
    match request.endpoint:
        case "builder.wire":
            copies = "download" not in args
            asks = Asks("Copy" if copies else "Download", address, copies=copies, as_typed=True)
        case "export.program":
            asks = Asks("Export", address, "#export")
        case _:
            asks = Asks("Convert", address, "#conversion")
    form = submitted(values["dialect"], values["event_type"])
    if is_htmx():
        shown = render_template("builder/_fault.html", fault=error.fault, draft=form, asks=asks)
        return fragment(shown, 422, target="#raw-status", swap=Swap.INNER)
    box = OpenText(error.text, unread=True, fault=error.fault)
    return Response(render_page(form, raw=box, asks=asks), 422)


@bp.get("/api/v1/schema/<dialect>/<event_type>")
def schema(dialect: str, event_type: str) -> dict[str, JsonValue]:
    """Give the JSON Schema of an event's model."""
    _known(dialect, event_type)
    return EVENTS[dialect, event_type].model.model_json_schema(mode="serialization")


@bp.post(f"{EVENT}/find")
def find_place(dialect: str, event_type: str) -> str | Response:
    """Lead to the field that a pointer means, or the nearest one above it."""
    draft = submitted(dialect, event_type)
    name = at_pointer(draft.asked, current.field("at")).name
    if not is_htmx():
        return render_page(draft, focus=name)
    return fragment("", 204, trigger=json.dumps({"cuecard:focus": {"on": name}}))


def render_page(
    draft: Draft,
    draft_id: str = "",
    *,
    chosen: str = "",
    origin: str = "",
    focus: str = "",
    menu: str = "",
    raw: OpenText | None = None,
    repairs: Iterable[object] = (),
    guess: Guess | None = None,
    conversion: Conversion | None = None,
    found_at: str = "",
    fixed: object = None,
    asks: "Asks | None" = None,
    untold: bool = False,
    message: errors.Words | None = None,
    pane: str = "event",
) -> str:
    """Return the whole builder around a draft; where there is room for one column, ``pane``.

    A text that was typed and is not in the form stays open with it.
    """
    draft = server_said.with_told(draft)
    draft_id = draft_id or kept.id_of_form() or kept.new_id()
    around = {
        "pane": pane,
        "message": message,
        "chosen": chosen,
        "origin": origin or chosen or current.field("origin"),
        "steps": current.drafts().steps(draft_id),
        "untold": untold,
        "focus": focus,
        "menu": menu,
        "raw": raw or open_text.waiting(draft),
        "asks": asks,
        "repairs": repairs,
        "guess": guess,
        "conversion": conversion,
        "whole": True,
        "found_at": found_at,
        "fixed": fixed,
        "draft_id": draft_id,
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
        "problems": counted(draft, found),
        "safe_fixes": number_safe(draft),
        "focus": "",
        "menu": "",
        "draft_id": kept.id_of_form(),
    }


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
    draft = Draft.read(dialect, event_type, current.fields(), current.media().has)
    return server_said.with_told(draft)


def _known(dialect: str, event_type: str) -> None:
    if (dialect, event_type) not in EVENTS:
        abort(404)
