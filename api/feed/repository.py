"""Queries of events, subscribers and deliveries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, func, select, tuple_, update
from sqlalchemy.orm import Session

from api.areas import within
from api.audit.tables import AuditEntry
from api.feed.content import EventType
from api.feed.tables import Delivery, DeliveryState, Event, Subscriber

# A lock on a subscriber that lets others add deliveries to it meanwhile: who publishes holds the
# feed's counter, and who holds a subscriber may wait for that counter.
BESIDE_FEED = {"key_share": True}
MAX_SUBSCRIBERS = 100  # of one centre; each event is matched against all of them


def events_after(session: Session, *, area: str, cursor: int, limit: int) -> Sequence[Event]:
    """The next events of an area, in the order of their commits."""
    return session.scalars(
        select(Event)
        .where(
            Event.cursor > cursor,
            within(Event.organisation_path, area),
            Event.type != EventType.TEST,
        )
        .order_by(Event.cursor)
        .limit(limit)
    ).all()


def ends_of_feed(session: Session) -> tuple[int, int]:
    """The lowest and the highest cursor there is; zeros for an empty feed."""
    lowest, highest = session.execute(select(func.min(Event.cursor), func.max(Event.cursor))).one()
    return (lowest or 0, highest or 0)


def newest_cursor(session: Session) -> int:
    """The highest cursor there is; 0 for an empty feed."""
    return session.scalar(select(func.max(Event.cursor))) or 0


def newest_entry(session: Session) -> int:
    """The number of the log's newest entry; 0 for an empty log."""
    return session.scalar(select(func.max(AuditEntry.number))) or 0


def active_subscribers(session: Session) -> Sequence[Subscriber]:
    """Everybody who is called."""
    return session.scalars(
        select(Subscriber).where(Subscriber.disabled_at.is_(None)).limit(MAX_SUBSCRIBERS)
    ).all()


def count_active_subscribers(session: Session) -> int:
    """How many there are."""
    query = select(func.count()).select_from(Subscriber).where(Subscriber.disabled_at.is_(None))
    return session.scalar(query) or 0


def subscribers(
    session: Session, *, area: str, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Subscriber]:
    """Subscribers of an area, newest first."""
    query = select(Subscriber).where(within(Subscriber.organisation_path, area))
    if after is not None:
        query = query.where(tuple_(Subscriber.created_at, Subscriber.id) < after)
    return session.scalars(
        query.order_by(Subscriber.created_at.desc(), Subscriber.id.desc()).limit(limit)
    ).all()


def deliveries(
    session: Session,
    *,
    subscriber_id: UUID,
    state: DeliveryState | None,
    before: int | None,
    limit: int,
) -> Sequence[tuple[Delivery, Event]]:
    """Deliveries of a subscriber with their events, newest event first."""
    query = (
        select(Delivery, Event)
        .join(Event, Event.cursor == Delivery.cursor)
        .where(Delivery.subscriber_id == subscriber_id)
    )
    if state is not None:
        query = query.where(Delivery.state == state)
    if before is not None:
        query = query.where(Delivery.cursor < before)
    rows = session.execute(query.order_by(Delivery.cursor.desc()).limit(limit)).all()
    return [(row[0], row[1]) for row in rows]


def has_due(session: Session, now: datetime) -> bool:
    """Whether anything is to be sent; asked every second, and mostly no."""
    due = exists().where(
        Delivery.state == DeliveryState.WAITING,
        Delivery.next_try_at <= now,
        Delivery.subscriber_id == Subscriber.id,
        Subscriber.disabled_at.is_(None),
    )
    return bool(session.scalar(select(due)))


def claim_due(
    session: Session,
    *,
    now: datetime,
    lease_until: datetime,
    not_for: Sequence[UUID],
    per_subscriber: int,
    limit: int,
) -> list[tuple[Delivery, Event, Subscriber]]:
    """Deliveries to send now, moved out of others' reach until the lease ends.

    Of each subscriber the first few only, so that one with thousands waiting leaves room.
    """
    rank = (
        func.row_number()
        .over(partition_by=Delivery.subscriber_id, order_by=(Delivery.next_try_at, Delivery.cursor))
        .label("rank")
    )
    due = (
        select(Delivery.id, rank)
        .join(Subscriber, Subscriber.id == Delivery.subscriber_id)
        .where(
            Delivery.state == DeliveryState.WAITING,
            Delivery.next_try_at <= now,
            Subscriber.disabled_at.is_(None),
            Delivery.subscriber_id.not_in(not_for),
        )
        .subquery()
    )
    first = select(due.c.id).where(due.c.rank <= per_subscriber).limit(limit)
    rows = session.execute(
        select(Delivery, Event, Subscriber)
        .join(Event, Event.cursor == Delivery.cursor)
        .join(Subscriber, Subscriber.id == Delivery.subscriber_id)
        .where(
            Delivery.id.in_(first),
            # Once more, on the row as it is when it is locked: another process may have had it.
            Delivery.state == DeliveryState.WAITING,
            Delivery.next_try_at <= now,
        )
        .order_by(Delivery.cursor)
        .with_for_update(of=Delivery, skip_locked=True)
    ).all()
    claimed = [(row[0], row[1], row[2]) for row in rows]
    for delivery, _, _ in claimed:
        delivery.next_try_at = lease_until
    session.flush()
    return claimed


def revive(session: Session, subscriber_id: UUID, now: datetime) -> int:
    """Make every dead delivery of a subscriber due again; returns how many."""
    result = session.execute(
        update(Delivery)
        .where(Delivery.subscriber_id == subscriber_id, Delivery.state == DeliveryState.DEAD)
        .values(state=DeliveryState.WAITING, tries=0, next_try_at=now)
        .execution_options(synchronize_session=False)
        .returning(Delivery.id)
    )
    return len(result.all())
