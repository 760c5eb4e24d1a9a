"""Tests of the queue and of the one answer that the review screen is painted from."""

from __future__ import annotations

import base64
import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from api.audit.tables import AccessEntry
from api.evidence.tables import EvidenceRecord, StoredObject
from api.users.tables import Role
from pipeline.violations import Violation
from tests.api.factories import World
from tests.api.reviewing import (  # noqa: F401 - pytest finds fixtures by name
    hand_over,
    operator,
    reviewer,
    second,
    settle,
    settlement,
    world,
)

both = pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"], indirect=True)

API = "/api/v1"


def cursor_of(*keys):
    """A cursor that somebody made up."""
    return base64.urlsafe_b64encode(json.dumps(keys).encode()).decode().rstrip("=")


def ids(answer):
    """The candidates of a page, in its order."""
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


@both
def test_order_is_priority_then_due_time_and_pages_join_without_gap(world, operator):  # noqa: F811
    """Pages of two give the same order as one page of all, also across equal due times."""
    records = [
        world.candidate(priority=priority, age_minutes=age)
        for priority, age in [(2, 10), (0, 1), (2, 10), (1, 5), (2, 30), (3, 60), (2, 10)]
    ]
    whole = ids(operator.caller.get(f"{API}/queue", params={"limit": 50}))
    assert len(whole) == len(records)
    keys = {str(r.id): (r.priority, r.due_at, r.id.hex) for r in records}
    assert whole == sorted(whole, key=lambda one: keys[one])
    paged, cursor = [], None
    while True:
        params = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        answer = operator.caller.get(f"{API}/queue", params=params)
        paged += ids(answer)
        cursor = answer.json()["next"]
        if cursor is None:
            break
    assert paged == whole


@both
def test_states_are_merged_in_one_order(world, reviewer, operator, settle):  # noqa: F811
    """Who judges at two stages sees both in the order of the queue."""
    waiting = [world.candidate(policy=["operator", "second"], age_minutes=m) for m in (30, 20, 10)]
    operator.confirm(waiting[1])
    settle()
    both = reviewer(Role.OPERATOR, Role.SECOND_REVIEWER)
    answer = both.caller.get(f"{API}/queue", params={"limit": 10})
    assert ids(answer) == [str(record.id) for record in waiting]
    assert [item["state"] for item in answer.json()["items"]] == [
        "pending_review",
        "second_review",
        "pending_review",
    ]


@both
def test_filters(world, operator, now, database, store, tmp_path):  # noqa: F811, PLR0917
    """Violation, camera, priority, overdue, mine and age each keep what they say."""
    other = World(database=database, store=store, now=now, folder=tmp_path)
    stall = world.candidate(age_minutes=60)
    urgent = world.candidate(priority=0, violation=Violation.MUCK_TRUCK_SPILL)
    ad = other.candidate(violation=Violation.ILLEGAL_AD, priority=3)
    operator.claim(urgent)

    def found(**params):
        return set(ids(operator.caller.get(f"{API}/queue", params=params)))

    assert found(violation="ILLEGAL_AD") == {str(ad.id)}
    assert found(camera_id=other.camera_id) == {str(ad.id)}
    assert found(priority=0) == {str(urgent.id)}
    assert found(overdue=True) == {str(stall.id)}
    assert found(mine=True) == {str(urgent.id)}
    assert found(state=["rejected", "expired"]) == set()
    assert found(area="110000/110105/") == {str(stall.id), str(urgent.id), str(ad.id)}
    edge = (now() - timedelta(minutes=30)).isoformat()
    assert found(received_before=edge) == {str(stall.id)}
    assert found(received_from=edge) == {str(urgent.id), str(ad.id)}


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({"cursor": "nonsense"}, 400),
        ({"cursor": "W10"}, 400),
        ({"cursor": cursor_of(0, "0001-01-01T00:00:00+14:00", "0" * 32)}, 400),
        ({"cursor": cursor_of(2**70, "2026-01-01T00:00:00Z", "0" * 32)}, 400),
        ({"cursor": cursor_of(0, "2026-01-01T00:00:00", "0" * 32)}, 400),
        ({"received_from": "0001-01-01T00:00:00+14:00"}, 422),
        ({"limit": 0}, 422),
        ({"limit": 201}, 422),
        ({"state": "unknown"}, 422),
        ({"camera_id": "a\0b"}, 422),
        ({"area": "110000/110106/"}, 404),
        ({"colour": "red"}, 422),
    ],
)
def test_bad_questions_get_clear_answers(world, operator, params, status):  # noqa: F811
    """Wrong cursors, filters and areas are told apart, as problem documents."""
    answer = operator.caller.get(f"{API}/queue", params=params)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


