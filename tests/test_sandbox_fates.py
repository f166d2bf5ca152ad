"""What ``metadata.sandbox`` can make of a response."""

import asyncio
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from tests.sandbox_client import Caller, Event, calling, create, in_session, kinds, only
from webapp.sandbox.fates import Course, Fate, read_fate
from webapp.sandbox.script import Script
from webapp.sandbox.steps import Pause, Say

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


@pytest.mark.parametrize("params", [{"modalities": ["text"]}, {}])
def test_drop_cuts_the_socket_in_the_middle(params: Event) -> None:
    async def talk(caller: Caller) -> None:
        await caller.send(fated("drop", **params))
        events: list[Event] = []
        with pytest.raises(ConnectionClosed):
            await _collect(caller, events)
        assert any(event["type"].endswith(".delta") for event in events)
        assert "response.done" not in kinds(events)
        assert caller.socket.close_code == 1006

    in_session(talk)


@pytest.mark.parametrize("code", [1000, 1011, 4999])
def test_close_closes_with_the_asked_code_in_the_middle(code: int) -> None:
    async def talk(caller: Caller) -> None:
        await caller.send(fated(f"close:{code}", modalities=["text"]))
        events: list[Event] = []
        with pytest.raises(ConnectionClosed):
            await _collect(caller, events)
        assert "response.text.delta" in kinds(events)
        assert caller.socket.close_code == code
        assert caller.socket.close_reason == "the sandbox was asked to close"

    in_session(talk)


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


def test_a_flood_brings_as_many_numbered_deltas_as_asked() -> None:
    async def talk(caller: Caller) -> None:
        events = await caller.ask(fated("flood:3000"))
        deltas = [e["delta"] for e in events if e["type"] == "response.text.delta"]
        assert [int(delta) for delta in deltas] == list(range(1, 3001))
        assert only(events, "response.done")["response"]["status"] == "completed"

    in_session(talk, speed=1)


def test_slow_is_slow_and_slow_first_audio_waits_before_the_first_sound() -> None:
    def pauses(fate: str) -> list[float]:
        script = Script("beta", "m", seed=1)
        reply = script.answer(str(fated(fate)).replace("'", '"')).reply
        assert reply
        found = []
        while step := reply.next():
            if isinstance(step, Pause):
                found.append(step.seconds)
            if isinstance(step, Say) and step.event["type"] == "response.audio.delta":
                found.append(-1)
        return found

    plain, slow, late = pauses("what"), pauses("slow"), pauses("slow_first_audio")
    assert sum(slow) > 3 * sum(plain)
    assert max(slow[: slow.index(-1)]) < 1
    assert max(late[: late.index(-1)]) == 4


def test_an_unknown_fate_is_named_in_the_answer() -> None:
    async def talk(caller: Caller) -> None:
        events = await caller.ask(fated("explode", modalities=["text"]))
        assert "“explode”" in only(events, "response.text.done")["text"]

    in_session(talk)


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
        ("fail:server_error", Fate(Course.FAIL, "server_error")),
        ("flood:100000", Fate(Course.FLOOD, "100000")),
        ("flood:100001", Fate(Course.UNKNOWN, "flood:100001")),
        ("flood:-1", Fate(Course.UNKNOWN, "flood:-1")),
        ("flood:²", Fate(Course.UNKNOWN, "flood:²")),
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


def test_metadata_without_a_fate_is_echoed_and_changes_nothing() -> None:
    async def run() -> None:
        async with calling("ga") as caller:
            await caller.next()
            for metadata in ({"a": "b"}, {}, None):
                events = await caller.respond(metadata=metadata, **TEXT["ga"])
                for kind in ("response.created", "response.done"):
                    assert only(events, kind)["response"]["metadata"] == metadata

    asyncio.run(run())
