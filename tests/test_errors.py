"""Errors as visitors meet them: in words, in the right form, with the right status."""

import json
import logging
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.page import Visitor
from webapp.app import create_app
from webapp.config import Settings
from webapp.errors import LocalError, RemoteError
from webapp.forms.branches import BadSubmission

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def failing(app: Flask) -> FlaskClient:
    """An application in which /fail/... raises what a test wants raised."""

    def fail(kind: str) -> str:
        raise {
            "local": LocalError("cannot send <b>now</b>", remedy="wait for session.created"),
            "gone": LocalError("The session is gone.", status=404),
            "remote": RemoteError("the server hung up"),
            "form": BadSubmission("a<i>" + "b" * 300, "is not one of ours"),
            "ours": ZeroDivisionError("secret detail"),
        }[kind]

    app.add_url_rule("/fail/<kind>", view_func=fail, methods=["GET", "POST"])
    app.add_url_rule("/api/fail/<kind>", "api_fail", fail)
    return app.test_client()


@pytest.mark.parametrize(
    ("kind", "status", "words"),
    [
        ("local", 409, "cannot send &lt;b&gt;now&lt;/b&gt;"),
        ("gone", 404, "The session is gone."),
        ("remote", 502, "the server hung up"),
        ("form", 400, "a&lt;i&gt;bbb"),
        ("unknown", 404, "There is nothing at this address."),
    ],
)
def test_a_page_and_a_fragment_say_the_same(
    app: Flask, failing: FlaskClient, kind: str, status: int, words: str
) -> None:
    path = f"/fail/{kind}" if kind != "unknown" else "/nowhere"
    page = Visitor(app).get(path, status=status)
    fragment = Visitor(app).get(path, status=status, htmx=True)
    assert words in page.response.text
    assert words in fragment.response.text
    assert page.whole
    assert not fragment.whole
    assert page.one(".message__what") is not None
    assert fragment.response.headers["HX-Retarget"] == "#messages"
    assert fragment.response.headers["HX-Reswap"] == "innerHTML"
    assert fragment.one(fragment.response.headers["HX-Reselect"]) is not None
    assert len(page.response.data) < 8_192


def test_what_to_do_next_is_said(failing: FlaskClient) -> None:
    assert "wait for session.created" in failing.get("/fail/local").text


def test_programs_get_json(failing: FlaskClient) -> None:
    answer = failing.get("/api/fail/local")
    assert answer.status_code == 409
    assert answer.content_type == "application/json"
    assert answer.json == {
        "error": {
            "status": 409,
            "message": "cannot send <b>now</b>",
            "remedy": "wait for session.created",
            "reference": "",
        }
    }


