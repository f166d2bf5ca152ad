"""An event in the other dialect: the tables, what must never be lost, and the guess."""

from collections.abc import Callable
from cProfile import Profile
from typing import Any

import pytest
from hypothesis import given

from tests.cases_on_disk import Case, all_cases
from tests.made_up import any_events, any_json, events, thorough
from webapp.checks.checking import problems_of
from webapp.dialects import Converted, Kind, convert, detect, other, source_of
from webapp.events import EVENTS
from webapp.exact_json.reader import ExactFloat, JsonValue, read_json
from webapp.forms.problems import Severity
from webapp.wire_text import write

VALID = [case for case in all_cases() if case.valid]


def wire(**params: Any) -> dict[str, Any]:
    return {"type": "response.create", "response": params}


def params_of(found: Converted) -> Any:
    assert isinstance(found.value, dict)
    return found.value["response"]


def told(found: Converted) -> list[tuple[str, str, str]]:
    """What the notes say, without the words: kind, from where, to where below the params."""
    strip = "/response"
    return [
        (note.kind.value, note.at.removeprefix(strip), note.to.removeprefix(strip))
        for note in found.notes
    ]


def says(role: str, *parts: dict[str, Any]) -> dict[str, Any]:
    return {"type": "message", "role": role, "content": list(parts)}


FUNCTION = {"type": "function", "name": "f"}
SERVER = {"type": "mcp", "server_label": "shop", "server_url": "https://shop.example"}


# The tables.


def test_the_worked_pair_comes_out_as_written() -> None:
    beta = wire(
        modalities=["text", "audio"],
        voice="sage",
        output_audio_format="g711_ulaw",
        temperature=0.7,
        tools=[],
    )
    found = convert(beta, "beta", "ga")
    assert params_of(found) == {
        "output_modalities": ["audio"],
        "audio": {"output": {"format": {"type": "audio/pcmu"}, "voice": "sage"}},
        "tools": [],
    }
    assert [n.at for n in found.notes if n.kind is Kind.LOST] == ["/response/temperature"]


