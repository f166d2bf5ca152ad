"""Every rule finds what it is for and lets the rest pass; every fix removes its problem."""

import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cases_on_disk import all_cases
from tests.made_up import any_events, events, thorough
from tests.written_events import (
    PIXEL,
    SAID,
    based,
    mcp,
    part,
    problems,
    voiced,
    wire,
)
from webapp.checks.checking import check
from webapp.checks.rules import RULES
from webapp.events import DIALECTS
from webapp.exact_json.patches import apply, in_words, loses_nothing
from webapp.forms.nodes import Stored
from webapp.forms.problems import Problem, Severity
from webapp.store.media import label_of

ANSWERED = part("assistant", type="output_text", text="Hi")["input"][0]
PATTERN = "/properties/a/pattern"


def function(**schema: Any) -> dict[str, Any]:
    """A function whose arguments are an object with these keywords."""
    return {"type": "function", "name": "f", "parameters": {"type": "object", **schema}}


def chosen(name: str) -> dict[str, Any]:
    """The choice of one function."""
    return {"type": "function", "name": name}


def listed(schema: Any) -> dict[str, Any]:
    """The list of an MCP server's tools, one with this schema."""
    tool = {"name": "t", "input_schema": schema}
    return {"type": "mcp_list_tools", "server_label": "s", "tools": [tool]}


def call(call_id: str) -> dict[str, Any]:
    return {"type": "function_call", "name": "f", "call_id": call_id, "arguments": "{}"}


def output(call_id: str) -> dict[str, Any]:
    return {"type": "function_call_output", "call_id": call_id, "output": ""}


