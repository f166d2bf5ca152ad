"""The ids of events that are sent without one of their own: each is told again by its browser."""

import hmac
import re

_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
_CHANCE_CHARS = 12
_CHECK_CHARS = 6
_GIVEN = re.compile(rf"cue_([{_LETTERS}]{{{_CHANCE_CHARS}}})([{_LETTERS}]{{{_CHECK_CHARS}}})")


def new_event_id(visitor: str, chance: bytes) -> str:
    """Return an id made of ``chance``, of which 12 bytes are used; ``visitor`` seals it."""
    own = _spelled(chance, _CHANCE_CHARS)
    return f"cue_{own}{_seal(visitor, own)}"


def was_given(visitor: str, event_id: object) -> bool:
    """Whether an id was made for this visitor, so that another may take its place."""
    found = _GIVEN.fullmatch(event_id) if isinstance(event_id, str) else None
    return found is not None and hmac.compare_digest(found[2], _seal(visitor, found[1]))


def _seal(visitor: str, own: str) -> str:
    return _spelled(hmac.digest(visitor.encode(), own.encode(), "sha256"), _CHECK_CHARS)


def _spelled(chance: bytes, chars: int) -> str:
    return "".join(_LETTERS[byte % len(_LETTERS)] for byte in chance[:chars])
