"""The server events we read, leniently: both spellings, any shape, nothing refused."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

JsonObject: TypeAlias = Mapping[str, object]

NOTHING: JsonObject = MappingProxyType({})


class Part(StrEnum):
    """What a stream of deltas grows."""

    TEXT = "text"
    SPEECH = "speech"
    AUDIO = "audio"
    ARGUMENTS = "arguments"


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """One event of the server; ``type`` is empty where it had none."""

    type: str


@dataclass(frozen=True, slots=True)
class UnknownServerEvent(ServerEvent):
    """A type that is not shown in a way of its own."""


@dataclass(frozen=True, slots=True)
class UnreadableServerEvent(ServerEvent):
    """Something that is not an event, or an event with a member of the wrong shape."""

    why: str


@dataclass(frozen=True, slots=True)
class SessionEvent(ServerEvent):
    """``session.created`` or ``session.updated``: how the session is set up now."""

    model: str
    audio_format: str | None
    dialect: str = ""
    """Which dialect only has a session of this shape; empty where it fits both or neither."""
    id: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one response; None where the server gave no whole number."""

    input: int | None
    output: int | None
    total: int | None
    cached: int | None
    output_audio: int | None
    output_text: int | None


@dataclass(frozen=True, slots=True)
class Content:
    """One content part of an item."""

    type: str
    text: str | None
    transcript: str | None


@dataclass(frozen=True, slots=True)
class Item:
    """One item of the conversation; ``members`` is all of it as it came."""

    id: str
    type: str
    name: str
    call_id: str
    arguments: str | None
    contents: tuple[Content, ...]
    members: JsonObject


@dataclass(frozen=True, slots=True)
class ResponseObject:
    """The ``response`` of an event.

    ``conversation_id`` is None both when it is absent and when it is null: either is what an
    out-of-band response looks like, and what some servers write for every response.
    """

    id: str
    status: str
    reason: str
    error_code: str
    error_message: str
    conversation_id: str | None
    metadata: JsonObject
    usage: Usage | None
    audio_format: str | None
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class ResponseCreated(ServerEvent):
    """A response has begun."""

    response: ResponseObject


@dataclass(frozen=True, slots=True)
class ResponseDone(ServerEvent):
    """A response has ended, well or not."""

    response: ResponseObject


@dataclass(frozen=True, slots=True)
class ItemEvent(ServerEvent):
    """An item of a response was added or is done."""

    response_id: str
    item: Item
    done: bool


@dataclass(frozen=True, slots=True)
class ConversationItemEvent(ServerEvent):
    """The conversation took an item in; one that a response wrote, or one that we sent."""

    item: Item


class Place(NamedTuple):
    """Where something belongs, in the server's own ids; a missing one is empty."""

    response_id: str
    item_id: str
    content_index: str


@dataclass(frozen=True, slots=True)
class PartEvent(ServerEvent):
    """A content part of an item was added or is done."""

    place: Place
    content: Content
    done: bool


@dataclass(frozen=True, slots=True)
class Delta(ServerEvent):
    """More of a text, a spoken text, a sound (base64) or a call's arguments.

    ``events`` is how many events in a row it stands for: nothing else came between them.
    """

    place: Place
    part: Part
    delta: str
    events: int = 1


@dataclass(frozen=True, slots=True)
class StreamDone(ServerEvent):
    """A stream of deltas has ended; ``whole`` is all of it, where the server repeats it."""

    place: Place
    part: Part
    whole: str | None
    name: str


@dataclass(frozen=True, slots=True)
class RateLimit:
    """One line of ``rate_limits.updated``, numbers as the server wrote them."""

    name: str
    remaining: str
    limit: str
    reset_s: str


@dataclass(frozen=True, slots=True)
class RateLimits(ServerEvent):
    """What is left of the account's limits."""

    limits: tuple[RateLimit, ...]


@dataclass(frozen=True, slots=True)
class ErrorEvent(ServerEvent):
    """The server refuses something; ``answers`` is the event_id of ours that it names.

    ``event_id`` is the error's own, in which some servers repeat ours.
    """

    code: str
    error_type: str
    message: str
    param: str
    answers: str
    event_id: str


def read_server_event(value: object) -> ServerEvent:
    """Return what a JSON value says as a server event; every value says something."""
    if not isinstance(value, dict):
        return UnreadableServerEvent("", "A server event is a JSON object; this is not one.")
    name = value.get("type")
    if not isinstance(name, str):
        return UnreadableServerEvent("", "This event has no type.")
    read = _READERS.get(name)
    if read is None:
        return UnknownServerEvent(name)
    try:
        return read(name, value)
    except _Misshapen as fault:
        return UnreadableServerEvent(name, str(fault))


# -- one reader per kind of event ------------------------------------------------------------------


class _Misshapen(ValueError):  # noqa: N818  # it says what the event is
    """A member has a shape that cannot be shown as what it should be."""


