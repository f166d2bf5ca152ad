"""The Realtime servers that an event can be sent to, and how each is addressed."""

import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode, urlsplit

SANDBOX = "sandbox"
MAX_ADDRESS_CHARS = 2_048

BETA_HEADER = ("OpenAI-Beta", "realtime=v1")


@dataclass(frozen=True, slots=True)
class Key:
    """How a key is shown in the handshake; its value stands in an environment variable."""

    variable: str
    header: str = "Authorization"
    prefix: str = "Bearer "
    required: bool = True


@dataclass(frozen=True, slots=True)
class Preset:
    """A ready-made endpoint; ``embedded`` means that this process serves it itself.

    ``address`` has a place for the model, and ``calls`` is where WebRTC begins. Some servers are
    told by a header that a client speaks Beta (``beta_header``), some by the address, and some
    refuse that header.
    """

    slug: str
    title: str
    summary: str
    dialects: tuple[str, ...]
    model: str
    embedded: bool = False
    address: str = ""
    calls: str = ""
    key: Key | None = None
    beta_header: bool = False


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


@dataclass(frozen=True, slots=True)
class Target:
    """What a connection needs to know: where to, and what to say in the handshake."""

    url: str
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)


class BadAddress(ValueError):  # noqa: N818  # it says what the address is
    """An address that no session can be opened at, with the reason in words."""


_OPENAI = Key("OPENAI_API_KEY")
_AZURE = Key("AZURE_OPENAI_API_KEY", "api-key", "")
_ANY = Key("REALTIME_API_KEY", required=False)

PRESETS = {
    preset.slug: preset
    for preset in (
        Preset(
            slug=SANDBOX,
            title="Sandbox",
            summary="Rehearses replies inside this app: no key, no network.",
            dialects=("beta", "ga"),
            model="sandbox",
            embedded=True,
            address="ws://127.0.0.1:8765/v1/realtime?model={}",
            beta_header=True,
        ),
        Preset(
            slug="openai",
            title="OpenAI",
            summary="The service itself; it has switched Beta off.",
            dialects=("ga",),
            model="gpt-realtime",
            address="wss://api.openai.com/v1/realtime?model={}",
            calls="https://api.openai.com/v1/realtime/calls?model={}",
            key=_OPENAI,
        ),
        Preset(
            slug="azure",
            title="Azure OpenAI",
            summary="The model is the name of your deployment.",
            dialects=("ga",),
            model="YOUR-DEPLOYMENT",
            address="wss://YOUR-RESOURCE.openai.azure.com/openai/v1/realtime?model={}",
            calls="https://YOUR-RESOURCE.openai.azure.com/openai/v1/realtime/calls?model={}",
            key=_AZURE,
        ),
        Preset(
            slug="azure-preview",
            title="Azure OpenAI preview",
            summary="Speaks Beta, told by its address.",
            dialects=("beta",),
            model="YOUR-DEPLOYMENT",
            address=(
                "wss://YOUR-RESOURCE.openai.azure.com/openai/realtime"
                "?api-version=2024-10-01-preview&deployment={}"
            ),
            key=_AZURE,
        ),
    )
}


def target_of(preset: Preset, address: str, dialect: str) -> Target:
    """Return how to open a session in ``dialect`` at ``address``, the preset's own or embedded one.

    The header is how a client of the Beta dialect has always said so.
    """
    beta = (BETA_HEADER,) if dialect == "beta" else ()
    return Target(f"{address}?{urlencode({'model': preset.model})}", beta)


def endpoint_at(name: str, dialect: str, model: str = "") -> Endpoint:
    """Return the endpoint that ``name`` says: a preset's slug, or any address of a WebSocket.

    It speaks ``dialect`` unless the preset knows better.

    Raises:
        BadAddress: if ``name`` is neither, or holds a key.
    """
    preset = PRESETS.get(name)
    if preset is None:
        return _endpoint_of_address(name, dialect, model)
    chosen = urlencode({"model": model or preset.model}).partition("=")[2]
    return Endpoint(
        title=preset.title,
        url=preset.address.format(chosen),
        dialect=dialect if dialect in preset.dialects else preset.dialects[0],
        dialects=preset.dialects,
        key=preset.key,
        beta_header=preset.beta_header,
        calls=preset.calls.format(chosen),
        embedded=preset.embedded,
    )


def _endpoint_of_address(address: str, dialect: str, model: str) -> Endpoint:
    url = read_address(address)
    parts = urlsplit(url)
    if model:
        kept = [pair for pair in parse_qsl(parts.query) if pair[0] != "model"]
        parts = parts._replace(query=urlencode([*kept, ("model", model)]))
        url = parts.geturl()
    host = parts.hostname or ""
    if host == "api.openai.com" and parts.scheme == "wss":
        return Endpoint(host, url, "ga", ("ga",), _OPENAI)
    if host.endswith(".openai.azure.com") and parts.scheme == "wss":
        spoken = "ga" if parts.path.startswith("/openai/v1/") else "beta"
        return Endpoint(host, url, spoken, (spoken,), _AZURE)
    calls = f"http{parts.scheme[2:]}://{parts.netloc}{parts.path}/calls?{parts.query}"
    return Endpoint(parts.netloc, url, dialect, ("beta", "ga"), _ANY, True, calls)


_ADDRESS = re.compile(
    r"(?P<scheme>wss?)://"
    r"(?P<host>[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*"
    r"|\[[0-9A-Fa-f:.]+\])"
    r"(?::(?P<port>[0-9]{1,5}))?"
    r"(?:/[A-Za-z0-9._~%+:@,=-]*)*"
    r"(?:\?[A-Za-z0-9._~%+:@,=&/-]*)?"
)
_SECRET = re.compile(r"(?i)key|token|secret|password|auth|^sig$|credential")


def read_address(text: str) -> str:
    """Return ``text`` if it is the address of a WebSocket server and holds no key.

    Raises:
        BadAddress: if it is not, with the reason.
    """
    if len(text) > MAX_ADDRESS_CHARS:
        raise BadAddress("This address is too long.")
    found = _ADDRESS.fullmatch(text)
    if found is None:
        raise BadAddress("An address looks like wss://server.example/v1/realtime?model=name.")
    if int(found["port"] or 1) not in range(1, 65_536):
        raise BadAddress("There is no such port.")
    names = [name for name, _ in parse_qsl(urlsplit(text).query, keep_blank_values=True)]
    if any(_SECRET.search(name) for name in names):
        raise BadAddress("Leave the key out of the address: it is read from the environment.")
    return text


def is_loopback(url: str) -> bool:
    """Tell whether an address names this machine."""
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or re.fullmatch(r"127(\.\d{1,3}){3}", host) is not None
