"""Which dialect an event is in, guessed from what only one of them has."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from webapp.exact_json.reader import JsonValue


@dataclass(frozen=True, slots=True)
class Reason:
    """What speaks for a dialect: the pointer of a part of the event, and why, in words."""

    at: str
    dialect: str
    words: str


@dataclass(frozen=True, slots=True)
class Guess:
    """A dialect, or None where nothing tells; ``sure`` when nothing speaks for the other one."""

    dialect: str | None
    sure: bool
    reasons: tuple[Reason, ...] = ()

    def of(self, dialect: str) -> tuple[Reason, ...]:
        """Return the reasons that speak for one dialect."""
        return tuple(reason for reason in self.reasons if reason.dialect == dialect)


Path: TypeAlias = tuple[str, ...]
Matches: TypeAlias = Callable[[JsonValue], bool]


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that speaks for a dialect: where, what is found there, and in which words.

    A weak one is met in the other dialect too: it counts only where nothing stronger is found.
    """

    path: Path
    dialect: str
    words: str
    matches: Matches = lambda _: True
    weak: bool = False


def detect(value: JsonValue) -> Guess:
    """Return the dialect that an event looks like, with one reason for each mark of a dialect."""
    found = [(mark, at) for mark in MARKS if (at := _find(value, mark, mark.path, "")) is not None]
    reasons = tuple(Reason(at, mark.dialect, mark.words) for mark, at in found)
    strong = [mark.dialect for mark, _ in found if not mark.weak]
    telling = strong or [mark.dialect for mark, _ in found]
    beta, ga = telling.count("beta"), telling.count("ga")
    dialect = None if beta == ga else "beta" if beta > ga else "ga"
    return Guess(dialect, bool(strong) and 0 in (beta, ga), reasons)


def _find(value: JsonValue, mark: Mark, path: Path, at: str) -> str | None:
    """Return the pointer of the first part that has a mark; ``*`` is every place of a list."""
    if not path:
        return at if mark.matches(value) else None
    step, *rest = path
    if step == "*":
        items = value if isinstance(value, list) else []
        below = (_find(item, mark, tuple(rest), f"{at}/{n}") for n, item in enumerate(items))
        return next((found for found in below if found is not None), None)
    if isinstance(value, dict) and step in value:
        return _find(value[step], mark, tuple(rest), f"{at}/{step}")
    return None


def _typed(*kinds: str) -> Matches:
    return lambda value: isinstance(value, dict) and value.get("type") in kinds


def _said(*kinds: str) -> Matches:
    """Whether a message of the model has a part of one of these types."""
    is_part = _typed(*kinds)

    def matches(item: JsonValue) -> bool:
        if not isinstance(item, dict) or item.get("role") != "assistant":
            return False
        content = item.get("content")
        return isinstance(content, list) and any(is_part(part) for part in content)

    return matches


_OUTPUT = ("response", "audio", "output")
_ITEM = ("response", "input", "*")
_GA_FORMATS = ("audio/pcm", "audio/pcmu", "audio/pcma")

MARKS: tuple[Mark, ...] = (
    Mark(("response", "modalities"), "beta", "modalities is Beta's name"),
    Mark(("response", "voice"), "beta", "only Beta has voice beside the other params"),
    Mark(("response", "output_audio_format"), "beta", "only Beta has output_audio_format"),
    Mark(("response", "temperature"), "beta", "only Beta has a temperature"),
    Mark(
        ("response", "max_response_output_tokens"),
        "beta",
        "max_response_output_tokens is an old name of Beta",
    ),
    Mark(_ITEM, "beta", "only Beta calls parts of the model text or audio", _said("text", "audio")),
    Mark(("response", "output_modalities"), "ga", "output_modalities is GA's name"),
    Mark(("response", "audio"), "ga", "only GA has audio"),
    Mark(("response", "reasoning"), "ga", "only GA has reasoning"),
    Mark(("response", "parallel_tool_calls"), "ga", "only GA has parallel_tool_calls"),
    Mark(("response", "tools", "*"), "ga", "only GA's tools can be MCP servers", _typed("mcp")),
    Mark(
        _ITEM,
        "ga",
        "GA calls parts of the model output_text and output_audio",
        _said("output_text", "output_audio"),
        weak=True,
    ),
    Mark(
        ("response", "output_audio_format"),
        "ga",
        "GA writes formats like this one",
        lambda value: _typed(*_GA_FORMATS)(value) or value in _GA_FORMATS,
        weak=True,
    ),
    Mark(
        (*_OUTPUT, "format"),
        "beta",
        "Beta writes formats as one word",
        lambda value: isinstance(value, str) and not value.startswith("audio/"),
        weak=True,
    ),
)
