"""A socket of our own to one of the addresses that were checked: no redirect, no proxy between."""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Sequence
from functools import cache


async def dial(hosts: Sequence[str], port: int) -> socket.socket:
    """Return a socket that is connected to the first of ``hosts`` that answers.

    Raises:
        OSError: if none does, for the reason of the last.
    """
    fault: OSError | None = None
    for host in hosts:
        try:
            return await _dialled(host, port)
        except OSError as error:
            fault = error
    raise fault or OSError("there is no address to dial")


@cache
def tls() -> ssl.SSLContext:
    """Return how encrypted servers are met: their certificate is checked, TLS is 1.2 or newer."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


async def _dialled(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ipaddress.ip_address(host).version == 6 else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, (host, port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:
        sock.close()
        raise
    return sock
