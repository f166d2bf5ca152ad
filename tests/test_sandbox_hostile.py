"""Clients that mean no good: the sandbox stays up, answers in order, and tells its log nothing."""

import asyncio
import base64
import json
import logging
import os
import struct
import tracemalloc
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.sandbox_client import Caller, Event, add, create, user_says
from webapp.sandbox.server import Sandbox, serve_sandbox

HANDSHAKE = (
    b"GET /v1/realtime?model=m HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
    b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
PATIENCE_S = 60


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)


def meet(talk: Callable[[Sandbox], Awaitable[None]], caplog: pytest.LogCaptureFixture) -> None:
    """Let somebody in; afterwards a decent client must be served, and no error be logged."""

    async def run() -> None:
        async with serve_sandbox(seed=1, speed=0) as sandbox, asyncio.timeout(PATIENCE_S):
            await talk(sandbox)
            await be_decent(sandbox)

    asyncio.run(run())
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


@contextmanager
def traced() -> Iterator[Callable[[], int]]:
    """Give a way to ask how much memory was in use at most since the beginning."""
    tracemalloc.start()
    try:
        yield lambda: tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


async def be_decent(sandbox: Sandbox) -> None:
    async with connect(f"{sandbox.url}?model=m") as socket:
        caller = Caller(socket)
        assert (await caller.next())["type"] == "session.created"
        events = await caller.respond(output_modalities=["text"])
        assert events[-2]["response"]["status"] == "completed"


LONG = "x" * 1_000_000
GARBAGE: list[str | bytes] = [
    "", " ", "\0", "null", "[]", "{}", '"x"', "NaN", "{", "}", '{"type":', "\ufeff{}",
    '{"type": null}', '{"type": 1}', '{"type": "nope"}', '{"type": "session.created"}',
    '{"type": "response.create", "type": "response.cancel"}',
    json.dumps({"type": LONG}),
    json.dumps({"type": "response.create", "event_id": LONG}),
    json.dumps({"type": "response.create", LONG: 1}),
    json.dumps({"type": "response.create", "response": {LONG: 1}}),
    json.dumps({"type": "response.cancel", "response_id": LONG}),
    json.dumps({"type": "conversation.item.retrieve", "item_id": LONG}),
    json.dumps({"type": "conversation.item.delete", "item_id": LONG}),
    json.dumps({"type": "conversation.item.truncate", "item_id": LONG, "content_index": 10**30,
                "audio_end_ms": -(10**30)}),
    json.dumps(add(user_says("hi", id=LONG))),
    json.dumps(add(user_says("hi"), previous_item_id=LONG)),
    json.dumps(add({"type": LONG})),
    json.dumps({"type": "input_audio_buffer.append", "audio": LONG + "!"}),
    json.dumps({"type": "session.update", "session": {"type": "realtime", "tools": LONG}}),
    json.dumps(create(tools=[{"type": "function", "name": "f", "parameters": {"$ref": "#"}}],
                      tool_choice="required", metadata={"sandbox": "what"}, temperature=LONG)),
    '{"type":"response.create","response":{"input":[' + ",".join(["0"] * 49_000) + "]}}",
    '{"type":"response.create","response":' + "[" * 100_000 + "]" * 100_000 + "}",
    '{"type":"response.create","response":{"max_output_tokens":' + "9" * 100_000 + "}}",
    '{"type":"response.create","response":{"instructions":"\\ud800"}}',
    b"", b"\0" * 100_000, os.urandom(1_000),
]  # fmt: skip


def test_garbage_gets_one_error_each(caplog: pytest.LogCaptureFixture) -> None:
    async def talk(sandbox: Sandbox) -> None:
        async with connect(f"{sandbox.url}?model=m", max_size=None) as socket:
            caller = Caller(socket)
            await caller.next()
            for message in GARBAGE:
                answer = await caller.one(message)
                assert answer["type"] == "error", message[:80]
                assert answer["error"]["message"]
            # Nothing more was said, and the session lives.
            assert (await caller.one({"type": "input_audio_buffer.clear"}))["type"] == (
                "input_audio_buffer.cleared"
            )

    meet(talk, caplog)


