"""Any text arrives as exactly one message."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp import sse


def read_stream(body: bytes) -> list[tuple[str, str, str]]:
    """Read a stream as the HTML standard says: event, data and last id of each message."""
    messages = []
    last_id = ""
    text = body.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
    for block in text.split("\n\n"):
        event, data = "message", []
        for line in block.split("\n"):
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            match name:
                case "event":
                    event = value
                case "data":
                    data.append(value)
                case "id":
                    last_id = value
        if data:
            messages.append((event, "\n".join(data), last_id))
    return messages


texts = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.lists(texts))
def test_every_text_arrives_as_one_message(sent: list[str]) -> None:
    body = b"".join(sse.message("changes", text, id_=f"e:{at}") for at, text in enumerate(sent))
    got = read_stream(body)
    assert [data for _, data, _ in got] == [
        text.replace("\r\n", "\n").replace("\r", "\n") for text in sent
    ]
    assert [id_ for _, _, id_ in got] == [f"e:{at}" for at in range(len(sent))]


@given(st.recursive(st.text() | st.integers(), st.lists))
def test_json_arrives_exactly_half_surrogates_too(value: object) -> None:
    ((event, data, _),) = read_stream(sse.json_message("changes", value))
    assert event == "changes"
    assert json.loads(data) == value
    assert data.isascii()


@pytest.mark.parametrize("text", ["a\u2028b", "a\u0085b", "a\x0bb\x0cc"])
def test_only_cr_and_lf_end_a_line(text: str) -> None:
    assert sse.message("changes", text).count(b"data:") == 1


@pytest.mark.parametrize("name", ["a\nb", "a\rb", "a\0b"])
def test_a_name_or_id_cannot_smuggle_a_message_in(name: str) -> None:
    with pytest.raises(ValueError, match="line end"):
        sse.message(name, "x")
    with pytest.raises(ValueError, match="line end"):
        sse.message("changes", "x", id_=name)


def test_how_long_to_wait_is_no_message() -> None:
    assert read_stream(sse.retry(1500)) == []
