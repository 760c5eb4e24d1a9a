"""Submissions of boxes: verified, taken once, recorded as they came, or refused whole."""

from __future__ import annotations

import hashlib
import random
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from api.audit.service import check_chain
from api.audit.tables import AuditEntry
from api.boxes.tables import BoxKey, BoxManifest
from api.cameras.tables import EvidenceBasis
from api.candidates.tables import CandidateRecord, CandidateState, CandidateUpdate
from api.evidence.tables import EvidenceRecord, StoredObject
from api.users.tables import Role
from pipeline.evidence.signing import SigningKey
from pipeline.violations import Subtype
from tests.api.conftest import DISTRICT, OTHER_DISTRICT
from tests.api.simulated_box import SimulatedBox, submission_json

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"], indirect=True)

TABLES = (CandidateRecord, CandidateUpdate, EvidenceRecord, StoredObject, BoxManifest)


def counts(database):
    """Rows of everything that a submission writes."""
    with database.reading() as session:
        return {
            table.__tablename__: session.scalar(select(func.count()).select_from(table))
            for table in TABLES
        }


def record_of(database, submission):
    """The candidate as the queue sees it."""
    with database.reading() as session:
        return session.get(CandidateRecord, submission.candidate.candidate_id)


def set_state(database, submission, state):
    """As people's decisions would."""
    with database.writing() as session:
        session.get(CandidateRecord, submission.candidate.candidate_id).state = state.value


def actions(database):
    """What the log says, in order."""
    with database.reading() as session:
        return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.number)))


def test_a_candidate_stands_as_it_came(box, database, store, now):
    """Texts to the byte, facts, files, chain and log are there after one submission."""
    submission = box.send({"first.jpg": b"first", "redacted-first.jpg": b"hidden"})
    candidate = submission.candidate
    record = record_of(database, submission)
    assert (record.state, record.update, record.version) == ("pending_review", 0, 1)
    assert record.organisation_path == "110000/110105/"
    assert record.received_at == now()
    with database.reading() as session:
        update = session.get(CandidateUpdate, (candidate.candidate_id, 0))
        assert update.manifest == submission.manifest
        assert update.signature == submission.signature
        assert update.notice == submission.notice
        assert update.content["camera_id"] == "cam-1"
        items = session.scalars(select(EvidenceRecord).order_by(EvidenceRecord.name)).all()
        assert [(i.name, i.is_original, i.is_redacted) for i in items] == [
            ("first.jpg", True, False),
            ("redacted-first.jpg", False, True),
        ]
        assert check_chain(session).broken_at is None
    assert b"".join(store.read(hashlib.sha256(b"first").hexdigest())) == b"first"
    assert actions(database)[-1] == "candidate.received"


def test_a_repetition_changes_nothing(box, database):
    """The same submission again is acknowledged as a duplicate and writes no row."""
    submission = box.send()
    before, log = counts(database), actions(database)
    for _ in range(2):
        receipt = box.submit(submission)
        assert receipt.status_code == 200
        assert receipt.json()["duplicate"] is True
        assert receipt.json()["sequence"] == 1
    assert counts(database) == before
    assert actions(database) == log


def test_files_must_come_first(box, database):
    """A submission whose files were not uploaded names them and leaves nothing behind."""
    submission, contents = box.make()
    answer = box.submit(submission)
    assert answer.status_code == 404  # a box tries again; after 409 or 422 it does not
    assert answer.json()["code"] == "evidence_missing"
    assert sorted(answer.json()["fields"]["sha256"]) == sorted(contents)
    assert set(counts(database).values()) == {0}
    box.upload(submission, contents)
    assert box.submit(submission).status_code == 200


def test_files_that_are_there_need_no_upload(box):
    """What another update brought already is not asked for again."""
    box.send({"first.jpg": b"same"})
    submission, contents = box.make({"first.jpg": b"same", "latest.jpg": b"new"})
    assert len(box.upload(submission, contents)) == 1
    assert box.submit(submission).status_code == 200


