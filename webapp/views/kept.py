"""Drafts under their addresses: kept while people type, opened again later."""

import secrets
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from webapp.drafts import Draft
from webapp.errors import LocalError
from webapp.exact_json.reader import JsonValue
from webapp.examples import example
from webapp.forms.questions import Question, summary_of
from webapp.forms.submission import flatten
from webapp.store.drafts import Kept, now_s
from webapp.store.history import Inputs
from webapp.views import current

_HEX = frozenset("0123456789abcdef")
_ID_CHARS = 32


def new_id() -> str:
    """Return an address for a new draft, 128 bits of chance."""
    return secrets.token_hex(_ID_CHARS // 2)


def id_of_form() -> str:
    """Return the address of the draft that was submitted, or an empty text."""
    sent = current.field("draft")
    return sent if _is_id(sent) else ""


def keep(draft: Draft, *passed: Draft) -> dict[str, object]:
    """Keep the draft of the form at hand; return the event that tells the page.

    ``passed`` are states of it since it was kept last: undoing leads through them.
    """
    draft_id = id_of_form()
    if not draft_id:
        return {}
    was_kept = _keep(draft_id, draft, passed, lambda: _inputs_of(_origin(draft)))
    undo, redo = current.drafts().steps(draft_id)
    return {"cuecard:kept": {"id": draft_id, "kept": was_kept, "undo": undo, "redo": redo}}


def keep_under(draft_id: str, draft: Draft) -> bool:
    """Keep a draft under an address; False if it could not be written, or is somebody else's."""
    return _keep(draft_id, draft)


def _keep(
    draft_id: str,
    draft: Draft,
    passed: Iterable[Draft] = (),
    first: Callable[[], Inputs] | None = None,
) -> bool:
    kept = Kept(
        id=draft_id,
        owner=current.visitor(),
        dialect=draft.dialect,
        type=draft.type,
        title=title_of(draft.value),
        inputs=_inputs_of(draft),
        saved_s=now_s(),
    )
    before = [_inputs_of(one) for one in passed]
    return current.drafts().keep(kept, before, first)


def _inputs_of(draft: Draft) -> Inputs:
    """What spells a draft; of what must not reach a disk nothing but the names."""
    secret = tuple(secrets_of(draft.asked))
    spelled = list(flatten(draft.form, draft.root, ""))
    inputs = [pair for pair in spelled if not (secret and pair[0].startswith(secret))]
    untold = [(UNTOLD, pair[0]) for pair in spelled if secret and pair[0].startswith(secret)]
    return (*inputs, *untold, ("style", "compact" if draft.compact else "pretty"))


UNTOLD = "untold"
"""What stands in a kept draft for the name of an input that was left out."""


def _origin(draft: Draft) -> Draft:
    """What the page showed when it was opened: an example, another's draft, or the bare event."""
    named = current.field("origin")
    if _is_id(named):
        found = current.drafts().get(named)
        if found is not None and (found.dialect, found.type) == (draft.dialect, draft.type):
            return Draft.read(found.dialect, found.type, found.inputs, draft.has)
    chosen = example(draft.dialect, named)
    if chosen is None:
        return Draft.empty(draft.dialect, draft.type)
    return Draft.from_value(draft.dialect, draft.type, chosen.event, current.media().keep)


@dataclass(frozen=True, slots=True)
class Stepped:
    """A draft as it was; ``untold``: something of it was never kept and is not there now."""

    draft: Draft
    untold: bool


def stepped(draft: Draft, by: int) -> Stepped | None:
    """Return what a draft was one change ago (``by`` is -1), or before undoing (1), else None.

    What was typed since it was kept last counts as a change. Tokens and headers, which are never
    kept, stay as they are typed now wherever there is a place for them.
    """
    draft_id = id_of_form()
    if not draft_id or not keep(draft):
        return None
    inputs = current.drafts().step(draft_id, current.visitor(), by)
    if inputs is None:
        return None
    held = dict(_secret_inputs(draft, inputs))
    untold = any(name == UNTOLD and at not in held for name, at in inputs)
    spelled = [*inputs, *held.items()]
    return Stepped(Draft.read(draft.dialect, draft.type, spelled, draft.has), untold)


def _secret_inputs(draft: Draft, inputs: Inputs) -> Iterator[tuple[str, str]]:
    """Yield the inputs that were left out there and that are typed now."""
    left_out = {at for name, at in inputs if name == UNTOLD}
    return ((at, text) for at, text in flatten(draft.form, draft.root, "") if at in left_out)


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