BETA_TO_GA: list[tuple[dict[str, Any], dict[str, Any], list[tuple[str, str, str]]]] = [
    (
        {"modalities": ["audio", "text"]},
        {"output_modalities": ["audio"]},
        [("reshaped", "/modalities", "/output_modalities")],
    ),
    (
        {"modalities": ["audio"]},
        {"output_modalities": ["audio"]},
        [("renamed", "/modalities", "/output_modalities")],
    ),
    (
        {"modalities": ["text"]},
        {"output_modalities": ["text"]},
        [("renamed", "/modalities", "/output_modalities")],
    ),
    (
        {"modalities": []},
        {"output_modalities": []},
        [("renamed", "/modalities", "/output_modalities")],
    ),
    (
        {"modalities": ["audio", "video"]},
        {"output_modalities": ["audio", "video"]},
        [("renamed", "/modalities", "/output_modalities")],
    ),
    (
        {"modalities": None},
        {"output_modalities": None},
        [("renamed", "/modalities", "/output_modalities")],
    ),
    (
        {"voice": {"id": "voice_1"}},
        {"audio": {"output": {"voice": {"id": "voice_1"}}}},
        [("moved", "/voice", "/audio/output/voice")],
    ),
    (
        {"output_audio_format": "pcm16"},
        {"audio": {"output": {"format": {"type": "audio/pcm", "rate": 24000}}}},
        [("reshaped", "/output_audio_format", "/audio/output/format")],
    ),
    (
        {"output_audio_format": "g711_ulaw"},
        {"audio": {"output": {"format": {"type": "audio/pcmu"}}}},
        [("reshaped", "/output_audio_format", "/audio/output/format")],
    ),
    (
        {"output_audio_format": "g711_alaw"},
        {"audio": {"output": {"format": {"type": "audio/pcma"}}}},
        [("reshaped", "/output_audio_format", "/audio/output/format")],
    ),
    (
        {"output_audio_format": "audio/pcmu"},
        {"audio": {"output": {"format": {"type": "audio/pcmu"}}}},
        [("reshaped", "/output_audio_format", "/audio/output/format")],
    ),
    (
        {"output_audio_format": "pcm24"},
        {},
        [("lost", "/output_audio_format", "")],
    ),
    (
        {"output_audio_format": 5},
        {"audio": {"output": {"format": 5}}},
        [("reshaped", "/output_audio_format", "/audio/output/format")],
    ),
    (
        {"output_audio_format": ""},
        {"audio": {"output": {"format": ""}}},
        [("reshaped", "/output_audio_format", "/audio/output/format")],
    ),
    ({"temperature": 0.7}, {}, [("lost", "/temperature", "")]),
    ({"max_output_tokens": "inf"}, {"max_output_tokens": "inf"}, []),
    (
        {"max_response_output_tokens": 7},
        {"max_output_tokens": 7},
        [("renamed", "/max_response_output_tokens", "/max_output_tokens")],
    ),
    (
        {"tool_choice": {"type": "function", "function": {"name": "f"}}},
        {"tool_choice": {"type": "function", "name": "f"}},
        [("moved", "/tool_choice/function/name", "/tool_choice/name")],
    ),
    (
        {"tool_choice": {"type": "function", "function": {"name": "f", "odd": 1}}},
        {"tool_choice": {"type": "function", "name": "f", "function": {"odd": 1}}},
        [
            ("kept", "/tool_choice/function", "/tool_choice/function"),
            ("moved", "/tool_choice/function/name", "/tool_choice/name"),
        ],
    ),
    (
        {"tool_choice": {"type": "function", "name": "g", "function": {"name": "f"}}},
        {"tool_choice": {"type": "function", "name": "g", "function": {"name": "f"}}},
        [("kept", "/tool_choice/function", "/tool_choice/function")],
    ),
    ({"tools": [FUNCTION]}, {"tools": [FUNCTION]}, []),
    (
        {"input": [says("assistant", {"type": "text", "text": "a"})]},
        {"input": [says("assistant", {"type": "output_text", "text": "a"})]},
        [("renamed", "/input/0/content/0/type", "/input/0/content/0/type")],
    ),
    (
        {"input": [says("assistant", {"type": "audio", "transcript": "a"})]},
        {"input": [says("assistant", {"type": "output_audio", "transcript": "a"})]},
        [("renamed", "/input/0/content/0/type", "/input/0/content/0/type")],
    ),
    (
        {"input": [says("user", {"type": "text", "text": "a"})]},
        {"input": [says("user", {"type": "text", "text": "a"})]},
        [],
    ),
    (
        {"voice": "ash", "audio": {"output": {"voice": "sage"}}},
        {"voice": "ash", "audio": {"output": {"voice": "sage"}}},
        [("kept", "/voice", "/voice"), ("kept", "/audio", "/audio")],
    ),
    (
        {"voice": "ash", "audio": {"output": {"format": {"type": "audio/pcmu"}}}},
        {"audio": {"output": {"format": {"type": "audio/pcmu"}, "voice": "ash"}}},
        [("moved", "/voice", "/audio/output/voice"), ("kept", "/audio", "/audio")],
    ),
    (
        {"modalities": ["text"], "output_modalities": ["audio"]},
        {"modalities": ["text"], "output_modalities": ["audio"]},
        [
            ("kept", "/modalities", "/modalities"),
            ("kept", "/output_modalities", "/output_modalities"),
        ],
    ),
    (
        {"max_output_tokens": 1, "max_response_output_tokens": 2},
        {"max_output_tokens": 1, "max_response_output_tokens": 2},
        [("kept", "/max_response_output_tokens", "/max_response_output_tokens")],
    ),
    (
        {"output_audio_format": "pcm16", "audio": 3},
        {"output_audio_format": "pcm16", "audio": 3},
        [("kept", "/output_audio_format", "/output_audio_format"), ("kept", "/audio", "/audio")],
    ),
    ({"odd": {"~/": []}}, {"odd": {"~/": []}}, [("kept", "/odd", "/odd")]),
]


