"""A server is read as fast as the pages can follow, and one slow page holds nobody up for long."""

import asyncio
import json
import re
import time

import pytest
from websockets.asyncio.server import ServerConnection

from tests.realtime_servers import playing, session_at, wait_for
from webapp.sessions.live import LiveSession
from webapp.sessions.viewers import MAX_BEHIND, MAX_WAIT_S, Viewer, Viewers

EVENTS, PER_RESPONSE = 30_000, 1_000


async def flood(socket: ServerConnection) -> None:
    """Open a session and send responses of numbered deltas, as fast as they are taken."""
    await socket.send(json.dumps({"type": "session.created", "session": {"model": "m"}}))
    for number in range(EVENTS):
        response = f"resp_{number // PER_RESPONSE}"
        if number % PER_RESPONSE == 0:
            await tell(socket, "response.created", response={"id": response})
        place = {"response_id": response, "item_id": f"item_{response}", "content_index": 0}
        await tell(socket, "response.text.delta", **place, delta=f"#{number} ")
        if number % PER_RESPONSE == PER_RESPONSE - 1:
            await tell(socket, "response.done", response={"id": response, "status": "completed"})
    await socket.wait_closed()


async def tell(socket: ServerConnection, kind: str, **members: object) -> None:
    await socket.send(json.dumps({"type": kind, **members}))


def numbers_given(session: LiveSession, viewer: Viewer) -> list[int]:
    """Everything a page is given that takes what there is, again and again."""
    found: list[int] = []
    cursor = ""
    while not found or found[-1] < EVENTS - 1:
        assert session.wait(cursor, 10)
        cursor, changes = session.changes_since(cursor, viewer)
        found += map(int, re.findall(r"#(\d+) ", json.dumps(changes)))
    return found


def rests(session: LiveSession) -> bool:
    """Whether much has come, and nothing more for a while."""
    before = session.last_seq
    time.sleep(0.3)
    return before == session.last_seq > MAX_BEHIND


def test_a_page_that_looks_late_is_given_all_of_a_flood(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webapp.sessions.viewers.MAX_WAIT_S", 30.0)
    with session_at(playing(flood)) as session, session.watching() as viewer:
        wait_for(lambda: rests(session))
        assert numbers_given(session, viewer) == list(range(EVENTS))


def test_a_page_that_never_looks_does_not_stop_a_server() -> None:
    with session_at(playing(flood)) as session, session.watching():
        wait_for(lambda: session.last_seq > EVENTS)


def follow(viewers: Viewers, newest: int) -> float:
    """Wait as a connection does, and return how long it took in seconds."""
    began_s = time.monotonic()
    asyncio.run(viewers.follow(lambda: newest))
    return time.monotonic() - began_s


def test_a_page_is_waited_for_until_it_was_given_enough() -> None:
    viewers = Viewers()
    near, far = viewers.join(MAX_BEHIND), viewers.join(0)

    async def wait() -> None:
        waiting = asyncio.create_task(viewers.follow(lambda: 2 * MAX_BEHIND))
        await asyncio.sleep(0.05)
        assert not waiting.done()
        viewers.given(far, MAX_BEHIND)
        await waiting

    asyncio.run(wait())
    assert (near.slow, far.slow) == (False, False)


def test_a_slow_page_is_waited_for_once_until_it_is_back() -> None:
    viewers = Viewers()
    slow = viewers.join(0)
    assert follow(viewers, 2 * MAX_BEHIND) >= MAX_WAIT_S
    assert slow.slow
    assert follow(viewers, 3 * MAX_BEHIND) < MAX_WAIT_S
    viewers.given(slow, 3 * MAX_BEHIND)
    assert follow(viewers, 5 * MAX_BEHIND) >= MAX_WAIT_S
    viewers.leave(slow)
    assert follow(viewers, 7 * MAX_BEHIND) < MAX_WAIT_S
