"""What to write instead of a value that the model of an event refuses, place by place."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from webapp.exact_json.reader import JsonValue, Unreadable, read_json
from webapp.exact_json.writer import write
from webapp.forms.problems import MISSED, Patch
from webapp.spelling import nearest

INVALID_TYPE = "invalid_type"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A value the model refuses: where, why, what it is, and the object it is a member of.

    Of a missing member the value is None. ``params`` are those of the whole event.
    """

    dialect: str
    at: str
    code: str
    value: JsonValue
    owner: Mapping[str, JsonValue]
    params: Mapping[str, JsonValue]

    @property
    def parent(self) -> str:
        """The pointer of the object it is a member of."""
        return self.at.rpartition("/")[0]


@dataclass(frozen=True, slots=True)
class Remedy:
    """What to do: a fix, whether it loses nothing, and words where there are better ones."""

    fix: Patch | None
    safe: bool = True
    does: str = ""
    words: str = ""
    source: str = ""


Look: TypeAlias = Callable[[Refusal], Remedy | None]


def remedy_for(refusal: Refusal) -> Remedy | None:
    """Return what to do about a refused value, where there is something to say."""
    look = REMEDIES.get("/".join(_pattern(refusal.at)))
    return look(refusal) if look else None


def _pattern(at: str) -> list[str]:
    steps = ["*" if step.isdecimal() else step for step in at.split("/")]
    if steps[:3] == ["", "response", "metadata"] and len(steps) > 3:
        return [*steps[:3], "*"]
    if steps[:4] == ["", "response", "prompt", "variables"] and len(steps) == 5:
        return [*steps[:4], "*"]
    return steps


# The event and its params.


def _event_type(refusal: Refusal) -> Remedy | None:
    if isinstance(refusal.value, str) and nearest(refusal.value, ["response.create"]):
        return Remedy(_write(refusal.at, "response.create"))
    if not isinstance(refusal.value, str | None):
        return Remedy(_write(refusal.at, "response.create"), safe=False)
    return None


def _modalities(refusal: Refusal) -> Remedy | None:
    if refusal.value not in ("audio", "text") or refusal.code != INVALID_TYPE:
        return None
    wanted: JsonValue = [refusal.value]
    if refusal.dialect == "beta" and refusal.value == "audio":
        wanted = ["text", "audio"]
    return Remedy(_write(refusal.at, wanted))


# What other APIs call the least and the most of it.
_EFFORTS = {"none": "minimal", "off": "minimal", "max": "xhigh", "maximum": "xhigh"}


def _effort(refusal: Refusal) -> Remedy | None:
    meant = _EFFORTS.get(refusal.value) if isinstance(refusal.value, str) else None
    return Remedy(_write(refusal.at, meant), safe=False) if meant else None


def _reasoning(refusal: Refusal) -> Remedy | None:
    if isinstance(refusal.value, str):
        return Remedy(_write(refusal.at, {"effort": refusal.value}))
    return None


def _most_tokens(refusal: Refusal) -> Remedy | None:
    value = refusal.value
    if isinstance(value, str) and value.casefold() in ("infinity", "infinite", "unlimited", "∞"):
        return Remedy(_write(refusal.at, "inf"))
    if isinstance(value, int) and not isinstance(value, bool) and value == -1:
        return Remedy(_write(refusal.at, "inf"), words="No limit is written “inf” here.")
    if isinstance(value, float) and 1 <= value <= 4096:
        return Remedy(_write(refusal.at, int(value)), safe=False)
    return None


def _metadata_value(refusal: Refusal) -> Remedy | None:
    if isinstance(refusal.value, dict | list):
        text = write(refusal.value, indent=None)
        return Remedy(_write(refusal.at, text), does="write it as JSON inside text")
    return None


def _prompt(refusal: Refusal) -> Remedy | None:
    if isinstance(refusal.value, str):
        return Remedy(_write(refusal.at, {"id": refusal.value}))
    return None


def _prompt_variable(refusal: Refusal) -> Remedy | None:
    if isinstance(refusal.value, bool | int | float):
        return Remedy(_write(refusal.at, write(refusal.value)))
    return None


# Sound.


