"""The feed over HTTP: pages, streams, and the published schemas."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Query, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import JsonValue

from api.candidates.routes import Reader as QueueReader
from api.database import ReadSession
from api.errors import BadRequest
from api.feed import repository, service
from api.feed.content import EventType, json_schema
from api.feed.schemas import FeedPage
from api.feed.streams import RETRY_MILLISECONDS, Follower, StreamSlot, watch_of
from api.feed.subscriber_routes import router as subscriber_router
from api.paging import DEFAULT_PAGE, Limit
from api.principal import Principal
from api.problems import problems
from api.state import CurrentDatabase
from api.users.access import allow_scope
from api.users.tables import Scope

router = APIRouter(tags=["feed"])
router.include_router(subscriber_router)

MAX_CURSOR_CHARACTERS = 40
FeedReader = Annotated[Principal, Depends(allow_scope(Scope.FEED_READ))]
FeedCursor = Annotated[
    str | None,
    Query(max_length=MAX_CURSOR_CHARACTERS, description="`next` of the page before; none: all."),
]
LastEventId = Annotated[str | None, Header(max_length=MAX_CURSOR_CHARACTERS)]


def _start_of_feed(
    database: CurrentDatabase, cursor: FeedCursor = None, last_event_id: LastEventId = None
) -> int:
    # The header is what a client that was cut off sends by itself; it knows better than the URL.
    with database.reading() as session:
        return service.position_of(session, last_event_id or cursor)


def _start_of_queue(
    database: CurrentDatabase, cursor: FeedCursor = None, last_event_id: LastEventId = None
) -> int:
    wanted = last_event_id or cursor
    with database.reading() as session:
        newest = service.newest_change(session)
    if not wanted:
        return newest
    if not (wanted.isascii() and wanted.isdecimal()) or int(wanted) > newest:
        raise BadRequest(
            "cursor_unknown",
            "This number was never given. Load the queue again and go on from `stream` of its"
            " counts.",
            newest=newest,
        )
    return int(wanted)


@router.get("/feed", operation_id="read_feed", responses=problems(400, 401, 403, 410, 422, 503))
def read_feed(
    machine: FeedReader,
    session: ReadSession,
    cursor: FeedCursor = None,
    limit: Limit = DEFAULT_PAGE,
) -> FeedPage:
    """Events of cases in the order in which they happened; keep `next` and go on from there."""
    position = service.position_of(session, cursor)
    return service.read_feed(session, machine, position, limit)


@router.get(
    "/feed/stream",
    operation_id="stream_feed",
    response_class=EventSourceResponse,
    responses=problems(400, 401, 403, 410, 422, 503),
)
async def stream_feed(
    request: Request,
    machine: FeedReader,
    start: Annotated[int, Depends(_start_of_feed)],
    _slot: StreamSlot,
) -> AsyncIterator[ServerSentEvent]:
    """The same, live. Each event's `id` is a cursor; a client that was cut off sends the last."""
    state = request.app.state
    follower = Follower(
        watch=watch_of(state, "feed", repository.newest_cursor),
        read=partial(service.feed_after, area=machine.organisation_path),
        state=state,
    )
    yield ServerSentEvent(comment="connected", retry=RETRY_MILLISECONDS)
    async for item in follower.follow(start):
        yield ServerSentEvent(id=str(item.number), event=item.content.type.value, data=item.content)


@router.get(
    "/queue/stream",
    operation_id="stream_queue",
    response_class=EventSourceResponse,
    responses=problems(400, 401, 403, 422, 503),
)
async def stream_queue(
    request: Request,
    caller: QueueReader,
    start: Annotated[int, Depends(_start_of_queue)],
    _slot: StreamSlot,
) -> AsyncIterator[ServerSentEvent]:
    """What happens to candidates, live and light; `reset` says that the queue is to be reloaded."""
    state = request.app.state
    follower = Follower(
        watch=watch_of(state, "queue", service.newest_change),
        read=partial(service.changes_after, area=caller.organisation_path),
        state=state,
    )
    yield ServerSentEvent(comment="connected", retry=RETRY_MILLISECONDS)
    async for item in follower.follow(start):
        if item.content is None:
            yield ServerSentEvent(id=str(item.number), event="reset", data={})
        else:
            yield ServerSentEvent(id=str(item.number), event="candidate", data=item.content)


@router.get(
    "/feed/schemas/{event_type}",
    operation_id="get_event_schema",
    responses=problems(422),
)
def get_event_schema(event_type: Annotated[EventType, Path()]) -> dict[str, JsonValue]:
    """The JSON Schema of an event type; it is the same for everybody and needs no token."""
    return json_schema(event_type)  # type: ignore[return-value]  # a JSON document
