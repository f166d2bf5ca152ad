"""Sessions: open, send, cancel and close them, watch them live, and take their record away."""

import secrets
import select
import socket
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast

from flask import Blueprint, Flask, Response, abort, g, render_template, request

from webapp import sse
from webapp.drafts import Draft
from webapp.endpoints import PRESETS, SANDBOX, Preset
from webapp.errors import LocalError
from webapp.events import EVENTS
from webapp.sessions.hub import Intent, StreamSlots
from webapp.sessions.live import LiveSession, Snapshot
from webapp.sessions.protocol import State
from webapp.sessions.transcript import Shown
from webapp.views import current
from webapp.views.builder import render_page
from webapp.views.htmx import Swap, fragment, is_htmx

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment

bp = Blueprint("sessions", __name__, url_prefix="/sessions")

OPENING_S = 1.0
QUIET_S = 2.0
SAME_INTENT_S = 5.0
HEARTBEAT_S = 10.0
WAIT_S = 1.0
WRITE_S = 10.0
SEND_BUFFER_BYTES = 64 * 1024
RETRY_MS = 1_500
# A reader who keeps up gets every event at once; this only bounds how many messages that takes.
MIN_GAP_S = 0.0005
DIALECTS = {"beta": "Beta", "ga": "GA"}
KINDS = ("sent", "response", "text", "speech", "call", "item", "error", "notice", "event")


@dataclass(frozen=True, slots=True)
class Choice:
    """A button that goes on after a question; ``anyway`` travels with the event."""

    label: str
    anyway: str


