"""Queries of the queue: pages in its order, counts, and the rows of one candidate."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, func, or_, select, tuple_
from sqlalchemy.orm import Session

from api.areas import within
from api.audit.tables import AuditEntry
from api.cameras.tables import CameraRecord, CameraVersion
from api.candidates.tables import CandidateRecord, CandidateState, CandidateUpdate
from api.cases.tables import Case
from api.evidence.tables import EvidenceRecord, StoredObject
from api.users.tables import User

PICTURES = ("image/jpeg", "image/png", "image/webp")
QueuePosition = tuple[int, datetime, UUID]  # priority, due_at, id: the order of the queue


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFilter:
    """Which candidates; every field that is none lets all pass."""

    states: tuple[CandidateState, ...]
    area: str  # organisation path
    violation: str | None = None
    camera_id: str | None = None
    priority: int | None = None
    received_before: datetime | None = None
    received_after: datetime | None = None
    due_before: datetime | None = None
    claimed_by: UUID | None = None
    free_at: datetime | None = None  # nobody holds it at this instant
    number: int | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """As SQL, without the states."""
        row = CandidateRecord
        found: list[ColumnElement[bool]] = [within(row.organisation_path, self.area)]
        equal = (
            (row.violation, self.violation),
            (row.camera_id, self.camera_id),
            (row.priority, self.priority),
            (row.claimed_by, self.claimed_by),
            (row.number, self.number),
        )
        found += [column == value for column, value in equal if value is not None]
        if self.received_before is not None:
            found.append(row.received_at < self.received_before)
        if self.received_after is not None:
            found.append(row.received_at >= self.received_after)
        if self.due_before is not None:
            found.append(row.due_at < self.due_before)
        if self.free_at is not None:
            found.append(_is_free(self.free_at))
        return found


def position_of(record: CandidateRecord) -> QueuePosition:
    """Where a candidate stands in the queue."""
    return (record.priority, record.due_at, record.id)


def page(
    session: Session, wanted: QueueFilter, *, after: QueuePosition | None, limit: int
) -> list[CandidateRecord]:
    """The next candidates in the queue's order.

    Each state is read by itself, so that the index gives the order and nothing is sorted.
    """
    per_state = [
        session.scalars(_in_order(wanted, state, after).limit(limit)).all()
        for state in wanted.states
    ]
    merged = heapq.merge(*per_state, key=lambda record: _sort_key(position_of(record)))
    return list(merged)[:limit]


def _sort_key(position: QueuePosition) -> tuple[int, datetime, str]:
    # As the databases order ids: by their digits.
    return (position[0], position[1], position[2].hex)


def _in_order(
    wanted: QueueFilter, state: CandidateState, after: QueuePosition | None
) -> Select[CandidateRecord]:
    row = CandidateRecord
    query = select(row).where(row.state == state, *wanted.conditions())
    if after is not None:
        query = query.where(tuple_(row.priority, row.due_at, row.id) > after)
    return query.order_by(row.priority, row.due_at, row.id)


def lock_free(session: Session, record: CandidateRecord, now: datetime) -> CandidateRecord | None:
    """A candidate to claim, as it is now; none: somebody else has taken or is just taking it."""
    row = CandidateRecord
    return session.scalar(
        select(row)
        .where(row.id == record.id, row.state == record.state, _is_free(now))
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )


def _is_free(now: datetime) -> ColumnElement[bool]:
    row = CandidateRecord
    return or_(row.claimed_until.is_(None), row.claimed_until <= now)


def locked(session: Session, candidate_id: UUID) -> CandidateRecord | None:
    """One candidate, nobody else's to change until the transaction ends."""
    return session.get(CandidateRecord, candidate_id, with_for_update=True, populate_existing=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueCount:
    """How many candidates share state, violation and priority."""

    state: str
    violation: str
    priority: int
    total: int
    overdue: int


def counts(session: Session, wanted: QueueFilter, now: datetime) -> list[QueueCount]:
    """Counts for every combination that occurs; read from an index alone."""
    row = CandidateRecord
    overdue = func.sum(case((row.due_at < now, 1), else_=0))
    found = session.execute(
        select(row.state, row.violation, row.priority, func.count(), overdue)
        .where(row.state.in_(wanted.states), *wanted.conditions())
        .group_by(row.state, row.violation, row.priority)
    )
    return [
        QueueCount(state=state, violation=violation, priority=priority, total=n, overdue=late)
        for state, violation, priority, n, late in found
    ]


def names_of(session: Session, user_ids: Iterable[UUID]) -> dict[UUID, str]:
    """The names of people."""
    wanted = set(user_ids)
    if not wanted:
        return {}
    rows = session.execute(select(User.id, User.name).where(User.id.in_(wanted)))
    return {row.id: row.name for row in rows}


def camera_names(session: Session, camera_ids: Iterable[str]) -> dict[str, str]:
    """The present names of cameras."""
    row = CameraVersion
    newest = (
        select(row.camera_id, func.max(row.number).label("number"))
        .where(row.camera_id.in_(list(camera_ids)))
        .group_by(row.camera_id)
        .subquery()
    )
    found = session.execute(
        select(row.camera_id, row.settings["name"].as_string()).join(
            newest, (newest.c.camera_id == row.camera_id) & (newest.c.number == row.number)
        )
    )
    return {camera_id: name or "" for camera_id, name in found}


def camera(session: Session, camera_id: str) -> CameraRecord | None:
    """A camera's record."""
    return session.get(CameraRecord, camera_id)


def camera_version(session: Session, version_id: UUID | None) -> CameraVersion | None:
    """One version of a camera."""
    return session.get(CameraVersion, version_id) if version_id is not None else None


def shown_pictures(
    session: Session, candidates: Sequence[tuple[UUID, int]]
) -> dict[UUID, list[EvidenceRecord]]:
    """Of candidates, by id and update: the redacted pictures that are still there."""
    if not candidates:
        return {}
    row = EvidenceRecord
    found = session.scalars(
        select(row)
        .join(StoredObject, StoredObject.sha256 == row.sha256)
        .where(
            tuple_(row.candidate_id, row.update).in_(list(candidates)),
            row.is_redacted,
            row.media_type.in_(PICTURES),
            StoredObject.deleted_at.is_(None),
        )
    )
    pictures: dict[UUID, list[EvidenceRecord]] = {}
    for item in found:
        pictures.setdefault(item.candidate_id, []).append(item)
    return pictures


def items_with_objects(
    session: Session, candidate_id: UUID, update: int
) -> list[tuple[EvidenceRecord, StoredObject | None]]:
    """The items of one update with what is known of their bytes."""
    row = EvidenceRecord
    rows = session.execute(
        select(row, StoredObject)
        .outerjoin(StoredObject, StoredObject.sha256 == row.sha256)
        .where(row.candidate_id == candidate_id, row.update == update)
        .order_by(row.captured_at, row.name)
    )
    return [(item, stored) for item, stored in rows]


def item(session: Session, candidate_id: UUID, update: int, name: str) -> EvidenceRecord | None:
    """One item."""
    return session.get(EvidenceRecord, (candidate_id, update, name))


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateLine:
    """One submission without its texts."""

    update: int
    received_at: datetime
    manifest_sha256: str
    is_supplement: bool


def update_lines(session: Session, candidate_id: UUID, limit: int) -> list[UpdateLine]:
    """The newest submissions of a candidate, oldest first."""
    row = CandidateUpdate
    rows = session.execute(
        select(row.update, row.received_at, row.manifest_sha256, row.is_supplement)
        .where(row.candidate_id == candidate_id)
        .order_by(row.update.desc())
        .limit(limit)
    ).all()
    return [
        UpdateLine(update=number, received_at=at, manifest_sha256=sha256, is_supplement=later)
        for number, at, sha256, later in reversed(rows)
    ]


def earlier_at_spot(
    session: Session, record: CandidateRecord, *, since: datetime, limit: int
) -> tuple[list[CandidateRecord], int]:
    """Episodes of the same violation in the same zone that began before, newest first; how many."""
    row = CandidateRecord
    conditions = (
        row.camera_id == record.camera_id,
        row.violation == record.violation,
        row.zone_id == record.zone_id,
        row.started_at >= since,
        row.started_at < record.started_at,
    )
    total = session.scalar(select(func.count()).select_from(row).where(*conditions)) or 0
    found = session.scalars(
        select(row).where(*conditions).order_by(row.started_at.desc()).limit(limit)
    )
    return list(found), total


def history(session: Session, candidate_id: UUID, limit: int) -> list[AuditEntry]:
    """The newest entries of the log on a candidate, oldest first."""
    found = session.scalars(
        select(AuditEntry)
        .where(AuditEntry.subject_kind == "candidate", AuditEntry.subject_id == str(candidate_id))
        .order_by(AuditEntry.number.desc())
        .limit(limit)
    ).all()
    return list(reversed(found))


def newest_entry(session: Session) -> int:
    """The number of the log's newest entry; 0 for an empty log."""
    return session.scalar(select(func.max(AuditEntry.number))) or 0


def case_of(session: Session, candidate_id: UUID) -> Case | None:
    """The case of a candidate."""
    return session.scalar(select(Case).where(Case.candidate_id == candidate_id))


def held_by(session: Session, user_id: UUID, now: datetime) -> int:
    """How many candidates a person holds."""
    row = CandidateRecord
    held = select(func.count()).select_from(row)
    return session.scalar(held.where(row.claimed_by == user_id, row.claimed_until > now)) or 0


def has_update(session: Session, candidate_id: UUID, update: int) -> bool:
    """Whether this submission has come."""
    return session.get(CandidateUpdate, (candidate_id, update)) is not None