@pytest.mark.parametrize(("beta", "ga", "notes"), BETA_TO_GA, ids=lambda part: str(part)[:50])
def test_beta_becomes_ga(beta: Any, ga: Any, notes: Any) -> None:
    found = convert(wire(**beta), "beta", "ga")
    assert params_of(found) == ga
    assert told(found) == notes


SPOKEN = {"type": "output_audio", "transcript": "a", "audio": "AAAA"}

GA_TO_BETA: list[tuple[dict[str, Any], dict[str, Any], list[tuple[str, str, str]]]] = [
    (
        {"output_modalities": ["audio"]},
        {"modalities": ["audio", "text"]},
        [("reshaped", "/output_modalities", "/modalities")],
    ),
    (
        {"output_modalities": ["text"]},
        {"modalities": ["text"]},
        [("renamed", "/output_modalities", "/modalities")],
    ),
    (
        {"output_modalities": []},
        {"modalities": []},
        [("renamed", "/output_modalities", "/modalities")],
    ),
    (
        {"output_modalities": ["text"], "modalities": ["audio"]},
        {"output_modalities": ["text"], "modalities": ["audio"]},
        [
            ("kept", "/output_modalities", "/output_modalities"),
            ("kept", "/modalities", "/modalities"),
        ],
    ),
    (
        {"audio": {"output": {"voice": "ash"}}},
        {"voice": "ash"},
        [("moved", "/audio/output/voice", "/voice")],
    ),
    (
        {"audio": {"output": {"format": {"type": "audio/pcm", "rate": 24000}}}},
        {"output_audio_format": "pcm16"},
        [("reshaped", "/audio/output/format", "/output_audio_format")],
    ),
    (
        {"audio": {"output": {"format": {"type": "audio/pcm", "rate": 16000}}}},
        {"output_audio_format": "pcm16"},
        [
            ("reshaped", "/audio/output/format", "/output_audio_format"),
            ("lost", "/audio/output/format/rate", ""),
        ],
    ),
    (
        {"audio": {"output": {"format": {"type": "audio/pcma"}}}},
        {"output_audio_format": "g711_alaw"},
        [("reshaped", "/audio/output/format", "/output_audio_format")],
    ),
    (
        {"audio": {"output": {"format": "pcm16"}}},
        {"output_audio_format": "pcm16"},
        [("moved", "/audio/output/format", "/output_audio_format")],
    ),
    (
        {"audio": {"output": {"format": {"type": "audio/pcmu", "odd": 0}}}},
        {"output_audio_format": "g711_ulaw", "audio": {"output": {"format": {"odd": 0}}}},
        [
            ("reshaped", "/audio/output/format", "/output_audio_format"),
            ("kept", "/audio/output/format/odd", "/audio/output/format/odd"),
        ],
    ),
    (
        {"audio": {"odd": None, "output": {"voice": "ash", "speed": 0}}},
        {"voice": "ash", "audio": {"odd": None, "output": {"speed": 0}}},
        [
            ("kept", "/audio/odd", "/audio/odd"),
            ("moved", "/audio/output/voice", "/voice"),
            ("kept", "/audio/output/speed", "/audio/output/speed"),
        ],
    ),
    (
        {"voice": "a", "output_audio_format": "x", "audio": {"output": {"voice": 1, "format": 2}}},
        {"voice": "a", "output_audio_format": "x", "audio": {"output": {"voice": 1, "format": 2}}},
        [
            ("kept", "/voice", "/voice"),
            ("kept", "/output_audio_format", "/output_audio_format"),
            ("kept", "/audio/output/voice", "/audio/output/voice"),
            ("kept", "/audio/output/format", "/audio/output/format"),
        ],
    ),
    ({"audio": {}}, {}, []),
    ({"audio": {"output": {}}}, {}, []),
    ({"audio": None}, {"audio": None}, [("kept", "/audio", "/audio")]),
    (
        {"audio": {"output": None}},
        {"audio": {"output": None}},
        [("kept", "/audio", "/audio")],
    ),
    ({"parallel_tool_calls": False}, {}, [("lost", "/parallel_tool_calls", "")]),
    ({"reasoning": {"effort": "low"}}, {}, [("lost", "/reasoning", "")]),
    (
        {"tools": [SERVER, {**FUNCTION, "strict": True}]},
        {"tools": [{**FUNCTION, "strict": True}]},
        [("lost", "/tools/0", ""), ("kept", "/tools/1/strict", "/tools/0/strict")],
    ),
    ({"tools": [SERVER]}, {}, [("lost", "/tools/0", "")]),
    ({"tools": [{"server_label": "shop"}]}, {}, [("lost", "/tools/0", "")]),
    ({"tools": []}, {"tools": []}, []),
    ({"tools": "all"}, {"tools": "all"}, []),
    (
        {"tools": [SERVER], "tool_choice": {"type": "mcp", "server_label": "shop"}},
        {"tool_choice": {"type": "mcp", "server_label": "shop"}},
        [("lost", "/tools/0", ""), ("kept", "/tool_choice", "/tool_choice")],
    ),
    (
        {"tools": [SERVER], "tool_choice": {"type": "mcp", "server_label": "bank"}},
        {"tool_choice": {"type": "mcp", "server_label": "bank"}},
        [("lost", "/tools/0", "")],
    ),
    (
        {"input": [says("assistant", {"type": "output_text", "text": "a"})]},
        {"input": [says("assistant", {"type": "text", "text": "a"})]},
        [("renamed", "/input/0/content/0/type", "/input/0/content/0/type")],
    ),
    (
        {"input": [says("assistant", SPOKEN)]},
        {"input": [says("assistant", {"type": "text", "text": "a"})]},
        [
            ("reshaped", "/input/0/content/0/type", "/input/0/content/0/type"),
            ("renamed", "/input/0/content/0/transcript", "/input/0/content/0/text"),
            ("lost", "/input/0/content/0/audio", ""),
        ],
    ),
    (
        {"input": [says("assistant", {**SPOKEN, "text": "b"})]},
        {"input": [says("assistant", {"type": "text", "transcript": "a", "text": "b"})]},
        [
            ("reshaped", "/input/0/content/0/type", "/input/0/content/0/type"),
            ("lost", "/input/0/content/0/audio", ""),
            ("kept", "/input/0/content/0/text", "/input/0/content/0/text"),
        ],
    ),
    ({"input": [says("assistant", {"text": "a"})]}, None, []),
    ({"input": [says("assistant", {"type": "refusal", "text": "a"})]}, None, []),
    ({"input": [says("user", SPOKEN)]}, None, []),
    ({"input": [{"type": "item_reference", "id": "i"}]}, None, []),
]


