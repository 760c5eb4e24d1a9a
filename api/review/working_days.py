"""Working days, with the holidays and exchanged weekends that a country announces each year.

    [days]
    off = [2026-10-01, 2026-10-02]   # weekdays on which nobody works
    worked = [2026-10-10]            # weekends on which everybody works

The first day is not counted and the last one counts to its end, as procedural law reckons.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from api.settings import ApiSettings
from pipeline.settings import Settings, load_settings

SATURDAY = 5  # of date.weekday()
ONE_DAY = timedelta(days=1)


class HolidayList(Settings):
    """Days that differ from their weekday."""

    off: frozenset[date] = frozenset()
    worked: frozenset[date] = frozenset()


class HolidayFile(Settings):
    """The holiday file."""

    days: HolidayList = HolidayList()


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingCalendar:
    """The working days of one place."""

    timezone: ZoneInfo
    off: frozenset[date] = frozenset()
    worked: frozenset[date] = frozenset()

    def works_on(self, day: date) -> bool:
        """Whether this is a working day.

        >>> WorkingCalendar(timezone=ZoneInfo("Asia/Shanghai")).works_on(date(2026, 11, 21))
        False
        """
        if day in self.worked:
            return True
        return day.weekday() < SATURDAY and day not in self.off

    def deadline(self, start: datetime, days: int) -> datetime:
        """The end of the n-th working day after the day of `start`, as an instant.

        >>> calendar = WorkingCalendar(timezone=ZoneInfo("Asia/Shanghai"))
        >>> friday = datetime.fromisoformat("2026-11-20T08:00:00+08:00")
        >>> calendar.deadline(friday, 1).isoformat()
        '2026-11-24T00:00:00+08:00'
        """
        day = start.astimezone(self.timezone).date()
        left = days
        while left:
            day += ONE_DAY
            left -= self.works_on(day)
        return datetime.combine(day + ONE_DAY, time(), tzinfo=self.timezone)


def working_calendar(settings: ApiSettings) -> WorkingCalendar:
    """The calendar of the settings; without a holiday file only weekends are off.

    Raises:
        SettingsError: The holiday file cannot be read or has another form.
    """
    path = settings.review.holidays
    days = load_settings(path, HolidayFile).days if path else HolidayList()
    return WorkingCalendar(timezone=ZoneInfo(settings.timezone), off=days.off, worked=days.worked)
