"""Tests of cases: made once, read, withdrawn, verified, packed, shown to their party."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from io import BytesIO

import pytest
from sqlalchemy import select

from api.audit.service import check_chain
from api.audit.tables import AccessEntry
from api.candidates.tables import CandidateRecord
from api.cases.tables import Case
from api.feed.tables import Event
from api.users.tables import Role, Scope
from tests.api.factories import World

API = "/api/v1"


@pytest.fixture
def machine(make_machine):
    """A case system with both scopes."""
    return make_machine(Scope.FEED_READ, Scope.CASES_WRITE)


def case_of(caller, record):
    """The case of a candidate, as a caller sees it."""
    items = caller.get(f"{API}/cases").json()["items"]
    return next(item for item in items if item["candidate_id"] == str(record.id))


def test_a_case_says_who_confirmed_and_what_for(hand_over, operator, machine):
    """The detail has people, norms, evidence with links to redacted items, events and log."""
    case = case_of(operator.caller, hand_over())
    detail = operator.caller.get(f"{API}/cases/{case['id']}").json()
    assert [d["user_id"] for d in detail["decisions"]] == [str(operator.user.id)]
    assert "BJ-SRHW-35-1" in {basis["id"] for basis in detail["legal_bases"]}
    assert [event["type"] for event in detail["events"]] == ["streetcase.case.confirmed.v1"]
    assert [entry["action"] for entry in detail["history"]] == ["case.created"]
    assert detail["next_reports"] == ["acknowledged", "returned", "correcting"]
    links = {item["name"]: item["url"] for item in detail["evidence"]}
    assert links["first.jpg"] is None
    assert operator.caller.get(links["first-redacted.jpg"]).status_code == 200
    assert machine.get(f"{API}/cases/{case['id']}").json()["number"] == 1


def test_pages_and_filters(hand_over, operator):
    """Newest first, joined without gap; filters keep what they say."""
    records = [hand_over() for _ in range(5)]
    first = operator.caller.get(f"{API}/cases", params={"limit": 2}).json()
    second = operator.caller.get(f"{API}/cases", params={"limit": 9, "cursor": first["next"]})
    numbers = [item["number"] for item in first["items"] + second.json()["items"]]
    assert numbers == [5, 4, 3, 2, 1]
    assert second.json()["next"] is None
    one = case_of(operator.caller, records[0])
    operator.caller.post(f"{API}/cases/{one['id']}/withdrawal", json={"reason": "permitted"})
    found = operator.caller.get(f"{API}/cases", params={"state": "withdrawn"}).json()["items"]
    assert [item["id"] for item in found] == [one["id"]]
    none = operator.caller.get(f"{API}/cases", params={"violation": "ILLEGAL_AD"}).json()
    assert none == {"items": [], "next": None}
    bad = operator.caller.get(f"{API}/cases", params={"cursor": "x"})
    assert (bad.status_code, bad.json()["code"]) == (400, "cursor_unknown")


def test_withdrawing_is_a_tombstone_and_done_once(hand_over, operator, database):
    """The same withdrawal again changes nothing; another reason is refused (LAW-42)."""
    case = case_of(operator.caller, hand_over())
    path = f"{API}/cases/{case['id']}/withdrawal"
    assert operator.caller.post(path, json={"reason": "other"}).json()["code"] == "note_missing"
    body = {"reason": "other", "note": "the stall was the festival's own"}
    first = operator.caller.post(path, json=body)
    again = operator.caller.post(path, json=body)
    assert (first.status_code, first.json()) == (200, again.json())
    assert first.json()["state"] == "withdrawn"
    other = operator.caller.post(path, json={"reason": "unclear"})
    assert (other.status_code, other.json()["code"]) == (409, "withdrawn_already")
    with database.reading() as session:
        events = session.scalars(select(Event).order_by(Event.cursor)).all()
        assert [event.type for event in events] == [
            "streetcase.case.confirmed.v1",
            "streetcase.case.withdrawn.v1",
        ]
        assert [event.sequence for event in events] == [1, 2]
        assert check_chain(session).broken_at is None


def test_the_bundle_passes_the_offline_verifier(hand_over, operator, machine, world, tmp_path):
    """What a case system downloads is what the box signed; the verifier needs nothing of us."""
    case = case_of(operator.caller, hand_over())
    answer = machine.get(f"{API}/cases/{case['id']}/bundle")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/zip"
    bundle = tmp_path / "case.zip"
    bundle.write_bytes(answer.content)
    checked = subprocess.run(
        [
            sys.executable,
            "-m",
            "pipeline.evidence.verify",
            str(bundle),
            "--key-id",
            world.key.key_id,
        ],
        check=False,
        capture_output=True,
        text=True,
    )
    assert checked.returncode == 0, checked.stdout
    assert "RESULT: everything holds" in checked.stdout
    again = machine.get(f"{API}/cases/{case['id']}/bundle")
    assert again.content == answer.content


def test_a_person_takes_a_bundle_for_a_purpose(hand_over, operator, database):
    """Each original in it stands in the access register; a machine's door is not theirs."""
    case = case_of(operator.caller, hand_over())
    path = f"{API}/cases/{case['id']}/bundle"
    assert operator.caller.get(path).status_code == 401
    assert operator.caller.post(path, json={"purpose": "court", "reason": "x"}).status_code == 422
    body = {"purpose": "court", "reason": "hearing on Thursday"}
    answer = operator.caller.post(path, json=body)
    assert sorted(zipfile.ZipFile(BytesIO(answer.content)).namelist()) == [
        "README.txt",
        "items/first-redacted.jpg",
        "items/first.jpg",
        "manifest.json",
        "manifest.sig.json",
    ]
    with database.reading() as session:
        assert [e.item_name for e in session.scalars(select(AccessEntry))] == ["first.jpg"]


