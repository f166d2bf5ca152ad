"""What a draft was before: its versions one after the other, and which of them it stands at."""

import json
import sqlite3
import zlib
from collections.abc import Callable, Iterable

Inputs = tuple[tuple[str, str], ...]
"""The inputs of a form, name and text: what spells one state of a draft."""

SCHEMA = """
create table if not exists version (
  draft text not null,
  place integer not null,
  inputs blob not null,
  touched text not null,
  saved_s real not null,
  primary key (draft, place)
) strict, without rowid;
create table if not exists standing (
  draft text primary key,
  place integer not null
) strict, without rowid;
"""

MOST_VERSIONS = 200
MOST_BYTES = 8 * 1024 * 1024  # of one draft's versions, compressed
ONE_BREATH_S = 4.0  # typing into one box is one change as long as no pause is longer

# Inputs that are about the page: a change of these alone is no change of the draft.
_LAYOUT = frozenset({"style"})


def remember(
    db: sqlite3.Connection,
    draft_id: str,
    states: Iterable[Inputs],
    now_s: float,
    first: Callable[[], Inputs] | None = None,
) -> None:
    """Go on from where a draft stands, through ``states``; what had been undone is forgotten.

    ``first`` is what it began with, asked for while nothing is remembered yet.
    """
    place = _place(db, draft_id)
    if place is None and first is not None:
        states = (first(), *states)
    for state in states:
        place = _go_on(db, draft_id, place, state, now_s)
    db.execute(
        "delete from version where draft = ?1 and place <> ?2 and (place <= ?2 - ?3 or place in"
        " (select place from (select place, sum(length(inputs)) over (order by place desc) as total"
        " from version where draft = ?1) where total > ?4))",
        (draft_id, place, MOST_VERSIONS, MOST_BYTES),
    )


def step(db: sqlite3.Connection, draft_id: str, by: int) -> Inputs | None:
    """Go one version back (``by`` is -1) or forth (1) and return it; None where there is none."""
    to = "place < ?2 order by place desc" if by < 0 else "place > ?2 order by place"
    found = db.execute(
        f"select place, inputs from version where draft = ?1 and {to} limit 1",  # noqa: S608
        (draft_id, _place(db, draft_id)),
    ).fetchone()
    if found is None:
        return None
    db.execute("update standing set place = ? where draft = ?", (found[0], draft_id))
    return _unpacked(found[1])


def steps(db: sqlite3.Connection, draft_id: str) -> tuple[int, int]:
    """Return how many versions lie before and behind the one where a draft stands."""
    before, behind = db.execute(
        "select count(*) filter (where v.place < s.place),"
        " count(*) filter (where v.place > s.place)"
        " from version v join standing s on s.draft = v.draft where v.draft = ?",
        (draft_id,),
    ).fetchone()
    return before, behind


def forget(db: sqlite3.Connection, draft_ids: Iterable[str]) -> None:
    """Forget all versions of drafts that are gone."""
    gone = [(draft_id,) for draft_id in draft_ids]
    db.executemany("delete from version where draft = ?", gone)
    db.executemany("delete from standing where draft = ?", gone)


def touched(before: Inputs, after: Inputs) -> str:
    """Return the only input whose text differs; empty where the difference is another one."""
    if len(before) != len(after):
        return ""
    differ = [(was, now) for was, now in zip(before, after, strict=True) if was != now]
    if len(differ) != 1 or differ[0][0][0] != differ[0][1][0]:
        return ""
    return differ[0][0][0]


def _go_on(
    db: sqlite3.Connection, draft_id: str, place: int | None, state: Inputs, now_s: float
) -> int:
    name = ""
    if place is not None:
        packed, last, saved_s = db.execute(
            "select inputs, touched, saved_s from version where draft = ? and place = ?",
            (draft_id, place),
        ).fetchone()
        before = _unpacked(packed)
        if _bare(before) == _bare(state):
            return place
        db.execute("delete from version where draft = ? and place > ?", (draft_id, place))
        name = touched(_bare(before), _bare(state))
        if not name or name != last or now_s - saved_s > ONE_BREATH_S:
            place += 1
    place = place or 0
    db.execute(
        "insert or replace into version values (?, ?, ?, ?, ?)",
        (draft_id, place, _packed(state), name, now_s),
    )
    db.execute("insert or replace into standing values (?, ?)", (draft_id, place))
    return place


def _place(db: sqlite3.Connection, draft_id: str) -> int | None:
    found = db.execute("select place from standing where draft = ?", (draft_id,)).fetchone()
    return found[0] if found else None


def _bare(state: Inputs) -> Inputs:
    return tuple(pair for pair in state if pair[0] not in _LAYOUT)


def _packed(state: Inputs) -> bytes:
    return zlib.compress(json.dumps(state, separators=(",", ":")).encode(), 1)


def _unpacked(packed: bytes) -> Inputs:
    return tuple((name, text) for name, text in json.loads(zlib.decompress(packed)))
