"""Drafts under their addresses: kept while people type, opened again later."""

import secrets
from collections.abc import Iterator

from webapp.draft_store import Kept, now_s
from webapp.drafts import Draft
from webapp.errors import LocalError
from webapp.forms.questions import Question, summary_of
from webapp.forms.submission import flatten
from webapp.views import current
from webapp.wire_reader import JsonValue

_HEX = frozenset("0123456789abcdef")
_ID_CHARS = 32


def new_id() -> str:
    """Return an address for a new draft, 128 bits of chance."""
    return secrets.token_hex(_ID_CHARS // 2)


def id_of_form() -> str:
    """Return the address of the draft that was submitted, or an empty text."""
    sent = current.field("draft")
    return sent if _is_id(sent) else ""


def keep(draft: Draft) -> dict[str, object]:
    """Keep the draft of the form at hand; return the event that tells the page."""
    draft_id = id_of_form()
    if not draft_id:
        return {}
    return {"cuecard:kept": {"id": draft_id, "kept": keep_under(draft_id, draft)}}


def keep_under(draft_id: str, draft: Draft) -> bool:
    """Keep a draft under an address; False if it could not be written, or is somebody else's."""
    secret = tuple(secrets_of(draft.asked))
    inputs = [
        (name, text)
        for name, text in flatten(draft.form, draft.root, "")
        if not (secret and name.startswith(secret))
    ]
    inputs.append(("style", "compact" if draft.compact else "pretty"))
    kept = Kept(
        id=draft_id,
        owner=current.visitor(),
        dialect=draft.dialect,
        type=draft.type,
        title=title_of(draft.value),
        inputs=tuple(inputs),
        saved_s=now_s(),
    )
    return current.drafts().keep(kept)


def holds_secrets(draft: Draft) -> bool:
    """Whether something was typed that is never kept."""
    secret = tuple(secrets_of(draft.asked))
    return any(name.startswith(secret) for name, _ in flatten(draft.form, draft.root, ""))


def own(draft_id: str) -> Draft | None:
    """Return a draft that this visitor has kept, or None."""
    found = current.drafts().get(draft_id) if _is_id(draft_id) else None
    if found is None or found.owner != current.visitor():
        return None
    return Draft.read(found.dialect, found.type, found.inputs, current.media().has)


def opened(dialect: str, event_type: str, draft_id: str) -> tuple[Draft, str]:
    """Return a kept draft and the address to go on under: its own, or for others' a new one.

    Raises:
        LocalError: if nothing is kept under this address.
    """
    found = current.drafts().get(draft_id) if _is_id(draft_id) else None
    if found is None or (found.dialect, found.type) != (dialect, event_type):
        raise LocalError(
            "This draft is not kept here (any more).",
            remedy="Drafts stay for 30 days on the server they were written on.",
            status=404,
        )
    own = found.owner == current.visitor()
    draft = Draft.read(dialect, event_type, found.inputs, current.media().has)
    return draft, draft_id if own else new_id()


def waiting(dialect: str, event_type: str) -> Draft:
    """Return the draft of the form at hand as it was kept last, or an empty one."""
    try:
        draft, _ = opened(dialect, event_type, id_of_form())
    except LocalError:
        return Draft.empty(dialect, event_type)
    return draft


def recent() -> list[Kept]:
    """Return the drafts this visitor touched last."""
    return current.drafts().recent(current.visitor())


def title_of(event: JsonValue) -> str:
    """Return a few words that tell a draft from others."""
    params = event.get("response") if isinstance(event, dict) else None
    if not isinstance(params, dict):
        return ""
    telling = (params.get(name) for name in ("instructions", "input", "tools", "prompt"))
    return next((words for value in telling if (words := summary_of(value))), "")


def secrets_of(question: Question) -> Iterator[str]:
    """Yield the names of what must not reach a disk: tokens and headers typed into the event."""
    if question.field.secret:
        yield question.name
    for part in question.parts:
        yield from secrets_of(part)


def _is_id(text: str) -> bool:
    return len(text) == _ID_CHARS and set(text) <= _HEX
