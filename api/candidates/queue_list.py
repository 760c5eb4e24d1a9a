"""The queue as people see it: a page of lines with names, claims and small pictures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

from sqlalchemy.orm import Session

from api.candidates import queue_repository as repository
from api.candidates.queue_repository import QueueFilter, QueuePosition
from api.candidates.queue_schemas import (
    ClaimView,
    QueueCounts,
    QueueCountView,
    QueueItem,
    QueuePage,
)
from api.candidates.street_picture import street_picture
from api.candidates.tables import CandidateRecord
from api.evidence.store import Area, EvidenceStore
from api.evidence.tables import EvidenceRecord
from api.paging import decode_cursor, encode_cursor
from api.principal import Principal


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFacts:
    """What lines say besides their own rows."""

    user_names: Mapping[UUID, str]
    camera_names: Mapping[str, str]
    thumbnails: Mapping[UUID, str]  # links by candidate
    caller: Principal
    now: datetime


def list_queue(
    session: Session,
    caller: Principal,
    wanted: QueueFilter,
    *,
    cursor: str | None,
    limit: int,
    store: EvidenceStore,
    base_url: str,
    now: datetime,
) -> QueuePage:
    """One page. An item that moves while somebody pages is seen at its new place or not at all.

    Raises:
        BadRequest: The cursor is not one of this list.
    """
    after = cast(
        "QueuePosition | None", decode_cursor(cursor, int, datetime, UUID) if cursor else None
    )
    found = repository.page(session, wanted, after=after, limit=limit + 1)
    records = found[:limit]
    facts = ItemFacts(
        user_names=repository.names_of(
            session, (record.claimed_by for record in records if record.claimed_by)
        ),
        camera_names=repository.camera_names(session, {record.camera_id for record in records}),
        thumbnails=_thumbnails(session, records, store=store, base_url=base_url),
        caller=caller,
        now=now,
    )
    more = len(found) > limit
    return QueuePage(
        items=[queue_item(record, facts) for record in records],
        next=encode_cursor(*repository.position_of(records[-1])) if more else None,
    )


def count_queue(
    session: Session, caller: Principal, wanted: QueueFilter, *, now: datetime
) -> QueueCounts:
    """How much waits, by state, violation and priority."""
    rows = repository.counts(session, wanted, now)
    return QueueCounts(
        items=[QueueCountView.model_validate(row, from_attributes=True) for row in rows],
        total=sum(row.total for row in rows),
        overdue=sum(row.overdue for row in rows),
        mine=repository.held_by(session, UUID(caller.id), now),
        stream=repository.newest_entry(session),
    )


def queue_item(record: CandidateRecord, facts: ItemFacts) -> QueueItem:
    """One candidate as a line."""
    return QueueItem(
        id=record.id,
        number=record.number,
        violation=record.violation,
        subtype=record.subtype,
        camera_id=record.camera_id,
        camera_name=facts.camera_names.get(record.camera_id, ""),
        organisation_path=record.organisation_path,
        zone_id=record.zone_id,
        state=record.state,
        version=record.version,
        update=record.update,
        priority=record.priority,
        priority_reasons=record.priority_reasons,
        due_at=record.due_at,
        started_at=record.started_at,
        last_seen_at=record.last_seen_at,
        ended_at=record.ended_at,
        received_at=record.received_at,
        recurrence_of=record.recurrence_of,
        score=record.score,
        template_complete=record.template_complete,
        evidence_use=record.evidence_use,
        integrity_frozen=record.integrity_frozen is not None,
        claim=_claim(record, facts),
        thumbnail=facts.thumbnails.get(record.id),
    )


def links_for(
    store: EvidenceStore, items: Iterable[EvidenceRecord], *, area: Area, base_url: str
) -> dict[str, str]:
    """Short-lived links by item name."""
    return {
        item.name: store.download_link(
            item.sha256,
            area,
            media_type=item.media_type,
            file_name=item.name,
            base_url=base_url,
        )
        for item in items
    }


def _claim(record: CandidateRecord, facts: ItemFacts) -> ClaimView | None:
    if record.claimed_by is None or record.claimed_until is None:
        return None
    if record.claimed_until <= facts.now:
        return None
    return ClaimView(
        user_id=record.claimed_by,
        user_name=facts.user_names.get(record.claimed_by, ""),
        until=record.claimed_until,
        mine=str(record.claimed_by) == facts.caller.id,
    )


def _thumbnails(
    session: Session, records: list[CandidateRecord], *, store: EvidenceStore, base_url: str
) -> dict[UUID, str]:
    pictures = repository.shown_pictures(
        session, [(record.id, record.update) for record in records]
    )
    links = {}
    for record in records:
        chosen = street_picture(record.subtype, pictures.get(record.id, ()))
        if chosen is not None:
            made = links_for(store, [chosen], area=Area.CANDIDATES, base_url=base_url)
            links[record.id] = made[chosen.name]
    return links
