"""The dialect switch, the guess at pasted text, and the same for programs."""

import json
from typing import Any

import pytest
from flask import Flask

from tests.cases_on_disk import Case, all_cases
from tests.page import Page, Visitor, text_of
from webapp.dialects import convert, other
from webapp.views import wire_diff
from webapp.views.current import parts
from webapp.views.wire_diff import MOST_ROWS, Row, rows

BUILDER = "/events/{}/response.create"
BETA, GA = BUILDER.format("beta"), BUILDER.format("ga")


def opened(page: Visitor, dialect: str, event: Any) -> Page:
    """The builder filled with an event, its text closed again."""
    return page.post(f"{BUILDER.format(dialect)}/raw", {"text": json.dumps(event)})


def wire(page: Visitor, shown: Page) -> Any:
    """The event that a page would send."""
    address = next(
        button.get("data-copy", "") for button in shown.all("button") if button.get("data-copy")
    )
    return json.loads(page.post_raw(address, shown.fields("builder")).get_data(as_text=True))


def event(**params: Any) -> dict[str, Any]:
    return {"type": "response.create", "response": params}


GREETING = event(modalities=["text", "audio"], voice="sage", temperature=0.7, tools=[])


# The switch.


def test_the_switch_shows_what_would_happen_before_it_does(page: Visitor) -> None:
    shown = page.submit(opened(page, "beta", GREETING), press="GA")
    assert text_of(shown.one("#conversion-title")) == "Convert from Beta to GA"
    notes = [text_of(note) for note in shown.all(".notes li")]
    assert "lost /response/temperature GA has no temperature." in notes
    assert next(text_of(line) for line in shown.all("del")) == '"modalities": ['
    assert next(text_of(line) for line in shown.all("ins")) == '"output_modalities": ['
    assert wire(page, shown) == GREETING


def test_converting_can_be_cancelled(page: Visitor) -> None:
    shown = page.submit(opened(page, "beta", GREETING), press="GA")
    after = page.submit(shown, press="Cancel")
    assert not after.all("#conversion-title")
    assert wire(page, after) == GREETING


def test_converting_can_be_taken_back_exactly(page: Visitor) -> None:
    before = opened(page, "beta", {**GREETING, "odd": 1.0})
    shown = page.submit(before, press="GA", change={"style": "pretty"})
    after = page.submit(shown, press="Convert")
    assert after.title == "response.create (ga) · Cuecard"
    assert wire(page, after) == convert({**GREETING, "odd": 1.0}, "beta", "ga").value
    assert "1 moved, 1 reshaped, 1 lost, 1 kept" in text_of(after.one(".converted"))
    back = page.get(link(after, "Back to Beta"))
    assert own(back) == own(before)


def own(page: Page) -> list[tuple[str, str]]:
    """The fields of a page, without those of the page itself: its key to send once, its origin."""
    return [
        (name, text) for name, text in page.fields("builder") if name not in ("origin", "token")
    ]


def link(page: Page, words: str) -> str:
    found = [a.get("href", "") for a in page.all("a") if text_of(a) == words]
    assert len(found) == 1, words
    return found[0]


def test_the_page_of_a_converted_draft_is_found_again_with_its_notes(page: Visitor) -> None:
    shown = page.submit(opened(page, "beta", GREETING), press="GA")
    after = page.submit(shown, press="Convert")
    again = page.get(after.one("form#builder").get("data-found-at", ""))
    assert text_of(again.one(".converted")) == text_of(after.one(".converted"))
    assert wire(page, again) == wire(page, after)
    assert link(again, "Back to Beta") == link(after, "Back to Beta")


def test_others_do_not_see_where_a_draft_came_from(app: Flask, page: Visitor) -> None:
    shown = page.submit(opened(page, "beta", GREETING), press="GA")
    after = page.submit(shown, press="Convert")
    theirs = Visitor(app).get(after.one("form#builder").get("data-found-at", ""))
    assert not theirs.all(".converted")
    assert wire(page, theirs) == wire(page, after)


@pytest.mark.parametrize("old", ["x", "0" * 32])
def test_a_draft_that_came_from_nowhere_says_nothing(page: Visitor, old: str) -> None:
    shown = page.submit(opened(page, "beta", GREETING), press="GA")
    after = page.submit(shown, press="Convert")
    address = after.one("form#builder").get("data-found-at", "").partition("&")[0]
    assert not page.get(f"{address}&from={old}").all(".converted")


