"""What the page makes of servers that say anything: all of it is shown, as text, and it goes on."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from websockets.asyncio.server import ServerConnection

from tests.page import Page, Visitor, text_of
from tests.realtime_servers import CREATED, Recorder, hub_at, playing, wait_for_frames, wait_open
from webapp.events.server import _READERS
from webapp.sessions.live import LiveSession
from webapp.sessions.protocol import State
from webapp.views import current

BUILDER = "/events/beta/response.create"
WHERE = "?dialect=beta&type=response.create"


@contextmanager
def hearing(app: Flask, page: Visitor, *frames: Any, first: str = CREATED) -> Iterator[LiveSession]:
    """A session whose server says ``frames``; what is no text or bytes goes as JSON."""

    async def play(socket: ServerConnection) -> None:
        await socket.send(first)
        for each in frames:
            await socket.send(each if isinstance(each, str | bytes) else json.dumps(each))
        await socket.wait_closed()

    with hub_at(playing(play)) as hub:
        app.extensions |= current.keep(replace(current.parts(app), hub=hub))
        page.post(f"/sessions{WHERE}")
        (session,) = hub._sessions.values()
        wait_open(session)
        wait_for_frames(session, len(frames) + 2)
        yield session


def shown(page: Page, kind: str) -> list[str]:
    found = [e for e in page.all(f"ol li.entry--{kind}") if e.get("data-key")]
    return [text_of(each) for each in found]


def received(session: LiveSession) -> list[str]:
    lines = map(json.loads, session.log())
    return [line.get("text", "") for line in lines if line["direction"] == "received"][1:]


@pytest.mark.parametrize("frame", ["not JSON", "[]", "7", "null", "", '{"type": 1}', "{}"])
def test_what_is_no_event_is_shown_raw_and_the_session_goes_on(
    app: Flask, page: Visitor, frame: str
) -> None:
    with hearing(app, page, frame, {"type": "x.after"}) as session:
        assert session.state is State.OPEN
        first, second = shown(page.get(BUILDER), "event")
        assert "not an event" in first
        assert "x.after" in second
        assert received(session)[0] == frame


def test_odd_ids_and_orders_are_tolerated(app: Flask, page: Visitor) -> None:
    frames = [
        {"type": "response.done", "event_id": "same", "response": {"id": "r", "status": "x"}},
        {"type": "response.created", "event_id": "same", "response": {"id": "r"}},
        {"type": "response.text.delta", "event_id": 7, "delta": "a", "content_index": 10**9},
        {"type": "response.text.delta", "delta": "b", "content_index": -1},
        {"type": "response.text.delta", "event_id": "i" * 1_000_000, "delta": "c"},
        {"type": "rate_limits.updated", "rate_limits": [{"name": "t", "remaining": -5}, 3]},
        {"type": "session.updated", "session": {"expires_at": 1e20}},
        {"type": "session.updated", "session": {"expires_at": "never"}},
    ]
    with hearing(app, page, *frames) as session:
        assert [json.loads(text) for text in received(session)] == frames
        record = page.get(f"/sessions/{session.id}/record?unfold=yes")
        assert len(record.all("#record-list li")) == len(frames) + 2
        page.get(BUILDER)


def test_errors_reach_the_event_that_they_name_and_no_other(app: Flask, page: Visitor) -> None:
    async def answer(socket: ServerConnection) -> None:
        event = json.loads(await socket.recv())
        for error in (
            {"event_id": "stranger", "message": "unknown"},
            {},
            {"event_id": event["event_id"], "message": "yours", "param": "response.voice"},
        ):
            await socket.send(json.dumps({"type": "error", "error": error}))

    recorder = Recorder(answer)
    with hub_at(playing(recorder.play)) as hub:
        app.extensions |= current.keep(replace(current.parts(app), hub=hub))
        page.submit(page.get(BUILDER), press="Send")
        (session,) = hub._sessions.values()
        wait_for_frames(session, 6)
        errors = shown(page.get(BUILDER), "error")
        assert ["about response.create" in words for words in errors] == [False, False, True]


def test_the_server_gets_what_the_page_shows(app: Flask, page: Visitor) -> None:
    recorder = Recorder()
    with hub_at(playing(recorder.play)) as hub:
        app.extensions |= current.keep(replace(current.parts(app), hub=hub))
        sent = page.submit(page.get(f"{BUILDER}?example=several-turns"), press="Send")
        recorder.wait_for(1)
        wire = page.post_raw(f"{BUILDER}/wire", sent.fields("builder")).text
        assert recorder.got == [wire]


def test_another_model_is_told(app: Flask, page: Visitor) -> None:
    with hearing(app, page):
        assert any(
            "Its model is m; sandbox was asked for." in words
            for words in shown(page.get(BUILDER), "notice")
        )


def test_another_session_is_told_and_no_other_session_hears_of_it(
    app: Flask, page: Visitor
) -> None:
    first = json.dumps({"type": "session.created", "session": {"id": "sess_1", "model": "m"}})
    stray = {"type": "session.updated", "session": {"id": "sess_2", "model": "m"}}
    words = "This is about session sess_2, not sess_1."
    with hearing(app, page, stray, first=first) as session:
        page.post(f"/sessions/{session.id}/close{WHERE}")
        assert sum(words in notice for notice in shown(page.get(BUILDER), "notice")) == 1
        second = page.submit(page.get(BUILDER), press="New session")
        assert f"session={session.id}" not in second.text
        mine = second.one("input[name=session]").get("value", "")
        assert mine != session.id
        beside = current.parts(app).hub.find(session.visitor, mine)
        assert beside is not None
        wait_for_frames(beside, 3)
        # The same server says the same there: each session is told of its own alone.
        for one in (session, beside):
            notices = shown(page.get(f"{BUILDER}?session={one.id}"), "notice")
            assert sum(words in notice for notice in notices) == 1


def everything(type_: str, word: str) -> dict[str, Any]:
    """An event with every member that any reader looks at, all texts the same."""
    part = {"type": word, "text": word, "transcript": word}
    item = {"id": word, "type": word, "name": word, "call_id": word, "arguments": word}
    item |= {"content": [part], "output": word, "error": word}
    usage = {"total_tokens": 1, "input_tokens": word}
    details = {"reason": word, "error": {"code": word, "type": word, "message": word}}
    response = {"id": word, "status": word, "status_details": details, "output": [item]}
    response |= {"metadata": {word: word}, "usage": usage, "output_audio_format": word}
    error = {"code": word, "type": word, "message": word, "param": word, "event_id": word}
    limits = [{"name": word, "remaining": word, "limit": word}]
    return {
        "type": type_,
        "event_id": word,
        "response_id": word,
        "item_id": word,
        "content_index": word,
        "delta": word,
        "text": word,
        "transcript": word,
        "arguments": word,
        "name": word,
        "part": part,
        "item": item,
        "response": response,
        "session": {"model": word, "output_audio_format": word},
        "rate_limits": limits,
        "error": error,
        word: word,
    }


MARKUP = ("script", "img", "svg", "style", "iframe", "hx-partial", "a[onmouseover]")


WORDS = (
    "<img src=x onerror=alert(1)>",
    "</div></li></ol><script>alert(1)</script>",
    "</template><script>alert(1)</script>",
    "</textarea></title></style><svg onload=alert(1)>",
    '<hx-partial hx-target="#form">gone</hx-partial>',
    '" onmouseover="alert(1)" x="',
    "' onfocus='alert(1)' autofocus='",
    "` onmouseover=alert(1) `",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "[link](javascript:alert(1)) **bold** ![x](http://x.example/)",
    "http://paste.your.key.example/",
    "{{ 7 * 7 }}{% raw %}${7 * 7}<%= 7 * 7 %>",
    "\r\n\r\ndata: gone\r\nevent: click\r\n\r\n",
    "click",
    "htmx:config:request",
    "\u2028\u2029",
    "\u202eevil\u202c\u2066x\u2069",
    "\ufeff\u200b\u00ad",
    "=1+1",
    "&lt;b&gt;&amp;&#x3c;b&#62;",
    "<!--",
    "]]>",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "x" * 3_000,
    "",
    " ",
    "__proto__",
    "constructor",
    "e1",
    "session",
    "entry-e1",
    "null",
    "0",
    "-1",
    "1e400",
    "NaN",
    "true",
    "\\",
    '"',
)


@pytest.mark.parametrize("words", [WORDS[:13], WORDS[13:26], WORDS[26:]])
def test_every_text_of_every_event_stays_text(
    app: Flask, page: Visitor, words: tuple[str, ...]
) -> None:
    frames = [
        json.dumps(everything(type_, word)) for type_ in [*_READERS, "x.unknown"] for word in words
    ]
    with hearing(app, page, *frames) as session:
        for address in (BUILDER, f"/sessions/{session.id}/record"):
            seen = page.get(address)
            inside = "ol " if address == BUILDER else "#record-list "
            for name in MARKUP:
                assert not seen.all(f"{inside}{name}"), name
        assert received(session) == frames
