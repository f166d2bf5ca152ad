"""Conversation items that a response may take as input, and the parts of their content."""

from typing import Annotated, Literal

from pydantic import MISSING, ConfigDict, Discriminator, Field, Tag

from webapp.events.wire import (
    FreeObject,
    OnlyBranch,
    WholeNumber,
    WireModel,
    branch,
    branch_by_type,
    member,
    untyped,
    x,
)

ItemId = Annotated[
    str | MISSING,
    Field(
        title="Item id",
        description="An id of your own for the item, at most 32 characters.",
        json_schema_extra=x(absent="the server makes one up"),
    ),
]

ItemObject = Annotated[
    Literal["realtime.item"] | MISSING,
    Field(title="Object", description="What servers call every item. No need to write it."),
]

ItemStatus = Annotated[
    Literal["completed", "incomplete", "in_progress"] | MISSING,
    Field(title="Status", description="Has no effect on input; servers report it."),
]

CallId = Annotated[
    str,
    Field(
        title="Call id",
        description="Ties a function call to its output. At most 32 characters.",
    ),
]

ServerLabel = Annotated[
    str, Field(title="Server", description="Label of the MCP server, as in the tools.")
]

ToolArguments = Annotated[
    str,
    Field(
        title="Arguments",
        description='The arguments as JSON inside text, such as {"town": "Bergen"}.',
        json_schema_extra=x(multiline=True),
    ),
]

AudioBytes = Annotated[
    str | MISSING,
    Field(
        title="Audio",
        description="The sound as base64: PCM 16 bit, 24 kHz, mono unless the session says else.",
        json_schema_extra=x(media="audio", wanted=True),
    ),
]


class SystemTextPart(WireModel):
    """Text for the model from the system."""

    model_config = ConfigDict(title="Text", json_schema_extra=x(summary="text"))

    type: Literal["input_text"] | MISSING = Field(
        default=MISSING,
        title="Type",
        description="Says that the part is text.",
        json_schema_extra=x(wanted=True),
    )
    text: str | MISSING = Field(
        default=MISSING,
        title="Text",
        description="What the system says.",
        json_schema_extra=x(multiline=True, absent="servers refuse the part", wanted=True),
    )


class UserTextPart(WireModel):
    """Text the user wrote."""

    model_config = ConfigDict(title="Text", json_schema_extra=x(summary="text"))

    type: Literal["input_text"] | MISSING = Field(
        default=MISSING,
        title="Type",
        description="Says that the part is text.",
        json_schema_extra=x(wanted=True),
    )
    text: str | MISSING = Field(
        default=MISSING,
        title="Text",
        description="What the user says.",
        json_schema_extra=x(multiline=True, absent="servers refuse the part", wanted=True),
    )


class UserAudioPart(WireModel):
    """Speech of the user."""

    model_config = ConfigDict(title="Audio", json_schema_extra=x(summary="transcript"))

    type: Literal["input_audio"] | MISSING = Field(
        default=MISSING,
        title="Type",
        description="Says that the part is audio.",
        json_schema_extra=x(wanted=True),
    )
    audio: AudioBytes = MISSING
    transcript: str | MISSING = Field(
        default=MISSING,
        title="Transcript",
        description="What is said, for your own records: the model hears the audio only.",
        json_schema_extra=x(multiline=True),
    )


class UserImagePart(WireModel):
    """A picture the user shows."""

    model_config = ConfigDict(title="Image", json_schema_extra=x(summary="detail"))

    type: Literal["input_image"] | MISSING = Field(
        default=MISSING,
        title="Type",
        description="Says that the part is an image.",
        json_schema_extra=x(wanted=True),
    )
    image_url: str | MISSING = Field(
        default=MISSING,
        title="Image",
        description="The picture itself, PNG or JPEG, as a data URI. Links are not fetched.",
        json_schema_extra={"format": "uri", **x(media="image", wanted=True)},
    )
    detail: Literal["auto", "low", "high"] | MISSING = Field(
        default=MISSING,
        title="Detail",
        description="How closely the model looks. auto means high.",
        json_schema_extra=x(absent="auto"),
    )


class AssistantTextPart(WireModel):
    """Text the model wrote earlier."""

    model_config = ConfigDict(title="Text", json_schema_extra=x(summary="text"))

    type: Literal["output_text"] | MISSING = Field(
        default=MISSING,
        title="Type",
        description="Says that the part is text.",
        json_schema_extra=x(wanted=True),
    )
    text: str | MISSING = Field(
        default=MISSING,
        title="Text",
        description="What the model said.",
        json_schema_extra=x(multiline=True, absent="servers refuse the part", wanted=True),
    )


