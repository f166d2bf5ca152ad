"""Server events folded into what the page shows: entries that grow, with timings and outcomes."""

import binascii
import json
from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from typing import TypeAlias

from webapp.events.server import (
    Content,
    ConversationItemEvent,
    Delta,
    ErrorEvent,
    Item,
    ItemEvent,
    Part,
    PartEvent,
    Place,
    RateLimit,
    RateLimits,
    ResponseCreated,
    ResponseDone,
    ResponseObject,
    ServerEvent,
    SessionEvent,
    StreamDone,
    UnreadableServerEvent,
    Usage,
)
from webapp.sessions.protocol import ANSWERED, Received, SentEvent, State
from webapp.sessions.record import Frame, Spoken
from webapp.sessions.sound import SoundFormat, Track, sound_format
from webapp.sessions.words import ENDINGS, explain_error

SHOWN_CHARS = 64 * 1024
SHOWN_GROWING_CHARS = 256 * 1024
SHOWN_TOTAL_CHARS = 16 * 1024 * 1024
SHOWN_NAME_CHARS = 200
SHOWN_SAID_CHARS = 2_000
REMEMBERED_DROPS = 2_000
REMEMBERED_ITEMS = 1_000
CUT_WORDS = "Cut here for the page; the log has all of it."

OUTCOMES = frozenset({"completed", "cancelled", "incomplete", "failed"})
CALLS = frozenset({"function_call", "mcp_call"})
CALL, APPROVAL = "function_call", "mcp_approval_request"  # the items that wait for one of ours
# The items that answer them, each with the member that names what it answers.
ANSWERS = {"function_call_output": "call_id", "mcp_approval_response": "approval_request_id"}

# One change of the page; the first member says which.
#   ["reset"]                                  forget everything; all of it follows
#   ["put", key, parent, kind, slots, marks]   an entry is new, or its words or marks are
#   ["set", key, slot, text]                   a growing text begins anew
#   ["add", key, slot, text]                   a growing text goes on
#   ["drop", key]                              an entry is no longer kept
Change: TypeAlias = "list[str | dict[str, str]]"


@dataclass(slots=True)
class Growing:
    """A text that grows by chunks, each with the number of the frame that brought it."""

    chunks: list[str] = field(default_factory=list)
    seqs: list[int] = field(default_factory=list)
    chars: int = 0
    began: int = 0

    @property
    def text(self) -> str:
        return "".join(self.chunks)

    def add(self, seq: int, text: str) -> None:
        self.chunks.append(text)
        self.seqs.append(seq)
        self.chars += len(text)

    def begin(self, seq: int, text: str) -> None:
        self.chunks, self.seqs, self.chars, self.began = [text], [seq], len(text), seq

    def since(self, seq: int) -> str:
        return "".join(self.chunks[bisect_right(self.seqs, seq) :])


