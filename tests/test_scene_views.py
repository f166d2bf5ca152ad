"""Events beside the draft, as a visitor without script and as a page with script sends them."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from websockets.asyncio.server import ServerConnection

from tests.page import Page, Visitor, text_of
from tests.realtime_servers import Recorder, hub_at, playing, wait_for
from tests.shown_sessions import sandbox_at, session_of
from webapp.exact_json.reader import read_json
from webapp.sessions.hub import Hub
from webapp.sessions.live import LiveSession
from webapp.sessions.prelude import PRELUDES, is_untouched
from webapp.sessions.words import explain_error
from webapp.views import current

BUILDER = "/events/beta/response.create"
WHERE = "?dialect=beta&type=response.create"
CALL = f"{BUILDER}?example=forced-function"


@pytest.fixture
def hub(app: Flask) -> Iterator[Hub]:
    """A hub whose sandbox answers without pauses."""
    with sandbox_at(app) as hub:
        yield hub


def frames(session: LiveSession, direction: str) -> list[str]:
    lines = map(json.loads, session.log())
    return [line["text"] for line in lines if line["direction"] == direction]


def sent(session: LiveSession) -> list[str]:
    return frames(session, "sent")


def types(texts: list[str]) -> list[str]:
    return [json.loads(text)["type"] for text in texts]


def said(page: Page) -> str:
    return text_of(page.one("#session-said"))


def with_box(page: Page, text: str, **others: str) -> list[tuple[str, str]]:
    new = {"prelude": text.replace("\n", "\r\n"), **others}
    return [pair for pair in page.fields("builder") if pair[0] not in new] + list(new.items())


def box(page: Page) -> str:
    return dict(page.fields("builder"))["prelude"].replace("\r\n", "\n")


# -- outputs of function calls ---------------------------------------------------------------------


def test_the_output_of_a_call_is_returned_and_a_response_asked_for(page: Visitor, hub: Hub) -> None:
    called = page.submit(page.get(CALL), press="Send")
    session = session_of(called, hub)
    assert "Return an output" in called.text
    button = next(b for b in called.all("ol button[name=call]") if b.get("value"))
    call_id = next(
        item["call_id"]
        for text in frames(session, "received")
        if (item := json.loads(text).get("item", {})).get("type") == "function_call"
    )
    output = '{"sky":\n "☂ <b>"}'
    given = [
        (name, output.replace("\n", "\r\n") if name == "output" else text)
        for name, text in called.fields("builder")
    ]
    after = page.post(button.get("formaction", ""), [*given, ("call", button.get("value", ""))])
    wait_for(lambda: len(sent(session)) == 3)
    _, item, create = map(json.loads, sent(session))
    assert item["type"] == "conversation.item.create"
    assert item["item"] == {"type": "function_call_output", "call_id": call_id, "output": output}
    assert create["type"] == "response.create"
    assert len({item["event_id"], create["event_id"]}) == 2
    assert "Output returned." in page.submit(after, press="Refresh").text
    again = page.post(
        button.get("formaction", ""),
        [pair for pair in given if pair[0] != "token"]
        + [("call", button.get("value", "")), ("token", "t2")],
        status=409,
    )
    assert "waits for no output" in said(again)
    assert len(sent(session)) == 3


def test_an_output_for_no_call_is_refused(page: Visitor, hub: Hub) -> None:
    called = page.submit(page.get(CALL), press="Send")
    session = session_of(called, hub)
    address = f"/sessions/{session.id}/outputs{WHERE}"
    fields = [(name, text) for name, text in called.fields("builder") if name != "token"]
    fields += [("call", "e999"), ("token", "t")]
    assert "waits for no output" in said(page.post(address, fields, status=409))
    assert len(sent(session)) == 1


# -- approval of MCP calls -------------------------------------------------------------------------

GA = "/events/ga/response.create"
NEAR = {"type": "mcp", "server_label": "sandbox", "server_url": "https://mcp.example.com"}
ASKED = {"type": "mcp_approval_request", "id": "mcpr_1", "server_label": "night", "name": "stars"}


def asking(page: Visitor, hub: Hub) -> tuple[Page, LiveSession]:
    """A page on which a call of the sandbox's own MCP server waits for approval."""
    params = {"output_modalities": ["text"], "tools": [NEAR], "tool_choice": "required"}
    text = json.dumps({"type": "response.create", "response": params})
    asked = page.submit(page.post(f"{GA}/raw", {"text": text}), press="Send")
    return asked, session_of(asked, hub)


def press(page: Visitor, shown: Page, label: str, status: int = 200, **typed: str) -> Page:
    """Press a button of a part of the transcript, with what was typed beside it."""
    button = next(b for b in shown.all("ol button") if text_of(b) == label and b.get("value"))
    fields = [(name, typed.get(name, text)) for name, text in shown.fields("builder")]
    fields += [("call", button.get("value", ""))]
    return page.post(button.get("formaction", ""), fields, status=status)


