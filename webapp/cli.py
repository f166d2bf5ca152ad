"""The ``cuecard`` command: serve the app or the sandbox, check, convert, export, send events."""

import argparse
import errno
import os
import socket
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

from webapp.config import SettingError, Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from webapp.commands.filed_event import FiledEvent

_T = TypeVar("_T")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 2 when it could not start."""
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        code = command(options)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        return _unheard()
    except (SettingError, _CannotListen, _Unusable) as error:
        print(f"cuecard: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _unheard() -> int:
    """Return the exit code of a command whose reader has gone, as ``head`` does; say nothing."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 128 + 13


class _CannotListen(Exception):  # noqa: N818  # it says what we cannot
    pass


class _Unusable(Exception):  # noqa: N818  # it says what an argument is
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

    check = commands.add_parser(
        "check",
        help="list the problems of events in files",
        description="List the problems of events. Exit code: 0 no errors, 1 errors, 2 unreadable.",
    )
    check.add_argument("files", nargs="+", metavar="FILE", help="JSON of one event; - is stdin")
    check.add_argument(
        "--dialect", choices=("beta", "ga"), help="how they are written (default: told from each)"
    )
    check.add_argument("--json", action="store_true", help="print one line of JSON for each file")
    check.set_defaults(command=_check)

    convert = commands.add_parser(
        "convert",
        help="write an event in the other dialect",
        description="Print an event in another dialect; what changed on the way goes to stderr.",
    )
    convert.add_argument("file", metavar="FILE", help="the event as JSON; - is standard input")
    convert.add_argument("--to", choices=("beta", "ga"), required=True, help="the dialect wanted")
    convert.set_defaults(command=_convert)

    sandbox = commands.add_parser("sandbox", help="serve the sandbox alone, for other programs")
    sandbox.add_argument(
        "--host", type=_host, default="127.0.0.1", help="where to listen (%(default)s)"
    )
    sandbox.add_argument(
        "--port", type=_port, default=8765, help="0 takes any free one (%(default)s)"
    )
    sandbox.add_argument("--seed", type=int, help="same seed, same answers")
    sandbox.add_argument(
        "--speed", type=_speed, default=1.0, help="0 answers without delay (%(default)s)"
    )
    sandbox.add_argument("--require-key", action="store_true", help="refuse clients without a key")
    sandbox.set_defaults(command=_sandbox)

    export = commands.add_parser("export", help="write an event as a program that sends it")
    _add_event(export)
    export.add_argument("--language", required=True, metavar="LANG", help="any name lists them")
    _add_endpoint(export)
    export.set_defaults(command=_export)

    send = commands.add_parser("send", help="send an event and print what comes back")
    _add_event(send)
    _add_endpoint(send)
    send.add_argument("--json", action="store_true", help="print one line for each server event")
    send.add_argument(
        "--quiet",
        type=float,
        default=60.0,
        metavar="SECONDS",
        help="give up when the server says nothing for so long (%(default)s)",
    )
    send.set_defaults(command=_send)

    replay = commands.add_parser(
        "replay",
        help="send the events of a log again",
        description="Send the events of a log again, each when what came before it then has come. "
        "Exit code: 0 nothing was refused, 1 something was, 2 no log or no endpoint.",
    )
    replay.add_argument("file", metavar="LOG", help="a session's log.jsonl or log.har; - is stdin")
    replay.add_argument(
        "--dialect", choices=("beta", "ga"), help="how it is written (default: told from it)"
    )
    _add_endpoint(replay)
    replay.add_argument("--pace", action="store_true", help="keep the log's own pauses")
    replay.add_argument("--json", action="store_true", help="print one line for each server event")
    replay.add_argument(
        "--quiet",
        type=float,
        default=60.0,
        metavar="SECONDS",
        help="give up when the server says nothing for so long (%(default)s)",
    )
    replay.set_defaults(command=_replay)
    return parser


