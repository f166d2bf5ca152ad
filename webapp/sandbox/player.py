"""Plays steps over a WebSocket: several things beside each other, each on its own time."""

import asyncio
import struct
from collections.abc import Iterable, Iterator
from contextlib import suppress
from heapq import heappop, heappush
from itertools import count

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from webapp.sandbox.steps import HangUp, Pause, Say, SayMany, Step, Wait, written

# Plays that never wait let others have their turn after so many pauses.
BREATH = 16
FINAL_TEXT = 0x81


class Player:
    """Plays at ``speed`` 2 twice as fast.

    At speed 0 nothing waits, and plays take turns as their pauses would have them: the order of
    events does not depend on how fast anybody reads.
    """

    def __init__(
        self, connection: ServerConnection, tasks: asyncio.TaskGroup, speed: float
    ) -> None:
        self._connection = connection
        self._tasks = tasks
        self._speed = speed
        self._turns: list[tuple[float, int, Iterator[Step]]] = []
        self._numbers = count()
        self._now_s = 0.0  # by the pauses that were skipped
        self._is_taking_turns = False

    def begin(self, steps: Iterator[Step]) -> None:
        """Play steps from now on."""
        if self._speed:
            self._tasks.create_task(self._play_on_time(steps))
        else:
            self._take_turns(steps, self._now_s)

    async def say(self, says: Iterable[Say]) -> None:
        for say in says:
            await self._connection.send(written(say.event))

    async def _play_on_time(self, steps: Iterator[Step]) -> None:
        """Play steps one after the other: what runs late does not shift what follows."""
        clock = asyncio.get_running_loop().time
        due = clock()
        breaths = count(1)
        with suppress(ConnectionClosed):
            for step in steps:
                if isinstance(step, Wait):
                    await asyncio.sleep(step.seconds)
                    due = clock()
                elif isinstance(step, Pause):
                    due += step.seconds / self._speed
                    wait_s = due - clock()
                    if wait_s > 0 or next(breaths) % BREATH == 0:
                        await asyncio.sleep(max(0, wait_s))
                elif isinstance(step, HangUp):
                    await self._hang_up(step)
                    return
                else:
                    await self._send(step)

    def _take_turns(self, steps: Iterator[Step], due_s: float) -> None:
        heappush(self._turns, (due_s, next(self._numbers), steps))
        if not self._is_taking_turns:
            self._is_taking_turns = True
            self._tasks.create_task(self._play_in_turns())

    async def _play_in_turns(self) -> None:
        """Play whatever is due next by the pauses, up to its next pause."""
        breaths = count(1)
        with suppress(ConnectionClosed):
            while self._turns:
                self._now_s, _, steps = heappop(self._turns)
                await self._play_turn(steps)
                if next(breaths) % BREATH == 0:
                    await asyncio.sleep(0)
        self._is_taking_turns = False

    async def _play_turn(self, steps: Iterator[Step]) -> None:
        for step in steps:
            if isinstance(step, Pause):
                self._take_turns(steps, self._now_s + step.seconds)
                return
            if isinstance(step, Wait):
                self._tasks.create_task(self._wait(steps, step.seconds))
                return
            if isinstance(step, HangUp):
                await self._hang_up(step)
                self._turns.clear()
                return
            await self._send(step)

    async def _wait(self, steps: Iterator[Step], seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._take_turns(steps, self._now_s)

    async def _hang_up(self, step: HangUp) -> None:
        if step.code is None:
            self._connection.transport.abort()
        else:
            await self._connection.close(step.code, step.reason)

    async def _send(self, step: Say | SayMany) -> None:
        if isinstance(step, Say):
            await self.say([step])
        else:
            await self._say_many(step.texts)
            await asyncio.sleep(0)

    async def _say_many(self, texts: Iterable[str]) -> None:
        """Send texts, each in a frame of its own, in one go.

        ``send`` costs a system call for each frame; what is said here never has extensions or
        fragments, so frames are simple to make.
        """
        async with self._connection.send_context():
            self._connection.transport.write(b"".join(map(_frame, texts)))


def _frame(text: str) -> bytes:
    """Return an unmasked text frame of RFC 6455, section 5.2."""
    payload = text.encode()
    size = len(payload)
    head = bytes((FINAL_TEXT, size)) if size < 126 else struct.pack("!BBH", FINAL_TEXT, 126, size)
    return head + payload
