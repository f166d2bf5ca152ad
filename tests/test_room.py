"""What is taken when it is pasted can be shown, sent and exported; what cannot is named at once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.compiled import share_compiled
from tests.page import Visitor, quick
from tests.test_builder_views import BETA, EVENT
from webapp.app import create_app
from webapp.config import Settings
from webapp.exact_json.reader import JsonValue
from webapp.exact_json.writer import write
from webapp.views.current import parts

MIB = 1024 * 1024
ROUTES = ("wire", "preview", "check", "raw/edit", "export/json", "convert/ga")


def texted(length: int) -> JsonValue:
    return {"type": EVENT, "response": {"instructions": "x" * length}}


def items(number: int) -> JsonValue:
    item: JsonValue = {"type": "item_reference", "id": "an & id"}
    return {"type": EVENT, "response": {"input": [item] * number}}


def taken(page: Visitor, event: JsonValue) -> bool:
    """Whether an event is taken when pasted; if so, every route takes the form of it."""
    answer = page.post_raw(f"{BETA}/raw", {"text": write(event)})
    if answer.status_code == 422:
        return False
    fields = quick(answer).fields("builder")
    for route in ROUTES:
        assert page.post_raw(f"{BETA}/{route}", fields).status_code == 200, route
    assert page.post_raw(f"{BETA}/wire", fields).get_data(as_text=True) == write(event)
    return True


def test_a_text_at_the_limit_is_taken_everywhere_and_one_above_nowhere(page: Visitor) -> None:
    assert taken(page, texted(MIB))
    refused = page.post(f"{BETA}/raw", {"text": write(texted(MIB + 1))}, status=422)
    assert "The text at /response/instructions has 1,048,577 characters" in refused.text
    assert "Line 4, column" in refused.text
    assert "CUECARD_MAX_TEXT_CHARS" in refused.text
    assert len(refused.one("textarea#raw-text").text or "") > MIB


def test_what_is_too_long_for_the_form_can_be_sent_as_text(page: Visitor) -> None:
    text = write(texted(MIB + 1))
    answer = page.post_raw(f"{BETA}/wire?unread=typed", {"text": text, "raw": "unread"})
    assert answer.get_data(as_text=True) == text


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Flask]:
    settings = Settings(data_dir=str(tmp_path), max_form_bytes=12_000, max_fields=200)
    app = share_compiled(create_app(settings))
    app.testing = True
    yield app
    parts(app).hub.close()


def test_a_form_is_never_larger_than_what_was_taken(small: Flask) -> None:
    page = Visitor(small)
    # The edges of both limits, found by halving: all below is taken, all above is not.
    for make, most in ((texted, 20_000), (items, 400)):
        low, high = 0, most
        assert taken(page, make(low))
        assert not taken(page, make(high))
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if taken(page, make(middle)) else (low, middle)
        refused = page.post(f"{BETA}/raw", {"text": write(make(high))}, status=422)
        assert "CUECARD_MAX_F" in refused.text


def test_a_sound_needs_no_room_in_the_form(small: Flask) -> None:
    part: JsonValue = {"type": "input_audio", "audio": "AAAA" * 10_000}
    item: JsonValue = {"type": "message", "role": "user", "content": [part]}
    assert taken(Visitor(small), {"type": EVENT, "response": {"input": [item]}})


def test_an_event_of_nearly_five_mebibytes_is_pasted_shown_and_sent(page: Visitor) -> None:
    part: JsonValue = {"type": "input_text", "text": "A long answer; it goes on. " * 36_000}
    item: JsonValue = {"type": "message", "role": "user", "content": [part]}
    event: JsonValue = {"type": EVENT, "response": {"input": [item] * 5}}
    assert 4.6 * MIB < len(write(event)) < 5 * MIB
    assert taken(page, event)
