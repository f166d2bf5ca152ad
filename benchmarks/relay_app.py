"""The app as it is served, with the server at BENCH_SOURCE in the place of its sandbox."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from flask import Flask

import webapp
from webapp.sessions.hub import MemoryHub
from webapp.views import current


@dataclass(frozen=True, slots=True)
class Source:
    """Where the numbered events come from."""

    url: str


@asynccontextmanager
async def source() -> AsyncIterator[Source]:
    """Serve what another process serves already."""
    yield Source(os.environ["BENCH_SOURCE"])


def create_app() -> Flask:
    """Return the application, whose hub knows one more server and nothing else of its own."""
    app = webapp.create_app()
    parts = current.parts(app)
    app.extensions |= current.keep(replace(parts, hub=MemoryHub(source)))
    return app
