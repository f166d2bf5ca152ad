"""The app as it is served: raw bytes to a real gunicorn on the loopback."""

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.served import Served, serve

FORM = "application/x-www-form-urlencoded"
BUILDER = "/events/beta/response.create"
PATIENCE_S = 20


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serve() as running:
        yield running


def raw(served: Served, request: bytes) -> bytes:
    """Send bytes and return all that comes back until the server closes or falls silent."""
    with served.connect(PATIENCE_S) as peer:
        peer.sendall(request)
        peer.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: peer.recv(65_536), b""))


def asked(served: Served, line: str, *headers: str, body: bytes = b"") -> bytes:
    """Send one well-formed request with our Host and return the whole answer."""
    head = [line, f"Host: {served.host}", "Connection: close", *headers]
    return raw(served, "\r\n".join([*head, "", ""]).encode("latin-1") + body)


def status(answer: bytes) -> int:
    found = re.match(rb"HTTP/1\.1 (\d{3}) ", answer)
    return int(found[1]) if found else 0


def header(answer: bytes, name: str) -> str:
    head = answer.partition(b"\r\n\r\n")[0] + b"\r\n"
    found = re.search(rb"(?im)^%s: (.*)\r$" % name.encode(), head)
    return found[1].decode() if found else ""


@pytest.fixture(autouse=True)
def still_well(served: Served) -> Iterator[None]:
    """Whatever was sent, the same process answers afterwards."""
    yield
    assert status(asked(served, "GET /healthz HTTP/1.1")) == 200
    assert served.process.poll() is None


def test_the_first_page_leads_to_the_builder(served: Served) -> None:
    answer = asked(served, "GET / HTTP/1.1")
    assert status(answer) == 302
    assert header(answer, "Location") == BUILDER
    page = asked(served, f"GET {BUILDER} HTTP/1.1")
    assert status(page) == 200
    assert header(page, "Content-Type") == "text/html; charset=utf-8"


