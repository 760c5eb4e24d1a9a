"""What a record may be used for: gates, bases and templates as of the time of capture."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from api.audit.tables import AuditEntry
from api.cameras.legality import evidence_use_at, is_enabled_at
from api.cameras.tables import CameraGate, CameraRecord, EvidenceBasis
from api.candidates.tables import EvidenceUse
from api.users.tables import Role
from pipeline.violations import Violation

CITY, DISTRICT, OTHER = "110000", "110105", "110106"
PATH = "110000/110105/"
T0 = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
both = pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"], indirect=True)
GATES = {
    "legal_review": {"document": "法审〔2026〕1号", "details": {"by": "法制科"}},
    "technical_review": {"document": "技审〔2026〕1号", "details": {"by": "技术科"}},
    "maintenance": {"details": {"by": "运维"}, "met_until": (T0 + timedelta(days=90)).isoformat()},
    "sign": {"details": {"photo": "sign-1.jpg"}},
    "publication": {"details": {"url": "https://example.org/cameras"}},
}
REASONS = {
    "legal_review": "legal_review_missing",
    "technical_review": "technical_review_missing",
    "maintenance": "maintenance_overdue",
    "sign": "sign_missing",
    "publication": "not_published",
}


@pytest.fixture
def keeper(log_in):
    """Somebody who answers for legal facts."""
    return log_in(Role.LEGAL_REVIEWER)


@pytest.fixture
def camera(database, organisations, now):
    """The bare camera gate-1 of DISTRICT."""
    with database.writing() as session:
        session.add(
            CameraRecord(
                id="gate-1",
                organisation_id=DISTRICT,
                permitted_purposes=[],
                created_at=now(),
            )
        )


def record(keeper, gate, **fields):
    request = {"gate": gate, "met_from": T0.isoformat(), **GATES[gate], **fields}
    return keeper.post("/api/v1/cameras/gate-1/gates", json=request)


@pytest.fixture
def gates(keeper, camera):
    """Every gate of gate-1, met and recorded at T0."""
    made = {gate: record(keeper, gate) for gate in GATES}
    assert all(answer.status_code == 201 for answer in made.values())
    return {gate: answer.json() for gate, answer in made.items()}


def add_basis(database, jurisdiction=DISTRICT, **fields):
    values = {
        "jurisdiction": jurisdiction,
        "violation": "STREET_VENDING",
        "document": "非现场执法规定",
        "effective_from": date(2026, 1, 1),
    } | fields
    with database.writing() as session:
        session.add(EvidenceBasis(id=uuid4(), **values))


def use(database, at=T0 + timedelta(hours=1), **fields):
    asked = {
        "camera_id": "gate-1",
        "organisation_path": PATH,
        "violation": Violation.STREET_VENDING,
        "at": at,
        "template_complete": True,
        "identity_known": False,
    } | fields
    with database.reading() as session:
        evidence_use, reasons = evidence_use_at(session, **asked)
    assert (evidence_use is EvidenceUse.LEAD_ONLY) == bool(reasons)
    return [reason.value for reason in reasons]


@both
def test_everything_met_is_penalty_evidence(database, gates):
    """Only a camera that meets every condition, with a basis in law, proves a penalty."""
    add_basis(database)
    assert use(database) == []


@both
def test_an_unknown_camera_is_a_lead(database, organisations):
    """Nothing is known, so nothing is proved; every reason is given."""
    assert use(database, camera_id="nobody") == ["no_evidence_basis", *REASONS.values()]


@pytest.mark.parametrize("missing", list(GATES))
def test_each_gate_is_needed(database, keeper, camera, missing):
    """LAW-01 to LAW-04: without one of them it is a lead, and the reason names it."""
    add_basis(database)
    for gate in GATES:
        if gate != missing:
            assert record(keeper, gate).status_code == 201
    assert use(database) == [REASONS[missing]]


def test_the_time_of_capture_counts(database, gates):
    """LAW-05: conditions hold when the record is made, from the instant on and until the end."""
    add_basis(database)
    assert use(database, at=T0 - timedelta(microseconds=1)) == list(REASONS.values())
    assert use(database, at=T0) == []
    assert use(database, at=T0 + timedelta(days=90)) == ["maintenance_overdue"]


def test_every_frame_of_an_act_counts(database, gates):
    """A record of several frames proves what its weakest frame does; one of none is a mistake."""
    add_basis(database, effective_to=date(2026, 11, 30))
    inside = [T0, T0 + timedelta(minutes=20)]
    assert use(database, at=inside) == []
    assert use(database, at=[*inside, T0 + timedelta(days=90)]) == [
        "no_evidence_basis",
        "maintenance_overdue",
    ]
    with pytest.raises(ValueError, match="some time"):
        use(database, at=[])


def test_a_back_dated_approval_legalises_nothing(database, keeper, camera, now):
    """What is recorded later counts from then on, whatever time it claims."""
    add_basis(database)
    now.advance(minutes=30)
    for gate in GATES:
        record(keeper, gate, met_from=(T0 - timedelta(days=365)).isoformat())
    assert use(database, at=T0 + timedelta(minutes=29)) == list(REASONS.values())
    assert use(database, at=T0 + timedelta(minutes=30)) == []


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    captured=st.integers(min_value=0, max_value=100),
    approvals=st.lists(
        st.tuples(
            st.sampled_from(sorted(GATES)),
            st.integers(min_value=-50, max_value=150),  # met from, in minutes after T0
            st.integers(min_value=1, max_value=100),  # recorded that long after the capture
        ),
        max_size=8,
    ),
)
def test_no_later_approval_legalises_an_earlier_frame(database, camera, captured, approvals):
    """LAW-05 as a property: whatever is approved after the capture, the judgement stays."""
    at = T0 + timedelta(minutes=captured)
    before = use(database, at=at)
    with database.writing() as session:
        for gate, met_from, later in approvals:
            session.add(
                CameraGate(
                    id=uuid4(),
                    camera_id="gate-1",
                    gate=gate,
                    met_from=T0 + timedelta(minutes=met_from),
                    recorded_by="x",
                    recorded_at=at + timedelta(minutes=later),
                )
            )
    assert use(database, at=at) == before
    with database.writing() as session:
        session.execute(delete(CameraGate))


def test_a_condition_found_broken_counts_backwards(database, keeper, gates, now):
    """A sign that was gone since last week takes the proof from last week's frames."""
    add_basis(database)
    at = T0 + timedelta(minutes=20)
    assert use(database, at=at) == []
    now.advance(minutes=40)
    path = f"/api/v1/cameras/gate-1/gates/{gates['sign']['id']}"
    ended = keeper.patch(path, json={"met_until": (T0 + timedelta(minutes=10)).isoformat()})
    assert ended.status_code == 200
    assert use(database, at=at) == ["sign_missing"]
    longer = keeper.patch(path, json={"met_until": (T0 + timedelta(minutes=30)).isoformat()})
    assert (longer.status_code, longer.json()["code"]) == (409, "gate_ended")
    before = keeper.patch(path, json={"met_until": (T0 - timedelta(minutes=1)).isoformat()})
    assert before.json()["code"] == "gate_times"


