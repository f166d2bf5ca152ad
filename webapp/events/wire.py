"""What every part of an event shares: the model base and the types that occur in several places."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import (
    MISSING,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    GetCoreSchemaHandler,
    JsonValue,
    PlainSerializer,
    Tag,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    WrapValidator,
)
from pydantic.json_schema import (
    DEFAULT_REF_TEMPLATE,
    GenerateJsonSchema,
    JsonSchemaMode,
    JsonSchemaValue,
)
from pydantic_core import core_schema

# Longer than any discriminating value of the protocol, so that a cut value never equals one.
TAG_VALUE_CHARS = 80

FLOAT_MAX = sys.float_info.max


def x(**extras: JsonValue) -> dict[str, JsonValue]:
    """Schema keys for the form: ``x(add_label="tool")`` gives ``{"x-add-label": "tool"}``."""
    return {f"x-{name.replace('_', '-')}": value for name, value in extras.items()}


class WireSchema(GenerateJsonSchema):
    """JSON Schema as the form wants it.

    Unions are one flat ``anyOf``: branches whose ``type`` is optional overlap, which ``oneOf``
    would refuse. The ``Source:`` paragraph of a docstring becomes ``x-source``.
    """

    def tagged_union_schema(self, schema: core_schema.TaggedUnionSchema) -> JsonSchemaValue:
        json_schema = super().tagged_union_schema(schema)
        branches = json_schema.pop("oneOf", [])
        return branches[0] if len(branches) == 1 else {**json_schema, "anyOf": branches}

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        json_schema = super().model_schema(schema)
        text, _, source = json_schema.get("description", "").partition("\n\nSource: ")
        if source:
            json_schema |= {"description": text, "x-source": source}
        return json_schema


class WireModel(BaseModel):
    """One JSON object of the wire: exact types, no unknown members, frozen.

    A member that is absent holds ``MISSING``, which is never written.
    """

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,
    )

    def to_wire(self) -> dict[str, JsonValue]:
        """The JSON object of what is set, members in the order of the document."""
        return {name: _plain(value) for name, value in self if value is not MISSING}

    @classmethod
    def model_json_schema(
        cls,
        by_alias: bool | None = None,
        ref_template: str = DEFAULT_REF_TEMPLATE,
        schema_generator: type[GenerateJsonSchema] = WireSchema,
        mode: JsonSchemaMode = "validation",
        *,
        union_format: Literal["any_of", "primitive_type_array"] = "any_of",
    ) -> dict[str, Any]:
        """The JSON Schema that the form is derived from."""
        return super().model_json_schema(
            by_alias, ref_template, schema_generator, mode, union_format=union_format
        )


def member(value: object, name: str) -> object:
    """A member of a JSON object or of a model, or ``MISSING``."""
    if isinstance(value, dict):
        return value.get(name, MISSING)
    return getattr(value, name, MISSING) if isinstance(value, WireModel) else MISSING


def branch(value: object, *names: str) -> str:
    """The tag of the union branch that a value belongs to.

    For an object ``|type=message role=user``, made of the members that tell the branches apart
    (``|object`` when none is named); for anything else its JSON kind, such as ``|string``.
    Tags begin with ``|`` so that an error location tells them from members.
    """
    kind = kind_of(value)
    if kind != "object" or not names:
        return f"|{kind}"
    return "|" + " ".join([f"{name}={_tag_text(member(value, name))}" for name in names])


def _tag_text(value: object) -> str:
    return value[:TAG_VALUE_CHARS] if isinstance(value, str) else ""


def untyped(value: object) -> bool:
    """Whether a value is an object without a ``type``."""
    return kind_of(value) == "object" and member(value, "type") is MISSING


def branch_by_kind(value: object) -> str:
    """The tag of a branch that is told by the JSON kind alone."""
    return branch(value)


def branch_by_type(value: object) -> str:
    """The tag of a branch whose objects are told apart by ``type``."""
    return branch(value, "type")


@dataclass(frozen=True)
class OnlyBranch:
    """A union of one: objects of another kind are one fault, not one for each of their members."""

    tag: str
    choose: Callable[[object], str]

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.tagged_union_schema({self.tag: handler(source)}, self.choose)


def kind_of(value: object) -> str:
    """The JSON kind of a value: object, array, string, number, boolean or null."""
    for types, kind in _KINDS:
        if isinstance(value, types):
            return kind
    return "null"


# bool stands before the numbers: in Python it is one of them.
_KINDS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    ((dict, WireModel), "object"),
    (str, "string"),
    ((list, tuple), "array"),
    (bool, "boolean"),
    ((int, float), "number"),
)


def _keep_number(value: object, check: ValidatorFunctionWrapHandler) -> object:
    """Check a number, yet keep it as it was written: 1 stays 1, 0.70 keeps its literal."""
    if isinstance(value, int) and abs(value) > FLOAT_MAX:
        check(FLOAT_MAX if value > 0 else -FLOAT_MAX)
    else:
        check(value)
    return value


def _keep_whole_number(value: object, check: ValidatorFunctionWrapHandler) -> object:
    """Check an integer as JSON Schema does: 100.0 is one. It stays as it was written."""
    check(int(value) if isinstance(value, float) and value.is_integer() else value)
    return value


def _plain(value: object) -> Any:
    match value:
        case WireModel():
            return value.to_wire()
        case StrEnum():
            return value.value
        case dict():
            return {key: _plain(inner) for key, inner in value.items()}
        case list():
            return [_plain(inner) for inner in value]
        case _:
            return value


# Written as it stands: the serializer of int complains about 100.0, that of float makes 1 a 1.0.
_AS_IT_STANDS = PlainSerializer(lambda value: value)

NUMBER = (WrapValidator(_keep_number), _AS_IT_STANDS)
WHOLE_NUMBER = (WrapValidator(_keep_whole_number), _AS_IT_STANDS)
"""What makes a number keep the way it was written. Bounds stand before it in ``Annotated``."""

WholeNumber = Annotated[int, *WHOLE_NUMBER]

FreeObject = dict[str, Any]
"""Any JSON object: what is inside is passed on untouched."""


class ResponseCreateType(StrEnum):
    """The ``type`` of a ``response.create`` event."""

    RESPONSE_CREATE = "response.create"


EventName = Annotated[
    ResponseCreateType,
    Field(
        strict=False,
        title="Event type",
        description="Says what the event is. This one asks the model for a response.",
    ),
    WithJsonSchema({"type": "string", "const": "response.create"}),
]

EventId = Annotated[
    str | MISSING,
    Field(
        title="Event id",
        description="A name of your own for this event; an error of the server repeats it.",
        json_schema_extra=x(absent="errors do not say which event they answer"),
    ),
]

Instructions = Annotated[
    str | MISSING,
    Field(
        title="Instructions",
        description=(
            "What the model is told for this one response: content, tone, pace. "
            "They stand in for the session's instructions instead of adding to them."
        ),
        json_schema_extra=x(multiline=True, absent="the session's instructions apply"),
    ),
]

TokenLimit = Annotated[
    Annotated[
        int,
        Field(
            ge=1, le=4096, title="Number of tokens", description="A whole number from 1 to 4096."
        ),
        *WHOLE_NUMBER,
        Tag("|number"),
    ]
    | Annotated[
        Literal["inf"],
        Field(title="No limit", description="As many tokens as the model can give."),
        Tag("|string"),
    ],
    Discriminator(branch_by_kind),
]

MaxOutputTokens = Annotated[
    TokenLimit | MISSING,
    Field(
        title="Longest answer",
        description="Most tokens one response may take, tool calls included: 1 to 4096, or inf.",
        json_schema_extra=x(absent="inf", source="OpenAPI document 2.3.0, prose of the member"),
    ),
]

Conversation = Annotated[
    str | MISSING,
    Field(
        title="Conversation",
        description=(
            "Where the response is written: auto adds it to the session's conversation, "
            "none keeps it out of band."
        ),
        # The document has a free string beside the two words.
        json_schema_extra=x(suggestions=["auto", "none"], absent="auto"),
    ),
]

Metadata = Annotated[
    dict[Annotated[str, Field(max_length=64)], Annotated[str, Field(max_length=512)]]
    | MISSING
    | None,
    Field(
        title="Metadata",
        max_length=16,
        description=(
            "Up to 16 pairs of text that come back with the response; names of at most 64, "
            "values of at most 512 characters."
        ),
        json_schema_extra=x(
            add_label="pair",
            absent="nothing comes back to tell this response by",
            empty_label="No pairs",
            source="OpenAPI document 2.3.0, prose of Metadata",
        ),
    ),
]
