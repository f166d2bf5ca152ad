"""One live session: its record, its transcript, its connection, and who looks at it."""

import asyncio
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from webapp.endpoints import Preset
from webapp.errors import LocalError
from webapp.events.server import Delta, Part, ServerEvent
from webapp.sessions.connection import Connection, FindTarget, Patience, SocketThread
from webapp.sessions.protocol import Protocol, State
from webapp.sessions.record import Direction, Frame, Payload, Record, log_lines, with_sound
from webapp.sessions.transcript import Change, Shown, Transcript
from webapp.sessions.words import explain_close

WRITE_WAIT_S = 1.0
MAX_QUEUED = 100

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Ends:
    """When a session is closed by itself, in seconds."""

    unwatched_s: float = 10 * 60
    idle_s: float = 30 * 60
    total_s: float = 60 * 60
    connecting_s: float = 20.0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A session at one moment; ``cursor`` is where its stream goes on."""

    cursor: str
    session: Shown
    entries: list[Shown]


class LiveSession:
    """One Realtime conversation, over one connection after another.

    Frames come in on the loop's thread; every method here may be called from any thread.
    """

    def __init__(
        self,
        visitor: str,
        preset: Preset,
        dialect: str,
        sockets: SocketThread,
        find_target: FindTarget,
        *,
        ends: Ends | None = None,
        patience: Patience | None = None,
        clock: Clock = time.monotonic,
    ) -> None:
        """Keep the parts; ``connect`` sets them in motion."""
        self.id = secrets.token_hex(16)
        self.epoch = secrets.token_hex(4)
        self.visitor = visitor
        self.preset = preset
        self.dialect = dialect
        self._sockets = sockets
        self._find_target = find_target
        self._ends = ends or Ends()
        self._patience = patience or Patience()
        self._clock = clock
        self._began_s = self._connected_s = self._moved_s = self._seen_s = clock()
        self._began_at = datetime.now(UTC)
        self._watchers = 0
        self._changed = threading.Condition()
        self._record = Record()
        self._transcript = Transcript(preset.title)
        self._protocol = Protocol()
        self._protocol.closed()
        self._connection: Connection | None = None
        self._queued: list[str] = []
        self._ending = ""

    # What visitors do.

    @property
    def state(self) -> State:
        return self._protocol.state

    @property
    def closed_for_s(self) -> float:
        """How long the session has been closed and unseen, in seconds; 0 while it lives."""
        if self.state is not State.CLOSED or self._watchers:
            return 0.0
        return self._clock() - max(self._moved_s, self._seen_s)

    def connect(self, *texts: str) -> None:
        """Open a connection, and send ``texts`` once it is open; what was received before stays.

        Raises:
            LocalError: if there is a connection already.
        """
        with self._changed:
            if self._protocol.state is not State.CLOSED:
                raise LocalError("The session is already connected.", remedy="Just go on.")
            self._protocol = Protocol()
            self._connection = connection = Connection(self._find_target, self._patience)
            self._ending = ""
            self._queued = list(texts)
            self._connected_s = self._clock()
            self._stand(self._notice(f"Connecting to {self.preset.title}."))
        self._sockets.submit(connection.run(_Ear(self, connection)))

    def send(self, text: str) -> None:
        """Send ``text`` as it is; while connecting it is kept until the session is open.

        Raises:
            LocalError: if the session is closed.
        """
        with self._changed:
            connection = self._connection
            connecting = self._protocol.state is State.CONNECTING
            if (connecting or self._queued) and len(self._queued) < MAX_QUEUED:
                self._queued.append(text)
                return
            self._protocol.check_send()
        if connection is not None:
            self._write(connection, [text])

    def cancel(self) -> None:
        """Cancel every running response.

        Raises:
            LocalError: if none is running.
        """
        with self._changed:
            connection, texts = self._connection, self._protocol.cancel_texts()
        if connection is not None:
            self._write(connection, texts)

    def close(self, words: str = "Closed from here.", *, code: int = 1000) -> None:
        """Close the connection; what was received stays."""
        connection = self._close(words)
        if connection is not None:
            self._sockets.submit(connection.close(code))

    async def aclose(self, words: str, *, code: int = 1001) -> None:
        """Close the connection, on the loop's own thread."""
        connection = self._close(words)
        if connection is not None:
            await connection.close(code)

    # What pages ask for.

    def seen(self) -> None:
        """Note that a page still shows the session, though it may not watch just now."""
        self._seen_s = self._clock()

    def snapshot(self) -> Snapshot:
        """Return all there is to show now."""
        with self._changed:
            self._seen_s = self._clock()
            session, *entries = self._transcript.shown()
            return Snapshot(self._cursor(), session, entries)

    def changes_since(self, cursor: str) -> tuple[str, list[Change]]:
        """Return the new cursor and what changed; a cursor of another life gets everything."""
        with self._changed:
            epoch, _, seq = cursor.partition(":")
            known = epoch == self.epoch and seq.isdecimal() and len(seq) < 16
            return self._cursor(), self._transcript.changes_since(int(seq) if known else -1)

    def wait(self, cursor: str, timeout_s: float) -> bool:
        """Wait until there is more than ``cursor`` knows, and tell whether there is."""
        with self._changed:
            return self._changed.wait_for(lambda: self._cursor() != cursor, timeout_s)

    def wait_while(self, state: State, timeout_s: float) -> None:
        """Wait until the session is not in ``state`` any more, and what was queued is sent."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._protocol.state is not state and not self._queued, timeout_s
            )

    def wait_until_quiet(self, timeout_s: float) -> None:
        """Wait until nothing is being answered, or the session is closed."""
        with self._changed:
            self._changed.wait_for(
                lambda: not (self._queued or self._protocol.waiting or self._protocol.responding),
                timeout_s,
            )

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Count as a viewer, which keeps the session open."""
        with self._changed:
            self._watchers += 1
        try:
            yield
        finally:
            with self._changed:
                self._watchers -= 1
                self._seen_s = self._clock()

    def log(self) -> Iterator[str]:
        """Yield the record as lines of JSON, as it is now."""
        with self._changed:
            frames, last_seq = list(self._record), self._record.seq
        head = {
            "seq": 0,
            "direction": "session",
            "session": self.id,
            "endpoint": self.preset.slug,
            "dialect": self.dialect,
            "began": self._began_at.isoformat(timespec="milliseconds"),
        }
        yield json.dumps(head)
        yield from log_lines(frames, last_seq)

    def wav(self, key: str) -> bytes:
        """Return the sound of a part as a WAV file.

        Raises:
            LookupError: if there is no such part, or its sound cannot be played.
        """
        return self._track_bytes(key, None)

    def pcm16(self, key: str, first_sample: int) -> bytes:
        """Return the samples of a part from ``first_sample`` on.

        Raises:
            LookupError: if there is no such part, or its sound cannot be played.
        """
        return self._track_bytes(key, first_sample)

    # What time does.

    async def check(self) -> None:
        """Close the session if it has been unwatched, idle or open for too long."""
        if words := self._overdue():
            await self.aclose(words, code=1000)

    def _overdue(self) -> str:
        now, ends = self._clock(), self._ends
        if self.state is State.CLOSED:
            return ""
        if self.state is State.CONNECTING:
            late = now - self._connected_s > ends.connecting_s
            return "The server did not open a session (no session.created)." if late else ""
        if not self._watchers and now - self._seen_s > ends.unwatched_s:
            return f"Closed: nobody looked at it for {ends.unwatched_s / 60:.0f} minutes."
        if now - self._moved_s > ends.idle_s:
            return f"Closed: nothing was said for {ends.idle_s / 60:.0f} minutes."
        if now - self._connected_s > ends.total_s:
            return f"Closed: it was open for {ends.total_s / 60:.0f} minutes, which is the limit."
        return ""

    # What the connection tells, on the loop's thread.

    def _sending(self, text: str) -> None:
        with self._changed:
            self._protocol.check_send()
            if self._queued and self._queued[0] is text:
                del self._queued[0]
            frame = self._frame(Direction.SENT, text)
            self._transcript.sent(frame, self._protocol.send(text, frame.seq))
            self._stand(frame)

    def _received(self, payload: str | bytes, event: ServerEvent) -> bool:
        """Take a frame in and tell whether it opened the session."""
        with self._changed:
            frame = self._frame(Direction.RECEIVED, _stored(payload, event))
            before = self._protocol.state
            self._transcript.received(frame, self._protocol.receive(event))
            if dropped := self._record.trim():
                self._transcript.forget(dropped, self._record.first_seq)
            self._stand(frame)
            return before is State.CONNECTING and self._protocol.state is State.OPEN

    def _next_queued(self) -> str | None:
        with self._changed:
            return self._queued[0] if self._queued else None

    def _gone(self, code: int, reason: str, words: str) -> None:
        """The connection is over: say why in words, and keep everything."""
        with self._changed:
            if self._ending:
                tone, text = "plain", self._ending
            else:
                tone, text = "danger", _closing_words(code, reason, words)
            if self._queued:
                text += " The event was not sent."
                self._queued.clear()
            self._protocol.closed()
            frame = self._notice(text)
            self._transcript.notice(frame, tone)
            self._transcript.lost()
            self._stand(frame)

    # Shared by the above; the lock is held.

    def _close(self, words: str) -> Connection | None:
        with self._changed:
            if self._protocol.state in (State.CLOSING, State.CLOSED):
                return None
            self._ending = words
            self._protocol.closing()
            self._stand(self._notice("Closing."))
            return self._connection

    def _write(self, connection: Connection, texts: list[str]) -> None:
        async def write() -> None:
            for text in texts:
                await connection.send(text, _Ear(self, connection))

        with suppress(TimeoutError):  # still being written: what comes of it will show
            self._sockets.submit(write()).result(WRITE_WAIT_S)

    def _frame(self, direction: Direction, payload: Payload) -> Frame:
        self._moved_s = self._clock()
        return self._record.add(direction, (self._moved_s - self._began_s) * 1000, payload)

    def _notice(self, text: str) -> Frame:
        return self._frame(Direction.NOTICE, text)

    def _stand(self, frame: Frame) -> None:
        """Show how the session stands after ``frame``, and wake who waits for it."""
        state, responding = self._protocol.state, self._protocol.responding
        words = _STATUS[state].format(self.preset.title)
        self._transcript.state(frame, state, responding=responding, status=words)
        self._changed.notify_all()

    def _cursor(self) -> str:
        return f"{self.epoch}:{self._transcript.seq}"

    def _track_bytes(self, key: str, first_sample: int | None) -> bytes:
        with self._changed:
            track = self._transcript.track(key)
            if track is None:
                raise LookupError(key)
            track = track.copy()
        return track.wav() if first_sample is None else track.pcm16(first_sample)


