"""What a ``response.create`` event is in both dialects: built, read and written."""

import copy
import json
from typing import Any

import pytest
from pydantic import MISSING, ValidationError

from tests.cases_on_disk import Case, cases
from webapp.events import DIALECTS, EVENTS
from webapp.events.audio import CustomVoice, PcmFormat
from webapp.events.beta import (
    RealtimeBetaClientEventResponseCreate,
    RealtimeBetaResponseCreateParams,
)
from webapp.events.ga import RealtimeClientEventResponseCreate, RealtimeResponseCreateParams
from webapp.events.items import (
    RealtimeConversationItemMessageUser,
    UserAudioPart,
    UserTextPart,
)
from webapp.events.places import members_at
from webapp.events.tools import RealtimeFunctionTool, ToolChoiceFunction
from webapp.events.wire import ResponseCreateType, WireModel
from webapp.exact_json.reader import ExactFloat, read_json

EVENT_MODELS = [RealtimeBetaClientEventResponseCreate, RealtimeClientEventResponseCreate]


def wire(**params: Any) -> dict[str, Any]:
    """A ``response.create`` with these params."""
    return {"type": "response.create", "response": params}


def model(dialect: str) -> type[WireModel]:
    return EVENTS[dialect, "response.create"].model


def faults(dialect: str, event: Any) -> list[tuple[str, tuple[Any, ...]]]:
    """Kind and location of everything the model refuses, branch tags left out."""
    with pytest.raises(ValidationError) as refusal:
        model(dialect).model_validate(event)
    return [
        (error["type"], tuple(step for step in error["loc"] if not str(step).startswith("|")))
        for error in refusal.value.errors()
    ]


# The bare event.


@pytest.mark.parametrize("event_model", EVENT_MODELS)
def test_a_new_event_needs_nothing_and_writes_its_type(event_model: type[WireModel]) -> None:
    event = event_model()
    assert event.to_wire() == {"type": "response.create"}
    assert event.model_dump_json() == '{"type":"response.create"}'


@pytest.mark.parametrize("event_model", EVENT_MODELS)
def test_what_is_not_given_is_missing_and_not_none(event_model: type[WireModel]) -> None:
    event = event_model.model_validate({"type": "response.create"})
    assert (event.event_id, event.response) == (MISSING, MISSING)  # type: ignore[attr-defined]


def test_an_event_is_written_in_the_order_of_the_document() -> None:
    event = RealtimeBetaClientEventResponseCreate.model_validate(
        {
            "response": {"tools": [], "modalities": ["text"]},
            "type": "response.create",
            "event_id": "",
        }
    )
    text = '{"event_id":"","type":"response.create","response":{"modalities":["text"],"tools":[]}}'
    assert event.model_dump_json() == text
    assert json.dumps(event.to_wire(), separators=(",", ":")) == text


def test_the_type_is_a_value_like_any_other() -> None:
    kind = ResponseCreateType.RESPONSE_CREATE
    assert kind == ResponseCreateType("response.create") == "response.create"
    assert copy.copy(kind) is copy.deepcopy(kind) is kind
    assert hash(kind) == hash(ResponseCreateType("response.create"))
    assert sorted([kind, kind]) == [kind, kind]
    assert (kind < kind, kind <= kind) == (False, True)
    assert {kind: 1}[ResponseCreateType("response.create")] == 1
    assert [*ResponseCreateType] == [kind]
    assert json.dumps(kind) == '"response.create"'


def test_events_are_values() -> None:
    one = RealtimeBetaClientEventResponseCreate(event_id="a")
    assert one == RealtimeBetaClientEventResponseCreate(event_id="a")
    assert one != RealtimeBetaClientEventResponseCreate()
    assert hash(one) == hash(RealtimeBetaClientEventResponseCreate(event_id="a"))
    assert copy.deepcopy(one) == one
    with pytest.raises(ValidationError):
        one.event_id = "b"  # type: ignore[misc]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("kind", ["response.cancel", "", None, 1, ["response.create"]])
def test_another_type_is_another_event(dialect: str, kind: object) -> None:
    assert faults(dialect, {"type": kind}) == [("enum", ("type",))]


def test_events_can_be_built_in_code() -> None:
    event = RealtimeClientEventResponseCreate(
        response=RealtimeResponseCreateParams(
            output_modalities=["audio"],
            tools=[
                RealtimeFunctionTool(type="function", name="look", parameters={"type": "object"})
            ],
            tool_choice=ToolChoiceFunction(type="function", name="look"),
            metadata=None,
            input=[
                RealtimeConversationItemMessageUser(
                    type="message",
                    role="user",
                    content=[
                        UserTextPart(type="input_text", text="Hear this."),
                        UserAudioPart(type="input_audio", audio="AAAA"),
                    ],
                )
            ],
        )
    )
    assert event.to_wire() == wire(
        output_modalities=["audio"],
        tools=[{"type": "function", "name": "look", "parameters": {"type": "object"}}],
        tool_choice={"type": "function", "name": "look"},
        metadata=None,
        input=[
            {
                "type": "message",
                "role": "user",
                "content": [
                    {"type": "input_text", "text": "Hear this."},
                    {"type": "input_audio", "audio": "AAAA"},
                ],
            }
        ],
    )


