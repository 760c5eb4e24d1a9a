"""The outbox's rows: entries, files, gaps; every statement that touches them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from edge.outbox.database import Database
from edge.outbox.priority import EntryState, Holding, Urgency
from pipeline.exchange import Gap, GapReason

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable, Sequence
    from pathlib import Path

MAX_DETAIL = 500  # characters, as of `Gap.detail`
_ENTRY_COLUMNS = (
    "id, sequence, candidate_id, update_number, candidate, manifest, signature, notice, began_at,"
    " ended_at, camera_id"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    """One evidence file of an entry."""

    sha256: str
    size_bytes: int
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """Why something was dropped that the centre never had."""

    reason: GapReason
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEntry:
    """What is written down of a bundle and its candidate."""

    manifest_sha256: str
    sequence: int
    candidate_id: str
    update: int
    camera_id: str
    urgency: Urgency
    began_at: datetime
    ended_at: datetime
    taken_at: datetime
    candidate: str  # JSON
    manifest: str
    signature: str
    notice: str
    blobs: tuple[Blob, ...]

    @property
    def text_bytes(self) -> int:
        """What the texts take."""
        texts = (self.candidate, self.manifest, self.signature, self.notice)
        return sum(len(text.encode()) for text in texts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry as the uplink needs it."""

    entry_id: int
    sequence: int
    candidate_id: str
    update: int
    camera_id: str
    began_at: datetime
    ended_at: datetime
    candidate: str  # JSON
    manifest: str
    signature: str
    notice: str
    blobs: tuple[Blob, ...]  # the smallest first


