"""What programs ask for, JSON in and JSON out, without a page."""

from flask import Blueprint, Response, request

from webapp import dialects
from webapp.checks.reports import report
from webapp.errors import LocalError
from webapp.events import DIALECTS
from webapp.exact_json.reader import JsonValue, Unreadable, read_json
from webapp.wire_text import write

bp = Blueprint("api", __name__, url_prefix="/api/v1")


@bp.post("/check")
def check() -> Response:
    """Give the problems of an event, each with its place and its fix."""
    dialect = _dialect("dialect") if "dialect" in request.args else None
    found = report(request.get_data(), dialect)
    return Response(write(found.to_json(), indent=None) + "\n", mimetype="application/json")


@bp.errorhandler(Unreadable)
def unreadable(fault: Unreadable) -> tuple[dict[str, object], int]:
    """Say where a body stops being JSON, and why."""
    error = {
        "status": 422,
        "message": f"The body is not JSON: {fault}",
        "remedy": fault.hint,
        "reference": "",
        "line": fault.line,
        "column": fault.column,
        "reason": fault.reason,
    }
    return {"error": error}, 422


@bp.post("/convert")
def convert() -> dict[str, object]:
    """Give an event in another dialect, and what changed on the way."""
    event = _event()
    target = _dialect("to")
    source = _dialect("from") if "from" in request.args else dialects.source_of(event, target)
    found = dialects.convert(event, source, target)
    notes = [
        {"at": note.at, "to": note.to, "kind": note.kind, "message": note.message}
        for note in found.notes
    ]
    return {"wire": write(found.value), "notes": notes}


def _event() -> JsonValue:
    """Return the JSON value of the body.

    Raises:
        Unreadable: if it is not JSON.
    """
    return read_json(request.get_data())


def _dialect(name: str) -> str:
    """Return the dialect that a parameter of the address names.

    Raises:
        LocalError: 400 if there is no such dialect.
    """
    dialect = request.args.get(name, "")
    if dialect not in DIALECTS:
        remedy = f"Say ?{name}=beta or ?{name}=ga."
        raise LocalError(f"“{name}” names no dialect.", remedy=remedy, status=400)
    return dialect
