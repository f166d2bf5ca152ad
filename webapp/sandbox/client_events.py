"""The client events the sandbox takes beside ``response.create``, as models."""

from typing import Annotated, Literal

from pydantic import MISSING, Discriminator, Field, Tag

from webapp.events import EVENTS
from webapp.events.audio import (
    BetaAudioFormat,
    Modality,
    RealtimeAudioFormats,
    VoiceIdsOrCustomVoice,
)
from webapp.events.ga import RealtimeReasoning
from webapp.events.items import RealtimeConversationItem
from webapp.events.prompt import PromptReference
from webapp.events.tools import RealtimeFunctionTool, RealtimeTool, ToolChoiceMember
from webapp.events.wire import (
    NUMBER,
    WHOLE_NUMBER,
    FreeObject,
    TokenLimit,
    WholeNumber,
    WireModel,
    branch_by_kind,
    branch_by_type,
)
from webapp.sandbox.terms import Dialect

EventId = Annotated[str, Field(max_length=512)]
Speed = Annotated[float, Field(ge=0.25, le=1.5), *NUMBER]
Include = list[Literal["item.input_audio_transcription.logprobs"]]


class TracingSettings(WireModel):
    """How the trace of a session is called and grouped."""

    workflow_name: str | MISSING = MISSING
    group_id: str | MISSING = MISSING
    metadata: FreeObject | MISSING = MISSING


class TokenLimits(WireModel):
    """How many tokens of the conversation are kept."""

    post_instructions: Annotated[int, Field(ge=0), *WHOLE_NUMBER] | MISSING = MISSING


class RetentionRatio(WireModel):
    """How much of a conversation is kept when it has grown too long."""

    type: Literal["retention_ratio"]
    retention_ratio: Annotated[float, Field(ge=0.0, le=1.0), *NUMBER]
    token_limits: TokenLimits | MISSING = MISSING


Tracing = Annotated[
    Annotated[TracingSettings, Tag("|object")] | Annotated[Literal["auto"], Tag("|string")],
    Discriminator(branch_by_kind),
]
Truncation = Annotated[
    Annotated[RetentionRatio, Tag("|object")]
    | Annotated[Literal["auto", "disabled"], Tag("|string")],
    Discriminator(branch_by_kind),
]


class Transcription(WireModel):
    """How the user's speech is turned into text."""

    model: str | MISSING = MISSING
    language: str | MISSING = MISSING
    languages: Annotated[list[str], Field(min_length=1)] | MISSING = MISSING
    keywords: list[str] | MISSING = MISSING
    prompt: str | MISSING = MISSING
    delay: Literal["minimal", "low", "medium", "high", "xhigh"] | MISSING = MISSING


class NoiseReduction(WireModel):
    """What kind of microphone the noise is taken out for."""

    type: Literal["near_field", "far_field"] | MISSING = MISSING


class ServerVad(WireModel):
    """The end of the user's turn is told from silence."""

    type: Literal["server_vad"]
    threshold: Annotated[float, Field(ge=0.0, le=1.0), *NUMBER] | MISSING = MISSING
    prefix_padding_ms: Annotated[int, Field(ge=0), *WHOLE_NUMBER] | MISSING = MISSING
    silence_duration_ms: Annotated[int, Field(ge=0), *WHOLE_NUMBER] | MISSING = MISSING
    idle_timeout_ms: Annotated[int, Field(ge=5_000, le=30_000), *WHOLE_NUMBER] | MISSING | None = (
        MISSING
    )
    create_response: bool | MISSING = MISSING
    interrupt_response: bool | MISSING = MISSING


class SemanticVad(WireModel):
    """The end of the user's turn is told from what was said."""

    type: Literal["semantic_vad"]
    eagerness: Literal["low", "medium", "high", "auto"] | MISSING = MISSING
    create_response: bool | MISSING = MISSING
    interrupt_response: bool | MISSING = MISSING


TurnDetection = Annotated[
    Annotated[ServerVad, Tag("|type=server_vad")]
    | Annotated[SemanticVad, Tag("|type=semantic_vad")],
    Discriminator(branch_by_type),
]


