"""Rules of the event itself: its type, its id, and what reads like a key in any of its texts."""

import re
from collections.abc import Iterator

from pydantic_core import to_json

from webapp.checks.rules.rule import (
    BETA,
    EVENT,
    TOOL,
    Finding,
    Rule,
    adding,
    at,
    items_of,
    members_of,
)
from webapp.exact_json.reader import JsonValue
from webapp.forms.nodes import Elided
from webapp.forms.problems import MISSED, Severity, Step

MAX_EVENT_ID_CHARS = 512

TOO_LONG = "string_above_max_length"
SECRET = "secret_in_event"  # noqa: S105  # the code of a problem

_TYPE = "response.create"

# What is looked for first: cheap, and absent from nearly every event.
_HINTS = (b"sk-", b"ek_", b"earer ", b"eyJ", b"://")
_KEY = re.compile(
    r"\bsk-[A-Za-z0-9_-]{16,}"  # OpenAI and services that spell theirs alike
    r"|\bek_[A-Za-z0-9]{16,}"  # short-lived keys of browsers
    r"|\b[Bb]earer\s+(?=\S*[0-9])[A-Za-z0-9._~+/-]{16,}"
    r"|\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"  # JSON Web Tokens
    r"|://[^\s/@:\"]+:[^\s/@\"]+@"
    r"|://[^\s\"]+[?&](?:api[_-]?key|key|token|access_token)=[^&\s\"]{8,}",
    re.ASCII,
)


def event_without_type(event: JsonValue) -> Iterator[Finding]:
    if isinstance(event, dict) and "type" not in event:
        yield Finding(
            ("type",),
            "The event does not say what it is: add its “type”.",
            adding("type", _TYPE),
        )


def long_event_id(event_id: JsonValue) -> Iterator[Finding]:
    if isinstance(event_id, str) and len(event_id) > MAX_EVENT_ID_CHARS:
        yield Finding(
            (),
            f"This id has {len(event_id)} characters. GA stops at {MAX_EVENT_ID_CHARS}, and so do "
            "other events of Beta: use a shorter one.",
        )


def key_in_text(event: JsonValue) -> Iterator[Finding]:
    """Say where a text reads like a key; the words never repeat it."""
    text = to_json(event)
    if not any(hint in text for hint in _HINTS):
        return
    for path, found in _texts(event, ()):
        if _KEY.search(found):
            yield Finding(
                path,
                "This reads like a key or a token, and whoever sees the event can use it. Take it "
                "out, and replace it where it was issued if it has been shown to others.",
            )


def token_of_mcp_server(tool: JsonValue) -> Iterator[Finding]:
    if at(tool, "authorization"):
        yield Finding(
            ("authorization",),
            "The access token travels inside the event. It is masked here and not kept, but it "
            "stands in the text that is copied, downloaded and sent.",
        )


def headers_of_mcp_server(tool: JsonValue) -> Iterator[Finding]:
    if at(tool, "headers"):
        yield Finding(
            ("headers",),
            "Headers may hold keys, and they travel inside the event: they stand in the text that "
            "is copied, downloaded and sent.",
        )


RULES: tuple[Rule, ...] = (
    Rule(
        EVENT,
        event_without_type,
        Severity.ERROR,
        MISSED,
        "OpenAPI document 2.3.0, both events",
    ),
    Rule(
        ("event_id",),
        long_event_id,
        Severity.WARNING,
        TOO_LONG,
        "OpenAPI document 2.3.0, event_id of the GA event",
        BETA,
    ),
    Rule(
        EVENT,
        key_in_text,
        Severity.WARNING,
        SECRET,
        "how OpenAI's keys and JSON Web Tokens (RFC 7519) look",
        alone=True,
    ),
    Rule(
        TOOL,
        token_of_mcp_server,
        Severity.NOTE,
        SECRET,
        "OpenAPI document 2.3.0, MCPTool.authorization",
        given=("authorization",),
    ),
    Rule(
        TOOL,
        headers_of_mcp_server,
        Severity.NOTE,
        SECRET,
        "OpenAPI document 2.3.0, MCPTool.headers",
        given=("headers",),
    ),
)

# Where a key is at home: these have notes of their own.
_AT_HOME = ("authorization", "headers")


def _texts(value: JsonValue, path: tuple[Step, ...]) -> Iterator[tuple[tuple[Step, ...], str]]:
    """Yield the texts in a value with their paths, all but media and the places for secrets."""
    if isinstance(value, str):
        if not isinstance(value, Elided):
            yield path, value
        return
    for place, item in enumerate(items_of(value)):
        yield from _texts(item, (*path, place))
    for name, item in members_of(value).items():
        if name not in _AT_HOME:
            yield from _texts(item, (*path, name))
