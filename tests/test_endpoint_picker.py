"""Picking an endpoint: what there is to fill in, whose key is used, and where an event goes."""

import json
import time
from asyncio import StreamReader, StreamWriter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from tests.page import Page, Visitor, text_of
from tests.realtime_servers import Recorder, playing, playing_raw, wait_for
from tests.serving import in_thread
from tests.shown_sessions import newest
from webapp.app import create_app
from webapp.config import Settings
from webapp.endpoints import PRESETS, origin_of
from webapp.sandbox.server import serve_sandbox
from webapp.sessions.hub import MemoryHub
from webapp.views import current

BUILDER = "/events/ga/response.create"
KEY = "sk-canary-picker-4711"
OWN = "sk-canary-server-0815"


def app_with(tmp_path: Path, **settings: object) -> Flask:
    app = create_app(Settings(data_dir=str(tmp_path), **settings))  # type: ignore[arg-type]
    app.testing = True
    hub = MemoryHub(lambda: serve_sandbox(seed=5, speed=0))
    app.extensions |= current.keep(replace(current.parts(app), hub=hub))
    return app


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    app = app_with(tmp_path, keys=(("OPENAI_API_KEY", OWN),))
    yield app
    current.parts(app).hub.close()
    current.parts(app).departures.keyring.clear()


@contextmanager
def server(recorder: Recorder) -> Iterator[str]:
    with in_thread(playing(recorder.play)) as url:
        yield url


def pick(page: Visitor, shown: Page, slug: str) -> Page:
    return page.submit(shown, press="Use", change={"endpoint": slug})


def about(shown: Page) -> str:
    return text_of(shown.one(".endpoint__summary"))


def said(shown: Page) -> str:
    return text_of(shown.one("#session-said"))


def test_every_preset_can_be_picked_and_shows_what_it_needs(page: Visitor) -> None:
    shown = page.get(BUILDER)
    assert about(shown) == "Endpoint Sandbox Beta or GA · no key"
    slugs = [option.get("value", "") for option in shown.all("select#endpoint-slug option")]
    assert slugs == [*PRESETS, "address"]
    for slug in slugs:
        shown = pick(page, shown, slug)
        options = shown.all("select#endpoint-slug option")
        chosen = next(option for option in options if option.get("selected") == "")
        assert chosen.get("value") == slug
        preset = PRESETS.get(slug)
        if preset is None or preset.embedded:
            continue
        notes = [text_of(note) for note in shown.all("ul.endpoint__notes li")]
        assert len(notes) == len(preset.notes)
        for gap in preset.gaps:
            assert shown.control(gap.title).get("placeholder") == gap.default
        models = [
            option.get("value") for option in shown.all("datalist#endpoint-model-list option")
        ]
        assert models == list(preset.models)


def test_the_key_field_is_one_that_nothing_remembers(page: Visitor) -> None:
    shown = pick(page, page.get(BUILDER), "openai")
    field = shown.control("Key")
    assert field.get("type") == "password"
    assert field.get("autocomplete") == "off"
    assert field.get("spellcheck") == "false"
    assert field.get("value") is None
    assert not field.get("name", "").startswith("response")


def test_the_choice_is_remembered_for_each_endpoint(page: Visitor, app: Flask) -> None:
    shown = pick(page, page.get(BUILDER), "azure")
    shown = page.submit(
        shown,
        press="Use",
        change={"endpoint-gap-resource": "mine", "endpoint-model": "voice"},
    )
    assert "wss://mine.openai.azure.com only" in shown.text
    other = pick(page, shown, "openai")
    assert other.control("Model").get("value") == ""
    again = pick(page, page.get(BUILDER), "azure")
    assert again.control("Resource").get("value") == "mine"
    assert again.control("Model").get("value") == "voice"
    assert "Azure OpenAI" in about(page.get(BUILDER))
    assert "Sandbox" in about(Visitor(app).get(BUILDER))
    assert all("mine" not in cookie.value for cookie in page.client._cookies.values())


def test_which_key_would_be_used_is_said_and_never_the_key(page: Visitor) -> None:
    shown = pick(page, page.get(BUILDER), "openai")
    assert "key from OPENAI_API_KEY, ends in 0815" in about(shown)
    assert not [b for b in shown.all("button") if text_of(b) == "Forget key"]
    typed = page.submit(shown, press="Use", change={"endpoint-key": f" {KEY} "})
    assert (
        "The key is kept for wss://api.openai.com only. Blanks around it were left out."
        in typed.text
    )
    assert "key typed here, ends in 4711" in about(typed)
    forgotten = page.submit(typed, press="Forget key")
    assert "The key is forgotten." in forgotten.text
    assert "OPENAI_API_KEY" in about(forgotten)
    for answer in (shown, typed, forgotten):
        assert KEY not in answer.response.text
        assert OWN not in answer.response.text


