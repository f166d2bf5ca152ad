"""Which server events answer a client event: one rehearsed session, without the socket."""

from dataclasses import dataclass

from webapp.sandbox.buffer import Buffer
from webapp.sandbox.conversation import Conversation
from webapp.sandbox.fates import read_fate
from webapp.sandbox.hearing import Heard, hear
from webapp.sandbox.ids import Ids
from webapp.sandbox.items import (
    Outcome,
    create_item,
    delete_item,
    retrieve_item,
    truncate_item,
    unknown_item,
)
from webapp.sandbox.looks import mapping, member, objects, text
from webapp.sandbox.refusals import Refusal, wrong_value
from webapp.sandbox.rehearsal import Cue, Source
from webapp.sandbox.reply import Reply
from webapp.sandbox.steps import JsonObject, Say
from webapp.sandbox.terms import (
    SESSION_S,
    Dialect,
    opening_session,
    read_terms,
    sound_name,
    updated_session,
    voice_name,
)
from webapp.sandbox.wording import Wording
from webapp.wire_reader import JsonValue

MAX_REPLIES = 256


@dataclass(frozen=True, slots=True)
class Answer:
    """What to say at once, and the response that begins behind it, if one does."""

    says: list[Say]
    reply: Reply | None = None


class Script:
    """One session: it answers client events one by one and keeps what they leave behind.

    The same seed and the same client events give the same server events.
    """

    def __init__(self, dialect: Dialect, model: str, *, seed: int, now: int = 0) -> None:
        ids = Ids(seed)
        self.dialect: Dialect = dialect
        self.session = opening_session(dialect, ids.draw("sess"), model, now + SESSION_S)
        self.conversation = Conversation(ids.draw("conv"))
        self._ids = ids
        self._wording = Wording(dialect, ids.branch("session"))
        self._buffer = Buffer()
        self._running: dict[str, Reply] = {}
        self._replies = 0
        self._last_reply_id = ""

    def opening(self) -> list[Say]:
        """Return what is said before any client event."""
        return [self._say("session.created", session=self.session)]

    def expiry(self) -> list[Say]:
        """Return what is said when the session has grown too old."""
        minutes = SESSION_S // 60
        message = f"Your session hit the maximum duration of {minutes} minutes."
        return [self._wording.error("session_expired", message)]

    def answer(self, message: str | bytes) -> Answer:
        """Return the answer to a WebSocket message."""
        return self.answer_heard(hear(message, self.dialect))

    def answer_heard(self, heard: Heard | Refusal) -> Answer:
        """Return the answer to a message that has been read already."""
        if isinstance(heard, Refusal):
            return self._refuse(heard)
        if heard.type == "response.create":
            return self._respond(heard)
        outcome = self._carry_out(heard.type, heard.event)
        if isinstance(outcome, Refusal):
            return self._refuse(outcome.of(heard.event_id))
        return Answer(outcome)

    def _refuse(self, refusal: Refusal) -> Answer:
        error = self._wording.error(
            refusal.code, refusal.message, param=refusal.param, event_id=refusal.event_id
        )
        return Answer([error])

    def _say(self, kind: str, **members: JsonValue) -> Say:
        return self._wording.say(kind, **members)

    def _carry_out(self, kind: str, event: JsonObject) -> Outcome:
        """Answer every event but ``response.create``."""
        wording, conversation = self._wording, self.conversation
        match kind:
            case "session.update":
                return self._update_session(mapping(event["session"]))
            case "conversation.item.create":
                return create_item(wording, conversation, event)
            case "conversation.item.retrieve":
                return retrieve_item(wording, conversation, event)
            case "conversation.item.truncate":
                return truncate_item(wording, conversation, event, self._output_sound())
            case "conversation.item.delete":
                return delete_item(wording, conversation, event)
            case "input_audio_buffer.append":
                return self._buffer.append(event)
            case "input_audio_buffer.commit":
                return self._buffer.commit(wording, conversation, self._input_sound())
            case "input_audio_buffer.clear":
                return self._buffer.clear(wording)
            case "output_audio_buffer.clear":
                return [self._say("output_audio_buffer.cleared", response_id=self._last_reply_id)]
            case _:
                return self._cancel(event.get("response_id"))

    # Responses.

    def _respond(self, heard: Heard) -> Answer:
        params = mapping(heard.event.get("response"))
        in_band = params.get("conversation", "auto") != "none"
        refusal = self._cannot_respond(params, in_band=in_band)
        cue = refusal or self._cue(params)
        if isinstance(cue, Refusal):
            return self._refuse(cue.of(heard.event_id))
        self._replies += 1
        wording = Wording(self.dialect, self._ids.branch(f"response {self._replies}"))
        conversation = self.conversation if in_band else None
        reply = Reply(wording, cue, conversation, params.get("metadata"))
        self._running[reply.id] = reply
        self._last_reply_id = reply.id
        first = reply.next()
        return Answer([first] if isinstance(first, Say) else [], reply)

    def _cannot_respond(self, params: JsonObject, *, in_band: bool) -> Refusal | None:
        name = params.get("conversation", "auto")
        if name not in ("auto", "none", self.conversation.id):
            return wrong_value("response.conversation", ("auto", "none"), name)
        active = self._active()
        if in_band and active:
            message = (
                f"Conversation already has an active response in progress: {active.id}. "
                "Wait until the response is finished before creating a new one."
            )
            return Refusal("conversation_already_has_active_response", message)
        if len(self._running) >= MAX_REPLIES:
            message = f"The sandbox gives at most {MAX_REPLIES} responses at a time."
            return Refusal("too_many_responses", message)
        return None

    def _cue(self, params: JsonObject) -> Cue | Refusal:
        terms = read_terms(self.dialect, self.session, params)
        choice = terms.tool_choice
        name = text(member(choice, "name"))
        names = [tool.get("name") for tool in terms.tools]
        if terms.insists and member(choice, "type") == "function" and name not in names:
            message = f"Tool choice '{name}' not found in the tools of this response."
            return Refusal("invalid_value", message, "response.tool_choice")
        found = self._context(params)
        if isinstance(found, Refusal):
            return found
        source: Source = "conversation"
        if "input" in params:
            source = "input" if found else "cleared"
        return Cue(terms, tuple(found), source, read_fate(params.get("metadata")))

    def _context(self, params: JsonObject) -> list[JsonObject] | Refusal:
        """Return the items a response reads: its own input, or the conversation without one."""
        if "input" not in params:
            return list(self.conversation.items)
        items = []
        for place, item in enumerate(objects(params["input"])):
            if item.get("type") != "item_reference":
                items.append(item)
            elif known := self.conversation.find(item.get("id")):
                items.append(known)
            else:
                return unknown_item(
                    "item_reference",
                    "resolving",
                    text(item.get("id")),
                    f"response.input[{place}].id",
                )
        return items

    def _active(self) -> Reply | None:
        """Return the response that is writing to the conversation, if there is one."""
        self._running = {name: one for name, one in self._running.items() if not one.is_over}
        return next((one for one in self._running.values() if one.conversation), None)

    def _cancel(self, asked: JsonValue) -> Outcome:
        active = self._active()
        reply = active if asked is None else self._running.get(str(asked))
        if reply is None:
            message = "Cancellation failed: no active response found"
            return Refusal("response_cancel_not_active", message)
        return reply.cancel()

    # The session.

    def _update_session(self, change: JsonObject) -> Outcome:
        session = updated_session(self.session, change)
        if _voice(session) != _voice(self.session) and self._has_sounded():
            message = "Cannot update a conversation's voice if assistant audio is present."
            return Refusal("cannot_update_voice", message)
        self.session = session
        return [self._say("session.updated", session=session)]

    def _has_sounded(self) -> bool:
        parts = (part for item in self.conversation.items for part in objects(item.get("content")))
        return any(part.get("type") in ("audio", "output_audio") for part in parts)

    def _input_sound(self) -> str:
        nested = member(self.session, "audio", "input", "format")
        return sound_name(self.session.get("input_audio_format") or nested)

    def _output_sound(self) -> str:
        nested = member(self.session, "audio", "output", "format")
        return sound_name(self.session.get("output_audio_format") or nested)


def _voice(session: JsonObject) -> str:
    return voice_name(session.get("voice") or member(session, "audio", "output", "voice"))
