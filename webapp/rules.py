"""The protocol's rules beyond the schema: one function and one row of RULES each."""

import binascii
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from webapp.events import DIALECTS
from webapp.events.audio import BUILT_IN_VOICES
from webapp.forms.problems import INVALID, MISSED, Patch, Severity, Step, excerpt
from webapp.wire_reader import JsonValue

BETA = ("beta",)
GA = ("ga",)

MAX_ID_CHARS = 32
MAX_EVENT_ID_CHARS = 512

TOO_LONG = "string_above_max_length"

_FUNCTION_NAME = re.compile(r"[a-zA-Z0-9_-]+", re.ASCII)
_IMAGE = re.compile(r"data:image/(png|jpe?g);base64,", re.ASCII | re.IGNORECASE)

_MCP_TARGETS = ("server_url", "connector_id", "tunnel_id")

_PART_CONTENT = {
    "input_text": ("text",),
    "output_text": ("text",),
    "input_audio": ("audio",),
    "input_image": ("image_url",),
    "output_audio": ("transcript", "audio"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found: the path below what it looked at, the words, and a patch from there."""

    path: tuple[Step, ...]
    message: str
    fix: Patch | None = None


Look: TypeAlias = Callable[[JsonValue], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of the protocol: which value it looks at, what it may find, and who says so.

    ``scope`` is the path of the value in the event; ``*`` is every place of a list. Where several
    dialects share a rule, they are all named.
    """

    scope: tuple[str, ...]
    look: Look
    severity: Severity
    code: str
    source: str
    dialects: tuple[str, ...] = DIALECTS


# The event itself.


def event_without_type(event: JsonValue) -> Iterator[Finding]:
    if isinstance(event, dict) and "type" not in event:
        yield Finding(
            ("type",),
            "The event does not say what it is: add its “type”.",
            ({"op": "add", "path": "/type", "value": "response.create"},),
        )


def long_event_id(event_id: JsonValue) -> Iterator[Finding]:
    if isinstance(event_id, str) and len(event_id) > MAX_EVENT_ID_CHARS:
        yield Finding(
            (),
            f"This id has {len(event_id)} characters. GA stops at {MAX_EVENT_ID_CHARS}, and so do "
            "other events of Beta: use a shorter one.",
        )


# What the answer is made of.


def audio_without_text(modalities: JsonValue) -> Iterator[Finding]:
    if isinstance(modalities, list) and set(_texts(modalities)) == {"audio"}:
        yield Finding(
            (),
            "Beta servers refuse audio alone: spoken answers need text beside it.",
            ({"op": "replace", "path": "", "value": ["text", "audio"]},),
        )


def audio_and_text(modalities: JsonValue) -> Iterator[Finding]:
    if isinstance(modalities, list) and {"audio", "text"} <= set(_texts(modalities)):
        yield Finding(
            (),
            "GA answers in audio or in text, never in both. Audio brings its transcript along.",
            ({"op": "replace", "path": "", "value": ["audio"]},),
        )


def modalities_unclear(modalities: JsonValue) -> Iterator[Finding]:
    if modalities == []:
        yield Finding((), "Nobody has written down what an empty list means here: leave it out.")
    elif len(texts := _texts(_items(modalities))) != len(set(texts)):
        yield Finding((), "The same modality stands here twice: once is enough.")


def voice_with_text_only(params: JsonValue) -> Iterator[Finding]:
    if _is_text_only(params, "modalities", "output_modalities"):
        for path in (("voice",), ("output_audio_format",), ("audio", "output", "voice")):
            if _at(params, *path) is not None:
                yield Finding(path, "No audio will come: the answer is text only.")


def instructions_wiped(instructions: JsonValue) -> Iterator[Finding]:
    if instructions == "":
        yield Finding(
            (),
            "Empty text wipes the session's instructions for this response. Leave the member out "
            "to keep them.",
        )


def voice_unlisted(voice: JsonValue) -> Iterator[Finding]:
    if isinstance(voice, str) and voice not in BUILT_IN_VOICES:
        yield Finding(
            (), f"OpenAI lists no voice {excerpt(voice)}; other servers have names of their own."
        )


def format_without_type(audio_format: JsonValue) -> Iterator[Finding]:
    if isinstance(audio_format, dict) and "type" not in audio_format:
        yield Finding(
            ("type",),
            "The format does not say which one it is: audio/pcm, audio/pcmu or audio/pcma.",
            ({"op": "add", "path": "/type", "value": "audio/pcm"},),
        )


def pcm_without_rate(audio_format: JsonValue) -> Iterator[Finding]:
    if _at(audio_format, "type") == "audio/pcm" and "rate" not in _members(audio_format):
        yield Finding(
            ("rate",),
            "Servers ask for the rate although only 24000 exists: add it.",
            ({"op": "add", "path": "/rate", "value": 24000},),
        )


# Where it goes, and what it can be told by.


def conversation_unknown(conversation: JsonValue) -> Iterator[Finding]:
    if isinstance(conversation, str) and conversation not in ("auto", "none"):
        yield Finding((), "Servers know auto and none only. Leave it out for auto.")


def out_of_band_unnamed(params: JsonValue) -> Iterator[Finding]:
    if _at(params, "conversation") == "none" and not _at(params, "metadata"):
        yield Finding(
            ("metadata",),
            "Metadata is the only thing an out-of-band response can be told by: add a pair.",
        )


# Tools.


def tool_without_type(tool: JsonValue) -> Iterator[Finding]:
    if isinstance(tool, dict) and "type" not in tool:
        yield Finding(
            ("type",),
            "Servers refuse a tool that does not say its type: add “type”.",
            ({"op": "add", "path": "/type", "value": "function"},),
        )


def tool_without_name(tool: JsonValue) -> Iterator[Finding]:
    if _is_function(tool) and "name" not in _members(tool):
        yield Finding(("name",), "The function has no name, so it cannot be called: add “name”.")


def tool_name_unusual(tool: JsonValue) -> Iterator[Finding]:
    name = _at(tool, "name")
    if _is_function(tool) and isinstance(name, str) and not _FUNCTION_NAME.fullmatch(name):
        yield Finding(
            ("name",), "Use letters, digits, _ and - only: related services refuse other names."
        )


def tool_names_repeated(tools: JsonValue) -> Iterator[Finding]:
    seen: set[str] = set()
    for place, tool in enumerate(_items(tools)):
        name = _at(tool, "name")
        if isinstance(name, str) and _is_function(tool):
            if name in seen:
                yield Finding((place, "name"), f"An earlier tool is called {excerpt(name)} too.")
            seen.add(name)


def mcp_without_target(tool: JsonValue) -> Iterator[Finding]:
    if _at(tool, "type") == "mcp":
        targets = [name for name in _MCP_TARGETS if _at(tool, name) is not None]
        if not targets:
            yield Finding(
                ("server_url",),
                "The MCP server cannot be found: give its address, a connector or a tunnel.",
            )
        for extra in targets[1:]:
            yield Finding(
                (extra,), f"One target is expected, and “{targets[0]}” is one already: remove it."
            )


def mcp_address_unusual(tool: JsonValue) -> Iterator[Finding]:
    address = _at(tool, "server_url")
    if isinstance(address, str) and not re.match(r"https?://[^\s/]", address, re.IGNORECASE):
        yield Finding(("server_url",), "This is no web address: it should begin with https://.")


def tool_choice_unmet(params: JsonValue) -> Iterator[Finding]:
    """A choice that the event's own tools, which replace the session's, cannot meet."""
    tools = _at(params, "tools")
    if not isinstance(tools, list):
        return
    choice = _at(params, "tool_choice")
    name, label = _at(choice, "name"), _at(choice, "server_label")
    match _at(choice, "type"):
        case "function" if isinstance(name, str) and name not in _names(tools, "name"):
            yield Finding(
                ("tool_choice", "name"),
                f"This event's tools have no function {excerpt(name)}, and they replace the "
                "session's.",
            )
        case "mcp" if isinstance(label, str) and label not in _names(tools, "server_label"):
            yield Finding(
                ("tool_choice", "server_label"),
                f"This event's tools have no MCP server {excerpt(label)}, and they replace the "
                "session's.",
            )
        case _ if choice == "required" and not tools:
            yield Finding(("tool_choice",), "A call is required, yet the list of tools is empty.")


def forced_out_of_band(params: JsonValue) -> Iterator[Finding]:
    forced = _at(params, "tool_choice", "type") == "function"
    if forced and _at(params, "conversation") == "none":
        yield Finding(
            ("tool_choice",),
            "Servers have failed on a forced function out of band. If yours does, use required.",
        )


# Input.


def reference_unlisted(item: JsonValue) -> Iterator[Finding]:
    if _at(item, "type") == "item_reference":
        yield Finding(
            (),
            "OpenAI's servers take references, though the document lists them only in its "
            "examples; LocalAI does not.",
        )


def long_item_ids(item: JsonValue) -> Iterator[Finding]:
    kind = _at(item, "type")
    names = ("call_id",) if isinstance(kind, str) and kind.startswith("mcp_") else ("id", "call_id")
    for name in names:
        text = _at(item, name)
        if isinstance(text, str) and len(text) > MAX_ID_CHARS:
            yield Finding(
                (name,),
                f"Servers refuse ids above {MAX_ID_CHARS} characters, and this one has "
                f"{len(text)}: shorten it.",
            )


def arguments_not_json(item: JsonValue) -> Iterator[Finding]:
    arguments = _at(item, "arguments")
    if isinstance(arguments, str) and not isinstance(_read(arguments), dict):
        yield Finding(("arguments",), "The text should hold a JSON object, {} if nothing else.")


def item_ids_repeated(items: JsonValue) -> Iterator[Finding]:
    seen: set[str] = set()
    for place, item in enumerate(_items(items)):
        name = _at(item, "id")
        if isinstance(name, str) and _at(item, "type") != "item_reference":
            if name in seen:
                yield Finding((place, "id"), "An earlier item has the same id.")
            seen.add(name)


def output_without_call(items: JsonValue) -> Iterator[Finding]:
    kinds = _names(items, "type")
    if not {"function_call", "function_call_output"} <= kinds or "item_reference" in kinds:
        return
    calls: set[JsonValue] = set()
    for place, item in enumerate(_items(items)):
        call_id = _at(item, "call_id")
        if not isinstance(call_id, str):
            continue
        if _at(item, "type") == "function_call":
            calls.add(call_id)
        elif call_id not in calls:
            yield Finding(
                (place, "call_id"),
                "No function call with this id stands before it; servers may look for one.",
            )


def part_without_type(part: JsonValue) -> Iterator[Finding]:
    if isinstance(part, dict) and "type" not in part:
        yield Finding(("type",), "The part does not say its type: add “type”.")


def part_without_content(part: JsonValue) -> Iterator[Finding]:
    kind = _at(part, "type")
    names = _PART_CONTENT.get(kind, ()) if isinstance(kind, str) else ()
    if names and not any(name in _members(part) for name in names):
        yield Finding((names[0],), f"The part is empty, and servers ask for “{names[0]}”: add it.")


def image_not_inline(part: JsonValue) -> Iterator[Finding]:
    image = _at(part, "image_url")
    if isinstance(image, str) and not _IMAGE.match(image):
        yield Finding(
            ("image_url",),
            "Servers take the picture itself, PNG or JPEG, as a data URI. They fetch no links.",
        )


def audio_not_base64(part: JsonValue) -> Iterator[Finding]:
    audio = _at(part, "audio")
    if not isinstance(audio, str):
        return
    try:
        binascii.a2b_base64(audio.encode(), strict_mode=True)
    except (binascii.Error, UnicodeEncodeError):
        hint = " Leave out everything up to the comma." if audio.startswith("data:") else ""
        yield Finding(("audio",), f"This is not base64.{hint}")


def speech_without_words(part: JsonValue) -> Iterator[Finding]:
    members = _members(part)
    if _at(part, "type") == "output_audio" and "audio" in members and "transcript" not in members:
        yield Finding(
            ("transcript",), "Earlier speech without its words has been refused: add them."
        )


_EVENT = ()
_PARAMS = ("response",)
_TOOLS = ("response", "tools")
_TOOL = ("response", "tools", "*")
_INPUT = ("response", "input")
_ITEM = ("response", "input", "*")
_PART = ("response", "input", "*", "content", "*")
_OUTPUT = ("response", "audio", "output")

_PROSE = "OpenAPI document 2.3.0, prose"

RULES: tuple[Rule, ...] = (
    Rule(
        _EVENT,
        event_without_type,
        Severity.ERROR,
        MISSED,
        "OpenAPI document 2.3.0, both events",
    ),
    Rule(
        ("event_id",),
        long_event_id,
        Severity.WARNING,
        TOO_LONG,
        "OpenAPI document 2.3.0, event_id of the GA event",
        BETA,
    ),
    Rule(
        ("response", "modalities"),
        audio_without_text,
        Severity.ERROR,
        INVALID,
        "BerriAI/litellm#14887",
        BETA,
    ),
    Rule(
        ("response", "output_modalities"),
        audio_and_text,
        Severity.ERROR,
        INVALID,
        f"{_PROSE} of output_modalities",
        GA,
    ),
    Rule(
        ("response", "modalities"),
        modalities_unclear,
        Severity.WARNING,
        "modalities_unclear",
        "no source says what it means",
        BETA,
    ),
    Rule(
        ("response", "output_modalities"),
        modalities_unclear,
        Severity.WARNING,
        "modalities_unclear",
        "no source says what it means",
        GA,
    ),
    Rule(
        _PARAMS,
        voice_with_text_only,
        Severity.NOTE,
        "no_audio",
        "twilio-samples/speech-assistant-openai-realtime-api-python#9",
    ),
    Rule(
        ("response", "instructions"),
        instructions_wiped,
        Severity.NOTE,
        "instructions_wiped",
        "livekit/agents#1469",
    ),
    Rule(
        ("response", "voice"),
        voice_unlisted,
        Severity.NOTE,
        "voice_unlisted",
        "OpenAPI document 2.3.0, VoiceIdsShared",
        BETA,
    ),
    Rule(
        (*_OUTPUT, "voice"),
        voice_unlisted,
        Severity.NOTE,
        "voice_unlisted",
        "OpenAPI document 2.3.0, VoiceIdsShared",
        GA,
    ),
    Rule(
        (*_OUTPUT, "format"),
        format_without_type,
        Severity.ERROR,
        MISSED,
        "inferred: the schema tells the formats apart by it",
        GA,
    ),
    Rule(
        (*_OUTPUT, "format"),
        pcm_without_rate,
        Severity.ERROR,
        MISSED,
        "answers of OpenAI's GA service",
        GA,
    ),
    Rule(
        ("response", "conversation"),
        conversation_unknown,
        Severity.WARNING,
        INVALID,
        f"{_PROSE} of conversation",
    ),
    Rule(
        _PARAMS,
        out_of_band_unnamed,
        Severity.NOTE,
        "out_of_band_unnamed",
        "livekit/agents#7352",
    ),
    Rule(
        _TOOL,
        tool_without_type,
        Severity.ERROR,
        MISSED,
        "twilio-samples/speech-assistant-openai-realtime-api-python#3",
    ),
    Rule(
        _TOOL,
        tool_without_name,
        Severity.ERROR,
        MISSED,
        "twilio-samples/speech-assistant-openai-realtime-api-python#3",
    ),
    Rule(
        _TOOL,
        tool_name_unusual,
        Severity.WARNING,
        INVALID,
        "names that OpenAI's Responses API takes; unproven here",
    ),
    Rule(
        _TOOLS,
        tool_names_repeated,
        Severity.WARNING,
        "name_repeated",
        "inferred: a call could not tell them apart",
    ),
    Rule(_TOOL, mcp_without_target, Severity.ERROR, MISSED, f"{_PROSE} of MCPTool", GA),
    Rule(
        _TOOL,
        mcp_address_unusual,
        Severity.WARNING,
        INVALID,
        "OpenAPI document 2.3.0, MCPTool.server_url",
        GA,
    ),
    Rule(
        _PARAMS,
        tool_choice_unmet,
        Severity.WARNING,
        INVALID,
        "inferred: tools of a response replace the session's",
    ),
    Rule(
        _PARAMS,
        forced_out_of_band,
        Severity.NOTE,
        "forced_out_of_band",
        "community.openai.com/t/1362788",
    ),
    Rule(
        _ITEM,
        reference_unlisted,
        Severity.NOTE,
        "reference_unlisted",
        "examples of response.create in OpenAPI document 2.3.0",
    ),
    Rule(
        _ITEM,
        long_item_ids,
        Severity.WARNING,
        TOO_LONG,
        "error messages of OpenAI's service",
    ),
    Rule(
        _ITEM,
        arguments_not_json,
        Severity.WARNING,
        INVALID,
        f"{_PROSE} of arguments",
    ),
    Rule(
        _INPUT,
        item_ids_repeated,
        Severity.WARNING,
        "id_repeated",
        "OpenAPI document 2.3.0: ids of items are unique",
    ),
    Rule(
        _INPUT,
        output_without_call,
        Severity.NOTE,
        "output_without_call",
        f"{_PROSE} of RealtimeConversationItemWithReference.call_id",
    ),
    Rule(
        _PART,
        part_without_type,
        Severity.ERROR,
        MISSED,
        "inferred: servers tell the parts apart by it",
    ),
    Rule(
        _PART,
        part_without_content,
        Severity.ERROR,
        MISSED,
        "openai/openai-agents-js#963",
    ),
    Rule(
        _PART,
        image_not_inline,
        Severity.WARNING,
        INVALID,
        f"{_PROSE} of image_url",
    ),
    Rule(
        _PART,
        audio_not_base64,
        Severity.ERROR,
        INVALID,
        f"{_PROSE} of audio",
    ),
    Rule(
        _PART,
        speech_without_words,
        Severity.WARNING,
        MISSED,
        "openai/openai-agents-js#963",
    ),
)


def _members(value: JsonValue) -> dict[str, JsonValue]:
    return value if isinstance(value, dict) else {}


def _items(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []


def _texts(values: list[JsonValue]) -> list[str]:
    return [value for value in values if isinstance(value, str)]


def _at(value: JsonValue, *path: str) -> JsonValue:
    """The value at a path of members, or None."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _names(items: JsonValue, name: str) -> set[str]:
    return set(_texts([_at(item, name) for item in _items(items)]))


def _is_function(tool: JsonValue) -> bool:
    return isinstance(tool, dict) and tool.get("type", "function") == "function"


def _is_text_only(params: JsonValue, *names: str) -> bool:
    return any(_at(params, name) == ["text"] for name in names)


def _read(text: str) -> JsonValue:
    """The JSON value of a text, or None."""
    try:
        value: JsonValue = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value
