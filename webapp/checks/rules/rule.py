"""What a rule of the protocol is, and what all of them read an event with."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from webapp.events import DIALECTS
from webapp.exact_json.reader import JsonValue
from webapp.forms.problems import Patch, Severity, Step

BETA = ("beta",)
GA = ("ga",)

EVENT: tuple[str, ...] = ()
PARAMS = ("response",)
TOOLS = ("response", "tools")
TOOL = ("response", "tools", "*")
INPUT = ("response", "input")
ITEM = ("response", "input", "*")
PART = ("response", "input", "*", "content", "*")
OUTPUT = ("response", "audio", "output")

PROSE = "OpenAPI document 2.3.0, prose"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found: the path below what it looked at, the words, and a patch from there.

    A fix that only adds or renames is safe anyway; ``safe`` says so of one that replaces or
    removes and loses nothing all the same. ``does`` says what the fix does.
    """

    path: tuple[Step, ...]
    message: str
    fix: Patch | None = None
    safe: bool = False
    does: str = ""


Look: TypeAlias = Callable[[JsonValue], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of the protocol: which value it looks at, what it may find, and who says so.

    ``scope`` is the path of the value in the event; ``*`` is every place of a list. Where several
    dialects share a rule, they are all named. An object without any of the members ``given`` is
    passed over. A rule that holds of a part ``alone`` looks at parts too where its scope is wider.
    """

    scope: tuple[str, ...]
    look: Look
    severity: Severity
    code: str
    source: str
    dialects: tuple[str, ...] = DIALECTS
    given: tuple[str, ...] = ()
    alone: bool = False


def members_of(value: JsonValue) -> dict[str, JsonValue]:
    """Return an object; of anything else an empty one."""
    return value if isinstance(value, dict) else {}


def items_of(value: JsonValue) -> list[JsonValue]:
    """Return a list; of anything else an empty one."""
    return value if isinstance(value, list) else []


def texts_of(values: list[JsonValue]) -> list[str]:
    """Return what is text among values."""
    return [value for value in values if isinstance(value, str)]


def at(value: JsonValue, *path: str) -> JsonValue:
    """Return the value at a path of members, or None."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def names_of(items: JsonValue, name: str) -> list[str]:
    """Return what the items of a list have at one member, where it is text."""
    found = [item.get(name) for item in items_of(items) if isinstance(item, dict)]
    return texts_of(found)


def is_function(tool: JsonValue) -> bool:
    """Whether a tool is a function; one without a type is, unless it has a server's label."""
    if not isinstance(tool, dict):
        return False
    return tool.get("type", "mcp" if "server_label" in tool else "function") == "function"


def adding(name: str, value: JsonValue) -> Patch:
    """Return the patch that adds a member."""
    return ({"op": "add", "path": f"/{name}", "value": value},)


def writing(value: JsonValue, path: str = "") -> Patch:
    """Return the patch that puts ``value`` in place of what is there."""
    return ({"op": "replace", "path": path, "value": value},)


def removing(path: str) -> Patch:
    """Return the patch that takes something out."""
    return ({"op": "remove", "path": path},)
