"""A server that is told to stop says goodbye to streams and Realtime servers, and is gone soon."""

import os
import re
import selectors
import signal
import socket
import subprocess
import tempfile
import time

from websockets.asyncio.server import ServerConnection

from benchmarks import served
from benchmarks.relay_reader import Viewer
from tests.realtime_servers import CREATED, playing
from tests.serving import in_thread

SESSIONS, STREAMS = 20, 50
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
