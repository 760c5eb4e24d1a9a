"""Ways back into the queue: returned cases, and candidates that had expired."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from api.candidates.tables import CandidateRecord, CandidateState, EvidenceUse
from api.errors import Conflict, Gone
from api.principal import Principal
from api.review.claims import end_claim, log_candidate
from api.review.stages import STATE_OF_STAGE
from api.review.tables import Stage
from api.review.working_days import WorkingCalendar
from api.settings import ReviewSettings

OVERDUE = "review_overdue"  # domain guide, section 10: evidence_use_reasons
RETURNED = "returned"  # a priority reason: a case system waits for it


def send_back(
    session: Session, record: CandidateRecord, *, settings: ReviewSettings, now: datetime
) -> Stage:
    """Have the last stage of the policy judge a handed-over candidate again.

    Returns:
        That stage.
    """
    stage = Stage(record.policy[-1])
    record.state = STATE_OF_STAGE[stage]
    record.version += 1
    record.undo_until = None
    record.due_at = now + timedelta(minutes=settings.normal_minutes)
    record.priority_reasons = [*(r for r in record.priority_reasons if r != RETURNED), RETURNED]
    end_claim(record)
    session.flush()
    return stage


def reopen_expired(
    session: Session,
    record: CandidateRecord,
    *,
    user: Principal,
    calendar: WorkingCalendar,
    settings: ReviewSettings,
    now: datetime,
) -> None:
    """Have an expired candidate judged after all; it can only be a lead (LAW-41).

    Raises:
        Conflict: It has not expired.
        Gone: Retention has deleted its evidence.
    """
    if record.state != CandidateState.EXPIRED:
        raise Conflict("not_expired", "Only an expired candidate is reopened.", state=record.state)
    if record.evidence_deleted_at is not None:
        raise Gone(
            "evidence_deleted",
            "The evidence of this candidate has been deleted; there is nothing left to judge.",
            deleted_at=record.evidence_deleted_at.isoformat(),
        )
    mark_overdue(record)
    record.state = CandidateState.PENDING_REVIEW
    record.version += 1
    record.due_at = now + timedelta(minutes=settings.normal_minutes)
    record.expires_at = calendar.deadline(now, settings.expire_working_days)
    session.flush()
    log_candidate(session, user, "candidate.reopened", record, now)


def mark_overdue(record: CandidateRecord) -> None:
    """What was not judged in time proves nothing any more."""
    record.evidence_use = EvidenceUse.LEAD_ONLY
    if OVERDUE not in record.evidence_use_reasons:
        record.evidence_use_reasons = [*record.evidence_use_reasons, OVERDUE]
