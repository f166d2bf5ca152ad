"""Events to start from, each with a sentence on what it shows."""

import base64
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property

from webapp.dialects import convert
from webapp.exact_json.reader import JsonValue
from webapp.sandbox.speech import Speaker


@dataclass(frozen=True)
class Example:
    """One event to start from; ``build`` makes its params, once, when they are first wanted."""

    slug: str
    title: str
    shows: str
    build: Callable[[], JsonValue] = field(repr=False)
    dialect: str = "beta"
    event_id: str = ""

    @cached_property
    def event(self) -> JsonValue:
        """The whole event."""
        params = self.build()
        event: dict[str, JsonValue] = {"type": "response.create"}
        if self.event_id:
            event = {"event_id": self.event_id, **event}
        return event if params is None else {**event, "response": params}


def example(dialect: str, slug: str) -> Example | None:
    """Return the example called ``slug`` in a dialect, or None."""
    found = (one for one in EXAMPLES if (one.dialect, one.slug) == (dialect, slug))
    return next(found, None)


def _says(text: str) -> JsonValue:
    return {
        "type": "message",
        "role": "user",
        "content": [{"type": "input_text", "text": text}],
    }


_WEATHER: JsonValue = {
    "type": "function",
    "name": "get_weather",
    "description": "Look up the weather of one town right now.",
    "parameters": {
        "type": "object",
        "properties": {
            "town": {"type": "string", "description": "Name of the town"},
            "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
        },
        "required": ["town"],
    },
}


def _spoken_question() -> JsonValue:
    """A second or two of the rehearsal voice asking something, as base64 PCM16 at 24 kHz."""
    sound = base64.b64encode(
        Speaker("sage", "pcm16").say("When does the museum open today?")
    ).decode()
    part: JsonValue = {
        "type": "input_audio",
        "audio": sound,
        "transcript": "When does the museum open today?",
    }
    return {
        "modalities": ["text", "audio"],
        "input": [{"type": "message", "role": "user", "content": [part]}],
    }


def _chart_shown() -> JsonValue:
    """A question about a picture: three bars, the green one in the middle the tallest."""
    image = base64.b64encode(_bars(("c0392b", 100), ("27ae60", 280), ("2980b9", 180))).decode()
    parts: list[JsonValue] = [
        {"type": "input_text", "text": "Which bar of this chart is the tallest?"},
        {"type": "input_image", "image_url": f"data:image/png;base64,{image}", "detail": "low"},
    ]
    return {
        "output_modalities": ["text"],
        "input": [{"type": "message", "role": "user", "content": parts}],
    }


def _bars(*bars: tuple[str, int], width: int = 120, height: int = 320) -> bytes:
    """A PNG of bars on white, each of a colour in hexadecimal and a height in pixels."""
    colours = [(bytes.fromhex(colour), tall) for colour, tall in bars]
    paper = b"\xff\xff\xff"
    pixels = b"".join(
        b"\0"
        + b"".join(
            paper * 20 + (colour if above < tall else paper) * (width - 40) + paper * 20
            for colour, tall in colours
        )
        for above in reversed(range(height))
    )
    head = struct.pack(">IIBBBBB", width * len(bars), height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(pixels)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content))
        + kind
        + content
        + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in chunks
    )


def _in_ga(one: Example) -> Example:
    """The same example as GA spells it."""

    def build() -> JsonValue:
        event = convert(one.event, "beta", "ga").value
        return event.get("response") if isinstance(event, dict) else None

    return replace(one, build=build, dialect="ga")


