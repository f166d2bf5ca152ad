"""Events to start from, each with a sentence on what it shows."""

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from webapp.sandbox.speech import Speaker
from webapp.wire_reader import JsonValue


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


EXAMPLES: tuple[Example, ...] = (
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
        "Sound and text with a chosen voice, as a phone line would open.",
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
