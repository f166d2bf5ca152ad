"""Who may ask, and what every answer declares."""

import re
import secrets
from collections.abc import Callable, Iterable
from functools import lru_cache
from types import TracebackType
from typing import TYPE_CHECKING, TypeAlias

from webapp.config import Settings
from webapp.edge.intake import SAFE_METHODS, Intake, Refusal
from webapp.edge.rates import Rates

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

Headers: TypeAlias = list[tuple[str, str]]
ExcInfo: TypeAlias = (
    tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None]
)
Render: TypeAlias = "Callable[[WSGIEnvironment, Refusal], tuple[Headers, bytes]]"

NONCE = "cuecard.nonce"
"""Where the environment of a request holds the nonce of its answer."""

RATES = "cuecard.rates"
"""Where it holds what counts deeds that no address tells of."""

_LOCAL_NAMES = ("localhost", "127.0.0.1", "[::1]")
_DEFAULT_PORTS = {"http": "80", "https": "443"}

_PAGE_POLICY = (
    "default-src 'none'; script-src 'nonce-%s'; style-src 'self'; img-src 'self' data:;"
    " media-src 'self' blob:; connect-src 'self'; font-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script';"
    " trusted-types htmx"
)
OTHER_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"
FIXED_HEADERS = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    (
        "Permissions-Policy",
        "microphone=(self), camera=(), geolocation=(), display-capture=(), payment=(), usb=()",
    ),
    # Our scripts swap nothing that lacks this: the error page of a proxy in between is not ours.
    ("Cuecard", "1"),
)
_OURS = frozenset(
    {name.lower() for name, _ in FIXED_HEADERS}
    | {"content-security-policy", "cache-control", "strict-transport-security"}
)


class Edge:
    """Wraps the application: checks each request, then declares the headers of each answer."""

    def __init__(
        self, app: "WSGIApplication", settings: Settings, *, assets: str, render: Render
    ) -> None:
        """Keep ``app`` behind the checks.

        ``assets`` is the path below which files never change; ``render`` words the refusals.
        """
        self._app = app
        self._assets = assets
        self._render = render
        self._hosts = settings.allowed_hosts
        self._intake = Intake(settings)
        self._rates = Rates.of(settings)

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        environ[NONCE] = secrets.token_urlsafe(16)
        environ[RATES] = self._rates

        def start(
            status: str, headers: Headers, exc_info: ExcInfo | None = None, /
        ) -> Callable[[bytes], object]:
            declared = self._declare(environ, status, headers)
            return start_response(status, declared, exc_info)

        try:
            self._check_host(environ)
        except Refusal as refusal:
            # Plain text: nothing of the application runs for a stranger's name.
            plain = [("Content-Type", "text/plain; charset=utf-8")]
            return _answer(environ, start, refusal, plain, f"{refusal.what}\n".encode())
        try:
            _check_origin(environ)
            self._rates.check(environ)
            self._intake.check(environ)
        except Refusal as refusal:
            return _answer(environ, start, refusal, *self._render(environ, refusal))
        return self._app(environ, start)

    def _declare(self, environ: "WSGIEnvironment", status: str, headers: Headers) -> Headers:
        """Return the headers of an answer, with ours in place of the application's."""
        kept, policy = [*FIXED_HEADERS], OTHER_POLICY
        for header in headers:
            name = header[0].lower()
            if name not in _OURS:
                kept.append(header)
            if name == "content-type" and header[1].startswith("text/html"):
                policy = _PAGE_POLICY % environ[NONCE]
        unchanging = environ["PATH_INFO"].startswith(self._assets) and status[0] in "23"
        cache = "public, max-age=31536000, immutable" if unchanging else "no-store"
        kept += ("Content-Security-Policy", policy), ("Cache-Control", cache)
        if environ["wsgi.url_scheme"] == "https":
            kept.append(("Strict-Transport-Security", "max-age=31536000"))
        return kept

    def _check_host(self, environ: "WSGIEnvironment") -> None:
        """Only names that are ours: a name that was rebound to us must not reach the application.

        Without a list these are the local ones with the port we listen on.
        """
        host = environ.get("HTTP_HOST", "").lower()
        if not host:
            raise Refusal(400, "The request names no host.")
        if host not in _names(self._hosts, environ["SERVER_PORT"]):
            raise Refusal(
                421,
                "This name does not lead here. Open the address that Cuecard printed when it"
                " started, or add the name to CUECARD_ALLOWED_HOSTS.",
            )
        if environ.get("HTTP_UPGRADE", "").lower() == "websocket":
            raise Refusal(400, "Nothing here speaks WebSocket; the sandbox has its own port.")


def _check_origin(environ: "WSGIEnvironment") -> None:
    """Refuse what another site makes a browser send; other programs carry neither header.

    Browsers leave out Sec-Fetch-Site on plain-HTTP names of a local network, hence the second
    rule. A link from elsewhere may open a page, and nothing but a page.
    """
    if environ["REQUEST_METHOD"] == "OPTIONS":
        return
    site = environ.get("HTTP_SEC_FETCH_SITE")
    origin = environ.get("HTTP_ORIGIN")
    if site is not None:
        fine = site in ("same-origin", "none") or _opens_a_page(environ)
    else:
        ours = _origins(environ["wsgi.url_scheme"], environ["HTTP_HOST"].lower())
        fine = origin is None or origin.lower() in ours
    if not fine:
        raise Refusal(
            403,
            "Another site sent this request.",
            "Open Cuecard in its own tab and try again. Behind a proxy, let it pass Host and"
            " X-Forwarded-Proto on and name it in FORWARDED_ALLOW_IPS.",
        )


def _opens_a_page(environ: "WSGIEnvironment") -> bool:
    return (
        environ["REQUEST_METHOD"] in SAFE_METHODS
        and environ.get("HTTP_SEC_FETCH_MODE") == "navigate"
        and environ.get("HTTP_SEC_FETCH_DEST") == "document"
        and not environ["PATH_INFO"].endswith("/stream")
    )


@lru_cache(maxsize=64)
def _origins(scheme: str, host: str) -> frozenset[str]:
    """Return the spellings of our own origin, for a host that has been checked."""
    bare = host.removesuffix(f":{_DEFAULT_PORTS.get(scheme, '')}")
    return frozenset({f"{scheme}://{host}", f"{scheme}://{bare}"})


@lru_cache(maxsize=8)
def _names(listed: tuple[str, ...], port: str) -> frozenset[str]:
    """Return what we may be called: the listed names or, without a list, the local ones.

    A name that was listed without a port may come without one, with the port of its scheme (the
    proxy's) or with the ``port`` we listen on.
    """
    if not listed:
        bare = _LOCAL_NAMES if port == "80" else ()
        return frozenset(f"{name}:{port}" for name in _LOCAL_NAMES).union(bare)
    portless = [host for host in listed if not re.search(r":[0-9]+$", host)]
    ports = (*_DEFAULT_PORTS.values(), port)
    return frozenset(listed).union(f"{host}:{port}" for host in portless for port in ports)


def _answer(
    environ: "WSGIEnvironment",
    start: "StartResponse",
    refusal: Refusal,
    headers: Headers,
    body: bytes,
) -> Iterable[bytes]:
    if refusal.retry_after_s:
        headers = [*headers, ("Retry-After", str(refusal.retry_after_s))]
    length = ("Content-Length", str(len(body)))
    start(f"{refusal.status.value} {refusal.status.phrase}", [*headers, length])
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]
