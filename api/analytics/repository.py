"""Counting in plain SQL: outcomes, ages, pace, hours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from api.analytics.buckets import quarter_of
from api.areas import within
from api.boxes.tables import BoxGap, BoxRecord
from api.cameras.tables import CameraRecord, CameraVersion
from api.candidates.tables import CandidateRecord, CandidateState
from api.cases.tables import Case, CaseState
from api.review.tables import Decision, Stage, Verdict
from api.users.tables import Organisation
from pipeline.exchange import GapReason

WAITING = (
    CandidateState.PENDING_REVIEW,
    CandidateState.NEED_MORE,
    CandidateState.SECOND_REVIEW,
    CandidateState.LEGAL_REVIEW,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Which candidates are counted: an area, and a time that includes its beginning."""

    area: str
    begins: datetime
    ends: datetime

    def received(self) -> tuple[ColumnElement[bool], ...]:
        """Candidates that came in the window."""
        row = CandidateRecord
        return (
            row.received_at >= self.begins,
            row.received_at < self.ends,
            within(row.organisation_path, self.area),
        )

    def decided(self) -> tuple[ColumnElement[bool], ...]:
        """Decisions that were made in the window and still hold."""
        return (
            Decision.decided_at >= self.begins,
            Decision.decided_at < self.ends,
            Decision.undone_at.is_(None),
            Decision.verdict != Verdict.RECUSE,
            within(Decision.organisation_path, self.area),
        )


def outcomes(session: Session, window: Window) -> Sequence[tuple[str, str, str, int]]:
    """Camera, violation, state and how many; read from an index alone."""
    row = CandidateRecord
    found = session.execute(
        select(row.camera_id, row.violation, row.state, func.count())
        .where(*window.received())
        .group_by(row.camera_id, row.violation, row.state)
    )
    return [(camera, violation, state, count) for camera, violation, state, count in found]


def withdrawn(session: Session, window: Window) -> dict[tuple[str, str], int]:
    """How many cases were withdrawn, by camera and violation."""
    row = CandidateRecord
    found = session.execute(
        select(row.camera_id, row.violation, func.count())
        .join(Case, Case.candidate_id == row.id)
        .where(Case.state == CaseState.WITHDRAWN, *window.received())
        .group_by(row.camera_id, row.violation)
    )
    return {(camera, violation): count for camera, violation, count in found}


def waiting_by_age(
    session: Session, area: str, now: datetime, ages: Sequence[timedelta]
) -> tuple[list[int], datetime | None]:
    """How many wait, in classes that end at the ages given and one beyond; when the oldest came."""
    row = CandidateRecord
    edges = [now - age for age in ages]
    classes = case(
        *((row.received_at > edge, number) for number, edge in enumerate(edges)), else_=len(edges)
    )
    found = session.execute(
        select(classes, func.count(), func.min(row.received_at))
        .where(row.state.in_(WAITING), within(row.organisation_path, area))
        .group_by(classes)
    ).all()
    counts = [0] * (len(edges) + 1)
    for number, count, _ in found:
        counts[number] = count
    return counts, min((oldest for _, _, oldest in found), default=None)


def overdue(session: Session, area: str, now: datetime) -> int:
    """How many wait for a first judgement and should have had it."""
    row = CandidateRecord
    query = select(func.count()).select_from(row)
    return (
        session.scalar(
            query.where(
                row.state == CandidateState.PENDING_REVIEW,
                row.due_at < now,
                within(row.organisation_path, area),
            )
        )
        or 0
    )


def on_time(session: Session, window: Window) -> tuple[int, int]:
    """How many operators' decisions there were, and how many before the candidate was due."""
    in_time = func.sum(case((Decision.decided_at <= Decision.due_at, 1), else_=0))
    total, good = session.execute(
        select(func.count(), in_time)
        .select_from(Decision)
        .where(Decision.stage == Stage.OPERATOR, *window.decided())
    ).one()
    return total, good or 0


def expired(session: Session, window: Window) -> int:
    """How many came in the window and were never judged."""
    row = CandidateRecord
    query = select(func.count()).select_from(row)
    found = query.where(row.state == CandidateState.EXPIRED, *window.received())
    return session.scalar(found) or 0


def pace(session: Session, window: Window) -> Sequence[tuple[int, str, int, float | None]]:
    """Quarter of an hour, verdict, how many, and the mean seconds from claim to decision."""
    quarter = quarter_of(Decision.decided_at).label("quarter")
    found = session.execute(
        select(quarter, Decision.verdict, func.count(), func.avg(Decision.seconds_to_decide))
        .select_from(Decision)
        .where(*window.decided())
        .group_by(quarter, Decision.verdict)
    )
    return [(number, verdict, count, seconds) for number, verdict, count, seconds in found]


def starts(
    session: Session, window: Window, violation: str | None
) -> Sequence[tuple[int, str, int]]:
    """Quarter of an hour in which acts began, violation, and how many."""
    row = CandidateRecord
    quarter = quarter_of(row.started_at).label("quarter")
    query = (
        select(quarter, row.violation, func.count())
        .where(*window.received(), row.state != CandidateState.MERGED)
        .group_by(quarter, row.violation)
    )
    if violation is not None:
        query = query.where(row.violation == violation)
    return [(number, kind, count) for number, kind, count in session.execute(query)]


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraAndBox:
    """A camera with what its box last said of itself."""

    camera: CameraRecord
    box: BoxRecord | None


def cameras(
    session: Session, area: str, *, camera_id: str | None, after: str, limit: int
) -> list[CameraAndBox]:
    """Cameras of an area with their boxes, by id."""
    query = (
        select(CameraRecord, BoxRecord)
        .join(Organisation, Organisation.id == CameraRecord.organisation_id)
        .outerjoin(BoxRecord, BoxRecord.id == CameraRecord.box_id)
        .where(within(Organisation.path, area), CameraRecord.id > after)
        .order_by(CameraRecord.id)
        .limit(limit)
    )
    if camera_id is not None:
        query = query.where(CameraRecord.id == camera_id)
    return [CameraAndBox(camera=camera, box=box) for camera, box in session.execute(query)]


def times_not_watched(
    session: Session, camera_ids: Sequence[str], *, begins: datetime, ends: datetime
) -> list[BoxGap]:
    """What boxes told of times in which they did not see a camera, as far as they overlap."""
    row = BoxGap
    found = session.scalars(
        select(row)
        .where(
            row.camera_id.in_(camera_ids),
            row.reason == GapReason.NOT_WATCHED,
            row.began_at < ends,
            (row.ended_at > begins) | row.ended_at.is_(None),
        )
        .order_by(row.camera_id, row.began_at)
    )
    return list(found)


def camera_names(session: Session, camera_ids: Iterable[str]) -> dict[str, str]:
    """The present names of cameras."""
    row = CameraVersion
    found = session.execute(
        select(row.camera_id, row.settings["name"].as_string())
        .where(row.camera_id.in_(list(camera_ids)))
        .order_by(row.number)
    )
    return {camera_id: name or "" for camera_id, name in found}
