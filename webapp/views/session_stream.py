"""What pages and programs read of a session: its stream of changes, its record, its sounds."""

import select
import socket
import time
from collections.abc import Generator, Iterator
from contextlib import ExitStack, suppress
from enum import Enum
from typing import TYPE_CHECKING, cast

from flask import Blueprint, Response, abort, request

from webapp import sse
from webapp.sessions import log_files
from webapp.sessions.hub import StreamSlots
from webapp.sessions.live import LiveSession
from webapp.sessions.portions import portions
from webapp.sessions.protocol import State
from webapp.sessions.transcript import Change
from webapp.sessions.viewers import Viewer
from webapp.version import installed
from webapp.views import current

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment

bp = Blueprint("session_stream", __name__, url_prefix="/sessions")

HEARTBEAT_S = 10.0
# A message, not a comment: a page whose network went away without a word notices by it.
HEARTBEAT = sse.message("beat", ".")
WAIT_S = 1.0
WRITE_S = 10.0
SEND_BUFFER_BYTES = 64 * 1024
RETRY_MS = 1_500
# An event after a pause is sent at once. While more come, the time from one message to the next
# bounds how many there are: an event waits half of it on average, and a message costs the page some
# 30 µs of its main thread whatever is in it, so that the least gap takes an eighth of that thread.
# The gap grows with what came, so that in a flood, of more than 1 / GAP_PER_EVENT_S events/s, the
# batches do.
MIN_GAP_S = 0.00025
MAX_GAP_S = 0.05
GAP_PER_EVENT_S = 0.00002
# So long a view that its reader has left may still hold its slot.
SLOT_WAIT_S = 1.5


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
    held.enter_context(current.streams().take(visitor, SLOT_WAIT_S))
    body = Stream(session, cursor, held, current.streams(), request.environ)
    return Response(body, content_type=sse.CONTENT_TYPE, headers=headers)


@bp.get("/<session_id>/log.jsonl")
def log(session_id: str) -> Response:
    """Give the whole record, one JSON text per line; tokens and headers only where asked for."""
    recorded = current.session(session_id).recorded()
    lines = log_files.lines(recorded, secrets="secrets" in request.args)
    return _file((f"{line}\n" for line in lines), "application/jsonl", session_id, "jsonl")


@bp.get("/<session_id>/log.har")
def har(session_id: str) -> Response:
    """Give the whole record as an HTTP Archive, as browsers write and read it."""
    recorded = current.session(session_id).recorded()
    pieces = log_files.har(recorded, installed(), secrets="secrets" in request.args)
    return _file(pieces, "application/json", session_id, "har")


def _file(pieces: Iterator[str], kind: str, session_id: str, ending: str) -> Response:
    answer = Response(pieces, content_type=kind)
    name = f"session-{session_id[:8]}.{ending}"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@bp.get("/<session_id>/audio/<key>.wav")
def audio(session_id: str, key: str) -> Response:
    """Give the sound of a spoken part as a file that any browser plays."""
    try:
        return Response(current.session(session_id).wav(key), content_type="audio/wav")
    except LookupError:
        abort(404)


@bp.get("/<session_id>/audio/<key>.pcm")
def samples(session_id: str, key: str) -> Response:
    """Give the samples from ``from`` on, for playing while they still come in."""
    first = request.args.get("from", "0")
    if not (first.isascii() and first.isdecimal() and len(first) < 12):
        abort(404)
    try:
        pcm = current.session(session_id).pcm16(key, int(first))
    except LookupError:
        abort(404)
    return Response(pcm, content_type="application/octet-stream")


class Reader(Enum):
    """How the reader of a stream does."""

    READS = 1
    STUCK = 2
    GONE = 3


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
        self._poll = select.poll()
        if self._socket is not None:
            self._poll.register(self._socket, select.POLLIN | select.POLLOUT)
            self._socket.settimeout(patience_s)
            # A slow reader is better served by what is true later than by a long queue.
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        viewer = held.enter_context(session.watching())
        self._messages = self._run(session, viewer, cursor, slots)

    def __iter__(self) -> Iterator[bytes]:
        return self._messages

    def close(self) -> None:
        self._messages.close()
        self._leave()

    def _leave(self) -> None:
        self._held.close()
        if self._socket is not None and not self._ended:
            # Otherwise the worker lingers over a peer that does not read.
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def _reader(self) -> Reader:
        """Wait up to a second until what was written has gone out, mostly."""
        if self._socket is None:
            return Reader.READS
        for _, found in self._poll.poll(min(WAIT_S, self._patience_s) * 1000):
            if found & (select.POLLHUP | select.POLLERR) or self._hung_up(found):
                return Reader.GONE
            if found & select.POLLOUT:
                return Reader.READS
        return Reader.STUCK

    def _hung_up(self, found: int) -> bool:
        """Tell whether there is something to read, and that is the end: else a slot is held."""
        if self._socket is None or not found & select.POLLIN:
            return False
        try:
            return not self._socket.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except OSError:
            return True

    def _run(
        self, session: LiveSession, viewer: Viewer, cursor: str, slots: StreamSlots
    ) -> Generator[bytes, None, None]:
        yield sse.retry(RETRY_MS)
        spoke_s = read_s = time.monotonic()
        gap_s = 0.0
        messages: Iterator[bytes] = iter(())
        while not slots.leaving():
            reader = self._reader()
            stuck_s = time.monotonic() - read_s
            if reader is Reader.GONE or (reader is Reader.STUCK and stuck_s > self._patience_s):
                # At once: the server still tries to write the end of its answer.
                self._leave()
                return
            if reader is Reader.STUCK:
                continue
            read_s = time.monotonic()
            if message := next(messages, b""):
                yield message
                spoke_s = time.monotonic()
            elif session.wait(cursor, WAIT_S):
                if (early_s := spoke_s + gap_s - time.monotonic()) > 0:
                    time.sleep(early_s)
                spoke_s, before = time.monotonic(), cursor
                cursor, changes = session.changes_since(cursor, viewer)
                gap_s = _gap_s(before, cursor)
                messages = _messages(changes, cursor)
                yield next(messages)
            elif session.state is State.CLOSED:
                self._ended = True
                yield sse.message("end", "closed")
                return
            elif time.monotonic() - spoke_s >= HEARTBEAT_S:
                yield HEARTBEAT
                spoke_s = time.monotonic()
        self._ended = True
        yield sse.message("end", "restart")


def _messages(changes: list[Change], cursor: str) -> Iterator[bytes]:
    """Yield changes as messages, of which the last alone names the place to go on from.

    A page keeps those called ``part`` until the last has come, as it must not apply them twice. A
    whole transcript begins anew wherever it was cut off, so a page shows it as it comes.
    """
    name = "changes" if changes[:1] == [["reset"]] else "part"
    texts = portions(changes)
    text = next(texts)
    for more in texts:
        yield sse.message(name, text)
        text = more
    yield sse.message("changes", text, id_=cursor)


def _gap_s(before: str, after: str) -> float:
    """Return how long to wait with the next message, by how many events the last stood for."""
    first, last = (cursor.rpartition(":")[2] for cursor in (before, after))
    events = int(last) - int(first) if first.isdecimal() and len(first) < 16 else 0
    return min(max(MIN_GAP_S, events * GAP_PER_EVENT_S), MAX_GAP_S)