def test_our_own_faults_are_logged_and_not_shown(
    app: Flask, failing: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    app.testing = False
    answer = failing.get("/fail/ours")
    assert answer.status_code == 500
    assert "ZeroDivisionError" not in answer.text
    assert "secret detail" not in answer.text
    assert "Traceback" not in answer.text
    reference = answer.text.partition("<code>")[2].partition("</code>")[0]
    assert len(reference) == 8
    assert reference in caplog.text
    assert "ZeroDivisionError: secret detail" in caplog.text


def test_tests_see_our_own_faults_as_they_are(failing: FlaskClient) -> None:
    with pytest.raises(ZeroDivisionError):
        failing.get("/fail/ours")


def test_a_reference_is_given_only_where_it_is_logged(
    failing: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "cuecard"):
        assert "in the log" not in failing.get("/fail/local").text
    with caplog.at_level(logging.INFO, "cuecard"):
        assert "in the log" in failing.get("/fail/local").text


@pytest.mark.parametrize("htmx", [False, True])
def test_the_edge_refuses_in_the_same_words_and_form(app: Flask, htmx: bool) -> None:
    headers = {"HX-Request": "true"} if htmx else {}
    answer = app.test_client().post(
        "/events/beta/response.create/preview",
        data=b"<b>=%ff",
        content_type=FORM,
        headers=headers,
    )
    assert answer.status_code == 422
    assert "The field &lt;b&gt; is not UTF-8." in answer.text
    assert answer.text.lower().startswith("<!doctype html>") is not htmx
    assert answer.headers.get("HX-Retarget") == ("#messages" if htmx else None)


def test_the_edge_refuses_programs_in_json(app: Flask) -> None:
    answer = app.test_client().post("/api/v1/check", data=b"{}", content_type="text/plain")
    assert answer.status_code == 415
    assert json.loads(answer.text)["error"]["remedy"] == "Send it as application/json."


def test_the_page_of_a_refusal_is_a_page_like_any_other(app: Flask) -> None:
    visitor = Visitor(app)
    page = visitor.post("/events/beta/response.create", {"a" * 201: "1"}, status=400)
    assert page.title == "Bad Request · Cuecard"
    assert "The name of a field is too long" in page.text


def test_a_wrong_method_says_which_are_right(app: Flask) -> None:
    answer = app.test_client().delete("/healthz")
    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


@pytest.mark.parametrize("name", ["X-HTTP-Method-Override", "X-Method-Override"])
def test_the_method_is_the_one_that_was_sent(app: Flask, name: str) -> None:
    client = app.test_client()
    assert client.get("/healthz", headers={name: "DELETE"}).status_code == 200
    assert client.get("/healthz?_method=DELETE").status_code == 200


def _routes(app: Flask, *methods: str) -> list[tuple[str, str]]:
    """Return (method, path) of every route, with something in place of its variables."""
    adapter = app.url_map.bind("localhost")
    found = []
    for rule in app.url_map.iter_rules():
        values = dict.fromkeys(rule.arguments, "1") | {
            "dialect": "beta",
            "event_type": "response.create",
        }
        path = adapter.build(rule.endpoint, {k: values[k] for k in rule.arguments})
        found += [(m, path) for m in methods if m in (rule.methods or ())]
    assert found
    return found


CROSS = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


def test_no_route_that_changes_something_takes_orders_from_elsewhere(app: Flask) -> None:
    client = app.test_client()
    for method, path in _routes(app, "POST", "PUT", "PATCH", "DELETE"):
        for headers in (CROSS, {"Sec-Fetch-Site": "same-site"}, {"Origin": "null"}):
            answer = client.open(path, method=method, headers=headers)
            assert answer.status_code == 403, (method, path)


def test_no_route_that_changes_something_can_be_reached_by_a_link(app: Flask) -> None:
    client = app.test_client()
    readable = {path for _, path in _routes(app, "GET")}
    for method, path in _routes(app, "POST"):
        if path not in readable:
            assert client.get(path).status_code == 405, (method, path)


def test_every_route_declares_the_headers(app: Flask) -> None:
    client = app.test_client()
    for method, path in _routes(app, "GET", "POST", "OPTIONS"):
        if path.endswith("/stream"):
            continue
        answer = client.open(path, method=method)
        assert answer.status_code < 500, (method, path)
        assert answer.headers["X-Content-Type-Options"] == "nosniff", (method, path)
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert "Access-Control-Allow-Origin" not in answer.headers
        immutable = path.startswith("/static/") and answer.status_code == 200
        assert answer.headers["Cache-Control"] == "no-store" or immutable


def test_a_strangers_name_runs_no_code_of_the_application(app: Flask) -> None:
    calls: list[str] = []
    app.before_request(lambda: calls.append("before"))
    app.after_request(lambda answer: calls.append("after") or answer)
    answer = app.test_client().get("/", base_url="http://evil.example")
    assert answer.status_code == 421
    assert not calls


def test_a_hosted_app_knows_only_its_names(tmp_path: Path) -> None:
    hosted = Settings(host="0.0.0.0", allowed_hosts=("cards.example",), data_dir=str(tmp_path))
    app = create_app(hosted)
    client = app.test_client()
    assert client.get("/healthz", base_url="https://cards.example").status_code == 200
    assert client.get("/healthz", base_url="http://localhost").status_code == 421


def test_the_cookie_is_as_strict_as_the_connection_allows(app: Flask) -> None:
    for base, name in (
        ("http://localhost", "cuecard-80"),
        ("https://localhost:80", "__Host-cuecard"),
    ):
        answer = app.test_client().get("/events/beta/response.create", base_url=base)
        cookies = answer.headers.getlist("Set-Cookie")
        assert len(cookies) == 1
        assert cookies[0].startswith(f"{name}=")
        assert "HttpOnly" in cookies[0]
        assert "SameSite=Lax" in cookies[0]
        assert ("Secure" in cookies[0]) is base.startswith("https")


def test_health_is_answered_in_a_word(app: Flask) -> None:
    assert app.test_client().get("/healthz").text == "ok\n"
    assert app.test_client().get("/readyz").text == "ready\n"