def flip_byte(place):
    """Change the last byte of a stored file."""
    whole = place.read_bytes()
    place.chmod(0o600)
    place.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))


def test_a_flipped_byte_is_named(hand_over, operator, settings, database):
    """Verifying a case after the store was tampered with names the file (LAW-23)."""
    record = hand_over()
    case = case_of(operator.caller, record)
    path = f"{API}/cases/{case['id']}/verifications"
    whole = operator.caller.post(path).json()
    assert (whole["ok"], whole["first_failure"]) == (True, None)
    detail = operator.caller.get(f"{API}/cases/{case['id']}").json()
    sha256 = next(item["sha256"] for item in detail["evidence"] if item["name"] == "first.jpg")
    flip_byte(settings.store.folder / "cases" / sha256[:2] / sha256)
    broken = operator.caller.post(path).json()
    assert broken["ok"] is False
    assert broken["first_failure"]["file"] == "items/first.jpg"
    with database.reading() as session:
        frozen = session.get_one(CandidateRecord, record.id).integrity_frozen
        assert frozen.startswith("items/first.jpg")


def test_a_bundle_that_cannot_be_finished_does_not_begin(hand_over, operator, machine, settings):
    """Missing files are named instead of a broken download."""
    case = case_of(operator.caller, hand_over())
    detail = operator.caller.get(f"{API}/cases/{case['id']}").json()
    sha256 = next(item["sha256"] for item in detail["evidence"] if item["name"] == "first.jpg")
    (settings.store.folder / "cases" / sha256[:2] / sha256).unlink()
    answer = machine.get(f"{API}/cases/{case['id']}/bundle")
    assert (answer.status_code, answer.json()["code"]) == (404, "evidence_missing")
    assert answer.json()["fields"]["missing"] == ["first.jpg"]


def test_later_material_is_a_supplement(hand_over, world, operator, machine, database):
    """It is listed apart and has its own bundle; the frozen manifest stays (LAW-25)."""
    record = hand_over()
    case = case_of(operator.caller, record)
    newer = world.update(record, is_supplement=True)
    detail = operator.caller.get(f"{API}/cases/{case['id']}").json()
    assert [found["update"] for found in detail["supplements"]] == [newer]
    with database.reading() as session:
        assert session.scalars(select(Case)).one().frozen_update == 0
    bundle = machine.get(f"{API}/cases/{case['id']}/supplements/{newer}/bundle")
    assert bundle.status_code == 200
    missing = machine.get(f"{API}/cases/{case['id']}/supplements/7/bundle")
    assert (missing.status_code, missing.json()["code"]) == (404, "update_unknown")