def test_other_bytes_than_announced_are_refused(box, database):
    """Bytes of the right length and another digest are named and thrown away."""
    submission, contents = box.make({"first.jpg": b"honest"})
    box.upload(submission, dict.fromkeys(contents, b"forged"))
    answer = box.submit(submission)
    assert answer.status_code == 422
    assert answer.json()["code"] == "evidence_mismatch"
    assert answer.json()["fields"]["differs"] == "sha256"
    assert set(counts(database).values()) == {0}
    box.upload(submission, contents)
    assert box.submit(submission).status_code == 200


def flipped(text, position):
    """The text with one hexadecimal digit or letter changed."""
    return text[:position] + ("0" if text[position] != "0" else "1") + text[position + 1 :]


def test_a_changed_manifest_is_refused(box, database):
    """Whatever single character of the manifest changes, nothing is taken."""
    submission, contents = box.make()
    box.upload(submission, contents)
    positions = random.Random(4).sample(range(len(submission.manifest)), 12)  # noqa: S311 - a test
    for position in positions:
        bad = submission.model_copy(update={"manifest": flipped(submission.manifest, position)})
        answer = box.submit(bad)
        assert answer.status_code == 422, answer.text
        assert answer.json()["code"] in {"signature_invalid", "manifest_invalid"}
    assert set(counts(database).values()) == {0}


def test_a_changed_signature_is_refused(box):
    """A signature that does not fit the manifest is named as such."""
    submission, contents = box.make()
    box.upload(submission, contents)
    position = submission.signature.index('"signature":"') + 20
    bad = submission.model_copy(update={"signature": flipped(submission.signature, position)})
    answer = box.submit(bad)
    assert (answer.status_code, answer.json()["code"]) == (422, "signature_invalid")


def test_a_changed_notice_is_refused(box):
    """The notice is not evidence, but it must be the one that was signed."""
    submission, contents = box.make()
    box.upload(submission, contents)
    answer = box.submit(submission.model_copy(update={"notice": submission.notice + " "}))
    assert (answer.status_code, answer.json()["code"]) == (422, "notice_differs")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("update", 7),
        ("camera_id", "cam-2"),
        ("zone_id", "elsewhere"),
        ("clock_offset_seconds", 1.5),
        ("recurrence_of", str(UUID(int=7))),
        ("box", [0.0, 0.0, 0.1, 0.1]),
        ("evidence", []),
        ("manifest_sha256", None),
    ],
)
def test_the_candidate_must_say_what_was_signed(box, field, value):
    """A fact that differs from the signed manifest is named."""
    submission, contents = box.make()
    box.upload(submission, contents)
    content = submission_json(submission)
    content["candidate"][field] = value
    answer = box.post("candidates", content)
    assert answer.status_code == 422
    assert answer.json()["code"] == "manifest_differs"
    assert answer.json()["fields"]["differs"] == [field]


def test_a_box_speaks_only_for_itself(box, enrolled):
    """What one box made and signed is refused with another one's token."""
    other = enrolled("box-2")
    submission, contents = box.make()
    box.upload(submission, contents)
    answer = other.submit(submission)
    assert (answer.status_code, answer.json()["code"]) == (422, "box_differs")


def test_a_key_must_be_registered(box):
    """A manifest signed with a key that nobody registered is refused."""
    box.key = SigningKey.generate()
    submission, contents = box.make()
    box.upload(submission, contents)
    answer = box.submit(submission)
    assert (answer.status_code, answer.json()["code"]) == (422, "key_unknown")


def test_no_token_no_candidate(box, client):
    """Without a token, or with one that is none, nothing is looked at."""
    submission, _ = box.make()
    body = submission_json(submission)
    assert client.post("/api/v1/boxes/me/candidates", json=body).status_code == 401
    box.token = "scb_invented"  # noqa: S105 - nobody's
    assert box.submit(submission).status_code == 401


def test_a_revoked_box_is_shut_out(box, log_in, database):
    """Revoking ends the token at once; nothing of a later submission is kept."""
    submission, contents = box.make()
    box.upload(submission, contents)
    admin = log_in(Role.ADMIN)
    assert admin.post("/api/v1/boxes/box-1/revoke").status_code == 200
    assert box.submit(submission).status_code == 401
    assert set(counts(database).values()) == {0}


