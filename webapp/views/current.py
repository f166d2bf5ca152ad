"""What belongs to the running application and the request at hand, typed."""

import secrets
from dataclasses import dataclass
from io import BytesIO
from typing import cast

from flask import Flask, Response, abort, after_this_request, current_app, g, request

from webapp.config import Settings
from webapp.drafts import CONTROLS
from webapp.edge.gate import NONCE, RATES
from webapp.edge.intake import FORM, Refusal, read_fields
from webapp.edge.logins import Logins
from webapp.edge.rates import CONNECT, Rates
from webapp.errors import LocalError
from webapp.forms.branches import BadSubmission
from webapp.outbound.choices import Choices
from webapp.outbound.departures import Departures
from webapp.sessions.hub import Hub, StreamSlots
from webapp.sessions.live import LiveSession
from webapp.store.drafts import DraftStore
from webapp.store.media import MediaStore

_PARTS = "cuecard"
_VISITOR_BYTES = 16


@dataclass(frozen=True, slots=True)
class Parts:
    """What ``create_app`` built and the views work with."""

    settings: Settings
    media: MediaStore
    drafts: DraftStore
    departures: Departures
    choices: Choices
    logins: Logins
    hub: Hub
    streams: StreamSlots


def keep(parts: Parts) -> dict[str, object]:
    """Return the entry for ``app.extensions`` from which the functions below read."""
    return {_PARTS: parts}


def parts(app: Flask | None = None) -> Parts:
    """Return the parts of an application, by default of the one that handles this request."""
    return cast("Parts", (app or current_app).extensions[_PARTS])


def settings() -> Settings:
    """Return the settings of the running application."""
    return parts().settings


def media() -> MediaStore:
    """Return where the sounds and pictures of drafts are kept."""
    return parts().media


def drafts() -> DraftStore:
    """Return where drafts are kept while people type."""
    return parts().drafts


def hub() -> Hub:
    """Return where live sessions are opened and found."""
    return parts().hub


def streams() -> StreamSlots:
    """Return how many streams may be open at once."""
    return parts().streams


def session(session_id: str) -> LiveSession:
    """Return the visitor's session of this id, which counts as being looked at; else 404."""
    found = hub().find(visitor(), session_id) or abort(404)
    found.seen()
    return found


def departures() -> Departures:
    """Return the way out to endpoints that are not our own."""
    return parts().departures


def choices() -> Choices:
    """Return what visitors picked to connect to."""
    return parts().choices


def logins() -> Logins:
    """Return who has shown the password."""
    return parts().logins


def connecting() -> None:
    """Count that this client opens a connection.

    Raises:
        LocalError: 429 if it did so too often.
    """
    rates = cast("Rates", request.environ[RATES])
    try:
        rates.spend(CONNECT, request.environ)
    except Refusal as refusal:
        raise LocalError(
            refusal.what, remedy=refusal.remedy, status=429, retry_after_s=refusal.retry_after_s
        ) from None


def nonce() -> str:
    """Return the nonce that scripts of this answer carry."""
    return cast("str", request.environ.get(NONCE, ""))


def fields() -> list[tuple[str, str]]:
    """Return the fields of the submitted form in order; empty where no form was sent.

    The edge has read and checked the body, so it is at hand as often as one asks.

    Raises:
        BadSubmission: if a control of the page was sent twice.
    """
    known: list[tuple[str, str]] | None = g.get("fields")
    if known is None:
        sent = request.mimetype == FORM
        body = cast("BytesIO", request.environ["wsgi.input"]).getvalue() if sent else b""
        known = g.fields = read_fields(body)
        _check_once(known)
    return known


# Blocks of the wire text, opened items and answers to calls are named one by one; any other control
# is one of a kind.
_ONCE = CONTROLS - {"shown", "open", "output", "output-of", "reason", "reason-of"}


def _check_once(sent: list[tuple[str, str]]) -> None:
    """Make sure that no control came twice: which one would count?

    Raises:
        BadSubmission: for the first that did.
    """
    seen = set()
    for name, _ in sent:
        if name in _ONCE:
            if name in seen:
                raise BadSubmission(name, "it was sent twice")
            seen.add(name)


def field(name: str) -> str:
    """Return the first field of this name, empty where there is none."""
    return next((text for at, text in fields() if at == name), "")


def visitor() -> str:
    """Return the opaque id of this browser, given to it with the answer if it has none yet."""
    known: str | None = g.get("visitor")
    if known:
        return known
    name = cookie_name()
    carried = request.cookies.get(name, "")
    if len(carried) == 2 * _VISITOR_BYTES and set(carried) <= set("0123456789abcdef"):
        g.visitor = carried
        return carried
    return renew_visitor()


def renew_visitor() -> str:
    """Give this browser a new id, and return it."""
    fresh: str = secrets.token_hex(_VISITOR_BYTES)
    name, g.visitor = cookie_name(), fresh

    @after_this_request
    def remember(response: Response) -> Response:
        response.set_cookie(
            name, fresh, secure=request.is_secure, httponly=True, samesite="Lax", path="/"
        )
        return response

    return fresh


def cookie_name(what: str = "") -> str:
    """Ports of one machine share their cookies, so the local name says whose it is."""
    name = f"cuecard-{what}" if what else "cuecard"
    if request.is_secure:
        return f"__Host-{name}"
    return f"{name}-{request.environ.get('SERVER_PORT', '')}"
