"""What boxes tell of themselves: how they are, and what they had to drop."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from api.audit.service import append
from api.boxes import chain, repository
from api.boxes.service import lock_own
from api.boxes.tables import BoxGap, BoxKey
from api.errors import Conflict, Unauthenticated
from api.principal import Principal
from pipeline.exchange import BoxStatus, CameraState, Gap, GapReceipt, GapReport

# Rows read to find where the run of gap numbers ends; a report has at most 500.
MAX_LOOKED_AT = 1000
# Where nobody looks, pictures may be minutes old; ten of some 60 kB a minute leave a slow uplink to
# the evidence.
PICTURE_AGE = timedelta(minutes=10)
MAX_PICTURES = 10
# Somebody looked within this time, two reports of a box and a half: each report brings a new one.
LOOKED_AT = timedelta(seconds=150)
WATCHED_PICTURE_AGE = timedelta(seconds=5)  # a box that reports all the time sends no more


def note_status(session: Session, caller: Principal, status: BoxStatus, *, now: datetime) -> None:
    """Keep a box's last status, and how far its clock is from the centre's.

    Raises:
        Unauthenticated: The box was revoked since its token was looked at.
    """
    box = lock_own(session, caller)
    box.seen_at = now
    box.software = status.software
    box.clock_difference_seconds = (status.sent_at - now).total_seconds()
    # By way of text: a number that JSON does not have becomes null, as on the wire.
    box.status = json.loads(status.model_dump_json())


def wanted_pictures(session: Session, status: BoxStatus, *, now: datetime) -> tuple[str, ...]:
    """Running cameras whose picture is missing, or too old for who looks; the oldest first."""
    running = [camera.camera_id for camera in status.cameras if camera.state is CameraState.RUNNING]
    times = repository.picture_times(session, running)

    def is_old(camera_id: str) -> bool:
        captured_at, looked_at = times[camera_id]
        is_watched = looked_at is not None and now - looked_at < LOOKED_AT
        return now - captured_at > (WATCHED_PICTURE_AGE if is_watched else PICTURE_AGE)

    missing = [camera_id for camera_id in running if camera_id not in times]
    old = sorted((id_ for id_ in times if is_old(id_)), key=lambda id_: times[id_][0])
    return tuple([*missing, *old][:MAX_PICTURES])


def note_gaps(
    session: Session, caller: Principal, report: GapReport, *, now: datetime
) -> GapReceipt:
    """Keep what a box had to drop; a gap that is known already changes nothing.

    Raises:
        Unauthenticated: The box was revoked since its token was looked at.
        Conflict: A gap's number is taken by another one.
    """
    lock_own(session, caller).seen_at = now
    key = repository.active_key(session, caller.id)
    if key is None:  # pragma: no cover - a box that is not revoked has one
        raise Unauthenticated("key_unknown", "No key is registered for this box. Enrol again.")
    gaps = sorted(report.gaps, key=lambda gap: gap.number)
    if key.gaps_through is None:
        # The box forgets what is acknowledged and tells the oldest first: before it is nothing.
        key.gaps_through = gaps[0].number - 1
    fresh = [gap for gap in gaps if _keep(session, key, gap, now)]
    session.flush()
    key.gaps_through = _run_end(session, key)
    chain.note_progress(session, key)
    if fresh:
        append(
            session,
            actor=caller,
            action="box.gaps_reported",
            subject_kind="box",
            subject_id=caller.id,
            organisation_path=caller.organisation_path,
            now=now,
            details={
                "numbers": [gap.number for gap in fresh],
                "reasons": [*sorted({gap.reason.value for gap in fresh})],
            },
        )
    return GapReceipt(through=key.gaps_through)


def _keep(session: Session, key: BoxKey, gap: Gap, now: datetime) -> bool:
    """Whether the gap is new."""
    known = repository.gap(session, key.box_id, key.key_id, gap.number)
    if known is None:
        session.add(
            BoxGap(
                box_id=key.box_id,
                key_id=key.key_id,
                number=gap.number,
                reason=gap.reason.value,
                sequence=gap.sequence,
                camera_id=gap.camera_id,
                began_at=gap.began_at,
                ended_at=gap.ended_at,
                detail=gap.detail,
                received_at=now,
            )
        )
        return True
    if (known.reason, known.sequence, known.began_at) != (
        gap.reason.value,
        gap.sequence,
        gap.began_at,
    ):
        raise Conflict(
            "gap_conflict",
            f"Gap {gap.number} was told of before, as another one. If the box's disk was replaced,"
            " enrol it with a new key.",
            number=gap.number,
        )
    return False


def _run_end(session: Session, key: BoxKey) -> int:
    through = key.gaps_through or 0
    for number in repository.gap_numbers(
        session, key.box_id, key.key_id, above=through, limit=MAX_LOOKED_AT
    ):
        if number != through + 1:
            break
        through = number
    return through
