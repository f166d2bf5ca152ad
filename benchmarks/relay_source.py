"""A lean Realtime server whose events are numbered and say when they were sent.

`python -m benchmarks.relay_source` prints its address. What is to come is asked for by the
metadata of a `response.create`: `flow` is `kind tag rate count`. Text comes as deltas of 300 bytes,
each with `#tag.number@time `, in responses of 5,000; sound as 200 ms of samples that are all the
same number. A rate of 0 is as fast as the socket takes it. The time is that of the monotonic clock
in ns, which all processes of a machine share.
"""

import base64
import contextlib
import hashlib
import json
import socket
import threading
import time
from array import array
from collections.abc import Iterator
from typing import Any

EVENT_BYTES = 300
DELTAS_PER_RESPONSE = 5_000
FLOOD_BATCH = 200
SOUND_SAMPLES = 4_800
MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
DELTA = (
    b'{"type":"response.text.delta","event_id":"event_%d_%d","response_id":"%b","item_id":"item_%d"'
    b',"output_index":0,"content_index":0,"delta":"#%d.%d@%d ","obfuscation":"'
)
DELTA_HEAD = bytes([0x80 | TEXT, 126]) + EVENT_BYTES.to_bytes(2, "big")
PADDING = b"x" * EVENT_BYTES


def main() -> None:
    """Serve until the process is ended."""
    server = socket.create_server(("127.0.0.1", 0), backlog=512)
    print(f"ws://127.0.0.1:{server.getsockname()[1]}/v1/realtime", flush=True)
    while True:
        client, _ = server.accept()
        threading.Thread(target=converse, args=(client,), daemon=True).start()


def converse(client: socket.socket) -> None:
    """Open a session and answer every event until the client is gone."""
    with client, contextlib.suppress(OSError, EOFError):
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        stream = client.makefile("rb")
        shake_hands(client, stream)
        say(client, {"type": "session.created", "session": {"model": "numbers"}})
        while True:
            opcode, body = read_frame(stream)
            if opcode == CLOSE:
                client.sendall(frame(body, CLOSE))
                return
            if opcode == PING:
                client.sendall(frame(body, PONG))
            elif opcode == TEXT:
                answer(client, json.loads(body))


def answer(client: socket.socket, event: dict[str, Any]) -> None:
    params = event.get("response") or {}
    flow = (params.get("metadata") or {}).get("flow", "")
    if flow:
        kind, tag, rate, count = flow.split()
        pour(client, kind, int(tag), int(rate), int(count))


def pour(client: socket.socket, kind: str, tag: int, rate: int, count: int) -> None:
    """Send the events of a flow, evenly spread; nothing is made up for by haste but lateness."""
    begun = time.monotonic()
    sent = 0
    while sent < count:
        due = min(count, int((time.monotonic() - begun) * rate) + 1) if rate else sent + FLOOD_BATCH
        due = min(due, count)
        if due > sent:
            client.sendall(b"".join(events(kind, tag, sent, due, count)))
            sent = due
        if rate:
            time.sleep(max(begun + sent / rate - time.monotonic(), 0))


def events(kind: str, tag: int, first: int, stop: int, count: int) -> Iterator[bytes]:
    """Yield the frames of the events from number ``first`` up to ``stop``."""
    for number in range(first, stop):
        response = f"resp_{tag}_{number // DELTAS_PER_RESPONSE}"
        if number % DELTAS_PER_RESPONSE == 0:
            yield text_of({"type": "response.created", "response": {"id": response}})
        yield (delta if kind == "text" else sound)(tag, number, response)
        if number + 1 == count or (number + 1) % DELTAS_PER_RESPONSE == 0:
            ended = {"id": response, "status": "completed", "output": []}
            yield text_of({"type": "response.done", "response": ended})


def delta(tag: int, number: int, response: str) -> bytes:
    event = DELTA % (tag, number, response.encode(), tag, tag, number, time.monotonic_ns())
    return DELTA_HEAD + event + PADDING[: EVENT_BYTES - len(event) - 2] + b'"}'


def sound(tag: int, number: int, response: str) -> bytes:
    place = {"response_id": response, "item_id": f"item_{tag}", "content_index": 0}
    samples = base64.b64encode(array("h", [number]) * SOUND_SAMPLES).decode()
    return text_of({"type": "response.audio.delta", **place, "delta": samples})


# -- WebSocket, as little as will do ---------------------------------------------------------------


def shake_hands(client: socket.socket, stream: Any) -> None:
    key = b""
    while (line := stream.readline()) not in (b"\r\n", b""):
        name, _, value = line.partition(b":")
        if name.lower() == b"sec-websocket-key":
            key = value.strip()
    accept = base64.b64encode(hashlib.sha1(key + MAGIC, usedforsecurity=False).digest())
    client.sendall(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
    )


def read_frame(stream: Any) -> tuple[int, bytes]:
    head = exactly(stream, 2)
    size = head[1] & 127
    if size > 125:
        size = int.from_bytes(exactly(stream, 2 if size == 126 else 8), "big")
    mask = exactly(stream, 4)
    masked = exactly(stream, size)
    mask = (mask * (size // 4 + 1))[:size]
    body = int.from_bytes(masked, "big") ^ int.from_bytes(mask, "big")
    return head[0] & 15, body.to_bytes(size, "big")


def exactly(stream: Any, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return bytes(data)


def say(client: socket.socket, event: dict[str, Any]) -> None:
    client.sendall(text_of(event))


def text_of(event: dict[str, Any]) -> bytes:
    return frame(json.dumps(event).encode())


def frame(body: bytes, opcode: int = TEXT) -> bytes:
    size = len(body)
    if size < 126:
        return bytes([0x80 | opcode, size]) + body
    return bytes([0x80 | opcode, 126]) + size.to_bytes(2, "big") + body


if __name__ == "__main__":
    main()
