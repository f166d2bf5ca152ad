"""A client that talks to a real sandbox over a real WebSocket."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from webapp.sandbox.server import serve_sandbox

Event: TypeAlias = dict[str, Any]
SEED = 11
PATIENCE_S = 10


class Caller:
    """One session, seen from the client."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def send(self, event: Event | str | bytes) -> None:
        await self.socket.send(json.dumps(event) if isinstance(event, dict) else event)

    async def next(self) -> Event:
        async with asyncio.timeout(PATIENCE_S):
            event = json.loads(await self.socket.recv())
        assert isinstance(event, dict)
        return event

    async def until(self, *kinds: str) -> list[Event]:
        """Return all events up to the first of these types, this one included."""
        events = [await self.next()]
        while events[-1]["type"] not in kinds:
            events.append(await self.next())
        return events

    async def ask(self, event: Event | str | bytes, *until: str) -> list[Event]:
        await self.send(event)
        return await self.until(*(until or ("rate_limits.updated", "error")))

    async def one(self, event: Event | str | bytes) -> Event:
        """Return the first event that answers an event."""
        await self.send(event)
        return await self.next()

    async def error(self, event: Event | str | bytes) -> Event:
        answer = await self.one(event)
        assert answer["type"] == "error", answer
        error = answer["error"]
        assert isinstance(error, dict)
        return error

    async def respond(self, **params: Any) -> list[Event]:
        return await self.ask(create(**params))


def create(**params: Any) -> Event:
    return {"type": "response.create", "response": params}


def user_says(text: str, **members: Any) -> Event:
    part = {"type": "input_text", "text": text}
    return {"type": "message", "role": "user", "content": [part], **members}


def add(item: Event, **members: Any) -> Event:
    return {"type": "conversation.item.create", "item": item, **members}


def kinds(events: list[Event], *, joined: bool = True) -> list[str]:
    """Return the types of events, runs of the same type as one."""
    found: list[str] = []
    for event in events:
        if not (joined and found and found[-1] == event["type"]):
            found.append(event["type"])
    return found


def only(events: list[Event], kind: str) -> Event:
    (event,) = [event for event in events if event["type"] == kind]
    return event


@asynccontextmanager
async def calling(
    dialect: str = "beta",
    *,
    speed: float = 0,
    seed: int | None = SEED,
    require_key: bool = False,
    query: str = "model=rehearsal",
    headers: dict[str, str] | None = None,
    protocols: list[str] | None = None,
) -> AsyncIterator[Caller]:
    """Hold a session with a sandbox of its own; the opening event is still to be read."""
    asked = f"{query}&dialect={dialect}" if dialect else query
    async with (
        serve_sandbox(seed=seed, speed=speed, require_key=require_key) as sandbox,
        connect(
            f"{sandbox.url}?{asked}",
            additional_headers=headers,
            subprotocols=[Subprotocol(one) for one in protocols or []] or None,
            max_size=None,
        ) as socket,
    ):
        yield Caller(socket)


def in_session(
    talk: Callable[[Caller], Awaitable[None]], dialect: str = "beta", *, speed: float = 0
) -> None:
    """Run a talk in a session whose opening has been read."""

    async def run() -> None:
        async with calling(dialect, speed=speed) as caller:
            assert (await caller.next())["type"] == "session.created"
            await talk(caller)

    asyncio.run(run())
