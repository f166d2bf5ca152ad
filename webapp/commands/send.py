"""One event sent from the shell: a session of its own, and what came back in words or as JSON."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

from webapp.endpoints import Endpoint, Origin, Target, is_loopback, target_with
from webapp.endpoints.policy import Policy
from webapp.errors import LocalError
from webapp.events.server import (
    Delta,
    ErrorEvent,
    ItemEvent,
    Part,
    ResponseDone,
    ResponseObject,
    ServerEvent,
    SessionEvent,
    UnreadableServerEvent,
    Usage,
)
from webapp.exact_json.reader import JsonValue, Unreadable, read_json
from webapp.exact_json.writer import write
from webapp.outbound.guard import Guard
from webapp.sandbox.server import serve_sandbox
from webapp.sessions.connection import Connection, Patience
from webapp.sessions.protocol import Protocol, Received, State, read_received
from webapp.sessions.words import ENDINGS, explain_close, explain_error

QUIET_S = 60.0
"""How long a server may say nothing, in seconds."""

NEVER_ANSWERED = frozenset({"input_audio_buffer.append"})
REFUSAL_S = 1.0
"""Events that have no answer, and how long a server may take to refuse one, in seconds."""

Out = Callable[[str], None]
NONE: frozenset[Origin] = frozenset()


def target_at(
    endpoint: Endpoint, environment: Mapping[str, str], listed: frozenset[Origin] = NONE
) -> Target:
    """Return how to open a session at an endpoint, its key taken from the environment.

    Raises:
        LocalError: if the key is missing, or would travel in the clear.
    """
    clear = endpoint.url.startswith("ws:") and endpoint.origin not in listed
    if clear and not is_loopback(endpoint.url):
        raise LocalError(
            "Without encryption only this machine is connected to.", remedy="Use wss://."
        )
    if "YOUR-" in endpoint.url:
        remedy = "Set AZURE_OPENAI_ENDPOINT to https://NAME.openai.azure.com, or give the address."
        raise LocalError("The address of your Azure resource is not known.", remedy=remedy)
    key = endpoint.key
    value = environment.get(key.variable, "").strip() if key else ""
    if key is None or not (value or key.required):
        return Target(endpoint.url, endpoint.headers)
    if not value:
        raise LocalError("The key is missing.", remedy=f"Set {key.variable} in the environment.")
    if not (value.isascii() and value.isprintable()):
        raise LocalError("The key holds characters that no key has.", remedy=f"Set {key.variable}.")
    return target_with(endpoint, value)


def send(
    text: str,
    endpoint: Endpoint,
    environment: Mapping[str, str],
    *,
    out: Out,
    as_json: bool = False,
    quiet_s: float = QUIET_S,
    listed: frozenset[Origin] = NONE,
) -> int:
    """Send ``text`` as it is and print what comes back; 0 says that it was answered, else 1.

    The embedded sandbox runs for as long as that takes; ``listed`` may be reached in the clear.

    Raises:
        LocalError: if the endpoint cannot be used.
    """
    show = Lines(out) if as_json else Words(out)
    return asyncio.run(_send(text, endpoint, environment, show, quiet_s, listed))


async def _send(
    text: str,
    endpoint: Endpoint,
    environment: Mapping[str, str],
    show: "Show",
    quiet_s: float,
    listed: frozenset[Origin],
) -> int:
    async with connection_to(endpoint, environment, listed) as connection:
        return await Exchange(text, connection, show).run(quiet_s)


@asynccontextmanager
async def connection_to(
    endpoint: Endpoint, environment: Mapping[str, str], listed: frozenset[Origin] = NONE
) -> AsyncIterator[Connection]:
    """Give a connection to an endpoint, ready to be run; the sandbox runs as long if it is that.

    Raises:
        LocalError: if the endpoint cannot be used.
    """
    async with AsyncExitStack() as stack:
        target = target_at(endpoint, environment, listed)
        if endpoint.embedded:
            sandbox = await stack.enter_async_context(serve_sandbox())
            target = Target(f"{sandbox.url}?{target.url.partition('?')[2]}", target.headers)

        async def find() -> Target:
            if endpoint.embedded:
                return target
            admitted = Policy(trusted=True, listed=listed).admit(endpoint.url)
            return replace(target, hosts=await Guard().hosts(admitted))

        yield Connection(find, Patience())


class Show:
    """Where the server's answer appears."""

    def __init__(self, out: Out) -> None:
        self.out = out

    def sent(self, text: str, type_: str) -> None:
        """Show an event of ours."""

    def event(self, payload: str | bytes, received: Received) -> None:
        """Show a server event."""

    def ended(self, words: str) -> None:
        """Show why the session ended before its time."""


class Lines(Show):
    """One line of JSON for each server event, as it came."""

    def event(self, payload: str | bytes, received: Received) -> None:
        self.out(f"{_on_one_line(payload)}\n")

    def ended(self, words: str) -> None:
        self.out(f"{write({'type': 'ended', 'message': words}, indent=None)}\n")