@dataclass(frozen=True, slots=True)
class Said:
    """What the column says about the last thing that was asked of it."""

    tone: str
    text: str
    advice: str = ""
    choices: tuple[Choice, ...] = ()
    links: tuple[LiveSession, ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """The session column: the session it shows, if any, and what its buttons need."""

    dialect: str
    event_type: str
    session: LiveSession | None = None
    snapshot: Snapshot | None = None
    said: Said | None = None
    preset: Preset = PRESETS[SANDBOX]
    presets: tuple[Preset, ...] = tuple(each for each in PRESETS.values() if each.embedded)
    token: str = field(default_factory=lambda: secrets.token_urlsafe(16))

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
    """Open a new session; the one that was shown is closed."""
    draft, shown = _draft(), _shown_session()

    def begin(intent: Intent) -> LiveSession:
        if shown is not None:
            shown.close()
        session = _open(draft)
        intent.done(session.id)
        return session

    return _carry_out(draft, shown, begin)


@bp.post("/send")
def send() -> Response:
    """Send the event to the session that is shown; open or reconnect it first where needed."""
    return _send(_draft(), _shown_session())


@bp.post("/<session_id>/events")
def send_event(session_id: str) -> Response:
    """Send the event to a session that is named."""
    return _send(_draft(), _session(session_id))


@bp.post("/<session_id>/connect")
def connect(session_id: str) -> Response:
    """Connect a closed session again; what it had received stays."""
    session = _session(session_id)

    def again(intent: Intent) -> LiveSession:
        session.connect()
        intent.done(session.id)
        return session

    return _carry_out(_draft(), session, again)


@bp.post("/<session_id>/cancel")
def cancel(session_id: str) -> Response:
    """Cancel what is being answered."""
    session = _session(session_id)
    return _carry_out(_draft(), session, lambda _: _done(session, session.cancel))


@bp.post("/<session_id>/close")
def close(session_id: str) -> Response:
    """Close the connection."""
    session = _session(session_id)
    return _carry_out(_draft(), session, lambda _: _done(session, session.close))


@bp.post("/<session_id>")
def show(session_id: str) -> Response:
    """Show how the session stands now; for pages without script."""
    return _answer(_draft(), _session(session_id))


# -- what pages and programs read ------------------------------------------------------------------


@bp.get("/<session_id>/stream")
def stream(session_id: str) -> Response:
    """Stream what changes on the page, from ``Last-Event-ID`` or ``from`` on."""
    visitor = current.visitor()
    session = current.hub().find(visitor, session_id)
    headers = {"X-Accel-Buffering": "no"}
    if session is None:
        # Not a 404: a browser would ask again for ever.
        end = sse.message("end", "gone")
        return Response(end, content_type=sse.CONTENT_TYPE, headers=headers)
    cursor = request.headers.get("Last-Event-ID") or request.args.get("from", "")
    held = ExitStack()
    held.enter_context(current.streams().take(visitor))
    held.enter_context(session.watching())
    body = Stream(session, cursor, held, current.streams(), request.environ)
    return Response(body, content_type=sse.CONTENT_TYPE, headers=headers)


@bp.get("/<session_id>/log.jsonl")
def log(session_id: str) -> Response:
    """Give the whole record, one JSON text per line."""
    lines = (f"{line}\n" for line in _session(session_id).log())
    answer = Response(lines, content_type="application/jsonl")
    name = f"session-{session_id[:8]}.jsonl"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@bp.get("/<session_id>/audio/<key>.wav")
def audio(session_id: str, key: str) -> Response:
    """Give the sound of a spoken part as a file that any browser plays."""
    try:
        return Response(_session(session_id).wav(key), content_type="audio/wav")
    except LookupError:
        abort(404)


@bp.get("/<session_id>/audio/<key>.pcm")
def samples(session_id: str, key: str) -> Response:
    """Give the samples from ``from`` on, for playing while they still come in."""
    first = request.args.get("from", "0")
    if not (first.isascii() and first.isdecimal() and len(first) < 12):
        abort(404)
    try:
        pcm = _session(session_id).pcm16(key, int(first))
    except LookupError:
        abort(404)
    return Response(pcm, content_type="application/octet-stream")


# -- sending ---------------------------------------------------------------------------------------


def _send(draft: Draft, shown: LiveSession | None) -> Response:
    anyway = request.form.getlist("anyway")
    question = _question(draft, shown, anyway)
    if question is not None:
        return _answer(draft, shown, question)

    def go(intent: Intent) -> LiveSession:
        text = draft.wire_text(current.media().text)
        session = shown
        if session is None or ("new" in anyway and session.dialect != draft.dialect):
            session = _open(draft, text)
        elif session.state is State.CLOSED:
            session.connect(text)
        else:
            session.send(text)
        intent.done(session.id)
        return session

    return _carry_out(draft, shown, go)


def _question(draft: Draft, shown: LiveSession | None, anyway: list[str]) -> Said | None:
    """Return what to ask before an event is sent that a server will hardly take."""
    if anyway:
        return None
    errors = draft.errors
    foreign = shown is not None and shown.dialect != draft.dialect
    if not errors and not foreign:
        return None
    texts, choices = [], []
    if errors:
        texts.append(f"The event has {errors} error{'s' if errors > 1 else ''}.")
    if foreign and shown is not None:
        theirs, ours = DIALECTS[shown.dialect], DIALECTS[draft.dialect]
        texts.append(f"This session speaks {theirs}, the event is written in {ours}.")
        choices.append(Choice(f"Open a {ours} session and send", "new"))
    choices.append(Choice("Send anyway", "yes"))
    advice = "A server will probably refuse it."
    return Said("warning", " ".join(texts), advice, tuple(choices))


def _open(draft: Draft, *texts: str) -> LiveSession:
    slug = request.form.get("endpoint", SANDBOX)
    preset = PRESETS.get(slug)
    if preset is None or not preset.embedded:
        raise LocalError("There is no such endpoint.", remedy="Pick another.", status=404)
    return current.hub().open(current.visitor(), preset, draft.dialect, *texts)


def _done(session: LiveSession, act: Callable[[], None]) -> LiveSession:
    act()
    return session


def _carry_out(
    draft: Draft, shown: LiveSession | None, act: Callable[[Intent], LiveSession]
) -> Response:
    """Act once per token, then answer with how things stand, or why it could not be done."""
    token = request.form.get("token", "") or secrets.token_urlsafe(16)
    intent, first = current.hub().claim(current.visitor(), token)
    if not first:
        intent.wait(SAME_INTENT_S)
        found = current.hub().find(current.visitor(), intent.session_id)
        return _answer(draft, found or shown)
    try:
        session = act(intent)
    except LocalError as error:
        intent.done(shown.id if shown else "")
        said = Said("danger", str(error), error.remedy, links=_others(shown, error))
        return _answer(draft, shown, said, error.status)
    session.wait_while(State.CONNECTING, OPENING_S)
    return _answer(draft, session)


def _others(shown: LiveSession | None, error: LocalError) -> tuple[LiveSession, ...]:
    if error.status != 429:
        return ()
    live = current.hub().live(current.visitor())
    return tuple(each for each in live if each is not shown)


# -- answering -------------------------------------------------------------------------------------


def _answer(
    draft: Draft, session: LiveSession | None, said: Said | None = None, status: int = 200
) -> Response:
    """Answer with the part of the page that changes: a page with script streams the rest."""
    if not is_htmx():
        if session is not None:
            session.wait_until_quiet(QUIET_S)
        g.column = _column(draft, session, said)
        return Response(render_page(draft, pane="session"), status)
    if session is not None and session is _shown_session():
        column = Column(draft.dialect, draft.type, session, said=said)
        html = render_template("sessions/_said.html", column=column)
        return fragment(html, status, target="#session-said", swap=Swap.OUTER)
    html = render_template("sessions/_session.html", column=_column(draft, session, said))
    return fragment(html, status, target="#session", swap=Swap.OUTER)


def _column(draft: Draft, session: LiveSession | None, said: Said | None = None) -> Column:
    snapshot = session.snapshot() if session else None
    return Column(draft.dialect, draft.type, session, snapshot, said)


def _draft() -> Draft:
    """Return the draft that came along; scripts may leave it out."""
    dialect = request.args.get("dialect", "beta")
    event_type = request.args.get("type", "response.create")
    if (dialect, event_type) not in EVENTS:
        abort(404)
    return Draft.read(dialect, event_type, current.fields(), current.media().has)


def _session(session_id: str) -> LiveSession:
    session = current.hub().find(current.visitor(), session_id) or abort(404)
    session.seen()
    return session


def _shown_session() -> LiveSession | None:
    """Return the session that the page shows, if it is still kept."""
    return current.hub().find(current.visitor(), request.form.get("session", ""))


_BLANKS = tuple(Shown("", kind, {}, {}) for kind in KINDS)


# -- streaming -------------------------------------------------------------------------------------


class Stream:
    """The body of one stream; whoever ends it, its thread, slot and socket come free."""

    def __init__(
        self,
        session: LiveSession,
        cursor: str,
        held: ExitStack,
        slots: StreamSlots,
        environ: "WSGIEnvironment",
        patience_s: float = WRITE_S,
    ) -> None:
        self._held = held
        self._patience_s = patience_s
        self._ended = False
        # gunicorn's threads write without a limit: a reader that stops reading would keep one.
        self._socket = cast("socket.socket | None", environ.get("gunicorn.socket"))
        if self._socket is not None:
            self._socket.settimeout(patience_s)
            # A slow reader is better served by what is true later than by a long queue.
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        self._messages = self._run(session, cursor, slots)

    def __iter__(self) -> Iterator[bytes]:
        return self._messages

    def close(self) -> None:
        self._messages.close()
        self._held.close()
        if self._socket is not None and not self._ended:
            # Otherwise the worker lingers over a peer that does not read.
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def _takes_more(self) -> bool:
        """Wait up to a second until what was written has gone out, mostly."""
        if self._socket is None:
            return True
        poll = select.poll()
        poll.register(self._socket, select.POLLOUT)
        return bool(poll.poll(min(WAIT_S, self._patience_s) * 1000))

    def _run(
        self, session: LiveSession, cursor: str, slots: StreamSlots
    ) -> Generator[bytes, None, None]:
        yield sse.retry(RETRY_MS)
        spoke_s = read_s = time.monotonic()
        while not slots.leaving():
            if not self._takes_more():
                if time.monotonic() - read_s > self._patience_s:
                    return
                continue
            read_s = time.monotonic()
            if session.wait(cursor, WAIT_S):
                cursor, changes = session.changes_since(cursor)
                yield sse.json_message("changes", changes, id_=cursor)
                spoke_s = time.monotonic()
                time.sleep(MIN_GAP_S)
            elif session.state is State.CLOSED:
                self._ended = True
                yield sse.message("end", "closed")
                return
            elif time.monotonic() - spoke_s >= HEARTBEAT_S:
                yield sse.HEARTBEAT
                spoke_s = time.monotonic()
        self._ended = True
        yield sse.message("end", "restart")
