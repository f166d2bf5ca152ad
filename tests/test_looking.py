"""When someone looks at a session makes no difference to what there is to see."""

import json
from dataclasses import dataclass
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.realtime_servers import SANDBOX_PRESET
from webapp.sessions.connection import LARGE_CHARS, SocketThread
from webapp.sessions.live import LiveSession
from webapp.sessions.protocol import Protocol, read_received

OPENED = json.dumps({"type": "session.created", "session": {"model": "m"}})


@dataclass
class Clock:
    now_s: float = 0.0

    def __call__(self) -> float:
        return self.now_s


def session() -> LiveSession:
    """A session that is open and has no socket; every message takes 10 ms."""

    async def nowhere() -> Any:
        raise AssertionError

    opened = LiveSession("visitor", SANDBOX_PRESET, "beta", SocketThread(), nowhere, clock=Clock())
    opened._protocol = Protocol()
    hear(opened, OPENED)
    return opened


def hear(told: LiveSession, *messages: str | bytes) -> None:
    for message in messages:
        assert isinstance(told._clock, Clock)
        told._clock.now_s += 0.01
        told._received(message, None)


def delta(kind: str, response: str, text: str, **more: Any) -> str:
    place = {"response_id": response, "item_id": f"item_{response}", "content_index": 0}
    return json.dumps({"type": f"response.{kind}.delta", **place, "delta": text, **more})


def about(kind: str, response: str, **members: Any) -> str:
    return json.dumps({"type": f"response.{kind}", "response": {"id": response, **members}})


responses = st.sampled_from(["a", "b"])
texts = st.sampled_from(["Good ", "day", "\n", 'say "yes"', "ü", ""])
kinds = st.sampled_from(["text", "text", "text", "audio_transcript", "function_call_arguments"])
messages = st.one_of(
    st.builds(delta, kinds, responses, texts),
    st.builds(delta, kinds, responses, texts, event_id=st.sampled_from(["e1", "e2"])),
    st.builds(delta, st.just("audio"), responses, st.sampled_from(["AAAA", "AAAAAAA=", "no"])),
    st.builds(about, st.just("created"), responses),
    st.builds(about, st.just("done"), responses, status=st.just("completed")),
    st.sampled_from(["not JSON", b"\x00", '{"type": "brand.new"}', '{"type": "error"}']),
)


def seen(told: LiveSession) -> Any:
    snapshot = told.snapshot()
    number = snapshot.cursor.partition(":")[2]
    return number, snapshot.session, snapshot.entries, list(told.log())[1:]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(messages, st.booleans()), max_size=40))
def test_whenever_someone_looks_all_is_the_same(heard: list[tuple[str | bytes, bool]]) -> None:
    never, always, sometimes = session(), session(), session()
    page = Page()
    for message, look in heard:
        for told in (never, always, sometimes):
            hear(told, message)
        always.snapshot()
        if look:
            page.look(sometimes)
    page.look(sometimes)
    assert seen(never) == seen(always) == seen(sometimes)
    fresh = Page()
    fresh.look(never)
    assert page.words() == fresh.words()


class Page:
    """What a page shows that applies the changes of a stream."""

    def __init__(self) -> None:
        self.cursor = ""
        self.entries: dict[str, dict[str, Any]] = {}

    def words(self) -> dict[str, dict[str, Any]]:
        return {
            key: {slot: text for slot, text in entry.items() if text}
            for key, entry in self.entries.items()
        }

    def look(self, told: LiveSession) -> None:
        self.cursor, changes = told.changes_since(self.cursor)
        for what, *rest in changes:
            match what, rest:
                case "reset", _:
                    self.entries.clear()
                case "drop", [key]:
                    self.entries.pop(str(key), None)
                case "put", [key, _, kind, slots, marks]:
                    old = self.entries.get(str(key), {})
                    assert isinstance(slots, dict)
                    assert isinstance(marks, dict)
                    self.entries[str(key)] = {**old, "kind": kind, **slots, "marks": marks}
                case "set", [key, slot, text]:
                    self.entries[str(key)][str(slot)] = text
                case "add", [key, slot, text]:
                    self.entries[str(key)][str(slot)] = self.entries[str(key)].get(slot, "") + text


def test_a_large_delta_that_was_read_elsewhere_is_not_gone_on_from() -> None:
    told = session()
    hear(told, about("created", "a"), delta("text", "a", "one "))
    large = delta("text", "b", "x" * LARGE_CHARS)
    told._received(large, read_received(large))
    hear(told, delta("text", "a", "two "), delta("text", "a", "three"))
    first, second = [each for each in told.snapshot().entries if each.kind == "response"]
    assert first.parts[0].words("text") == "one two three"
    assert set(second.parts[0].words("text")) == {"x"}


def test_a_flood_without_a_viewer_stays_within_bounds_and_is_all_counted() -> None:
    told = session()
    hear(told, about("created", "a"))
    for number in range(30_000):
        hear(told, delta("text", "a", f"{number} "))
        if not told._has_room():
            told._take_in()
    lines = [json.loads(line) for line in told.log()][1:]
    gap, *kept = lines
    assert gap["direction"] == "gap"
    assert len(kept) == 10_000
    assert gap["events"] + len(kept) == 30_002
    numbers = [int(json.loads(line["text"])["delta"]) for line in kept]
    assert numbers == list(range(20_000, 30_000))
    (response,) = [entry for entry in told.snapshot().entries if entry.kind == "response"]
    shown = response.parts[0].words("text").split()
    assert shown == [str(number) for number in range(30_000)]