class Ledger:
    """The outbox's database. Every method is one transaction, on disk when it returns.

    May be used from several threads.

    Raises:
        OutboxError: The file cannot be used; OutboxFull: there is no room.
    """

    def __init__(self, path: Path) -> None:
        self._database = Database(path)

    def close(self) -> None:
        """Close the file; what was committed is on disk already."""
        self._database.close()

    def add(self, new: NewEntry) -> None:
        """Write one entry down; one that is known by its manifest stays as it is."""
        with self._database.transaction() as db:
            found = db.execute(
                "INSERT INTO entries (manifest_sha256, sequence, candidate_id, update_number,"
                " camera_id, urgency, state, began_at, ended_at, taken_at, text_bytes, candidate,"
                " manifest, signature, notice) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
                " ON CONFLICT (manifest_sha256) DO NOTHING RETURNING id",
                (
                    *(new.manifest_sha256, new.sequence, new.candidate_id, new.update),
                    *(new.camera_id, int(new.urgency), EntryState.WAITING.value),
                    *(new.began_at.isoformat(), new.ended_at.isoformat()),
                    *(new.taken_at.isoformat(), new.text_bytes, new.candidate),
                    *(new.manifest, new.signature, new.notice),
                ),
            ).fetchone()
            if found is None:
                return
            for blob in new.blobs:
                db.execute(
                    "INSERT INTO blobs VALUES (?,?,?) ON CONFLICT DO NOTHING",
                    (blob.sha256, blob.size_bytes, blob.media_type),
                )
                db.execute(
                    "INSERT INTO files VALUES (?,?) ON CONFLICT DO NOTHING",
                    (found[0], blob.sha256),
                )
            db.execute(
                "INSERT INTO candidates VALUES (?,?,?) ON CONFLICT (candidate_id) DO UPDATE SET"
                " last_update = max(last_update, excluded.last_update),"
                " touched_at = excluded.touched_at",
                (new.candidate_id, new.update, new.taken_at.isoformat()),
            )

    def knows(self, manifest_sha256: str) -> bool:
        """Whether a manifest was taken in and is still here."""
        return bool(
            self._database.value(
                "SELECT count(*) FROM entries WHERE manifest_sha256 = ?", manifest_sha256
            )
        )

    def last_update(self, candidate_id: str) -> int | None:
        """The highest update that was ever taken of a candidate."""
        row = self._database.rows(
            "SELECT last_update FROM candidates WHERE candidate_id = ?", (candidate_id,)
        )
        return int(row[0][0]) if row else None

    def start_next(self, *, leave_out: Collection[int] = ()) -> Entry | None:
        """The most urgent entry that may be sent; it is marked as being sent.

        Of one candidate the lowest update comes first, and the next only when that has left.
        """
        marks = ",".join("?" * len(leave_out))
        with self._database.transaction() as db:
            row = db.execute(
                f"SELECT {_ENTRY_COLUMNS} FROM entries AS e WHERE state = 'waiting'"  # noqa: S608 - fixed texts and question marks
                f" AND id NOT IN ({marks}) AND NOT EXISTS (SELECT 1 FROM entries AS o"
                " WHERE o.candidate_id = e.candidate_id AND o.state IN ('waiting', 'uploading')"
                " AND (o.update_number, o.id) < (e.update_number, e.id))"
                " ORDER BY urgency, id LIMIT 1",
                tuple(leave_out),
            ).fetchone()
            if row is None:
                return None
            db.execute("UPDATE entries SET state = 'uploading' WHERE id = ?", (row[0],))
            blobs = db.execute(
                "SELECT sha256, size_bytes, media_type FROM blobs NATURAL JOIN files"
                " WHERE entry_id = ? ORDER BY size_bytes, sha256",
                (row[0],),
            ).fetchall()
        return _entry(row, blobs)

    def wait_again(self, entry_id: int | None = None) -> None:
        """What was being sent waits again; none: everything that was."""
        with self._database.transaction() as db:
            db.execute(
                "UPDATE entries SET state = 'waiting' WHERE state = 'uploading'"
                " AND (?1 IS NULL OR id = ?1)",
                (entry_id,),
            )

    def wait_after_refusal(self) -> int:
        """What was refused waits again; how many that are."""
        with self._database.transaction() as db:
            return db.execute(
                "UPDATE entries SET state = 'waiting', settled_at = NULL, problem = ''"
                " WHERE state = 'refused'"
            ).rowcount

    def settle(self, entry_id: int, state: EntryState, at: datetime, problem: str = "") -> None:
        """The centre has answered for good."""
        with self._database.transaction() as db:
            db.execute(
                "UPDATE entries SET state = ?, settled_at = ?, problem = ? WHERE id = ?",
                (state.value, at.isoformat(), problem, entry_id),
            )

    def holdings(self) -> list[Holding]:
        """Every entry, as far as its worth goes."""
        rows = self._database.rows(
            "SELECT id, candidate_id, update_number, state, urgency FROM entries"
        )
        return [
            Holding(
                entry_id=row[0],
                candidate_id=row[1],
                update=row[2],
                state=EntryState(row[3]),
                urgency=Urgency(row[4]),
            )
            for row in rows
        ]

    def acknowledged_before(self, instant: datetime) -> list[int]:
        """Entries that the centre has had since before an instant."""
        rows = self._database.rows(
            "SELECT id FROM entries WHERE state = 'acknowledged' AND settled_at < ?",
            (instant.isoformat(),),
        )
        return [row[0] for row in rows]

    def remove(self, entry_id: int, loss: Loss | None = None) -> tuple[str, ...]:
        """Let an entry go.

        Args:
            entry_id: Of the entry; one that is gone already is left alone.
            loss: Why, if the centre never had it: then a numbered gap is written down in the same
                step.

        Returns:
            The files that no other entry needs, by SHA-256.
        """
        with self._database.transaction() as db:
            row = db.execute(
                "SELECT sequence, camera_id, began_at, ended_at FROM entries WHERE id = ?",
                (entry_id,),
            ).fetchone()
            if row is None:
                return ()
            if loss is not None:
                _write_gap(
                    db,
                    Gap(
                        number=1,  # the true one is given when it is written
                        reason=loss.reason,
                        sequence=row[0],
                        camera_id=row[1],
                        began_at=datetime.fromisoformat(row[2]),
                        ended_at=datetime.fromisoformat(row[3]),
                        detail=loss.detail[:MAX_DETAIL],
                    ),
                )
            mine = db.execute("SELECT sha256 FROM files WHERE entry_id = ?", (entry_id,)).fetchall()
            db.execute("DELETE FROM entries WHERE id = ?", (entry_id,))
            orphans = [
                sha256
                for (sha256,) in mine
                if db.execute("SELECT 1 FROM files WHERE sha256 = ?", (sha256,)).fetchone() is None
            ]
            db.executemany("DELETE FROM blobs WHERE sha256 = ?", [(o,) for o in orphans])
        return tuple(orphans)

    def note_gap(self, gap: Gap) -> None:
        """Write a gap down that no entry stands for; whatever its number, it gets the next one."""
        with self._database.transaction() as db:
            _write_gap(db, gap)

    def gaps(self, limit: int) -> tuple[Gap, ...]:
        """The gaps that the centre does not know of, in the order of their numbers."""
        rows = self._database.rows(
            "SELECT number, reason, sequence, camera_id, began_at, ended_at, detail FROM gaps"
            " ORDER BY number LIMIT ?",
            (limit,),
        )
        return tuple(
            Gap(
                number=row[0],
                reason=GapReason(row[1]),
                sequence=row[2],
                camera_id=row[3],
                began_at=datetime.fromisoformat(row[4]),
                ended_at=datetime.fromisoformat(row[5]) if row[5] else None,
                detail=row[6],
            )
            for row in rows
        )

    def forget_gaps(self, through: int) -> None:
        """The centre has these."""
        with self._database.transaction() as db:
            db.execute("DELETE FROM gaps WHERE number <= ?", (through,))

    def forget_candidates(self, touched_before: datetime) -> None:
        """Let go of the update numbers of candidates that nobody has spoken of for long."""
        with self._database.transaction() as db:
            db.execute(
                "DELETE FROM candidates WHERE touched_at < ? AND candidate_id NOT IN"
                " (SELECT candidate_id FROM entries)",
                (touched_before.isoformat(),),
            )

    def used_bytes(self) -> int:
        """What files and texts take."""
        return int(
            self._database.value(
                "SELECT (SELECT coalesce(sum(size_bytes), 0) FROM blobs)"
                " + (SELECT coalesce(sum(text_bytes), 0) FROM entries)"
            )
        )

    def counts(self) -> dict[EntryState, int]:
        """How many entries stand where."""
        found = dict(self._database.rows("SELECT state, count(*) FROM entries GROUP BY state"))
        return {state: found.get(state.value, 0) for state in EntryState}

    def oldest_waiting(self) -> datetime | None:
        """When the oldest unsent entry was taken in."""
        text = self._database.value(
            "SELECT min(taken_at) FROM entries WHERE state IN ('waiting', 'uploading')"
        )
        return datetime.fromisoformat(text) if text else None

    def dropped(self) -> int:
        """How many entries were dropped since the box was set up."""
        return int(self._database.value("SELECT value FROM counters WHERE name = 'dropped'"))

    def blob_names(self) -> set[str]:
        """Every file that an entry needs."""
        return {row[0] for row in self._database.rows("SELECT sha256 FROM blobs")}

    def problems(self, limit: int) -> list[tuple[str, str]]:
        """Candidate and words of the newest refusals."""
        return self._database.rows(
            "SELECT candidate_id, problem FROM entries WHERE state = 'refused'"
            " ORDER BY settled_at DESC LIMIT ?",
            (limit,),
        )


