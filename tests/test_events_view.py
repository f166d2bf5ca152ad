"""The record as rows: what is found, what is folded, and the window that is shown of it."""

import json
import time

import pytest

from webapp.sessions.events_view import WINDOW, Asked, View, pretty, view
from webapp.sessions.record import Direction, Frame, Payload, Record, RecordLimits, Spoken

AUDIO = "response.audio.delta"
WORDS = "response.audio_transcript.delta"


def event(type_: str, **members: object) -> str:
    return json.dumps({"type": type_, **members})


def record(*types: str) -> Record:
    """A record of received events of these types, each naming its number."""
    kept = Record()
    for number, type_ in enumerate(types, start=1):
        direction = Direction.SENT if type_ == "response.create" else Direction.RECEIVED
        kept.add(direction, number, event(type_, n=number), type_)
    return kept


def seen(kept: Record, asked: Asked | None = None) -> View:
    return view(list(kept), kept.seq, asked or Asked())


def rows(kept: Record, asked: Asked | None = None) -> list[tuple[int, int]]:
    """First number and count of each row."""
    return [(row.seq, row.count) for row in seen(kept, asked).rows]


def test_deltas_that_come_in_a_run_are_one_row_for_each_type() -> None:
    kept = record("response.created", WORDS, AUDIO, AUDIO, WORDS, AUDIO, "response.done", AUDIO)
    assert rows(kept) == [(1, 1), (2, 2), (3, 3), (7, 1), (8, 1)]
    fold = seen(kept).rows[2]
    assert fold.is_fold
    assert (fold.last_seq, fold.frame.type) == (6, AUDIO)
    assert fold.size_bytes == sum(len(event(AUDIO, n=n)) for n in (3, 4, 6))


def test_a_fold_opens() -> None:
    kept = record(WORDS, AUDIO, AUDIO, WORDS)
    found = seen(kept, Asked(opened=frozenset({2}))).rows
    assert [(row.seq, row.count, row.inside) for row in found] == [
        (1, 2, False),
        (2, 2, False),
        (2, 1, True),
        (3, 1, True),
    ]
    assert [row.opened for row in found] == [False, True, False, False]


def test_nothing_is_folded_where_that_is_not_wished() -> None:
    kept = record(AUDIO, AUDIO)
    assert rows(kept, Asked(folded=False)) == [(1, 1), (2, 1)]


def test_words_type_and_direction_narrow_it_down() -> None:
    kept = record("response.create", "response.created", AUDIO, "response.done")
    assert rows(kept, Asked(text='"N": 3')) == [(3, 1)]
    assert rows(kept, Asked(text="no such")) == []
    assert rows(kept, Asked(text="(")) == []
    assert rows(kept, Asked(type="response.done")) == [(4, 1)]
    assert rows(kept, Asked(direction="sent")) == [(1, 1)]
    assert rows(kept, Asked(direction="received", text="create")) == [(2, 1)]
    assert seen(kept, Asked(type=AUDIO)).found == 1
    assert seen(kept).types == [
        (AUDIO, 1),
        ("response.create", 1),
        ("response.created", 1),
        ("response.done", 1),
    ]


def test_sound_is_not_searched_but_what_stands_around_it() -> None:
    kept = Record()
    kept.add(Direction.RECEIVED, 0, Spoken('{"delta":"', b"sound", '","item":"tail"}'), AUDIO)
    assert rows(kept, Asked(text="TAIL")) == [(1, 1)]
    assert rows(kept, Asked(text="delta")) == [(1, 1)]
    assert rows(kept, Asked(text="c291bmQ")) == []


@pytest.mark.parametrize(
    "text",
    ["Grüße", "„Zitat“", 'say "hi"', "back\\slash", "tab\there", "日本", "🦆", "a/b", "\\u00fc"],
)
def test_what_is_escaped_is_found_as_it_reads(text: str) -> None:
    kept = record("x")
    for ensure_ascii in (True, False):
        kept.add(Direction.RECEIVED, 0, json.dumps({"delta": text}, ensure_ascii=ensure_ascii))
    kept.add(Direction.RECEIVED, 0, '{"delta": "\\ud800 half"}')
    assert rows(kept, Asked(text=text)) == [(2, 1), (3, 1)]
    assert rows(kept, Asked(text="half")) == [(4, 1)]