EXAMPLES: dict[str, tuple[str, Any, str, list[Any]]] = {
    "event_without_type": ("beta", {}, "/type", [wire(), {"type": "session.update"}, []]),
    "long_event_id": (
        "beta",
        {"type": "response.create", "event_id": "e" * 513},
        "/event_id",
        [{"type": "response.create", "event_id": "e" * 512}],
    ),
    "audio_without_text": (
        "beta",
        wire(modalities=["audio"]),
        "/response/modalities",
        [wire(modalities=["audio", "text"]), wire(modalities=["text"]), wire(modalities="audio")],
    ),
    "audio_and_text": (
        "ga",
        wire(output_modalities=["text", "audio"]),
        "/response/output_modalities",
        [wire(output_modalities=["audio"]), wire(output_modalities=["text"]), wire()],
    ),
    "modalities_unclear": (
        "beta",
        wire(modalities=[]),
        "/response/modalities",
        [wire(modalities=["text"]), wire(modalities=None), wire(modalities=[1, 1])],
    ),
    "voice_with_text_only": (
        "beta",
        wire(modalities=["text"], voice="sage"),
        "/response/voice",
        [wire(modalities=["text"]), wire(modalities=["text", "audio"], voice="sage")],
    ),
    "instructions_wiped": (
        "ga",
        wire(instructions=""),
        "/response/instructions",
        [wire(instructions=" "), wire(instructions=None)],
    ),
    "voice_unlisted": (
        "beta",
        wire(voice="Zephyr"),
        "/response/voice",
        [wire(voice="alloy"), wire(voice={"id": "voice_1"})],
    ),
    "format_without_type": (
        "ga",
        wire(**voiced(format={"rate": 24000})),
        "/response/audio/output/format/type",
        [wire(**voiced(format={"type": "audio/pcmu"})), wire(**voiced())],
    ),
    "pcm_without_rate": (
        "ga",
        wire(**voiced(format={"type": "audio/pcm"})),
        "/response/audio/output/format/rate",
        [
            wire(**voiced(format={"type": "audio/pcma"})),
            wire(**voiced(format={"type": "audio/pcm", "rate": 1})),
        ],
    ),
    "conversation_unknown": (
        "ga",
        wire(conversation="conv_1"),
        "/response/conversation",
        [wire(conversation="auto"), wire(conversation="none"), wire(conversation=None)],
    ),
    "out_of_band_unnamed": (
        "beta",
        wire(conversation="none"),
        "/response/metadata",
        [wire(conversation="none", metadata={"a": "b"}), wire(conversation="auto"), wire()],
    ),
    "tool_without_type": (
        "beta",
        wire(tools=[{"name": "f"}]),
        "/response/tools/0/type",
        [wire(tools=[{"type": "function", "name": "f"}]), wire(tools=["f"])],
    ),
    "tool_without_name": (
        "ga",
        wire(tools=[{"type": "function"}]),
        "/response/tools/0/name",
        [wire(**mcp(server_url="https://x.example")), wire(tools=[])],
    ),
    "tool_name_unusual": (
        "beta",
        wire(tools=[{"type": "function", "name": "look up"}]),
        "/response/tools/0/name",
        [wire(tools=[{"type": "function", "name": "look_up-2"}]), wire(tools=[{"name": 1}])],
    ),
    "tool_names_repeated": (
        "beta",
        wire(tools=[{"type": "function", "name": "f"}] * 2),
        "/response/tools/1/name",
        [wire(tools=[{"type": "function", "name": "f"}, {"type": "function", "name": "g"}])],
    ),
    "mcp_without_target": (
        "ga",
        wire(**mcp()),
        "/response/tools/0/server_url",
        [
            wire(**mcp(server_url="https://x.example")),
            wire(**mcp(connector_id="connector_dropbox")),
            wire(**mcp(tunnel_id="tunnel_" + "a" * 32)),
        ],
    ),
    "mcp_with_many_targets": (
        "ga",
        wire(**mcp(server_url="https://x.example", connector_id="connector_gmail")),
        "/response/tools/0/connector_id",
        [
            wire(**mcp(server_url="https://x.example", connector_id=None)),
            wire(**mcp(connector_id="connector_gmail")),
        ],
    ),
    "mcp_labels_repeated": (
        "ga",
        wire(tools=mcp(server_url="https://x.example")["tools"] * 2),
        "/response/tools/1/server_label",
        [
            wire(**mcp(server_url="https://x.example")),
            wire(tools=[{"type": "mcp", "server_label": name} for name in "ab"]),
        ],
    ),
    "mcp_address_unusual": (
        "ga",
        wire(**mcp(server_url="x.example/mcp")),
        "/response/tools/0/server_url",
        [wire(**mcp(server_url="https://x.example/mcp")), wire(**mcp(server_url=None))],
    ),
    "tool_choice_unmet": (
        "beta",
        wire(
            tools=[{"type": "function", "name": "f"}], tool_choice={"type": "function", "name": "g"}
        ),
        "/response/tool_choice/name",
        [
            wire(
                tools=[{"type": "function", "name": "f"}],
                tool_choice={"type": "function", "name": "f"},
            ),
            wire(tool_choice={"type": "function", "name": "g"}),
            wire(tools=[{"type": "function", "name": "f"}], tool_choice="required"),
        ],
    ),
    "forced_out_of_band": (
        "ga",
        wire(conversation="none", tool_choice={"type": "function", "name": "g"}),
        "/response/tool_choice",
        [
            wire(conversation="none", tool_choice="required"),
            wire(tool_choice={"type": "function", "name": "g"}),
        ],
    ),
    "reference_unlisted": (
        "beta",
        wire(input=[{"type": "item_reference", "id": "i"}]),
        "/response/input/0",
        [wire(input=[SAID])],
    ),
    "long_item_ids": (
        "beta",
        wire(input=[{"type": "function_call_output", "call_id": "c" * 33, "output": ""}]),
        "/response/input/0/call_id",
        [
            wire(input=[{**SAID, "id": "i" * 32}]),
            wire(input=[{"type": "mcp_list_tools", "id": "i" * 40}]),
        ],
    ),
    "arguments_not_json": (
        "beta",
        wire(input=[{"type": "function_call", "name": "f", "arguments": "town=Bergen"}]),
        "/response/input/0/arguments",
        [wire(input=[{"type": "function_call", "name": "f", "arguments": '{"town": 1}'}])],
    ),
    "item_ids_repeated": (
        "beta",
        wire(input=[{**SAID, "id": "i"}, {**SAID, "id": "i"}]),
        "/response/input/1/id",
        [
            wire(input=[{**SAID, "id": "i"}, {**SAID, "id": "j"}]),
            wire(input=[{**SAID, "id": "i"}, {"type": "item_reference", "id": "i"}]),
        ],
    ),
    "output_without_call": (
        "beta",
        wire(
            input=[
                {"type": "function_call", "name": "f", "call_id": "a", "arguments": "{}"},
                {"type": "function_call_output", "call_id": "b", "output": ""},
            ]
        ),
        "/response/input/1/call_id",
        [
            wire(
                input=[
                    {"type": "function_call", "name": "f", "call_id": "a", "arguments": "{}"},
                    {"type": "function_call_output", "call_id": "a", "output": ""},
                ]
            ),
            wire(input=[{"type": "function_call_output", "call_id": "b", "output": ""}]),
        ],
    ),
    "part_without_type": (
        "beta",
        wire(**part("user", text="Hi")),
        "/response/input/0/content/0/type",
        [wire(input=[SAID])],
    ),
    "part_without_content": (
        "ga",
        wire(**part("user", type="input_text")),
        "/response/input/0/content/0/text",
        [
            wire(**part("user", type="input_text", text="")),
            wire(**part("assistant", type="output_audio", transcript="")),
            wire(**part("user", type="input_audio", audio="")),
        ],
    ),
    "image_not_inline": (
        "ga",
        wire(**part("user", type="input_image", image_url="https://x.example/a.png")),
        "/response/input/0/content/0/image_url",
        [
            wire(**part("user", type="input_image", image_url=PIXEL)),
            wire(**part("user", type="input_image", image_url="data:image/jpeg;base64,")),
        ],
    ),
    "audio_not_base64": (
        "beta",
        wire(**part("user", type="input_audio", audio="not base64")),
        "/response/input/0/content/0/audio",
        [
            wire(**part("user", type="input_audio", audio="AAAA")),
            wire(**part("user", type="input_audio", audio="")),
            wire(**part("user", type="input_audio", audio="AA==")),
        ],
    ),
    "speech_without_words": (
        "ga",
        wire(**part("assistant", type="output_audio", audio="AAAA")),
        "/response/input/0/content/0/transcript",
        [wire(**part("assistant", type="output_audio", audio="AAAA", transcript="Hi"))],
    ),
    "key_in_text": (
        "beta",
        wire(metadata={"key": "sk-" + "a1B2" * 6}),
        "/response/metadata/key",
        [
            wire(metadata={"key": "sk-short"}, instructions="Ask at the desk-office-building-now."),
            wire(instructions="Bearer of good news, see https://x.example/a?b=c"),
            wire(instructions="A standard bearer internationalizationally minded."),
            wire(**mcp(authorization="sk-" + "a1B2" * 6)),
        ],
    ),
    "token_of_mcp_server": (
        "ga",
        wire(**mcp(server_url="https://x.example", authorization="t")),
        "/response/tools/0/authorization",
        [wire(**mcp(server_url="https://x.example", authorization=""))],
    ),
    "headers_of_mcp_server": (
        "ga",
        wire(**mcp(server_url="https://x.example", headers={"X-Key": "t"})),
        "/response/tools/0/headers",
        [
            wire(**mcp(server_url="https://x.example", headers={})),
            wire(**mcp(server_url="https://x.example", headers=None)),
        ],
    ),
    "no_sound": (
        "ga",
        wire(output_modalities=["text"]),
        "/response/output_modalities",
        [wire(output_modalities=["audio"]), wire(output_modalities=[])],
    ),
    "words_before_sound": (
        "beta",
        wire(modalities=["text", "audio"], input=[ANSWERED]),
        "/response/input/0",
        [
            wire(modalities=["text"], input=[ANSWERED]),
            wire(input=[ANSWERED]),
            wire(modalities=["text", "audio"], input=[SAID]),
            wire(
                modalities=["text", "audio"],
                **part("assistant", type="output_audio", transcript="Hi"),
            ),
        ],
    ),
    "said_exactly": (
        "ga",
        wire(instructions="Say exactly this: good morning."),
        "/response/instructions",
        [
            wire(instructions="Say hello."),
            wire(instructions="Say exactly this: hi.", input=[], tool_choice="none"),
        ],
    ),
    "instructions_replace": (
        "ga",
        wire(instructions="Be brief."),
        "/response/instructions",
        [wire(instructions=""), wire(instructions=None)],
    ),
    "whole_number_with_point": (
        "beta",
        wire(max_output_tokens=100.0),
        "/response/max_output_tokens",
        [wire(max_output_tokens=100), wire(max_output_tokens="inf"), wire(temperature=1.0)],
    ),
    "reasoning_models_only": (
        "ga",
        wire(reasoning={"effort": "low"}),
        "/response/reasoning",
        [wire()],
    ),
    "parameters_no_schema": (
        "beta",
        wire(tools=[function(properties={"town": {"type": "strin"}})]),
        "/response/tools/0/parameters/properties/town/type",
        [
            wire(tools=[function(properties={"town": {"type": ["string", "null"]}})]),
            wire(tools=[{"type": "function", "name": "f", "parameters": {}}]),
            wire(tools=[{"type": "function", "name": "f", "parameters": "x"}]),
        ],
    ),
    "parameters_refer_to_nowhere": (
        "ga",
        wire(tools=[function(properties={"a": {"$ref": "#/$defs/town"}})]),
        "/response/tools/0/parameters/properties/a/$ref",
        [
            wire(
                tools=[
                    function(
                        properties={"a": {"$ref": "#/$defs/a~1b%20c"}, "$ref": {"type": "null"}},
                        anyOf=[{"$ref": "#/anyOf/1"}, {"$ref": "#"}],
                        examples=[{"$ref": "#/nowhere"}],
                        **{"$defs": {"a/b c": {"$ref": "https://x.example/#/y"}}},
                    )
                ]
            ),
            wire(tools=[{"type": "function", "name": "f", "parameters": "#/x"}]),
        ],
    ),
    "parameters_strange": (
        "ga",
        wire(tools=[{"type": "function", "name": "f", "parameters": {"type": "string"}}]),
        "/response/tools/0/parameters/type",
        [
            wire(tools=[function(properties={"a": {}}, required=["a"])]),
            wire(tools=[{"type": "function", "name": "f", "parameters": {}}]),
        ],
    ),
    "listed_schema_invalid": (
        "ga",
        wire(input=[listed({"type": "object", "required": "town"})]),
        "/response/input/0/tools/0/input_schema/required",
        [wire(input=[listed({"type": "object"})]), wire(input=[listed({})])],
    ),
    "call_without_output": (
        "beta",
        wire(input=[call("a"), call("b"), output("a")]),
        "/response/input/1/call_id",
        [
            wire(input=[call("a"), call("b")]),
            wire(input=[call("a"), output("a")]),
            wire(input=[call("a"), output("b"), {"type": "item_reference", "id": "i"}]),
        ],
    ),
    "speech_of_the_model": (
        "beta",
        wire(**part("assistant", type="output_audio", audio="AAAA", transcript="Hi")),
        "/response/input/0/content/0",
        [wire(**part("assistant", type="output_audio", transcript="Hi"))],
    ),
    "audio_in_container": (
        "beta",
        wire(**part("user", type="input_audio", audio=based(b"RIFF\0\0\0\0WAVEfmt "))),
        "/response/input/0/content/0/audio",
        [wire(**part("user", type="input_audio", audio=based(bytes(48))))],
    ),
    "audio_of_half_samples": (
        "ga",
        wire(**part("user", type="input_audio", audio=based(bytes(47)))),
        "/response/input/0/content/0/audio",
        [
            wire(**part("user", type="input_audio", audio=based(bytes(48)))),
            wire(**part("user", type="input_audio", audio="")),
        ],
    ),
    "image_not_what_it_says": (
        "ga",
        wire(**part("user", type="input_image", image_url=PIXEL.replace("png", "jpeg"))),
        "/response/input/0/content/0/image_url",
        [
            wire(**part("user", type="input_image", image_url=PIXEL)),
            wire(**part("user", type="input_image", image_url="data:image/png;base64,")),
            wire(**part("user", type="input_image", image_url="https://x.example/a.png")),
        ],
    ),
}


