"""Servers started for a measurement, each on a free port, and requests to them."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlencode

ROOT = Path(__file__).parent.parent
GIVE_UP_S = 30
FORM = "application/x-www-form-urlencoded"


def gunicorn(app: str, port: int, settings: str = "webapp.gunicorn_conf") -> list[str]:
    """Return the command that serves the app with one worker under the settings of a module."""
    return [
        *(sys.executable, "-m", "gunicorn"),
        *("-c", f"python:{settings}", "--workers", "1"),
        *("--bind", f"127.0.0.1:{port}", "--log-level", "warning"),
        app,
    ]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def served(command: Sequence[str], port: int, ready: str, **environment: str) -> Iterator[float]:
    """Run the command until the block ends; yield the seconds it took to answer `ready`."""
    begun = time.perf_counter()
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=os.environ | {"PORT": str(port)} | environment,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    ) as server:
        try:
            wait_until_answered(server, port, ready)
            yield time.perf_counter() - begun
        finally:
            if server.poll() is None:
                os.killpg(server.pid, signal.SIGTERM)


def wait_until_answered(server: subprocess.Popen[bytes], port: int, path: str) -> None:
    give_up = time.perf_counter() + GIVE_UP_S
    while time.perf_counter() < give_up:
        if server.poll() is not None:
            raise RuntimeError(f"the server ended with {server.returncode}")
        with contextlib.suppress(OSError):
            # Any answer below 500 says that the application is there.
            if send(port, "GET", path)[0] < 500:
                return
        time.sleep(0.005)
    raise TimeoutError(f"no answer on port {port} within {GIVE_UP_S} s")


def send(port: int, method: str, path: str, body: bytes = b"") -> tuple[int, str]:
    """Send one request as the app's own page would; return the status and the text."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=GIVE_UP_S)
    with contextlib.closing(connection):
        connection.request(method, path, body, headers_of_a_page(port) if body else {})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def post(port: int, path: str, form: Mapping[str, str] | Sequence[tuple[str, str]]) -> str:
    """Post the form and return the answer's text.

    Raises:
        RuntimeError: if the status is not 200.
    """
    status, text = send(port, "POST", path, urlencode(form).encode())
    if status != 200:
        raise RuntimeError(f"{path} answered {status}: {text[:500]}")
    return text


def headers_of_a_page(port: int) -> dict[str, str]:
    """Return the headers that htmx in the app's own page sends with a form."""
    return {
        "Host": f"127.0.0.1:{port}",
        "Origin": f"http://127.0.0.1:{port}",
        "Sec-Fetch-Site": "same-origin",
        "HX-Request": "true",
        "Content-Type": FORM,
    }


def raw_request(port: int, path: str, body: bytes) -> bytes:
    """Return the bytes of a request whose connection is kept."""
    headers = headers_of_a_page(port) | {"Content-Length": str(len(body))}
    lines = [f"POST {path} HTTP/1.1", *(f"{name}: {text}" for name, text in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body
