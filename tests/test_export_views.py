"""Exports from the builder: the text for scripts, the panel for people."""

import ast
import json

import pytest

from tests.page import Visitor, text_of
from webapp.exports import LANGUAGES

BUILDER = "/events/{}/response.create"


def exported(
    page: Visitor, language: str, fields: list[tuple[str, str]], dialect: str = "ga"
) -> str:
    answer = page.client.post(f"{BUILDER.format(dialect)}/export/{language}", data=dict(fields))
    assert answer.status_code == 200, answer.text
    assert answer.mimetype == "text/plain"
    return answer.text


@pytest.mark.parametrize("dialect", ["beta", "ga"])
def test_the_menu_lists_every_language(dialect: str, page: Visitor) -> None:
    shown = page.get(BUILDER.format(dialect))
    for language in LANGUAGES.values():
        assert shown.button(language.title).get("formaction", "").endswith(f"/{language.slug}")


@pytest.mark.parametrize("dialect", ["beta", "ga"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_is_text_for_scripts(language: str, dialect: str, page: Visitor) -> None:
    assert "response.create" in exported(page, language, [], dialect)


def test_the_export_holds_the_bytes_of_the_wire_text(page: Visitor) -> None:
    fields = page.get(f"{BUILDER.format('beta')}?example=forced-function").fields("builder")
    body = {name: [text for at, text in fields if at == name] for name, _ in fields}
    wire = page.client.post(f"{BUILDER.format('beta')}/wire", data=body).text
    source = page.client.post(f"{BUILDER.format('beta')}/export/python", data=body).text
    literal = source.partition("EVENT = ")[2].partition("\n)")[0] + "\n)"
    assert ast.literal_eval(literal) == wire
    assert json.loads(wire)["response"]


def test_without_a_choice_it_goes_where_its_dialect_is_spoken(page: Visitor) -> None:
    assert "wss://api.openai.com/v1/realtime" in exported(page, "python", [], "ga")
    assert "api-version=" in exported(page, "python", [], "beta")


def test_the_panel_shows_the_program_and_a_choice(page: Visitor) -> None:
    fields = [("export-endpoint", "sandbox")]
    panel = page.post(f"{BUILDER.format('ga')}/export/python", fields, htmx=True)
    assert "cuecard sandbox" in text_of(panel.one("#export-text"))
    chosen = [text_of(each) for each in panel.all("option") if each.get("selected") is not None]
    assert chosen == ["Sandbox"]
    assert panel.button("Copy program").get("data-copy", "").endswith("/export/python")
    panel.button("Close")


def test_json_has_no_endpoint_to_choose(page: Visitor) -> None:
    panel = page.post(f"{BUILDER.format('ga')}/export/json", [], htmx=True)
    assert panel.all("select") == []
    assert json.loads(text_of(panel.one("#export-text"))) == {"type": "response.create"}


def test_another_address_has_a_box_of_its_own(page: Visitor) -> None:
    address = "wss://server.example/v1/realtime?model=m"
    fields = [("export-endpoint", "address"), ("export-address", f" {address} ")]
    panel = page.post(f"{BUILDER.format('ga')}/export/node", fields, htmx=True)
    assert panel.control("Address").get("value") == address
    assert address in text_of(panel.one("#export-text"))


@pytest.mark.parametrize(
    ("language", "endpoint", "address", "words"),
    [
        ("node", "address", "", "An address looks like"),
        ("node", "address", "wss://x.example/?token=1", "Leave the key out"),
        ("node", "elsewhere", "", "An address looks like"),
        ("browser", "sandbox", "", "not reached by WebRTC"),
    ],
)
def test_what_cannot_be_written_is_said(
    language: str, endpoint: str, address: str, words: str, page: Visitor
) -> None:
    fields = [("export-endpoint", endpoint), ("export-address", address)]
    at = f"{BUILDER.format('ga')}/export/{language}"
    panel = page.post(at, fields, htmx=True)
    assert words in panel.text
    assert not panel.all("pre")
    assert words in page.post(at, fields, status=422).text


def test_a_long_program_is_shown_by_its_beginning(page: Visitor) -> None:
    fields = [("response@", "group"), ("response.instructions", "x" * 300_000)]
    panel = page.post(f"{BUILDER.format('ga')}/export/python", fields, htmx=True)
    assert len(text_of(panel.one("#export-text"))) <= 200_000
    assert "copying gives all 30" in panel.text


def test_there_is_no_other_language(page: Visitor) -> None:
    page.post(f"{BUILDER.format('ga')}/export/cobol", [], status=404)
    page.post("/events/ga/session.fly/export/python", [], status=404)
