"""Sounds and pictures of drafts: stored on the way in, given back for playing."""

from typing import cast

from flask import Blueprint, Flask, Response, abort, jsonify, request
from flask.blueprints import BlueprintSetupState

from webapp.errors import LocalError
from webapp.forms.media_labels import DATA_URI, PLAIN, SPOKEN, kind_of
from webapp.forms.nodes import Stored
from webapp.forms.submission import is_token
from webapp.store.media import label_of, picture_of
from webapp.views import current

bp = Blueprint("media", __name__)


@bp.record_once
def _tell_templates(state: BlueprintSetupState) -> None:
    app = cast("Flask", state.app)
    app.jinja_env.globals["most_media_chars"] = current.parts(app).settings.max_media_bytes


_WANTED = {
    "audio": "Choose a sound, or paste its bytes as base64 without anything around.",
    "image": "Choose a picture, or paste one that begins with data:image/png;base64,",
}


@bp.post("/drafts/<media>/media")
def keep(media: str) -> Response:
    """Store the base64 text of the body; the answer's ``token`` stands for it in a form.

    ``kind`` says how sound is written: audio/pcm, audio/pcmu or audio/pcma.
    """
    kind = request.args.get("kind", "audio/pcm")
    if media not in _WANTED or kind not in SPOKEN:
        abort(404)
    text = request.get_data()
    if not text.isascii():
        raise _refused(media)
    if kind_of(label_of(media, text.decode(), kind)) in (PLAIN, DATA_URI):
        raise _refused(media)
    stored = Stored(current.media().keep(media, text.decode(), kind))
    return jsonify(token=stored.token, label=stored.label)


def _refused(media: str) -> LocalError:
    return LocalError("This is not base64.", remedy=_WANTED[media], status=422)


@bp.get("/drafts/media/<path:token>")
def text(token: str) -> Response:
    """Give the base64 text behind a token."""
    return Response(_text(token), mimetype="text/plain")


@bp.get("/drafts/pictures/<path:token>")
def picture(token: str) -> Response:
    """Give the PNG or JPEG behind a token; nothing else is ever shown as a picture."""
    mimetype, bytes_ = picture_of(_text(token)) or abort(404)
    return Response(bytes_, mimetype=mimetype)


def _text(token: str) -> str:
    found = current.media().text(token) if is_token(token) else None
    return found if found is not None else abort(404)
