"""Tests of decisions: what they need, what they refuse, and that they last."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlalchemy import select

from api.audit.service import check_chain
from api.candidates.tables import CandidateRecord, CandidateState
from api.cases.tables import Case
from api.review.tables import Decision
from api.users.tables import Role
from pipeline.violations import Violation
from tests.api.reviewing import CHECKLIST

both = pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"], indirect=True)

API = "/api/v1"


@pytest.fixture
def record(world):
    """A candidate that waits for an operator."""
    return world.candidate()


def state_of(database, record):
    with database.reading() as session:
        return session.get_one(CandidateRecord, record.id)


@both
def test_a_confirmed_candidate_becomes_a_case_once_the_window_is_over(
    record, operator, settlement, database, now
):
    """Within the window it is only confirmed; after it there is one case with its number."""
    answer = operator.confirm(record)
    assert answer.status_code == 200, answer.text
    assert answer.json()["state"] == "confirmed"
    settlement.run()
    assert state_of(database, record).state == CandidateState.CONFIRMED
    now.advance(seconds=10)
    settlement.run()
    settlement.run()
    assert state_of(database, record).state == CandidateState.EXPORTED
    with database.reading() as session:
        case = session.scalars(select(Case)).one()
        assert (case.number, case.candidate_id, case.frozen_update) == (1, record.id, 0)
        assert check_chain(session).broken_at is None


@pytest.mark.parametrize("failed", ["authentic", "clear", "complete", "accurate"])
def test_each_of_the_four_checks_is_needed(record, operator, failed):
    """A failed check is named, and nothing is confirmed (LAW-20)."""
    answer = operator.confirm(record, checklist={**CHECKLIST, failed: False})
    assert (answer.status_code, answer.json()["code"]) == (422, "checklist_failed")
    assert answer.json()["fields"]["failed"] == [failed]


@pytest.mark.parametrize(
    ("verdict", "fields", "code"),
    [
        ("confirm", {}, "checklist_missing"),
        ("reject", {}, "reason_missing"),
        ("reject", {"reason": "other"}, "note_missing"),
        ("need_more", {}, "missing_unsaid"),
        ("need_more", {"missing": ["other"]}, "note_missing"),
        ("reject", {"reason": "because"}, "invalid_request"),
        ("confirm", {"checklist": {"authentic": True}}, "invalid_request"),
        ("recuse", {}, "invalid_request"),
    ],
)
def test_a_verdict_without_what_it_needs_is_refused(record, operator, verdict, fields, code):
    """Nothing is decided by half."""
    answer = operator.decide(record, verdict, **fields)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


@both
def test_the_same_decision_sent_twice_is_one(record, operator, database):
    """A repeated request gets the first answer; another content under the same id is refused."""
    version = operator.claim(record).json()["version"]
    decision_id = str(uuid4())
    first = operator.reject(record, version=version, decision_id=decision_id)
    again = operator.reject(record, version=version, decision_id=decision_id)
    assert first.status_code == again.status_code == 200
    assert first.json() == again.json()
    other = operator.reject(record, version=version, decision_id=decision_id, reason="blurry")
    assert (other.status_code, other.json()["code"]) == (409, "decision_id_used")
    with database.reading() as session:
        assert len(session.scalars(select(Decision)).all()) == 1


def test_a_stale_version_is_refused(record, operator):
    """Who judged an older state hears which version there is now."""
    version = operator.claim(record).json()["version"]
    answer = operator.confirm(record, version=version - 1)
    assert (answer.status_code, answer.json()["code"]) == (409, "stale")
    assert answer.json()["fields"]["version"] == version


def test_a_decision_needs_a_claim_that_lasts(record, operator, now):
    """Without a claim, or after it, the answer says what to do and nothing is decided."""
    answer = operator.confirm(record, version=1)
    assert (answer.status_code, answer.json()["code"]) == (409, "not_claimed")
    version = operator.claim(record).json()["version"]
    now.advance(seconds=300)
    answer = operator.confirm(record, version=version)
    assert (answer.status_code, answer.json()["code"]) == (409, "claim_expired")
    assert "Claim the candidate again" in answer.json()["detail"]


@both
def test_undo_inside_the_window_and_not_after(record, operator, now):
    """Ten seconds; then the decision is on record for good."""
    decided = operator.reject(record).json()
    now.advance(seconds=9)
    undone = operator.undo(record, decided)
    assert undone.status_code == 200
    assert undone.json()["state"] == "pending_review"
    assert undone.json()["decision"]["undone_at"] is not None
    assert operator.undo(record, decided).status_code == 200
    again = operator.confirm(record, version=undone.json()["version"]).json()
    now.advance(seconds=10)
    late = operator.undo(record, again)
    assert (late.status_code, late.json()["code"]) == (409, "undo_window_over")


def test_what_has_gone_on_meanwhile_cannot_be_undone(record, operator, database):
    """A merge that came within the window stays; undoing does not bring the candidate back."""
    decided = operator.decide(record, "need_more", missing=["clip"]).json()
    with database.writing() as session:
        session.get_one(CandidateRecord, record.id).state = CandidateState.MERGED
    answer = operator.undo(record, decided)
    assert (answer.status_code, answer.json()["code"]) == (409, "undo_window_over")
    assert state_of(database, record).state == CandidateState.MERGED


def test_a_correction_stays_within_the_violation(record, operator):
    """A stall may turn out to be over its line, not to be a poster."""
    version = operator.claim(record).json()["version"]
    answer = operator.confirm(record, version=version, fact={"subtype": "ad.poster"})
    assert (answer.status_code, answer.json()["code"]) == (422, "subtype_differs")
    corrected = operator.confirm(record, version=version, fact={"subtype": "vending.over_line"})
    assert corrected.status_code == 200


def test_only_the_person_who_decided_may_undo(record, operator, reviewer):
    """A colleague cannot take a decision back."""
    decided = operator.reject(record).json()
    answer = reviewer(Role.OPERATOR).undo(record, decided)
    assert (answer.status_code, answer.json()["code"]) == (403, "not_your_decision")


def test_a_decided_candidate_cannot_be_decided_again(record, operator, settle):
    """Rejected is final; neither a claim nor a decision gets through."""
    operator.reject(record)
    settle()
    answer = operator.claim(record)
    assert (answer.status_code, answer.json()["code"]) == (409, "not_open")
    assert operator.confirm(record, version=3).json()["code"] == "not_open"


def test_damaged_evidence_cannot_be_confirmed_but_rejected(world, operator):
    """A candidate whose integrity is in doubt is frozen for confirmation (LAW-23)."""
    record = world.candidate(integrity_frozen="first.jpg: it was changed")
    version = operator.claim(record).json()["version"]
    answer = operator.confirm(record, version=version)
    assert (answer.status_code, answer.json()["code"]) == (423, "integrity_frozen")
    assert operator.reject(record, version=version).status_code == 200


@both
def test_three_stages_take_three_people(*, world, operator, second, legal, settle, database):
    """Operator, second and legal reviewer each confirm before there is a case."""
    record = world.candidate(policy=["operator", "second", "legal"])
    states = []
    for person in (operator, second, legal):
        assert person.confirm(record).status_code == 200
        settle()
        states.append(state_of(database, record).state)
    assert states == ["second_review", "legal_review", "exported"]


def test_each_stage_needs_its_role(world, operator, second, reviewer, settle):
    """An operator cannot judge as second, nor a second reviewer as operator (LAW-49)."""
    record = world.candidate(policy=["operator", "legal"])
    assert second.claim(record).json()["code"] == "stage_role_missing"
    operator.confirm(record)
    settle()
    unqualified = reviewer(Role.LEGAL_REVIEWER)
    answer = unqualified.claim(record)
    assert (answer.status_code, answer.json()["code"]) == (403, "not_legal_qualified")
    assert second.claim(record).json()["code"] == "stage_role_missing"


def test_later_stages_judge_what_the_operator_confirmed(world, operator, second, settle, database):
    """New material in between does not slip under a confirmation (LAW-25)."""
    record = world.candidate(policy=["operator", "second"])
    operator.confirm(record)
    settle()
    newer = world.update(record)
    answer = second.confirm(record, update=newer)
    assert (answer.status_code, answer.json()["code"]) == (409, "stale_update")
    version = second.claim(record).json()["version"]
    assert second.confirm(record, version=version, update=0).status_code == 200
    settle()
    with database.reading() as session:
        assert session.scalars(select(Case)).one().frozen_update == 0


@both
def test_a_second_reviewer_may_reject_or_ask_for_more(world, operator, second, settle, database):
    """Asking for more sends it back to the beginning: what is confirmed next is another set."""
    record = world.candidate(policy=["operator", "second"])
    operator.confirm(record)
    settle()
    assert second.decide(record, "need_more", missing=["close_up"]).status_code == 200
    settle()
    assert state_of(database, record).state == CandidateState.NEED_MORE
    newer = world.update(record)
    assert operator.confirm(record, update=newer).status_code == 200
    settle()
    assert state_of(database, record).state == CandidateState.SECOND_REVIEW
    assert second.confirm(record, update=newer).status_code == 200
    settle()
    assert state_of(database, record).state == CandidateState.EXPORTED


def test_who_recused_stays_out(record, operator, reviewer):
    """A recusal frees the candidate for others and shuts the door for oneself (APL 43)."""
    operator.claim(record)
    path = f"{API}/candidates/{record.id}/recusals"
    body = {"decision_id": str(uuid4()), "note": "my cousin's stall"}
    assert operator.caller.post(path, json=body).status_code == 200
    assert operator.caller.post(path, json=body).status_code == 200
    assert operator.claim(record).json()["code"] == "recused"
    assert operator.caller.post(f"{API}/queue/next", json={}).status_code == 204
    assert reviewer(Role.OPERATOR).claim(record).status_code == 200


@both
def test_an_unjudged_candidate_expires_and_stays_a_lead(world, settlement, database, now):
    """After its working days it expires and proves nothing any more (LAW-41)."""
    record = world.candidate(evidence_use="penalty_evidence", evidence_use_reasons=[])
    now.advance(days=7)
    settlement.run()
    row = state_of(database, record)
    assert row.state == CandidateState.EXPIRED
    assert (row.evidence_use, row.evidence_use_reasons) == ("lead_only", ["review_overdue"])


def test_a_held_candidate_does_not_expire(world, reviewer, settlement, database, now):
    """Whoever is judging may finish."""
    record = world.candidate()
    now.advance(days=6, hours=23, minutes=59)
    reviewer(Role.OPERATOR).claim(record)
    now.advance(minutes=2)
    settlement.run()
    assert state_of(database, record).state == CandidateState.PENDING_REVIEW


def test_damaged_evidence_is_found_before_a_case_is_made(
    *, world, operator, settle, database, store, settings
):
    """A flipped byte in the store stops the hand-over and names the file (LAW-23)."""
    record = world.candidate()
    with database.reading() as session:
        item = world_item(session, record)
    path = settings.store.folder / "objects" / item.sha256[:2] / item.sha256
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    operator.confirm(record)
    settle()
    row = state_of(database, record)
    assert row.state == CandidateState.PENDING_REVIEW
    assert row.integrity_frozen.startswith(item.name)
    with database.reading() as session:
        assert session.scalars(select(Case)).all() == []
    version = operator.claim(record).json()["version"]
    assert operator.confirm(record, version=version).status_code == 423


def world_item(session, record):
    from api.evidence.tables import EvidenceRecord  # noqa: PLC0415 - used here only

    return session.scalars(
        select(EvidenceRecord).where(EvidenceRecord.candidate_id == record.id)
    ).first()


@both
def test_ads_of_one_street_and_day_are_rejected_together(world, operator, database):
    """One call rejects them all; sent again it gives the same; another kind spoils the batch."""
    ads = [world.candidate(violation=Violation.ILLEGAL_AD) for _ in range(12)]
    batch = {
        "batch_id": str(uuid4()),
        "candidates": [[str(ad.id), 1] for ad in ads],
        "reason": "licensed",
    }
    first = operator.caller.post(f"{API}/queue/batch-rejections", json=batch)
    assert first.status_code == 200, first.text
    assert {each["state"] for each in first.json()["decided"]} == {"rejected"}
    again = operator.caller.post(f"{API}/queue/batch-rejections", json=batch)
    assert again.json() == first.json()
    stall = world.candidate()
    mixed = {**batch, "batch_id": str(uuid4()), "candidates": [[str(stall.id), 1]]}
    answer = operator.caller.post(f"{API}/queue/batch-rejections", json=mixed)
    assert (answer.status_code, answer.json()["code"]) == (422, "not_one_batch")


def test_a_batch_is_rejected_whole_or_not_at_all(world, operator, reviewer, database):
    """One candidate that a colleague holds stops the batch, and none is rejected."""
    ads = [world.candidate(violation=Violation.ILLEGAL_AD) for _ in range(3)]
    reviewer(Role.OPERATOR).claim(ads[1])
    batch = {
        "batch_id": str(uuid4()),
        "candidates": [[str(ad.id), 1 + (ad is ads[1])] for ad in ads],
        "reason": "licensed",
    }
    answer = operator.caller.post(f"{API}/queue/batch-rejections", json=batch)
    assert (answer.status_code, answer.json()["code"]) == (409, "claimed")
    assert {state_of(database, ad).state for ad in ads} == {"pending_review"}