def approvals(session: LiveSession) -> list[dict[str, object]]:
    events = map(json.loads, sent(session))
    return [event["item"] for event in events if event["type"] == "conversation.item.create"]


@pytest.mark.parametrize(
    ("label", "reason", "members", "outcome"),
    [
        ("Approve", "", {"approve": True}, "rehearsed this call"),
        ("Approve", "not told", {"approve": True}, "rehearsed this call"),
        ("Deny", "", {"approve": False}, "You did not approve"),
        (
            "Deny",
            'Not "now",\n <b>',
            {"approve": False, "reason": 'Not "now",\n <b>'},
            "You did not approve",
        ),
    ],
)
def test_a_call_is_approved_or_denied_once(
    page: Visitor, hub: Hub, label: str, reason: str, members: dict[str, object], outcome: str
) -> None:
    asked, session = asking(page, hub)
    request = next(
        item
        for text in frames(session, "received")
        if (item := json.loads(text).get("item", {})).get("type") == "mcp_approval_request"
    )
    after = press(page, asked, label, reason=reason.replace("\n", "\r\n"))
    (item,) = approvals(session)
    own_id = str(item.pop("id"))
    assert len(own_id) <= 32
    assert item == {
        "type": "mcp_approval_response",
        "approval_request_id": request["id"],
        **members,
    }
    assert outcome in page.submit(after, press="Refresh").text
    # The sandbox goes on by itself, so nothing else was sent.
    assert types(sent(session)) == ["response.create", "conversation.item.create"]
    reloaded = page.get(GA)
    (part,) = [p for p in reloaded.all("ol .part--approval") if p.get("data-key")]
    assert (part.get("data-returns"), part.get("data-asks")) == ("", "")
    assert ("Approved." if members["approve"] else "Denied.") in text_of(part)
    for again in ("Approve", "Deny"):
        fields = [pair for pair in reloaded.fields("builder") if pair[0] != "token"]
        key = part.get("data-key", "")
        address = f"/sessions/{session.id}/{again.lower()}{WHERE}"
        refused = page.post(address, [*fields, ("call", key), ("token", again)], status=409)
        assert "waits for no answer" in said(refused)
    assert len(approvals(session)) == 1


def test_an_answer_to_no_request_is_refused(page: Visitor, hub: Hub) -> None:
    called = page.submit(page.get(CALL), press="Send")
    session = session_of(called, hub)
    part = next(p for p in called.all("ol .part--call") if p.get("data-key"))
    fields = [(name, text) for name, text in called.fields("builder") if name != "token"]
    for key in (part.get("data-key", ""), "e999", ""):
        for deed in ("approve", "deny", "ask"):
            address = f"/sessions/{session.id}/{deed}{WHERE}"
            page.post(address, [*fields, ("call", key), ("token", f"{deed} {key}")], status=409)
    assert types(sent(session)) == ["response.create"]


@pytest.mark.parametrize("dialect", ["beta", "ga"])
def test_a_response_is_offered_where_the_server_does_not_go_on(
    app: Flask, page: Visitor, dialect: str
) -> None:
    async def ask(socket: ServerConnection) -> None:
        await socket.recv()
        item = {**ASKED, "arguments": "{}"}
        for event in (
            {"type": "response.created", "response": {"id": "r", "status": "in_progress"}},
            {"type": "response.output_item.done", "response_id": "r", "item": item},
            {"type": "response.done", "response": {"id": "r", "status": "completed"}},
        ):
            await socket.send(json.dumps(event))

    recorder = Recorder(ask)
    with hub_at(playing(recorder.play)) as hub:
        app.extensions |= current.keep(replace(current.parts(app), hub=hub))
        start = page.submit(page.get(f"/events/{dialect}/response.create"), press="Send")
        answered = press(page, start, "Approve")
        recorder.wait_for(1)
        offered = page.submit(answered, press="Refresh")
        (part,) = [p for p in offered.all("ol .part--approval") if p.get("data-key")]
        assert part.get("data-asks") == "yes"
        asked = press(page, offered, "Ask for a response")
        recorder.wait_for(2)
        item, create = map(json.loads, recorder.got)
        assert item["item"]["approval_request_id"] == "mcpr_1"
        assert create["type"] == "response.create"
        assert len({item["event_id"], create["event_id"]}) == 2
        (part,) = [p for p in asked.all("ol .part--approval") if p.get("data-key")]
        assert part.get("data-asks") == ""
        press(page, asked, "Ask for a response", status=409)
        assert len(recorder.got) == 2


