"""The ``cuecard`` command: serve the app, or the sandbox alone."""

import argparse
import errno
import os
import socket
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from webapp.config import SettingError, Settings

if TYPE_CHECKING:
    from collections.abc import Callable


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 2 when it could not start."""
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        return command(options)
    except (SettingError, _CannotListen) as error:
        print(f"cuecard: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


class _CannotListen(Exception):  # noqa: N818  # it says what we cannot
    pass


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="cuecard", description="Build, check and send Realtime events from the browser."
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    run = commands.add_parser("run", help="serve the web app with its embedded sandbox")
    run.add_argument("--host", help="where to listen (default: CUECARD_HOST or 127.0.0.1)")
    run.add_argument("--port", help="0 takes any free one (default: PORT or 8000)")
    run.set_defaults(command=_run)

    sandbox = commands.add_parser("sandbox", help="serve the sandbox alone, for other programs")
    sandbox.add_argument("--host", default="127.0.0.1", help="where to listen (%(default)s)")
    sandbox.add_argument("--port", type=int, default=8765, help="(%(default)s)")
    sandbox.add_argument("--seed", type=int, help="same seed, same answers")
    sandbox.add_argument(
        "--speed", type=float, default=1.0, help="0 answers without delay (%(default)s)"
    )
    sandbox.add_argument("--require-key", action="store_true", help="refuse clients without a key")
    sandbox.set_defaults(command=_sandbox)
    return parser


def _run(options: argparse.Namespace) -> int:
    """Serve until stopped; the environment hands the options on to the process that serves."""
    for name, given in (("CUECARD_HOST", options.host), ("PORT", options.port)):
        if given is not None:
            os.environ[name] = given
    settings = Settings.from_environ()
    listener = _listen(settings.host, settings.port)
    place = address(settings, listener.getsockname()[1])
    _serve(listener, lambda _: print(f"Cuecard is ready at {place}", flush=True))
    return 0


def _sandbox(options: argparse.Namespace) -> int:
    from webapp.sandbox.server import run_sandbox  # noqa: PLC0415  # only this command needs it

    return run_sandbox(
        options.host,
        options.port,
        seed=options.seed,
        speed=options.speed,
        require_key=options.require_key,
    )


def _listen(host: str, port: int) -> socket.socket:
    """Return a bound socket, so that what is wrong with the address is known before we serve."""
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(
            host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(place)
    except OSError as error:
        raise _CannotListen(_why(error, host, port)) from error
    return listener


def _why(error: OSError, host: str, port: int) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return f"port {port} is in use: stop what listens there, or take another with --port"
        case errno.EACCES:
            return f"port {port} may not be used here: take one above 1023 with --port"
        case _:
            return f"cannot listen on {host}: {error.strerror}"


def address(settings: Settings, port: int) -> str:
    """Return the one address to open: the first listed name, else where we listen."""
    name = settings.allowed_hosts[0] if settings.allowed_hosts else settings.host
    if name.count(":") > 1 and not name.startswith("["):
        name = f"[{name}]"
    complete = ":" in name.rpartition("]")[2] or port == 80
    return f"http://{name}" if complete else f"http://{name}:{port}"


def _serve(listener: socket.socket, ready: "Callable[[object], None]") -> None:
    """Run gunicorn on a bound socket with our settings for it."""
    from gunicorn.app.base import BaseApplication  # noqa: PLC0415  # only this command needs it

    from webapp import create_app, gunicorn_conf  # noqa: PLC0415

    class Served(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
        def load_config(self) -> None:
            for name, value in vars(gunicorn_conf).items():
                if name in self.cfg.settings:
                    self.cfg.set(name, value)
            self.cfg.set("bind", f"fd://{listener.detach()}")
            self.cfg.set("when_ready", ready)

        def load(self) -> Any:
            return create_app()

    Served().run()


if __name__ == "__main__":
    sys.exit(main())
