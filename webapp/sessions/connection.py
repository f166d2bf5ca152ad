"""The thread that drives sessions over their WebSockets, one asyncio loop for all of them."""

import asyncio
import contextlib
import logging
import os
import re
import ssl
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, cast
from urllib.parse import urlsplit

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI
from websockets.protocol import State as SocketState
from websockets.typing import Subprotocol

from webapp import redaction
from webapp.endpoints import BadAddress, Target, origin_of
from webapp.events.server import ServerEvent
from webapp.outbound.departures import FindTarget
from webapp.outbound.dial import dial, tls
from webapp.outbound.keyring import NoKey
from webapp.sessions.batches import BatchingConnection, Message
from webapp.sessions.handshakes import Handshake, HandshakeRefused
from webapp.sessions.protocol import read_received
from webapp.sessions.words import REDIRECTED, explain_refusal

MIB = 1024 * 1024
DRAIN_S = 0.02
STOP_TIMEOUT_S = 3.0
LISTEN_TIMEOUT_S = 1.0
MAX_FRAME_BYTES = 16 * MIB
LARGE_CHARS = 256 * 1024
MAX_REASON_CHARS = 200
USER_AGENT = "Cuecard"

MAX_BODY_CHARS = 16 * 1024

T = TypeVar("T")

_MARKUP = re.compile(
    r"<(?:script|style)\b.*?(?:</(?:script|style)>|$)|<[^>]*(?:>|$)", re.DOTALL | re.IGNORECASE
)
# By the numbers of OpenSSL.
_CERTIFICATES = {
    9: "it is not valid yet",
    10: "it has expired",
    18: "it is self-signed",
    19: "it is signed by an authority of its own",
    20: "its authority is not known here",
    21: "its authority is not known here",
    62: "it belongs to another name",
    64: "it belongs to another address",
}

# The library logs handshake headers at DEBUG, and those may hold keys.
logging.getLogger("websockets").setLevel(logging.WARNING)
log = logging.getLogger("cuecard")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a server may take, in seconds: to open, to answer a ping, to read, to close.

    ``closing_s`` is how long a socket may be neither open nor closed, looked at every ``watch_s``.
    """

    open_s: float = 10.0
    ping_s: float = 10.0
    read_s: float = 10.0
    close_s: float = 3.0
    closing_s: float = 2.0
    watch_s: float = 1.0


class Served(Protocol):
    """A server of our own while it runs."""

    @property
    def url(self) -> str: ...


Serve = Callable[[], AbstractAsyncContextManager[Served]]


class Listener(Protocol):
    """Who is told, on the loop's thread, what happens to a connection."""

    def sending(self, text: str) -> None: ...
    def received(self, payload: Message, event: ServerEvent | None) -> None:
        """A message came; ``event`` is what it says, if it has been read already."""

    async def caught_up(self) -> None:
        """Wait until there is room for more."""

    def failed(self, words: str) -> None: ...
    def closed(self, code: int, reason: str, words: str) -> None: ...


