"""What each visitor picked last, and filled in for each endpoint; in memory, and never a key."""

import threading
from collections import OrderedDict
from dataclasses import dataclass, field

from webapp.endpoints.catalogue import Picked

MAX_VISITORS = 5_000


@dataclass(slots=True)
class _Visited:
    slug: str
    by_slug: dict[str, Picked] = field(default_factory=dict)


class Choices:
    """The endpoint that a visitor's next session goes to."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._visitors: OrderedDict[str, _Visited] = OrderedDict()

    def of(self, visitor: str, slug: str = "") -> Picked:
        """Return what a visitor picked last, or filled in for a certain endpoint."""
        with self._lock:
            visited = self._visitors.get(visitor)
            if visited is None:
                return Picked(slug) if slug else Picked()
            slug = slug or visited.slug
            return visited.by_slug.get(slug, Picked(slug))

    def forget(self, visitor: str) -> None:
        """Drop what a visitor picked and filled in."""
        with self._lock:
            self._visitors.pop(visitor, None)

    def keep(self, visitor: str, picked: Picked, *, current: bool = True) -> None:
        """Remember what was filled in and, with ``current``, that it is what was picked."""
        with self._lock:
            visited = self._visitors.setdefault(visitor, _Visited(Picked().slug))
            visited.by_slug[picked.slug] = picked
            if current:
                visited.slug = picked.slug
            self._visitors.move_to_end(visitor)
            while len(self._visitors) > MAX_VISITORS:
                self._visitors.popitem(last=False)
