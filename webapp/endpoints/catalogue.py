"""All endpoints of one Cuecard, and the address of the one that a visitor picked."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from webapp.endpoints.address import BadAddress, Origin
from webapp.endpoints.endpoint import Endpoint, endpoint_of, endpoint_of_address, fit
from webapp.endpoints.listed import Listed
from webapp.endpoints.policy import Admitted, Policy
from webapp.endpoints.preset import Key, Place, Preset
from webapp.endpoints.presets import ANY_KEY, PRESETS, RESOURCE, SANDBOX

ADDRESS = "address"
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
# What the handshake itself needs.
_TAKEN = ("sec-", "host", "connection", "upgrade", "content-", "transfer-", "cookie", "origin")
NOTHING: Mapping[str, str] = MappingProxyType({})

CUSTOM = Preset(
    slug=ADDRESS,
    title="Another address",
    summary="Any server that speaks the protocol.",
    dialects=("beta", "ga"),
    models=(),
    key=ANY_KEY,
    other_keys=(
        Key("REALTIME_API_KEY", "api-key", "", required=False),
        Key("REALTIME_API_KEY", "X-API-Key", "", required=False),
        Key("REALTIME_API_KEY", "api_key", "", required=False, place=Place.QUERY),
        Key(
            "REALTIME_API_KEY",
            "realtime",
            "openai-insecure-api-key.",
            required=False,
            place=Place.SUBPROTOCOL,
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Picked:
    """What a visitor picked and filled in, as it was typed.

    ``way`` says how the key is shown; ``name`` is the header or parameter of a server of one's own.
    """

    slug: str = SANDBOX
    address: str = ""
    model: str = ""
    way: str = ""
    name: str = ""
    gaps: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The presets of the table and the operator's, under one policy."""

    presets: Mapping[str, Preset]
    policy: Policy

    @property
    def offered(self) -> tuple[Preset, ...]:
        """What visitors can pick from, in the order of the table; the last takes an address."""
        found = [each for each in self.presets.values() if self.policy.offers(each)]
        custom = self.policy.custom or self.policy.listed
        return (*found, CUSTOM) if custom else tuple(found)

    def preset(self, slug: str) -> Preset | None:
        """Return what visitors know by a name, if they can pick it."""
        return next((each for each in self.offered if each.slug == slug), None)

    def endpoint(self, picked: Picked, dialect: str) -> tuple[Preset, Endpoint]:
        """Return the preset that was picked, and its endpoint with all that was filled in.

        Raises:
            BadAddress: if there is none, or something filled in leads nowhere.
        """
        preset = self.preset(picked.slug)
        if preset is None:
            raise BadAddress("There is no such endpoint.")
        for gap in preset.gaps:
            if gap.default.startswith("YOUR-") and not picked.gaps.get(gap.name, "").strip():
                raise BadAddress(f"Fill in the {gap.title.lower()} first.")
        key = key_of(preset, picked.way)
        if preset is not CUSTOM:
            return preset, endpoint_of(preset, dialect, picked.model.strip(), picked.gaps, key)
        if not picked.address.strip():
            raise BadAddress("Write the address of the server first.")
        address, model = picked.address.strip(), picked.model.strip()
        known = endpoint_of_address(address, dialect, model)
        endpoint = replace(known, key=_named(key, picked.name.strip()))
        return replace(CUSTOM, title=endpoint.title, dialects=endpoint.dialects), endpoint

    def admit(
        self, preset: Preset, endpoint: Endpoint, own: frozenset[tuple[str, int]]
    ) -> Admitted:
        """Return the address to try; ``own`` is where this Cuecard itself can be reached.

        Raises:
            BadAddress: if nobody may go there from here.
        """
        policy = replace(self.policy, own=self.policy.own | own)
        return policy.admit(endpoint.url, preset=None if preset.slug == ADDRESS else preset)


def catalogue_of(listed: Listed, *, custom: bool, hosted: bool, azure: str = "") -> Catalogue:
    """Return the table with what the operator lists in front of the visitors' own addresses.

    ``azure`` is the operator's resource there, which visitors then need not fill in.
    """
    policy = Policy(custom=custom, hosted=hosted, listed=listed.allowed)
    presets = with_resource({**PRESETS, **listed.presets}, azure)
    return Catalogue(MappingProxyType(presets), policy)


def with_resource(presets: Mapping[str, Preset], azure: str) -> dict[str, Preset]:
    """Return the presets with a resource of Azure's, by name or by address, where one is asked for.

    Raises:
        BadAddress: if it cannot be one.
    """
    resource = fit(RESOURCE, azure)
    if not resource:
        return dict(presets)
    return {slug: _with_default(preset, RESOURCE, resource) for slug, preset in presets.items()}


def _with_default(preset: Preset, name: str, default: str) -> Preset:
    gaps = (replace(gap, default=default) if gap.name == name else gap for gap in preset.gaps)
    return replace(preset, gaps=tuple(gaps))


def _named(key: Key | None, name: str) -> Key | None:
    """Return the way to show a key under a name that the visitor gives."""
    if key is None or not name or key.place is Place.SUBPROTOCOL:
        return key
    if not _NAME.fullmatch(name) or name.lower().startswith(_TAKEN):
        raise BadAddress("The name of a header or parameter has letters, digits, - and _ only.")
    return replace(key, header=name)


def key_of(preset: Preset, way: str) -> Key | None:
    """Return how a key is shown; an unknown way is the usual one, and none at all is one, too."""
    if way == "none" and preset.key is not None and not preset.key.required:
        return None
    return next((key for key in preset.keys if way_of(key) == way), preset.key)


def way_of(key: Key) -> str:
    """Return the name of a way to show a key."""
    return f"{key.place.value}:{key.header}"


def own_keys(
    presets: Mapping[str, Preset], values: Mapping[str, str], azure: str
) -> dict[Origin, tuple[str, str]]:
    """Return the server's keys by the only origin that each is for: that of its preset.

    ``azure`` is the resource the key of Azure belongs to; without it that key is for nobody.
    """
    found: dict[Origin, tuple[str, str]] = {}
    for preset in presets.values():
        variable = preset.key.variable if preset.key else ""
        value = values.get(variable, "")
        resource = any(gap.name == RESOURCE for gap in preset.gaps)
        if value and (azure or not resource):
            gaps = {RESOURCE: azure} if resource else NOTHING
            found[endpoint_of(preset, "ga", gaps=gaps).origin] = (variable, value)
    return found
