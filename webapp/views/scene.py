"""Events beside the draft: what a call of the model waits for, and what else sets the scene."""

import secrets
from collections.abc import Callable
from http import HTTPStatus

from flask import Blueprint, Flask, Response, abort, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from webapp.drafts import Draft
from webapp.errors import LocalError
from webapp.exact_json.reader import JsonValue, Unreadable, read_json
from webapp.sessions.event_ids import new_event_id, was_given
from webapp.sessions.hub import Intent
from webapp.sessions.live import LiveSession
from webapp.sessions.prelude import PRELUDES, is_untouched
from webapp.sessions.protocol import State
from webapp.sessions.replay import NoLog, read_log, steps_of
from webapp.views import current, endpoint_picker, sessions
from webapp.views.htmx import is_htmx
from webapp.views.sending import Choice, Said

bp = Blueprint("scene", __name__, url_prefix="/sessions")

LOGS = "Take the log.jsonl or log.har of a session, or a browser's own HAR."
AS_IT_IS, REPLACE = "as-it-is", "replace"


@bp.post("/<session_id>/outputs")
def return_output(session_id: str) -> Response:
    """Return the output of a function call, and ask for a response once none is missing."""
    session, key = current.session(session_id), current.field("call")
    return _answered(session, lambda: session.return_output(key, _beside(key, "output")))


@bp.post("/<session_id>/approve")
def approve(session_id: str) -> Response:
    """Let an MCP call run that asks for approval."""
    session, key = current.session(session_id), current.field("call")
    return _answered(session, lambda: session.answer_approval(key, approve=True))


@bp.post("/<session_id>/deny")
def deny(session_id: str) -> Response:
    """Do not let an MCP call run, for a reason or for none."""
    session, key = current.session(session_id), current.field("call")
    reason = _beside(key, "reason")
    return _answered(session, lambda: session.answer_approval(key, approve=False, reason=reason))


@bp.post("/<session_id>/ask")
def ask(session_id: str) -> Response:
    """Ask for the response that an answered approval has not led to by itself."""
    session, key = current.session(session_id), current.field("call")
    return _answered(session, lambda: session.ask(key))


def _answered(session: LiveSession, act: Callable[[], None]) -> Response:
    """Answer one part of the transcript, once."""

    def give(intent: Intent) -> LiveSession:
        act()
        intent.done(session.id)
        return session

    return sessions.carry_out(sessions.draft_at_hand(), session, give)


def _beside(key: str, what: str) -> str:
    """Return the text that stands in the box of one part among many."""
    texts = [text for name, text in current.fields() if name == what]
    keys = [text for name, text in current.fields() if name == f"{what}-of"]
    return dict(zip(keys, texts, strict=False)).get(key, "").replace("\r\n", "\n")


@bp.post("/<session_id>/replay")
def replay(session_id: str) -> Response:
    """Send the events of a session again in a new one, one when the last is answered or paced."""
    old, draft = current.session(session_id), sessions.draft_at_hand()
    steps = steps_of(old.recorded().frames)
    if not steps:
        said = Said("plain", "Nothing was sent in this session, so there is nothing to replay.")
        return sessions.answer(draft, old, said)

    def again(intent: Intent) -> LiveSession:
        going = endpoint_picker.going(old.dialect, None)
        there = Draft.empty(old.dialect, draft.type)
        session = sessions.open_at(there, going=going, shown=old)
        session.play(steps, paced=bool(current.field("pace")))
        intent.done(session.id)
        return session

    return sessions.carry_out(draft, old, again)


@bp.post("/from-log")
def from_log() -> Response | BaseResponse:
    """Send the events of a log that was given in a new session; for pages without script too."""
    event_type = request.args.get("type", "response.create")
    shown = current.hub().find(current.visitor(), request.args.get("shown", ""))
    try:
        log = read_log(current.field("log").replace("\r\n", "\n"))
    except NoLog as error:
        raise LocalError(f"This is no log: {error}.", remedy=LOGS, status=422) from error
    if not log.steps:
        raise LocalError("Nothing was sent in this log.", remedy=LOGS, status=422)
    draft = Draft.empty(request.args.get("dialect", "beta"), event_type)

    def play(intent: Intent) -> LiveSession:
        there = Draft.empty(log.dialect or draft.dialect, event_type)
        going = endpoint_picker.going(there.dialect, None)
        session = sessions.open_at(there, going=going, shown=shown)
        session.play(log.steps, paced=bool(current.field("pace")), masked=log.masked)
        intent.done(session.id)
        return session

    answer = sessions.carry_out(draft, shown, play)
    if is_htmx() or answer.status_code != HTTPStatus.OK:
        return answer
    session = current.hub().latest(current.visitor())
    address = url_for(
        "builder.page",
        dialect=draft.dialect,
        event_type=event_type,
        session=session.id if session else None,
    )
    return redirect(address, 303)


