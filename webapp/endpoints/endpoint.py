"""One server and dialect, addressed: from a preset and what fills its gaps, or from an address."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from urllib.parse import quote, quote_plus, urlencode, urlsplit

from webapp.endpoints.address import (
    BadAddress,
    Origin,
    origin_of,
    read_address,
    with_query,
)
from webapp.endpoints.preset import SERVER, Key, Place, Preset
from webapp.endpoints.presets import ANY_KEY, AZURE_KEY, OPENAI_KEY, PRESETS, RESOURCE

BETA_HEADER = ("OpenAI-Beta", "realtime=v1")
AZURE_HOST = ".openai.azure.com"
NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One server and dialect, addressed: all that a program needs to open a session there."""

    title: str
    url: str
    dialect: str
    dialects: tuple[str, ...]
    key: Key | None = None
    beta_header: bool = False
    calls: str = ""
    embedded: bool = False

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """The headers of the handshake, without the one that carries the key."""
        return (BETA_HEADER,) if self.beta_header and self.dialect == "beta" else ()

    @property
    def origin(self) -> Origin:
        """Whom one talks to here."""
        return origin_of(self.url)


@dataclass(frozen=True, slots=True)
class Target:
    """What a connection needs to know: where to, and what to say in the handshake.

    ``hosts`` are the numeric addresses that were found fit to be dialled; without any, only a
    server of our own is. ``secrets`` is what must not be shown if the server says it.
    """

    url: str = field(repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    protocols: tuple[str, ...] = field(default=(), repr=False)
    hosts: tuple[str, ...] = ()
    secrets: tuple[str, ...] = field(default=(), repr=False)


def target_of(preset: Preset, address: str, dialect: str) -> Target:
    """Return how to open a session in ``dialect`` at ``address``, where ``preset`` is served here.

    The header is how a client of the Beta dialect has always said so.
    """
    beta = (BETA_HEADER,) if dialect == "beta" else ()
    return Target(f"{address}?{urlencode({'model': preset.model})}", beta)


def target_with(endpoint: Endpoint, key: str, hosts: tuple[str, ...] = ()) -> Target:
    """Return how to open a session at ``endpoint`` and show it ``key``, if there is any."""
    shown = endpoint.key
    if shown is None or not key:
        return Target(endpoint.url, endpoint.headers, hosts=hosts)
    # A server may say it as it stood in the address.
    spellings = tuple(dict.fromkeys((key, quote(key, safe=""), quote_plus(key))))
    plain = Target(endpoint.url, endpoint.headers, hosts=hosts, secrets=spellings)
    match shown.place:
        case Place.HEADER:
            header = (shown.header, shown.prefix + key)
            return replace(plain, headers=(*endpoint.headers, header))
        case Place.QUERY:
            return replace(plain, url=with_query(endpoint.url, [(shown.header, key)]))
        case Place.SUBPROTOCOL:
            return replace(plain, protocols=(shown.header, shown.prefix + key))


def endpoint_of(
    preset: Preset,
    dialect: str,
    model: str = "",
    gaps: Mapping[str, str] = NOTHING,
    key: Key | None = None,
) -> Endpoint:
    """Return the endpoint of a preset; an empty model or gap stands for the preset's own.

    It speaks ``dialect`` unless the preset knows better, and ``key`` may be another of its ways to
    show one.

    Raises:
        BadAddress: if a gap is filled with what cannot stand there.
    """
    filled = {gap.name: fit(gap.name, gaps.get(gap.name, "")) or gap.default for gap in preset.gaps}
    filled["model"] = urlencode({"": model or preset.model}).partition("=")[2]
    return Endpoint(
        title=preset.title,
        url=read_address(preset.address.format(**filled)),
        dialect=dialect if dialect in preset.dialects else preset.dialects[0],
        dialects=preset.dialects,
        key=key or preset.key,
        beta_header=preset.beta_header,
        calls=preset.calls.format(**filled),
        embedded=preset.embedded,
    )


def endpoint_at(
    name: str, dialect: str, model: str = "", presets: Mapping[str, Preset] = PRESETS
) -> Endpoint:
    """Return the endpoint that ``name`` says: a preset's slug, or any address of a WebSocket.

    It speaks ``dialect`` unless the preset knows better.

    Raises:
        BadAddress: if ``name`` is neither, or holds a key.
    """
    preset = presets.get(name)
    if preset is None:
        return endpoint_of_address(name, dialect, model)
    return endpoint_of(preset, dialect, model)


def endpoint_of_address(
    address: str, dialect: str, model: str = "", key: Key = ANY_KEY
) -> Endpoint:
    """Return the endpoint at an address, known by its host where it is a service's own.

    Raises:
        BadAddress: if it is none, or holds a key.
    """
    url = read_address(address)
    if model:
        url = with_query(url, [("model", model)])
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host == "api.openai.com" and parts.scheme == "wss":
        return Endpoint(host, url, "ga", ("ga",), OPENAI_KEY)
    if host.endswith(AZURE_HOST) and parts.scheme == "wss":
        spoken = "ga" if parts.path.startswith("/openai/v1/") else "beta"
        return Endpoint(host, url, spoken, (spoken,), AZURE_KEY)
    calls = f"http{parts.scheme[2:]}://{parts.netloc}{parts.path}/calls?{parts.query}"
    return Endpoint(parts.netloc, url, dialect, ("beta", "ga"), key, True, calls)


def fit(gap: str, text: str) -> str:
    """Return what fills a gap, taken from what was typed there."""
    text = text.strip()
    if gap == SERVER:
        if text and not re.fullmatch(r"(?i)wss?://[^/?#]+/?", text):
            raise BadAddress("A server looks like ws://localhost:8080 or wss://server.example.")
        return text.removesuffix("/")
    if gap == RESOURCE:
        # The portal shows the whole address, and that is what people copy.
        text = re.sub(r"(?i)^(?:https|wss)://|\.openai\.azure\.com/?$", "", text)
    if text and not re.fullmatch(r"[A-Za-z0-9-]{1,63}", text):
        raise BadAddress(
            f"{quote(text[:40])} cannot stand in the address: letters, digits, hyphens."
        )
    return text
