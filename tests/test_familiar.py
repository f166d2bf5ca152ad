"""What is read the short way is what the strict decoder reads."""

import json
import time
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from webapp.events.server import Delta, UnreadableServerEvent
from webapp.sessions.familiar import FamiliarReader
from webapp.sessions.protocol import read_received

TYPES = (
    "response.text.delta",
    "response.output_text.delta",
    "response.audio.delta",
    "response.output_audio_transcript.delta",
    "response.function_call_arguments.delta",
    "response.mcp_call_arguments.delta",
)
FIRST = {
    "type": "response.text.delta",
    "event_id": "event_1",
    "response_id": "resp_1",
    "item_id": "item_1",
    "output_index": 0,
    "content_index": 0,
    "delta": "Good",
    "obfuscation": "x7",
}
anything = st.text(st.characters(exclude_categories=()), max_size=12)
ids = st.sampled_from(["a", "b", 'q"', "\\", "é", "0", ""])
events = st.fixed_dictionaries(
    {"type": st.sampled_from(TYPES), "delta": anything},
    optional={
        "event_id": anything,
        "response_id": ids,
        "item_id": ids,
        "content_index": st.sampled_from([0, 1, -0.0, 1.0, 10**30, "0", None, True, []]),
        "obfuscation": anything,
        "de\\lta": anything,
        "nested": st.sampled_from([{}, {"delta": "no"}, ["delta"]]),
    },
)


def spelled(event: dict[str, Any], *, ascii_only: bool, tight: bool) -> str:
    separators = (",", ":") if tight else None
    return json.dumps(event, ensure_ascii=ascii_only, separators=separators)


texts = st.builds(spelled, events, ascii_only=st.booleans(), tight=st.booleans())
# The same again with a piece of it replaced: where the seams are, any character may stand.
torn = st.builds(
    lambda text, at, size, piece: text[: at % len(text)] + piece + text[at % len(text) + size :],
    texts,
    st.integers(0, 400),
    st.integers(0, 6),
    st.sampled_from(
        ['"', "\\", '"delta":"', "\\u0000", "\\ud800", "\n", "\x7f", "}", ",", "", "é"]
    ),
)


@given(st.lists(texts | torn, min_size=2, max_size=6))
@example([json.dumps(FIRST), json.dumps(FIRST | {"delta": "\x00"})])
@example([json.dumps(FIRST), json.dumps(FIRST)[:-1]])
@example([json.dumps(FIRST), json.dumps(FIRST) + " x"])
def test_any_events_in_any_order_are_read_as_the_decoder_reads_them(sent: list[str]) -> None:
    reader = FamiliarReader()
    assert [reader.read(text) for text in sent] == [read_received(text) for text in sent]


@given(anything, anything, st.booleans())
def test_the_next_of_a_stream_differs_in_its_strings_alone(
    event_id: str, delta: str, ascii_only: bool
) -> None:
    reader = FamiliarReader()
    reader.read(json.dumps(FIRST))
    text = json.dumps(FIRST | {"event_id": event_id, "delta": delta}, ensure_ascii=ascii_only)
    assert reader.read(text) == read_received(text)


@pytest.mark.parametrize(
    "change",
    [
        {"response_id": "resp_2"},
        {"item_id": "item_2"},
        {"content_index": 1},
        {"content_index": "0"},
        {"type": "response.audio_transcript.delta"},
        {"delta": 7},
        {"delta": None},
        {"delta": "a\nb\t\"c\"\\"},
        {"delta": "Grüße \u2028 \U0001f600"},
    ],
)  # fmt: skip
def test_what_names_the_place_is_never_taken_from_the_one_before(change: dict[str, Any]) -> None:
    reader = FamiliarReader()
    reader.read(json.dumps(FIRST))
    for ascii_only in (True, False):
        text = json.dumps(FIRST | change, ensure_ascii=ascii_only)
        assert reader.read(text) == read_received(text)


@pytest.mark.parametrize("delta", [r"\u0000", r"\ud800", r"\x", "\n", "\x00", "\ud800"])
def test_a_string_that_must_not_be_is_refused_in_the_same_words(delta: str) -> None:
    reader = FamiliarReader()
    reader.read(json.dumps(FIRST))
    text = json.dumps(FIRST).replace("Good", delta)
    assert isinstance(reader.read(text), UnreadableServerEvent)
    assert reader.read(text) == read_received(text)


def test_the_same_name_twice_is_refused() -> None:
    reader = FamiliarReader()
    reader.read(json.dumps(FIRST))
    twice = json.dumps(FIRST)[:-1] + ', "delta": "again"}'
    assert reader.read(twice) == read_received(twice)
    assert isinstance(reader.read(twice), UnreadableServerEvent)


def test_a_stream_of_deltas_is_read_several_times_faster() -> None:
    reader = FamiliarReader()
    sent = [json.dumps(FIRST | {"event_id": f"event_{n}", "delta": f"{n} "}) for n in range(3_000)]

    def taken(read: Any) -> float:
        begun = time.process_time()
        assert all(isinstance(read(text), Delta) for text in sent)
        return time.process_time() - begun

    assert min(taken(reader.read) for _ in range(3)) * 2 < min(taken(read_received) for _ in "123")


@given(st.lists(texts | torn, min_size=2, max_size=6))
def test_what_goes_on_is_said_to_go_on_and_nothing_else_is(sent: list[str]) -> None:
    reader = FamiliarReader()
    last = reader.read(sent[0])
    for text in sent[1:]:
        delta, event = reader.read_on(text), read_received(text)
        if delta is not None:
            assert isinstance(event, Delta)
            assert isinstance(last, Delta)
            assert (event.type, event.place, event.delta) == (last.type, last.place, delta)
        last = reader.read(text)
