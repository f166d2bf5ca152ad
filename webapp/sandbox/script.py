"""Which server events answer a client event: one rehearsed session, without the socket."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from webapp.exact_json.reader import JsonValue
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
from webapp.sandbox.mcp import list_tools, servers
from webapp.sandbox.microphone import Demand, Happening, Listening, Microphone, read_listening
from webapp.sandbox.refusals import Refusal, wrong_value
from webapp.sandbox.rehearsal import Cue, Source
from webapp.sandbox.reply import Reply
from webapp.sandbox.settings import refused_change
from webapp.sandbox.steps import JsonObject, Say, Step, Wait
from webapp.sandbox.terms import (
    SESSION_S,
    Dialect,
    Terms,
    opening_session,
    read_terms,
    sound_name,
    updated_session,
)
from webapp.sandbox.wording import Wording

MAX_REPLIES = 256
MAX_MCP_SERVERS = 64
UNHEARD_S = 0.4  # how far sound is sent ahead of the ear


@dataclass(frozen=True, slots=True)
class Answer:
    """What to say at once, and what begins behind it: a response, and other things beside it."""

    says: list[Say]
    reply: Reply | None = None
    also: list[Iterator[Step]] = field(default_factory=list)


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
        self._microphone = Microphone(self._wording, self.conversation, ids.branch("microphone"))
        self._running: dict[str, Reply] = {}
        self._replies = 0
        self._last_reply_id = ""
        self._looked_up: list[JsonObject] = []

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
        outcome = self._carry_out(heard.type, heard.event)
        if isinstance(outcome, Refusal):
            return self._refuse(outcome.of(heard.event_id))
        return outcome if isinstance(outcome, Answer) else Answer(outcome)

    def play(self, reply: Reply) -> Iterator[Step]:
        """Yield the steps of a response, and what follows when the user keeps silent after it."""
        yield from _steps(reply)
        while reply.conversation and (timeout_ms := self._idle_timeout_ms()):
            stirs, silent_from_ms = self._stirs(), self._microphone.written_ms
            yield Wait(timeout_ms / 1000 + UNHEARD_S)
            if self._active() or self._stirs() != stirs:
                return
            answer = self._take_in(self._microphone.time_out(silent_from_ms, self._listening()))
            yield from answer.says
            for steps in answer.also:
                yield from steps
            if answer.reply:
                yield from _steps(answer.reply)

    def _refuse(self, refusal: Refusal) -> Answer:
        error = self._wording.error(
            refusal.code, refusal.message, param=refusal.param, event_id=refusal.event_id
        )
        return Answer([error])

    def _say(self, kind: str, **members: JsonValue) -> Say:
        return self._wording.say(kind, **members)

    def _carry_out(self, kind: str, event: JsonObject) -> Outcome | Answer:
        wording, conversation = self._wording, self.conversation
        match kind:
            case "response.create":
                return self._respond(mapping(event.get("response")))
            case "session.update":
                return self._update_session(mapping(event["session"]))
            case "conversation.item.create":
                return self._create_item(event)
            case "conversation.item.retrieve":
                return retrieve_item(wording, conversation, event)
            case "conversation.item.truncate":
                return truncate_item(wording, conversation, event, self._output_sound())
            case "conversation.item.delete":
                return delete_item(wording, conversation, event)
            case "input_audio_buffer.append":
                happenings = self._microphone.append(event, self._listening())
                return self._unless_refused(happenings)
            case "input_audio_buffer.commit":
                return self._unless_refused(self._microphone.commit(self._listening()))
            case "input_audio_buffer.clear":
                return [self._microphone.clear()]
            case "output_audio_buffer.clear":
                return [self._say("output_audio_buffer.cleared", response_id=self._last_reply_id)]
            case _:
                return self._cancel(event.get("response_id"))

    def _create_item(self, event: JsonObject) -> Outcome | Answer:
        """Add an item; an answer to an approval request is what the call was waiting for."""
        outcome = create_item(self._wording, self.conversation, event)
        answers = member(event, "item", "type") == "mcp_approval_response"
        if isinstance(outcome, Refusal) or not answers or self._active():
            return outcome
        begun = self._begin({})
        return replace(begun, says=outcome + begun.says)

    # MCP.

    def _listings(self, tools: JsonValue) -> list[Iterator[Step]]:
        """Return the look-ups of servers whose tools were not looked up before."""
        found = []
        for server in servers(objects(tools)):
            if server not in self._looked_up and len(self._looked_up) < MAX_MCP_SERVERS:
                self._looked_up.append(server)
                wording = Wording(self.dialect, self._ids.branch(f"mcp {len(self._looked_up)}"))
                found.append(list_tools(wording, self.conversation, server))
        return found

    # What the user says aloud.

    def _listening(self) -> Listening:
        return read_listening(self.session)

    def _unless_refused(self, happenings: Refusal | Iterator[Happening]) -> Answer | Refusal:
        return happenings if isinstance(happenings, Refusal) else self._take_in(happenings)

    def _take_in(self, happenings: Iterator[Happening]) -> Answer:
        answer = Answer([])
        for happening in happenings:
            match happening:
                case Say():
                    answer.says.append(happening)
                case Demand.INTERRUPT:
                    active = self._active()
                    answer.says.extend(active.cancel("turn_detected") if active else [])
                case Demand.RESPOND:
                    begun = self._begin({})
                    answer = replace(answer, says=answer.says + begun.says, reply=begun.reply)
                case _:
                    answer.also.append(happening)
        return answer

    def _idle_timeout_ms(self) -> int | None:
        detection = self._listening().detection
        return detection.idle_timeout_ms if detection else None

    def _stirs(self) -> tuple[int, int]:
        """Return something that changes whenever the user or the sandbox speaks."""
        return self._microphone.turns, self._replies

    # Responses.

    def _begin(self, params: JsonObject) -> Answer:
        """Begin a response that no client event asked for."""
        answer = self._respond(params)
        return self._refuse(answer) if isinstance(answer, Refusal) else answer

    def _respond(self, params: JsonObject) -> Answer | Refusal:
        in_band = params.get("conversation", "auto") != "none"
        refusal = self._cannot_respond(params, in_band=in_band)
        cue = refusal or self._cue(params)
        if isinstance(cue, Refusal):
            return cue
        self._replies += 1
        wording = Wording(self.dialect, self._ids.branch(f"response {self._replies}"))
        conversation = self.conversation if in_band else None
        reply = Reply(wording, cue, conversation, params.get("metadata"))
        self._running[reply.id] = reply
        self._last_reply_id = reply.id
        first = reply.next()
        listings = self._listings(params.get("tools"))
        return Answer([first] if isinstance(first, Say) else [], reply, listings)

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
        if absent := _absent_choice(terms):
            message = f"Tool choice '{absent}' not found in the tools of this response."
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

    def _update_session(self, change: JsonObject) -> Outcome | Answer:
        session = updated_session(self.session, change)
        is_responding = self._active() is not None
        if refusal := refused_change(
            self.session, session, self.conversation, is_responding=is_responding
        ):
            return refusal
        self.session = session
        updated = self._say("session.updated", session=session)
        return Answer([updated], also=self._listings(change.get("tools")))

    def _output_sound(self) -> str:
        nested = member(self.session, "audio", "output", "format")
        return sound_name(self.session.get("output_audio_format") or nested)


def _steps(reply: Reply) -> Iterator[Step]:
    while step := reply.next():
        yield step


def _absent_choice(terms: Terms) -> str:
    """Return the name of the tool or server that a response insists on and does not have."""
    choice = terms.tool_choice
    name, label = text(member(choice, "name")), text(member(choice, "server_label"))
    if not terms.insists:
        return ""
    if member(choice, "type") == "function":
        return "" if name in [tool.get("name") for tool in terms.tools] else name
    return "" if label in ["", *(tool.get("server_label") for tool in terms.tools)] else label
