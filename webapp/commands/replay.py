"""``cuecard replay``: the events of a log sent again in a session of their own."""

import asyncio
import time
from collections.abc import Mapping, Sequence

from webapp.commands.send import NONE, QUIET_S, Lines, Out, Show, Words, connection_to
from webapp.endpoints import Endpoint
from webapp.endpoints.address import Origin
from webapp.events.server import ErrorEvent, ResponseDone, ServerEvent
from webapp.sessions.connection import Connection
from webapp.sessions.protocol import Protocol, Standing, State, read_received
from webapp.sessions.replay import LOOK_S, SETTLED_S, ReplayClock, Step
from webapp.sessions.words import explain_close


def replay(
    steps: Sequence[Step],
    endpoint: Endpoint,
    environment: Mapping[str, str],
    *,
    out: Out,
    paced: bool = False,
    as_json: bool = False,
    quiet_s: float = QUIET_S,
    listed: frozenset[Origin] = NONE,
) -> int:
    """Send the steps of a log and print what comes back; 0 says that nothing was refused, else 1.

    ``listed`` may be reached in the clear.

    Raises:
        LocalError: if the endpoint cannot be used.
    """
    show = Lines(out) if as_json else Words(out)

    async def run() -> int:
        async with connection_to(endpoint, environment, listed) as connection:
            return await Repetition(steps, connection, show, paced=paced).run(quiet_s)

    return asyncio.run(run())


class Repetition:
    """One connection on which the steps go out, each at its time, until the last is answered."""

    def __init__(
        self, steps: Sequence[Step], connection: Connection, show: Show, *, paced: bool
    ) -> None:
        self._steps = steps
        self._connection = connection
        self._show = show
        self._paced = paced
        self._protocol = Protocol()
        self._sent = 0
        self._failed = self._over = False
        self._moved_s = time.monotonic()

    async def run(self, quiet_s: float) -> int:
        """Return 0 when all was sent and nothing refused, 1 otherwise."""
        running = asyncio.create_task(self._connection.run(self))
        clock: ReplayClock | None = None
        while not self._over:
            now_s, standing = time.monotonic(), self._protocol.standing
            if self._protocol.state is State.OPEN:
                clock = clock or ReplayClock(self._steps, now_s, paced=self._paced)
                if self._sent < len(self._steps):
                    step = self._steps[self._sent]
                    if clock.is_due(step, standing, now_s):
                        await self._connection.send(step.text, self)
                        continue
                elif self._is_done(standing, now_s):
                    break
            if now_s - self._moved_s > self._longest(quiet_s):
                self._end(f"The server said nothing for {quiet_s:.0f} s.")
            await asyncio.sleep(LOOK_S)
        await self._connection.close()
        await running
        return 1 if self._failed else 0

    def _is_done(self, standing: Standing, now_s: float) -> bool:
        return not standing.busy and now_s - self._moved_s >= SETTLED_S

    def _longest(self, quiet_s: float) -> float:
        """A log that is replayed with its pauses may pause for longer."""
        if not self._paced or self._sent == len(self._steps):
            return quiet_s
        return quiet_s + (self._steps[self._sent].offset_ms - self._steps[0].offset_ms) / 1000

    def sending(self, text: str) -> None:
        self._sent += 1
        self._moved_s = time.monotonic()
        self._show.sent(text, self._protocol.send(text, self._sent).type)

    def received(self, payload: str | bytes, event: ServerEvent | None) -> None:
        self._moved_s = time.monotonic()
        received = self._protocol.receive(event or read_received(payload))
        self._show.event(payload, received)
        match received.event:
            case ErrorEvent():
                self._failed = True
            case ResponseDone(response=response) if response.status not in ENDS_WELL:
                self._failed = True

    async def caught_up(self) -> None:
        pass

    def failed(self, words: str) -> None:
        self._end(words)

    def closed(self, code: int, reason: str, words: str) -> None:
        if not self._over and self._sent == len(self._steps) and not self._protocol.standing.busy:
            self._over = True  # nothing more was to come
            return
        self._end(f"The session ended with code {code}: {explain_close(code, reason, words)}")

    def _end(self, words: str) -> None:
        if not self._over:
            self._over = self._failed = True
            self._show.ended(words)


ENDS_WELL = frozenset({"completed", "cancelled"})