def test_a_window_moves_through_a_long_record() -> None:
    kept = record(*["x"] * (2 * WINDOW + 10))
    last = seen(kept)
    assert (last.rows[0].seq, last.rows[-1].seq) == (WINDOW + 11, 2 * WINDOW + 10)
    assert (last.earlier, last.later) == (WINDOW + 10, 0)
    middle = seen(kept, Asked(before=last.rows[0].seq))
    assert (middle.rows[0].seq, middle.rows[-1].seq) == (11, WINDOW + 10)
    first = seen(kept, Asked(before=middle.rows[0].seq))
    assert (first.earlier, first.later, len(first.rows)) == (0, 2 * WINDOW, 10)
    onwards = [first]
    while onwards[-1].later:
        onwards.append(seen(kept, Asked(before=onwards[-1].following)))
    seqs = [row.seq for each in onwards for row in each.rows]
    assert seqs == list(range(1, 2 * WINDOW + 11))


def test_what_is_new_since_a_frame_begins_with_the_row_that_holds_it() -> None:
    kept = record("x", AUDIO, AUDIO, AUDIO, "y")
    assert rows(kept, Asked(since=3)) == [(2, 3), (5, 1)]
    assert rows(kept, Asked(since=6)) == []


def test_frames_that_are_no_longer_kept_are_a_row() -> None:
    kept = Record(RecordLimits(max_events=2))
    for _ in range(5):
        kept.add(Direction.RECEIVED, 0, "{}", "x")
        kept.trim()
    gap, *others = seen(kept).rows
    assert (gap.gap, gap.seq, gap.last_seq, gap.count) == (True, 1, 3, 3)
    assert [row.seq for row in others] == [4, 5]
    assert [row.gap for row in seen(kept, Asked(type="x")).rows] == [False, False]


def test_what_was_lost_in_between_is_a_row_too() -> None:
    kept = Record(RecordLimits(max_sound_bytes=4))
    for type_ in ("response.created", AUDIO, AUDIO, "response.done", WORDS, AUDIO, WORDS, AUDIO):
        payload = Spoken('{"delta":"', b"1234", '"}') if type_ == AUDIO else event(type_)
        kept.add(Direction.RECEIVED, 0, payload, type_)
    kept.trim()
    assert [(row.gap, row.seq, row.last_seq, row.count) for row in seen(kept).rows] == [
        (False, 1, 1, 1),
        (True, 2, 3, 2),
        (False, 4, 4, 1),
        (False, 5, 7, 2),
        (True, 6, 6, 1),
        (False, 8, 8, 1),
    ]
    lost = [row.count for row in seen(kept, Asked(folded=False)).rows if row.gap]
    assert sum(lost) == seen(kept).lost == 3


def frame(payload: Payload) -> Frame:
    return Frame(1, Direction.RECEIVED, 0, payload)


def test_a_frame_is_laid_out_where_it_is_json() -> None:
    assert pretty(frame('{"a":[1.50,{}]}')) == '{\n  "a": [\n    1.50,\n    {}\n  ]\n}'
    for odd in ("not JSON", '{"a":1,"a":2}', "[" * 200 + "]" * 200, '"\\ud800"', ""):
        assert pretty(frame(odd)) == odd
    assert pretty(frame(b"12")) == "binary, 2 bytes"


def test_ten_thousand_frames_are_seen_at_once() -> None:
    kept = record(*[AUDIO, WORDS, "x"] * 3_333)
    began = time.perf_counter()
    for _ in range(5):
        seen(kept, Asked(text="no such words"))
        seen(kept)
    assert time.perf_counter() - began < 5
