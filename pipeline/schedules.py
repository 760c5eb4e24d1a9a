"""When something is allowed: weekly windows, across midnight, between two dates.

Instants come in as UTC and are judged in the camera's own time zone.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from pipeline.errors import ScheduleError


class Weekday(StrEnum):
    """Days in the order of `datetime.weekday()`: Monday is 0."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


WEEKDAYS = tuple(Weekday)


class WeeklyWindow(BaseModel):
    """From one time of day to another on some weekdays; `until` before `from` crosses midnight.

    The days are those on which the window begins. Equal times mean the whole day. The end is not
    part of the window.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    days: Annotated[tuple[Weekday, ...], Field(min_length=1)]
    begins: Annotated[time, Field(alias="from")]  # local time of day
    until: Annotated[time, Field(alias="to")]  # local time of day

    @field_validator("begins", "until")
    @classmethod
    def _without_zone(cls, value: time) -> time:
        if value.tzinfo is not None:
            raise ScheduleError(
                f"a window is in the camera's local time, without a zone: {value.isoformat()}"
            )
        return value

    def contains(self, local: datetime) -> bool:
        """Whether a local time lies in the window."""
        today = WEEKDAYS[local.weekday()]
        yesterday = WEEKDAYS[(local.weekday() - 1) % len(WEEKDAYS)]
        now = local.time()
        if self.begins < self.until:
            return today in self.days and self.begins <= now < self.until
        return (today in self.days and now >= self.begins) or (
            yesterday in self.days and now < self.until
        )


class Schedule(BaseModel):
    """Weekly windows that are valid between two dates, both included.

    Raises:
        ScheduleError: (inside pydantic's ValidationError) the last day is before the first.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    windows: tuple[WeeklyWindow, ...] = ()  # none: at all hours
    valid_from: date | None = None  # first local day
    valid_to: date | None = None  # last local day

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            raise ScheduleError(
                f"valid_to {self.valid_to} lies before valid_from {self.valid_from}"
            )
        return self

    def is_valid_on(self, day: date) -> bool:
        """Whether a local day lies between the two dates."""
        return (self.valid_from is None or day >= self.valid_from) and (
            self.valid_to is None or day <= self.valid_to
        )

    def is_open(self, instant: datetime, timezone: ZoneInfo) -> bool:
        """Whether the schedule is open at an instant.

        A window that crosses midnight belongs to the day on which it begins, so its last hours
        count even when `valid_to` was yesterday.

        Raises:
            ScheduleError: The instant is naive.
        """
        if instant.utcoffset() is None:
            raise ScheduleError(f"an aware instant is needed, got {instant.isoformat()}")
        local = instant.astimezone(timezone)
        if not self.windows:
            return self.is_valid_on(local.date())
        for window in self.windows:
            if not window.contains(local):
                continue
            began_today = window.begins < window.until or local.time() >= window.begins
            day = local.date() if began_today else local.date() - timedelta(days=1)
            if self.is_valid_on(day):
                return True
        return False


def load_timezone(name: str) -> ZoneInfo:
    """The time zone of an IANA name.

    Raises:
        ScheduleError: There is no such zone.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ScheduleError(
            f"unknown time zone {name!r}; use an IANA name such as Asia/Shanghai"
        ) from error
