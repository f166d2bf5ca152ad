"""The open text of an event: whether the form shows it yet, and what counts while it does not."""

from dataclasses import dataclass, replace
from hashlib import sha256

from flask import g, request

from webapp.drafts import Draft
from webapp.exact_json.reader import Unreadable
from webapp.paste.reading import Reading, read_event
from webapp.views import current, room

BOX = "text"
"""The input that holds the text; pages with script leave it out while the form shows it."""
READ = "raw"
"""The input beside it: the digest of the text that the form shows."""
NEVER_READ = "unread"

CHOICE = "unread"
"""What an address says behind its question mark once the visitor was asked."""
LAST, AS_TYPED = "last", "typed"

_DIGEST_CHARS = 16


class OpenTextUnreadable(Exception):  # noqa: N818  # it says what the text is
    """A button was pressed that leads out of the form, while its text cannot be read."""

    def __init__(self, text: str, fault: Unreadable) -> None:
        super().__init__(str(fault))
        self.text = text
        self.fault = fault


@dataclass(frozen=True, slots=True)
class OpenText:
    """The text in its box as a page shows it; ``unread``: the form does not show it."""

    text: str
    unread: bool = False
    fault: Unreadable | None = None

    @property
    def read(self) -> str:
        """What the page sends back of the text that the form shows."""
        return NEVER_READ if self.unread else digest(self.text)


def digest(text: str) -> str:
    """Return what stands for a text in the page."""
    return sha256(text.encode()).hexdigest()[:_DIGEST_CHARS]


def typed() -> str:
    """Return the text that was submitted, its line breaks as they were typed."""
    return current.field(BOX).replace("\r\n", "\n")


def was_sent() -> bool:
    """Whether a text came along; pages with script leave out the one that the form shows."""
    return any(name == BOX for name, _ in current.fields())


def unread() -> str | None:
    """Return the submitted text if the form does not show it, else None."""
    if was_read() or not was_sent():
        return None
    text = typed()
    return None if digest(text) == current.field(READ) else text


def settled() -> None:
    """Note that the text was read or dropped, so that this answer need not keep it."""
    g.text_settled = True


def was_read() -> bool:
    """Whether the text was read or dropped while this request was answered."""
    return bool(g.get("text_settled"))


def choice() -> str:
    """Return what the visitor decided about a text that cannot be read, or an empty text."""
    return request.args.get(CHOICE, "")


def acting(dialect: str, event_type: str) -> Draft:
    """Return the draft that a button leads out of the form: what was typed last, form or text.

    Raises:
        OpenTextUnreadable: if that is a text which cannot be read, and nobody was asked yet.
    """
    form = Draft.read(dialect, event_type, current.fields(), current.media().has)
    text = unread()
    if text is None or choice() == LAST:
        return form
    try:
        draft, _ = read(form, text)
    except Unreadable as fault:
        raise OpenTextUnreadable(text, fault) from fault
    settled()
    return draft


def read(form: Draft, text: str, *, keep_last: bool = False) -> tuple[Draft, Reading]:
    """Return the draft of the event in a text, laid out as the form at hand, and how it was read.

    Raises:
        Unreadable: where and why it cannot be read, or what has no room in a form.
    """
    reading = read_event(text, keep_last=keep_last)
    draft = Draft.from_value(form.dialect, form.type, reading.value, current.media().keep)
    room.check(draft, text, current.settings())
    return replace(draft, compact=form.compact, has=form.has), reading


def waiting(form: Draft) -> OpenText | None:
    """Return the text that the form does not show and that this answer must not lose."""
    text = unread()
    if text is None:
        return None
    try:
        read(form, text)
    except Unreadable as fault:
        return OpenText(text, unread=True, fault=fault)
    return OpenText(text, unread=True)
