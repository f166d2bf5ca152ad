"""The sandbox as a client meets it: a real server, a real socket."""

import asyncio
import base64
import json
import logging
import signal
import socket as socket_module
import subprocess
import sys
from contextlib import suppress

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.sandbox_client import (
    Caller,
    Event,
    add,
    calling,
    create,
    in_session,
    kinds,
    only,
    user_says,
)
from webapp.sandbox import server
from webapp.sandbox.server import serve_sandbox
from webapp.sandbox.speech import Speaker

TOWN = {
    "type": "object",
    "properties": {"town": {"type": "string"}, "days": {"type": "integer", "minimum": 2}},
    "required": ["town"],
}
FORECAST = {"type": "function", "name": "forecast", "parameters": TOWN}
TEXT = {"beta": {"modalities": ["text"]}, "ga": {"output_modalities": ["text"]}}
both = pytest.mark.parametrize("dialect", ["beta", "ga"])

TEXT_ORDER = {
    "beta": [
        "response.created",
        "response.output_item.added",
        "conversation.item.created",
        "response.content_part.added",
        "response.text.delta",
        "response.text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.done",
        "rate_limits.updated",
    ],
    "ga": [
        "response.created",
        "response.output_item.added",
        "conversation.item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "conversation.item.done",
        "response.output_item.done",
        "response.done",
        "rate_limits.updated",
    ],
}
CALL_ORDER = {
    "beta": [
        "response.created",
        "response.output_item.added",
        "conversation.item.created",
        "response.function_call_arguments.delta",
        "response.function_call_arguments.done",
        "response.output_item.done",
        "response.done",
        "rate_limits.updated",
    ],
    "ga": [
        "response.created",
        "response.output_item.added",
        "conversation.item.added",
        "response.function_call_arguments.delta",
        "response.function_call_arguments.done",
        "conversation.item.done",
        "response.output_item.done",
        "response.done",
        "rate_limits.updated",
    ],
}


@both
def test_a_text_answer_comes_in_the_order_of_its_dialect(dialect: str) -> None:
    async def talk(caller: Caller) -> None:
        events = await caller.respond(**TEXT[dialect])
        assert kinds(events) == TEXT_ORDER[dialect]

    in_session(talk, dialect)


@both
def test_the_pieces_of_a_text_are_the_text(dialect: str) -> None:
    async def talk(caller: Caller) -> None:
        events = await caller.respond(**TEXT[dialect], instructions="Count to three.")
        name = "response.text" if dialect == "beta" else "response.output_text"
        said = "".join(event["delta"] for event in events if event["type"] == f"{name}.delta")
        assert only(events, f"{name}.done")["text"] == said
        assert only(events, "response.content_part.done")["part"] == {"type": "text", "text": said}
        kind = "text" if dialect == "beta" else "output_text"
        item = only(events, "response.output_item.done")["item"]
        assert item["content"] == [{"type": kind, "text": said}]
        assert only(events, "response.done")["response"]["output"] == [item]
        assert "Count to three." in said

    in_session(talk, dialect)


@both
def test_every_event_of_a_part_says_where_it_belongs(dialect: str) -> None:
    async def talk(caller: Caller) -> None:
        events = await caller.respond(**TEXT[dialect])
        response_id = events[0]["response"]["id"]
        item_id = only(events, "response.output_item.added")["item"]["id"]
        inner = [event for event in events if "content_index" in event]
        assert len(inner) > 5
        for event in inner:
            assert event["response_id"] == response_id
            assert event["item_id"] == item_id
            assert (event["output_index"], event["content_index"]) == (0, 0)
        ids = [event["event_id"] for event in events]
        assert len(set(ids)) == len(ids)

    in_session(talk, dialect)


@both
def test_an_audio_answer_carries_sound_and_transcript_in_step(dialect: str) -> None:
    async def talk(caller: Caller) -> None:
        events = await caller.respond(metadata={"take": "1"})
        audio = "response.audio" if dialect == "beta" else "response.output_audio"
        spoken = f"{audio}_transcript"
        order = kinds([event for event in events if not event["type"].endswith(".delta")])
        frame = [kind for kind in TEXT_ORDER[dialect] if "text" not in kind]
        place = frame.index("response.content_part.done")
        assert order == [*frame[:place], f"{audio}.done", f"{spoken}.done", *frame[place:]]
        chunks = [e["delta"] for e in events if e["type"] == f"{audio}.delta"]
        sound = b"".join(base64.b64decode(chunk) for chunk in chunks)
        words = "".join(e["delta"] for e in events if e["type"] == f"{spoken}.delta")
        assert only(events, f"{spoken}.done")["transcript"] == words
        assert 2 < len(words.split()) / (len(sound) / 48_000) < 4
        assert {len(base64.b64decode(chunk)) for chunk in chunks[:-1]} == {9600}
        assert kinds(events).index(f"{audio}.delta") < len(kinds(events)) // 4
        part = only(events, "response.output_item.done")["item"]["content"][0]
        kind = "audio" if dialect == "beta" else "output_audio"
        assert part == {"type": kind, "transcript": words}
        assert "delta" not in only(events, f"{audio}.done")

    in_session(talk, dialect)


