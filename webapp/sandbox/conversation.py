"""The items of a rehearsed conversation, in order."""

from webapp.sandbox.looks import objects
from webapp.sandbox.steps import JsonObject

MAX_ITEMS = 2_000
MAX_SOUND_CHARS = 32 * 1024 * 1024


class Conversation:
    """Items in order, each found by its id.

    Items hold their sound as base64; of all that sound only the newest 32 MiB are kept.
    """

    def __init__(self, name: str) -> None:
        self.id = name
        self.items: list[JsonObject] = []

    def find(self, item_id: object) -> JsonObject | None:
        return next((item for item in self.items if item["id"] == item_id), None)

    @property
    def last_id(self) -> str | None:
        return str(self.items[-1]["id"]) if self.items else None

    def id_before(self, item_id: object) -> str | None:
        """Return the id of the item in front of the one named, None for the first."""
        ids = [str(item["id"]) for item in self.items]
        place = ids.index(str(item_id))
        return ids[place - 1] if place else None

    def add(self, item: JsonObject, after: str | None) -> None:
        """Put an item behind the one named, or first of all when ``after`` is None."""
        ids = [known["id"] for known in self.items]
        self.items.insert(ids.index(after) + 1 if after is not None else 0, item)
        self._forget_old_sound()

    def replace(self, item: JsonObject) -> None:
        """Put a newer state of an item in its place, unless it has been deleted meanwhile."""
        for place, known in enumerate(self.items):
            if known["id"] == item["id"]:
                self.items[place] = item
        self._forget_old_sound()

    def remove(self, item_id: str) -> None:
        self.items = [item for item in self.items if item["id"] != item_id]

    def _forget_old_sound(self) -> None:
        room = MAX_SOUND_CHARS
        for place in range(len(self.items) - 1, -1, -1):
            room -= sound_chars(self.items[place])
            if room < 0:
                self.items[place] = without_sound(self.items[place])


def sound_chars(item: JsonObject) -> int:
    """Return how many base64 characters of sound an item holds."""
    sounds = (part.get("audio") for part in objects(item.get("content")))
    return sum(len(sound) for sound in sounds if isinstance(sound, str))


def without_sound(item: JsonObject) -> JsonObject:
    """Return the item as events show it: what was said, without the sound itself."""
    if not sound_chars(item):
        return item
    parts = [_without_audio(part) for part in objects(item["content"])]
    return {**item, "content": list(parts)}


def _without_audio(part: JsonObject) -> JsonObject:
    return {name: value for name, value in part.items() if name != "audio"}
