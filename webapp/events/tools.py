"""Tools the model may use during a response, and which of them it must."""

from typing import Annotated, Literal

from pydantic import MISSING, ConfigDict, Discriminator, Field, Tag

from webapp.events.wire import (
    FreeObject,
    OnlyBranch,
    WireModel,
    branch,
    branch_by_kind,
    branch_by_type,
    member,
    untyped,
    x,
)


class RealtimeFunctionTool(WireModel):
    """A function of yours that the model may ask you to call.

    Source: OpenAPI document 2.3.0, RealtimeFunctionTool and RealtimeBetaResponseCreateParams.
    """

    model_config = ConfigDict(title="Function", json_schema_extra=x(summary="name"))

    type: Literal["function"] | MISSING = Field(
        default=MISSING,
        title="Type",
        description="Says that this tool is a function.",
        json_schema_extra=x(absent="servers refuse the tool", wanted=True),
    )
    name: str | MISSING = Field(
        default=MISSING,
        title="Name",
        description="What the model calls it by: letters, digits, _ and -.",
        json_schema_extra=x(absent="servers refuse the tool", wanted=True),
    )
    description: str | MISSING = Field(
        default=MISSING,
        title="Description",
        description="When and how the model should call it, and what to tell the user meanwhile.",
        json_schema_extra=x(multiline=True, wanted=True),
    )
    parameters: FreeObject | MISSING = Field(
        default=MISSING,
        title="Parameters",
        description="The function's arguments as a JSON Schema.",
        json_schema_extra=x(
            absent="the function takes no arguments",
            wanted=True,
            initial='{"type": "object", "properties": {}}',
            rows=True,
        ),
    )


class MCPToolFilter(WireModel):
    """Picks tools of an MCP server by name or by what they do.

    Source: OpenAPI document 2.3.0, MCPToolFilter.
    """

    model_config = ConfigDict(title="Tool filter")

    tool_names: list[str] | MISSING = Field(
        default=MISSING,
        title="Tool names",
        description="The tools it picks.",
        json_schema_extra=x(add_label="tool name", empty_label="No tools"),
    )
    read_only: bool | MISSING = Field(
        default=MISSING,
        title="Read only",
        description="Picks the tools that the MCP server marks as only reading (or as writing).",
    )


class MCPApprovalFilter(WireModel):
    """Says tool by tool whether a call needs your approval.

    Source: OpenAPI document 2.3.0, MCPTool.require_approval.
    """

    model_config = ConfigDict(title="By tool")

    always: MCPToolFilter | MISSING = Field(
        default=MISSING, title="Always ask", description="Tools that wait for your approval."
    )
    never: MCPToolFilter | MISSING = Field(
        default=MISSING, title="Never ask", description="Tools that run without asking you."
    )


AllowedTools = Annotated[
    Annotated[
        list[str],
        Field(
            title="Tools by name",
            description="Only these tools of the server.",
            json_schema_extra=x(add_label="tool name", empty_label="No tools"),
        ),
        Tag("|array"),
    ]
    | Annotated[MCPToolFilter, Tag("|object")],
    Discriminator(branch_by_kind),
]

RequireApproval = Annotated[
    Annotated[MCPApprovalFilter, Tag("|object")]
    | Annotated[
        Literal["always", "never"],
        Field(title="For all tools", description="One rule for every tool of the server."),
        Tag("|string"),
    ],
    Discriminator(branch_by_kind),
]

ConnectorId = Literal[
    "connector_dropbox",
    "connector_gmail",
    "connector_googlecalendar",
    "connector_googledrive",
    "connector_microsoftteams",
    "connector_outlookcalendar",
    "connector_outlookemail",
    "connector_sharepoint",
]

CallableToolAllowedCaller = Literal["direct", "programmatic"]