def _add_event(command: argparse.ArgumentParser) -> None:
    command.add_argument("file", metavar="FILE", help="the event as JSON; - is standard input")
    command.add_argument(
        "--dialect", choices=("beta", "ga"), help="how it is written (default: told from it)"
    )


def _add_endpoint(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--endpoint",
        default="sandbox",
        metavar="NAME",
        help="sandbox, openai, azure, azure-preview, localai, speaches, litellm, qwen, glm,"
        " stepfun, xai, one of CUECARD_ENDPOINTS, or a ws:// or wss:// address (%(default)s)",
    )
    command.add_argument("--model", default="", help="the model, or deployment, to talk to")


def _run(options: argparse.Namespace) -> int:
    """Serve until stopped; the environment hands the options on to the process that serves."""
    from webapp.outbound.operator_list import load_listed  # noqa: PLC0415  # takes a while

    for name, given in (("CUECARD_HOST", options.host), ("PORT", options.port)):
        if given is not None:
            os.environ[name] = given
    settings = Settings.from_environ()
    load_listed(settings.endpoints)
    listener = _listen(settings.host, settings.port)
    place = address(settings, listener.getsockname()[1])
    _serve(listener, lambda _: print(f"Cuecard is ready at {place}", flush=True))
    return 0


def _check(options: argparse.Namespace) -> int:
    from webapp.commands.check import check_files  # noqa: PLC0415  # only this command needs it

    return check_files(options.files, dialect=options.dialect, as_json=options.json)


def _convert(options: argparse.Namespace) -> int:
    from webapp import dialects  # noqa: PLC0415  # takes a while
    from webapp.exact_json.reader import read_json  # noqa: PLC0415
    from webapp.exact_json.writer import write  # noqa: PLC0415

    event = _read(options.file, read_json)
    source = dialects.source_of(event, options.to)
    if source == options.to:
        title = dialects.TITLES[source]
        print(f"{options.file}: this is {title} already: nothing to convert", file=sys.stderr)
    found = dialects.convert(event, source, options.to)
    for note in found.notes:
        to = f" to {note.to}" if note.to not in ("", note.at) else ""
        print(f"{options.file}:{note.at}: {note.kind}{to}: {note.message}", file=sys.stderr)
    print(write(found.value))
    return 0


def _speed(words: str) -> float:
    """Read how fast the sandbox plays: any finite number from 0 on."""
    speed = float(words)
    if not 0 <= speed < float("inf"):
        raise argparse.ArgumentTypeError("0, or how many times faster than usual")
    return speed


def _host(words: str) -> str:
    """Read where to listen; nothing at all would mean everywhere."""
    if not words.strip():
        raise argparse.ArgumentTypeError("a name or an address of this machine")
    return words


def _port(words: str) -> int:
    if not (words.isascii() and words.isdecimal() and int(words) <= 65_535):
        raise argparse.ArgumentTypeError("0 to 65535")
    return int(words)


def _sandbox(options: argparse.Namespace) -> int:
    from webapp.sandbox.server import run_sandbox  # noqa: PLC0415  # only this command needs it

    return run_sandbox(
        options.host,
        options.port,
        seed=options.seed,
        speed=options.speed,
        require_key=options.require_key,
    )


def _export(options: argparse.Namespace) -> int:
    from webapp.exports import LANGUAGES, CannotExport, export  # noqa: PLC0415  # takes a while
    from webapp.version import installed  # noqa: PLC0415

    if options.language not in LANGUAGES:
        raise _Unusable(f"there is no language {options.language}; there is {', '.join(LANGUAGES)}")
    event = _event(options)
    try:
        source = export(
            options.language,
            event.text,
            event.endpoint,
            dialect=event.dialect,
            problems=event.problems,
            version=installed(),
        )
    except CannotExport as error:
        raise _Unusable(str(error)) from error
    sys.stdout.write(source)
    return 0