def test_every_rule_has_an_example() -> None:
    assert {rule.look.__name__ for rule in RULES} == EXAMPLES.keys()


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_rule_finds_what_it_is_for(name: str) -> None:
    dialect, event, at, _ = EXAMPLES[name]
    codes = {rule.code for rule in RULES if rule.look.__name__ == name}
    found = [problem for problem in check(dialect, event) if problem.at == at]
    assert codes <= {problem.code for problem in found}
    assert all(problem.message and problem.source for problem in found)


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_rule_lets_the_rest_pass(name: str) -> None:
    dialect, _, _, harmless = EXAMPLES[name]
    codes = {rule.code for rule in RULES if rule.look.__name__ == name}
    rows = {(rule.code, rule.source) for rule in RULES if rule.look.__name__ == name}
    for event in harmless:
        found = [p for p in check(dialect, event) if (p.code, p.source) in rows]
        assert [p for p in found if p.code in codes] == [], event


# Fixes.


def both(*events: Any) -> list[tuple[str, Any]]:
    return [(dialect, event) for dialect in DIALECTS for event in events]


# Events with something wrong that is none of the rules': names, shapes and words of elsewhere.
MISSHAPEN = both(
    wire(max_tokens=5, temprature=0.8, Voice="sage"),
    wire(max_response_output_tokens=5, model="gpt-realtime"),
    wire(output_modalities=["audio"], audio={"output": {"voice": "sage", "speed": 1.5}}),
    wire(audio={"output": {"voice": "sage", "format": {"type": "audio/pcmu"}}}),
    wire(audio={"output": {"format": {"type": "audio/G711-ulaw", "rate": 8000}}}),
    wire(audio={"output": {"format": "pcm16", "voice": {"id": "v"}}}),
    wire(audio={"output": {"format": {"type": "audio/pcm", "rate": 16000}}}, voice="sage"),
    wire(modalities=["audio"], output_modalities=["audio"]),
    wire(modalities=["text", "audio"], voice="sage", output_audio_format="g711_ulaw"),
    wire(modalities="audio", output_audio_format="g711-ulaw", temperature="0.8"),
    wire(modalities=[], output_modalities=[]),
    wire(modalities=["text", "text"], output_modalities=["audio", "audio"]),
    wire(output_audio_format={"type": "audio/pcm", "rate": 24000}),
    wire(output_audio_format={"type": "audio/pcma", "rate": 8000, "more": 1}),
    wire(output_audio_format="wav24", voice=7),
    wire(commit=True, cancel_previous=True, append_input_items=[SAID], input_items=[SAID]),
    wire(messages=[{"role": "developer", "content": "Hi"}, {"role": "user", "content": "Hi"}]),
    wire(
        messages=[{"role": "tool", "tool_call_id": "c", "content": "1"}], functions=[{"name": "f"}]
    ),
    wire(messages=[{"role": "user", "content": [{"type": "text", "text": "Hi"}]}]),
    wire(function_call={"name": "f"}, reasoning_effort="high", system="Be brief."),
    wire(function_call="auto", reasoning="hihg", response_modalities=["TEXT", "AUDIO"]),
    wire(reasoning="high", parallel_tool_calls="true"),
    wire(tools={"type": "function", "name": "f"}),
    wire(tools={"f": {"type": "function"}, "g": {"type": "function", "name": "g"}}),
    wire(tools={"f": {"type": "function", "name": "g"}}),
    wire(tools=[{"server_label": "s", "server_url": "https://x.example"}]),
    wire(
        tools=[{"type": "mcp", "server_label": "s", "connector_id": f"connector_{n}"} for n in "ab"]
    ),
    wire(tools=[function()], tool_choice={"type": "function"}),
    wire(tools=[function(), function()], tool_choice={"type": "function"}),
    wire(tools=[{"type": "function", "name": 5}], tool_choice={"type": "function"}),
    wire(tools={}, metadata=[], input={}, prompt=[], audio=[], reasoning=[], voice=[]),
    wire(input=["Hi", None, {"type": "input_text", "text": "Hi"}, {"type": "output_audio"}]),
    wire(input=[{"type": "input_image", "role": "user", "image_url": PIXEL}, {"type": 5}]),
    wire(
        input=[{**SAID, "content": ["Hi", None, 5]}, {**SAID, "role": "robot", "content": ["Hi"]}]
    ),
    wire(input=[{"type": "function_call", "name": "f"}, {"type": "function_call_output"}]),
    wire(input=[{**SAID, "object": "item"}, {"type": "mcp_call"}, {**SAID, "role": None}]),
    wire(input=[{"type": "function_call_output", "tool_call_id": "c", "output": "1"}]),
    wire(
        reasoning={"effort": "none"},
        modalities=["audio", 5],
        output_modalities=["text", "audio", 5],
    ),
    wire(type="realtime", id="resp_1", object="realtime.response", status="done", output=[]),
    wire(conversation="Auto", voice="", parallel_tool_calls="True", conversation_id="conv_1"),
    wire(**part("user", type="input_image", image_url=PIXEL.replace(";", ";charset=utf-8;"))),
    wire(**part("user", type="input_image", image_url="data:image/png,abc")),
    wire(**part("user", type="input_audio", audio="AAAA=")),
    wire(audio={"voice": "sage", "format": "pcm16"}),
    wire(audio={"voice": "sage", "output": {"voice": "ash"}}, output_audio_format="pcm24"),
    {"type": "response.create", "temperature": 0.8, "voice": "ash", "model": "m", "functions": []},
    {"type": "response.create", "voice": "ash", "response": {"voice": "sage"}},
    {"type": "response.create", "audio": {"output": {}}, "max_tokens": 5, "response": None},
    wire(tools="f", tool_choice=5, reasoning=5, prompt=5, modalities={}, temperature=[]),
    wire(tools=[{"type": "function", "name": "f", "parameters": "not json"}]),
    wire(tools=[{"type": "function", "name": "f", "parameters": "[]"}]),
    wire(tools=[{"type": "function", "name": "f", "parameters": 5}]),
    wire(tools=[{"type": "function", "name": "a b"}, {"type": "function", "name": "a_b"}]),
    wire(tools=[function(properties={"a": {}}, required=["b"])]),
    wire(tools=[{"type": "function", "name": "f", "parameters": {"properties": {}}}]),
    wire(tool_choice={"type": "auto", "more": 1}),
    wire(tool_choice={}),
    wire(functions=["f"], function_call=5, messages=5, reasoning_effort=5),
    wire(messages=[SAID, {"role": "user", "content": "Hi", "name": "n"}]),
    wire(messages=[SAID], functions=[{"type": "function", "name": "f"}]),
    wire(messages=[{"role": "tool", "tool_call_id": "c", "content": "1", "name": "n"}]),
    wire(messages=[{"role": "robot", "content": "Hi"}]),
    wire(audio={"output": {"format": {"type": "wav"}, "voice": "sage"}}, voice="ash"),
    wire(audio={"output": {"format": {"type": "audio/pcm", "rate": True}}}),
    wire(audio={"output": {"format": 5}}, output_audio_format=5),
    wire(audio="sage", voice={"id": "v"}),
    wire(reasoning_effort="high", reasoning={"effort": "high"}),
    wire(output_audio_format="pcm16", audio={"output": 5}),
    wire(
        input=[{"type": "message", "role": "user", "content": {"type": "input_text", "text": "Hi"}}]
    ),
    wire(input=[{"type": "message", "role": "user", "content": 5}, {}, 5]),
    wire(**part("system", type="input_audio", audio="AAAA")),
    wire(**part("user", type=5)),
    wire(**part("user", type="input_image", image_url={"href": "x"})),
    wire(**part("user", type="input_image", image_url="data:image/png;base64,AAAA")),
    wire(**part("user", type="input_image", image_url="data:image/png;base64,????")),
    wire(**part("user", type="input_audio", input_audio={"data": "AAAA"}, audio="AAAA")),
    wire(**part("user", type="input_audio", audio=based(bytes(30_000)))),
    wire(input=[{"type": "function_call", "name": "f", "arguments": 5}]),
    wire(input=[{"type": "function_call", "name": "f", "arguments": "[" * 30_000}]),
    wire(tools=[{"function": {"name": "f", "parameters": {}}}]),
    wire(tools=[{"type": "function", "function": {"name": "f", "strict": True}}]),
    wire(tools=[{"type": "function", "function": {"name": 5}}]),
    wire(tools=[{"type": "function", "name": "f", "parameters": '{"type": "object"}'}]),
    wire(tools=[{"type": "function", "name": "f", "input_schema": {}, "meta": 1, "strict": False}]),
    wire(tools=[{"type": "web_search"}, {"type": "mcp", "server_label": "s"}, {"name": "f"}]),
    wire(tools=[function(), {**function(), "description": "Other"}, function()]),
    wire(tools=[{"type": "function", "name": "look up"}], tool_choice=chosen("look up")),
    wire(tools=[function()], tool_choice="f"),
    wire(tools=[function()], tool_choice="any"),
    wire(tools=[function()], tool_choice={"type": "any"}),
    wire(tools=[function()], tool_choice={"type": "tool", "name": "f"}),
    wire(tools=[function()], tool_choice={"name": "f"}),
    wire(tools=[function()], tool_choice={"type": "function", "function": {"name": "f"}}),
    wire(tools=[function()], tool_choice=chosen("g"), conversation="none"),
    wire(tools=[], tool_choice="requierd"),
    wire(tool_choice={"type": "function", "function": {}}),
    wire(max_output_tokens="150", metadata={"a": 1, "b": True, "c": {"d": []}, "e": None}),
    wire(max_output_tokens=100.5, conversation="defualt"),
    wire(max_output_tokens=-1, conversation="default"),
    wire(max_output_tokens="Infinity", prompt="pmpt_1"),
    wire(max_output_tokens=5000, temperature=0.3, prompt={"id": "p", "version": 2}),
    wire(prompt={"id": "p", "variables": {"a": 1, "b": False, "c/d": 0.5}}),
    wire(input="Hi"),
    wire(input=SAID),
    wire(input=[{"role": "user", "content": "Hi"}]),
    wire(input=[{"role": "assistant", "content": [{"type": "input_text", "text": "Hi"}]}]),
    wire(input=[{"type": "message", "role": "developer", "content": "Hi"}]),
    wire(input=[{"type": "message", "role": "robot", "content": "Hi"}]),
    wire(input=[{"name": "f", "arguments": {"a": 1}}, {"call_id": "c", "output": [1]}]),
    wire(input=[{"type": "function_call", "name": "f", "arguments": ""}]),
    wire(input=[{"type": "functioncall", "name": "f", "arguments": "{}"}]),
    wire(**part("user", type="text", text="Hi")),
    wire(**part("user", text="Hi")),
    wire(**part("user", audio="AAAA")),
    wire(**part("user", type="audio", audio="AAAA")),
    wire(**part("user", type="image_url", image_url={"url": PIXEL, "detail": "low"})),
    wire(**part("user", type="input_image", image_url={"url": PIXEL})),
    wire(**part("user", type="input_image", image_url=PIXEL.partition(",")[2])),
    wire(**part("user", type="input_audio", input_audio={"data": "AAAA", "format": "wav"})),
    wire(**part("user", type="input_audio", audio="data:audio/wav;base64,AAAA")),
    wire(**part("user", type="input_audio", audio="__--\nAA")),
    wire(**part("user", type="input_text")),
    wire(**part("assistant", type="text", text="Hi")),
    wire(**part("assistant", type="audio", transcript="Hi")),
    wire(**part("system", type="output_text", text="Hi")),
    wire(input=[{**SAID, "id": "i" * 40}, {**SAID, "id": "i" * 40}]),
    wire(input=[call("c" * 40), output("c" * 40), {"type": "item_reference", "id": "c" * 40}]),
    wire(instructions=None, voice=None, metadata=[], input=None),
    wire(**mcp(server_url="x.example/mcp", connector_id="connector_gmial")),
    wire(**mcp(server_url="https://x.example", require_approval="Never", allowed_callers=[])),
    {"event_id": 7, "type": "response_create", "instructions": "Hi", "modalities": ["audio"]},
    {"type": "response.created", "response": {}},
    {"instructions": 1, "response": {"instructions": "Hi"}},
    {"response": {"conversation": "none", "tool_choice": chosen("f")}},
)

