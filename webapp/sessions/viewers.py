"""The pages that follow a session: how far each was given it, and whether it is waited for."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

# Half of what a session keeps: a page that has been given all but these gets the rest whole.
MAX_BEHIND = 5_000  # events
MAX_WAIT_S = 1.0
_LOOK_S = 0.002


@dataclass(slots=True, eq=False)
class Viewer:
    """A page; ``seq`` is the last frame it was given, and nobody waits for one that is slow."""

    seq: int
    slow: bool = False


class Viewers:
    """All pages that follow one session."""

    def __init__(self) -> None:
        self._all: set[Viewer] = set()

    def __len__(self) -> int:
        return len(self._all)

    def join(self, seq: int) -> Viewer:
        """Add a page that was given everything up to ``seq``."""
        viewer = Viewer(seq)
        self._all.add(viewer)
        return viewer

    def leave(self, viewer: Viewer) -> None:
        """Take a page out."""
        self._all.discard(viewer)

    def given(self, viewer: Viewer, seq: int) -> None:
        """Note that a page was given everything up to ``seq``."""
        viewer.seq, viewer.slow = seq, False

    async def follow(self, newest: Callable[[], int]) -> None:
        """Wait until no page is more than ``MAX_BEHIND`` events behind the ``newest``.

        A page that takes longer than ``MAX_WAIT_S`` is slow: what it misses is told as a gap.
        """
        until_s = time.monotonic() + MAX_WAIT_S
        while behind := self._behind(newest()):
            if time.monotonic() > until_s:
                for viewer in behind:
                    viewer.slow = True
                return
            await asyncio.sleep(_LOOK_S)

    def _behind(self, newest: int) -> list[Viewer]:
        # Pages come and go on other threads: a copy is taken in one step.
        return [
            viewer
            for viewer in tuple(self._all)
            if newest - viewer.seq > MAX_BEHIND and not viewer.slow
        ]
