"""Who holds which session, who watches how many, and what was meant only once."""

import asyncio
import atexit
import contextlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from webapp.endpoints import Preset, Target, target_of
from webapp.errors import LocalError
from webapp.outbound.departures import Departure, FindTarget
from webapp.sessions.connection import Embedded, Patience, Serve, SocketThread
from webapp.sessions.live import Clock, Ends, LiveSession
from webapp.sessions.protocol import State

CHECK_EVERY_S = 1.0
CLOSE_ALL_S = 2.5
INTENT_S = 10 * 60.0
MAX_INTENTS = 10_000
MAX_WAITING = 8  # for a slot, each with a thread of those that are kept for everything else


@dataclass(frozen=True, slots=True)
class HubLimits:
    """How many sessions there may be, and how long a closed one is kept unseen."""

    live_per_visitor: int = 4
    kept_per_visitor: int = 8
    sessions: int = 100
    kept_s: float = 30 * 60


@dataclass(slots=True)
class Intent:
    """One press of a button, however often it arrives; ``session_id`` is what came of it."""

    at_s: float
    session_id: str = ""
    _done: threading.Event = field(default_factory=threading.Event)

    def done(self, session_id: str) -> None:
        """Say what came of it; those who wait for it go on."""
        self.session_id = session_id
        self._done.set()

    def wait(self, timeout_s: float) -> None:
        """Wait until the first arrival has been carried out."""
        self._done.wait(timeout_s)


class Hub(Protocol):
    """Where sessions are opened and found; a visitor finds only his own."""

    def open(
        self,
        visitor: str,
        preset: Preset,
        dialect: str,
        *texts: str,
        departure: Departure | None = None,
    ) -> LiveSession: ...
    def find(self, visitor: str, session_id: str) -> LiveSession | None: ...
    def latest(self, visitor: str) -> LiveSession | None: ...
    def live(self, visitor: str) -> list[LiveSession]: ...
    def claim(self, visitor: str, token: str) -> tuple[Intent, bool]: ...
    def forget(self, visitor: str) -> None: ...
    def sandbox_port(self) -> int | None: ...
    def close(self) -> None: ...


class MemoryHub:
    """The sessions of this one process."""

    def __init__(
        self,
        serve_sandbox: Serve,
        *,
        limits: HubLimits | None = None,
        ends: Ends | None = None,
        patience: Patience | None = None,
        clock: Clock = time.monotonic,
    ) -> None:
        """Keep what serves the embedded endpoint; nothing runs until a session is opened."""
        self.sockets = SocketThread()
        self._embedded = Embedded(serve_sandbox)
        self._limits = limits or HubLimits()
        self._ends = ends or Ends()
        self._patience = patience or Patience()
        self._clock = clock
        self._lock = threading.Lock()
        self._sessions: dict[str, LiveSession] = {}
        self._intents: OrderedDict[tuple[str, str], Intent] = OrderedDict()
        self._checking: Future[None] | None = None

    def open(
        self,
        visitor: str,
        preset: Preset,
        dialect: str,
        *texts: str,
        departure: Departure | None = None,
    ) -> LiveSession:
        """Open a session and return it while it is still connecting; then it sends ``texts``.

        A ``departure`` leads to an endpoint that is not served here.

        Raises:
            LocalError: 429 if this visitor has too many, 503 if all together have.
        """
        with self._lock:
            self._make_room(visitor)
            session = LiveSession(
                visitor,
                preset,
                dialect,
                self.sockets,
                departure.find_target if departure else self._target_finder(preset, dialect),
                ends=self._ends,
                patience=self._patience,
                clock=self._clock,
            )
            session.address = departure.endpoint.url if departure else ""
            self._sessions[session.id] = session
            if self._checking is None:
                self._checking = self.sockets.submit(self._check())
                atexit.register(self.close)
        session.connect(*texts)
        return session

    def find(self, visitor: str, session_id: str) -> LiveSession | None:
        """Return the visitor's session of this id; another's is as good as none."""
        session = self._sessions.get(session_id)
        return session if session and session.visitor == visitor else None

    def latest(self, visitor: str) -> LiveSession | None:
        """Return the visitor's newest session, open or not."""
        with self._lock:
            return next(reversed(self._of(visitor)), None)

    def live(self, visitor: str) -> list[LiveSession]:
        """Return the visitor's sessions that are not closed, oldest first."""
        with self._lock:
            return [each for each in self._of(visitor) if each.state is not State.CLOSED]

    def forget(self, visitor: str) -> None:
        """Close all sessions of a visitor, and keep nothing of them."""
        with self._lock:
            own = self._of(visitor)
            self._forget(own)
            for key in [key for key in self._intents if key[0] == visitor]:
                del self._intents[key]
        for session in own:
            session.close("Closed: this browser is forgotten.")

    def sandbox_port(self) -> int | None:
        """Return where the embedded server listens, if it does."""
        return self._embedded.port

    def claim(self, visitor: str, token: str) -> tuple[Intent, bool]:
        """Return the intent of a token, and whether this is its first arrival."""
        now = self._clock()
        with self._lock:
            while self._intents:
                oldest = next(iter(self._intents.values()))
                if now - oldest.at_s < INTENT_S and len(self._intents) < MAX_INTENTS:
                    break
                self._intents.popitem(last=False)
            known = self._intents.get((visitor, token))
            if known is not None:
                return known, False
            intent = self._intents[visitor, token] = Intent(now)
            return intent, True

    def close(self) -> None:
        """Close all sessions and the embedded server, within 3 s; more may be opened later."""
        atexit.unregister(self.close)
        with self._lock:
            sessions, self._sessions = list(self._sessions.values()), {}
            checking, self._checking = self._checking, None
        if checking is None or not self.sockets.running:
            return
        checking.cancel()
        with contextlib.suppress(TimeoutError):
            self.sockets.submit(self._close_all(sessions)).result(CLOSE_ALL_S)
        self.sockets.stop(0.5)

    def _of(self, visitor: str) -> list[LiveSession]:
        return [each for each in self._sessions.values() if each.visitor == visitor]

    def _make_room(self, visitor: str) -> None:
        own = self._of(visitor)
        if sum(each.state is not State.CLOSED for each in own) >= self._limits.live_per_visitor:
            raise LocalError(
                f"{self._limits.live_per_visitor} sessions are open in this browser,"
                " which is the limit.",
                remedy="Close one of them, then open another.",
                status=429,
            )
        over = len(own) - self._limits.kept_per_visitor + 1
        self._forget([each for each in own if each.state is State.CLOSED][: max(over, 0)])
        if len(self._sessions) >= self._limits.sessions:
            closed = [each for each in self._sessions.values() if each.state is State.CLOSED]
            self._forget(closed[:1])
        if len(self._sessions) >= self._limits.sessions:
            raise LocalError(
                "No more sessions can be open here at once.",
                remedy="Wait until one is closed, then try again.",
                status=503,
                retry_after_s=30,
            )

    def _forget(self, sessions: list[LiveSession]) -> None:
        for session in sessions:
            self._sessions.pop(session.id, None)

    def _target_finder(self, preset: Preset, dialect: str) -> FindTarget:
        async def find_target() -> Target:
            if not preset.embedded:
                raise LookupError(preset.slug)
            return target_of(preset, await self._embedded.url(), dialect)

        return find_target

    async def _check(self) -> None:
        """Once a second: close what is overdue, forget what has been closed for long."""
        while True:
            await asyncio.sleep(CHECK_EVERY_S)
            for session in list(self._sessions.values()):
                await session.check()
                if session.closed_for_s > self._limits.kept_s:
                    with self._lock:
                        self._forget([session])

    async def _close_all(self, sessions: list[LiveSession]) -> None:
        words = "Closed: Cuecard is stopping."
        closing = (session.aclose(words) for session in sessions)
        await asyncio.gather(*closing, return_exceptions=True)
        await self._embedded.close()