def _write_gap(db: sqlite3.Connection, gap: Gap) -> None:
    """With the next number, in the transaction of what made the gap: numbers have no holes."""
    number = db.execute(
        "UPDATE counters SET value = value + 1 WHERE name = 'gaps' RETURNING value"
    ).fetchone()[0]
    if gap.sequence is not None:
        db.execute("UPDATE counters SET value = value + 1 WHERE name = 'dropped'")
    db.execute(
        "INSERT INTO gaps VALUES (?,?,?,?,?,?,?)",
        (
            *(number, gap.reason.value, gap.sequence, gap.camera_id, gap.began_at.isoformat()),
            *(gap.ended_at.isoformat() if gap.ended_at else None, gap.detail),
        ),
    )


def _entry(row: Sequence[Any], blobs: Iterable[Sequence[Any]]) -> Entry:
    return Entry(
        entry_id=row[0],
        sequence=row[1],
        candidate_id=row[2],
        update=row[3],
        candidate=row[4],
        manifest=row[5],
        signature=row[6],
        notice=row[7],
        began_at=datetime.fromisoformat(row[8]),
        ended_at=datetime.fromisoformat(row[9]),
        camera_id=row[10],
        blobs=tuple(Blob(sha256=b[0], size_bytes=b[1], media_type=b[2]) for b in blobs),
    )
