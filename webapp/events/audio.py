"""Voices, and the formats a response's sound may come in."""

from typing import Annotated, Literal

from pydantic import MISSING, ConfigDict, Discriminator, Field, Tag

from webapp.events.wire import (
    WHOLE_NUMBER,
    WireModel,
    branch,
    branch_by_kind,
    untyped,
    x,
)

BUILT_IN_VOICES = (
    "alloy",
    "ash",
    "ballad",
    "coral",
    "echo",
    "sage",
    "shimmer",
    "verse",
    "marin",
    "cedar",
)


class CustomVoice(WireModel):
    """A voice of your own, known to the server by its id.

    Source: OpenAPI document 2.3.0, VoiceIdsOrCustomVoice.
    """

    model_config = ConfigDict(title="Custom voice", json_schema_extra=x(summary="id"))

    id: str = Field(title="Voice id", description="The id of the voice, such as voice_1234.")


VoiceIdsOrCustomVoice = Annotated[
    Annotated[
        str,
        Field(
            title="Built-in voice",
            description="A voice by name. Other servers have names of their own.",
            json_schema_extra=x(suggestions=list(BUILT_IN_VOICES)),
        ),
        Tag("|string"),
    ]
    | Annotated[CustomVoice, Tag("|object")],
    Discriminator(branch_by_kind),
]

Voice = Annotated[
    VoiceIdsOrCustomVoice | MISSING,
    Field(
        title="Voice",
        description=(
            "Who speaks. It cannot change any more once the session has produced audio; "
            "marin and cedar are the ones OpenAI recommends."
        ),
        json_schema_extra=x(absent="the session's voice"),
    ),
]

Modality = Literal["text", "audio"]

BetaAudioFormat = Literal["pcm16", "g711_ulaw", "g711_alaw"]


class PcmFormat(WireModel):
    """Uncompressed 16-bit sound at 24 kHz.

    Source: OpenAPI document 2.3.0, RealtimeAudioFormats.
    """

    model_config = ConfigDict(title="PCM, 24 kHz")

    type: Literal["audio/pcm"] | MISSING = Field(
        default=MISSING, title="Type", description="Names the format: 16-bit PCM."
    )
    rate: Annotated[Literal[24000] | MISSING, *WHOLE_NUMBER] = Field(
        default=MISSING,
        title="Sample rate",
        description="Samples per second. 24000 is the only rate, yet servers want it written.",
        json_schema_extra=x(absent="OpenAI's servers refuse the format"),
    )


class PcmuFormat(WireModel):
    """Telephone sound, G.711 with the μ-law of North America and Japan, 8 kHz.

    Source: OpenAPI document 2.3.0, RealtimeAudioFormats.
    """

    model_config = ConfigDict(title="G.711 μ-law")

    type: Literal["audio/pcmu"] | MISSING = Field(
        default=MISSING, title="Type", description="Names the format: G.711 μ-law."
    )


class PcmaFormat(WireModel):
    """Telephone sound, G.711 with the A-law of most other countries, 8 kHz.

    Source: OpenAPI document 2.3.0, RealtimeAudioFormats.
    """

    model_config = ConfigDict(title="G.711 A-law")

    type: Literal["audio/pcma"] | MISSING = Field(
        default=MISSING, title="Type", description="Names the format: G.711 A-law."
    )


def _format_branch(value: object) -> str:
    """PCM when no type is given: it alone has another member."""
    return "|type=audio/pcm" if untyped(value) else branch(value, "type")


RealtimeAudioFormats = Annotated[
    Annotated[PcmFormat, Tag("|type=audio/pcm")]
    | Annotated[PcmuFormat, Tag("|type=audio/pcmu")]
    | Annotated[PcmaFormat, Tag("|type=audio/pcma")],
    Discriminator(_format_branch),
]


class ResponseAudioOutput(WireModel):
    """The sound that the response is spoken with.

    Source: OpenAPI document 2.3.0, RealtimeResponseCreateParams, audio.output.
    """

    model_config = ConfigDict(title="Audio output")

    format: RealtimeAudioFormats | MISSING = Field(
        default=MISSING,
        title="Format",
        description="How the sound is encoded.",
        json_schema_extra=x(absent="the session's format"),
    )
    voice: Voice = MISSING


class ResponseAudio(WireModel):
    """Everything about sound in one response.

    Source: OpenAPI document 2.3.0, RealtimeResponseCreateParams, audio.
    """

    model_config = ConfigDict(title="Audio")

    output: ResponseAudioOutput | MISSING = Field(
        default=MISSING, title="Output", description="Format and voice of the answer."
    )
