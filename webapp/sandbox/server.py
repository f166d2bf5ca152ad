"""A WebSocket server on this machine that plays the script."""

import asyncio
import logging
import secrets
import signal
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from webapp.sandbox.arrivals import (
    PATH,
    Arrival,
    TurnedAway,
    chosen_protocol,
    is_session_path,
    receive,
    refused_status,
)
from webapp.sandbox.hearing import Heard, hear
from webapp.sandbox.ids import Ids
from webapp.sandbox.player import Player
from webapp.sandbox.refusals import Refusal
from webapp.sandbox.script import Script
from webapp.sandbox.terms import SESSION_S, Dialect

MAX_MESSAGE_BYTES = 16 * 1024 * 1024
MAX_QUEUED = 4
MAX_CONNECTIONS = 512
CLOSE_S = 2.0
OFF_LOOP_CHARS = 64 * 1024
# A seeded session must be the same tomorrow, so its clock stands still: 2100-01-01.
STANDING_CLOCK = 4_102_444_800

log = logging.getLogger("cuecard.sandbox")
_socket_log = log.getChild("socket")


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A running sandbox: ``url`` is where sessions are, without the model."""

    url: str
    port: int


@dataclass(frozen=True, slots=True)
class Manner:
    """How the sandbox plays: at ``speed`` 2 twice as fast, at 0 without pauses."""

    seed: int | None = None
    speed: float = 1.0
    require_key: bool = False
    session_s: float = SESSION_S

    def script(self, arrival: Arrival) -> Script:
        """Return a new session, seeded or by chance."""
        if self.seed is None:
            seed, now = secrets.randbits(64), int(time.time())
        else:
            seed, now = self.seed, STANDING_CLOCK
        return Script(arrival.dialect, arrival.model, seed=seed, now=now)


@asynccontextmanager
async def serve_sandbox(
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    seed: int | None = None,
    speed: float = 1.0,
    require_key: bool = False,
    session_s: float = SESSION_S,
) -> AsyncIterator[Sandbox]:
    """Serve sessions in the running loop for as long as the context lasts.

    Port 0 takes any free one. A session may be ``session_s`` seconds old.

    Raises:
        OSError: if the address cannot be listened on.
    """
    manner = Manner(seed, speed, require_key, session_s)

    async def play(connection: ServerConnection) -> None:
        await _Play(connection, manner).run()

    server = await serve(
        play,
        host,
        port,
        process_request=_admit,
        select_subprotocol=_agree,
        compression=None,
        max_size=MAX_MESSAGE_BYTES,
        max_queue=MAX_QUEUED,
        close_timeout=CLOSE_S,
        server_header="cuecard-sandbox",
        logger=_socket_log,
    )
    try:
        taken = server.sockets[0].getsockname()[1]
        name = f"[{host}]" if ":" in host else host
        yield Sandbox(f"ws://{name}:{taken}{PATH}", taken)
    finally:
        await _shut(server)


def run_sandbox(
    host: str, port: int, seed: int | None, speed: float, *, require_key: bool = False
) -> int:
    """Serve until interrupted; the exit status is 1 when the address cannot be had, else 0."""
    try:
        asyncio.run(_serve_until_stopped(host, port, Manner(seed, speed, require_key)))
    except OSError as error:
        sys.stderr.write(f"cuecard sandbox: cannot listen on {host}:{port}: {error.strerror}\n")
        return 1
    return 0


async def _serve_until_stopped(host: str, port: int, manner: Manner) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    async with serve_sandbox(
        host, port, seed=manner.seed, speed=manner.speed, require_key=manner.require_key
    ) as sandbox:
        sys.stdout.write(f"Sandbox at {sandbox.url}?model=rehearsal\n")
        sys.stdout.flush()
        await stopped.wait()


async def _shut(server: Server) -> None:
    """Close every connection, and cut those that are not gone in time."""
    server.close()
    closing = asyncio.ensure_future(server.wait_closed())
    _, late = await asyncio.wait({closing}, timeout=CLOSE_S + 1)
    if late:
        for connection in server.all_connections:
            connection.transport.abort()
        await closing


def _admit(connection: ServerConnection, request: Request) -> Response | None:
    """Answer in plain HTTP what cannot become a session."""
    if not is_session_path(request.path):
        return connection.respond(HTTPStatus.NOT_FOUND, f"Sessions are at {PATH}.\n")
    if status := refused_status(request.path):
        words = "Refused by the sandbox, as the query asked.\n"
        return connection.respond(status, words)
    if len(connection.server.connections) >= MAX_CONNECTIONS:
        return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, "The sandbox is full.\n")
    return None


def _agree(connection: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    chosen = chosen_protocol(offered)
    return Subprotocol(chosen) if chosen else None


class _Play:
    """One connection: client events are read while responses play beside each other."""

    def __init__(self, connection: ServerConnection, manner: Manner) -> None:
        self._connection = connection
        self._manner = manner

    async def run(self) -> None:
        """Hold a session until its socket closes; responses that still play end with it."""
        arrival = _arrival(self._connection, require_key=self._manner.require_key)
        try:
            async with asyncio.TaskGroup() as tasks:
                player = Player(self._connection, tasks, self._manner.speed)
                if isinstance(arrival, TurnedAway):
                    await self._turn_away(arrival, player)
                else:
                    await self._hold(self._manner.script(arrival), player)
        except* ConnectionClosed:
            log.debug("session over: %s", self._connection.close_code)

    async def _turn_away(self, guest: TurnedAway, player: Player) -> None:
        log.info("turned away: %s", guest.close_reason)
        await player.say([guest.say(Ids(self._manner.seed or secrets.randbits(64)))])
        await self._connection.close(guest.close_code, guest.close_reason)

    async def _hold(self, script: Script, player: Player) -> None:
        log.info("session with %s in %s", script.session["model"], script.dialect)
        await player.say(script.opening())
        try:
            async with asyncio.timeout(self._manner.session_s):
                while True:
                    await self._answer(script, await self._connection.recv(), player)
        except TimeoutError:
            await player.say(script.expiry())
            await self._connection.close(CloseCode.GOING_AWAY, "session_expired")
            await self._connection.recv()  # raises, as all that is left is closed

    async def _answer(self, script: Script, message: str | bytes, player: Player) -> None:
        answer = script.answer_heard(await _heard(message, script.dialect))
        await player.say(answer.says)
        if answer.reply:
            player.begin(script.play(answer.reply))
        for steps in answer.also:
            player.begin(steps)


async def _heard(message: str | bytes, dialect: Dialect) -> Heard | Refusal:
    """Read a client event, a long one beside the loop, which others need meanwhile."""
    if len(message) > OFF_LOOP_CHARS:
        return await asyncio.to_thread(hear, message, dialect)
    return hear(message, dialect)


def _arrival(connection: ServerConnection, *, require_key: bool) -> Arrival | TurnedAway:
    request = connection.request
    if request is None:
        raise RuntimeError("a session begins with a handshake")
    headers = {name.lower(): value for name, value in request.headers.raw_items()}
    offered = ", ".join(request.headers.get_all("Sec-WebSocket-Protocol")).split(", ")
    return receive(request.path, headers, offered, require_key=require_key)


def _is_about_us(record: logging.LogRecord) -> bool:
    """Tell whether the socket library reports an error of ours.

    What else it has to say may hold a client's headers, hence its key.
    """
    return record.levelno >= logging.ERROR and record.msg != "opening handshake failed"


_socket_log.addFilter(_is_about_us)
