"""All events of a session: rows to search, filter and fold, one frame alone, two side by side."""

from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import urlencode

from flask import Blueprint, Flask, Response, abort, render_template, request, url_for

from webapp.sessions.events_view import (
    MAX_OPENED,
    SHOWN_CHARS,
    WINDOW,
    Asked,
    Row,
    View,
    pretty,
    view,
)
from webapp.sessions.live import LiveSession
from webapp.sessions.protocol import State
from webapp.sessions.record import Direction, Frame, Recorded
from webapp.views import current, wire_diff
from webapp.views.htmx import Swap, fragment, is_htmx

bp = Blueprint("session_record", __name__, url_prefix="/sessions/<session_id>/record")

MAX_WORDS_CHARS = 200
TWO = 2


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page shows: a window of the record, and what of it was asked for."""

    session: LiveSession
    recorded: Recorded
    asked: Asked
    view: View

    @property
    def live(self) -> bool:
        """Whether new rows are to be asked for: not while the end of the record is out of sight."""
        reading = self.view.later or self.asked.before
        return not reading and self.session.state is not State.CLOSED

    def address(self, **changes: object) -> str:
        """The address of this view with other words in it."""
        asked = replace(self.asked, **changes)  # type: ignore[arg-type]
        words = [
            ("text", asked.text),
            ("type", asked.type),
            ("direction", asked.direction),
            ("unfold", "" if asked.folded else "yes"),
            ("before", asked.before or ""),
            ("at", asked.at or ""),
            *(("open", seq) for seq in sorted(asked.opened)),
        ]
        query = urlencode([(name, word) for name, word in words if word != ""])
        address = url_for("session_record.page", session_id=self.session.id)
        return f"{address}?{query}" if query else address

    def toggled(self, row: Row) -> str:
        """The address with a fold opened, or closed again."""
        return self.address(opened=self.asked.opened ^ {row.seq}, at=row.seq, before=0)

    @property
    def earlier(self) -> str:
        """The address of the window before this one."""
        return self.address(before=self.view.rows[0].seq, at=0)

    @property
    def later(self) -> str:
        """The address of the window behind this one."""
        return self.address(before=self.view.following, at=0)

    @property
    def end(self) -> str:
        """The address of the last window, all folds closed."""
        return self.address(before=0, at=0, opened=frozenset())

    def clock(self, frame: Frame) -> str:
        """When a frame went over the wire, in UTC."""
        at = self.recorded.began_at + timedelta(milliseconds=frame.offset_ms)
        return at.strftime("%H:%M:%S.") + f"{at.microsecond // 1000:03d}"


def init_app(app: Flask) -> None:
    """Give templates the words for directions and sizes."""
    app.jinja_env.filters["size"] = size_in_words


def size_in_words(size_bytes: int) -> str:
    """Return a size for a narrow column."""
    if size_bytes < 1_000:
        return f"{size_bytes} B"
    if size_bytes < 999_500:
        return f"{size_bytes / 1_000:.1f} kB" if size_bytes < 99_950 else f"{size_bytes // 1000} kB"
    return f"{size_bytes / 1_000_000:.1f} MB"


@bp.get("")
def page(session_id: str) -> str | Response:
    """Show the record: as a page, or as the part of one."""
    shown = _shown(session_id)
    if not is_htmx():
        return render_template("sessions/record.html", record=shown, difference=None)
    return fragment(render_template("sessions/_record.html", record=shown, difference=None))


@bp.get("/more")
def more(session_id: str) -> Response:
    """Give the rows that are new, beginning with the last one that the page has.

    Open folds come again with what is new in them; a page puts each row where it belongs.
    """
    session = current.session(session_id)
    if _number("seen") == session.last_seq:
        return fragment("", 204)
    shown = _shown(session_id)
    if len(shown.view.rows) == WINDOW or not shown.asked.since:
        # More has come than a window holds, so that rows would be missing in between.
        shown = _shown(session_id, since=0)
        html = render_template("sessions/_record_rows.html", record=shown)
        return fragment(html, target="#record-rows", swap=Swap.OUTER)
    return fragment(render_template("sessions/_record_more.html", record=shown))


@bp.get("/difference")
def difference(session_id: str) -> str | Response:
    """Show two frames side by side, line by line."""
    shown, ticked = _shown(session_id), request.args.getlist("tick")
    frames = [_frame(shown.recorded, seq) for seq in ticked[:TWO]]
    texts = [pretty(frame).split("\n") for frame in frames]
    found = {
        "titles": [f"{each.seq}: {each.type[:80] or 'not an event'}" for each in frames],
        "rows": wire_diff.rows(*texts) if len(texts) == TWO else None,
        "ticked": len(ticked),
    }
    if not is_htmx():
        return render_template("sessions/record.html", record=shown, difference=found)
    return fragment(render_template("sessions/_difference.html", record=shown, difference=found))


@bp.get("/<int:seq>")
def frame(session_id: str, seq: int) -> str:
    """Show one frame on a page of its own, pretty or as it went."""
    recorded = current.session(session_id).recorded()
    found = _frame(recorded, str(seq))
    raw = "raw" in request.args
    text = found.text if raw else pretty(found)
    return render_template(
        "sessions/frame.html",
        frame=found,
        session_id=session_id,
        raw=raw,
        text=text[:SHOWN_CHARS],
        cut=len(text) > SHOWN_CHARS,
    )


@bp.get("/<int:seq>.txt")
def text(session_id: str, seq: int) -> Response:
    """Give the text of a frame: all of it to the letter, or its beginning for the page to show."""
    found = _frame(current.session(session_id).recorded(), str(seq))
    layout = request.args.get("layout", "")
    if not layout:
        payload = found.payload
        whole = payload if isinstance(payload, bytes) else found.text.encode("utf-8", "replace")
        answer = Response(whole, content_type="text/plain; charset=utf-8")
        name = f"session-{session_id[:8]}-{seq}.{'bin' if isinstance(payload, bytes) else 'txt'}"
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer
    shown = pretty(found) if layout == "pretty" else found.text
    answer = Response(
        shown[:SHOWN_CHARS].encode("utf-8", "replace"), content_type="text/plain; charset=utf-8"
    )
    if len(shown) > SHOWN_CHARS:
        answer.headers["X-Cut"] = f"{len(shown)}"
    return answer


def _shown(session_id: str, **changes: int) -> Shown:
    session = current.session(session_id)
    recorded, asked = session.recorded(), replace(_asked(), **changes)  # type: ignore[arg-type]
    return Shown(session, recorded, asked, view(recorded.frames, recorded.last_seq, asked))


def _asked() -> Asked:
    words = request.args
    direction = words.get("direction", "")
    opened = [int(seq) for seq in words.getlist("open") if _is_number(seq)]
    return Asked(
        text=words.get("text", "")[:MAX_WORDS_CHARS],
        type=words.get("type", ""),
        direction=direction if direction in {each.value for each in Direction} else "",
        folded="unfold" not in words,
        opened=frozenset(opened[:MAX_OPENED]),
        before=_number("before"),
        at=_number("at"),
        since=_number("since"),
    )


def _number(name: str) -> int:
    text = request.args.get(name, "")
    return int(text) if _is_number(text) else 0


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 16


def _frame(recorded: Recorded, seq: str) -> Frame:
    wanted = int(seq) if _is_number(seq) else 0
    return next((each for each in recorded.frames if each.seq == wanted), None) or abort(404)