_GA_FORMATS = {
    "pcm16": "audio/pcm",
    "pcm": "audio/pcm",
    "pcm24": "audio/pcm",
    "audio/pcm16": "audio/pcm",
    "audio/l16": "audio/pcm",
    "g711_ulaw": "audio/pcmu",
    "audio/g711_ulaw": "audio/pcmu",
    "audio/ulaw": "audio/pcmu",
    "audio/x_mulaw": "audio/pcmu",
    "audio/basic": "audio/pcmu",
    "ulaw": "audio/pcmu",
    "mulaw": "audio/pcmu",
    "pcmu": "audio/pcmu",
    "g711_alaw": "audio/pcma",
    "audio/g711_alaw": "audio/pcma",
    "audio/alaw": "audio/pcma",
    "audio/x_alaw": "audio/pcma",
    "alaw": "audio/pcma",
    "pcma": "audio/pcma",
}
# Names that other services have for sound that may be another one.
_LOOSE_FORMATS = ("pcm", "pcm24", "audio/l16")
_BETA_FORMATS = {"audio/pcm": "pcm16", "audio/pcmu": "g711_ulaw", "audio/pcma": "g711_alaw"}


def ga_format(value: JsonValue) -> JsonValue:
    """Return the GA object for a format under any of its names; None if it is none of them."""
    if not isinstance(value, str):
        return None
    name = value.lower().replace("-", "_")
    kind = name if name in _BETA_FORMATS else _GA_FORMATS.get(name)
    if kind is None:
        return None
    return {"type": kind, "rate": 24000} if kind == "audio/pcm" else {"type": kind}


def sure_ga_format(value: JsonValue) -> JsonValue:
    """Return the GA object for a format if its name leaves no doubt; else None."""
    return None if value in _LOOSE_FORMATS else ga_format(value)


def beta_format(value: JsonValue) -> JsonValue:
    """Return the Beta name of a format, given the GA object or any of its names; else None."""
    kind = value.get("type") if isinstance(value, dict) else value
    found = ga_format(kind)
    return _BETA_FORMATS.get(str(found["type"])) if isinstance(found, dict) else None


def _flat_format(refusal: Refusal) -> Remedy | None:
    name = beta_format(refusal.value)
    if name is None:
        return None
    if isinstance(refusal.value, dict):
        whole = {**refusal.value, "type": ""} in ({"type": ""}, {"type": "", "rate": 24000})
        words = "Beta names the format in one word; this is how GA writes it."
        source = "TEN-framework/ten-framework#2261"
        return Remedy(_write(refusal.at, name), safe=whole, words=words, source=source)
    return Remedy(_write(refusal.at, name), safe=sure_ga_format(refusal.value) is not None)


def _nested_format(refusal: Refusal) -> Remedy | None:
    found = ga_format(refusal.value)
    if found is None:
        return None
    words = "GA describes the format in an object; this is how Beta names it."
    source = "TEN-framework/ten-framework#2261"
    safe = sure_ga_format(refusal.value) is not None
    return Remedy(_write(refusal.at, found), safe=safe, words=words, source=source)


def _format_type(refusal: Refusal) -> Remedy | None:
    """A format under another name: the object as a whole, since only PCM has a rate."""
    found = ga_format(refusal.value)
    if found is None:
        return None
    left = {*refusal.owner} - {"type", "rate"}
    safe = not left and sure_ga_format(refusal.value) is not None
    return Remedy(_write(refusal.parent, found), safe=safe)


def _format_rate(refusal: Refusal) -> Remedy | None:
    if isinstance(refusal.value, int | float | str) and not isinstance(refusal.value, bool):
        return Remedy(_write(refusal.at, 24000), safe=refusal.value == "24000")
    return None


# Tools.


_TOOLS_OF_OTHERS = (
    "web_search",
    "web_search_preview",
    "file_search",
    "code_interpreter",
    "image_generation",
    "computer_use_preview",
    "local_shell",
    "retrieval",
)


