"""create_app: builds the parts, joins them, and puts the edge around it all."""

import hashlib
import logging
from pathlib import Path

from flask import Flask
from jinja2 import StrictUndefined

from webapp.config import Settings
from webapp.edge.gate import Edge
from webapp.edge.logins import Logins
from webapp.endpoints.catalogue import catalogue_of, own_keys
from webapp.forms.questions import inside
from webapp.outbound.choices import Choices
from webapp.outbound.departures import Departures
from webapp.outbound.guard import Guard
from webapp.outbound.keyring import Keyring
from webapp.outbound.operator_list import load_listed
from webapp.sandbox.server import serve_sandbox
from webapp.sessions.hub import MemoryHub, StreamSlots
from webapp.store.drafts import DraftStore
from webapp.store.media import MediaStore
from webapp.views import (
    access,
    api,
    builder,
    convert,
    current,
    errors,
    export,
    fixes,
    forgetting,
    health,
    htmx,
    media,
    scene,
    session_record,
    session_stream,
    sessions,
    undo,
)

log = logging.getLogger("cuecard")

# Each open stream holds one of the server's 160 threads; the rest answers everything else.
MAX_STREAMS = 128


def create_app(settings: Settings | None = None) -> Flask:
    """Return the application; without ``settings`` they are read from the environment.

    Raises:
        SettingError: if the environment holds an unusable setting.
    """
    settings = settings or Settings.from_environ()
    static = _folder("static")
    assets = f"/static/{_fingerprint(static)}"
    app = Flask(
        __name__,
        template_folder=str(_folder("templates")),
        static_folder=str(static),
        static_url_path=assets,
    )
    # Addresses are taken as they are: no redirect away from //host, no path that a proxy reads
    # differently.
    app.url_map.merge_slashes = False
    app.config["MAX_FORM_PARTS"] = settings.max_fields
    app.config["MAX_FORM_MEMORY_SIZE"] = settings.max_form_bytes
    catalogue = catalogue_of(
        load_listed(settings.endpoints),
        custom=settings.takes_addresses,
        hosted=settings.has_strangers,
        azure=settings.azure_endpoint,
    )
    keyring = Keyring()
    own = own_keys(catalogue.presets, dict(settings.keys), settings.azure_endpoint)
    for origin, (variable, value) in own.items():
        keyring.provide(origin, variable, value)
    if own and settings.has_strangers and not settings.password:
        log.warning("whoever visits uses the keys of this server: set CUECARD_PASSWORD")
    data = Path(settings.data_dir).expanduser()
    parts = current.Parts(
        settings=settings,
        media=MediaStore(data / "media"),
        drafts=DraftStore(data / "drafts.sqlite"),
        departures=Departures(catalogue, keyring, Guard()),
        choices=Choices(),
        logins=Logins(settings.password),
        hub=MemoryHub(serve_sandbox),
        streams=StreamSlots(MAX_STREAMS),
    )
    app.extensions |= current.keep(parts)
    htmx.init_app(app)
    errors.init_app(app)
    access.init_app(app)
    app.register_blueprint(access.bp)
    app.register_blueprint(forgetting.bp)
    _prepare_templates(app, assets)
    app.register_blueprint(health.bp)
    app.register_blueprint(builder.bp)
    app.register_blueprint(convert.bp)
    app.register_blueprint(export.bp)
    app.register_blueprint(api.bp)
    app.register_blueprint(fixes.bp)
    app.register_blueprint(undo.bp)
    app.register_blueprint(media.bp)
    app.register_blueprint(sessions.bp)
    app.register_blueprint(session_stream.bp)
    app.register_blueprint(session_record.bp)
    app.register_blueprint(scene.bp)
    scene.init_app(app)
    session_record.init_app(app)
    sessions.init_app(app)
    app.wsgi_app = Edge(  # type: ignore[method-assign]
        app.wsgi_app, settings, assets=f"{assets}/", render=errors.renderer(app)
    )
    return app


def _prepare_templates(app: Flask, assets: str) -> None:
    """Make a missing name an error, and the address of a file one that changes with its content."""
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters["inside"] = inside
    app.jinja_env.globals["asset"] = lambda name: f"{assets}/{name}"
    app.context_processor(lambda: {"csp_nonce": current.nonce()})


def _folder(name: str) -> Path:
    """Return a folder of the wheel, or of the checkout, where it stands beside the package."""
    package = Path(__file__).parent
    inside = package / name
    return inside if inside.is_dir() else package.parent / name


def _fingerprint(folder: Path) -> str:
    """Return a short digest of all files in ``folder``, names and content."""
    digest = hashlib.blake2b(digest_size=8)
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0")
            digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()
