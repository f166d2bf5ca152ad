"""``response.create`` as the GA dialect spells it: nested params."""

from typing import Annotated, Literal

from pydantic import MISSING, ConfigDict, Field

from webapp.events.audio import Modality, ResponseAudio
from webapp.events.items import InputItems
from webapp.events.prompt import PromptReference
from webapp.events.tools import RealtimeTool, ToolChoiceMember
from webapp.events.wire import (
    Conversation,
    EventId,
    EventName,
    Instructions,
    MaxOutputTokens,
    Metadata,
    ResponseCreateType,
    WireModel,
    x,
)

RealtimeReasoningEffort = Literal["minimal", "low", "medium", "high", "xhigh"]


class RealtimeReasoning(WireModel):
    """How much a reasoning model thinks before it answers.

    Source: OpenAPI document 2.3.0, RealtimeReasoning.
    """

    model_config = ConfigDict(title="Reasoning")

    effort: RealtimeReasoningEffort | MISSING = Field(
        default=MISSING,
        title="Effort",
        description="More effort thinks longer and uses more tokens.",
        json_schema_extra=x(absent="low"),
    )


class RealtimeResponseCreateParams(WireModel):
    """What one response should be like, where it differs from the session's settings.

    Source: OpenAPI document 2.3.0, RealtimeResponseCreateParams.
    """

    model_config = ConfigDict(title="Response")

    output_modalities: list[Modality] | MISSING = Field(
        default=MISSING,
        title="Output modalities",
        description="Audio, with its transcript, or text: then no audio will come.",
        json_schema_extra=x(
            add_label="modality", absent="the session's, audio at first", empty_label="None at all"
        ),
    )
    instructions: Instructions = MISSING
    audio: ResponseAudio | MISSING = Field(
        default=MISSING,
        title="Audio",
        description="Format and voice of a spoken answer.",
        json_schema_extra=x(absent="the session's audio settings"),
    )
    tools: list[RealtimeTool] | MISSING = Field(
        default=MISSING,
        title="Tools",
        description="Functions and MCP servers the model may use. They replace the session's.",
        json_schema_extra=x(
            add_label="tool", absent="the session's tools", empty_label="No tools at all"
        ),
    )
    tool_choice: ToolChoiceMember = MISSING
    parallel_tool_calls: bool | MISSING = Field(
        default=MISSING,
        title="Parallel tool calls",
        description="Whether the model may call several tools at once. Reasoning models only.",
        json_schema_extra=x(absent="the model's own way"),
    )
    reasoning: RealtimeReasoning | MISSING = Field(
        default=MISSING,
        title="Reasoning",
        description="How much the model thinks first. Reasoning models only.",
        json_schema_extra=x(absent="the session's effort"),
    )
    max_output_tokens: MaxOutputTokens = MISSING
    conversation: Conversation = MISSING
    metadata: Metadata = MISSING
    prompt: PromptReference = MISSING
    input: InputItems = MISSING


class RealtimeClientEventResponseCreate(WireModel):
    """Asks the model for a response.

    Source: OpenAPI document 2.3.0, RealtimeClientEventResponseCreate.
    """

    # The document requires the type; here it writes itself.
    model_config = ConfigDict(title="response.create", json_schema_extra={"required": ["type"]})

    event_id: Annotated[EventId, Field(max_length=512)] = MISSING
    type: EventName = ResponseCreateType.RESPONSE_CREATE
    response: RealtimeResponseCreateParams | MISSING = Field(
        default=MISSING,
        title="Response",
        description="Settings of this one response.",
        json_schema_extra=x(absent="the session's settings apply"),
    )
