"""The record keeps every frame exactly, up to its limits, and says what it dropped."""

import base64
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.sessions import log_files
from webapp.sessions.record import (
    Direction,
    Record,
    Recorded,
    RecordLimits,
    Spoken,
    with_sound,
)


def record_of(count: int, limits: RecordLimits, payload: str = "x") -> Record:
    record = Record(limits)
    for at in range(count):
        record.add(Direction.RECEIVED, at, payload)
        record.trim()
    return record


def lines(record: Record) -> list[dict[str, object]]:
    kept = Recorded("s", "sandbox", "", "beta", datetime.now(UTC), tuple(record), record.seq)
    head, *others = map(json.loads, log_files.lines(kept, secrets=True))
    assert head["direction"] == "session"
    return others


def test_frames_are_kept_in_order_with_direction_and_time() -> None:
    record = Record()
    record.add(Direction.NOTICE, 0.5, "Connecting.")
    record.add(Direction.SENT, 1.0004, '{"type": "response.create"}')
    record.add(Direction.RECEIVED, 2, b"\x00\x01")
    assert lines(record) == [
        {"seq": 1, "direction": "notice", "offset_ms": 0.5, "text": "Connecting."},
        {"seq": 2, "direction": "sent", "offset_ms": 1.0, "text": '{"type": "response.create"}'},
        {"seq": 3, "direction": "received", "offset_ms": 2, "base64": "AAE="},
    ]


@pytest.mark.parametrize(("count", "kept"), [(10, 10), (11, 10)])
def test_the_oldest_frames_go_first_and_leave_a_gap(count: int, kept: int) -> None:
    record = record_of(count, RecordLimits(max_events=10))
    assert len(record) == kept
    first = lines(record)[0]
    if count == kept:
        assert first["direction"] == "received"
    else:
        assert first == {"seq": 1, "direction": "gap", "last_seq": 1, "events": 1}


def test_text_is_bounded_in_bytes_not_in_characters() -> None:
    record = record_of(10, RecordLimits(max_text_bytes=40), payload="éé")  # 4 bytes each
    assert len(record) == 10
    record.add(Direction.RECEIVED, 0, "x")
    assert [frame.seq for frame in record.trim()] == [1]


def test_sound_is_bounded_apart_so_that_text_goes_on() -> None:
    record = Record(RecordLimits(max_sound_bytes=10))
    record.add(Direction.SENT, 0, "first")
    for _ in range(5):
        record.add(Direction.RECEIVED, 0, Spoken('{"delta":"', b"1234", '"}'))
    assert [frame.seq for frame in record.trim()] == [2, 3, 4]
    assert next(frame.text for frame in record) == "first"
    gaps = [line for line in lines(record) if line["direction"] == "gap"]
    assert gaps == [{"seq": 2, "direction": "gap", "last_seq": 4, "events": 3}]


def test_one_frame_above_the_limit_is_kept_alone() -> None:
    record = record_of(3, RecordLimits(max_text_bytes=5), payload="too long for it")
    assert [frame.seq for frame in record] == [3]


@given(st.binary(), st.text(), st.text())
def test_sound_comes_back_as_the_very_text_it_was(sound: bytes, head: str, tail: str) -> None:
    delta = base64.b64encode(sound).decode()
    text = f'{head}"{delta}"{tail}'
    payload = with_sound(text, delta)
    record = Record()
    assert record.add(Direction.RECEIVED, 0, payload).text == text


@pytest.mark.parametrize("delta", ["AA", "not base64", "AAE=\\n", "AAF=", "data:text/html", "A A="])
def test_base64_that_is_not_canonical_stays_text(delta: str) -> None:
    text = f'{{"delta":"{delta}"}}'
    assert with_sound(text, delta) == text


@pytest.mark.parametrize("sound_bytes", [0, 1, 2, 3, 4, 6])
def test_a_frame_knows_its_size(sound_bytes: int) -> None:
    record = Record()
    sound = Spoken('{"delta":"', b"x" * sound_bytes, '"}')
    assert record.add(Direction.RECEIVED, 0, sound).size_bytes == len(sound.text)
    assert record.add(Direction.RECEIVED, 0, "é").size_bytes == 2
    assert record.add(Direction.RECEIVED, 0, b"123").text == "binary, 3 bytes"
