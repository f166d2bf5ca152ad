"""What pydantic finds becomes a problem in plain words, at a pointer."""

from typing import Any

import pytest
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from webapp.events import EVENTS
from webapp.forms.problems import (
    EXCERPT_CHARS,
    Problem,
    Severity,
    excerpt,
    from_error,
    from_validation,
    pointer,
)

MCP_CALL = {"type": "mcp_call", "id": "", "server_label": "", "name": "", "arguments": "{}"}


def found(dialect: str, event: Any, under: str = "") -> list[Problem]:
    with pytest.raises(ValidationError) as refusal:
        EVENTS[dialect, "response.create"].model.model_validate(event)
    return from_validation(refusal.value, event, under)


def only(dialect: str, **params: Any) -> Problem:
    [problem] = found(dialect, {"type": "response.create", "response": params})
    assert problem.severity is Severity.ERROR
    return problem


@pytest.mark.parametrize(
    ("params", "at"),
    [
        ({"instructions": 1}, "/instructions"),
        ({"metadata": {"a/b": 1}}, "/metadata/a~1b"),
        ({"metadata": {"~": 1}}, "/metadata/~0"),
        ({"metadata": {"": 1}}, "/metadata/"),
        ({"metadata": {"|x": 1}}, "/metadata/|x"),
        ({"metadata": {"[key]": 1}}, "/metadata/[key]"),
        ({"metadata": {"0": 1}}, "/metadata/0"),
        ({"metadata": {"k" * 65: ""}}, "/metadata/" + "k" * 65),
        ({"prompt": {"id": "p", "variables": {"|string": 1}}}, "/prompt/variables/|string"),
        ({"prompt": {"id": "p", "variables": {"|x": {"type": "y"}}}}, "/prompt/variables/|x/type"),
        ({"input": [{"type": "item_reference"}]}, "/input/0/id"),
        ({"input": [{"type": "nothing"}]}, "/input/0/type"),
        ({"input": [{}]}, "/input/0/type"),
        ({"input": [{"type": "message", "content": []}]}, "/input/0/role"),
        ({"input": [{"type": "message", "role": "tool"}]}, "/input/0/role"),
        ({"input": [7]}, "/input/0"),
        ({"voice": 7}, "/voice"),
        ({"voice": {}}, "/voice/id"),
        ({"max_output_tokens": 0}, "/max_output_tokens"),
        ({"nope": 7}, "/nope"),
    ],
)
def test_a_problem_points_at_its_member(params: dict[str, Any], at: str) -> None:
    assert only("beta", **params).at == "/response" + at


def test_a_value_below_the_event_is_pointed_at_from_there() -> None:
    [problem] = found("beta", {"response": {"voice": 1}}, under="/shelf/0")
    assert problem.at == "/shelf/0/response/voice"


@pytest.mark.parametrize("event", [None, 1, "x", [], True])
def test_what_is_no_object_is_a_problem_of_the_whole_event(event: object) -> None:
    [problem] = found("beta", event)
    assert (problem.at, problem.fix) == ("", None)


@pytest.mark.parametrize(
    ("params", "code", "words"),
    [
        (
            {"instructions": ["a"]},
            "invalid_type",
            "Expected text, but this is a list.",
        ),
        (
            {"instructions": 5},
            "invalid_type",
            "Expected text, but this is a number. Put it in quotation marks.",
        ),
        (
            {"input": None},
            "invalid_type",
            "Expected a list, but this is null. Null is not allowed here: "
            "leave the member out instead.",
        ),
        (
            {"temperature": "0.7"},
            "invalid_type",
            "Expected a number, but this is text. Take off the quotation marks.",
        ),
        (
            {"temperature": "warm"},
            "invalid_type",
            "Expected a number, but this is text.",
        ),
        (
            {"max_output_tokens": 1.5},
            "invalid_type",
            "Expected a whole number, but this one has a fraction.",
        ),
        (
            {"max_output_tokens": True},
            "invalid_type",
            "Expected a number or text, but this is true or false.",
        ),
        (
            {"max_output_tokens": "150"},
            "invalid_value",
            "“150” is not possible here. Use inf, or take off the quotation marks.",
        ),
        (
            {"max_output_tokens": 5000},
            "integer_above_max_value",
            "Too large: the highest value allowed is 4096.",
        ),
        (
            {"temperature": 0},
            "decimal_below_min_value",
            "Too small: the lowest value allowed is 0.6.",
        ),
        (
            {"input": [{**MCP_CALL, "error": {"type": "http_error", "code": "x", "message": ""}}]},
            "invalid_type",
            "Expected a number, but this is text.",
        ),
        (
            {"output_audio_format": "mp3"},
            "invalid_value",
            "“mp3” is not possible here. Use pcm16, g711_ulaw or g711_alaw.",
        ),
        (
            {"output_audio_format": {}},
            "invalid_value",
            "Expected pcm16, g711_ulaw or g711_alaw, but this is an object.",
        ),
        (
            {"tool_choice": {"type": "tool"}},
            "invalid_value",
            "“tool” is not possible here. Use function or mcp.",
        ),
        (
            {"tool_choice": {}},
            "missing_required_parameter",
            "“type” is missing. Add it; it can be function or mcp.",
        ),
        (
            {"voice": {}},
            "missing_required_parameter",
            "“id” is missing. Add it.",
        ),
        (
            {"metadata": {"k" * 65: ""}},
            "property_name_above_max_length",
            "This name has 65 characters; at most 64 are allowed.",
        ),
        (
            {"metadata": {"k": "v" * 513}},
            "string_above_max_length",
            "At most 512 characters are allowed, but these are 513.",
        ),
        (
            {"metadata": dict.fromkeys(map(str, range(17)), "")},
            "object_above_max_properties",
            "At most 16 entries are allowed, but these are 17.",
        ),
        (
            {"tools": [{"parameters": "{}"}]},
            "invalid_type",
            "Expected an object, but this is text.",
        ),
    ],
)
def test_a_problem_says_what_is_wrong_and_what_to_do(
    params: dict[str, Any], code: str, words: str
) -> None:
    problem = only("beta", **params)
    assert (problem.code, problem.message) == (code, words)


