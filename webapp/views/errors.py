"""Exceptions to status and words: what happened, why, and what to do next."""

import json
import logging
import secrets
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Flask, Response, current_app, render_template, request
from werkzeug.exceptions import HTTPException

from webapp.edge.gate import NONCE, Headers
from webapp.edge.intake import Refusal
from webapp.errors import LocalError, RemoteError
from webapp.forms.branches import BadSubmission
from webapp.views.htmx import is_htmx, message_headers

if TYPE_CHECKING:
    from collections.abc import Callable
    from wsgiref.types import WSGIEnvironment

log = logging.getLogger("cuecard")

MAX_WORDS_CHARS = 500

# What there is to say about a status that comes without words of its own: what, and what next.
_WORDS = {
    400: ("The request could not be understood.", "Reload the page and try again."),
    401: ("This Cuecard asks for a password.", "Log in at /login in another tab, then try again."),
    404: ("There is nothing at this address.", "Check it, or start from the first page."),
    405: ("This address cannot be used like that.", "Start from the first page."),
    429: ("The password was wrong too often.", "Wait ten minutes, then try again."),
    500: ("Something broke here; it is our fault.", "Try again; the details are in the log."),
}
_REST = ("The request was not carried out.", "Reload the page and try again.")


@dataclass(frozen=True, slots=True)
class Words:
    """One error as a visitor reads it; ``reference`` finds it in the log, if it was logged."""

    status: int
    phrase: str
    what: str
    remedy: str
    reference: str = ""


# Allow of a 405, Retry-After of a 429 and their like.
_CARRIED = ("Allow", "Retry-After", "Location", "WWW-Authenticate")


def init_app(app: Flask) -> None:
    """Let every exception leave as a page, a fragment or JSON in plain words."""
    app.register_error_handler(Exception, answer)


def answer(error: Exception) -> Response:
    """Answer with the words for ``error``, in the form that was asked for."""
    words = words_of(error)
    wanted = _wanted(request.path, htmx=is_htmx())
    template = _TEMPLATES.get(wanted)
    body = render_template(template, error=words) if template else _as_json(words)
    headers = list(_headers(wanted))
    if isinstance(error, HTTPException):
        own = error.get_response().headers if error.response is None else error.response.headers
        headers += [(n, v) for n, v in own if n in _CARRIED]
    if isinstance(error, LocalError) and error.retry_after_s:
        headers.append(("Retry-After", str(error.retry_after_s)))
    return Response(body, words.status, headers)


def renderer(app: Flask) -> "Callable[[WSGIEnvironment, Refusal], tuple[Headers, bytes]]":
    """Return what words the refusals of the edge: the same templates, outside any request."""

    def render(environ: "WSGIEnvironment", refusal: Refusal) -> tuple[Headers, bytes]:
        words = _logged(refusal.status, refusal.what, refusal.remedy)
        htmx = environ.get("HTTP_HX_REQUEST") == "true"
        wanted = _wanted(environ["PATH_INFO"], htmx=htmx)
        template = _TEMPLATES.get(wanted)
        if template:
            page = app.jinja_env.get_template(template)
            body = page.render(error=words, csp_nonce=environ[NONCE])
        else:
            body = _as_json(words)
        return _headers(wanted), body.encode()

    return render


_TEMPLATES = {"page": "errors/page.html", "fragment": "errors/_message.html"}


def _wanted(path: str, *, htmx: bool) -> str:
    if path.startswith("/api/") or path.endswith("/media"):  # what only scripts ask
        return "json"
    return "fragment" if htmx else "page"


def _headers(wanted: str) -> Headers:
    match wanted:
        case "json":
            return [("Content-Type", "application/json")]
        case "fragment":
            return [("Content-Type", "text/html; charset=utf-8"), *message_headers()]
        case _:
            return [("Content-Type", "text/html; charset=utf-8")]


def _as_json(words: Words) -> str:
    error = {
        "status": words.status,
        "message": words.what,
        "remedy": words.remedy,
        "reference": words.reference,
    }
    return json.dumps({"error": error}) + "\n"


def words_of(error: Exception) -> Words:
    """Return what there is to say about an error; it is logged with its reference."""
    match error:
        case HTTPException() if error.code is not None:
            what, remedy = _WORDS.get(error.code, _REST)
            return _logged(HTTPStatus(error.code), what, remedy)
        case BadSubmission():
            remedy = "Reload the page and try again."
            return _logged(
                HTTPStatus.BAD_REQUEST, f"The form has a field we did not make: {error}.", remedy
            )
        case RemoteError() | LocalError():
            return _logged(HTTPStatus(error.status), str(error), error.remedy)
        case _ if current_app.testing:
            raise error
        case _:
            return _logged(HTTPStatus.INTERNAL_SERVER_ERROR, *_WORDS[500], broken=error)


def _logged(
    status: HTTPStatus, what: str, remedy: str, *, broken: Exception | None = None
) -> Words:
    """Log the error and return its words; the reference is given only where it leads somewhere."""
    level = logging.ERROR if status >= 500 else logging.INFO
    reference = secrets.token_hex(4) if log.isEnabledFor(level) else ""
    if reference:
        log.log(level, "%s %d %s", reference, status, what, exc_info=broken)
    return Words(status, status.phrase, what[:MAX_WORDS_CHARS], remedy, reference)
