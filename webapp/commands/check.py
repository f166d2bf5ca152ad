"""``cuecard check``: the problems of events in files, for people and for a CI job."""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from webapp.checks.reports import Report, report
from webapp.exact_json.reader import JsonValue, Unreadable
from webapp.exact_json.writer import write
from webapp.forms.problems import Severity

STDIN = "-"

FINE, FAULTY, UNREADABLE = 0, 1, 2


def check_files(files: Sequence[str], *, dialect: str | None = None, as_json: bool = False) -> int:
    """Print the problems of every file, a line each; return the exit code.

    That is 2 if a file could not be read, else 1 if an event has an error, else 0. ``as_json``
    prints an object for every file instead, a line each.
    """
    counts: Counter[str] = Counter()
    code = FINE
    for file in files:
        try:
            found = report(_bytes(file), dialect)
        except Unreadable as fault:
            code = UNREADABLE
            _unread(file, fault.reason, f":{fault.line}:{fault.column}", fault, as_json=as_json)
        except OSError as error:
            code = UNREADABLE
            _unread(file, f"{error.strerror}.", "", None, as_json=as_json)
        else:
            code = max(code, FAULTY if found.has_errors else FINE)
            counts.update(problem.severity.value for problem in found.problems)
            for line in [_object(file, found)] if as_json else _lines(file, found):
                _say(line)
    _tell(_summary(len(files), counts))
    return code


def _bytes(file: str) -> bytes:
    return sys.stdin.buffer.read() if file == STDIN else Path(file).read_bytes()


def _lines(file: str, found: Report) -> Iterator[str]:
    for problem in found.problems:
        yield f"{file}:{problem.at}: {problem.severity}: {problem.message}"


def _object(file: str, found: Report) -> str:
    return write({"file": file, **found.to_json()}, indent=None)


def _unread(file: str, reason: str, place: str, fault: Unreadable | None, *, as_json: bool) -> None:
    if not as_json:
        _tell(f"{file}{place}: unreadable: {reason}")
        return
    where: dict[str, JsonValue] = {"line": fault.line, "column": fault.column} if fault else {}
    _say(write({"file": file, "unreadable": {**where, "reason": reason}}, indent=None))


def _summary(files: int, counts: Counter[str]) -> str:
    parts = [f"{files} {'file' if files == 1 else 'files'}"]
    for severity in Severity:
        number = counts[severity.value]
        parts.append(f"{number} {severity.value}{'' if number == 1 else 's'}")
    return ", ".join(parts)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _tell(line: str) -> None:
    sys.stderr.write(f"cuecard: {line}\n")
