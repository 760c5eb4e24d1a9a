"""The queue and the review screen over HTTP: lists, counts, one candidate, originals."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from api.candidates import queue_detail, queue_list, queue_originals
from api.candidates.queue_access import lock_candidate
from api.candidates.queue_repository import QueueFilter
from api.candidates.queue_schemas import (
    CandidateDetail,
    IntegrityReport,
    OpenedOriginal,
    OpenOriginalRequest,
    QueueCounts,
    QueuePage,
)
from api.candidates.tables import CandidateState
from api.clock import Now
from api.database import ReadSession, WriteSession
from api.instants import PlausibleInstant
from api.paging import DEFAULT_PAGE, MAX_CURSOR_CHARACTERS, MAX_PAGE
from api.principal import Principal
from api.problems import problems
from api.review import returning
from api.review.claims import area_of
from api.review.routes import record_fields
from api.review.schemas import Standing
from api.review.stages import REVIEWERS, STATE_OF_STAGE, stages_of
from api.review.working_days import working_calendar
from api.state import BaseUrl, CurrentDatabase, CurrentSettings, CurrentStore
from api.texts import ThingId
from api.users.access import allow
from api.users.tables import Role
from pipeline.violations import Violation

router = APIRouter(tags=["queue"])

LOWEST_PRIORITY = 3
Reader = Annotated[Principal, Depends(allow(*REVIEWERS, Role.SUPERVISOR, Role.AUDITOR))]
Reviewer = Annotated[Principal, Depends(allow(*REVIEWERS))]
ItemName = Annotated[str, Path(max_length=200, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]


class QueueQuery(BaseModel):
    """Which candidates; every filter that is left out lets all pass."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    state: Annotated[
        list[CandidateState],
        Field(max_length=len(CandidateState), description="None: what the caller may judge."),
    ] = []
    violation: Violation | None = None
    camera_id: ThingId | None = None
    priority: Annotated[int | None, Field(ge=0, le=LOWEST_PRIORITY)] = None
    area: Annotated[str | None, Field(max_length=400, pattern=r"^[A-Za-z0-9_./-]*$")] = None
    number: Annotated[int | None, Field(ge=1, le=2**63 - 1)] = None
    mine: bool = False
    overdue: bool = False
    received_from: PlausibleInstant | None = None
    received_before: PlausibleInstant | None = None

    def as_filter(self, caller: Principal, now: datetime) -> QueueFilter:
        """As the repository asks.

        Raises:
            NotFound: The area is not the caller's.
        """
        return QueueFilter(
            states=tuple(dict.fromkeys(self.state)) or _waiting_for(caller),
            area=area_of(caller, self.area),
            violation=self.violation,
            camera_id=self.camera_id,
            priority=self.priority,
            received_after=self.received_from,
            received_before=self.received_before,
            due_before=now if self.overdue else None,
            claimed_by=UUID(caller.id) if self.mine else None,
            number=self.number,
        )


class QueuePageQuery(QueueQuery):
    """Which page of them."""

    cursor: Annotated[str | None, Field(max_length=MAX_CURSOR_CHARACTERS)] = None
    limit: Annotated[int, Field(ge=1, le=MAX_PAGE)] = DEFAULT_PAGE


@router.get("/queue", operation_id="list_queue", responses=problems(400, 401, 403, 404, 422, 503))
def list_queue(
    *,
    query: Annotated[QueuePageQuery, Query()],
    caller: Reader,
    session: ReadSession,
    store: CurrentStore,
    base_url: BaseUrl,
    now: Now,
) -> QueuePage:
    """What waits, the most urgent first; by the time it is due, then by id."""
    return queue_list.list_queue(
        session,
        caller,
        query.as_filter(caller, now),
        cursor=query.cursor,
        limit=query.limit,
        store=store,
        base_url=base_url,
        now=now,
    )


@router.get(
    "/queue/counts", operation_id="count_queue", responses=problems(401, 403, 404, 422, 503)
)
def count_queue(
    query: Annotated[QueueQuery, Query()], caller: Reader, session: ReadSession, now: Now
) -> QueueCounts:
    """How much waits, by state, violation and priority."""
    return queue_list.count_queue(session, caller, query.as_filter(caller, now), now=now)


@router.get(
    "/candidates/{candidate_id}",
    operation_id="get_candidate",
    responses=problems(401, 403, 404, 422, 503),
)
def get_candidate(
    *,
    candidate_id: UUID,
    caller: Reader,
    session: ReadSession,
    store: CurrentStore,
    base_url: BaseUrl,
    now: Now,
) -> CandidateDetail:
    """Everything that is needed to judge one candidate, in one answer."""
    return queue_detail.candidate_detail(
        session, caller, candidate_id, store=store, base_url=base_url, now=now
    )


@router.post(
    "/candidates/{candidate_id}/originals/{name}",
    operation_id="open_original",
    responses=problems(401, 403, 404, 410, 422, 503),
)
def open_original(
    *,
    candidate_id: UUID,
    name: ItemName,
    request: OpenOriginalRequest,
    user: Reader,
    session: WriteSession,
    store: CurrentStore,
    settings: CurrentSettings,
    base_url: BaseUrl,
    now: Now,
) -> OpenedOriginal:
    """Open an unredacted original: written into the access register before the link is given."""
    return queue_originals.open_original(
        session,
        user,
        candidate_id,
        name,
        request,
        store=store,
        base_url=base_url,
        link_seconds=settings.store.url_seconds,
        now=now,
    )


@router.post(
    "/candidates/{candidate_id}/integrity-checks",
    operation_id="check_candidate_integrity",
    responses=problems(401, 403, 404, 409, 410, 422, 503),
)
def check_candidate_integrity(
    *,
    candidate_id: UUID,
    user: Reviewer,
    database: CurrentDatabase,
    store: CurrentStore,
    settings: CurrentSettings,
    now: Now,
) -> IntegrityReport:
    """Hash a candidate's evidence again; what does not hold freezes it, what holds frees it."""
    return queue_originals.check_integrity(
        database, user, candidate_id, store=store, settings=settings, now=now
    )


@router.post(
    "/candidates/{candidate_id}/reopening",
    operation_id="reopen_candidate",
    responses=problems(401, 403, 404, 409, 410, 422, 503),
)
def reopen_candidate(
    candidate_id: UUID, user: Reviewer, session: WriteSession, settings: CurrentSettings, now: Now
) -> Standing:
    """Have an expired candidate judged after all; it can only be a lead."""
    record = lock_candidate(session, user, candidate_id)
    returning.reopen_expired(
        session,
        record,
        user=user,
        calendar=working_calendar(settings),
        settings=settings.review,
        now=now,
    )
    return Standing.model_validate(record_fields(record))


def _waiting_for(caller: Principal) -> tuple[CandidateState, ...]:
    """The states that wait for somebody like the caller; who judges nothing sees all that wait."""
    stages = stages_of(caller) or tuple(STATE_OF_STAGE)
    return tuple(STATE_OF_STAGE[stage] for stage in stages)
