"""How much of a time each camera was watched: what boxes told, and how lately they told it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy.orm import Session

from api.analytics import repository
from api.analytics.repository import CameraAndBox, Window
from api.analytics.schemas import Coverage, CoverageRow, UnwatchedView
from api.boxes.tables import BoxGap, BoxRecord
from api.paging import decode_cursor, encode_cursor
from pipeline.exchange import BoxStatus

MAX_SHOWN = 50  # unwatched times of one camera
# Boxes tell every minute how they are; after three of them the silence counts.
SILENCE = timedelta(minutes=3)


def coverage(
    session: Session,
    window: Window,
    *,
    camera_id: str | None,
    cursor: str | None,
    limit: int,
    now: datetime,
) -> Coverage:
    """How much each camera of an area was watched in a window, by id.

    Raises:
        BadRequest: The cursor is none of this list.
    """
    after = cast("str", decode_cursor(cursor, str)[0]) if cursor else ""
    found = repository.cameras(
        session, window.area, camera_id=camera_id, after=after, limit=limit + 1
    )
    page, has_more = found[:limit], len(found) > limit
    ids = [one.camera.id for one in page]
    told: dict[str, list[BoxGap]] = defaultdict(list)
    for gap in repository.times_not_watched(session, ids, begins=window.begins, ends=window.ends):
        told[str(gap.camera_id)].append(gap)
    names = repository.camera_names(session, ids)
    return Coverage(
        begins=window.begins,
        ends=window.ends,
        items=[
            _row(one, names.get(one.camera.id, ""), told[one.camera.id], window, now)
            for one in page
        ],
        next=encode_cursor(ids[-1]) if has_more else None,
    )


def _row(
    one: CameraAndBox, name: str, told: Sequence[BoxGap], window: Window, now: datetime
) -> CoverageRow:
    camera = one.camera
    begins = max(window.begins, camera.created_at)
    ends = min(window.ends, now, camera.retired_at or now)
    unwatched = [
        UnwatchedView(
            began_at=gap.began_at, ended_at=gap.ended_at, reason="not_watched", detail=gap.detail
        )
        for gap in told
    ]
    known_until = _known_until(one.box, camera.id) or camera.created_at
    if now - known_until >= SILENCE and known_until < ends:
        unwatched.append(
            UnwatchedView(began_at=known_until, ended_at=None, reason="not_heard_of", detail="")
        )
    unwatched.sort(key=lambda time: time.began_at)
    seconds = max((ends - begins).total_seconds(), 0.0)
    watched = seconds - _covered(unwatched, begins, ends).total_seconds()
    return CoverageRow(
        camera_id=camera.id,
        camera_name=name,
        box_id=camera.box_id,
        seconds=seconds,
        watched_seconds=watched,
        share=watched / seconds if seconds else None,
        unwatched_count=len(unwatched),
        unwatched=unwatched[-MAX_SHOWN:],
    )


def _known_until(box: BoxRecord | None, camera_id: str) -> datetime | None:
    """Until when the centre knows that a camera was watched; none: it never heard so."""
    if box is None or box.status is None or box.seen_at is None:
        return None
    status = BoxStatus.model_validate(box.status)
    shown = next((c.last_frame_at for c in status.cameras if c.camera_id == camera_id), None)
    # What a box's clock claims of the future is worth no more than when the box last spoke.
    return min(shown, box.seen_at) if shown is not None else None


def _covered(times: Sequence[UnwatchedView], begins: datetime, ends: datetime) -> timedelta:
    """How much of a window lies in at least one of some times, which are in order of beginning."""
    total, reached = timedelta(), begins
    for time in times:
        start, end = max(time.began_at, reached), min(time.ended_at or ends, ends)
        if end > start:
            total += end - start
            reached = end
    return total
