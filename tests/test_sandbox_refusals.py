"""Bad events are refused in the words and codes of the real service, one fault each."""

import json
from typing import Any

import pytest

from tests.cases_on_disk import Case, cases
from tests.sandbox_client import Caller, Event, add, create, in_session, user_says
from webapp.sandbox.hearing import Heard, hear
from webapp.sandbox.refusals import Refusal
from webapp.sandbox.terms import Dialect

PCM = {"type": "audio/pcm", "rate": 24000}


def refusal(event: Any, dialect: Dialect = "beta") -> Refusal:
    heard = hear(json.dumps(event), dialect)
    assert isinstance(heard, Refusal), heard
    return heard


def accepted(event: Any, dialect: Dialect = "beta") -> bool:
    return isinstance(hear(json.dumps(event), dialect), Heard)


@pytest.mark.parametrize(
    ("dialect", "event", "code", "param", "message"),
    [
        (
            "beta",
            create(temperature=0.3),
            "decimal_below_min_value",
            "response.temperature",
            "Invalid 'response.temperature': decimal below minimum value. "
            "Expected a value ≥ 0.6, but got 0.3 instead.",
        ),
        (
            "beta",
            create(temperature=2),
            "decimal_above_max_value",
            "response.temperature",
            "Invalid 'response.temperature': decimal above maximum value. "
            "Expected a value ≤ 1.2, but got 2 instead.",
        ),
        (
            "ga",
            create(max_output_tokens=0),
            "integer_below_min_value",
            "response.max_output_tokens",
            "Invalid 'response.max_output_tokens': integer below minimum value. "
            "Expected a value ≥ 1, but got 0 instead.",
        ),
        (
            "ga",
            create(audio={"output": {"format": {"type": "audio/pcm", "rate": 16000}}}),
            "integer_below_min_value",
            "response.audio.output.format.rate",
            "Invalid 'response.audio.output.format.rate': integer below minimum value. "
            "Expected a value ≥ 24000, but got 16000 instead.",
        ),
        (
            "ga",
            create(modalities=["text"]),
            "unknown_parameter",
            "response.modalities",
            "Unknown parameter: 'response.modalities'.",
        ),
        (
            "beta",
            create(output_audio_format="g711-ulaw"),
            "invalid_value",
            "response.output_audio_format",
            "Invalid value: 'g711-ulaw'. "
            "Supported values are: 'pcm16', 'g711_ulaw', and 'g711_alaw'.",
        ),
        (
            "beta",
            create(output_audio_format=PCM),
            "invalid_type",
            "response.output_audio_format",
            "Invalid type for 'response.output_audio_format': "
            "expected one of 'pcm16', 'g711_ulaw', or 'g711_alaw', but got an object instead.",
        ),
        (
            "ga",
            create(audio={"output": {"format": "pcm16"}}),
            "invalid_type",
            "response.audio.output.format",
            "Invalid type for 'response.audio.output.format': "
            "expected an object, but got a string instead.",
        ),
        (
            "beta",
            create(tool_choice={"type": "function", "function": {"name": "f"}}),
            "missing_required_parameter",
            "response.tool_choice.name",
            "Missing required parameter: 'response.tool_choice.name'.",
        ),
        (
            "beta",
            create(modalities=["audio"]),
            "invalid_value",
            "response.modalities",
            "Invalid modalities: ['audio']. "
            "Supported combinations are: ['text'] and ['audio', 'text'].",
        ),
        (
            "ga",
            create(output_modalities=["audio", "text"]),
            "invalid_value",
            "response.output_modalities",
            "Invalid modalities: ['audio', 'text']. "
            "Supported combinations are: ['text'] and ['audio'].",
        ),
        (
            "beta",
            create(metadata={str(number): "x" for number in range(17)}),
            "object_above_max_properties",
            "response.metadata",
            "Invalid 'response.metadata': too many properties. Expected an object with at most 16 "
            "properties, but got an object with 17 properties instead.",
        ),
        (
            "beta",
            create(metadata={"k" * 65: "x"}),
            "property_name_above_max_length",
            "response.metadata",
            "Invalid property name in 'response.metadata': name too long. Expected a property "
            "name with maximum length 64, but got a name with length 65 instead.",
        ),
        (
            "beta",
            create(metadata={"k": "x" * 513}),
            "string_above_max_length",
            "response.metadata.k",
            "Invalid 'response.metadata.k': string too long. Expected a string with maximum "
            "length 512, but got a string with length 513 instead.",
        ),
        (
            "beta",
            create(max_output_tokens=True),
            "invalid_type",
            "response.max_output_tokens",
            "Invalid type for 'response.max_output_tokens': "
            "expected one of an integer or a string, but got a boolean instead.",
        ),
        (
            "ga",
            create(tools=[{"name": "f"}]),
            "missing_required_parameter",
            "response.tools[0].type",
            "Missing required parameter: 'response.tools[0].type'.",
        ),
        (
            "ga",
            create(audio={"output": {"format": {"type": "audio/pcm"}}}),
            "missing_required_parameter",
            "response.audio.output.format.rate",
            "Missing required parameter: 'response.audio.output.format.rate'.",
        ),
        (
            "ga",
            {"type": "session.update", "session": {}},
            "missing_required_parameter",
            "session.type",
            "Missing required parameter: 'session.type'.",
        ),
        (
            "ga",
            {"type": "session.update", "session": {"type": "realtime", "voice": "alloy"}},
            "unknown_parameter",
            "session.voice",
            "Unknown parameter: 'session.voice'.",
        ),
        (
            "beta",
            {"type": "session.update", "session": {"turn_detection": {"type": "hearing"}}},
            "invalid_value",
            "session.turn_detection.type",
            "Invalid value: 'hearing'. Supported values are: 'server_vad' and 'semantic_vad'.",
        ),
        (
            "ga",
            add(user_says("Hi", id="i" * 39)),
            "string_above_max_length",
            "item.id",
            "Invalid 'item.id': string too long. Expected a string with maximum length 32, "
            "but got a string with length 39 instead.",
        ),
        (
            "ga",
            add({"type": "message", "role": "user", "content": [{"type": "input_text"}]}),
            "missing_required_parameter",
            "item.content[0].text",
            "Missing required parameter: 'item.content[0].text'.",
        ),
        (
            "ga",
            add({"type": "message", "role": "user", "content": [{"text": "Hi"}]}),
            "missing_required_parameter",
            "item.content[0].type",
            "Missing required parameter: 'item.content[0].type'.",
        ),
        (
            "ga",
            add({"type": "message", "role": "crowd", "content": []}),
            "invalid_value",
            "item.role",
            "Invalid value: 'crowd'. Supported values are: 'user', 'system', and 'assistant'.",
        ),
        (
            "ga",
            add({"type": "message", "content": []}),
            "missing_required_parameter",
            "item.role",
            "Missing required parameter: 'item.role'.",
        ),
        (
            "ga",
            {"type": "conversation.item.delete"},
            "missing_required_parameter",
            "item_id",
            "Missing required parameter: 'item_id'.",
        ),
        (
            "beta",
            {"type": 7},
            "invalid_type",
            "type",
            "Invalid type for 'type': expected a string, but got an integer instead.",
        ),
        (
            "ga",
            add({"type": "message", "role": 5, "content": []}),
            "invalid_type",
            "item.role",
            "Invalid type for 'item.role': expected one of 'user', 'system', or 'assistant', "
            "but got an integer instead.",
        ),
        (
            "beta",
            add({"type": "message", "role": "assistant", "content": "Hi"}),
            "invalid_type",
            "item.content",
            "Invalid type for 'item.content': expected an array, but got a string instead.",
        ),
        (
            "ga",
            create(audio={"output": {"format": {}}}),
            "missing_required_parameter",
            "response.audio.output.format.type",
            None,
        ),
        ("beta", {"response": {}}, "invalid_event", None, "The 'type' field is missing."),
        (
            "ga",
            create(tools=[{"type": "mcp", "server_label": "x", "tunnel_id": "t"}]),
            "invalid_value",
            "response.tools[0].tunnel_id",
            None,
        ),
        (
            "ga",
            create(tools=[{"type": "mcp", "server_label": "x", "allowed_callers": []}]),
            "array_below_min_length",
            "response.tools[0].allowed_callers",
            None,
        ),
        (
            "beta",
            create(metadata={"|pipe": 1}),
            "invalid_type",
            "response.metadata.|pipe",
            None,
        ),
    ],
)
def test_a_fault_is_named_by_code_path_and_words(
    dialect: Dialect, event: Event, code: str, param: str | None, message: str | None
) -> None:
    found = refusal(event, dialect)
    assert (found.code, found.param) == (code, param)
    assert message in (None, found.message)


