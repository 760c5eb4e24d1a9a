"""What a case's record may be used for: as assessed, and a plate is known once a person read it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from api.cases.tables import Case
from pipeline.violations import Violation


@pytest.mark.parametrize(
    ("reasons", "plate", "expected"),
    [
        (["identity_unknown"], "京A12345", ("penalty_evidence", [])),
        (["identity_unknown"], None, ("lead_only", ["identity_unknown"])),
        (
            ["no_evidence_basis", "identity_unknown"],
            "京A12345",
            ("lead_only", ["no_evidence_basis"]),
        ),
        (["no_evidence_basis"], "京A12345", ("lead_only", ["no_evidence_basis"])),
        ([], "京A12345", ("lead_only", [])),  # a lead of unknown reason stays one
    ],
)
def test_a_plate_that_a_person_read(world, operator, settle, database, reasons, plate, expected):  # noqa: PLR0917 - cases
    """LAW-28: a picture of a plate is no plate; what a person read is, and mends only that."""
    record = world.candidate(
        violation=Violation.MUCK_TRUCK_SPILL,
        evidence_use="lead_only",
        evidence_use_reasons=reasons,
    )
    answer = operator.confirm(record, fact={"plate": plate} if plate else {})
    assert answer.status_code == 200, answer.text
    settle()
    with database.reading() as session:
        case = session.scalars(select(Case).where(Case.candidate_id == record.id)).one()
    assert (case.evidence_use, case.evidence_use_reasons) == expected
