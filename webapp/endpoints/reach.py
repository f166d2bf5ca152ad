"""What a numeric address reaches: the public network, a private one, or this machine.

A table of our own, as the standard library's flags differ between its releases and call several
ways into private networks global.
"""

from enum import StrEnum
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network


class Reach(StrEnum):
    """Where an address leads; all but public is refused unless somebody who may has listed it."""

    PUBLIC = "a public address"
    LOOPBACK = "this machine itself"
    PRIVATE = "a private network"
    NEVER = "an address that no session is opened at"


# What hands out credentials to whoever asks from inside a cloud, and what is no host at all.
_NEVER = (
    "0.0.0.0/8",  # this network
    "169.254.0.0/16",  # link-local: the metadata of most clouds
    "100.100.100.200/32",  # metadata of Alibaba
    "168.63.129.16/32",  # the host of a machine at Azure
    "192.0.0.0/24",  # protocol assignments; metadata of Oracle
    "224.0.0.0/4",  # multicast
    "240.0.0.0/4",  # reserved, broadcast
    "::/128",
    "fd00:ec2::/32",  # metadata of AWS
    "fd20:ce::/32",  # metadata of Google
    "fe80::/10",  # link-local
    "fec0::/10",  # site-local
    "ff00::/8",  # multicast
)
# IPv6 in which an IPv4 address travels: whoever translates it decides where it leads.
_TRANSLATED = (
    "::/96",  # compatible
    "::ffff:0:0/96",  # mapped
    "::ffff:0:0:0/96",  # translated
    "64:ff9b::/96",  # NAT64
    "64:ff9b:1::/48",  # NAT64 of a local network
    "2001::/23",  # protocol assignments, Teredo
    "2002::/16",  # 6to4
)
_LOOPBACK = ("127.0.0.0/8", "::1/128")
_PRIVATE = (
    "10.0.0.0/8",
    "100.64.0.0/10",  # shared with a provider
    "172.16.0.0/12",
    "192.168.0.0/16",
    "192.0.2.0/24",  # documentation
    "192.31.196.0/24",
    "192.52.193.0/24",
    "192.88.99.0/24",  # relays of 6to4
    "192.175.48.0/24",
    "198.18.0.0/15",  # benchmarks
    "198.51.100.0/24",  # documentation
    "203.0.113.0/24",  # documentation
    "fc00::/7",
    "100::/64",  # discarded
    "2001:db8::/32",  # documentation
    "3fff::/20",  # documentation
    "5f00::/16",  # segment routing
)
# All other IPv6 is not in use.
_GLOBAL_V6 = ip_network("2000::/3")

# In order: an address counts as the first that it is in.
_TABLE: tuple[tuple[Reach, tuple[Network, ...]], ...] = tuple(
    (reach, tuple(map(ip_network, networks)))
    for reach, networks in (
        (Reach.LOOPBACK, _LOOPBACK),
        (Reach.NEVER, (*_NEVER, *_TRANSLATED)),
        (Reach.PRIVATE, _PRIVATE),
    )
)

# Names that only a cloud's own resolver knows.
METADATA_NAMES = frozenset(
    {
        "metadata",
        "metadata.google.internal",
        "metadata.goog",
        "metadata.azure.internal",
        "metadata.tencentyun.com",
        "metadata.platformequinix.com",
        "instance-data",
        "instance-data.ec2.internal",
    }
)


def reach_of(text: str) -> Reach:
    """Tell where a numeric address leads; what is none leads nowhere."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return Reach.NEVER
    for reach, networks in _TABLE:
        if any(address in network for network in networks):
            return reach
    if address.version == 6 and address not in _GLOBAL_V6:
        return Reach.NEVER
    return Reach.PUBLIC