def test_an_unknown_type_lists_the_known_ones() -> None:
    found = refusal({"type": "nope"})
    assert (found.code, found.param) == ("invalid_value", "type")
    assert found.message.startswith(
        "Invalid value: 'nope'. Supported values are: 'session.update', "
    )
    assert found.message.endswith("and 'response.cancel'.")


@pytest.mark.parametrize("text", ["", "{", "{'type': 1}", '{"a": NaN}', '{"a":1,"a":2}', "[" * 99])
def test_what_is_not_json_is_an_invalid_json(text: str) -> None:
    heard = hear(text, "ga")
    assert isinstance(heard, Refusal)
    assert (heard.code, heard.param) == ("invalid_json", None)
    assert heard.message.startswith("Invalid event: failed to parse JSON value. ")


@pytest.mark.parametrize("text", ["[]", "null", "3", '"response.create"'])
def test_json_that_is_no_object_is_an_invalid_event(text: str) -> None:
    heard = hear(text, "ga")
    assert isinstance(heard, Refusal)
    assert heard.code == "invalid_event"


def test_a_binary_frame_is_an_invalid_event_and_the_session_lives_on() -> None:
    async def talk(caller: Caller) -> None:
        error = await caller.error(b'{"type":"response.create"}')
        assert error == {
            "type": "invalid_request_error",
            "code": "invalid_event",
            "message": "Expected a text WebSocket message; binary frames are not supported.",
            "param": None,
            "event_id": None,
        }
        assert (await caller.respond(modalities=["text"]))[0]["type"] == "response.created"

    in_session(talk)