FAULTY = [
    *((case.dialect, case.event) for case in all_cases()),
    *((dialect, event) for dialect, event, _, _ in EXAMPLES.values()),
    *MISSHAPEN,
]


@pytest.mark.parametrize(("dialect", "event"), FAULTY)
def test_a_fix_removes_its_problem_and_adds_no_error(dialect: str, event: Any) -> None:
    text = json.dumps(event)
    for problem in problems(dialect, event):
        if problem.fix:
            before, after = problems(dialect, event), problems(dialect, apply(event, problem.fix))
            assert number(after, problem) < number(before, problem), (problem, after)
            assert errors(after) <= errors(before), (problem, after)
    assert json.dumps(event) == text


@thorough
@given(st.data())
@pytest.mark.parametrize("dialect", DIALECTS)
def test_so_does_a_fix_of_any_event(dialect: str, data: st.DataObject) -> None:
    event = data.draw(events(dialect, wrong=True) | any_events(dialect))
    for problem in problems(dialect, event):
        if problem.fix:
            before, after = problems(dialect, event), problems(dialect, apply(event, problem.fix))
            assert errors(after) <= errors(before), (problem, after)
            assert number(after, problem) < number(before, problem), (problem, after)


def number(found: list[Problem], problem: Problem) -> int:
    return sum((one.code, one.severity) == (problem.code, problem.severity) for one in found)


