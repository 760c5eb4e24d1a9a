"""The figures of the overview: precision, workload, pace, hours."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from api.analytics import repository
from api.analytics.buckets import start_of
from api.analytics.intervals import Share, wilson
from api.analytics.repository import Window
from api.analytics.schemas import (
    AgeClass,
    HourRow,
    Hours,
    Pace,
    PaceRow,
    Precision,
    PrecisionRow,
    ShareView,
    Workload,
)
from api.candidates.tables import CandidateState
from api.review.tables import Verdict

# Domain guide, section 12: per-camera precision alarm, below 60 % over 50 reviews.
ALARM_BELOW = 0.6
ALARM_REVIEWS = 50
# The limits of the guide (5 and 30 minutes), then an hour, a shift, a day, and the working week
# after which a candidate expires.
AGES = tuple(timedelta(minutes=m) for m in (5, 30, 60, 480, 1440, 7200))


def precision(session: Session, window: Window) -> Precision:
    """How often people confirmed each camera's reports, the worst first."""
    counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for camera_id, violation, state, count in repository.outcomes(session, window):
        counts[camera_id, violation][state] += count
    withdrawn = repository.withdrawn(session, window)
    names = repository.camera_names(session, {camera_id for camera_id, _ in counts})
    rows = [
        _precision_row(key, states, names.get(key[0], ""), withdrawn.get(key, 0))
        for key, states in counts.items()
    ]
    rows.sort(key=_worst_first)
    return Precision(
        begins=window.begins,
        ends=window.ends,
        alarm_below=ALARM_BELOW,
        alarm_reviews=ALARM_REVIEWS,
        rows=rows,
    )


def workload(session: Session, window: Window, *, now: datetime) -> Workload:
    """How the queue stands now, and how punctual it was in the window."""
    counts, oldest = repository.waiting_by_age(session, window.area, now, AGES)
    decided, in_time = repository.on_time(session, window)
    edges = [int(age / timedelta(minutes=1)) for age in AGES]
    return Workload(
        begins=window.begins,
        ends=window.ends,
        waiting=sum(counts),
        overdue=repository.overdue(session, window.area, now),
        oldest_received_at=oldest,
        ages=[
            AgeClass(from_minutes=low, to_minutes=high, waiting=count)
            for low, high, count in zip([0, *edges], [*edges, None], counts, strict=True)
        ],
        decided=decided,
        on_time=_view(wilson(in_time, decided)),
        expired=repository.expired(session, window),
    )


def pace(session: Session, window: Window, *, timezone: ZoneInfo) -> Pace:
    """Decisions per local hour."""
    counts: dict[datetime, Counter[str]] = defaultdict(Counter)
    seconds: dict[datetime, list[tuple[int, float]]] = defaultdict(list)
    for quarter, verdict, count, mean in repository.pace(session, window):
        hour = _local_hour(quarter, timezone)
        counts[hour][verdict] += count
        if mean is not None:
            seconds[hour].append((count, mean))
    return Pace(
        begins=window.begins,
        ends=window.ends,
        rows=[
            PaceRow(
                hour=hour,
                confirmed=counts[hour][Verdict.CONFIRM],
                rejected=counts[hour][Verdict.REJECT],
                need_more=counts[hour][Verdict.NEED_MORE],
                mean_seconds=_mean(seconds[hour]),
            )
            for hour in sorted(counts)
        ],
    )


def hours(session: Session, window: Window, *, violation: str | None, timezone: ZoneInfo) -> Hours:
    """When acts begin, by local weekday and hour."""
    counts: Counter[tuple[int, int, str]] = Counter()
    for quarter, kind, count in repository.starts(session, window, violation):
        hour = _local_hour(quarter, timezone)
        counts[hour.weekday(), hour.hour, kind] += count
    return Hours(
        begins=window.begins,
        ends=window.ends,
        timezone=timezone.key,
        rows=[
            HourRow(weekday=weekday, hour=hour, violation=kind, acts=counts[weekday, hour, kind])
            for weekday, hour, kind in sorted(counts)
        ],
    )


def _precision_row(
    key: tuple[str, str], states: Counter[str], name: str, withdrawn: int
) -> PrecisionRow:
    # A withdrawn case was confirmed and turned out wrong; its candidate may be rejected by now.
    confirmed = max(states[CandidateState.EXPORTED] - withdrawn, 0)
    handed_over_and_back = states[CandidateState.EXPORTED] - confirmed
    rejected = states[CandidateState.REJECTED] + handed_over_and_back
    share = wilson(confirmed, confirmed + rejected)
    enough = confirmed + rejected >= ALARM_REVIEWS
    return PrecisionRow(
        camera_id=key[0],
        camera_name=name,
        violation=key[1],
        received=states.total() - states[CandidateState.MERGED],
        confirmed=confirmed,
        rejected=rejected,
        withdrawn=withdrawn,
        waiting=sum(states[state] for state in (*repository.WAITING, CandidateState.CONFIRMED)),
        precision=_view(share),
        alarm=enough and share is not None and share.value < ALARM_BELOW,
    )


def _worst_first(row: PrecisionRow) -> tuple[bool, float, int, str, str]:
    value = row.precision.value if row.precision else 1.0
    return (not row.alarm, value, -row.received, row.camera_id, row.violation)


def _view(share: Share | None) -> ShareView | None:
    if share is None:
        return None
    return ShareView(
        value=round(share.value, 4), low=round(share.low, 4), high=round(share.high, 4)
    )


def _local_hour(quarter: int, timezone: ZoneInfo) -> datetime:
    local = start_of(quarter).astimezone(timezone)
    return local.replace(minute=0)


def _mean(parts: list[tuple[int, float]]) -> float | None:
    total = sum(count for count, _ in parts)
    return round(sum(count * mean for count, mean in parts) / total, 1) if total else None
