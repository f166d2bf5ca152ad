"""What a ready-made endpoint is: its address, how it is shown a key, how it deviates."""

from dataclasses import dataclass
from enum import StrEnum


class Place(StrEnum):
    """Where in the handshake a key stands."""

    HEADER = "header"
    QUERY = "query"
    SUBPROTOCOL = "subprotocol"


@dataclass(frozen=True, slots=True)
class Key:
    """How a key is shown in the handshake; its value stands in an environment variable.

    ``header`` names the header or the query parameter; as a subprotocol, the one that is asked for
    beside the one that carries the key.
    """

    variable: str
    header: str = "Authorization"
    prefix: str = "Bearer "
    required: bool = True
    place: Place = Place.HEADER


@dataclass(frozen=True, slots=True)
class Gap:
    """A place in an address that only the visitor can fill in, and what stands there until then."""

    name: str
    title: str
    default: str
    suggestions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Note:
    """What a server does otherwise than the service whose protocol it speaks, and who says so."""

    text: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Preset:
    """A ready-made endpoint; ``embedded`` means that this process serves it itself.

    ``address`` has a place for the model and for each of the ``gaps``, and ``calls`` is where
    WebRTC begins. Some servers are told by a header that a client speaks Beta (``beta_header``),
    some by the address, and some refuse that header. ``other_keys`` are further ways to show a key.
    """

    slug: str
    title: str
    summary: str
    dialects: tuple[str, ...]
    models: tuple[str, ...]
    embedded: bool = False
    address: str = ""
    calls: str = ""
    gaps: tuple[Gap, ...] = ()
    key: Key | None = None
    other_keys: tuple[Key, ...] = ()
    beta_header: bool = False
    notes: tuple[Note, ...] = ()

    @property
    def model(self) -> str:
        """The model as long as nobody names one; empty where the server knows itself."""
        return self.models[0] if self.models else ""

    @property
    def keys(self) -> tuple[Key, ...]:
        """The ways to show a key, the usual one first; none where the server asks for none."""
        return (self.key, *self.other_keys) if self.key else ()

    @property
    def local(self) -> bool:
        """Whether it is a server that people run themselves, so that its address is theirs."""
        return any(gap.name == SERVER for gap in self.gaps)


SERVER = "server"
"""The gap that holds scheme, host and port."""
