"""Looks a name up once, off the loop and within bounds, and lets it through only as a whole."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from urllib.parse import urlsplit

from webapp.endpoints.policy import Admitted, Refused, check_reaches, numeric

RESOLVE_S = 5.0
MAX_LOOKUPS = 8

Resolve = Callable[[str, int], Iterable[str]]


def system_resolve(name: str, port: int) -> list[str]:
    """Return the addresses that this machine knows for a name."""
    found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    return [str(place[0]) for *_, place in found]


class Guard:
    """Finds the addresses that may be dialled for an admitted address; nothing is asked twice."""

    def __init__(self, resolve: Resolve = system_resolve, *, resolve_s: float = RESOLVE_S) -> None:
        """Keep how names are looked up, and for how long in seconds."""
        self._resolve = resolve
        self._resolve_s = resolve_s
        # A look-up cannot be called off, so there are only so many threads that may hang in one.
        self._room = threading.Semaphore(MAX_LOOKUPS)

    async def hosts(self, admitted: Admitted) -> tuple[str, ...]:
        """Return the addresses to dial, in the order they were given.

        Raises:
            Refused: if the name cannot be looked up, or leads where it must not.
        """
        found = numeric(admitted.url)
        if not found:
            found = tuple(await self._look_up(admitted))
        return check_reaches(admitted, found)

    async def _look_up(self, admitted: Admitted) -> Iterable[str]:
        host = urlsplit(admitted.url).hostname or ""
        # The dot keeps the resolver from trying the name inside our own domain.
        name = host if admitted.listed else f"{host}."
        if not self._room.acquire(blocking=False):
            raise Refused("Too many names are being looked up: try again in a few seconds.")
        found: Future[Iterable[str]] = Future()
        work = (found, name, admitted.origin.port)
        threading.Thread(target=self._run, args=work, name="lookup", daemon=True).start()
        try:
            return await asyncio.wait_for(asyncio.wrap_future(found), self._resolve_s)
        except TimeoutError as fault:
            words = f"The name of the server was not found within {self._resolve_s:.0f} s."
            raise Refused(words) from fault
        except (OSError, UnicodeError) as fault:
            raise Refused("The name of the server is not known: check its spelling.") from fault

    def _run(self, found: "Future[Iterable[str]]", name: str, port: int) -> None:
        try:
            addresses = list(self._resolve(name, port))
        except Exception as fault:
            with suppress(InvalidStateError):  # nobody waits any more
                found.set_exception(fault)
        else:
            with suppress(InvalidStateError):
                found.set_result(addresses)
        finally:
            self._room.release()
