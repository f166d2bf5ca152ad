"""The edge: who may ask, what they may send, what every answer declares."""

import re
from collections.abc import Iterable
from io import BytesIO
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import TestResponse, run_wsgi_app
from werkzeug.wrappers import Request

from webapp.config import Settings
from webapp.edge.gate import NONCE, Edge, Headers
from webapp.edge.intake import FORM, Refusal, read_fields, shown

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

BUILDER = "/events/beta/response.create"
PREVIEW = f"{BUILDER}/preview"


class Inside:
    """The application behind the edge: remembers what reached it."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, bytes]] = []
        self.length = ""
        self.answers: Headers = [("Content-Type", "text/html; charset=utf-8")]

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        body = environ["wsgi.input"].read()
        self.seen.append((environ["REQUEST_METHOD"], environ["PATH_INFO"], body))
        self.length = environ["CONTENT_LENGTH"]
        start_response("200 OK", self.answers)
        return [environ[NONCE].encode()]


class Door:
    """An edge with an application behind it, and a client in front of it."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.inside = Inside()
        edge = Edge(
            self.inside,
            settings or Settings(),
            assets="/static/abc/",
            render=lambda environ, refusal: (
                [("Content-Type", "text/html; charset=utf-8")],
                f"{refusal.what} {refusal.remedy}".encode(),
            ),
        )
        self._edge = edge

    def open(self, environ: "WSGIEnvironment") -> TestResponse:
        chunks, status, headers = run_wsgi_app(self._edge, environ, buffered=True)
        return TestResponse(chunks, status, headers, Request(environ))

    def send(
        self,
        method: str = "GET",
        path: str = BUILDER,
        body: bytes = b"",
        *,
        content_type: str | None = None,
        headers: dict[str, str] | None = None,
        host: str | None = "127.0.0.1:8000",
        port: str = "8000",
        scheme: str = "http",
    ) -> TestResponse:
        environ = _environ(body, method, path)
        environ |= {f"HTTP_{n.upper().replace('-', '_')}": v for n, v in (headers or {}).items()}
        environ |= {"SERVER_PORT": port, "wsgi.url_scheme": scheme, "HTTP_HOST": host}
        environ["CONTENT_TYPE"] = content_type
        return self.open({name: value for name, value in environ.items() if value is not None})

    def post(
        self,
        body: bytes,
        path: str = PREVIEW,
        content_type: str | None = FORM,
        headers: dict[str, str] | None = None,
    ) -> TestResponse:
        return self.send("POST", path, body, content_type=content_type, headers=headers)


@pytest.fixture
def door() -> Door:
    return Door()


# --- Host: H26 to H30, R10 ---------------------------------------------------------------


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8000", "localhost:8000", "LOCALHOST:8000", "[::1]:8000"]
)
def test_a_local_name_with_our_port_is_let_in(door: Door, host: str) -> None:
    assert door.send(host=host).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8000",
        "localhost",
        "localhost:8001",
        "127.0.0.1.nip.io:8000",
        "localhost.evil.example:8000",
        "localhost:8000@evil",
        "localhost:80:90",
        "localhost.:8000",
        "127.0.0.2:8000",
        "127.1:8000",
        "0.0.0.0:8000",
        " localhost:8000",
        "localhost:8000/",
        "<script>:8000",
    ],
)
def test_any_other_name_is_refused_before_the_application(door: Door, host: str) -> None:
    answer = door.send(host=host)
    assert answer.status_code == 421
    assert answer.content_type == "text/plain; charset=utf-8"
    assert host.strip() not in answer.text
    assert not door.inside.seen


@pytest.mark.parametrize("host", [None, ""])
def test_a_request_without_a_host_is_refused(door: Door, host: str | None) -> None:
    assert door.send(host=host).status_code == 400
    assert not door.inside.seen


