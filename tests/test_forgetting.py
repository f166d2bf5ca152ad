"""Forget me: of one browser nothing is left, of all others everything."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask

from tests.page import Page, Visitor, text_of
from tests.realtime_servers import Recorder, wait_for
from tests.test_builder_views import BETA, GREETING, wire
from tests.test_endpoint_picker import BUILDER, KEY, about, app_with, server
from webapp.exact_json.writer import write
from webapp.sessions.hub import MemoryHub
from webapp.sessions.live import LiveSession
from webapp.sessions.protocol import State
from webapp.views import current

PASSWORD = "correct horse battery"
ID = "0123456789abcdef" * 2


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    app = app_with(tmp_path)
    yield app
    current.parts(app).hub.close()
    current.parts(app).departures.keyring.clear()


def sessions_of(app: Flask) -> list[LiveSession]:
    hub = current.parts(app).hub
    assert isinstance(hub, MemoryHub)
    return list(hub._sessions.values())


def visit(page: Visitor, url: str, draft_id: str) -> Page:
    """Keep a draft, type a key, and send to a server of one's own."""
    page.post(f"{BETA}/raw", {"text": write(GREETING), "draft": draft_id})
    page.post(f"{BETA}/raw", {"text": "{}", "draft": draft_id})
    start = page.submit(page.get(BUILDER), press="Use", change={"endpoint": "address"})
    filled = {"endpoint-address": f"{url}?model=m", "endpoint-key": KEY}
    used = page.submit(start, press="Use", change=filled)
    assert "key typed here" in about(used)
    return page.submit(used, press="Send")


def test_nothing_is_left_of_a_browser_and_all_of_the_others(app: Flask, page: Visitor) -> None:
    other, recorder = Visitor(app), Recorder()
    with server(recorder) as url:
        shown = visit(page, url, ID)
        (mine,) = sessions_of(app)
        visit(other, url, ID[::-1])
        recorder.wait_for(2)
        before = page.client.get_cookie("cuecard-80")
        gone = page.submit(shown, form="forget", press="Forget everything")
        assert "Forgotten" in gone.text
        wait_for(lambda: mine.state is State.CLOSED)
        after = page.client.get_cookie("cuecard-80")
        assert before is not None
        assert after is not None
        assert before.value != after.value
        (theirs,) = sessions_of(app)
        assert theirs is not mine
        assert theirs.state is State.OPEN
        assert page.client.get(f"/sessions/{mine.id}/log.jsonl").status_code == 404
        anew = page.get(BUILDER)
        assert about(anew) == "Endpoint Sandbox Beta or GA · no key"
        assert not anew.all("ol li")
        assert "Recent" not in [text_of(each) for each in anew.all("summary")]
        assert page.client.get(f"{BETA}?draft={ID}").status_code == 404
        assert wire(other.get(f"{BETA}?draft={ID[::-1]}")) == "{}"
        assert "key typed here" in about(other.get(BUILDER))
        undone = other.get(f"{BETA}?draft={ID[::-1]}")
        assert wire(other.post(f"{BETA}/undo", undone.fields("builder"))) == write(GREETING)
    drafts = current.parts(app).drafts
    for table in ("version", "standing"):
        rows = drafts._db().execute(f"select distinct draft from {table}").fetchall()  # noqa: S608
        assert rows == [(ID[::-1],)], table


def test_even_the_old_cookie_leads_to_nothing(app: Flask, page: Visitor) -> None:
    with server(Recorder()) as url:
        visit(page, url, ID)
        cookie = page.client.get_cookie("cuecard-80")
        assert cookie is not None
        page.post("/forget")
        page.client.set_cookie("cuecard-80", cookie.value)
        again = page.get(BUILDER)
        assert about(again) == "Endpoint Sandbox Beta or GA · no key"
        assert not again.all("ol li")
        with app.test_request_context():
            assert current.drafts().recent(cookie.value) == []


def test_what_comes_late_is_not_kept_any_more(app: Flask, page: Visitor) -> None:
    text = write(GREETING)
    page.post(f"{BETA}/raw", {"text": text, "draft": ID})
    cookie = page.client.get_cookie("cuecard-80")
    assert cookie is not None
    page.post("/forget")
    page.client.set_cookie("cuecard-80", cookie.value)
    page.post(f"{BETA}/raw", {"text": text, "draft": ID})
    assert page.client.get(f"{BETA}?draft={ID}").status_code == 404
    page.client.delete_cookie("cuecard-80")
    page.post(f"{BETA}/raw", {"text": text, "draft": ID})
    assert wire(page.get(f"{BETA}?draft={ID}")) == text


def test_the_answer_clears_what_the_browser_holds_and_no_strangers_cookies(page: Visitor) -> None:
    page.get(BUILDER)
    answer = page.client.post("/forget", content_type="application/x-www-form-urlencoded")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/forgotten")
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert answer.headers["Cache-Control"] == "no-store"


def test_whoever_has_nothing_here_is_forgotten_too(page: Visitor) -> None:
    assert "Forgotten" in page.post("/forget").text
    assert "Forgotten" in page.post("/forget").text


def test_drafts_that_cannot_be_deleted_are_said_to_be_there(
    app: Flask, page: Visitor, tmp_path: Path
) -> None:
    with server(Recorder()) as url:
        visit(page, url, ID)
        with closing(sqlite3.connect(tmp_path / "drafts.sqlite")) as broken:
            broken.execute("drop table draft")
        failed = page.post("/forget", status=503)
        assert "could not be deleted; sessions and keys are gone" in failed.text
        assert not sessions_of(app)
        assert about(page.get(BUILDER)) == "Endpoint Sandbox Beta or GA · no key"


def test_a_login_ends_with_it(tmp_path: Path) -> None:
    app = app_with(tmp_path, password=PASSWORD)
    page = Visitor(app)
    page.post("/login", {"password": PASSWORD, "next": ""})
    assert page.get(BUILDER).button("Log out").get("type") == "submit"
    assert "Forgotten" in page.post("/forget").text
    assert page.client.get(BUILDER).status_code == 401
    current.parts(app).hub.close()
