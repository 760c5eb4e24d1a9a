"""Writing events, and their deliveries, in the transaction of what they tell of."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from pydantic import BaseModel
from sqlalchemy.orm import Session

from api.database import next_number
from api.feed import repository
from api.feed.content import EVENTS, SCHEMA_PREFIX, EventType
from api.feed.tables import Delivery, Event, Subscriber

COUNTER = "events"


def publish(
    session: Session,
    event_type: EventType,
    data: BaseModel,
    *,
    source: str,
    case_id: UUID,
    sequence: int,
    organisation_path: str,
    now: datetime,
) -> Event:
    """Add one event of a case to the feed and to every subscriber that wants it.

    The feed's counter stays locked until the transaction ends, so that the feed has the order of
    the commits and no gap ever closes behind a reader.
    """
    event = _event(
        event_type,
        data,
        source=source,
        subject=str(case_id),
        cursor=next_number(session, COUNTER),
        now=now,
    )
    event.case_id = case_id
    event.sequence = sequence
    event.organisation_path = organisation_path
    session.add(event)
    session.flush()
    for subscriber in repository.active_subscribers(session):
        if _wants(subscriber, event):
            session.add(delivery_of(event, subscriber.id, now))
    session.flush()
    return event


def publish_test(
    session: Session, subscriber: Subscriber, data: BaseModel, *, source: str, now: datetime
) -> Delivery:
    """An event for one subscriber alone; the feed shows it to nobody."""
    event = _event(
        EventType.TEST,
        data,
        source=source,
        subject=str(subscriber.id),
        cursor=next_number(session, COUNTER),
        now=now,
    )
    event.case_id = None
    event.sequence = 0
    event.organisation_path = subscriber.organisation_path
    session.add(event)
    session.flush()
    delivery = delivery_of(event, subscriber.id, now)
    session.add(delivery)
    session.flush()
    return delivery


def delivery_of(event: Event, subscriber_id: UUID, now: datetime) -> Delivery:
    """A delivery that is due at once."""
    return Delivery(
        id=uuid4(),
        subscriber_id=subscriber_id,
        cursor=event.cursor,
        created_at=now,
        next_try_at=now,
    )


def _event(
    event_type: EventType,
    data: BaseModel,
    *,
    source: str,
    subject: str,
    cursor: int,
    now: datetime,
) -> Event:
    event_id = str(uuid4())
    content = EVENTS[event_type].model_validate(
        {
            "id": event_id,
            "source": source,
            "type": event_type,
            "subject": subject,
            "time": now,
            "dataschema": SCHEMA_PREFIX + event_type,
            "data": data.model_dump(),
        }
    )
    return Event(
        cursor=cursor,
        id=event_id,
        type=event_type.value,
        content=content.model_dump(mode="json"),
        created_at=now,
    )


def _wants(subscriber: Subscriber, event: Event) -> bool:
    in_area = event.organisation_path.startswith(subscriber.organisation_path)
    return in_area and (not subscriber.event_types or event.type in subscriber.event_types)
