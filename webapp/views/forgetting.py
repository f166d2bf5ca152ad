"""Forget me: everything that is known of one browser ends, is dropped and deleted."""

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response as BaseResponse

from webapp.errors import LocalError
from webapp.views import access, current

bp = Blueprint("forgetting", __name__)

# Not "cookies": that would take those of every other program on this machine, or of every other
# site of this domain. Ours means nothing any more.
CLEARED = '"cache", "storage"'


@bp.post("/forget")
def forget() -> BaseResponse:
    """Close the sessions of this browser, forget its keys and choices, delete its drafts.

    It is a new visitor afterwards. Sounds and pictures, which drafts share by their content, go
    when nothing has asked for them for 30 days.

    Raises:
        LocalError: 503 if the drafts could not be deleted.
    """
    visitor = current.visitor()
    current.hub().forget(visitor)
    current.departures().keyring.forget(visitor)
    current.choices().forget(visitor)
    if not current.drafts().forget(visitor):
        raise LocalError(
            "The drafts could not be deleted; sessions and keys are gone.",
            remedy="Try again once the disk of the server can be written.",
            status=503,
        )
    current.renew_visitor()
    answer = redirect(url_for("forgetting.forgotten"), 303)
    answer.headers["Clear-Site-Data"] = CLEARED
    access.end_login(answer)
    return answer


@bp.get("/forgotten")
def forgotten() -> str:
    """Say that it is done."""
    return render_template("access/forgotten.html")