def test_voices_are_names_or_objects() -> None:
    for voice in ("marin", CustomVoice(id="voice_1")):
        params = RealtimeBetaResponseCreateParams(voice=voice)
        assert params.voice == voice


# Read and written again.


@pytest.mark.parametrize("case", cases("beta", valid=True) + cases("ga", valid=True), ids=str)
def test_what_servers_take_comes_back_equal(case: Case) -> None:
    event = model(case.dialect).model_validate(read_json(case.text))
    assert with_kinds(event.to_wire()) == with_kinds(case.event)
    assert with_kinds(json.loads(event.model_dump_json())) == with_kinds(case.event)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    "params",
    [
        {},
        {"input": []},
        {"tools": []},
        {"metadata": None},
        {"metadata": {}},
        {"metadata": {"": ""}},
        {"instructions": ""},
        {"conversation": "conv_7"},
        {"prompt": None},
        {"prompt": {"id": "", "version": None, "variables": None}},
        {"prompt": {"id": "p", "variables": {}}},
        {"tools": [{}]},
        {"tools": [{"type": "function", "name": "f", "parameters": {}}]},
        {"tools": [{"parameters": {"a": [None, 1, 1.0, "x", {"b": False}]}}]},
        {"tool_choice": {"type": "mcp", "server_label": "s", "name": None}},
        {"max_output_tokens": 100.0},
        {"max_output_tokens": 4096},
        {"input": [{"type": "item_reference", "id": "item_1"}]},
        {"input": [{"type": "message", "role": "user", "content": []}]},
        {"input": [{"type": "message", "role": "user", "content": [{}]}]},
    ],
    ids=json.dumps,
)
def test_absent_null_and_empty_stay_what_they_are(dialect: str, params: dict[str, Any]) -> None:
    event = model(dialect).model_validate(wire(**params))
    assert with_kinds(event.to_wire()) == with_kinds(wire(**params))
    assert with_kinds(json.loads(event.model_dump_json())) == with_kinds(wire(**params))


def test_numbers_keep_the_way_they_were_written() -> None:
    text = '{"temperature": 0.70, "max_output_tokens": 1e2, "tools": [{"parameters": {"x": 1.50}}]}'
    event = RealtimeBetaClientEventResponseCreate.model_validate(wire(**read_json(text)))  # type: ignore[arg-type]
    response: Any = event.to_wire()["response"]
    numbers = [
        response["temperature"],
        response["max_output_tokens"],
        response["tools"][0]["parameters"]["x"],
    ]
    assert [n.text for n in numbers if isinstance(n, ExactFloat)] == ["0.70", "1e2", "1.50"]


def with_kinds(value: Any) -> Any:
    """A JSON value in which 1, 1.0 and true are three things."""
    match value:
        case dict():
            return {name: with_kinds(inner) for name, inner in value.items()}
        case list():
            return [with_kinds(inner) for inner in value]
        case float():
            return ("float", float(value))
        case _:
            return (type(value).__name__, value)


# One fault, one error, at its place.


