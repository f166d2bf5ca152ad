"""A client event as a server hears it: the event itself, or the first fault in it."""

from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import ValidationError

from webapp.exact_json.reader import JsonValue, Unreadable, read_json
from webapp.sandbox.client_events import CLIENT_EVENTS
from webapp.sandbox.looks import mapping, member, objects, text, texts
from webapp.sandbox.refusals import (
    Refusal,
    from_validation,
    listed,
    missing,
    text_too_long,
    wrong_type,
    wrong_value,
)
from webapp.sandbox.steps import JsonObject
from webapp.sandbox.terms import Dialect

MAX_ID_CHARS = 32

_BINARY = "Expected a text WebSocket message; binary frames are not supported."
_IMAGE_STARTS = ("data:image/png", "data:image/jpeg", "data:image/jpg")
_NEEDED_IN_PART = {
    "input_text": "text",
    "output_text": "text",
    "text": "text",
    "input_audio": "audio",
    "input_image": "image_url",
}
_COMBINATIONS: dict[Dialect, tuple[tuple[str, ...], ...]] = {
    "beta": (("text",), ("audio", "text")),
    "ga": (("text",), ("audio",)),
}


@dataclass(frozen=True, slots=True)
class Heard:
    """A client event that is in order."""

    type: str
    event: JsonObject

    @property
    def event_id(self) -> str | None:
        event_id = self.event.get("event_id")
        return event_id if isinstance(event_id, str) else None


def hear(message: str | bytes, dialect: Dialect) -> Heard | Refusal:
    """Return the client event in a WebSocket message, or why it is refused."""
    if isinstance(message, bytes):
        return Refusal("invalid_event", _BINARY)
    try:
        event = read_json(message)
    except Unreadable as unreadable:
        reason = f"Invalid event: failed to parse JSON value. {unreadable}"
        return Refusal("invalid_json", reason)
    if not isinstance(event, dict):
        return Refusal("invalid_event", "Invalid event: expected a JSON object.")
    event_id = event.get("event_id")
    fault = _fault(event, dialect)
    if fault is None:
        return Heard(text(event["type"]), event)
    return fault.of(event_id if isinstance(event_id, str) else None)


def _fault(event: JsonObject, dialect: Dialect) -> Refusal | None:
    known = CLIENT_EVENTS[dialect]
    kind = event.get("type")
    if "type" not in event:
        return Refusal("invalid_event", "The 'type' field is missing.")
    if not isinstance(kind, str):
        return wrong_type("type", "a string", kind)
    if kind not in known:
        return wrong_value("type", known, kind)
    try:
        known[kind].model_validate(_as_documented(event, dialect))
    except ValidationError as error:
        return from_validation(error, event)
    return next(_rules(event, kind, dialect), None)


def _as_documented(event: JsonObject, dialect: Dialect) -> JsonObject:
    """Return the event without two things that servers take though no document has them.

    These are null for instructions and, in Beta, ``text`` and ``audio`` as parts of assistants.
    """
    params = event.get("response")
    if isinstance(params, dict):
        kept = {key: value for key, value in params.items() if _is_documented(key, value)}
        if isinstance(items := kept.get("input"), list):
            kept["input"] = [_documented_item(item, dialect) for item in items]
        return {**event, "response": kept}
    if "item" in event:
        return {**event, "item": _documented_item(event["item"], dialect)}
    return event


def _is_documented(name: str, value: JsonValue) -> bool:
    return name != "instructions" or value is not None


def _documented_item(item: JsonValue, dialect: Dialect) -> JsonValue:
    if dialect == "ga" or not isinstance(item, dict) or item.get("role") != "assistant":
        return item
    content = item.get("content")
    if not isinstance(content, list):
        return item
    return {**item, "content": [_documented_part(part) for part in content]}


def _documented_part(part: JsonValue) -> JsonValue:
    if isinstance(part, dict) and part.get("type") in ("text", "audio"):
        return {**part, "type": f"output_{part['type']}"}
    return part


def is_base64(words: str) -> bool:
    """Tell whether a text is base64, with its padding and without blanks."""
    try:
        return b64decode(words, validate=True) is not None
    except ValueError:
        return False


# What only servers ask for.


def _rules(event: JsonObject, kind: str, dialect: Dialect) -> Iterator[Refusal]:
    if kind == "response.create":
        params = mapping(event.get("response"))
        yield from _settings(params, "response", dialect)
        for place, item in enumerate(objects(params.get("input"))):
            yield from _item(item, f"response.input[{place}]")
    if kind == "session.update":
        yield from _settings(mapping(event["session"]), "session", dialect)
    if kind == "input_audio_buffer.append" and not is_base64(text(event["audio"])):
        message = "Invalid 'audio': expected base64-encoded audio bytes."
        yield Refusal("invalid_value", message, "audio")
    if kind == "conversation.item.create":
        item = mapping(event["item"])
        if item.get("type") == "item_reference":
            supported = ("message", "function_call", "function_call_output")
            yield wrong_value("item.type", supported, "item_reference")
        yield from _item(item, "item")


def _settings(settings: JsonObject, at: str, dialect: Dialect) -> Iterator[Refusal]:
    name = "modalities" if dialect == "beta" else "output_modalities"
    if name in settings:
        yield from _modalities(texts(settings[name]), f"{at}.{name}", dialect)
    for place, tool in enumerate(objects(settings.get("tools"))):
        for needed in ("type", "name") if tool.get("type") != "mcp" else ():
            if needed not in tool:
                yield missing(f"{at}.tools[{place}].{needed}")
    for side in ("input", "output"):
        audio_format = member(settings, "audio", side, "format")
        if isinstance(audio_format, dict):
            yield from _format(audio_format, f"{at}.audio.{side}.format")


def _modalities(modalities: list[str], at: str, dialect: Dialect) -> Iterator[Refusal]:
    allowed = _COMBINATIONS[dialect]
    if tuple(sorted(modalities)) not in allowed:
        combinations = " and ".join(str(list(names)) for names in allowed)
        message = f"Invalid modalities: {modalities}. Supported combinations are: {combinations}."
        yield Refusal("invalid_value", message, at)


def _format(audio_format: JsonObject, at: str) -> Iterator[Refusal]:
    if "type" not in audio_format:
        yield missing(f"{at}.type")
    elif audio_format["type"] == "audio/pcm" and "rate" not in audio_format:
        yield missing(f"{at}.rate")


def _item(item: JsonObject, at: str) -> Iterator[Refusal]:
    for name in ("id", "call_id"):
        length = len(text(item.get(name)))
        if length > MAX_ID_CHARS:
            yield text_too_long(f"{at}.{name}", MAX_ID_CHARS, length)
    for place, part in enumerate(objects(item.get("content"))):
        yield from _part(part, f"{at}.content[{place}]")


def _part(part: JsonObject, at: str) -> Iterator[Refusal]:
    needed = _NEEDED_IN_PART.get(text(part.get("type")))
    if "type" not in part:
        yield missing(f"{at}.type")
    elif needed and needed not in part:
        yield missing(f"{at}.{needed}")
    elif "audio" in part and not is_base64(text(part["audio"])):
        message = f"Invalid '{at}.audio': expected base64-encoded audio bytes."
        yield Refusal("invalid_value", message, f"{at}.audio")
    elif needed == "image_url" and not text(part["image_url"]).startswith(_IMAGE_STARTS):
        supported = listed(_IMAGE_STARTS[:2], "or")
        message = f"Invalid '{at}.image_url': expected a data URI that starts with {supported}."
        yield Refusal("invalid_value", message, f"{at}.image_url")