@pytest.mark.parametrize("sound", ["pcm16", "g711_ulaw", "g711_alaw"])
def test_words_and_sound_go_in_step(sound: str) -> None:
    async def talk(caller: Caller) -> None:
        events = await caller.respond(output_audio_format=sound, voice="verse")
        speaker = Speaker("verse", sound)
        told_s = heard_s = 0.0
        lags_s = []
        for event in events:
            if event["type"] == "response.audio_transcript.delta":
                told_s += len(speaker.say(event["delta"])) / speaker.bytes_per_s
            elif event["type"] == "response.audio.delta":
                heard_s += len(base64.b64decode(event["delta"])) / speaker.bytes_per_s
                lags_s.append(told_s - heard_s)
        # Nothing is heard before its word is told, and then within a chunk and a long word.
        assert min(lags_s) > -0.001
        assert max(lags_s) < 1.2
        assert sorted(lags_s)[len(lags_s) // 2] < 0.5
        assert heard_s == pytest.approx(told_s)

    in_session(talk)


@pytest.mark.parametrize(
    ("dialect", "params"),
    [
        ("beta", {"output_audio_format": "g711_ulaw"}),
        ("beta", {"output_audio_format": "g711_alaw"}),
        ("ga", {"audio": {"output": {"format": {"type": "audio/pcmu"}}}}),
        ("ga", {"audio": {"output": {"format": {"type": "audio/pcma"}}}}),
    ],
)
def test_telephone_sound_comes_at_a_sixth_of_the_bytes(dialect: str, params: Event) -> None:
    async def talk(caller: Caller) -> None:
        events = await caller.respond(**params)
        name = "response.audio.delta" if dialect == "beta" else "response.output_audio.delta"
        first = next(event["delta"] for event in events if event["type"] == name)
        assert len(base64.b64decode(first)) == 1600
        response = events[0]["response"]
        assert {**response, **params} == response or response["audio"]["output"]["format"] == (
            params["audio"]["output"]["format"]
        )

    in_session(talk, dialect)


@both
def test_a_required_function_is_called_with_arguments_that_fit(dialect: str) -> None:
    async def talk(caller: Caller) -> None:
        events = await caller.respond(tools=[FORECAST], tool_choice="required")
        assert kinds(events) == CALL_ORDER[dialect]
        added = only(events, "response.output_item.added")["item"]
        assert (added["type"], added["name"]) == ("function_call", "forecast")
        assert (added["arguments"], added["status"]) == ("", "in_progress")
        deltas = [e for e in events if e["type"] == "response.function_call_arguments.delta"]
        done = only(events, "response.function_call_arguments.done")
        assert done["arguments"] == "".join(event["delta"] for event in deltas)
        assert {event["call_id"] for event in [*deltas, done]} == {added["call_id"]}
        assert "content_index" not in done
        assert json.loads(done["arguments"]) == {"town": "Lisbon", "days": 2}
        assert len(added["call_id"]) <= 32
        output = only(events, "response.done")["response"]["output"]
        assert output[0]["arguments"] == done["arguments"]

    in_session(talk, dialect)


def test_the_output_of_a_call_is_quoted_in_the_next_answer() -> None:
    async def talk(caller: Caller) -> None:
        choice = {"type": "function", "name": "forecast"}
        events = await caller.respond(tools=[FORECAST], tool_choice=choice)
        call = only(events, "response.done")["response"]["output"][0]
        output = {"type": "function_call_output", "call_id": call["call_id"], "output": "Sunny, 21"}
        assert (await caller.one(add(output)))["type"] == "conversation.item.created"
        events = await caller.respond(modalities=["text"])
        assert "forecast returned “Sunny, 21”" in only(events, "response.text.done")["text"]

    in_session(talk)


@both
def test_an_item_is_acknowledged_before_the_answer_quotes_it(dialect: str) -> None:
    async def talk(caller: Caller) -> None:
        await caller.send(add(user_says("Where is the tide?", id="item_mine")))
        await caller.send(create(**TEXT[dialect]))
        events = await caller.until("response.done")
        created = "conversation.item.created" if dialect == "beta" else "conversation.item.added"
        assert events[0]["type"] == created
        assert (events[0]["item"]["id"], events[0]["previous_item_id"]) == ("item_mine", None)
        assert dialect == "beta" or events[1]["type"] == "conversation.item.done"
        answer = next(event for event in events[2:] if event["type"] == created)
        assert answer["previous_item_id"] == "item_mine"
        said = events[-1]["response"]["output"][0]["content"][0]["text"]
        assert "“Where is the tide?”" in said

    in_session(talk, dialect)


@both
def test_out_of_band_answers_leave_the_conversation_alone(dialect: str) -> None:
    async def talk(caller: Caller) -> None:
        events = await caller.respond(
            **TEXT[dialect], conversation="none", metadata={"topic": "sorting"}
        )
        assert not [event for event in events if event["type"].startswith("conversation.")]
        for kind in ("response.created", "response.done"):
            response = only(events, kind)["response"]
            assert response["conversation_id"] is None
            assert response["metadata"] == {"topic": "sorting"}

    in_session(talk, dialect)


def test_out_of_band_answers_run_beside_the_default_one() -> None:
    async def talk(caller: Caller) -> None:
        for name in ("a", "b", "c"):
            oob = {"conversation": "none"} if name != "a" else {}
            await caller.send(create(modalities=["text"], metadata={"name": name}, **oob))
        events: list[Event] = []
        while sum(event["type"] == "response.done" for event in events) < 3:
            events.append(await caller.next())
        started = [place for place, e in enumerate(events) if e["type"] == "response.created"]
        ended = [place for place, e in enumerate(events) if e["type"] == "response.done"]
        assert max(started) < min(ended)
        names = {events[p]["response"]["id"]: events[p]["response"]["metadata"] for p in started}
        assert [names[events[p]["response"]["id"]] for p in started] == [
            {"name": "a"},
            {"name": "b"},
            {"name": "c"},
        ]

    in_session(talk, speed=20)


def test_a_second_default_response_is_refused_and_the_first_goes_on() -> None:
    async def talk(caller: Caller) -> None:
        await caller.send(create(modalities=["text"]))
        first = (await caller.next())["response"]["id"]
        await caller.send({**create(modalities=["text"]), "event_id": "mine_2"})
        events = await caller.until("response.done")
        error = only(events, "error")["error"]
        assert error["code"] == "conversation_already_has_active_response"
        assert first in error["message"]
        assert error["event_id"] == "mine_2"
        assert "response.created" not in kinds(events)
        assert events[-1]["response"]["status"] == "completed"
        assert (await caller.respond(modalities=["text"]))[-1]["type"] == "rate_limits.updated"

    in_session(talk, speed=10)


@both
def test_cancelling_closes_what_is_open_and_keeps_what_was_said(dialect: str) -> None:
    async def talk(caller: Caller) -> None:
        await caller.send(create(**TEXT[dialect], metadata={"sandbox": "slow"}))
        name = "response.text" if dialect == "beta" else "response.output_text"
        await caller.until(f"{name}.delta")
        events = await caller.ask({"type": "response.cancel"})
        after = TEXT_ORDER[dialect][TEXT_ORDER[dialect].index(f"{name}.done") :]
        assert [kind for kind in kinds(events) if not kind.endswith(".delta")] == after
        response = only(events, "response.done")["response"]
        assert response["status"] == "cancelled"
        details = {"type": "cancelled", "reason": "client_cancelled"}
        assert response["status_details"] == details
        item = response["output"][0]
        assert item["status"] == "incomplete"
        assert item["content"][0]["text"] == only(events, f"{name}.done")["text"]
        assert (await caller.error({"type": "response.cancel"}))["code"] == (
            "response_cancel_not_active"
        )

    in_session(talk, dialect, speed=5)


def test_cancelling_without_an_id_spares_what_is_out_of_band() -> None:
    async def talk(caller: Caller) -> None:
        slow = {"modalities": ["text"], "metadata": {"sandbox": "slow"}, "conversation": "none"}
        await caller.send(create(**slow))
        response_id = (await caller.next())["response"]["id"]
        await caller.send({"type": "response.cancel", "event_id": "too_wide"})
        events = await caller.until("error")
        assert events[-1]["error"]["event_id"] == "too_wide"
        events = await caller.ask({"type": "response.cancel", "response_id": response_id})
        assert only(events, "response.done")["response"]["status"] == "cancelled"

    in_session(talk, speed=2)


def test_cancelled_speech_stops_at_once() -> None:
    async def talk(caller: Caller) -> None:
        await caller.send(create())
        await caller.until("response.audio.delta")
        events = await caller.ask({"type": "response.cancel"})
        assert kinds(events).count("response.audio.delta") <= 1
        assert only(events, "response.done")["response"]["status"] == "cancelled"

    in_session(talk, speed=1)


@both
def test_the_session_opens_with_its_own_object(dialect: str) -> None:
    async def run() -> None:
        async with calling(dialect) as caller:
            session = (await caller.next())["session"]
            assert session["model"] == "rehearsal"
            assert session["object"] == "realtime.session"
            assert ("modalities" in session) is (dialect == "beta")
            assert (session.get("type") == "realtime") is (dialect == "ga")

    asyncio.run(run())


@pytest.mark.parametrize(
    ("query", "headers", "protocols", "dialect"),
    [
        ("model=m", {}, [], "ga"),
        ("model=m", {"OpenAI-Beta": "realtime=v1"}, [], "beta"),
        ("model=m", {}, ["realtime", "openai-beta.realtime-v1"], "beta"),
        ("model=m", {}, ["realtime", "openai-insecure-api-key.ek_1"], "ga"),
        ("model=m&dialect=ga", {"OpenAI-Beta": "realtime=v1"}, [], "ga"),
        ("model=m&dialect=beta", {}, ["realtime"], "beta"),
    ],
)
def test_the_connection_picks_the_dialect(
    query: str, headers: dict[str, str], protocols: list[str], dialect: str
) -> None:
    async def run() -> None:
        async with calling("", query=query, headers=headers, protocols=protocols) as caller:
            session = (await caller.next())["session"]
            assert ("modalities" in session) is (dialect == "beta")
            assert caller.socket.subprotocol == ("realtime" if protocols else None)

    asyncio.run(run())


@pytest.mark.parametrize(
    ("query", "headers", "protocols", "code", "close", "reason"),
    [
        (
            "model=m",
            {"Authorization": "Bearer sk-invalid"},
            [],
            "invalid_api_key",
            3000,
            "invalid_request_error.invalid_api_key",
        ),
        (
            "model=m",
            {"api-key": "sk-invalid"},
            [],
            "invalid_api_key",
            3000,
            "invalid_request_error.invalid_api_key",
        ),
        (
            "model=m",
            {},
            ["realtime", "openai-insecure-api-key.sk-invalid"],
            "invalid_api_key",
            3000,
            "invalid_request_error.invalid_api_key",
        ),
        ("model=m", {}, [], None, 3000, "invalid_request_error"),
        (
            "voice=alloy",
            {"Authorization": "Bearer sk-1"},
            [],
            "missing_model",
            4000,
            "invalid_request_error.missing_model",
        ),
        (
            "model=m&dialect=gamma",
            {"Authorization": "Bearer sk-1"},
            [],
            "invalid_dialect",
            4000,
            "invalid_request_error.invalid_dialect",
        ),
    ],
)
def test_a_refused_connection_opens_says_why_and_closes(
    query: str,
    headers: dict[str, str],
    protocols: list[str],
    code: str | None,
    close: int,
    reason: str,
) -> None:
    async def run() -> None:
        call = calling("", query=query, headers=headers, protocols=protocols, require_key=True)
        async with call as caller:
            error = (await caller.next())["error"]
            assert (error["type"], error["code"]) == ("invalid_request_error", code)
            with pytest.raises(ConnectionClosed):
                await caller.next()
            assert (caller.socket.close_code, caller.socket.close_reason) == (close, reason)

    asyncio.run(run())


@pytest.mark.parametrize(
    ("code", "close"),
    [
        ("invalid_api_key", 3000),
        ("invalid_model", 4000),
        ("missing_model", 4000),
        ("beta_api_shape_disabled", 4000),
        ("what", 4000),
    ],
)
def test_a_refusal_can_be_asked_for(code: str, close: int) -> None:
    async def run() -> None:
        async with calling("", query=f"model=m&refuse={code}") as caller:
            error = (await caller.next())["error"]
            shown = "invalid_refusal" if code == "what" else code
            assert error["code"] == shown
            with pytest.raises(ConnectionClosed):
                await caller.next()
            assert caller.socket.close_code == close
            assert caller.socket.close_reason == f"invalid_request_error.{shown}"

    asyncio.run(run())


@pytest.mark.parametrize("status", [401, 403, 429, 503])
def test_a_refusal_in_plain_http_can_be_asked_for(status: int) -> None:
    async def run() -> None:
        async with serve_sandbox() as sandbox:
            with pytest.raises(InvalidStatus) as refused:
                async with connect(f"{sandbox.url}?model=m&refuse={status}"):
                    pass
            assert refused.value.response.status_code == status

    asyncio.run(run())


def test_any_other_key_is_taken_and_none_is_needed() -> None:
    async def run() -> None:
        for headers in ({}, {"Authorization": "Bearer sk-whatever"}):
            async with calling("ga", headers=headers) as caller:
                assert (await caller.next())["type"] == "session.created"
        async with calling("ga", headers={"api-key": "k"}, require_key=True) as caller:
            assert (await caller.next())["type"] == "session.created"

    asyncio.run(run())


def test_other_paths_are_plain_http_errors() -> None:
    async def run() -> None:
        async with serve_sandbox() as sandbox:
            with pytest.raises(InvalidStatus) as refused:
                async with connect(sandbox.url.replace("/v1/realtime", "/v2/realtime")):
                    pass
            assert refused.value.response.status_code == 404

    asyncio.run(run())


@both
def test_the_same_seed_gives_the_same_stream(dialect: str) -> None:
    async def stream(seed: int) -> list[str]:
        async with calling(dialect, seed=seed) as caller:
            texts = [str(await caller.socket.recv())]
            await caller.send(add(user_says("Once more")))
            for params in ({}, {"tools": [FORECAST], "tool_choice": "required"}):
                await caller.send(create(**params))
                while "rate_limits.updated" not in texts[-1]:
                    texts.append(str(await caller.socket.recv()))
                texts.append("next")
            return texts

    async def run() -> None:
        first, second, other = await stream(5), await stream(5), await stream(6)
        assert first == second
        assert first != other

    asyncio.run(run())


def test_without_a_seed_two_sessions_have_different_ids() -> None:
    async def session_id() -> str:
        async with calling(seed=None) as caller:
            return str((await caller.next())["session"]["id"])

    async def run() -> None:
        assert await session_id() != await session_id()

    asyncio.run(run())


def test_normal_speed_speaks_about_three_words_a_second() -> None:
    async def talk(caller: Caller) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        await caller.send(create(max_output_tokens=70))
        events = await caller.until("response.done")
        sound = sum(
            len(base64.b64decode(event["delta"]))
            for event in events
            if event["type"] == "response.audio.delta"
        )
        took_s = loop.time() - began
        assert sound / 48_000 - 0.6 < took_s < sound / 48_000 + 2

    in_session(talk, speed=1)


def test_closing_the_sandbox_says_goodbye_and_leaves_no_task() -> None:
    async def run() -> None:
        async with serve_sandbox(speed=1) as sandbox:
            socket = await connect(f"{sandbox.url}?model=m")
            caller = Caller(socket)
            await caller.next()
            await caller.send(create(metadata={"sandbox": "slow"}))
            await caller.next()
        with pytest.raises(ConnectionClosed):
            await caller.until("never")
        assert socket.close_code == 1001
        await socket.close()
        await asyncio.sleep(0)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(run())


def test_a_client_that_leaves_mid_answer_leaves_no_task_behind() -> None:
    async def run() -> None:
        async with serve_sandbox(speed=1) as sandbox:
            before = len(asyncio.all_tasks())
            async with connect(f"{sandbox.url}?model=m") as socket:
                caller = Caller(socket)
                await caller.next()
                for _ in range(5):
                    await caller.send(create(conversation="none"))
                await caller.next()
            for _ in range(100):
                if len(asyncio.all_tasks()) == before:
                    break
                await asyncio.sleep(0.02)
            assert len(asyncio.all_tasks()) == before

    asyncio.run(run())


def test_messages_up_to_fifteen_mebibytes_are_taken() -> None:
    async def talk(caller: Caller) -> None:
        audio = base64.b64encode(bytes(11 * 1024 * 1024)).decode()
        await caller.send({"type": "input_audio_buffer.append", "audio": audio})
        committed = await caller.one({"type": "input_audio_buffer.commit"})
        assert committed["type"] == "input_audio_buffer.committed"

    in_session(talk)


def test_a_message_above_the_limit_closes_the_socket() -> None:
    async def run() -> None:
        async with serve_sandbox() as sandbox:
            # Not as a context: leaving it would close a socket that the server has closed.
            socket = await connect(f"{sandbox.url}?model=m")
            await socket.recv()
            await socket.send("x" * (16 * 1024 * 1024 + 1))
            with pytest.raises(ConnectionClosed):
                await socket.recv()
            assert socket.close_code == 1009

    asyncio.run(run())


def test_an_old_session_is_closed_with_a_reason() -> None:
    async def run() -> None:
        async with (
            serve_sandbox(session_s=0.1) as sandbox,
            connect(f"{sandbox.url}?model=m") as socket,
        ):
            caller = Caller(socket)
            events = await caller.until("error")
            assert events[-1]["error"]["code"] == "session_expired"
            with pytest.raises(ConnectionClosed):
                await caller.next()
            assert (socket.close_code, socket.close_reason) == (1001, "session_expired")

    asyncio.run(run())


def test_a_full_sandbox_answers_with_plain_http(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "MAX_CONNECTIONS", 1)

    async def run() -> None:
        async with serve_sandbox() as sandbox, connect(f"{sandbox.url}?model=m") as socket:
            await socket.recv()
            with pytest.raises(InvalidStatus) as refused:
                async with connect(f"{sandbox.url}?model=m"):
                    pass
            assert refused.value.response.status_code == 503

    asyncio.run(run())


def test_a_peer_that_never_stops_pinging_cannot_hold_up_the_end() -> None:
    async def run() -> float:
        loop = asyncio.get_running_loop()
        async with serve_sandbox() as sandbox:
            reader, writer = await asyncio.open_connection("127.0.0.1", sandbox.port)
            writer.write(
                b"GET /v1/realtime?model=m HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
            )
            await reader.readuntil(b"\r\n\r\n")
            pinging = asyncio.create_task(_ping_for_ever(writer))
            await asyncio.sleep(0.1)
            began = loop.time()
        pinging.cancel()
        with suppress(asyncio.CancelledError, OSError):
            await pinging
        writer.close()
        return loop.time() - began

    assert asyncio.run(run()) < 6


async def _ping_for_ever(writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"\x89\x80\x00\x00\x00\x00" * 50)
        await writer.drain()
        await asyncio.sleep(0.002)


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "webapp.cli", "sandbox", *arguments]