def test_an_error_repeats_the_id_of_the_event_it_answers() -> None:
    async def talk(caller: Caller) -> None:
        answer = await caller.one({**create(temperature=9), "event_id": "mine"})
        assert answer["error"]["event_id"] == "mine"
        assert answer["event_id"] not in ("mine", None)
        assert (await caller.error({**create(temperature=9), "event_id": 4}))["event_id"] is None

    in_session(talk)


def test_a_long_value_is_cut_in_the_message() -> None:
    assert len(refusal(create(output_audio_format="x" * 100_000)).message) < 400


@pytest.mark.parametrize(
    ("dialect", "event"),
    [
        ("beta", create(instructions=None)),
        ("ga", create(max_output_tokens=100.0)),
        ("ga", create(audio={"output": {"format": PCM}})),
        ("beta", create(input=[{"type": "message", "role": "assistant", "content": [
            {"type": "text", "text": "Hi"}]}])),
        ("beta", add({"type": "message", "role": "assistant", "content": [
            {"type": "text", "text": "Hi"}]})),
        ("beta", {"type": "session.update", "session": {"turn_detection": None}}),
        ("ga", {"type": "session.update", "session": {
            "type": "realtime", "audio": {"input": {"turn_detection": None}}, "tracing": "auto"}}),
    ],
)  # fmt: skip
def test_what_servers_let_pass_is_let_pass(dialect: Dialect, event: Event) -> None:
    assert accepted(event, dialect)


@pytest.mark.parametrize("case", [*cases("beta", valid=True), *cases("ga", valid=True)], ids=str)
def test_valid_events_are_heard(case: Case) -> None:
    assert isinstance(hear(case.text, case.dialect), Heard)  # type: ignore[arg-type]


@pytest.mark.parametrize("case", [*cases("beta", valid=False), *cases("ga", valid=False)], ids=str)
def test_invalid_events_get_an_error_that_points_at_the_fault(case: Case) -> None:
    async def talk(caller: Caller) -> None:
        error = await caller.error(case.text)
        assert _pointer(error["param"]) in case.error_at

    in_session(talk, case.dialect)


def _pointer(param: str) -> str:
    return "/" + param.replace("[", ".").replace("]", "").replace(".", "/")