@both
def test_counts(world, operator):  # noqa: F811
    """Counts by state, violation and priority, the overdue ones, and those one holds."""
    world.candidate(age_minutes=60)
    held = world.candidate()
    world.candidate(violation=Violation.ILLEGAL_AD, priority=3)
    operator.claim(held)
    counts = operator.caller.get(f"{API}/queue/counts").json()
    assert (counts["total"], counts["overdue"], counts["mine"]) == (3, 1, 1)
    stalls = [item for item in counts["items"] if item["violation"] == "STREET_VENDING"]
    assert [(item["priority"], item["total"], item["overdue"]) for item in stalls] == [(2, 2, 1)]


@both
def test_the_detail_has_everything_on_one_page(world, operator, second, settle):  # noqa: F811
    """Evidence with links to redacted items only, reasons, place, permits, history, decisions."""
    earlier = world.candidate(age_minutes=600)
    record = world.candidate(policy=["operator", "second"])
    operator.confirm(record)
    settle()
    detail = second.caller.get(f"{API}/candidates/{record.id}").json()
    assert detail["stage"] == "second"
    assert detail["obstacles"] == []
    assert detail["explanation"]["reasons"][0]["text_zh"] == "停留 372 秒"
    links = {item["name"]: item["url"] for item in detail["evidence"]}
    assert links["first.jpg"] is None
    assert links["first-redacted.jpg"]
    assert detail["thumbnail"]
    assert detail["camera"]["settings"]["name"] == detail["camera_name"] == "East Gate 03"
    met = {gate["gate"]: gate["met"] for gate in detail["gates"]}
    assert (met["legal_review"], met["publication"]) == (True, False)
    assert [each["id"] for each in detail["earlier"]] == [str(earlier.id)]
    assert [decision["verdict"] for decision in detail["decisions"]] == ["confirm"]
    actions = [entry["action"] for entry in detail["history"]]
    assert actions == ["candidate.claimed", "candidate.confirmed", "candidate.passed_on"]
    checks = {check["code"]: check["holds"] for check in detail["prechecks"]}
    assert checks == {"template": True, "clock": True, "integrity": True}
    shown = second.caller.get(links["first-redacted.jpg"])
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/jpeg")


def test_the_detail_says_why_somebody_cannot_confirm(world, operator, reviewer, settle):  # noqa: F811
    """The codes with which a decision would be refused stand there before anybody tries."""
    record = world.candidate(policy=["operator", "second"], integrity_frozen=None)
    both = reviewer(Role.OPERATOR, Role.SECOND_REVIEWER)
    both.confirm(record)
    settle()
    path = f"{API}/candidates/{record.id}"
    assert both.caller.get(path).json()["obstacles"] == ["same_person"]
    assert operator.caller.get(path).json()["obstacles"] == ["stage_role_missing"]
    frozen = world.candidate(integrity_frozen="first.jpg: it was changed")
    path = f"{API}/candidates/{frozen.id}"
    assert operator.caller.get(path).json()["obstacles"] == ["integrity_frozen"]


@both
def test_an_original_is_opened_for_a_purpose_and_registered(world, operator, database):  # noqa: F811
    """Without purpose and reason there is no link; with them the register knows who and why."""
    record = world.candidate()
    path = f"{API}/candidates/{record.id}/originals/first.jpg"
    assert operator.caller.post(path, json={}).status_code == 422
    assert operator.caller.post(path, json={"purpose": "review", "reason": ""}).status_code == 422
    body = {"purpose": "review", "reason": "the plate is not legible in the redacted copy"}
    opened = operator.caller.post(path, json=body)
    assert opened.status_code == 200, opened.text
    content = operator.caller.get(opened.json()["url"])
    assert content.content.startswith(b"\xff\xd8 first ")
    with database.reading() as session:
        entry = session.scalars(select(AccessEntry)).one()
        assert str(entry.id) == opened.json()["access_id"]
        assert (entry.user_id, entry.item_name, entry.purpose) == (
            operator.user.id,
            "first.jpg",
            "review",
        )
    missing = operator.caller.post(f"{API}/candidates/{record.id}/originals/none.jpg", json=body)
    assert missing.status_code == 404


