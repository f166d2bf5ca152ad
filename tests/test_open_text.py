"""The open text of an event: no button overlooks, loses or guesses what somebody typed into it."""

import json

import pytest

from tests.page import Page, Visitor, text_of
from tests.swapping import after
from tests.test_builder_views import BETA, EVENT, GREETING, Inputs, pasted, wire
from webapp.exact_json.writer import write
from webapp.views.open_text import digest

TYPED = {"type": EVENT, "response": {"instructions": "typed into the box"}}
BROKEN = '{"type": "response.create", "response": {"voice" "sage"}}\n'


def opened(page: Visitor, text: str) -> Page:
    """A page without script whose open text somebody has changed, and pressed nothing yet."""
    shown = pasted(page, GREETING)
    editing = page.submit(shown, press=shown.one(f"button[formaction={BETA}/raw/edit]"))
    box = editing.one("textarea#raw-text")
    box.text = text
    return editing


def fields_of(shown: Page) -> Inputs:
    return shown.fields("builder")


def box_of(shown: Page) -> str:
    return shown.one("textarea#raw-text").text or ""


@pytest.mark.parametrize("words", ["Copy", "Download"])
def test_copy_and_download_read_the_text_first(page: Visitor, words: str) -> None:
    editing = opened(page, write(TYPED))
    address = editing.button(words).get("formaction", "")
    answer = page.post_raw(address, fields_of(editing))
    assert answer.get_data(as_text=True) == write(TYPED)


def test_export_and_conversion_read_the_text_first(page: Visitor) -> None:
    fields = fields_of(opened(page, write(TYPED)))
    program = page.post_raw(f"{BETA}/export/python", fields).get_data(as_text=True)
    assert "typed into the box" in program
    converted = page.post(f"{BETA}/convert/ga?apply=1", fields)
    assert "typed into the box" in wire(converted)
    as_it_is = page.post(f"{BETA}/open/ga", fields)
    assert json.loads(wire(as_it_is)) == TYPED


def test_what_was_read_by_a_button_is_in_the_form_and_the_box_is_closed(page: Visitor) -> None:
    editing = opened(page, write(TYPED))
    sent = page.submit(editing, press="Send")
    assert json.loads(wire(sent))["response"] == TYPED["response"]
    assert not sent.all("textarea#raw-text")


@pytest.mark.parametrize("htmx", [False, True])
@pytest.mark.parametrize("route", ["wire", "wire?download=1", "export/json", "convert/ga"])
def test_a_text_that_cannot_be_read_is_asked_about(page: Visitor, route: str, htmx: bool) -> None:
    editing = opened(page, BROKEN)
    asked = page.post(f"{BETA}/{route}", fields_of(editing), status=422, htmx=htmx)
    assert "Nothing was done yet" in asked.text
    assert "Line 1, column 50" in asked.text
    if htmx:
        assert asked.response.headers["HX-Retarget"] == "#raw-status"
    else:
        assert box_of(asked) == BROKEN
        assert wire(asked) == write(GREETING)


def test_either_text_can_be_had_after_the_question(page: Visitor) -> None:
    asked = page.post(f"{BETA}/wire", fields_of(opened(page, BROKEN)), status=422)
    typed = asked.button("Copy this text as it is").get("formaction", "")
    answer = page.post_raw(typed, fields_of(asked))
    assert (answer.get_data(as_text=True), answer.mimetype) == (BROKEN, "text/plain")
    last = asked.button("Copy the event in the form").get("formaction", "")
    answer = page.post_raw(last, fields_of(asked))
    assert answer.get_data(as_text=True) == write(GREETING)
    assert answer.mimetype == "application/json"


def test_a_download_says_by_its_name_that_it_is_no_json(page: Visitor) -> None:
    asked = page.post(f"{BETA}/wire?download=1", fields_of(opened(page, BROKEN)), status=422)
    address = asked.button("Download this text as it is").get("formaction", "")
    answer = page.post_raw(address, fields_of(asked))
    assert answer.headers["Content-Disposition"].endswith('"response.create.beta.txt"')


@pytest.mark.parametrize("words", ["Export the event in the form", "Convert the event in the form"])
def test_the_event_in_the_form_goes_on_after_the_question(page: Visitor, words: str) -> None:
    route = "export/json" if words.startswith("Export") else "convert/ga"
    asked = page.post(f"{BETA}/{route}", fields_of(opened(page, BROKEN)), status=422)
    answer = page.post_raw(asked.button(words).get("formaction", ""), fields_of(asked))
    assert answer.status_code == 200
    assert "goodbye" in answer.get_data(as_text=True)