@dataclass(slots=True)
class Entry:
    """One thing on the page: words in named slots, marks for its looks, texts that grow.

    ``order`` is its place; ``worded`` is the frame that last changed a slot or mark, ``changed``
    the frame that last changed anything of it or of its parts.
    """

    key: str
    kind: str
    parent: str
    order: int
    worded: int
    changed: int
    slots: dict[str, str] = field(default_factory=dict)
    marks: dict[str, str] = field(default_factory=dict)
    growing: dict[str, Growing] = field(default_factory=dict)
    parts: "list[Entry]" = field(default_factory=list)

    def mark(self, name: str) -> str:
        """A mark; empty where there is none."""
        return self.marks.get(name, "")

    def shown(self) -> "Shown":
        """A copy that no later frame changes."""
        grown = {slot: growing.text for slot, growing in self.growing.items()}
        parts = tuple(part.shown() for part in self.parts)
        return Shown(self.key, self.kind, {**self.slots, **grown}, dict(self.marks), parts)


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry as it was at one moment, for a page to be made of without any hurry."""

    key: str
    kind: str
    slots: Mapping[str, str]
    marks: Mapping[str, str]
    parts: "tuple[Shown, ...]" = ()

    def words(self, slot: str) -> str:
        """The text of a slot; empty where there is none."""
        return self.slots.get(slot, "")

    def mark(self, name: str) -> str:
        """A mark; empty where there is none."""
        return self.marks.get(name, "")


@dataclass(slots=True)
class _Response:
    """A response while it is put together; times count from the event that asked for it."""

    entry: Entry
    began_ms: float
    form: SoundFormat
    events: int = 0
    parts: dict[tuple[str, ...], Entry] = field(default_factory=dict)
    times_ms: dict[str, float] = field(default_factory=dict)

    def let_go(self, part: Entry) -> None:
        """Forget a part that is no longer kept; if more of it comes, it begins anew."""
        self.parts = {ids: each for ids, each in self.parts.items() if each is not part}


@dataclass(frozen=True, slots=True)
class _Waiting:
    """An item of a ``kind`` that waits for one of ours, in the response of this key."""

    kind: str
    id: str
    response: str


class Transcript:
    """What a session looks like so far; the same frames always give the same transcript."""

    def __init__(self, endpoint: str = "") -> None:
        self.asked_model = ""
        self.seq = 0
        self._orders = 0
        self._entries: dict[str, Entry] = {}  # in order of their last change
        self._drops: deque[tuple[int, str]] = deque()
        self._drops_from = 0
        self._shown_chars = 0
        self._dropped_frames = 0
        self._responses: dict[str, _Response] = {}
        self._response_ids: dict[str, str] = {}  # by the key of the entry
        self._waiting: dict[str, _Waiting] = {}  # by the key of the part
        self._asking: set[str] = set()  # keys of approvals that no response has followed yet
        self._tracks: dict[str, Track] = {}
        self._track_of: dict[int, Track] = {}
        self._sent: dict[int, tuple[Entry, float]] = {}
        self._items: dict[str, None] = {}
        self._form = sound_format(None)
        self._state: tuple[State, bool, str] | None = None
        self._opened: SessionEvent | None = None  # by which this connection's session began
        self.session = self._new("session", key="session", endpoint=endpoint)

    # What the page asks for.

    def shown(self) -> list[Shown]:
        """All of it: the entry of the session, then those that stand by themselves, in order."""
        alone = [entry for entry in self._entries.values() if not entry.parent]
        return [entry.shown() for entry in sorted(alone, key=attrgetter("order"))]

    def track(self, key: str) -> Track | None:
        """The sound of a part, by the key of the part."""
        return self._tracks.get(key)

    def waiting(self, key: str, kind: str) -> tuple[str, int]:
        """Return the id that an answer to a part names, and how many others of its response wait.

        The id is empty where the part is none of ``kind`` that waits.
        """
        found = self._waiting.get(key)
        if found is None or found.kind != kind:
            return "", 0
        return found.id, self._others(found)

    def asks(self, key: str) -> bool:
        """Whether an answered approval still offers to ask for a response."""
        return key in self._asking

    def changes_since(self, seq: int) -> list[Change]:
        """Return what turns the page as it was after frame ``seq`` into the page as it is now.

        The work grows with what changed, not with the transcript.
        """
        if not self._drops_from <= seq <= self.seq:
            return [["reset"], *self._changes_of(list(self._entries.values()), -1)]
        changed = []
        for entry in reversed(self._entries.values()):
            if entry.changed <= seq:
                break
            changed.append(entry)
        drops: list[Change] = [["drop", key] for at, key in self._drops if at > seq]
        return drops + self._changes_of(changed, seq)

    # What happens, frame by frame.

    def sent(self, frame: Frame, event: SentEvent) -> None:
        """An event of ours went out."""
        self.seq = frame.seq
        entry = self._new(
            "sent",
            type=_name(event.type) or "text that is not an event",
            event_id=_name(event.event_id),
            at=_offset(frame.offset_ms),
            size=f"{frame.size_bytes:,} bytes",
            wire=frame.text[:SHOWN_CHARS],
            cut=CUT_WORDS if len(frame.text) > SHOWN_CHARS else "",
        )
        if event.type in ANSWERED:
            self._say(entry, status="waiting for an answer")
            self._mark(entry, status="waiting")
        self._sent[frame.seq] = (entry, frame.offset_ms)

    def notice(self, frame: Frame, tone: str = "plain") -> None:
        """Something happened to the connection; the frame's text says what."""
        self.seq = frame.seq
        entry = self._new("notice", text=frame.text, at=_offset(frame.offset_ms))
        self._mark(entry, tone=tone)

    def state(self, frame: Frame, state: State, *, responding: bool, status: str) -> None:
        """How the session stands after a frame; ``status`` says it in words."""
        self.seq = frame.seq
        if (state, responding, status) != self._state:
            self._state = (state, responding, status)
            self._mark(self.session, state=state.value, responding="yes" if responding else "")
            self._say(self.session, status=status)

    def returned(self, frame: Frame, key: str, words: str) -> None:
        """What a part waited for was given; ``words`` say what it was.

        After an approval a server may go on by itself: until it does, a response is offered.
        """
        self.seq = frame.seq
        found = self._settle(key, words)
        if found.kind == APPROVAL and not self._others(found):
            self._asking.add(key)
            self._mark(self._entries[key], asks="yes")

    def asked(self, frame: Frame) -> None:
        """A response was asked for."""
        self.seq = frame.seq
        self._ask_no_more()

    def held(self, events: int) -> None:
        """So many events wait until the response is done."""
        words = f"{events} event{'s' if events > 1 else ''} will be sent when the response is done."
        self._mark(self.session, held="yes" if events else "")
        self._say(self.session, held=words if events else "")

    def lapsed(self, response_ids: Iterable[str], why: str) -> None:
        """Responses count as ended though no end of them came."""
        for response_id in response_ids:
            if response_id in self._responses:
                reason = "no response.done has come"
                self._finish(self._responses[response_id], "failed", why, reason)

    def unanswered(self, events: Iterable[SentEvent]) -> None:
        """No answer to these events came so far."""
        for event in events:
            if event.seq in self._sent:
                entry, _ = self._sent[event.seq]
                self._mark(entry, status="unanswered")
                self._say(entry, status="no answer came")

    def lost(self) -> None:
        """The connection is gone: what ran is cut off, what waited gets no answer."""
        for response in self._responses.values():
            if response.entry.mark("outcome") == "running":
                self._finish(response, "cut", "cut off", "the connection ended")
        for entry, _ in self._sent.values():
            if entry.mark("status") == "waiting":
                self._mark(entry, status="unanswered")
                self._say(entry, status="no answer came")
        for key in self._waiting:
            self._mark(self._entries[key], returns="")
        self._waiting.clear()
        self._ask_no_more()
        # The next connection is another session, whose ids mean nothing of these.
        self._opened = None
        self._responses.clear()
        self._response_ids.clear()
        self._items.clear()

    def received(self, frame: Frame, received: Received, error_at: str = "") -> None:
        """A server event arrived; an error's is about ``error_at``, a JSON Pointer."""
        self.seq = frame.seq
        event, answers = received.event, received.answers
        if received.revives in self._responses:
            self._resume(self._responses[received.revives])
        self._count(event)
        match event:
            case SessionEvent():
                self._show_session(frame, event, answers)
            case ResponseCreated(response=response):
                self._begin(frame, response, received)
            case ResponseDone(response=response):
                self._end(frame, response, received)
            case ItemEvent(response_id=response_id, item=item, done=done):
                self._items[item.id] = None
                if len(self._items) > REMEMBERED_ITEMS:
                    del self._items[next(iter(self._items))]
                self._show_item(frame, response_id, item, done=done)
            case PartEvent(place=place, content=content, done=done):
                self._show_content(frame, place, content, done=done)
            case Delta():
                self._grow_by(frame, event)
            case StreamDone():
                self._complete(frame, event)
            case ErrorEvent():
                self._show_error(frame, event, answers, error_at)
                self.lapsed(received.ends, "ended by an error")
                self.unanswered(received.gives_up)
            case RateLimits():
                self._show_limits(frame, event)
            case ConversationItemEvent(item=item) if item.id in self._items:
                pass  # a response is writing it, and shows it
            case _:
                if isinstance(event, ConversationItemEvent):
                    self._settle_by(event.item)
                self._show_other(frame, event)
                self._answered(answers)

    def forget(self, dropped: list[Frame], first_seq: int) -> None:
        """Let go of frames that are no longer kept, and of entries that only they made."""
        for frame in dropped:
            self._sent.pop(frame.seq, None)
            if track := self._track_of.pop(frame.seq, None):
                track.forget(frame.seq)
        old = []
        for entry in self._entries.values():
            if entry is self.session:
                continue
            if entry.changed >= first_seq:
                break
            old.append(entry)
        for entry in old:
            self._drop(entry)
        self._dropped_frames += len(dropped)
        self._say(self.session, gap=f"{self._dropped_frames:,} older frames are no longer kept.")

    # Session, errors, limits, everything else.

    def _show_session(self, frame: Frame, event: SessionEvent, answers: SentEvent | None) -> None:
        if event.audio_format:
            self._form = sound_format(event.audio_format)
        before = self._opened
        if event.type == "session.created":
            self._opened = event
            self._say(self.session, model=_name(event.model))
            other = _other_model(event.model, self.asked_model)
            words = "another session" if before else "a session"
            text = f"Connected: the server has opened {words}.{other}"
            self._warn(frame, text, "warning" if before or other else "ok")
        else:
            self._show_other(frame, event)
            if strange := _strange(event, before):
                self._warn(frame, strange)
        self._answered(answers)

    def _warn(self, frame: Frame, text: str, tone: str = "warning") -> None:
        entry = self._new(
            "notice", text=text, at=_offset(frame.offset_ms), json=frame.text[:SHOWN_CHARS]
        )
        self._mark(entry, tone=tone)

    def _show_error(
        self, frame: Frame, event: ErrorEvent, answers: SentEvent | None, at: str
    ) -> None:
        words = explain_error(event.code or event.error_type, event.message)
        entry = self._new(
            "error",
            code=_name(event.code or event.error_type) or "error",
            meaning=words.meaning,
            advice=words.advice,
            said=_in_short(event.message),
            param=_name(event.param or at),
            at=_offset(frame.offset_ms),
            json=frame.text[:SHOWN_CHARS],
        )
        self._mark(entry, place=at)
        if answers and answers.seq in self._sent:
            sent, _ = self._sent[answers.seq]
            self._mark(entry, answers=sent.key)
            self._say(entry, answers=f"about {sent.slots['type']} {sent.slots['at']}")
            self._mark(sent, status="refused", answered=entry.key)
            self._say(sent, status="refused")

    def _show_limits(self, frame: Frame, event: RateLimits) -> None:
        self._show_other(frame, event, ", ".join(map(_limit, event.limits[:10])))

    def _show_other(self, frame: Frame, event: ServerEvent, summary: str = "") -> None:
        text = frame.text
        entry = self._new(
            "event",
            type=_name(event.type) or "not an event",
            at=_offset(frame.offset_ms),
            size=f"{frame.size_bytes:,} bytes",
            summary=summary,
            json=text[:SHOWN_CHARS],
            cut=CUT_WORDS if len(text) > SHOWN_CHARS else "",
        )
        if isinstance(event, UnreadableServerEvent):
            self._say(entry, summary=event.why)
            self._mark(entry, flaw="yes")

    def _answered(self, answers: SentEvent | None, by: Entry | None = None) -> None:
        if answers is None or answers.seq not in self._sent:
            return
        sent, _ = self._sent[answers.seq]
        self._mark(sent, status="answered", answered=by.key if by else "")
        self._say(sent, status="answered")

    # What waits for something of ours.

    def _wait_for(self, part: Entry, response: _Response, kind: str, id_: str) -> None:
        if id_ and not part.slots.get("returned"):
            self._waiting[part.key] = _Waiting(kind, id_, response.entry.key)
            self._mark(part, returns="yes")

    def _others(self, found: _Waiting) -> int:
        same = (each for each in self._waiting.values() if each.response == found.response)
        return sum(each is not found for each in same)

    def _settle(self, key: str, words: str) -> _Waiting:
        found = self._waiting.pop(key)
        if others := self._others(found):
            waits = f"{others} other call{'s wait' if others > 1 else ' waits'}"
            words += f" The response is asked for when all are answered: {waits}."
        self._mark(self._entries[key], returns="")
        self._say(self._entries[key], returned=words)
        return found

    def _settle_by(self, item: Item) -> None:
        """An answer that was sent by hand counts as well as a button's."""
        id_ = item.members.get(ANSWERS.get(item.type, ""))
        for key in [key for key, each in self._waiting.items() if each.id == id_]:
            self._settle(key, "Answered by an event of yours.")

    def _ask_no_more(self) -> None:
        for key in self._asking:
            self._mark(self._entries[key], asks="")
        self._asking.clear()

    # Responses.

    def _count(self, event: ServerEvent) -> None:
        match event:
            case ResponseCreated(response=response) | ResponseDone(response=response):
                response_id = response.id
            case ItemEvent(response_id=response_id):
                pass
            case PartEvent(place=place) | Delta(place=place) | StreamDone(place=place):
                response_id = place.response_id
            case _:
                return
        if response_id in self._responses:
            count = event.events if isinstance(event, Delta) else 1
            self._responses[response_id].events += count

    def _response(self, frame: Frame, response_id: str) -> _Response:
        """Return the response of an id; the first word of it may come out of order."""
        if response_id in self._responses:
            return self._responses[response_id]
        entry = self._new("response", id=_name(response_id) or "without an id", outcome="running")
        self._mark(entry, outcome="running", band="default")
        response = _Response(entry, frame.offset_ms, self._form, events=1)
        self._responses[response_id] = response
        self._response_ids[entry.key] = response_id
        return response

    def _begin(self, frame: Frame, created: ResponseObject, received: Received) -> None:
        response = self._response(frame, created.id)
        if received.answers and received.answers.seq in self._sent:
            sent, sent_ms = self._sent[received.answers.seq]
            response.began_ms = sent_ms
            self._mark(response.entry, answers=sent.key)
            self._say(response.entry, answers=f"to {sent.slots['type']} {sent.slots['at']}")
            self._answered(received.answers, response.entry)
        if received.out_of_band:
            self._mark(response.entry, band="apart")
            self._say(response.entry, band="out-of-band")
        else:
            self._ask_no_more()
        if created.audio_format:
            response.form = sound_format(created.audio_format)
        self._say(response.entry, metadata=_metadata(created))
        self._time(response, frame, "first event")

    def _end(self, frame: Frame, done: ResponseObject, received: Received) -> None:
        if done.id not in self._responses or received.answers:
            self._begin(frame, done, received)
        response = self._response(frame, done.id)
        for item in done.items:
            self._show_item(frame, done.id, item, done=True)
        self._time(response, frame, "done")
        self._say(response.entry, usage=_usage(done.usage))
        if done.metadata:
            self._say(response.entry, metadata=_metadata(done))
        for sent in received.settles:
            self._answered(sent, response.entry)
        outcome = done.status if done.status in OUTCOMES else "other"
        words = _name(done.status) or "ended without a status"
        self._finish(response, outcome, words, _reason(done))

    def _finish(self, response: _Response, outcome: str, words: str, reason: str) -> None:
        self._mark(response.entry, outcome=outcome)
        events = f"{response.events:,} event{'' if response.events == 1 else 's'}"
        self._say(response.entry, outcome=words, reason=reason, events=events)
        for part in response.parts.values():
            self._mark(part, done="yes")

    def _resume(self, response: _Response) -> None:
        self._mark(response.entry, outcome="running")
        self._say(response.entry, outcome="running", reason="")

    def _time(self, response: _Response, frame: Frame, name: str) -> None:
        if name in response.times_ms:
            return
        response.times_ms[name] = frame.offset_ms - response.began_ms
        words = (f"{name} {ms:,.0f} ms" for name, ms in response.times_ms.items())
        self._say(response.entry, timings=" · ".join(words))

    # Parts of responses.

    def _part(self, response: _Response, kind: str, *ids: str) -> Entry:
        key = (kind, *ids)
        if key not in response.parts:
            response.parts[key] = self._new(kind, parent=response.entry)
        return response.parts[key]

    def _show_item(self, frame: Frame, response_id: str, item: Item, *, done: bool) -> None:
        response = self._response(frame, response_id)
        if item.type in CALLS:
            part = self._part(response, "call", item.id)
            label = "MCP call" if item.type == "mcp_call" else "Function call"
            self._say(part, label=label, name=_name(item.name), call_id=_name(item.call_id))
            self._whole(frame, part, "arguments", item.arguments, done=done)
            if item.type == CALL:
                self._wait_for(part, response, CALL, item.call_id)
            output, fault = item.members.get("output"), item.members.get("error")
            if isinstance(output, str):
                self._say(part, output=output[:SHOWN_CHARS])
                if len(output) > SHOWN_CHARS:
                    self._say(part, cut=CUT_WORDS)
            if fault:
                self._say(part, note=f"It failed: {_error_words(fault)}")
        elif item.type == APPROVAL:
            part = self._part(response, "approval", item.id)
            server = item.members.get("server_label")
            self._say(part, name=_name(item.name), id=_name(item.id))
            self._say(part, server=f"at {_name(server)}" if isinstance(server, str) else "")
            self._whole(frame, part, "arguments", item.arguments, done=done)
            self._wait_for(part, response, APPROVAL, item.id)
        elif item.type == "message" or not item.type:
            for index, content in enumerate(item.contents):
                place = Place(response_id, item.id, str(index))
                self._show_content(frame, place, content, done=done)
        else:
            part = self._part(response, "item", item.id)
            text = json.dumps(item.members, ensure_ascii=False)
            self._say(part, type=_name(item.type), json=text[:SHOWN_CHARS])

    def _show_content(self, frame: Frame, place: Place, content: Content, *, done: bool) -> None:
        response = self._response(frame, place.response_id)
        if content.transcript is not None or content.type in ("audio", "output_audio"):
            part = self._speech(response, place)
            self._whole(frame, part, "text", content.transcript, done=done)
        else:
            part = self._part(response, "text", place.item_id, place.content_index)
            self._whole(frame, part, "text", content.text, done=done)

    def _speech(self, response: _Response, place: Place) -> Entry:
        part = self._part(response, "speech", place.item_id, place.content_index)
        if part.key not in self._tracks:
            self._tracks[part.key] = Track(response.form)
            self._mark(part, rate=str(response.form.rate_hz))
        return part

    def _grow_by(self, frame: Frame, event: Delta) -> None:
        response = self._response(frame, event.place.response_id)
        place = event.place
        match event.part:
            case Part.AUDIO:
                self._time(response, frame, "first audio")
                self._sound(frame, self._speech(response, place), event.delta)
            case Part.SPEECH:
                self._time(response, frame, "first text")
                self._grow(frame, self._speech(response, place), "text", event.delta)
            case Part.TEXT:
                self._time(response, frame, "first text")
                part = self._part(response, "text", place.item_id, place.content_index)
                self._grow(frame, part, "text", event.delta)
            case Part.ARGUMENTS:
                self._time(response, frame, "first argument")
                part = self._part(response, "call", place.item_id)
                self._grow(frame, part, "arguments", event.delta)

    def _complete(self, frame: Frame, event: StreamDone) -> None:
        response, place = self._response(frame, event.place.response_id), event.place
        match event.part:
            case Part.AUDIO | Part.SPEECH:
                part = self._speech(response, place)
            case Part.TEXT:
                part = self._part(response, "text", place.item_id, place.content_index)
            case Part.ARGUMENTS:
                part = self._part(response, "call", place.item_id)
                if event.name:
                    self._say(part, name=_name(event.name))
        if event.part is not Part.AUDIO:
            slot = "arguments" if event.part is Part.ARGUMENTS else "text"
            self._whole(frame, part, slot, event.whole, done=False)
        if event.part is not Part.SPEECH:
            self._mark(part, done="yes")

    def _sound(self, frame: Frame, part: Entry, delta: str) -> None:
        track = self._tracks[part.key]
        payload = frame.payload
        sound = payload.sound if isinstance(payload, Spoken) else _decoded(delta)
        if sound is None:
            self._say(part, note="Bad audio: a part of it is not base64 and was left out.")
            return
        peaks = track.add(frame.seq, sound)
        self._track_of[frame.seq] = track
        if track.format.encoding is None:
            name = _name(track.format.name)
            self._say(part, note=f"Sound as {name} cannot be played here; the log has it.")
            return
        self._mark(part, sound="yes")
        self._grow(frame, part, "peaks", peaks)
        self._say(part, duration=f"{track.duration_s:.1f} s")

    # Entries.

    def _new(self, kind: str, *, key: str = "", parent: Entry | None = None, **slots: str) -> Entry:
        self._orders += 1
        parent_key = parent.key if parent else ""
        entry = Entry(
            key or f"e{self._orders}", kind, parent_key, self._orders, self.seq, self.seq, slots
        )
        self._entries[entry.key] = entry
        if parent:
            parent.parts.append(entry)
            self._changed(parent)
        return entry

    def _say(self, entry: Entry, **slots: str) -> None:
        self._reword(entry, entry.slots, slots)

    def _mark(self, entry: Entry, **marks: str) -> None:
        self._reword(entry, entry.marks, marks)

    def _reword(self, entry: Entry, words: dict[str, str], new: Mapping[str, str]) -> None:
        if any(words.get(name, "") != text for name, text in new.items()):
            words.update(new)
            entry.worded = self.seq
            self._changed(entry)

    def _changed(self, entry: Entry) -> None:
        entry.changed = self.seq
        self._entries[entry.key] = self._entries.pop(entry.key)
        if parent := self._entries.get(entry.parent):
            self._changed(parent)

    def _grow(self, frame: Frame, entry: Entry, slot: str, text: str) -> None:
        growing = entry.growing.setdefault(slot, Growing())
        room = min(SHOWN_GROWING_CHARS - growing.chars, SHOWN_TOTAL_CHARS - self._shown_chars)
        if text and room > 0:
            growing.add(frame.seq, text[:room])
            self._shown_chars += min(len(text), room)
        if len(text) > max(room, 0) and not entry.slots.get("cut"):
            self._say(entry, cut=CUT_WORDS)
        self._changed(entry)

    def _whole(
        self, frame: Frame, entry: Entry, slot: str, text: str | None, *, done: bool
    ) -> None:
        """Take the whole text where it is given and is not what has grown so far."""
        if done:
            self._mark(entry, done="yes")
        growing = entry.growing.setdefault(slot, Growing())
        if not text or entry.slots.get("cut") or growing.text == text:
            return
        self._shown_chars -= growing.chars
        growing.begin(frame.seq, "")
        self._grow(frame, entry, slot, text)

    def _drop(self, entry: Entry) -> None:
        for part in list(entry.parts):
            self._drop(part)
        if self._entries.pop(entry.key, None) is None:
            return
        self._shown_chars -= sum(growing.chars for growing in entry.growing.values())
        self._tracks.pop(entry.key, None)
        self._waiting.pop(entry.key, None)
        self._asking.discard(entry.key)
        if parent := self._entries.get(entry.parent):
            parent.parts.remove(entry)
            if parent.key in self._response_ids:
                self._responses[self._response_ids[parent.key]].let_go(entry)
        if entry.key in self._response_ids:
            del self._responses[self._response_ids.pop(entry.key)]
        self._drops.append((self.seq, entry.key))
        if len(self._drops) > REMEMBERED_DROPS:
            self._drops_from = self._drops.popleft()[0]

    def _changes_of(self, entries: list[Entry], seq: int) -> list[Change]:
        changes: list[Change] = []
        for entry in sorted(entries, key=attrgetter("order")):
            changes.extend(_changes(entry, seq))
        return changes