class SocketThread:
    """One daemon thread with one asyncio loop; it starts with the first thing asked of it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._pid = 0

    @property
    def running(self) -> bool:
        return self._loop is not None and self._pid == os.getpid()

    def submit(self, work: Coroutine[object, object, T]) -> "Future[T]":
        """Run ``work`` on the loop; the future gives its result to any other thread."""
        return asyncio.run_coroutine_threadsafe(work, self._started())

    def stop(self, timeout_s: float = STOP_TIMEOUT_S) -> None:
        """Cancel what still runs and end the thread; it can start again."""
        with self._lock:
            loop, thread = self._loop, self._thread
            self._loop = self._thread = None
        if loop is None or thread is None or self._pid != os.getpid():
            return
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout_s)

    def _started(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            # A fork copies the object, but not the thread.
            if self._loop is None or self._pid != os.getpid():
                self._loop = asyncio.new_event_loop()
                self._pid = os.getpid()
                self._thread = threading.Thread(
                    target=_run, args=(self._loop,), name="sockets", daemon=True
                )
                self._thread.start()
            return self._loop


class Embedded:
    """A server of our own on the loop, started when first needed and anew when it is gone."""

    def __init__(self, serve: Serve) -> None:
        self._serve = serve
        self._stack = AsyncExitStack()
        self._url = ""
        self._lock: asyncio.Lock | None = None

    @property
    def port(self) -> int | None:
        """Where the server listens, None while it does not run."""
        return urlsplit(self._url).port if self._url else None

    async def url(self) -> str:
        """Return the address of the running server."""
        self._lock = self._lock or asyncio.Lock()
        async with self._lock:
            if self._url and not await _listens(self._url):
                await self.close()
            if not self._url:
                served = await self._stack.enter_async_context(self._serve())
                self._url = served.url
            return self._url

    async def close(self) -> None:
        """Stop the server; the next ``url`` starts another."""
        self._url = ""
        stack, self._stack = self._stack, AsyncExitStack()
        with contextlib.suppress(OSError):
            await stack.aclose()


class Connection:
    """One WebSocket from opening to closing."""

    def __init__(self, find_target: FindTarget, patience: Patience) -> None:
        """Keep what finds the address when it is time to connect."""
        self._find_target = find_target
        self._patience = patience
        self._socket: BatchingConnection | None = None
        self._task: asyncio.Task[None] | None = None
        self._closing_since_s: float | None = None
        self._secrets: tuple[str, ...] = ()

    async def run(self, listener: Listener) -> None:
        """Connect, hand on every frame, and say how it ended."""
        self._task = asyncio.current_task()
        try:
            async with asyncio.timeout(self._patience.open_s):
                target = await self._find_target()
                self._secrets = target.secrets
                websocket = self._socket = await _open(target, self._patience)
        except asyncio.CancelledError:
            listener.failed("You closed the session while it was connecting.")
            return
        except Exception as error:
            words = _why_not_connected(error, self._patience)
            listener.failed(redaction.without(words, self._secrets))
            return
        watchdog = asyncio.create_task(self._watch(websocket))
        try:
            await self._receive(websocket, listener)
        except ConnectionClosed as error:
            code, reason, words = _how_closed(error)
            listener.closed(code, self._shown(reason), words)
        except Exception:
            log.exception("a session broke")
            listener.closed(1006, "", "Something broke here; it is our fault.")
            websocket.transport.abort()
        finally:
            watchdog.cancel()

    async def send(self, text: str, listener: Listener) -> None:
        """Send one text frame; a server that does not read is given up."""
        websocket = self._socket
        if websocket is None:
            return
        listener.sending(text)
        try:
            async with asyncio.timeout(self._patience.read_s):
                await websocket.send(text)
        except TimeoutError:
            websocket.transport.abort()
        except ConnectionClosed:
            pass  # the receiving side says how it ended

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close soon, with or without the server's consent."""
        websocket = self._socket
        if websocket is None:
            if self._task is not None:
                self._task.cancel()
            return
        try:
            async with asyncio.timeout(self._patience.close_s):
                await websocket.close(code, reason)
        except TimeoutError:
            websocket.transport.abort()

    async def _receive(self, websocket: BatchingConnection, listener: Listener) -> None:
        while True:
            for message in await websocket.batch():
                # A server that says the key does not get it shown, kept or exported.
                payload = _without(message, self._secrets) if self._secrets else message
                event = None
                if len(payload) > LARGE_CHARS:
                    # Other sessions go on while this one is read.
                    event = await asyncio.to_thread(read_received, payload)
                listener.received(payload, event)
            await listener.caught_up()

    def _shown(self, text: str) -> str:
        return redaction.redacted(redaction.without(text, self._secrets))[:MAX_REASON_CHARS]

    async def _watch(self, websocket: BatchingConnection) -> None:
        """Cut a socket that is neither open nor closed: a peer may keep it so for long."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(self._patience.watch_s)
            if websocket.state is not SocketState.CLOSING:
                continue
            self._closing_since_s = self._closing_since_s or loop.time()
            if loop.time() - self._closing_since_s >= self._patience.closing_s:
                websocket.transport.abort()


async def _open(target: Target, patience: Patience) -> BatchingConnection:
    """Connect with a socket of our own, so that no redirect and no proxy comes between."""
    host = urlsplit(target.url).hostname or ""
    # Without addresses that were checked it is a server of our own, whose address is numeric.
    sock = await dial(target.hosts or (host,), origin_of(target.url).port)
    secure: dict[str, Any] = {}
    if target.url.startswith("wss:"):
        secure = {"ssl": tls(), "server_hostname": host}
    made: list[Handshake] = []

    def make(*parts: Any, **options: Any) -> Handshake:
        made.append(Handshake(*parts, **options))
        return made[-1]

    try:
        websocket = await connect(
            target.url,
            create_connection=cast("type[Handshake]", make),
            sock=sock,
            proxy=None,
            compression=None,
            additional_headers=target.headers,
            subprotocols=[Subprotocol(name) for name in target.protocols] or None,
            user_agent_header=USER_AGENT,
            open_timeout=patience.open_s,
            ping_interval=patience.ping_s,
            ping_timeout=patience.ping_s,
            close_timeout=patience.closing_s,
            max_size=MAX_FRAME_BYTES,
            **secure,
        )
        return cast("BatchingConnection", websocket)
    except Exception as error:
        sock.close()
        refused = made[-1].refusal() if made else None
        if refused is None:
            raise
        if isinstance(error, InvalidStatus):
            refused.body = bytes(error.response.body or b"")
        # Before any of it is cut off, so that no half of a key is left.
        refused.said = redaction.without(refused.body.decode("utf-8", "replace"), target.secrets)
        raise refused from None
    except BaseException:
        sock.close()
        raise


async def _listens(url: str) -> bool:
    parts = urlsplit(url)
    try:
        async with asyncio.timeout(LISTEN_TIMEOUT_S):
            _, writer = await asyncio.open_connection(parts.hostname, parts.port)
    except (OSError, TimeoutError):
        return False
    writer.transport.abort()
    return True


def _without(payload: str | bytes, secrets: tuple[str, ...]) -> str | bytes:
    if isinstance(payload, str):
        return redaction.without(payload, secrets)
    return redaction.without(payload.decode("latin-1"), secrets).encode("latin-1")


def _why_not_connected(error: Exception, patience: Patience) -> str:
    """Say why there is no connection, in words of ours: the exception may quote a secret."""
    match error:
        case TimeoutError():
            return f"The server did not answer within {patience.open_s:.0f} s."
        case HandshakeRefused():
            return _why_refused(error)
        case BadAddress() | NoKey():
            return str(error)
        case ssl.SSLCertVerificationError():
            return _why_not_trusted(error)
        case ssl.SSLError():
            return (
                "No encrypted connection came about: the server does not speak TLS at this port,"
                " or only a version that is out of use."
            )
        case InvalidHandshake() | InvalidURI() | ValueError() | EOFError():
            return "The server answered, but not as a Realtime server does."
        case ConnectionRefusedError():
            return "Nothing listens at the address of the server."
        case ConnectionError():
            return "The server broke off while the connection was being made."
        case OSError():
            return "The server could not be reached."
        case _:
            log.error("connecting broke", exc_info=error)
            return "Connecting failed for a reason of our own."


def _why_refused(error: HandshakeRefused) -> str:
    """Return the status in words, when to come again, and what else the server said of it."""
    status = error.status
    if 300 <= status < 400:
        return f"Redirect refused (HTTP status {status}): {' '.join(REDIRECTED)}"
    after = f"Try again after {error.wait_s} s." if error.wait_s else ""
    meaning, advice = explain_refusal(status)
    said = _in_short(error.said)
    return " ".join(
        filter(
            None,
            (
                f"The server refused the connection with HTTP status {status}: {meaning}",
                after or advice,
                f"The server said: “{said}”" if said else "",
            ),
        )
    )


def _in_short(said: str) -> str:
    """Return the beginning of what stands in the answer's body, without its markup and any key."""
    text = _MARKUP.sub(" ", redaction.redacted(said[:MAX_BODY_CHARS]))
    return " ".join(_printable(text, len(text)).split())[:MAX_REASON_CHARS]


