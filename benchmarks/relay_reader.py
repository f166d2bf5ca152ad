"""Readers of live sessions that check the number of every event and take its time.

`python -m benchmarks.relay_reader` reads a JSON object from its input: `port` of the app, or `url`
of the source to be read directly by a WebSocket client, and `flows`, one for each session. It
prints the times in ms and what was lost, came twice or came to another session.
"""

import asyncio
import http.client
import json
import re
import secrets
import selectors
import socket
import sys
import threading
import time
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any
from urllib.parse import urlencode

from websockets.asyncio.client import connect

from benchmarks.served import headers_of_a_page

NUMBERED = re.compile(rb"#(\d+)\.(\d+)@(\d+) ")
GIVE_UP_S = 30.0
EVENT = "dialect=beta&type=response.create"


@dataclass(slots=True)
class Flow:
    """The numbered events of one session, as they arrive."""

    kind: str
    tag: int
    rate: int
    count: int
    numbers: list[int] = field(default_factory=list)
    times_ms: list[float] = field(default_factory=list)
    crossed: int = 0
    first_ns: int = 0
    last_ns: int = 0

    @property
    def done(self) -> bool:
        return len(self.numbers) >= self.count

    def asking(self) -> str:
        """Return the event that asks for the flow."""
        metadata = {"flow": f"{self.kind} {self.tag} {self.rate} {self.count}"}
        return json.dumps({"type": "response.create", "response": {"metadata": metadata}})

    def take(self, text: bytes) -> int:
        """Note every numbered event in a text that has just arrived, and return how many."""
        now = time.monotonic_ns()
        found = NUMBERED.findall(text)
        for tag, number, sent in found:
            if int(tag) != self.tag:
                self.crossed += 1
                continue
            self.numbers.append(int(number))
            self.times_ms.append((now - int(sent)) / 1e6)
        self.first_ns = self.first_ns or (now if self.numbers else 0)
        self.last_ns = now
        return len(found)


def told(flows: list[Flow]) -> dict[str, Any]:
    """Return what came of all flows together."""
    span_ns = max(flow.last_ns for flow in flows) - min(flow.first_ns for flow in flows)
    return {
        "ms": [time_ms for flow in flows for time_ms in flow.times_ms],
        "seconds": span_ns / 1e9,
        "lost": sum(flow.count - len(set(flow.numbers)) for flow in flows),
        "twice": sum(len(flow.numbers) - len(set(flow.numbers)) for flow in flows),
        "crossed": sum(flow.crossed for flow in flows),
        "unordered": sum(flow.numbers != sorted(flow.numbers) for flow in flows),
    }


# -- through the app -------------------------------------------------------------------------------


class Viewer:
    """One browser with one session, whose stream it reads."""

    def __init__(self, port: int) -> None:
        """Open a session and its stream."""
        self.port = port
        self.cookie = f"cuecard-{port}={secrets.token_hex(16)}"
        page = self.post(f"/sessions?{EVENT}", {})
        self.session = re.findall(r'data-session="([0-9a-f]+)"', page)[0]
        self.stream = self.open_stream()
        self.rest = b""

    def open_stream(self) -> socket.socket:
        """Return a stream of the session, nothing of it read."""
        stream = socket.create_connection(("127.0.0.1", self.port), GIVE_UP_S)
        stream.sendall(
            f"GET /sessions/{self.session}/stream HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
            f"Cookie: {self.cookie}\r\nSec-Fetch-Site: same-origin\r\n\r\n".encode()
        )
        return stream

    def post(self, path: str, form: dict[str, str]) -> str:
        return self.request("POST", path, urlencode(form)).decode()

    def request(self, method: str, path: str, body: str = "") -> bytes:
        """Return the answer as this browser gets it.

        Raises:
            RuntimeError: if its status is not 200.
        """
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=GIVE_UP_S)
        headers = headers_of_a_page(self.port) | {"Cookie": self.cookie}
        connection.request(method, path, body or None, headers)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        if answer.status != 200:
            raise RuntimeError(f"{path} answered {answer.status}: {text[:500]!r}")
        return text

    def ask(self, flow: Flow) -> None:
        """Send the event that asks for a flow, exactly as it is."""
        form = {"text": flow.asking(), "raw": "unread", "anyway": "typed"}
        self.post(f"/sessions/send?{EVENT}", form | {"session": self.session})

    def close(self) -> None:
        """Close the session and the stream."""
        self.post(f"/sessions/{self.session}/close?{EVENT}", {})
        self.stream.close()

    def read(self) -> bytes:
        """Return the messages that have come, whole ones only."""
        data = self.stream.recv(1 << 20)
        if not data:
            raise ConnectionError("the stream has ended")
        whole, end, self.rest = (self.rest + data).rpartition(b"\n\n")
        return whole + end


def through_the_app(port: int, flows: list[Flow], idle: int = 0) -> None:
    """Let all flows come at the same time and read them until the last event."""
    viewers = [Viewer(port) for _ in range(len(flows) + idle)]
    watch(viewers, flows)
    for viewer in viewers:
        viewer.close()


def watch(viewers: list[Viewer], flows: list[Flow]) -> None:
    """Ask for a flow in each of the first sessions, and read all streams until every flow ends."""
    with selectors.DefaultSelector() as waiting:
        for viewer, flow in zip_longest(viewers, flows):
            waiting.register(viewer.stream, selectors.EVENT_READ, (viewer, flow))
        asking = [
            threading.Thread(target=viewer.ask, args=(flow,))
            for viewer, flow in zip(viewers, flows, strict=False)
        ]
        for thread in asking:
            thread.start()
        arrived_s = time.monotonic()
        # Beats come for ever: what counts is when the last event came.
        while not all(flow.done for flow in flows) and time.monotonic() < arrived_s + GIVE_UP_S:
            for key, _ in waiting.select(GIVE_UP_S):
                viewer, flow = key.data
                text = viewer.read()
                if flow is not None and flow.take(text):
                    arrived_s = time.monotonic()
    for thread in asking:
        thread.join()


# -- directly --------------------------------------------------------------------------------------


async def directly(url: str, flows: list[Flow]) -> None:
    """Read the flows from the source itself, by the usual client."""
    await asyncio.gather(*(read_directly(url, flow) for flow in flows))


async def read_directly(url: str, flow: Flow) -> None:
    async with connect(url, compression=None, proxy=None) as session:
        await session.recv()
        await session.send(flow.asking())
        async with asyncio.timeout(GIVE_UP_S * 2):
            while not flow.done:
                flow.take(await session.recv(decode=False))


def main() -> None:
    """Read what the input asks for and print what came of it."""
    wanted = json.load(sys.stdin)
    flows = [Flow(*flow) for flow in wanted["flows"]]
    if "url" in wanted:
        asyncio.run(directly(wanted["url"], flows))
    else:
        through_the_app(wanted["port"], flows, wanted.get("idle", 0))
    print(json.dumps(told(flows)))


if __name__ == "__main__":
    main()
