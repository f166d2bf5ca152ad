"""Which addresses a session may be opened at, judged from the address alone."""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from webapp.endpoints.address import BadAddress, Origin, is_loopback, origin_of, read_address
from webapp.endpoints.preset import Preset
from webapp.endpoints.reach import METADATA_NAMES, Reach, reach_of

# Where other protocols listen: a request there may be read as one of theirs.
_OTHERS_PORTS = frozenset(
    {1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102}
    | {103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427}
    | {445, 465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636}
    | {989, 990, 993, 995, 1433, 1521, 1719, 1720, 1723, 2049, 2375, 2376, 2379, 2380, 3306, 3389}
    | {3659, 4045, 4190, 5060, 5061, 5432, 5672, 6000, 6379, 6443, 6566, 6665, 6666, 6667, 6668}
    | {6669, 6679, 6697, 9042, 9092, 9200, 9300, 10080, 10250, 11211, 27017}
)


class Refused(BadAddress):
    """An address that is well written, and where no session is opened all the same."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """An address that may be tried, and where its name may lead."""

    url: str
    origin: Origin
    reaches: frozenset[Reach]
    listed: bool = False


_PUBLIC = frozenset({Reach.PUBLIC})
_LISTED = frozenset({Reach.PUBLIC, Reach.PRIVATE, Reach.LOOPBACK})


@dataclass(frozen=True, slots=True)
class Policy:
    """What the operator allows.

    ``custom`` lets visitors write addresses of their own; ``hosted`` says that they are strangers
    to this machine and to its network. ``trusted`` is for commands, whose user is the operator.
    ``listed`` are origins that may be used in any case, and ``own`` is where this app itself
    listens: names with ports, any way back to this machine being called localhost.
    """

    custom: bool = True
    hosted: bool = False
    trusted: bool = False
    listed: frozenset[Origin] = frozenset()
    own: frozenset[tuple[str, int]] = frozenset()

    def admit(self, address: str, *, preset: Preset | None = None) -> Admitted:
        """Return what may be tried: a preset's address, or one that a visitor wrote.

        Raises:
            BadAddress: if it is none.
            Refused: if nobody may go there from here.
        """
        url = read_address(address)
        origin = origin_of(url)
        host, port = origin.host.lower(), origin.port
        if host.strip("[]") in METADATA_NAMES or self._reach(host) is Reach.NEVER:
            raise Refused("No session is opened at this address, whoever asks.")
        loopback = is_loopback(url)
        if ("localhost" if loopback else host, port) in self.own:
            raise Refused("That is Cuecard itself. Its sandbox is an endpoint of its own: pick it.")
        if origin in self.listed:
            return Admitted(url, origin, _LISTED, listed=True)
        if self.trusted:
            return self._of_trusted(url, origin)
        written = preset is None or preset.local
        if written and not self.custom:
            raise Refused("Only listed endpoints may be used here: see CUECARD_ENDPOINTS.")
        if self.hosted and written:
            self._check_hosted(origin)
        if origin.scheme == "ws" and not loopback:
            raise Refused(
                "Without encryption only this machine is connected to: use wss://, or list the"
                " address in CUECARD_ENDPOINTS."
            )
        if port in _OTHERS_PORTS:
            raise Refused(f"Port {port} belongs to another protocol.")
        if loopback:
            return Admitted(url, origin, frozenset({Reach.LOOPBACK}))
        reach = self._reach(host)
        if reach not in (None, Reach.PUBLIC):
            raise Refused(f"This leads to {reach.value}: list it in CUECARD_ENDPOINTS to allow it.")
        if reach is None and "." not in host:
            raise Refused("Write the whole name of the server, like server.example.")
        return Admitted(url, origin, _PUBLIC)

    def offers(self, preset: Preset) -> bool:
        """Whether visitors can use a preset at all."""
        return not preset.local or self.custom or self._is_listed(preset)

    def _is_listed(self, preset: Preset) -> bool:
        gaps = {gap.name: gap.default for gap in preset.gaps}
        return origin_of(preset.address.format(model="", **gaps)) in self.listed

    def _of_trusted(self, url: str, origin: Origin) -> Admitted:
        """Whoever runs a command here may reach what this machine does, but not in the clear."""
        if origin.scheme == "ws" and not is_loopback(url):
            raise Refused("Without encryption only this machine is connected to. Use wss://.")
        return Admitted(url, origin, _LISTED, listed=True)

    def _check_hosted(self, origin: Origin) -> None:
        if origin.scheme != "wss":
            raise Refused("Only encrypted addresses (wss://) may be used here.")
        if origin.port != 443:
            raise Refused("Only port 443 may be used here.")
        if is_loopback(f"wss://{origin.host}"):
            raise Refused(f"This leads to {Reach.LOOPBACK.value}.")

    def _reach(self, host: str) -> Reach | None:
        """Return where a numeric host leads, None for a name."""
        bare = host.strip("[]")
        if bare == host and not bare.replace(".", "").isdigit():
            return None
        return reach_of(bare)


def check_reaches(admitted: Admitted, addresses: Iterable[str]) -> tuple[str, ...]:
    """Return the numeric addresses of an admitted name if it may lead to all of them.

    Raises:
        Refused: if there is none, or a single one that it must not lead to.
    """
    found = tuple(dict.fromkeys(addresses))
    if not found:
        raise Refused("This name leads to no address.")
    for address in found:
        reach = reach_of(address)
        if reach not in admitted.reaches:
            raise Refused(f"This name leads to {reach.value}, so no session is opened there.")
    return found


def numeric(url: str) -> tuple[str, ...]:
    """Return the addresses of a host that needs no look-up, else nothing."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return ("127.0.0.1", "::1")
    try:
        return (str(ip_address(host)),)
    except ValueError:
        return ()