def test_what_an_earlier_key_signed_still_counts(box, enrolled, now):
    """After enrolling with a new key the outbox's older manifests are taken, newer ones not."""
    old, contents = box.make()
    former_key = box.key
    now.advance(hours=1)
    renewed = enrolled("box-1")
    renewed.upload(old, contents)
    assert renewed.submit(old).status_code == 200
    now.advance(hours=1)
    renewed.key = former_key
    renewed.chain = box.chain
    late, contents = renewed.make()
    renewed.upload(late, contents)
    answer = renewed.submit(late)
    assert (answer.status_code, answer.json()["code"]) == (422, "key_revoked")


def test_missing_numbers_are_told(box, database):
    """A receipt names the manifests that have not come; they may come later, in any order."""
    made = [box.make() for _ in range(6)]
    for submission, contents in made:
        box.upload(submission, contents)
    told = {}
    for index in (0, 5, 3, 1, 4, 2):
        receipt = box.submit(made[index][0])
        assert receipt.status_code == 200, receipt.text
        told[index] = receipt.json()["missing_sequences"]
    assert told == {0: [], 5: [2, 3, 4, 5], 3: [2, 3], 1: [], 4: [3], 2: []}
    with database.reading() as session:
        assert session.scalar(select(BoxKey.complete_through)) == 6


def test_a_dropped_number_is_not_missed(box, now):
    """A number that the box says it had to drop is missing no more."""
    box.make()  # takes number 1, and is never sent
    box.send()
    gap = {
        "number": 1,
        "reason": "quota",
        "sequence": 1,
        "began_at": now().isoformat(),
    }
    assert box.post("gaps", {"gaps": [gap]}).json() == {"through": 1}
    submission, contents = box.make()
    box.upload(submission, contents)
    assert box.submit(submission).json()["missing_sequences"] == []


def test_a_forked_chain_raises_the_alarm_once(box, client, now, database):
    """A second manifest with a number that has come is refused and logged, once."""
    box.send()
    twin = SimulatedBox(client, now, key=box.key)  # a copied disk: the chain begins anew
    twin.token = box.token
    submission, contents = twin.make()
    twin.upload(submission, contents)
    for _ in range(3):
        answer = twin.submit(submission)
        assert (answer.status_code, answer.json()["code"]) == (409, "chain_forked")
    assert actions(database).count("alarm.chain_forked") == 1
    assert counts(database)["candidates"] == 1


def test_a_manifest_must_name_the_one_before(box, database):
    """Number 2 that follows another number 1 than the one that came is a fork too."""
    first, contents = box.make()
    box.upload(first, contents)
    assert box.submit(first).status_code == 200
    branch = SimulatedBox(box.client, box.now, key=box.key)
    branch.token = box.token
    branch.make()  # another number 1
    second, contents = branch.make()
    branch.upload(second, contents)
    answer = branch.submit(second)
    assert (answer.status_code, answer.json()["code"]) == (409, "chain_forked")


def test_an_update_comes_once(box, database):
    """Another content under a known update is refused and logged."""
    submission = box.send()
    candidate_id = submission.candidate.candidate_id
    other, contents = box.make(candidate_id=candidate_id, update=0)
    box.upload(other, contents)
    answer = box.submit(other)
    assert (answer.status_code, answer.json()["code"]) == (409, "update_conflict")
    assert actions(database)[-1] == "alarm.update_conflict"


def test_a_candidate_belongs_to_one_box(box, enrolled, database):
    """A second box cannot add to the first one's candidate."""
    submission = box.send()
    other = enrolled("box-2")
    intruder, contents = other.make(
        candidate_id=submission.candidate.candidate_id, update=1, camera_id="cam-2"
    )
    other.upload(intruder, contents)
    answer = other.submit(intruder)
    assert (answer.status_code, answer.json()["code"]) == (409, "candidate_of_another_box")
    assert counts(database)["candidate_updates"] == 1


def test_a_camera_of_another_area_is_refused(box, enrolled):
    """A box of another district cannot speak for this one's camera."""
    box.send(camera_id="gate")
    other = enrolled("box-2", OTHER_DISTRICT)
    submission, contents = other.make(camera_id="gate")
    other.upload(submission, contents)
    answer = other.submit(submission)
    assert (answer.status_code, answer.json()["code"]) == (409, "camera_of_another_area")


