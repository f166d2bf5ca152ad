"""How server events are spelled in each dialect."""

from collections.abc import Iterable

from webapp.exact_json.reader import JsonValue
from webapp.sandbox.conversation import without_sound
from webapp.sandbox.ids import Ids
from webapp.sandbox.steps import JsonObject, Say, SayMany, written
from webapp.sandbox.terms import Dialect

NUMBER_DIGITS = 6

_GA_NAMES = {
    "response.text": "response.output_text",
    "response.audio": "response.output_audio",
    "response.audio_transcript": "response.output_audio_transcript",
}
_GA_PARTS = {"text": "output_text", "audio": "output_audio"}


class Wording:
    """The server events of one speaker, each with its own event id."""

    def __init__(self, dialect: Dialect, ids: Ids) -> None:
        self.dialect = dialect
        self.ids = ids

    def say(self, kind: str, **members: JsonValue) -> Say:
        return Say({"type": kind, "event_id": self.ids.draw("event"), **members})

    def stream(self, kind: str, phase: str, **members: JsonValue) -> Say:
        """Say a delta or its end under the name that the dialect gives it."""
        name = _GA_NAMES.get(kind, kind) if self.dialect == "ga" else kind
        return self.say(f"{name}.{phase}", **members)

    def stream_numbers(self, kind: str, numbers: Iterable[int], **members: JsonValue) -> SayMany:
        """Say numbers as deltas, all but the number and its event id written only once."""
        pattern = self.stream(kind, "delta", **members, delta="").event
        name = str(pattern["event_id"])
        head, _, tail = written(pattern).partition(name)
        head, tail = head + name[:-NUMBER_DIGITS], tail.removesuffix('"}')
        return SayMany([f'{head}{n:0{NUMBER_DIGITS}}{tail}{n} "}}' for n in numbers])

    def item(self, kind: str, status: str, item_id: str = "") -> JsonObject:
        """Return a new item, before anything is in it."""
        marked: JsonObject = {"object": "realtime.item"} if self.dialect == "beta" else {}
        return {"id": item_id or self.ids.draw("item"), **marked, "type": kind, "status": status}

    def part(self, kind: str, **members: JsonValue) -> JsonObject:
        """Return a content part of an assistant message."""
        return {"type": _GA_PARTS[kind] if self.dialect == "ga" else kind, **members}

    def item_added(self, item: JsonObject, previous_id: str | None) -> list[Say]:
        kind = "conversation.item.created" if self.dialect == "beta" else "conversation.item.added"
        return [self.say(kind, previous_item_id=previous_id, item=without_sound(item))]

    def item_done(self, item: JsonObject, previous_id: str | None) -> list[Say]:
        """Say that an item is complete, which only GA does."""
        if self.dialect == "beta":
            return []
        kind = "conversation.item.done"
        return [self.say(kind, previous_item_id=previous_id, item=without_sound(item))]

    def error(
        self,
        code: str | None,
        message: str,
        *,
        param: str | None = None,
        event_id: str | None = None,
        kind: str = "invalid_request_error",
    ) -> Say:
        """Say what was wrong with a client event; ``event_id`` is the client's."""
        error: JsonObject = {
            "type": kind,
            "code": code,
            "message": message,
            "param": param,
            "event_id": event_id,
        }
        return self.say("error", error=error)
