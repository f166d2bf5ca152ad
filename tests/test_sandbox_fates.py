"""What ``metadata.sandbox`` can make of a response."""

import asyncio
import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from tests.sandbox_client import Caller, Event, add, calling, create, in_session, kinds, only
from webapp.sandbox.fates import Course, Fate, read_fate
from webapp.sandbox.script import Script
from webapp.sandbox.steps import Pause, Say, SayMany, Step

both = pytest.mark.parametrize("dialect", ["beta", "ga"])
TEXT = {"beta": {"modalities": ["text"]}, "ga": {"output_modalities": ["text"]}}


def fated(fate: str, **params: Any) -> Event:
    return create(metadata={"sandbox": fate}, **params)


@both
@pytest.mark.parametrize(
    ("code", "kind", "shown"),
    [
        ("insufficient_quota", "insufficient_quota", "insufficient_quota"),
        ("rate_limit_exceeded", "rate_limit_exceeded", "rate_limit_exceeded"),
        ("server_error", "server_error", None),
        ("something_else", "invalid_request_error", "something_else"),
    ],
)
def test_a_failing_response_has_no_output_and_no_error_event(
    dialect: str, code: str, kind: str, shown: str | None
) -> None:
    async def talk(caller: Caller) -> None:
        events = await caller.ask(fated(f"fail:{code}"))
        assert kinds(events) == ["response.created", "response.done", "rate_limits.updated"]
        response = events[1]["response"]
        assert (response["status"], response["output"]) == ("failed", [])
        error = response["status_details"]["error"]
        assert (error["type"], error["code"]) == (kind, shown)
        assert code in error["message"]
        assert response["usage"]["total_tokens"] == 0

    in_session(talk, dialect)


@both
@pytest.mark.parametrize("reason", ["max_output_tokens", "content_filter"])
def test_an_incomplete_response_stops_half_way(dialect: str, reason: str) -> None:
    async def talk(caller: Caller) -> None:
        whole = await caller.ask(create(**TEXT[dialect]))
        cut = await caller.ask(fated(f"incomplete:{reason}", **TEXT[dialect]))
        response = only(cut, "response.done")["response"]
        assert response["status"] == "incomplete"
        assert response["status_details"] == {"type": "incomplete", "reason": reason}
        assert response["output"][0]["status"] == "incomplete"
        assert 2 < len(cut) < len(whole)
        assert "error" not in kinds(cut)

    in_session(talk, dialect)


def test_a_named_function_is_called_even_when_nobody_offered_it() -> None:
    async def talk(caller: Caller) -> None:
        events = await caller.ask(fated("call:open_door"))
        done = only(events, "response.function_call_arguments.done")
        assert (done["name"], done["arguments"]) == ("open_door", "{}")

    in_session(talk)


def test_a_named_function_gets_arguments_of_its_own_schema() -> None:
    async def talk(caller: Caller) -> None:
        parameters = {"type": "object", "properties": {"door": {"type": "integer"}}}
        tools = [
            {"type": "function", "name": "close_door"},
            {"type": "function", "name": "open_door", "parameters": parameters},
        ]
        events = await caller.ask(fated("call:open_door", tools=tools, tool_choice="none"))
        assert only(events, "response.function_call_arguments.done")["arguments"] == '{"door": 1}'

    in_session(talk)


@pytest.mark.parametrize("speed", [0, 20])
@pytest.mark.parametrize("params", [{"modalities": ["text"]}, {}])
def test_drop_cuts_the_socket_in_the_middle(params: Event, speed: float) -> None:
    async def talk(caller: Caller) -> None:
        await caller.send(fated("drop", **params))
        events: list[Event] = []
        with pytest.raises(ConnectionClosed):
            await _collect(caller, events)
        assert any(event["type"].endswith(".delta") for event in events)
        assert "response.done" not in kinds(events)
        assert caller.socket.close_code == 1006

    in_session(talk, speed=speed)


@pytest.mark.parametrize("speed", [0, 20])
@pytest.mark.parametrize("code", [1000, 1011, 4999])
def test_close_closes_with_the_asked_code_in_the_middle(code: int, speed: float) -> None:
    async def talk(caller: Caller) -> None:
        await caller.send(fated(f"close:{code}", modalities=["text"]))
        events: list[Event] = []
        with pytest.raises(ConnectionClosed):
            await _collect(caller, events)
        assert "response.text.delta" in kinds(events)
        assert caller.socket.close_code == code
        assert caller.socket.close_reason == "the sandbox was asked to close"

    in_session(talk, speed=speed)