@pytest.mark.parametrize("press", ["GA"])
@pytest.mark.parametrize("params", [{}, {"instructions": "Hi", "tools": []}])
def test_where_there_is_nothing_to_say_it_is_done_at_once(
    page: Visitor, press: str, params: dict[str, Any]
) -> None:
    after = page.submit(opened(page, "beta", event(**params)), press=press)
    assert after.title == "response.create (ga) · Cuecard"
    assert wire(page, after) == event(**params)
    assert link(after, "Back to Beta")


def test_a_bare_event_leaves_no_draft_behind(page: Visitor, app: Flask) -> None:
    after = page.submit(page.get(BETA), press="GA")
    assert wire(page, after) == {"type": "response.create"}
    assert after.one("form#builder").get("data-found-at") == GA
    assert not after.all(".converted")
    assert not parts(app).drafts._path.exists()


def test_a_draft_that_cannot_be_kept_is_converted_with_a_word(
    page: Visitor, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = page.submit(opened(page, "beta", GREETING), press="GA")
    monkeypatch.setattr(parts(app).drafts, "keep", lambda *_: False)
    after = page.submit(shown, press="Convert")
    assert "There is no way back" in text_of(after.one(".converted"))
    assert wire(page, after) == convert(GREETING, "beta", "ga").value
    assert after.one("form#builder").get("data-found-at") is None


def test_secrets_are_named_as_what_does_not_come_back(page: Visitor) -> None:
    server = {"type": "mcp", "server_label": "s", "server_url": "https://s.example"}
    told: list[bool] = []
    for tool in (server, {**server, "authorization": "hush"}):
        shown = page.submit(opened(page, "ga", event(tools=[tool])), press="Beta")
        after = page.submit(shown, press="Convert")
        told.append("without tokens" in text_of(after.one(".converted")))
    assert told == [False, True]


def test_the_layout_of_the_text_stays(page: Visitor) -> None:
    shown = page.submit(opened(page, "beta", GREETING), press="GA", change={"style": "compact"})
    after = page.submit(shown, press="Convert")
    assert dict(after.fields("builder"))["style"] == "compact"


def test_stored_sounds_travel(page: Visitor) -> None:
    shown = page.submit(page.get(f"{BETA}?example=audio-input"), press="GA")
    assert "…" in shown.text
    after = page.submit(shown, press="Convert")
    sound = wire(page, after)["response"]["input"][0]["content"][0]["audio"]
    assert len(sound) > 1_000
    assert wire(page, after)["response"]["output_modalities"] == ["audio"]


def test_the_switch_to_its_own_dialect_changes_nothing(page: Visitor) -> None:
    shown = opened(page, "beta", GREETING)
    after = page.post(f"{BETA}/convert/beta", shown.fields("builder"))
    assert wire(page, after) == GREETING


@pytest.mark.parametrize(
    "address", [f"{BETA}/convert/alpha", "/events/beta/x/convert/ga", f"{BETA}/open/alpha"]
)
def test_there_is_no_other_dialect(page: Visitor, address: str) -> None:
    page.post(address, status=404)


def test_a_panel_opens_in_the_page(page: Visitor) -> None:
    fields = opened(page, "beta", GREETING).fields("builder")
    panel = page.post(f"{BETA}/convert/ga", fields, htmx=True)
    assert not panel.whole
    assert panel.one("dialog").get("open") is None
    assert panel.button("Convert").get("data-press-now") is None
    assert panel.button("Cancel").get("type") == "button"


def test_a_panel_with_nothing_to_say_presses_its_own_button(page: Visitor) -> None:
    panel = page.post(f"{BETA}/convert/ga", htmx=True)
    assert panel.button("Convert").get("data-press-now") is not None
    assert not panel.all(".notes")


@pytest.mark.parametrize("case", all_cases(), ids=str)
def test_every_case_is_converted_on_the_page_as_by_the_table(page: Visitor, case: Case) -> None:
    target = other(case.dialect)
    shown = opened(page, case.dialect, case.event)
    address = f"{BUILDER.format(case.dialect)}/convert/{target}?apply=1"
    after = page.post(address, shown.fields("builder"))
    assert wire(page, after) == convert(case.event, case.dialect, target).value


# The guess.


def test_text_of_the_other_dialect_can_be_opened_there_unchanged(page: Visitor) -> None:
    sent = event(output_modalities=["audio"], audio={"output": {"voice": "ash"}})
    shown = opened(page, "beta", sent)
    assert "This looks like GA." in text_of(shown.one(".guess"))
    assert "/response/output_modalities" in text_of(shown.one(".guess__reasons"))
    assert wire(page, shown) == sent
    after = page.submit(shown, press="Open it as GA")
    assert after.title == "response.create (ga) · Cuecard"
    assert wire(page, after) == sent
    assert not after.all(".guess")
    again = page.get(after.one("form#builder").get("data-found-at", ""))
    assert wire(page, again) == sent


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"voice": "ash", "audio": {}, "reasoning": {}}, "A guess: this may be GA."),
        ({"voice": "ash", "audio": {}}, "This has members of both dialects"),
        ({"voice": "ash", "temperature": 1, "audio": {}}, None),
        ({"voice": "ash"}, None),
        ({}, None),
    ],
)
def test_a_guess_is_called_one(page: Visitor, params: dict[str, Any], words: str | None) -> None:
    shown = opened(page, "beta", event(**params))
    said = [text_of(guess) for guess in shown.all(".guess")]
    assert [words in one for one in said if words] == ([True] if words else [])
    assert bool(said) is bool(words)


