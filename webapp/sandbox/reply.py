"""One rehearsed response: its events, one after the other, until it is done or cancelled."""

import json
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass

from webapp.exact_json.reader import JsonValue
from webapp.sandbox.arguments import example
from webapp.sandbox.conversation import Conversation
from webapp.sandbox.fates import Course, Fate
from webapp.sandbox.mcp import McpCall
from webapp.sandbox.output import Output
from webapp.sandbox.rehearsal import Cue, chosen_mcp_call, chosen_tools, spoken_line
from webapp.sandbox.speech import Speaker
from webapp.sandbox.steps import HangUp, JsonObject, Pause, Say, Step
from webapp.sandbox.tape import CHUNK_S, Tape
from webapp.sandbox.terms import terms_to_wire
from webapp.sandbox.tokens import (
    AUDIO_TOKENS_PER_S,
    LIMIT_TOKENS,
    Spent,
    pieces,
    spent_on,
    usage,
)
from webapp.sandbox.wording import Wording

THINK_S = 0.15
TEXT_PIECE_S = 0.04
CALL_PIECE_S = 0.02
CALL_PIECE_CHARS = 6
MCP_CALL_S = 0.3
RATE_LIMITS_S = 0.04
FIRST_AUDIO_S = 4.0
LEAD_CHUNKS = 2
LEAD_S = 0.02
SLOW_S = 6
SLOW_SOUND = 2  # so many times slower than it is heard, at that duration
FLOOD_BURST = 128

_FAILURES = {
    "insufficient_quota": "a real account would be out of credit here",
    "rate_limit_exceeded": "a real account would have sent too much in too short a time here",
    "server_error": "a real server would have broken down here",
}


@dataclass(frozen=True, slots=True)
class Ending:
    """How a response comes out: its status and the details of it."""

    status: str
    details: JsonObject | None = None