class Words(Show):
    """Streamed text, function calls, outcome and usage, safe on a terminal."""

    def __init__(self, out: Out) -> None:
        super().__init__(out)
        self._streaming = ""
        self._said_text = False

    def sent(self, text: str, type_: str) -> None:
        self._line(f"Sent {type_ or 'a text that is no event'}.")

    def event(self, payload: str | bytes, received: Received) -> None:
        match received.event:
            case SessionEvent(type="session.created", model=model):
                self._line(f"Session open{f' with {model}' if model else ''}.")
            case Delta(part=Part.TEXT | Part.SPEECH as part, place=place, delta=delta):
                self._stream(f"{part}{place}", delta)
            case ItemEvent(item=item, done=True) if item.type == "function_call":
                self._line(f"Calls {item.name}({item.arguments or ''})")
            case ErrorEvent() as error:
                self._refusal(error)
            case ResponseDone(response=response):
                self._done(response)
            case UnreadableServerEvent(why=why):
                self._line(f"Something unreadable came: {why}")
            case ServerEvent(type=type_) if received.answers and type_ != "response.created":
                self._line(f"Answered with {type_}.")

    def ended(self, words: str) -> None:
        self._line(words)

    def _stream(self, of: str, delta: str) -> None:
        if self._streaming and self._streaming != of:
            self.out("\n")
        self._streaming, self._said_text = of, True
        self.out(_safe(delta))

    def _line(self, words: str) -> None:
        if self._streaming:
            self.out("\n")
        self._streaming = ""
        self.out(f"{_safe(words)}\n")

    def _refusal(self, error: ErrorEvent) -> None:
        details = ", ".join(filter(None, (error.code, error.param)))
        self._line(f"Refused: {error.message}{f' ({details})' if details else ''}")
        if advice := explain_error(error.code or error.error_type, error.message).advice:
            self._line(advice)

    def _done(self, response: ResponseObject) -> None:
        if not self._said_text:
            # Some servers give no deltas, but the whole at the end.
            for content in (each for item in response.items for each in item.contents):
                if said := content.text or content.transcript:
                    self._line(said)
        why = ENDINGS.get(response.reason, response.reason)
        self._line(f"Response {response.status}{f': {why}' if why else ''}.")
        if response.error_code or response.error_message:
            advice = explain_error(response.error_code, response.error_message).advice
            self._line(" ".join(filter(None, (response.error_message, advice))))
        if response.usage:
            self._line(f"Tokens: {_counts(response.usage)}.")


class Exchange:
    """One connection that waits to be open, sends one text, and listens for what answers it."""

    def __init__(self, text: str, connection: Connection, show: Show) -> None:
        self._text = text
        self._connection = connection
        self._show = show
        self._protocol = Protocol()
        self._sent_type = ""
        self._answered: bool | None = None
        self._heard = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, quiet_s: float) -> int:
        """Return 0 when the event was answered, 1 when it was refused or the session broke."""
        running = self._start(self._connection.run(self))
        try:
            while self._answered is None:
                async with asyncio.timeout(REFUSAL_S if self._is_never_answered else quiet_s):
                    await self._heard.wait()
                self._heard.clear()
        except TimeoutError:
            self._answered = self._is_never_answered
            if self._answered:
                self._show.ended(f"Not refused; {self._sent_type} has no answer.")
            else:
                self._show.ended(f"The server said nothing for {quiet_s:.0f} s.")
        await self._connection.close()
        await running
        return 0 if self._answered else 1

    def sending(self, text: str) -> None:
        self._sent_type = self._protocol.send(text, 1).type
        self._heard.set()

    def received(self, payload: str | bytes, event: ServerEvent | None) -> None:
        if self._answered is not None:
            return
        before = self._protocol.state
        received = self._protocol.receive(event or read_received(payload))
        self._show.event(payload, received)
        if before is State.CONNECTING and self._protocol.state is State.OPEN:
            self._start(self._connection.send(self._text, self))
        self._judge(received)
        self._heard.set()

    async def caught_up(self) -> None:
        pass

    def failed(self, words: str) -> None:
        self._end(words)

    def closed(self, code: int, reason: str, words: str) -> None:
        self._end(f"The session ended with code {code}: {explain_close(code, reason, words)}")

    def _judge(self, received: Received) -> None:
        """Decide whether what came settles the matter: the event's answer, or its refusal."""
        match received.event:
            case ResponseDone(response=response):
                self._answered = response.status == "completed"
            case ErrorEvent() if received.answers or not self._waiting:
                self._answered = False
            case _ if received.answers and self._sent_type != "response.create":
                self._answered = True

    @property
    def _is_never_answered(self) -> bool:
        return self._sent_type in NEVER_ANSWERED and not self._waiting

    @property
    def _waiting(self) -> bool:
        """Whether an answer is still to come, so that an error may be about something else."""
        return self._protocol.responding or bool(self._protocol.waiting)

    def _end(self, words: str) -> None:
        if self._answered is None:
            self._answered = False
            self._show.ended(words)
        self._heard.set()

    def _start(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _counts(usage: Usage) -> str:
    counts = {"in": usage.input, "out": usage.output, "in all": usage.total}
    return ", ".join(f"{count:,} {name}" for name, count in counts.items() if count is not None)


def _on_one_line(payload: str | bytes) -> str:
    """Return what came as one line of JSON that does nothing to a terminal but show."""
    value: JsonValue
    try:
        value = read_json(payload)
    except Unreadable:
        unread = payload if isinstance(payload, str) else payload.hex()
        value = {"type": "", "unreadable": unread}
    else:
        if isinstance(payload, str) and payload.isprintable():
            return payload
    text = write(value, indent=None)
    return "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in text)


_HARMLESS = "\n\t\u200c\u200d"


def _safe(text: str) -> str:
    """Return text that does nothing to a terminal but show."""
    return "".join(char if char.isprintable() or char in _HARMLESS else "�" for char in text)
