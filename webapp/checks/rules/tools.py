"""Rules of tools and of the choice among them."""

import re
from collections.abc import Iterator

from webapp.checks.json_schemas import fault_of_schema, references_to_nowhere, strange_parameters
from webapp.checks.rules.rule import (
    GA,
    ITEM,
    PARAMS,
    PROSE,
    TOOL,
    TOOLS,
    Finding,
    Rule,
    adding,
    at,
    is_function,
    items_of,
    members_of,
    names_of,
    removing,
    texts_of,
    writing,
)
from webapp.exact_json.reader import JsonValue
from webapp.forms.problems import INVALID, MISSED, Patch, Severity, excerpt
from webapp.spelling import nearest

BAD_SCHEMA = "invalid_schema"

MOST_RENAMED = 8  # tools of one name that one fix changes

_FUNCTION_NAME = re.compile(r"[a-zA-Z0-9_-]+", re.ASCII)
_NOT_IN_NAMES = re.compile(r"[^a-zA-Z0-9_-]+", re.ASCII)

_MCP_TARGETS = ("server_url", "connector_id", "tunnel_id")


def tool_without_type(tool: JsonValue) -> Iterator[Finding]:
    if isinstance(tool, dict) and "type" not in tool:
        yield Finding(
            ("type",),
            "Servers refuse a tool that does not say its type: add “type”.",
            adding("type", "mcp" if "server_label" in tool else "function"),
        )


def tool_without_name(tool: JsonValue) -> Iterator[Finding]:
    if is_function(tool) and "name" not in members_of(tool):
        yield Finding(("name",), "The function has no name, so it cannot be called: add “name”.")


def tool_name_unusual(params: JsonValue) -> Iterator[Finding]:
    tools = items_of(at(params, "tools"))
    where: dict[str, list[int]] = {}
    for place, tool in enumerate(tools):
        name = at(tool, "name")
        if is_function(tool) and isinstance(name, str) and not _FUNCTION_NAME.fullmatch(name):
            where.setdefault(name, []).append(place)
    taken = {*names_of(tools, "name")} if where else set()
    for name, places in where.items():
        usual = _NOT_IN_NAMES.sub("_", name).strip("_")
        usable = usual and usual not in taken and len(places) <= MOST_RENAMED
        for place in places:
            yield Finding(
                ("tools", place, "name"),
                _unusual(name),
                _rename(params, name, usual, places) if usable else None,
                does=f"rename to {usual}",
            )


def _unusual(name: str) -> str:
    if not name:
        return "The function has no name yet, so it cannot be called: type one."
    return "Use letters, digits, _ and - only: related services refuse other names."


def _rename(params: JsonValue, name: str, new: str, places: list[int]) -> Patch:
    """Give every tool of a name, and the choice of it, another one."""
    steps = [step for place in places for step in writing(new, f"/tools/{place}/name")]
    if at(params, "tool_choice", "name") == name:
        steps += writing(new, "/tool_choice/name")
    return tuple(steps)


def tool_names_repeated(tools: JsonValue) -> Iterator[Finding]:
    seen: dict[str, JsonValue] = {}
    for place, tool in enumerate(items_of(tools)):
        name = at(tool, "name")
        if isinstance(name, str) and is_function(tool):
            if name in seen:
                yield Finding(
                    (place, "name"),
                    f"An earlier tool is called {excerpt(name)} too.",
                    removing(f"/{place}"),
                    safe=seen[name] == tool,
                    does="remove this tool",
                )
            seen.setdefault(name, tool)


def parameters_no_schema(tool: JsonValue) -> Iterator[Finding]:
    if fault := fault_of_schema(at(tool, "parameters")):
        path, message = fault
        yield Finding(("parameters", *path), f"This is not a valid JSON Schema: {message}")


def parameters_refer_to_nowhere(tool: JsonValue) -> Iterator[Finding]:
    for path, message in references_to_nowhere(at(tool, "parameters")):
        yield Finding(("parameters", *path), message)


