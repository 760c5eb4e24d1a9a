"""Enrolment: one code, one box, one key; and what happens to everything else."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from api.audit.tables import AuditEntry
from api.boxes.enrolment import create_code
from api.boxes.tables import BoxKey, BoxRecord, EnrolmentCode
from api.principal import system
from api.users.tables import Role
from pipeline.evidence.signing import SigningKey
from tests.api.conftest import DISTRICT, OTHER_DISTRICT
from tests.api.simulated_box import SimulatedBox

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"], indirect=True)

STATUS = {"sent_at": "2026-11-23T02:00:00Z", "started_at": "2026-11-23T01:00:00Z", "software": "s"}


@pytest.fixture
def new_code(database, organisations, now):
    """Makes codes: `new_code("box-1", DISTRICT, hours=1)`."""

    def make(box_id="box-1", organisation=DISTRICT, **fields):
        with database.writing() as session:
            return create_code(
                session,
                actor=system("command"),
                box_id=box_id,
                organisation_id=organisation,
                now=now(),
                **fields,
            ).code

    return make


@pytest.fixture
def fresh(client, now):
    """A box that nobody knows yet."""
    return SimulatedBox(client, now)


def refused(answer):
    """Whether an enrolment was refused, in the same words whatever the reason."""
    problem = answer.json()
    return (answer.status_code, problem["code"], problem["fields"]) == (
        403,
        "enrolment_refused",
        {},
    )


def test_a_box_gets_in_with_its_code(fresh, new_code, database):
    """Code and key give a token that works; the tables hold digests only."""
    code = new_code()
    assert fresh.enrol(code).status_code == 200
    assert fresh.post("status", STATUS).status_code == 200
    with database.reading() as session:
        box = session.get(BoxRecord, "box-1")
        assert box.organisation_id == DISTRICT
        assert fresh.token.encode() not in box.token_sha256
        assert session.get(BoxKey, fresh.key.key_id).box_id == "box-1"
        log = session.scalars(select(AuditEntry).order_by(AuditEntry.number)).all()
    assert [entry.action for entry in log] == ["box.code_created", "box.enrolled"]
    assert code not in str([entry.details for entry in log])
    assert fresh.token not in str([entry.details for entry in log])


def test_a_lost_answer_can_be_asked_for_again(fresh, new_code, now):
    """The same code with the same key gives the same token, as long as the code lives."""
    code = new_code(hours=1)
    first = fresh.enrol(code).json()
    assert fresh.enrol(code).json() == first
    assert fresh.post("status", STATUS).status_code == 200
    now.advance(hours=1)
    assert refused(fresh.enrol(code))
    assert fresh.post("status", STATUS).status_code == 200


def test_a_code_is_good_for_one_key(fresh, new_code, client, now):
    """A used code lets no second key in."""
    code = new_code()
    fresh.enrol(code)
    thief = SimulatedBox(client, now, key=SigningKey.generate())
    assert refused(thief.enrol(code))


def test_every_refusal_looks_the_same(fresh, new_code, client, now):
    """Unknown, ended and another box's code, and a false proof, cannot be told apart."""
    code = new_code()
    assert refused(fresh.enrol("AAAAA-AAAAA-AAAAA-AAAAA-AAAAA"))
    assert refused(SimulatedBox(client, now, "box-2").enrol(code))
    message = fresh.enrolment(code)
    other = SigningKey.generate()
    forged = {**message, "public_key": other.public_bytes.hex()}
    assert refused(client.post("/api/v1/boxes/enrol", json=forged))
    now.advance(hours=73)
    assert refused(fresh.enrol(code))


def test_a_new_code_ends_the_one_before(fresh, new_code):
    """Of two codes for one box only the newer one works."""
    old, new = new_code(), new_code()
    assert refused(fresh.enrol(old))
    assert fresh.enrol(new).status_code == 200


def test_codes_may_be_typed(fresh, new_code):
    """Small letters and blanks around a code do no harm."""
    assert fresh.enrol(f" {new_code().lower()} ").status_code == 200


def test_guessing_is_slowed_down(fresh, new_code, now):
    """After some failures of a box even the right code has to wait; then it works."""
    code = new_code()
    for _ in range(10):
        assert refused(fresh.enrol("AAAAA-AAAAA-AAAAA-AAAAA-AAAAA"))
    answer = fresh.enrol(code)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    now.advance(minutes=16)
    assert fresh.enrol(code).status_code == 200


def test_a_new_key_ends_the_old_one(fresh, new_code, client, now, database):
    """Enrolling again with another key replaces token and key; the old key stays on record."""
    fresh.enrol(new_code())
    renewed = SimulatedBox(client, now)
    assert renewed.enrol(new_code()).status_code == 200
    assert fresh.post("status", STATUS).status_code == 401
    assert renewed.post("status", STATUS).status_code == 200
    with database.reading() as session:
        assert session.get(BoxKey, fresh.key.key_id).revoked_at == now()
        assert session.get(BoxKey, renewed.key.key_id).revoked_at is None


def test_the_same_key_may_enrol_again(fresh, new_code):
    """A box that lost its token keeps its key and its chain."""
    fresh.enrol(new_code())
    old_token = fresh.token
    assert fresh.enrol(new_code()).status_code == 200
    assert fresh.token != old_token


def test_a_revoked_key_never_comes_back(fresh, new_code, log_in):
    """After revoking, the box needs a new key as well as a new code."""
    fresh.enrol(new_code())
    assert log_in(Role.ADMIN).post("/api/v1/boxes/box-1/revoke").status_code == 200
    answer = fresh.enrol(new_code())
    assert (answer.status_code, answer.json()["code"]) == (409, "key_not_acceptable")
    fresh.key = SigningKey.generate()
    assert fresh.enrol(new_code()).status_code == 200


def test_a_key_belongs_to_one_box(fresh, new_code, client, now):
    """A second box with the same key is refused: their manifests could not be told apart."""
    fresh.enrol(new_code())
    twin = SimulatedBox(client, now, "box-2", key=fresh.key)
    answer = twin.enrol(new_code("box-2"))
    assert (answer.status_code, answer.json()["code"]) == (409, "key_not_acceptable")


def test_administrators_make_codes_for_their_area(log_in, organisations):
    """An administrator's code is for nodes of its own area; others see no such node."""
    admin = log_in(Role.ADMIN)
    body = {"box_id": "box-1", "organisation_id": DISTRICT}
    made = admin.post("/api/v1/boxes/codes", json=body)
    assert made.status_code == 201
    assert made.json()["box_id"] == "box-1"
    assert len(made.json()["code"]) == 29
    foreign = admin.post("/api/v1/boxes/codes", json={**body, "organisation_id": OTHER_DISTRICT})
    assert foreign.status_code == 404
    assert log_in(Role.OPERATOR).post("/api/v1/boxes/codes", json=body).status_code == 403


def test_a_box_cannot_be_taken_over_from_another_area(log_in, enrolled):
    """No code re-enrols a box of another area under the same name."""
    enrolled("box-1", OTHER_DISTRICT)
    answer = log_in(Role.ADMIN).post(
        "/api/v1/boxes/codes", json={"box_id": "box-1", "organisation_id": DISTRICT}
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "box_elsewhere")


def test_old_codes_are_forgotten(new_code, database, now):
    """Codes that ended long ago are removed when a new one is made."""
    new_code("box-2", hours=1)
    now.advance(days=31)
    new_code()
    with database.reading() as session:
        assert list(session.scalars(select(EnrolmentCode.box_id))) == ["box-1"]
