"""The wire contract refuses what contradicts itself and survives JSON."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from pydantic import ValidationError

from pipeline.candidate import Candidate, Explanation, Reason, Witness
from pipeline.violations import Subtype, Violation, violation_of

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
REASONS = (
    Reason(
        code="dwell", witness=Witness.TIME, supports=True, weight=2.0, values={"seconds": 372},
        text="stayed 6 min 12 s", text_zh="停留 6 分 12 秒",
    ),
    Reason(
        code="place", witness=Witness.PLACE, supports=True, weight=3.0,
        text="in a no-vending zone", text_zh="位于禁摆区",
    ),
)  # fmt: skip


def fields(**changes):
    return {
        "candidate_id": UUID(int=1), "box_id": "box-1", "camera_id": "cam-1",
        "violation": "STREET_VENDING", "subtype": "vending.over_time", "state": "open",
        "started_at": NOON, "fired_at": NOON + timedelta(minutes=3),
        "last_seen_at": NOON + timedelta(minutes=6), "box": (0.1, 0.2, 0.3, 0.4),
        "zone_id": "pavement", "software": "0.1.0", "model": "street 1", "model_sha256": "0" * 64,
        "explanation": Explanation(
            rule="vending", fired=True, score=0.9, threshold=0.5, reasons=REASONS
        ),
        **changes,
    }  # fmt: skip


def test_survives_json():
    """What the box writes is what the centre reads."""
    candidate = Candidate(**fields())
    assert Candidate.model_validate_json(candidate.model_dump_json()) == candidate


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"subtype": "ad.banner"}, "does not belong"),
        ({"state": "ended"}, "ended_at"),
        ({"ended_at": NOON}, "ended_at"),
        ({"state": "ended", "ended_at": NOON - timedelta(seconds=1)}, "before started_at"),
        ({"box": (0.3, 0.2, 0.1, 0.4)}, "swapped"),
        ({"box": (0.1, 0.2, 0.3, 1.4)}, "less than or equal to 1"),
        ({"started_at": datetime(2026, 11, 22)}, "UTC"),  # noqa: DTZ001 - the point
        ({"started_at": NOON.astimezone(timezone(timedelta(hours=8)))}, "UTC"),
        ({"model_sha256": "zz"}, "model_sha256"),
        ({"confirmed": True}, "confirmed"),
    ],
)
def test_contradictions_are_refused(changes, words):
    """Also a field that the contract does not know: nothing can slip in as confirmed."""
    with pytest.raises(ValidationError, match=words):
        Candidate(**fields(**changes))


def test_summary_begins_with_the_weightiest_reason():
    """The first words are what counted most, in the reader's language."""
    explanation = Candidate(**fields()).explanation
    assert explanation.summary() == "in a no-vending zone; stayed 6 min 12 s"
    assert explanation.summary("zh") == "位于禁摆区；停留 6 分 12 秒"


def test_every_subtype_belongs_to_one_violation():
    """The prefix table covers all subtypes and all violations."""
    assert {violation_of(subtype) for subtype in Subtype} == set(Violation)
