"""One live session: its record, its transcript, its connection, and who looks at it."""

import asyncio
import json
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

from webapp.endpoints import Preset
from webapp.errors import LocalError
from webapp.events.server import Delta, ErrorEvent, Part, ServerEvent, SessionEvent
from webapp.exact_json.reader import JsonValue, Unreadable, read_json
from webapp.outbound.departures import FindTarget
from webapp.sessions import log_files
from webapp.sessions.batches import Message
from webapp.sessions.connection import Connection, Patience, SocketThread
from webapp.sessions.error_places import Refusal, place_of
from webapp.sessions.event_ids import new_event_id
from webapp.sessions.familiar import FamiliarReader
from webapp.sessions.protocol import Protocol, Received, State
from webapp.sessions.record import Direction, Frame, Payload, Record, Recorded, with_sound
from webapp.sessions.replay import LOOK_S, ReplayClock, Step
from webapp.sessions.transcript import APPROVAL, CALL, Change, Shown, Transcript
from webapp.sessions.viewers import Viewer, Viewers
from webapp.sessions.words import explain_close

WRITE_WAIT_S = 1.0
MAX_QUEUED = 100
# So much may wait until someone looks; then it is taken in all the same.
MAX_ARRIVED = 1_000
MAX_ARRIVED_CHARS = 1024 * 1024
MAX_SAID = 20  # errors about one event
MAX_SAID_CHARS = 2_000
MAX_REMEMBERED = 100  # events that were sent, and those that were refused

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Ends:
    """When a session is closed by itself, in seconds.

    After ``silent_s`` without a word a running response counts as ended, and what waits for an
    answer as unanswered; the session goes on.
    """

    unwatched_s: float = 10 * 60
    idle_s: float = 30 * 60
    total_s: float = 60 * 60
    connecting_s: float = 20.0
    silent_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A session at one moment; ``cursor`` is where its stream goes on."""

    cursor: str
    session: Shown
    entries: list[Shown]


class LiveSession:
    """One Realtime conversation, over one connection after another.

    Messages come in on the loop's thread, which only lays them down: they are read by whoever
    looks at the session next. Every method here may be called from any thread.
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
        self.address = ""
        self._sockets = sockets
        self._find_target = find_target
        self._ends = ends or Ends()
        self._patience = patience or Patience()
        self._clock = clock
        self._began_s = self._connected_s = self._moved_s = self._seen_s = clock()
        self._began_at = datetime.now(UTC)
        self._viewers = Viewers()
        self._lock = threading.RLock()
        self._woken = threading.Condition()
        self._anyone_waits = False
        self._arrived: deque[tuple[float, Message, ServerEvent | None]] = deque()
        self._arrived_chars = 0
        self._record = Record()
        self._transcript = Transcript(preset.title)
        self._reader = FamiliarReader()
        self._protocol = Protocol()
        self._protocol.closed()
        self._connection: Connection | None = None
        self._queued: list[str] = []
        self._held: deque[str] = deque()
        self._releasing = False
        self._sent: dict[int, str] = {}
        self._refusals: dict[str, list[Refusal]] = {}
        self._ending = ""

    # What visitors do.

    @property
    def state(self) -> State:
        return self._protocol.state

    @property
    def writing(self) -> bool:
        """Whether a response writes to the conversation, or has been asked to."""
        with self._settled():
            return self._protocol.writing

    @property
    def last_item_id(self) -> str:
        """The id of the item that a response wrote last; empty where there is none."""
        with self._settled():
            return self._protocol.last_item_id

    def has_sent(self, event_id: str) -> bool:
        """Whether an event of this id has gone out lately."""
        return self._protocol.has_sent(event_id)

    @property
    def watchers(self) -> int:
        """How many streams show the session now."""
        return len(self._viewers)

    @property
    def closed_for_s(self) -> float:
        """How long the session has been closed and unseen, in seconds; 0 while it lives."""
        if self.state is not State.CLOSED or self._viewers:
            return 0.0
        return self._clock() - max(self._moved_s, self._seen_s)

    def connect(self, *texts: str) -> None:
        """Open a connection, and send ``texts`` once it is open; what was received before stays.

        Raises:
            LocalError: if there is a connection already.
        """
        with self._settled():
            if self._protocol.state is not State.CLOSED:
                raise LocalError("The session is already connected.", remedy="Just go on.")
            self._transcript.asked_model = self._asked_model()
            self._protocol = Protocol()
            self._reader = FamiliarReader()
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
        with self._settled():
            connection = self._connection
            connecting = self._protocol.state is State.CONNECTING
            if (connecting or self._queued) and len(self._queued) < MAX_QUEUED:
                self._queued.append(text)
                return
            self._protocol.check_send()
        if connection is not None:
            self._write(connection, [text])

    def hold(self, text: str) -> None:
        """Send ``text`` once no response writes to the conversation; at once where none does.

        Raises:
            LocalError: if the session is closed.
        """
        with self._settled():
            if self._protocol.state is State.OPEN and (self._held or self._protocol.writing):
                if len(self._held) >= MAX_QUEUED:
                    raise LocalError("Too many events wait.", remedy="Let them go first.")
                self._held.append(text)
                self._stand(self._notice("An event waits until the response is done."))
                return
        self.send(text)

    def play(self, steps: Sequence[Step], *, paced: bool, masked: int = 0) -> None:
        """Send the events of a log in order, each when its time has come; it goes on by itself.

        So many of them were ``masked`` when the log was written.
        """
        words = f"Replaying {len(steps)} event{'s' if len(steps) > 1 else ''}."
        if masked:
            words += f" Logged without tokens and headers, and sent so: {masked} of them."
        with self._settled():
            connection = self._connection
            frame = self._notice(words)
            self._transcript.notice(frame, "warning" if masked else "plain")
            self._stand(frame)
        if connection is not None:
            self._sockets.submit(self._play(connection, steps, paced=paced))

    async def _play(self, connection: Connection, steps: Sequence[Step], *, paced: bool) -> None:
        clock: ReplayClock | None = None
        for step in steps:
            while True:
                with self._settled():
                    state, standing = self._protocol.state, self._protocol.standing
                if state in (State.CLOSING, State.CLOSED) or connection is not self._connection:
                    return
                if state is State.OPEN:
                    clock = clock or ReplayClock(steps, self._clock(), paced=paced)
                    if clock.is_due(step, standing, self._clock()):
                        break
                await asyncio.sleep(LOOK_S)
            await connection.send(step.text, _Ear(self, connection))

    def let_go(self) -> None:
        """Do not send what is held."""
        with self._settled():
            if self._held and not self._releasing:
                self._held.clear()
                self._stand(self._notice("What waited is not sent."))

    def return_output(self, key: str, output: str) -> None:
        """Send the output of the function call in a part of the transcript.

        A response is asked for once nothing of the same response waits any more.

        Raises:
            LocalError: if the call waits for none, or the session is closed.
        """
        item: dict[str, object] = {"type": "function_call_output", "output": output}
        if not self._return(key, CALL, "call_id", item, "Output returned."):
            self.hold(self._event("response.create"))

    def answer_approval(self, key: str, *, approve: bool, reason: str = "") -> None:
        """Send whether the call that a part of the transcript asks about may run.

        Servers may go on by themselves then; where one does not, ``ask`` makes it.

        Raises:
            LocalError: if nothing is asked there any more, or the session is closed.
        """
        item: dict[str, object] = {"type": "mcp_approval_response", "approve": approve}
        item["id"] = f"mcpa_{secrets.token_hex(12)}"  # servers take 32 characters at most
        if reason:
            item["reason"] = reason
        self._return(
            key, APPROVAL, "approval_request_id", item, "Approved." if approve else "Denied."
        )

    def ask(self, key: str) -> None:
        """Ask for the response that an answered approval has not led to by itself.

        Raises:
            LocalError: if it did, or the session is closed.
        """
        with self._settled():
            self._protocol.check_send()
            if not self._transcript.asks(key):
                remedy = "To ask for another, press Send."
                raise LocalError("A response has come meanwhile.", remedy=remedy)
            frame = self._notice("A response is asked for.")
            self._transcript.asked(frame)
            self._stand(frame)
        self.hold(self._event("response.create"))

    def _return(self, key: str, kind: str, names: str, item: dict[str, object], words: str) -> int:
        """Send an item that answers another, and return how many of its response wait still."""
        with self._settled():
            self._protocol.check_send()
            id_, others = self._transcript.waiting(key, kind)
            if not id_:
                raise LocalError(_WAITS_NOT[kind], remedy="Ask the model for the call once more.")
            frame = self._notice(f"A call of the model's is answered. {words}")
            self._transcript.returned(frame, key, words)
            self._stand(frame)
        self.send(self._event("conversation.item.create", item={names: id_, **item}))
        return others

    def _asked_model(self) -> str:
        """The model that the address names; a deployment's name says nothing of its model."""
        if self.preset.embedded:
            return self.preset.model
        parts = urlsplit(self.address)
        if (parts.hostname or "").endswith(".azure.com"):
            return ""
        return dict(parse_qsl(parts.query)).get("model", "")

    def _event(self, type_: str, **members: object) -> str:
        event = {"type": type_, "event_id": self.new_event_id(), **members}
        return json.dumps(event, ensure_ascii=False)

    def cancel(self, *, default_only: bool = False) -> None:
        """Cancel every running response, or the one alone that writes to the conversation.

        Raises:
            LocalError: if none is running.
        """
        with self._settled():
            connection = self._connection
            texts = self._protocol.cancel_texts(self.new_event_id, default_only=default_only)
        if connection is not None:
            self._write(connection, texts)

    def new_event_id(self) -> str:
        """Return an id for an event that has none."""
        return new_event_id(self.visitor, secrets.token_bytes(16))

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
        with self._settled():
            self._seen_s = self._clock()
            session, *entries = self._transcript.shown()
            return Snapshot(self._cursor(), session, entries)

    def changes_since(self, cursor: str, viewer: Viewer | None = None) -> tuple[str, list[Change]]:
        """Return the new cursor and what changed; a cursor of another life gets everything.

        The ``viewer`` who is given this is waited for when much more comes.
        """
        with self._settled():
            if viewer is not None:
                self._viewers.given(viewer, self._record.seq)
            epoch, _, seq = cursor.partition(":")
            known = epoch == self.epoch and seq.isdecimal() and len(seq) < 16
            return self._cursor(), self._transcript.changes_since(int(seq) if known else -1)

    def wait(self, cursor: str, timeout_s: float) -> bool:
        """Wait until there is more than ``cursor`` knows, and tell whether there is."""
        until_s = time.monotonic() + timeout_s
        with self._woken:
            while True:
                # Said first and looked at afterwards, so that nothing can come in between.
                self._anyone_waits = True
                if self._arrived or self._cursor() != cursor:
                    return True
                left_s = until_s - time.monotonic()
                if left_s <= 0:
                    return False
                self._woken.wait(left_s)

    def wait_while(self, state: State, timeout_s: float) -> None:
        """Wait until the session is not in ``state`` any more, and what was queued is sent."""
        self._wait_for(lambda: self._protocol.state is not state and not self._queued, timeout_s)

    def wait_until_quiet(self, timeout_s: float) -> None:
        """Wait until nothing is being answered, or the session is closed."""
        self._wait_for(
            lambda: not (self._queued or self._protocol.standing.busy),
            timeout_s,
        )

    @contextmanager
    def watching(self) -> Iterator[Viewer]:
        """Count as a viewer, which keeps the session open."""
        with self._settled():
            viewer = self._viewers.join(self._record.seq)
        try:
            yield viewer
        finally:
            with self._settled():
                self._viewers.leave(viewer)
                self._seen_s = self._clock()

    def refusals(self, event_id: str) -> list[Refusal]:
        """Return what the server said against the event of this id."""
        with self._settled():
            return self._refusals.get(event_id, [])

    def recorded(self) -> Recorded:
        """Return the frames that are kept, as they are now."""
        with self._settled():
            return Recorded(
                self.id,
                self.preset.slug,
                self.address,
                self.dialect,
                self._began_at,
                tuple(self._record),
                self._record.seq,
            )

    @property
    def last_seq(self) -> int:
        """The number of the last frame."""
        with self._settled():
            return self._record.seq

    def log(self) -> Iterator[str]:
        """Yield the record as lines of JSON, as it is now, secrets of events included."""
        return log_files.lines(self.recorded(), secrets=True)

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
        elif self._silent():
            self._give_up()

    def _overdue(self) -> str:
        now, ends = self._clock(), self._ends
        if self.state is State.CLOSED:
            return ""
        if self.state is State.CONNECTING:
            late = now - self._connected_s > ends.connecting_s
            return "The server did not open a session (no session.created)." if late else ""
        if not self._viewers and now - self._seen_s > ends.unwatched_s:
            return f"Closed: nobody looked at it for {ends.unwatched_s / 60:.0f} minutes."
        if now - self._moved_s > ends.idle_s:
            return f"Closed: nothing was said for {ends.idle_s / 60:.0f} minutes."
        if now - self._connected_s > ends.total_s:
            return f"Closed: it was open for {ends.total_s / 60:.0f} minutes, which is the limit."
        return ""

    # What the connection tells, on the loop's thread.

    def _sending(self, text: str) -> None:
        with self._settled():
            self._protocol.check_send()
            if self._queued and self._queued[0] is text:
                del self._queued[0]
            elif self._held and self._held[0] is text:
                self._held.popleft()
                self._releasing = False
            sent = self._protocol.send(text, self._record.seq + 1)
            frame = self._frame(Direction.SENT, text, sent.type)
            self._transcript.sent(frame, sent)
            self._sent[frame.seq] = text
            if len(self._sent) > MAX_REMEMBERED:
                del self._sent[next(iter(self._sent))]
            self._stand(frame)

    def _received(self, payload: Message, event: ServerEvent | None) -> bool:
        """Keep a message until someone looks at the session; tell whether it opened it."""
        # Asked before others can see the message: whoever takes it in may open the session by it.
        connecting = self._protocol.state is State.CONNECTING
        self._moved_s = self._clock()
        self._arrived.append((self._moved_s, payload, event))
        self._arrived_chars += len(payload)
        if connecting or self._held:  # something is to be done as soon as the right event comes
            self._take_in()
        else:
            self._wake()
        return connecting and self.state is State.OPEN

    def _has_room(self) -> bool:
        return len(self._arrived) < MAX_ARRIVED and self._arrived_chars < MAX_ARRIVED_CHARS

    def _take_in(self) -> None:
        with self._settled():
            pass

    def _next_queued(self) -> str | None:
        with self._settled():
            return self._queued[0] if self._queued else None

    def _gone(self, code: int, reason: str, words: str) -> None:
        """The connection is over: say why in words, and keep everything."""
        with self._settled():
            if self._ending:
                tone, text = "plain", self._ending
            else:
                opened = self._protocol.state is not State.CONNECTING
                tone, text = "danger", _closing_words(code, reason, words, opened=opened)
            if self._queued or self._held:
                text += " The event was not sent."
                self._queued.clear()
                self._held.clear()
                self._releasing = False
            self._protocol.closed()
            frame = self._notice(text)
            self._transcript.notice(frame, tone)
            self._transcript.lost()
            self._stand(frame)

    def _silent(self) -> bool:
        if self._clock() - self._moved_s <= self._ends.silent_s:
            return False
        with self._settled():
            return self._protocol.standing.busy or bool(self._held)

    def _refused(self, received: Received) -> str:
        """Keep what an error says of an event of ours; return the place it points at."""
        error, answers = received.event, received.answers
        if not isinstance(error, ErrorEvent):
            return ""
        event: JsonValue = None
        with suppress(Unreadable):
            event = read_json(self._sent.get(answers.seq, "null")) if answers else None
        at = place_of(error, event)
        if answers is not None and answers.event_id:
            code = error.code or error.error_type
            refusal = Refusal(at, code, error.message[:MAX_SAID_CHARS], event)
            self._refusals.setdefault(answers.event_id, [])[MAX_SAID:] = [refusal]
            if len(self._refusals) > MAX_REMEMBERED:
                del self._refusals[next(iter(self._refusals))]
        return at

    def _give_up(self) -> None:
        with self._settled():
            lapsed, unanswered = self._protocol.lapse(), self._protocol.give_up()
            words = f"Nothing came for {self._ends.silent_s:.0f} s"
            if lapsed:
                words += ", so the response counts as ended. If more of it comes, it goes on."
            else:
                words += ". The server may not answer this kind of event."
            frame = self._notice(words)
            self._transcript.notice(frame, "danger")
            self._transcript.lapsed(lapsed, "no end came")
            self._transcript.unanswered(unanswered)
            self._release(anyway=True)
            self._stand(frame)

    # Shared by the above.

    @contextmanager
    def _settled(self) -> Iterator[None]:
        """Hold the lock, with everything that has arrived taken in."""
        with self._lock:
            if self._arrived:
                self._take_in_arrived()
            yield

    def _wait_for(self, condition: Callable[[], bool], timeout_s: float) -> None:
        until_s = time.monotonic() + timeout_s
        while True:
            with self._settled():
                if condition():
                    return
                cursor = self._cursor()
            left_s = until_s - time.monotonic()
            if left_s <= 0 or not self.wait(cursor, left_s):
                return

    def _wake(self) -> None:
        if self._anyone_waits:
            with self._woken:
                self._anyone_waits = False
                self._woken.notify_all()

    # The lock is held.

    def _understand(self, frame: Frame, event: ServerEvent) -> None:
        received = self._protocol.receive(event)
        self._transcript.received(frame, received, self._refused(received))
        if isinstance(event, SessionEvent) and event.type == "session.created":
            self._check_dialect(event.dialect)

    def _check_dialect(self, shown: str) -> None:
        """Believe the server rather than what its address was known for."""
        if not shown or shown == self.dialect:
            return
        names = {"beta": "Beta", "ga": "GA"}
        text = (
            f"The server speaks {names[shown]}, not {names[self.dialect]}: its session has the"
            f" shape of {names[shown]}."
        )
        self.dialect = shown
        self._transcript.notice(self._notice(text), "plain")

    def _take_in_arrived(self) -> None:
        # Deltas that go on where the one before has ended are joined, so that a flood of them
        # costs little more than to keep them.
        joined: list[str] = []
        before = self._reader.before
        for _ in range(len(self._arrived)):  # and what comes meanwhile next time
            at_s, payload, event = self._arrived.popleft()
            offset_ms = (at_s - self._began_s) * 1000
            if before is not None:
                delta = self._reader.read_on(payload)
                if delta is not None:
                    frame = self._record.add(Direction.RECEIVED, offset_ms, payload, before.type)
                    joined.append(delta)
                    continue
                if joined:
                    self._understand(frame, _join(before, joined))
                    joined = []
            event = self._reader.read(payload, event)
            stored = _stored(payload, event)
            frame = self._record.add(Direction.RECEIVED, offset_ms, stored, event.type)
            self._understand(frame, event)
            before = self._reader.before
        if joined and before is not None:
            self._understand(frame, _join(before, joined))
        self._arrived_chars = 0
        if dropped := self._record.trim():
            self._transcript.forget(dropped, self._record.first_seq)
        self._stand(frame)
        self._release()

    def _release(self, *, anyway: bool = False) -> None:
        """Send the next of what is held, as soon as no response writes to the conversation."""
        connection = self._connection
        if not self._held or self._releasing or connection is None:
            return
        if anyway or not self._protocol.writing:
            self._releasing = True
            self._sockets.submit(connection.send(self._held[0], _Ear(self, connection)))

    def _close(self, words: str) -> Connection | None:
        with self._settled():
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

    def _frame(self, direction: Direction, payload: Payload, type_: str = "") -> Frame:
        self._moved_s = self._clock()
        offset_ms = (self._moved_s - self._began_s) * 1000
        return self._record.add(direction, offset_ms, payload, type_)

    def _notice(self, text: str) -> Frame:
        return self._frame(Direction.NOTICE, text)

    def _stand(self, frame: Frame) -> None:
        """Show how the session stands after ``frame``, and wake who waits for it."""
        state, responding = self._protocol.state, self._protocol.responding
        words = _STATUS[state].format(self.preset.title)
        self._transcript.state(frame, state, responding=responding, status=words)
        self._transcript.held(len(self._held))
        self._wake()

    def _cursor(self) -> str:
        return f"{self.epoch}:{self._transcript.seq}"

    def _track_bytes(self, key: str, first_sample: int | None) -> bytes:
        with self._settled():
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

    def received(self, payload: Message, event: ServerEvent | None) -> None:
        if self._session._received(payload, event):
            self._flushing = asyncio.create_task(self._flush())

    async def caught_up(self) -> None:
        if not self._session._has_room():
            # Meanwhile nothing more is read from this server, and other sessions go on.
            await asyncio.to_thread(self._session._take_in)
            await self._session._viewers.follow(lambda: self._session._record.seq)

    def failed(self, words: str) -> None:
        self._session._gone(0, "", words)

    def closed(self, code: int, reason: str, words: str) -> None:
        self._session._gone(code, reason, words)

    async def _flush(self) -> None:
        while (text := self._session._next_queued()) is not None:
            await self._connection.send(text, self)
            if self._session._next_queued() is text:
                return


_WAITS_NOT = {
    CALL: "This call waits for no output.",
    APPROVAL: "This request waits for no answer.",
}
_STATUS = {
    State.CONNECTING: "Connecting to {}",
    State.OPEN: "Connected to {}",
    State.CLOSING: "Closing",
    State.CLOSED: "Closed",
}


def _join(first: Delta, others: list[str]) -> Delta:
    return Delta(first.type, first.place, first.part, "".join(others), len(others))


def _stored(payload: str | bytes, event: ServerEvent) -> Payload:
    if isinstance(payload, str) and isinstance(event, Delta) and event.part is Part.AUDIO:
        return with_sound(payload, event.delta)
    return payload


def _closing_words(code: int, reason: str, words: str, *, opened: bool) -> str:
    again = (
        "What was received is kept; reconnect to go on." if opened else "Reconnect to try again."
    )
    if not code:
        return f"{words} {again}"
    return f"The connection ended with code {code}: {explain_close(code, reason, words)} {again}"
