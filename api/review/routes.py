"""Claiming, deciding and undoing over HTTP."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from api.candidates.tables import CandidateRecord
from api.clock import Now
from api.database import WriteSession
from api.principal import Principal
from api.problems import problems
from api.review import batches, claims, decisions
from api.review.policy_routes import router as policy_router
from api.review.schemas import (
    BatchAnswer,
    BatchRejectRequest,
    DecisionAnswer,
    DecisionRequest,
    DecisionView,
    NextRequest,
    RecusalRequest,
    Standing,
)
from api.review.stages import REVIEWERS
from api.review.tables import Decision
from api.state import CurrentSettings
from api.users.access import allow

router = APIRouter(tags=["review"])
router.include_router(policy_router)

Reviewer = Annotated[Principal, Depends(allow(*REVIEWERS))]


@router.post(
    "/candidates/{candidate_id}/claim",
    operation_id="claim_candidate",
    responses=problems(401, 403, 404, 409, 422, 503),
)
def claim_candidate(
    candidate_id: UUID, user: Reviewer, session: WriteSession, settings: CurrentSettings, now: Now
) -> Standing:
    """Take a candidate to judge it; whoever holds it already gets more time."""
    record = claims.claim(session, user, candidate_id, settings=settings.review, now=now)
    return _standing(record)


@router.post(
    "/candidates/{candidate_id}/claim/renewal",
    operation_id="renew_claim",
    responses=problems(401, 403, 404, 409, 422, 503),
)
def renew_claim(
    candidate_id: UUID, user: Reviewer, session: WriteSession, settings: CurrentSettings, now: Now
) -> Standing:
    """Ask for more time while working on a candidate."""
    return _standing(claims.renew(session, user, candidate_id, settings=settings.review, now=now))


@router.delete(
    "/candidates/{candidate_id}/claim",
    operation_id="release_claim",
    responses=problems(401, 403, 404, 422, 503),
)
def release_claim(candidate_id: UUID, user: Reviewer, session: WriteSession, now: Now) -> Standing:
    """Put a candidate back into the queue undecided."""
    return _standing(claims.release(session, user, candidate_id, now=now))


@router.post(
    "/queue/next",
    operation_id="claim_next",
    response_model=Standing,
    responses={
        204: {"description": "Nothing is waiting."},
        **problems(401, 403, 404, 409, 422, 503),
    },
)
def claim_next(
    wanted: NextRequest,
    user: Reviewer,
    session: WriteSession,
    settings: CurrentSettings,
    now: Now,
) -> Standing | Response:
    """Take the first candidate of the queue that nobody holds; 204 when nothing is waiting."""
    record = claims.claim_next(session, user, wanted, settings=settings.review, now=now)
    return Response(status_code=204) if record is None else _standing(record)


@router.post(
    "/candidates/{candidate_id}/decisions",
    operation_id="decide_candidate",
    responses=problems(401, 403, 404, 409, 422, 423, 503),
)
def decide_candidate(
    *,
    candidate_id: UUID,
    request: DecisionRequest,
    user: Reviewer,
    session: WriteSession,
    settings: CurrentSettings,
    now: Now,
) -> DecisionAnswer:
    """Confirm, reject or ask for more. Sent again with the same id it gives the same answer."""
    found = decisions.decide(
        session, user, candidate_id, request, settings=settings.review, now=now
    )
    return _answer(*found)


@router.post(
    "/candidates/{candidate_id}/decisions/{decision_id}/undo",
    operation_id="undo_decision",
    responses=problems(401, 403, 404, 409, 422, 503),
)
def undo_decision(
    *,
    candidate_id: UUID,
    decision_id: UUID,
    user: Reviewer,
    session: WriteSession,
    settings: CurrentSettings,
    now: Now,
) -> DecisionAnswer:
    """Take back one's own decision while its window runs."""
    found = decisions.undo(
        session, user, candidate_id, decision_id, settings=settings.review, now=now
    )
    return _answer(*found)


@router.post(
    "/candidates/{candidate_id}/recusals",
    operation_id="recuse_from_candidate",
    responses=problems(401, 403, 404, 409, 422, 503),
)
def recuse_from_candidate(
    candidate_id: UUID, request: RecusalRequest, user: Reviewer, session: WriteSession, now: Now
) -> DecisionAnswer:
    """Say that one may not judge this candidate; it goes back to the others."""
    return _answer(*decisions.recuse(session, user, candidate_id, request, now=now))


@router.post(
    "/queue/batch-rejections",
    operation_id="reject_batch",
    responses=problems(401, 403, 404, 409, 422, 503),
)
def reject_batch(
    request: BatchRejectRequest,
    user: Reviewer,
    session: WriteSession,
    settings: CurrentSettings,
    now: Now,
) -> BatchAnswer:
    """Reject several advertisements of one street and one day: all of them, or none."""
    decided = batches.reject_batch(session, user, request, settings=settings, now=now)
    return BatchAnswer(decided=[_answer(*each) for each in decided])


def _standing(record: CandidateRecord) -> Standing:
    return Standing.model_validate(record_fields(record))


def _answer(record: CandidateRecord, decision: Decision) -> DecisionAnswer:
    view = DecisionView.model_validate(decision, from_attributes=True)
    return DecisionAnswer.model_validate({**record_fields(record), "decision": view})


def record_fields(record: CandidateRecord) -> dict[str, object]:
    """The fields of `Standing`."""
    return {
        "candidate_id": record.id,
        "state": record.state,
        "version": record.version,
        "claimed_until": record.claimed_until,
        "undo_until": record.undo_until,
    }