@pytest.mark.parametrize("key", ["two words", "line\nbreak", "“smart”", "x" * 10_240])
def test_what_cannot_be_a_key_is_refused_in_place(page: Visitor, key: str) -> None:
    shown = pick(page, page.get(BUILDER), "openai")
    refused = page.submit(shown, press="Use", change={"endpoint-key": key}, status=422)
    assert "The key h" in text_of(refused.one("#endpoint-fault"))
    assert key not in refused.response.text


def test_a_key_goes_where_it_was_typed_for_and_nowhere_else(page: Visitor, app: Flask) -> None:
    first, second = Recorder(), Recorder()
    with server(first) as here, server(second) as there:
        shown = pick(page, page.get(BUILDER), "address")
        change = {"endpoint-address": f"{here}?model=m", "endpoint-key": KEY}
        replied = page.submit(shown, press="Send", change=change)
        first.wait_for(1)
        assert first.handshakes[0]["Authorization"] == f"Bearer {KEY}"
        assert first.paths == ["/v1/realtime?model=m"]
        moved = page.submit(replied, press="Send", change={"endpoint-address": there})
        second.wait_for(1)
        assert "Authorization" not in second.handshakes[0]
        assert KEY not in moved.response.text
        assert len(first.got) == 1
        back = page.submit(moved, press="Send", change={"endpoint-address": here})
        wait_for(lambda: len(first.handshakes) == 2)
        assert first.handshakes[1]["Authorization"] == f"Bearer {KEY}"
        assert KEY not in back.response.text
        assert KEY not in "".join(newest(app).log())


@pytest.mark.parametrize(
    ("way", "header"),
    [
        ("header:Authorization", ("Authorization", f"Bearer {KEY}")),
        ("header:api-key", ("api-key", KEY)),
        ("header:X-API-Key", ("X-API-Key", KEY)),
        ("query:api_key", ("", f"?api_key={KEY}")),
        (
            "subprotocol:realtime",
            ("Sec-WebSocket-Protocol", f"realtime, openai-insecure-api-key.{KEY}"),
        ),
        ("none", ("", "")),
    ],
)  # fmt: skip
def test_a_key_is_shown_in_the_way_that_was_picked(
    page: Visitor, way: str, header: tuple[str, str]
) -> None:
    recorder = Recorder()
    with server(recorder) as url:
        shown = pick(page, page.get(BUILDER), "address")
        change = {"endpoint-address": url, "endpoint-key": KEY, "endpoint-way": way}
        page.submit(shown, press="Send", change=change)
        wait_for(lambda: bool(recorder.handshakes))
    name, value = header
    assert recorder.paths == [f"/v1/realtime{value if way.startswith('query') else ''}"]
    assert recorder.handshakes[0].get(name) == (value if name else None)
    told = json.dumps([recorder.handshakes, recorder.paths])
    assert told.count(KEY) == (0 if way == "none" else 1)


@pytest.mark.parametrize(
    ("way", "name", "place"),
    [
        ("header:api-key", "X-Gateway_Key", "header"),
        ("query:api_key", "tok", "query"),
        ("header:Authorization", "X-Bearer", "header"),
    ],
)
def test_a_header_or_parameter_can_have_any_name(
    page: Visitor, way: str, name: str, place: str
) -> None:
    recorder = Recorder()
    with server(recorder) as url:
        shown = pick(page, page.get(BUILDER), "address")
        change = {"endpoint-address": url, "endpoint-way": way, "endpoint-name": name}
        page.submit(shown, press="Send", change={**change, "endpoint-key": KEY})
        wait_for(lambda: bool(recorder.handshakes))
    if place == "query":
        assert recorder.paths == [f"/v1/realtime?{name}={KEY}"]
    else:
        assert recorder.handshakes[0][name].removeprefix("Bearer ") == KEY
    assert "Authorization" not in recorder.handshakes[0]


