"""The login: one password, a cookie, few tries, and nothing answered before it."""

import base64
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.page import Visitor, text_of
from webapp.app import create_app
from webapp.config import Settings
from webapp.edge.logins import Logins
from webapp.views.access import OPEN
from webapp.views.current import parts

PASSWORD = "correct horse battery"
BUILDER = "/events/beta/response.create"
HTML = {"Accept": "text/html"}


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    app = create_app(Settings(data_dir=str(tmp_path), password=PASSWORD))
    yield app
    parts(app).hub.close()


def log_in(page: Visitor, password: str = PASSWORD, onward: str = "") -> TestResponse:
    return page.client.post("/login", data={"password": password, "next": onward})


def cookies(answer: TestResponse) -> dict[str, str]:
    return dict(
        line.partition(";")[0].split("=", 1) for line in answer.headers.getlist("Set-Cookie")
    )


def test_every_address_asks_for_the_password_first(app: Flask, page: Visitor) -> None:
    with app.test_request_context():
        rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint not in OPEN]
    assert len(rules) > 20
    for rule in rules:
        path = re.sub(r"<[^>]+>", "x", rule.rule)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            answer = page.client.open(path, method=method)
            assert answer.status_code == 401, (method, path)
            assert b"Cuecard asks for a password" in answer.data


def test_health_and_the_look_of_the_login_need_no_password(page: Visitor) -> None:
    assert page.client.get("/healthz").status_code == 200
    assert page.client.get("/readyz").status_code == 200
    login = page.get("/login")
    sheets = [link.get("href", "") for link in login.all("link") if link.get("rel") == "stylesheet"]
    assert sheets
    for sheet in sheets:
        with page.client.get(sheet) as answer:
            assert answer.status_code == 200


def test_a_visitor_is_led_to_the_login_and_on(page: Visitor) -> None:
    asked = page.client.get(f"{BUILDER}?example=short-text", headers=HTML)
    assert asked.status_code == 303
    assert asked.headers["Location"].startswith("/login?next=")
    shown = page.get(asked.headers["Location"])
    assert shown.one("input[name=next]").get("value") == f"{BUILDER}?example=short-text"
    answer = log_in(page, onward=f"{BUILDER}?example=short-text")
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"{BUILDER}?example=short-text"
    assert page.get(BUILDER).button("Log out").get("type") == "submit"


def test_a_wrong_password_is_said_to_be_wrong_and_not_repeated(page: Visitor) -> None:
    shown = page.post("/login", {"password": "wrong-canary", "next": ""}, status=401)
    assert text_of(shown.one("#wrong")).startswith("That is not the password.")
    assert "wrong-canary" not in shown.response.text
    assert not [button for button in shown.all("button") if text_of(button) == "Log out"]
    assert page.client.get(BUILDER).status_code == 401


def test_a_login_has_a_fresh_cookie_and_makes_a_new_visitor(page: Visitor) -> None:
    page.client.set_cookie("cuecard-80", "ab" * 16, domain="localhost")
    page.client.set_cookie("cuecard-login-80", "cd" * 16, domain="localhost")
    assert page.client.get(BUILDER).status_code == 401
    answer = log_in(page)
    found = cookies(answer)
    assert re.fullmatch("[0-9a-f]{32}", found["cuecard-login-80"])
    assert found["cuecard-login-80"] != "cd" * 16
    assert found["cuecard-80"] != "ab" * 16
    for line in answer.headers.getlist("Set-Cookie"):
        assert "HttpOnly" in line
        assert "SameSite=Lax" in line
    assert PASSWORD not in str(answer.headers)


def test_over_https_the_cookies_are_for_it_alone(page: Visitor) -> None:
    secure = {"base_url": "https://localhost:8443"}
    answer = page.client.post("/login", data={"password": PASSWORD}, **secure)
    assert set(cookies(answer)) == {"__Host-cuecard-login", "__Host-cuecard"}
    for line in answer.headers.getlist("Set-Cookie"):
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(line.split("; "))


