"""What a session may not change any more, once something has happened in it."""

from webapp.exact_json.reader import JsonValue
from webapp.sandbox.conversation import Conversation
from webapp.sandbox.looks import member, objects
from webapp.sandbox.refusals import Refusal
from webapp.sandbox.steps import JsonObject
from webapp.sandbox.terms import voice_name


def refused_change(
    before: JsonObject, after: JsonObject, conversation: Conversation, *, is_responding: bool
) -> Refusal | None:
    """Return why a session cannot go from one set of settings to another, if it cannot."""
    if _voice(before) != _voice(after) and _has_sounded(conversation):
        message = "Cannot update a conversation's voice if assistant audio is present."
        return Refusal("cannot_update_voice", message)
    if before.get("tracing") not in (None, after.get("tracing")):
        message = "Cannot update tracing: once it is enabled, it stays as it is."
        return Refusal("invalid_value", message, "session.tracing")
    if _speed(before) != _speed(after) and is_responding:
        message = "Cannot update the speed of speech while a response is in progress."
        param = "speed" if "speed" in before else "audio.output.speed"
        return Refusal("invalid_value", message, f"session.{param}")
    return None


def _voice(session: JsonObject) -> str:
    return voice_name(session.get("voice") or member(session, "audio", "output", "voice"))


def _speed(session: JsonObject) -> JsonValue:
    return session.get("speed", member(session, "audio", "output", "speed"))


def _has_sounded(conversation: Conversation) -> bool:
    parts = (part for item in conversation.items for part in objects(item.get("content")))
    return any(part.get("type") in ("audio", "output_audio") for part in parts)