async def _collect(caller: Caller, events: list[Event]) -> None:
    while True:
        events.append(await caller.next())


def test_silence_says_everything_but_the_end_until_it_is_cancelled() -> None:
    async def talk(caller: Caller) -> None:
        await caller.ask(fated("silence", modalities=["text"]), "response.output_item.done")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await caller.socket.recv()
        busy = await caller.error(create())
        assert busy["code"] == "conversation_already_has_active_response"
        events = await caller.ask({"type": "response.cancel"})
        assert kinds(events) == ["response.done", "rate_limits.updated"]
        assert events[0]["response"]["status"] == "cancelled"
        assert events[0]["response"]["output"][0]["status"] == "completed"

    in_session(talk)


@both
def test_a_flood_brings_as_many_numbered_deltas_as_asked(dialect: str) -> None:
    name = "response.text" if dialect == "beta" else "response.output_text"

    async def talk(caller: Caller) -> None:
        events = await caller.ask(fated("flood:3000"))
        deltas = [event for event in events if event["type"] == f"{name}.delta"]
        assert [int(event["delta"]) for event in deltas] == list(range(1, 3001))
        assert len({event["event_id"] for event in events}) == len(events)
        done = only(events, f"{name}.done")
        assert done["text"] == "".join(event["delta"] for event in deltas)
        assert {event["item_id"] for event in deltas} == {done["item_id"]}
        assert list(deltas[-1]) == [*(name for name in done if name != "text"), "delta"]
        response = only(events, "response.done")["response"]
        assert (response["status"], response["usage"]["output_tokens"]) == ("completed", 3000)

    in_session(talk, dialect, speed=1)


def test_a_flood_stops_at_the_token_limit_and_when_cancelled() -> None:
    async def talk(caller: Caller) -> None:
        events = await caller.ask(fated("flood:3000", max_output_tokens=200))
        assert sum(event["type"] == "response.text.delta" for event in events) == 200
        assert only(events, "response.done")["response"]["status"] == "incomplete"
        await caller.send(fated("flood:100000"))
        await caller.until("response.text.delta")
        events = await caller.ask({"type": "response.cancel"})
        deltas = [event["delta"] for event in events if event["type"] == "response.text.delta"]
        assert 0 < len(deltas) < 99_999
        assert only(events, "response.text.done")["text"].split() == [
            str(number) for number in range(1, len(deltas) + 2)
        ]
        assert only(events, "response.done")["response"]["status"] == "cancelled"

    in_session(talk)


def test_a_flood_comes_as_fast_as_it_can_be_written() -> None:
    script = Script("ga", "m", seed=1)
    reply = script.answer(json.dumps(fated("flood:100000"))).reply
    assert reply
    began, count = time.process_time(), 0
    while step := reply.next():
        count += len(step.texts) if isinstance(step, SayMany) else 0
    assert count == 100_000
    # Fifty thousand a second leave nineteen microseconds for the socket.
    assert time.process_time() - began < 1


def steps_of(fate: str, **params: Any) -> list[Step]:
    script = Script("beta", "m", seed=1)
    reply = script.answer(json.dumps(fated(fate, **params))).reply
    assert reply
    return list(iter(reply.next, None))


def waits_s(steps: list[Step]) -> list[float]:
    return [step.seconds for step in steps if isinstance(step, Pause)]


@pytest.mark.parametrize(
    "params",
    [
        {"modalities": ["text"]},
        {"modalities": ["text"], "instructions": "Take all the time in the world. " * 20},
        {"tools": [{"type": "function", "name": "f"}], "tool_choice": "required"},
    ],
)
def test_a_slow_text_or_call_takes_about_six_seconds(params: Event) -> None:
    assert 6 < sum(waits_s(steps_of("slow", **params))) < 6.5
    assert sum(waits_s(steps_of("", **params))) < 3


def test_slow_can_take_as_long_as_asked() -> None:
    text = {"modalities": ["text"]}
    assert 30 < sum(waits_s(steps_of("slow:30", **text))) < 30.5
    assert 1 < sum(waits_s(steps_of("slow:1", **text))) < 1.5
    usual, longer = (sum(waits_s(steps_of(fate))) for fate in ("slow", "slow:12"))
    assert 1.8 < longer / usual < 2.2


def test_slow_sound_comes_at_half_the_speed_it_is_heard() -> None:
    plain, slow = (sum(waits_s(steps_of(fate))) for fate in ("", "slow"))
    assert 1.8 < slow / plain < 2.2


