"""Changes of a page in portions that are small enough to be written, read and applied at a time."""

import json
from collections.abc import Iterable, Iterator

from webapp.sessions.transcript import Change

MAX_CHANGES = 200
MAX_BYTES = 256 * 1024
# A character takes up to twelve bytes of JSON, and an entry has a few texts of this length at most.
PIECE_CHARS = 4 * 1024

_json = json.JSONEncoder(separators=(",", ":")).encode


def portions(changes: list[Change]) -> Iterator[str]:
    """Yield the changes as JSON texts, in order, none above ``MAX_CHANGES`` or ``MAX_BYTES``.

    Long texts are taken apart: who applies all portions has applied the changes.
    """
    whole = _json(changes)
    if len(changes) <= MAX_CHANGES and len(whole) <= MAX_BYTES:
        yield whole
        return
    portion: list[str] = []
    size_bytes = 0
    for change in map(_json, _pieces(changes)):
        if len(portion) >= MAX_CHANGES or size_bytes + len(change) + 2 > MAX_BYTES:
            yield f"[{','.join(portion)}]"
            portion, size_bytes = [], 0
        portion.append(change)
        size_bytes += len(change) + 1
    yield f"[{','.join(portion)}]"


def _pieces(changes: Iterable[Change]) -> Iterator[Change]:
    for change in changes:
        match change:
            case ["put", str(key), str(parent), str(kind), dict(slots), dict(marks)]:
                heads = {slot: text[:PIECE_CHARS] for slot, text in slots.items()}
                yield ["put", key, parent, kind, heads, marks]
                for slot, text in slots.items():
                    yield from _additions(key, slot, text)
            case ["set" | "add" as what, str(key), str(slot), str(text)]:
                yield [what, key, slot, text[:PIECE_CHARS]]
                yield from _additions(key, slot, text)
            case _:
                yield change


def _additions(key: str, slot: str, text: str) -> Iterator[Change]:
    for start in range(PIECE_CHARS, len(text), PIECE_CHARS):
        yield ["add", key, slot, text[start : start + PIECE_CHARS]]
