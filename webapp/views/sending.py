"""What becomes of an event as it is sent: what is asked first, and what the page shows of it."""

import hashlib
import json
import secrets
from dataclasses import dataclass, replace

from flask import Response, render_template, url_for

from webapp.drafts import Draft
from webapp.endpoints import Preset
from webapp.events import EVENTS
from webapp.exact_json.reader import JsonValue
from webapp.forms.refit import refit
from webapp.sessions.event_ids import new_event_id, was_given
from webapp.sessions.live import LiveSession
from webapp.views import builder, current, kept, open_text
from webapp.views.fixes import changes
from webapp.views.form_changes import Change
from webapp.views.htmx import Swap
from webapp.views.open_text import OpenTextUnreadable

DIALECTS = {"beta": "Beta", "ga": "GA"}

WAIT, CANCEL, APART, NEW, ANYWAY = "wait", "cancel", "apart", "new", "yes"
CONVERT = "convert"
"""How to go on after a question."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A button that goes on after a question; ``anyway`` travels with the event."""

    label: str
    anyway: str
    address: str = ""
    """Where it leads instead of sending."""


@dataclass(frozen=True, slots=True)
class Said:
    """What the column says about the last thing that was asked of it.

    ``again`` is the view that the choices go to.
    """

    tone: str
    text: str
    advice: str = ""
    choices: tuple[Choice, ...] = ()
    links: tuple[LiveSession, ...] = ()
    again: str = "sessions.send"


def unread(error: OpenTextUnreadable) -> Said:
    """Return what to ask when the open text cannot be read; sending broken text may be the job."""
    where = f"line {error.fault.line}, column {error.fault.column}"
    return Said(
        "warning",
        f"The open text cannot be read as it stands ({where}: {error.fault.reason})",
        "The form shows the event as it was before.",
        (
            Choice("Send this text as it is", open_text.AS_TYPED),
            Choice("Send the event in the form", open_text.LAST),
        ),
    )


def question(draft: Draft, shown: LiveSession | None, preset: Preset) -> Said | None:
    """Return what to ask before an event is sent that a server will hardly take.

    ``preset`` is where it goes; ``shown`` is the session there, if one is open already.
    """
    errors = draft.errors
    speaks = draft.dialect in preset.dialects
    spoken = shown.dialect if shown else draft.dialect if speaks else preset.dialects[0]
    foreign = spoken != draft.dialect
    busy = shown is not None and not foreign and shown.writing and _is_default(draft)
    texts, choices = [], []
    if errors:
        texts.append(f"The event has {errors} error{'s' if errors > 1 else ''}.")
    if foreign:
        theirs, ours = DIALECTS[spoken], DIALECTS[draft.dialect]
        who = "This session" if shown else preset.title
        texts.append(f"{who} speaks {theirs}, the event is written in {ours}.")
        if (spoken, draft.type) in EVENTS:
            choices.append(
                Choice(f"Convert to {theirs} first", CONVERT, _conversion(draft, spoken))
            )
        if shown and speaks:
            choices.append(Choice(f"Open a {ours} session and send", NEW))
    if busy:
        texts.append("The conversation is still being answered; most servers refuse a second one.")
        choices += [
            Choice("Send when it is done", WAIT),
            Choice("Cancel it and send", CANCEL),
            Choice("Send out-of-band", APART),
        ]
    if not texts:
        return None
    choices.append(Choice("Send anyway", ANYWAY))
    advice = (
        "Out-of-band sets the conversation to none: the answer is not kept in it."
        if busy
        else "A server will probably refuse it."
    )
    return Said("warning", " ".join(texts), advice, tuple(choices))


def _conversion(draft: Draft, target: str) -> str:
    return url_for("convert.convert", dialect=draft.dialect, event_type=draft.type, target=target)


def as_sent(draft: Draft, anyway: list[str]) -> Draft:
    """Return the draft as it goes out: under an id, and beside the conversation if so chosen.

    An id that somebody typed stays; one that was given before is renewed, as no two events may
    share it.
    """
    value = draft.value
    if not isinstance(value, dict):
        return draft
    members: dict[str, JsonValue] = dict(value)
    visitor, own = current.visitor(), members.get("event_id")
    if "event_id" not in members or was_given(visitor, own):
        event_id = new_event_id(visitor, _chance())
        members = _with(members, "event_id", event_id)
    params = members.get("response", {})
    if APART in anyway and isinstance(params, dict):
        members["response"] = {**params, "conversation": "none"}
    root = refit(draft.form, draft.root, value, members, current.media().keep)
    return replace(draft, root=root, told=())


def _chance() -> bytes:
    """The same press has the same id, however often it arrives."""
    token = current.field("token")
    return hashlib.sha256(token.encode()).digest() if token else secrets.token_bytes(16)


def _with(members: dict[str, JsonValue], name: str, value: JsonValue) -> dict[str, JsonValue]:
    """Return ``members`` with one that stands where it stood, or else behind the type."""
    if name in members:
        return {**members, name: value}
    type_ = {"type": members["type"]} if "type" in members else {}
    return type_ | {name: value} | members


def show(before: Draft, after: Draft, answer: Response) -> Response:
    """Add to an answer what of the form and of the wire text sending has changed."""
    if after is before and not open_text.was_read():
        return answer
    words = builder.words(after)
    whole = [Change("#form", Swap.INNER, after.asked, "form")]
    shown = [
        render_template("builder/_change.html", change=change, **words)
        for change in (whole if open_text.was_read() else changes(before.asked, after.asked))
    ]
    body = answer.get_data(as_text=True)
    answer.set_data("".join((body, *shown, *builder.followers(after))))
    answer.headers["HX-Trigger"] = json.dumps(kept.keep(after, before))
    return answer


def _is_default(draft: Draft) -> bool:
    value = draft.value
    if not isinstance(value, dict) or value.get("type") != "response.create":
        return False
    params = value.get("response")
    return not (isinstance(params, dict) and params.get("conversation") == "none")