_Reader: TypeAlias = Callable[[str, JsonObject], ServerEvent]


def _session(name: str, value: JsonObject) -> SessionEvent:
    session = _object(value, "session")
    model, id_ = _text(session, "model"), _text(session, "id")
    return SessionEvent(name, model, _audio_format(session), _dialect_of(session), id_)


def _dialect_of(session: JsonObject) -> str:
    """Tell the dialect from members that only one of them has, unless both show."""
    beta = {"modalities", "voice", "input_audio_format", "output_audio_format"} & session.keys()
    ga = {"output_modalities", "audio"} & session.keys() or session.get("type") == "realtime"
    return "" if bool(beta) == bool(ga) else "beta" if beta else "ga"


def _response_created(name: str, value: JsonObject) -> ResponseCreated:
    return ResponseCreated(name, _response(value))


def _response_done(name: str, value: JsonObject) -> ResponseDone:
    return ResponseDone(name, _response(value))


def _item_event(name: str, value: JsonObject) -> ItemEvent:
    done = name.endswith(".done")
    return ItemEvent(name, _id(value, "response_id"), _item(_object(value, "item")), done)


def _conversation_item(name: str, value: JsonObject) -> ConversationItemEvent:
    return ConversationItemEvent(name, _item(_object(value, "item")))


def _part_event(name: str, value: JsonObject) -> PartEvent:
    # The first Azure preview called the part content.
    part = value.get("part", value.get("content"))
    if not isinstance(part, dict):
        raise _Misshapen("The member part should be an object.")
    return PartEvent(name, _place(value), _content(part), name.endswith(".done"))


def _delta_of(part: Part) -> _Reader:
    def read(name: str, value: JsonObject) -> Delta:
        delta = value.get("delta")
        if not isinstance(delta, str):
            raise _Misshapen("The member delta should be text.")
        return Delta(name, _place(value), part, delta)

    return read


def _stream_done_of(part: Part, member: str) -> _Reader:
    def read(name: str, value: JsonObject) -> StreamDone:
        whole = value.get(member)
        text = whole if isinstance(whole, str) else None
        return StreamDone(name, _place(value), part, text, _text(value, "name"))

    return read


def _rate_limits(name: str, value: JsonObject) -> RateLimits:
    return RateLimits(
        name,
        tuple(
            RateLimit(
                _text(limit, "name"),
                _scalar(limit, "remaining"),
                _scalar(limit, "limit"),
                _scalar(limit, "reset_seconds"),
            )
            for limit in _objects(value.get("rate_limits"))
        ),
    )


def _error(name: str, value: JsonObject) -> ErrorEvent:
    error, event_id = value.get("error"), _id(value, "event_id")
    if isinstance(error, dict):
        type_ = _text(error, "type")
        return ErrorEvent(
            name,
            _scalar(error, "code") or ("" if type_ in _KINDS_OF_ERRORS else type_),
            type_,
            _said(error),
            _param(error),
            _id(error, "event_id"),
            event_id,
        )
    # Some servers write the message straight into error, with the code beside it.
    message = error if isinstance(error, str) else _scalar(value, "message") or _as_json(error)
    return ErrorEvent(name, _scalar(value, "code"), "", message, _param(value), "", event_id)


def _said(error: JsonObject) -> str:
    """Return the message of an error; where it has none, what else it says."""
    message = error.get("message")
    if message is None:
        known = {"type", "code", "param", "event_id", "message"}
        message = {name: error[name] for name in error if name not in known}
    return _scalar(error, "message") or _as_json(message)


def _param(error: JsonObject) -> str:
    """Return the place that an error names: a text, or a list of steps as a JSON Pointer."""
    param = error.get("param")
    if isinstance(param, list):
        steps = [str(step).replace("~", "~0").replace("/", "~1") for step in param]
        return "".join(f"/{step}" for step in steps)
    return _scalar(error, "param")


# What the type of an error says besides its code; some servers put the code there.
_KINDS_OF_ERRORS = frozenset({"invalid_request_error", "server_error", "error"})


