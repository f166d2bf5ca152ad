"""What is spelled otherwise in the other dialect: one function and one row of ROWS each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from webapp.dialects.work import Kind, Object, Path, Spot, put, replace_member
from webapp.exact_json.reader import JsonValue
from webapp.forms.problems import excerpt, pointer

MAX_EVENT_ID_CHARS = 512

_OUTPUT: Path = ("audio", "output")

# Names that GA's formats have as text are seen where Beta's belong; they say the same.
_FORMATS: Mapping[str, Object] = {
    "pcm16": {"type": "audio/pcm", "rate": 24_000},
    "g711_ulaw": {"type": "audio/pcmu"},
    "g711_alaw": {"type": "audio/pcma"},
}
_BETA_FORMATS = {"audio/pcm": "pcm16", "audio/pcmu": "g711_ulaw", "audio/pcma": "g711_alaw"}
_PCM_RATE = 24_000

_GA_PARTS = {"text": "output_text", "audio": "output_audio"}

Change: TypeAlias = Callable[[Spot], None]


@dataclass(frozen=True, slots=True)
class Row:
    """One difference: the dialects, the pointer of what it is about, and who says so.

    ``*`` in the pointer is every place of a list.
    """

    source: str
    target: str
    place: str
    change: Change
    evidence: str


# What both directions share.


def _taken(spot: Spot, path: Path) -> None:
    spot.keep(f"“{'.'.join(path)}” stands here already, so this stays as it is.")


def _to(name: str) -> Change:
    def rename(spot: Spot) -> None:
        if put(spot.owner, spot.name, {(name,): spot.value}):
            spot.note(Kind.RENAMED, f"It is called {name} here.", spot.beside(name))
        else:
            _taken(spot, (name,))

    return rename


def _gone(message: str) -> Change:
    return lambda spot: spot.lose(message)


# Beta to GA.


def long_event_id(spot: Spot) -> None:
    if isinstance(spot.value, str) and len(spot.value) > MAX_EVENT_ID_CHARS:
        spot.keep(
            f"GA takes ids of {MAX_EVENT_ID_CHARS} characters at most, and this one has "
            f"{len(spot.value)}: use a shorter one."
        )


def audio_or_text(spot: Spot) -> None:
    """GA answers in one of the two; a transcript of audio comes anyway."""
    name = "output_modalities"
    both = _only(spot.value, "audio", "text") and "audio" in _items(spot.value)
    value: JsonValue = ["audio"] if both else spot.value
    if not put(spot.owner, spot.name, {(name,): value}):
        _taken(spot, (name,))
    elif value != spot.value:
        spot.note(
            Kind.RESHAPED,
            "GA calls it output_modalities and answers in audio or in text, not in both. The "
            "transcript comes with the audio.",
            spot.beside(name),
        )
    elif value == []:
        spot.note(
            Kind.RENAMED,
            "GA calls it output_modalities. What an empty list means is written down nowhere: it "
            "stays empty.",
            spot.beside(name),
        )
    else:
        spot.note(Kind.RENAMED, "GA calls it output_modalities.", spot.beside(name))


def voice_inside(spot: Spot) -> None:
    path = (*_OUTPUT, "voice")
    if put(spot.owner, spot.name, {path: spot.value}):
        spot.note(Kind.MOVED, "GA has it at audio.output.voice.", spot.beside(*path))
    else:
        _taken(spot, path)


def format_as_object(spot: Spot) -> None:
    path = (*_OUTPUT, "format")
    members: dict[Path, JsonValue] = {path: spot.value}
    if isinstance(spot.value, str) and spot.value:
        name = _BETA_FORMATS.get(spot.value, spot.value)
        if name not in _FORMATS:
            spot.lose(
                f"GA has no format {excerpt(spot.value)}: it speaks PCM at 24 kHz, G.711 μ-law and "
                "A-law. The session's format applies."
            )
            return
        members = {(*path, member): value for member, value in _FORMATS[name].items()}
    if put(spot.owner, spot.name, members):
        spot.note(
            Kind.RESHAPED,
            "GA has an object at audio.output.format, which names its type.",
            spot.beside(*path),
        )
    else:
        _taken(spot, path)


def function_beside_type(spot: Spot) -> None:
    """Chat Completions nests the name; so do some Beta servers."""
    choice = spot.value
    function = choice.get("function") if isinstance(choice, dict) else None
    if not (isinstance(choice, dict) and isinstance(function, dict) and "name" in function):
        return
    rest = {name: value for name, value in function.items() if name != "name"}
    if not put(choice, "function", {("name",): function["name"]}):
        return  # the choice has a name of its own; that the other one travels is reported
    if rest:
        choice["function"] = rest
    spot.work.note(
        f"{spot.at}/function/name",
        f"{spot.to}/name",
        Kind.MOVED,
        "The function's name stands beside the type here, not inside a “function”.",
    )


def ga_parts(spot: Spot) -> None:
    for part in _assistant_parts(spot):
        kind = _text(part.value)
        if kind in _GA_PARTS:
            part.owner["type"] = _GA_PARTS[kind]
            part.note(Kind.RENAMED, f"GA calls the model's {kind} {_GA_PARTS[kind]}.")


# GA to Beta.


def text_beside_audio(spot: Spot) -> None:
    """Beta servers refuse audio alone."""
    name = "modalities"
    alone = _only(spot.value, "audio") and spot.value != []
    value: JsonValue = [*_items(spot.value), "text"] if alone else spot.value
    if not put(spot.owner, spot.name, {(name,): value}):
        _taken(spot, (name,))
    elif alone:
        spot.note(
            Kind.RESHAPED,
            "Beta calls it modalities, and its servers want text beside audio.",
            spot.beside(name),
        )
    else:
        spot.note(Kind.RENAMED, "Beta calls it modalities.", spot.beside(name))


def audio_flattened(spot: Spot) -> None:
    """Voice and format go up; whatever else is in there stays, and nothing stays for nothing."""
    audio = spot.value
    if not isinstance(audio, dict):
        return
    output = audio.get("output")
    members: Object = {}
    if isinstance(output, dict):
        for name in [name for name in output if name in ("voice", "format")]:
            _BETA_AUDIO[name](spot, output, members)
        _note_rest(spot, output, "output")
        if not output:
            del audio["output"]
    _note_rest(spot, audio)
    replace_member(spot.owner, spot.name, members | ({spot.name: audio} if audio else {}))


def _note_rest(spot: Spot, rest: Object, *above: str) -> None:
    """Say of what neither goes up nor may be lost that it stays."""
    noted = spot.work.kept()
    for name in rest:
        at, to = pointer([*above, name], spot.at), pointer([*above, name], spot.to)
        if name != "output" and at not in noted:
            spot.work.note(at, to, Kind.KEPT, "Beta has no place for this; it stays.")


def _voice_up(spot: Spot, output: Object, members: Object) -> None:
    at = f"{spot.at}/output/voice"
    if "voice" in spot.owner:
        to = f"{spot.to}/output/voice"
        spot.work.note(at, to, Kind.KEPT, "“voice” stands here already, so this stays as it is.")
        return
    members["voice"] = output.pop("voice")
    spot.work.note(at, spot.beside("voice"), Kind.MOVED, "Beta has it beside the other params.")


def _format_up(spot: Spot, output: Object, members: Object) -> None:
    at, name = f"{spot.at}/output/format", "output_audio_format"
    if name in spot.owner:
        to = f"{spot.to}/output/format"
        spot.work.note(at, to, Kind.KEPT, f"“{name}” stands here already, so this stays as it is.")
        return
    value = output.pop("format")
    kind = _text(value.get("type")) if isinstance(value, dict) else ""
    words = "Beta has it beside the other params, as output_audio_format."
    if not isinstance(value, dict) or kind not in _BETA_FORMATS:
        members[name] = value
        spot.work.note(at, spot.beside(name), Kind.MOVED, words)
        return
    members[name] = _BETA_FORMATS[kind]
    spot.work.note(
        at, spot.beside(name), Kind.RESHAPED, f"Beta calls this format {_BETA_FORMATS[kind]}."
    )
    rest = {member: item for member, item in value.items() if member not in ("type", "rate")}
    if rest:
        output["format"] = rest
        for member in rest:
            here = pointer([member], "/output/format")
            spot.work.note(
                spot.at + here, spot.to + here, Kind.KEPT, "Beta has no place for this; it stays."
            )
    if "rate" in value and not (value["rate"] == _PCM_RATE and kind == "audio/pcm"):
        spot.work.note(
            f"{at}/rate",
            "",
            Kind.LOST,
            "Beta cannot say a rate: pcm16 is 24000 a second, the g711 formats are 8000.",
        )


_BETA_AUDIO: Mapping[str, Callable[[Spot, Object, Object], None]] = {
    "voice": _voice_up,
    "format": _format_up,
}


def functions_only(spot: Spot) -> None:
    """Beta's tools are functions. An empty list would switch the session's own tools off."""
    tools = spot.value
    if not isinstance(tools, list) or not any(_is_mcp(tool) for tool in tools):
        return
    left: list[JsonValue] = []
    none_left = all(_is_mcp(tool) for tool in tools)
    more = " No tool is left: without the member the session's own apply." if none_left else ""
    for place, tool in enumerate(tools):
        at = f"{spot.at}/{place}"
        if isinstance(tool, dict) and _is_mcp(tool):
            label = _text(tool.get("server_label"))
            spot.work.gone.add(label)
            words = f"Beta's tools are functions only: the MCP server {excerpt(label)} is left out."
            spot.work.note(at, "", Kind.LOST, words + more)
        else:
            if place != len(left):
                spot.work.shift(at, f"{spot.to}/{len(left)}")
            left.append(tool)
    replace_member(spot.owner, spot.name, {spot.name: left} if left else {})


def server_chosen(spot: Spot) -> None:
    choice = spot.value
    if not isinstance(choice, dict) or choice.get("type") != "mcp":
        return
    label = _text(choice.get("server_label"))
    if label in spot.work.gone:
        spot.keep(
            f"It names the MCP server {excerpt(label)}, which was left out: that works only if "
            "the session knows it."
        )


def beta_parts(spot: Spot) -> None:
    for part in _assistant_parts(spot):
        if part.value == "output_text":
            part.owner["type"] = "text"
            part.note(Kind.RENAMED, "Beta servers call the model's words text.")
        elif part.value == "output_audio":
            _words_of_speech(part)


def _words_of_speech(part: Spot) -> None:
    """Beta takes no speech of the model; what was said can go as text."""
    part.owner["type"] = "text"
    at, to = part.at.rpartition("/")[0], part.to.rpartition("/")[0]
    part.note(Kind.RESHAPED, "Beta takes the model's earlier speech only as text.")
    if "transcript" in part.owner and put(
        part.owner, "transcript", {("text",): part.owner["transcript"]}
    ):
        part.work.note(f"{at}/transcript", f"{to}/text", Kind.RENAMED, "What was said is its text.")
    if "audio" in part.owner:
        del part.owner["audio"]
        part.work.note(
            f"{at}/audio", "", Kind.LOST, "Beta takes no sound of the model: it is left out."
        )


ROWS: tuple[Row, ...] = (
    Row("beta", "ga", "/event_id", long_event_id, "OpenAPI document 2.3.0, event_id of GA"),
    Row(
        "beta",
        "ga",
        "/response/modalities",
        audio_or_text,
        "OpenAPI document 2.3.0, prose of output_modalities; BerriAI/litellm#27110",
    ),
    Row("beta", "ga", "/response/voice", voice_inside, "openai/openai-agents-js"),
    Row("beta", "ga", "/response/output_audio_format", format_as_object, "openai/openai-agents-js"),
    Row(
        "beta",
        "ga",
        "/response/temperature",
        _gone("GA has no temperature."),
        "TanStack/ai#699",
    ),
    Row(
        "beta",
        "ga",
        "/response/max_response_output_tokens",
        _to("max_output_tokens"),
        "OpenAPI document 2.3.0; the old name is the Beta session's",
    ),
    Row(
        "beta",
        "ga",
        "/response/tool_choice",
        function_beside_type,
        "Azure-Samples/aoai-realtime-audio-sdk#132",
    ),
    Row("beta", "ga", "/response/input/*", ga_parts, "BerriAI/litellm; Azure's migration guide"),
    Row("ga", "beta", "/response/output_modalities", text_beside_audio, "BerriAI/litellm#14887"),
    Row("ga", "beta", "/response/audio", audio_flattened, "openai/openai-agents-js"),
    Row(
        "ga",
        "beta",
        "/response/parallel_tool_calls",
        _gone("Beta has no parallel_tool_calls."),
        "OpenAPI document 2.3.0",
    ),
    Row(
        "ga",
        "beta",
        "/response/reasoning",
        _gone("Beta has no reasoning; a few flat servers take it all the same."),
        "OpenAPI document 2.3.0; livekit/agents",
    ),
    Row("ga", "beta", "/response/tools", functions_only, "OpenAPI document 2.3.0"),
    Row("ga", "beta", "/response/tool_choice", server_chosen, "OpenAPI document 2.3.0"),
    Row(
        "ga",
        "beta",
        "/response/input/*",
        beta_parts,
        "community.openai.com/t/1068134; OpenAPI document 2.3.0, prose of audio",
    ),
)


def _assistant_parts(spot: Spot) -> list[Spot]:
    """The types of the parts of what the model said, each as a member of its part."""
    item = spot.value
    if not isinstance(item, dict) or item.get("role") != "assistant":
        return []
    return [
        Spot(
            spot.work,
            part,
            "type",
            part["type"],
            f"{spot.at}/content/{place}/type",
            f"{spot.to}/content/{place}/type",
        )
        for place, part in enumerate(_items(item.get("content")))
        if isinstance(part, dict) and "type" in part
    ]


def _is_mcp(tool: JsonValue) -> bool:
    """A tool without a type is an MCP server when it has a server's label."""
    return isinstance(tool, dict) and (
        tool.get("type") == "mcp" or ("type" not in tool and "server_label" in tool)
    )


def _only(value: JsonValue, *texts: str) -> bool:
    return isinstance(value, list) and all(item in texts for item in value)


def _items(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else ""