class AssistantAudioPart(WireModel):
    """Speech of the model from earlier."""

    model_config = ConfigDict(title="Audio", json_schema_extra=x(summary="transcript"))

    type: Literal["output_audio"] | MISSING = Field(
        default=MISSING,
        title="Type",
        description="Says that the part is audio.",
        json_schema_extra=x(wanted=True),
    )
    audio: AudioBytes = MISSING
    transcript: str | MISSING = Field(
        default=MISSING,
        title="Transcript",
        description="What the model said, in words.",
        json_schema_extra=x(multiline=True),
    )


def _has(value: object, *names: str) -> bool:
    return any(member(value, name) is not MISSING for name in names)


def _system_part_branch(value: object) -> str:
    """A part without a type is text: nothing else is allowed here."""
    return "|type=input_text" if untyped(value) else branch(value, "type")


def _user_part_branch(value: object) -> str:
    """A part without a type is known by its members."""
    if not untyped(value):
        return branch(value, "type")
    if _has(value, "audio", "transcript"):
        return "|type=input_audio"
    return "|type=input_image" if _has(value, "image_url", "detail") else "|type=input_text"


def _assistant_part_branch(value: object) -> str:
    """A part without a type is known by its members."""
    if not untyped(value):
        return branch(value, "type")
    return "|type=output_audio" if _has(value, "audio", "transcript") else "|type=output_text"


SystemPart = Annotated[SystemTextPart, OnlyBranch("|type=input_text", _system_part_branch)]

UserPart = Annotated[
    Annotated[UserTextPart, Tag("|type=input_text")]
    | Annotated[UserAudioPart, Tag("|type=input_audio")]
    | Annotated[UserImagePart, Tag("|type=input_image")],
    Discriminator(_user_part_branch),
]

AssistantPart = Annotated[
    Annotated[AssistantTextPart, Tag("|type=output_text")]
    | Annotated[AssistantAudioPart, Tag("|type=output_audio")],
    Discriminator(_assistant_part_branch),
]


class RealtimeConversationItemMessageSystem(WireModel):
    """Context or instructions in the middle of a conversation.

    Source: OpenAPI document 2.3.0, RealtimeConversationItemMessageSystem.
    """

    model_config = ConfigDict(title="System message", json_schema_extra=x(summary="content"))

    id: ItemId = MISSING
    object: ItemObject = MISSING
    type: Literal["message"] = Field(title="Type", description="Says that the item is a message.")
    status: ItemStatus = MISSING
    role: Literal["system"] = Field(title="Role", description="Who speaks: the system.")
    content: list[SystemPart] = Field(
        title="Content",
        description="What the system says, in one or more parts.",
        json_schema_extra=x(add_label="part", empty_label="Nothing said"),
    )


class RealtimeConversationItemMessageUser(WireModel):
    """What the user said, wrote or showed.

    Source: OpenAPI document 2.3.0, RealtimeConversationItemMessageUser.
    """

    model_config = ConfigDict(title="User message", json_schema_extra=x(summary="content"))

    id: ItemId = MISSING
    object: ItemObject = MISSING
    type: Literal["message"] = Field(title="Type", description="Says that the item is a message.")
    status: ItemStatus = MISSING
    role: Literal["user"] = Field(title="Role", description="Who speaks: the user.")
    content: list[UserPart] = Field(
        title="Content",
        description="What the user says: text, audio and images in any order.",
        json_schema_extra=x(add_label="part", empty_label="Nothing said"),
    )


class RealtimeConversationItemMessageAssistant(WireModel):
    """What the model said earlier.

    Source: OpenAPI document 2.3.0, RealtimeConversationItemMessageAssistant.
    """

    model_config = ConfigDict(title="Assistant message", json_schema_extra=x(summary="content"))

    id: ItemId = MISSING
    object: ItemObject = MISSING
    type: Literal["message"] = Field(title="Type", description="Says that the item is a message.")
    status: ItemStatus = MISSING
    role: Literal["assistant"] = Field(title="Role", description="Who speaks: the model.")
    content: list[AssistantPart] = Field(
        title="Content",
        description="What the model said: text or audio.",
        json_schema_extra=x(add_label="part", empty_label="Nothing said"),
    )


