"""What belongs to the running application and the request at hand, typed."""

import secrets
from dataclasses import dataclass
from io import BytesIO
from typing import cast

from flask import Flask, Response, after_this_request, current_app, g, request

from webapp.config import Settings
from webapp.draft_store import DraftStore
from webapp.edge import NONCE
from webapp.intake import FORM, read_fields
from webapp.sessions.hub import Hub, StreamSlots
from webapp.store import MediaStore

_PARTS = "cuecard"
_VISITOR_BYTES = 16


@dataclass(frozen=True, slots=True)
class Parts:
    """What ``create_app`` built and the views work with."""

    settings: Settings
    media: MediaStore
    drafts: DraftStore
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


def nonce() -> str:
    """Return the nonce that scripts of this answer carry."""
    return cast("str", request.environ.get(NONCE, ""))


def fields() -> list[tuple[str, str]]:
    """Return the fields of the submitted form in order; empty where no form was sent.

    The edge has read and checked the body, so it is at hand as often as one asks.
    """
    known: list[tuple[str, str]] | None = g.get("fields")
    if known is None:
        sent = request.mimetype == FORM
        body = cast("BytesIO", request.environ["wsgi.input"]).getvalue() if sent else b""
        known = g.fields = read_fields(body)
    return known


def field(name: str) -> str:
    """Return the first field of this name, empty where there is none."""
    return next((text for at, text in fields() if at == name), "")


def visitor() -> str:
    """Return the opaque id of this browser, given to it with the answer if it has none yet."""
    known: str | None = g.get("visitor")
    if known:
        return known
    name = _cookie_name()
    carried = request.cookies.get(name, "")
    if len(carried) == 2 * _VISITOR_BYTES and set(carried) <= set("0123456789abcdef"):
        g.visitor = carried
        return carried
    fresh = g.visitor = secrets.token_hex(_VISITOR_BYTES)

    @after_this_request
    def remember(response: Response) -> Response:
        response.set_cookie(
            name, fresh, secure=request.is_secure, httponly=True, samesite="Lax", path="/"
        )
        return response

    return fresh


def _cookie_name() -> str:
    """Ports of one machine share their cookies, so the local name says whose it is."""
    if request.is_secure:
        return "__Host-cuecard"
    return f"cuecard-{request.environ.get('SERVER_PORT', '')}"