def test_a_bare_local_name_means_port_80(door: Door) -> None:
    assert door.send(host="localhost", port="80").status_code == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("cards.example", 200),
        ("Cards.Example:443", 200),
        ("cards.example:80", 200),
        ("cards.example:8000", 200),
        ("cards.example:8001", 421),
        ("other.example:8443", 200),
        ("other.example", 421),
        ("other.example:8000", 421),
        ("localhost:8000", 421),
        ("evil.cards.example", 421),
    ],
)
def test_listed_hosts_replace_the_local_names(host: str, status: int) -> None:
    door = Door(Settings(allowed_hosts=("cards.example", "other.example:8443")))
    assert door.send(host=host).status_code == status


def test_forwarded_names_are_ignored(door: Door) -> None:
    forwarded = {
        "X-Forwarded-Host": "127.0.0.1:8000",
        "Forwarded": "host=127.0.0.1:8000",
        "X-Original-URL": "/",
    }
    assert door.send(host="evil.example", headers=forwarded).status_code == 421


def test_a_websocket_has_no_way_in(door: Door) -> None:
    answer = door.send(headers={"Connection": "Upgrade", "Upgrade": "websocket"})
    assert answer.status_code == 400
    assert not door.inside.seen


# --- Origin: R01 to R09 ------------------------------------------------------------------

OURS = "http://127.0.0.1:8000"
PAGE = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", **PAGE}, 403),
        ({"Sec-Fetch-Site": ""}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": OURS}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": OURS}, 200),
        ({"Sec-Fetch-Site": "cross-site", "Authorization": "Bearer x", "Cookie": "a=b"}, 403),
        ({"Origin": OURS}, 200),
        ({"Origin": "HTTP://127.0.0.1:8000"}, 200),
        ({"Origin": "null"}, 403),
        ({"Origin": ""}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://127.0.0.1"}, 403),
        ({"Origin": "http://127.0.0.1:8001"}, 403),
        ({"Origin": "https://127.0.0.1:8000"}, 403),
        ({"Origin": "http://127.0.0.1:8000.evil.example"}, 403),
        ({"Origin": "http://localhost:8000"}, 403),
        ({"Referer": "http://evil.example/"}, 200),
    ],
    ids=str,
)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_only_our_own_pages_may_change_something(
    door: Door, method: str, headers: dict[str, str], status: int
) -> None:
    answer = door.send(method, PREVIEW, headers=headers)
    assert answer.status_code == status
    assert bool(door.inside.seen) is (status == 200)


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        (BUILDER, {"Sec-Fetch-Site": "cross-site", **PAGE}, 200),
        (BUILDER, {"Sec-Fetch-Site": "same-site", **PAGE}, 200),
        (BUILDER, {"Sec-Fetch-Site": "cross-site"}, 403),
        (BUILDER, {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}, 403),
        (
            BUILDER,
            {
                "Sec-Fetch-Site": "cross-site",
                "Sec-Fetch-Mode": "navigate",
                "Sec-Fetch-Dest": "iframe",
            },
            403,
        ),
        ("/sessions/x/stream", {"Sec-Fetch-Site": "cross-site", **PAGE}, 403),
        ("/sessions/x/stream", {"Origin": "http://evil.example"}, 403),
        ("/static/abc/x.js", {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "script"}, 403),
        (BUILDER, {"Sec-Fetch-Site": "none", **PAGE}, 200),
    ],
    ids=str,
)
def test_another_site_may_link_to_a_page_and_read_nothing(
    door: Door, path: str, headers: dict[str, str], status: int
) -> None:
    assert door.send(path=path, headers=headers).status_code == status


def test_the_port_of_the_scheme_may_be_left_out_of_an_origin() -> None:
    door = Door(Settings(allowed_hosts=("cards.example",)))
    for host in ("cards.example", "cards.example:443"):
        answer = door.send(
            "POST",
            PREVIEW,
            host=host,
            scheme="https",
            headers={"Origin": "https://cards.example"},
        )
        assert answer.status_code == 200


def test_the_refusal_of_another_origin_names_the_setting(door: Door) -> None:
    answer = door.send("POST", PREVIEW, headers={"Origin": "https://127.0.0.1:8000"})
    assert "FORWARDED_ALLOW_IPS" in answer.text


def test_a_preflight_gets_no_permission(door: Door) -> None:
    answer = door.send(
        "OPTIONS",
        headers={
            "Origin": "http://evil.example",
            "Sec-Fetch-Site": "cross-site",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Private-Network": "true",
        },
    )
    assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]


