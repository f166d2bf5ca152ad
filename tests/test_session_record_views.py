"""All events of a session as a visitor without script, and a page with script, sees them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from flask import Flask
from websockets.asyncio.server import ServerConnection

from tests.page import Page, Visitor, text_of
from tests.realtime_servers import (
    CREATED,
    hub_at,
    playing,
    wait_for,
    wait_for_frames,
    wait_open,
)
from webapp.sessions.live import LiveSession
from webapp.sessions.protocol import State
from webapp.views import current
from webapp.views.session_record import size_in_words

ATTACK = "<img src=x onerror=alert(1)>\r\n\r\ndata: gone"


def event(type_: str, **members: object) -> str:
    return json.dumps({"type": type_, **members})


@contextmanager
def session_hearing(app: Flask, page: Visitor, *frames: str | bytes) -> Iterator[LiveSession]:
    """A session of the visitor whose server says ``frames`` and then nothing."""

    async def play(socket: ServerConnection) -> None:
        await socket.send(CREATED)
        for each in frames:
            await socket.send(each)
        await socket.wait_closed()

    with hub_at(playing(play)) as hub:
        parts = current.parts(app)
        app.extensions |= current.keep(replace(parts, hub=hub))
        opened = page.post("/sessions?dialect=beta&type=response.create")
        (session,) = hub._sessions.values()
        assert opened.one("input[name=session]").get("value") == session.id
        wait_open(session)
        wait_for_frames(session, len(frames) + 2)
        yield session


def rows(page: Page) -> list[str]:
    return [text_of(each) for each in page.all("#record-list li")]


def heads(page: Page) -> list[str]:
    return [text_of(each) for each in page.all("#record-list .frame__type")]


def test_every_frame_is_a_row(app: Flask, page: Visitor) -> None:
    with session_hearing(app, page, event("x.unknown", a=1), "not JSON", b"\x00\x01") as session:
        shown = page.get(f"/sessions/{session.id}/record")
        assert heads(shown) == [
            "Connecting to Sandbox.",
            "session.created",
            "x.unknown",
            "not an event",
            "not an event",
        ]
        assert "5 frames" in shown.text
        assert "received" in rows(shown)[2]
        assert f"{len(event('x.unknown', a=1))} B" in rows(shown)[2]
        alone = page.get(f"/sessions/{session.id}/record/3")
        assert text_of(alone.one(".code")) == '{ "type": "x.unknown", "a": 1 }'
        raw = page.get(f"/sessions/{session.id}/record/3?raw=yes")
        assert event("x.unknown", a=1) in raw.text
        assert "binary, 2 bytes" in page.get(f"/sessions/{session.id}/record/5").text


def test_deltas_fold_and_open(app: Flask, page: Visitor) -> None:
    deltas = [event("response.audio.delta", response_id="r", delta="AAAA")] * 1_000
    with session_hearing(app, page, *deltas, event("response.done", response={})) as session:
        folded = page.get(f"/sessions/{session.id}/record")
        assert heads(folded)[2:] == ["1,000 × response.audio.delta", "response.done"]
        link = folded.one(".frame--fold a").get("href", "")
        opened = page.get(link)
        assert len(rows(opened)) == 200
        assert heads(opened)[2] == "1,000 × response.audio.delta"
        assert heads(opened)[3] == "response.audio.delta"
        assert rows(opened)[-1].startswith("199")
        assert "To the end, folds closed" in opened.text
        assert not opened.all("[data-live]")
        closed = page.get(opened.one(".frame--fold a").get("href", ""))
        assert heads(closed) == heads(folded)
        every = page.get(f"/sessions/{session.id}/record?unfold=yes")
        assert "803 earlier rows" in every.text
        assert rows(every)[0].startswith("804")
        earlier = page.get(every.one(".record__earlier").get("href", ""))
        assert rows(earlier)[0].startswith("604")


def test_search_type_and_direction(app: Flask, page: Visitor) -> None:
    with session_hearing(app, page, event("a", words="Find me"), event("b")) as session:
        address = f"/sessions/{session.id}/record"
        assert heads(page.get(f"{address}?text=find+ME")) == ["a"]
        assert "1 of 4 frames" in page.get(f"{address}?type=b").text
        assert heads(page.get(f"{address}?direction=notice")) == ["Connecting to Sandbox."]
        assert heads(page.get(f"{address}?direction=nonsense&before=x&since=%C2%B2")) != []
        form = page.get(address)
        assert form.control("Text in the events").get("name") == "text"


def test_two_ticked_rows_are_compared(app: Flask, page: Visitor) -> None:
    with session_hearing(app, page, event("a", n=1), event("a", n=2)) as session:
        address = f"/sessions/{session.id}/record/difference"
        shown = page.get(f"{address}?tick=3&tick=4")
        assert text_of(shown.one(".diff del")) == '"n": 1'
        assert text_of(shown.one(".diff ins")) == '"n": 2'
        assert "Tick two rows" in page.get(f"{address}?tick=3").text
        assert "They say the same." in page.get(f"{address}?tick=3&tick=3").text
        more = page.get(f"{address}?tick=3&tick=4&tick=2")
        assert "The first two of 3 ticked rows." in more.text
        assert text_of(more.one(".diff del")) == '"n": 1'
        page.get(f"{address}?tick=3&tick=99", status=404)


def test_a_large_frame_is_cut_for_the_page_and_whole_in_the_file(app: Flask, page: Visitor) -> None:
    large = event("x", **{"k" * 1_000_000: "v" * 5_000_000})
    with session_hearing(app, page, large) as session:
        address = f"/sessions/{session.id}/record/3"
        assert "Cut here after 65,536 characters" in page.get(address).text
        assert len(page.get(address).text) < 200_000
        part = page.client.get(f"{address}.txt?layout=raw")
        assert part.headers["X-Cut"] == str(len(large))
        assert part.text == large[: 64 * 1024]
        whole = page.client.get(f"{address}.txt")
        assert whole.text == large
        assert "attachment" in whole.headers["Content-Disposition"]


def test_foreign_text_stays_text(app: Flask, page: Visitor) -> None:
    frames = [event(ATTACK), event("x", event_id=ATTACK, delta=ATTACK), ATTACK]
    with session_hearing(app, page, *frames) as session:
        shown = page.get(f"/sessions/{session.id}/record")
        assert heads(shown)[2].startswith("<img src=x")
        assert not shown.all("img")
        text = page.client.get(f"/sessions/{session.id}/record/4.txt?layout=pretty")
        assert text.content_type.startswith("text/plain")
        assert text.headers["X-Content-Type-Options"] == "nosniff"
        assert json.loads(text.text)["delta"] == ATTACK


def test_new_rows_begin_with_the_last_one_of_the_page(app: Flask, page: Visitor) -> None:
    deltas = [event("response.text.delta", delta="x")] * 5
    with session_hearing(app, page, *deltas, event("y")) as session:
        address = f"/sessions/{session.id}/record/more"
        assert page.client.get(f"{address}?seen={session.last_seq}").status_code == 204
        answer = page.get(f"{address}?seen=5&since=4", htmx=True)
        assert [text_of(e) for e in answer.all(".frame__type")] == [
            "5 × response.text.delta",
            "y",
        ]
        opened = page.get(f"{address}?seen=5&since=5&open=3", htmx=True)
        assert [e.get("data-seq") for e in opened.all("li.frame")] == ["3", "5", "6", "7", "8"]
        assert opened.one(".frame--fold a").get("aria-expanded") == "true"
        assert len(opened.all(".frame--inside")) == 3


def test_more_new_rows_than_a_window_holds_replace_it(app: Flask, page: Visitor) -> None:
    deltas = [event("response.text.delta", delta="x")] * 300
    with session_hearing(app, page, event("y"), *deltas) as session:
        address = f"/sessions/{session.id}/record/more"
        for asked in ("seen=3&since=3&unfold=yes", "seen=3&since=4&open=4"):
            answer = page.client.get(f"{address}?{asked}")
            assert answer.headers["HX-Retarget"] == "#record-rows"


def test_new_rows_are_asked_for_wherever_the_end_is_in_sight(app: Flask, page: Visitor) -> None:
    few, many = [[event("response.text.delta", delta="x")] * count for count in (20, 300)]
    with session_hearing(app, page, *few, event("y"), *many) as session:
        address = f"/sessions/{session.id}/record"
        for asked, live in (
            ("", True),
            ("?open=3&at=3", True),
            ("?open=24&at=24", False),
            ("?before=24", False),
            ("?text=x", True),
        ):
            assert bool(page.get(address + asked).all("[data-live]")) is live, asked
        session.close()
        wait_for(lambda: session.state is State.CLOSED)
        assert not page.get(address).all("[data-live]")


def test_another_browser_sees_nothing(app: Flask, page: Visitor) -> None:
    with session_hearing(app, page) as session:
        stranger = Visitor(app)
        for path in ("", "/more", "/difference", "/1", "/1.txt"):
            answer = stranger.client.get(f"/sessions/{session.id}/record{path}")
            assert answer.status_code == 404


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1_000, "1.0 kB"),
        (99_949, "99.9 kB"),
        (100_000, "100 kB"),
        (999_499, "999 kB"),
        (999_500, "1.0 MB"),
        (5_250_000, "5.2 MB"),
    ],
)
def test_a_size_is_short(size: int, words: str) -> None:
    assert size_in_words(size) == words