@pytest.mark.parametrize(("ga", "beta", "notes"), GA_TO_BETA, ids=lambda part: str(part)[:50])
def test_ga_becomes_beta(ga: Any, beta: Any, notes: Any) -> None:
    found = convert(wire(**ga), "ga", "beta")
    assert params_of(found) == (ga if beta is None else beta)
    assert told(found) == notes


def test_a_long_event_id_is_named_and_not_cut() -> None:
    event = {"type": "response.create", "event_id": "e" * 513}
    found = convert(event, "beta", "ga")
    assert found.value == event
    assert [(note.kind, note.at) for note in found.notes] == [(Kind.KEPT, "/event_id")]
    assert convert({**event, "event_id": "e" * 512}, "beta", "ga").notes == ()


def test_members_that_stay_keep_their_order() -> None:
    event = read_json(
        '{"response": {"tools": [], "voice": "ash", "instructions": "a", "modalities": ["text"],'
        ' "input": []}, "type": "response.create"}'
    )
    found = convert(event, "beta", "ga")
    assert isinstance(found.value, dict)
    assert list(found.value) == ["response", "type"]
    assert list(params_of(found)) == [
        "tools", "audio", "instructions", "output_modalities", "input",
    ]  # fmt: skip


def test_numbers_stay_as_they_were_written() -> None:
    event = read_json(
        '{"type": "response.create", "response": {"max_output_tokens": 100.0, "z": -0}}'
    )
    found = convert(event, "beta", "ga")
    assert write(params_of(found), indent=None) == '{"max_output_tokens":100.0,"z":-0}'
    assert isinstance(params_of(found)["max_output_tokens"], ExactFloat)


