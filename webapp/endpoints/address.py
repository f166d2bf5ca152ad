"""Addresses of Realtime servers: a strict grammar on the raw text, read once."""

import re
from collections.abc import Iterable
from ipaddress import IPv6Address
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

MAX_ADDRESS_CHARS = 2_048
_PORTS = {"ws": 80, "wss": 443}


class BadAddress(ValueError):  # noqa: N818  # it says what the address is
    """An address that no session can be opened at, with the reason in words."""


class Origin(NamedTuple):
    """Whom one talks to: all of an address that decides who may have which key."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        port = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}"


_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_BYTE = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_ADDRESS = re.compile(
    r"(?P<scheme>[Ww][Ss][Ss]?)://"
    rf"(?P<host>{_NAME}(?:\.{_NAME})*|\[[0-9A-Fa-f:.]{{2,45}}\])"
    r"(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>(?:/[A-Za-z0-9._~%+:@,=-]*)*)"
    r"(?:\?(?P<query>[A-Za-z0-9._~%+:@,=&/-]*))?"
)
_IPV4 = re.compile(rf"{_BYTE}(?:\.{_BYTE}){{3}}")
# What the C library takes for an IPv4 address, in whatever base and length.
_NUMBERS = re.compile(r"(?:0[xX][0-9A-Fa-f]*|[0-9]+)(?:\.(?:0[xX][0-9A-Fa-f]*|[0-9]+)){0,3}")
_SECRET = re.compile(r"(?i)key|token|secret|password|auth|^sig$|credential")
_CONTROL = re.compile(r"%(?:[01][0-9A-Fa-f]|7[Ff]|5[Cc])")


def read_address(text: str) -> str:
    """Return ``text`` if it is the address of a WebSocket server and holds no key.

    The scheme comes back in small letters.

    Raises:
        BadAddress: if it is not, with the reason.
    """
    if len(text) > MAX_ADDRESS_CHARS:
        raise BadAddress("This address is too long.")
    found = _ADDRESS.fullmatch(text)
    if found is None:
        raise BadAddress("An address looks like wss://server.example/v1/realtime?model=name.")
    host = found["host"]
    if _NUMBERS.fullmatch(host) and not _IPV4.fullmatch(host):
        raise BadAddress("Write a numeric address as four decimal numbers, like 192.0.2.1.")
    if host.startswith("[") and not _is_ipv6(host[1:-1]):
        raise BadAddress("What stands in brackets is no IPv6 address.")
    if int(found["port"] or 1) not in range(1, 65_536):
        raise BadAddress("There is no such port.")
    if _CONTROL.search(found["path"] + (found["query"] or "")):
        raise BadAddress("The address has a control character or a backslash in its path.")
    names = [name for name, _ in parse_qsl(found["query"] or "", keep_blank_values=True)]
    if any(_SECRET.search(name) for name in names):
        raise BadAddress("Leave the key out of the address: it has a place of its own.")
    if len(names) > len(set(names)):
        raise BadAddress("The address names something twice behind the question mark.")
    return found["scheme"].lower() + text[len(found["scheme"]) :]


def _is_ipv6(text: str) -> bool:
    try:
        return IPv6Address(text) is not None
    except ValueError:
        return False


def origin_of(url: str) -> Origin:
    """Return the origin of an address that was read, the host in small letters."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    return Origin(parts.scheme, host, parts.port or _PORTS[parts.scheme])


def with_query(url: str, pairs: Iterable[tuple[str, str]]) -> str:
    """Return the address with these pairs in place of its own of the same names."""
    parts, added = urlsplit(url), list(pairs)
    names = {name for name, _ in added}
    kept = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in names]
    return parts._replace(query=urlencode([*kept, *added])).geturl()


def is_loopback(url: str) -> bool:
    """Tell whether an address names this machine."""
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or re.fullmatch(r"127(\.\d{1,3}){3}", host) is not None