def test_a_camera_that_changed_boxes_loses_nothing(box, enrolled, database):
    """What waits in a former box's outbox is taken, and marked."""
    box.send(camera_id="gate")
    former = enrolled("box-2")
    record = record_of(database, former.send(camera_id="gate"))
    assert "camera_of_another_box" in record.quality_flags
    assert record.evidence_use == "lead_only"


def test_updates_may_come_in_any_order(box, database):
    """The newest update is what people see; an older one that comes late is only kept."""
    candidate_id = uuid4()
    made = [
        box.make(candidate_id=candidate_id, update=update, lasted=timedelta(minutes=5 + update))
        for update in range(3)
    ]
    for submission, contents in made:
        box.upload(submission, contents)
    for index in (1, 2, 0):
        assert box.submit(made[index][0]).status_code == 200
    record = record_of(database, made[0][0])
    assert record.update == 2
    assert record.last_seen_at == made[2][0].candidate.last_seen_at
    assert counts(database)["candidates"] == 1
    assert counts(database)["candidate_updates"] == 3


def test_what_was_asked_for_brings_it_back(box, database):
    """A candidate that waits for more is pending again when an update comes."""
    first = box.send()
    set_state(database, first, CandidateState.NEED_MORE)
    box.send(candidate_id=first.candidate.candidate_id, update=1)
    record = record_of(database, first)
    assert (record.state, record.version, record.update) == ("pending_review", 2, 1)


@pytest.mark.parametrize(
    "state", [CandidateState.REJECTED, CandidateState.CONFIRMED, CandidateState.SECOND_REVIEW]
)
def test_an_update_decides_nothing(box, database, state):
    """No update changes what a person has decided."""
    first = box.send()
    set_state(database, first, state)
    box.send(candidate_id=first.candidate.candidate_id, update=1, absorbed_by=uuid4())
    record = record_of(database, first)
    assert (record.state, record.update) == (state.value, 1)
    assert record.merged_into is None


def test_after_the_freeze_it_is_a_supplement(box, database):
    """What comes after the hand-over is kept apart; the judged set stays (LAW-25)."""
    first = box.send()
    set_state(database, first, CandidateState.EXPORTED)
    later = box.send(
        candidate_id=first.candidate.candidate_id,
        update=1,
        state="ended",
        lasted=timedelta(minutes=9),
    )
    record = record_of(database, first)
    assert (record.update, record.state) == (0, "exported")
    assert record.episode_state == "ended"
    assert record.ended_at == later.candidate.ended_at
    with database.reading() as session:
        assert session.get(CandidateUpdate, (record.id, 1)).is_supplement
        assert not session.get(CandidateUpdate, (record.id, 0)).is_supplement
    assert actions(database)[-1] == "candidate.supplemented"


def test_what_was_absorbed_is_merged(box, database):
    """A candidate that turned out to be a part of another one leaves the queue, by the system."""
    whole = box.send()
    part = box.send()
    box.send(
        candidate_id=part.candidate.candidate_id,
        update=1,
        absorbed_by=whole.candidate.candidate_id,
    )
    record = record_of(database, part)
    assert (record.state, record.version) == ("merged", 2)
    assert record.merged_into == whole.candidate.candidate_id
    assert actions(database)[-2:] == ["candidate.updated", "candidate.merged"]


def test_a_clock_two_days_off_is_marked(box, enrolled, database, now):
    """Evidence of a wrong clock is taken, and says of itself that its times are not accurate."""
    box.now = lambda: now() + timedelta(days=2)
    ahead = record_of(database, box.send())
    told = record_of(database, enrolled("box-2").send(clock_offset_seconds=90.0, camera_id="b"))
    for record in (ahead, told):
        assert "clock_inaccurate" in record.quality_flags
        assert "clock_inaccurate" in record.evidence_use_reasons
        assert record.evidence_use == "lead_only"
        assert record.expires_at > now()


def test_a_slow_clock_is_known_from_the_status(box, database, now):
    """A box whose clock is behind cannot be told from a long outbox, but its status tells."""
    status = {
        "sent_at": (now() - timedelta(days=2)).isoformat(),
        "started_at": now().isoformat(),
        "software": "simulated",
    }
    assert box.post("status", status).status_code == 200
    assert "clock_inaccurate" in record_of(database, box.send()).quality_flags


