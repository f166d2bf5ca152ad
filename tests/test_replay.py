"""Events of a log sent again: each at its time, from the shell and from the page."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.page import Visitor
from tests.realtime_servers import wait_for
from tests.recorded_sandbox import RecordedSandbox, recorded_sandbox
from tests.shown_sessions import sandbox_at, session_of
from webapp.cli import main
from webapp.sessions.hub import Hub
from webapp.sessions.live import LiveSession
from webapp.sessions.protocol import Standing
from webapp.sessions.replay import QUIET_S, SETTLED_S, ReplayClock, Step

BUILDER = "/events/beta/response.create"
IDLE, BUSY = Standing(0, busy=False), Standing(1, busy=True)


# -- when a step is due ----------------------------------------------------------------------------


def test_a_step_waits_until_the_session_is_as_far_as_then() -> None:
    steps = [Step("a", 10, 0), Step("b", 20, 1)]
    clock = ReplayClock(steps, 100.0, paced=False)
    assert clock.is_due(steps[0], IDLE, 100.0)
    assert not clock.is_due(steps[1], Standing(0, busy=True), 100.1)
    assert clock.is_due(steps[1], BUSY, 100.2)


def test_what_never_comes_is_not_waited_for() -> None:
    steps = [Step("a", 10, 0), Step("b", 20, 4)]
    clock = ReplayClock(steps, 100.0, paced=False)
    assert not clock.is_due(steps[1], BUSY, 100.0)
    assert not clock.is_due(steps[1], BUSY, 100.0 + QUIET_S - 1)
    assert clock.is_due(steps[1], BUSY, 100.0 + QUIET_S)
    clock = ReplayClock(steps, 100.0, paced=False)
    assert not clock.is_due(steps[1], IDLE, 100.0)
    assert clock.is_due(steps[1], IDLE, 100.0 + SETTLED_S)


def test_pauses_are_kept_where_that_is_wished() -> None:
    steps = [Step("a", 1_000, 0), Step("b", 3_000, 9)]
    clock = ReplayClock(steps, 100.0, paced=True)
    assert clock.is_due(steps[0], BUSY, 100.0)
    assert not clock.is_due(steps[1], BUSY, 101.9)
    assert clock.is_due(steps[1], BUSY, 102.0)


# -- from the shell --------------------------------------------------------------------------------


def log_of(*events: tuple[str, float, str], dialect: str = "beta") -> str:
    head = {"seq": 0, "direction": "session", "dialect": dialect}
    lines = [
        {"seq": seq, "direction": direction, "offset_ms": at, "text": text}
        for seq, (direction, at, text) in enumerate(events, start=1)
    ]
    return "\n".join(json.dumps(line) for line in (head, *lines))


CREATE = '{ "type": "response.create", "event_id": "e1", "response": {"modalities": ["text"]} }'
CANCEL = '{"type":"response.cancel","event_id":"e2"}'
UPDATE = '{"type": "session.update", "session": {"instructions": "Brief."}}'


@pytest.fixture
def sandbox() -> Iterator[RecordedSandbox]:
    with recorded_sandbox() as recorded:
        yield recorded


def run(tmp_path: Path, log: str, *arguments: str) -> int:
    file = tmp_path / "log.jsonl"
    file.write_text(log, "utf-8")
    return main(["replay", str(file), *arguments])


def test_the_events_of_a_log_go_out_to_the_letter(
    tmp_path: Path, sandbox: RecordedSandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    log = log_of(
        ("received", 1, '{"type": "session.created"}'),
        ("sent", 2, UPDATE),
        ("sent", 3, CREATE),
        ("received", 4, '{"type": "response.created"}'),
        ("received", 5, '{"type": "response.done"}'),
        ("sent", 6, CREATE),
    )
    assert run(tmp_path, log, "--endpoint", sandbox.url) == 0
    (visit,) = sandbox.visits
    assert visit.frames == [UPDATE, CREATE, CREATE]
    assert visit.headers.get("openai-beta") == "realtime=v1"
    told = capsys.readouterr().out
    assert told.count("Sent response.create.") == 2
    assert told.count("Response completed.") == 2


def test_a_response_is_cancelled_where_it_was_then(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    slow = CREATE.replace("{", '{"metadata": {"sandbox": "slow"}, ', 2).replace(
        '{"metadata": {"sandbox": "slow"}, ', "{", 1
    )
    log = log_of(
        ("sent", 3, slow),
        ("received", 4, '{"type": "response.created"}'),
        ("sent", 6, CANCEL),
        ("received", 7, '{"type": "response.done"}'),
    )
    assert run(tmp_path, log) == 0
    assert "Response cancelled" in capsys.readouterr().out


def test_a_refusal_is_told_by_the_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = log_of(("sent", 1, '{"type": "nope"}'), ("sent", 2, CREATE))
    assert run(tmp_path, log, "--json") == 1
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert events[0]["type"] == "session.created"
    assert "error" in [event["type"] for event in events]
    assert "response.done" in [event["type"] for event in events]


@pytest.mark.parametrize(
    ("log", "words"),
    [("x", "line 1 is not JSON"), (log_of(), "nothing was sent"), ("", "nothing was sent")],
)
def test_what_is_no_log_ends_with_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], log: str, words: str
) -> None:
    assert run(tmp_path, log) == 2
    assert words in capsys.readouterr().err
    assert run(tmp_path, log_of(("sent", 1, CREATE)), "--endpoint", "http://x") == 2


def test_masked_events_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = {"seq": 1, "direction": "sent", "offset_ms": 1, "text": CREATE, "masked": True}
    assert run(tmp_path, json.dumps(line)) == 0
    assert "sent so: 1 of the events" in capsys.readouterr().err


# -- from the page ---------------------------------------------------------------------------------


@pytest.fixture
def hub(app: Flask) -> Iterator[Hub]:
    with sandbox_at(app) as hub:
        yield hub


def sent(session: LiveSession) -> list[str]:
    lines = map(json.loads, session.log())
    return [line["text"] for line in lines if line["direction"] == "sent"]


@pytest.mark.parametrize("button", ["Replay in a new session", "Replay with its pauses"])
def test_a_session_is_replayed_from_the_page(page: Visitor, hub: Hub, button: str) -> None:
    first = page.submit(page.get(f"{BUILDER}?example=short-text"), press="Send")
    second = page.submit(first, press="Send")
    old = session_of(second, hub)
    replayed = page.submit(second, press=button)
    new = session_of(replayed, hub)
    assert new is not old
    wait_for(lambda: len(sent(new)) == 2)
    assert sent(new) == sent(old)
    assert "Replaying 2 events." in replayed.text
    new.wait_until_quiet(5)
    done = [json.loads(line) for line in new.log() if '\\"response.done\\"' in line]
    assert len(done) == 2


FROM_LOG = "/sessions/from-log?dialect=ga&type=response.create"


def test_a_log_from_elsewhere_is_replayed(page: Visitor, hub: Hub) -> None:
    log = log_of(("sent", 1, UPDATE), ("sent", 2, CREATE))
    shown = page.post(FROM_LOG, {"log": log.replace("\n", "\r\n")})
    session = session_of(shown, hub)
    assert session.dialect == "beta"
    wait_for(lambda: sent(session) == [UPDATE, CREATE])
    large = log_of(("sent", 1, json.dumps({"type": "x", "text": "y" * 3_000_000})))
    answer = page.post_raw(FROM_LOG, {"log": large}, htmx=True)
    assert answer.status_code == 200
    assert answer.headers["HX-Retarget"] == "#session"


def test_masked_events_are_told_in_the_page_too(page: Visitor, hub: Hub) -> None:
    lines = [
        {"seq": 1, "direction": "sent", "offset_ms": 1, "text": CREATE, "masked": True},
        {"seq": 2, "direction": "sent", "offset_ms": 2, "text": UPDATE},
    ]
    shown = page.post(FROM_LOG, {"log": "\n".join(map(json.dumps, lines))})
    words = "Replaying 2 events. Logged without tokens and headers, and sent so: 1 of them."
    assert words in shown.text


@pytest.mark.parametrize(
    ("log", "words"), [("x", "This is no log: line 1 is not JSON"), (log_of(), "Nothing was sent")]
)
def test_what_is_no_log_opens_nothing(page: Visitor, hub: Hub, log: str, words: str) -> None:
    assert words in page.post(FROM_LOG, {"log": log}, status=422).text
    assert not hub._sessions  # type: ignore[attr-defined]


def test_there_may_be_nothing_to_replay(page: Visitor, hub: Hub) -> None:
    connected = page.submit(page.get(BUILDER), press="Connect")
    asked = page.submit(connected, press="Replay in a new session")
    assert "nothing to replay" in asked.text


def test_logs_and_archives_leave_secrets_out_unless_asked(page: Visitor, hub: Hub) -> None:
    tool = {"type": "mcp", "server_label": "m", "server_url": "https://m.example/"}
    tool["authorization"] = "canary-token"
    event = {"type": "response.create", "response": {"tools": [tool]}}
    sent_page = page.submit(
        page.post("/events/ga/response.create/raw", {"text": json.dumps(event)}),
        press="Send",
    )
    session = session_of(sent_page, hub)
    for form in ("jsonl", "har"):
        answer = page.client.get(f"/sessions/{session.id}/log.{form}")
        assert "canary" not in answer.text
        assert "attachment" in answer.headers["Content-Disposition"]
        asked = page.client.get(f"/sessions/{session.id}/log.{form}?secrets=yes")
        assert "canary-token" in asked.text
    har = json.loads(page.client.get(f"/sessions/{session.id}/log.har").text)
    assert har["log"]["creator"]["name"] == "Cuecard"
    links = [link for link in sent_page.links() if "/log." in link]
    assert len(links) == 4