class RealtimeSessionCreateRequest(WireModel):
    """Settings of a Beta session."""

    client_secret: FreeObject | MISSING | None = MISSING
    modalities: list[Modality] | MISSING = MISSING
    model: str | MISSING = MISSING
    instructions: str | MISSING | None = MISSING
    voice: VoiceIdsOrCustomVoice | MISSING = MISSING
    input_audio_format: BetaAudioFormat | MISSING = MISSING
    output_audio_format: BetaAudioFormat | MISSING = MISSING
    input_audio_transcription: Transcription | MISSING | None = MISSING
    input_audio_noise_reduction: NoiseReduction | MISSING | None = MISSING
    turn_detection: TurnDetection | MISSING | None = MISSING
    tools: list[RealtimeFunctionTool] | MISSING = MISSING
    tool_choice: ToolChoiceMember = MISSING
    temperature: Annotated[float, Field(ge=0.6, le=1.2), *NUMBER] | MISSING = MISSING
    max_response_output_tokens: TokenLimit | MISSING = MISSING
    speed: Speed | MISSING = MISSING
    tracing: Tracing | MISSING | None = MISSING
    truncation: Truncation | MISSING = MISSING
    prompt: PromptReference = MISSING
    include: Include | MISSING | None = MISSING


class InputAudio(WireModel):
    """What a GA session expects from the user's microphone."""

    format: RealtimeAudioFormats | MISSING = MISSING
    transcription: Transcription | MISSING | None = MISSING
    noise_reduction: NoiseReduction | MISSING | None = MISSING
    turn_detection: TurnDetection | MISSING | None = MISSING


class OutputAudio(WireModel):
    """How a GA session speaks."""

    format: RealtimeAudioFormats | MISSING = MISSING
    voice: VoiceIdsOrCustomVoice | MISSING = MISSING
    speed: Speed | MISSING = MISSING


class SessionAudio(WireModel):
    """Sound in and out of a GA session."""

    input: InputAudio | MISSING = MISSING
    output: OutputAudio | MISSING = MISSING


class RealtimeSessionCreateRequestGA(WireModel):
    """Settings of a GA session."""

    type: Literal["realtime"]
    output_modalities: list[Modality] | MISSING = MISSING
    model: str | MISSING = MISSING
    instructions: str | MISSING | None = MISSING
    audio: SessionAudio | MISSING = MISSING
    include: Include | MISSING | None = MISSING
    tracing: Tracing | MISSING | None = MISSING
    tools: list[RealtimeTool] | MISSING = MISSING
    tool_choice: ToolChoiceMember = MISSING
    parallel_tool_calls: bool | MISSING = MISSING
    reasoning: RealtimeReasoning | MISSING = MISSING
    max_output_tokens: TokenLimit | MISSING = MISSING
    truncation: Truncation | MISSING = MISSING
    prompt: PromptReference = MISSING


class ClientEvent(WireModel):
    """What every client event may hold."""

    event_id: EventId | MISSING = MISSING
    type: str


class RealtimeBetaClientEventSessionUpdate(ClientEvent):
    session: RealtimeSessionCreateRequest


class RealtimeClientEventSessionUpdate(ClientEvent):
    session: RealtimeSessionCreateRequestGA


class RealtimeClientEventConversationItemCreate(ClientEvent):
    previous_item_id: str | MISSING | None = MISSING
    item: RealtimeConversationItem


class RealtimeClientEventConversationItemRetrieve(ClientEvent):
    item_id: str


class RealtimeClientEventConversationItemTruncate(ClientEvent):
    item_id: str
    content_index: WholeNumber
    audio_end_ms: Annotated[int, Field(ge=0), *WHOLE_NUMBER]


class RealtimeClientEventConversationItemDelete(ClientEvent):
    item_id: str


class RealtimeClientEventInputAudioBufferAppend(ClientEvent):
    audio: str


class RealtimeClientEventResponseCancel(ClientEvent):
    response_id: str | MISSING | None = MISSING


_SHARED: dict[str, type[WireModel]] = {
    "conversation.item.create": RealtimeClientEventConversationItemCreate,
    "conversation.item.retrieve": RealtimeClientEventConversationItemRetrieve,
    "conversation.item.truncate": RealtimeClientEventConversationItemTruncate,
    "conversation.item.delete": RealtimeClientEventConversationItemDelete,
    "input_audio_buffer.append": RealtimeClientEventInputAudioBufferAppend,
    "input_audio_buffer.commit": ClientEvent,
    "input_audio_buffer.clear": ClientEvent,
    "output_audio_buffer.clear": ClientEvent,
}

CLIENT_EVENTS: dict[Dialect, dict[str, type[WireModel]]] = {
    "beta": {
        "session.update": RealtimeBetaClientEventSessionUpdate,
        **_SHARED,
        "response.create": EVENTS["beta", "response.create"].model,
        "response.cancel": RealtimeClientEventResponseCancel,
    },
    "ga": {
        "session.update": RealtimeClientEventSessionUpdate,
        **_SHARED,
        "response.create": EVENTS["ga", "response.create"].model,
        "response.cancel": RealtimeClientEventResponseCancel,
    },
}