def parameters_strange(tool: JsonValue) -> Iterator[Finding]:
    for path, message, fix in strange_parameters(at(tool, "parameters")):
        yield Finding(
            ("parameters", *path),
            message,
            tuple({**step, "path": f"/parameters{step['path']}"} for step in fix),
        )


def listed_schema_invalid(item: JsonValue) -> Iterator[Finding]:
    for place, tool in enumerate(items_of(at(item, "tools"))):
        if fault := fault_of_schema(at(tool, "input_schema")):
            path, message = fault
            yield Finding(
                ("tools", place, "input_schema", *path),
                f"This is not a valid JSON Schema: {message}",
            )


def mcp_without_target(tool: JsonValue) -> Iterator[Finding]:
    if at(tool, "type") == "mcp":
        targets = [name for name in _MCP_TARGETS if at(tool, name) is not None]
        if not targets:
            yield Finding(
                ("server_url",),
                "The MCP server cannot be found: give its address, a connector or a tunnel.",
            )


def mcp_with_many_targets(tool: JsonValue) -> Iterator[Finding]:
    if at(tool, "type") == "mcp":
        targets = [name for name in _MCP_TARGETS if at(tool, name) is not None]
        for extra in targets[1:]:
            yield Finding(
                (extra,),
                f"One target is expected, and “{targets[0]}” is one already: remove it.",
                removing(f"/{extra}"),
            )


def mcp_labels_repeated(tools: JsonValue) -> Iterator[Finding]:
    seen: dict[str, JsonValue] = {}
    for place, tool in enumerate(items_of(tools)):
        label = at(tool, "server_label")
        if isinstance(label, str):
            if label in seen:
                yield Finding(
                    (place, "server_label"),
                    f"An earlier MCP server is called {excerpt(label)} too: a tool choice, and the "
                    "items of its calls, could mean either.",
                    removing(f"/{place}") if seen[label] == tool else None,
                    safe=True,
                    does="remove this server",
                )
            seen.setdefault(label, tool)


def mcp_address_unusual(tool: JsonValue) -> Iterator[Finding]:
    address = at(tool, "server_url")
    if isinstance(address, str) and not re.match(r"https?://[^\s/]", address, re.IGNORECASE):
        bare = re.fullmatch(r"[\w-]+(\.[\w-]+)+(:\d+)?(/\S*)?", address, re.ASCII)
        yield Finding(
            ("server_url",),
            "This is no web address: it should begin with https://.",
            writing(f"https://{address}", "/server_url") if bare else None,
            safe=True,
        )


def tool_choice_unmet(params: JsonValue) -> Iterator[Finding]:
    """A choice that the event's own tools, which replace the session's, cannot meet."""
    tools = at(params, "tools")
    if not isinstance(tools, list):
        return
    choice = at(params, "tool_choice")
    name, label = at(choice, "name"), at(choice, "server_label")
    match at(choice, "type"):
        case "function" if isinstance(name, str):
            functions = names_of([tool for tool in tools if is_function(tool)], "name")
            if name not in functions:
                yield Finding(
                    ("tool_choice", "name"),
                    f"This event's tools have no function {excerpt(name)}, and they replace the "
                    "session's."
                    if name
                    else "No function is named yet: type the name of one of this event's tools.",
                    _instead(name, functions, "/tool_choice/name"),
                )
        case "mcp" if isinstance(label, str):
            labels = names_of(tools, "server_label")
            allowed = _allowed(tools, label)
            if isinstance(name, str) and allowed is not None and name not in allowed:
                yield Finding(
                    ("tool_choice", "name"),
                    f"The MCP server {excerpt(label)} is not allowed the tool {excerpt(name)}.",
                    _instead(name, allowed, "/tool_choice/name"),
                )
            if label not in labels:
                yield Finding(
                    ("tool_choice", "server_label"),
                    f"This event's tools have no MCP server {excerpt(label)}, and they replace the "
                    "session's.",
                    _instead(label, labels, "/tool_choice/server_label"),
                )
        case _ if choice == "required" and not tools:
            yield Finding(
                ("tool_choice",),
                "A call is required, yet the list of tools is empty.",
                writing("none", "/tool_choice"),
            )


