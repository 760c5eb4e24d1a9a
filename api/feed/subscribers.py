"""Subscribers: made, changed, disabled, tried out; and what did not reach them, sent again."""

from __future__ import annotations

import ipaddress
from datetime import datetime
from typing import cast
from uuid import UUID, uuid4

from pydantic import AnyHttpUrl, JsonValue
from sqlalchemy.orm import Session

from api.audit.service import append
from api.errors import Conflict, NotFound, Unprocessable
from api.feed import repository
from api.feed.content import TestSaid
from api.feed.events import publish_test
from api.feed.repository import BESIDE_FEED, MAX_SUBSCRIBERS
from api.feed.schemas import (
    DeliveryPage,
    DeliveryView,
    SubscriberChange,
    SubscriberPage,
    SubscriberRequest,
    SubscriberSecret,
    SubscriberView,
)
from api.feed.secrets import SecretBox, new_secret
from api.feed.tables import Delivery, DeliveryState, Event, Subscriber
from api.paging import decode_cursor, encode_cursor
from api.principal import Principal
from api.settings import FeedSettings

DISABLED_BY_HAND = "disabled by an administrator"


def create_subscriber(
    session: Session,
    admin: Principal,
    request: SubscriberRequest,
    *,
    box: SecretBox,
    settings: FeedSettings,
    now: datetime,
) -> SubscriberSecret:
    """Add a subscriber; it hears of what happens from now on.

    Raises:
        NotFound: The path is not in the administrator's area.
        Unprocessable: The address is one of a private network, and these are not allowed.
        Conflict: There are as many subscribers as a centre may have.
    """
    if not admin.sees(request.organisation_path):
        raise NotFound("organisation_unknown", "There is no such organisation in your area.")
    _require_allowed(request.url, settings)
    _require_room(session)
    secret = new_secret()
    subscriber = Subscriber(
        id=uuid4(),
        name=request.name,
        url=str(request.url),
        secret=box.close(secret),
        event_types=[one.value for one in request.event_types],
        organisation_path=request.organisation_path,
        created_at=now,
    )
    session.add(subscriber)
    session.flush()
    _log(session, admin, "subscriber.created", subscriber, now)
    return SubscriberSecret(**view(subscriber).model_dump(), secret=secret)


def change_subscriber(
    session: Session,
    admin: Principal,
    subscriber_id: UUID,
    change: SubscriberChange,
    *,
    settings: FeedSettings,
    now: datetime,
) -> Subscriber:
    """Change name, address or types; enable or disable.

    Raises:
        NotFound: There is none in the administrator's area.
        Unprocessable: The address is one of a private network, and these are not allowed.
        Conflict: It cannot be enabled: there are as many as a centre may have.
    """
    subscriber = locked(session, admin, subscriber_id)
    if change.name is not None:
        subscriber.name = change.name
    if change.url is not None:
        _require_allowed(change.url, settings)
        subscriber.url = str(change.url)
    if change.event_types is not None:
        subscriber.event_types = [one.value for one in change.event_types]
    if change.enabled is True and subscriber.disabled_at is not None:
        _require_room(session)
        subscriber.disabled_at, subscriber.disabled_reason = None, ""
        subscriber.gone_in_a_row = 0
    elif change.enabled is False and subscriber.disabled_at is None:
        subscriber.disabled_at, subscriber.disabled_reason = now, DISABLED_BY_HAND
    session.flush()
    changed: list[JsonValue] = [*sorted(change.model_fields_set)]
    _log(session, admin, "subscriber.changed", subscriber, now, changed=changed)
    return subscriber


def renew_secret(
    session: Session, admin: Principal, subscriber_id: UUID, *, box: SecretBox, now: datetime
) -> SubscriberSecret:
    """Give a subscriber a new secret; the next call is signed with it.

    Raises:
        NotFound: There is none in the administrator's area.
    """
    subscriber = locked(session, admin, subscriber_id)
    secret = new_secret()
    subscriber.secret = box.close(secret)
    session.flush()
    _log(session, admin, "subscriber.secret_renewed", subscriber, now)
    return SubscriberSecret(**view(subscriber).model_dump(), secret=secret)


def send_test(
    session: Session,
    admin: Principal,
    subscriber_id: UUID,
    *,
    settings: FeedSettings,
    now: datetime,
) -> DeliveryView:
    """Have a test event delivered to one subscriber; look at its delivery for how it went.

    Raises:
        NotFound: There is none in the administrator's area.
        Conflict: It is disabled.
    """
    subscriber = locked(session, admin, subscriber_id)
    if subscriber.disabled_at is not None:
        raise Conflict("subscriber_disabled", "This subscriber is disabled. Enable it first.")
    text = f"A test that {admin.name} asked for."
    delivery = publish_test(
        session, subscriber, TestSaid(text=text), source=settings.source, now=now
    )
    _log(session, admin, "subscriber.tested", subscriber, now)
    return delivery_view(delivery, session.get_one(Event, delivery.cursor))


