"""The Realtime servers that a session can be opened at, and how each is addressed."""

from dataclasses import dataclass
from urllib.parse import urlencode

SANDBOX = "sandbox"


@dataclass(frozen=True, slots=True)
class Preset:
    """A ready-made endpoint; ``embedded`` means that this process serves it itself."""

    slug: str
    title: str
    summary: str
    dialects: tuple[str, ...]
    model: str
    embedded: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """What a connection needs to know: where to, and what to say in the handshake."""

    url: str
    headers: tuple[tuple[str, str], ...] = ()


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
        ),
    )
}


def target_of(preset: Preset, address: str, dialect: str) -> Target:
    """Return how to open a session in ``dialect`` at ``address``, the preset's own or embedded one.

    The header is how a client of the Beta dialect has always said so.
    """
    beta = (("OpenAI-Beta", "realtime=v1"),) if dialect == "beta" else ()
    return Target(f"{address}?{urlencode({'model': preset.model})}", beta)