@pytest.mark.parametrize(
    ("tool", "code", "words"),
    [
        (
            {"tunnel_id": "t"},
            "invalid_value",
            "This text must have the form ^tunnel_[a-z0-9]{32}$.",
        ),
        ({"allowed_callers": []}, "array_below_min_length", "At least 1 entry is needed here."),
        (
            {"defer_loading": "true"},
            "invalid_type",
            "Expected true or false, but this is text. Take off the quotation marks.",
        ),
        (
            {"allowed_tools": 1},
            "invalid_type",
            "Expected a list or an object, but this is a number.",
        ),
    ],
)
def test_a_problem_of_an_mcp_tool_says_so_too(tool: dict[str, Any], code: str, words: str) -> None:
    problem = only("ga", tools=[{"type": "mcp", "server_label": "s", **tool}])
    assert (problem.code, problem.message) == (code, words)


@pytest.mark.parametrize(
    ("params", "fix"),
    [
        ({"instructions": 5}, {"op": "replace", "path": "/response/instructions", "value": "5"}),
        (
            {"instructions": True},
            {"op": "replace", "path": "/response/instructions", "value": "true"},
        ),
        ({"instructions": None}, {"op": "remove", "path": "/response/instructions"}),
        ({"instructions": []}, None),
        ({"temperature": "1"}, {"op": "replace", "path": "/response/temperature", "value": 1}),
        ({"temperature": "true"}, None),
        ({"temperature": 2}, {"op": "replace", "path": "/response/temperature", "value": 1.2}),
        (
            {"max_output_tokens": "9"},
            {"op": "replace", "path": "/response/max_output_tokens", "value": 9},
        ),
        ({"max_output_tokens": "all"}, None),
        ({"output_audio_format": "16"}, None),
        ({"tools": {}}, {"op": "replace", "path": "/response/tools", "value": []}),
        ({"metadata": []}, {"op": "replace", "path": "/response/metadata", "value": {}}),
        ({"tools": 0}, None),
        ({"tools": None}, {"op": "remove", "path": "/response/tools"}),
        ({"tools": [None]}, {"op": "remove", "path": "/response/tools/0"}),
        ({"nope": 1}, {"op": "remove", "path": "/response/nope"}),
    ],
)
def test_a_fix_is_offered_where_one_is_plain(
    params: dict[str, Any], fix: dict[str, Any] | None
) -> None:
    assert only("beta", **params).fix == (None if fix is None else (fix,))


@pytest.mark.parametrize(
    "params",
    [
        {"output_audio_format": "x" * 9999},
        {"input": [{"type": "x" * 9999}]},
        {"x" * 9999: 1},
        {"tool_choice": "x" * 9999},
    ],
)
def test_no_more_than_a_short_piece_of_a_value_is_quoted(params: dict[str, Any]) -> None:
    assert "x" * EXCERPT_CHARS not in only("beta", **params).message


def test_a_finding_nobody_thought_of_is_a_problem_all_the_same() -> None:
    error = ErrorDetails(type="decimal_parsing", loc=("a",), msg="", input=None)
    assert from_error(error, {"a": 1}) == Problem(
        "/a", Severity.ERROR, "invalid_value", "This value (a number) does not fit here.", "schema"
    )


def test_an_excerpt_is_cut_with_a_sign() -> None:
    assert excerpt("a" * EXCERPT_CHARS) == f"“{'a' * EXCERPT_CHARS}”"
    assert excerpt("a" * 99) == f"“{'a' * (EXCERPT_CHARS - 1)}…”"


def test_a_pointer_escapes_what_has_a_meaning_in_it() -> None:
    assert pointer(["a/b", 0, "~", ""], "/x") == "/x/a~1b/0/~0/"
