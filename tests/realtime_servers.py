"""Realtime servers of every temper on this machine, and a hub that connects to them."""

import asyncio
import base64
import gc
import hashlib
import json
import threading
import time
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from websockets.asyncio.server import ServerConnection, serve

from webapp.endpoints import PRESETS, SANDBOX
from webapp.sessions.connection import Patience, Serve
from webapp.sessions.hub import HubLimits, MemoryHub
from webapp.sessions.live import Ends, LiveSession
from webapp.sessions.protocol import State
from webapp.sessions.transcript import Shown

SANDBOX_PRESET = PRESETS[SANDBOX]
IMPATIENT = Patience(open_s=1.0, ping_s=1.0, read_s=1.0, close_s=1.0, closing_s=0.5, watch_s=0.1)
PATIENCE_S = 10.0
CREATED = json.dumps({"type": "session.created", "session": {"model": "m"}})

Play = Callable[[ServerConnection], Awaitable[None]]
PlayRaw = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens."""

    url: str


@dataclass
class Recorder:
    """A server that opens sessions, keeps what it gets, and says what a test tells it to."""

    answer: Play | None = None
    got: list[str | bytes] = field(default_factory=list)
    handshakes: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    async def play(self, socket: ServerConnection) -> None:
        assert socket.request is not None
        self.handshakes.append(dict(socket.request.headers.raw_items()))
        self.paths.append(socket.request.path)
        await socket.send(CREATED)
        if self.answer is not None:
            await self.answer(socket)
        async for frame in socket:
            self.got.append(frame)

    def wait_for(self, count: int) -> None:
        wait_for(lambda: len(self.got) >= count)


def playing(play: Play) -> Serve:
    """Serve WebSocket connections with ``play``."""

    @asynccontextmanager
    async def served() -> AsyncIterator[Address]:
        async with serve(play, "127.0.0.1", 0, max_size=None) as server:
            yield Address(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1/realtime")

    return served


def playing_raw(play: PlayRaw) -> Serve:
    """Serve bare TCP connections with ``play``."""

    @asynccontextmanager
    async def served() -> AsyncIterator[Address]:
        ended = asyncio.Event()
        tasks: set[asyncio.Task[None]] = set()

        async def run(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            tasks.add(task)
            try:
                await play(reader, writer)
                await ended.wait()
            except (OSError, EOFError):
                pass  # the probe whether we listen, or a client that gave up
            finally:
                writer.transport.abort()
                tasks.discard(task)

        server = await asyncio.start_server(run, "127.0.0.1", 0)
        try:
            yield Address(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1/realtime")
        finally:
            server.close()
            ended.set()
            await asyncio.wait(tasks, timeout=0.2) if tasks else None
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for _ in range(5):
                await asyncio.sleep(0)  # transports close in the next turns of the loop

    return served


def upgraded(after: bytes, *, hang_up: bool = False) -> PlayRaw:
    """Shake hands, open the session, then write ``after`` and fall silent or hang up."""

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        key = next(
            line.partition(b":")[2].strip()
            for line in request.split(b"\r\n")
            if line.lower().startswith(b"sec-websocket-key")
        )
        magic = key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        accept = base64.b64encode(hashlib.sha1(magic, usedforsecurity=False).digest())
        writer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n" + text_frame(CREATED) + after
        )
        await writer.drain()
        if hang_up:
            writer.close()

    return play


def answering(response: bytes) -> PlayRaw:
    """Answer the handshake with ``response`` and fall silent."""

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(response)
        await writer.drain()

    return play


def text_frame(text: str | bytes) -> bytes:
    """Return a server's unmasked text frame."""
    body = text.encode() if isinstance(text, str) else text
    size = bytes([len(body)]) if len(body) < 126 else b"\x7e" + len(body).to_bytes(2, "big")
    return b"\x81" + size + body


@contextmanager
def hub_at(
    server: Serve,
    *,
    ends: Ends | None = None,
    limits: HubLimits | None = None,
    patience: Patience | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[MemoryHub]:
    """A hub whose embedded endpoint is ``server``; nothing of it is left behind."""
    hub = MemoryHub(server, ends=ends, limits=limits, patience=patience, clock=clock)
    try:
        yield hub
    finally:
        hub.close()
        for thread in threading.enumerate():
            if thread.name == "sockets":
                thread.join(PATIENCE_S)
                assert not thread.is_alive(), "the thread of the sockets still runs"
        # The accepting ends are the broken servers' own: some are left half open on purpose.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()


@contextmanager
def session_at(
    server: Serve, dialect: str = "beta", text: str = "", **parts: Any
) -> Iterator[LiveSession]:
    """A session that is being opened at ``server``."""
    with hub_at(server, **parts) as hub:
        yield hub.open("visitor", SANDBOX_PRESET, dialect, *filter(None, [text]))


def wait_for(condition: Callable[[], bool], timeout_s: float = PATIENCE_S) -> None:
    """Wait until something is so; for what happens on other threads."""
    until = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.005)


def wait_open(session: LiveSession) -> None:
    session.wait_while(State.CONNECTING, PATIENCE_S)
    assert session.state is State.OPEN, session.snapshot()


def wait_closed(session: LiveSession, timeout_s: float = PATIENCE_S) -> Shown:
    """Wait until the session is closed and return the notice that says why."""
    wait_for(lambda: session.state is State.CLOSED, timeout_s)
    notice = entries(session, "notice")[-1]
    assert notice.words("text")
    return notice


def entries(session: LiveSession, kind: str) -> list[Shown]:
    return [entry for entry in session.snapshot().entries if entry.kind == kind]


def wait_for_frames(session: LiveSession, count: int, timeout_s: float = 60) -> None:
    """Wait until the session has kept, or dropped, so many frames."""
    cursor = session.snapshot().cursor
    until = time.monotonic() + timeout_s
    while int(cursor.partition(":")[2]) < count:
        assert time.monotonic() < until, f"only got to {cursor}"
        session.wait(cursor, 1)
        cursor, _ = session.changes_since(cursor)


def unlike(patience: Patience, **other: float) -> Patience:
    return replace(patience, **other)