def test_an_original_that_retention_deleted_is_gone(world, operator, database, now):  # noqa: F811
    """The answer names the deletion instead of a link that leads nowhere (LAW-73)."""
    record = world.candidate()
    with database.writing() as session:
        item = session.get_one(EvidenceRecord, (record.id, 0, "first.jpg"))
        stored = session.get_one(StoredObject, item.sha256)
        stored.deleted_at, stored.deletion_reason = now(), "rejected"
    body = {"purpose": "review", "reason": "to look at it again"}
    answer = operator.caller.post(f"{API}/candidates/{record.id}/originals/first.jpg", json=body)
    assert (answer.status_code, answer.json()["code"]) == (410, "evidence_deleted")
    detail = operator.caller.get(f"{API}/candidates/{record.id}").json()
    assert detail["prechecks"][2]["holds"] is False


def test_a_check_freezes_what_is_damaged_and_frees_what_was_restored(world, operator, settings):  # noqa: F811
    """After the bytes are back the same check lifts the freeze."""
    record = world.candidate()
    detail = operator.caller.get(f"{API}/candidates/{record.id}").json()
    sha256 = next(item["sha256"] for item in detail["evidence"] if item["name"] == "first.jpg")
    place = settings.store.folder / "objects" / sha256[:2] / sha256
    whole = place.read_bytes()
    place.chmod(0o600)
    place.write_bytes(whole[:-1] + b"?")
    path = f"{API}/candidates/{record.id}/integrity-checks"
    damaged = operator.caller.post(path).json()
    assert damaged["ok"] is False
    assert "items/first.jpg" in {check["file"] for check in damaged["checks"]}
    detail = operator.caller.get(f"{API}/candidates/{record.id}").json()
    assert detail["integrity_problem"].startswith("items/first.jpg")
    place.write_bytes(whole)
    assert operator.caller.post(path).json()["ok"] is True
    assert operator.caller.get(f"{API}/candidates/{record.id}").json()["obstacles"] == []


def test_supervisors_read_and_change_nothing(world, reviewer):  # noqa: F811
    """The queue is open to supervisors; claims and decisions are not (LAW-58)."""
    record = world.candidate()
    supervisor = reviewer(Role.SUPERVISOR)
    assert ids(supervisor.caller.get(f"{API}/queue")) == [str(record.id)]
    assert supervisor.caller.get(f"{API}/candidates/{record.id}").status_code == 200
    assert supervisor.claim(record).status_code == 403
    team = reviewer(Role.STREET_TEAM)
    assert team.caller.get(f"{API}/queue").status_code == 403


def test_a_foreign_candidate_is_not_there(world, reviewer):  # noqa: F811
    """Another district sees neither the line nor the page, nor opens an original."""
    record = world.candidate()
    stranger = reviewer(Role.OPERATOR, organisation="110106").caller
    assert ids(stranger.get(f"{API}/queue")) == []
    assert stranger.get(f"{API}/candidates/{record.id}").status_code == 404
    body = {"purpose": "review", "reason": "curiosity, frankly"}
    answer = stranger.post(f"{API}/candidates/{record.id}/originals/first.jpg", json=body)
    assert answer.status_code == 404


def test_an_expired_candidate_may_be_reopened_as_a_lead(world, reviewer, settlement, now):  # noqa: F811
    """It waits again for a person and can prove nothing any more (LAW-41)."""
    record = world.candidate(evidence_use="penalty_evidence", evidence_use_reasons=[])
    now.advance(days=8)
    settlement.run()
    person = reviewer(Role.OPERATOR)
    path = f"{API}/candidates/{record.id}/reopening"
    assert person.caller.post(path).json()["state"] == "pending_review"
    assert person.caller.post(path).status_code == 409
    detail = person.caller.get(f"{API}/candidates/{record.id}").json()
    assert (detail["evidence_use"], detail["evidence_use_reasons"]) == (
        "lead_only",
        ["review_overdue"],
    )