# --- Headers -----------------------------------------------------------------------------


def test_every_page_has_a_fresh_nonce_and_a_strict_policy(door: Door) -> None:
    first, second = door.send(), door.send()
    policy = first.headers["Content-Security-Policy"]
    assert f"script-src 'nonce-{first.text}';" in policy
    assert re.fullmatch(r"[\w-]{22}", first.text)
    assert first.text != second.text
    assert "unsafe" not in policy
    for rule in (
        "default-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "form-action 'self'",
        "require-trusted-types-for 'script'",
    ):
        assert rule in policy


@pytest.mark.parametrize("status", ["200 OK", "302 Found", "404 Not Found", "500 Oops"])
@pytest.mark.parametrize("media_type", ["text/html", "application/json", "text/event-stream"])
def test_every_answer_declares_the_same(door: Door, status: str, media_type: str) -> None:
    door.inside.answers = [("Content-Type", media_type), ("Cache-Control", "public")]
    answer = door.send()
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer.headers.getlist("Cache-Control") == ["no-store"]
    assert "microphone=(self)" in answer.headers["Permissions-Policy"]
    assert answer.headers["Cuecard"] == "1"
    assert "Strict-Transport-Security" not in answer.headers
    policy = answer.headers["Content-Security-Policy"]
    assert ("sandbox" in policy) is (media_type != "text/html")


def test_refusals_declare_it_too(door: Door) -> None:
    for answer in (door.send(host="x"), door.post(b"a=%ff"), door.post(b"a", content_type=None)):
        assert answer.status_code >= 400
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"


def test_files_that_never_change_may_be_kept(door: Door) -> None:
    kept = door.send(path="/static/abc/js/theme.js").headers["Cache-Control"]
    assert kept == "public, max-age=31536000, immutable"
    assert door.send(path="/static/old/js/theme.js").headers["Cache-Control"] == "no-store"


def test_https_is_remembered_only_where_it_was_used(door: Door) -> None:
    assert "Strict-Transport-Security" in door.send(scheme="https").headers


# --- Bodies: H06 to H19, H39, F10 --------------------------------------------------------


def test_a_form_reaches_the_application_byte_for_byte(door: Door) -> None:
    body = b"a=1;b=2&text=%E2%82%AC+x&empty=&&x=%zz&text=again"
    assert door.post(body).status_code == 200
    assert door.inside.seen == [("POST", PREVIEW, body)]
    assert door.inside.length == str(len(body))


def test_a_body_without_length_reaches_the_application_with_one(door: Door) -> None:
    answer = door.open(_environ(b"a=1", HTTP_TRANSFER_ENCODING="chunked", CONTENT_LENGTH=""))
    assert answer.status_code == 200
    assert door.inside.length == "3"


def test_the_body_of_a_get_is_dropped(door: Door) -> None:
    assert door.send("GET", BUILDER, b"a=1", content_type=FORM).status_code == 200
    assert door.inside.seen == [("GET", BUILDER, b"")]


SMALL = Settings(
    max_form_bytes=100,
    max_json_bytes=300,
    max_media_bytes=200,
    max_other_bytes=50,
    max_fields=4,
    max_name_chars=60,
    max_text_chars=40,
)


@pytest.mark.parametrize(
    ("method", "path", "content_type", "limit"),
    [
        ("POST", PREVIEW, FORM, 100),
        ("POST", "/sessions", FORM, 100),
        ("POST", f"{BUILDER}/raw", FORM, 300),
        ("POST", "/api/v1/check", "application/json", 300),
        ("POST", "/drafts/audio/media", "text/plain", 200),
        ("DELETE", "/sessions/x", FORM, 50),
    ],
)
@pytest.mark.parametrize("chunked", [False, True])
def test_each_kind_of_body_has_its_limit(
    method: str, path: str, content_type: str, limit: int, chunked: bool
) -> None:
    door = Door(SMALL)
    for size, status in ((limit, 200), (limit + 1, 413)):
        body = _form_of(size)
        more = {"HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": ""} if chunked else {}
        if path.endswith("/raw"):
            body = b"text=" + b"x" * (size - len("text="))
        environ = _environ(body, method, path, CONTENT_TYPE=content_type, **more)
        assert door.open(environ).status_code == status


