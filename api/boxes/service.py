"""Boxes as administrators and operators see them; revoking; planning uploads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from api.audit.service import append
from api.boxes import chain, repository
from api.boxes.tables import BoxGap, BoxKey, BoxRecord
from api.errors import NotFound, Unauthenticated
from api.evidence.store import EvidenceStore, Expected
from api.paging import decode_cursor, encode_cursor
from api.principal import Principal
from api.users.tables import Organisation
from pipeline.exchange import UploadObject, UploadPlan, UploadRequest, UploadTarget


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxOverview:
    """A box with what is known of it."""

    box: BoxRecord
    organisation: Organisation
    key: BoxKey | None  # with which it signs now; none: revoked
    gaps: int  # that it has told of, ever
    missing: tuple[int, ...]  # manifests that have not come; the first 100


def boxes_seen_by(
    session: Session, caller: Principal, *, cursor: str | None, limit: int
) -> tuple[list[BoxOverview], str | None]:
    """One page of the boxes of the caller's area, by id, and the cursor of the next page.

    Raises:
        BadRequest: The cursor is none of this list.
    """
    after = str(decode_cursor(cursor, str)[0]) if cursor else ""
    found = repository.boxes(session, caller, after=after, limit=limit + 1)
    page = found[:limit]
    ids = [box.id for box, _ in page]
    counts = repository.gap_counts(session, ids)
    keys = {key.box_id: key for key in repository.keys_of(session, ids) if key.revoked_at is None}
    items = [
        _overview(session, box, organisation, keys.get(box.id), counts.get(box.id, 0))
        for box, organisation in page
    ]
    return items, encode_cursor(ids[-1]) if len(found) > limit else None


def box_seen_by(session: Session, caller: Principal, box_id: str) -> BoxOverview:
    """One box of the caller's area.

    Raises:
        NotFound: It is not there, or not in the area.
    """
    found = repository.box(session, box_id)
    if found is None or not caller.sees(found[1].path):
        raise NotFound("box_unknown", f"There is no box {box_id}.")
    counts = repository.gap_counts(session, [box_id])
    key = repository.active_key(session, box_id)
    return _overview(session, found[0], found[1], key, counts.get(box_id, 0))


def revoke(session: Session, caller: Principal, box_id: str, *, now: datetime) -> BoxOverview:
    """End a box's token and key at once; what it has sent stays, and stays verifiable.

    Raises:
        NotFound: It is not there, or not in the area.
    """
    seen = box_seen_by(session, caller, box_id)
    box = repository.locked_box(session, box_id)
    if box is None or box.revoked_at is not None:
        return seen
    box.token_sha256, box.revoked_at = None, now
    for key in repository.keys_of(session, [box_id]):
        key.revoked_at = key.revoked_at or now
    session.flush()
    append(
        session,
        actor=caller,
        action="box.revoked",
        subject_kind="box",
        subject_id=box_id,
        organisation_path=seen.organisation.path,
        now=now,
    )
    return box_seen_by(session, caller, box_id)


def lock_own(session: Session, caller: Principal) -> BoxRecord:
    """The calling box, to change; what else it sends waits until the commit.

    Raises:
        Unauthenticated: It was revoked since its token was looked at.
    """
    box = repository.locked_box(session, caller.id)
    if box is None or box.revoked_at is not None:
        raise Unauthenticated("token_unknown", "The token is unknown or revoked. Enrol again.")
    return box


def gaps_seen_by(
    session: Session, caller: Principal, box_id: str, *, cursor: str | None, limit: int
) -> tuple[Sequence[BoxGap], str | None]:
    """One page of a box's gaps, the last received first, and the cursor of the next page.

    Raises:
        NotFound: The box is not there, or not in the area.
        BadRequest: The cursor is none of this list.
    """
    box_seen_by(session, caller, box_id)
    before = None
    if cursor:
        received_at, key_id, number = decode_cursor(cursor, datetime, str, int)
        before = (received_at, key_id, number)
    found = repository.gaps(session, box_id, before=before, limit=limit + 1)  # type: ignore[arg-type]  # decoded as asked
    page = found[:limit]
    if len(found) <= limit:
        return page, None
    return page, encode_cursor(page[-1].received_at, page[-1].key_id, page[-1].number)


def plan_uploads(
    store: EvidenceStore, caller: Principal, request: UploadRequest, *, base_url: str
) -> UploadPlan:
    """Where each file goes; nowhere if its bytes are there already."""
    return UploadPlan(
        targets=tuple(_target(store, caller.id, item, base_url) for item in request.objects)
    )


def _target(store: EvidenceStore, box_id: str, item: UploadObject, base_url: str) -> UploadTarget:
    if store.size_of(item.sha256) == item.size_bytes:
        return UploadTarget(sha256=item.sha256, url=None, headers={})
    expected = Expected(sha256=item.sha256, size_bytes=item.size_bytes, media_type=item.media_type)
    link = store.upload_link(box_id, expected, base_url=base_url)
    return UploadTarget(
        sha256=item.sha256,
        url=link.url,
        headers=dict(link.headers),
        expires_at=link.expires_at,
    )


def _overview(
    session: Session, box: BoxRecord, organisation: Organisation, key: BoxKey | None, gaps: int
) -> BoxOverview:
    missing: tuple[int, ...] = ()
    if key is not None:
        newest = repository.newest_sequence(session, box.id, key.key_id)
        missing = chain.holes(session, key, below=newest + 1).missing
    return BoxOverview(box=box, organisation=organisation, key=key, gaps=gaps, missing=missing)