@pytest.mark.parametrize(
    ("params", "kind", "place"),
    [
        ({"instructions": None}, "string_type", ("instructions",)),
        ({"input": None}, "list_type", ("input",)),
        ({"conversation": None}, "string_type", ("conversation",)),
        ({"temperature": True}, "float_type", ("temperature",)),
        ({"temperature": "0.7"}, "float_type", ("temperature",)),
        ({"temperature": 0.59}, "greater_than_equal", ("temperature",)),
        ({"temperature": 1.21}, "less_than_equal", ("temperature",)),
        ({"temperature": 10**400}, "less_than_equal", ("temperature",)),
        ({"temperature": -(10**400)}, "greater_than_equal", ("temperature",)),
        ({"max_output_tokens": True}, "union_tag_invalid", ("max_output_tokens",)),
        ({"max_output_tokens": None}, "union_tag_invalid", ("max_output_tokens",)),
        ({"max_output_tokens": 100.5}, "int_type", ("max_output_tokens",)),
        ({"max_output_tokens": 0}, "greater_than_equal", ("max_output_tokens",)),
        ({"max_output_tokens": 4097}, "less_than_equal", ("max_output_tokens",)),
        ({"max_output_tokens": "Inf"}, "literal_error", ("max_output_tokens",)),
        ({"max_output_tokens": "150"}, "literal_error", ("max_output_tokens",)),
        ({"voice": {}}, "missing", ("voice", "id")),
        ({"voice": {"id": "v", "x": 1}}, "extra_forbidden", ("voice", "x")),
        ({"voice": 3}, "union_tag_invalid", ("voice",)),
        ({"tool_choice": "any"}, "literal_error", ("tool_choice",)),
        ({"tool_choice": {}}, "union_tag_invalid", ("tool_choice",)),
        ({"tool_choice": {"type": "function"}}, "missing", ("tool_choice", "name")),
        ({"tool_choice": {"type": "mcp"}}, "missing", ("tool_choice", "server_label")),
        ({"metadata": {"n": 1}}, "string_type", ("metadata", "n")),
        ({"metadata": {"k" * 65: ""}}, "string_too_long", ("metadata", "k" * 65, "[key]")),
        ({"metadata": {"k": "v" * 513}}, "string_too_long", ("metadata", "k")),
        ({"metadata": dict.fromkeys(map(str, range(17)), "")}, "too_long", ("metadata",)),
        ({"prompt": {}}, "missing", ("prompt", "id")),
        ({"prompt": {"id": "p", "version": 2}}, "string_type", ("prompt", "version")),
        ({"prompt": "p"}, "model_type", ("prompt",)),
        ({"modalities": ["text", "video"]}, "literal_error", ("modalities", 1)),
        ({"tools": ["f"]}, "union_tag_invalid", ("tools", 0)),
        ({"tools": [{"type": "mcp", "server_label": "s"}]}, "union_tag_invalid", ("tools", 0)),
        ({"tools": [{"parameters": []}]}, "dict_type", ("tools", 0, "parameters")),
        ({"input": ["Hi"]}, "union_tag_invalid", ("input", 0)),
        ({"input": [{"role": "user", "content": []}]}, "union_tag_invalid", ("input", 0)),
        ({"input": [{"type": "message", "content": []}]}, "union_tag_invalid", ("input", 0)),
        ({"input": [{"type": ["message"]}]}, "union_tag_invalid", ("input", 0)),
        ({"input": [{"type": "item_reference"}]}, "missing", ("input", 0, "id")),
    ],
    ids=lambda value: json.dumps(value)[:60] if isinstance(value, dict) else "",
)
def test_a_fault_is_one_error_at_its_place(
    params: dict[str, Any], kind: str, place: tuple[Any, ...]
) -> None:
    assert faults("beta", wire(**params)) == [(kind, ("response", *place))]


@pytest.mark.parametrize(
    ("role", "part", "kind", "place"),
    [
        ("user", {"type": "text", "text": ""}, "union_tag_invalid", ()),
        ("user", {"type": "output_text", "text": ""}, "union_tag_invalid", ()),
        ("user", {"type": None}, "union_tag_invalid", ()),
        ("user", "Hi", "union_tag_invalid", ()),
        ("user", {"text": 1}, "string_type", ("text",)),
        ("user", {"audio": 1}, "string_type", ("audio",)),
        ("user", {"image_url": None}, "string_type", ("image_url",)),
        ("user", {"detail": "original"}, "literal_error", ("detail",)),
        ("user", {"type": "input_text", "audio": ""}, "extra_forbidden", ("audio",)),
        ("assistant", {"type": "input_text", "text": ""}, "union_tag_invalid", ()),
        ("assistant", {"transcript": 1}, "string_type", ("transcript",)),
        ("assistant", {"text": None}, "string_type", ("text",)),
        ("system", {"type": "input_audio", "audio": ""}, "union_tag_invalid", ()),
        ("system", {"text": 1}, "string_type", ("text",)),
    ],
)
def test_a_part_is_held_to_its_role_and_type(
    role: str, part: object, kind: str, place: tuple[Any, ...]
) -> None:
    item = {"type": "message", "role": role, "content": [part]}
    at = ("response", "input", 0, "content", 0, *place)
    assert faults("beta", wire(input=[item])) == [(kind, at)]


