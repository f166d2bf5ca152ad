"""The app in a process of its own, as visitors get it, on a free port of the loopback."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 30


@dataclass(frozen=True, slots=True)
class Served:
    """A running ``cuecard run``."""

    process: subprocess.Popen[str]
    url: str
    errors: str
    """The path of the file that holds what it wrote to standard error."""

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc

    @property
    def port(self) -> int:
        port = urlsplit(self.url).port
        assert port
        return port

    def connect(self, timeout_s: float = 20) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout_s)

    def logged(self) -> str:
        with open(self.errors, encoding="utf-8") as file:
            return file.read()

    def stop(self, sign: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal to the process (never to others) and return its exit code."""
        self.process.send_signal(sign)
        return self.process.wait(STOP_TIMEOUT_S)


@contextlib.contextmanager
def serve(
    command: Sequence[str] = (sys.executable, "-m", "webapp.cli"),
    folder: Path | None = None,
    **environ: str,
) -> Iterator[Served]:
    """Start the app, wait for the address it prints, and stop it in the end.

    ``command`` is the ``cuecard`` to run and ``folder`` where to run it.
    """
    with tempfile.TemporaryDirectory() as own:
        errors = f"{own}/errors"
        with open(errors, "w", encoding="utf-8") as sink:
            process = subprocess.Popen(
                [*command, "run", "--host", "127.0.0.1", "--port", "0"],
                stdout=subprocess.PIPE,
                stderr=sink,
                text=True,
                cwd=folder,
                env={**os.environ, "CUECARD_DATA_DIR": f"{own}/data", **environ},
            )
        try:
            yield Served(process, _address(process, errors), errors)
        finally:
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(STOP_TIMEOUT_S)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait(STOP_TIMEOUT_S)
            assert process.stdout
            process.stdout.close()


def _address(process: subprocess.Popen[str], errors: str) -> str:
    assert process.stdout
    line = process.stdout.readline()
    found = re.fullmatch(r"Cuecard is ready at (http://\S+)\n", line)
    if not found:
        with open(errors, encoding="utf-8") as file:
            raise AssertionError(f"it did not start: {line!r} {file.read()}")
    return found[1]
