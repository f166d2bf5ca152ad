"""What a response puts out: items that are opened, filled and closed, each step as events."""

from collections.abc import Iterable, Iterator

from webapp.exact_json.reader import JsonValue
from webapp.sandbox.conversation import Conversation, without_sound
from webapp.sandbox.steps import JsonObject, Say, SayMany
from webapp.sandbox.wording import Wording


class Output:
    """The items of one response, one after the other; ``conversation`` is None out of band."""

    def __init__(
        self, wording: Wording, response_id: str, conversation: Conversation | None
    ) -> None:
        self.finished: list[JsonValue] = []
        self._wording = wording
        self._response_id = response_id
        self._conversation = conversation
        self._index = 0

    def message(self) -> JsonObject:
        """Return a new message of the assistant."""
        return self._wording.item("message", "in_progress") | {"role": "assistant", "content": []}

    def open(self, item: JsonObject) -> Iterator[Say]:
        """Begin an item, behind all that the conversation holds."""
        self._index = len(self.finished)
        yield self._told("added", item)
        if self._conversation:
            previous_id = self._conversation.last_id
            self._conversation.add(item, after=previous_id)
            yield from self._wording.item_added(item, previous_id)

    def close(self, item: JsonObject, *, is_whole: bool, **members: JsonValue) -> Iterator[Say]:
        """End an item with what it has become."""
        ended: JsonObject = {**item, **members}
        if "status" in item:
            ended["status"] = "completed" if is_whole else "incomplete"
        self.finished.append(without_sound(ended))
        if self._conversation and self._conversation.find(item["id"]):
            self._conversation.replace(ended)
            previous_id = self._conversation.id_before(item["id"])
            yield from self._wording.item_done(ended, previous_id)
        yield self._told("done", without_sound(ended))

    def say(self, item: JsonObject, kind: str, **members: JsonValue) -> Say:
        """Say something of the open item."""
        return self._wording.say(kind, **self._place(item), **members)

    def part(self, item: JsonObject, phase: str, part: JsonObject) -> Say:
        return self.say(item, f"response.content_part.{phase}", content_index=0, part=part)

    def stream(self, item: JsonObject, kind: str, phase: str, **members: JsonValue) -> Say:
        """Say a delta of the open item's content, or its end."""
        place = self._place(item)
        return self._wording.stream(kind, phase, **place, content_index=0, **members)

    def stream_numbers(self, item: JsonObject, kind: str, numbers: Iterable[int]) -> SayMany:
        """Say numbers as deltas of the open item's content."""
        place = self._place(item)
        return self._wording.stream_numbers(kind, numbers, **place, content_index=0)

    def mcp_call(self, item: JsonObject, phase: str) -> Say:
        """Say how a call of an MCP server's tool goes, which names no response."""
        kind = f"response.mcp_call.{phase}"
        return self._wording.say(kind, output_index=self._index, item_id=item["id"])

    def _told(self, phase: str, item: JsonObject) -> Say:
        kind = f"response.output_item.{phase}"
        place: JsonObject = {"response_id": self._response_id, "output_index": self._index}
        return self._wording.say(kind, **place, item=dict(item))

    def _place(self, item: JsonObject) -> JsonObject:
        return {
            "response_id": self._response_id,
            "item_id": item["id"],
            "output_index": self._index,
        }
