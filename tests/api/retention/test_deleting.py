"""Evidence goes after its period, with a certificate; nothing else goes, and no page breaks."""

from __future__ import annotations

import hashlib

import pytest
from sqlalchemy import select

from api.audit.service import check_chain
from api.candidates.tables import CandidateRecord, CandidateState
from api.cases.tables import Case
from api.errors import Locked, Unavailable
from api.evidence.store import Area
from api.evidence.tables import EvidenceRecord, StoredObject
from api.retention.deleting import LEASE, Retention
from api.retention.tables import Deletion
from api.users.tables import Role, Scope
from pipeline.evidence.canonical import canonical_json

API = "/api/v1"
pytestmark = pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"], indirect=True)


def files_of(database, record):
    """The digests of a candidate's files."""
    with database.reading() as session:
        query = select(EvidenceRecord.sha256).where(EvidenceRecord.candidate_id == record.id)
        return sorted(set(session.scalars(query)))


def is_there(store, sha256s, area=Area.CANDIDATES):
    """Which of some files the store has."""
    return [store.size_of(sha256, area) is not None for sha256 in sha256s]


def deletions(database):
    """Every deletion."""
    with database.reading() as session:
        return list(session.scalars(select(Deletion).order_by(Deletion.begun_at, Deletion.number)))


def rejected(world, operator, settle, **fields):
    """A candidate whose rejection is final."""
    record = world.candidate(**fields)
    assert operator.reject(record).status_code == 200
    settle()
    return record


class BrokenStore:
    """A store that fails at its n-th deletion, and works otherwise."""

    def __init__(self, store, error, at=1):
        self._store, self._error, self._left = store, error, at

    def __getattr__(self, name):
        return getattr(self._store, name)

    def delete(self, sha256, area=Area.CANDIDATES):
        self._left -= 1
        if self._left == 0:
            raise self._error
        self._store.delete(sha256, area)


@pytest.fixture
def retention_with(database, settings, now):
    """Retention on another store."""

    def make(store):
        return Retention(database=database, store=store, settings=settings.retention, now=now)

    return make


def test_rejected_evidence_goes_after_its_period(
    *, world, operator, settle, retention, database, store, now, reviewer
):
    """Until the last second of 30 days it is there; then bytes are gone, and digests remain."""
    record = rejected(world, operator, settle)
    files = files_of(database, record)
    now.advance(days=30, seconds=-12)  # the decision was 11 seconds before
    retention.run()
    assert all(is_there(store, files))
    now.advance(seconds=12)
    retention.run()
    assert not any(is_there(store, files))
    [deletion] = deletions(database)
    assert deletion.number == 1
    assert sorted(file["sha256"] for file in deletion.certificate["files"]) == files
    assert deletion.certificate["rule"] == "rejected"
    assert deletion.sha256 == hashlib.sha256(canonical_json(deletion.certificate)).hexdigest()
    with database.reading() as session:
        assert check_chain(session).broken_at is None
    retention.run()
    assert len(deletions(database)) == 1


def test_pages_say_deleted(*, world, operator, settle, retention, database, now, reviewer):
    """The candidate's page says when and by which rule; its originals and checks answer 410."""
    record = rejected(world, operator, settle)
    now.advance(days=31)
    retention.run()
    auditor = reviewer(Role.AUDITOR).caller
    page = auditor.get(f"{API}/candidates/{record.id}")
    assert page.status_code == 200, page.text
    told = page.json()
    assert told["thumbnail"] is None
    assert {item["deleted"]["rule"] for item in told["evidence"]} == {"rejected"}
    assert all(item["url"] is None and item["verified_at"] is None for item in told["evidence"])
    [brief] = told["deletions"]
    assert brief["id"] == told["evidence"][0]["deleted"]["deletion_id"]
    assert told["history"][-1]["action"] == "candidate.evidence_deleted"
    desk = reviewer(Role.OPERATOR).caller
    asked = {"purpose": "audit", "reason": "to look at it again"}
    opened = desk.post(f"{API}/candidates/{record.id}/originals/first.jpg", json=asked)
    checked = desk.post(f"{API}/candidates/{record.id}/integrity-checks")
    held = desk.post(f"{API}/candidates/{record.id}/hold", json={"reason": "disputed"})
    assert [answer.status_code for answer in (opened, checked, held)] == [410, 410, 410]
    assert opened.json()["code"] == "evidence_deleted"
    queue = auditor.get(f"{API}/queue", params={"state": "rejected"}).json()["items"]
    assert [item["thumbnail"] for item in queue] == [None]


