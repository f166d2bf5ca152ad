"""A stand-in for websocat, which no package registry has: the options that exports use, no more.

Standard input goes out as text messages that end with NUL, messages come in with NUL behind them;
it ends when the server hangs up, or when its input does.
"""

import argparse
import os
import sys
import threading

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect


def main() -> None:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("-0", "--null-terminated", action="store_true", required=True)
    parser.add_argument("-E", "--exit-on-eof", action="store_true", required=True)
    parser.add_argument("-B", "--buffer-size", type=int, default=65_536)
    parser.add_argument("-H", "--header", action="append", default=[])
    parser.add_argument("url")
    options = parser.parse_args()
    headers = [tuple(header.split(": ", 1)) for header in options.header]
    with connect(
        options.url, additional_headers=headers, compression=None, max_size=None
    ) as session:
        threading.Thread(target=send, args=(session, options.buffer_size), daemon=True).start()
        try:
            for message in session:
                os.write(1, str(message).encode() + b"\0")
        except (ConnectionClosed, BrokenPipeError):
            sys.exit(1)


def send(session: ClientConnection, most: int) -> None:
    waiting = b""
    while read := os.read(0, 65_536):
        *whole, waiting = (waiting + read).split(b"\0")
        for message in whole:
            # The real one would split it.
            assert len(message) < most
            session.send(message.decode())
    session.close()


if __name__ == "__main__":
    main()
