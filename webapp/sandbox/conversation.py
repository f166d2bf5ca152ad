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
        self.sounds: dict[str, str] = {}  # the audio formats of answers
        self._sound_chars = 0

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
        if after is not None and self.items and self.items[-1]["id"] == after:
            self.items.append(item)
        else:
            ids = [known["id"] for known in self.items]
            self.items.insert(ids.index(after) + 1 if after is not None else 0, item)
        self._count_sound(item)

    def replace(self, item: JsonObject) -> None:
        """Put a newer state of an item in its place, unless it has been deleted meanwhile."""
        for place, known in enumerate(self.items):
            if known["id"] == item["id"]:
                self.items[place] = item
                self._sound_chars -= sound_chars(known)
                self._count_sound(item)

    def remove(self, item_id: str) -> None:
        self._sound_chars -= sound_chars(self.find(item_id) or {})
        self.items = [item for item in self.items if item["id"] != item_id]
        self.sounds.pop(item_id, None)

    def _count_sound(self, item: JsonObject) -> None:
        self._sound_chars += sound_chars(item)
        for place, old in enumerate(self.items if self._sound_chars > MAX_SOUND_CHARS else []):
            if self._sound_chars <= MAX_SOUND_CHARS:
                return
            self._sound_chars -= sound_chars(old)
            self.items[place] = without_sound(old)


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
