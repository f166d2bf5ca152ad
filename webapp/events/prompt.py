"""A prompt template kept on the server, and what is filled into it."""

from typing import Annotated, Literal

from pydantic import MISSING, ConfigDict, Discriminator, Field, Tag

from webapp.events.wire import WireModel, branch_by_type, x

ImageDetail = Literal["low", "high", "auto", "original"]

FileInputDetail = Literal["auto", "low", "high"]


class PromptCacheBreakpointConfig(WireModel):
    """Marks where the part of a prompt ends that the server may reuse from its cache.

    Source: OpenAPI document 2.3.0, PromptCacheBreakpointConfig.
    """

    model_config = ConfigDict(title="Cache breakpoint")

    mode: Literal["explicit"] = Field(
        title="Mode", description="The one mode there is: the prefix ends exactly here."
    )


CacheBreakpoint = Annotated[
    PromptCacheBreakpointConfig | MISSING,
    Field(
        title="Cache breakpoint",
        description="Set it on the last part that stays the same from prompt to prompt.",
        json_schema_extra=x(absent="no breakpoint here"),
    ),
]


class InputTextContent(WireModel):
    """Text to fill in.

    Source: OpenAPI document 2.3.0, InputTextContent.
    """

    model_config = ConfigDict(title="Text with options", json_schema_extra=x(summary="text"))

    type: Literal["input_text"] = Field(title="Type", description="Says that this is text.")
    text: str = Field(
        title="Text",
        description="What is put in the variable's place.",
        json_schema_extra=x(multiline=True),
    )
    prompt_cache_breakpoint: CacheBreakpoint = MISSING


class InputImageContent(WireModel):
    """A picture to fill in, by address or by the id of an uploaded file.

    Source: OpenAPI document 2.3.0, InputImageContent.
    """

    model_config = ConfigDict(title="Image", json_schema_extra=x(summary="file_id"))

    type: Literal["input_image"] = Field(title="Type", description="Says that this is an image.")
    image_url: str | MISSING | None = Field(
        default=MISSING,
        title="Image",
        description="A web address, or the picture itself as a data URI.",
        json_schema_extra={"format": "uri", **x(media="image")},
    )
    file_id: str | MISSING | None = Field(
        default=MISSING, title="File id", description="The id of a picture uploaded before."
    )
    detail: ImageDetail = Field(
        title="Detail", description="How closely the model looks at the picture."
    )
    prompt_cache_breakpoint: CacheBreakpoint = MISSING


class InputFileContent(WireModel):
    """A file to fill in: its bytes, its address, or the id it was uploaded under.

    Source: OpenAPI document 2.3.0, InputFileContent.
    """

    model_config = ConfigDict(title="File", json_schema_extra=x(summary="filename"))

    type: Literal["input_file"] = Field(title="Type", description="Says that this is a file.")
    file_id: str | MISSING | None = Field(
        default=MISSING, title="File id", description="The id of a file uploaded before."
    )
    filename: str | MISSING = Field(
        default=MISSING, title="File name", description="What the model is told the file is called."
    )
    file_data: str | MISSING = Field(
        default=MISSING,
        title="Contents",
        description="The file itself, as text or base64.",
        json_schema_extra=x(multiline=True),
    )
    prompt_cache_breakpoint: CacheBreakpoint = MISSING
    file_url: str | MISSING = Field(
        default=MISSING,
        title="File address",
        description="Where the server can fetch the file.",
        json_schema_extra={"format": "uri"},
    )
    detail: FileInputDetail | MISSING = Field(
        default=MISSING,
        title="Detail",
        description="How finely the file is rendered for the model; high costs more tokens.",
        json_schema_extra=x(absent="auto"),
    )


PromptVariable = Annotated[
    Annotated[
        str,
        Field(
            title="Text",
            description="Put in the variable's place as it stands.",
            json_schema_extra=x(multiline=True),
        ),
        Tag("|string"),
    ]
    | Annotated[InputTextContent, Tag("|type=input_text")]
    | Annotated[InputImageContent, Tag("|type=input_image")]
    | Annotated[InputFileContent, Tag("|type=input_file")],
    Discriminator(branch_by_type),
]


class Prompt(WireModel):
    """A reference to a prompt template stored with the server.

    Source: OpenAPI document 2.3.0, Prompt and ResponsePromptVariables.
    """

    model_config = ConfigDict(title="Prompt template", json_schema_extra=x(summary="id"))

    id: str = Field(title="Template id", description="The id of the template, such as pmpt_1234.")
    version: str | MISSING | None = Field(
        default=MISSING,
        title="Version",
        description="Which version of the template, as text: 2 is written in quotes.",
        json_schema_extra=x(absent="the current version"),
    )
    variables: dict[str, PromptVariable] | MISSING | None = Field(
        default=MISSING,
        title="Variables",
        description="What goes into the template's placeholders: text, a picture or a file each.",
        json_schema_extra=x(add_label="variable", empty_label="No variables"),
    )


PromptReference = Annotated[
    Prompt | MISSING | None,
    Field(
        title="Prompt template",
        description="Use a template stored with the server, with its placeholders filled in.",
        json_schema_extra=x(absent="no template"),
    ),
]