def _changes(entry: Entry, seq: int) -> Iterator[Change]:
    if entry.worded > seq:
        yield ["put", entry.key, entry.parent, entry.kind, dict(entry.slots), dict(entry.marks)]
    for slot, growing in entry.growing.items():
        if growing.began > seq:
            yield ["set", entry.key, slot, growing.text]
        elif text := growing.since(seq):
            yield ["add", entry.key, slot, text]


# -- words -----------------------------------------------------------------------------------------


def _name(text: str) -> str:
    return text if len(text) <= SHOWN_NAME_CHARS else text[:SHOWN_NAME_CHARS] + "…"


def _in_short(text: str) -> str:
    """Return the beginning of what a server says; all of it stands in the event."""
    if len(text) <= SHOWN_SAID_CHARS:
        return text
    return f"{text[:SHOWN_SAID_CHARS]}… and {len(text) - SHOWN_SAID_CHARS:,} characters more"


def _error_words(fault: object) -> str:
    """What went wrong in a call, as text or as an object of any shape."""
    said = fault.get("message") if isinstance(fault, dict) else fault
    return _name(said if isinstance(said, str) else json.dumps(fault, ensure_ascii=False))


def _other_model(model: str, asked: str) -> str:
    """Say that a session has another model than was asked for; a date behind its name is none."""
    if not (model and asked) or model.startswith(asked) or asked.startswith(model):
        return ""
    return f" Its model is {_name(model)}; {_name(asked)} was asked for."


