"""How often one client may do what costs: so often, and one time more is refused."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.page import Visitor, text_of
from webapp.app import create_app
from webapp.config import Settings
from webapp.edge.intake import Refusal
from webapp.edge.rates import CONNECT, MAX_BUCKETS, PREVIEW, SAVE, SEND, Rate, Rates
from webapp.views.current import parts

BUILDER = "/events/beta/response.create"
SESSIONS = "/sessions?dialect=beta&type=response.create"


class Clock:
    """A clock that stands still until it is moved."""

    now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


def rates_at(clock: Clock, **of: Rate) -> Rates:
    return Rates(of or {PREVIEW: Rate(20, 40)}, ("127.0.0.1",), clock)


def asked(path: str = f"{BUILDER}/check", address: str = "10.0.0.1", **more: str) -> dict[str, Any]:
    return {"REQUEST_METHOD": "POST", "PATH_INFO": path, "REMOTE_ADDR": address, **more}


def allowed(rates: Rates, environ: dict[str, Any], times: int = 1_000) -> int:
    """How many requests in a row are let through, up to ``times``."""
    for done in range(times):
        try:
            rates.check(environ)
        except Refusal:
            return done
    return times


def test_so_many_at_once_and_then_so_many_a_second() -> None:
    clock = Clock()
    rates = rates_at(clock)
    assert allowed(rates, asked()) == 40
    clock.now_s += 1
    assert allowed(rates, asked()) == 20
    clock.now_s += 3_600
    assert allowed(rates, asked()) == 40


def test_a_refusal_says_when_there_is_room_again() -> None:
    clock = Clock()
    rates = rates_at(clock, connect=Rate(10 / 60, 10))
    for _ in range(10):
        rates.spend(CONNECT, asked())
    with pytest.raises(Refusal) as refused:
        rates.spend(CONNECT, asked())
    assert (refused.value.status, refused.value.retry_after_s) == (429, 6)
    clock.now_s += 6
    rates.spend(CONNECT, asked())


@pytest.mark.parametrize(
    ("path", "deed"),
    [
        (f"{BUILDER}/block/voice", PREVIEW),
        ("/api/v1/check", PREVIEW),
        ("/sessions/send", SEND),
        ("/sessions/0123/events", SEND),
        ("/sessions/0123/outputs", SEND),
        ("/sessions/0123/close", ""),
        ("/drafts/audio/media", SAVE),
        ("/drafts/image/media", SAVE),
        ("/login", ""),
    ],
)
def test_which_deed_a_request_is(path: str, deed: str) -> None:
    rates = rates_at(Clock(), **{deed or PREVIEW: Rate(1, 3)})
    assert allowed(rates, asked(path)) == (3 if deed else 1_000)
    assert allowed(rates, asked(path) | {"REQUEST_METHOD": "GET"}) == 1_000


def test_clients_are_counted_apart_and_one_has_a_whole_network_of_ipv6() -> None:
    rates = rates_at(Clock())
    assert allowed(rates, asked(address="10.0.0.1")) == 40
    assert allowed(rates, asked(address="10.0.0.2")) == 40
    assert allowed(rates, asked(address="2001:db8::1")) == 40
    assert allowed(rates, asked(address="2001:db8::ffff:2")) == 0
    assert allowed(rates, asked(address="2001:db8:0:1::1")) == 40


def test_only_a_trusted_proxy_is_believed_who_asks() -> None:
    rates = rates_at(Clock())
    named = {"HTTP_X_FORWARDED_FOR": "198.51.100.1, 203.0.113.9"}
    assert allowed(rates, asked(address="127.0.0.1", **named)) == 40
    assert allowed(rates, asked(address="203.0.113.9")) == 0
    assert allowed(rates, asked(address="198.51.100.1")) == 40
    assert allowed(rates, asked(address="10.9.9.9", **named)) == 40
    others = {"HTTP_X_FORWARDED_FOR": "203.0.113.10"}
    assert allowed(rates, asked(address="10.9.9.9", **others)) == 0


def test_strangers_without_number_take_no_more_memory() -> None:
    rates = rates_at(Clock())
    for number in range(MAX_BUCKETS + 500):
        rates.check(asked(address=f"10.1.{number // 250}.{number % 250}"))
    assert len(rates._buckets) == MAX_BUCKETS


# -- in the app ------------------------------------------------------------------------------------


@pytest.fixture
def hosted(tmp_path: Path) -> Iterator[Flask]:
    settings = Settings(
        data_dir=str(tmp_path), host="0.0.0.0", allowed_hosts=("localhost",),
        sends_per_s=1, connects_per_min=3, saves_per_min=5,
    )  # fmt: skip
    app = create_app(settings)
    yield app
    parts(app).hub.close()


def test_on_ones_own_machine_nothing_is_counted(page: Visitor) -> None:
    for _ in range(60):
        assert page.post_raw(f"{BUILDER}/wire").status_code == 200


def test_where_others_connect_too_many_previews_are_refused_in_words(hosted: Flask) -> None:
    page = Visitor(hosted)
    statuses = []
    for _ in range(60):
        answer = page.post_raw(f"{BUILDER}/wire")
        statuses.append(answer.status_code)
    assert set(statuses) == {200, 429}
    assert statuses.index(429) >= 40
    assert int(answer.headers["Retry-After"]) == 1
    assert "previewed too often" in answer.text
    assert page.client.get(BUILDER).status_code == 200


def test_too_many_connections_are_refused_in_the_column(hosted: Flask) -> None:
    page = Visitor(hosted)
    for _ in range(3):
        page.post(SESSIONS)
    refused = page.post(SESSIONS, status=429)
    assert "Too many connections were opened" in text_of(refused.one("#session-said"))
    assert int(refused.response.headers["Retry-After"]) >= 1


def test_storing_too_much_is_refused_in_words_a_script_reads(hosted: Flask) -> None:
    page = Visitor(hosted)

    def store(number: int) -> TestResponse:
        body = base64.b64encode(bytes([number]) * 30)
        return page.client.post("/drafts/audio/media", data=body, content_type="text/plain")

    assert [store(number).status_code for number in range(6)] == [200] * 5 + [429]
    refused = store(7)
    error = refused.json["error"]  # type: ignore[index]
    assert error["message"] == "Too much was stored in a short time."
    assert 1 <= int(refused.headers["Retry-After"]) <= 12
    assert page.client.get(BUILDER).status_code == 200


@pytest.mark.parametrize(
    "zero", ["previews_per_s", "sends_per_s", "connects_per_min", "saves_per_min"]
)
def test_zero_is_no_limit(zero: str, tmp_path: Path) -> None:
    settings = Settings(
        data_dir=str(tmp_path), host="0.0.0.0", allowed_hosts=("localhost",), **{zero: 0}
    )
    rates = Rates.of(settings)
    for _ in range(200):
        rates.spend({"pr": PREVIEW, "se": SEND, "co": CONNECT, "sa": SAVE}[zero[:2]], asked())