def test_certificates_can_be_read_and_hold(
    *, world, operator, settle, retention, database, now, reviewer, make_machine
):
    """Those who may read them see that certificate and log agree; a changed one does not hold."""
    rejected(world, operator, settle)
    rejected(world, operator, settle)
    now.advance(days=31)
    retention.run()
    auditor = reviewer(Role.AUDITOR).caller
    first = auditor.get(f"{API}/deletions", params={"limit": 1}).json()
    second = auditor.get(f"{API}/deletions", params={"cursor": first["next"]}).json()
    assert [page["items"][0]["number"] for page in (first, second)] == [2, 1]
    assert second["next"] is None
    path = f"{API}/deletions/{first['items'][0]['id']}"
    told = make_machine(Scope.FEED_READ).get(path).json()
    assert told["holds"]
    digest = hashlib.sha256(canonical_json(told["certificate"])).hexdigest()
    assert digest == told["sha256"]
    with database.writing() as session:
        row = session.get_one(Deletion, deletions(database)[-1].id)
        row.certificate = {**row.certificate, "rule": "expired"}
    assert [
        auditor.get(f"{API}/deletions/{d.id}").json()["holds"] for d in deletions(database)
    ] == [
        True,
        False,
    ]


def test_a_hold_keeps_evidence_until_it_is_released(
    *, world, operator, reviewer, settle, retention, database, store, now
):
    """A hold outlives every period; once it is released, the next run deletes."""
    record = rejected(world, operator, settle)
    files = files_of(database, record)
    reason = {"reason": "the party has applied for reconsideration"}
    path = f"{API}/candidates/{record.id}/hold"
    assert operator.caller.post(path, json=reason).json() == {
        "candidate_id": str(record.id),
        "hold": True,
    }
    assert operator.caller.post(path, json={"reason": "x"}).status_code == 422
    now.advance(days=4000)
    retention.run()
    assert all(is_there(store, files))
    # Every session is long over.
    released = reviewer(Role.LEGAL_REVIEWER).caller.post(f"{path}/release", json=reason)
    assert released.json()["hold"] is False
    retention.run()
    assert not any(is_there(store, files))


def test_release_of_a_hold(world, reviewer, operator, legal, database):
    """An operator cannot release a hold, a legal reviewer can; each step is in the log once."""
    record = world.candidate()
    path, reason = f"{API}/candidates/{record.id}/hold", {"reason": "the dispute is over"}
    for _ in range(2):
        assert operator.caller.post(path, json=reason).status_code == 200
    assert operator.caller.post(f"{path}/release", json=reason).status_code == 403
    for _ in range(2):
        assert legal.caller.post(f"{path}/release", json=reason).json()["hold"] is False
    told = operator.caller.get(f"{API}/candidates/{record.id}").json()
    actions = [entry["action"] for entry in told["history"]]
    assert actions == ["candidate.hold_placed", "candidate.hold_released"]


def test_cases_keep_theirs_until_they_have_ended(
    *, hand_over, retention, database, store, now, reviewer
):
    """An open case keeps everything for ever; a closed one for its period; both copies go."""
    record = hand_over()
    files = files_of(database, record)
    now.advance(days=4000)
    retention.run()
    assert all(is_there(store, files, Area.CASES) + is_there(store, files))
    with database.writing() as session:
        case = session.scalars(select(Case)).one()
        case.state, case.updated_at = "closed", now()
    now.advance(days=1824)
    retention.run()
    assert all(is_there(store, files, Area.CASES))
    now.advance(days=1)
    retention.run()
    assert not any(is_there(store, files, Area.CASES) + is_there(store, files))
    [deletion] = deletions(database)
    assert deletion.certificate["case"]["number"] == case.number