def _send(options: argparse.Namespace) -> int:
    from webapp.commands.send import send  # noqa: PLC0415
    from webapp.errors import LocalError  # noqa: PLC0415  # takes a while
    from webapp.outbound.operator_list import load_listed  # noqa: PLC0415

    event = _event(options)
    try:
        return send(
            event.text,
            event.endpoint,
            os.environ,
            out=_print_at_once,
            as_json=options.json,
            quiet_s=options.quiet,
            listed=load_listed(os.environ.get("CUECARD_ENDPOINTS", "")).allowed,
        )
    except LocalError as error:
        raise _Unusable(f"{error} {error.remedy}".strip()) from error


def _replay(options: argparse.Namespace) -> int:
    from webapp.commands.filed_event import filed_log  # noqa: PLC0415
    from webapp.commands.replay import replay  # noqa: PLC0415
    from webapp.endpoints import PRESETS, BadAddress  # noqa: PLC0415
    from webapp.errors import LocalError  # noqa: PLC0415  # takes a while
    from webapp.outbound.operator_list import load_listed  # noqa: PLC0415
    from webapp.sessions.replay import NoLog  # noqa: PLC0415

    listed = load_listed(os.environ.get("CUECARD_ENDPOINTS", ""))
    presets = {**PRESETS, **listed.presets}
    try:
        log, endpoint = _read(
            options.file,
            lambda content: filed_log(
                content, options.endpoint, options.model, options.dialect, presets
            ),
        )
        if log.masked:
            words = f"logged without tokens and headers, and sent so: {log.masked} of the events"
            print(f"{options.file}: {words}", file=sys.stderr)
        return replay(
            log.steps,
            endpoint,
            os.environ,
            out=_print_at_once,
            paced=options.pace,
            as_json=options.json,
            quiet_s=options.quiet,
            listed=listed.allowed,
        )
    except NoLog as error:
        raise _Unusable(f"{options.file}: {error}") from error
    except BadAddress as error:
        raise _Unusable(f"--endpoint {options.endpoint}: {error}") from error
    except LocalError as error:
        raise _Unusable(f"{error} {error.remedy}".strip()) from error


def _print_at_once(text: str) -> None:
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        os._exit(_unheard())  # a session would take an exception for a fault of its own


def _event(options: argparse.Namespace) -> "FiledEvent":
    from webapp.commands.filed_event import filed_event  # noqa: PLC0415
    from webapp.endpoints import PRESETS, BadAddress  # noqa: PLC0415  # takes a while
    from webapp.endpoints.catalogue import with_resource  # noqa: PLC0415
    from webapp.outbound.operator_list import load_listed  # noqa: PLC0415

    listed = load_listed(os.environ.get("CUECARD_ENDPOINTS", "")).presets
    try:
        presets = with_resource(
            {**PRESETS, **listed}, os.environ.get("AZURE_OPENAI_ENDPOINT", "").strip()
        )
        return _read(
            options.file,
            lambda content: filed_event(
                content, options.endpoint, options.model, options.dialect, presets
            ),
        )
    except BadAddress as error:
        raise _Unusable(f"--endpoint {options.endpoint}: {error}") from error


def _read(file: str, reader: "Callable[[bytes], _T]") -> _T:
    """Return what a reader makes of a file; what is wrong with it ends the command."""
    from webapp.exact_json.reader import Unreadable  # noqa: PLC0415  # takes a while

    try:
        with _opened(file) as opened:
            return reader(opened.read())
    except OSError as error:
        raise _Unusable(f"{file}: {error.strerror}") from error
    except Unreadable as fault:
        name = "standard input" if file == "-" else file
        raise _Unusable(f"{name}: {fault} {fault.hint}".strip()) from fault


def _opened(file: str) -> AbstractContextManager[BinaryIO]:
    return nullcontext(sys.stdin.buffer) if file == "-" else Path(file).open("rb")


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
