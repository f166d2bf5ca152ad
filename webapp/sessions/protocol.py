"""One session without the socket: what may be sent, what answers what, which responses run."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from webapp.errors import LocalError
from webapp.events.server import (
    NOTHING,
    ConversationItemEvent,
    Delta,
    ErrorEvent,
    ItemEvent,
    PartEvent,
    ResponseCreated,
    ResponseDone,
    ResponseObject,
    ServerEvent,
    StreamDone,
    UnreadableServerEvent,
    read_server_event,
)
from webapp.exact_json.reader import JsonValue, Unreadable, read_json

MAX_WAITING = 1_000
MAX_REMEMBERED_ITEMS = 1_000

# Server event -> the client event that it acknowledges.
ACKNOWLEDGES = {
    "session.updated": "session.update",
    "conversation.item.created": "conversation.item.create",
    "conversation.item.added": "conversation.item.create",
    "conversation.item.deleted": "conversation.item.delete",
    "conversation.item.truncated": "conversation.item.truncate",
    "conversation.item.retrieved": "conversation.item.retrieve",
    "input_audio_buffer.committed": "input_audio_buffer.commit",
    "input_audio_buffer.cleared": "input_audio_buffer.clear",
    "output_audio_buffer.cleared": "output_audio_buffer.clear",
}
ANSWERED = frozenset(ACKNOWLEDGES.values()) | {"response.create", "response.cancel"}

# Errors that refuse an event, and so say nothing of a response that is running.
_REFUSES = re.compile(
    r"invalid_(json|event|value|type)|unknown_|missing_|_(above|below)_|already_has|not_active"
    r"|cannot_"
)
_REFUSES_IN_WORDS = re.compile(r"already has an active response|Cancellation failed")

Name = Callable[[], str]
"""Gives the event_id of the next event of our own."""


class State(StrEnum):
    """How far a connection is; open means that ``session.created`` has arrived."""

    CONNECTING = "connecting"
    OPEN = "open"
    CLOSING = "closing"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class SentEvent:
    """An event that went out as frame ``seq``; type and ids are empty where it had none.

    ``response_id`` is the response that the event is about, if it names one.
    """

    seq: int
    type: str
    event_id: str
    out_of_band: bool
    metadata: Mapping[str, object]
    response_id: str = ""


@dataclass(frozen=True, slots=True)
class Received:
    """A server event and the sent event that it answers, where that can be told.

    ``out_of_band`` says it of the response that the event begins. ``settles`` are other sent events
    that need no answer any more, ``ends`` the responses that an error ends, ``gives_up`` the events
    that it may be about, and ``revives`` is a response that goes on though it counted as ended.
    """

    event: ServerEvent
    answers: SentEvent | None = None
    out_of_band: bool = False
    settles: tuple[SentEvent, ...] = ()
    ends: tuple[str, ...] = ()
    gives_up: tuple[SentEvent, ...] = ()
    revives: str = ""


class Standing(NamedTuple):
    """How far a session is: beginnings and ends of responses so far, and whether more is due."""

    milestones: int
    busy: bool


class Protocol:
    """The state of one session, moved by what is sent and received."""

    def __init__(self) -> None:
        self.state = State.CONNECTING
        self.active: str | None = None
        self.out_of_band: dict[str, None] = {}
        self.waiting: list[SentEvent] = []
        self._overdue: frozenset[int] = frozenset()
        self._milestones = 0
        self._sent_by_id: dict[str, SentEvent] = {}
        self._asked_by: dict[str, SentEvent] = {}  # running responses
        self._lapsed: dict[str, bool] = {}  # whether they were out-of-band
        self._written_items: dict[str, None] = {}

    @property
    def responding(self) -> bool:
        """Whether any response is running."""
        return self.active is not None or bool(self.out_of_band)

    @property
    def standing(self) -> Standing:
        """How far the session is."""
        return Standing(self._milestones, self.responding or bool(self.expected))

    @property
    def expected(self) -> list[SentEvent]:
        """The events that wait for an answer, except those that were given up."""
        return [sent for sent in self.waiting if sent.seq not in self._overdue]

    @property
    def writing(self) -> bool:
        """Whether a response writes to the conversation, or has been asked to."""
        return self.active is not None or any(
            sent.type == "response.create" and not sent.out_of_band for sent in self.expected
        )

    @property
    def running(self) -> list[str]:
        """The ids of the running responses, the default one first."""
        default = [] if self.active is None else [self.active]
        return default + list(self.out_of_band)

    @property
    def last_item_id(self) -> str:
        """The id of the item that a response wrote last; empty where there is none."""
        return next(reversed(self._written_items), "")

    def has_sent(self, event_id: str) -> bool:
        """Whether an event of this id has gone out lately."""
        return event_id in self._sent_by_id

    def check_send(self) -> None:
        """Make sure that an event may be sent now.

        Raises:
            LocalError: if the session is not open.
        """
        if self.state is State.CONNECTING:
            raise LocalError("The session is still connecting.", remedy="Wait a moment.")
        if self.state is not State.OPEN:
            raise LocalError("The session is closed.", remedy="Reconnect, then send again.")

    def send(self, text: str, seq: int) -> SentEvent:
        """Note that ``text`` goes out as frame ``seq``; any text may, JSON or not.

        Raises:
            LocalError: if the session is not open.
        """
        self.check_send()
        sent = _read_sent_event(text, seq)
        if sent.type in ANSWERED:
            self.waiting.append(sent)
            del self.waiting[:-MAX_WAITING]
        if sent.event_id:
            self._sent_by_id[sent.event_id] = sent
            if len(self._sent_by_id) > MAX_WAITING:
                del self._sent_by_id[next(iter(self._sent_by_id))]
        return sent

    def receive(self, event: ServerEvent) -> Received:
        """Take the next server event and tell what it answers."""
        if self._lapsed and (response_id := _response_of(event)) in self._lapsed:
            return replace(self._receive(event), revives=self._revive(response_id))
        return self._receive(event)

    def _receive(self, event: ServerEvent) -> Received:
        match event:
            case ServerEvent(type="session.created") if self.state is State.CONNECTING:
                self.state = State.OPEN
                return Received(event)
            case ResponseCreated(response=response):
                self._milestones += 1
                return self._begin(event, response)
            case ResponseDone(response=response):
                self._milestones += 1
                return self._end(event, response)
            case ErrorEvent():
                answers = self._refused(event)
                ends = self._ended_by(event, answers)
                # It may be the answer to any of those that wait: they hold nothing back.
                stray = not (answers or event.answers or ends or self.responding)
                gives_up = tuple(self.give_up()) if stray else ()
                return Received(event, answers, ends=ends, gives_up=gives_up)
            case ItemEvent(item=item):
                self._written_items[item.id] = None
                if len(self._written_items) > MAX_REMEMBERED_ITEMS:
                    del self._written_items[next(iter(self._written_items))]
                return Received(event)
            case ConversationItemEvent(item=item) if item.id in self._written_items:
                return Received(event)
        acknowledged = ACKNOWLEDGES.get(event.type)
        return Received(event, self._answered(acknowledged) if acknowledged else None)

    def cancel_texts(self, name: Name, *, default_only: bool = False) -> list[str]:
        """Return the events that cancel what is running, ready to be sent.

        Raises:
            LocalError: if nothing is running, or the session is not open.
        """
        self.check_send()
        if not self.responding:
            raise LocalError("No response is running.", remedy="There is nothing to cancel.")
        aims: list[dict[str, str]] = [{}] if self.active is not None else []
        if not default_only:
            aims += [{"response_id": response_id} for response_id in self.out_of_band]
        return [json.dumps({"type": "response.cancel", "event_id": name(), **aim}) for aim in aims]

    def lapse(self) -> tuple[str, ...]:
        """Let all that is running count as ended, since no end of it came; return the ids."""
        return tuple(map(self._lapse, self.running))

    def give_up(self) -> list[SentEvent]:
        """Expect no answer any more to what waits, and return it; one that comes still counts."""
        given_up = self.expected
        self._overdue = frozenset(sent.seq for sent in self.waiting)
        return given_up

    def closing(self) -> None:
        """Note that we are closing the session."""
        if self.state is not State.CLOSED:
            self.state = State.CLOSING

    def closed(self) -> None:
        """Note that the socket is gone; what was running never ends, what waited never hears."""
        self.state = State.CLOSED
        self.active = None
        self.out_of_band.clear()
        self.waiting.clear()
        self._asked_by.clear()
        self._lapsed.clear()

    def _begin(self, event: ServerEvent, response: ResponseObject) -> Received:
        answers = self._answered_create(response)
        out_of_band = response.conversation_id is None and bool(answers and answers.out_of_band)
        if out_of_band:
            self.out_of_band[response.id] = None
        else:
            self.active = response.id
        if answers is not None:
            self._asked_by[response.id] = answers
        return Received(event, answers, out_of_band)

    def _end(self, event: ServerEvent, response: ResponseObject) -> Received:
        cancels = self._cancels_of(response) if response.status == "cancelled" else ()
        self._asked_by.pop(response.id, None)
        if self.active == response.id:
            self.active = None
        elif response.id in self.out_of_band:
            del self.out_of_band[response.id]
        else:
            # A response that fails at once may come without its beginning.
            return Received(event, self._answered_create(response), settles=cancels)
        return Received(event, settles=cancels)

    def _cancels_of(self, response: ResponseObject) -> tuple[SentEvent, ...]:
        """Take the cancel off those that wait: the one that names the response, else a general one.

        What speech or the server itself cut off answers nothing.
        """
        if response.reason not in ("", "client_cancelled"):
            return ()
        cancels = [sent for sent in self.waiting if sent.type == "response.cancel"]
        aimed = [sent for sent in cancels if sent.response_id == response.id]
        general = [sent for sent in cancels if not sent.response_id]
        found = tuple((aimed or general)[:1])
        for sent in found:
            self.waiting.remove(sent)
        return found

    def _ended_by(self, error: ErrorEvent, answers: SentEvent | None) -> tuple[str, ...]:
        """End what an error ends: some servers say no ``response.done`` after one.

        That is the response which the error's event has asked for; an error about nothing in
        particular ends the only one that runs, unless it may refuse an event.
        """
        running = self.running
        if answers is not None:
            ended = [each for each in running if self._asked_by.get(each) == answers]
        elif error.answers or error.param or self.expected or _refuses(error):
            ended = []
        else:
            ended = running if len(running) == 1 else []
        return tuple(map(self._lapse, ended))

    def _lapse(self, response_id: str) -> str:
        self._lapsed[response_id] = response_id in self.out_of_band
        if self.active == response_id:
            self.active = None
        self.out_of_band.pop(response_id, None)
        if len(self._lapsed) > MAX_WAITING:
            del self._lapsed[next(iter(self._lapsed))]
        return response_id

    def _revive(self, response_id: str) -> str:
        if self._lapsed.pop(response_id):
            self.out_of_band[response_id] = None
        elif self.active is None:
            self.active = response_id
        return response_id

    def _answered_create(self, response: ResponseObject) -> SentEvent | None:
        """Find the event that asked for a response: by its metadata, else the oldest that fits."""
        creates = [sent for sent in self.waiting if sent.type == "response.create"]
        if response.conversation_id is not None:
            creates = [sent for sent in creates if not sent.out_of_band]
        same = [sent for sent in creates if sent.metadata and sent.metadata == response.metadata]
        apart = [sent for sent in creates if sent.out_of_band]
        for sent in (same or apart or creates)[:1]:
            self.waiting.remove(sent)
            return sent
        return None

    def _answered(self, type_: str) -> SentEvent | None:
        for sent in self.waiting:
            if sent.type == type_:
                self.waiting.remove(sent)
                return sent
        return None

    def _refused(self, error: ErrorEvent) -> SentEvent | None:
        """Find the event that an error is about.

        Without an id, only one may be meant: the one that was sent without an id and still waits;
        and where the error refuses something, the only one that waits at all.
        """
        known = self._sent_by_id
        sent = known.get(error.answers) or known.get(error.event_id)
        if sent is None and not error.answers:
            nameless = [each for each in self.waiting if not each.event_id]
            meant = nameless or (self.waiting if error.param or _refuses(error) else [])
            sent = meant[0] if len(meant) == 1 else None
        if sent in self.waiting:
            self.waiting.remove(sent)
        return sent


def read_received(payload: str | bytes) -> ServerEvent:
    """Return what a frame says, whatever is in it."""
    if isinstance(payload, bytes):
        return UnreadableServerEvent("", f"A binary frame of {len(payload):,} bytes.")
    try:
        return read_server_event(read_json(payload))
    except Unreadable as fault:
        return UnreadableServerEvent("", f"Not readable as JSON: {fault.reason}")


def _refuses(error: ErrorEvent) -> bool:
    return bool(_REFUSES.search(error.code) or _REFUSES_IN_WORDS.search(error.message))


def _response_of(event: ServerEvent) -> str:
    """Return the id of the response that an event carries on or ends; empty for all others."""
    match event:
        case Delta(place=place) | PartEvent(place=place) | StreamDone(place=place):
            return place.response_id
        case ItemEvent(response_id=response_id):
            return response_id
        case ResponseDone(response=response):
            return response.id
    return ""


def _read_sent_event(text: str, seq: int) -> SentEvent:
    value: JsonValue
    try:
        value = read_json(text)
    except Unreadable:
        value = None
    event = value if isinstance(value, dict) else {}
    type_, event_id, params = event.get("type"), event.get("event_id"), event.get("response")
    params = params if isinstance(params, dict) else {}
    metadata, response_id = params.get("metadata"), event.get("response_id")
    return SentEvent(
        seq,
        type_ if isinstance(type_, str) else "",
        event_id if isinstance(event_id, str) else "",
        params.get("conversation") == "none",
        metadata if isinstance(metadata, dict) else NOTHING,
        response_id if isinstance(response_id, str) else "",
    )