def test_logging_out_ends_it(page: Visitor) -> None:
    token = cookies(log_in(page))["cuecard-login-80"]
    assert page.client.get(BUILDER).status_code == 200
    assert page.client.post("/logout").headers["Location"] == "/login"
    assert page.client.get(BUILDER).status_code == 401
    page.client.set_cookie("cuecard-login-80", token, domain="localhost")
    assert page.client.get(BUILDER).status_code == 401


@pytest.mark.parametrize(
    "onward", ["//evil.example", "/\\evil.example", "\t//evil", "https:evil.example", "https://e/",
               "/%0d%0aX: y\n", "javascript:alert(1)", "evil", "/\\/evil", "/a b", "/<b>"]
)  # fmt: skip
def test_the_login_leads_nowhere_else(page: Visitor, onward: str) -> None:
    assert log_in(page, onward=onward).headers["Location"] == "/"
    assert onward not in page.get("/login").response.text or onward == "evil"


def test_twenty_wrong_tries_bar_the_right_one_too(page: Visitor) -> None:
    for _ in range(20):
        assert log_in(page, "wrong").status_code == 401
    barred = log_in(page)
    assert barred.status_code == 429
    assert int(barred.headers["Retry-After"]) == 600
    assert b"wrong too often" in barred.data
    assert (
        page.client.get(BUILDER, headers={"Authorization": f"Bearer {PASSWORD}"}).status_code == 429
    )


def test_who_is_in_is_not_barred_by_others(page: Visitor, app: Flask) -> None:
    log_in(page)
    stranger = Visitor(app)
    for _ in range(25):
        log_in(stranger, "wrong")
    assert page.client.get(BUILDER).status_code == 200


@pytest.mark.parametrize(
    "shown",
    [
        f"Bearer {PASSWORD}",
        f"bearer {PASSWORD}",
        "Basic " + base64.b64encode(f"anybody:{PASSWORD}".encode()).decode(),
    ],
)
def test_programs_show_the_password_in_a_header(page: Visitor, shown: str) -> None:
    check = "/api/v1/check?dialect=ga"
    event = {"type": "response.create"}
    refused = page.client.post(check, json=event)
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"] == "Basic realm=Cuecard"
    assert page.client.post(check, json=event, headers={"Authorization": shown}).status_code == 200


@pytest.mark.parametrize(
    "shown",
    ["Bearer", "Bearer wrong", "Basic !!", "Basic " + base64.b64encode(b"\xff").decode(), "X"],
)
def test_a_wrong_header_is_no_login(page: Visitor, shown: str) -> None:
    assert page.client.get(BUILDER, headers={"Authorization": shown}).status_code == 401


def test_a_fragment_says_where_to_log_in(page: Visitor) -> None:
    answer = page.post_raw(f"{BUILDER}/preview", htmx=True)
    assert answer.status_code == 401
    assert "/login" in answer.text
    assert answer.headers["HX-Retarget"] == "#messages"


def test_without_a_password_there_is_no_login(tmp_path: Path) -> None:
    page = Visitor(create_app(Settings(data_dir=str(tmp_path))))
    assert page.client.get("/login").headers["Location"] == "/"
    assert page.client.post("/login", data={"password": "x"}).headers["Location"] == "/"
    assert not [b for b in page.get(BUILDER).all("button") if text_of(b) == "Log out"]


def test_logins_and_wrong_tries_have_an_end() -> None:
    now = [1_000.0]
    logins = Logins("secret word", lambda: now[0])
    token = logins.log_in()
    now[0] += 6 * 24 * 3600
    assert logins.is_in(token)
    now[0] += 2 * 24 * 3600
    assert not logins.is_in(token)
    for _ in range(20):
        assert not logins.is_right("wrong", "peer")
    assert logins.is_barred("peer")
    assert not logins.is_barred("other")
    now[0] += 601
    assert not logins.is_barred("peer")
    assert logins.is_right("secret word", "peer")
