"""The canary sweep: a key that is used everywhere and found nowhere."""

import base64
import io
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import quote

import pytest
from flask import Flask
from websockets.asyncio.server import ServerConnection, serve
from werkzeug.test import TestResponse

from tests.page import Page, Visitor
from tests.realtime_servers import Address, wait_for
from tests.serving import in_thread
from tests.shown_sessions import newest
from webapp.app import create_app
from webapp.config import Settings
from webapp.exports import LANGUAGES
from webapp.logs import start_logging
from webapp.sandbox.server import serve_sandbox
from webapp.sessions.hub import MemoryHub
from webapp.sessions.live import LiveSession
from webapp.views import current

GA, BETA = "/events/ga/response.create", "/events/beta/response.create"
TYPED, OWN = "sk-canary-typed-5b1e", "sk-canary-own-77c2"
ODD = "canary/9f+Aq==~x"  # spelled otherwise in addresses, and like no known key
WAYS = {
    "header:Authorization": ODD,
    "header:api-key": ODD,
    "header:X-API-Key": ODD,
    "query:api_key": ODD,
    "subprotocol:realtime": TYPED,
}


def spellings(key: str) -> set[bytes]:
    """How a key may stand in bytes: plain, percent-encoded, as base64 wherever it begins."""
    raw = key.encode()
    found = {raw, quote(key, safe="").encode(), quote(key, safe="").lower().encode()}
    found.add("".join(f"\\u{ord(char):04x}" for char in key).encode())
    found.add(json.dumps(key)[1:-1].replace("/", "\\/").encode())
    for lead in range(3):
        code = base64.b64encode(b"\0" * lead + raw)
        found.add(code[lead + (lead > 0) : -4])
    return found


