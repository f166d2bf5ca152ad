"""Whether an event has room in the form: nothing is taken that could not be sent back."""

import json
import re
from collections.abc import Iterable
from urllib.parse import quote_plus

from webapp.config import Settings
from webapp.drafts import Draft
from webapp.exact_json.reader import Unreadable
from webapp.forms.submission import flatten

# What a page adds to the answers: one input that stands for each block, and a few of its own.
_PER_BLOCK_BYTES, _OWN_BYTES, _OWN_FIELDS = 100, 4_096, 40

_KEY = re.compile(r"\.k(\d+)")


def check(draft: Draft, text: str, settings: Settings) -> None:
    """Make sure that the form of an event just read from ``text`` is within the limits of forms.

    Raises:
        Unreadable: if the form would be refused when it is sent back; names what is too much.
    """
    inputs = list(flatten(draft.form, draft.root, ""))
    most = settings.max_text_chars
    for name, answer in inputs:
        if len(answer) > most:
            reason = (
                f"The text at {_pointer(name)} has {len(answer):,} characters; {most:,} are taken."
            )
            raise Unreadable(text, _offset(text, answer), reason, _remedy("TEXT_CHARS"))
    fields = len(inputs) + len(draft.blocks) + _OWN_FIELDS
    if fields > settings.max_fields:
        reason = f"This event has {fields:,} fields; a form takes {settings.max_fields:,}."
        raise Unreadable(text, 0, reason, _remedy("FIELDS"))
    size = _encoded_bytes(inputs) + _PER_BLOCK_BYTES * len(draft.blocks) + _OWN_BYTES
    if size > settings.max_form_bytes:
        reason = (
            f"The form of this event would have {size:,} bytes; {settings.max_form_bytes:,} are"
            " taken, sounds and pictures not counted."
        )
        raise Unreadable(text, 0, reason, _remedy("FORM_BYTES"))


def _remedy(setting: str) -> str:
    return f"Shorten it, or raise CUECARD_MAX_{setting}. As text it can be sent just as it is."


def _encoded_bytes(inputs: Iterable[tuple[str, str]]) -> int:
    return sum(len(quote_plus(name)) + len(quote_plus(answer)) + 2 for name, answer in inputs)


def _pointer(name: str) -> str:
    """Items just read have their places as keys, counted from one."""
    placed = _KEY.sub(lambda key: f".{int(key[1]) - 1}", name.partition("@")[0])
    return "/" + placed.replace(".", "/")


def _offset(text: str, answer: str) -> int:
    """Where an answer stands in the text, as far as a glance at its beginning tells."""
    return max(text.find(json.dumps(answer[:40], ensure_ascii=False)[1:-1]), 0)