def sent_lines(page: Visitor, shown: Page) -> list[str]:
    number = shown.one("section#session").get("data-session", "")
    lines = page.client.get(f"/sessions/{number}/log.jsonl").get_data(as_text=True).splitlines()
    sent = [line for line in map(json.loads, lines) if line["direction"] == "sent"]
    return [line["text"] for line in sent]


def test_a_broken_text_is_sent_as_it_is_when_that_is_meant(page: Visitor) -> None:
    asked = page.submit(opened(page, BROKEN), press="Send")
    assert "cannot be read as it stands (line 1, column 50" in text_of(asked.one("#session-said"))
    assert box_of(asked) == BROKEN
    broken = page.submit(asked, press="Send this text as it is")
    assert sent_lines(page, broken) == [BROKEN]
    assert box_of(broken) == BROKEN
    assert "JSON" in text_of(broken.one("ol.transcript")), text_of(broken.one("ol.transcript"))


def test_the_event_in_the_form_is_sent_when_that_is_meant(page: Visitor) -> None:
    asked = page.submit(opened(page, BROKEN), press="Send")
    form = page.submit(asked, press="Send the event in the form")
    [line] = sent_lines(page, form)
    assert line == wire(form)
    assert "goodbye" in line


def test_a_button_of_the_form_loses_no_text(page: Visitor) -> None:
    for text in (BROKEN, write(TYPED)):
        editing = opened(page, text)
        shown = page.post(f"{BETA}/form", [*fields_of(editing), ("do", "unset:response.metadata")])
        assert box_of(shown) == text
        assert "metadata" not in wire(shown)
        assert ("not show this text" in shown.text) == (text != BROKEN)
        again = page.submit(shown, press="Update the preview")
        assert box_of(again) == text


def test_a_form_that_changes_under_script_leaves_an_unread_text_alone(page: Visitor) -> None:
    editing = opened(page, BROKEN)
    unset = [*fields_of(editing), ("do", "unset:response.metadata")]
    answer = page.post(f"{BETA}/form", unset, htmx=True)
    assert "#raw-box" not in [part.get("hx-target") for part in answer.all("hx-partial")]
    # One that the form shows follows it; pages with script do not even send it.
    read = [pair for pair in unset if pair[0] != "text"]
    followed = after(editing, page.post(f"{BETA}/form", read, htmx=True))
    assert box_of(followed) == wire(followed)
    assert ("raw", digest(wire(followed))) in fields_of(followed)


def test_equal_names_leave_the_box_once_the_last_is_kept(page: Visitor) -> None:
    text = '{"type": "response.create", "event_id": "a", "event_id": "b"}'
    fields = [("text", text), ("raw", "unread"), ("repair", "keep_last")]
    answer = page.post(f"{BETA}/raw", fields, htmx=True)
    [box] = answer.all("textarea#raw-text")
    assert json.loads(box.text or "") == {"type": EVENT, "event_id": "b"}


def test_closing_reads_what_can_be_read(page: Visitor) -> None:
    closed = page.submit(opened(page, write(TYPED)), press="Done")
    assert not closed.all("textarea#raw-text")
    assert json.loads(wire(closed)) == TYPED


def test_closing_keeps_what_cannot_be_read_until_it_is_dropped(page: Visitor) -> None:
    refused = page.post(f"{BETA}/raw/close", fields_of(opened(page, BROKEN)), status=422)
    assert box_of(refused) == BROKEN
    dropped = page.submit(refused, press="Drop this text")
    assert not dropped.all("textarea#raw-text")
    assert wire(dropped) == write(GREETING)


def test_opening_the_text_again_keeps_what_stands_in_it(page: Visitor) -> None:
    editing = opened(page, BROKEN)
    again = page.submit(editing, press=editing.one(f"button[formaction={BETA}/raw/edit]"))
    assert box_of(again) == BROKEN


def test_reading_keeps_the_layout_that_was_chosen(page: Visitor) -> None:
    fields = [("text", write(TYPED)), ("style", "compact")]
    answer = page.post(f"{BETA}/raw", fields, htmx=True)
    assert "wire--compact" in answer.one("#wire").get("class", "")


def test_a_text_the_form_shows_is_nothing_to_read(page: Visitor) -> None:
    fields = [("raw", digest(write(TYPED))), ("type", EVENT)]
    assert page.post_raw(f"{BETA}/raw", fields, htmx=True).status_code == 204