@both
def test_a_basis_holds_for_its_place_and_violation(database, gates):
    """LAW-07: Pudong vending has a basis, Beijing vending has none."""
    add_basis(database, OTHER)
    add_basis(database, DISTRICT, violation="ILLEGAL_AD")
    assert use(database) == ["no_evidence_basis"]
    assert use(database, violation=Violation.ILLEGAL_AD) == []
    assert use(database, organisation_path="110000/110106/") == []


def test_a_basis_above_holds_below(database, gates):
    """A city's basis holds in its districts; a district that switches it off has the last word."""
    add_basis(database, CITY)
    assert use(database) == []
    add_basis(database, DISTRICT, is_enabled=False)
    assert use(database) == ["no_evidence_basis"]
    assert use(database, organisation_path="110000/110106/") == []


@pytest.mark.parametrize(
    ("instant", "holds"),
    [
        ("2026-11-30T15:59:59+00:00", False),  # the evening before, in Beijing
        ("2026-11-30T16:00:00+00:00", True),
        ("2026-12-31T15:59:59+00:00", True),
        ("2026-12-31T16:00:00+00:00", False),
    ],
)
def test_a_basis_holds_on_days_of_its_place(database, gates, instant, holds):
    """The first and the last day are whole days where the camera is."""
    dates = {"effective_from": date(2026, 12, 1), "effective_to": date(2026, 12, 31)}
    add_basis(database, **dates)
    found = use(database, at=datetime.fromisoformat(instant))
    assert ("no_evidence_basis" not in found) is holds


def test_what_the_record_itself_lacks(database, gates):
    """LAW-21, LAW-28, LAW-41: an incomplete template, a truck without a plate, a late review."""
    for violation in Violation:
        add_basis(database, violation=violation.value)
    truck = {"violation": Violation.MUCK_TRUCK_SPILL}
    assert use(database, template_complete=False) == ["template_incomplete"]
    assert use(database, **truck) == ["identity_unknown"]
    assert use(database, identity_known=True, **truck) == []
    assert use(database, review_overdue=True) == ["review_overdue"]


def test_a_mobile_unit_stays_in_its_published_area(database, keeper, gates, now):
    """LAW-06: outside of the area, or where nobody knows where it was, it is a lead."""
    add_basis(database)
    with database.writing() as session:
        session.get(CameraRecord, "gate-1").mount = "mobile"
    inside, outside = (116.45, 39.95), (116.6, 39.95)
    assert use(database, position=inside) == ["outside_published_area"]  # no area published
    area = [[116.4, 39.9], [116.5, 39.9], [116.5, 40.0], [116.4, 40.0]]
    path = f"/api/v1/cameras/gate-1/gates/{gates['publication']['id']}"
    keeper.patch(path, json={"met_until": T0.isoformat()})
    details = {"url": "https://example.org/area", "area": area}
    assert record(keeper, "publication", details=details).status_code == 201
    assert use(database, position=inside) == []
    assert use(database, position=outside) == ["outside_published_area"]
    assert use(database) == ["outside_published_area"]


