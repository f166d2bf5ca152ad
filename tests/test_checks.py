"""The rules beyond the schema, and all problems of an event taken together."""

from collections.abc import Callable
from cProfile import Profile
from dataclasses import replace
from typing import Any

import pytest

from tests.cases_on_disk import Case, all_cases
from tests.written_events import SAID, USER, mcp, part, problems, voiced, wire
from webapp.checks.checking import check, problems_of, problems_of_part
from webapp.checks.refusals import STRAYS, Stray
from webapp.events import DIALECTS, EVENTS
from webapp.forms.problems import Problem, Severity, pointer

GRAVITY = {Severity.ERROR: 2, Severity.WARNING: 1, Severity.NOTE: 0}

INVALID = [case for case in all_cases() if not case.valid]
VALID = [case for case in all_cases() if case.valid]

# The cases.


@pytest.mark.parametrize("case", INVALID, ids=str)
def test_a_bad_event_is_pointed_at_gravely_enough(case: Case) -> None:
    needed = GRAVITY[Severity(case.min_severity)]
    found = problems(case.dialect, case.event)
    grave = [problem.at for problem in found if GRAVITY[problem.severity] >= needed]
    assert set(grave) & set(case.error_at), found


@pytest.mark.parametrize("case", INVALID, ids=str)
def test_one_fault_is_one_problem(case: Case) -> None:
    found = [p for p in problems(case.dialect, case.event) if p.severity is not Severity.NOTE]
    assert len(found) == 1


@pytest.mark.parametrize("case", VALID, ids=str)
def test_what_servers_take_has_at_most_notes(case: Case) -> None:
    found = problems(case.dialect, case.event)
    # That some servers fail on it is worth a warning, although it is not the event's fault.
    grave = [p for p in found if p.severity is not Severity.NOTE]
    assert {p.code for p in grave} <= {"forced_out_of_band"}
    assert set(case.warn_at) <= {problem.at for problem in found}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("junk", [None, 0, "x", [], {}, True, [[]], {"a": {}}])
def test_no_rule_trips_over_values_of_another_kind(dialect: str, junk: Any) -> None:
    names = ["modalities", "output_modalities", "voice", "audio", "tools", "tool_choice", "input"]
    check(dialect, junk)
    check(dialect, {"type": junk, "event_id": junk, "response": junk})
    check(dialect, wire(**dict.fromkeys([*names, "metadata", "conversation"], junk)))
    check(dialect, wire(tools=[junk], input=[junk], **voiced(format=junk, voice=junk)))
    check(dialect, wire(input=[{"type": "message", "content": [junk], "id": junk}]))
    check(dialect, wire(input=[{"type": junk, "arguments": junk, "call_id": junk}]))
    check(dialect, wire(**part("user", type=junk, audio=junk, image_url=junk, text=junk)))


@pytest.mark.parametrize("arguments", ["", "[1]", "1", "{", "[" * 100_000, "null"])
def test_arguments_that_are_no_object_are_warned_about(arguments: str) -> None:
    call = {"type": "function_call", "name": "f", "arguments": arguments}
    assert [p.severity for p in problems("beta", wire(input=[call]))] == [Severity.WARNING]


def test_one_modality_is_named_once() -> None:
    [problem] = problems("beta", wire(modalities=["text", "text"]))
    assert problem.code == "modalities_unclear"


def test_an_empty_list_of_tools_cannot_be_required() -> None:
    [problem] = problems("ga", wire(tools=[], tool_choice="required"))
    assert (problem.at, problem.severity) == ("/response/tool_choice", Severity.WARNING)


def test_a_server_that_the_event_lacks_cannot_be_forced() -> None:
    choice = {"type": "mcp", "server_label": "other"}
    [problem] = problems("ga", wire(tools=[], tool_choice=choice))
    assert problem.at == "/response/tool_choice/server_label"


def test_a_second_target_of_an_mcp_server_is_an_error() -> None:
    event = wire(**mcp(server_url="https://x.example", connector_id="connector_gmail"))
    [problem] = problems("ga", event)
    assert problem.at == "/response/tools/0/connector_id"


def test_a_data_uri_in_audio_is_named() -> None:
    [problem] = problems("beta", wire(**part("user", type="input_audio", audio="data:audio/wav,A")))
    assert problem.message == "This is not base64. Leave out everything up to the comma."


# Members at the wrong place, or under the wrong name.


