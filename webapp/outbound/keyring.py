"""Keys in memory and nowhere else: each for one visitor and one origin, and gone when unused."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from webapp import redaction
from webapp.endpoints import Origin

UNUSED_S = 30 * 60.0
LOOK_S = 60.0
SHOWN_CHARS = 4
MAX_KEY_CHARS = 4_096


class NoKey(ValueError):  # noqa: N818  # it says what there is not
    """There is no key to show where one is needed."""


class BadKey(ValueError):  # noqa: N818  # it says what the key is
    """Something that cannot be a key; the words never repeat it."""


@dataclass(frozen=True, slots=True)
class ShownKey:
    """What may be said about a key: where it comes from and its last characters."""

    source: str
    end: str


@dataclass(slots=True)
class _Entry:
    value: str = field(repr=False)
    used_s: float

    def __reduce__(self) -> str:
        raise TypeError("keys are not written anywhere")


class Keyring:
    """Typed keys by visitor and origin, and the server's own by origin.

    Python cannot promise that a forgotten key is wiped from memory; nothing of ours leads to it.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, *, look_s: float = LOOK_S
    ) -> None:
        """Begin empty; ``clock`` tells when a key was used last, in seconds.

        Every ``look_s`` it is looked whether one has to go, as long as there is any.
        """
        self._clock = clock
        self._look_s = look_s
        self._lock = threading.Lock()
        self._typed: dict[tuple[str, Origin], _Entry] = {}
        self._own: dict[Origin, tuple[str, str]] = {}
        self._timer: threading.Timer | None = None

    def __repr__(self) -> str:
        return "<Keyring>"

    def provide(self, origin: Origin, variable: str, value: str) -> None:
        """Keep the server's own key, from an environment variable, for this origin alone."""
        redaction.remember(value)
        self._own[origin] = (variable, value)

    def keep(self, visitor: str, origin: Origin, value: str) -> None:
        """Keep what a visitor typed, for this origin alone.

        Raises:
            BadKey: if it cannot be a key.
        """
        value = checked(value)
        with self._lock:
            self._drop((visitor, origin))
            redaction.remember(value)
            self._typed[visitor, origin] = _Entry(value, self._clock())
            self._look_again()

    def use(self, visitor: str, origin: Origin, *, own: bool = True) -> str:
        """Return the key for this visitor and origin, empty where there is none.

        One that was typed wins over the server's own, which only counts with ``own``.
        """
        with self._lock:
            self._expire()
            entry = self._typed.get((visitor, origin))
            if entry is not None:
                entry.used_s = self._clock()
                return entry.value
        return self._own.get(origin, ("", ""))[1] if own else ""

    def shown(self, visitor: str, origin: Origin, *, own: bool = True) -> ShownKey | None:
        """Return what may be said about the key that would be used."""
        with self._lock:
            self._expire()
            entry = self._typed.get((visitor, origin))
        if entry is not None:
            return ShownKey("", _end(entry.value))
        if own and origin in self._own:
            variable, value = self._own[origin]
            return ShownKey(variable, _end(value))
        return None

    def forget(self, visitor: str, origin: Origin | None = None) -> bool:
        """Drop what a visitor typed, for one origin or for all; tell whether there was any."""
        with self._lock:
            entries = [e for e in self._typed if e[0] == visitor and origin in (None, e[1])]
            for entry in entries:
                self._drop(entry)
        return bool(entries)

    def clear(self) -> None:
        """Drop every key; for the end of the process."""
        with self._lock:
            for entry in list(self._typed):
                self._drop(entry)
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
        for _, value in self._own.values():
            redaction.forget(value)
        self._own.clear()

    def expire(self) -> None:
        """Drop what has not been used for half an hour, though nobody asks for anything."""
        with self._lock:
            self._timer = None
            self._expire()
            if self._typed:
                self._look_again()

    def _look_again(self) -> None:
        if self._timer is None:
            self._timer = threading.Timer(self._look_s, self.expire)
            self._timer.daemon = True
            self._timer.start()

    def _expire(self) -> None:
        oldest_s = self._clock() - UNUSED_S
        for key in [key for key, entry in self._typed.items() if entry.used_s < oldest_s]:
            self._drop(key)

    def _drop(self, key: tuple[str, Origin]) -> None:
        entry = self._typed.pop(key, None)
        if entry is not None:
            redaction.forget(entry.value)


def checked(value: str) -> str:
    """Return a key without the blanks around it.

    Raises:
        BadKey: if it cannot be one.
    """
    value = value.strip()
    if not value:
        raise BadKey("The key is empty.")
    if len(value) > MAX_KEY_CHARS:
        raise BadKey(f"The key has more than {MAX_KEY_CHARS:,} characters; no key does.")
    if not (value.isascii() and value.isprintable()) or " " in value:
        raise BadKey(
            "The key holds a character that no key has: a blank, a line break, or a letter or"
            " quotation mark beyond ASCII. Copy it once more."
        )
    return value


def _end(value: str) -> str:
    return value[-SHOWN_CHARS:] if len(value) >= 4 * SHOWN_CHARS else ""