def _strange(event: SessionEvent, opened: SessionEvent | None) -> str:
    """Say that an event tells of another session or model than the connection began with."""
    if opened is None:
        return ""
    words = []
    if event.id and opened.id and event.id != opened.id:
        words.append(f"This is about session {_name(event.id)}, not {_name(opened.id)}.")
    if _other_model(event.model, opened.model):
        words.append(f"Its model is {_name(event.model)} now; it was {_name(opened.model)}.")
    return " ".join(words)


def _offset(offset_ms: float) -> str:
    return f"+{offset_ms / 1000:.3f} s"


def _limit(limit: RateLimit) -> str:
    of = f" of {_name(limit.limit)}" if limit.limit else ""
    return f"{_name(limit.name) or 'a limit'}: {_name(limit.remaining) or 'some'}{of} left"


def _metadata(response: ResponseObject) -> str:
    if not response.metadata:
        return ""
    return json.dumps(dict(response.metadata), ensure_ascii=False)[:SHOWN_NAME_CHARS]


def _usage(usage: Usage | None) -> str:
    if usage is None:
        return ""
    counts = (
        ("in", usage.input),
        ("of it cached", usage.cached),
        ("out", usage.output),
        ("of it audio", usage.output_audio),
        ("in all", usage.total),
    )
    words = [
        f"{count:,} {name}"
        for name, count in counts
        if count or (count == 0 and not name.startswith("of it"))
    ]
    return "tokens: " + ", ".join(words) if words else ""


def _reason(done: ResponseObject) -> str:
    if done.error_code or done.error_message:
        words = explain_error(done.error_code, done.error_message)
        said = _name(": ".join(filter(None, (done.error_code, done.error_message))))
        return " ".join(filter(None, (*words, f"The server said: {said}")))
    if not done.reason:
        return ""
    ending = ENDINGS.get(done.reason)
    return f"{ending} ({done.reason})" if ending else _name(done.reason)


def _decoded(delta: str) -> bytes | None:
    try:
        return binascii.a2b_base64(delta, strict_mode=True)
    except ValueError:
        return None