@pytest.mark.parametrize("name", ["Host", "Sec-WebSocket-Key", "a b", "x:y", "Cookie", "ü", "a\nb"])
def test_a_name_that_a_handshake_needs_is_refused(page: Visitor, name: str) -> None:
    shown = pick(page, page.get(BUILDER), "address")
    change = {"endpoint-address": "wss://server.example/", "endpoint-name": name}
    change["endpoint-way"] = "header:api-key"
    refused = page.submit(shown, press="Use", change=change)
    assert "The name of a header or parameter" in text_of(refused.one("#endpoint-fault"))


def test_the_operators_resource_at_azure_needs_no_filling_in(tmp_path: Path) -> None:
    azure = "https://ours.openai.azure.com/"
    keys = (("AZURE_OPENAI_API_KEY", OWN),)
    app = app_with(tmp_path, azure_endpoint=azure, keys=keys)
    page = Visitor(app)
    shown = pick(page, page.get(BUILDER), "azure")
    assert "key from AZURE_OPENAI_API_KEY, ends in 0815" in about(shown)
    assert shown.control("Resource").get("placeholder") == "ours"
    theirs = page.submit(shown, press="Use", change={"endpoint-gap-resource": "theirs"})
    assert "no key yet" in about(theirs)
    current.parts(app).departures.keyring.clear()


def test_an_address_of_ones_own_never_gets_the_servers_key(page: Visitor, app: Flask) -> None:
    departures = current.parts(app).departures
    custom = departures.catalogue.preset("address")
    assert custom
    origin = origin_of("wss://api.openai.com/")
    assert departures.shown_key("anna", custom, origin) is None
    assert departures.shown_key("anna", PRESETS["openai"], origin)
    recorder = Recorder()
    with server(recorder) as url:
        shown = pick(page, page.get(BUILDER), "address")
        page.submit(shown, press="Send", change={"endpoint-address": url})
        wait_for(lambda: bool(recorder.handshakes))
    assert OWN not in json.dumps(recorder.handshakes)


def test_an_endpoint_without_its_key_is_not_dialled(page: Visitor) -> None:
    shown = pick(page, page.get(BUILDER), "xai")
    assert "no key yet" in about(shown)
    refused = page.submit(shown, press="Send", status=422)
    assert "xAI Grok Voice takes a key, and there is none for wss://api.x.ai here." in said(refused)
    assert "Not connected" in refused.text


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("", "Write the address of the server first."),
        ("https://server.example/", "An address looks like"),
        ("ws://server.example/", "Without encryption"),
        ("wss://10.0.0.1/", "a private network"),
        ("wss://169.254.169.254/", "whoever asks"),
        ("wss://server.example/?api_key=abc", "Leave the key out"),
        ("ws://localhost:80/", "That is Cuecard itself."),
        ("ws://127.0.0.1:80/", "That is Cuecard itself."),
    ],
)
def test_an_address_that_cannot_be_used_says_why_and_stays_typed(
    page: Visitor, address: str, words: str
) -> None:
    shown = pick(page, page.get(BUILDER), "address")
    change = {"endpoint-address": address, "response.instructions.text": "stays"}
    known = [change.pop(name) for name in list(change) if not shown.all(f"[name={name}]")]
    refused = page.submit(shown, press="Send", change=change, status=422)
    assert words in said(refused)
    assert refused.control("Address").get("value") == address
    assert len(known) <= 1


def test_the_port_of_the_sandbox_cannot_be_typed(page: Visitor, app: Flask) -> None:
    page.submit(page.get(BUILDER), press="Connect")
    hub = current.parts(app).hub
    wait_for(lambda: hub.sandbox_port() is not None)
    shown = pick(page, page.get(BUILDER), "address")
    address = f"ws://localhost:{hub.sandbox_port()}/v1/realtime"
    refused = page.submit(shown, press="Send", change={"endpoint-address": address}, status=422)
    assert "Its sandbox is an endpoint of its own" in said(refused)


def test_a_draft_in_the_wrong_dialect_is_offered_a_conversion_first(page: Visitor) -> None:
    shown = pick(page, page.get("/events/beta/response.create?example=short-text"), "openai")
    asked = page.submit(shown, press="Send")
    assert "OpenAI speaks GA, the event is written in Beta." in said(asked)
    assert "Not connected" in asked.text
    converted = page.submit(asked, press="Convert to GA first")
    assert "OpenAI" in about(converted)
    assert converted.response.request.path.endswith("/convert/ga")


