"""What the model of an event refuses, in words that name what was meant."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import lru_cache

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from webapp.events import DIALECTS, EventType
from webapp.events.places import members_at
from webapp.forms.problems import (
    MISSED,
    SEEN,
    UNKNOWN,
    Patch,
    Problem,
    Severity,
    excerpt,
    from_error,
    pointer,
)
from webapp.wire_reader import JsonValue

# How alike two names must be, from 0 to 1, for one to be taken for a slip of the other.
LIKENESS = 0.75


@dataclass(frozen=True, slots=True)
class Stray:
    """A member that people expect where it is not: where it came from and what to do.

    ``place`` is the pointer of its object, ``*`` for every place of a list; ``rename`` is the
    member of the same object that it stands for, ``keep`` that its value is worth moving by hand.
    """

    place: str
    names: tuple[str, ...]
    words: str
    dialects: tuple[str, ...] = DIALECTS
    rename: str = ""
    keep: bool = False
    source: str = SEEN


_SESSION = "This is a setting of the session: send it in a session.update."
_TOO_DEEP = "This is how Chat Completions nests it. Here its members stand one level higher."

STRAYS: tuple[Stray, ...] = (
    Stray(
        "/response",
        ("output_modalities",),
        "This is the GA name. Beta calls it modalities, and wants text beside audio.",
        ("beta",),
        rename="modalities",
        source="pipecat-ai/pipecat#4106",
    ),
    Stray(
        "/response",
        ("audio",),
        "This is how GA writes it. Beta has voice and output_audio_format instead.",
        ("beta",),
        keep=True,
        source="pipecat-ai/pipecat#4106",
    ),
    Stray("/response", ("parallel_tool_calls", "reasoning"), "Only GA has this.", ("beta",)),
    Stray(
        "/response",
        ("modalities",),
        "This is the Beta name. GA calls it output_modalities: audio or text, never both.",
        ("ga",),
        rename="output_modalities",
        source="hkjarral/AVA-AI-Voice-Agent-for-Asterisk#190",
    ),
    Stray(
        "/response",
        ("voice",),
        "This is where Beta has it. GA has it at audio.output.voice.",
        ("ga",),
        keep=True,
        source="TanStack/ai#699",
    ),
    Stray(
        "/response",
        ("output_audio_format",),
        "This is how Beta writes it. GA has an object at audio.output.format.",
        ("ga",),
        keep=True,
        source="TanStack/ai#699",
    ),
    Stray(
        "/response",
        ("temperature",),
        "GA has no temperature: leave it out.",
        ("ga",),
        source="TanStack/ai#699",
    ),
    Stray(
        "/response",
        ("max_response_output_tokens", "max_tokens", "max_completion_tokens"),
        "The name here is max_output_tokens.",
        rename="max_output_tokens",
        source="OpenAPI document 2.3.0; the old name is the Beta session's",
    ),
    Stray("/response", ("model",), "The model is chosen when the session is opened."),
    Stray("/response", ("messages", "input_items"), "Items go into input.", rename="input"),
    Stray("/response", ("functions",), "Functions go into tools.", keep=True),
    Stray("/response", ("speed",), "Only the GA session has a speed, at audio.output.speed."),
    Stray(
        "/response",
        (
            "turn_detection",
            "input_audio_format",
            "input_audio_transcription",
            "input_audio_noise_reduction",
            "tracing",
            "truncation",
            "include",
        ),
        _SESSION,
    ),
    Stray("/response/audio", ("input",), _SESSION, ("ga",)),
    Stray("/response/audio/output", ("speed",), _SESSION, ("ga",)),
    Stray(
        "/response/tools/*",
        ("strict",),
        "Realtime servers know no strict tools: leave it out.",
        source="livekit/agents#3398",
    ),
    Stray(
        "/response/tools/*",
        ("function",),
        _TOO_DEEP,
        source="twilio-samples/speech-assistant-openai-realtime-api-python#3",
    ),
    Stray(
        "/response/tool_choice",
        ("function",),
        _TOO_DEEP,
        source="Azure-Samples/aoai-realtime-audio-sdk#132",
    ),
)

_BY_PLACE = {
    (dialect, stray.place, name): stray
    for stray in STRAYS
    for dialect in stray.dialects
    for name in stray.names
}


@dataclass(frozen=True, slots=True)
class Taken:
    """What the document rules out and servers have taken all the same: a warning, no error."""

    applies: Callable[[ErrorDetails, JsonValue], bool]
    words: str
    source: str
    dialects: tuple[str, ...] = DIALECTS


def null_instructions(error: ErrorDetails, value: JsonValue) -> bool:
    is_there = error["loc"] == ("response", "instructions")
    return is_there and _object_at(value, "/response")["instructions"] is None


def assistant_text(error: ErrorDetails, _: JsonValue) -> bool:
    *_before, owner, _content, _place = ("", "", "", *error["loc"])
    is_text = error["type"] == "union_tag_invalid" and error["ctx"]["tag"] == "|type=text"
    return is_text and owner == "|type=message role=assistant"


TAKEN: tuple[Taken, ...] = (
    Taken(
        null_instructions,
        "The document wants text here, yet servers have taken null. Better leave the member out.",
        "livekit/agents",
    ),
    Taken(
        assistant_text,
        "The document calls this part output_text; Beta servers have asked for text. "
        "Keep it if yours does.",
        "community.openai.com/t/1068134",
        ("beta",),
    ),
)


def refused(event: EventType, value: JsonValue) -> list[Problem]:
    """Return what the model of an event refuses, one problem for each fault."""
    try:
        event.model.model_validate(value)
    except ValidationError as refusal:
        errors = refusal.errors(include_url=False, include_input=False)
    else:
        return []
    problems = [_reworded(event, error, value) for error in errors]
    if any(problem.at == "/type" for problem in problems):
        # Another kind of event: that it has other members is no further fault.
        problems = [p for p in problems if p.code != UNKNOWN or p.at.count("/") > 1]
    return [*without_meant(problems, meant(problems))]


def meant(problems: Iterable[Problem]) -> frozenset[str]:
    """Return where the members belong that stand at a wrong place or under a wrong name."""
    return frozenset(
        step["path"]
        for problem in problems
        if problem.code == UNKNOWN
        for step in problem.fix or ()
        if step["op"] == "move"
    )


def without_meant(problems: Iterable[Problem], places: frozenset[str]) -> list[Problem]:
    """Leave out members said to be missing that are only misplaced: that is one fault."""
    return [p for p in problems if p.code != MISSED or p.at not in places]


def _reworded(event: EventType, error: ErrorDetails, value: JsonValue) -> Problem:
    problem = from_error(error, value)
    if problem.code == UNKNOWN:
        return _stray(event, error, problem, value)
    for taken in TAKEN:
        if event.dialect in taken.dialects and taken.applies(error, value):
            return replace(
                problem, severity=Severity.WARNING, message=taken.words, source=taken.source
            )
    return problem


def _stray(event: EventType, error: ErrorDetails, problem: Problem, value: JsonValue) -> Problem:
    """Say of an unknown member what it stands for, if that can be told."""
    *location, name = error["loc"]
    parent, _, _ = problem.at.rpartition("/")
    owner = _object_at(value, parent)
    known = members_at(event.model, tuple(location))
    if stray := _BY_PLACE.get((event.dialect, _pattern(parent), str(name))):
        fix = (
            _lifted(problem.at, parent, owner["function"], owner, known)
            if name == "function"
            else _renamed(problem.at, parent, stray.rename, owner)
        )
        fix = fix or (None if stray.keep else problem.fix)
        return replace(problem, message=stray.words, source=stray.source, fix=fix)
    if not parent and name in members_at(event.model, ("response",)):
        message = f"{excerpt(name)} belongs inside “response”."
        return replace(problem, message=message, fix=_inside(problem.at, owner) or problem.fix)
    alike = _alike(str(name), known)
    if fix := _renamed(problem.at, parent, alike, owner):
        message = f"There is no member {excerpt(name)} here. Did you mean “{alike}”?"
        return replace(problem, message=message, fix=fix)
    return problem


@lru_cache(maxsize=256)
def _alike(name: str, known: tuple[str, ...]) -> str:
    return next(iter(get_close_matches(name, known, 1, LIKENESS)), "")


def _renamed(at: str, parent: str, name: str, owner: dict[str, JsonValue]) -> Patch | None:
    if not name or name in owner:
        return None
    return ({"op": "move", "from": at, "path": pointer([name], parent)},)


def _inside(at: str, owner: dict[str, JsonValue]) -> Patch | None:
    """Put a member of the event into its params."""
    params = owner.get("response", {})
    name = at.removeprefix("/")
    if not isinstance(params, dict) or name in params:
        return None
    move = {"op": "move", "from": at, "path": f"/response/{name}"}
    return (move,) if params or "response" in owner else (_NO_PARAMS, move)


_NO_PARAMS = {"op": "add", "path": "/response", "value": {}}


def _lifted(
    at: str, parent: str, nested: JsonValue, owner: dict[str, JsonValue], known: tuple[str, ...]
) -> Patch | None:
    """Put the members of a nested object beside it, and take the empty shell away."""
    if not isinstance(nested, dict):
        return None
    moves = [
        {"op": "move", "from": pointer([name], at), "path": pointer([name], parent)}
        for name in nested
        if name in known and name not in owner
    ]
    return (*moves, {"op": "remove", "path": at})


def _object_at(value: JsonValue, at: str) -> dict[str, JsonValue]:
    for step in at.split("/")[1:]:
        if isinstance(value, list):
            value = value[int(step)]
        else:
            value = _members(value)[step.replace("~1", "/").replace("~0", "~")]
    return _members(value)


def _members(value: JsonValue) -> dict[str, JsonValue]:
    return value if isinstance(value, dict) else {}


def _pattern(at: str) -> str:
    return "/".join("*" if step.isdigit() else step for step in at.split("/"))
