"""What the model of an event refuses, in words that name what was meant."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from webapp.checks.remedies import (
    Refusal,
    Remedy,
    beta_format,
    choice_of_call,
    items_of_messages,
    remedy_for,
    sure_ga_format,
    tools_of_functions,
)
from webapp.events import DIALECTS, EventType
from webapp.events.places import members_at
from webapp.exact_json.reader import JsonValue
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
from webapp.spelling import nearest


@dataclass(frozen=True, slots=True)
class Stray:
    """A member that people expect where it is not: where it came from and what to do.

    ``place`` is the pointer of its object, ``*`` for every place of a list; ``rename`` is the
    path, from the same object, of the member that it stands for. ``convert`` spells its value as
    it is spelled there, None where it cannot be; ``mend`` makes a fix that takes more than that.
    """

    place: str
    names: tuple[str, ...]
    words: str
    dialects: tuple[str, ...] = DIALECTS
    rename: str = ""
    source: str = SEEN
    convert: "Callable[[JsonValue], JsonValue] | None" = None
    mend: "Callable[[str, dict[str, JsonValue], tuple[str, ...]], Remedy | None] | None" = None


def _beta_modalities(value: JsonValue) -> JsonValue:
    return ["text", "audio"] if value == ["audio"] else value


def _ga_modalities(value: JsonValue) -> JsonValue:
    both = isinstance(value, list) and "audio" in value and {*map(str, value)} <= {"audio", "text"}
    return ["audio"] if both else value


def _effort(value: JsonValue) -> JsonValue:
    return {"effort": value} if isinstance(value, str) else None


def _flattened(at: str, params: dict[str, JsonValue], _: tuple[str, ...]) -> Remedy | None:
    """Take apart GA's audio object: voice and format have a place in Beta, the rest has not."""
    audio = _members(params["audio"])
    output = _members(audio.get("output"))
    steps: list[dict[str, JsonValue]] = []
    if "voice" in output and "voice" not in params:
        steps.append({"op": "move", "from": f"{at}/output/voice", "path": "/response/voice"})
    name = beta_format(output.get("format"))
    if name is not None and "output_audio_format" not in params:
        source, target = f"{at}/output/format", "/response/output_audio_format"
        steps.append({"op": "replace", "path": source, "value": name})
        steps.append({"op": "move", "from": source, "path": target})
    moved = {step["from"] for step in steps if step["op"] == "move"}
    inside = {pointer(["output", name], at) for name in output}
    rate = _members(output.get("format")).get("rate", 24000)
    whole = {*audio} <= {"output"} and inside <= moved and rate == 24000
    if not whole and not steps:
        return None
    steps.append({"op": "remove", "path": at})
    return Remedy(tuple(steps), safe=whole, does="write voice and format as Beta does")


def _lifted(at: str, owner: dict[str, JsonValue], known: tuple[str, ...]) -> Remedy | None:
    """Put the members of a nested object beside it, and take the empty shell away."""
    nested = owner[at.rpartition("/")[2]]
    if not isinstance(nested, dict):
        return None
    parent = at.rpartition("/")[0]
    moves = [
        {"op": "move", "from": pointer([name], at), "path": pointer([name], parent)}
        for name in nested
        if name in known and name not in owner
    ]
    fix = (*moves, {"op": "remove", "path": at})
    return Remedy(fix, safe=len(moves) == len(nested), does="lift its members one level")


def _sound_of_part(at: str, part: dict[str, JsonValue], _: tuple[str, ...]) -> Remedy | None:
    """Take the base64 out of what Chat Completions nests: ``{data, format}``."""
    nested = _members(part["input_audio"])
    if "audio" in part or not isinstance(nested.get("data"), str):
        return None
    move = {"op": "move", "from": at, "path": at.replace("/input_audio", "/audio")}
    fix = ({"op": "replace", "path": at, "value": nested["data"]}, move)
    return Remedy(fix, safe={*nested} == {"data"}, does="write its data as audio")


_SESSION = "This is a setting of the session: send it in a session.update."
_TOO_DEEP = "This is how Chat Completions nests it. Here its members stand one level higher."
_OTHER_API = "Other APIs of OpenAI have this; Realtime has not."
_PREVIEW = "Azure-Samples/aoai-realtime-audio-sdk, its first description"

