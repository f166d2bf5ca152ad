"""Sessions belong to a visitor, are limited, end by themselves, and stop with the process."""

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from queue import Queue

import pytest
from websockets.asyncio.server import Server, ServerConnection, serve

from tests.realtime_servers import (
    CREATED,
    IMPATIENT,
    SANDBOX_PRESET,
    Address,
    Recorder,
    answering,
    entries,
    hub_at,
    playing,
    playing_raw,
    wait_closed,
    wait_for,
    wait_open,
)
from webapp.errors import LocalError
from webapp.sessions.connection import Serve
from webapp.sessions.hub import HubLimits, MemoryHub, StreamSlots
from webapp.sessions.live import Ends, LiveSession
from webapp.sessions.protocol import State


@dataclass
class Clock:
    """A clock that a test sets."""

    now_s: float = 1_000.0

    def __call__(self) -> float:
        return self.now_s


def server() -> Serve:
    return playing(Recorder().play)


def opened(hub: MemoryHub, visitor: str = "anna") -> LiveSession:
    session = hub.open(visitor, SANDBOX_PRESET, "beta")
    wait_open(session)
    return session


def test_a_session_is_found_by_its_visitor_only() -> None:
    with hub_at(server()) as hub:
        session = opened(hub)
        assert len(session.id) == 32
        assert hub.find("anna", session.id) is session
        assert hub.find("otto", session.id) is None
        assert hub.find("anna", "unknown") is None
        assert hub.latest("anna") is session
        assert hub.latest("otto") is None


def test_the_fifth_live_session_of_a_browser_is_refused() -> None:
    with hub_at(server()) as hub:
        sessions = [opened(hub) for _ in range(4)]
        with pytest.raises(LocalError, match="4 sessions are open") as refused:
            opened(hub)
        assert refused.value.status == 429
        assert hub.live("anna") == sessions
        sessions[0].close()
        wait_closed(sessions[0])
        assert hub.latest("anna") is sessions[-1]
        opened(hub)
        opened(hub, "otto")


def test_closed_sessions_make_room_for_new_ones() -> None:
    with hub_at(server(), limits=HubLimits(kept_per_visitor=2)) as hub:
        sessions = []
        for _ in range(3):
            sessions.append(opened(hub))
            sessions[-1].close()
            wait_closed(sessions[-1])
        assert hub.find("anna", sessions[0].id) is None
        assert hub.find("anna", sessions[1].id) is sessions[1]


def test_a_full_process_refuses_and_forgets_closed_sessions_first() -> None:
    with hub_at(server(), limits=HubLimits(sessions=2)) as hub:
        first, second = opened(hub, "a"), opened(hub, "b")
        with pytest.raises(LocalError, match="No more sessions") as refused:
            opened(hub, "c")
        assert refused.value.status == 503
        first.close()
        wait_closed(first)
        opened(hub, "c")
        assert hub.find("a", first.id) is None
        assert hub.find("b", second.id) is second


@pytest.mark.parametrize(
    ("ends", "words"),
    [
        (Ends(unwatched_s=600), "nobody looked at it for 10 minutes"),
        (Ends(unwatched_s=1e9, idle_s=1800), "nothing was said for 30 minutes"),
        (Ends(unwatched_s=1e9, idle_s=1e9, total_s=3600), "it was open for 60 minutes"),
    ],
)
def test_a_session_ends_by_itself_and_says_why(ends: Ends, words: str) -> None:
    clock = Clock()
    limit_s = min(ends.unwatched_s, ends.idle_s, ends.total_s)
    with hub_at(server(), ends=ends, clock=clock) as hub:
        session = opened(hub)
        clock.now_s += limit_s - 1
        time.sleep(1.3)
        assert session.state is State.OPEN
        clock.now_s += 2
        notice = wait_closed(session)
        assert words in notice.words("text")
        assert notice.mark("tone") == "plain"