@pytest.mark.parametrize("stray", STRAYS, ids=lambda stray: f"{stray.place}/{stray.names[0]}")
def test_a_member_that_people_expect_is_explained(stray: Stray) -> None:
    for dialect in stray.dialects:
        for name in stray.names:
            event = wire(
                tools=[{"type": "function", "name": "f"}],
                tool_choice={"type": "function", "name": "f"},
                input=[{**USER, "content": [{"type": "input_text", "text": "Hi"}]}],
                **(
                    {"audio": {"output": {"format": {"type": "audio/pcmu"}}}, "reasoning": {}}
                    if dialect == "ga"
                    else {}
                ),
            )
            here: Any = event
            for step in stray.place.split("/")[1:]:
                here = here[0] if step == "*" else here[step]
            here[name] = {}
            at = stray.place.replace("*", "0") + f"/{name}"
            [problem] = [p for p in problems(dialect, event) if p.at == at]
            assert (problem.message, problem.source) == (stray.words, stray.source)


@pytest.mark.parametrize(
    ("event", "at", "fix"),
    [
        (
            wire(max_tokens=5),
            "/response/max_tokens",
            [("move", "/response/max_tokens", "/response/max_output_tokens")],
        ),
        (
            wire(max_tokens=5, max_output_tokens=5),
            "/response/max_tokens",
            [("remove", None, "/response/max_tokens")],
        ),
        (wire(zzz="x"), "/response/zzz", [("remove", None, "/response/zzz")]),
        (
            wire(instruction="x"),
            "/response/instruction",
            [("move", "/response/instruction", "/response/instructions")],
        ),
        (
            wire(instruction="x", instructions="y"),
            "/response/instruction",
            [("remove", None, "/response/instruction")],
        ),
        (
            {"type": "response.create", "instructions": "x"},
            "/instructions",
            [("add", None, "/response"), ("move", "/instructions", "/response/instructions")],
        ),
        (
            {"type": "response.create", "instructions": "x", "response": {}},
            "/instructions",
            [("move", "/instructions", "/response/instructions")],
        ),
        (
            {"type": "response.create", "instructions": "x", "response": {"instructions": "y"}},
            "/instructions",
            [("remove", None, "/instructions")],
        ),
        (
            wire(tools=[{"type": "function", "function": {"name": "f", "strict": True}}]),
            "/response/tools/0/function",
            [
                ("move", "/response/tools/0/function/name", "/response/tools/0/name"),
                ("remove", None, "/response/tools/0/function"),
            ],
        ),
        (
            wire(tool_choice={"type": "function", "function": {"name": "f"}}),
            "/response/tool_choice/function",
            [
                ("move", "/response/tool_choice/function/name", "/response/tool_choice/name"),
                ("remove", None, "/response/tool_choice/function"),
            ],
        ),
        (wire(audio={"output": {}}), "/response/audio", [("remove", None, "/response/audio")]),
        (
            wire(tools=[{"type": "function", "name": "f", "function": "f"}]),
            "/response/tools/0/function",
            [("remove", None, "/response/tools/0/function")],
        ),
        (
            wire(input=[{"type": "function_call_output", "cal_id": "c", "output": ""}]),
            "/response/input/0/cal_id",
            [("move", "/response/input/0/cal_id", "/response/input/0/call_id")],
        ),
    ],
)
def test_a_member_under_another_name_is_one_problem_with_a_fix(
    event: Any, at: str, fix: list[tuple[str, str | None, str]] | None
) -> None:
    [problem] = [p for p in problems("beta", event) if p.severity is not Severity.NOTE]
    steps = problem.fix and [(step["op"], step.get("from"), step["path"]) for step in problem.fix]
    assert (problem.at, steps) == (at, fix)


def test_another_kind_of_event_is_one_problem() -> None:
    [problem] = problems("beta", {"type": "session.update", "session": {}})
    assert problem.at == "/type"


def test_a_part_spelled_as_beta_servers_want_it_is_no_error() -> None:
    event = wire(**part("assistant", type="text", text="Hi"))
    assert [p.severity for p in problems("beta", event)] == [Severity.WARNING]
    assert [p.severity for p in problems("ga", event)] == [Severity.ERROR]


def test_speech_spelled_as_beta_servers_do_is_no_error() -> None:
    event = wire(**part("assistant", type="audio", transcript="Hi"))
    assert [p.severity for p in problems("beta", event)] == [Severity.WARNING]
    assert [p.severity for p in problems("ga", event)] == [Severity.ERROR]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_null_instructions_are_only_warned_about(dialect: str) -> None:
    [problem] = problems(dialect, wire(instructions=None))
    assert (problem.at, problem.severity) == ("/response/instructions", Severity.WARNING)
    assert problem.fix == ({"op": "remove", "path": "/response/instructions"},)
    [problem] = problems(dialect, wire(instructions=1))
    assert problem.severity is Severity.ERROR