def test_garbage_costs_little_memory() -> None:
    async def run() -> int:
        async with (
            serve_sandbox(seed=1, speed=0) as sandbox,
            connect(f"{sandbox.url}?model=m", max_size=None) as socket,
        ):
            await socket.recv()
            with traced() as peak_bytes:
                for message in GARBAGE:
                    await socket.send(message)
                    await socket.recv()
                return peak_bytes()

    assert asyncio.run(run()) < 160 * 1024 * 1024


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        (b"\x81\x82\0\0\0\0\xff\xfe", 1007),  # no UTF-8
        (b"\x83\x80\0\0\0\0", 1002),  # an opcode nobody knows
        (b"\xc1\x80\0\0\0\0", 1002),  # a reserved bit
        (b"\x81\x01x", 1002),  # not masked
        (b"\x89\xfe\x00\x80\0\0\0\0" + bytes(128), 1002),  # a ping that is too long
        (b"\x80\x80\0\0\0\0", 1002),  # the end of nothing
        (b"\x81\xff" + struct.pack("!Q", 1 << 40) + bytes(4), 1009),  # a terabyte is announced
    ],
)
def test_broken_frames_close_the_socket(
    frames: bytes, code: int, caplog: pytest.LogCaptureFixture
) -> None:
    async def talk(sandbox: Sandbox) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", sandbox.port)
        writer.write(HANDSHAKE)
        await reader.readuntil(b"\r\n\r\n")
        writer.write(frames)
        heard = await reader.read()
        assert struct.pack("!H", code) in heard
        writer.close()

    meet(talk, caplog)


@pytest.mark.parametrize("cut", [0, 1, 20, len(HANDSHAKE) - 2, len(HANDSHAKE)])
def test_half_a_handshake_bothers_nobody(cut: int, caplog: pytest.LogCaptureFixture) -> None:
    async def talk(sandbox: Sandbox) -> None:
        writers = []
        for _ in range(50):
            _, writer = await asyncio.open_connection("127.0.0.1", sandbox.port)
            writer.write(HANDSHAKE[:cut])
            writers.append(writer)
        await be_decent(sandbox)
        for writer in writers:
            writer.transport.abort()

    meet(talk, caplog)


async def pour(socket: ClientConnection, event: Event, count: int) -> None:
    with suppress(ConnectionClosed):
        for _ in range(count):
            await socket.send(json.dumps(event))


@pytest.mark.parametrize(
    "event",
    [
        create(conversation="none"),
        create(conversation="none", metadata={"sandbox": "flood:100000"}),
        create(conversation="none", metadata={"sandbox": "silence"}),
        {"type": "nope"},
        add(user_says("again")),
        {"type": "conversation.item.retrieve", "item_id": "x"},
    ],
)
def test_a_client_that_asks_and_never_reads_holds_up_nobody(
    event: Event, caplog: pytest.LogCaptureFixture
) -> None:
    async def talk(sandbox: Sandbox) -> None:
        async with connect(f"{sandbox.url}?model=m", max_queue=1, close_timeout=0.1) as socket:
            asking = asyncio.create_task(pour(socket, event, 1_000))
            await asyncio.sleep(0.3)
            await be_decent(sandbox)
            socket.transport.abort()
            await asking

    meet(talk, caplog)


def test_what_nobody_reads_is_not_made(caplog: pytest.LogCaptureFixture) -> None:
    async def talk(sandbox: Sandbox) -> None:
        async with connect(f"{sandbox.url}?model=m", max_queue=1, close_timeout=0.1) as socket:
            with traced() as peak_bytes:
                flood = create(conversation="none", metadata={"sandbox": "flood:100000"})
                await pour(socket, flood, 20)
                await asyncio.sleep(1)
                # All of it would be more than 400 MB.
                assert peak_bytes() < 16 * 1024 * 1024
            socket.transport.abort()

    meet(talk, caplog)


def test_arguments_of_a_schema_without_end_are_finite(caplog: pytest.LogCaptureFixture) -> None:
    schemas: list[Event] = [
        {"$ref": "#"},
        {"type": "array", "minItems": 10**9, "items": {"$ref": "#"}},
        {"type": "string", "minLength": 10**9},
        {"type": "string", "pattern": "(a+)+$"},
        {"type": "object", "required": ["a"], "properties": {"a": {"$ref": "#"}}},
        {"allOf": [{"$ref": "#"}] * 50},
    ]

    async def talk(sandbox: Sandbox) -> None:
        async with connect(f"{sandbox.url}?model=m", max_size=None) as socket:
            caller = Caller(socket)
            await caller.next()
            for schema in schemas:
                tool = {"type": "function", "name": "f", "parameters": schema}
                events = await caller.respond(tools=[tool], tool_choice="required")
                assert events[-1]["type"] == "rate_limits.updated"

    meet(talk, caplog)


def test_sound_of_every_kind_is_listened_to(caplog: pytest.LogCaptureFixture) -> None:
    sounds = [b"", b"\0", os.urandom(3), os.urandom(999_999), b"\xff\x7f" * 500_000]

    async def talk(sandbox: Sandbox) -> None:
        async with connect(f"{sandbox.url}?model=m", max_size=None, close_timeout=0.1) as socket:
            caller = Caller(socket)
            await caller.next()
            for sound in sounds * 3:
                audio = base64.b64encode(sound).decode()
                await caller.send({"type": "input_audio_buffer.append", "audio": audio})
            await caller.ask({"type": "input_audio_buffer.clear"}, "input_audio_buffer.cleared")

    meet(talk, caplog)
