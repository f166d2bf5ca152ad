"""The Realtime servers that an event can be sent to, and how each is addressed."""

from webapp.endpoints.address import BadAddress, Origin, is_loopback, origin_of, read_address
from webapp.endpoints.endpoint import (
    Endpoint,
    Target,
    endpoint_at,
    endpoint_of,
    endpoint_of_address,
    target_of,
    target_with,
)
from webapp.endpoints.preset import Gap, Key, Note, Place, Preset
from webapp.endpoints.presets import PRESETS, SANDBOX

__all__ = [
    "PRESETS",
    "SANDBOX",
    "BadAddress",
    "Endpoint",
    "Gap",
    "Key",
    "Note",
    "Origin",
    "Place",
    "Preset",
    "Target",
    "endpoint_at",
    "endpoint_of",
    "endpoint_of_address",
    "is_loopback",
    "origin_of",
    "read_address",
    "target_of",
    "target_with",
]