def test_an_event_in_its_own_dialect_is_left_alone() -> None:
    event = wire(voice="ash", odd=1)
    found = convert(event, "beta", "beta")
    assert found == Converted(event)
    assert found.value is not event


def test_notes_are_counted_by_kind() -> None:
    found = convert(wire(temperature=1, voice="ash", modalities=["text"]), "beta", "ga")
    assert found.counts == {Kind.MOVED: 1, Kind.RENAMED: 1, Kind.LOST: 1}


# What must hold for any event.


BOTH = pytest.mark.parametrize("source", ["beta", "ga"])


@BOTH
@thorough
@given(value=any_json)
def test_anything_can_be_converted(source: str, value: JsonValue) -> None:
    for event in (value, {"response": value}, {"response": {"input": value, "audio": value}}):
        before = write(event)
        convert(event, source, other(source))
        assert write(event) == before


@thorough
@given(event=any_events("beta"))
def test_nothing_of_beta_becomes_absent_unsaid(event: JsonValue) -> None:
    before = write(event)
    assert unaccounted(event, convert(event, "beta", "ga")) == []
    assert write(event) == before


@thorough
@given(event=any_events("ga"))
def test_nothing_of_ga_becomes_absent_unsaid(event: JsonValue) -> None:
    before = write(event)
    assert unaccounted(event, convert(event, "ga", "beta")) == []
    assert write(event) == before


NO_PLACE = ("/response/audio", "/response/audio/output")


def unaccounted(event: JsonValue, found: Converted) -> list[str]:
    """Where something stands that the result has not, and no note says so."""
    said = {note.at: note for note in found.notes}
    missing: list[str] = []
    for at, value in leaves(event, ""):
        note = next((said[part] for part in above(at) if part in said), None)
        if note and (not note.to or note.kind is Kind.RESHAPED):
            continue
        to = at if note is None else note.to + at[len(note.at) :]
        if note is None or (note.kind is Kind.KEPT and note.to == note.at):
            to = moved_up(to, found)
        if value == {} and at in NO_PLACE:
            continue
        if not has(found.value, to, value):
            missing.append(at)
    return missing


def above(at: str) -> list[str]:
    steps = at.split("/")
    return ["/".join(steps[:length]) for length in range(len(steps), 0, -1)]


def moved_up(at: str, found: Converted) -> str:
    """Tools behind a server that was left out stand further up."""
    start, steps = "/response/tools/", at.split("/")
    if not at.startswith(start) or not steps[3].isdecimal():
        return at
    lost = [note.at.removeprefix(start) for note in found.notes if note.kind is Kind.LOST]
    before = [place for place in lost if place.isdecimal() and int(place) < int(steps[3])]
    return "/".join([*steps[:3], str(int(steps[3]) - len(before)), *steps[4:]])


def leaves(value: JsonValue, at: str) -> list[tuple[str, JsonValue]]:
    """Every value that holds no other, with its pointer."""
    if isinstance(value, dict) and value:
        parts = [(escaped(name), item) for name, item in value.items()]
    elif isinstance(value, list) and value:
        parts = [(str(place), item) for place, item in enumerate(value)]
    else:
        return [(at, value)]
    return [leaf for step, item in parts for leaf in leaves(item, f"{at}/{step}")]


def escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def has(value: JsonValue, at: str, wanted: JsonValue) -> bool:
    for step in at.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict) and name in value:
            value = value[name]
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            return False
    return write(value) == write(wanted)


