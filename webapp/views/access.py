"""The login: one password for all who visit, where one is set."""

import re
from base64 import b64decode
from binascii import Error as BadBase64

from flask import Blueprint, Flask, Response, abort, redirect, render_template, request, url_for
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import TooManyRequests, Unauthorized
from werkzeug.wrappers import Response as BaseResponse

from webapp.edge.logins import LOGIN_S, WRONG_S
from webapp.views import current
from webapp.views.htmx import is_htmx

bp = Blueprint("access", __name__)

# What answers without a login: the login itself, what it looks like, and whether we live.
OPEN = frozenset(
    {
        "static",
        "access.login",
        "access.enter",
        "forgetting.forgotten",
        "health.alive",
        "health.ready",
    }
)
_BASIC = WWWAuthenticate("basic", {"realm": "Cuecard"})
# A path of our own: no other host, and nothing that a browser takes for one.
_NEXT = re.compile(r"/(?![/\\])[A-Za-z0-9._~/?=&%-]{0,500}")


def init_app(app: Flask) -> None:
    """Ask for the password before anything else is answered."""
    app.before_request(_check)
    app.context_processor(lambda: {"logged_in": current.logins().wanted and _is_in()})


@bp.get("/login")
def login() -> Response | BaseResponse:
    """Show where the password is typed."""
    if not current.logins().wanted:
        return redirect("/")
    return _page(request.args.get("next", ""))


@bp.post("/login")
def enter() -> Response | BaseResponse:
    """Take the password, and lead on to where one wanted to go."""
    logins, onward = current.logins(), current.field("next")
    if not logins.wanted:
        return redirect("/", 303)
    if not _is_right(current.field("password")):
        return _page(onward, wrong=True)
    # Whoever set a cookie here before gains nothing by it.
    current.renew_visitor()
    answer = redirect(onward if _NEXT.fullmatch(onward) else "/", 303)
    answer.set_cookie(
        current.cookie_name("login"),
        logins.log_in(),
        max_age=int(LOGIN_S),
        secure=request.is_secure,
        httponly=True,
        samesite="Lax",
        path="/",
    )
    return answer


@bp.post("/logout")
def leave() -> BaseResponse:
    """End the login, and forget the keys of this browser."""
    current.departures().keyring.forget(current.visitor())
    answer = redirect(url_for("access.login"), 303)
    end_login(answer)
    return answer


def end_login(answer: BaseResponse) -> None:
    """End the login of this browser, if it has one, with an answer to it."""
    name = current.cookie_name("login")
    if name in request.cookies:
        current.logins().log_out(request.cookies[name])
        answer.delete_cookie(name, secure=request.is_secure, httponly=True, samesite="Lax")


def _check() -> BaseResponse | None:
    logins = current.logins()
    if not logins.wanted or request.endpoint in OPEN:
        return None
    if _is_in():
        return None
    if shown := _authorization():
        return None if _is_right(shown) else _refuse()
    if (
        request.method == "GET"
        and not is_htmx()
        and "text/html" in request.headers.get("Accept", "")
    ):
        path = request.full_path.rstrip("?")
        onward = path if _NEXT.fullmatch(path) and path != "/" else None
        return redirect(url_for("access.login", next=onward), 303)
    return _refuse()


def _is_in() -> bool:
    return current.logins().is_in(request.cookies.get(current.cookie_name("login"), ""))


def _is_right(password: str) -> bool:
    """Tell whether this is the password; with too many wrong ones before, nobody is told."""
    peer = request.remote_addr or ""
    if current.logins().is_barred(peer):
        raise TooManyRequests(retry_after=int(WRONG_S))
    return current.logins().is_right(password, peer)


def _refuse() -> BaseResponse:
    if request.path.startswith("/api/"):
        # Only there: in a page it would make the browser ask in a window of its own.
        raise Unauthorized(www_authenticate=_BASIC)
    abort(401)


def _authorization() -> str:
    """Return the password that a program shows: as a bearer, or with any user name."""
    scheme, _, rest = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    if scheme.lower() != "basic":
        return ""
    try:
        return b64decode(rest.strip(), validate=True).decode().partition(":")[2]
    except (BadBase64, UnicodeDecodeError):
        return ""


def _page(onward: str, *, wrong: bool = False) -> Response:
    onward = onward if _NEXT.fullmatch(onward) else ""
    html = render_template("access/login.html", onward=onward, wrong=wrong)
    return Response(html, 401 if wrong else 200)
