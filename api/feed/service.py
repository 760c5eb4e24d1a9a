"""Reading the feed: pages by cursor, and where a reader may go on."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.areas import within
from api.audit.tables import AuditEntry
from api.candidates.tables import CandidateRecord
from api.errors import BadRequest, Gone
from api.feed import repository
from api.feed.content import AnyEvent
from api.feed.schemas import FeedPage, QueueChange
from api.feed.streams import BATCH, Numbered
from api.principal import Principal

MAX_CURSOR_DIGITS = 18  # a 64-bit number has no more that fit
# Beyond this a console loads its lists again instead of hearing of every step.
MAX_QUEUE_BACKLOG = 1000

_EVENT: TypeAdapter[AnyEvent] = TypeAdapter(AnyEvent)


def read_feed(session: Session, machine: Principal, cursor: int, limit: int) -> FeedPage:
    """The events of the machine's area after a cursor, in the order of their commits."""
    found = repository.events_after(
        session, area=machine.organisation_path, cursor=cursor, limit=limit + 1
    )
    more = len(found) > limit
    page = found[:limit]
    # Without more, everything up to the newest has been looked at, foreign areas' events too.
    last = page[-1].cursor if more else max(repository.newest_cursor(session), cursor)
    return FeedPage(
        items=[_EVENT.validate_python(event.content) for event in page],
        next=str(last),
        has_more=more,
    )


def position_of(session: Session, cursor: str | None) -> int:
    """Where a reader goes on; without a cursor at the beginning.

    Raises:
        BadRequest: No such cursor was ever given: mistyped, or the centre was restored from an
            older backup.
        Gone: Events after it have been removed.
    """
    if cursor is None or cursor == "":
        return 0
    lowest, highest = repository.ends_of_feed(session)
    is_number = cursor.isascii() and cursor.isdecimal() and len(cursor) <= MAX_CURSOR_DIGITS
    if not is_number or int(cursor) > highest:
        raise BadRequest(
            "cursor_unknown",
            "This cursor was never given. Read the cases again from GET /cases and go on from"
            " `fields.newest`, or begin without a cursor.",
            newest=str(highest),
        )
    position = int(cursor)
    if position and position < lowest - 1:
        raise Gone(
            "cursor_too_old",
            "Events after this cursor have been removed. Read the cases again from GET /cases and"
            " go on from `fields.newest`.",
            newest=str(highest),
            oldest=str(lowest - 1),
        )
    return position


def feed_after(
    session: Session, position: int, *, area: str
) -> tuple[Sequence[Numbered[AnyEvent]], int]:
    """For a stream: the next events, and up to which number was looked."""
    newest = repository.newest_cursor(session)
    found = repository.events_after(session, area=area, cursor=position, limit=BATCH)
    items = [
        Numbered(number=event.cursor, content=_EVENT.validate_python(event.content))
        for event in found
    ]
    return items, (items[-1].number if len(items) == BATCH else newest)


def newest_change(session: Session) -> int:
    """The number of the log's newest entry."""
    return repository.newest_entry(session)


def changes_after(
    session: Session, position: int, *, area: str
) -> tuple[Sequence[Numbered[QueueChange | None]], int]:
    """For a stream: what happened to candidates, one line each, with where they stand now.

    One item without content says that too much happened to tell it all.
    """
    newest = newest_change(session)
    if newest - position > MAX_QUEUE_BACKLOG:
        return [Numbered(number=newest, content=None)], newest
    entries = session.execute(
        select(AuditEntry.number, AuditEntry.subject_id, AuditEntry.action, AuditEntry.actor_id)
        .where(
            AuditEntry.number > position,
            AuditEntry.number <= newest,
            AuditEntry.subject_kind == "candidate",
            within(AuditEntry.organisation_path, area),
        )
        .order_by(AuditEntry.number)
    ).all()
    wanted = {UUID(subject_id) for _, subject_id, _, _ in entries}
    records = {
        record.id: record
        for record in session.scalars(select(CandidateRecord).where(CandidateRecord.id.in_(wanted)))
    }
    items: list[Numbered[QueueChange | None]] = [
        Numbered(
            number=number,
            content=_change(records[UUID(subject_id)], number, action, actor_id),
        )
        for number, subject_id, action, actor_id in entries
        if UUID(subject_id) in records
    ]
    return items, newest


def _change(record: CandidateRecord, number: int, action: str, actor_id: str) -> QueueChange:
    return QueueChange(
        number=number,
        candidate_id=record.id,
        action=action,
        actor_id=actor_id,
        state=record.state,
        version=record.version,
        priority=record.priority,
        violation=record.violation,
        update=record.update,
        claimed_by=record.claimed_by,
        claimed_until=record.claimed_until,
    )
