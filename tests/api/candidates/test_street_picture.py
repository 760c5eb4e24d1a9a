"""Tests of the picture that stands for a candidate in lists."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from api.candidates.street_picture import street_picture
from api.evidence.tables import EvidenceRecord
from pipeline.evidence.templates import View, template_for
from pipeline.violations import Subtype

BEGIN = datetime(2026, 11, 22, 8, tzinfo=UTC)


def pictures(*roles):
    """One picture of each role, a second apart in this order."""
    return [
        EvidenceRecord(
            name=f"{number}-{role}.jpg", role=role, captured_at=BEGIN + timedelta(seconds=number)
        )
        for number, role in enumerate(roles)
    ]


def chosen(subtype, *roles):
    """The role of the picture that is chosen; none: no picture."""
    found = street_picture(subtype.value, pictures(*roles))
    return found and found.role


@pytest.mark.parametrize(
    ("subtype", "role"),
    [
        (Subtype.VENDING_NO_PERMIT_PLACE, "latest"),
        (Subtype.AD_BANNER, "later_day"),
        (Subtype.AD_POSTER, "context"),
        (Subtype.DUST_PLUME, "later"),
        (Subtype.SPILL_ROAD, "after"),
        (Subtype.SPILL_UNCOVERED_LOAD, "overall"),
    ],
)
def test_of_a_whole_set_the_street_is_shown(subtype, role):
    """Whatever was taken last, lists show the whole street with the act in it."""
    needs = template_for(subtype).needs
    roles = [need.role for need in needs]
    assert chosen(subtype, *roles) == role
    assert chosen(subtype, *reversed(roles)) == role
    assert next(need for need in needs if need.role == role).view is View.WHOLE


@pytest.mark.parametrize("subtype", Subtype)
def test_never_a_plate_nor_the_street_before(subtype):
    """With nothing else to show, lists show an empty place."""
    assert chosen(subtype, "before", "plate") is None
    assert chosen(subtype) is None


def test_a_plate_taken_last_does_not_stand_for_a_spill():
    """A blue truck's plate is the newest picture of this spill, and says nothing of it."""
    assert chosen(Subtype.SPILL_ROAD, "before", "overall", "spill", "after", "plate") == "after"
    assert chosen(Subtype.SPILL_ROAD, "before", "overall", "spill", "plate") == "overall"
    assert chosen(Subtype.SPILL_ROAD, "before", "spill", "plate") == "spill"


def test_an_unknown_role_stands_in():
    """A newer box's role is shown before nothing is, and after every role that is known."""
    assert chosen(Subtype.SPILL_ROAD, "aerial", "plate") == "aerial"
    assert chosen(Subtype.SPILL_ROAD, "aerial", "overall") == "overall"


def test_the_newest_of_a_role_counts():
    """Two pictures of one role: the later one."""
    found = street_picture("vending.over_time", pictures("latest", "close_up", "latest"))
    assert found.name == "2-latest.jpg"