def _tools(refusal: Refusal) -> Remedy | None:
    """One tool outside of a list, or tools by their names."""
    value = refusal.value
    if not isinstance(value, dict):
        return None
    if {*value} & {"type", "function", "server_label"}:
        return Remedy(_write(refusal.at, [value]), does="put it into a list")
    named: list[JsonValue] = []
    for name, tool in value.items():
        if not isinstance(tool, dict) or tool.get("name", name) != name:
            return None
        named.append(tool if "name" in tool or "function" in tool else {**tool, "name": name})
    return Remedy(_write(refusal.at, named), does="list the tools") if named else None


def _tool_type(refusal: Refusal) -> Remedy | None:
    if refusal.code == MISSED:
        return Remedy(({"op": "add", "path": refusal.at, "value": "mcp"},))
    remove: Patch = ({"op": "remove", "path": refusal.parent},)
    if refusal.value == "mcp" and refusal.dialect == "beta":
        words = "Only GA has MCP servers among its tools; in Beta the session has to know them."
        return Remedy(remove, safe=False, does="remove this tool", words=words)
    if refusal.value in _TOOLS_OF_OTHERS:
        kinds = "functions" if refusal.dialect == "beta" else "functions and MCP servers"
        words = f"Another API has this tool. Here there are {kinds} only."
        return Remedy(remove, safe=False, does="remove this tool", words=words)
    return None


def _parameters(refusal: Refusal) -> Remedy | None:
    if not isinstance(refusal.value, str):
        return None
    try:
        schema = read_json(refusal.value)
    except Unreadable:
        return None
    if not isinstance(schema, dict):
        return None
    return Remedy(_write(refusal.at, schema), does="write the schema itself instead of text")


_MODES = ("none", "auto", "required")


def _tool_choice(refusal: Refusal) -> Remedy | None:
    value = refusal.value
    if value == "any":
        return Remedy(_write(refusal.at, "required"), words="Here this is called “required”.")
    if isinstance(value, str) and value in _functions(refusal.params):
        choice: JsonValue = {"type": "function", "name": value}
        return Remedy(_write(refusal.at, choice), words="One function is chosen by an object.")
    return None


def _tool_choice_type(refusal: Refusal) -> Remedy | None:
    value, whole = refusal.value, refusal.parent
    name = refusal.owner.get("name")
    alone = len(refusal.owner) == 1
    if refusal.code == MISSED and isinstance(name, str):
        return Remedy(({"op": "add", "path": refusal.at, "value": "function"},))
    if isinstance(value, str) and value in (*_MODES, "any"):
        mode = "required" if value == "any" else value
        return Remedy(_write(whole, mode), safe=alone, words=f"Write “{mode}” without an object.")
    if value == "tool" and isinstance(name, str):
        return Remedy(_write(refusal.at, "function"))
    return None


def _chosen_function(refusal: Refusal) -> Remedy | None:
    """The name that is missing, where there is but one function to choose."""
    names = _functions(refusal.params)
    if refusal.code != MISSED or len(names) != 1 or not isinstance(names[0], str):
        return None
    return Remedy(({"op": "add", "path": refusal.at, "value": names[0]},), safe=False)


def _functions(params: Mapping[str, JsonValue]) -> list[JsonValue]:
    tools = params.get("tools")
    return [
        tool.get("name")
        for tool in (tools if isinstance(tools, list) else [])
        if isinstance(tool, dict)
    ]


# Input.


_ROLES = {"developer": "system", "model": "assistant", "bot": "assistant", "human": "user"}

# What a part is, by what it is called for some role or in some API.
_PARTS = {
    "text": "text",
    "input_text": "text",
    "output_text": "text",
    "audio": "audio",
    "input_audio": "audio",
    "output_audio": "audio",
    "image": "image",
    "image_url": "image",
    "input_image": "image",
}
_PART_TYPES = {
    ("user", "text"): "input_text",
    ("user", "audio"): "input_audio",
    ("user", "image"): "input_image",
    ("system", "text"): "input_text",
    ("assistant", "text"): "output_text",
    ("assistant", "audio"): "output_audio",
}


def _input(refusal: Refusal) -> Remedy | None:
    if isinstance(refusal.value, str):
        item = message("user", refusal.value)
        return Remedy(_write(refusal.at, [item]), does="make it a message of the user")
    if isinstance(refusal.value, dict):
        return Remedy(_write(refusal.at, [refusal.value]), does="put it into a list")
    return None