_READERS: dict[str, _Reader] = {
    "session.created": _session,
    "session.updated": _session,
    "response.created": _response_created,
    "response.done": _response_done,
    "response.output_item.added": _item_event,
    "response.output_item.done": _item_event,
    "conversation.item.created": _conversation_item,
    "conversation.item.added": _conversation_item,
    "conversation.item.done": _conversation_item,
    "response.content_part.added": _part_event,
    "response.content_part.done": _part_event,
    "response.text.delta": _delta_of(Part.TEXT),
    "response.text.done": _stream_done_of(Part.TEXT, "text"),
    "response.output_text.delta": _delta_of(Part.TEXT),
    "response.output_text.done": _stream_done_of(Part.TEXT, "text"),
    "response.audio.delta": _delta_of(Part.AUDIO),
    "response.audio.done": _stream_done_of(Part.AUDIO, ""),
    "response.output_audio.delta": _delta_of(Part.AUDIO),
    "response.output_audio.done": _stream_done_of(Part.AUDIO, ""),
    "response.audio_transcript.delta": _delta_of(Part.SPEECH),
    "response.audio_transcript.done": _stream_done_of(Part.SPEECH, "transcript"),
    "response.output_audio_transcript.delta": _delta_of(Part.SPEECH),
    "response.output_audio_transcript.done": _stream_done_of(Part.SPEECH, "transcript"),
    "response.function_call_arguments.delta": _delta_of(Part.ARGUMENTS),
    "response.function_call_arguments.done": _stream_done_of(Part.ARGUMENTS, "arguments"),
    "response.mcp_call_arguments.delta": _delta_of(Part.ARGUMENTS),
    "response.mcp_call_arguments.done": _stream_done_of(Part.ARGUMENTS, "arguments"),
    "rate_limits.updated": _rate_limits,
    "error": _error,
}


# -- parts of events -------------------------------------------------------------------------------


def _place(value: JsonObject) -> Place:
    return Place(_id(value, "response_id"), _id(value, "item_id"), _id(value, "content_index"))


def _response(value: JsonObject) -> ResponseObject:
    response = _object(value, "response")
    details = _object_or_nothing(response, "status_details")
    error = _object_or_nothing(details, "error")
    conversation_id = response.get("conversation_id")
    return ResponseObject(
        id=_id(response, "id"),
        status=_text(response, "status"),
        reason=_text(details, "reason"),
        error_code=_text(error, "code") or _text(error, "type"),
        error_message=_text(error, "message"),
        conversation_id=conversation_id if isinstance(conversation_id, str) else None,
        metadata=_object_or_nothing(response, "metadata"),
        usage=_usage(response.get("usage")),
        audio_format=_audio_format(response),
        items=tuple(_item(item) for item in _objects(response.get("output"))),
    )


def _usage(value: object) -> Usage | None:
    if not isinstance(value, dict):
        return None
    sent = _object_or_nothing(value, "input_token_details")
    written = _object_or_nothing(value, "output_token_details")
    return Usage(
        input=_whole(value, "input_tokens"),
        output=_whole(value, "output_tokens"),
        total=_whole(value, "total_tokens"),
        cached=_whole(sent, "cached_tokens"),
        output_audio=_whole(written, "audio_tokens"),
        output_text=_whole(written, "text_tokens"),
    )


def _item(item: JsonObject) -> Item:
    arguments = item.get("arguments")
    return Item(
        id=_id(item, "id"),
        type=_text(item, "type"),
        name=_text(item, "name"),
        call_id=_id(item, "call_id"),
        arguments=arguments if isinstance(arguments, str) else None,
        contents=tuple(_content(part) for part in _objects(item.get("content"))),
        members=item,
    )


def _content(part: JsonObject) -> Content:
    text, transcript = part.get("text"), part.get("transcript")
    return Content(
        _text(part, "type"),
        text if isinstance(text, str) else None,
        transcript if isinstance(transcript, str) else None,
    )


def _audio_format(setup: JsonObject) -> str | None:
    """Return the name of the output format, from the flat or the nested shape."""
    flat = setup.get("output_audio_format")
    if isinstance(flat, str):
        return flat
    output = _object_or_nothing(_object_or_nothing(setup, "audio"), "output")
    nested = output.get("format")
    if isinstance(nested, str):
        return nested
    return _text(nested, "type") or None if isinstance(nested, dict) else None


# -- members of any shape --------------------------------------------------------------------------


def _object(value: JsonObject, member: str) -> JsonObject:
    found = value.get(member)
    if not isinstance(found, dict):
        raise _Misshapen(f"The member {member} should be an object.")
    return found


def _object_or_nothing(value: JsonObject, member: str) -> JsonObject:
    found = value.get(member)
    return found if isinstance(found, dict) else NOTHING


def _objects(value: object) -> list[JsonObject]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _text(value: JsonObject, member: str) -> str:
    found = value.get(member)
    return found if isinstance(found, str) else ""


def _scalar(value: JsonObject, member: str) -> str:
    """Return text as it is, a number as digits, and nothing for everything else."""
    found = value.get(member)
    if isinstance(found, str):
        return found
    if isinstance(found, bool) or not isinstance(found, int | float):
        return ""
    written = getattr(found, "text", None)
    return written if isinstance(written, str) else str(found)


def _as_json(value: object) -> str:
    """Return a list or an object that holds something as JSON, and nothing for all else."""
    holds = bool(value) and isinstance(value, list | dict)
    return json.dumps(value, ensure_ascii=False) if holds else ""


_id = _scalar


def _whole(value: JsonObject, member: str) -> int | None:
    found = value.get(member)
    return found if isinstance(found, int) and not isinstance(found, bool) else None
