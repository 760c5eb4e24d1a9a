"""Deletions and holds over HTTP."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from api.clock import Now
from api.database import ReadSession, WriteSession
from api.paging import DEFAULT_PAGE, Cursor, Limit
from api.principal import Principal
from api.problems import problems
from api.retention import service
from api.retention.schemas import DeletionDetail, DeletionPage, HoldRequest, HoldView
from api.review.stages import REVIEWERS
from api.users.access import allow, allow_either
from api.users.tables import Role, Scope

router = APIRouter(tags=["retention"])

READERS = (*REVIEWERS, Role.SUPERVISOR, Role.AUDITOR)
Reader = Annotated[Principal, Depends(allow_either(roles=READERS, scopes=(Scope.FEED_READ,)))]
Reviewer = Annotated[Principal, Depends(allow(*REVIEWERS))]
# What may be deleted again is gone for good some day: that takes somebody who answers for the law.
LegalReviewer = Annotated[Principal, Depends(allow(Role.LEGAL_REVIEWER))]


@router.get("/deletions", operation_id="list_deletions", responses=problems(400, 401, 403, 422))
def list_deletions(
    *,
    caller: Reader,
    session: ReadSession,
    candidate_id: UUID | None = None,
    limit: Limit = DEFAULT_PAGE,
    cursor: Cursor = None,
) -> DeletionPage:
    """What retention deleted in the caller's area, the newest first."""
    return service.list_deletions(
        session, caller, candidate_id=candidate_id, cursor=cursor, limit=limit
    )


@router.get(
    "/deletions/{deletion_id}",
    operation_id="get_deletion",
    responses=problems(401, 403, 404, 422),
)
def get_deletion(deletion_id: UUID, caller: Reader, session: ReadSession) -> DeletionDetail:
    """One deletion with its certificate, and whether the log confirms it."""
    return service.deletion_detail(session, caller, deletion_id)


@router.post(
    "/candidates/{candidate_id}/hold",
    operation_id="place_hold",
    responses=problems(401, 403, 404, 409, 410, 422),
)
def place_hold(
    candidate_id: UUID, request: HoldRequest, user: Reviewer, session: WriteSession, now: Now
) -> HoldView:
    """Keep a candidate's evidence from deletion, as during a dispute."""
    record = service.place_hold(session, user, candidate_id, request.reason, now=now)
    return HoldView(candidate_id=record.id, hold=record.hold)


@router.post(
    "/candidates/{candidate_id}/hold/release",
    operation_id="release_hold",
    responses=problems(401, 403, 404, 422),
)
def release_hold(
    candidate_id: UUID, request: HoldRequest, user: LegalReviewer, session: WriteSession, now: Now
) -> HoldView:
    """Let retention take its course again."""
    record = service.release_hold(session, user, candidate_id, request.reason, now=now)
    return HoldView(candidate_id=record.id, hold=record.hold)
