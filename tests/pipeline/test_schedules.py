"""Weekly windows: midnight, time zones, daylight saving, validity."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pipeline.errors import ScheduleError
from pipeline.schedules import WEEKDAYS, Schedule, WeeklyWindow, load_timezone

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")


def window(days, begins, until):
    return WeeklyWindow.model_validate({"days": days, "from": begins, "to": until})


def local(text, zone=SHANGHAI):
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


MARKET = Schedule(
    windows=(window(["fri"], "18:00", "02:00"),),
    valid_from=date(2026, 11, 1),
    valid_to=date(2026, 11, 20),  # a Friday
)


@pytest.mark.parametrize(
    ("instant", "is_open"),
    [
        ("2026-11-20 17:59:59", False),
        ("2026-11-20 18:00", True),
        ("2026-11-20 23:59:59", True),
        ("2026-11-21 00:00", True),  # Saturday, but the Friday window runs on
        ("2026-11-21 01:59:59", True),  # after valid_to, still Friday's window
        ("2026-11-21 02:00", False),  # the end is not part of the window
        ("2026-11-20 01:00", False),  # the early hours belong to Thursday
        ("2026-11-27 19:00", False),  # no longer valid
        ("2026-10-30 19:00", False),  # not yet valid
    ],
)
def test_window_across_midnight_belongs_to_the_day_it_begins(instant, is_open):
    """Friday 18:00 to 02:00 is open on Saturday at 01:00 and not on Friday at 01:00."""
    assert MARKET.is_open(local(instant), SHANGHAI) is is_open


def test_window_follows_local_time_over_daylight_saving():
    """08:00 in Berlin is 07:00 UTC in winter and 06:00 UTC in summer."""
    morning = Schedule(windows=(window(["mon"], "08:00", "09:00"),))
    assert morning.is_open(datetime(2026, 1, 5, 7, 30, tzinfo=UTC), BERLIN)
    assert not morning.is_open(datetime(2026, 1, 5, 6, 30, tzinfo=UTC), BERLIN)
    assert morning.is_open(datetime(2026, 7, 6, 6, 30, tzinfo=UTC), BERLIN)


def test_equal_times_mean_the_whole_day():
    """From 00:00 to 00:00 covers Monday and not Tuesday."""
    whole = Schedule(windows=(window(["mon"], "00:00", "00:00"),))
    assert whole.is_open(local("2026-11-23 23:59"), SHANGHAI)
    assert not whole.is_open(local("2026-11-24 00:00"), SHANGHAI)


def test_no_window_means_all_hours_within_validity():
    """Dates alone limit a schedule without windows."""
    schedule = Schedule(valid_to=date(2026, 11, 20))
    assert schedule.is_open(local("2026-11-20 23:59"), SHANGHAI)
    assert not schedule.is_open(local("2026-11-21 00:00"), SHANGHAI)


@given(
    minutes=st.integers(0, 7 * 24 * 60 - 1),
    begins=st.integers(0, 1439),
    until=st.integers(0, 1439),
    day=st.sampled_from(WEEKDAYS),
)
def test_open_minutes_equal_the_windows_length(minutes, begins, until, day):
    """An instant is open exactly when it lies between begin and end on the week's circle."""
    clock = [f"{m // 60:02}:{m % 60:02}" for m in (begins, until)]
    schedule = Schedule(windows=(window([day], *clock),))
    monday = datetime(2026, 11, 23, tzinfo=SHANGHAI)
    instant = (monday + timedelta(minutes=minutes)).astimezone(UTC)
    since_begin = (minutes - (WEEKDAYS.index(day) * 1440 + begins)) % (7 * 1440)
    length = (until - begins) % 1440 or 1440
    assert schedule.is_open(instant, SHANGHAI) is (since_begin < length)


def test_naive_instants_are_refused():
    """A wall time without zone has no place here."""
    with pytest.raises(ScheduleError, match="aware"):
        MARKET.is_open(datetime(2026, 11, 20, 19), SHANGHAI)  # noqa: DTZ001 - the point


@pytest.mark.parametrize(
    "fields",
    [
        {"windows": [{"days": [], "from": "08:00", "to": "09:00"}]},
        {"windows": [{"days": ["mo"], "from": "08:00", "to": "09:00"}]},
        {"windows": [{"days": ["mon"], "from": "25:00", "to": "09:00"}]},
        {"windows": [{"days": ["mon"], "from": "08:00+02:00", "to": "09:00"}]},
        {"valid_from": "2026-12-01", "valid_to": "2026-11-01"},
    ],
)
def test_impossible_schedules_are_refused(fields):
    """No days, unknown days, impossible or zoned times, and an end before the begin."""
    with pytest.raises(ValidationError):
        Schedule.model_validate(fields)


def test_unknown_timezone_says_what_to_write():
    """The message shows an example of an IANA name."""
    with pytest.raises(ScheduleError, match="Asia/Shanghai"):
        load_timezone("Mars/Olympus")
