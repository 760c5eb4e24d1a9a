"""Tests of what case systems and officers report: in order, once each, and back into review."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from api.audit.service import check_chain
from api.candidates.tables import CandidateRecord
from api.feed.tables import Event
from api.users.tables import Role, Scope

API = "/api/v1"

both = pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def machine(make_machine):
    """A case system."""
    return make_machine(Scope.FEED_READ, Scope.CASES_WRITE)


@pytest.fixture
def report(machine, now):
    """Reports on a case: `report(case, "acknowledged")`; each later than the one before."""
    count = 0

    def send(case, status, **fields):
        nonlocal count
        count += 1
        body = {
            "callback_id": f"r-{count}",
            "status": status,
            "reported_at": (now() + timedelta(seconds=count)).isoformat(),
            **fields,
        }
        return machine.post(f"{API}/cases/{case}/callbacks", json=body)

    return send


@pytest.fixture
def record(hand_over):
    """A candidate with a case."""
    return hand_over()


@pytest.fixture
def case(record, machine):
    """The id of that case."""
    return machine.get(f"{API}/cases").json()["items"][0]["id"]


@both
def test_a_case_runs_from_acknowledged_to_closed(case, report):
    """The whole way, with its steps in between."""
    way = [
        ("acknowledged", {}, "acknowledged"),
        ("correcting", {}, "correcting"),
        ("recheck", {}, "recheck"),
        ("still_there", {}, "acknowledged"),
        ("filed", {}, "acknowledged"),
        ("notified", {}, "acknowledged"),
        ("heard", {}, "acknowledged"),
        ("penalty_recorded", {}, "acknowledged"),
        ("closed", {"outcome": "penalised"}, "closed"),
    ]
    for status, fields, state in way:
        answer = report(case, status, **fields)
        assert (answer.status_code, answer.json()["case"]["state"]) == (200, state), answer.text


@pytest.mark.parametrize(
    ("before", "status"),
    [
        ([], "recheck"),
        ([], "closed"),
        (["acknowledged"], "acknowledged"),
        (["acknowledged"], "penalty_recorded"),
        (["acknowledged", "filed"], "penalty_recorded"),
        (["acknowledged", "filed", "notified"], "penalty_recorded"),
        (["acknowledged", "filed"], "heard"),
        (["acknowledged", "correcting"], "returned"),
    ],
)
def test_what_comes_out_of_order_is_refused_and_leaves_nothing(
    case, report, machine, before, status
):
    """No penalty before notice and hearing (LAW-43); the state stays, the report may come again."""
    for earlier in before:
        assert report(case, earlier).status_code == 200
    state = machine.get(f"{API}/cases/{case}").json()
    answer = report(case, status, outcome="filed", reason="unclear")
    assert (answer.status_code, answer.json()["code"]) == (409, "out_of_order")
    after = machine.get(f"{API}/cases/{case}").json()
    assert after == state | {"evidence": after["evidence"]}


@both
def test_a_repeated_report_counts_once(case, machine, now, database):
    """The same id gives the first answer again; another content under it is refused."""
    body = {
        "callback_id": "sys/42",
        "status": "acknowledged",
        "reported_at": now().isoformat(),
        "reference": "2026-0815",
    }
    path = f"{API}/cases/{case}/callbacks"
    first = machine.post(path, json=body).json()
    again = machine.post(path, json=body).json()
    assert (first["duplicate"], again["duplicate"]) == (False, True)
    assert first["result"] == again["result"] == "acknowledged"
    other = machine.post(path, json={**body, "status": "correcting"})
    assert (other.status_code, other.json()["code"]) == (409, "callback_id_used")
    with database.reading() as session:
        assert len(session.scalars(select(Event)).all()) == 2
        assert check_chain(session).broken_at is None


def test_a_report_older_than_the_last_is_refused(case, machine, report, now):
    """By the case system's own clock the order is kept."""
    assert report(case, "acknowledged").status_code == 200
    body = {
        "callback_id": "late",
        "status": "correcting",
        "reported_at": (now() - timedelta(hours=1)).isoformat(),
    }
    answer = machine.post(f"{API}/cases/{case}/callbacks", json=body)
    assert (answer.status_code, answer.json()["code"]) == (409, "older_than_last")


@pytest.mark.parametrize(
    ("status", "fields", "code"),
    [
        ("closed", {}, "outcome_missing"),
        ("returned", {}, "reason_missing"),
        ("returned", {"reason": "other"}, "note_missing"),
        ("returned", {"reason": "because"}, "invalid_request"),
        ("exploded", {}, "invalid_request"),
    ],
)
def test_a_report_without_what_it_needs_is_refused(case, report, status, fields, code):
    """Nothing is taken in by half."""
    report(case, "acknowledged")
    answer = report(case, status, **fields)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


@both
def test_a_returned_case_goes_to_the_last_stage_only(
    *, world, operator, second, settle, report, database
):
    """The second reviewer judges the same set again; then the same case is handed over again."""
    record = world.candidate(policy=["operator", "second"])
    operator.confirm(record)
    settle()
    second.confirm(record)
    settle()
    case = operator.caller.get(f"{API}/cases").json()["items"][0]["id"]
    assert report(case, "returned", reason="wrong_place").json()["case"]["state"] == "returned"
    newer = world.update(record)
    with database.reading() as session:
        row = session.get_one(CandidateRecord, record.id)
        assert (row.state, row.claimed_by) == ("second_review", None)
    assert operator.claim(record).status_code in {403, 409}
    stale = second.confirm(record, update=newer)
    assert stale.json()["code"] == "stale_update"
    version = second.claim(record).json()["version"]
    assert second.confirm(record, version=version, update=0).status_code == 200
    settle()
    detail = second.caller.get(f"{API}/cases/{case}").json()
    assert (detail["state"], detail["number"]) == ("exported", 1)
    assert [event["type"].split(".")[2] for event in detail["events"]] == [
        "confirmed",
        "returned",
        "confirmed",
    ]


def test_a_returned_case_that_review_rejects_is_withdrawn(record, case, report, operator, settle):
    """After the window to undo the tombstone goes out, in the name of the person who rejected."""
    report(case, "returned", reason="unclear")
    rejected = operator.reject(record, reason="permitted_zone").json()
    assert operator.caller.get(f"{API}/cases/{case}").json()["state"] == "returned"
    assert rejected["state"] == "rejected"
    settle()
    detail = operator.caller.get(f"{API}/cases/{case}").json()
    assert (detail["state"], detail["withdraw_reason"]) == ("withdrawn", "permitted")
    assert detail["history"][-1]["actor_name"] == operator.user.name


def test_a_withdrawn_case_takes_no_more_reports(case, report, operator):
    """The end is the end."""
    operator.caller.post(f"{API}/cases/{case}/withdrawal", json={"reason": "unclear"})
    answer = report(case, "acknowledged")
    assert (answer.status_code, answer.json()["fields"]["state"]) == (409, "withdrawn")


def test_officers_report_by_role(case, report, log_in):
    """A street team may report a warning, and may not close; a dispatcher may return."""
    team, dispatcher = log_in(Role.STREET_TEAM), log_in(Role.DISPATCHER)
    path = f"{API}/cases/{case}/status"
    assert team.post(path, json={"status": "correcting"}).json()["state"] == "correcting"
    refused = team.post(path, json={"status": "closed", "outcome": "corrected"})
    assert (refused.status_code, refused.json()["code"]) == (403, "report_not_yours")
    assert (
        dispatcher.post(path, json={"status": "returned", "reason": "unclear"}).status_code == 409
    )
