"""What the overview screen is given."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from pipeline.violations import Violation


class ShareView(BaseModel):
    """A share with its 95 % interval (Wilson)."""

    value: float
    low: float
    high: float


class PrecisionRow(BaseModel):
    """How often people confirmed what one camera reported of one violation."""

    camera_id: str
    camera_name: str
    violation: Violation
    received: int
    confirmed: int  # became cases that still stand
    rejected: int  # by a reviewer, or withdrawn afterwards
    withdrawn: int  # of the rejected: those that had been a case
    waiting: int
    precision: ShareView | None  # none: nothing is decided yet
    alarm: bool  # below the limit over enough reviews: consider muting it


class Precision(BaseModel):
    """Precision of each camera and violation; the worst first."""

    begins: datetime
    ends: datetime
    alarm_below: float
    alarm_reviews: int
    rows: list[PrecisionRow]


class AgeClass(BaseModel):
    """How many candidates wait between two ages."""

    from_minutes: int
    to_minutes: int | None  # none: without end
    waiting: int


class Workload(BaseModel):
    """How the queue stands, and how punctual it was."""

    begins: datetime
    ends: datetime
    waiting: int
    overdue: int
    oldest_received_at: datetime | None
    ages: list[AgeClass]
    decided: int  # by operators, in the window
    on_time: ShareView | None  # of these: before the candidate was due
    expired: int


class PaceRow(BaseModel):
    """What was decided in one hour."""

    hour: datetime  # its beginning, with the offset of the city's zone
    confirmed: int
    rejected: int
    need_more: int
    mean_seconds: float | None  # from claim to decision


class Pace(BaseModel):
    """Decisions per hour; hours without one are left out."""

    begins: datetime
    ends: datetime
    rows: list[PaceRow]


class HourRow(BaseModel):
    """How many acts began in one hour of one weekday."""

    weekday: int  # 0 is Monday
    hour: int  # 0..23, local
    violation: Violation
    acts: int


class Hours(BaseModel):
    """When acts begin; hours without one are left out."""

    begins: datetime
    ends: datetime
    timezone: str
    rows: list[HourRow]


class UnwatchedView(BaseModel):
    """A time in which nobody may say that nothing happened."""

    began_at: datetime
    ended_at: datetime | None  # none: it lasts, as far as the centre knows
    # not_watched: its box told of it; not_heard_of: the centre has not heard of the camera since.
    reason: Literal["not_watched", "not_heard_of"]
    detail: str


class CoverageRow(BaseModel):
    """How much of a window one camera was watched."""

    camera_id: str
    camera_name: str
    box_id: str | None
    seconds: float  # of the window in which the camera was registered
    watched_seconds: float
    share: float | None  # none: it was not registered in the window
    unwatched_count: int
    unwatched: list[UnwatchedView]  # the newest, in order


class Coverage(BaseModel):
    """For which times a record without violations means that none was seen."""

    begins: datetime
    ends: datetime
    items: list[CoverageRow]
    next: str | None
