"""A record as a file: lines of JSON, or an HTTP Archive with the frames of its WebSocket."""

import base64
import json
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

from webapp.exports.pieces import masked
from webapp.sessions.record import Direction, Frame, Recorded

TEXT_FRAME, BINARY_FRAME = 1, 2


def lines(recorded: Recorded, *, secrets: bool) -> Iterator[str]:
    """Yield a line of JSON for the session, each frame, and each run of frames not kept any more.

    Without ``secrets`` the tokens and headers of MCP tools are masked, and the line says so.
    """
    head = {"seq": 0, "direction": "session", **_origin(recorded)}
    yield json.dumps(head)
    gaps = iter(recorded.gaps)
    gap = next(gaps, None)
    for frame in recorded.frames:
        if gap and gap[0] < frame.seq:
            yield json.dumps(_gap(*gap))
            gap = next(gaps, None)
        yield json.dumps(_line(frame, secrets=secrets))
    if gap:
        yield json.dumps(_gap(*gap))


def har(recorded: Recorded, version: str, *, secrets: bool) -> Iterator[str]:
    """Yield the pieces of an HTTP Archive 1.2, its frames under ``_webSocketMessages``.

    What the format has no place for stands under ``_cuecard``: notices and gaps.
    """
    frames = [each for each in recorded.frames if each.direction is not Direction.NOTICE]
    notices = [
        _line(each, secrets=True) for each in recorded.frames if each.direction is Direction.NOTICE
    ]
    time_ms = round(frames[-1].offset_ms, 3) if frames else 0
    entry = {
        "startedDateTime": recorded.began_at.isoformat(timespec="milliseconds"),
        "time": time_ms,
        "comment": "The headers of the handshake are left out: they may hold a key.",
        "request": _request(recorded),
        "response": _RESPONSE,
        "cache": {},
        "timings": {"send": 0, "wait": 0, "receive": time_ms},
        "_resourceType": "websocket",
        "_cuecard": _origin(recorded)
        | {"notices": notices, "gaps": [_gap(*gap) for gap in recorded.gaps]},
    }
    log = {"version": "1.2", "creator": {"name": "Cuecard", "version": version}, "pages": []}
    head = json.dumps({"log": {**log, "entries": [entry]}})
    # The messages come last, one by one: a record may be large.
    yield head.removesuffix("}]}}") + ', "_webSocketMessages": ['
    comma = ""
    for frame in frames:
        yield comma + json.dumps(_message(recorded, frame, secrets=secrets))
        comma = ", "
    yield "]}]}}"


def _origin(recorded: Recorded) -> dict[str, object]:
    return {
        "session": recorded.session_id,
        "endpoint": recorded.endpoint,
        "dialect": recorded.dialect,
        "began": recorded.began_at.isoformat(timespec="milliseconds"),
    }


def _request(recorded: Recorded) -> dict[str, object]:
    url = recorded.address or f"ws://{recorded.endpoint}.invalid/v1/realtime"
    query = parse_qsl(urlsplit(url).query, keep_blank_values=True)
    return {
        "method": "GET",
        "url": url,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": [],
        "queryString": [{"name": name, "value": value} for name, value in query],
        "headersSize": -1,
        "bodySize": 0,
    }


_RESPONSE = {
    "status": 101,
    "statusText": "Switching Protocols",
    "httpVersion": "HTTP/1.1",
    "cookies": [],
    "headers": [],
    "content": {"size": 0, "mimeType": "x-unknown"},
    "redirectURL": "",
    "headersSize": -1,
    "bodySize": -1,
}


def _line(frame: Frame, *, secrets: bool) -> dict[str, object]:
    members: dict[str, object] = {
        "seq": frame.seq,
        "direction": frame.direction.value,
        "offset_ms": round(frame.offset_ms, 3),
    }
    if isinstance(frame.payload, bytes):
        return members | {"base64": base64.b64encode(frame.payload).decode("ascii")}
    return members | _text("text", frame, secrets=secrets)


def _message(recorded: Recorded, frame: Frame, *, secrets: bool) -> dict[str, object]:
    at = recorded.began_at + timedelta(milliseconds=frame.offset_ms)
    members: dict[str, object] = {
        "type": "send" if frame.direction is Direction.SENT else "receive",
        "time": at.timestamp(),
        "_seq": frame.seq,
        "_offset_ms": round(frame.offset_ms, 3),
    }
    if isinstance(frame.payload, bytes):
        encoded = base64.b64encode(frame.payload).decode("ascii")
        return members | {"opcode": BINARY_FRAME, "data": encoded}
    return members | {"opcode": TEXT_FRAME} | _text("data", frame, secrets=secrets)


def _text(name: str, frame: Frame, *, secrets: bool) -> dict[str, object]:
    text = frame.text
    shown = text if secrets else masked(text)
    return {name: shown} if shown == text else {name: shown, "masked": True}


def _gap(first: int, last: int) -> dict[str, object]:
    return {"seq": first, "direction": "gap", "last_seq": last, "events": last - first + 1}