@pytest.mark.parametrize(
    ("request_bytes", "expected"),
    [
        # two lengths, and lengths that are no numbers
        (b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (b"Content-Length: 3\r\nContent-Length: 4\r\n\r\na=1", 400),
        (b"Content-Length: +5\r\n\r\na=123", 400),
        (b"Content-Length: 5,5\r\n\r\na=123", 400),
        (b"Content-Length: 0x5\r\n\r\na=123", 400),
        (b"Content-Length: 999999999999999999999999999999\r\n\r\n", 413),
        (b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 415),
        # what is no header
        (b"Space : before\r\n\r\n", 400),
        (b"X: a\r\n folded\r\n\r\n", 400),
        (b"X: a\0b\r\n\r\n", 400),
        (b"Host: evil.example\r\n\r\n", 400),
        # too much of it
        (b"X: " + b"a" * 9_000 + b"\r\n\r\n", 431),
        (b"".join(b"X%d: a\r\n" % n for n in range(101)) + b"\r\n", 431),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_not_quite_http_is_refused_and_closed(
    served: Served, request_bytes: bytes, expected: int
) -> None:
    head = f"POST {BUILDER}/preview HTTP/1.1\r\nHost: {served.host}\r\nContent-Type: {FORM}\r\n"
    follower = f"GET /healthz HTTP/1.1\r\nHost: {served.host}\r\n\r\n"
    answer = raw(served, head.encode() + request_bytes + follower.encode())
    assert status(answer) == expected
    assert b"\r\n\r\nok\n" not in answer
    assert b"evil" not in answer


@pytest.mark.parametrize(
    ("request_bytes", "expected"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost:\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421),
        (b"GET /" + b"a" * 9_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
        (b"GET / HTTP/1.1\nHost: x\n\n", 400),
        (b"GET /\r\n\r\n", 400),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
    ],
    ids=lambda value: str(value)[:40],
)
def test_strangers_are_turned_away_with_our_headers(
    served: Served, request_bytes: bytes, expected: int
) -> None:
    began = time.monotonic()
    answer = raw(served, request_bytes)
    assert status(answer) == expected
    assert header(answer, "X-Content-Type-Options") == "nosniff"
    assert header(answer, "Cache-Control") == "no-store"
    assert "frame-ancestors 'none'" in header(answer, "Content-Security-Policy")
    assert b"evil" not in answer
    assert time.monotonic() - began < PATIENCE_S / 2


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "FOO", "PUT"])
@pytest.mark.parametrize("path", ["/", BUILDER, f"{BUILDER}/preview", "/healthz"])
def test_other_methods_are_not_allowed(served: Served, method: str, path: str) -> None:
    answer = asked(served, f"{method} {path} HTTP/1.1", "X-Marker: do-not-repeat")
    assert status(answer) in (400, 405)
    if status(answer) == 405:
        assert header(answer, "Allow")
    assert b"do-not-repeat" not in answer


@pytest.mark.parametrize(
    "path", ["//evil.example/", "/\\evil", "/%2e%2e/x", "/a;/b", "/%00", "/..%2f..%2fapp.db", "/🙂"]
)
def test_odd_paths_lead_nowhere(served: Served, path: str) -> None:
    answer = raw(
        served, f"GET {path} HTTP/1.1\r\nHost: {served.host}\r\nConnection: close\r\n\r\n".encode()
    )
    assert status(answer) in (400, 404)
    assert b"evil" not in answer


def test_a_chunked_form_arrives_whole(served: Served) -> None:
    chunks = (
        b"".join(b"%x\r\n%s\r\n" % (len(c), c) for c in (b"te", b"xt=%7", b"B%7D")) + b"0\r\n\r\n"
    )
    answer = asked(
        served,
        f"POST {BUILDER}/raw HTTP/1.1",
        f"Content-Type: {FORM}",
        "Transfer-Encoding: chunked",
        body=chunks,
    )
    assert status(answer) in (200, 422)


def test_a_chunked_body_above_the_limit_is_cut_off(served: Served) -> None:
    head = (
        f"POST {BUILDER}/preview HTTP/1.1\r\nHost: {served.host}\r\nContent-Type: {FORM}\r\n"
        "Transfer-Encoding: chunked\r\n\r\n"
    )
    chunk = b"100000\r\n" + b"a" * 0x100000 + b"\r\n"
    with served.connect(PATIENCE_S) as peer:
        peer.sendall(head.encode())
        try:
            for _ in range(29):
                peer.sendall(chunk)
        except OSError:
            pass  # it has answered and closed already
        assert status(peer.recv(4_096)) == 413


def test_a_body_that_would_be_refused_is_not_asked_for(served: Served) -> None:
    head = f"POST {BUILDER}/preview HTTP/1.1\r\nHost: {served.host}\r\nContent-Type: {FORM}\r\n"
    for length, first in ((29 * 1024 * 1024, 413), (3, 100)):
        with served.connect(PATIENCE_S) as peer:
            ask = f"{head}Expect: 100-continue\r\nContent-Length: {length}\r\n\r\n"
            peer.sendall(ask.encode())
            assert status(peer.recv(4_096)) == first


def test_too_many_fields_are_refused_in_no_time(served: Served) -> None:
    body = b"&".join([b"a=1"] * 400_000)
    began = time.monotonic()
    answer = asked(
        served,
        f"POST {BUILDER}/preview HTTP/1.1",
        f"Content-Type: {FORM}",
        f"Content-Length: {len(body)}",
        body=body,
    )
    assert status(answer) == 413
    assert b"too many fields" in answer
    assert time.monotonic() - began < 2


def test_a_websocket_upgrade_is_refused_at_once(served: Served) -> None:
    for path in ("/", BUILDER, "/healthz", "/sessions"):
        answer = asked(
            served,
            f"GET {path} HTTP/1.1",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
        )
        assert status(answer) == 400


def test_pipelined_requests_are_answered_up_to_the_bad_one(served: Served) -> None:
    good = f"GET /healthz HTTP/1.1\r\nHost: {served.host}\r\n\r\n".encode()
    bad = b"GET /healthz HTTP/1.1\r\nHost : x\r\n\r\n"
    answer = raw(served, good * 49 + bad + good * 50)
    assert answer.count(b"HTTP/1.1 200 ") == 49
    assert answer.count(b"HTTP/1.1 400 ") == 1


def test_many_cookies_and_broken_ones_are_no_trouble(served: Served) -> None:
    for cookie in (
        "; ".join(f"c{n}=v" for n in range(200)),
        "a=" + "x" * 8_000,
        f"cuecard-{served.port}=' OR 1=1; cuecard-{served.port}=\x01",
        f"cuecard-{served.port}=é",
    ):
        answer = asked(served, f"GET {BUILDER} HTTP/1.1", f"Cookie: {cookie}")
        assert status(answer) in (200, 400)


def test_a_file_is_kept_by_browsers_and_sent_once(served: Served) -> None:
    page = asked(served, f"GET {BUILDER} HTTP/1.1").decode()
    path = re.search(r'src="(/static/[0-9a-f]{16}/js/theme\.js)"', page)
    assert path
    whole = asked(served, f"GET {path[1]} HTTP/1.1")
    assert status(whole) == 200
    assert "immutable" in header(whole, "Cache-Control")
    assert "javascript" in header(whole, "Content-Type")
    ranges = ",".join(f"{n}-{n + 1}" for n in range(1_000))
    part = asked(served, f"GET {path[1]} HTTP/1.1", f"Range: bytes={ranges}")
    assert status(part) in (200, 206, 416)
    assert len(part) < len(whole) + 8_192


def test_forwarded_names_do_not_show_up(served: Served) -> None:
    answer = asked(
        served, "GET /nowhere HTTP/1.1", "X-Forwarded-Host: evil.example", "X-Original-URL: /evil"
    )
    assert status(answer) == 404
    assert b"evil" not in answer


def test_what_a_browser_says_about_itself_is_not_repeated(served: Served) -> None:
    marker = "<i>\x1b[31mmarker"
    answer = asked(
        served,
        "GET /nowhere HTTP/1.1",
        f"HX-Target: {marker.replace(chr(27), '')}",
        f"User-Agent: {marker.replace(chr(27), '') * 300}",
        "HX-Request: true",
    )
    assert status(answer) == 404
    assert b"marker" not in answer
    assert len(answer) < 8_192


def test_the_log_is_silent_while_nothing_is_wrong_with_us(served: Served) -> None:
    assert served.logged() == ""


def test_idle_connections_do_not_keep_a_page_waiting(served: Served) -> None:
    idle = [served.connect() for _ in range(100)]
    try:
        began = time.monotonic()
        assert status(asked(served, "GET /healthz HTTP/1.1")) == 200
        assert time.monotonic() - began < 2
    finally:
        for peer in idle:
            peer.close()


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_when_told_and_says_nothing(sign: signal.Signals) -> None:
    with serve() as running:
        assert status(asked(running, "GET /healthz HTTP/1.1")) == 200
        began = time.monotonic()
        assert running.stop(sign) == 0
        assert time.monotonic() - began < 8
        assert running.logged() == ""


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_open_streams_do_not_hold_it_up(sign: signal.Signals) -> None:
    with serve() as running:
        body = b"type=response.create"
        opened = asked(
            running,
            "POST /sessions HTTP/1.1",
            f"Content-Type: {FORM}",
            f"Content-Length: {len(body)}",
            body=body,
        )
        assert status(opened) == 200, opened
        cookie = header(opened, "Set-Cookie").partition(";")[0]
        stream = re.search(r"/sessions/[\w-]+/stream", opened.decode())
        assert stream, opened
        with running.connect(PATIENCE_S) as peer:
            ask = [f"GET {stream[0]} HTTP/1.1", f"Host: {running.host}", f"Cookie: {cookie}"]
            peer.sendall("\r\n".join([*ask, "", ""]).encode())
            assert status(peer.recv(65_536)) == 200
            began = time.monotonic()
            assert running.stop(sign) == 0
            assert time.monotonic() - began < 8
            b"".join(iter(lambda: peer.recv(65_536), b""))
        assert running.logged() == ""


def test_the_log_is_lines_of_json() -> None:
    with serve(CUECARD_LOG_LEVEL="info") as running:
        missing = asked(running, "GET /nowhere HTTP/1.1", "HX-Request: true").decode()
        raw(running, b"nonsense\r\n\r\n")
        reference = re.search(r"<code>([0-9a-f]{8})</code>", missing)
        running.stop()
        lines = [json.loads(line) for line in running.logged().splitlines()]
    assert reference, missing
    assert [line for line in lines if reference[1] in line["message"]]
    assert not [line for line in lines if "nonsense" in line["message"]]


def test_the_procfile_serves_the_same(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", *_procfile()],
        env={**os.environ, "PORT": str(port), "CUECARD_DATA_DIR": str(tmp_path)},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        running = Served(process, f"http://127.0.0.1:{port}", "")
        assert status(_patiently(running, "GET /healthz HTTP/1.1")) == 200
    finally:
        process.terminate()
        _, told = process.communicate(timeout=PATIENCE_S)
    assert told == ""


def test_the_procfile_refuses_an_unsafe_start_in_one_line() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gunicorn", *_procfile()],
        env={**os.environ, "PORT": "0", "CUECARD_HOST": "0.0.0.0"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    assert done.stderr.startswith("cuecard: CUECARD_ALLOWED_HOSTS is empty")
    assert done.stderr.count("\n") == 1


def _procfile() -> list[str]:
    line = (Path(__file__).parent.parent / "Procfile").read_text().strip()
    program, *arguments = shlex.split(line.removeprefix("web: "))
    assert program == "gunicorn"
    return arguments


def _patiently(running: Served, line: str) -> bytes:
    give_up = time.monotonic() + PATIENCE_S
    while True:
        try:
            return asked(running, line)
        except OSError:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.05)