def test_a_body_that_is_too_large_is_not_even_read(door: Door) -> None:
    class Unread(BytesIO):
        def read(self, *_: object) -> bytes:
            raise AssertionError("the body was read")

    environ = _environ(b"", CONTENT_LENGTH=str(28 * 1024 * 1024 + 1))
    environ["wsgi.input"] = Unread()
    answer = door.open(environ)
    assert answer.status_code == 413
    assert "8 MiB" in answer.text


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"a=1&b=2&c=3&d=4", 200),
        (b"a=1&b=2&c=3&d=4&e=5", 413),
        (b"&&&&", 413),
        (b"n" * 60 + b"=1", 200),
        (b"n" * 61 + b"=1", 400),
        (b"%E2%82%AC" * 10 + b"=1", 200),
        (b"t=" + b"x" * 40, 200),
        (b"t=" + b"x" * 41, 422),
        (b"t=" + b"%61" * 31, 200),
        (b"t=" + b"x" * 41 + b"&u=1", 422),
        (b"text=" + b"x" * 295, 200),
        (b"text=" + b"x" * 296, 413),
        (b"text=" + b"x" * 295 + b"&t=" + b"x" * 40, 200),
        (b"a=1&text=" + b"x" * 200 + b"&" + b"b" * 60 + b"=" + b"x" * 34, 200),
        (b"a=1&text=" + b"x" * 200 + b"&" + b"b" * 60 + b"=" + b"x" * 36, 413),
    ],
    ids=lambda value: str(value)[:40],
)
def test_fields_are_counted_and_measured_before_parsing(body: bytes, status: int) -> None:
    assert Door(SMALL).post(body).status_code == status


def test_the_default_limits_hold_at_the_limit_and_one_above(door: Door) -> None:
    assert door.post(b"&".join([b"a=1"] * 20_000)).status_code == 200
    assert door.post(b"&".join([b"a=1"] * 20_001)).status_code == 413
    assert door.post(b"a" * 200 + b"=").status_code == 200
    assert door.post(b"a" * 201 + b"=").status_code == 400
    assert door.post(b"a=" + b"x" * 1_048_576).status_code == 200
    assert door.post(b"a=" + b"x" * 1_048_577).status_code == 422


def test_the_refusal_names_the_field_briefly_and_escapes_nothing_away(door: Door) -> None:
    answer = door.post(b"x%0a%e2%80%ae<b>" + b"y" * 300 + b"=1")
    assert answer.status_code == 400
    assert len(answer.text) < 200
    assert "\n" not in answer.text
    assert "\u202e" not in answer.text


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"a=\xff", 422, "a is not UTF-8"),
        (b"a=%ff%fe", 422, "a is not UTF-8"),
        (b"ok=1&b=%c3", 422, "b is not UTF-8"),
        (b"a=%c3&b=%a9", 422, "a is not UTF-8"),
        (b"a=%ed%a0%80", 422, "a is not UTF-8"),
        (b"%ed%a0%80=1", 400, "name of a field is not text"),
        (b"a=\xc3%a9", 422, "a is not UTF-8"),
        (b"a=%00", 422, "a holds a NUL"),
        (b"a=x\0", 422, "a holds a NUL"),
        (b"a%00b=1", 400, "name of a field is not text"),
        (b"\xff=1", 400, "name of a field is not text"),
        (b"a=%c0%80", 422, "a is not UTF-8"),
    ],
)
def test_what_is_not_text_is_refused_by_name(
    door: Door, body: bytes, status: int, words: str
) -> None:
    answer = door.post(body)
    assert answer.status_code == status
    assert words in answer.text
    assert not door.inside.seen


