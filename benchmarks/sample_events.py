"""The events that are measured: one of any number of items, and one of forty members."""

from typing import Any

Json = dict[str, Any]


def event_of_items(count: int) -> Json:
    """Return an out-of-band event whose input is that many short user messages."""
    return {
        "type": "response.create",
        "response": {
            "conversation": "none",
            "input": [user_message(f"Question {n}: where is my parcel?") for n in range(count)],
        },
    }


def event_of_forty() -> Json:
    """Return an event with forty values in it, spread over every kind of member."""
    event: Json = {
        "type": "response.create",
        "event_id": "bench_40",
        "response": {
            "modalities": ["text", "audio"],
            "instructions": "Answer in one short sentence. Offer to call back. 00000000",
            "voice": "marin",
            "output_audio_format": "pcm16",
            "temperature": 0.8,
            "max_output_tokens": 300,
            "conversation": "none",
            "tool_choice": "auto",
            "tools": [
                {
                    "type": "function",
                    "name": name,
                    "description": f"Call this to {name.replace('_', ' ')}.",
                }
                for name in ("find_order", "book_callback", "end_call")
            ],
            "metadata": {f"label_{n}": f"value {n}" for n in range(4)},
            "input": [user_message(f"Question {n}: where is my parcel?") for n in range(4)],
        },
    }
    if (count := count_values(event)) != 40:
        raise AssertionError(f"meant to have 40 values, has {count}")
    return event


def user_message(text: str) -> Json:
    return {
        "type": "message",
        "role": "user",
        "content": [{"type": "input_text", "text": text}],
    }


def count_values(value: Any) -> int:
    """Return how many strings, numbers and the like the JSON value holds."""
    match value:
        case dict():
            return sum(map(count_values, value.values()))
        case list():
            return sum(map(count_values, value))
        case _:
            return 1
