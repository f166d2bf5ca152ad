"""What the sandbox answers: honest about being a rehearsal, and telling what it was given."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from webapp.sandbox.fates import Course, Fate
from webapp.sandbox.ids import Ids
from webapp.sandbox.looks import member, objects, text
from webapp.sandbox.mcp import (
    REHEARSED,
    REHEARSED_LABEL,
    UNREACHED,
    McpCall,
    approved_call,
    asked_approval,
    chosen_call,
    servers,
)
from webapp.sandbox.steps import JsonObject
from webapp.sandbox.terms import Terms

Source: TypeAlias = Literal["conversation", "input", "cleared"]

_QUOTED_WORDS = 20
_SOUND_ONLY = "I got sound from you, with no transcript to read."
_IMAGE_ONLY = "I got an image from you, which I cannot see."
_OPENERS = (
    "This is the sandbox, rehearsing: no model is listening.",
    "Sandbox here, reading my part: there is no model behind it.",
    "Only a rehearsal from the sandbox, not a model.",
    "You have reached the sandbox, which rehearses without a model.",
)
_INSTRUCTED = ("My instructions are {}.", "I was told {}.", "The instructions in force say {}.")
_HEARD = {
    "conversation": ("You said {}.", "The last I heard from you was {}."),
    "input": ("The input of this response says {}.", "From this response's own input I read {}."),
    "cleared": ("{}",),
}
_NOTHING = {
    "conversation": "Nobody has said anything yet.",
    "input": "The input of this response holds no words from the user.",
    "cleared": "The context is empty, as this response asked with an empty input.",
}


@dataclass(frozen=True, slots=True)
class Cue:
    """All that an answer is made from: the terms, the items in view and where they came from."""

    terms: Terms
    items: tuple[JsonObject, ...]
    source: Source
    fate: Fate


def spoken_line(cue: Cue, ids: Ids) -> str:
    """Return the sentences that answer a cue."""
    sentences = [ids.pick(_OPENERS), _instructed(cue.terms, ids), _heard(cue, ids), *_asides(cue)]
    return " ".join(sentence for sentence in sentences if sentence)


def chosen_tools(cue: Cue) -> list[JsonObject]:
    """Return the functions to call, when the cue asks for calls rather than for words.

    Functions that the terms do not offer are still called when a fate names them.
    """
    tools = [tool for tool in cue.terms.tools if tool.get("type") == "function"]
    if cue.fate.course is Course.CALL:
        names = cue.fate.detail.split(",")
        return [_named(tools, name) or {"type": "function", "name": name} for name in names]
    choice = cue.terms.tool_choice
    if _has_output_last(cue) and not cue.terms.insists:
        return []
    if choice == "required":
        return tools[:1]
    found = _named(tools, text(member(choice, "name")))
    return [found] if found and member(choice, "type") == "function" else []


def chosen_mcp_call(cue: Cue) -> McpCall | None:
    """Return the call of an MCP server's tool that a cue asks for or approves of."""
    if call := approved_call(cue.items):
        return call
    functions = [tool for tool in cue.terms.tools if tool.get("type") == "function"]
    if cue.fate.course is Course.CALL or (cue.terms.tool_choice == "required" and functions):
        return None
    return None if _has_approval_last(cue) else chosen_call(cue.terms.tools, cue.terms.tool_choice)


def _has_approval_last(cue: Cue) -> bool:
    return bool(cue.items) and cue.items[-1].get("type") == "mcp_approval_response"


def quoted(words: str) -> str:
    """Return words in quotes, on one line, cut after twenty."""
    listed = words.split()
    shown = " ".join(listed[:_QUOTED_WORDS])
    if len(shown) > 240:
        return f"“{shown[:239]}…”"
    return f"“{shown}…”" if len(listed) > _QUOTED_WORDS else f"“{shown}”"


def _named(tools: list[JsonObject], name: str) -> JsonObject | None:
    return next((tool for tool in tools if tool.get("name") == name), None)


def _instructed(terms: Terms, ids: Ids) -> str:
    template = ids.pick(_INSTRUCTED)
    if terms.prompt:
        return f"The prompt template {terms.prompt} is not known here."
    if not terms.instructions.strip():
        return "No instructions are in force."
    return _sentence(template, terms.instructions)


def _heard(cue: Cue, ids: Ids) -> str:
    template = ids.pick(_HEARD[cue.source])
    if _has_output_last(cue):
        return _returned(cue)
    if answered := _answered_approval(cue):
        return answered
    said = _last_of_user(cue)
    if not said:
        return _NOTHING[cue.source]
    return said if said in (_SOUND_ONLY, _IMAGE_ONLY) else _sentence(template, said)


def _sentence(template: str, words: str) -> str:
    """Return the words quoted in a sentence, which ends once."""
    sentence = template.replace("{}", quoted(words))
    return sentence.removesuffix(".") if words.rstrip()[-1:] in (".", "!", "?") else sentence


def _has_output_last(cue: Cue) -> bool:
    return bool(cue.items) and cue.items[-1].get("type") == "function_call_output"


def _returned(cue: Cue) -> str:
    answer = cue.items[-1]
    calls = (item for item in cue.items if item.get("type") == "function_call")
    made = next((call for call in calls if call.get("call_id") == answer.get("call_id")), {})
    name = text(made.get("name")) or "The function"
    output = text(answer.get("output"))
    return f"{name} returned {quoted(output)}." if output.strip() else f"{name} returned nothing."


def _answered_approval(cue: Cue) -> str:
    """Return what became of a call that somebody was asked to approve of."""
    request = asked_approval(cue.items, cue.items[-1]) if _has_approval_last(cue) else None
    if request is None:
        return ""
    name, label = text(request.get("name")), text(request.get("server_label"))
    call = approved_call(cue.items)
    if call is None:
        reason = text(cue.items[-1].get("reason"))
        why = f" Your reason was {quoted(reason)}." if reason.strip() else ""
        return f"You did not approve of calling {name} at {label}, so I did not.{why}"
    return REHEARSED if call.is_rehearsed else UNREACHED


def _last_of_user(cue: Cue) -> str:
    for item in reversed(cue.items):
        if item.get("type") == "message" and item.get("role") == "user":
            return _said(item)
    return ""


def _said(item: JsonObject) -> str:
    parts = objects(item.get("content"))
    words = " ".join(text(part.get("text")) or text(part.get("transcript")) for part in parts)
    if words.strip():
        return words
    if any(part.get("type") == "input_audio" for part in parts):
        return _SOUND_ONLY
    if any(part.get("type") == "input_image" for part in parts):
        return _IMAGE_ONLY
    return ""


def _asides(cue: Cue) -> list[str]:
    asides = []
    if cue.fate.course is Course.UNKNOWN:
        asides.append(f"The fate {quoted(cue.fate.detail)} in metadata is not one I know.")
    labels = [text(server.get("server_label")) for server in servers(cue.terms.tools)]
    away = [label for label in labels if label != REHEARSED_LABEL]
    if away:
        asides.append(f"MCP servers are out of my reach: {_some(away)}.")
    names = [text(tool.get("name")) for tool in cue.terms.tools if tool.get("type") == "function"]
    if names and not _has_output_last(cue):
        asides.append(f"On offer to call: {_some(names)}.")
    return asides


def _some(names: list[str]) -> str:
    return f"{', '.join(names[:3])}{'…' if names[3:] else ''}"