class MCPTool(WireModel):
    """The tools of a remote MCP server, which the Realtime server calls by itself.

    Source: OpenAPI document 2.3.0, MCPTool.
    """

    model_config = ConfigDict(title="MCP server", json_schema_extra=x(summary="server_label"))

    type: Literal["mcp"] = Field(title="Type", description="Says that this is an MCP server.")
    server_label: str = Field(
        title="Label", description="Your name for the server; calls of its tools carry it."
    )
    server_url: str | MISSING = Field(
        default=MISSING,
        title="Address",
        description="The server's URL. Give this, a connector or a tunnel.",
        json_schema_extra={"format": "uri"},
    )
    connector_id: ConnectorId | MISSING = Field(
        default=MISSING,
        title="Connector",
        description="A ready-made connection to a well-known service, in place of an address.",
    )
    tunnel_id: str | MISSING = Field(
        default=MISSING,
        pattern=r"^tunnel_[a-z0-9]{32}$",
        title="Tunnel",
        description="A secure tunnel in place of an address: tunnel_ and 32 letters or digits.",
    )
    authorization: str | MISSING = Field(
        default=MISSING,
        title="Access token",
        description="The OAuth token that the server or connector asks for.",
        json_schema_extra=x(secret=True),
    )
    server_description: str | MISSING = Field(
        default=MISSING,
        title="Description",
        description="What the server offers, for the model to know.",
        json_schema_extra=x(multiline=True),
    )
    headers: dict[str, str] | MISSING | None = Field(
        default=MISSING,
        title="Headers",
        description="HTTP headers sent to the MCP server, a key for instance.",
        json_schema_extra=x(secret=True, add_label="header", empty_label="No headers"),
    )
    allowed_tools: AllowedTools | MISSING | None = Field(
        default=MISSING,
        title="Allowed tools",
        description="Which of the server's tools the model may see.",
        json_schema_extra=x(absent="all of them"),
    )
    allowed_callers: (
        Annotated[list[CallableToolAllowedCaller], Field(min_length=1)] | MISSING | None
    ) = Field(
        default=MISSING,
        title="Allowed callers",
        description="Who may call: the model itself, or a program it has written.",
        json_schema_extra=x(add_label="caller"),
    )
    require_approval: RequireApproval | MISSING | None = Field(
        default=MISSING,
        title="Approval",
        description="Which calls wait until you approve them.",
        json_schema_extra=x(absent="always"),
    )
    defer_loading: bool | MISSING = Field(
        default=MISSING,
        title="Load later",
        description="Leave the tools out until a tool search finds them.",
        json_schema_extra=x(absent="the tools are loaded at once"),
    )


def _function_branch(value: object) -> str:
    """A tool without a type is read as a function."""
    return "|type=function" if untyped(value) else branch(value, "type")


def _tool_branch(value: object) -> str:
    """A tool without a type is read as a function, unless it names an MCP server."""
    if untyped(value) and member(value, "server_label") is not MISSING:
        return "|type=mcp"
    return _function_branch(value)


FunctionTool = Annotated[RealtimeFunctionTool, OnlyBranch("|type=function", _function_branch)]

RealtimeTool = Annotated[
    Annotated[RealtimeFunctionTool, Tag("|type=function")] | Annotated[MCPTool, Tag("|type=mcp")],
    Discriminator(_tool_branch),
]


class ToolChoiceFunction(WireModel):
    """The model must call this function.

    Source: OpenAPI document 2.3.0, ToolChoiceFunction.
    """

    model_config = ConfigDict(title="One function", json_schema_extra=x(summary="name"))

    type: Literal["function"] = Field(title="Type", description="Says that a function is meant.")
    name: str = Field(title="Function", description="Name of the function to call.")


class ToolChoiceMCP(WireModel):
    """The model must call a tool of this MCP server.

    Source: OpenAPI document 2.3.0, ToolChoiceMCP.
    """

    model_config = ConfigDict(title="One MCP server", json_schema_extra=x(summary="server_label"))

    type: Literal["mcp"] = Field(title="Type", description="Says that an MCP server is meant.")
    server_label: str = Field(title="Server", description="Label of the MCP server.")
    name: str | MISSING | None = Field(
        default=MISSING,
        title="Tool",
        description="Name of the tool to call.",
        json_schema_extra=x(absent="any tool of the server"),
    )


ToolChoiceOptions = Literal["none", "auto", "required"]

ToolChoice = Annotated[
    Annotated[
        ToolChoiceOptions,
        Field(
            title="Mode",
            description="none: no calls; auto: the model decides; required: at least one call.",
        ),
        Tag("|string"),
    ]
    | Annotated[ToolChoiceFunction, Tag("|type=function")]
    | Annotated[ToolChoiceMCP, Tag("|type=mcp")],
    Discriminator(branch_by_type),
]

ToolChoiceMember = Annotated[
    ToolChoice | MISSING,
    Field(
        title="Tool choice",
        description="Whether the model may, must or must not call a tool, or which one it must.",
        json_schema_extra=x(absent="auto"),
    ),
]