class RealtimeConversationItemFunctionCall(WireModel):
    """A call of one of your functions that the model made earlier.

    Source: OpenAPI document 2.3.0, RealtimeConversationItemFunctionCall.
    """

    model_config = ConfigDict(title="Function call", json_schema_extra=x(summary="name"))

    id: ItemId = MISSING
    object: ItemObject = MISSING
    type: Literal["function_call"] = Field(
        title="Type", description="Says that the item is a function call."
    )
    status: ItemStatus = MISSING
    call_id: CallId | MISSING = MISSING
    name: str = Field(title="Function", description="Name of the function that was called.")
    arguments: ToolArguments


class RealtimeConversationItemFunctionCallOutput(WireModel):
    """What your function gave back.

    Source: OpenAPI document 2.3.0, RealtimeConversationItemFunctionCallOutput.
    """

    model_config = ConfigDict(title="Function call output", json_schema_extra=x(summary="call_id"))

    id: ItemId = MISSING
    object: ItemObject = MISSING
    type: Literal["function_call_output"] = Field(
        title="Type", description="Says that the item is the output of a function call."
    )
    status: ItemStatus = MISSING
    call_id: CallId
    output: str = Field(
        title="Output",
        description="The result as text of any kind, often JSON. It may be empty.",
        json_schema_extra=x(multiline=True),
    )


class RealtimeMCPApprovalResponse(WireModel):
    """Your answer to an MCP tool call that asked for approval.

    Source: OpenAPI document 2.3.0, RealtimeMCPApprovalResponse.
    """

    model_config = ConfigDict(
        title="MCP approval answer", json_schema_extra=x(summary="approval_request_id")
    )

    type: Literal["mcp_approval_response"] = Field(
        title="Type", description="Says that the item answers an approval request."
    )
    id: str = Field(title="Item id", description="An id of your own for this answer.")
    approval_request_id: str = Field(
        title="Request id", description="Id of the approval request that this answers."
    )
    approve: bool = Field(title="Approve", description="Whether the call may run.")
    reason: str | MISSING | None = Field(
        default=MISSING,
        title="Reason",
        description="Why, in words.",
        json_schema_extra=x(multiline=True),
    )


class MCPListToolsTool(WireModel):
    """One tool that an MCP server offers.

    Source: OpenAPI document 2.3.0, MCPListToolsTool.
    """

    model_config = ConfigDict(title="MCP tool", json_schema_extra=x(summary="name"))

    name: str = Field(title="Name", description="Name of the tool.")
    description: str | MISSING | None = Field(
        default=MISSING,
        title="Description",
        description="What the tool does.",
        json_schema_extra=x(multiline=True),
    )
    input_schema: FreeObject = Field(
        title="Input schema", description="The tool's arguments as a JSON Schema."
    )
    annotations: FreeObject | MISSING | None = Field(
        default=MISSING, title="Annotations", description="Further notes of the server."
    )


class RealtimeMCPListTools(WireModel):
    """The tools that an MCP server listed earlier.

    Source: OpenAPI document 2.3.0, RealtimeMCPListTools.
    """

    model_config = ConfigDict(title="MCP tool list", json_schema_extra=x(summary="server_label"))

    type: Literal["mcp_list_tools"] = Field(
        title="Type", description="Says that the item lists the tools of an MCP server."
    )
    id: str | MISSING = Field(default=MISSING, title="Item id", description="Id of the list.")
    server_label: ServerLabel
    tools: list[MCPListToolsTool] = Field(
        title="Tools",
        description="What the server offers.",
        json_schema_extra=x(add_label="tool", empty_label="No tools"),
    )


class RealtimeMCPProtocolError(WireModel):
    """The MCP server broke the protocol or refused the request.

    Source: OpenAPI document 2.3.0, RealtimeMCPProtocolError.
    """

    model_config = ConfigDict(title="Protocol error", json_schema_extra=x(summary="message"))

    type: Literal["protocol_error"] = Field(title="Type", description="Says which error it was.")
    code: WholeNumber = Field(title="Code", description="The error's number in MCP.")
    message: str = Field(title="Message", description="What went wrong, in words.")


class RealtimeMCPToolExecutionError(WireModel):
    """The tool ran and failed.

    Source: OpenAPI document 2.3.0, RealtimeMCPToolExecutionError.
    """

    model_config = ConfigDict(title="Tool error", json_schema_extra=x(summary="message"))

    type: Literal["tool_execution_error"] = Field(
        title="Type", description="Says which error it was."
    )
    message: str = Field(title="Message", description="What went wrong, in words.")


