"""A server of any temper on a thread of its own, for clients that run in other processes."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from webapp.sessions.connection import Serve

START_TIMEOUT_S = 10


@contextmanager
def in_thread(serve: Serve) -> Iterator[str]:
    """Serve for as long as the context lasts, and give the address."""
    ready, loop, ended, urls = threading.Event(), asyncio.new_event_loop(), asyncio.Event(), []

    async def run() -> None:
        async with serve() as served:
            urls.append(served.url)
            ready.set()
            await ended.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(run(),))
    thread.start()
    assert ready.wait(START_TIMEOUT_S)
    try:
        yield urls[0]
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()
        loop.close()
