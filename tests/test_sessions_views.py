"""The session column, as a visitor without script and as a page with script sees it."""

import json
import re
import signal
import socket
import time
import wave
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from io import BytesIO

import pytest
from flask import Flask
from websockets.asyncio.server import ServerConnection

from tests.page import Page, Visitor, text_of
from tests.realtime_servers import Recorder, hub_at, playing, wait_for
from tests.served import Served, serve
from tests.shown_sessions import sandbox_at, session_of
from tests.test_sse import read_stream
from webapp.sessions.event_ids import was_given
from webapp.sessions.hub import Hub, StreamSlots
from webapp.sessions.live import LiveSession
from webapp.sessions.protocol import State
from webapp.views import current, session_stream

BUILDER = "/events/beta/response.create"
SEND = "/sessions/send?dialect=beta&type=response.create"
SPOKEN = f"{BUILDER}?example=spoken-greeting"
SLOW = {"type": "response.create", "response": {"metadata": {"sandbox": "slow"}}}
CALL = f"{BUILDER}?example=forced-function"


@pytest.fixture
def app(app: Flask) -> Iterator[Flask]:
    """The application with a sandbox that answers without pauses."""
    with sandbox_at(app):
        yield app


@pytest.fixture
def hub(app: Flask) -> Hub:
    return current.parts(app).hub


def send(page: Visitor, address: str = f"{BUILDER}?example=short-text") -> Page:
    return page.submit(page.get(address), press="Send")


def send_event(page: Visitor, event: object) -> Page:
    return page.submit(page.post(f"{BUILDER}/raw", {"text": json.dumps(event)}), press="Send")


def visitor_of(page: Visitor) -> str:
    cookie = page.client.get_cookie("cuecard-80")
    assert cookie is not None
    return cookie.value


def entry_of(page: Page, kind: str) -> str:
    """The words of the first entry of a kind that the transcript shows."""
    found = [e for e in page.all(f"ol li.entry--{kind}") if e.get("data-key")]
    return text_of(found[0])


def said(page: Page) -> str:
    return text_of(page.one("#session-said"))


def log(page: Visitor, session: LiveSession) -> list[dict[str, object]]:
    answer = page.client.get(f"/sessions/{session.id}/log.jsonl")
    assert answer.status_code == 200
    assert answer.content_type == "application/jsonl"
    assert "attachment" in answer.headers["Content-Disposition"]
    return [json.loads(line) for line in answer.text.splitlines()]


# -- without script --------------------------------------------------------------------------------


def test_a_fresh_page_is_one_click_from_a_reply(page: Visitor) -> None:
    fresh = page.get(f"{BUILDER}?example=short-text")
    assert "Not connected" in fresh.text
    replied = page.submit(fresh, press="Send")
    assert "Connected to Sandbox" in replied.text
    assert "completed" in entry_of(replied, "response")
    assert "answered" in entry_of(replied, "sent")


def sent_texts(page: Visitor, session: LiveSession) -> list[str]:
    lines = [line for line in log(page, session) if line["direction"] == "sent"]
    return [str(line["text"]) for line in lines]


def wire_of(page: Visitor, shown: Page) -> str:
    return page.post_raw(f"{BUILDER}/wire", shown.fields("builder")).text


def test_the_event_goes_out_as_the_page_shows_it(page: Visitor, hub: Hub) -> None:
    replied = page.submit(page.get(CALL), press="Send")
    assert sent_texts(page, session_of(replied, hub)) == [wire_of(page, replied)]


