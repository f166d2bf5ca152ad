"""Sessions: open, send, cancel and close them, and show how they stand."""

import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from http import HTTPStatus

from flask import Blueprint, Flask, Response, abort, g, render_template, request

from webapp.drafts import Draft
from webapp.errors import LocalError
from webapp.events import EVENTS
from webapp.sessions.hub import Intent
from webapp.sessions.live import LiveSession, Snapshot
from webapp.sessions.protocol import State
from webapp.sessions.transcript import Shown
from webapp.views import current, endpoint_picker, open_text, sending
from webapp.views.builder import render_page, submitted
from webapp.views.endpoint_picker import Going, Picker
from webapp.views.htmx import Swap, fragment, is_htmx
from webapp.views.sending import Said

bp = Blueprint("sessions", __name__, url_prefix="/sessions")

OPENING_S = 1.0
QUIET_S = 2.0
SAME_INTENT_S = 5.0
SENT_ONCE = Said(
    "plain", "The event was sent once.", "To send it again, wait a second, then press."
)
KINDS = (
    "sent",
    "response",
    "text",
    "speech",
    "call",
    "approval",
    "item",
    "error",
    "notice",
    "event",
)


@dataclass(frozen=True, slots=True)
class Column:
    """The session column: the session it shows, if any, and what its buttons need."""

    dialect: str
    event_type: str
    session: LiveSession | None = None
    snapshot: Snapshot | None = None
    said: Said | None = None
    picker: Picker | None = None
    token: str = field(default_factory=lambda: g.get("token") or _new_token())
    next_token: str = field(default_factory=lambda: _new_token() if g.get("token") else "")

    @property
    def state(self) -> str:
        return self.snapshot.session.mark("state") if self.snapshot else "none"


def init_app(app: Flask) -> None:
    """Let the builder's page include the column."""
    app.context_processor(lambda: {"session_column": session_column, "blank_entries": _BLANKS})


def session_column(dialect: str, event_type: str) -> Column:
    """Return the column for the page at hand: the session that was asked for, else the newest."""
    known: Column | None = g.get("column")
    if known is not None:
        return known
    visitor, asked = current.visitor(), request.args.get("session", "")
    session = current.hub().find(visitor, asked) if asked else current.hub().latest(visitor)
    column = _column(Draft.empty(dialect, event_type), session)
    if asked and session is None:
        gone = "That session is no longer kept here."
        return replace(column, said=Said("plain", gone, "Send opens a new one."))
    return column


# -- what the buttons do ---------------------------------------------------------------------------


@bp.post("")
def open_session() -> Response:
    """Open a new session; the one that was shown is closed unless another tab shows it too."""
    draft, shown = draft_at_hand(), shown_session()

    def begin(intent: Intent) -> LiveSession:
        endpoint_picker.read(draft.dialect)
        session = open_at(draft, shown=shown)
        intent.done(session.id)
        return session

    return carry_out(draft, shown, begin)


@bp.post("/endpoint")
def pick_endpoint() -> Response:
    """Remember what is picked and filled in, and show what there is to fill in."""
    return _picked(draft_at_hand(), endpoint_picker.read)


@bp.post("/endpoint/forget")
def forget_key() -> Response:
    """Drop the key of the picked endpoint."""
    return _picked(draft_at_hand(), endpoint_picker.forget)


@bp.post("/send")
def send() -> Response:
    """Send the event to the session that is shown; open or reconnect it first where needed."""
    return _send(shown_session())


@bp.post("/<session_id>/events")
def send_event(session_id: str) -> Response:
    """Send the event to a session that is named."""
    return _send(current.session(session_id))


@bp.post("/<session_id>/connect")
def connect(session_id: str) -> Response:
    """Connect a closed session again; what it had received stays."""
    session = current.session(session_id)

    def again(intent: Intent) -> LiveSession:
        current.connecting()
        endpoint_picker.read(request.args.get("dialect", session.dialect))
        session.connect()
        intent.done(session.id)
        return session

    return carry_out(draft_at_hand(), session, again)