def test_the_guess_comes_into_the_open_page(page: Visitor) -> None:
    text = json.dumps(event(reasoning={"effort": "low"}))
    answer = page.post_raw(f"{BETA}/raw", {"text": text}, htmx=True).get_data(as_text=True)
    assert "This looks like GA." in answer


# For programs.


def api(page: Visitor, query: str, body: str, status: int = 200) -> Any:
    answer = page.client.post(
        f"/api/v1/convert?{query}", data=body.encode(), content_type="application/json"
    )
    assert answer.status_code == status, answer.get_data(as_text=True)
    return answer.get_json()


def test_a_program_gets_the_text_and_the_notes(page: Visitor) -> None:
    got = api(page, "from=beta&to=ga", json.dumps(GREETING))
    assert json.loads(got["wire"]) == convert(GREETING, "beta", "ga").value
    assert {
        "at": "/response/temperature",
        "to": "",
        "kind": "lost",
        "message": "GA has no temperature.",
    } in got["notes"]


def test_the_dialect_to_convert_from_is_told_from_the_event(page: Visitor) -> None:
    there = api(page, "to=ga", json.dumps(GREETING))
    again = api(page, "to=ga", there["wire"])
    assert again == {"wire": there["wire"], "notes": []}


def test_numbers_keep_their_spelling_for_programs(page: Visitor) -> None:
    got = api(page, "to=ga", '{"type":"response.create","response":{"max_output_tokens":1e2}}')
    assert '"max_output_tokens": 1e2' in got["wire"]


@pytest.mark.parametrize(
    ("query", "body", "status", "words"),
    [
        ("from=beta&to=alpha", "{}", 400, "“to” names no dialect."),
        ("from=&to=ga", "{}", 400, "“from” names no dialect."),
        ("", "{}", 400, "“to” names no dialect."),
        ("to=ga", '{"a": 1,}', 422, "line 1, column 8"),
        ("to=ga", "", 422, "line 1, column 1"),
    ],
)
def test_a_bad_request_says_what_is_wrong(
    page: Visitor, query: str, body: str, status: int, words: str
) -> None:
    assert words in api(page, query, body, status)["error"]["message"]


# Two texts side by side.


def test_unchanged_lines_far_from_a_change_are_counted() -> None:
    old = [str(number) for number in range(20)]
    new = [*old[:10], "x", *old[11:]]
    assert rows(old, new) == [
        Row(skipped=7),
        *(Row(line, line) for line in old[7:10]),
        Row("10", "x"),
        *(Row(line, line) for line in old[11:14]),
        Row(skipped=6),
    ]


def test_lines_that_came_or_went_have_nothing_beside_them() -> None:
    assert rows(["a", "b"], ["b", "c"]) == [Row("a", None), Row("b", "b"), Row(None, "c")]
    assert rows(["a"], ["a"]) == [Row(skipped=1)]
    assert rows([], []) == []


def test_a_long_line_is_cut() -> None:
    (row,) = rows(["a" * 600], [])
    assert row.old is not None
    assert row.old.endswith("a… 100 more characters")


def test_a_huge_change_is_cut_and_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire_diff, "SequenceMatcher", None)  # it would take minutes
    old, new = [f"{number},\n" for number in range(60_000)], ["}"] * 30_000
    found = rows(old, new)
    assert len(found) == MOST_ROWS + 1
    assert found[-1] == Row(skipped=60_000 - MOST_ROWS)
