"""One line of JSON per log record on standard error, safe to show on a terminal."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import TextIO

from webapp.redaction import redacted

MAX_VALUE_CHARS = 2_048
# The library logs its handshake headers, keys included, at DEBUG.
QUIET_LOGGERS = ("websockets",)


class JsonLines(logging.Formatter):
    """Format a record as one ASCII line of JSON: no key, and control characters escaped."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": _cut(redacted(record.getMessage())),
        }
        if record.exc_info:
            line["exception"] = _cut(redacted(self.formatException(record.exc_info)), keep_end=True)
        return json.dumps(line).replace("\x7f", "\\u007f")


def start_logging(level: str, stream: TextIO | None = None) -> None:
    """Send every record of ``level`` and above to standard error as JSON lines."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in QUIET_LOGGERS:
        logging.getLogger(name).setLevel(max(root.level, logging.WARNING))


def _cut(text: str, *, keep_end: bool = False) -> str:
    if len(text) <= MAX_VALUE_CHARS:
        return text
    kept = text[-MAX_VALUE_CHARS:] if keep_end else text[:MAX_VALUE_CHARS]
    return f"{kept} ({len(text)} characters, cut)"
