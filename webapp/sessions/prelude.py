"""Events that set the scene: one template for each kind that a session takes beside the draft."""

import base64
from collections.abc import Callable
from dataclasses import dataclass

from webapp.exact_json.reader import JsonValue, Unreadable, read_json
from webapp.exact_json.writer import write

# The least that servers commit: 100 ms of 24,000 samples each second, two bytes each.
_SILENCE = base64.b64encode(bytes(4_800)).decode("ascii")

MAX_ID_CHARS = 32  # what servers take

Members = dict[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Prelude:
    """A template: what it does, and its members beside type and id.

    ``members`` is told the dialect and the id of the item that was written last.
    """

    slug: str
    type: str
    does: str
    members: Callable[[str, str], Members]
    dialects: tuple[str, ...] = ("beta", "ga")

    def text(self, dialect: str, event_id: str, item_id: str = "") -> str:
        """Return the event, ready to be changed and sent."""
        members = self.members(dialect, item_id)
        item = members.get("item")
        if isinstance(item, dict) and "id" in item:
            item["id"] = f"item_{event_id}"[:MAX_ID_CHARS]
        return write({"type": self.type, "event_id": event_id, **members})


def _session(dialect: str, _item_id: str) -> Members:
    if dialect == "ga":
        return {"session": {"type": "realtime", "instructions": "Answer in one sentence."}}
    return {"session": {"instructions": "Answer in one sentence."}}


def _said(role: str) -> Callable[[str, str], Members]:
    def members(dialect: str, _item_id: str) -> Members:
        answer = "output_text" if dialect == "ga" else "text"
        kind = answer if role == "assistant" else "input_text"
        part: JsonValue = {"type": kind, "text": "Hello."}
        return {"item": {"type": "message", "role": role, "content": [part]}}

    return members


def _output(_dialect: str, _item_id: str) -> Members:
    return {"item": {"type": "function_call_output", "call_id": "", "output": "{}"}}


def _approval(_dialect: str, _item_id: str) -> Members:
    approval: Members = {"type": "mcp_approval_response", "id": "", "approval_request_id": ""}
    return {"item": {**approval, "approve": True}}


def _item(_dialect: str, item_id: str) -> Members:
    return {"item_id": item_id}


def _cut(_dialect: str, item_id: str) -> Members:
    return {"item_id": item_id, "content_index": 0, "audio_end_ms": 1_000}


def _sound(_dialect: str, _item_id: str) -> Members:
    return {"audio": _SILENCE}


def _nothing(_dialect: str, _item_id: str) -> Members:
    return {}


PRELUDES = {
    prelude.slug: prelude
    for prelude in (
        Prelude("session", "session.update", "set up the session", _session),
        Prelude("user", "conversation.item.create", "the user said", _said("user")),
        Prelude("assistant", "conversation.item.create", "the model said", _said("assistant")),
        Prelude("system", "conversation.item.create", "a note to the model", _said("system")),
        Prelude("output", "conversation.item.create", "output of a function", _output),
        Prelude("approval", "conversation.item.create", "let MCP call", _approval, ("ga",)),
        Prelude("retrieve", "conversation.item.retrieve", "show an item", _item),
        Prelude("truncate", "conversation.item.truncate", "cut a spoken answer", _cut),
        Prelude("delete", "conversation.item.delete", "take an item out", _item),
        Prelude("append", "input_audio_buffer.append", "100 ms of silence", _sound),
        Prelude("commit", "input_audio_buffer.commit", "the user has spoken", _nothing),
        Prelude("clear", "input_audio_buffer.clear", "forget the user's sound", _nothing),
        Prelude("cancel", "response.cancel", "stop the answer", _nothing),
    )
}


def is_untouched(text: str) -> bool:
    """Whether a text holds nothing that somebody has typed: none, or a template as it was."""
    if not text.strip():
        return True
    try:
        event = read_json(text)
    except Unreadable:
        return False
    members = event if isinstance(event, dict) else {}
    event_id, item_id = str(members.get("event_id")), str(members.get("item_id", ""))
    return any(
        prelude.text(dialect, event_id, item_id) == text
        for prelude in PRELUDES.values()
        for dialect in ("beta", "ga")
    )