def plain(event: JsonValue) -> str:
    """The text of an event, members sorted."""

    def ordered(value: JsonValue) -> JsonValue:
        if isinstance(value, dict):
            return {name: ordered(value[name]) for name in sorted(value)}
        return [ordered(item) for item in value] if isinstance(value, list) else value

    return write(ordered(event))


@thorough
@given(event=events("beta"))
def test_beta_comes_back_from_ga(event: JsonValue) -> None:
    there = convert(event, "beta", "ga").value
    assert plain(convert(there, "ga", "beta").value) == plain(as_beta_comes_back(event))


@thorough
@given(event=events("ga"))
def test_ga_comes_back_from_beta(event: JsonValue) -> None:
    there = convert(event, "ga", "beta").value
    assert plain(convert(there, "beta", "ga").value) == plain(as_ga_comes_back(event))


def as_beta_comes_back(event: Any) -> Any:
    event = read_json(write(event))
    params = event.get("response", {})
    params.pop("temperature", None)
    if "audio" in params.get("modalities", []):
        params["modalities"] = ["audio", "text"]
    for part in assistant_parts(params):
        part_as_text(part, "text")
    return event


def as_ga_comes_back(event: Any) -> Any:
    event = read_json(write(event))
    params = event.get("response", {})
    for name in ("reasoning", "parallel_tool_calls"):
        params.pop(name, None)
    if "audio" in params.get("output_modalities", []):
        params["output_modalities"] = ["audio"]
    if any(tool.get("type") == "mcp" for tool in params.get("tools", [])):
        params["tools"] = [tool for tool in params["tools"] if tool.get("type") != "mcp"]
        if not params["tools"]:
            del params["tools"]
    output = params.get("audio", {}).get("output", {})
    if output.get("format", {}).get("type") == "audio/pcm":
        output["format"]["rate"] = 24000
    if params.get("audio") in ({}, {"output": {}}):
        del params["audio"]
    for part in assistant_parts(params):
        part_as_text(part, "output_text")
    return event


def assistant_parts(params: Any) -> list[Any]:
    items = [item for item in params.get("input", []) if item.get("role") == "assistant"]
    return [part for item in items for part in item["content"]]


def part_as_text(part: Any, name: str) -> None:
    if part.get("type") == "output_audio":
        part.pop("audio", None)
        if "transcript" in part:
            part["text"] = part.pop("transcript")
    if "type" in part:
        part["type"] = name


# However long an event is.


LONG: dict[str, tuple[str, Callable[[int], dict[str, Any]]]] = {
    "parts": (
        "beta",
        lambda number: {"input": [says("assistant", {"type": "text", "text": "a"})] * number},
    ),
    "sounds": ("ga", lambda number: {"input": [says("assistant", SPOKEN)] * number}),
    "parts of one message": (
        "ga",
        lambda number: {"input": [says("assistant", *[{"type": "output_text"}] * number)]},
    ),
    "servers": ("ga", lambda number: {"tools": [SERVER, {**FUNCTION, "odd": 1}] * number}),
    "unknown": ("beta", lambda number: {f"odd{n}": n for n in range(number)}),
    "unknown inside": ("ga", lambda number: {"input": [{**says("user"), "odd": 1}] * number}),
}


@pytest.mark.parametrize(("source", "params"), LONG.values(), ids=LONG)
def test_a_longer_event_takes_longer_in_proportion(
    source: str, params: Callable[[int], dict[str, Any]]
) -> None:
    """Counted in calls of functions, which no busy machine changes."""
    short, long = (calls_to_convert(wire(**params(number)), source) for number in (40, 400))
    assert long < 13 * short


def calls_to_convert(event: Any, source: str) -> int:
    profile = Profile()
    profile.runcall(convert, event, source, other(source))
    return sum(entry.callcount for entry in profile.getstats())


# The cases.


