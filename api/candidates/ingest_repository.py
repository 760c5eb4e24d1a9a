"""Queries of ingest: what is known of a candidate, its files and its spot."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from api.audit.tables import AuditEntry
from api.candidates.tables import CandidateRecord, CandidateState, CandidateUpdate
from api.evidence.tables import StoredObject
from pipeline.candidate import Candidate


def update(session: Session, candidate_id: UUID, number: int) -> CandidateUpdate | None:
    """One update as it came."""
    return session.get(CandidateUpdate, (candidate_id, number))


def box_of(session: Session, candidate_id: UUID) -> str | None:
    """Whose candidate it is; none: it is not known."""
    return session.scalar(select(CandidateRecord.box_id).where(CandidateRecord.id == candidate_id))


def locked(session: Session, candidate_id: UUID) -> CandidateRecord | None:
    """A candidate to change; people who judge it wait until the commit."""
    return session.scalar(
        select(CandidateRecord).where(CandidateRecord.id == candidate_id).with_for_update()
    )


def locked_file(session: Session, sha256: str) -> StoredObject | None:
    """What is known of a file; retention waits until the commit, or this waits for retention."""
    return session.get(StoredObject, sha256, with_for_update=True, populate_existing=True)


def earlier_at_spot(session: Session, candidate: Candidate, within: timedelta) -> int:
    """How many other acts of the kind the camera showed in the zone shortly before."""
    row = CandidateRecord
    query = (
        select(func.count())
        .select_from(row)
        .where(
            row.camera_id == candidate.camera_id,
            row.violation == candidate.violation.value,
            row.zone_id == candidate.zone_id,
            row.started_at >= candidate.started_at - within,
            row.started_at < candidate.started_at,
            row.id != candidate.candidate_id,
            row.state.not_in([CandidateState.REJECTED, CandidateState.MERGED]),
        )
    )
    return session.scalar(query) or 0


def is_logged(session: Session, action: str, subject_kind: str, subject_id: str) -> bool:
    """Whether the log has such an entry."""
    found: Any = session.scalar(
        select(
            exists().where(
                AuditEntry.subject_kind == subject_kind,
                AuditEntry.subject_id == subject_id,
                AuditEntry.action == action,
            )
        )
    )
    return bool(found)
