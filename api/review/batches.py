"""Rejecting the advertisements of one street and one day together; domain guide, section 6."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid5
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from api.candidates.queue_access import lock_candidate
from api.candidates.tables import CandidateRecord
from api.errors import Conflict, Unprocessable
from api.principal import Principal
from api.review.claims import claim
from api.review.decisions import decide
from api.review.schemas import BatchRejectRequest, DecisionRequest
from api.review.tables import Decision, Verdict
from api.settings import ApiSettings
from pipeline.violations import Violation


def reject_batch(
    session: Session,
    user: Principal,
    request: BatchRejectRequest,
    *,
    settings: ApiSettings,
    now: datetime,
) -> list[tuple[CandidateRecord, Decision]]:
    """Claim and reject each candidate as if by itself, in one transaction.

    Raises:
        Unprocessable: They are not all advertisements of one organisation and one local day, or one
            stands there twice.
        Conflict: One has changed.
        ApiError: As `claims.claim` and `decisions.decide`, of the first that cannot be rejected.
    """
    # In the order of ids: two batches that overlap wait for each other and do not lock up.
    wanted = sorted(request.candidates, key=lambda pair: pair[0].hex)
    if len({candidate_id for candidate_id, _ in wanted}) != len(wanted):
        raise Unprocessable("batch_twice", "A candidate stands in the batch twice.")
    records = [lock_candidate(session, user, candidate_id) for candidate_id, _ in wanted]
    _require_one_batch(records, ZoneInfo(settings.timezone))
    decided = []
    for record, (candidate_id, version) in zip(records, wanted, strict=True):
        decision_id = uuid5(request.batch_id, candidate_id.hex)
        earlier = session.get(Decision, decision_id)
        if earlier is None:
            _require_unchanged(record, version)
            claim(session, user, candidate_id, settings=settings.review, now=now)
        decision = DecisionRequest(
            decision_id=decision_id,
            # The claim raised the version that the person saw.
            version=earlier.version if earlier else record.version,
            update=earlier.update if earlier else record.update,
            verdict=Verdict.REJECT,
            reason=request.reason,
            note=request.note,
        )
        decided.append(
            decide(session, user, candidate_id, decision, settings=settings.review, now=now)
        )
    return decided


def _require_unchanged(record: CandidateRecord, version: int) -> None:
    if record.version != version:
        raise Conflict(
            "stale",
            f"Candidate {record.id} has changed since you loaded it; nothing was rejected. Load the"
            " batch again.",
            candidate_id=str(record.id),
            version=record.version,
        )


def _require_one_batch(records: list[CandidateRecord], timezone: ZoneInfo) -> None:
    kinds = {record.violation for record in records}
    streets = {record.organisation_path for record in records}
    days = {record.started_at.astimezone(timezone).date() for record in records}
    if kinds != {Violation.ILLEGAL_AD} or len(streets) > 1 or len(days) > 1:
        raise Unprocessable(
            "not_one_batch",
            "Only advertisements of one street and one day may be rejected together.",
        )
