"""The outbox's SQLite file: its tables, its durability, its errors."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from edge.errors import OutboxError, OutboxFull

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

FORMAT = 1
BUSY_SECONDS = 10.0  # a backup tool may hold the file for a moment
SCHEMA = """
CREATE TABLE entries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    manifest_sha256 TEXT NOT NULL UNIQUE,
    sequence INTEGER NOT NULL,
    candidate_id TEXT NOT NULL,
    update_number INTEGER NOT NULL,
    camera_id TEXT NOT NULL,
    urgency INTEGER NOT NULL,
    state TEXT NOT NULL,
    began_at TEXT NOT NULL,          -- the act, for a gap that may have to tell of it
    ended_at TEXT NOT NULL,
    taken_at TEXT NOT NULL,
    settled_at TEXT,                 -- acknowledged or refused
    problem TEXT NOT NULL DEFAULT '',
    text_bytes INTEGER NOT NULL,
    candidate TEXT NOT NULL,
    manifest TEXT NOT NULL,
    signature TEXT NOT NULL,
    notice TEXT NOT NULL
) STRICT;
CREATE INDEX entries_by_candidate ON entries (candidate_id, update_number);
CREATE INDEX entries_by_state ON entries (state, urgency, id);
CREATE TABLE blobs (
    sha256 TEXT PRIMARY KEY,
    size_bytes INTEGER NOT NULL,
    media_type TEXT NOT NULL
) STRICT;
CREATE TABLE files (
    entry_id INTEGER NOT NULL REFERENCES entries (id) ON DELETE CASCADE,
    sha256 TEXT NOT NULL REFERENCES blobs (sha256),
    PRIMARY KEY (entry_id, sha256)
) STRICT;
CREATE INDEX files_by_blob ON files (sha256);
-- The highest update that was ever taken of a candidate, which outlives its entries.
CREATE TABLE candidates (
    candidate_id TEXT PRIMARY KEY,
    last_update INTEGER NOT NULL,
    touched_at TEXT NOT NULL
) STRICT;
CREATE TABLE gaps (
    number INTEGER PRIMARY KEY,
    reason TEXT NOT NULL,
    sequence INTEGER,
    camera_id TEXT,
    began_at TEXT NOT NULL,
    ended_at TEXT,
    detail TEXT NOT NULL
) STRICT;
CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
INSERT INTO counters VALUES ('gaps', 0), ('dropped', 0);
"""


class Database:
    """One connection, used by one thread at a time.

    Raises:
        OutboxError: The file cannot be used; OutboxFull: there is no room.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.RLock()
        with self._errors():
            self._db = sqlite3.connect(
                path, timeout=BUSY_SECONDS, check_same_thread=False, isolation_level=None
            )
        try:
            self._prepare()
        except BaseException:
            self._db.close()
            raise

    def close(self) -> None:
        """Close the file; what was committed is on disk already."""
        with self._lock:
            self._db.close()

    def _prepare(self) -> None:
        with self._errors():
            self._db.execute("PRAGMA journal_mode = WAL")
            # A commit counts once it is on disk: a power cut takes nothing back.
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.execute("PRAGMA foreign_keys = ON")
        with self.transaction() as db:
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if version == 0:
                for statement in SCHEMA.split(";"):
                    db.execute(statement)
                db.execute(f"PRAGMA user_version = {FORMAT}")
            elif version != FORMAT:
                raise OutboxError(
                    f"{self._path}: was written by another version (format {version}, this one"
                    f" reads {FORMAT}); run the software that wrote it until it is empty"
                )

    def value(self, statement: str, *values: str | int) -> Any:  # noqa: ANN401 - what SQLite holds
        """The one value of the one row that a question gives."""
        return self.rows(statement, values)[0][0]

    def rows(self, statement: str, values: Sequence[str | int] = ()) -> list[tuple[Any, ...]]:
        """All rows that a question gives."""
        with self._lock, self._errors():
            return self._db.execute(statement, values).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All statements inside or none; on disk when it is left."""
        with self._lock, self._errors():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:  # a full disk has ended it already
                    self._db.execute("ROLLBACK")
                raise

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
                raise OutboxFull(f"{self._path}: the disk is full; make room") from error
            raise OutboxError(
                f"{self._path}: cannot be used: {error}; check the disk it lies on"
            ) from error
