"""Drafts under their addresses: found again by their exact id, and changed by nobody else."""

import pytest
from flask import Flask

from tests.page import Visitor
from tests.test_builder_views import BETA, EVENT, GREETING, wire
from webapp.exact_json.writer import write

ID = "0123456789abcdef" * 2


def keep(page: Visitor, text: str, draft_id: str = ID) -> None:
    page.post(f"{BETA}/raw", {"text": text, "draft": draft_id})


@pytest.mark.parametrize(
    "draft_id",
    [
        "..%2f..%2fdrafts.sqlite",
        "%00",
        "x" * 3_000,
        "%F0%9F%98%80",
        "%27%20or%201=1--",
        ID.upper(),
        f"{ID}=",
        ID[:-1],
        f"{ID}%20",
        ID.replace("a", "%D0%B0"),
    ],
    ids=lambda draft_id: draft_id[:20],
)
def test_an_id_that_is_not_exactly_one_of_ours_leads_nowhere(page: Visitor, draft_id: str) -> None:
    keep(page, write(GREETING))
    answer = page.client.get(f"{BETA}?draft={draft_id}")
    assert answer.status_code == 404
    assert b"goodbye" not in answer.data
    # Nor is anything kept under it.
    page.post(f"{BETA}/raw", {"text": "{}", "draft": draft_id})
    assert wire(page.get(f"{BETA}?draft={ID}")) == write(GREETING)


def test_somebody_elses_draft_is_shown_and_never_changed(app: Flask, page: Visitor) -> None:
    keep(page, write(GREETING))
    other = Visitor(app)
    shown = other.get(f"{BETA}?draft={ID}")
    assert wire(shown) == write(GREETING)
    assert ("draft", ID) not in shown.fields("builder")
    keep(other, write({"type": EVENT}))
    other.post(f"{BETA}/undo", [*shown.fields("builder")])
    hijack = [("draft", ID), *[pair for pair in shown.fields("builder") if pair[0] != "draft"]]
    other.post(f"{BETA}/form", [*hijack, ("do", "unset:response")])
    earlier = write({"type": EVENT, "response": {"instructions": "not for others"}})
    keep(page, earlier)
    keep(page, write(GREETING))
    assert "not for others" not in wire(other.post(f"{BETA}/undo", hijack))
    assert wire(page.get(f"{BETA}?draft={ID}")) == write(GREETING)


def test_a_draft_of_another_dialect_is_not_at_this_address(page: Visitor) -> None:
    keep(page, write(GREETING))
    assert page.client.get(f"/events/ga/{EVENT}?draft={ID}").status_code == 404
