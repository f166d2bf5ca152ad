"""What is said about the words in the user's sound, when a session asks for a transcript."""

from collections.abc import Iterator

from webapp.exact_json.reader import JsonValue
from webapp.sandbox.buffer import Recording
from webapp.sandbox.conversation import Conversation
from webapp.sandbox.looks import objects
from webapp.sandbox.steps import JsonObject, Pause, Step
from webapp.sandbox.tokens import AUDIO_TOKENS_PER_S, pieces
from webapp.sandbox.wording import Wording

LISTEN_S = 0.3
PIECE_S = 0.05
FAILING_MODEL = "sandbox-fail"

# This model writes down nothing before it has heard everything, and is paid by the second.
_WHOLE = "whisper-1"
_EVENT = "conversation.item.input_audio_transcription"
_LOGPROB = -0.01


def transcribe(
    wording: Wording,
    conversation: Conversation,
    item_id: JsonValue,
    recording: Recording,
    *,
    model: str,
    logprobs: bool,
) -> Iterator[Step]:
    """Yield the transcript of an item piece by piece, or why there is none."""
    place: JsonObject = {"item_id": item_id, "content_index": 0}
    yield Pause(LISTEN_S)
    if model == FAILING_MODEL:
        message = f"The sandbox fails every transcription by the model {FAILING_MODEL}."
        error: JsonObject = {"type": "server_error", "code": "transcription_failed"}
        yield wording.say(f"{_EVENT}.failed", **place, error={**error, "message": message})
        return
    words = f"{recording.seconds:.1f} seconds of sound, in which the sandbox makes out no words."
    parts = [words] if model == _WHOLE else pieces(words)
    for piece in parts:
        extra = _logprobs([piece]) if logprobs else {}
        yield wording.say(f"{_EVENT}.delta", **place, delta=piece, **extra)
        yield Pause(PIECE_S)
    _keep(conversation, item_id, words)
    extra = _logprobs(parts) if logprobs else {}
    usage = _usage(recording, model, len(parts))
    yield wording.say(f"{_EVENT}.completed", **place, transcript=words, **extra, usage=usage)


def _keep(conversation: Conversation, item_id: JsonValue, words: str) -> None:
    """Write the transcript into the item, if the item is still there as it was."""
    item = conversation.find(item_id) or {}
    if parts := objects(item.get("content")):
        first: JsonObject = {**parts[0], "transcript": words}
        conversation.replace({**item, "content": [first, *parts[1:]]})


def _usage(recording: Recording, model: str, written: int) -> JsonObject:
    if model == _WHOLE:
        return {"type": "duration", "seconds": round(recording.seconds, 2)}
    heard = round(recording.seconds * AUDIO_TOKENS_PER_S)
    return {
        "type": "tokens",
        "total_tokens": heard + written,
        "input_tokens": heard,
        "input_token_details": {"text_tokens": 0, "audio_tokens": heard},
        "output_tokens": written,
    }


def _logprobs(tokens: list[str]) -> JsonObject:
    return {
        "logprobs": [
            {"token": token, "logprob": _LOGPROB, "bytes": list(token.encode())} for token in tokens
        ]
    }