class _Ear:
    """Hands what a connection hears to its session, and sends what waited for it to open."""

    def __init__(self, session: LiveSession, connection: Connection) -> None:
        self._session = session
        self._connection = connection

    def sending(self, text: str) -> None:
        self._session._sending(text)

    def received(self, payload: str | bytes, event: ServerEvent) -> None:
        if self._session._received(payload, event):
            self._flushing = asyncio.create_task(self._flush())

    def failed(self, words: str) -> None:
        self._session._gone(0, "", words)

    def closed(self, code: int, reason: str, words: str) -> None:
        self._session._gone(code, reason, words)

    async def _flush(self) -> None:
        while (text := self._session._next_queued()) is not None:
            await self._connection.send(text, self)
            if self._session._next_queued() is text:
                return


_STATUS = {
    State.CONNECTING: "Connecting to {}",
    State.OPEN: "Connected to {}",
    State.CLOSING: "Closing",
    State.CLOSED: "Closed",
}


def _stored(payload: str | bytes, event: ServerEvent) -> Payload:
    if isinstance(payload, str) and isinstance(event, Delta) and event.part is Part.AUDIO:
        return with_sound(payload, event.delta)
    return payload


def _closing_words(code: int, reason: str, words: str) -> str:
    if not code:
        return f"{words} Reconnect to try again."
    said = f" The server said: {reason}" if reason else ""
    kept = "What was received is kept; reconnect to go on."
    why = words or f"{explain_close(code)}."
    return f"The connection ended with code {code}: {why}{said} {kept}"