# All together.


def test_problems_stand_in_the_order_of_the_text() -> None:
    event = {
        "response": {
            "metadata": {"b": 1, "a": 2},
            "input": [{}, {"type": "message"}, {"type": "item_reference", "id": "i"}],
            "voice": 1,
            "conversation": "x",
        },
        "event_id": 1,
    }
    assert [problem.at for problem in problems("beta", event)] == [
        "/response/metadata/b",
        "/response/metadata/a",
        "/response/input/0/type",
        "/response/input/1/role",
        "/response/input/2",
        "/response/voice",
        "/response/conversation",
        "/event_id",
        "/type",
    ]


def test_a_rule_is_silent_where_the_model_has_spoken() -> None:
    found = problems("beta", wire(tools=[{"type": "function", "name": ""}, {"type": "x"}]))
    assert [problem.at for problem in found] == ["/response/tools/0/name", "/response/tools/1/type"]


def test_a_place_has_one_problem_the_gravest() -> None:
    event = wire(tools=[{"type": "function", "name": "a b"}] * 2)
    assert len(check("ga", event)) == 3
    assert [p.at for p in problems("ga", event)] == [
        "/response/tools/0/name",
        "/response/tools/1/name",
    ]


@pytest.mark.parametrize("event", [None, 1, "x", [], True])
def test_what_is_no_object_has_one_problem(event: object) -> None:
    assert [problem.at for problem in problems("beta", event)] == [""]


# One part alone.


@pytest.mark.parametrize(
    ("dialect", "at", "value", "found"),
    [
        ("beta", "/response/voice", 1, ["/response/voice"]),
        ("beta", "/response/voice", {}, ["/response/voice/id"]),
        ("beta", "/response/voice", "alloy", []),
        ("beta", "/response/metadata", {"a": 1}, ["/response/metadata/a"]),
        ("beta", "/response/conversation", "none", []),
        ("beta", "/response/modalities", ["audio"], ["/response/modalities"]),
        ("beta", "/response/tool_choice", {"type": "function", "name": "f"}, []),
        ("beta", "/response/nope", 1, ["/response/nope"]),
        ("beta", "/response/input/31", SAID, []),
        ("beta", "/response/input/31", {}, ["/response/input/31/type"]),
        ("beta", "/response/input/31", {**SAID, "id": "i" * 33}, ["/response/input/31/id"]),
        (
            "beta",
            "/response/input/7",
            {**USER, "content": [{}]},
            ["/response/input/7/content/0/type"],
        ),
        ("beta", "/response/tools/2", {"type": "function"}, ["/response/tools/2/name"]),
        ("ga", "/response/tools/2", {"type": "mcp"}, ["/response/tools/2/server_label"]),
        ("ga", "/response/audio", {"output": {"voice": 1}}, ["/response/audio/output/voice"]),
        ("ga", "/event_id", "e" * 513, ["/event_id"]),
        ("ga", "/type", "x", ["/type"]),
    ],
)
def test_a_part_is_looked_at_alone(dialect: str, at: str, value: Any, found: list[str]) -> None:
    event = EVENTS[dialect, "response.create"]
    part_problems = problems_of_part(event, at, value)
    grave = [p.at for p in part_problems if p.severity is not Severity.NOTE]
    assert grave[:1] == found[:1]
    assert len(grave) >= len(found)


def test_the_fix_of_a_part_starts_at_the_event() -> None:
    tool: Any = {"type": "function", "function": {"name": "f"}}
    [problem] = problems_of_part(EVENTS["beta", "response.create"], "/response/tools/5", tool)
    assert problem.fix == (
        {
            "op": "move",
            "from": "/response/tools/5/function/name",
            "path": "/response/tools/5/name",
        },
        {"op": "remove", "path": "/response/tools/5/function"},
    )


@pytest.mark.parametrize("case", all_cases(), ids=str)
def test_the_parts_together_find_what_the_whole_finds_there(case: Case) -> None:
    """All but the rules that compare parts."""
    event = EVENTS[case.dialect, "response.create"]
    params = case.event.get("response", {}) if isinstance(case.event, dict) else {}
    parts: list[tuple[str, Any]] = []
    for name, value in params.items():
        if name in ("input", "tools") and isinstance(value, list):
            parts += [(f"/response/{name}/{place}", item) for place, item in enumerate(value)]
        else:
            parts.append((f"/response/{name}", value))
    alone = {_told(p) for at, value in parts for p in problems_of_part(event, at, value)}
    whole = {_told(p) for p in problems_of(event, case.event)}
    crossing = {"out_of_band_unnamed", "no_audio", "forced_out_of_band", "output_without_call"}
    rest = {p for p in whole - alone if p.code not in crossing and p.at.startswith("/response/")}
    assert alone <= whole
    assert {p.source for p in rest} <= {"inferred: tools of a response replace the session's"}


