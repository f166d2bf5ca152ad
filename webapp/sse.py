"""The text/event-stream encoding: any text arrives as exactly one message."""

import json
import re

CONTENT_TYPE = "text/event-stream"

_LINE_END = re.compile(r"\r\n|\r|\n")


def message(event: str, text: str, *, id_: str | None = None) -> bytes:
    """Return one message; only CR and LF end a line here, whatever else a reader may think.

    Raises:
        ValueError: if the name of the event or the id holds a line end or NUL.
    """
    head = [f"event: {_one_line(event)}"]
    if id_ is not None:
        head.append(f"id: {_one_line(id_)}")
    body = [f"data: {line}" for line in _LINE_END.split(text)]
    return ("\n".join(head + body) + "\n\n").encode("utf-8", "replace")


def json_message(event: str, value: object, *, id_: str | None = None) -> bytes:
    """Return one message whose text is ``value`` as JSON: one line, ASCII, exact for any string."""
    return message(event, json.dumps(value, separators=(",", ":")), id_=id_)


def retry(delay_ms: int) -> bytes:
    """Return the line that says how long a reader waits before it connects again."""
    return f"retry: {delay_ms}\n\n".encode()


def _one_line(text: str) -> str:
    if re.search(r"[\r\n\0]", text):
        raise ValueError("a line end inside a name or an id")
    return text
