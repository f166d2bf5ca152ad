"""The names a rehearsal gives to its events, items and responses, all drawn from one seed."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_LETTERS = 21

T = TypeVar("T")


class Ids:
    """Names in the order they are asked for: the same seed and scope give the same ones."""

    __slots__ = ("_count", "_scope")

    def __init__(self, seed: int, scope: str = "") -> None:
        self._scope = f"{seed}{scope}"
        self._count = 0

    def branch(self, name: str) -> "Ids":
        """Return names that do not depend on how many were drawn here."""
        ids = Ids(0)
        ids._scope = f"{self._scope}/{name}"
        return ids

    def draw(self, prefix: str) -> str:
        """Return the next name, such as ``event_`` and 21 letters and digits."""
        number = self._number(16)
        letters = []
        for _ in range(_LETTERS):
            number, rest = divmod(number, 62)
            letters.append(_ALPHABET[rest])
        return f"{prefix}_{''.join(letters)}"

    def pick(self, choices: Sequence[T]) -> T:
        """Return one of the choices."""
        return choices[self._number(4) % len(choices)]

    def _number(self, size_bytes: int) -> int:
        self._count += 1
        digest = blake2b(f"{self._scope}#{self._count}".encode(), digest_size=size_bytes)
        return int.from_bytes(digest.digest())
