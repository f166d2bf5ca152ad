"""A record as files: lossless, in forms that other programs read, and without secrets."""

import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.exports.pieces import masked
from webapp.sessions import log_files
from webapp.sessions.record import Direction, Record, Recorded, RecordLimits, with_sound
from webapp.sessions.replay import NoLog, read_log

BEGAN = datetime(2026, 11, 22, 12, 0, 0, 500_000, tzinfo=UTC)
TOOL = {
    "type": "mcp",
    "server_label": "mail",
    "authorization": "canary-token",
    "headers": {"X-Key": "canary-header", "X-Other": "canary-other"},
}
SECRET = json.dumps({"type": "response.create", "response": {"tools": [TOOL]}}, indent=1)


def recorded(record: Record, dialect: str = "beta") -> Recorded:
    return Recorded("s" * 32, "sandbox", "", dialect, BEGAN, tuple(record), record.seq)


def filled() -> Record:
    record = Record()
    record.add(Direction.NOTICE, 0, "Connecting.")
    record.add(Direction.RECEIVED, 1.25, '{"type": "session.created"}')
    record.add(Direction.SENT, 2.5, '{ "type" : "response.create", "a\\u0062": 1.50 } ')
    record.add(Direction.RECEIVED, 3, '{"type": "response.created", "response": {}}')
    sound = with_sound('{"type": "response.audio.delta", "delta": "AAEC"}', "AAEC")
    record.add(Direction.RECEIVED, 4, sound)
    record.add(Direction.RECEIVED, 5, b"\x00\xff")
    record.add(Direction.SENT, 6, "not JSON \ud800")
    record.add(Direction.SENT, 7, SECRET)
    return record


def archive(of: Recorded, *, secrets: bool = False) -> dict[str, Any]:
    value = json.loads("".join(log_files.har(of, "1.0", secrets=secrets)))
    assert isinstance(value, dict)
    return value["log"]  # type: ignore[no-any-return]


def test_an_archive_has_every_frame_and_what_the_format_asks_for() -> None:
    record = filled()
    log = archive(recorded(record), secrets=True)
    assert log["version"] == "1.2"
    assert log["creator"] == {"name": "Cuecard", "version": "1.0"}
    (entry,) = log["entries"]
    assert entry["startedDateTime"] == "2026-11-22T12:00:00.500+00:00"
    assert entry["time"] == 7
    assert set(entry) >= {"request", "response", "cache", "timings"}
    assert entry["request"]["headers"] == []
    assert entry["response"]["status"] == 101
    frames = [each for each in record if each.direction is not Direction.NOTICE]
    messages = entry["_webSocketMessages"]
    assert [message["type"] for message in messages] == [
        "receive",
        "send",
        "receive",
        "receive",
        "receive",
        "send",
        "send",
    ]
    assert [message["data"] for message in messages if message["opcode"] == 1] == [
        each.text for each in frames if not isinstance(each.payload, bytes)
    ]
    assert [message["data"] for message in messages if message["opcode"] == 2] == ["AP8="]
    assert messages[0]["time"] == pytest.approx(BEGAN.timestamp() + 0.00125)
    assert [message["_seq"] for message in messages] == [2, 3, 4, 5, 6, 7, 8]
    assert entry["_cuecard"]["notices"][0]["text"] == "Connecting."
    assert entry["_cuecard"]["dialect"] == "beta"


def test_an_empty_record_is_an_archive_too() -> None:
    (entry,) = archive(recorded(Record()))["entries"]
    assert entry["_webSocketMessages"] == []


def test_an_archive_adds_up_as_the_format_wants_it() -> None:
    address = "wss://server.example/v1/realtime?model=a%20b&intent="
    (entry,) = archive(replace(recorded(filled()), address=address))["entries"]
    assert entry["time"] == sum(entry["timings"].values()) == 7
    assert entry["request"]["url"] == address
    assert entry["request"]["queryString"] == [
        {"name": "model", "value": "a b"},
        {"name": "intent", "value": ""},
    ]


def test_what_was_dropped_is_named_in_both() -> None:
    record = Record(RecordLimits(max_events=2))
    for at in range(5):
        record.add(Direction.RECEIVED, at, "{}")
        record.trim()
    gap = {"seq": 1, "direction": "gap", "last_seq": 3, "events": 3}
    (entry,) = archive(recorded(record))["entries"]
    assert entry["_cuecard"]["gaps"] == [gap]
    lines = [json.loads(line) for line in log_files.lines(recorded(record), secrets=True)]
    assert lines[1] == gap