def _told(problem: Problem) -> Problem:
    """A problem without its fix, which may reach beyond the part."""
    return replace(problem, fix=None, safe=False, does="")


# However long an event is.


SLIPS: dict[str, Callable[[int], dict[str, Any]]] = {
    "parts": lambda number: {
        "input": [{**USER, "content": [{"type": "text", "text": "Hi"}]} for _ in range(number)]
    },
    "parts of one message": lambda number: {
        "input": [{**USER, "content": [{"type": "text", "text": "Hi"}] * number}]
    },
    "ids": lambda number: {"input": [{**SAID, "id": f"{n}{'i' * 40}"} for n in range(number)]},
    "one id": lambda number: {"input": [{**SAID, "id": "i" * 40}] * number},
    "names": lambda number: {
        "tools": [{"type": "function", "name": f"f {n}"} for n in range(number)]
    },
    "nested tools": lambda number: {
        "tools": [{"type": "function", "function": {"name": f"f{n}"}} for n in range(number)]
    },
    "same tools": lambda number: {"tools": [{"type": "function", "name": "f"}] * number},
    "metadata": lambda number: {"metadata": {f"k{n}": n for n in range(number)}},
    "variables": lambda number: {
        "prompt": {"id": "p", "variables": {f"k{n}": n for n in range(number)}}
    },
    "needed arguments": lambda number: {
        "tools": [
            {
                "type": "function",
                "name": "f",
                "parameters": {
                    "type": "object",
                    "properties": {},
                    "required": [f"a{n}" for n in range(number)],
                },
            }
        ]
    },
}


@pytest.mark.parametrize("slips", SLIPS.values(), ids=SLIPS)
def test_a_longer_event_takes_longer_in_proportion(slips: Callable[[int], dict[str, Any]]) -> None:
    """Counted in calls of functions, which no busy machine changes."""
    short, long = (calls_to_check(wire(**slips(number))) for number in (40, 400))
    assert long < 14 * short


def calls_to_check(event: Any) -> int:
    problems("ga", event)  # what is read once is read
    profile = Profile()
    profile.runcall(problems, "ga", event)
    return sum(entry.callcount for entry in profile.getstats())


def test_two_ids_that_would_be_cut_alike_are_left_to_people() -> None:
    event = wire(input=[{**SAID, "id": "i" * 40}, {**SAID, "id": "i" * 41}])
    assert [(problem.at, problem.fix) for problem in problems("ga", event)] == [
        ("/response/input/0/id", None),
        ("/response/input/1/id", None),
    ]


def test_fixes_in_a_long_event_are_about_their_own_places() -> None:
    said = [{**SAID, "id": f"{n}{'i' * 40}"} for n in range(30)]
    output = {"type": "function_call_output", "call_id": "b", "output": ""}
    call = {"type": "function_call", "name": "f", "call_id": "a", "arguments": "{}"}
    event = wire(input=[*said, call, output], metadata={"a/b": 1, "c~d": 2, "e": "3"})
    fixes = {problem.at: problem.fix for problem in problems("ga", event) if problem.fix}
    assert fixes["/response/input/7/id"] == (
        {"op": "replace", "path": "/response/input/7/id", "value": f"7{'i' * 31}"},
    )
    assert fixes["/response/input/31/call_id"] == (
        {"op": "replace", "path": "/response/input/31/call_id", "value": "a"},
    )
    assert fixes["/response/metadata/a~1b"] == (
        {"op": "replace", "path": "/response/metadata/a~1b", "value": "1"},
    )
    assert fixes["/response/metadata/c~0d"] == (
        {"op": "replace", "path": "/response/metadata/c~0d", "value": "2"},
    )


@pytest.mark.parametrize("name", ["²", "5", "a/b", "~"])
def test_a_part_with_any_name_is_looked_at(name: str) -> None:
    at = pointer(["response", name])
    [problem] = problems_of_part(EVENTS["ga", "response.create"], at, 5)
    assert problem.at == at
    assert problem.fix == ({"op": "remove", "path": at},)
