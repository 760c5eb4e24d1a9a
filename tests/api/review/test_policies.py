"""Tests of review policies: the nearest one holds, each change is kept, nobody else changes one."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.review.policies import stages_for
from api.review.working_days import WorkingCalendar, working_calendar
from api.settings import ApiSettings, ReviewSettings
from api.users.tables import Role

API = "/api/v1"
CITY, EAST = "110000/", "110000/110105/"


@pytest.fixture
def admin(log_in):
    """An administrator of the city."""
    return log_in(Role.ADMIN, organisation="110000")


@pytest.fixture
def stages(database, now):
    """The stages for a violation in an organisation, now or then."""

    def ask(violation, path, at=None):
        with database.reading() as session:
            return stages_for(session, violation=violation, organisation_path=path, at=at or now())

    return ask


def create(admin, path, stages, violation=None):
    """One policy; the whole answer."""
    body = {"violation": violation, "organisation_path": path, "stages": stages}
    return admin.post(f"{API}/policies", json=body)


def test_without_a_policy_an_operator_decides(stages, organisations):
    """The default is one stage: a lead is no penalty."""
    assert stages("STREET_VENDING", EAST) == ["operator"]


def test_the_longest_path_wins_then_the_violation(admin, stages):
    """A district overrides its city; within one node the violation's own overrides all."""
    create(admin, CITY, ["operator", "second"])
    create(admin, CITY, ["operator", "second", "legal"], "MUCK_TRUCK_SPILL")
    create(admin, EAST, ["operator", "legal"])
    assert stages("STREET_VENDING", CITY) == ["operator", "second"]
    assert stages("MUCK_TRUCK_SPILL", CITY) == ["operator", "second", "legal"]
    assert stages("MUCK_TRUCK_SPILL", EAST + "110105014/") == ["operator", "legal"]
    assert stages("ILLEGAL_AD", "110000/110106/") == ["operator", "second"]
    assert stages("ILLEGAL_AD", "120000/") == ["operator"]


def test_a_change_ends_the_one_before_and_history_answers(admin, stages, now):
    """What held at the time of an arrival can be said later."""
    first = create(admin, EAST, ["operator", "second"]).json()
    then = now()
    now.advance(minutes=30)
    create(admin, EAST, ["operator"])
    assert stages("ILLEGAL_AD", EAST) == ["operator"]
    assert stages("ILLEGAL_AD", EAST, then) == ["operator", "second"]
    now.advance(minutes=30)
    path = f"{API}/policies"
    listed = admin.get(path).json()["items"]
    assert [policy["valid_to"] is None for policy in listed] == [True, False]
    held = admin.get(path, params={"at": then.isoformat()}).json()["items"]
    assert [policy["id"] for policy in held] == [first["id"]]
    paged = admin.get(path, params={"limit": 1}).json()
    rest = admin.get(path, params={"limit": 1, "cursor": paged["next"]}).json()
    assert [paged["items"][0]["id"], rest["items"][0]["id"]] == [p["id"] for p in listed]


def test_ending_a_policy_falls_back_and_is_done_once(admin, stages, now):
    """The wider one holds again; ending twice is a conflict."""
    create(admin, CITY, ["operator", "second"])
    near = create(admin, EAST, ["operator"]).json()
    now.advance(minutes=5)
    assert admin.delete(f"{API}/policies/{near['id']}").status_code == 200
    assert stages("ILLEGAL_AD", EAST) == ["operator", "second"]
    assert admin.delete(f"{API}/policies/{near['id']}").json()["code"] == "policy_ended"


@pytest.mark.parametrize(
    "wrong", [[], ["second"], ["second", "operator"], ["operator", "operator"], ["operator", "x"]]
)
def test_stages_begin_with_an_operator_and_keep_their_order(admin, wrong):
    """No policy skips the operator, repeats a stage or turns the order."""
    assert create(admin, EAST, wrong).status_code == 422


def test_policies_are_changed_by_administrators_of_the_area(admin, operator, log_in):
    """Operators read them; a district's administrator does not touch its neighbour's."""
    made = create(admin, EAST, ["operator"]).json()
    assert operator.caller.get(f"{API}/policies").json()["items"][0]["id"] == made["id"]
    assert create(operator.caller, EAST, ["operator"]).status_code == 403
    stranger = log_in(Role.ADMIN, organisation="110106")
    assert create(stranger, EAST, ["operator"]).status_code == 404
    assert stranger.delete(f"{API}/policies/{made['id']}").status_code == 404
    assert stranger.get(f"{API}/policies").json()["items"] == []


def test_working_days_know_holidays_and_exchanged_weekends(tmp_path):
    """National Day week: seven days off, the Saturday after it is worked."""
    path = tmp_path / "holidays.toml"
    path.write_text(
        "[days]\n"
        "off = [2026-10-01, 2026-10-02, 2026-10-05, 2026-10-06, 2026-10-07]\n"
        "worked = [2026-10-10]\n",
        encoding="utf-8",
    )
    calendar = working_calendar(ApiSettings(review=ReviewSettings(holidays=path)))
    wednesday = datetime(2026, 9, 30, 8, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
    assert calendar.deadline(wednesday, 3).date() == date(2026, 10, 11)
    assert calendar.works_on(date(2026, 10, 10))
    assert not calendar.works_on(date(2026, 10, 11))


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)), st.integers(1, 60))  # noqa: DTZ001 - made aware below
def test_a_deadline_has_so_many_working_days_before_it(start, days):
    """Between the day of the start and the deadline lie exactly as many working days."""
    calendar = WorkingCalendar(timezone=ZoneInfo("Asia/Shanghai"))
    instant = start.replace(tzinfo=UTC)
    ends = calendar.deadline(instant, days)
    first = instant.astimezone(calendar.timezone).date()
    between = [date.fromordinal(n) for n in range(first.toordinal() + 1, ends.date().toordinal())]
    assert sum(map(calendar.works_on, between)) == days
    assert calendar.works_on(between[-1])
