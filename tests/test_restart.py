"""A server that is told to stop says goodbye to streams and Realtime servers, and is gone soon."""

import os
import re
import secrets
import selectors
import signal
import socket
import subprocess
import tempfile
import time

from websockets.asyncio.server import ServerConnection

from benchmarks import served
from benchmarks.relay_reader import Viewer
from tests.realtime_servers import CREATED, Recorder, playing
from tests.serving import in_thread

SESSIONS, STREAMS = 20, 50
MOST_SESSIONS, BROWSERS = 100, 200
GONE_S = 10.0


def test_fifty_streams_and_twenty_sessions_end_with_words_within_ten_seconds() -> None:
    codes: list[int | None] = []

    async def play(realtime: ServerConnection) -> None:
        await realtime.send(CREATED)
        await realtime.wait_closed()
        codes.append(realtime.close_code)

    with in_thread(playing(play)) as url, tempfile.TemporaryDirectory() as folder:
        port = served.free_port()
        app = served.gunicorn("benchmarks.relay_app:create_app()", port)
        own = {"BENCH_SOURCE": url, "CUECARD_DATA_DIR": folder}
        with subprocess.Popen(app, cwd=served.ROOT, env=os.environ | own) as server:
            served.wait_until_answered(server, port, "/healthz")
            viewers = [Viewer(port) for _ in range(SESSIONS)]
            streams = [viewer.stream for viewer in viewers]
            streams += [viewers[at % SESSIONS].open_stream() for at in range(STREAMS - SESSIONS)]
            heard = dict.fromkeys(streams, b"")
            for stream in streams:  # each has its first message
                while b"event: changes" not in heard[stream]:
                    heard[stream] += stream.recv(1 << 16)
            begun = time.monotonic()
            server.send_signal(signal.SIGTERM)
            read_to_the_end(heard)
            assert server.wait(GONE_S) == 0
            assert time.monotonic() - begun < GONE_S
        ends = [re.findall(rb"event: end\ndata: (\w+)", text) for text in heard.values()]
        assert ends == [[b"restart"]] * STREAMS
        assert codes == [1001] * SESSIONS


def test_two_hundred_browsers_come_back_at_once_after_a_restart() -> None:
    with in_thread(playing(Recorder().play)) as url, tempfile.TemporaryDirectory() as folder:
        port = served.free_port()
        app = served.gunicorn("benchmarks.relay_app:create_app()", port)
        own = {"BENCH_SOURCE": url, "CUECARD_DATA_DIR": folder}
        with served.served(app, port, "/healthz", **own):
            viewers = [Viewer(port) for _ in range(MOST_SESSIONS)]
            known = {viewer.session: viewer.cookie for viewer in viewers}
            for viewer in viewers:
                viewer.stream.close()
        # As many more had theirs before; to the new process all are alike.
        known |= {secrets.token_hex(16): f"cuecard-{port}={secrets.token_hex(16)}" for _ in known}
        assert len(known) == BROWSERS
        with served.served(app, port, "/healthz", **own):
            streams = {
                get(port, f"/sessions/{session}/stream?from=abcd:7", cookie): b""
                for session, cookie in known.items()
            }
            pages = {
                get(port, f"/events/beta/response.create?session={session}", cookie): b""
                for session, cookie in known.items()
            }
            read_to_the_end(streams)
            read_to_the_end(pages)
        # Nobody is refused, and told to come again, for what is not there any more.
        assert {text.partition(b"\r\n")[0] for text in streams.values()} == {b"HTTP/1.1 200 OK"}
        assert all(text.endswith(b"event: end\ndata: gone\n\n") for text in streams.values())
        assert all(b"That session is no longer kept here." in text for text in pages.values())


def get(port: int, path: str, cookie: str) -> socket.socket:
    """Ask for something as a page does, and return the connection its answer comes over."""
    connection = socket.create_connection(("127.0.0.1", port), GONE_S)
    connection.sendall(
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookie}\r\n"
        "Sec-Fetch-Site: same-origin\r\nConnection: close\r\n\r\n".encode()
    )
    return connection


def read_to_the_end(heard: dict[socket.socket, bytes]) -> None:
    with selectors.DefaultSelector() as waiting:
        for stream in heard:
            waiting.register(stream, selectors.EVENT_READ)
        while waiting.get_map():
            for key, _ in waiting.select(GONE_S):
                stream = key.fileobj
                assert isinstance(stream, socket.socket)
                data = stream.recv(1 << 16)
                heard[stream] += data
                if not data:
                    waiting.unregister(stream)
                    stream.close()
