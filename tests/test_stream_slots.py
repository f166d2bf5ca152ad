"""Streams beyond their slots are refused, unread ones end, and pages answer meanwhile."""

import http.client
import socket
import time
from collections.abc import Iterator

import pytest

from benchmarks.relay import rig
from benchmarks.relay_reader import Flow, Viewer, told, watch
from webapp.app import MAX_STREAMS
from webapp.views.session_stream import SLOT_WAIT_S, WRITE_S

PER_BROWSER = 4
PROMPT_S = 2.0  # an answer on a machine that does other things as well


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """The app as it is served, before a source of numbered events."""
    with rig() as ours:
        yield ours.port


def head_of(stream: socket.socket) -> bytes:
    """The status and headers of the answer to a stream."""
    head = b""
    while b"\r\n\r\n" not in head:
        head += stream.recv(1 << 12)
    return head.partition(b"\r\n\r\n")[0]


def is_open(stream: socket.socket) -> bool:
    head = head_of(stream)
    if head.startswith(b"HTTP/1.1 200 "):
        return True
    assert head.startswith(b"HTTP/1.1 503 ")
    assert b"Retry-After: " in head
    return False


def taken_s(port: int, path: str) -> float:
    """How long an answer took."""
    begun = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    assert answer.status == 200
    return time.monotonic() - begun


def test_all_slots_taken_leave_pages_their_threads_and_come_free_at_once(port: int) -> None:
    viewers = [Viewer(port) for _ in range(MAX_STREAMS // PER_BROWSER)]
    streams = [viewer.stream for viewer in viewers]
    streams += [viewer.open_stream() for viewer in viewers for _ in range(PER_BROWSER - 1)]
    assert all(map(is_open, streams))
    refused = [viewer.open_stream() for viewer in viewers[:20]]
    assert not any(map(is_open, refused))
    for path in ("/healthz", "/events/beta/response.create"):
        assert max(taken_s(port, path) for _ in range(5)) < PROMPT_S
    for stream in (*streams, *refused):
        stream.close()
    # Nobody says so to the server; a reload of every page comes right behind.
    begun = time.monotonic()
    wanted = [viewer for viewer in viewers for _ in range(PER_BROWSER)]
    streams = []
    while wanted:
        assert time.monotonic() - begun < 2 * SLOT_WAIT_S + PROMPT_S
        tried = [(viewer, viewer.open_stream()) for viewer in wanted]
        opened = {stream for _, stream in tried if is_open(stream)}
        wanted = [viewer for viewer, stream in tried if stream not in opened]
        streams += [stream for _, stream in tried]
    for stream in streams:
        stream.close()


def test_coming_and_going_holds_nothing(port: int) -> None:
    viewer = Viewer(port)
    for _ in range(100):
        stream = viewer.open_stream()
        stream.close()
    time.sleep(SLOT_WAIT_S)
    streams = [viewer.open_stream() for _ in range(PER_BROWSER - 1)]
    assert all(map(is_open, streams))
    for stream in streams:
        stream.close()
    viewer.close()


def test_readers_that_stop_reading_are_ended_and_others_miss_nothing(port: int) -> None:
    stuck = Viewer(port)
    unread = [stuck.open_stream() for _ in range(PER_BROWSER - 1)]
    stuck.ask(Flow("text", 1, 0, 100_000))
    time.sleep(1)
    begun = time.monotonic()
    others = [Flow("text", tag, 20, 200) for tag in range(2, 7)]
    viewers = [Viewer(port) for _ in others]
    watch(viewers, others)
    outcome = told(others)
    wrong = {name: outcome[name] for name in ("lost", "twice", "crossed", "unordered")}
    assert not any(wrong.values()), wrong
    time.sleep(max(begun + WRITE_S + 3 - time.monotonic(), 0))
    fresh = [stuck.open_stream() for _ in range(PER_BROWSER)]
    assert all(map(is_open, fresh))
    for stream in (*unread, *fresh):
        stream.close()
    for viewer in (stuck, *viewers):
        viewer.close()
