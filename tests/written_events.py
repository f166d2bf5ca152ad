"""Events written in one line: what the tests of rules and checks are made of."""

import base64
from typing import Any

from webapp.checks.checking import problems_of
from webapp.events import EVENTS
from webapp.forms.problems import Problem

USER = {"type": "message", "role": "user"}
SAID = {**USER, "content": [{"type": "input_text", "text": "Hi"}]}
PIXEL = "data:image/png;base64,iVBORw0KGgo="


def wire(**params: Any) -> dict[str, Any]:
    """A ``response.create`` with these params."""
    return {"type": "response.create", "response": params}


def problems(dialect: str, event: Any) -> list[Problem]:
    return problems_of(EVENTS[dialect, "response.create"], event)


def part(role: str, **members: Any) -> dict[str, Any]:
    """Params whose input is one message of one part."""
    return {"input": [{"type": "message", "role": role, "content": [members]}]}


def mcp(**members: Any) -> dict[str, Any]:
    """Params with one MCP server."""
    return {"tools": [{"type": "mcp", "server_label": "s", **members}]}


def voiced(**output: Any) -> dict[str, Any]:
    """Params of GA's audio output."""
    return {"audio": {"output": output}}


def based(sound: bytes) -> str:
    """Bytes as the base64 of an audio part."""
    return base64.b64encode(sound).decode()


# Four slips, each of which has a safe fix, and the event without them.
SLIPS = wire(
    max_tokens=5,
    instructions="x",
    output_modalities=["audio"],
    tools=[{"type": "function", "function": {"name": "f"}}],
    input=[SAID],
)
MENDED = wire(
    max_output_tokens=5,
    instructions="x",
    modalities=["text", "audio"],
    tools=[{"type": "function", "name": "f"}],
    input=[SAID],
)
