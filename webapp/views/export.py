"""The event as source text: for scripts and pages without script as it is, else in a panel."""

from dataclasses import dataclass

from flask import Blueprint, Response, abort, render_template

from webapp.drafts import Draft
from webapp.endpoints import PRESETS, BadAddress, Preset, endpoint_at
from webapp.errors import LocalError
from webapp.events import EVENTS
from webapp.exports import LANGUAGES, CannotExport, Language, export
from webapp.version import installed
from webapp.views import current, open_text
from webapp.views.builder import EVENT
from webapp.views.htmx import fragment, is_htmx

bp = Blueprint("export", __name__)

SHOWN_CHARS = 200_000
ADDRESS = "address"
"""The choice of an endpoint that is no preset, but an address in a box of its own."""

# Where events go as long as nobody chose: the service itself, then what speaks the dialect.
_FIRST = ("openai", "azure-preview")


@dataclass(frozen=True, slots=True)
class Panel:
    """A program as the page shows it, with the choice of its endpoint."""

    language: Language
    choice: str
    address: str
    source: str
    fault: str
    presets: tuple[Preset, ...]

    @property
    def shown(self) -> str:
        """As much of the source as a page can do with."""
        return self.source[:SHOWN_CHARS]


@bp.app_context_processor
def languages() -> dict[str, object]:
    """Let the builder's page list the languages."""
    return {"languages": LANGUAGES.values()}


@bp.post(f"{EVENT}/export/<language>")
def program(dialect: str, event_type: str, language: str) -> Response:
    """Give the event as a program, a report, or plain JSON."""
    if (dialect, event_type) not in EVENTS:
        abort(404)
    draft = open_text.acting(dialect, event_type)
    chosen = LANGUAGES.get(language) or abort(404)
    choice = current.field("export-endpoint") or _first(dialect, language)
    address = current.field("export-address").strip()
    source = fault = ""
    try:
        source = _source(draft, language, address if choice == ADDRESS else choice)
    except (BadAddress, CannotExport) as error:
        fault = str(error)
    if is_htmx():
        presets = tuple(current.departures().catalogue.presets.values())
        panel = Panel(chosen, choice, address, source, fault, presets)
        return fragment(render_template("builder/_export.html", panel=panel, draft=draft))
    if fault:
        raise LocalError(fault, remedy="Pick another endpoint.", status=422)
    return Response(source, mimetype="text/plain")


def _source(draft: Draft, language: str, endpoint: str) -> str:
    return export(
        language,
        draft.wire_text(current.media().text),
        endpoint_at(endpoint, draft.dialect, presets=current.departures().catalogue.presets),
        dialect=draft.dialect,
        problems=draft.problems,
        version=installed(),
    )


def _first(dialect: str, language: str) -> str:
    speaking = (slug for slug in _FIRST if dialect in PRESETS[slug].dialects)
    return _FIRST[0] if language == "browser" else next(speaking)
