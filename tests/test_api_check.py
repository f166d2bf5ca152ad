"""``POST /api/v1/check``: the problems of an event for programs."""

from typing import Any

import pytest
from flask import Flask

from tests.cases_on_disk import Case, all_cases
from tests.written_events import problems
from webapp.exact_json.patches import apply
from webapp.exact_json.reader import read_json
from webapp.exact_json.writer import write

CHECK = "/api/v1/check"


def ask(app: Flask, body: str | bytes, status: int = 200, query: str = "") -> Any:
    answer = app.test_client().post(f"{CHECK}{query}", data=body, content_type="application/json")
    assert answer.status_code == status, answer.get_data(as_text=True)
    assert answer.content_type.startswith("application/json")
    return answer.get_json()


def test_a_problem_has_its_place_its_words_and_its_fix(app: Flask) -> None:
    body = '{"type": "response.create", "response": {"max_tokens": 1.50e1}}'
    found = ask(app, body, query="?dialect=beta")
    assert found == {
        "dialect": "beta",
        "wire": write(read_json(body)),
        "problems": [
            {
                "at": "/response/max_tokens",
                "severity": "error",
                "code": "unknown_parameter",
                "message": "The name here is max_output_tokens.",
                "source": "OpenAPI document 2.3.0; the old name is the Beta session's",
                "fix": [
                    {
                        "op": "move",
                        "from": "/response/max_tokens",
                        "path": "/response/max_output_tokens",
                    }
                ],
            }
        ],
    }
    assert "1.50e1" in found["wire"]


def test_an_event_without_problems_has_none(app: Flask) -> None:
    assert ask(app, '{"type": "response.create"}')["problems"] == []


@pytest.mark.parametrize("case", all_cases(), ids=str)
def test_every_case_is_told_as_the_core_finds_it(app: Flask, case: Case) -> None:
    found = ask(app, case.text.encode(), query=f"?dialect={case.dialect}")
    known = problems(case.dialect, case.event)
    assert read_json(found["wire"]) == case.event
    assert [(one["at"], one["severity"], one["code"]) for one in found["problems"]] == [
        (one.at, one.severity, one.code) for one in known
    ]
    for one in found["problems"]:
        if one["fix"]:
            apply(case.event, one["fix"])


@pytest.mark.parametrize(
    ("body", "dialect"),
    [
        ('{"type": "response.create", "response": {"output_modalities": ["audio"]}}', "ga"),
        ('{"type": "response.create", "response": {"temperature": 0.8}}', "beta"),
        ('{"type": "response.create"}', "beta"),
    ],
)
def test_without_a_dialect_it_is_guessed(app: Flask, body: str, dialect: str) -> None:
    assert ask(app, body)["dialect"] == dialect


@pytest.mark.parametrize(
    ("body", "line", "column"),
    [('{"type":\n  nope}', 2, 3), ("", 1, 1), ('{"a": 1, "a": 2}', 1, 10), (b"\xff", 1, 1)],
)
def test_what_is_not_json_is_refused_with_its_place(
    app: Flask, body: str | bytes, line: int, column: int
) -> None:
    error = ask(app, body, status=422)["error"]
    assert (error["line"], error["column"]) == (line, column)
    assert error["reason"]
    assert error["reason"] in error["message"]


@pytest.mark.parametrize("body", ["[]", "1", "null", '"text"', "{}"])
def test_any_json_is_an_answer(app: Flask, body: str) -> None:
    assert ask(app, body)["problems"]


def test_an_unknown_dialect_is_refused(app: Flask) -> None:
    error = ask(app, "{}", status=400, query="?dialect=gamma")["error"]
    assert "dialect" in error["message"]


def test_another_type_of_body_is_refused(app: Flask) -> None:
    answer = app.test_client().post(CHECK, data="{}", content_type="text/plain")
    assert answer.status_code == 415


def test_a_fix_keeps_numbers_as_they_were_written(app: Flask) -> None:
    body = '{"type": "response.create", "response": {"metadata": {"a": {"b": 0.70}}}}'
    answer = app.test_client().post(CHECK, data=body, content_type="application/json")
    assert '"value":"{\\"b\\":0.70}"' in answer.get_data(as_text=True)