@pytest.mark.parametrize(
    ("params", "kind", "place"),
    [
        ({"audio": None}, "model_type", ("audio",)),
        (
            {"audio": {"output": {"format": "pcm16"}}},
            "union_tag_invalid",
            ("audio", "output", "format"),
        ),
        (
            {"audio": {"output": {"format": {"type": "audio/pcm", "rate": 16000}}}},
            "literal_error",
            ("audio", "output", "format", "rate"),
        ),
        (
            {"audio": {"output": {"format": {"rate": True}}}},
            "literal_error",
            ("audio", "output", "format", "rate"),
        ),
        ({"parallel_tool_calls": 1}, "bool_type", ("parallel_tool_calls",)),
        ({"reasoning": {"effort": None}}, "literal_error", ("reasoning", "effort")),
        ({"tools": [{"server_label": "s"}]}, "missing", ("tools", 0, "type")),
        ({"tools": [{"type": "web_search"}]}, "union_tag_invalid", ("tools", 0)),
        (
            {"tools": [{"type": "mcp", "server_label": "s", "tunnel_id": "tunnel_1"}]},
            "string_pattern_mismatch",
            ("tools", 0, "tunnel_id"),
        ),
        (
            {"tools": [{"type": "mcp", "server_label": "s", "allowed_callers": []}]},
            "too_short",
            ("tools", 0, "allowed_callers"),
        ),
        (
            {"tools": [{"type": "mcp", "server_label": "s", "allowed_tools": {"names": []}}]},
            "extra_forbidden",
            ("tools", 0, "allowed_tools", "names"),
        ),
        (
            {"tools": [{"type": "mcp", "server_label": "s", "require_approval": "ask"}]},
            "literal_error",
            ("tools", 0, "require_approval"),
        ),
    ],
    ids=lambda value: json.dumps(value)[:60] if isinstance(value, dict) else "",
)
def test_a_fault_of_ga_is_one_error_at_its_place(
    params: dict[str, Any], kind: str, place: tuple[Any, ...]
) -> None:
    assert faults("ga", wire(**params)) == [(kind, ("response", *place))]


def test_the_rate_is_a_number_as_json_knows_it() -> None:
    assert PcmFormat.model_validate({"rate": 24000.0}).to_wire() == {"rate": 24000.0}


def test_an_event_id_ends_at_512_characters_in_ga_only() -> None:
    event = {"type": "response.create", "event_id": "e" * 513}
    assert faults("ga", event) == [("string_too_long", ("event_id",))]
    RealtimeBetaClientEventResponseCreate.model_validate(event)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("event", [None, [], "response.create", 1, True])
def test_an_event_is_an_object(dialect: str, event: object) -> None:
    assert faults(dialect, event) == [("model_type", ())]


# What the form is derived from.


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_object_and_member_has_a_title_and_words_of_help(dialect: str) -> None:
    schema = model(dialect).model_json_schema()
    for name, definition in {"": schema, **schema["$defs"]}.items():
        assert definition["title"] not in ("", name)
        assert definition["description"].endswith(".")
        for member, question in definition["properties"].items():
            whole = {**_target(question, schema), **question}
            assert whole["title"], f"{name}.{member}"
            assert whole["description"].endswith("."), f"{name}.{member}"


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_branch_of_a_union_has_a_title(dialect: str) -> None:
    schema = model(dialect).model_json_schema()
    unions = [node for node in _nodes(schema) if "anyOf" in node]
    assert unions
    assert not [node for node in _nodes(schema) if "oneOf" in node or "allOf" in node]
    for union in unions:
        branches = [branch for branch in union["anyOf"] if branch != {"type": "null"}]
        if len(branches) > 1:
            titles = [_target(branch, schema).get("title") for branch in branches]
            assert all(titles)
            assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_schema_is_the_same_for_reading_and_writing(dialect: str) -> None:
    assert model(dialect).model_json_schema() == model(dialect).model_json_schema(
        mode="serialization"
    )


@pytest.mark.parametrize("dialect", DIALECTS)
def test_nothing_of_the_document_is_said_twice(dialect: str) -> None:
    """Sources travel beside the help texts, not in them."""
    schema = model(dialect).model_json_schema()
    assert schema["x-source"].startswith("OpenAPI document 2.3.0")
    assert not [n for n in _nodes(schema) if "Source:" in str(n.get("description"))]


def _target(node: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    name = str(node.get("$ref", "")).removeprefix("#/$defs/")
    return root["$defs"][name] if name else node


def _nodes(node: Any) -> list[dict[str, Any]]:
    inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    below = [found for child in inner for found in _nodes(child)]
    return [node, *below] if isinstance(node, dict) else below


@pytest.mark.parametrize(
    ("location", "members"),
    [
        ((), ("event_id", "type", "response")),
        (("response", "voice", "|object"), ("id",)),
        (("response", "tools", 3, "|type=function"), ("type", "name", "description", "parameters")),
        (
            ("response", "input", 0, "|type=message role=user", "content", 9, "|type=input_audio"),
            ("type", "audio", "transcript"),
        ),
        (
            (
                "response",
                "prompt",
                "variables",
                "|x",
                "|type=input_text",
                "prompt_cache_breakpoint",
            ),
            ("mode",),
        ),
        (("response", "instructions"), ()),
        (("response", "nowhere", "at all"), ()),
    ],
)
def test_the_members_of_a_place_can_be_asked_for(
    location: tuple[int | str, ...], members: tuple[str, ...]
) -> None:
    assert members_at(model("beta"), location) == members