@bp.post("/<session_id>/cancel")
def cancel(session_id: str) -> Response:
    """Cancel what is being answered."""
    session = current.session(session_id)
    return carry_out(draft_at_hand(), session, lambda _: _done(session, session.cancel))


@bp.post("/<session_id>/let-go")
def let_go(session_id: str) -> Response:
    """Do not send what waits until a response is done."""
    session = current.session(session_id)
    return carry_out(draft_at_hand(), session, lambda _: _done(session, session.let_go))


@bp.post("/<session_id>/close")
def close(session_id: str) -> Response:
    """Close the connection."""
    session = current.session(session_id)
    return carry_out(draft_at_hand(), session, lambda _: _done(session, session.close))


@bp.post("/<session_id>")
def show(session_id: str) -> Response:
    """Show how the session stands now; for pages without script."""
    return answer(draft_at_hand(), current.session(session_id))


# -- sending ---------------------------------------------------------------------------------------


def _send(shown: LiveSession | None) -> Response:
    anyway = request.form.getlist("anyway")
    draft, as_typed = draft_at_hand(), open_text.AS_TYPED in anyway
    if not {open_text.AS_TYPED, open_text.LAST} & {*anyway}:
        try:
            draft = open_text.acting(draft.dialect, draft.type)
        except open_text.OpenTextUnreadable as error:
            return answer(draft, shown, sending.unread(error))
    try:
        endpoint_picker.read(draft.dialect)
        going = endpoint_picker.going(draft.dialect, shown)
    except LocalError as error:
        return answer(draft, shown, Said("danger", str(error), error.remedy), error.status)
    there = shown if going.same else None
    question = None if anyway else sending.question(draft, there, going.preset)
    if question is not None:
        return answer(draft, shown, question)
    sent = draft if as_typed else sending.as_sent(draft, anyway)

    def go(intent: Intent) -> LiveSession:
        text = open_text.typed() if as_typed else sent.wire_text(current.media().text)
        session = there
        if session is None:
            session = open_at(draft, text, going=going, shown=shown)
        elif sending.NEW in anyway and session.dialect != draft.dialect:
            session = open_at(draft, text)
        elif session.state is State.CLOSED:
            current.connecting()
            session.connect(text)
        else:
            _send_beside(session, text, anyway)
        intent.done(session.id)
        return session

    replied = carry_out(sent, shown, go, once="send")
    shows = is_htmx() and replied.status_code < HTTPStatus.BAD_REQUEST
    return sending.show(draft, sent, replied) if shows else replied


def _send_beside(session: LiveSession, text: str, anyway: list[str]) -> None:
    """Send an event to a session that may still be answering another."""
    if sending.CANCEL in anyway and session.writing:
        session.hold(text)
        with suppress(LocalError):  # it may have ended just now
            session.cancel(default_only=True)
    elif sending.WAIT in anyway:
        session.hold(text)
    else:
        session.send(text)


def open_at(
    draft: Draft, *texts: str, going: Going | None = None, shown: LiveSession | None = None
) -> LiveSession:
    """Open a session at the endpoint that is picked; one that is ``shown`` makes room for it.

    Raises:
        LocalError: if it cannot be connected to.
    """
    going = going or endpoint_picker.going(draft.dialect, None)
    current.connecting()
    # Another tab may be looking at it; one that is hidden reads there what became of it.
    if shown is not None and shown.watchers <= 1:
        shown.close("Closed: a new session was opened in its place.")
    departure = going.departure
    dialect = departure.endpoint.dialect if departure else draft.dialect
    return current.hub().open(current.visitor(), going.preset, dialect, *texts, departure=departure)


