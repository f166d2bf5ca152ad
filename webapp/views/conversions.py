"""What a page says of a conversion: before it is done, and afterwards."""

from dataclasses import dataclass

from flask import request

from webapp.dialects import Converted, convert
from webapp.drafts import Draft
from webapp.views import kept
from webapp.views.wire_diff import Row, rows
from webapp.wire_text import text_of

MOST_NOTES = 200


@dataclass(frozen=True, slots=True)
class Conversion:
    """A draft and what it becomes in another dialect.

    Once it is done, ``back`` is the address of the draft as it was and ``address`` the one of the
    result, each empty if it was not kept. ``secret``: the draft holds what never is.
    """

    source: str
    target: str
    found: Converted
    rows: tuple[Row, ...] = ()
    done: bool = False
    back: str = ""
    address: str = ""
    secret: bool = False

    @property
    def more(self) -> int:
        """How many notes there are beyond those that are shown."""
        return max(0, len(self.found.notes) - MOST_NOTES)


def proposed(draft: Draft, after: Draft, found: Converted) -> Conversion:
    """Return what to show before a draft is converted."""
    changed = tuple(rows(_lines(draft), _lines(after)))
    return Conversion(draft.dialect, after.dialect, found, changed)


def done(draft: Draft, after: Draft, found: Converted) -> Conversion:
    """Keep the draft as it was, and what it has become, each under its own address."""
    old, new = kept.id_of_form() or kept.new_id(), kept.new_id()
    return Conversion(
        draft.dialect,
        after.dialect,
        found,
        done=True,
        back=old if kept.keep_under(old, draft) else "",
        address=new if kept.keep_under(new, after) else "",
        secret=kept.holds_secrets(draft),
    )


def of_page(draft: Draft, draft_id: str) -> Conversion | None:
    """Return the conversion that the address of a page names: where its draft comes from."""
    old_id = request.args.get("from", "")
    old = kept.own(old_id) if old_id else None
    if old is None or old.type != draft.type or old.dialect == draft.dialect:
        return None
    found = convert(old.value, old.dialect, draft.dialect)
    return Conversion(old.dialect, draft.dialect, found, done=True, back=old_id, address=draft_id)


def _lines(draft: Draft) -> list[str]:
    """The text of a draft, pretty, stored media by their beginning."""
    lines = (line for block in draft.blocks for line in block.lines)
    return text_of(lines).split("\n")