@pytest.mark.parametrize("server", ["night", "sandbox"])
def test_addresses_inside_an_event_are_never_asked(page: Visitor, hub: Hub, server: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/x.png"
        tool = {"type": "mcp", "server_label": server, "server_url": url}
        part = {"type": "input_image", "image_url": url}
        item = {"type": "message", "role": "user", "content": [part]}
        params = {"tools": [{**tool, "require_approval": "never"}], "input": [item]}
        event = {"type": "response.create", "response": params}
        form = page.post("/events/ga/response.create/raw", {"text": json.dumps(event)})
        shown = page.submit(form, press="Send")
        if "Send anyway" in said(shown):
            shown = page.submit(shown, press="Send anyway")
        assert url in sent_texts(page, session_of(shown, hub))[0]
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()


def test_an_event_without_an_id_is_given_a_new_one_by_every_send(page: Visitor, hub: Hub) -> None:
    form = page.get(CALL)
    bare = json.loads(wire_of(page, form))
    assert "event_id" not in bare
    first = page.submit(form, press="Send")
    second = page.submit(first, press="Send")
    given = [json.loads(text) for text in sent_texts(page, session_of(second, hub))]
    ids = [event.pop("event_id") for event in given]
    assert given == [bare, bare]
    assert len(set(ids)) == 2
    assert all(was_given(visitor_of(page), event_id) for event_id in ids)
    assert json.loads(wire_of(page, second))["event_id"] == ids[1]


@pytest.mark.parametrize("event_id", ["evt_mine", "", None, 7, "cue_abcdefghijkmnpqrst"])
def test_an_id_of_the_visitor_is_never_changed(page: Visitor, hub: Hub, event_id: object) -> None:
    text = json.dumps({"type": "response.create", "event_id": event_id})
    shown = page.post(f"{BUILDER}/raw", {"text": text})
    for _ in range(2):
        shown = page.submit(shown, press="Send")
        if "error" in said(shown):
            shown = page.submit(shown, press="Send anyway")
    sent = [json.loads(each) for each in sent_texts(page, session_of(shown, hub))]
    assert [event["event_id"] for event in sent] == [event_id, event_id]


def test_the_id_that_an_event_is_given_enters_form_and_wire_text(page: Visitor, hub: Hub) -> None:
    form = page.get(CALL)
    answer = page.post_raw(SEND, form.fields("builder"), htmx=True).text
    (session,) = hub.live(visitor_of(page))
    event_id = json.loads(sent_texts(page, session)[0])["event_id"]
    assert f'value="{event_id}"' in answer
    assert 'hx-target="#q-event_id"' in answer
    assert "cuecard:kept" in page.post_raw(SEND, form.fields("builder"), htmx=True).headers.get(
        "HX-Trigger", ""
    )


def test_sending_keeps_what_was_typed(page: Visitor) -> None:
    form = page.get(CALL)
    typed = [pair for pair in form.fields("builder") if pair[0].startswith("response")]
    assert typed
    replied = page.submit(form, press="Send")
    assert [p for p in replied.fields("builder") if p[0].startswith("response")] == typed


def test_a_spoken_reply_can_be_played_from_the_page(page: Visitor) -> None:
    replied = send(page, SPOKEN)
    (audio,) = [e for e in replied.all("ol audio") if e.get("src")]
    answer = page.client.get(audio.get("src", ""))
    assert answer.content_type == "audio/wav"
    with wave.open(BytesIO(answer.data)) as file:
        assert file.getnframes() > 10_000
    live = page.client.get(audio.get("src", "").replace(".wav", ".pcm?from=100"))
    assert live.data == answer.data[44 + 200 :]


def test_a_function_call_shows_its_arguments(page: Visitor) -> None:
    words = entry_of(send(page, CALL), "response")
    assert "Function call" in words
    assert re.search(r"\{.*\}", words)


def test_the_same_press_twice_sends_once(page: Visitor, hub: Hub) -> None:
    form = page.get(BUILDER)
    first = page.submit(form, press="Send")
    again = page.submit(form, press="Send")
    session = session_of(first, hub)
    assert session_of(again, hub) is session
    assert len([line for line in log(page, session) if line["direction"] == "sent"]) == 1
    third = page.submit(again, press="Send")
    assert session_of(third, hub) is session
    assert len([line for line in log(page, session) if line["direction"] == "sent"]) == 2


def test_an_event_with_errors_is_sent_after_one_question(page: Visitor, hub: Hub) -> None:
    pasted = page.post(f"{BUILDER}/raw", {"text": '{"type": "response.create", "nope": 1}'})
    asked = page.submit(pasted, press="Send")
    assert "The event has 1 error." in said(asked)
    assert "Not connected" in asked.text
    replied = page.submit(asked, press="Send anyway")
    assert said(replied) == ""
    assert "unknown_parameter" in entry_of(replied, "error")
    assert "refused" in entry_of(replied, "sent")
    assert "nope" in str(log(page, session_of(replied, hub)))


def test_an_event_in_the_other_dialect_asks_where_to_go(page: Visitor, hub: Hub) -> None:
    beta = send(page)
    session = session_of(beta, hub)
    other = page.get("/events/ga/response.create")
    assert session_of(other, hub) is session
    asked = page.submit(other, press="Send")
    assert "This session speaks Beta, the event is written in GA." in said(asked)
    assert text_of(asked.button("Send anyway")) == "Send anyway"
    replied = page.submit(asked, press="Open a GA session and send")
    assert session_of(replied, hub).dialect == "ga"
    assert "completed" in entry_of(replied, "response")


def test_a_second_default_response_is_refused_with_what_to_do(app: Flask, page: Visitor) -> None:
    with sandbox_at(app, speed=1):
        refuse_a_second_response(page)


def refuse_a_second_response(page: Visitor) -> None:
    running = send_event(page, SLOW)
    assert "running" in entry_of(running, "response")
    asked = page.submit(running, press="Send")
    assert "still being answered" in said(asked)
    refused = page.submit(asked, press="Send anyway")
    words = entry_of(refused, "error")
    assert "already" in words or "still being answered" in words
    assert "cancel it and send again" in words
    error = next(e for e in refused.all("ol li.entry--error") if e.get("data-key"))
    (link,) = list(error.iter("a"))
    sent = [e for e in refused.all("ol li.entry--sent") if e.get("data-key")]
    assert link.get("href") == f"#{sent[1].get('id')}"
    cancelled = page.submit(refused, press="Cancel response")
    assert "cancelled" in entry_of(cancelled, "response")


def responses(page: Page) -> list[str]:
    found = [e for e in page.all("ol li.entry--response") if e.get("data-key")]
    return [e.get("data-outcome", "") for e in found]


@pytest.fixture
def busy(app: Flask, page: Visitor) -> Iterator[Page]:
    """What is asked when a second event is sent while the first is being answered."""
    with sandbox_at(app, speed=1):
        yield page.submit(send_event(page, SLOW), press="Send")


def test_an_event_can_wait_until_the_response_is_done(
    page: Visitor, app: Flask, busy: Page
) -> None:
    waits = page.submit(busy, press="Send when it is done")
    assert "1 event will be sent when the response is done." in waits.text
    assert responses(waits) == ["running"]
    page.submit(waits, press="Cancel response")
    session = session_of(waits, current.parts(app).hub)
    wait_for(lambda: len(sent_texts(page, session)) == 3)
    assert wire_of(page, waits) in sent_texts(page, session)[1:]
    assert "will be sent" not in page.submit(waits, press="Refresh").text


def test_an_event_that_waits_need_not_be_sent(page: Visitor, app: Flask, busy: Page) -> None:
    waits = page.submit(busy, press="Send when it is done")
    gone = page.submit(waits, press="Do not send")
    assert "will be sent" not in gone.text
    page.submit(gone, press="Cancel response")
    session = session_of(waits, current.parts(app).hub)
    session.wait_until_quiet(5)
    assert len(sent_texts(page, session)) == 2


def test_what_runs_can_be_cancelled_for_the_next_event(
    page: Visitor, app: Flask, busy: Page
) -> None:
    after = page.submit(busy, press="Cancel it and send")
    session = session_of(after, current.parts(app).hub)
    wait_for(lambda: len(sent_texts(page, session)) == 3)
    first, cancel, second = map(json.loads, sent_texts(page, session))
    assert cancel["type"] == "response.cancel"
    assert was_given(visitor_of(page), cancel["event_id"])
    assert second["event_id"] != first["event_id"]
    wait_for(lambda: responses(page.submit(after, press="Refresh")) == ["cancelled", "running"])
    states = [e.get("data-status") for e in page.get(BUILDER).all("ol li.entry--sent")]
    assert [state for state in states if state] == ["answered"] * 3


def test_an_event_can_be_answered_beside_the_conversation(
    page: Visitor, app: Flask, busy: Page
) -> None:
    beside = page.submit(busy, press="Send out-of-band")
    session = session_of(beside, current.parts(app).hub)
    assert json.loads(wire_of(page, beside))["response"]["conversation"] == "none"
    assert sent_texts(page, session)[1] == wire_of(page, beside)
    wait_for(lambda: responses(page.submit(beside, press="Refresh")) == ["running", "running"])
    assert said(beside) == ""


WARM = {"type": "response.create", "response": {"temperature": 9, "instructions": "Hi."}}


def problems(page: Page) -> list[str]:
    return [text_of(each) for each in page.all("#problems li")]


def test_field_and_transcript_say_the_same_where_only_the_type_is_known(
    app: Flask, page: Visitor
) -> None:
    async def fail(socket: ServerConnection) -> None:
        event_id = json.loads(await socket.recv())["event_id"]
        error = {"type": "server_error", "message": "Oh.", "event_id": event_id}
        await socket.send(json.dumps({"type": "error", "error": error}))

    with hub_at(playing(Recorder(fail).play)) as hub:
        app.extensions |= current.keep(replace(current.parts(app), hub=hub))
        shown = send_event(page, {"type": "response.create"})
        (told,) = [each for each in problems(shown) if "server said" in each]
        assert "The server failed on its own side. It said: “Oh.”" in told
        assert "The server failed on its own side." in entry_of(shown, "error")


def test_what_a_server_refuses_stands_at_its_field_until_it_is_edited(page: Visitor) -> None:
    pasted = page.post(f"{BUILDER}/raw", {"text": json.dumps(WARM)})
    refused = page.submit(page.submit(pasted, press="Send"), press="Send anyway")
    said_by_server = [each for each in problems(refused) if "server said" in each]
    assert len(said_by_server) == 1
    assert "/response/temperature" in said_by_server[0]
    assert "It said: “Invalid 'response.temperature': decimal above" in said_by_server[0]
    assert "A number is too large." in said_by_server[0]
    assert "It said:" in text_of(refused.one("#p-response-temperature"))
    line = next(e for e in refused.all("#wire .ln--error") if "temperature" in text_of(e))
    assert "9" in text_of(line)
    words = entry_of(refused, "error")
    assert "Go to response.temperature" in words
    found = page.submit(refused, press="Go to response.temperature")
    assert any("server said" in each for each in problems(found))
    fields = [
        (name, "1.0" if name == "response.temperature" else text)
        for name, text in refused.fields("builder")
    ]
    edited = page.post(f"{BUILDER}/preview", fields)
    assert not any("server said" in each for each in problems(edited))
    other = [
        (name, "Hello." if name == "response.instructions" else text)
        for name, text in refused.fields("builder")
    ]
    elsewhere = page.post(f"{BUILDER}/preview", other)
    assert any("server said" in each for each in problems(elsewhere))
    again = page.get(f"{BUILDER}?session={session_id(refused)}")
    assert not any("server said" in each for each in problems(again))


def test_a_member_the_server_does_not_know_is_not_mended_by_another_value(page: Visitor) -> None:
    send(page, "/events/ga/response.create?example=short-text")
    pasted = page.post(f"{BUILDER}/raw", {"text": json.dumps(WARM)})
    refused = page.submit(page.submit(pasted, press="Send"), press="Send anyway")
    [said_by_server] = [each for each in problems(refused) if "server said" in each]
    assert "Unknown parameter: 'response.temperature'" in said_by_server
    assert "Fix" not in said_by_server
    assert "Fix: write 1.2" in next(each for each in problems(refused) if "Too large" in each)


def session_id(page: Page) -> str:
    return page.one("input[name=session]").get("value", "")


def test_an_error_leads_to_its_field(page: Visitor) -> None:
    pasted = page.post(f"{BUILDER}/raw", {"text": json.dumps(WARM)})
    fields = [*pasted.fields("builder"), ("at", "/response/temperature")]
    answer = page.post_raw(f"{BUILDER}/find", fields, htmx=True)
    assert answer.status_code == 204
    assert json.loads(answer.headers["HX-Trigger"]) == {
        "cuecard:focus": {"on": "response.temperature"}
    }


def test_cancel_is_off_while_nothing_runs(page: Visitor, hub: Hub) -> None:
    replied = send(page)
    assert replied.button("Cancel response").get("disabled") is not None
    session = session_of(replied, hub)
    refused = page.post(f"/sessions/{session.id}/cancel", replied.fields("builder"), status=409)
    assert "No response is running." in said(refused)


def test_close_keeps_the_transcript_and_reconnect_goes_on(page: Visitor, hub: Hub) -> None:
    replied = send(page)
    session = session_of(replied, hub)
    closed = page.submit(replied, press="Close")
    wait_for(lambda: session.state is State.CLOSED)
    closed = page.submit(closed, press="Refresh")
    assert "Closed from here." in closed.text
    assert "completed" in entry_of(closed, "response")
    again = page.submit(closed, press="Reconnect")
    assert session_of(again, hub) is session
    assert "Connected to Sandbox" in again.text
    assert "completed" in entry_of(again, "response")


def test_send_reconnects_a_closed_session(page: Visitor, hub: Hub) -> None:
    replied = send(page)
    session = session_of(replied, hub)
    session.close()
    wait_for(lambda: session.state is State.CLOSED)
    again = page.submit(replied, press="Send")
    assert session_of(again, hub) is session
    assert len([e for e in again.all("ol li.entry--response") if e.get("data-key")]) == 2


def test_a_new_session_closes_the_one_that_was_shown(page: Visitor, hub: Hub) -> None:
    replied = send(page)
    session = session_of(replied, hub)
    fresh = page.submit(replied, press="New session")
    assert session_of(fresh, hub) is not session
    wait_for(lambda: session.state is State.CLOSED)
    closed = page.get(f"{BUILDER}?session={session.id}")
    assert "Closed: a new session was opened in its place." in closed.text


def test_a_new_session_leaves_one_alone_that_other_tabs_show(page: Visitor, hub: Hub) -> None:
    replied = send(page)
    session = session_of(replied, hub)
    with session.watching(), session.watching():
        fresh = page.submit(replied, press="New session")
    assert session_of(fresh, hub) is not session
    assert session.state is State.OPEN


def test_connect_opens_a_session_without_sending(page: Visitor) -> None:
    connected = page.submit(page.get(BUILDER), press="Connect")
    assert "Connected: the server has opened a session." in connected.text
    assert not [e for e in connected.all("ol li.entry--sent") if e.get("data-key")]


def test_a_reload_shows_the_session_again(page: Visitor, hub: Hub) -> None:
    session = session_of(send(page), hub)
    assert session_of(page.get(BUILDER), hub) is session
    newer = session_of(page.submit(page.get(BUILDER), press="New session"), hub)
    assert session_of(page.get(BUILDER), hub) is newer
    assert session_of(page.get(f"{BUILDER}?session={session.id}"), hub) is session


def test_a_session_that_is_gone_is_said_to_be(page: Visitor) -> None:
    gone = page.get(f"{BUILDER}?session={'0' * 32}")
    assert "no longer kept" in said(gone)
    assert "completed" in entry_of(page.submit(gone, press="Send"), "response")


def test_too_many_sessions_name_the_open_ones(page: Visitor, hub: Hub) -> None:
    for _ in range(4):
        page.post("/sessions?dialect=beta&type=response.create")
    full = page.post(SEND, status=429)
    assert "4 sessions are open in this browser" in said(full)
    links = [link for link in full.links() if "session=" in link]
    assert len(links) == 4
    assert session_of(page.get(links[0]), hub)


def test_another_browser_finds_nothing(page: Visitor, hub: Hub, app: Flask) -> None:
    session = session_of(send(page, SPOKEN), hub)
    stranger = Visitor(app)
    for address in ("/log.jsonl", "/audio/e5.wav", "/audio/e5.pcm"):
        assert stranger.client.get(f"/sessions/{session.id}{address}").status_code == 404
    for address in ("", "/events", "/connect", "/cancel", "/close"):
        assert stranger.post_raw(f"/sessions/{session.id}{address}").status_code == 404
    assert b"event: end" in stranger.client.get(f"/sessions/{session.id}/stream").data
    assert "Not connected" in stranger.get(f"{BUILDER}?session={session.id}").text


@pytest.mark.parametrize(
    "address",
    ["audio/nope.wav", "audio/session.wav", "audio/e1.pcm?from=x", "audio/e1.pcm?from=-1"],
)
def test_sound_that_is_not_there_is_404(page: Visitor, hub: Hub, address: str) -> None:
    session = session_of(send(page), hub)
    assert page.client.get(f"/sessions/{session.id}/{address}").status_code == 404


def test_an_unknown_endpoint_or_event_is_refused(page: Visitor) -> None:
    assert "no such endpoint" in said(page.post(SEND, {"endpoint": "moon"}, status=404))
    page.post("/sessions/send?dialect=latin", status=404)
    page.post("/sessions/send?type=nope", status=404)


def test_the_visitor_is_an_opaque_cookie(page: Visitor) -> None:
    answer = page.client.get(BUILDER)
    (cookie,) = answer.headers.getlist("Set-Cookie")
    assert re.match(r"cuecard-\d+=[0-9a-f]{32}; HttpOnly; Path=/; SameSite=Lax$", cookie)


# -- with script -----------------------------------------------------------------------------------


def test_the_first_send_brings_the_whole_column(page: Visitor, hub: Hub) -> None:
    answer = page.post_raw(SEND, page.get(BUILDER).fields("builder"), htmx=True)
    assert answer.headers["HX-Retarget"] == "#session"
    assert answer.headers["HX-Reswap"] == "outerHTML"
    (session,) = hub.live(next(iter(hub._sessions.values())).visitor)  # type: ignore[attr-defined]
    assert f'data-session="{session.id}"' in answer.text


def test_the_next_send_leaves_the_transcript_to_the_stream(page: Visitor, hub: Hub) -> None:
    shown = send(page)
    answer = page.post(SEND, shown.fields("builder"), htmx=True)
    assert answer.response.headers["HX-Retarget"] == "#session-said"
    assert not answer.all("ol")


def test_presses_that_follow_quickly_are_one_and_the_next_intent_is_another(
    page: Visitor, hub: Hub
) -> None:
    shown = send(page)
    session = session_of(shown, hub)
    fields = shown.fields("builder")

    def sent() -> int:
        return len([line for line in log(page, session) if line["direction"] == "sent"])

    token = page.post(SEND, fields, htmx=True).one("input[name=token]")
    assert token.get("value") == dict(fields)["token"]
    assert sent() == 2
    again = page.post(SEND, fields, htmx=True)
    assert "The event was sent once." in said(again)
    assert again.one("input[name=token]").get("value") == dict(fields)["token"]
    assert sent() == 2
    # Another button is another intent, also with a token that is spent for sending.
    closed = page.post(f"/sessions/{session.id}/close", fields, htmx=True)
    assert closed.one("input[name=token]").get("data-next-token") is None
    wait_for(lambda: session.state is State.CLOSED)
    renewed = dict(fields) | {"token": str(token.get("data-next-token"))}
    page.post(SEND, list(renewed.items()), htmx=True)
    assert sent() == 3


def test_an_error_with_script_stays_in_the_column(page: Visitor, hub: Hub) -> None:
    shown = send(page)
    session = session_of(shown, hub)
    fields = shown.fields("builder")
    answer = page.post(f"/sessions/{session.id}/cancel", fields, htmx=True, status=409)
    assert answer.response.headers["HX-Retarget"] == "#session-said"
    assert "No response is running." in answer.text


def test_foreign_text_stays_text(page: Visitor) -> None:
    attack = '<img src=x onerror=alert(1)><hx-partial hx-target="#form">gone</hx-partial>'
    text = json.dumps({"type": "response.create", "response": {"instructions": attack}})
    form = page.post(f"{BUILDER}/raw", {"text": text})
    replied = page.submit(form, press="Send")
    assert attack in entry_of(replied, "sent").replace('\\"', '"')
    assert not replied.all("ol img")


# -- the stream ------------------------------------------------------------------------------------


def stream(page: Visitor, session: LiveSession, cursor: str = "") -> list[tuple[str, str, str]]:
    """Read the stream of a closed session to its end."""
    answer = page.client.get(f"/sessions/{session.id}/stream?from={cursor}")
    assert answer.content_type == "text/event-stream"
    assert answer.headers["Cache-Control"] == "no-store"
    return read_stream(answer.data)


def closed_session(page: Visitor, hub: Hub) -> LiveSession:
    session = session_of(send(page), hub)
    session.close()
    wait_for(lambda: session.state is State.CLOSED)
    return session


def test_a_stream_gives_what_is_missing_and_ends_with_the_session(page: Visitor, hub: Hub) -> None:
    session = closed_session(page, hub)
    now = session.snapshot().cursor
    changes, end = stream(page, session)
    assert end[:2] == ("end", "closed")
    assert changes[0] == "changes"
    assert changes[2] == now
    first, *rest = json.loads(changes[1])
    assert first == ["reset"]
    assert {change[3] for change in rest if change[0] == "put"} >= {"sent", "response", "text"}
    assert stream(page, session, now) == [("end", "closed", "")]
    before = f"{now.partition(':')[0]}:{int(now.partition(':')[2]) - 1}"
    (last, _) = stream(page, session, before)
    assert ["reset"] not in json.loads(last[1])


def test_a_reconnecting_browser_goes_on_where_it_was(page: Visitor, hub: Hub) -> None:
    session = closed_session(page, hub)
    now = session.snapshot().cursor
    headers = {"Last-Event-ID": now}
    answer = page.client.get(f"/sessions/{session.id}/stream?from=old:1", headers=headers)
    assert read_stream(answer.data) == [("end", "closed", "")]


@pytest.mark.parametrize("cursor", ["other:3", "nonsense", ":", "x:99999999999999999999", "é:1"])
def test_a_cursor_of_another_life_begins_anew(page: Visitor, hub: Hub, cursor: str) -> None:
    changes, _ = stream(page, closed_session(page, hub), cursor)
    assert json.loads(changes[1])[0] == ["reset"]


def test_a_stream_of_nothing_ends_at_once(page: Visitor) -> None:
    answer = page.client.get(f"/sessions/{'0' * 32}/stream")
    assert answer.status_code == 200
    assert read_stream(answer.data) == [("end", "gone", "")]


def test_streams_are_limited_and_a_reader_who_leaves_makes_room(page: Visitor, hub: Hub) -> None:
    session = session_of(send(page), hub)
    address = f"/sessions/{session.id}/stream"
    readers = [page.client.get(address, buffered=False) for _ in range(2)]
    assert page.client.get(address).status_code == 503
    readers[0].close()
    third = page.client.get(address, buffered=False)
    assert third.status_code == 200
    third.close()
    readers[1].close()


def test_a_reader_who_stops_reading_is_cut_off(page: Visitor, hub: Hub, app: Flask) -> None:
    session = session_of(send(page), hub)
    slots = StreamSlots(1)
    held = ExitStack()
    held.enter_context(slots.take("anna"))
    ours, theirs = socket.socketpair()
    with ours, theirs:
        environ = {"gunicorn.socket": ours}
        stream = session_stream.Stream(session, "", held, slots, environ, patience_s=0.3)
        with pytest.raises(TimeoutError):
            ours.sendall(b"x" * 10_000_000)  # what was written before and not read
        assert list(stream) == [b"retry: 1500\n\n"]
        stream.close()
        theirs.settimeout(5)
        while theirs.recv(1_000_000):
            pass
    with slots.take("otto"):
        pass


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serve() as running:
        yield running


def open_stream(served: Served) -> socket.socket:
    """Send an event to the served app and return the connection of its stream."""
    with served.connect() as peer:
        body = b"anyway=yes"
        head = (
            f"POST {SEND} HTTP/1.1\r\nHost: {served.host}\r\nConnection: close\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
            "HX-Request: true\r\nSec-Fetch-Site: same-origin\r\n\r\n"
        )
        peer.sendall(head.encode() + body)
        answer = b"".join(iter(lambda: peer.recv(65_536), b"")).decode()
    cookie = re.search(r"Set-Cookie: ([^;]+)", answer, re.IGNORECASE)
    address = re.search(r'data-stream="([^"]+)"', answer)
    assert cookie, answer[:500]
    assert address, answer[:500]
    reader = served.connect()
    reader.sendall(
        f"GET {address[1]} HTTP/1.1\r\nHost: {served.host}\r\nCookie: {cookie[1]}\r\n\r\n".encode()
    )
    return reader


def read_until(reader: socket.socket, words: bytes, timeout_s: float = 10) -> bytes:
    reader.settimeout(timeout_s)
    got = b""
    while words not in got:
        more = reader.recv(65_536)
        assert more, got[-500:]
        got += more
    return got


def test_a_served_stream_brings_the_reply_as_it_is_made(served: Served) -> None:
    with open_stream(served) as reader:
        got = read_until(reader, b"completed", 20)
        assert b"event: changes" in got
        assert b"X-Accel-Buffering: no" in got


def test_stopping_the_app_ends_its_streams_and_is_quick() -> None:
    with serve() as served, open_stream(served) as reader:
        read_until(reader, b"event: changes")
        began_s = time.monotonic()
        served.process.send_signal(signal.SIGTERM)
        read_until(reader, b"event: end", 5)
        served.process.wait(10)
        assert time.monotonic() - began_s < 6
        assert served.process.returncode == 0
        assert "Traceback" not in served.logged()
