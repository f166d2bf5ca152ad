"""One rehearsed response: its events, one after the other, until it is done or cancelled."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from webapp.sandbox.arguments import example
from webapp.sandbox.conversation import Conversation, without_sound
from webapp.sandbox.fates import Course, Fate
from webapp.sandbox.rehearsal import Cue, chosen_tool, spoken_line
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
from webapp.wire_reader import JsonValue

THINK_S = 0.15
TEXT_PIECE_S = 0.04
CALL_PIECE_S = 0.02
CALL_PIECE_CHARS = 6
RATE_LIMITS_S = 0.04
FIRST_AUDIO_S = 4.0
LEAD_CHUNKS = 2
LEAD_S = 0.02
SLOWER = {"text": 20, "audio": 4}

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
        self._output: list[JsonValue] = []
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
        if tool := chosen_tool(self._cue):
            return self._call(tool)
        if self._cue.terms.speaks and not self._is(Course.FLOOD):
            return self._speak()
        return self._write()

    def _done(self, ending: Ending) -> Iterator[Step]:
        self.is_over = True
        read = Spent() if ending.status == "failed" else self._read
        response = self._response(ending.status, ending.details, usage(read, self._written))
        yield self._say("response.done", response=response)
        yield Pause(RATE_LIMITS_S)
        yield self._say("rate_limits.updated", rate_limits=[_rate_limit(read + self._written)])

    # The three kinds of answer.

    def _write(self) -> Iterator[Step]:
        item = self._message()
        yield from self._open(item)
        yield self._part(item, "added", {"type": "text", "text": ""})
        said = ""
        for piece, at_half in _with_half(self._line()):
            yield from self._beat(self._text_pause(), at_half=at_half)
            if self._ending:
                break
            said += piece
            self._written += Spent(text=1)
            yield self._stream(item, "response.text", "delta", delta=piece)
        yield self._stream(item, "response.text", "done", text=said)
        yield self._part(item, "done", {"type": "text", "text": said})
        yield from self._close(item, content=[self._wording.part("text", text=said)])

    def _speak(self) -> Iterator[Step]:
        item = self._message()
        yield from self._open(item)
        yield self._part(item, "added", {"type": "audio", "transcript": ""})
        tape = Tape(Speaker(self._cue.terms.voice, self._cue.terms.sound))
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
            yield self._stream(item, "response.audio_transcript", "delta", delta=piece)
            yield from self._wind(item, tape)
        tape.finish()
        yield from self._wind(item, tape)
        yield self._stream(item, "response.audio", "done")
        yield self._stream(item, "response.audio_transcript", "done", transcript=said)
        yield self._part(item, "done", {"type": "audio", "transcript": said})
        part = self._wording.part("audio", audio=tape.played, transcript=said)
        yield from self._close(item, content=[part])

    def _wind(self, item: JsonObject, tape: Tape) -> Iterator[Step]:
        """Play what is on the tape chunk by chunk, as long as nobody cancels."""
        while tape.is_ready and not self._is_cut:
            yield Pause(self._audio_pause(tape))
            if self._is_cut:
                return
            yield self._stream(item, "response.audio", "delta", delta=tape.play())

    def _call(self, tool: JsonObject) -> Iterator[Step]:
        item = self._wording.item("function_call", "in_progress")
        call_id = self._wording.ids.draw("call")
        name = tool.get("name")
        item |= {"call_id": call_id, "name": name, "arguments": ""}
        yield from self._open(item)
        whole = json.dumps(example(tool.get("parameters")), ensure_ascii=False)
        said = ""
        for piece, at_half in _with_half(_slices(whole, CALL_PIECE_CHARS)):
            yield from self._beat(self._call_pause(), at_half=at_half)
            if self._ending:
                break
            said += piece
            self._written += Spent(text=1)
            kind = "response.function_call_arguments.delta"
            yield self._in_item(item, kind, call_id=call_id, delta=piece)
        kind = "response.function_call_arguments.done"
        yield self._in_item(item, kind, call_id=call_id, name=name, arguments=said)
        yield from self._close(item, arguments=said)

    def _line(self) -> list[str]:
        if self._is(Course.FLOOD):
            return [f"{number} " for number in range(1, self._cue.fate.number + 1)]
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

    def _text_pause(self) -> float:
        if self._is(Course.FLOOD):
            return 0
        return TEXT_PIECE_S * (SLOWER["text"] if self._is(Course.SLOW) else 1)

    def _call_pause(self) -> float:
        return CALL_PIECE_S * (SLOWER["text"] if self._is(Course.SLOW) else 1)

    def _audio_pause(self, tape: Tape) -> float:
        if tape.chunks_played < LEAD_CHUNKS:
            return LEAD_S
        return CHUNK_S * (SLOWER["audio"] if self._is(Course.SLOW) else 1)

    def _spent_speaking(self, text_tokens: int, recorded_s: float) -> Spent:
        audio_tokens = -int(-recorded_s * AUDIO_TOKENS_PER_S // 1)
        limit = self._cue.terms.max_output_tokens
        if limit is not None:
            audio_tokens = min(audio_tokens, limit - text_tokens)
        return Spent(text_tokens, audio_tokens)

    def _is(self, course: Course) -> bool:
        return self._cue.fate.course is course

    # Events, and the objects in them.

    def _say(self, kind: str, **members: JsonValue) -> Say:
        return self._wording.say(kind, **members)

    def _in_item(self, item: JsonObject, kind: str, **members: JsonValue) -> Say:
        return self._say(kind, **self._place(item), **members)

    def _stream(self, item: JsonObject, kind: str, phase: str, **members: JsonValue) -> Say:
        place = self._place(item)
        return self._wording.stream(kind, phase, **place, content_index=0, **members)

    def _part(self, item: JsonObject, phase: str, part: JsonObject) -> Say:
        return self._in_item(item, f"response.content_part.{phase}", content_index=0, part=part)

    def _place(self, item: JsonObject) -> JsonObject:
        return {"response_id": self.id, "item_id": item["id"], "output_index": 0}

    def _message(self) -> JsonObject:
        return self._wording.item("message", "in_progress") | {"role": "assistant", "content": []}

    def _open(self, item: JsonObject) -> Iterator[Say]:
        yield self._output_item("added", item)
        if self.conversation:
            previous_id = self.conversation.last_id
            self.conversation.add(item, after=previous_id)
            yield from self._wording.item_added(item, previous_id)

    def _close(self, item: JsonObject, **members: JsonValue) -> Iterator[Say]:
        status = "incomplete" if self._ending else "completed"
        finished: JsonObject = {**item, "status": status, **members}
        self._output.append(without_sound(finished))
        if self.conversation and self.conversation.find(item["id"]):
            self.conversation.replace(finished)
            previous_id = self.conversation.id_before(item["id"])
            yield from self._wording.item_done(finished, previous_id)
        yield self._output_item("done", without_sound(finished))

    def _output_item(self, phase: str, item: JsonObject) -> Say:
        kind = f"response.output_item.{phase}"
        return self._say(kind, response_id=self.id, output_index=0, item=dict(item))

    def _response(
        self, status: str, details: JsonObject | None = None, used: JsonObject | None = None
    ) -> JsonObject:
        return {
            "object": "realtime.response",
            "id": self.id,
            "status": status,
            "status_details": details,
            "output": list(self._output),
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