@pytest.mark.parametrize("case", VALID, ids=str)
def test_a_good_event_is_good_in_the_other_dialect(case: Case) -> None:
    target = other(case.dialect)
    found = convert(case.event, case.dialect, target)
    problems = problems_of(EVENTS[target, "response.create"], found.value)
    assert [problem for problem in problems if problem.severity is Severity.ERROR] == []
    assert unaccounted(case.event, found) == []


# What only the other dialect has is what makes these bad.
FOREIGN = {
    "beta-bad-nested-audio",
    "beta-bad-output-modalities",
    "beta-bad-tool-mcp",
    "ga-bad-modalities",
    "ga-bad-output-audio-format",
    "ga-bad-part-assistant-text",
}


@pytest.mark.parametrize("case", all_cases(), ids=str)
def test_the_dialect_of_a_case_is_seen_or_left_open(case: Case) -> None:
    guess = detect(case.event)
    if guess.sure:
        assert (guess.dialect == case.dialect) is (case.name not in FOREIGN)
        assert guess.reasons
    elif guess.dialect is None:
        assert not guess.reasons


@pytest.mark.parametrize(
    ("params", "dialect", "sure", "at"),
    [
        ({}, None, False, []),
        ({"instructions": "a"}, None, False, []),
        ({"modalities": []}, "beta", True, ["/modalities"]),
        ({"temperature": None, "voice": 1}, "beta", True, ["/voice", "/temperature"]),
        ({"output_modalities": ["text"]}, "ga", True, ["/output_modalities"]),
        ({"audio": {}}, "ga", True, ["/audio"]),
        ({"reasoning": {}, "parallel_tool_calls": False}, "ga", True, None),
        ({"tools": [FUNCTION, SERVER]}, "ga", True, ["/tools/1"]),
        ({"tools": SERVER}, None, False, []),
        ({"voice": "ash", "output_modalities": ["audio"]}, None, False, None),
        ({"voice": "ash", "audio": {}, "reasoning": {}}, "ga", False, None),
        (
            {"input": [FUNCTION, says("assistant", {"type": "output_text"})]},
            "ga",
            False,
            ["/input/1"],
        ),
        ({"input": [says("assistant", {"type": "text"})]}, "beta", True, ["/input/0"]),
        ({"input": [says("user", {"type": "text"})]}, None, False, []),
        ({"input": [{"role": "assistant"}]}, None, False, []),
        (
            {"modalities": ["text"], "input": [says("assistant", {"type": "output_audio"})]},
            "beta",
            True,
            None,
        ),
        ({"output_audio_format": {"type": "audio/pcmu"}}, "beta", True, None),
        ({"audio": {"output": {"format": "pcm16"}}}, "ga", True, None),
    ],
)
def test_a_dialect_is_told_by_what_only_it_has(
    params: dict[str, Any], dialect: str | None, sure: bool, at: list[str] | None
) -> None:
    guess = detect(wire(**params))
    assert (guess.dialect, guess.sure) == (dialect, sure)
    if at is not None:
        assert [reason.at.removeprefix("/response") for reason in guess.reasons] == at


@pytest.mark.parametrize(
    ("params", "target", "source"),
    [
        ({"voice": "ash"}, "ga", "beta"),
        ({"voice": "ash"}, "beta", "beta"),
        ({"audio": {}}, "beta", "ga"),
        ({"audio": {}}, "ga", "ga"),
        ({"audio": {}, "voice": "ash"}, "ga", "beta"),
        ({}, "ga", "beta"),
        ({}, "beta", "ga"),
    ],
)
def test_an_event_is_converted_from_the_other_dialect_unless_it_is_surely_there(
    params: dict[str, Any], target: str, source: str
) -> None:
    assert source_of(wire(**params), target) == source


@thorough
@given(value=any_json)
def test_anything_can_be_guessed_at(value: JsonValue) -> None:
    for event in (value, {"response": value}, {"response": {"input": [value], "tools": value}}):
        guess = detect(event)
        assert {*guess.of("beta"), *guess.of("ga")} == {*guess.reasons}
