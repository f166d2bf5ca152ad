"""MCP as far as a sandbox can rehearse it: no server is ever asked, and it says so.

Only a server labelled ``sandbox`` seems to answer: it has the tools that ``allowed_tools`` names.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from webapp.exact_json.reader import JsonValue
from webapp.sandbox.arguments import example
from webapp.sandbox.conversation import Conversation
from webapp.sandbox.looks import member, text, texts
from webapp.sandbox.steps import JsonObject, Pause, Step
from webapp.sandbox.wording import Wording

REHEARSED_LABEL = "sandbox"
LISTING_S = 0.2
UNREACHED = "The sandbox reaches no MCP server, so nothing was called."
REHEARSED = "The sandbox rehearsed this call: no MCP server was asked."

_SCHEMA: JsonObject = {
    "type": "object",
    "properties": {"topic": {"type": "string"}},
    "required": ["topic"],
}


@dataclass(frozen=True, slots=True)
class McpCall:
    """A call of a server's tool, before or after somebody approved of it."""

    label: str
    name: str
    needs_approval: bool
    approval_request_id: str | None = None

    @property
    def arguments(self) -> str:
        # What a server out of reach takes is not known.
        return json.dumps(example(_SCHEMA if self.is_rehearsed else {}), ensure_ascii=False)

    @property
    def is_rehearsed(self) -> bool:
        return self.label == REHEARSED_LABEL

    @property
    def outcome(self) -> JsonObject:
        """The members of a finished ``mcp_call`` item that tell how it went."""
        if self.is_rehearsed:
            return {"output": REHEARSED, "error": None}
        return {"output": None, "error": {"type": "http_error", "code": 502, "message": UNREACHED}}


def servers(tools: Iterable[JsonObject]) -> list[JsonObject]:
    """Return the MCP servers among tools."""
    return [tool for tool in tools if tool.get("type") == "mcp"]


def list_tools(wording: Wording, conversation: Conversation, server: JsonObject) -> Iterator[Step]:
    """Yield what is said while the tools of a server are looked up."""
    label = text(server.get("server_label"))
    tools: list[JsonValue] = [
        {"name": name, "description": "Only rehearsed.", "input_schema": _SCHEMA}
        for name in (_names(server) if label == REHEARSED_LABEL else [])
    ]
    item: JsonObject = {
        "id": wording.ids.draw("mcpl"),
        "type": "mcp_list_tools",
        "server_label": label,
        "tools": [],
    }
    previous_id = conversation.last_id
    conversation.add(item, after=previous_id)
    yield from wording.item_added(item, previous_id)
    yield wording.say("mcp_list_tools.in_progress", item_id=item["id"])
    yield Pause(LISTING_S)
    outcome = "completed" if tools else "failed"
    yield wording.say(f"mcp_list_tools.{outcome}", item_id=item["id"])
    if conversation.find(item["id"]):
        found = {**item, "tools": tools}
        conversation.replace(found)
        yield from wording.item_done(found, conversation.id_before(item["id"]))


def chosen_call(tools: Sequence[JsonObject], choice: JsonValue) -> McpCall | None:
    """Return the call that a tool choice asks for, if it asks for one of a server's tools."""
    known = servers(tools)
    label = text(member(choice, "server_label"))
    asked = [server for server in known if server.get("server_label") == label]
    if choice == "required":
        asked = known
    for server in asked:
        if name := text(member(choice, "name")) or next(iter(_names(server)), ""):
            label = text(server.get("server_label"))
            return McpCall(label, name, _needs_approval(server, name))
    return None


def approved_call(items: Sequence[JsonObject]) -> McpCall | None:
    """Return the call that the last item of a context approves of, if it does."""
    last = items[-1] if items else {}
    if last.get("type") != "mcp_approval_response" or last.get("approve") is not True:
        return None
    request = asked_approval(items, last)
    if request is None:
        return None
    request_id = text(request.get("id"))
    label, name = text(request.get("server_label")), text(request.get("name"))
    return McpCall(label, name, needs_approval=False, approval_request_id=request_id)


def asked_approval(items: Sequence[JsonObject], response: JsonObject) -> JsonObject | None:
    """Return the approval request that an ``mcp_approval_response`` answers."""
    asked = (item for item in items if item.get("type") == "mcp_approval_request")
    wanted = response.get("approval_request_id")
    return next((request for request in asked if request.get("id") == wanted), None)


def _names(server: JsonObject) -> list[str]:
    rehearsed = ["rehearse"] if server.get("server_label") == REHEARSED_LABEL else []
    return _allowed(server) or rehearsed


def _allowed(server: JsonObject) -> list[str]:
    allowed = server.get("allowed_tools")
    return texts(allowed) or texts(member(allowed, "tool_names"))


def _needs_approval(server: JsonObject, name: str) -> bool:
    """Tell whether somebody has to approve of a call: always, unless the server is trusted."""
    asked = server.get("require_approval")
    if isinstance(asked, dict):
        return name not in texts(member(asked, "never", "tool_names"))
    return asked != "never"
