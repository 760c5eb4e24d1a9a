"""Queries of retention: what may be due, what a candidate still has, and deletions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, select, tuple_
from sqlalchemy.orm import Session, aliased

from api.areas import within
from api.audit.tables import AuditEntry
from api.candidates.tables import CandidateRecord, CandidateState, CandidateUpdate
from api.cases.tables import Case
from api.evidence.tables import EvidenceRecord, StoredObject
from api.retention.rules import ENDED_CANDIDATES, ENDED_CASES
from api.retention.tables import Deletion
from api.review.tables import Decision

# By which the log says that a candidate came to its end without a decision.
ENDING_ACTIONS = ("candidate.expired", "candidate.merged")
Position = tuple[datetime, UUID]  # of a candidate, in the order of arrival


def ended_candidates(
    session: Session, *, received_until: datetime, after: Position | None, limit: int
) -> list[Position]:
    """Candidates without a case that came to an end and still have evidence, by arrival."""
    row = CandidateRecord
    query = (
        select(row.received_at, row.id)
        .where(
            row.state.in_(ENDED_CANDIDATES),
            row.evidence_deleted_at.is_(None),
            row.hold.is_(False),
            row.received_at <= received_until,
            ~exists().where(Case.candidate_id == row.id),
        )
        .order_by(row.received_at, row.id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(tuple_(row.received_at, row.id) > after)
    return [(received_at, id_) for received_at, id_ in session.execute(query)]


def candidates_of_ended_cases(
    session: Session, *, ended_until: datetime, after: Position | None, limit: int
) -> list[Position]:
    """Candidates whose case has ended and that still have evidence, by arrival."""
    row = CandidateRecord
    query = (
        select(row.received_at, row.id)
        .join(Case, Case.candidate_id == row.id)
        .where(
            Case.state.in_(ENDED_CASES),
            Case.updated_at <= ended_until,
            row.evidence_deleted_at.is_(None),
            row.hold.is_(False),
        )
        .order_by(row.received_at, row.id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(tuple_(row.received_at, row.id) > after)
    return [(received_at, id_) for received_at, id_ in session.execute(query)]


def case_of(session: Session, candidate_id: UUID) -> Case | None:
    """The case of a candidate whose row the caller holds."""
    return session.scalar(
        select(Case)
        .where(Case.candidate_id == candidate_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def ended_at(session: Session, record: CandidateRecord) -> datetime:
    """When a candidate came to its end: its last decision, expiry or merging, or its arrival."""
    decided_at = session.scalar(
        select(func.max(Decision.decided_at)).where(Decision.candidate_id == record.id)
    )
    logged_at = session.scalar(
        select(func.max(AuditEntry.at)).where(
            AuditEntry.subject_kind == "candidate",
            AuditEntry.subject_id == str(record.id),
            AuditEntry.action.in_(ENDING_ACTIONS),
        )
    )
    # One that expired before the log existed, or whose rows were imported, has its own dates.
    own = record.expires_at if record.state == CandidateState.EXPIRED else record.received_at
    return max(at for at in (decided_at, logged_at, own) if at is not None)


def target_deleted_at(session: Session, record: CandidateRecord) -> datetime | None:
    """When the evidence of what a merged candidate became a part of went; none: it is there.

    A target that never came keeps nothing: then the part's own arrival counts.
    """
    if record.merged_into is None:
        return record.received_at
    target = session.get(CandidateRecord, record.merged_into)
    return record.received_at if target is None else target.evidence_deleted_at


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldFile:
    """One file that a candidate still has, with the names under which its manifests list it."""

    stored: StoredObject
    items: tuple[EvidenceRecord, ...]
    received_at: datetime  # of the newest update that lists it


def held_files(session: Session, candidate_id: UUID) -> list[HeldFile]:
    """The files of a candidate that are there, locked, in the order of their digests."""
    item, update = EvidenceRecord, CandidateUpdate
    rows = session.execute(
        select(item, update.received_at)
        .join(
            update,
            (update.candidate_id == item.candidate_id) & (update.update == item.update),
        )
        .where(item.candidate_id == candidate_id)
        .order_by(item.sha256, item.update, item.name)
    ).all()
    wanted = sorted({record.sha256 for record, _ in rows})
    there = {stored.sha256: stored for stored in lock_files(session, wanted)}
    found: dict[str, list[tuple[EvidenceRecord, datetime]]] = {}
    for record, received_at in rows:
        if record.sha256 in there and there[record.sha256].deleted_at is None:
            found.setdefault(record.sha256, []).append((record, received_at))
    return [
        HeldFile(
            stored=there[sha256],
            items=tuple(record for record, _ in listed),
            received_at=max(at for _, at in listed),
        )
        for sha256, listed in found.items()
    ]


def lock_files(session: Session, sha256s: Sequence[str]) -> Iterator[StoredObject]:
    """Rows of files, locked in the order of their digests, as ingest locks them."""
    for sha256 in sorted(sha256s):
        stored = session.get(StoredObject, sha256, with_for_update=True, populate_existing=True)
        if stored is not None:
            yield stored


def is_needed_elsewhere(session: Session, sha256: str, candidate_id: UUID) -> bool:
    """Whether another candidate that still has its evidence lists the same bytes."""
    item, other = EvidenceRecord, aliased(CandidateRecord)
    query = select(
        exists()
        .where(item.sha256 == sha256)
        .where(item.candidate_id != candidate_id)
        .where(other.id == item.candidate_id)
        .where(other.evidence_deleted_at.is_(None))
    )
    return bool(session.scalar(query))


def manifests_of(session: Session, candidate_id: UUID) -> list[tuple[int, str]]:
    """Number and manifest digest of every update; the manifests themselves are kept."""
    rows = session.execute(
        select(CandidateUpdate.update, CandidateUpdate.manifest_sha256)
        .where(CandidateUpdate.candidate_id == candidate_id)
        .order_by(CandidateUpdate.update)
    )
    return [(number, sha256) for number, sha256 in rows]


def open_deletion(session: Session, candidate_id: UUID) -> Deletion | None:
    """The deletion of a candidate's evidence that has begun and not ended."""
    return session.scalar(
        select(Deletion).where(
            Deletion.candidate_id == candidate_id, Deletion.completed_at.is_(None)
        )
    )