def test_slow_first_audio_waits_four_seconds_before_the_first_sound() -> None:
    steps = steps_of("slow_first_audio")
    kinds_said = [step.event["type"] if isinstance(step, Say) else "" for step in steps]
    first = kinds_said.index("response.audio.delta")
    assert max(waits_s(steps[:first])) == 4
    assert max(waits_s(steps[first:])) < 1


def test_an_unknown_fate_is_named_in_the_answer() -> None:
    async def talk(caller: Caller) -> None:
        events = await caller.ask(fated("explode", modalities=["text"]))
        assert "“explode”" in only(events, "response.text.done")["text"]

    in_session(talk)


@both
def test_several_functions_are_called_in_one_response(dialect: str) -> None:
    async def talk(caller: Caller) -> None:
        parameters = {"type": "object", "properties": {"n": {"const": 7}}, "required": ["n"]}
        tool = {"type": "function", "name": "tide", "parameters": parameters}
        events = await caller.ask(fated("call:tide,moon", tools=[tool]))
        done = [e for e in events if e["type"] == "response.function_call_arguments.done"]
        assert [(e["name"], e["arguments"]) for e in done] == [("tide", '{"n": 7}'), ("moon", "{}")]
        assert [e["output_index"] for e in done] == [0, 1]
        assert len({e["call_id"] for e in done}) == 2
        output = only(events, "response.done")["response"]["output"]
        assert [item["call_id"] for item in output] == [e["call_id"] for e in done]
        item_event = f"conversation.item.{'created' if dialect == 'beta' else 'done'}"
        for event in done:
            answer = {"call_id": event["call_id"], "output": "high"}
            added = await caller.ask(add({"type": "function_call_output", **answer}), item_event)
            assert len(added) == 1 + (dialect == "ga")

    in_session(talk, dialect)


@both
def test_a_small_token_limit_ends_an_answer_as_incomplete(dialect: str) -> None:
    async def talk(caller: Caller) -> None:
        events = await caller.ask(create(**TEXT[dialect], max_output_tokens=5))
        response = only(events, "response.done")["response"]
        details = {"type": "incomplete", "reason": "max_output_tokens"}
        assert (response["status"], response["status_details"]) == ("incomplete", details)
        assert response["usage"]["output_tokens"] == 5
        assert response["max_output_tokens"] == 5

    in_session(talk, dialect)


@pytest.mark.parametrize(
    ("asked", "fate"),
    [
        ("call: a , b", Fate(Course.CALL, "a,b")),
        ("call:", Fate(Course.UNKNOWN, "call:")),
        ("call:a,,b", Fate(Course.UNKNOWN, "call:a,,b")),
        ("fail:server_error", Fate(Course.FAIL, "server_error")),
        ("flood:100000", Fate(Course.FLOOD, "100000")),
        ("flood:100001", Fate(Course.UNKNOWN, "flood:100001")),
        ("flood:-1", Fate(Course.UNKNOWN, "flood:-1")),
        ("flood:²", Fate(Course.UNKNOWN, "flood:²")),
        ("slow:600", Fate(Course.SLOW, "600")),
        ("slow:601", Fate(Course.UNKNOWN, "slow:601")),
        ("slow:0", Fate(Course.UNKNOWN, "slow:0")),
        ("slow:1.5", Fate(Course.UNKNOWN, "slow:1.5")),
        ("close:1005", Fate(Course.UNKNOWN, "close:1005")),
        ("close:999", Fate(Course.UNKNOWN, "close:999")),
        ("close:99999999999", Fate(Course.UNKNOWN, "close:99999999999")),
        ("incomplete", Fate(Course.UNKNOWN, "incomplete")),
        ("drop:now", Fate(Course.UNKNOWN, "drop:now")),
        ("unknown", Fate(Course.UNKNOWN, "unknown")),
        ("", Fate()),
    ],
)
def test_fates_are_read_strictly(asked: str, fate: Fate) -> None:
    assert read_fate({"sandbox": asked}) == fate


def test_every_fate_is_told_in_the_docs() -> None:
    docs = Path(__file__).parent.parent / "docs" / "sandbox.md"
    told = set(re.findall(r"`([a-z_]+)[:`]", docs.read_text(encoding="utf-8").split("## ")[1]))
    assert {course.value for course in Course} - told == {"", "unknown"}


def test_metadata_without_a_fate_is_echoed_and_changes_nothing() -> None:
    async def run() -> None:
        async with calling("ga") as caller:
            await caller.next()
            for metadata in ({"a": "b"}, {}, None):
                events = await caller.respond(metadata=metadata, **TEXT["ga"])
                for kind in ("response.created", "response.done"):
                    assert only(events, kind)["response"]["metadata"] == metadata

    asyncio.run(run())
