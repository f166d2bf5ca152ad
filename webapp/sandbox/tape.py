"""The sound of one answer while it is spoken: recorded word by word, played in even chunks."""

from base64 import b64encode

from webapp.sandbox.speech import Speaker

CHUNK_S = 0.2


class Tape:
    """Sound that has been made and not yet played, and what has been played so far."""

    def __init__(self, speaker: Speaker) -> None:
        self.chunks_played = 0
        self.recorded_s = 0.0
        self._speaker = speaker
        self._waiting = bytearray()
        self._played = bytearray()
        self._finished = False

    def record(self, words: str) -> None:
        sound = self._speaker.say(words)
        self._waiting += sound
        self.recorded_s += len(sound) / self._speaker.bytes_per_s

    def finish(self) -> None:
        """Let the last chunk be a short one."""
        self._finished = True

    @property
    def is_ready(self) -> bool:
        """Whether there is a chunk to play."""
        size = round(CHUNK_S * self._speaker.bytes_per_s)
        return len(self._waiting) >= size or (self._finished and bool(self._waiting))

    def play(self) -> str:
        """Return the next chunk as base64."""
        size = round(CHUNK_S * self._speaker.bytes_per_s)
        chunk = self._waiting[:size]
        del self._waiting[:size]
        self._played += chunk
        self.chunks_played += 1
        return b64encode(chunk).decode()

    @property
    def played(self) -> str:
        """All that has been played, as base64."""
        return b64encode(self._played).decode()