def test_the_command_prints_its_address_and_ends_when_interrupted() -> None:
    with subprocess.Popen(
        _command("--port", "0", "--speed", "0"), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        line = process.stdout.readline()
        url = line.split()[-1]

        async def call() -> str:
            async with connect(url) as socket:
                return str(await socket.recv())

        assert '"session.created"' in asyncio.run(call())
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0


def test_the_command_says_when_its_address_is_taken() -> None:
    with socket_module.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(_command("--port", port), capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}" in done.stderr


@pytest.mark.parametrize("speed", ["-1", "nan", "inf", "fast"])
def test_the_command_takes_no_speed_that_makes_no_sense(speed: str) -> None:
    done = subprocess.run(
        _command(f"--speed={speed}"), capture_output=True, text=True, check=False, timeout=20
    )
    assert done.returncode == 2
    assert "--speed" in done.stderr


@pytest.mark.parametrize(
    ("option", "value"),
    [("--port", "99999"), ("--port", "-1"), ("--port", "٣"), ("--host", ""), ("--host", " ")],
)
def test_the_command_takes_no_address_that_is_none(option: str, value: str) -> None:
    done = subprocess.run(
        _command(f"{option}={value}"), capture_output=True, text=True, check=False, timeout=20
    )
    assert done.returncode == 2
    assert f"argument {option}" in done.stderr


def test_addresses_of_version_six_stand_in_brackets() -> None:
    async def run() -> None:
        async with serve_sandbox("::1") as sandbox:
            assert sandbox.url == f"ws://[::1]:{sandbox.port}/v1/realtime"

    asyncio.run(run())


def test_headers_of_a_broken_handshake_reach_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    async def run() -> None:
        async with serve_sandbox() as sandbox:
            reader, writer = await asyncio.open_connection("127.0.0.1", sandbox.port)
            writer.write(
                b"GET /v1/realtime HTTP/1.1\r\nAuthorization: Bearer sk-canary\x01\r\n\r\n"
            )
            await reader.read()
            writer.close()

    asyncio.run(run())
    assert "canary" not in caplog.text