def errors(found: list[Problem]) -> Counter[str]:
    return Counter(one.code for one in found if one.severity is Severity.ERROR)


@pytest.mark.parametrize(("dialect", "event"), FAULTY)
def test_safe_fixes_come_to_an_end_and_lose_no_text(dialect: str, event: Any) -> None:
    """Every word of the event is there afterwards, but for names of members and of kinds."""
    fixed, safe = event, list[Problem]()
    while found := [one for one in problems(dialect, fixed) if one.fix and one.safe]:
        safe.append(found[0])
        fixed = apply(fixed, found[0].fix or ())
        assert len(safe) < 30
    if any(not loses_nothing(problem.fix or ()) for problem in safe):
        return
    assert texts(event) <= texts(fixed)


def texts(value: Any) -> Counter[str]:
    match value:
        case str():
            return Counter([value])
        case list():
            return sum(map(texts, value), Counter())
        case dict():
            return sum(map(texts, value.values()), Counter())
    return Counter()


def test_most_of_what_people_send_has_a_fix() -> None:
    without = [
        (case.name, problem.message)
        for case in all_cases()
        for problem in problems(case.dialect, case.event)
        if problem.severity is Severity.ERROR and not problem.fix
    ]
    # A missing name or id is nobody's to make up.
    assert {name for name, _ in without} <= {
        "beta-bad-function-output-no-call-id",
        "beta-bad-item-reference-no-id",
        "beta-bad-item-unknown-type",
        "beta-bad-item-without-type",
        "beta-bad-instructions-list",
        "beta-bad-modalities-second-wrong",
        "beta-bad-tool-without-name",
        "ga-bad-event-id-513",
        "ga-bad-mcp-connector-unknown",
    }, without