def _picked(draft: Draft, act: Callable[[str], str]) -> Response:
    """Answer with how the endpoint stands after something was done about it."""
    notice, fault, status = "", "", 200
    try:
        notice = act(draft.dialect)
    except LocalError as error:
        fault, status = f"{error} {error.remedy}".strip(), error.status
    picker = endpoint_picker.picker(draft.dialect, fault=fault, notice=notice, opened=True)
    if is_htmx():
        column = Column(draft.dialect, draft.type, picker=picker)
        html = render_template("sessions/_endpoint.html", column=column)
        return fragment(html, status, target="#endpoint", swap=Swap.OUTER)
    g.column = replace(_column(draft, shown_session()), picker=picker)
    return Response(render_page(draft, pane="session"), status)


def _done(session: LiveSession, act: Callable[[], None]) -> LiveSession:
    act()
    return session


def carry_out(
    draft: Draft,
    shown: LiveSession | None,
    act: Callable[[Intent], LiveSession],
    *,
    once: str = "",
) -> Response:
    """Act once per token, then answer with how things stand, or why it could not be done.

    ``once`` names a deed for which the page keeps its token until it has been left alone for a
    second: presses in quick succession are one intent, though each is answered before the next.
    """
    token = request.form.get("token", "") or _new_token()
    deed = once or request.endpoint
    intent, first = current.hub().claim(current.visitor(), f"{deed} {token}")
    if not first:
        intent.wait(SAME_INTENT_S)
        found = current.hub().find(current.visitor(), intent.session_id)
        if once and is_htmx():
            g.token = token
            return answer(draft, found or shown, SENT_ONCE)
        return answer(draft, found or shown)
    try:
        session = act(intent)
    except LocalError as error:
        intent.done(shown.id if shown else "")
        said = Said("danger", str(error), error.remedy, links=_others(shown, error))
        refused = answer(draft, shown, said, error.status)
        if error.retry_after_s:
            refused.headers["Retry-After"] = str(error.retry_after_s)
        return refused
    session.wait_while(State.CONNECTING, OPENING_S)
    if once and is_htmx():
        g.token = token
    return answer(draft, session)


def _others(shown: LiveSession | None, error: LocalError) -> tuple[LiveSession, ...]:
    if error.status != 429 or error.retry_after_s:
        return ()
    live = current.hub().live(current.visitor())
    return tuple(each for each in live if each is not shown)


# -- answering -------------------------------------------------------------------------------------


def answer(
    draft: Draft, session: LiveSession | None, said: Said | None = None, status: int = 200
) -> Response:
    """Answer with the part of the page that changes: a page with script streams the rest."""
    if not is_htmx():
        if session is not None:
            session.wait_until_quiet(QUIET_S)
        g.column = _column(draft, session, said)
        return Response(render_page(draft, pane="session"), status)
    # A page that shows the session already streams the rest; what it says of a key may be new.
    stays = session is not None and session is shown_session()
    if stays and not current.field("endpoint-key"):
        column = Column(draft.dialect, draft.type, session, said=said)
        html = render_template("sessions/_said.html", column=column)
        return fragment(html, status, target="#session-said", swap=Swap.OUTER)
    html = render_template("sessions/_session.html", column=_column(draft, session, said))
    return fragment(html, status, target="#session", swap=Swap.OUTER)


def _new_token() -> str:
    return secrets.token_urlsafe(16)


def _column(draft: Draft, session: LiveSession | None, said: Said | None = None) -> Column:
    snapshot = session.snapshot() if session else None
    opened = said is not None and said.tone == "danger" and session is None
    picker = endpoint_picker.picker(draft.dialect, opened=opened)
    return Column(draft.dialect, draft.type, session, snapshot, said, picker)


def draft_at_hand() -> Draft:
    """Return the draft that came along; scripts may leave it out."""
    dialect = request.args.get("dialect", "beta")
    event_type = request.args.get("type", "response.create")
    if (dialect, event_type) not in EVENTS:
        abort(404)
    return submitted(dialect, event_type)


def shown_session() -> LiveSession | None:
    """Return the session that the page shows, if it is still kept."""
    return current.hub().find(current.visitor(), request.form.get("session", ""))


_BLANKS = tuple(Shown("", kind, {}, {}) for kind in KINDS)
