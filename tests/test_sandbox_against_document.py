"""What the sandbox says has the members and types of the OpenAPI document."""

import base64
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.sandbox_client import Event, add, create, user_says
from tests.sandbox_stage import Stage
from webapp.sandbox.speech import Speaker
from webapp.sandbox.steps import Say, Wait
from webapp.sandbox.terms import Dialect

DOCUMENT = Path(__file__).parent / "document" / "server-events-2.3.0.json"
TOOL = {"type": "function", "name": "weather", "parameters": {"type": "object"}}
SOUND = "AAAA" * 3_200

# The document spells the events of Beta servers as GA does; real ones use these names.
BETA_NAMES = {
    "response.text": "response.output_text",
    "response.audio": "response.output_audio",
    "response.audio_transcript": "response.output_audio_transcript",
}
TALK: list[Event] = [
    add(user_says("Hello", id="mine")),
    add(user_says("First", id="first"), previous_item_id="root"),
    create(metadata={"a": "b"}),
    create(tools=[TOOL], tool_choice="required"),
    create(conversation="none", metadata={"sandbox": "fail:server_error"}),
    create(conversation="none", metadata={"sandbox": "incomplete:content_filter"}),
    create(max_output_tokens=3),
    {"type": "conversation.item.retrieve", "item_id": "mine"},
    {"type": "conversation.item.delete", "item_id": "mine"},
    {"type": "input_audio_buffer.append", "audio": SOUND},
    {"type": "input_audio_buffer.commit"},
    {"type": "input_audio_buffer.clear"},
    {"type": "output_audio_buffer.clear"},
    {"type": "nope"},
]
VOICE = base64.b64encode(Speaker("sage", "pcm16").say("Hello") + bytes(24_000)).decode()
LOGPROBS = ["item.input_audio_transcription.logprobs"]
TURNS: Event = {"type": "server_vad", "threshold": 0.4}
SPEAKING: list[Event] = [
    {"type": "input_audio_buffer.append", "audio": VOICE},
    {"type": "input_audio_buffer.append", "audio": VOICE},
]


def transcribed(dialect: Dialect, model: str, **others: Any) -> Event:
    """Return a ``session.update`` that asks for turns and transcripts."""
    if dialect == "beta":
        beta = {"turn_detection": TURNS, "input_audio_transcription": {"model": model}}
        return {"type": "session.update", "session": {**beta, **others}}
    heard = {
        "turn_detection": {**TURNS, "idle_timeout_ms": 5_000},
        "transcription": {"model": model},
    }
    return {
        "type": "session.update",
        "session": {"type": "realtime", "audio": {"input": heard}, **others},
    }


SPOKEN: dict[Dialect, list[Event]] = {
    dialect: [
        transcribed(dialect, "gpt-4o-transcribe", instructions="Hush", include=LOGPROBS),
        *SPEAKING,
        transcribed(dialect, "whisper-1"),
        *SPEAKING,
        transcribed(dialect, "sandbox-fail"),
        *SPEAKING,
    ]
    for dialect in ("beta", "ga")
}

AWAY = {"type": "mcp", "server_label": "night", "server_url": "https://mcp.example.com"}
NEAR = {"type": "mcp", "server_label": "sandbox", "server_url": "https://mcp.example.com"}
MCP: list[Event] = [
    {"type": "session.update", "session": {"type": "realtime", "tools": [AWAY, NEAR]}},
    create(tool_choice={"type": "mcp", "server_label": "night", "name": "stars"}),
    create(
        tools=[{**NEAR, "require_approval": "never"}],
        tool_choice="required",
        output_modalities=["text"],
    ),
    {"type": "session.update", "session": {"type": "realtime", "tools": []}},
]


@cache
def schemas() -> dict[str, Any]:
    document = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    found = document["components"]["schemas"]
    assert isinstance(found, dict)
    return found


def schema_of(kind: str, dialect: Dialect) -> dict[str, Any]:
    """Return the schema of a server event, with all that it refers to."""
    prefix = "RealtimeBetaServerEvent" if dialect == "beta" else "RealtimeServerEvent"
    stem, _, phase = kind.rpartition(".")
    if dialect == "beta" and stem in BETA_NAMES:
        kind = f"{BETA_NAMES[stem]}.{phase}"
    for name, schema in schemas().items():
        if name.startswith(prefix) and name != prefix and kind in _types(schema):
            return {"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas()}}
    if dialect == "beta":
        return schema_of(kind, "ga")
    raise LookupError(kind)


def _types(schema: dict[str, Any]) -> list[Any]:
    kind = schema.get("properties", {}).get("type", {})
    return [*kind.get("enum", []), kind.get("const")]


@cache
def events(dialect: Dialect) -> list[Event]:
    """Return everything that is said in a long talk."""
    stage = Stage(dialect, model="gpt-realtime")
    said = [say.event for say in stage.script.opening()]
    for event in [*TALK, *SPOKEN[dialect]]:
        said += stage.tell(event)
    for event in MCP if dialect == "ga" else []:
        said += stage.tell(event)
        request = stage.script.conversation.items[-1]
        if request["type"] == "mcp_approval_request":
            approval = {"approval_request_id": request["id"], "approve": True}
            said += stage.tell(add({"type": "mcp_approval_response", "id": "ok", **approval}))
    if dialect == "ga":
        answer = stage.script.answer(json.dumps(create()))
        assert answer.reply
        steps = stage.script.play(answer.reply)
        waits = 0
        while waits < 2:
            step = next(steps)
            waits += isinstance(step, Wait)
            said += [step.event] if isinstance(step, Say) else []
    return said


def as_documented(event: Event, dialect: Dialect) -> Event:
    """Return the event without the known differences between the document and the wire."""
    shown: Event = json.loads(json.dumps(event))
    if dialect == "beta":
        stem, _, phase = event["type"].rpartition(".")
        shown["type"] = f"{BETA_NAMES.get(stem, stem)}.{phase}" if stem else event["type"]
    # The wire has null where the document has no null: what is unknown or out of band.
    if "response" in shown:
        shown["response"] = _without_nulls(shown["response"])
    if "session" in shown:
        shown["session"] = _without_nulls(shown["session"])
    for item in [shown.get("item"), *shown.get("response", {}).get("output", [])]:
        for part in (item or {}).get("content", []):
            # Beta servers call the parts of an assistant text and audio.
            part["type"] = {"text": "output_text", "audio": "output_audio"}.get(
                part["type"], part["type"]
            )
            if part.get("transcript", "") is None:
                del part["transcript"]
    if shown["type"] == "error":
        shown["error"] = _without_nulls(shown["error"])
    return shown


def _without_nulls(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_nulls(entry) for entry in value]
    if isinstance(value, dict):
        return {name: _without_nulls(v) for name, v in value.items() if v is not None}
    return value


@pytest.mark.parametrize("dialect", ["beta", "ga"])
def test_every_event_fits_its_schema(dialect: Dialect) -> None:
    told = events(dialect)
    assert len({event["type"] for event in told}) > 26
    for event in told:
        schema = schema_of(event["type"], dialect)
        faults = Draft202012Validator(schema).iter_errors(as_documented(event, dialect))
        assert [fault.message for fault in faults] == [], event["type"]


@pytest.mark.parametrize("dialect", ["beta", "ga"])
def test_no_event_has_a_member_that_the_document_lacks(dialect: Dialect) -> None:
    for event in events(dialect):
        reference = schema_of(event["type"], dialect)["$ref"]
        known = schemas()[reference.rpartition("/")[2]]["properties"]
        assert set(event) <= set(known), event["type"]