@pytest.mark.parametrize(
    ("dialect", "event", "at", "words", "safe"),
    [
        ("beta", wire(max_tokens=5), "/response/max_tokens", "rename to max_output_tokens", True),
        ("ga", wire(temperature=0.8), "/response/temperature", "remove temperature", False),
        ("ga", wire(voice="sage"), "/response/voice", "move to audio.output.voice", True),
        ("ga", wire(modalities=["text", "audio"]), "/response/modalities", None, True),
        (
            "beta",
            wire(modalities=["audio"]),
            "/response/modalities",
            'write ["text","audio"]',
            True,
        ),
        (
            "ga",
            wire(**voiced(format={"type": "audio/pcm"})),
            "/response/audio/output/format/rate",
            "add rate: 24000",
            True,
        ),
        ("beta", wire(temperature=0.3), "/response/temperature", "write 0.6", False),
        ("beta", wire(temperature="0.8"), "/response/temperature", "write 0.8", True),
        ("beta", wire(voice=None), "/response/voice", "remove voice", False),
        (
            "beta",
            wire(audio={"output": {"voice": "sage"}}),
            "/response/audio",
            "write voice and format as Beta does",
            True,
        ),
        (
            "beta",
            wire(modalities=["audio"], output_modalities=["text"]),
            "/response/output_modalities",
            None,
            False,
        ),
        ("beta", wire(instructions=5, model="m"), "/response/model", "remove model", False),
    ],
)
def test_a_fix_says_what_it_does(
    dialect: str, event: Any, at: str, words: str | None, safe: bool
) -> None:
    [problem] = [one for one in problems(dialect, event) if one.at == at]
    assert problem.fix
    assert problem.safe is safe
    if words:
        assert (problem.does or in_words(problem.fix)) == words


