"""Frames cut anywhere give the messages, answers and ends that the library itself gives."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from websockets.asyncio.client import ClientConnection
from websockets.client import ClientProtocol
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode, Frame, Opcode
from websockets.server import ServerProtocol
from websockets.uri import parse_uri

from webapp.sessions import batches
from webapp.sessions.batches import BatchingConnection

MAX_SIZE = 80_000
URI = parse_uri("ws://127.0.0.1/")


class Pipe(asyncio.Transport):
    """A transport that keeps what is written, and whether anybody wants to read."""

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()
        self.paused = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def can_write_eof(self) -> bool:
        return False

    def close(self) -> None:
        pass

    def abort(self) -> None:
        pass

    def is_closing(self) -> bool:
        return False

    def pause_reading(self) -> None:
        self.paused = True

    def resume_reading(self) -> None:
        self.paused = False


async def shaken(kind: type[ClientConnection], pipe: Pipe) -> tuple[ClientConnection, bytes]:
    """Return a connection that has asked to be opened, and the answer it waits for."""
    protocol = ClientProtocol(URI, max_size=MAX_SIZE)
    connection = kind(protocol, max_queue=None, close_timeout=0.001)
    connection.connection_made(pipe)
    opening = asyncio.create_task(connection.handshake())
    await asyncio.sleep(0)
    server = ServerProtocol()
    server.receive_data(bytes(pipe.written))
    (request,) = server.events_received()
    server.send_response(server.accept(request))  # type: ignore[arg-type]
    pipe.written.clear()
    answer = b"".join(server.data_to_send())
    connection.opening = opening  # type: ignore[attr-defined]  # kept until it is done
    return connection, answer


async def heard(kind: type[ClientConnection], pieces: list[int], stream: bytes) -> Any:
    """Return all that a connection makes of a stream that arrives in pieces."""
    pipe = Pipe()
    connection, answer = await shaken(kind, pipe)
    data, at = answer + stream, 0
    for size in [*pieces, len(data)]:
        if data[at : at + size]:
            connection.data_received(data[at : at + size])
        at += size
    await connection.opening  # type: ignore[attr-defined]
    connection.eof_received()
    connection.connection_lost(None)
    messages: list[str | bytes] = []
    try:
        while True:
            if isinstance(connection, BatchingConnection):
                messages += await connection.batch()
            else:
                messages.append(await connection.recv())
    except ConnectionClosed as error:
        unmasked = _unmasked(bytes(pipe.written))
        return messages, error.rcvd, error.sent, error.rcvd_then_sent, unmasked


def _unmasked(written: bytes) -> list[tuple[int, bytes]]:
    """Return what a client wrote without the masks, which are random."""
    server = ServerProtocol(state=1)  # type: ignore[arg-type]
    server.receive_data(written)
    return [(f.opcode, bytes(f.data)) for f in server.events_received() if isinstance(f, Frame)]


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)


def frame(opcode: Opcode, body: bytes, *, fin: bool = True) -> bytes:
    return bytes(Frame(opcode, body, fin).serialize(mask=False))


bodies = st.one_of(
    st.text(max_size=40).map(lambda text: text.encode("utf-8", "replace")),
    st.sampled_from([0, 1, 2, 125, 126, 127, 300, 65_535, 65_536, MAX_SIZE, MAX_SIZE + 1]).map(
        lambda size: b"x" * size
    ),
)
fragments = st.lists(bodies, min_size=2, max_size=4).map(
    lambda parts: b"".join(
        frame(Opcode.CONT if at else Opcode.TEXT, part, fin=at == len(parts) - 1)
        for at, part in enumerate(parts)
    )
)
frames = st.one_of(
    bodies.map(lambda body: frame(Opcode.TEXT, body)),
    bodies.map(lambda body: frame(Opcode.TEXT, body)),
    bodies.map(lambda body: frame(Opcode.BINARY, body)),
    fragments,
    bodies.map(lambda body: frame(Opcode.TEXT, body, fin=False)),
    st.binary(max_size=60).map(lambda body: frame(Opcode.PING, body)),
    st.binary(max_size=60).map(lambda body: frame(Opcode.PONG, body)),
    st.just(frame(Opcode.CLOSE, b"\x03\xe8bye")),
    st.binary(max_size=12),  # which may announce anything
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.integers(1, 3_000), max_size=40), st.lists(frames, max_size=12))
def test_any_stream_in_any_pieces_is_heard_as_the_library_hears_it(
    pieces: list[int], parts: list[bytes]
) -> None:
    stream = b"".join(parts)
    ours = run(heard(BatchingConnection, pieces, stream))
    # The library only decodes a text when it is asked for, which here is after the end.
    assume(ours[2] is None or ours[2].code != CloseCode.INVALID_DATA)
    theirs = run(heard(ClientConnection, pieces, stream))
    assert ours == theirs


@pytest.mark.parametrize("good", [0, 3])
def test_a_text_that_is_not_utf_8_ends_the_connection(good: int) -> None:
    stream = frame(Opcode.TEXT, "é".encode()) * good + frame(Opcode.TEXT, b"not \xff UTF-8")
    messages, _, sent, _, _ = run(heard(BatchingConnection, [100], stream))
    assert messages == ["é"] * good
    assert (sent.code, sent.reason) == (1007, "invalid start byte at position 4")


def test_a_handshake_that_is_refused_is_told_with_its_body() -> None:
    async def refused() -> int:
        pipe = Pipe()
        connection, _ = await shaken(BatchingConnection, pipe)
        body = b"one\r\n\r\ntwo"
        head = f"HTTP/1.1 403 Forbidden\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        for at in range(len(head + body)):
            connection.data_received((head + body)[at : at + 1])
        assert connection.response is not None
        assert connection.response.body == body
        opening = connection.opening  # type: ignore[attr-defined]
        assert (await asyncio.gather(opening, return_exceptions=True))[0]
        return connection.response.status_code

    assert run(refused()) == 403


def test_a_reader_that_falls_behind_stops_the_sender() -> None:
    async def flooded() -> None:
        pipe = Pipe()
        connection, answer = await shaken(BatchingConnection, pipe)
        assert isinstance(connection, BatchingConnection)
        connection.data_received(answer)
        one = frame(Opcode.TEXT, b"x" * 1_000)
        sent = 0
        while not pipe.paused:
            connection.data_received(one)
            sent += 1
        assert sent <= batches.MAX_WAITING_BYTES // len(one) + 1
        assert await connection.batch() == ["x" * 1_000] * sent
        assert not pipe.paused
        connection.connection_lost(None)

    run(flooded())
