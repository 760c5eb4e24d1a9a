"""Tests of claims: one person at a time, for a while, in the order of the queue."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from api.users.tables import Role

both = pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"], indirect=True)

API = "/api/v1"


@both
def test_a_claim_keeps_others_away_and_says_who_holds_it(world, operator, reviewer):
    """The second person hears 409 with the name of the first and when the claim ends."""
    record = world.candidate()
    taken = operator.claim(record).json()
    answer = reviewer(Role.OPERATOR).claim(record)
    assert answer.status_code == 409
    problem = answer.json()
    assert problem["code"] == "claimed"
    assert problem["fields"]["claimed_by"] == operator.user.name
    assert problem["fields"]["claimed_until"].startswith(taken["claimed_until"][:19])


def test_an_expired_claim_is_taken_over(world, operator, reviewer, now):
    """Once the lease has run out anybody may claim, and the version has moved."""
    record = world.candidate()
    first = operator.claim(record).json()
    now.advance(seconds=301)
    other = reviewer(Role.OPERATOR)
    second = other.claim(record)
    assert second.status_code == 200
    assert second.json()["version"] == first["version"] + 1
    late = operator.confirm(record, version=first["version"])
    assert (late.status_code, late.json()["code"]) == (409, "claimed")


def test_claiming_again_gives_more_time_and_no_new_version(world, operator, now):
    """Whoever holds a candidate may claim it again; what they loaded stays valid."""
    record = world.candidate()
    first = operator.claim(record).json()
    now.advance(seconds=200)
    again = operator.claim(record).json()
    assert again["version"] == first["version"]
    assert again["claimed_until"] > first["claimed_until"]


def test_renewing_and_releasing(world, operator, reviewer, now):
    """A renewal lasts from now, a release frees at once, and releasing twice changes nothing."""
    record = world.candidate()
    path = f"{API}/candidates/{record.id}/claim"
    claimed = operator.claim(record).json()
    now.advance(seconds=100)
    renewed = operator.caller.post(f"{path}/renewal")
    assert renewed.json()["claimed_until"] > claimed["claimed_until"]
    released = operator.caller.delete(path).json()
    assert released["claimed_until"] is None
    assert operator.caller.delete(path).json() == released
    assert operator.caller.post(f"{path}/renewal").json()["code"] == "not_claimed"
    assert reviewer(Role.OPERATOR).claim(record).status_code == 200


def test_a_lease_that_ran_out_may_be_renewed_while_nobody_took_it(world, operator, now):
    """A person who comes back from lunch goes on where they were."""
    record = world.candidate()
    version = operator.claim(record).json()["version"]
    now.advance(minutes=45)
    path = f"{API}/candidates/{record.id}/claim/renewal"
    assert operator.caller.post(path).status_code == 200
    assert operator.confirm(record, version=version).status_code == 200


@both
def test_next_follows_priority_then_due_time(world, operator):
    """Urgent first, then what was due first; what is held or skipped is passed over."""
    normal = world.candidate(priority=2, age_minutes=20)
    older = world.candidate(priority=2, age_minutes=40)
    urgent = world.candidate(priority=0, age_minutes=1)
    taken = [
        operator.caller.post(f"{API}/queue/next", json={"skip": [str(older.id)]}).json()
        for _ in range(2)
    ]
    assert [each["candidate_id"] for each in taken] == [str(urgent.id), str(normal.id)]
    last = operator.caller.post(f"{API}/queue/next", json={}).json()
    assert last["candidate_id"] == str(older.id)
    assert operator.caller.post(f"{API}/queue/next", json={}).status_code == 204


@both
def test_next_never_gives_what_the_person_may_not_judge(world, reviewer, settle):
    """Who confirmed as operator is not offered the same candidate as second reviewer."""
    record = world.candidate(policy=["operator", "second"])
    both = reviewer(Role.OPERATOR, Role.SECOND_REVIEWER)
    assert both.confirm(record).status_code == 200
    settle()
    assert both.caller.post(f"{API}/queue/next", json={}).status_code == 204
    answer = both.claim(record)
    assert (answer.status_code, answer.json()["code"]) == (409, "same_person")
    other = reviewer(Role.SECOND_REVIEWER)
    taken = other.caller.post(f"{API}/queue/next", json={}).json()
    assert taken["candidate_id"] == str(record.id)


@both
def test_nobody_holds_more_than_ten(world, operator):
    """A person cannot keep the queue from colleagues."""
    records = [world.candidate() for _ in range(11)]
    answers = [operator.claim(record) for record in records]
    assert [answer.status_code for answer in answers] == [200] * 10 + [409]
    assert answers[-1].json()["code"] == "too_many_claims"
    assert operator.caller.post(f"{API}/queue/next", json={}).json()["code"] == "too_many_claims"


def test_a_foreign_candidate_is_not_there(world, reviewer):
    """Another district's operator gets the same answer as for an id that never was."""
    record = world.candidate()
    stranger = reviewer(Role.OPERATOR, organisation="110106")
    answer = stranger.claim(record)
    assert (answer.status_code, answer.json()["code"]) == (404, "candidate_unknown")
    assert stranger.caller.post(f"{API}/queue/next", json={}).status_code == 204
    asked = stranger.caller.post(f"{API}/queue/next", json={"area": "110000/110105/"})
    assert asked.status_code == 404


def test_an_administrator_is_no_operator(world, log_in):
    """The role admin opens no door to judging."""
    record = world.candidate()
    admin = log_in(Role.ADMIN)
    assert admin.post(f"{API}/candidates/{record.id}/claim").status_code == 403
    assert admin.post(f"{API}/queue/next", json={}).status_code == 403


@both
def test_people_who_ask_at_once_get_different_candidates(world, reviewer):
    """Eight people, eight candidates, one moment: each gets one, and none is given twice."""
    records = [world.candidate() for _ in range(8)]
    people = [reviewer(Role.OPERATOR) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda p: p.caller.post(f"{API}/queue/next", json={}), people))
    assert {answer.status_code for answer in answers} == {200}
    taken = {answer.json()["candidate_id"] for answer in answers}
    assert taken == {str(record.id) for record in records}


@both
def test_people_who_claim_one_candidate_at_once(world, reviewer):
    """One of six wins, the others hear who."""
    record = world.candidate()
    people = [reviewer(Role.OPERATOR) for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda person: person.claim(record), people))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 5
