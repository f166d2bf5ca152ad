"""However much has changed, it reaches the page in small portions, none lost and none twice."""

import json
from contextlib import ExitStack
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.test_looking import about, delta, hear, session
from tests.test_sse import read_stream
from tests.test_transcript import Model
from webapp.sessions.hub import StreamSlots
from webapp.sessions.live import LiveSession
from webapp.sessions.portions import MAX_BYTES, MAX_CHANGES, portions
from webapp.sessions.transcript import Change
from webapp.views.session_stream import Stream

texts = st.builds(
    lambda text, times: text * times,
    st.text(st.characters(exclude_categories=["Cs"]), max_size=4),
    st.sampled_from([1, 1, 1, 3_000, 30_000]),
)
keys = st.sampled_from(["e1", "e2", "e3"])
slots = st.sampled_from(["text", "json"])
changes_of_any_kind = st.lists(
    st.one_of(
        st.just(["reset"]),
        st.builds(lambda key: ["drop", key], keys),
        st.builds(
            lambda key, words: ["put", key, "", "event", words, {"tone": "ok"}],
            keys,
            st.dictionaries(slots, texts),
        ),
        st.builds(lambda what, *rest: [what, *rest], st.sampled_from(["set", "add"]), keys,
                  slots, texts),
    ),
    max_size=12,
)  # fmt: skip


class Tolerant(Model):
    """A page as browsers have it: what is said of an entry that is not there is said to nobody."""

    def take(self, changes: list[Change]) -> None:
        for change in changes:
            if change[0] in ("set", "add", "drop") and change[1] not in self.entries:
                continue
            super().take([change])


def applied(*batches: list[Change]) -> list[Any]:
    page = Tolerant()
    for batch in batches:
        page.take(batch)
    return page.seen()


@settings(max_examples=60, deadline=None)
@given(changes_of_any_kind, st.integers(1, 150))
def test_portions_are_small_and_come_to_the_same(changes: list[Change], times: int) -> None:
    changes = changes * times
    parts = list(portions(changes))
    read = [json.loads(part) for part in parts]
    assert all(len(part) <= MAX_BYTES for part in parts)
    assert all(len(part) <= MAX_CHANGES for part in read)
    assert applied(*read) == applied(changes)


@pytest.mark.parametrize(
    ("count", "parts"), [(0, 1), (1, 1), (MAX_CHANGES, 1), (MAX_CHANGES + 1, 2), (1_000, 5)]
)
def test_there_are_as_many_as_it_takes(count: int, parts: int) -> None:
    changes: list[Change] = [["drop", f"e{number}"] for number in range(count)]
    texts = list(portions(changes))
    assert len(texts) == parts
    assert [change for text in texts for change in json.loads(text)] == changes


def test_so_many_bytes_are_one_portion_and_one_more_are_two() -> None:
    room = MAX_BYTES - len('[["add","e1","text",""]]')
    assert len(list(portions([["add", "e1", "text", "x" * room]]))) == 1
    assert len(list(portions([["add", "e1", "text", "x" * (room + 1)]]))) == 2


# -- over the stream -------------------------------------------------------------------------------


def long_session() -> LiveSession:
    told = session()
    hear(told, about("created", "a"))
    for number in range(450):
        hear(told, json.dumps({"type": "brand.new", "number": number}))
        hear(told, delta("text", "a", f"{number} "))
    return told


def streamed(told: LiveSession, cursor: str) -> list[tuple[str, str, str]]:
    """What a reader gets from ``cursor`` on, until there is no more."""
    stream = Stream(told, cursor, ExitStack(), StreamSlots(1), {})
    messages: list[tuple[str, str, str]] = []
    for text in stream:
        messages += read_stream(text)
        if messages and messages[-1][2]:
            break
    stream.close()
    return messages


@pytest.mark.parametrize("cursor", ["", "another:7", "nonsense"])
def test_who_has_lost_the_place_gets_all_in_portions_at_once(cursor: str) -> None:
    told = long_session()
    messages = streamed(told, cursor)
    names, texts, ids = zip(*messages, strict=True)
    assert len(messages) > 2
    assert set(names) == {"changes"}
    assert ids == (*[""] * (len(messages) - 1), told.snapshot().cursor)
    batches = [json.loads(text) for text in texts]
    assert [batch[0] == ["reset"] for batch in batches] == [True, *[False] * (len(batches) - 1)]
    everything = applied(told.changes_since("")[1])
    assert applied(*batches) == everything
    # One that is cut off anywhere begins anew, and comes to the same.
    for cut in range(len(batches)):
        assert applied(*batches[:cut], *batches) == everything


def test_who_was_away_gets_parts_that_count_only_with_their_end() -> None:
    told = long_session()
    page = Tolerant()
    page.take(told.changes_since("")[1])
    cursor = told.snapshot().cursor
    for number in range(450):
        hear(told, json.dumps({"type": "brand.new", "number": number}))
        hear(told, delta("text", "a", f"{number} "))
    messages = streamed(told, cursor)
    assert [name for name, _, _ in messages] == [*["part"] * (len(messages) - 1), "changes"]
    assert [bool(id_) for _, _, id_ in messages] == [*[False] * (len(messages) - 1), True]
    for _, text, _ in messages:
        page.take(json.loads(text))
    assert page.seen() == applied(told.changes_since("")[1])


def test_what_is_short_is_one_message() -> None:
    told = long_session()
    cursor = told.snapshot().cursor
    hear(told, delta("text", "a", "more"))
    (message,) = streamed(told, cursor)
    assert message[0] == "changes"
    assert message[2] == told.snapshot().cursor