def test_a_violation_can_be_switched_off(database, organisations):
    """LAW-08: where a violation is switched off no candidate of it is wanted."""

    def enabled(path, violation=Violation.STREET_VENDING):
        with database.reading() as session:
            return is_enabled_at(
                session, organisation_path=path, violation=violation, day=date(2026, 11, 23)
            )

    assert enabled(PATH)
    add_basis(database, DISTRICT, is_enabled=False)
    assert not enabled(PATH)
    assert enabled("110000/110106/")
    assert enabled(PATH, Violation.ILLEGAL_AD)


@pytest.mark.parametrize(
    ("gate", "fields"),
    [
        ("legal_review", {"document": ""}),
        ("legal_review", {"details": {}}),
        ("technical_review", {"document": ""}),
        ("maintenance", {"met_until": None}),
        ("sign", {"details": {}}),
        ("publication", {"details": {}}),
        ("publication", {"details": {"url": "javascript:alert(1)"}}),
        ("sign", {"met_until": T0.isoformat()}),
        ("sign", {"met_from": "2026-01-01T00:00:00"}),
        ("sign", {"details": {"photo": "x", "area": [[0, 0], [1, 1], [1, 0], [0, 1]]}}),
        ("sign", {"details": {"photo": "x", "area": [[0, 0], [1, 1]]}}),
    ],
)
def test_a_gate_rests_on_something(keeper, camera, gate, fields):
    """Each kind needs its document, reviewer, photo, address or end; times have their order."""
    assert record(keeper, gate, **fields).status_code == 422


@both
def test_gates_are_listed_as_of(keeper, gates, database, now):
    """Every gate that was ever recorded, by whom, and how they stand at an instant."""
    found = keeper.get("/api/v1/cameras/gate-1/gates").json()
    assert found["legality"]["reasons"] == []
    assert found["legality"]["met"]["filing"] is False
    assert {gate["recorded_by"] for gate in found["items"]} == {keeper.user.name}
    earlier = {"at": (T0 - timedelta(days=1)).isoformat()}
    found = keeper.get("/api/v1/cameras/gate-1/gates", params=earlier).json()
    assert found["legality"]["reasons"] == list(REASONS.values())
    listed = keeper.get("/api/v1/camera-legality").json()["items"]
    assert [one["camera_id"] for one in listed] == ["gate-1"]
    with database.reading() as session:
        logged = session.scalars(
            select(AuditEntry).where(AuditEntry.action == "camera.gate_recorded")
        ).all()
    assert len(logged) == 5


@both
def test_evidence_bases_over_http(keeper, log_in, database, gates):
    """A legal reviewer enters a basis for its own area, and ends it."""
    new = {
        "jurisdiction": DISTRICT,
        "violation": "STREET_VENDING",
        "document": "非现场执法规定",
        "effective_from": "2026-01-01",
    }
    made = keeper.post("/api/v1/evidence-bases", json=new)
    assert made.status_code == 201, made.text
    assert use(database) == []
    path = f"/api/v1/evidence-bases/{made.json()['id']}"
    assert keeper.patch(path, json={"is_enabled": False}).json()["is_enabled"] is False
    assert use(database) == ["no_evidence_basis"]
    ended = keeper.patch(path, json={"is_enabled": True, "effective_to": "2026-11-22"})
    assert ended.json()["effective_to"] == "2026-11-22"
    assert use(database) == ["no_evidence_basis"]
    assert keeper.patch(path, json={"effective_to": "2025-01-01"}).status_code == 422
    above = keeper.post("/api/v1/evidence-bases", json=new | {"jurisdiction": CITY})
    assert above.status_code == 404
    wrong = keeper.post("/api/v1/evidence-bases", json=new | {"effective_to": "2025-01-01"})
    assert wrong.json()["code"] == "basis_days"
    foreign = log_in(Role.LEGAL_REVIEWER, organisation=OTHER)
    assert foreign.get("/api/v1/evidence-bases").json()["items"] == []
    assert foreign.patch(path, json={"is_enabled": False}).status_code == 404


def test_the_register_says_what_each_violation_could_prove(keeper, database, gates, now):
    """Beside its gates, a camera shows for each violation the use, its reasons, and if wanted."""
    add_basis(database, effective_from=date(2026, 1, 1))
    add_basis(database, violation="ILLEGAL_AD", effective_from=date(2026, 1, 1), is_enabled=False)
    now.advance(minutes=5)
    answer = keeper.get("/api/v1/cameras/gate-1/gates").json()
    uses = {one.pop("violation"): one for one in answer["uses"]}
    assert list(uses) == [violation.value for violation in Violation]
    assert uses["STREET_VENDING"] == {
        "is_enabled": True,
        "evidence_use": "penalty_evidence",
        "reasons": [],
    }
    assert uses["ILLEGAL_AD"] == {
        "is_enabled": False,
        "evidence_use": "lead_only",
        "reasons": ["no_evidence_basis"],
    }
    assert uses["CONSTRUCTION_DUST"]["is_enabled"]
