"""What the centre makes of a candidate: its place in the queue, its deadlines, its marks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from api.cameras.tables import CameraVersion
from api.candidates.tables import CandidateRecord, CandidateState
from api.settings import ReviewSettings
from pipeline.violations import Subtype

HOLIDAYS = """
[days]
off = [2026-11-24, 2026-11-25]
worked = [2026-11-28]
"""


@pytest.fixture
def record_of(database):
    """The candidate of a submission as the queue sees it."""

    def read(submission):
        with database.reading() as session:
            return session.get(CandidateRecord, submission.candidate.candidate_id)

    return read


@pytest.fixture
def school(box, database, now):
    """A camera with a school at the right side of its picture, drawn in good time."""
    box.send(camera_id="gate")
    zone = {
        "id": "school",
        "kind": "sensitive",
        "polygon": [[0.7, 0.0], [1.0, 0.0], [1.0, 1.0], [0.7, 1.0]],
    }
    with database.writing() as session:
        session.add(
            CameraVersion(
                id=uuid4(),
                camera_id="gate",
                number=1,
                valid_from=now(),
                settings={"id": "gate", "timezone": "Asia/Shanghai", "zones": [zone]},
                changed_by="somebody",
            )
        )
    now.advance(hours=1)
    return "gate"


@pytest.mark.parametrize(
    ("facts", "priority", "reasons", "minutes"),
    [
        ({"subtype": Subtype.SPILL_ROAD}, 0, ["road_hazard"], 5),
        ({"subtype": Subtype.VENDING_NO_PERMIT_PLACE}, 2, [], 30),
        ({"subtype": Subtype.DUST_PLUME}, 2, [], 30),
        ({"subtype": Subtype.AD_POSTER}, 3, ["batch"], 30),
        ({"subtype": Subtype.AD_POSTER, "lasted": timedelta(days=3)}, 3, ["batch"], 30),
        ({"lasted": timedelta(minutes=31)}, 1, ["long_duration"], 30),
        ({"recurrence_of": uuid4()}, 1, ["recurrence"], 30),
        ({"recurrence_of": uuid4(), "lasted": timedelta(hours=1)}, 1,
         ["recurrence", "long_duration"], 30),
    ],
)  # fmt: skip
def test_priority(*, box, record_of, now, facts, priority, reasons, minutes):
    """Each kind of act has its place, says why, and is due in its time."""
    record = record_of(box.send(**facts))
    assert (record.priority, record.priority_reasons) == (priority, reasons)
    assert record.due_at == now() + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("corners", "is_near"), [((0.75, 0.3, 0.85, 0.6), True), ((0.1, 0.3, 0.2, 0.6), False)]
)
def test_near_a_school_it_is_urgent(*, box, record_of, now, school, corners, is_near):
    """A stall inside a sensitive zone is raised and due like a hazard; one beside it is not."""
    record = record_of(box.send(camera_id=school, box_corners=corners))
    assert record.priority_reasons == (["sensitive_place"] if is_near else [])
    assert record.due_at == now() + timedelta(minutes=5 if is_near else 30)
    assert "camera_unregistered" not in record.quality_flags


def test_the_view_is_that_of_the_act(box, record_of, now, school):
    """Zones that were drawn after the act do not count for it (LAW-05)."""
    before = now() - timedelta(hours=2)
    record = record_of(
        box.send(camera_id=school, box_corners=(0.75, 0.3, 0.85, 0.6), started_at=before)
    )
    assert "sensitive_place" not in record.priority_reasons
    assert "camera_unregistered" in record.quality_flags


def test_repeats_at_a_spot_are_raised(box, record_of, now, database):
    """The fourth act of a kind in a zone within 30 days is raised; rejected ones do not count."""
    for _ in range(3):
        record = record_of(box.send())
        assert record.priority_reasons == []
        now.advance(days=1)
    rejected = box.send(zone_id="elsewhere")
    with database.writing() as session:
        found = session.get(CandidateRecord, rejected.candidate.candidate_id)
        found.state = CandidateState.REJECTED.value
    assert record_of(box.send()).priority_reasons == ["repeat_spot"]
    now.advance(days=40)
    assert record_of(box.send()).priority_reasons == []


def test_an_update_gives_nobody_more_time(box, record_of, now):
    """What becomes urgent is due from then on; what was due stays due."""
    first = box.send()
    due = record_of(first).due_at
    now.advance(minutes=10)
    id_ = first.candidate.candidate_id
    box.send(candidate_id=id_, update=1, started_at=first.candidate.started_at)
    assert record_of(first).due_at == due
    box.send(candidate_id=id_, update=2, lasted=timedelta(hours=2))
    record = record_of(first)
    assert record.priority_reasons == ["long_duration"]
    assert record.due_at == due


@pytest.mark.parametrize(
    ("received", "expires"),
    [
        # Monday morning in Beijing: the end of the next Monday.
        ("2026-11-23T02:00:00", "2026-11-30T16:00:00"),
        # Friday 20:00 in Beijing, and one minute past midnight of the Saturday.
        ("2026-11-27T12:00:00", "2026-12-04T16:00:00"),
        ("2026-11-27T16:01:00", "2026-12-04T16:00:00"),
    ],
)
def test_it_expires_after_working_days(box, record_of, now, received, expires):
    """Five working days (LAW-41), by the days of Beijing and not of UTC."""
    now.set(datetime.fromisoformat(received).replace(tzinfo=UTC))
    record = record_of(box.send())
    assert record.expires_at == datetime.fromisoformat(expires).replace(tzinfo=UTC)


@pytest.fixture
def with_holidays(settings, tmp_path):
    """Settings with a holiday file."""
    path = tmp_path / "holidays.toml"
    path.write_text(HOLIDAYS)
    return settings.model_copy(update={"review": ReviewSettings(holidays=path)})


def test_holidays_are_data(app, box, record_of, with_holidays):
    """Days off do not count, and an exchanged Saturday does."""
    app.state.settings = with_holidays
    record = record_of(box.send())
    assert record.expires_at == datetime(2026, 12, 1, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("facts", "flag"),
    [
        ({"complete": False}, "template_incomplete"),
        ({"clock_offset_seconds": None}, "clock_unknown"),
        ({"clock_offset_seconds": 5.1}, "clock_inaccurate"),
        ({"clock_offset_seconds": -1e300}, "clock_inaccurate"),
        ({"lasted": timedelta(minutes=-5)}, "times_impossible"),
    ],
)
def test_the_pre_check_marks_and_does_not_decide(box, record_of, facts, flag):
    """What is doubtful is flagged, and the candidate waits for a person all the same."""
    record = record_of(box.send(**facts))
    assert flag in record.quality_flags
    assert record.state == "pending_review"
    assert record.evidence_use == "lead_only"


def test_a_good_clock_is_not_flagged(box, record_of):
    """Within the limit nothing is said of the clock."""
    flags = record_of(box.send(clock_offset_seconds=-4.9)).quality_flags
    assert not [flag for flag in flags if flag.startswith(("clock", "times"))]
