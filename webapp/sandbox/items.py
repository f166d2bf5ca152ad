"""What the item events of a client do to the conversation, and what is said of it."""

from base64 import b64decode, b64encode
from typing import TypeAlias

from webapp.sandbox.conversation import MAX_ITEMS, Conversation
from webapp.sandbox.looks import mapping, objects, text
from webapp.sandbox.mcp import asked_approval
from webapp.sandbox.refusals import Refusal
from webapp.sandbox.speech import BYTES_PER_S
from webapp.sandbox.steps import JsonObject, Say
from webapp.sandbox.wording import Wording

SHOWN_ID_CHARS = 64

Outcome: TypeAlias = list[Say] | Refusal


def create_item(wording: Wording, conversation: Conversation, event: JsonObject) -> Outcome:
    """Add the item of a ``conversation.item.create`` where it asks to be."""
    given = mapping(event["item"])
    kind = text(given["type"])
    item = {**wording.item(kind, "completed"), **given}
    if kind.startswith("mcp_"):
        # The items of MCP have no status, and are known by their type alone.
        item = {name: item[name] for name in item if name not in ("object", "status")}
    else:
        item["status"] = "completed"
    if conversation.find(item["id"]):
        message = f"Error adding item: an item with id '{item['id']}' already exists."
        return Refusal("item_create_duplicate_item_id", message, "item.id")
    if len(conversation.items) >= MAX_ITEMS:
        return Refusal("too_many_items", f"The sandbox keeps at most {MAX_ITEMS} items.")
    if item["type"] == "function_call_output" and not _call(conversation, item):
        message = f"Tool call ID '{item['call_id']}' not found in conversation."
        return Refusal("invalid_tool_call_id", message, "item.call_id")
    if item["type"] == "mcp_approval_response" and not asked_approval(conversation.items, item):
        message = f"Approval request '{item['approval_request_id']}' not found in conversation."
        return Refusal("invalid_value", message, "item.approval_request_id")
    previous = event.get("previous_item_id")
    if previous not in (None, "root") and not conversation.find(previous):
        return unknown_item("item_create", "adding", text(previous), "previous_item_id")
    after = conversation.last_id if previous is None else text(previous)
    return add_item(wording, conversation, item, None if previous == "root" else after)


def add_item(
    wording: Wording, conversation: Conversation, item: JsonObject, after: str | None
) -> list[Say]:
    """Put a complete item behind the one named, and say so."""
    conversation.add(item, after=after)
    return wording.item_added(item, after) + wording.item_done(item, after)


def retrieve_item(wording: Wording, conversation: Conversation, event: JsonObject) -> Outcome:
    """Show an item with its sound, as far as the sound is still kept."""
    item = conversation.find(event["item_id"])
    if item is None:
        return unknown_item("item_retrieve", "retrieving", text(event["item_id"]), "item_id")
    return [wording.say("conversation.item.retrieved", item=item)]


def delete_item(wording: Wording, conversation: Conversation, event: JsonObject) -> Outcome:
    item_id = text(event["item_id"])
    if not conversation.find(item_id):
        return unknown_item("item_delete", "deleting", item_id, "item_id")
    conversation.remove(item_id)
    return [wording.say("conversation.item.deleted", item_id=item_id)]


def truncate_item(
    wording: Wording, conversation: Conversation, event: JsonObject, sound: str
) -> Outcome:
    """Cut an answer's sound where the listener stopped hearing it; its transcript goes.

    ``sound`` is the format of answers that the client has put in.
    """
    item = conversation.find(event["item_id"])
    if item is None:
        return unknown_item("item_truncate", "truncating", text(event["item_id"]), "item_id")
    index, end_ms = event["content_index"], event["audio_end_ms"]
    parts = objects(item.get("content"))
    sound = conversation.sounds.get(text(item["id"]), sound)
    is_answer = item.get("role") == "assistant"
    in_range = isinstance(index, int) and 0 <= index < len(parts)
    if not (is_answer and in_range and isinstance(index, int)) or "audio" not in parts[index]:
        message = "Error truncating item: only the audio of assistant messages can be truncated."
        return Refusal("invalid_value", message, "content_index")
    heard = b64decode(text(parts[index]["audio"]))
    size_ms = 1000 * len(heard) // BYTES_PER_S[sound]
    if not isinstance(end_ms, int) or end_ms > size_ms:
        message = f"Audio content of {size_ms}ms is already shorter than {end_ms}ms"
        return Refusal("invalid_value", message, "audio_end_ms")
    kept = heard[: 2 * (end_ms * BYTES_PER_S[sound] // 2000)]
    parts[index] = {**parts[index], "audio": b64encode(kept).decode(), "transcript": ""}
    conversation.replace({**item, "content": list(parts)})
    return [
        wording.say(
            "conversation.item.truncated",
            item_id=item["id"],
            content_index=index,
            audio_end_ms=end_ms,
        )
    ]


def unknown_item(event: str, doing: str, item_id: str, param: str) -> Refusal:
    """Refuse an id that no item of the conversation has."""
    shown = item_id if len(item_id) <= SHOWN_ID_CHARS else f"{item_id[:SHOWN_ID_CHARS]}…"
    message = f"Error {doing} item: the item with id '{shown}' does not exist."
    return Refusal(f"{event}_invalid_item_id", message, param)


def _call(conversation: Conversation, output: JsonObject) -> JsonObject | None:
    calls = (item for item in conversation.items if item.get("type") == "function_call")
    return next((call for call in calls if call.get("call_id") == output["call_id"]), None)