@pytest.mark.parametrize(
    ("dialect", "event", "at", "after"),
    [
        (
            "ga",
            wire(tools=[{"server_label": "s", "server_url": "https://x.example"}]),
            "/response/tools/0/type",
            wire(**mcp(server_url="https://x.example")),
        ),
        ("ga", wire(input=["Hi"]), "/response/input/0", wire(input=[SAID])),
        ("ga", wire(input=SAID["content"]), "/response/input/0/type", wire(input=[SAID])),
        (
            "beta",
            wire(input=[{"type": "text", "text": "Hi"}]),
            "/response/input/0/type",
            wire(input=[SAID]),
        ),
        (
            "ga",
            wire(input=[{"type": "output_text", "text": "Hi"}]),
            "/response/input/0/type",
            wire(input=[ANSWERED]),
        ),
        (
            "ga",
            wire(input=[{**SAID, "content": ["Hi"]}]),
            "/response/input/0/content/0",
            wire(input=[SAID]),
        ),
        (
            "beta",
            wire(input=[{"type": "function_call", "name": "f", "call_id": "a"}]),
            "/response/input/0/arguments",
            wire(input=[call("a")]),
        ),
        (
            "beta",
            wire(input=[{"type": "function_call_output", "call_id": "a"}]),
            "/response/input/0/output",
            wire(input=[output("a")]),
        ),
        (
            "ga",
            wire(tools=[function()], tool_choice={"type": "function"}),
            "/response/tool_choice/name",
            wire(tools=[function()], tool_choice=chosen("f")),
        ),
        (
            "ga",
            wire(reasoning={"effort": "max"}),
            "/response/reasoning/effort",
            wire(reasoning={"effort": "xhigh"}),
        ),
        ("ga", wire(tools={}), "/response/tools", wire(tools=[])),
        ("ga", wire(metadata=[]), "/response/metadata", wire(metadata={})),
        ("ga", {"type": "response.create", "response": []}, "/response", wire()),
        (
            "ga",
            wire(parallel_tool_calls="True"),
            "/response/parallel_tool_calls",
            wire(parallel_tool_calls=True),
        ),
        (
            "ga",
            wire(audio={"voice": "sage", "output": {}}),
            "/response/audio/voice",
            wire(**voiced(voice="sage")),
        ),
        (
            "ga",
            {"type": "response.create", "modalities": ["text", "audio"]},
            "/modalities",
            wire(output_modalities=["audio"]),
        ),
        (
            "beta",
            wire(audio_format="pcm16"),
            "/response/audio_format",
            wire(output_audio_format="pcm16"),
        ),
        ("ga", wire(conversation="None"), "/response/conversation", wire(conversation="none")),
        (
            "ga",
            wire(voice="", **voiced(voice="")),
            "/response/audio/output/voice",
            wire(voice="", **voiced()),
        ),
        (
            "ga",
            wire(**part("user", type="input_image", image_url=PIXEL.replace(";", ";a=b;"))),
            "/response/input/0/content/0/image_url",
            wire(**part("user", type="input_image", image_url=PIXEL)),
        ),
        (
            "ga",
            wire(**part("user", type="input_audio", audio="AAAABBBB====")),
            "/response/input/0/content/0/audio",
            wire(**part("user", type="input_audio", audio="AAAABBBB")),
        ),
    ],
)
def test_what_was_meant_is_written(dialect: str, event: Any, at: str, after: Any) -> None:
    [problem] = [one for one in problems(dialect, event) if one.at == at]
    assert apply(event, problem.fix or ()) == after


@pytest.mark.parametrize(
    ("dialect", "modalities"),
    [
        ("beta", {"modalities": ["audio", "video"]}),
        ("ga", {"output_modalities": ["text", "audio", 5]}),
    ],
)
def test_a_modality_that_is_none_goes_with_no_safe_fix(dialect: str, modalities: Any) -> None:
    found = problems(dialect, wire(**modalities))
    assert not any(problem.safe for problem in found)


@pytest.mark.parametrize(
    ("dialect", "event"),
    [
        ("ga", wire(output_audio_format="pcm24")),
        ("ga", wire(**voiced(format="pcm"))),
        ("ga", wire(**voiced(format={"type": "audio/l16"}))),
        ("beta", wire(output_audio_format="pcm")),
    ],
)
def test_a_format_that_may_be_another_one_has_no_safe_fix(dialect: str, event: Any) -> None:
    assert not any(problem.safe for problem in problems(dialect, event))


def test_a_tool_that_its_server_is_not_allowed_cannot_be_chosen() -> None:
    choice = {"type": "mcp", "server_label": "s", "name": "find"}
    for allowed in (["search"], {"tool_names": ["search"]}):
        tools = mcp(server_url="https://x.example", allowed_tools=allowed)["tools"]
        [problem] = problems("ga", wire(tools=tools, tool_choice=choice))
        assert (problem.at, problem.severity) == ("/response/tool_choice/name", Severity.WARNING)
        fixed: Any = apply(wire(tools=tools, tool_choice=choice), problem.fix or ())
        assert fixed["response"]["tool_choice"]["name"] == "search"
    for allowed in (["find"], {"tool_names": ["find"]}, {"read_only": True}, None, []):
        tools = mcp(server_url="https://x.example", allowed_tools=allowed)["tools"]
        found = problems("ga", wire(tools=tools, tool_choice=choice))
        assert len(found) == (allowed == [])


@pytest.mark.parametrize("value", [None, True, {"a": 1}])
def test_values_are_shown_as_json(value: Any) -> None:
    [problem] = problems("ga", wire(input=[{**SAID, "role": value}]))
    assert f"“{json.dumps(value, separators=(',', ':'))}” is not possible here" in problem.message


def test_ga_names_become_beta_ones_with_their_values() -> None:
    event = wire(audio={"output": {"voice": "sage", "format": {"type": "audio/pcmu"}}})
    [problem] = problems("beta", event)
    fixed = apply(event, problem.fix or ())
    assert fixed == wire(voice="sage", output_audio_format="g711_ulaw")


