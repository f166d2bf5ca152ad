"""The names a rehearsal gives to its events, items and responses, all drawn from one seed."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

LETTERS = 21

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
        return f"{prefix}_{self._chance()[:LETTERS]}"

    def pick(self, choices: Sequence[T]) -> T:
        """Return one of the choices."""
        return choices[int(self._chance(), 16) % len(choices)]

    def _chance(self) -> str:
        self._count += 1
        return blake2b(f"{self._scope}#{self._count}".encode(), digest_size=16).hexdigest()