STRAYS: tuple[Stray, ...] = (
    Stray(
        "/response",
        ("output_modalities",),
        "This is the GA name. Beta calls it modalities, and wants text beside audio.",
        ("beta",),
        rename="modalities",
        source="pipecat-ai/pipecat#4106",
        convert=_beta_modalities,
    ),
    Stray(
        "/response",
        ("audio",),
        "This is how GA writes it. Beta has voice and output_audio_format instead.",
        ("beta",),
        source="pipecat-ai/pipecat#4106",
        mend=_flattened,
    ),
    Stray(
        "/response",
        ("parallel_tool_calls",),
        "Only GA has this. In Beta there is nothing like it.",
        ("beta",),
        source="OpenAPI document 2.3.0, RealtimeResponseCreateParams",
    ),
    Stray(
        "/response",
        ("reasoning",),
        "Only GA has this. In Beta there is nothing like it, though some flat servers take it.",
        ("beta",),
        source="livekit/agents, its realtime model for Azure",
    ),
    Stray(
        "/response",
        ("modalities",),
        "This is the Beta name. GA calls it output_modalities: audio or text, never both.",
        ("ga",),
        rename="output_modalities",
        source="hkjarral/AVA-AI-Voice-Agent-for-Asterisk#190",
        convert=_ga_modalities,
    ),
    Stray(
        "/response",
        ("voice",),
        "This is where Beta has it. GA has it at audio.output.voice.",
        ("ga",),
        rename="audio/output/voice",
        source="TanStack/ai#699",
    ),
    Stray(
        "/response",
        ("output_audio_format",),
        "This is how Beta writes it. GA has an object at audio.output.format.",
        ("ga",),
        rename="audio/output/format",
        source="TanStack/ai#699",
        convert=sure_ga_format,
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
    Stray("/response", ("type",), "Only a session says its type, and this is no session."),
    Stray(
        "/response",
        ("id", "object", "status", "status_details", "output", "usage", "conversation_id"),
        "This is what a server says of a response; it is not asked for.",
        source="OpenAPI document 2.3.0, RealtimeResponse",
    ),
    Stray(
        "/response",
        ("messages",),
        "Items go into input.",
        rename="input",
        convert=items_of_messages,
    ),
    Stray(
        "/response",
        ("input_items",),
        "The first Azure preview called it so. It is input now.",
        rename="input",
        source=_PREVIEW,
    ),
    Stray(
        "/response",
        ("append_input_items",),
        "The first Azure preview added items to the conversation with it. Now each is a "
        "conversation.item.create of its own, sent before this event.",
        source=_PREVIEW,
    ),
    Stray(
        "/response",
        ("commit",),
        "The first Azure preview had it. Now the sound is committed by an "
        "input_audio_buffer.commit of its own.",
        source=_PREVIEW,
    ),
    Stray(
        "/response",
        ("cancel_previous",),
        "The first Azure preview had it. Now a response is cancelled by a response.cancel of its "
        "own.",
        source=_PREVIEW,
    ),
    Stray(
        "/response",
        ("functions",),
        "Functions go into tools.",
        rename="tools",
        convert=tools_of_functions,
    ),
    Stray(
        "/response",
        ("function_call",),
        "This is the old name of Chat Completions. Here it is tool_choice.",
        rename="tool_choice",
        convert=choice_of_call,
    ),
    Stray(
        "/response",
        ("system", "system_prompt", "system_instruction", "developer"),
        "What the model is told is called instructions here.",
        rename="instructions",
    ),
    Stray(
        "/response",
        ("reasoning_effort",),
        "GA has this at reasoning.effort.",
        ("ga",),
        rename="reasoning",
        convert=_effort,
    ),
    Stray(
        "/response",
        ("response_modalities",),
        "The name here is output_modalities.",
        ("ga",),
        rename="output_modalities",
        convert=_ga_modalities,
    ),
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
    Stray(
        "/response",
        (
            "stream",
            "stop",
            "top_p",
            "top_k",
            "n",
            "seed",
            "store",
            "user",
            "response_format",
            "text",
            "frequency_penalty",
            "presence_penalty",
            "logit_bias",
            "previous_response_id",
            "service_tier",
            "safety_identifier",
            "background",
        ),
        _OTHER_API,
    ),
    Stray(
        "/response",
        ("localai_classifier",),
        "Only LocalAI knows this member.",
        source="LocalAI, its Realtime types",
    ),
    Stray(
        "/response",
        ("beta_fields",),
        "Only GLM-Realtime knows this member.",
        source="GLM-Realtime, its documentation",
    ),
    Stray(
        "/response",
        ("audio_format", "output_format"),
        "The name here is output_audio_format.",
        ("beta",),
        rename="output_audio_format",
    ),
    Stray("/response/audio", ("input",), _SESSION, ("ga",)),
    Stray(
        "/response/audio",
        ("voice",),
        "The voice stands one level deeper, in output.",
        ("ga",),
        rename="output/voice",
        source="OpenAPI document 2.3.0, RealtimeResponseCreateParams.audio",
    ),
    Stray(
        "/response/audio",
        ("format",),
        "The format stands one level deeper, in output.",
        ("ga",),
        rename="output/format",
        source="OpenAPI document 2.3.0, RealtimeResponseCreateParams.audio",
    ),
    Stray("/response/audio/output", ("speed",), _SESSION, ("ga",)),
    Stray(
        "/response/audio/output/format",
        ("rate",),
        "Telephone sound has a rate of its own, 8000, which is not written.",
        ("ga",),
        source="OpenAPI document 2.3.0, RealtimeAudioFormats",
    ),
    Stray(
        "/response/reasoning",
        ("summary", "generate_summary"),
        _OTHER_API,
        ("ga",),
    ),
    Stray(
        "/response/tools/*",
        ("strict",),
        "Realtime servers know no strict tools: leave it out.",
        source="livekit/agents#3398",
    ),
    Stray(
        "/response/tools/*",
        ("meta", "_meta"),
        "A tool has no room for notes of your own: leave it out.",
        source="livekit/agents#3398",
    ),
    Stray(
        "/response/tools/*",
        ("input_schema", "inputSchema", "schema"),
        "The arguments of a function are described in parameters.",
        rename="parameters",
    ),
    Stray(
        "/response/tools/*",
        ("function",),
        _TOO_DEEP,
        source="twilio-samples/speech-assistant-openai-realtime-api-python#3",
        mend=_lifted,
    ),
    Stray(
        "/response/input/*",
        ("tool_call_id",),
        "This is the name of Chat Completions. Here it is call_id.",
        rename="call_id",
        source="OpenAPI document 2.3.0, RealtimeConversationItemFunctionCallOutput",
    ),
    Stray(
        "/response/input/*",
        ("tool_calls",),
        "This is how Chat Completions has it. Here every call is an item of its own, of the type "
        "function_call.",
        source="OpenAPI document 2.3.0, RealtimeConversationItemFunctionCall",
    ),
    Stray(
        "/response/input/*/content/*",
        ("file_id",),
        "Realtime takes no files by their ids: the picture itself goes into image_url.",
        source="OpenAPI document 2.3.0, RealtimeConversationItemMessageUser",
    ),
    Stray(
        "/response/input/*/content/*",
        ("input_audio",),
        "This is how Chat Completions nests it. Here the base64 stands in audio.",
        source="OpenAPI document 2.3.0, RealtimeConversationItemMessageUser",
        mend=_sound_of_part,
    ),
    Stray(
        "/response/tool_choice",
        ("function",),
        _TOO_DEEP,
        source="Azure-Samples/aoai-realtime-audio-sdk#132",
        mend=_lifted,
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
    return is_there and _value_at(value, "/response/instructions") is None


def assistant_text(error: ErrorDetails, _: JsonValue) -> bool:
    return _is_assistant_part(error, "text")


def assistant_audio(error: ErrorDetails, _: JsonValue) -> bool:
    return _is_assistant_part(error, "audio")


def _is_assistant_part(error: ErrorDetails, kind: str) -> bool:
    *_before, owner, _content, _place = ("", "", "", *error["loc"])
    is_kind = error["type"] == "union_tag_invalid" and error["ctx"]["tag"] == f"|type={kind}"
    return is_kind and owner == "|type=message role=assistant"


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
    Taken(
        assistant_audio,
        "The document calls this part output_audio, Beta servers audio. They take no earlier speech"
        " of the model; its words as text they do.",
        "BerriAI/litellm, its map of parts",
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
    return _advised(problem, event.dialect, value)


def _advised(problem: Problem, dialect: str, value: JsonValue) -> Problem:
    """Add what to write instead, where it can be told."""
    parent, _, name = problem.at.rpartition("/")
    owner = _value_at(value, parent) if problem.at else None
    is_item = isinstance(owner, list) and name.isdecimal() and int(name) < len(owner)
    here = owner[int(name)] if is_item else _members(owner).get(_unescaped(name))  # type: ignore[index]
    params = _members(_members(value).get("response"))
    refusal = Refusal(dialect, problem.at, problem.code, here, _members(owner), params)
    return _with(problem, remedy_for(refusal))


def _with(problem: Problem, remedy: Remedy | None) -> Problem:
    if remedy is None:
        return problem
    return replace(
        problem,
        message=remedy.words or problem.message,
        source=remedy.source or problem.source,
        fix=remedy.fix,
        safe=remedy.safe,
        does=remedy.does,
    )


def _stray(event: EventType, error: ErrorDetails, problem: Problem, value: JsonValue) -> Problem:
    """Say of an unknown member what it stands for, if that can be told."""
    *location, last = error["loc"]
    name = str(last)
    parent, _, _ = problem.at.rpartition("/")
    owner = _members(_value_at(value, parent))
    known = members_at(event.model, tuple(location))
    if stray := _BY_PLACE.get((event.dialect, _pattern(parent), name)):
        if stray.mend:
            remedy = stray.mend(problem.at, owner, known)
        else:
            remedy = _renamed(problem.at, parent, stray, owner, name)
        return _with(replace(problem, message=stray.words, source=stray.source), remedy)
    elsewhere = _BY_PLACE.get((event.dialect, "/response", name))
    if not parent and (elsewhere or name in members_at(event.model, ("response",))):
        message = f"{excerpt(name)} belongs inside “response”."
        if elsewhere:
            message = f"If anywhere, {message[0].lower()}{message[1:]} {elsewhere.words}"
        fix = _inside(problem.at, owner)
        return _with(replace(problem, message=message), Remedy(fix) if fix else None)
    meant = nearest(name, [one for one in known if one not in owner])
    if meant:
        message = f"There is no member {excerpt(name)} here. Did you mean “{meant}”?"
        fix = ({"op": "move", "from": problem.at, "path": pointer([meant], parent)},)
        return _with(replace(problem, message=message), Remedy(fix))
    return problem


def _renamed(
    at: str, parent: str, stray: Stray, owner: dict[str, JsonValue], name: str
) -> Remedy | None:
    """Put a member where it belongs, spelled as it is spelled there."""
    if not stray.rename:
        return None
    value = owner[name]
    meant = stray.convert(value) if stray.convert else value
    if stray.convert and meant is None:
        return None
    steps: list[dict[str, JsonValue]] = []
    if meant != value:
        steps.append({"op": "replace", "path": at, "value": meant})
    *above, last = stray.rename.split("/")
    inside, path, is_there = owner, parent, True
    for step in above:
        path = pointer([step], path)
        is_there = is_there and step in inside
        if not is_there:
            steps.append({"op": "add", "path": path, "value": {}})
        elif not isinstance(inside[step], dict):
            return None
        inside = _members(inside.get(step)) if is_there else {}
    if last in inside:
        # Both were written to be safe: nothing is lost where they say the same.
        return Remedy(({"op": "remove", "path": at},), safe=inside[last] == meant)
    return Remedy((*steps, {"op": "move", "from": at, "path": pointer([last], path)}))


def _inside(at: str, owner: dict[str, JsonValue]) -> Patch | None:
    """Put a member of the event into its params."""
    params = owner.get("response", {})
    name = at.removeprefix("/")
    if not isinstance(params, dict) or name in params:
        return None
    move = {"op": "move", "from": at, "path": f"/response/{name}"}
    return (move,) if params or "response" in owner else (_NO_PARAMS, move)


_NO_PARAMS: dict[str, JsonValue] = {"op": "add", "path": "/response", "value": {}}


def _value_at(value: JsonValue, at: str) -> JsonValue:
    """Return what stands at a pointer; None where nothing does."""
    for step in at.split("/")[1:]:
        if isinstance(value, list):
            value = value[int(step)] if step.isdecimal() and int(step) < len(value) else None
        else:
            value = _members(value).get(_unescaped(step))
    return value


def _unescaped(step: str) -> str:
    return step.replace("~1", "/").replace("~0", "~")


def _members(value: JsonValue) -> dict[str, JsonValue]:
    return value if isinstance(value, dict) else {}


def _pattern(at: str) -> str:
    return "/".join("*" if step.isdecimal() else step for step in at.split("/"))