def send_again(session: Session, admin: Principal, subscriber_id: UUID, *, now: datetime) -> int:
    """Try every dead delivery of a subscriber again, from the beginning; returns how many.

    Raises:
        NotFound: There is none in the administrator's area.
    """
    subscriber = locked(session, admin, subscriber_id)
    revived = repository.revive(session, subscriber_id, now)
    _log(session, admin, "subscriber.sent_again", subscriber, now, deliveries=revived)
    return revived


def list_subscribers(
    session: Session, admin: Principal, *, cursor: str | None, limit: int
) -> SubscriberPage:
    """Subscribers of one's area, newest first.

    Raises:
        BadRequest: The cursor is not one of this list.
    """
    after = decode_cursor(cursor, datetime, UUID) if cursor else None
    found = repository.subscribers(
        session,
        area=admin.organisation_path,
        after=cast("tuple[datetime, UUID] | None", after),
        limit=limit + 1,
    )
    items = [view(subscriber) for subscriber in found[:limit]]
    more = len(found) > limit
    return SubscriberPage(
        items=items, next=encode_cursor(items[-1].created_at, items[-1].id) if more else None
    )


def list_deliveries(
    session: Session,
    admin: Principal,
    subscriber_id: UUID,
    *,
    state: DeliveryState | None,
    cursor: str | None,
    limit: int,
) -> DeliveryPage:
    """Deliveries to a subscriber, newest event first; `dead` are those that were given up.

    Raises:
        NotFound: There is no such subscriber in one's area.
        BadRequest: The cursor is not one of this list.
    """
    seen(session, admin, subscriber_id)
    before = cast("int", decode_cursor(cursor, int)[0]) if cursor else None
    found = repository.deliveries(
        session, subscriber_id=subscriber_id, state=state, before=before, limit=limit + 1
    )
    more = len(found) > limit
    return DeliveryPage(
        items=[delivery_view(*row) for row in found[:limit]],
        next=encode_cursor(found[limit - 1][0].cursor) if more else None,
    )


def seen(session: Session, admin: Principal, subscriber_id: UUID) -> Subscriber:
    """A subscriber to look at.

    Raises:
        NotFound: There is none in one's area.
    """
    return _seen(admin, subscriber_id, session.get(Subscriber, subscriber_id))


def locked(session: Session, admin: Principal, subscriber_id: UUID) -> Subscriber:
    """A subscriber to change.

    Raises:
        NotFound: There is none in one's area.
    """
    found = session.get(
        Subscriber, subscriber_id, with_for_update=BESIDE_FEED, populate_existing=True
    )
    return _seen(admin, subscriber_id, found)


def view(subscriber: Subscriber) -> SubscriberView:
    """A subscriber without its secret."""
    return SubscriberView.model_validate(subscriber, from_attributes=True)


def delivery_view(delivery: Delivery, event: Event) -> DeliveryView:
    """A delivery with its event."""
    waits = delivery.state == DeliveryState.WAITING
    return DeliveryView(
        id=delivery.id,
        event_id=event.id,
        event_type=event.type,
        case_id=event.case_id,
        state=delivery.state,
        tries=delivery.tries,
        created_at=delivery.created_at,
        next_try_at=delivery.next_try_at if waits else None,
        last_status=delivery.last_status,
        last_error=delivery.last_error,
        last_seconds=delivery.last_seconds,
        delivered_at=delivery.delivered_at,
    )


def _seen(admin: Principal, subscriber_id: UUID, found: Subscriber | None) -> Subscriber:
    if found is None or not admin.sees(found.organisation_path):
        raise NotFound("subscriber_unknown", f"There is no subscriber {subscriber_id}.")
    return found


def _require_allowed(url: AnyHttpUrl, settings: FeedSettings) -> None:
    """An address that stands there as figures; names are looked up at each call."""
    try:
        address = ipaddress.ip_address((url.host or "").strip("[]"))
    except ValueError:
        return
    if not settings.allow_private_addresses and not address.is_global:
        raise Unprocessable(
            "private_address",
            "This centre calls no addresses of private networks. Give a public one, or have"
            " `feed.allow_private_addresses` set.",
        )


def _require_room(session: Session) -> None:
    if repository.count_active_subscribers(session) >= MAX_SUBSCRIBERS:
        raise Conflict(
            "too_many_subscribers",
            f"A centre calls at most {MAX_SUBSCRIBERS} subscribers. Disable one first.",
        )


def _log(
    session: Session,
    admin: Principal,
    action: str,
    subscriber: Subscriber,
    now: datetime,
    **details: JsonValue,
) -> None:
    append(
        session,
        actor=admin,
        action=action,
        subject_kind="subscriber",
        subject_id=str(subscriber.id),
        organisation_path=subscriber.organisation_path,
        now=now,
        details={"name": subscriber.name, **details},
    )