def test_a_party_sees_its_own_case_redacted(hand_over, operator, machine, client):
    """The code opens one case without a login: no original, no name, no camera id (LAW-40)."""
    case = case_of(operator.caller, hand_over())
    shown = machine.post(f"{API}/cases/{case['id']}/inquiry-code").json()
    answer = client.get(f"{API}/public/inquiries/{shown['code'].lower()}")
    assert answer.status_code == 200, answer.text
    view = answer.json()
    assert view["number"] == case["number"]
    assert len(view["items"]) == 1
    picture = client.get(view["items"][0]["url"]).content
    assert b"blurred" in picture
    assert operator.user.name not in answer.text
    assert case["camera_id"] not in answer.text


def test_codes_cannot_be_tried_out(hand_over, client):
    """Codes that lead nowhere look alike, and soon nobody is answered from that address."""
    hand_over()
    answers = [client.get(f"{API}/public/inquiries/AAAA-AAAA-AAAA-AAA{c}") for c in "ABCDEFGHIJK"]
    assert {answer.status_code for answer in answers[:10]} == {404}
    assert answers[10].status_code == 429
    assert int(answers[10].headers["retry-after"]) > 0


def test_a_foreign_case_is_not_there(hand_over, operator, reviewer, make_machine):
    """Another district's people and machines get 404 for every way to a case."""
    case = case_of(operator.caller, hand_over())
    stranger = reviewer(Role.OPERATOR, organisation="110106").caller
    machine = make_machine(Scope.FEED_READ, Scope.CASES_WRITE, organisation="110106")
    path = f"{API}/cases/{case['id']}"
    assert stranger.get(f"{API}/cases").json()["items"] == []
    answers = [
        stranger.get(path),
        stranger.post(f"{path}/withdrawal", json={"reason": "unclear"}),
        stranger.post(f"{path}/verifications"),
        machine.get(path),
        machine.get(f"{path}/bundle"),
        machine.post(f"{path}/items/first.jpg"),
        machine.post(f"{path}/inquiry-code"),
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert {answer.json()["code"] for answer in answers} == {"case_unknown"}


def test_a_machine_without_the_scope_is_refused(hand_over, operator, make_machine):
    """Reading and writing are two scopes."""
    case = case_of(operator.caller, hand_over())
    path = f"{API}/cases/{case['id']}"
    writer = make_machine(Scope.CASES_WRITE)
    assert writer.get(f"{path}/bundle").json()["code"] == "scope_missing"
    reader = make_machine(Scope.FEED_READ)
    answer = reader.post(f"{path}/callbacks", json={})
    assert answer.status_code == 403


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_two_processes_settle_once(world, operator, database, settlement, now):
    """Two timers on one PostgreSQL make one case of each candidate and miss no number."""
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - used here only

    records = [world.candidate() for _ in range(6)]
    for record in records:
        assert operator.confirm(record).status_code == 200
    now.advance(seconds=11)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: settlement.run(), range(4)))
    with database.reading() as session:
        cases = session.scalars(select(Case).order_by(Case.number)).all()
        events = session.scalars(select(Event).order_by(Event.cursor)).all()
        assert [case.number for case in cases] == [1, 2, 3, 4, 5, 6]
        assert [event.cursor for event in events] == [1, 2, 3, 4, 5, 6]
        assert check_chain(session).broken_at is None


def test_the_world_of_another_camera(database, store, now, tmp_path, organisations):
    """The factory's evidence is what the verifier accepts, so the tests above prove something."""
    world = World(database=database, store=store, now=now, folder=tmp_path)
    record = world.candidate()
    bundles = sorted(tmp_path.glob("bundles-*/*"))
    checked = subprocess.run(
        [sys.executable, "-m", "pipeline.evidence.verify", str(bundles[-1])],
        check=False,
        capture_output=True,
    )
    assert (checked.returncode, record.update) == (0, 0)
