"""Where the next session goes: what a visitor picks and fills in, and which key would be used."""

from dataclasses import dataclass

from flask import request

from webapp.endpoints import BadAddress, Endpoint, Key, Place, Preset
from webapp.endpoints.catalogue import Picked, key_of, way_of
from webapp.errors import LocalError
from webapp.outbound.departures import Departure, Own
from webapp.outbound.keyring import BadKey, NoKey, ShownKey
from webapp.sessions.live import LiveSession
from webapp.views import current

NO_KEY = "none"
DIALECTS = {"beta": "Beta", "ga": "GA"}
_DEFAULT_PORTS = (80, 443)


@dataclass(frozen=True, slots=True)
class Way:
    """One way to show a key, in words."""

    name: str
    words: str


@dataclass(frozen=True, slots=True)
class Picker:
    """What the page shows of the endpoint: all there are, the picked one, and its key."""

    offered: tuple[Preset, ...]
    preset: Preset
    picked: Picked
    endpoint: Endpoint | None
    key: ShownKey | None
    fault: str = ""
    notice: str = ""
    open: bool = False

    @property
    def ways(self) -> tuple[Way, ...]:
        """The ways to show a key that this endpoint knows."""
        ways = tuple(Way(way_of(key), _words(key)) for key in self.preset.keys)
        optional = self.preset.key is not None and not self.preset.key.required
        return (*ways, Way(NO_KEY, "no key")) if optional else ways

    @property
    def way(self) -> str:
        """The way that is chosen."""
        chosen = key_of(self.preset, self.picked.way)
        return way_of(chosen) if chosen else NO_KEY

    @property
    def takes_key(self) -> bool:
        return self.way != NO_KEY and bool(self.ways)

    @property
    def dialects(self) -> str:
        """The dialects it speaks, in words."""
        return " or ".join(DIALECTS[each] for each in self.preset.dialects)

    @property
    def key_words(self) -> str:
        """Which key would be used, without telling it."""
        if not self.takes_key:
            return "no key"
        if self.key is None:
            needed = self.preset.key is not None and self.preset.key.required
            return "no key yet" if needed else "no key"
        end = f", ends in {self.key.end}" if self.key.end else ""
        return f"key from {self.key.source}{end}" if self.key.source else f"key typed here{end}"

    @property
    def typed(self) -> bool:
        """Whether there is a key that this browser typed, so that it can be forgotten."""
        return self.key is not None and not self.key.source


@dataclass(frozen=True, slots=True)
class Going:
    """Where an event goes: to the session that is shown, or on a way of its own."""

    preset: Preset
    departure: Departure | None
    same: bool


def picker(dialect: str, *, fault: str = "", notice: str = "", opened: bool = False) -> Picker:
    """Return what is picked at the moment, ready to be shown."""
    visitor, departures = current.visitor(), current.departures()
    offered = departures.catalogue.offered
    picked = current.choices().of(visitor)
    if departures.catalogue.preset(picked.slug) is None:
        picked = Picked()
    preset = departures.catalogue.preset(picked.slug) or offered[0]
    endpoint = key = None
    try:
        _, endpoint = departures.catalogue.endpoint(picked, dialect)
        if not preset.embedded:
            departures.catalogue.admit(preset, endpoint, _own())
    except BadAddress as error:
        typed = (
            picked.address.strip()
            or picked.name
            or any(text.strip() for text in picked.gaps.values())
        )
        fault = fault or (str(error) if typed else "")
    if endpoint is not None:
        key = departures.shown_key(visitor, preset, endpoint.origin)
    return Picker(offered, preset, picked, endpoint, key, fault, notice, opened or bool(fault))


