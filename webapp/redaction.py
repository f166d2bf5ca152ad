"""Keys leave no trace in text: those we know, and what looks like one."""

import re
from collections import Counter
from collections.abc import Iterable

GONE = "[key]"
MIN_KEY_CHARS = 6
"""What is shorter would take ordinary words out of texts; no service has such keys."""

_PATTERNS = re.compile(
    r"\b(?:sk|ek|xai)[-_][A-Za-z0-9_-]{12,}"
    r"|\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)?"
    r"|(?i:\bBearer\s+)[A-Za-z0-9._~+/=-]{8,}"
    r"|(?i:\bBasic\s+)[A-Za-z0-9+/]{8,}=*"
    r"|(?i:\b(?:x-)?api[-_]?key[\"']?\s*[:=]\s*[\"']?)[^\s\"'&,;<>]{6,}",
    re.ASCII,
)
_known: Counter[str] = Counter()


def remember(secret: str) -> None:
    """Take this out of every text from now on, until it is forgotten as often."""
    if len(secret) >= MIN_KEY_CHARS:
        _known[secret] += 1


def forget(secret: str) -> None:
    """Undo one ``remember``."""
    if _known[secret] <= 1:
        del _known[secret]
    else:
        _known[secret] -= 1


def without(text: str, secrets: Iterable[str]) -> str:
    """Return the text without these very secrets; all else stays to the letter."""
    for secret in secrets:
        if len(secret) >= MIN_KEY_CHARS and secret in text:
            text = text.replace(secret, GONE)
    return text


def redacted(text: str) -> str:
    """Return the text without any key that we hold, and without what looks like one."""
    return _PATTERNS.sub(GONE, without(text, tuple(_known)))
