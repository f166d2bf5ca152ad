"""Where in an event an error points: its dotted param as a JSON Pointer, and what stood there."""

import re
from dataclasses import dataclass

from webapp.events.server import ErrorEvent
from webapp.exact_json.reader import JsonValue
from webapp.forms.nodes import Elided

MAX_PARAM_CHARS = 2_000
MAX_STEPS = 64

_STEP = re.compile(r"""\[(\d+)\]|\['([^']*)'\]|\["([^"]*)"\]|([^.\[\]]+)""", re.ASCII)
_IN_WORDS = re.compile(r"'((?:response|session|item)(?:\.\w+|\[\d+\])+)'", re.ASCII)
_NOTHING: JsonValue = object()  # type: ignore[assignment]  # unlike every value


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a server said of one place of an event, and the event as it had been sent."""

    at: str
    code: str
    said: str
    event: JsonValue

    def holds(self, event: JsonValue) -> bool:
        """Whether the place is still as it was when the server refused it."""
        return _alike(_value_at(self.event, self.at), _value_at(event, self.at))


def place_of(error: ErrorEvent, event: JsonValue = None) -> str:
    """Return the JSON Pointer of what an error is about in ``event``; empty for all of it."""
    param = error.param
    if not param and (found := _IN_WORDS.search(error.message[:MAX_PARAM_CHARS])):
        param = found[1]
    return pointer_of(param, event)


def pointer_of(param: str, event: JsonValue = None) -> str:
    """Return the JSON Pointer that ``response.tools[1].name`` means, with or without its root.

    Names that hold dots themselves are told by ``event``.
    """
    if param.startswith("/"):
        return param
    found = _STEP.finditer(param[:MAX_PARAM_CHARS])
    steps = [next(filter(None, step.groups()), "") for step in found][:MAX_STEPS]
    members = event if isinstance(event, dict) else {}
    params = members.get("response")
    heads = [".".join(steps[:count]) for count in range(1, len(steps) + 1)]
    if isinstance(params, dict) and not any(head in members for head in heads):
        # Some servers leave the root out.
        steps = ["response", *steps] if any(head in params for head in heads) else steps
    return "".join(f"/{_escaped(step)}" for step in _resolved(steps, event))


def _resolved(steps: list[str], value: JsonValue) -> list[str]:
    """Join steps again that are one name together."""
    found: list[str] = []
    while steps:
        count = 1
        if isinstance(value, dict):
            counts = range(len(steps), 0, -1)
            count = next((n for n in counts if ".".join(steps[:n]) in value), 1)
        name = ".".join(steps[:count])
        found.append(name)
        value, steps = _step(value, name), steps[count:]
    return found


def _value_at(value: JsonValue, pointer: str) -> JsonValue:
    for step in pointer.split("/")[1:]:
        value = _step(value, step.replace("~1", "/").replace("~0", "~"))
    return value


def _step(value: JsonValue, name: str) -> JsonValue:
    if isinstance(value, dict):
        return value.get(name, _NOTHING)
    if isinstance(value, list) and name.isdecimal() and len(name) < 9 and int(name) < len(value):
        return value[int(name)]
    return _NOTHING


def _alike(sent: JsonValue, now: JsonValue) -> bool:
    """Compare values, of stored strings only how they begin."""
    if isinstance(sent, dict) and isinstance(now, dict):
        return sent.keys() == now.keys() and all(_alike(sent[name], now[name]) for name in sent)
    if isinstance(sent, list) and isinstance(now, list):
        return len(sent) == len(now) and all(map(_alike, sent, now))
    if isinstance(now, Elided) and isinstance(sent, str):
        return sent.startswith(now)
    return isinstance(sent, bool) == isinstance(now, bool) and sent == now


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