class RealtimeMCPHTTPError(WireModel):
    """The MCP server could not be reached or answered with an HTTP error.

    Source: OpenAPI document 2.3.0, RealtimeMCPHTTPError.
    """

    model_config = ConfigDict(title="HTTP error", json_schema_extra=x(summary="message"))

    type: Literal["http_error"] = Field(title="Type", description="Says which error it was.")
    code: WholeNumber = Field(title="Status", description="The HTTP status.")
    message: str = Field(title="Message", description="What went wrong, in words.")


MCPError = Annotated[
    Annotated[RealtimeMCPProtocolError, Tag("|type=protocol_error")]
    | Annotated[RealtimeMCPToolExecutionError, Tag("|type=tool_execution_error")]
    | Annotated[RealtimeMCPHTTPError, Tag("|type=http_error")],
    Discriminator(branch_by_type),
]


class RealtimeMCPToolCall(WireModel):
    """A call of an MCP tool that was made earlier, with its outcome.

    Source: OpenAPI document 2.3.0, RealtimeMCPToolCall.
    """

    model_config = ConfigDict(title="MCP tool call", json_schema_extra=x(summary="name"))

    type: Literal["mcp_call"] = Field(
        title="Type", description="Says that the item is a call of an MCP tool."
    )
    id: str = Field(title="Item id", description="Id of the call.")
    server_label: ServerLabel
    name: str = Field(title="Tool", description="Name of the tool that ran.")
    arguments: ToolArguments
    approval_request_id: str | MISSING | None = Field(
        default=MISSING,
        title="Request id",
        description="Id of the approval request, if there was one.",
    )
    output: str | MISSING | None = Field(
        default=MISSING,
        title="Output",
        description="What the tool gave back.",
        json_schema_extra=x(multiline=True),
    )
    error: MCPError | MISSING | None = Field(
        default=MISSING, title="Error", description="Why the call failed, if it did."
    )


class RealtimeMCPApprovalRequest(WireModel):
    """An MCP tool call that waits for your approval.

    Source: OpenAPI document 2.3.0, RealtimeMCPApprovalRequest.
    """

    model_config = ConfigDict(title="MCP approval request", json_schema_extra=x(summary="name"))

    type: Literal["mcp_approval_request"] = Field(
        title="Type", description="Says that the item asks for approval."
    )
    id: str = Field(title="Item id", description="Id of the request, which the answer names.")
    server_label: ServerLabel
    name: str = Field(title="Tool", description="Name of the tool that wants to run.")
    arguments: ToolArguments


class ItemReference(WireModel):
    """An item that the conversation already has, by its id.

    Source: examples of response.create in OpenAPI document 2.3.0; its item union leaves it out.
    """

    model_config = ConfigDict(title="Reference to an item", json_schema_extra=x(summary="id"))

    type: Literal["item_reference"] = Field(
        title="Type", description="Says that the item is a reference."
    )
    id: str = Field(title="Item id", description="Id of an item the session has seen.")


def _item_branch(value: object) -> str:
    """Three items are messages, told apart by their role."""
    tag = branch(value, "type")
    return branch(value, "type", "role") if tag == "|type=message" else tag


RealtimeConversationItem = Annotated[
    Annotated[RealtimeConversationItemMessageUser, Tag("|type=message role=user")]
    | Annotated[RealtimeConversationItemMessageSystem, Tag("|type=message role=system")]
    | Annotated[RealtimeConversationItemMessageAssistant, Tag("|type=message role=assistant")]
    | Annotated[RealtimeConversationItemFunctionCall, Tag("|type=function_call")]
    | Annotated[RealtimeConversationItemFunctionCallOutput, Tag("|type=function_call_output")]
    | Annotated[ItemReference, Tag("|type=item_reference")]
    | Annotated[RealtimeMCPApprovalRequest, Tag("|type=mcp_approval_request")]
    | Annotated[RealtimeMCPApprovalResponse, Tag("|type=mcp_approval_response")]
    | Annotated[RealtimeMCPListTools, Tag("|type=mcp_list_tools")]
    | Annotated[RealtimeMCPToolCall, Tag("|type=mcp_call")],
    Discriminator(_item_branch),
]

InputItems = Annotated[
    list[RealtimeConversationItem] | MISSING,
    Field(
        title="Input",
        description=(
            "What the model reads for this response in place of the conversation. "
            "An empty list gives it nothing at all to read."
        ),
        json_schema_extra=x(
            add_label="item",
            absent="the model reads the session's conversation",
            empty_label="Clear the context",
        ),
    ),
]