@pytest.mark.parametrize("secrets", [False, True])
def test_tokens_and_headers_are_in_a_file_only_where_asked_for(secrets: bool) -> None:
    of = recorded(filled())
    for text in (
        "\n".join(log_files.lines(of, secrets=secrets)),
        "".join(log_files.har(of, "1.0", secrets=secrets)),
    ):
        assert ("canary" in text) is secrets
        assert ("masked" in text) is not secrets


def test_masking_leaves_all_else_to_the_letter() -> None:
    hidden = masked(SECRET)
    expected = SECRET
    for word in ("canary-token", "canary-header", "canary-other"):
        expected = expected.replace(f'"{word}"', '"(masked)"')
    assert hidden == expected
    assert json.loads(hidden)["response"]["tools"][0]["server_label"] == "mail"


@pytest.mark.parametrize(
    "text",
    [
        '{"session": {"tools": [{"authorization": "canary"}]}}',
        '{"session": {"tools": [{"\\u0061uthorization": "canary"}]}}',
        '{"tools": [{"headers": "canary"}]}',
        '{"tools": [{"authorization": "canary"}], ',
        '{"authorization": "canary',
    ],
)
def test_secrets_are_found_however_they_are_written(text: str) -> None:
    assert "canary" not in masked(text)


@given(st.text())
def test_text_without_secrets_stays_as_it_is(text: str) -> None:
    assert masked(text) == text or "authorization" in text


# -- read back -------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["lines", "archive"])
def test_what_was_sent_is_read_back_to_the_letter(form: str) -> None:
    record = filled()
    of = recorded(record)
    if form == "lines":
        log = read_log("\n".join(log_files.lines(of, secrets=True)))
    else:
        log = read_log("".join(log_files.har(of, "1.0", secrets=True)))
    sent = [each for each in record if each.direction is Direction.SENT]
    assert [step.text for step in log.steps] == [each.text for each in sent]
    assert [step.milestones for step in log.steps] == [0, 1, 1]
    pauses = [step.offset_ms - log.steps[0].offset_ms for step in log.steps]
    assert pauses == pytest.approx([0, 3.5, 4.5], abs=0.01)
    assert log.dialect == "beta"


def test_masked_events_are_counted() -> None:
    log = read_log("\n".join(log_files.lines(recorded(filled()), secrets=False)))
    assert log.masked == 1


def test_an_archive_of_a_browser_is_read() -> None:
    messages = [
        {"type": "send", "time": 1.5, "opcode": 1, "data": '{"type":"response.create"}'},
        {"type": "receive", "time": 1.6, "opcode": 1, "data": '{"type":"response.created"}'},
        {"type": "send", "time": 2, "opcode": 2, "data": "AAA="},
        {"type": "send", "time": 2.5, "opcode": 1, "data": '{"type":"response.cancel"}'},
    ]
    entries = [{"request": {}}, {"_webSocketMessages": messages}]
    log = read_log("\ufeff" + json.dumps({"log": {"entries": entries}}))
    assert [(step.offset_ms, step.milestones) for step in log.steps] == [(1500, 0), (2500, 1)]
    assert log.dialect == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x", "line 1 is not JSON"),
        ("[]", "line 1 is not a JSON object"),
        ('{"type": "response.create"}', "line 1 has no direction"),
        ('{"direction": "sent", "text": "x"}\n\nnope', "line 3 is not JSON"),
        ('{"log": {"entries": 7}}', "no frames"),
        ('{"log": {}}', "no frames"),
        ("[" * 100_000, "line 1 is not JSON"),
    ],
)
def test_what_is_no_log_is_told_why(text: str, words: str) -> None:
    with pytest.raises(NoLog, match=words):
        read_log(text)


@pytest.mark.parametrize(
    "time", ["1" + "0" * 400, "-1" + "0" * 400, "1e999", "NaN", "-Infinity", '"x"', "null", "[]"]
)
def test_a_time_that_is_none_counts_as_the_beginning(time: str) -> None:
    line = f'{{"direction": "sent", "text": "x", "offset_ms": {time}}}'
    assert [step.offset_ms for step in read_log(line).steps] == [0]
    message = f'{{"type": "send", "opcode": 1, "data": "x", "time": {time}}}'
    archive = f'{{"log": {{"entries": [{{"_webSocketMessages": [{message}]}}]}}}}'
    assert [step.offset_ms for step in read_log(archive).steps] == [0]


@given(st.text())
def test_no_text_surprises_the_reader(text: str) -> None:
    with suppress(NoLog):
        read_log(text)
