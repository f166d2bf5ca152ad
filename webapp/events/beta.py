"""``response.create`` as the Beta dialect spells it: flat params."""

from typing import Annotated

from pydantic import MISSING, ConfigDict, Field

from webapp.events.audio import BetaAudioFormat, Modality, Voice
from webapp.events.items import InputItems
from webapp.events.prompt import PromptReference
from webapp.events.tools import FunctionTool, ToolChoiceMember
from webapp.events.wire import (
    NUMBER,
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


class RealtimeBetaResponseCreateParams(WireModel):
    """What one response should be like, where it differs from the session's settings.

    Source: OpenAPI document 2.3.0, RealtimeBetaResponseCreateParams.
    """

    model_config = ConfigDict(title="Response")

    modalities: list[Modality] | MISSING = Field(
        default=MISSING,
        title="Modalities",
        description="Text and audio together, or text alone: then no audio will come.",
        json_schema_extra=x(
            add_label="modality", absent="the session's modalities", empty_label="None at all"
        ),
    )
    instructions: Instructions = MISSING
    voice: Voice = MISSING
    output_audio_format: BetaAudioFormat | MISSING = Field(
        default=MISSING,
        title="Audio format",
        description=(
            "How the sound is encoded: pcm16 is 24 kHz mono, the g711 formats are telephone sound."
        ),
        json_schema_extra=x(absent="the session's format"),
    )
    tools: list[FunctionTool] | MISSING = Field(
        default=MISSING,
        title="Tools",
        description="Functions the model may call. They replace the session's tools.",
        json_schema_extra=x(
            add_label="tool", absent="the session's tools", empty_label="No tools at all"
        ),
    )
    tool_choice: ToolChoiceMember = MISSING
    temperature: Annotated[float, Field(ge=0.6, le=1.2), *NUMBER] | MISSING = Field(
        default=MISSING,
        title="Temperature",
        description="How freely the model picks its words: 0.6 to 1.2.",
        json_schema_extra=x(absent="0.8", source="OpenAPI document 2.3.0, prose of the member"),
    )
    max_output_tokens: MaxOutputTokens = MISSING
    conversation: Conversation = MISSING
    metadata: Metadata = MISSING
    prompt: PromptReference = MISSING
    input: InputItems = MISSING


class RealtimeBetaClientEventResponseCreate(WireModel):
    """Asks the model for a response.

    Source: OpenAPI document 2.3.0, RealtimeBetaClientEventResponseCreate.
    """

    # The document requires the type; here it writes itself.
    model_config = ConfigDict(title="response.create", json_schema_extra={"required": ["type"]})

    event_id: EventId = MISSING
    type: EventName = ResponseCreateType.RESPONSE_CREATE
    response: RealtimeBetaResponseCreateParams | MISSING = Field(
        default=MISSING,
        title="Response",
        description="Settings of this one response.",
        json_schema_extra=x(absent="the session's settings apply"),
    )
