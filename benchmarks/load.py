"""A client in a process of its own that keeps a server busy over several kept-alive connections.

No request is sent twice: the digits `00000000` in it become the number of the request, as one
place of a form changes from keystroke to keystroke.

`python -m benchmarks.load PORT CONNECTIONS SECONDS < request` prints the times in ms as JSON.
"""

import json
import selectors
import socket
import sys
import time
from dataclasses import dataclass, field

NUMBERED = b"00000000"


@dataclass(slots=True)
class Connection:
    """One connection with one request under way."""

    port: int
    request: bytes
    sent_at: float = 0.0
    answer: bytearray = field(default_factory=bytearray)
    stream: socket.socket = field(init=False)

    def __post_init__(self) -> None:
        self.stream = socket.create_connection(("127.0.0.1", self.port))
        self.stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, number: int) -> None:
        self.answer.clear()
        request = self.request.replace(NUMBERED, b"%08d" % number)
        self.sent_at = time.perf_counter()
        self.stream.sendall(request)

    def receive(self) -> float | None:
        """Take what has arrived; return the time of the whole answer in ms once it is there."""
        arrived = self.stream.recv(1 << 18)
        if not arrived:
            raise ConnectionError("the server closed a connection that was to be kept")
        self.answer += arrived
        if not is_whole(self.answer):
            return None
        if not self.answer.startswith(b"HTTP/1.1 200 "):
            raise ConnectionError(self.answer[:500].decode("latin-1"))
        return (time.perf_counter() - self.sent_at) * 1000


def is_whole(answer: bytearray) -> bool:
    """Say whether an answer that announces its length has arrived to its end."""
    head_end = answer.find(b"\r\n\r\n")
    if head_end < 0:
        return False
    for line in bytes(answer[:head_end]).lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return len(answer) >= head_end + 4 + int(line.split(b":")[1])
    raise ConnectionError("the answer does not announce its length")


def keep_busy(port: int, request: bytes, connections: int, seconds: float) -> list[float]:
    """Send the request again and again on every connection; return each one's time in ms."""
    times: list[float] = []
    with selectors.DefaultSelector() as waiting:
        for _ in range(connections):
            connection = Connection(port, request)
            waiting.register(connection.stream, selectors.EVENT_READ, connection)
            connection.send(len(waiting.get_map()))
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            for key, _ in waiting.select(timeout=1):
                taken = key.data.receive()
                if taken is not None:
                    times.append(taken)
                    key.data.send(connections + len(times))
    return times


if __name__ == "__main__":
    port, connections, seconds = sys.argv[1:]
    request = sys.stdin.buffer.read()
    print(json.dumps(keep_busy(int(port), request, int(connections), float(seconds))))