class Reply:
    """The steps of one response.

    ``next`` gives the next step; None means that none will follow, or (in a response that keeps
    silent at its end) none before it is cancelled. ``conversation`` is where the answer goes,
    None for a response out of band.
    """

    def __init__(
        self, wording: Wording, cue: Cue, conversation: Conversation | None, metadata: JsonValue
    ) -> None:
        self.id = wording.ids.draw("resp")
        self.is_over = False
        self.conversation = conversation
        self._wording = wording
        self._cue = cue
        self._metadata = metadata
        self._read = spent_on(cue.terms.instructions, list(cue.terms.tools), cue.items)
        self._written = Spent()
        self._output = Output(wording, self.id, conversation)
        self._ending: Ending | None = None
        self._steps = self._play()

    def next(self) -> Step | None:
        """Return the next step, if there is one now."""
        return next(self._steps, None)

    def cancel(self, reason: str = "client_cancelled") -> list[Say]:
        """Stop talking, and return the events that close the response."""
        details: JsonObject = {"type": "cancelled", "reason": reason}
        self._ending = self._ending or Ending("cancelled", details)
        return [step for step in self._steps if isinstance(step, Say)]

    # The frame around every answer.

    def _play(self) -> Iterator[Step | None]:
        yield self._say("response.created", response=self._response("in_progress"))
        yield Pause(THINK_S)
        if self._is(Course.FAIL):
            self._ending = self._ending or _failed(self._cue.fate)
        if not self._ending:
            yield from self._answer()
        while self._is(Course.SILENCE) and not self._ending:
            yield None
        yield from self._done(self._ending or Ending("completed"))

    def _answer(self) -> Iterator[Step]:
        if call := chosen_mcp_call(self._cue):
            return self._ask_approval(call) if call.needs_approval else self._call_and_tell(call)
        if tools := chosen_tools(self._cue):
            return self._call_all(tools)
        if self._is(Course.FLOOD):
            return self._write(self._flood)
        return self._speak() if self._cue.terms.speaks else self._write(self._type)

    def _done(self, ending: Ending) -> Iterator[Step]:
        self.is_over = True
        read = Spent() if ending.status == "failed" else self._read
        response = self._response(ending.status, ending.details, usage(read, self._written))
        yield self._say("response.done", response=response)
        yield Pause(RATE_LIMITS_S)
        yield self._say("rate_limits.updated", rate_limits=[_rate_limit(read + self._written)])

    # The kinds of answer.

    def _write(self, stream: Callable[[JsonObject], Generator[Step, None, str]]) -> Iterator[Step]:
        item = self._output.message()
        yield from self._output.open(item)
        yield self._output.part(item, "added", {"type": "text", "text": ""})
        said = yield from stream(item)
        yield self._output.stream(item, "response.text", "done", text=said)
        yield self._output.part(item, "done", {"type": "text", "text": said})
        yield from self._output.close(
            item, is_whole=not self._ending, content=[self._wording.part("text", text=said)]
        )

    def _type(self, item: JsonObject) -> Generator[Step, None, str]:
        """Stream the line piece by piece, and return how much of it was said."""
        said = ""
        line = self._line()
        for piece, at_half in _with_half(line):
            yield from self._beat(self._pause(TEXT_PIECE_S, len(line)), at_half=at_half)
            if self._ending:
                break
            said += piece
            self._written += Spent(text=1)
            yield self._output.stream(item, "response.text", "delta", delta=piece)
        return said

    def _flood(self, item: JsonObject) -> Generator[Step, None, str]:
        """Stream numbers in bursts without a pause, and return those that were said."""
        limit = self._cue.terms.max_output_tokens
        asked = self._cue.fate.number
        last = asked if limit is None else min(limit, asked)
        while self._written.text < last and not self._ending:
            start = self._written.text
            numbers = range(start + 1, min(start + FLOOD_BURST, last) + 1)
            self._written += Spent(text=len(numbers))
            yield self._output.stream_numbers(item, "response.text", numbers)
        if last < asked and not self._ending:
            self._ending = _incomplete("max_output_tokens")
        return "".join(f"{number} " for number in range(1, self._written.text + 1))

    def _speak(self) -> Iterator[Step]:
        item = self._output.message()
        yield from self._output.open(item)
        yield self._output.part(item, "added", {"type": "audio", "transcript": ""})
        terms = self._cue.terms
        tape = Tape(Speaker(terms.voice, terms.sound, terms.speed))
        if self._is(Course.SLOW_FIRST_AUDIO):
            yield Pause(FIRST_AUDIO_S)
        said = ""
        for piece, at_half in _with_half(self._line()):
            yield from self._beat(0, at_half=at_half)
            if self._ending:
                break
            said += piece
            tape.record(piece)
            self._written = self._spent_speaking(self._written.text + 1, tape.recorded_s)
            yield self._output.stream(item, "response.audio_transcript", "delta", delta=piece)
            yield from self._wind(item, tape)
        tape.finish()
        yield from self._wind(item, tape)
        yield self._output.stream(item, "response.audio", "done")
        yield self._output.stream(item, "response.audio_transcript", "done", transcript=said)
        yield self._output.part(item, "done", {"type": "audio", "transcript": said})
        part = self._wording.part("audio", audio=tape.played, transcript=said)
        if self.conversation:
            self.conversation.sounds[str(item["id"])] = terms.sound
        yield from self._close(item, content=[part])

    def _wind(self, item: JsonObject, tape: Tape) -> Iterator[Step]:
        """Play what is on the tape chunk by chunk, as long as nobody cancels."""
        while tape.is_ready and not self._is_cut:
            yield Pause(self._audio_pause(tape))
            if self._is_cut:
                return
            yield self._output.stream(item, "response.audio", "delta", delta=tape.play())

    def _call_all(self, tools: list[JsonObject]) -> Iterator[Step]:
        for tool in tools:
            if not self._ending:
                yield from self._call(tool)

    def _call(self, tool: JsonObject) -> Iterator[Step]:
        item = self._wording.item("function_call", "in_progress")
        call_id = self._wording.ids.draw("call")
        name = tool.get("name")
        item |= {"call_id": call_id, "name": name, "arguments": ""}
        yield from self._output.open(item)
        whole = json.dumps(example(tool.get("parameters")), ensure_ascii=False)
        kind = "response.function_call_arguments"
        said = yield from self._argue(item, kind, whole, call_id=call_id)
        yield self._output.say(item, f"{kind}.done", call_id=call_id, name=name, arguments=said)
        yield from self._close(item, arguments=said)

    def _argue(
        self, item: JsonObject, kind: str, whole: str, **members: JsonValue
    ) -> Generator[Step, None, str]:
        """Stream arguments piece by piece, and return how much of them was said."""
        said = ""
        slices = _slices(whole, CALL_PIECE_CHARS)
        for piece, at_half in _with_half(slices):
            yield from self._beat(self._pause(CALL_PIECE_S, len(slices)), at_half=at_half)
            if self._ending:
                break
            said += piece
            self._written += Spent(text=1)
            yield self._output.say(item, f"{kind}.delta", **members, delta=piece)
        return said

    def _ask_approval(self, call: McpCall) -> Iterator[Step]:
        item = self._mcp_item("mcpr", "mcp_approval_request", call, arguments=call.arguments)
        yield from self._output.open(item)
        yield from self._close(item)

    def _call_and_tell(self, call: McpCall) -> Iterator[Step]:
        """Call a tool of an MCP server, and say something in the same response."""
        yield from self._call_mcp(call)
        if not self._ending:
            yield from self._speak() if self._cue.terms.speaks else self._write(self._type)

    def _call_mcp(self, call: McpCall) -> Iterator[Step]:
        nothing: JsonObject = {"output": None, "error": None}
        approval: JsonObject = {"approval_request_id": call.approval_request_id}
        item = self._mcp_item("mcp", "mcp_call", call, arguments="", **approval, **nothing)
        yield from self._output.open(item)
        kind = "response.mcp_call_arguments"
        said = yield from self._argue(item, kind, call.arguments)
        yield self._output.say(item, f"{kind}.done", arguments=said)
        if self._ending:
            yield from self._close(item, arguments=said)
            return
        yield self._output.mcp_call(item, "in_progress")
        yield Pause(MCP_CALL_S)
        yield self._output.mcp_call(item, "completed" if call.is_rehearsed else "failed")
        yield from self._close(item, arguments=said, **call.outcome)

    def _mcp_item(self, prefix: str, kind: str, call: McpCall, **members: JsonValue) -> JsonObject:
        """Return an item of a call; these have no status."""
        named: JsonObject = {"server_label": call.label, "name": call.name}
        return {"id": self._wording.ids.draw(prefix), "type": kind, **named, **members}

    def _line(self) -> list[str]:
        return pieces(spoken_line(self._cue, self._wording.ids))

    def _beat(self, pause_s: float, *, at_half: bool) -> Iterator[Step]:
        """Wait before the next piece, unless the fate or the limit ends the answer here."""
        limit = self._cue.terms.max_output_tokens
        if self._ending:
            return
        if limit is not None and self._written.total >= limit:
            self._ending = _incomplete("max_output_tokens")
            return
        fate = self._cue.fate
        if at_half and fate.course is Course.INCOMPLETE:
            self._ending = _incomplete(fate.detail)
        elif at_half and fate.course is Course.DROP:
            yield HangUp()
        elif at_half and fate.course is Course.CLOSE:
            yield HangUp(fate.number, "the sandbox was asked to close")
        else:
            yield Pause(pause_s)

    # How fast, and how much.

    @property
    def _is_cut(self) -> bool:
        """Whether somebody cancelled: what was recorded is then not played to its end."""
        return self._ending is not None and self._ending.status == "cancelled"

    def _pause(self, usual_s: float, count: int) -> float:
        """Return the pause before each of so many pieces."""
        return self._slow_s / count if self._is(Course.SLOW) else usual_s

    @property
    def _slow_s(self) -> int:
        """How long a slow answer takes in all, unless it is spoken."""
        return self._cue.fate.number if self._cue.fate.detail else SLOW_S

    def _audio_pause(self, tape: Tape) -> float:
        if tape.chunks_played < LEAD_CHUNKS:
            return LEAD_S
        return CHUNK_S * (SLOW_SOUND * self._slow_s / SLOW_S if self._is(Course.SLOW) else 1)

    def _spent_speaking(self, text_tokens: int, recorded_s: float) -> Spent:
        audio_tokens = -int(-recorded_s * AUDIO_TOKENS_PER_S // 1)
        limit = self._cue.terms.max_output_tokens
        if limit is not None:
            audio_tokens = min(audio_tokens, limit - text_tokens)
        return Spent(text_tokens, audio_tokens)

    def _is(self, course: Course) -> bool:
        return self._cue.fate.course is course

    # Events, and the objects in them.

    def _close(self, item: JsonObject, **members: JsonValue) -> Iterator[Say]:
        return self._output.close(item, is_whole=not self._ending, **members)

    def _say(self, kind: str, **members: JsonValue) -> Say:
        return self._wording.say(kind, **members)

    def _response(
        self, status: str, details: JsonObject | None = None, used: JsonObject | None = None
    ) -> JsonObject:
        return {
            "object": "realtime.response",
            "id": self.id,
            "status": status,
            "status_details": details,
            "output": list(self._output.finished),
            "conversation_id": self.conversation.id if self.conversation else None,
            **terms_to_wire(self._wording.dialect, self._cue.terms),
            "usage": used,
            "metadata": self._metadata,
        }


def _with_half(whole: list[str]) -> Iterator[tuple[str, bool]]:
    """Yield the pieces, and with each whether it is the one where fates strike."""
    for place, piece in enumerate(whole):
        yield piece, place == len(whole) // 2


def _slices(words: str, size: int) -> list[str]:
    return [words[start : start + size] for start in range(0, len(words), size)]


def _incomplete(reason: str) -> Ending:
    return Ending("incomplete", {"type": "incomplete", "reason": reason})


def _failed(fate: Fate) -> Ending:
    code = fate.detail
    why = _FAILURES.get(code, "metadata.sandbox asked for it")
    error: JsonObject = {
        "type": code if code in _FAILURES else "invalid_request_error",
        "code": None if code == "server_error" else code,
        "message": f"The sandbox fails this response with {code}: {why}.",
    }
    return Ending("failed", {"type": "failed", "error": error})


def _rate_limit(spent: Spent) -> JsonObject:
    used = min(LIMIT_TOKENS, spent.total)
    return {
        "name": "tokens",
        "limit": LIMIT_TOKENS,
        "remaining": LIMIT_TOKENS - used,
        "reset_seconds": round(60 * used / LIMIT_TOKENS, 3),
    }