@pytest.mark.parametrize(
    ("path", "content_type", "status"),
    [
        (PREVIEW, FORM, 200),
        (PREVIEW, f"{FORM};charset=UTF-8", 200),
        (PREVIEW, f"{FORM.upper()}; charset=utf-8", 200),
        (PREVIEW, f"{FORM}; charset=latin-1", 415),
        (PREVIEW, "text/plain", 415),
        (PREVIEW, "application/xml", 415),
        (PREVIEW, "application/json", 415),
        (PREVIEW, "multipart/form-data; boundary=x", 415),
        (PREVIEW, None, 415),
        ("/api/v1/check", "application/json", 200),
        ("/api/v1/check", "text/plain", 415),
        ("/api/v1/check", FORM, 415),
        ("/drafts/audio/media", "text/plain;charset=UTF-8", 200),
        ("/drafts/audio/media", "audio/x-wav", 415),
        ("/drafts/audio/media", "multipart/form-data; boundary=x", 415),
        (f"{BUILDER}/raw", "text/plain", 415),
    ],
)
def test_each_address_takes_its_own_type(
    door: Door, path: str, content_type: str | None, status: int
) -> None:
    assert door.post(b"a=1", path, content_type).status_code == status


def test_an_empty_body_needs_no_type(door: Door) -> None:
    assert door.post(b"", content_type=None).status_code == 200


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate, gzip"])
def test_a_compressed_body_is_never_inflated(door: Door, encoding: str) -> None:
    answer = door.post(b"x", headers={"Content-Encoding": encoding})
    assert answer.status_code == 415


@pytest.mark.parametrize("length", ["+5", "5,5", "0x5", "-1", "٣", "9" * 30])
def test_a_length_is_a_plain_number(door: Door, length: str) -> None:
    answer = door.open(_environ(b"hello", CONTENT_LENGTH=length))
    assert answer.status_code in (400, 413)


def test_a_body_that_ends_early_is_refused(door: Door) -> None:
    answer = door.open(_environ(b"a=1", CONTENT_LENGTH="10"))
    assert answer.status_code == 400
    assert not door.inside.seen


def test_a_head_request_is_refused_without_a_body(door: Door) -> None:
    answer = door.send("HEAD", host="evil.example")
    assert answer.status_code == 421
    assert answer.data == b""


# --- Reading -----------------------------------------------------------------------------

_NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)


@given(st.lists(st.tuples(_NAMES, _NAMES), max_size=6))
def test_what_was_typed_is_what_is_read(fields: list[tuple[str, str]]) -> None:
    door = Door()
    body = urlencode(fields).encode()
    assert door.post(body).status_code == 200
    assert read_fields(body) == fields == parse_qsl(body.decode(), keep_blank_values=True)


@given(st.binary(max_size=40).map(lambda raw: raw.replace(b"\0", b"")))
def test_any_bytes_are_read_like_everyone_reads_them_or_refused(body: bytes) -> None:
    door = Door()
    status = door.post(body).status_code if body else 200
    assert status in (200, 400, 422)
    if status == 200:
        assert read_fields(body) == parse_qsl(
            body.decode(), keep_blank_values=True, errors="strict"
        )


@pytest.mark.parametrize(
    ("name", "words"), [(b"a.b%5B0%5D", "a.b[0]"), (b"a%0Ab", "a\ufffdb"), (b"\xff", "\ufffd")]
)
def test_a_name_is_shown_printable(name: bytes, words: str) -> None:
    assert shown(name) == words


def test_a_refusal_says_what_and_what_next() -> None:
    refusal = Refusal(413, "too much", "send less")
    assert (refusal.status, refusal.what, refusal.remedy) == (413, "too much", "send less")


def _form_of(size: int) -> bytes:
    """Return a legal form of exactly ``size`` bytes, long by its escapes."""
    body = b"&".join([b"a=" + b"%61" * 30] * 3)
    return body[:size] if size <= len(body) else body + b"&b=".ljust(size - len(body), b"x")


def _environ(
    body: bytes, method: str = "POST", path: str = PREVIEW, **more: str
) -> "WSGIEnvironment":
    return {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "SCRIPT_NAME": "",
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "127.0.0.1:8000",
        "wsgi.url_scheme": "http",
        "wsgi.version": (1, 0),
        "wsgi.input": BytesIO(body),
        "wsgi.errors": BytesIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "CONTENT_TYPE": FORM,
        "CONTENT_LENGTH": str(len(body)),
        **more,
    }
