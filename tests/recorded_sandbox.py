"""The sandbox behind a relay that keeps every byte which clients send, on a thread of its own."""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from webapp.sandbox.server import serve_sandbox

PASSED_ON = ("authorization", "api-key", "openai-beta")
START_TIMEOUT_S = 10


@dataclass
class Visit:
    """One connection: its handshake and the frames that came in, as they came."""

    path: str
    headers: dict[str, str]
    frames: list[str | bytes] = field(default_factory=list)


@dataclass
class RecordedSandbox:
    """Where clients connect, and what they did."""

    url: str = ""
    visits: list[Visit] = field(default_factory=list)
    frames_before_opening: int = 0

    async def relay(self, client: ServerConnection, sandbox: str) -> None:
        assert client.request is not None
        headers = {name.lower(): value for name, value in client.request.headers.raw_items()}
        visit = Visit(client.request.path, headers)
        self.visits.append(visit)
        query = client.request.path.partition("?")[2].replace("deployment=", "model=")
        carried = {name: headers[name] for name in PASSED_ON if name in headers}
        async with connect(
            f"{sandbox}?{query}", additional_headers=carried, max_size=None
        ) as upstream:
            with suppress(ConnectionClosed):
                opening = await upstream.recv()
                # A client that waits for session.created has sent nothing by now.
                with suppress(TimeoutError):
                    async with asyncio.timeout(0.05):
                        visit.frames.append(await client.recv())
                        self.frames_before_opening += 1
                await client.send(opening)
                async with asyncio.TaskGroup() as both:
                    both.create_task(self.inwards(visit, client, upstream))
                    both.create_task(self.outwards(upstream, client))

    async def inwards(
        self, visit: Visit, client: ServerConnection, upstream: ClientConnection
    ) -> None:
        with suppress(ConnectionClosed):
            async for frame in client:
                visit.frames.append(frame)
                await upstream.send(frame)
        await upstream.close()

    async def outwards(self, upstream: ClientConnection, client: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            async for frame in upstream:
                await client.send(frame)
        await client.close(upstream.close_code or 1000)


@contextmanager
def recorded_sandbox(path: str = "/v1/realtime") -> Iterator[RecordedSandbox]:
    """Serve for as long as the context lasts; sessions answer without pauses."""
    recorded, ready = RecordedSandbox(), threading.Event()
    loop = asyncio.new_event_loop()
    ended = asyncio.Event()

    async def run() -> None:
        async with serve_sandbox(seed=1, speed=0) as sandbox:

            async def play(client: ServerConnection) -> None:
                with suppress(ConnectionClosed):
                    await recorded.relay(client, sandbox.url)

            async with serve(
                play, "127.0.0.1", 0, max_size=None, select_subprotocol=_first_offered
            ) as server:
                port = server.sockets[0].getsockname()[1]
                recorded.url = f"ws://127.0.0.1:{port}{path}?model=rehearsal"
                ready.set()
                await ended.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(run(),))
    thread.start()
    assert ready.wait(START_TIMEOUT_S)
    try:
        yield recorded
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()
        loop.close()


def _first_offered(_: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    return next(iter(offered), None)