def test_pages_of_a_case_whose_evidence_is_gone(
    *, hand_over, retention, database, now, reviewer, make_machine, secrets
):
    """Its page, its bundle, its check, its items and its party's view: clear answers, no faults."""
    hand_over()
    with database.writing() as session:
        case = session.scalars(select(Case)).one()
        case.state = "withdrawn"
    now.advance(days=2000)
    retention.run()
    desk, machine = reviewer(Role.OPERATOR).caller, make_machine(Scope.FEED_READ)
    told = desk.get(f"{API}/cases/{case.id}").json()
    assert {item["deleted"]["rule"] for item in told["evidence"]} == {"case_ended"}
    assert all(item["url"] is None for item in told["evidence"])
    assert [brief["number"] for brief in told["deletions"]] == [1]
    purpose = {"purpose": "court", "reason": "the court asks for it"}
    answers = [
        machine.get(f"{API}/cases/{case.id}/bundle"),
        desk.post(f"{API}/cases/{case.id}/bundle", json=purpose),
        desk.post(f"{API}/cases/{case.id}/verifications"),
        machine.post(f"{API}/cases/{case.id}/items/first.jpg"),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [
        (410, "evidence_deleted")
    ] * 4
    code = desk.post(f"{API}/cases/{case.id}/inquiry-code").json()
    view = desk.get(code["path"])
    assert view.status_code == 200
    assert view.json()["items"] == []


def test_an_expired_candidate_is_not_reopened_without_evidence(
    *, world, retention, settlement, database, store, now, reviewer
):
    """It expires, may be reopened for 30 days, and then neither evidence nor way back is there."""
    record = world.candidate()
    now.advance(days=60)  # the centre was off when it expired
    settlement.run()
    retention.run()
    files = files_of(database, record)
    assert all(is_there(store, files))
    now.advance(days=30)
    retention.run()
    assert not any(is_there(store, files))
    answer = reviewer().caller.post(f"{API}/candidates/{record.id}/reopening")
    assert (answer.status_code, answer.json()["code"]) == (410, "evidence_deleted")


def test_a_merged_one_goes_with_its_whole(
    *, world, operator, settle, retention, database, store, now
):
    """A part's evidence stays as long as that of the record it became a part of."""
    whole = world.candidate()
    part = world.candidate(state=CandidateState.MERGED, merged_into=whole.id)
    files = files_of(database, part)
    now.advance(days=100)
    retention.run()
    assert all(is_there(store, files))
    with database.writing() as session:
        session.get_one(CandidateRecord, whole.id).expires_at = now()
        session.get_one(CandidateRecord, whole.id).state = CandidateState.EXPIRED
    now.advance(days=31)
    retention.run()
    retention.run()
    assert not any(is_there(store, files + files_of(database, whole)))


def share_a_file(database, store, first, second):
    """Have two candidates list the same bytes; their digest."""
    with database.writing() as session:
        items = {
            one.id: session.get_one(EvidenceRecord, (one.id, 0, "first.jpg"))
            for one in (first, second)
        }
        items[second.id].sha256 = items[first.id].sha256
        return items[first.id].sha256


def test_shared_bytes_stay_while_anybody_needs_them(
    *, world, operator, settle, retention, database, store, now, reviewer
):
    """A file of two records goes with the last; the first's page says deleted all the same."""
    first, second = rejected(world, operator, settle), world.candidate()
    shared = share_a_file(database, store, first, second)
    now.advance(days=31)
    retention.run()
    assert is_there(store, [shared]) == [True]
    [deletion] = deletions(database)
    assert deletion.certificate["kept"] == [{"sha256": shared, "reason": "needed_elsewhere"}]
    told = reviewer(Role.AUDITOR).caller.get(f"{API}/candidates/{first.id}").json()
    assert all(item["deleted"] for item in told["evidence"])
    with database.writing() as session:
        row = session.get_one(CandidateRecord, second.id)
        row.state, row.expires_at = CandidateState.EXPIRED, now()
    now.advance(days=31)
    retention.run()
    assert is_there(store, [shared]) == [False]


def test_new_evidence_of_a_rejected_act_has_its_own_period(
    *, world, operator, settle, retention, database, store, now
):
    """What came on day 20 is there on day 31, and gone on day 51; two certificates."""
    record = rejected(world, operator, settle)
    now.advance(days=20)
    world.update(record)
    now.advance(days=11)
    retention.run()
    assert len(deletions(database)) == 1
    assert sorted(is_there(store, files_of(database, record))) == [False, False, True, True]
    retention.run()
    assert len(deletions(database)) == 1
    now.advance(days=20)
    retention.run()
    assert not any(is_there(store, files_of(database, record)))
    assert len(deletions(database)) == 2


@pytest.mark.parametrize("at", [1, 2, 3, 4])
def test_a_store_that_fails_half_way_is_asked_again(
    *, world, operator, settle, retention, retention_with, database, store, now, at
):
    """Nothing is certified before all of it is gone; the next run after the lease ends it."""
    record = rejected(world, operator, settle)
    files = files_of(database, record)
    now.advance(days=31)
    away = BrokenStore(store, Unavailable("store_unavailable", "away"), at=at)
    retention_with(away).run()
    [deletion] = deletions(database)
    assert deletion.completed_at is None
    assert deletion.certificate is None
    retention.run()  # somebody may still be at it
    assert deletions(database)[0].completed_at is None
    now.advance(seconds=LEASE.total_seconds())
    retention.run()
    assert deletions(database)[0].number == 1
    assert not any(is_there(store, files))


def test_a_process_that_dies_leaves_nothing_half_said(
    *, world, operator, settle, retention, retention_with, database, store, now, reviewer
):
    """Killed between bytes and certificate: the page says deleted, a hold waits, a run ends it."""
    record = rejected(world, operator, settle)
    now.advance(days=31)
    with pytest.raises(KeyboardInterrupt):
        retention_with(BrokenStore(store, KeyboardInterrupt(), at=3)).run()
    desk = reviewer(Role.OPERATOR).caller
    told = desk.get(f"{API}/candidates/{record.id}").json()
    assert all(item["deleted"] for item in told["evidence"])
    assert told["deletions"][0]["completed_at"] is None
    assert desk.get(f"{API}/deletions/{told['deletions'][0]['id']}").status_code == 404
    now.advance(seconds=LEASE.total_seconds())
    retention.run()
    assert deletions(database)[0].completed_at == now()


def test_a_lock_of_the_store_wins(
    *, world, operator, settle, retention, retention_with, database, store, now, reviewer
):
    """What the store does not let go is there as before; what it lets go is certified."""
    record = rejected(world, operator, settle)
    files = files_of(database, record)
    now.advance(days=31)
    retention_with(BrokenStore(store, Locked("evidence_locked", "locked"), at=1)).run()
    [deletion] = deletions(database)
    assert [kept["reason"] for kept in deletion.certificate["kept"]] == ["locked"]
    assert sorted(is_there(store, files)) == [False, True]
    told = reviewer(Role.AUDITOR).caller.get(f"{API}/candidates/{record.id}").json()
    assert sorted(item["deleted"] is None for item in told["evidence"]) == [False, True]
    retention.run()
    assert not any(is_there(store, files))


def test_a_known_lock_is_not_even_tried(
    *, world, operator, settle, retention, database, store, now
):
    """While the database knows of a lock nothing is begun for that file."""
    record = rejected(world, operator, settle)
    files = files_of(database, record)
    now.advance(days=31)
    with database.writing() as session:
        for sha256 in files:
            session.get_one(StoredObject, sha256).locked_until = now().replace(year=2030)
    retention.run()
    assert all(is_there(store, files))
    assert deletions(database) == []


def test_evidence_that_comes_again_is_taken_again(
    *, box, retention, settlement, database, store, now, world
):
    """The same bytes in a later act are asked for again, and stay with it."""
    content = b"\xff\xd8 the same wall, the same poster"
    first = box.send({"first.jpg": content})
    now.advance(days=60)
    settlement.run()
    now.advance(days=31)
    retention.run()
    sha256 = hashlib.sha256(content).hexdigest()
    assert is_there(store, [sha256]) == [False]
    again = box.send({"first.jpg": content}, candidate_id=None)
    assert again.candidate.candidate_id != first.candidate.candidate_id
    assert is_there(store, [sha256]) == [True]
    retention.run()
    assert is_there(store, [sha256]) == [True]


def test_evidence_that_is_being_deleted_is_taken_later(
    *, box, retention, retention_with, settlement, database, store, now
):
    """A box that brings bytes while they go is told to come back, and loses nothing."""
    content = b"\xff\xd8 the same wall, the same poster"
    box.send({"first.jpg": content})
    now.advance(days=60)
    settlement.run()
    now.advance(days=31)
    away = Unavailable("store_unavailable", "away")
    retention_with(BrokenStore(store, away, at=1)).run()
    submission, contents = box.make({"first.jpg": content})
    box.upload(submission, contents)
    answer = box.submit(submission)
    assert (answer.status_code, answer.json()["code"]) == (503, "evidence_being_deleted")
    assert answer.headers["Retry-After"] == "60"
    now.advance(seconds=LEASE.total_seconds())
    retention.run()
    box.upload(submission, contents)
    assert box.submit(submission).status_code == 200
    assert is_there(store, [hashlib.sha256(content).hexdigest()]) == [True]
