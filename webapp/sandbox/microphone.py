"""The user's side of a spoken session: sound comes in, turns, items and transcripts come out."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import TypeAlias

from webapp.exact_json.reader import JsonValue
from webapp.sandbox.buffer import Buffer, Recording, Turn
from webapp.sandbox.conversation import Conversation
from webapp.sandbox.ids import Ids
from webapp.sandbox.items import add_item
from webapp.sandbox.looks import mapping, member, text, texts
from webapp.sandbox.refusals import Refusal
from webapp.sandbox.steps import JsonObject, Say, Step
from webapp.sandbox.terms import sound_name
from webapp.sandbox.transcription import transcribe
from webapp.sandbox.turns import TurnDetection, read_turn_detection
from webapp.sandbox.wording import Wording

_LOGPROBS = "item.input_audio_transcription.logprobs"


class Demand(Enum):
    """What a turn of the user asks of the session."""

    INTERRUPT = auto()
    RESPOND = auto()


# Something to say, to perform beside everything else, or to do.
Happening: TypeAlias = Say | Iterator[Step] | Demand


@dataclass(frozen=True, slots=True)
class Listening:
    """How a session listens. ``transcriber`` is empty when nobody asked for transcripts."""

    sound: str
    detection: TurnDetection | None
    transcriber: str
    logprobs: bool


def read_listening(session: JsonObject) -> Listening:
    """Return what a session of either dialect says about the user's sound."""
    nested = mapping(member(session, "audio", "input"))
    transcription = session.get("input_audio_transcription", nested.get("transcription"))
    return Listening(
        sound=sound_name(session.get("input_audio_format") or nested.get("format")),
        detection=read_turn_detection(
            session.get("turn_detection") or nested.get("turn_detection")
        ),
        transcriber=_transcriber(transcription),
        logprobs=_LOGPROBS in texts(session.get("include")),
    )


def _transcriber(transcription: JsonValue) -> str:
    asked = text(member(transcription, "model")) or "whisper-1"
    return asked if isinstance(transcription, dict) else ""


class Microphone:
    """Takes in sound, and puts what it hears into the conversation."""

    def __init__(self, wording: Wording, conversation: Conversation, ids: Ids) -> None:
        self._wording = wording
        self._conversation = conversation
        self._ids = ids
        self._buffer = Buffer()
        self.turns = 0  # that were begun, and silences that were taken for one
        self._recordings = 0
        self._turn_began_ms = 0
        self._turn_item_id = ""

    @property
    def written_ms(self) -> int:
        return self._buffer.written_ms

    @property
    def is_in_turn(self) -> bool:
        return self._buffer.is_in_turn

    def append(self, event: JsonObject, listening: Listening) -> Refusal | Iterator[Happening]:
        """Take in more sound; the happenings come as one draws them."""
        detection = listening.detection
        refusal = self._buffer.append(event["audio"], listening.sound, keeps_all=detection is None)
        return refusal or self._turns(listening)

    def _turns(self, listening: Listening) -> Iterator[Happening]:
        detection = listening.detection
        if detection is None:
            self._buffer.forget_turn()
            return
        for turn in self._buffer.turns(detection):
            if turn.edge == "began":
                yield self._begin(turn)
                if detection.interrupts:
                    yield Demand.INTERRUPT
            else:
                yield from self._end(turn, listening)
                if detection.creates_response:
                    yield Demand.RESPOND

    def _begin(self, turn: Turn) -> Say:
        self.turns += 1
        self._turn_began_ms = turn.at_ms
        self._turn_item_id = self._wording.ids.draw("item")
        kind = "input_audio_buffer.speech_started"
        return self._wording.say(kind, audio_start_ms=turn.at_ms, item_id=self._turn_item_id)

    def _end(self, turn: Turn, listening: Listening) -> Iterator[Happening]:
        kind = "input_audio_buffer.speech_stopped"
        yield self._wording.say(kind, audio_end_ms=turn.at_ms, item_id=self._turn_item_id)
        recording = self._buffer.take(self._turn_began_ms, turn.at_ms)
        yield from self._commit(recording, self._turn_item_id, listening)

    def commit(self, listening: Listening) -> Refusal | Iterator[Happening]:
        """Turn everything that is buffered into a message of the user."""
        if refusal := self._buffer.too_little():
            return refusal
        item_id = self._turn_item_id if self.is_in_turn else self._wording.ids.draw("item")
        return self._commit(self._buffer.take_all(), item_id, listening)

    def clear(self) -> Say:
        self._buffer.clear()
        return self._wording.say("input_audio_buffer.cleared")

    def time_out(self, began_ms: int, listening: Listening) -> Iterator[Happening]:
        """Turn the silence since a time into a message of the user, who said nothing."""
        self.turns += 1
        item_id = self._wording.ids.draw("item")
        yield self._wording.say(
            "input_audio_buffer.timeout_triggered",
            audio_start_ms=began_ms,
            audio_end_ms=self.written_ms,
            item_id=item_id,
        )
        yield from self._commit(self._buffer.take_all(), item_id, listening)
        yield Demand.RESPOND

    def _commit(
        self, recording: Recording, item_id: str, listening: Listening
    ) -> Iterator[Happening]:
        wording, conversation = self._wording, self._conversation
        self._recordings += 1
        previous_id = conversation.last_id
        item = wording.item("message", "completed", item_id)
        item |= {"role": "user", "content": [recording.part()]}
        kind = "input_audio_buffer.committed"
        yield wording.say(kind, previous_item_id=previous_id, item_id=item_id)
        yield from add_item(wording, conversation, item, previous_id)
        if listening.transcriber:
            own = Wording(wording.dialect, self._ids.branch(f"recording {self._recordings}"))
            yield transcribe(
                own,
                conversation,
                item_id,
                recording,
                model=listening.transcriber,
                logprobs=listening.logprobs,
            )
