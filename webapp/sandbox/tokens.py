"""Roughly how many tokens a rehearsal costs, in numbers that add up."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from webapp.exact_json.reader import JsonValue
from webapp.sandbox.looks import objects, text
from webapp.sandbox.steps import JsonObject

AUDIO_TOKENS_PER_S = 20
LIMIT_TOKENS = 40_000

_IMAGE_TOKENS = 85
_SOUND_CHARS_PER_TOKEN = 6_400  # 100 ms of PCM16 at 24 kHz as base64
_PIECE = re.compile(r"\s*\S{1,12}|\s+$")


def pieces(words: str) -> list[str]:
    """Return a text cut into the pieces it is streamed in; each counts as one token."""
    return _PIECE.findall(words)


@dataclass(frozen=True, slots=True)
class Spent:
    """Tokens by kind."""

    text: int = 0
    audio: int = 0
    image: int = 0

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(self.text + other.text, self.audio + other.audio, self.image + other.image)

    @property
    def total(self) -> int:
        return self.text + self.audio + self.image


def spent_on(instructions: str, tools: JsonValue, items: Iterable[JsonObject]) -> Spent:
    """Return what it costs to read instructions, tools and a context."""
    spent = Spent(text=len(pieces(instructions)) + (_json_tokens(tools) if tools else 0))
    for item in items:
        spent += _spent_on_item(item)
    return spent


def usage(read: Spent, written: Spent) -> JsonObject:
    """Return the usage object of a finished response."""
    cached: JsonObject = {"text_tokens": 0, "audio_tokens": 0, "image_tokens": 0}
    return {
        "total_tokens": read.total + written.total,
        "input_tokens": read.total,
        "output_tokens": written.total,
        "input_token_details": {
            "text_tokens": read.text,
            "audio_tokens": read.audio,
            "image_tokens": read.image,
            "cached_tokens": 0,
            "cached_tokens_details": cached,
        },
        "output_token_details": {"text_tokens": written.text, "audio_tokens": written.audio},
    }


def _spent_on_item(item: JsonObject) -> Spent:
    words = "".join(text(item.get(name)) for name in ("arguments", "output", "name"))
    spent = Spent(text=len(pieces(words)))
    for part in objects(item.get("content")):
        said = text(part.get("text")) or text(part.get("transcript"))
        heard = -(-len(text(part.get("audio"))) // _SOUND_CHARS_PER_TOKEN)
        seen = _IMAGE_TOKENS if part.get("image_url") else 0
        spent += Spent(len(pieces(said)), heard, seen)
    return spent


def _json_tokens(value: JsonValue) -> int:
    return -(-len(json.dumps(value, ensure_ascii=False)) // 4)