def _allowed(tools: list[JsonValue], label: str) -> list[str] | None:
    """Return the tools that a server is allowed, where they are listed."""
    allowed = next(
        (at(tool, "allowed_tools") for tool in tools if at(tool, "server_label") == label), None
    )
    names = at(allowed, "tool_names") if isinstance(allowed, dict) else allowed
    return texts_of(names) if isinstance(names, list) else None


def _instead(name: str, known: list[str], path: str) -> Patch | None:
    meant = nearest(name, known) or (known[0] if len(set(known)) == 1 else "")
    return writing(meant, path) if meant else None


def forced_out_of_band(params: JsonValue) -> Iterator[Finding]:
    forced = at(params, "tool_choice", "type") == "function"
    if forced and at(params, "conversation") == "none":
        yield Finding(
            ("tool_choice",),
            "Servers have answered a forced function out of band with a server error; the event is "
            "not at fault. If yours does, use required, or stay in the conversation.",
            writing("required", "/tool_choice"),
        )


RULES: tuple[Rule, ...] = (
    Rule(
        TOOL,
        tool_without_type,
        Severity.ERROR,
        MISSED,
        "twilio-samples/speech-assistant-openai-realtime-api-python#3",
    ),
    Rule(
        TOOL,
        tool_without_name,
        Severity.ERROR,
        MISSED,
        "twilio-samples/speech-assistant-openai-realtime-api-python#3",
    ),
    Rule(
        PARAMS,
        tool_name_unusual,
        Severity.WARNING,
        INVALID,
        "names that OpenAI's Responses API takes; unproven here",
        given=("tools",),
        alone=True,
    ),
    Rule(
        TOOLS,
        tool_names_repeated,
        Severity.WARNING,
        "name_repeated",
        "inferred: a call could not tell them apart",
    ),
    Rule(
        TOOL,
        parameters_no_schema,
        Severity.WARNING,
        BAD_SCHEMA,
        "JSON Schema, its own meta-schema",
        given=("parameters",),
    ),
    Rule(
        TOOL,
        parameters_refer_to_nowhere,
        Severity.WARNING,
        BAD_SCHEMA,
        "JSON Schema 2020-12, section 8.2.3.1",
        given=("parameters",),
    ),
    Rule(
        TOOL,
        parameters_strange,
        Severity.WARNING,
        BAD_SCHEMA,
        "inferred: OpenAI's sibling APIs refuse or misread it",
        given=("parameters",),
    ),
    Rule(
        ITEM,
        listed_schema_invalid,
        Severity.WARNING,
        BAD_SCHEMA,
        "JSON Schema, its own meta-schema",
        given=("tools",),
    ),
    Rule(TOOL, mcp_without_target, Severity.ERROR, MISSED, f"{PROSE} of MCPTool", GA),
    Rule(TOOL, mcp_with_many_targets, Severity.ERROR, INVALID, f"{PROSE} of MCPTool", GA),
    Rule(
        TOOLS,
        mcp_labels_repeated,
        Severity.WARNING,
        "name_repeated",
        f"{PROSE} of MCPTool.server_label",
        GA,
    ),
    Rule(
        TOOL,
        mcp_address_unusual,
        Severity.WARNING,
        INVALID,
        "OpenAPI document 2.3.0, MCPTool.server_url",
        GA,
        given=("server_url",),
    ),
    Rule(
        PARAMS,
        tool_choice_unmet,
        Severity.WARNING,
        INVALID,
        "inferred: tools of a response replace the session's",
        given=("tool_choice",),
    ),
    Rule(
        PARAMS,
        forced_out_of_band,
        Severity.WARNING,
        "forced_out_of_band",
        "community.openai.com/t/1362788",
        given=("tool_choice",),
    ),
)