def test_an_unknown_camera_is_no_reason_to_lose_a_candidate(box, database, log_in):
    """A camera that nobody registered comes with the candidate, for leads only."""
    record = record_of(database, box.send(camera_id="new-camera"))
    assert "camera_unregistered" in record.quality_flags
    assert record.evidence_use == "lead_only"
    answer = log_in(Role.OPERATOR).get("/api/v1/cameras/new-camera")
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"zone_id": "z" * 65}, "zone_id"),
        ({"update": 2**40}, "update"),
        ({"zone_id": "a\0b"}, "zone_id"),
    ],
)
def test_what_does_not_fit_a_column_is_said(box, database, facts, field):
    """A value that one of the databases would refuse is refused in words, on both."""
    submission, contents = box.make(**facts)
    box.upload(submission, contents)
    answer = box.submit(submission)
    assert (answer.status_code, answer.json()["code"]) == (422, "value_not_storable")
    assert answer.json()["fields"]["field"] == field
    assert set(counts(database).values()) == {0}


def test_a_store_that_is_away_keeps_nothing(box, database, store):
    """With the store away uploads and submissions get 503; later everything goes through."""
    submission, contents = box.make()
    box.upload(submission, contents)
    root = store._root
    aside = root.with_name("aside")
    root.rename(aside)
    root.write_bytes(b"")  # no folder any more
    answer = box.submit(submission)
    assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
    assert answer.headers["Retry-After"]
    assert set(counts(database).values()) == {0}
    root.unlink()
    aside.rename(root)
    assert box.submit(submission).status_code == 200


def test_an_intruders_bytes_never_replace_verified_ones(box, enrolled, store):
    """A second box that uploads other bytes for a known digest changes nothing."""
    submission = box.send({"first.jpg": b"true"})
    sha256 = submission.candidate.evidence[0].sha256
    other = enrolled("box-2")
    plan = other.post(
        "uploads",
        {"objects": [{"sha256": sha256, "size_bytes": 5, "media_type": "image/jpeg"}]},
    )
    link = plan.json()["targets"][0]["url"]
    assert link is not None
    assert other.client.put(link, content=b"false").status_code == 204
    repeated, contents = other.make({"first.jpg": b"true"}, camera_id="cam-2")
    other.upload(repeated, contents)
    assert other.submit(repeated).status_code == 200
    assert b"".join(store.read(sha256)) == b"true"


def test_a_violation_that_is_switched_off_yields_no_candidate(box, database):
    """Where the area has switched a violation off nothing of it is kept, not even its files."""
    with database.writing() as session:
        session.add(
            EvidenceBasis(
                id=uuid4(),
                jurisdiction=DISTRICT,
                violation="ILLEGAL_AD",
                document="list of 2026",
                effective_from=date(2026, 1, 1),
                is_enabled=False,
            )
        )
    submission, contents = box.make(subtype=Subtype.AD_POSTER)
    box.upload(submission, contents)
    answer = box.submit(submission)
    assert (answer.status_code, answer.json()["code"]) == (422, "violation_not_enabled")
    assert set(counts(database).values()) == {0}


def test_organisation_is_that_of_the_camera(box, database, organisations):
    """A candidate belongs to its camera's node, which is the box's until somebody moves it."""
    assert record_of(database, box.send()).organisation_path == organisations[DISTRICT].path


def test_spills_come_first(box, database, now):
    """A road hazard is urgent and due in minutes; an ad waits for its batch."""
    spill = record_of(database, box.send(subtype=Subtype.SPILL_ROAD))
    stall = record_of(database, box.send())
    sign = record_of(database, box.send(subtype=Subtype.AD_POSTER))
    assert (spill.priority, spill.priority_reasons) == (0, ["road_hazard"])
    assert spill.due_at == now() + timedelta(minutes=5)
    assert (stall.priority, stall.priority_reasons) == (2, [])
    assert stall.due_at == now() + timedelta(minutes=30)
    assert (sign.priority, sign.priority_reasons) == (3, ["batch"])