def read(dialect: str) -> str:
    """Remember what the form at hand picks and fills in, and keep its key; return what to say.

    Raises:
        LocalError: 404 for an unknown endpoint, 422 for a key that cannot be one.
    """
    if "endpoint" not in request.form:
        return ""
    visitor, choices = current.visitor(), current.choices()
    slug = current.field("endpoint")
    if current.departures().catalogue.preset(slug) is None:
        raise LocalError("There is no such endpoint.", remedy="Pick another.", status=404)
    # The other fields belong to the endpoint that the page showed them for.
    shown = current.field("endpoint-shown")
    preset = current.departures().catalogue.preset(shown)
    if preset is not None:
        choices.keep(visitor, _filled(preset), current=False)
    choices.keep(visitor, choices.of(visitor, slug))
    typed = current.field("endpoint-key")
    if not typed.strip():
        return ""
    if preset is None or shown != slug:
        return "The endpoint was changed, so the key was not kept: type it for this one."
    return _keep_key(visitor, typed, dialect)


def forget(dialect: str) -> str:
    """Drop the key for the picked endpoint, and say so."""
    visitor, departures = current.visitor(), current.departures()
    try:
        _, endpoint = departures.catalogue.endpoint(current.choices().of(visitor), dialect)
    except BadAddress:
        gone = departures.keyring.forget(visitor)
    else:
        gone = departures.keyring.forget(visitor, endpoint.origin)
    return "The key is forgotten." if gone else "There was no key to forget."


def going(dialect: str, shown: LiveSession | None) -> Going:
    """Return where the event at hand goes.

    Raises:
        LocalError: if what is picked cannot be connected to; nothing has been sent.
    """
    if shown is not None and "endpoint" not in request.form:
        return Going(shown.preset, None, same=True)
    visitor = current.visitor()
    picked = current.choices().of(visitor)
    preset = current.departures().catalogue.preset(picked.slug)
    if preset is not None and preset.embedded:
        same = shown is not None and shown.preset.slug == preset.slug
        return Going(preset, None, same)
    try:
        departure = current.departures().prepare(visitor, picked, dialect, _own())
    except BadAddress as error:
        remedy = "Correct it under Endpoint."
        raise LocalError(str(error), remedy=remedy, status=422) from error
    except NoKey as error:
        remedy = "Type it under Endpoint: it is kept in memory, and sent there only."
        raise LocalError(str(error), remedy=remedy, status=422) from error
    same = (
        shown is not None
        and shown.preset.slug == picked.slug
        and shown.address == departure.endpoint.url
    )
    return Going(departure.preset, departure, same)


def _keep_key(visitor: str, typed: str, dialect: str) -> str:
    departures = current.departures()
    try:
        _, endpoint = departures.catalogue.endpoint(current.choices().of(visitor), dialect)
    except BadAddress as error:
        words = f"{error} The key was not kept: type it again with the address."
        raise LocalError(words, status=422) from error
    try:
        departures.keyring.keep(visitor, endpoint.origin, typed)
    except BadKey as error:
        raise LocalError(str(error), remedy="Type it again.", status=422) from error
    blanks = "" if typed == typed.strip() else " Blanks around it were left out."
    return f"The key is kept for {endpoint.origin} only.{blanks}"


def _filled(preset: Preset) -> Picked:
    return Picked(
        preset.slug,
        address=current.field("endpoint-address"),
        model=current.field("endpoint-model"),
        way=current.field("endpoint-way"),
        name=current.field("endpoint-name"),
        gaps={gap.name: current.field(f"endpoint-gap-{gap.name}") for gap in preset.gaps},
    )


def _own() -> Own:
    """Return where this app itself can be reached: its names and its ports, the sandbox's too."""
    port = int(request.environ.get("SERVER_PORT") or 0)
    found = {("localhost", port)}
    sandbox = current.hub().sandbox_port()
    if sandbox:
        found.add(("localhost", sandbox))
    for name in current.settings().allowed_hosts:
        host, colon, own = name.rpartition(":")
        if colon and own.isdecimal():
            found.add((host, int(own)))
        else:
            found.update((name, each) for each in (*_DEFAULT_PORTS, port))
    return frozenset(found)


def _words(key: Key) -> str:
    match key.place:
        case Place.HEADER:
            return f"{key.header}: Bearer" if key.prefix else f"Header {key.header}"
        case Place.QUERY:
            return f"Query parameter {key.header}"
        case Place.SUBPROTOCOL:
            return f"Subprotocol {key.prefix}…"