def _item(refusal: Refusal) -> Remedy | None:
    if isinstance(refusal.value, str):
        words = message("user", refusal.value)
        return Remedy(_write(refusal.at, words), does="make it a message of the user")
    return None


def message(role: str, text: str) -> JsonValue:
    """Return a message that says one text."""
    return {
        "type": "message",
        "role": role,
        "content": [{"type": _PART_TYPES.get((role, "text"), "input_text"), "text": text}],
    }


def _item_type(refusal: Refusal) -> Remedy | None:
    if refusal.code != MISSED:
        return _part_as_item(refusal)
    for members, kind in (
        ({"role", "content"}, "message"),
        ({"call_id", "output"}, "function_call_output"),
        ({"name", "arguments"}, "function_call"),
    ):
        if members <= refusal.owner.keys():
            return Remedy(({"op": "add", "path": refusal.at, "value": kind},))
    return None


def _part_as_item(refusal: Refusal) -> Remedy | None:
    """A part that stands where a message does."""
    kind = _PARTS.get(refusal.value) if isinstance(refusal.value, str) else None
    if kind is None or "role" in refusal.owner:
        return None
    role = "assistant" if str(refusal.value).startswith("output_") else "user"
    part = {**refusal.owner, "type": _PART_TYPES.get((role, kind), "input_text")}
    item: JsonValue = {"type": "message", "role": role, "content": [part]}
    return Remedy(
        _write(refusal.parent, item),
        does=f"put it into a message of the {role}",
        words="This is a part of a message, and items stand here.",
    )


def _role(refusal: Refusal) -> Remedy | None:
    if isinstance(refusal.value, str) and refusal.value in _ROLES:
        role = _ROLES[refusal.value]
        return Remedy(
            _write(refusal.at, role),
            words=f"“{refusal.value}” is a role of another API. Here it is “{role}”.",
        )
    return None


def _content(refusal: Refusal) -> Remedy | None:
    role = refusal.owner.get("role")
    if isinstance(refusal.value, str) and isinstance(role, str):
        kind = _PART_TYPES.get((role, "text"))
        part: JsonValue = {"type": kind, "text": refusal.value}
        return Remedy(_write(refusal.at, [part]), does="make it a part") if kind else None
    if isinstance(refusal.value, dict):
        return Remedy(_write(refusal.at, [refusal.value]), does="put it into a list")
    return None


def _part(refusal: Refusal) -> Remedy | None:
    kind = _PART_TYPES.get((_role_of_part(refusal), "text"))
    if not isinstance(refusal.value, str) or kind is None:
        return None
    part: JsonValue = {"type": kind, "text": refusal.value}
    return Remedy(_write(refusal.at, part), does="make it a part")


def _part_type(refusal: Refusal) -> Remedy | None:
    """A part under a name of another role or another API."""
    if not isinstance(refusal.value, str) or refusal.value not in _PARTS:
        return None
    role = _role_of_part(refusal)
    kind = _PART_TYPES.get((role, _PARTS[refusal.value]))
    if kind is None:
        return None
    steps = [*_write(refusal.at, kind)]
    nested = refusal.owner.get("image_url")
    if isinstance(nested, dict):
        steps += _unwrapped(refusal, nested)
    return Remedy(tuple(steps), words=_part_words(refusal.value, role, kind))


def _part_words(value: str, role: str, kind: str) -> str:
    return f"In a message of the {role} this part is called “{kind}”, not “{value}”."


def _unwrapped(refusal: Refusal, nested: Mapping[str, JsonValue]) -> Patch:
    """Put what Chat Completions nests, ``{url, detail}``, where it belongs."""
    if not isinstance(nested.get("url"), str):
        return ()
    detail = nested.get("detail")
    shown = detail in ("auto", "low", "high") and "detail" not in refusal.owner
    add: Patch = ({"op": "add", "path": f"{refusal.parent}/detail", "value": detail},)
    return (*_write(f"{refusal.parent}/image_url", nested["url"]), *(add if shown else ()))


def _image_url(refusal: Refusal) -> Remedy | None:
    if isinstance(refusal.value, dict) and (fix := _unwrapped(refusal, refusal.value)):
        safe = {*refusal.value} <= {"url", "detail"}
        return Remedy(fix, safe=safe, does="write the address itself")
    return None


