"""Tables of events, subscribers and deliveries."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from api.database import Base, Instant, Json


class Event(Base):
    """One CloudEvent, written in the transaction of what it tells of; never changed."""

    __tablename__ = "events"

    cursor: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    id: Mapped[str] = mapped_column(String(64), unique=True)  # CloudEvents `id`
    type: Mapped[str] = mapped_column(String(100), index=True)
    case_id: Mapped[UUID | None] = mapped_column(Uuid, index=True)
    sequence: Mapped[int]  # of this case, from 1
    organisation_path: Mapped[str] = mapped_column(String(400))
    content: Mapped[dict[str, Any]] = mapped_column(Json)  # the whole CloudEvent
    created_at: Mapped[datetime] = mapped_column(Instant)


class Subscriber(Base):
    """A case system that is called when something happens."""

    __tablename__ = "subscribers"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    url: Mapped[str] = mapped_column(String(1000))
    # The Standard Webhooks secret, encrypted with a key derived from the session secret.
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    event_types: Mapped[list[str]] = mapped_column(Json)  # none: all
    organisation_path: Mapped[str] = mapped_column(String(400))
    created_at: Mapped[datetime] = mapped_column(Instant)
    disabled_at: Mapped[datetime | None] = mapped_column(Instant)
    disabled_reason: Mapped[str] = mapped_column(Text, default="")
    gone_in_a_row: Mapped[int] = mapped_column(default=0)  # answers of 410 since the last other one


class DeliveryState(StrEnum):
    """Where one delivery stands."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    DEAD = "dead"  # all tries are spent; an administrator may send it again


class Delivery(Base):
    """One event for one subscriber."""

    __tablename__ = "deliveries"
    __table_args__ = (Index("ix_deliveries_due", "state", "next_try_at"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    subscriber_id: Mapped[UUID] = mapped_column(ForeignKey("subscribers.id"), index=True)
    cursor: Mapped[int] = mapped_column(ForeignKey("events.cursor"), index=True)
    created_at: Mapped[datetime] = mapped_column(Instant)
    state: Mapped[str] = mapped_column(String(16), default=DeliveryState.WAITING)
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime] = mapped_column(Instant)
    last_status: Mapped[int | None]  # HTTP
    last_error: Mapped[str] = mapped_column(Text, default="")
    last_seconds: Mapped[float | None]
    delivered_at: Mapped[datetime | None] = mapped_column(Instant)
