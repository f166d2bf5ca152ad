"""The user's sound before it becomes an item."""

from base64 import b64decode, b64encode

from webapp.sandbox.conversation import Conversation
from webapp.sandbox.items import Outcome, add_item
from webapp.sandbox.looks import text
from webapp.sandbox.refusals import Refusal
from webapp.sandbox.speech import BYTES_PER_S
from webapp.sandbox.steps import JsonObject
from webapp.sandbox.wording import Wording

MAX_BUFFER_BYTES = 24 * 1024 * 1024
SHORTEST_MS = 100


class Buffer:
    """Sound that the client has appended and not committed yet."""

    def __init__(self) -> None:
        self._sound = bytearray()

    def append(self, event: JsonObject) -> Outcome:
        """Take in base64; a server says nothing to that."""
        sound = b64decode(text(event["audio"]))
        if len(self._sound) + len(sound) > MAX_BUFFER_BYTES:
            message = f"The sandbox buffers at most {MAX_BUFFER_BYTES} bytes of audio."
            return Refusal("input_audio_buffer_full", message, "audio")
        self._sound += sound
        return []

    def clear(self, wording: Wording) -> Outcome:
        self._sound.clear()
        return [wording.say("input_audio_buffer.cleared")]

    def commit(self, wording: Wording, conversation: Conversation, sound: str) -> Outcome:
        """Turn what is buffered into a message of the user; ``sound`` is its format."""
        size_ms = 1000 * len(self._sound) / BYTES_PER_S[sound]
        if size_ms < SHORTEST_MS:
            message = (
                "Error committing input audio buffer: buffer too small. Expected at least "
                f"{SHORTEST_MS}ms of audio, but buffer only has {size_ms:.2f}ms of audio."
            )
            return Refusal("input_audio_buffer_commit_empty", message)
        audio = b64encode(self._sound).decode()
        self._sound.clear()
        part: JsonObject = {"type": "input_audio", "transcript": None, "audio": audio}
        item = wording.item("message", "completed") | {"role": "user", "content": [part]}
        previous_id = conversation.last_id
        committed = wording.say(
            "input_audio_buffer.committed", previous_item_id=previous_id, item_id=item["id"]
        )
        return [committed, *add_item(wording, conversation, item, previous_id)]
