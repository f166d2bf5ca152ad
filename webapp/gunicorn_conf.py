"""How it is served: gunicorn's threaded worker, sized for many open streams."""

import gc
import logging
import sys
from typing import TYPE_CHECKING, Any

from gunicorn.glogging import Logger
from gunicorn.http import errors as faults
from gunicorn.workers.gthread import ThreadWorker

from webapp.config import SettingError, Settings
from webapp.edge.gate import FIXED_HEADERS, OTHER_POLICY
from webapp.edge.intake import Intake
from webapp.logs import start_logging
from webapp.outbound.operator_list import load_listed

if TYPE_CHECKING:
    import socket

    from flask import Flask

    from webapp.views.current import Parts

try:
    _settings = Settings.from_environ()
    load_listed(_settings.endpoints)
except SettingError as error:
    sys.stderr.write(f"cuecard: {error}\n")
    sys.exit(2)

_address = f"[{_settings.host}]" if ":" in _settings.host.strip("[]") else _settings.host
bind = f"{_address}:{_settings.port}"

# One process, because live sessions are kept in its memory. Every open stream holds a thread, so
# there are many: a started one costs about 0.05 MiB, and they start when they are needed.
workers = 1
threads = 160
worker_connections = 600
timeout = 60
graceful_timeout = 15
keepalive = 5

limit_request_line = 4_094
limit_request_fields = 64
limit_request_field_size = 8_190
# Only these peers may say that a request came over https.
forwarded_allow_ips = ",".join(_settings.trusted_proxies)

accesslog = None
loglevel = _settings.log_level.lower()
control_socket_disable = True

# What gunicorn refuses while reading a request, before it is one.
_STATUS: dict[type[Exception], tuple[int, str]] = {
    faults.LimitRequestLine: (414, "URI Too Long"),
    faults.LimitRequestHeaders: (431, "Request Header Fields Too Large"),
    faults.ExpectationFailed: (417, "Expectation Failed"),
    faults.UnsupportedTransferCoding: (501, "Not Implemented"),
}
_OUR_FAULT = (
    faults.InvalidResponseHeader,
    faults.InvalidResponseHeaderName,
    faults.ConfigurationProblem,
)


class JsonLogger(Logger):  # type: ignore[misc]  # gunicorn has no types
    """Lets gunicorn's own records leave through our one handler."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        self.error_log.handlers[:] = []
        self.error_log.propagate = True
        self.error_log.setLevel(logging.NOTSET)
        start_logging(_settings.log_level)


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """Refuses what is not HTTP with our headers, and without repeating what was sent."""

    def handle_error(
        self, req: object, client: "socket.socket", addr: object, exc: Exception
    ) -> None:
        """Answer a request that cannot be read, or that broke us, and close."""
        if isinstance(exc, faults.ParseException) and not isinstance(exc, _OUR_FAULT):
            status, phrase = _STATUS.get(type(exc), (400, "Bad Request"))
            self.log.info("refused while reading a request: %s", type(exc).__name__)
        else:
            status, phrase = 500, "Internal Server Error"
            self.log.error("a request broke the worker", exc_info=exc)
        body = f"{status} {phrase}\n"
        headers = {
            "Connection": "close",
            "Content-Type": "text/plain; charset=utf-8",
            "Content-Length": len(body),
            "Cache-Control": "no-store",
            "Content-Security-Policy": OTHER_POLICY,
            **dict(FIXED_HEADERS),
        }
        lines = [f"HTTP/1.1 {status} {phrase}", *(f"{n}: {v}" for n, v in headers.items())]
        try:
            client.sendall(("\r\n".join(lines) + "\r\n\r\n" + body).encode())
        except OSError:
            self.log.debug("the peer was gone before it could be refused")


worker_class = Worker
logger_class = JsonLogger

_intake = Intake(_settings)


def pre_request(worker: object, req: Any) -> None:
    """Do not invite a body that will be refused for its size.

    gunicorn answers ``Expect: 100-continue`` before the application sees the request.
    """
    if not req._expected_100_continue:  # there is no public name for it
        return
    length = next((value for name, value in req.headers if name == "CONTENT-LENGTH"), "0")
    if int(length) > _intake.policy(req.method, req.path).max_bytes:
        req._expected_100_continue = False


def post_worker_init(worker: Any) -> None:
    """Let open streams end by themselves, within a second, once the worker is told to stop.

    What the application is made of is never garbage: looking through it, which stops every thread
    for 50 to 90 ms, is left to this once.
    """
    _parts(worker.wsgi).streams.leaving = lambda: not worker.alive
    gc.collect()
    gc.freeze()


def worker_exit(server: object, worker: Any) -> None:
    """Take leave of the Realtime servers; a worker that never came up has nobody to."""
    app = getattr(worker, "wsgi", None)
    if app is not None:
        _parts(app).hub.close()
        _parts(app).departures.keyring.clear()


def _parts(app: "Flask") -> "Parts":
    """Import late: the process that only watches over the workers needs no application."""
    from webapp.views.current import parts  # noqa: PLC0415

    return parts(app)
