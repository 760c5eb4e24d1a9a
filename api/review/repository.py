"""Queries of decisions and policies."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select, tuple_
from sqlalchemy.orm import Session

from api.areas import within
from api.audit.tables import AuditEntry
from api.candidates.tables import CandidateRecord, CandidateState
from api.review.tables import Decision, ReviewPolicy


def decisions_of(session: Session, candidate_id: UUID) -> list[Decision]:
    """Every decision on a candidate, in the order in which they were made."""
    return list(
        session.scalars(
            select(Decision)
            .where(Decision.candidate_id == candidate_id)
            .order_by(Decision.version, Decision.decided_at)
        )
    )


def own_decisions(session: Session, user_id: UUID, candidate_ids: Sequence[UUID]) -> list[Decision]:
    """What a person decided on some candidates and did not undo."""
    return list(
        session.scalars(
            select(Decision).where(
                Decision.candidate_id.in_(candidate_ids),
                Decision.user_id == user_id,
                Decision.undone_at.is_(None),
            )
        )
    )


_OPERATORS = (CandidateState.PENDING_REVIEW, CandidateState.NEED_MORE)


def seconds_since_claim(
    session: Session, candidate_id: UUID, actor_id: str, action: str, now: datetime
) -> float | None:
    """Seconds since a person last claimed a candidate; none: the log does not say."""
    claimed_at = session.scalar(
        select(func.max(AuditEntry.at)).where(
            AuditEntry.subject_kind == "candidate",
            AuditEntry.subject_id == str(candidate_id),
            AuditEntry.action == action,
            AuditEntry.actor_id == actor_id,
        )
    )
    return None if claimed_at is None else max((now - claimed_at) / timedelta(seconds=1), 0.0)


def waiting_to_settle(session: Session, now: datetime, limit: int) -> Sequence[UUID]:
    """Candidates whose last decision can no longer be undone, oldest first."""
    row = CandidateRecord
    return session.scalars(
        select(row.id)
        .where(row.undo_until.is_not(None), row.undo_until <= now)
        .order_by(row.undo_until)
        .limit(limit)
    ).all()


def waiting_to_expire(session: Session, now: datetime, limit: int) -> Sequence[UUID]:
    """Candidates that nobody judged in time and that nobody holds now."""
    row = CandidateRecord
    return session.scalars(
        select(row.id)
        .where(
            row.expires_at <= now,
            row.state.in_(_OPERATORS),
            row.undo_until.is_(None),
            or_(row.claimed_until.is_(None), row.claimed_until <= now),
        )
        .order_by(row.expires_at)
        .limit(limit)
    ).all()


def policies(
    session: Session,
    *,
    area: str,
    at: datetime | None,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[ReviewPolicy]:
    """Policies of an area, newest first; with `at` only those that hold then."""
    row = ReviewPolicy
    query = select(row).where(within(row.organisation_path, area))
    if at is not None:
        query = query.where(*_holds_at(at))
    if after is not None:
        query = query.where(tuple_(row.valid_from, row.id) < after)
    return session.scalars(query.order_by(row.valid_from.desc(), row.id.desc()).limit(limit)).all()


def policies_over(
    session: Session, *, violation: str, organisation_path: str, at: datetime
) -> list[ReviewPolicy]:
    """Policies that reach a violation in an organisation at an instant."""
    row = ReviewPolicy
    parts = [part for part in organisation_path.split("/") if part]
    above = ["/".join(parts[: n + 1]) + "/" for n in range(len(parts))]
    return list(
        session.scalars(
            select(row).where(
                row.organisation_path.in_(above),
                or_(row.violation.is_(None), row.violation == violation),
                *_holds_at(at),
            )
        )
    )


def same_policy(
    session: Session, *, violation: str | None, organisation_path: str, at: datetime
) -> ReviewPolicy | None:
    """The policy for exactly this violation and path that holds, locked."""
    row = ReviewPolicy
    return session.scalar(
        select(row)
        .where(
            row.organisation_path == organisation_path,
            row.violation.is_(None) if violation is None else row.violation == violation,
            *_holds_at(at),
        )
        .order_by(row.valid_from.desc())
        .limit(1)
        .with_for_update()
    )


def _holds_at(at: datetime) -> tuple[ColumnElement[bool], ...]:
    row = ReviewPolicy
    return (row.valid_from <= at, or_(row.valid_to.is_(None), row.valid_to > at))