def is_in_progress(session: Session, deletion_id: UUID | None) -> bool:
    """Whether a deletion has begun and not ended."""
    found = session.get(Deletion, deletion_id) if deletion_id is not None else None
    return found is not None and found.completed_at is None


def left_behind(session: Session, now: datetime, limit: int) -> list[UUID]:
    """Deletions that nobody is at, the oldest first: a process ended, or the store was away."""
    found = session.scalars(
        select(Deletion.id)
        .where(Deletion.completed_at.is_(None), Deletion.leased_until <= now)
        .order_by(Deletion.leased_until)
        .limit(limit)
    )
    return list(found)


def lock_deletion(session: Session, deletion_id: UUID) -> Deletion | None:
    """A deletion to go on with; others wait."""
    return session.get(Deletion, deletion_id, with_for_update=True, populate_existing=True)


def deletions(
    session: Session,
    area: str,
    *,
    candidate_id: UUID | None,
    before: int | None,
    limit: int,
) -> list[Deletion]:
    """Completed deletions of an area, the newest first."""
    conditions: list[ColumnElement[bool]] = [
        within(Deletion.organisation_path, area),
        Deletion.completed_at.is_not(None),
    ]
    if candidate_id is not None:
        conditions.append(Deletion.candidate_id == candidate_id)
    if before is not None:
        conditions.append(Deletion.number < before)
    query = select(Deletion).where(*conditions).order_by(Deletion.number.desc()).limit(limit)
    return list(session.scalars(query))


def deletions_of(session: Session, candidate_id: UUID, limit: int) -> list[Deletion]:
    """The newest deletions of a candidate's evidence, the oldest first, open ones too."""
    found = session.scalars(
        select(Deletion)
        .where(Deletion.candidate_id == candidate_id)
        .order_by(Deletion.begun_at.desc(), Deletion.id)
        .limit(limit)
    ).all()
    return list(reversed(found))
