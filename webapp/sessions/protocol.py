"""One session without the socket: what may be sent, what answers what, which responses run."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from webapp.errors import LocalError
from webapp.events.server import (
    NOTHING,
    ConversationItemEvent,
    ErrorEvent,
    ItemEvent,
    ResponseCreated,
    ResponseDone,
    ResponseObject,
    ServerEvent,
    UnreadableServerEvent,
    read_server_event,
)
from webapp.wire_reader import JsonValue, Unreadable, read_json

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


class State(StrEnum):
    """How far a connection is; open means that ``session.created`` has arrived."""

    CONNECTING = "connecting"
    OPEN = "open"
    CLOSING = "closing"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class SentEvent:
    """An event that went out as frame ``seq``; type and id are empty where it had none."""

    seq: int
    type: str
    event_id: str
    out_of_band: bool
    metadata: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Received:
    """A server event and the sent event that it answers, where that can be told.

    ``out_of_band`` says it of the response that the event begins.
    """

    event: ServerEvent
    answers: SentEvent | None = None
    out_of_band: bool = False


class Protocol:
    """The state of one session, moved by what is sent and received."""

    def __init__(self) -> None:
        self.state = State.CONNECTING
        self.active: str | None = None
        self.out_of_band: dict[str, None] = {}
        self.waiting: list[SentEvent] = []
        self._sent_by_id: dict[str, SentEvent] = {}
        self._written_items: dict[str, None] = {}

    @property
    def responding(self) -> bool:
        """Whether any response is running."""
        return self.active is not None or bool(self.out_of_band)

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
        match event:
            case ServerEvent(type="session.created") if self.state is State.CONNECTING:
                self.state = State.OPEN
                return Received(event)
            case ResponseCreated(response=response):
                return self._begin(event, response)
            case ResponseDone(response=response):
                return self._end(event, response)
            case ErrorEvent():
                return Received(event, self._refused(event))
            case ItemEvent(item=item):
                self._written_items[item.id] = None
                if len(self._written_items) > MAX_REMEMBERED_ITEMS:
                    del self._written_items[next(iter(self._written_items))]
                return Received(event)
            case ConversationItemEvent(item=item) if item.id in self._written_items:
                return Received(event)
        acknowledged = ACKNOWLEDGES.get(event.type)
        return Received(event, self._answered(acknowledged) if acknowledged else None)

    def cancel_texts(self) -> list[str]:
        """Return the events that cancel every running response, ready to be sent.

        Raises:
            LocalError: if nothing is running, or the session is not open.
        """
        self.check_send()
        if not self.responding:
            raise LocalError("No response is running.", remedy="There is nothing to cancel.")
        default = ['{"type": "response.cancel"}'] if self.active is not None else []
        return default + [
            json.dumps({"type": "response.cancel", "response_id": response_id})
            for response_id in self.out_of_band
        ]

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

    def _begin(self, event: ServerEvent, response: ResponseObject) -> Received:
        answers = self._answered_create(response)
        out_of_band = response.conversation_id is None and bool(answers and answers.out_of_band)
        if out_of_band:
            self.out_of_band[response.id] = None
        else:
            self.active = response.id
        return Received(event, answers, out_of_band)

    def _end(self, event: ServerEvent, response: ResponseObject) -> Received:
        if response.status == "cancelled":
            self._answered("response.cancel")
        if self.active == response.id:
            self.active = None
        elif response.id in self.out_of_band:
            del self.out_of_band[response.id]
        else:
            # A response that fails at once may come without its beginning.
            return Received(event, self._answered_create(response))
        return Received(event)

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

        Without an id, only one may be meant: the one that was sent without an id and still waits.
        """
        sent = self._sent_by_id.get(error.answers) if error.answers else None
        if sent is None and not error.answers:
            nameless = [each for each in self.waiting if not each.event_id]
            sent = nameless[0] if len(nameless) == 1 else None
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


def _read_sent_event(text: str, seq: int) -> SentEvent:
    value: JsonValue
    try:
        value = read_json(text)
    except Unreadable:
        value = None
    event = value if isinstance(value, dict) else {}
    type_, event_id, params = event.get("type"), event.get("event_id"), event.get("response")
    params = params if isinstance(params, dict) else {}
    metadata = params.get("metadata")
    return SentEvent(
        seq,
        type_ if isinstance(type_, str) else "",
        event_id if isinstance(event_id, str) else "",
        params.get("conversation") == "none",
        metadata if isinstance(metadata, dict) else NOTHING,
    )
