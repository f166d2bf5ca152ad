"""Where an error points: dots and brackets become a JSON Pointer that leads through the event."""

from typing import Any

import pytest

from webapp.events.server import ErrorEvent, read_server_event
from webapp.forms.nodes import Elided
from webapp.sessions.error_places import Refusal, place_of, pointer_of

EVENT: Any = {
    "type": "response.create",
    "response": {
        "input": [{"content": [{"text": "x", "audio": "AAAA" * 9}]}],
        "metadata": {"a.b": "1", "a": {"b": 2}, "[0]": "3"},
        "modalities": ["text"],
        "a/b~c": 1,
    },
}


@pytest.mark.parametrize(
    ("param", "pointer"),
    [
        ("", ""),
        ("type", "/type"),
        ("response.input[0].content[0].text", "/response/input/0/content/0/text"),
        ("response.input.0.content.0.text", "/response/input/0/content/0/text"),
        ("session.tools[1].name", "/session/tools/1/name"),
        ("response.tools[1].name", "/response/tools/1/name"),
        ("response.metadata.a.b", "/response/metadata/a.b"),
        ("response.metadata['a.b']", "/response/metadata/a.b"),
        ('response.metadata["a.b"]', "/response/metadata/a.b"),
        ("metadata.a.b", "/response/metadata/a.b"),
        ("modalities[0]", "/response/modalities/0"),
        ("event_id", "/event_id"),
        ("a/b~c", "/response/a~1b~0c"),
        ("/response/input/0", "/response/input/0"),
        ("...", ""),
        ("response..input", "/response/input"),
        ("x" * 10_000, "/" + "x" * 2_000),
        ("a." * 5_000, "/a" * 64),
    ],
)
def test_a_param_leads_through_the_event(param: str, pointer: str) -> None:
    assert pointer_of(param, EVENT) == pointer


@pytest.mark.parametrize("event", [None, [], "x", {}, {"response": 7}])
def test_a_param_means_something_without_an_event_too(event: Any) -> None:
    assert pointer_of("response.tools[0].name", event) == "/response/tools/0/name"


def error(**members: Any) -> ErrorEvent:
    read = read_server_event({"type": "error", "error": members})
    assert isinstance(read, ErrorEvent)
    return read


def test_a_message_names_the_place_where_no_param_does() -> None:
    words = "Unknown parameter: 'response.tools[0].meta'."
    assert place_of(error(message=words, param=None), EVENT) == "/response/tools/0/meta"
    assert place_of(error(message="Don't say 'hello.there'."), EVENT) == ""
    assert place_of(error(message=words, param="response.voice"), EVENT) == "/response/voice"


def changed(**params: Any) -> Any:
    return {**EVENT, "response": {**EVENT["response"], **params}}


@pytest.mark.parametrize(
    ("at", "event", "holds"),
    [
        ("/response/modalities", EVENT, True),
        ("/response/modalities", changed(voice="x"), True),
        ("/response/modalities", changed(modalities=["audio"]), False),
        ("/response/modalities/0", changed(modalities=[]), False),
        ("/response/tools/0/name", EVENT, True),
        ("/response/tools/0/name", changed(tools=[{}]), True),
        ("/response/tools/0/name", changed(tools=[{"name": "x"}]), False),
        ("", EVENT, True),
        ("", changed(voice="x"), False),
        ("/response/input", changed(input=[{"content": [{"text": "x", "audio": "A"}]}]), False),
    ],
)
def test_a_refusal_holds_until_its_place_is_edited(at: str, event: Any, holds: bool) -> None:
    assert Refusal(at, "code", "words", EVENT).holds(event) is holds


def test_a_stored_sound_is_told_by_its_beginning() -> None:
    now = changed(input=[{"content": [{"text": "x", "audio": Elided("AAAAAAAA", "token")}]}])
    assert Refusal("/response/input/0", "code", "words", EVENT).holds(now)
    now = changed(input=[{"content": [{"text": "x", "audio": Elided("BBBB", "token")}]}])
    assert not Refusal("/response/input/0", "code", "words", EVENT).holds(now)
