"""Review policies over HTTP: who reads, who changes, what held when."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from api.clock import Now
from api.database import ReadSession, WriteSession
from api.instants import PlausibleInstant
from api.paging import DEFAULT_PAGE, Cursor, Limit, decode_cursor, encode_cursor
from api.principal import Principal
from api.problems import problems
from api.review import policies
from api.review.schemas import PolicyPage, PolicyRequest, PolicyView
from api.review.tables import ReviewPolicy
from api.users.access import allow, allow_reader
from api.users.tables import Role

router = APIRouter(prefix="/policies")

Admin = Annotated[Principal, Depends(allow(Role.ADMIN))]
Reader = Annotated[Principal, Depends(allow_reader())]
AsOf = Annotated[
    PlausibleInstant | None, Query(description="Only those that held at this instant.")
]


@router.get("", operation_id="list_policies", responses=problems(400, 401, 422, 503))
def list_policies(
    reader: Reader,
    session: ReadSession,
    at: AsOf = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_PAGE,
) -> PolicyPage:
    """Policies of one's area with their history, newest first."""
    after = decode_cursor(cursor, datetime, UUID) if cursor else None
    found = policies.list_policies(
        session,
        reader,
        at=at,
        after=cast("tuple[datetime, UUID] | None", after),
        limit=limit + 1,
    )
    items = [_view(policy) for policy in found[:limit]]
    more = len(found) > limit
    return PolicyPage(
        items=items, next=encode_cursor(items[-1].valid_from, items[-1].id) if more else None
    )


@router.post(
    "",
    operation_id="create_policy",
    status_code=201,
    responses=problems(401, 403, 404, 422, 503),
)
def create_policy(
    request: PolicyRequest, admin: Admin, session: WriteSession, now: Now
) -> PolicyView:
    """Begin a policy; the one before it for the same violation and area ends."""
    return _view(policies.create_policy(session, admin, request, now=now))


@router.delete(
    "/{policy_id}", operation_id="end_policy", responses=problems(401, 403, 404, 409, 422, 503)
)
def end_policy(policy_id: UUID, admin: Admin, session: WriteSession, now: Now) -> PolicyView:
    """End a policy; it stays on record."""
    return _view(policies.end_policy(session, admin, policy_id, now=now))


def _view(policy: ReviewPolicy) -> PolicyView:
    return PolicyView.model_validate(policy, from_attributes=True)