def test_an_event_goes_to_the_endpoint_that_is_picked(page: Visitor, app: Flask) -> None:
    """Not to the session that is shown, which belongs to another one, and is closed."""
    sandboxed = page.submit(page.get(BUILDER), press="Send")
    before = newest(app)
    recorder = Recorder()
    with server(recorder) as url:
        shown = pick(page, sandboxed, "address")
        page.submit(shown, press="Send", change={"endpoint-address": url})
        recorder.wait_for(1)
        after = newest(app)
        assert after is not before
        assert after.address == url
        wait_for(lambda: before.state.value == "closed")


def test_a_key_that_was_forgotten_is_asked_for_again(page: Visitor, app: Flask) -> None:
    recorder = Recorder()
    with server(recorder) as url:
        shown = pick(page, page.get(BUILDER), "localai")
        change = {"endpoint-gap-server": url.removesuffix("/v1/realtime"), "endpoint-key": KEY}
        page.submit(shown, press="Send", change=change)
        recorder.wait_for(1)
        session = newest(app)
        session.close()
        wait_for(lambda: session.state.value == "closed")
        page.submit(page.get(BUILDER), press="Forget key")
        session.connect()
        wait_for(lambda: len(recorder.handshakes) == 2)
    assert recorder.handshakes[0]["Authorization"] == f"Bearer {KEY}"
    assert "Authorization" not in recorder.handshakes[1]


def test_a_key_typed_before_reconnecting_is_used(page: Visitor, app: Flask) -> None:
    recorder = Recorder()
    with server(recorder) as url:
        shown = pick(page, page.get(BUILDER), "address")
        sent = page.submit(shown, press="Send", change={"endpoint-address": url})
        recorder.wait_for(1)
        session = newest(app)
        closed = page.submit(sent, press="Close")
        wait_for(lambda: session.state.value == "closed")
        page.submit(closed, press="Reconnect", change={"endpoint-key": KEY})
        wait_for(lambda: len(recorder.handshakes) == 2)
    assert "Authorization" not in recorder.handshakes[0]
    assert recorder.handshakes[1]["Authorization"] == f"Bearer {KEY}"


def test_another_visitor_never_gets_a_key(page: Visitor, app: Flask) -> None:
    shown = pick(page, page.get(BUILDER), "xai")
    page.submit(shown, press="Use", change={"endpoint-key": KEY})
    stranger = Visitor(app)
    theirs = pick(stranger, stranger.get(BUILDER), "xai")
    assert "no key yet" in about(theirs)


def test_addresses_inside_an_event_are_never_asked(page: Visitor) -> None:
    heard: list[bytes] = []

    async def listen(reader: StreamReader, writer: StreamWriter) -> None:
        heard.append(await reader.read(1))

    with in_thread(playing_raw(listen)) as url:
        address = url.replace("ws://", "http://")
        event = {
            "type": "response.create",
            "response": {
                "tools": [{"type": "mcp", "server_label": "x", "server_url": address}],
                "input": [
                    {
                        "type": "message",
                        "role": "user",
                        "content": [{"type": "input_image", "image_url": address}],
                    }
                ],
            },
        }
        shown = page.post(f"{BUILDER}/raw", {"text": json.dumps(event)})
        page.post(f"{BUILDER}/preview", shown.fields("builder"))
        asked = page.submit(shown, press="Send")
        if "Send anyway" in asked.response.text:
            page.submit(asked, press="Send anyway")
        time.sleep(0.3)
    assert heard == []


def test_where_others_connect_only_services_can_be_picked(tmp_path: Path) -> None:
    app = app_with(tmp_path, host="0.0.0.0", allowed_hosts=("localhost",))
    shown = Visitor(app).get(BUILDER)
    slugs = [option.get("value", "") for option in shown.all("select#endpoint-slug option")]
    assert not {"localai", "speaches", "litellm", "address"} & set(slugs)
    assert {"sandbox", "openai", "azure", "qwen"} <= set(slugs)
    refused = Visitor(app).post(
        "/sessions/send?dialect=ga&type=response.create", {"endpoint": "address"}, status=404
    )
    assert "no such endpoint" in said(refused)


def test_picking_with_script_brings_the_endpoint_alone(page: Visitor) -> None:
    fields = [*page.get(BUILDER).fields("builder"), ("endpoint", "openai")]
    fields = [pair for pair in fields if pair != ("endpoint", "sandbox")]
    answer = page.post("/sessions/endpoint?dialect=ga", fields, htmx=True)
    assert answer.response.headers["HX-Retarget"] == "#endpoint"
    assert answer.one("details#endpoint").get("open") == ""
    assert not answer.all("section")
