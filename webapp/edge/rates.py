"""How often one client may ask for what costs: a bucket of tokens for each client and deed."""

import ipaddress
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import ceil
from typing import TYPE_CHECKING

from webapp.config import Settings
from webapp.edge.intake import Refusal

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment

PREVIEW, SEND, CONNECT, SAVE = "preview", "send", "connect", "save"
MAX_BUCKETS = 10_000
_WORDS = {
    PREVIEW: "The event was previewed too often in a short time.",
    SEND: "Too much was sent in a short time.",
    CONNECT: "Too many connections were opened in a short time.",
    SAVE: "Too much was stored in a short time.",
}
_SENDS = ("/send", "/events", "/outputs", "/approve", "/deny", "/ask", "/replay", "/prelude")


@dataclass(frozen=True, slots=True)
class Rate:
    """So many a second in the long run, and ``burst`` at once."""

    per_s: float
    burst: int


class Rates:
    """Who has done what how often lately; without rates everything may be done at any pace."""

    def __init__(
        self,
        rates: dict[str, Rate],
        trusted: tuple[str, ...] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Keep the rates; peers that are ``trusted`` say in whose place they ask."""
        self._rates = rates
        self._trusted = frozenset(trusted)
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()

    @classmethod
    def of(cls, settings: Settings) -> "Rates":
        """Return the rates that are set: they hold where others than one person come by."""
        wanted = {
            PREVIEW: Rate(settings.previews_per_s, 2 * settings.previews_per_s),
            SEND: Rate(settings.sends_per_s, 2 * settings.sends_per_s),
            CONNECT: Rate(settings.connects_per_min / 60, settings.connects_per_min),
            SAVE: Rate(settings.saves_per_min / 60, settings.saves_per_min),
        }
        shared = settings.hosted or bool(settings.allowed_hosts)
        held = {deed: rate for deed, rate in wanted.items() if shared and rate.burst}
        return cls(held, settings.trusted_proxies)

    def check(self, environ: "WSGIEnvironment") -> None:
        """Count a request by its address.

        Raises:
            Refusal: 429 if its client has done the same too often.
        """
        if self._rates and environ["REQUEST_METHOD"] == "POST" and (deed := _deed(environ)):
            self.spend(deed, environ)

    def spend(self, deed: str, environ: "WSGIEnvironment") -> None:
        """Count one deed of a request's client.

        Raises:
            Refusal: 429 if it has done so too often.
        """
        rate = self._rates.get(deed)
        if rate is None:
            return
        key, now = (deed, self._client(environ)), self._clock()
        with self._lock:
            left, since = self._buckets.pop(key, (float(rate.burst), now))
            left = min(rate.burst, left + (now - since) * rate.per_s)
            spent = left >= 1
            self._buckets[key] = (left - spent, now)
            if len(self._buckets) > MAX_BUCKETS:
                self._buckets.popitem(last=False)
        if not spent:
            wait_s = max(ceil((1 - left) / rate.per_s), 1)
            remedy = f"Nothing is lost; try again in {wait_s} s."
            raise Refusal(429, _WORDS[deed], remedy, retry_after_s=wait_s)

    def _client(self, environ: "WSGIEnvironment") -> str:
        address = str(environ.get("REMOTE_ADDR", ""))
        if address in self._trusted:
            # What stands last was written by the peer itself, the rest by whoever likes to.
            named = str(environ.get("HTTP_X_FORWARDED_FOR", "")).rpartition(",")[2].strip()
            address = named or address
        return _network(address)


def _deed(environ: "WSGIEnvironment") -> str:
    path = environ["PATH_INFO"]
    if path.startswith(("/events/", "/api/")):
        return PREVIEW
    if path.startswith("/drafts/"):
        return SAVE
    return SEND if path.startswith("/sessions/") and path.endswith(_SENDS) else ""


@lru_cache(maxsize=1024)
def _network(address: str) -> str:
    """Return who is behind an address: one client has a whole /64 of IPv6."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:100]
    return address if parsed.version == 4 else parsed.packed[:8].hex()