def _why_not_trusted(error: ssl.SSLCertVerificationError) -> str:
    """Return why a certificate was not taken, from the number of the fault."""
    why = _CERTIFICATES.get(error.verify_code, "it could not be verified")
    return f"The server's certificate was not accepted: {why}."


def _how_closed(error: ConnectionClosed) -> tuple[int, str, str]:
    """Return code, reason and, where it was not the server's doing, our words for it."""
    if error.rcvd is not None and (error.rcvd_then_sent or error.sent is None):
        return error.rcvd.code, _printable(error.rcvd.reason), ""
    if error.sent is None:
        return 1006, "", "The connection broke off without a goodbye."
    if error.sent.code == 1011 and "keepalive" in error.sent.reason:
        return 1006, "", "The server stopped answering, so the connection was given up."
    if error.sent.code in (1000, 1001):
        return error.sent.code, _printable(error.sent.reason), "Closed from here."
    words = "The server broke a rule of WebSocket, so the connection was ended."
    return error.sent.code, _printable(error.sent.reason), words


def _printable(text: str, most: int = MAX_REASON_CHARS) -> str:
    return "".join(char if char.isprintable() else " " for char in text[:most])


def _run(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
        pending = asyncio.all_tasks(loop)
        for task in pending:
            task.cancel()
        with contextlib.suppress(TimeoutError):
            finish = asyncio.gather(*pending, return_exceptions=True)
            loop.run_until_complete(asyncio.wait_for(finish, STOP_TIMEOUT_S))
        loop.run_until_complete(loop.shutdown_asyncgens())
        # A transport that was cut closes its socket in the next turns of the loop.
        loop.run_until_complete(asyncio.sleep(DRAIN_S))
    finally:
        loop.close()