@dataclass
class Gossip:
    """A server that says whatever it is told: in events, reasons, bodies."""

    heard: list[str] = field(default_factory=list)
    refusing: bool = False

    def refuse(self, session: ServerConnection, request: object) -> object:
        told = [str(request)] + [f"{n}: {v}" for n, v in request.headers.raw_items()]  # type: ignore[attr-defined]
        self.heard.append("\n".join([request.path, *told]))  # type: ignore[attr-defined]
        if not self.refusing:
            return None
        return session.respond(401, f"<b>Who are you?</b> {self.heard[-1]}")

    async def play(self, session: ServerConnection) -> None:
        told = self.heard[-1]
        created = {"type": "session.created", "session": {"model": told}}
        await session.send(json.dumps(created))
        async for _ in session:
            error = {"type": "invalid_request_error", "code": told[:60], "message": told}
            await session.send(json.dumps({"type": "error", "event_id": told, "error": error}))
            await session.send(told)
            await session.send(told.encode())
            await session.send(json.dumps({"type": told, "response": {"id": told}}))

    def served(self):
        from contextlib import asynccontextmanager  # noqa: PLC0415

        @asynccontextmanager
        async def run():
            async with serve(
                self.play,
                "127.0.0.1",
                0,
                process_request=self.refuse,
                select_subprotocol=lambda _, offered: next(iter(offered), None),
            ) as server:
                yield Address(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1/realtime")

        return run


@dataclass
class Sweep:
    """Everything that left the app: answers with their headers, and the log."""

    app: Flask
    page: Visitor
    log: io.StringIO
    folder: Path
    answers: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        client, ask = self.page.client, self.page.client.open

        def asked(*args: object, **options: object) -> TestResponse:
            answer = ask(*args, **options)  # type: ignore[arg-type]
            self.answers.append(str(answer.headers).encode() + answer.get_data())
            return answer

        client.open = asked  # type: ignore[method-assign,assignment]

    def found(self, *keys: str) -> list[str]:
        """Where one of the keys is found, in whatever spelling."""
        places = {f"answer {n}": body for n, body in enumerate(self.answers)}
        places["log"] = self.log.getvalue().encode()
        for path in self.folder.rglob("*"):
            if path.is_file():
                places[str(path)] = path.read_bytes()
        for visitor in (self.page,):
            places["cookies"] = repr(visitor.client._cookies).encode()
        spelled = {one for key in keys for one in spellings(key)}
        return [place for place, held in places.items() if any(one in held for one in spelled)]


@pytest.fixture
def sweep(tmp_path: Path) -> Iterator[Sweep]:
    settings = Settings(data_dir=str(tmp_path), keys=(("OPENAI_API_KEY", OWN),))
    app = create_app(settings)
    hub = MemoryHub(lambda: serve_sandbox(seed=5, speed=0))
    app.extensions |= current.keep(replace(current.parts(app), hub=hub))
    stream, root = io.StringIO(), logging.getLogger()
    before = (root.handlers[:], root.level)
    libraries = [logging.getLogger(name) for name in ("websockets", "websockets.client")]
    levels = [library.level for library in libraries]
    start_logging("DEBUG", stream)
    for library in libraries:
        library.setLevel(logging.DEBUG)
    yield Sweep(app, Visitor(app), stream, tmp_path)
    hub.close()
    current.parts(app).departures.keyring.clear()
    root.handlers[:], root.level = before
    for library, level in zip(libraries, levels, strict=True):
        library.setLevel(level)


@pytest.mark.parametrize("way", WAYS)
def test_a_key_is_used_everywhere_and_found_nowhere(sweep: Sweep, way: str) -> None:
    key, gossip, page = WAYS[way], Gossip(), sweep.page
    with in_thread(gossip.served()) as url:
        shown = page.get(f"{GA}?example=short-text")
        shown = page.submit(shown, press="Use", change={"endpoint": "address"})
        change = {"endpoint-address": f"{url}?model=m", "endpoint-way": way, "endpoint-key": key}
        shown = page.submit(shown, press="Use", change=change)
        assert "key typed here" in shown.text
        sent = page.submit(shown, press="Send")
        session = newest(sweep.app)
        wait_for(lambda: len(list(session.log())) > 7)
        assert any(one in gossip.heard[0].encode() for one in spellings(key)), "it was used"
        journey(page, sent, session)
        gossip.refusing = True
        page.submit(page.get(GA), press="Close")
        wait_for(lambda: session.state.value == "closed")
        again = page.submit(page.get(GA), press="Reconnect")
        wait_for(lambda: len(gossip.heard) > 1 and session.state.value == "closed")
        refused = page.submit(again, press="Refresh")
        assert "HTTP status 401" in refused.text
        assert "Who are you?" in refused.text
        page.submit(page.get(GA), press="Forget key")
        page.client.get(f"/sessions/{session.id}/stream")
    assert "websockets" in sweep.log.getvalue(), "the library has logged, headers too"
    assert len(sweep.answers) > 25
    assert sweep.found(key, OWN) == []


def journey(page: Visitor, sent: Page, session: LiveSession) -> None:
    """Ask for all that shows, keeps or gives away an event."""
    fields = sent.fields("builder")
    page.get(GA)
    page.post(f"{GA}/preview", fields)
    page.post_raw(f"{GA}/preview", fields, htmx=True)
    page.post_raw(f"{GA}/check", fields, htmx=True)
    page.post_raw(f"{GA}/wire", fields)
    page.post_raw(f"{GA}/raw", {"text": '{"type": "response.create"}'})
    page.post_raw(f"{GA}/convert/beta", fields)
    for language in LANGUAGES:
        address = [("export-endpoint", "address"), ("export-address", session.address)]
        page.post_raw(f"{GA}/export/{language}", [*fields, *address])
        page.post_raw(f"{GA}/export/{language}", [*fields, ("export-endpoint", "openai")])
    page.client.get(f"/sessions/{session.id}/log.jsonl")
    page.client.get(f"/sessions/{session.id}/log.har")
    page.client.get(f"/sessions/{session.id}")
    page.client.get("/nowhere")
    page.client.get("/healthz")
    page.get(BETA)


def test_the_sweep_would_find_a_key(sweep: Sweep) -> None:
    """A check that cannot fail is none: each place and spelling is one that it looks at."""
    sweep.page.client.get("/healthz")
    assert sweep.found(TYPED) == []
    for spelled in spellings(ODD):
        path = sweep.folder / "left-behind"
        path.write_bytes(b"before " + spelled + b" after")
        assert sweep.found(ODD) == [str(path)]
        path.unlink()
    sweep.log.write(OWN)
    assert sweep.found(OWN) == ["log"]
    sweep.page.client.set_cookie("leak", TYPED)
    assert sweep.found(TYPED) == ["cookies"]