@bp.post("/prelude/template")
def insert() -> Response:
    """Put a template into the box; what somebody typed there is not replaced unasked."""
    draft, shown = sessions.draft_at_hand(), sessions.shown_session()
    chosen = PRELUDES.get(_chosen()) or abort(404)
    if not is_untouched(_text()) and REPLACE not in _anyway():
        words = "The box holds an event that you have typed."
        choices = (Choice("Put the template in its place", REPLACE),)
        asked = Said("warning", words, "", choices, again="scene.insert")
        return sessions.answer(draft, shown, asked)
    event_id = new_event_id(current.visitor(), secrets.token_bytes(16))
    item_id = shown.last_item_id if shown else ""
    g.prelude = chosen.text(draft.dialect, event_id, item_id)
    return _and_box(draft, sessions.answer(draft, shown))


@bp.post("/prelude")
def send() -> Response:
    """Send the text of the box as it stands; what is not JSON is asked about once."""
    draft, shown = sessions.draft_at_hand(), sessions.shown_session()
    text = _text()
    g.prelude_open = True
    if not text.strip():
        return sessions.answer(draft, shown, Said("plain", "There is nothing in the box to send."))
    value: JsonValue = None
    try:
        value = read_json(text)
    except Unreadable as fault:
        if AS_IT_IS not in _anyway():
            words = f"This is not JSON (line {fault.line}, column {fault.column}): {fault.reason}"
            choices = (Choice("Send it as it is", AS_IT_IS),)
            asked = Said("warning", words, fault.hint, choices, again="scene.send")
            return sessions.answer(draft, shown, asked)
    text = _renewed(text, value, shown)

    def go(intent: Intent) -> LiveSession:
        endpoint_picker.read(draft.dialect)
        going = endpoint_picker.going(draft.dialect, shown)
        session = shown if going.same else None
        if session is None:
            session = sessions.open_at(draft, text, going=going, shown=shown)
        elif session.state is State.CLOSED:
            current.connecting()
            session.connect(text)
        else:
            session.send(text)
        intent.done(session.id)
        return session

    g.prelude = text
    return _and_box(draft, sessions.carry_out(draft, shown, go, once="scene"))


def init_app(app: Flask) -> None:
    """Let the session column include the box."""
    words = {
        "preludes": PRELUDES,
        "prelude_text": box_text,
        "prelude_chosen": _chosen,
        "prelude_open": lambda: bool(box_text() or g.get("prelude_open")),
    }
    app.context_processor(lambda: words)


def box_text() -> str:
    """Return what the box holds."""
    known: str | None = g.get("prelude")
    return _text() if known is None else known


def _and_box(draft: Draft, answer: Response) -> Response:
    """Add the box to an answer that brings less than the whole column."""
    if is_htmx() and answer.headers.get("HX-Retarget") == "#session-said":
        box = render_template(
            "sessions/_prelude.html", column=sessions.Column(draft.dialect, draft.type)
        )
        partial = f'<hx-partial hx-target="#prelude" hx-swap="outerHTML">{box}</hx-partial>'
        answer.set_data(answer.get_data(as_text=True) + partial)
    return answer


def _text() -> str:
    return current.field("prelude").replace("\r\n", "\n")


def _chosen() -> str:
    return current.field("prelude-template")


def _anyway() -> list[str]:
    return [text for name, text in current.fields() if name == "anyway"]


def _renewed(text: str, value: JsonValue, session: LiveSession | None) -> str:
    """Give a template that was sent before a new id, as no two events may share one."""
    event_id = value.get("event_id") if isinstance(value, dict) else None
    known = isinstance(event_id, str) and session is not None and session.has_sent(event_id)
    if not (known and isinstance(event_id, str) and was_given(current.visitor(), event_id)):
        return text
    return text.replace(event_id, new_event_id(current.visitor(), secrets.token_bytes(16)))