@pytest.mark.parametrize("begun", [True, False])
def test_silence_holds_nothing_back_for_long(begun: bool) -> None:
    clock = Clock()
    created = {"type": "response.created", "response": {"id": "r", "conversation_id": "c"}}
    delta = {"type": "response.text.delta", "response_id": "r", "delta": "late"}

    async def fall_silent(socket: ServerConnection) -> None:
        await socket.recv()
        if begun:
            await socket.send(json.dumps(created))
        await socket.recv()
        await socket.send(json.dumps(delta if begun else created))

    with hub_at(playing(Recorder(fall_silent).play), clock=clock) as hub:
        session = opened(hub)
        session.send('{"type": "response.create"}')
        sent = "answered" if begun else "waiting"
        wait_for(lambda: entries(session, "sent")[0].mark("status") == sent)
        assert session.writing
        clock.now_s += 61
        wait_for(lambda: not session.writing)
        words = entries(session, "notice")[-1].words("text")
        assert "Nothing came for 60 s" in words
        assert session.state is State.OPEN
        if begun:
            assert "counts as ended" in words
            assert entries(session, "response")[0].words("outcome") == "no end came"
        else:
            assert "may not answer" in words
            assert entries(session, "sent")[0].words("status") == "no answer came"
        session.send('{"type": "anything"}')
        wait_for(lambda: bool(entries(session, "response")))
        wait_for(lambda: entries(session, "response")[0].words("outcome") == "running")
        assert entries(session, "sent")[0].mark("status") == "answered"


def test_a_hundred_sessions_dropped_at_once_are_each_told_and_none_comes_back() -> None:
    sockets: list[ServerConnection] = []

    async def drop_all(socket: ServerConnection) -> None:
        sockets.append(socket)
        await socket.send(CREATED)
        async for _ in socket:
            for each in sockets:
                each.transport.abort()

    with hub_at(playing(drop_all)) as hub:
        sessions = [hub.open(f"v{n // 4}", SANDBOX_PRESET, "beta") for n in range(100)]
        for session in sessions:
            wait_open(session)
        sessions[0].send('{"type": "anything"}')
        for session in sessions:
            assert "code 1006" in wait_closed(session).words("text")
            assert [entry.words("type") for entry in entries(session, "sent")] == (
                ["anything"] if session is sessions[0] else []
            )
        assert len(sockets) == 100


def test_a_watched_session_stays_open() -> None:
    clock = Clock()
    with hub_at(server(), ends=Ends(unwatched_s=10), clock=clock) as hub:
        session = opened(hub)
        with session.watching():
            clock.now_s += 100
            time.sleep(1.3)
            assert session.state is State.OPEN
        clock.now_s += 9
        session.seen()
        clock.now_s += 9
        time.sleep(1.3)
        assert session.state is State.OPEN
        clock.now_s += 2
        wait_closed(session)


def test_a_server_that_never_creates_a_session_is_given_up() -> None:
    clock = Clock()

    async def mute(socket: object) -> None:
        await asyncio.sleep(3)

    with hub_at(playing(mute), clock=clock) as hub:
        session = hub.open("anna", SANDBOX_PRESET, "beta", '{"type": "response.create"}')
        time.sleep(0.3)
        clock.now_s += 21
        text = wait_closed(session).words("text")
        assert "session.created" in text
        assert "The event was not sent." in text


def test_a_session_closed_and_unseen_for_half_an_hour_is_forgotten() -> None:
    clock = Clock()
    with hub_at(server(), clock=clock) as hub:
        session = opened(hub)
        session.close()
        wait_closed(session)
        clock.now_s += 29 * 60
        time.sleep(1.3)
        assert hub.find("anna", session.id) is session
        clock.now_s += 31 * 60
        wait_for(lambda: hub.find("anna", session.id) is None)


def test_a_sandbox_that_is_gone_is_started_again() -> None:
    started: list[Server] = []
    recorder = Recorder()

    @asynccontextmanager
    async def mortal() -> AsyncIterator[Address]:
        async with serve(recorder.play, "127.0.0.1", 0) as running:
            started.append(running)
            port = running.sockets[0].getsockname()[1]
            yield Address(f"ws://127.0.0.1:{port}/v1/realtime")

    async def die() -> None:
        started[0].close()

    with hub_at(mortal) as hub:
        session = opened(hub)
        hub.sockets.submit(die()).result(5)
        wait_closed(session)
        session.connect("here again")
        recorder.wait_for(1)
        assert len(started) == 2
        assert session.state is State.OPEN