def test_beta_names_become_ga_ones_with_their_values() -> None:
    event: Any = wire(modalities=["text", "audio"], voice="sage", output_audio_format="pcm16")
    while found := [one for one in problems("ga", event) if one.fix]:
        event = apply(event, found[0].fix or ())
    pcm = {"type": "audio/pcm", "rate": 24000}
    assert event == wire(
        output_modalities=["audio"], audio={"output": {"voice": "sage", "format": pcm}}
    )


def test_an_id_is_cut_wherever_it_stands() -> None:
    event = wire(input=[call("c" * 40), output("c" * 40)])
    fix = problems("beta", event)[0].fix or ()
    assert apply(event, fix) == wire(input=[call("c" * 32), output("c" * 32)])


def test_a_function_is_renamed_with_its_choice() -> None:
    tools = [{"type": "function", "name": "look up!"}]
    event = wire(tools=tools, tool_choice=chosen("look up!"))
    [problem] = problems("ga", event)
    fixed = apply(event, problem.fix or ())
    assert fixed == wire(tools=[{**tools[0], "name": "look_up"}], tool_choice=chosen("look_up"))


# Media that are kept outside the event.


def stored(media: str, text: str) -> Any:
    """What stands in an event for a stored string."""
    return Stored(f"{'0' * 64}.{len(text)}.{label_of(media, text)}").value


@pytest.mark.parametrize("dialect", DIALECTS)
def test_rules_are_silent_about_sounds_and_pictures_they_cannot_see(dialect: str) -> None:
    sound, picture = stored("audio", based(bytes(48_000))), stored("image", PIXEL)
    event = wire(**part("user", type="input_audio", audio=sound))
    event["response"]["input"] += part("user", type="input_image", image_url=picture)["input"]
    assert problems(dialect, event) == []


@pytest.mark.parametrize(
    ("media", "text", "code"),
    [
        ("audio", based(bytes(4_801)), "audio_of_half_samples"),
        ("audio", "data:audio/wav;base64," + based(bytes(4_800)), "invalid_value"),
        ("audio", "no sound " * 1_000, "invalid_value"),
        ("image", "https://x.example/" + "a" * 2_000, "invalid_value"),
        ("image", "data:image/webp;base64," + based(bytes(4_800)), "invalid_value"),
    ],
)
def test_rules_know_of_stored_media_what_their_label_tells(
    media: str, text: str, code: str
) -> None:
    members = (
        {"audio": stored(media, text)} if media == "audio" else {"image_url": stored(media, text)}
    )
    [problem] = problems("ga", wire(**part("user", type=f"input_{media}", **members)))
    assert problem.code == code
    assert problem.fix is None


def test_stored_sound_of_a_telephone_may_have_an_odd_length() -> None:
    token = f"{'0' * 64}.6404.audio/pcmu_4801B"
    event = wire(**part("user", type="input_audio", audio=Stored(token).value))
    assert problems("ga", event) == []


# Words.


def test_a_key_is_never_repeated() -> None:
    key = "sk-" + "a1B2" * 6
    event = wire(instructions=f"Call with {key}", metadata={"url": f"https://u:{key}@x.example"})
    found = [one for one in problems("beta", event) if one.code == "secret_in_event"]
    assert len(found) == 2
    assert all(key not in one.message for one in found)


@pytest.mark.parametrize("pattern", ["(" * 5_000, "a{99999999999999999999}", "(a" * 5_000])
def test_a_pattern_beyond_our_engine_is_let_pass(pattern: str) -> None:
    event = wire(tools=[function(properties={"a": {"type": "string", "pattern": pattern}})])
    assert problems("ga", event) == []


@pytest.mark.parametrize(
    ("schema", "at", "words"),
    [
        ({"type": "objekt"}, "/type", "no type"),
        ({"properties": []}, "/properties", "an object"),
        ({"type": "object", "required": ["a", "a"]}, "/required", "twice"),
        ({"type": "object", "minProperties": -1}, "/minProperties", "too small"),
        ({"type": "object", "$ref": 1}, "/$ref", "text"),
        ({"type": "object", "properties": {"a": {"pattern": "("}}}, PATTERN, "form"),
        ({"$schema": "http://json-schema.org/draft-07/schema#", "items": 5}, "/items", "not fit"),
        (
            {"type": "object", "properties": {"a": {"$anchor": "1"}}},
            "/properties/a/$anchor",
            "form",
        ),
        ({"type": "object", "allOf": []}, "/allOf", "one entry"),
        ({"type": "object", "properties": {"a": {"type": []}}}, "/properties/a/type", ""),
        ({"type": "object", "properties": {"a": 5}}, "/properties/a", "should be"),
        (
            {"$schema": "http://json-schema.org/draft-04/schema#", "minimum": "1"},
            "/minimum",
            "number",
        ),
        ({"$schema": 5, "type": "object"}, "/$schema", "text"),
        ({"$schema": "http://json-schema.org/draft-07/schema#", "type": 1}, "/type", "no type"),
    ],
)
def test_a_bad_schema_is_pointed_at(schema: Any, at: str, words: str) -> None:
    tool = {"type": "function", "name": "f", "parameters": schema}
    [problem] = [p for p in problems("beta", wire(tools=[tool])) if p.code == "invalid_schema"]
    assert problem.at == f"/response/tools/0/parameters{at}"
    assert words in problem.message


def test_a_fix_found_along_puts_nothing_over_what_stands_there() -> None:
    event = {"type": "response.create", "voice": "ash", "response": {**voiced(voice="sage")}}
    for problem in problems("ga", event):
        assert "sage" in json.dumps(apply(event, problem.fix or ()))