class StreamSlots:
    """How many streams may be open, as each holds a thread; ``leaving`` tells them to end."""

    def __init__(self, total: int, per_visitor: int = 4) -> None:
        """Keep both limits; the process may say that it is leaving through ``leaving``."""
        self.leaving: Callable[[], bool] = lambda: False
        self._total = total
        self._per_visitor = per_visitor
        self._freed = threading.Condition()
        self._taken: dict[str, int] = {}
        self._all = 0
        self._waiting: dict[str, object] = {}  # who came last, by the visitor

    @contextmanager
    def take(self, visitor: str, wait_s: float = 0.0) -> Iterator[None]:
        """Hold a slot; where none is free yet it waits a little, so quick are reloads.

        Of each visitor only who came last waits: browsers keep six connections to a host, and what
        streams and waits must leave one of them to everything else.

        Raises:
            LocalError: 503 if none is free.
        """
        with self._freed:
            if not self._is_free(visitor):
                self._wait(visitor, wait_s)
            if not self._is_free(visitor):
                raise LocalError(
                    "Too many live views are open.",
                    remedy="Close another tab that shows a session; nothing is lost meanwhile.",
                    status=503,
                    retry_after_s=2,
                )
            self._taken[visitor] = self._own(visitor) + 1
            self._all += 1
        try:
            yield
        finally:
            with self._freed:
                self._all -= 1
                self._taken[visitor] -= 1
                if not self._taken[visitor]:
                    del self._taken[visitor]
                self._freed.notify_all()

    def _wait(self, visitor: str, wait_s: float) -> None:
        if visitor not in self._waiting and len(self._waiting) >= MAX_WAITING:
            return
        own = self._waiting[visitor] = object()
        self._freed.notify_all()  # who waited before gives up
        self._freed.wait_for(
            lambda: self._waiting.get(visitor) is not own or self._is_free(visitor), wait_s
        )
        if self._waiting.get(visitor) is own:
            del self._waiting[visitor]

    def _is_free(self, visitor: str) -> bool:
        return self._own(visitor) < self._per_visitor and self._all < self._total

    def _own(self, visitor: str) -> int:
        return self._taken.get(visitor, 0)