def test_a_sandbox_that_does_not_start_is_said_in_the_session() -> None:
    @asynccontextmanager
    async def broken() -> AsyncIterator[Address]:
        raise OSError("no port")
        yield  # pragma: no cover

    with hub_at(broken) as hub:
        session = hub.open("anna", SANDBOX_PRESET, "beta")
        text = wait_closed(session).words("text")
        assert text == "The server could not be reached. Reconnect to try again."


def test_nothing_runs_before_the_first_session() -> None:
    before = threading.active_count()
    hub = MemoryHub(server())
    assert threading.active_count() == before
    hub.close()


def test_closing_the_hub_is_bounded_and_says_so_to_viewers() -> None:
    with hub_at(playing_raw(answering(b"")), patience=IMPATIENT) as hub:
        for visitor in "abc":
            hub.open(visitor, SANDBOX_PRESET, "beta")
        began_s = time.monotonic()
        hub.close()
        assert time.monotonic() - began_s < 3.5
    with hub_at(server()) as hub:
        session = opened(hub)
        cursor = session.snapshot().cursor
        hub.close()
        assert session.wait(cursor, 0)
        assert "Cuecard is stopping" in wait_closed(session).words("text")


def test_a_hub_can_open_sessions_again_after_closing() -> None:
    with hub_at(server()) as hub:
        opened(hub)
        hub.close()
        opened(hub)


def test_one_token_is_one_intent() -> None:
    clock = Clock()
    hub = MemoryHub(server(), clock=clock)
    intent, first = hub.claim("anna", "token")
    assert first
    again, first = hub.claim("anna", "token")
    assert (again, first) == (intent, False)
    assert hub.claim("otto", "token")[1]
    threading.Timer(0.05, intent.done, ["session"]).start()
    again.wait(5)
    assert again.session_id == "session"
    clock.now_s += 601
    assert hub.claim("anna", "token")[1]


def test_slots_are_limited_in_all_and_per_visitor() -> None:
    slots = StreamSlots(3, per_visitor=2)
    with slots.take("anna"), slots.take("anna"):
        with pytest.raises(LocalError, match="Too many live views") as refused, slots.take("anna"):
            pass
        assert refused.value.status == 503
        with slots.take("otto"), pytest.raises(LocalError), slots.take("uwe"):
            pass
    with slots.take("anna"), slots.take("anna"):
        pass


def test_of_one_visitor_only_who_came_last_waits_for_a_slot() -> None:
    slots = StreamSlots(3, per_visitor=1)
    ends: Queue[str] = Queue()

    def take(name: str) -> None:
        try:
            with slots.take("anna", 30):
                ends.put(f"{name} got it")
        except LocalError:
            ends.put(f"{name} was refused")

    with slots.take("anna"):
        threads = []
        for name, said in (("one", ""), ("two", "one was refused"), ("three", "two was refused")):
            threads.append(threading.Thread(target=take, args=(name,)))
            threads[-1].start()
            if said:
                assert ends.get(timeout=10) == said
            else:
                wait_for(lambda: bool(slots._waiting))
    assert ends.get(timeout=10) == "three got it"
    for thread in threads:
        thread.join()
    with slots.take("anna"):
        pass


def test_a_stuck_session_does_not_hold_up_another() -> None:
    with hub_at(playing_raw(answering(b"")), patience=IMPATIENT) as hub:
        stuck = hub.open("anna", SANDBOX_PRESET, "beta")
        began_s = time.monotonic()
        other = hub.open("otto", SANDBOX_PRESET, "beta")
        other.close()
        wait_closed(other)
        assert time.monotonic() - began_s < 0.9
        wait_closed(stuck)
