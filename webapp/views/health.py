"""Whether the process lives, and whether it can do its work."""

from flask import Blueprint, Response

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def alive() -> Response:
    """Say that the process answers."""
    return Response("ok\n", content_type="text/plain; charset=utf-8")


@bp.get("/readyz")
def ready() -> Response:
    """Say, one line per dependency, whether it answers; so far there is none to wait for."""
    return Response("ready\n", content_type="text/plain; charset=utf-8")
