"""A template says which pictures are needed, when, and which are missing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pipeline.candidate import EvidenceItem, ItemKind
from pipeline.evidence.templates import TemplateSettings, template_for
from pipeline.violations import Subtype

START = datetime(2026, 3, 2, 8, tzinfo=UTC)


def at(seconds):
    """An instant after the start."""
    return START + timedelta(seconds=seconds)


def judged(subtype, settings=None, **seconds):
    """The result for pictures of these roles at these seconds."""
    template = template_for(subtype, settings)
    return template.judge({role: [at(s)] for role, s in seconds.items()})


@pytest.mark.parametrize("subtype", list(Subtype))
def test_every_subtype_has_a_template(subtype):
    """Each is incomplete without pictures and asks for at least two, under names of their own."""
    template = template_for(subtype)
    roles = [need.role for need in template.needs]
    assert len(roles) == len(set(roles)) >= 2
    assert all(need.proves for need in template.needs)
    result = template.judge({})
    assert not result.complete
    assert list(result.missing) == roles


def test_vending_needs_three_minutes():
    """First, later after three minutes, latest after that, and a close-up."""
    kind = Subtype.VENDING_NO_PERMIT_PLACE
    assert judged(kind, first=0, later=180, latest=240, close_up=240).complete
    assert judged(kind, first=0, later=179, latest=240, close_up=0).missing == ("later", "latest")
    assert judged(kind, first=0, later=180, latest=180, close_up=0).missing == ("latest",)
    assert judged(kind, later=180, latest=240).missing == ("first", "later", "latest", "close_up")
    short = TemplateSettings(vending_stay_seconds=60)
    assert judged(kind, short, first=0, later=60, latest=62, close_up=0).complete


def test_dust_needs_ten_minutes():
    """Two pictures ten minutes apart and the site; sooner only by setting."""
    assert judged(Subtype.DUST_PLUME, first=0, later=600, context=0).complete
    assert judged(Subtype.DUST_PLUME, first=0, later=599, context=0).missing == ("later",)
    short = TemplateSettings(dust_span_seconds=120)
    assert judged(Subtype.DUST_PLUME, short, first=0, later=120, context=0).complete


def test_a_facility_waits_for_its_later_day():
    """Banner and board: before, context, close-up, and days later the same again."""
    early = judged(Subtype.AD_BANNER, before=-99, context=0, close_up=0)
    assert early.missing == ("later_day",)
    two_days = 2 * 86_400
    done = judged(Subtype.AD_BOARD, before=-99, context=0, close_up=0, later_day=two_days)
    assert done.complete
    assert judged(Subtype.AD_POSTER, context=0, close_up=0).complete


def test_a_truck_needs_its_plate_and_the_road_twice():
    """The fact is the spill, or the open load; after comes after before."""
    views = {"before": 0, "overall": 5, "plate": 5, "after": 20}
    assert judged(Subtype.SPILL_ROAD, **views, spill=20).complete
    assert judged(Subtype.SPILL_ROAD, **views, load=5).missing == ("spill",)
    assert judged(Subtype.SPILL_UNCOVERED_LOAD, **views, load=5).complete
    swapped = {**views, "before": 30}
    assert judged(Subtype.SPILL_ROAD, **swapped, spill=20).missing == ("after",)


def test_redacted_copies_do_not_count():
    """What was hidden cannot prove: the original must be there."""

    def item(role, kind):
        return EvidenceItem(
            name=f"{role}.jpg",
            kind=kind,
            role=role,
            media_type="image/jpeg",
            size_bytes=1,
            sha256="0" * 64,
            captured_at=START,
            is_original=False,
        )

    template = template_for(Subtype.AD_POSTER)
    items = [item("context", ItemKind.STILL), item("close_up", ItemKind.REDACTED)]
    assert template.judge_items(items).missing == ("close_up",)
    items[1] = item("close_up", ItemKind.CROP)
    assert template.judge_items(items).complete


def test_wanted_instants_come_as_time_passes():
    """`later` is wanted only once its time has come; chosen and earlier views never by time."""
    vending = template_for(Subtype.VENDING_OVER_TIME)
    assert vending.wanted_instants(START, at(100)) == {
        "first": START,
        "latest": at(100),
        "close_up": at(100),
    }
    assert vending.wanted_instants(START, at(200))["later"] == at(180)
    truck = template_for(Subtype.SPILL_ROAD)
    assert truck.wanted_instants(START, at(9)) == {"after": at(9)}


@pytest.mark.parametrize("stay", [0, -1])
def test_a_span_must_be_positive(stay):
    """A stay of no time would let one picture prove a stay."""
    with pytest.raises(ValueError, match="greater than 0"):
        TemplateSettings(vending_stay_seconds=stay)
