"""Tests of the overview's figures: right on both databases, with intervals, alarms and CSV."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from api.analytics.buckets import quarter_of, start_of
from api.analytics.intervals import wilson
from api.candidates.tables import CandidateRecord
from api.users.tables import Role
from pipeline.violations import Violation

API = "/api/v1"
both = pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"], indirect=True)


@given(st.integers(1, 100_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_an_interval_holds_its_share_and_lies_within_0_and_1(counts):
    """For any counts 0 <= low <= share <= high <= 1, and it is never empty."""
    share = wilson(*counts)
    assert 0 <= share.low <= share.value <= share.high <= 1
    assert share.low < share.high


@given(st.integers(0, 50), st.integers(1, 50))
def test_more_observations_narrow_the_interval(successes, failures):
    """Ten times the observations of the same share say more."""
    few = wilson(successes, successes + failures)
    many = wilson(10 * successes, 10 * (successes + failures))
    assert many.high - many.low < few.high - few.low


@both
def test_quarters_are_those_of_the_clock(world, database):
    """Both databases and Python cut time at the same instants."""
    record = world.candidate()
    with database.reading() as session:
        row = select(quarter_of(CandidateRecord.started_at), CandidateRecord.started_at)
        quarter, started_at = session.execute(row).one()
    assert start_of(quarter) <= started_at == record.started_at < start_of(quarter + 1)


@pytest.fixture
def decided(world, operator, settle, now):
    """Four confirmed, two rejected, one waiting; all of one camera."""
    records = [world.candidate() for _ in range(7)]
    for number, record in enumerate(records[:6]):
        answer = operator.confirm(record) if number < 4 else operator.reject(record)
        assert answer.status_code == 200
        now.advance(seconds=20)
    settle()
    return records


@both
def test_precision_counts_what_people_said(decided, world, operator, log_in):
    """Confirmed and rejected make the share; a withdrawn case counts as a mistake."""
    supervisor = log_in(Role.SUPERVISOR)
    (row,) = supervisor.get(f"{API}/analytics/precision").json()["rows"]
    assert (row["camera_id"], row["camera_name"]) == (world.camera_id, "East Gate 03")
    assert (row["confirmed"], row["rejected"], row["waiting"], row["received"]) == (4, 2, 1, 7)
    assert row["precision"]["value"] == pytest.approx(4 / 6, abs=1e-4)
    assert row["alarm"] is False
    case = operator.caller.get(f"{API}/cases").json()["items"][0]
    operator.caller.post(f"{API}/cases/{case['id']}/withdrawal", json={"reason": "unclear"})
    (row,) = supervisor.get(f"{API}/analytics/precision").json()["rows"]
    assert (row["confirmed"], row["rejected"], row["withdrawn"]) == (3, 3, 1)


@both
def test_the_alarm_needs_enough_reviews(world, database, log_in):
    """29 of 49 is no alarm yet; 29 of 50, below 60 %, is one."""
    for number in range(50):
        state = "exported" if number < 29 else "rejected"
        world.candidate(state=state, violation=Violation.ILLEGAL_AD)
    caller = log_in(Role.SUPERVISOR)
    (row,) = caller.get(f"{API}/analytics/precision").json()["rows"]
    assert (row["confirmed"], row["rejected"], row["alarm"]) == (29, 21, True)
    with database.writing() as session:
        row = session.scalars(
            select(CandidateRecord).where(CandidateRecord.state == "rejected").limit(1)
        ).one()
        row.state = "pending_review"
    (row,) = caller.get(f"{API}/analytics/precision").json()["rows"]
    assert row["alarm"] is False


@both
def test_workload_says_age_and_punctuality(world, operator, settle, log_in):
    """Waiting by age, overdue, oldest, and the share that was judged before it was due."""
    late, punctual = world.candidate(age_minutes=60), world.candidate(age_minutes=10)
    oldest = world.candidate(age_minutes=600)
    operator.confirm(late)
    operator.confirm(punctual)
    settle()
    found = log_in(Role.SUPERVISOR).get(f"{API}/analytics/workload").json()
    assert (found["waiting"], found["overdue"], found["decided"]) == (1, 1, 2)
    assert found["on_time"]["value"] == 0.5
    assert datetime.fromisoformat(found["oldest_received_at"]) == oldest.received_at
    assert [each["waiting"] for each in found["ages"]] == [0, 0, 0, 0, 1, 0, 0]


@both
def test_pace_and_hours_are_local(decided, log_in, now):
    """Monday 10:00 in Beijing is 02:00 UTC; undone decisions are not counted."""
    caller = log_in(Role.SUPERVISOR)
    (row,) = caller.get(f"{API}/analytics/pace").json()["rows"]
    assert row["hour"] == "2026-11-23T10:00:00+08:00"
    assert (row["confirmed"], row["rejected"], row["mean_seconds"]) == (4, 2, 0.0)
    (cell,) = caller.get(f"{API}/analytics/hours").json()["rows"]
    began = decided[0].started_at.astimezone(ZoneInfo("Asia/Shanghai"))
    assert (cell["weekday"], cell["hour"], cell["acts"]) == (0, began.hour, 7)
    none = caller.get(f"{API}/analytics/hours", params={"violation": "ILLEGAL_AD"}).json()
    assert none["rows"] == []


@both
def test_undone_decisions_are_not_counted(world, operator, log_in):
    """What was taken back never was, for the figures."""
    record = world.candidate()
    operator.undo(record, operator.reject(record).json())
    caller = log_in(Role.SUPERVISOR)
    assert caller.get(f"{API}/analytics/pace").json()["rows"] == []
    assert caller.get(f"{API}/analytics/workload").json()["decided"] == 0


@pytest.mark.parametrize("name", ["precision", "workload", "pace", "hours"])
def test_every_table_is_there_as_csv(decided, log_in, name):
    """The same rows, with a byte order mark for spreadsheets."""
    caller = log_in(Role.SUPERVISOR)
    answer = caller.get(f"{API}/analytics/{name}.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.text.startswith("\ufeff")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    content = caller.get(f"{API}/analytics/{name}").json()
    assert len(rows) == len(content.get("rows", content.get("ages")))


def test_other_areas_are_not_counted(decided, log_in):
    """Another district sees none of it, and may not ask for this one."""
    stranger = log_in(Role.SUPERVISOR, organisation="110106")
    assert stranger.get(f"{API}/analytics/precision").json()["rows"] == []
    asked = stranger.get(f"{API}/analytics/precision", params={"area": "110000/110105/"})
    assert asked.status_code == 404


@pytest.mark.parametrize(
    ("begins", "ends"),
    [
        ("2026-11-23T00:00:00Z", "2026-11-22T00:00:00Z"),
        ("2024-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        (None, "0001-01-01T00:00:00Z"),
        ("9999-12-31T23:59:59Z", None),
        ("0001-01-01T00:00:00+14:00", "0001-01-20T00:00:00+14:00"),
        ("2026-11-23", None),
    ],
)
def test_impossible_windows_are_refused(log_in, begins, ends):
    """Backwards, endless, at the ends of the calendar, or without a zone."""
    params = {key: value for key, value in (("begins", begins), ("ends", ends)) if value}
    answer = log_in(Role.SUPERVISOR).get(f"{API}/analytics/pace", params=params)
    assert answer.status_code == 422


def test_the_window_ends_where_it_says(world, log_in, now):
    """The beginning belongs to it, the end does not."""
    record = world.candidate()
    caller = log_in(Role.SUPERVISOR)

    def received(begins, ends):
        params = {"begins": begins.isoformat(), "ends": ends.isoformat()}
        return len(caller.get(f"{API}/analytics/precision", params=params).json()["rows"])

    at = record.received_at.astimezone(UTC)
    assert received(at, at + timedelta(seconds=1)) == 1
    assert received(at - timedelta(seconds=1), at) == 0
