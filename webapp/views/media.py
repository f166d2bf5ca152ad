"""Sounds and pictures of drafts: stored on the way in, given back for playing."""

from flask import Blueprint, Response, abort, jsonify, request

from webapp.forms.submission import is_token
from webapp.views import current

bp = Blueprint("media", __name__)


@bp.post("/drafts/<media>/media")
def keep(media: str) -> Response:
    """Store the base64 text of the body; the answer's ``token`` stands for it in a form."""
    if media not in ("audio", "image"):
        abort(404)
    text = request.get_data().decode("ascii", "strict")
    return jsonify(token=current.media().keep(media, text))


@bp.get("/drafts/media/<path:token>")
def text(token: str) -> Response:
    """Give the base64 text behind a token."""
    found = current.media().text(token) if is_token(token) else None
    if found is None:
        abort(404)
    return Response(found, mimetype="text/plain")
