"""What the server of the session at hand has said against the draft: problems at their places."""

from collections.abc import Iterator
from dataclasses import replace

from flask import request

from webapp.drafts import Draft
from webapp.forms.problems import UNKNOWN, Problem, Severity
from webapp.sessions.error_places import Refusal
from webapp.sessions.live import LiveSession
from webapp.sessions.words import explain_error
from webapp.views import current

SOURCE = "server said"
CODE = "refused"
MOST_SAID_CHARS = 400


def with_told(draft: Draft) -> Draft:
    """Return the draft with what a server refused of it, as long as it stands there unchanged."""
    event = draft.value
    event_id = event.get("event_id") if isinstance(event, dict) else None
    session = _session() if isinstance(event_id, str) else None
    refusals = session.refusals(event_id) if session and isinstance(event_id, str) else []
    standing = [refusal for refusal in refusals if refusal.holds(event)]
    if draft.told:
        draft = replace(draft, told=())
    return replace(draft, told=tuple(_problems(draft, standing))) if standing else draft


def _session() -> LiveSession | None:
    hub, visitor = current.hub(), current.visitor()
    asked = current.field("session") or request.args.get("session", "")
    return hub.find(visitor, asked) if asked else hub.latest(visitor)


def _problems(draft: Draft, refusals: list[Refusal]) -> Iterator[Problem]:
    known = [problem for problem in draft.problems if problem.fix]
    for refusal in {(each.at, each.said): each for each in refusals}.values():
        words = explain_error(refusal.code, refusal.said).meaning or "The server refused this."
        said = refusal.said[:MOST_SAID_CHARS]
        fix = next((each for each in known if _mends(each, refusal)), None)
        yield Problem(
            refusal.at,
            Severity.ERROR,
            fix.code if fix else refusal.code or CODE,
            f"{words} It said: “{said}”" if said else words,
            SOURCE,
            fix.fix if fix else None,
            does=fix.does if fix else "",
        )


def _mends(problem: Problem, refusal: Refusal) -> bool:
    """Whether a fix may end a refusal; another value of an unknown member cannot."""
    same = problem.at == refusal.at
    return same and (refusal.code != UNKNOWN or problem.code == UNKNOWN)
