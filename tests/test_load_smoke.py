"""Under load every numbered event is shown or declared as a gap, once, and in its own session.

Half of what the load profile asks for (many sessions, one flood beside others, sound), counted in
events: how long it takes is measured by `make bench`.
"""

import contextlib
import json
import re
from array import array
from collections.abc import Iterator
from typing import Any

import pytest

from benchmarks import relay_source
from benchmarks.relay import rig
from benchmarks.relay_reader import Flow, Viewer, told, watch

GOOD = {"lost": 0, "twice": 0, "crossed": 0, "unordered": 0}


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """The app as it is served, before a source of numbered events."""
    with rig() as ours:
        yield ours.port


@contextlib.contextmanager
def watched(port: int, flows: list[Flow]) -> Iterator[list[Viewer]]:
    viewers = [Viewer(port) for _ in flows]
    watch(viewers, flows)
    yield viewers
    for viewer in viewers:
        viewer.close()


def result(flows: list[Flow]) -> dict[str, int]:
    outcome = told(flows)
    return {name: outcome[name] for name in GOOD}


def log(viewer: Viewer) -> list[dict[str, Any]]:
    text = viewer.request("GET", f"/sessions/{viewer.session}/log.jsonl").decode()
    return [json.loads(line) for line in text.splitlines()]


def numbers(lines: list[dict[str, Any]]) -> list[int]:
    """The numbers of the events that a log holds."""
    texts = [line["text"] for line in lines if line["direction"] == "received"]
    return [int(found[1]) for text in texts if (found := re.search(r"#\d+\.(\d+)@", text))]


def test_fifty_sessions_at_fifty_events_a_second_show_all_of_them(port: int) -> None:
    flows = [Flow("text", tag, 50, 100) for tag in range(50)]
    with watched(port, flows) as viewers:
        assert result(flows) == GOOD
        assert numbers(log(viewers[7])) == list(range(100))


def test_a_flood_in_one_session_is_complete_or_declared_and_harms_no_other(port: int) -> None:
    flood = Flow("text", 0, 0, 50_000)
    others = [Flow("text", tag, 20, 40) for tag in range(1, 11)]
    with watched(port, [flood, *others]) as viewers:
        assert result([flood]) == GOOD
        assert result(others) == GOOD
        head, *lines = log(viewers[0])
        assert head["direction"] == "session"
        kept = numbers(lines)
        gaps = [line for line in lines if line["direction"] == "gap"]
        assert kept == list(range(50_000 - len(kept), 50_000))
        seen = sum(line.get("events", 1) for line in lines)
        assert seen == lines[-1]["seq"]
        assert sum(gap["events"] for gap in gaps) == seen - (len(lines) - len(gaps))
        shown = viewers[0].request(
            "GET", f"/events/beta/response.create?session={viewers[0].session}"
        )
        assert b"older frames are no longer kept" in shown


def test_fifteen_sessions_of_speech_lose_no_chunk(port: int) -> None:
    chunks = 10
    viewers = [Viewer(port) for _ in range(15)]
    for tag, viewer in enumerate(viewers):
        viewer.ask(Flow("sound", tag, 5, chunks))
    for viewer in viewers:
        heard = b""
        while b'"completed"' not in heard:
            heard += viewer.read()
        puts = re.findall(rb'\["put","(\w+)","\w+","speech"', heard)
        address = f"/sessions/{viewer.session}/audio/{puts[0].decode()}.pcm"
        samples = array("h", viewer.request("GET", address))
        spoken = relay_source.SOUND_SAMPLES
        assert len(set(puts)) == 1
        assert len(samples) == chunks * spoken
        assert [samples[at * spoken] for at in range(chunks)] == list(range(chunks))
        assert all(set(samples[at * spoken : (at + 1) * spoken]) == {at} for at in range(chunks))
        viewer.close()