def _role_of_part(refusal: Refusal) -> str:
    _, _, _, place, *_ = refusal.at.split("/")
    items = refusal.params.get("input")
    item = items[int(place)] if isinstance(items, list) else None
    role = item.get("role") if isinstance(item, dict) else None
    return role if isinstance(role, str) else ""


def _object_kind(refusal: Refusal) -> Remedy | None:
    return Remedy(_write(refusal.at, "realtime.item"), safe=False)


def _arguments(refusal: Refusal) -> Remedy | None:
    if refusal.code == MISSED:
        return Remedy(({"op": "add", "path": refusal.at, "value": "{}"},), safe=False)
    return _json_text(refusal)


def _output(refusal: Refusal) -> Remedy | None:
    if refusal.code == MISSED:
        return Remedy(({"op": "add", "path": refusal.at, "value": ""},), safe=False)
    return _json_text(refusal)


def _json_text(refusal: Refusal) -> Remedy | None:
    if isinstance(refusal.value, dict | list):
        text = write(refusal.value, indent=None)
        return Remedy(_write(refusal.at, text), does="write it as JSON inside text")
    return None


def items_of_messages(messages: JsonValue) -> JsonValue:
    """Return the items that messages of Chat Completions stand for; None where one has no like."""
    items: list[JsonValue] = []
    for one in messages if isinstance(messages, list) else [None]:
        item = _item_of_message(one)
        if item is None:
            return None
        items.append(item)
    return items


def _item_of_message(one: JsonValue) -> JsonValue:
    match one:
        case {"role": str(role), "content": str(text), **rest} if not rest:
            role = _ROLES.get(role, role)
            return message(role, text) if (role, "text") in _PART_TYPES else None
        case {"role": "tool", "tool_call_id": str(call_id), "content": str(text), **rest}:
            if rest:
                return None
            return {"type": "function_call_output", "call_id": call_id, "output": text}
        case {"type": str()}:
            return one
    return None


def tools_of_functions(functions: JsonValue) -> JsonValue:
    """Return the tools that a bare list of functions stands for; None where one is no object."""
    listed = functions if isinstance(functions, list) else [None]
    if not all(isinstance(one, dict) and "type" not in one for one in listed):
        return None
    return [{"type": "function", **one} for one in listed if isinstance(one, dict)]


def choice_of_call(call: JsonValue) -> JsonValue:
    """Return the tool choice that a ``function_call`` of Chat Completions stands for."""
    if isinstance(call, dict) and {*call} == {"name"}:
        return {"type": "function", **call}
    return call if call in ("none", "auto") else None


REMEDIES: dict[str, Look] = {
    "/type": _event_type,
    "/response/modalities": _modalities,
    "/response/output_modalities": _modalities,
    "/response/reasoning": _reasoning,
    "/response/reasoning/effort": _effort,
    "/response/max_output_tokens": _most_tokens,
    "/response/metadata/*": _metadata_value,
    "/response/prompt": _prompt,
    "/response/prompt/variables/*": _prompt_variable,
    "/response/output_audio_format": _flat_format,
    "/response/audio/output/format": _nested_format,
    "/response/audio/output/format/type": _format_type,
    "/response/audio/output/format/rate": _format_rate,
    "/response/tools": _tools,
    "/response/tools/*/type": _tool_type,
    "/response/tools/*/parameters": _parameters,
    "/response/tool_choice": _tool_choice,
    "/response/tool_choice/type": _tool_choice_type,
    "/response/tool_choice/name": _chosen_function,
    "/response/input": _input,
    "/response/input/*": _item,
    "/response/input/*/type": _item_type,
    "/response/input/*/object": _object_kind,
    "/response/input/*/role": _role,
    "/response/input/*/content": _content,
    "/response/input/*/content/*": _part,
    "/response/input/*/content/*/type": _part_type,
    "/response/input/*/content/*/image_url": _image_url,
    "/response/input/*/arguments": _arguments,
    "/response/input/*/output": _output,
}
"""By the place of the refused value; ``*`` is every place of a list and every name of a map."""


def _write(at: str, value: JsonValue) -> Patch:
    return ({"op": "replace", "path": at, "value": value},)
