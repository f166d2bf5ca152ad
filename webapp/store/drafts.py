"""The drafts that visitors left behind: every one under its own address, for 30 days."""

import json
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from webapp.store import history
from webapp.store.history import Inputs

log = logging.getLogger("cuecard.store")

DAY_S = 86_400
KEPT_DAYS = 30
MOST_PER_OWNER = 200  # drafts
MOST_FORGOTTEN = 1_000  # visitors that are remembered as forgotten, for what comes late
BUSY_MS = 5_000

_SCHEMA = """
create table if not exists draft (
  id text primary key,
  owner text not null,
  dialect text not null,
  type text not null,
  title text not null,
  inputs text not null,
  saved_s real not null
) strict;
create index if not exists draft_owner on draft (owner, saved_s);
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """One kept draft: the inputs of its form, and a few words that tell it from others."""

    id: str
    owner: str
    dialect: str
    type: str
    title: str
    inputs: Inputs
    saved_s: float  # seconds since 1970

    @property
    def saved(self) -> str:
        """When it was kept, in words that name the clock."""
        return f"{datetime.fromtimestamp(self.saved_s, UTC):%Y-%m-%d %H:%M} UTC"


class DraftStore:
    """Drafts in one SQLite file, written while people type and read when a page is opened.

    Building goes on when the disk does not: ``keep`` then says so and nothing else fails.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        self._forgotten: dict[str, None] = {}

    def keep(
        self,
        draft: Kept,
        passed: Iterable[Inputs] = (),
        first: Callable[[], Inputs] | None = None,
    ) -> bool:
        """Keep a draft in place of its last state; False if it could not be written.

        The last state stays where undoing leads, and so do those that it has ``passed`` since;
        ``first`` says what it began with. Somebody else's draft under this id stays as it is, and
        nothing is kept of one who is forgotten: it was on its way when that was asked for.
        """
        try:
            with self._writing() as db:
                if draft.owner in self._forgotten:
                    return False
                written = db.execute(
                    "insert into draft values (?, ?, ?, ?, ?, ?, ?) on conflict (id) do update set"
                    " title = excluded.title, inputs = excluded.inputs, saved_s = excluded.saved_s"
                    " where owner = excluded.owner",
                    (
                        draft.id,
                        draft.owner,
                        draft.dialect,
                        draft.type,
                        draft.title,
                        json.dumps(draft.inputs, separators=(",", ":")),
                        draft.saved_s,
                    ),
                )
                if written.rowcount:
                    states = (*passed, draft.inputs)
                    history.remember(db, draft.id, states, draft.saved_s, first)
                gone = db.execute(
                    "delete from draft where saved_s < ? or id in (select id from draft where"
                    " owner = ? order by saved_s desc limit -1 offset ?) returning id",
                    (draft.saved_s - KEPT_DAYS * DAY_S, draft.owner, MOST_PER_OWNER),
                ).fetchall()
                history.forget(db, [draft_id for (draft_id,) in gone])
        except (sqlite3.Error, OSError) as fault:
            log.error("a draft could not be kept: %s", fault)
            return False
        return True

    def forget(self, owner: str) -> bool:
        """Delete all drafts of a visitor and what they were; False if it could not be done."""
        self._forgotten[owner] = None
        if len(self._forgotten) > MOST_FORGOTTEN:
            self._forgotten.pop(next(iter(self._forgotten)), None)
        if not self._path.exists():
            return True
        try:
            with self._writing() as db:
                gone = db.execute(
                    "delete from draft where owner = ? returning id", (owner,)
                ).fetchall()
                history.forget(db, [draft_id for (draft_id,) in gone])
        except (sqlite3.Error, OSError) as fault:
            log.error("drafts could not be deleted: %s", fault)
            self._forgotten.pop(owner, None)
            return False
        return True

    def get(self, draft_id: str) -> Kept | None:
        """Return a kept draft, or None when there is none under this id."""
        return next(self._rows("where id = ?", (draft_id,)), None)

    def step(self, draft_id: str, owner: str, by: int) -> Inputs | None:
        """Return what a draft was one change ago (``by`` is -1), or was before undoing (1).

        Whoever was given its address sees it as it is, and not what it was.
        """
        own = "select 1 from draft where id = ? and owner = ?"
        try:
            with self._writing() as db:
                if db.execute(own, (draft_id, owner)).fetchone() is None:
                    return None
                return history.step(db, draft_id, by)
        except (sqlite3.Error, OSError) as fault:
            log.error("a draft could not be undone: %s", fault)
            return None

    def steps(self, draft_id: str) -> tuple[int, int]:
        """Return how many changes of a draft can be undone, and how many done again."""
        if not self._path.exists():
            return 0, 0
        try:
            return history.steps(self._db(), draft_id)
        except sqlite3.Error as fault:
            log.error("drafts could not be read: %s", fault)
            return 0, 0

    def recent(self, owner: str, most: int = 8) -> list[Kept]:
        """Return the drafts that a visitor touched last, newest first."""
        return list(self._rows("where owner = ? order by saved_s desc limit ?", (owner, most)))

    def _rows(self, where: str, values: Iterable[object]) -> Iterator[Kept]:
        if not self._path.exists():
            return
        try:
            rows = self._db().execute(f"select * from draft {where}", tuple(values)).fetchall()  # noqa: S608
        except sqlite3.Error as fault:
            log.error("drafts could not be read: %s", fault)
            return
        for draft_id, owner, dialect, kind, title, inputs, saved_s in rows:
            pairs = tuple((name, text) for name, text in json.loads(inputs))
            yield Kept(draft_id, owner, dialect, kind, title, pairs, saved_s)

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Hold the write lock from the start: a read that turns into a write may fail at once."""
        db = self._db()
        db.execute("begin immediate")
        try:
            yield db
        except BaseException:
            db.execute("rollback")
            raise
        db.execute("commit")

    def _db(self) -> sqlite3.Connection:
        db: sqlite3.Connection | None = getattr(self._local, "db", None)
        if db is None:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            db = sqlite3.connect(self._path, isolation_level=None, timeout=BUSY_MS / 1000)
            self._path.chmod(0o600)
            db.execute("pragma journal_mode = wal")
            db.execute("pragma synchronous = normal")  # a crash of the machine may cost seconds
            db.execute("pragma trusted_schema = off")
            db.executescript(_SCHEMA + history.SCHEMA)
            self._local.db = db
        return db


def now_s() -> float:
    """Return the time in seconds since 1970."""
    return time.time()
