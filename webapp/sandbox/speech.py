"""The sound the sandbox speaks with (a stub)."""


class Speaker:
    """Silence in the place of a voice."""

    def __init__(self, voice: str, sound: str) -> None:
        self.bytes_per_s = 48000 if sound == "pcm16" else 8000

    def say(self, words: str) -> bytes:
        return bytes(self.bytes_per_s // 3)
