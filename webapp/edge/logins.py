"""Who has shown the password: logins by token, and how often one may be wrong."""

import hashlib
import hmac
import secrets
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable

MAX_WRONG = 20
WRONG_S = 10 * 60.0
LOGIN_S = 7 * 24 * 3600.0
MAX_LOGINS = 10_000
MAX_PEERS = 10_000


class Logins:
    """One password for all; without one everybody is let in."""

    def __init__(self, password: str, clock: Callable[[], float] = time.monotonic) -> None:
        """Keep a digest of the password, and the clock, in seconds."""
        self._salt = secrets.token_bytes(16)
        self._wanted = self._digest(password) if password else b""
        self._clock = clock
        self._lock = threading.Lock()
        self._until_s: OrderedDict[str, float] = OrderedDict()
        self._wrong: OrderedDict[str, deque[float]] = OrderedDict()

    @property
    def wanted(self) -> bool:
        """Whether one has to log in at all."""
        return bool(self._wanted)

    def is_in(self, token: str) -> bool:
        """Tell whether a token stands for a login."""
        with self._lock:
            return self._until_s.get(token, 0) > self._clock()

    def is_barred(self, peer: str) -> bool:
        """Tell whether a peer was wrong too often to try once more."""
        with self._lock:
            return len(self._recent(peer)) >= MAX_WRONG

    def is_right(self, password: str, peer: str) -> bool:
        """Tell whether this is the password; the time it takes does not tell how near it is."""
        right = hmac.compare_digest(self._digest(password), self._wanted)
        with self._lock:
            if right:
                self._wrong.pop(peer, None)
            else:
                self._recent(peer).append(self._clock())
        return right

    def log_in(self) -> str:
        """Return a fresh token."""
        token = secrets.token_hex(16)
        with self._lock:
            self._until_s[token] = self._clock() + LOGIN_S
            while len(self._until_s) > MAX_LOGINS:
                self._until_s.popitem(last=False)
        return token

    def log_out(self, token: str) -> None:
        """Let a token stand for nothing."""
        with self._lock:
            self._until_s.pop(token, None)

    def _recent(self, peer: str) -> deque[float]:
        """Return when a peer was wrong lately; the lock is held."""
        times = self._wrong.setdefault(peer, deque(maxlen=MAX_WRONG))
        while times and self._clock() - times[0] > WRONG_S:
            times.popleft()
        while len(self._wrong) > MAX_PEERS:
            self._wrong.popitem(last=False)
        return times

    def _digest(self, password: str) -> bytes:
        return hashlib.blake2b(password.encode("utf-8", "surrogatepass"), key=self._salt).digest()