_BETA: tuple[Example, ...] = (
    Example(
        "bare",
        "Bare event",
        "Nothing but the type: the session decides everything.",
        lambda: None,
    ),
    Example(
        "short-text",
        "Short text answer",
        "Text alone, kept short by the instructions and a token limit.",
        lambda: {
            "modalities": ["text"],
            "instructions": "Greet the reader in one short sentence.",
            "max_output_tokens": 60,
        },
    ),
    Example(
        "spoken-greeting",
        "Spoken greeting",
        "A spoken answer with a chosen voice, as a travel agency's line would open.",
        lambda: {
            "modalities": ["text", "audio"],
            "instructions": "Welcome the caller to Harbour Travel and ask how you can help.",
            "voice": "coral",
            "output_audio_format": "pcm16",
        },
    ),
    Example(
        "classify",
        "Out-of-band classification",
        "A side question that stays out of the conversation; metadata tells its answer apart.",
        lambda: {
            "conversation": "none",
            "modalities": ["text"],
            "instructions": "Answer with one word: billing, booking or other.",
            "metadata": {"purpose": "classify", "ticket": "4711"},
            "input": [_says("I was charged twice for the ferry to Elba.")],
        },
    ),
    Example(
        "forced-function",
        "Forced function call",
        "The model must call get_weather; its arguments follow the function's schema.",
        lambda: {
            "modalities": ["text"],
            "tools": [_WEATHER],
            "tool_choice": {"type": "function", "name": "get_weather"},
            "input": [_says("Do I need an umbrella in Bergen?")],
        },
    ),
    Example(
        "tool-output",
        "Returning a tool output",
        "The call, what the function gave back, and a spoken answer made from it.",
        lambda: {
            "modalities": ["text", "audio"],
            "tools": [_WEATHER],
            "tool_choice": "none",
            "input": [
                _says("Do I need an umbrella in Bergen?"),
                {
                    "type": "function_call",
                    "call_id": "call_weather_1",
                    "name": "get_weather",
                    "arguments": '{"town": "Bergen"}',
                },
                {
                    "type": "function_call_output",
                    "call_id": "call_weather_1",
                    "output": '{"sky": "rain", "temperature_c": 9}',
                },
            ],
        },
    ),
    Example(
        "audio-input",
        "Audio input",
        "A recorded question as base64 sound, with its transcript beside it.",
        _spoken_question,
    ),
    Example(
        "several-turns",
        "Several turns of context",
        "A conversation told anew: system, user and assistant messages, no picture needed.",
        lambda: {
            "modalities": ["text"],
            "input": [
                {
                    "type": "message",
                    "role": "system",
                    "content": [{"type": "input_text", "text": "You help at a library desk."}],
                },
                _says("Can I borrow board games?"),
                {
                    "type": "message",
                    "role": "assistant",
                    "content": [{"type": "output_text", "text": "Yes, three for two weeks."}],
                },
                _says("And if one loses a piece?"),
            ],
        },
    ),
    Example(
        "item-reference",
        "Reference to an item",
        "Points at an item the session already holds instead of sending it again.",
        lambda: {
            "conversation": "none",
            "modalities": ["text"],
            "input": [
                {"type": "item_reference", "id": "item_a1b2c3"},
                _says("Sum that up in five words."),
            ],
        },
    ),
    Example(
        "cleared-context",
        "Cleared context",
        "An empty input list: the model hears the instructions and nothing else.",
        lambda: {
            "modalities": ["text", "audio"],
            "instructions": "Say exactly: The line is open.",
            "input": [],
        },
    ),
    Example(
        "prompt-template",
        "Prompt template with variables",
        "A stored prompt, one version of it, and the values it is filled with.",
        lambda: {
            "prompt": {
                "id": "pmpt_68d2a7c4",
                "version": "3",
                "variables": {
                    "customer": "Ms Okafor",
                    "tone": {"type": "input_text", "text": "warm and brief"},
                },
            }
        },
        event_id="evt_template_1",
    ),
)

_GA: tuple[Example, ...] = (
    Example(
        "mcp-tool",
        "MCP tool",
        "A remote MCP server whose tools the model may use; only writing ones wait for approval.",
        lambda: {
            "output_modalities": ["audio"],
            "tools": [
                {
                    "type": "mcp",
                    "server_label": "library",
                    "server_url": "https://mcp.example/library",
                    "server_description": "The catalogue and the loans of a town library.",
                    "allowed_tools": ["find_book", "renew_loan"],
                    "require_approval": {"never": {"read_only": True}},
                }
            ],
            "tool_choice": "auto",
            "input": [_says("Is the new atlas of moths in, and can I keep my other book longer?")],
        },
        dialect="ga",
    ),
    Example(
        "reasoning-effort",
        "Reasoning effort",
        "A reasoning model thinks longer before it speaks, and calls one tool at a time.",
        lambda: {
            "output_modalities": ["audio"],
            "instructions": "Say in one sentence what you found, then how you got there.",
            "reasoning": {"effort": "high"},
            "parallel_tool_calls": False,
            "input": [
                _says("Three trains leave at 9:04, every 25 and every 40 minutes after. When next?")
            ],
        },
        dialect="ga",
    ),
    Example(
        "image-input",
        "Image input",
        "A small picture as a data URI beside the question about it.",
        _chart_shown,
        dialect="ga",
    ),
    Example(
        "custom-voice",
        "Custom voice",
        "A voice of your own by its id, and the format of the sound.",
        lambda: {
            "output_modalities": ["audio"],
            "instructions": "Read the notice slowly: The museum closes in ten minutes.",
            "audio": {
                "output": {
                    "format": {"type": "audio/pcm", "rate": 24000},
                    "voice": {"id": "voice_4c19e7"},
                }
            },
        },
        dialect="ga",
    ),
    Example(
        "sip-greeting",
        "SIP greeting",
        "The first words on a phone call, said before the caller speaks; no tools yet.",
        lambda: {
            "output_modalities": ["audio"],
            "instructions": "Greet the caller: You have reached Harbour Travel. Who is speaking?",
            "tool_choice": "none",
            "metadata": {"purpose": "greeting"},
        },
        event_id="evt_greeting_1",
        dialect="ga",
    ),
)

EXAMPLES: tuple[Example, ...] = (*_BETA, *map(_in_ga, _BETA), *_GA)
