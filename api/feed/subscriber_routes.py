"""Subscribers over HTTP, for administrators."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from api.clock import Now
from api.database import ReadSession, WriteSession
from api.feed import subscribers
from api.feed.schemas import (
    DeliveryPage,
    DeliveryView,
    Revived,
    SubscriberChange,
    SubscriberPage,
    SubscriberRequest,
    SubscriberSecret,
    SubscriberView,
)
from api.feed.secrets import SecretBox
from api.feed.tables import DeliveryState
from api.paging import DEFAULT_PAGE, Cursor, Limit
from api.principal import Principal
from api.problems import problems
from api.state import CurrentSecrets, CurrentSettings
from api.users.access import allow
from api.users.tables import Role

router = APIRouter(prefix="/subscribers", tags=["subscribers"])

Admin = Annotated[Principal, Depends(allow(Role.ADMIN))]
Watcher = Annotated[Principal, Depends(allow(Role.ADMIN, Role.AUDITOR))]


def _box(secrets: CurrentSecrets) -> SecretBox:
    return SecretBox(secrets.session)


Box = Annotated[SecretBox, Depends(_box)]


@router.get("", operation_id="list_subscribers", responses=problems(400, 401, 403, 422, 503))
def list_subscribers(
    caller: Watcher, session: ReadSession, cursor: Cursor = None, limit: Limit = DEFAULT_PAGE
) -> SubscriberPage:
    """Who is called, newest first."""
    return subscribers.list_subscribers(session, caller, cursor=cursor, limit=limit)


@router.post(
    "",
    operation_id="create_subscriber",
    status_code=201,
    responses=problems(401, 403, 404, 409, 422, 503),
)
def create_subscriber(
    *,
    request: SubscriberRequest,
    admin: Admin,
    session: WriteSession,
    box: Box,
    settings: CurrentSettings,
    now: Now,
) -> SubscriberSecret:
    """Add a case system. Its secret is in this answer and in no other."""
    return subscribers.create_subscriber(
        session, admin, request, box=box, settings=settings.feed, now=now
    )


@router.patch(
    "/{subscriber_id}",
    operation_id="change_subscriber",
    responses=problems(401, 403, 404, 409, 422, 503),
)
def change_subscriber(
    *,
    subscriber_id: UUID,
    change: SubscriberChange,
    admin: Admin,
    session: WriteSession,
    settings: CurrentSettings,
    now: Now,
) -> SubscriberView:
    """Change, disable or enable; what happens while it is disabled is read from the feed."""
    changed = subscribers.change_subscriber(
        session, admin, subscriber_id, change, settings=settings.feed, now=now
    )
    return subscribers.view(changed)


@router.post(
    "/{subscriber_id}/secret",
    operation_id="renew_subscriber_secret",
    responses=problems(401, 403, 404, 422, 503),
)
def renew_subscriber_secret(
    subscriber_id: UUID, admin: Admin, session: WriteSession, box: Box, now: Now
) -> SubscriberSecret:
    """A new secret; the old one is worth nothing any more."""
    return subscribers.renew_secret(session, admin, subscriber_id, box=box, now=now)


@router.post(
    "/{subscriber_id}/test",
    operation_id="test_subscriber",
    status_code=202,
    responses=problems(401, 403, 404, 409, 422, 503),
)
def probe_subscriber(
    subscriber_id: UUID, admin: Admin, session: WriteSession, settings: CurrentSettings, now: Now
) -> DeliveryView:
    """Deliver a test event; its delivery says how it went."""
    return subscribers.send_test(session, admin, subscriber_id, settings=settings.feed, now=now)


@router.get(
    "/{subscriber_id}/deliveries",
    operation_id="list_deliveries",
    responses=problems(400, 401, 403, 404, 422, 503),
)
def list_deliveries(
    *,
    subscriber_id: UUID,
    caller: Watcher,
    session: ReadSession,
    state: DeliveryState | None = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_PAGE,
) -> DeliveryPage:
    """What went to a subscriber; with `state=dead` what was given up."""
    return subscribers.list_deliveries(
        session, caller, subscriber_id, state=state, cursor=cursor, limit=limit
    )


@router.post(
    "/{subscriber_id}/deliveries/retries",
    operation_id="retry_deliveries",
    responses=problems(401, 403, 404, 422, 503),
)
def retry_deliveries(subscriber_id: UUID, admin: Admin, session: WriteSession, now: Now) -> Revived:
    """Send everything that was given up once more."""
    return Revived(deliveries=subscribers.send_again(session, admin, subscriber_id, now=now))