# -- the prelude -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("slug", "dialect"),
    [(slug, dialect) for slug, each in PRELUDES.items() for dialect in each.dialects],
)
def test_every_template_is_taken_by_the_sandbox(
    page: Visitor, hub: Hub, slug: str, dialect: str
) -> None:
    start = page.get(f"/events/{dialect}/response.create")
    where = f"?dialect={dialect}&type=response.create"
    filled = page.post(
        f"/sessions/prelude/template{where}", with_box(start, "", **{"prelude-template": slug})
    )
    event = json.loads(box(filled))
    assert event["type"] == PRELUDES[slug].type
    assert is_untouched(box(filled))
    after = page.submit(filled, press="Send it as it stands")
    session = session_of(after, hub)
    assert sent(session) == [box(filled)]
    errors = [json.loads(t)["error"] for t in frames(session, "received") if '"error"' in t]
    # What is missing is an item, a call or a response to speak of; nothing is misspelled.
    # An approval names a request, which there is none of.
    errors = [e for e in errors if e["param"] != "item.approval_request_id"]
    misspelt = ("unknown_parameter", "invalid_value", "missing_required_parameter")
    assert not [e for e in errors if e["code"] in misspelt]
    assert all(explain_error(e["code"], "").meaning for e in errors)


def test_an_event_is_sent_to_the_letter(page: Visitor, hub: Hub) -> None:
    text = '{ "type" : "session.update",\n\t"session": {"instructions": "ä", "temperature": 0.80} }'
    after = page.post(f"/sessions/prelude{WHERE}", with_box(page.get(BUILDER), text))
    session = session_of(after, hub)
    assert sent(session) == [text]
    assert box(after) == text
    assert "session.updated" in after.text
    assert "event_id" not in sent(session)[0]


def test_a_template_that_was_sent_gets_a_new_id(page: Visitor, hub: Hub) -> None:
    start = page.post(
        f"/sessions/prelude/template{WHERE}",
        with_box(page.get(BUILDER), "", **{"prelude-template": "user"}),
    )
    first = page.submit(start, press="Send it as it stands")
    second = page.submit(first, press="Send it as it stands")
    session = session_of(second, hub)
    one, two = map(json.loads, sent(session))
    assert one["event_id"] != two["event_id"]
    assert sent(session) == [box(start), box(second)]
    for token in ("t2", "t3"):
        mine = with_box(second, '{"type": "response.cancel", "event_id": "mine"}', token=token)
        page.post(f"/sessions/prelude{WHERE}", mine)
    assert [json.loads(text)["event_id"] for text in sent(session)[2:]] == ["mine", "mine"]


@pytest.mark.parametrize("text", ["not JSON", '{"a": 1, "a": 2}', "{", '{"x": NaN}'])
def test_what_is_not_json_is_sent_after_one_question(page: Visitor, hub: Hub, text: str) -> None:
    asked = page.post(f"/sessions/prelude{WHERE}", with_box(page.get(BUILDER), text))
    assert "This is not JSON (line 1, column" in said(asked)
    assert box(asked) == text
    after = page.submit(asked, press="Send it as it is")
    session = session_of(after, hub)
    assert sent(session) == [text]


@pytest.mark.parametrize("text", ["", " \n"])
def test_an_empty_box_sends_nothing_and_stays_open(page: Visitor, hub: Hub, text: str) -> None:
    start = page.get(BUILDER)
    assert "open" not in start.one("#prelude").attrib
    after = page.post(f"/sessions/prelude{WHERE}", with_box(start, text))
    assert "nothing in the box" in said(after)
    assert "open" in after.one("#prelude").attrib
    assert not hub.live("anybody")


def test_a_template_does_not_replace_what_was_typed(page: Visitor) -> None:
    typed = with_box(page.get(BUILDER), '{"type": "mine"}', **{"prelude-template": "cancel"})
    asked = page.post(f"/sessions/prelude/template{WHERE}", typed)
    assert "that you have typed" in said(asked)
    assert box(asked) == '{"type": "mine"}'
    replaced = page.submit(asked, press="Put the template in its place")
    assert json.loads(box(replaced))["type"] == "response.cancel"


def test_the_last_item_is_filled_in(page: Visitor, hub: Hub) -> None:
    called = page.submit(page.get(CALL), press="Send")
    fields = with_box(called, "", **{"prelude-template": "delete"})
    filled = page.post(f"/sessions/prelude/template{WHERE}", fields)
    after = page.submit(filled, press="Send it as it stands")
    assert "conversation.item.deleted" in after.text


def test_a_page_with_script_gets_the_box_alone(page: Visitor, hub: Hub) -> None:
    called = page.submit(page.get(CALL), press="Send")
    fields = with_box(called, "", **{"prelude-template": "session"})
    answer = page.post_raw(f"/sessions/prelude/template{WHERE}", fields, htmx=True)
    assert answer.headers["HX-Retarget"] == "#session-said"
    assert 'hx-target="#prelude"' in answer.text
    assert "session.update" in answer.text


@pytest.mark.parametrize("slug", PRELUDES)
@pytest.mark.parametrize("dialect", ["beta", "ga"])
def test_templates_are_strict_json(slug: str, dialect: str) -> None:
    text = PRELUDES[slug].text(dialect, "cue_x", "item_1")
    assert isinstance(read_json(text), dict)
    assert is_untouched(text)
    assert not is_untouched(text.replace(":", ": ", 1))
