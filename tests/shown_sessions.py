"""Sessions behind pages: the sandbox an application talks to, and the session that a page shows."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from flask import Flask

from tests.page import Page
from webapp.sandbox.server import serve_sandbox
from webapp.sessions.hub import Hub, MemoryHub, StreamSlots
from webapp.sessions.live import LiveSession
from webapp.views import current


@contextmanager
def sandbox_at(app: Flask, speed: float = 0, slots: int = 2) -> Iterator[Hub]:
    """Give ``app`` a sandbox of this speed (0: no pauses) for as long as the context lasts."""
    hub = MemoryHub(lambda: serve_sandbox(seed=5, speed=speed))
    app.extensions |= current.keep(replace(current.parts(app), hub=hub, streams=StreamSlots(slots)))
    yield hub
    hub.close()


def session_of(page: Page, hub: Hub) -> LiveSession:
    """Return the session that a page shows."""
    shown = page.one("input[name=session]").get("value", "")
    return next(each for each in _sessions(hub) if each.id == shown)


def newest(app: Flask) -> LiveSession:
    """Return the session that was opened last."""
    return _sessions(current.parts(app).hub)[-1]


def _sessions(hub: Hub) -> list[LiveSession]:
    assert isinstance(hub, MemoryHub)
    return list(hub._sessions.values())
