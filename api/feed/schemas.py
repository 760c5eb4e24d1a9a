"""What the routes of the feed and of subscribers take and give."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, AnyHttpUrl, BaseModel, ConfigDict, Field

from api.feed.content import AnyEvent, EventType
from api.feed.tables import DeliveryState
from api.texts import Name

MAX_URL_CHARACTERS = 1000  # as the column


def _plain_url(url: AnyHttpUrl) -> AnyHttpUrl:
    if url.username or url.password:
        raise ValueError("must not hold a name or password; deliveries are signed instead")
    if url.fragment:
        raise ValueError("must not have a fragment")
    if len(str(url)) > MAX_URL_CHARACTERS:
        raise ValueError(f"must not be longer than {MAX_URL_CHARACTERS} characters")
    return url


PlainUrl = Annotated[AnyHttpUrl, AfterValidator(_plain_url)]
SubscribedTypes = Annotated[
    tuple[EventType, ...], Field(max_length=len(EventType), description="None: all.")
]


class Request(BaseModel):
    """Base of bodies: no field that it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class FeedPage(BaseModel):
    """The next events. `next` is where to go on, also when nothing is there yet."""

    items: list[AnyEvent]
    next: str
    has_more: bool


class SubscriberRequest(Request):
    """Who is to be called, where, of what."""

    name: Name
    url: PlainUrl
    event_types: SubscribedTypes = ()
    organisation_path: Annotated[
        str, Field(min_length=2, max_length=400, pattern=r"^([A-Za-z0-9_.-]+/)+$")
    ]


class SubscriberChange(Request):
    """What to change; what is left out stays."""

    name: Name | None = None
    url: PlainUrl | None = None
    event_types: SubscribedTypes | None = None
    enabled: bool | None = None


class SubscriberView(BaseModel):
    """A subscriber; its secret is shown once, when it is made."""

    id: UUID
    name: str
    url: str
    event_types: list[EventType]
    organisation_path: str
    created_at: datetime
    disabled_at: datetime | None
    disabled_reason: str


class SubscriberSecret(SubscriberView):
    """A subscriber with its Standard Webhooks secret, this one time."""

    secret: str


class SubscriberPage(BaseModel):
    """Subscribers, newest first."""

    items: list[SubscriberView]
    next: str | None


class DeliveryView(BaseModel):
    """One event on its way to one subscriber."""

    id: UUID
    event_id: str
    event_type: EventType
    case_id: UUID | None
    state: DeliveryState
    tries: int
    created_at: datetime
    next_try_at: datetime | None  # none: it will not be tried again by itself
    last_status: int | None
    last_error: str
    last_seconds: float | None
    delivered_at: datetime | None


class DeliveryPage(BaseModel):
    """Deliveries, newest event first."""

    items: list[DeliveryView]
    next: str | None


class Revived(BaseModel):
    """How many deliveries will be tried again."""

    deliveries: int


class QueueChange(BaseModel):
    """A candidate changed: light, for a console that knows the rest or asks for it."""

    number: int  # of the log's entry
    candidate_id: UUID
    action: str
    actor_id: str
    state: str
    version: int
    priority: int
    violation: str
    update: int
    claimed_by: UUID | None
    claimed_until: datetime | None
