"""On the way to an endpoint that a visitor picked: its address admitted, its key found."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import TypeAlias

from webapp.endpoints import Endpoint, Origin, Preset, Target, target_with
from webapp.endpoints.catalogue import ADDRESS, Catalogue, Picked
from webapp.outbound.guard import Guard
from webapp.outbound.keyring import Keyring, NoKey, ShownKey

Own: TypeAlias = frozenset[tuple[str, int]]
FindTarget: TypeAlias = Callable[[], Coroutine[object, object, Target]]


@dataclass(frozen=True, slots=True)
class Departure:
    """An endpoint that may be connected to; ``find_target`` looks its name up and takes its key."""

    preset: Preset
    endpoint: Endpoint
    find_target: FindTarget


@dataclass(frozen=True, slots=True)
class Departures:
    """What a way out needs: the endpoints there are, the keys, and the guard."""

    catalogue: Catalogue
    keyring: Keyring
    guard: Guard

    def prepare(self, visitor: str, picked: Picked, dialect: str, own: Own) -> Departure:
        """Return the way to what a visitor picked, before anything is looked up or sent.

        Raises:
            BadAddress: if it leads nowhere, or nobody may go there from here.
            NoKey: if it takes a key and there is none.
        """
        preset, endpoint = self.catalogue.endpoint(picked, dialect)
        admitted = self.catalogue.admit(preset, endpoint, own)
        self._key(visitor, preset, endpoint)

        async def find_target() -> Target:
            hosts = await self.guard.hosts(admitted)
            # Asked for anew each time: a key that was forgotten is not used to reconnect.
            return target_with(endpoint, self._key(visitor, preset, endpoint), hosts)

        return Departure(preset, endpoint, find_target)

    def shown_key(self, visitor: str, preset: Preset, origin: Origin) -> ShownKey | None:
        """Return what may be said about the key that would be used."""
        return self.keyring.shown(visitor, origin, own=preset.slug != ADDRESS)

    def _key(self, visitor: str, preset: Preset, endpoint: Endpoint) -> str:
        if endpoint.key is None:
            return ""
        # What a visitor addresses himself never gets a key of the server's.
        key = self.keyring.use(visitor, endpoint.origin, own=preset.slug != ADDRESS)
        if not key and endpoint.key.required:
            raise NoKey(
                f"{preset.title} takes a key, and there is none for {endpoint.origin} here."
            )
        return key
