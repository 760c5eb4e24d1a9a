"""Patches are joined, shaped, aged and forgotten as stated."""

import numpy as np
import pytest

from pipeline.change.difference import Comparand
from pipeline.change.patches import Patch, PatchAges, find_patches, is_in_haze

SHAPE = (90, 160)


def patch(left, top, width=10, height=10):
    return Patch(
        left=left,
        top=top,
        width=width,
        height=height,
        mask=np.ones((height, width), np.bool_),
        strength=0.5,
        sure_share=1.0,
        proven_share=1.0,
        flat=False,
    )


def difference_with(*boxes):
    """A plain grey street, and the same with red boxes (left, top, right, bottom)."""
    street = np.full((*SHAPE, 3), 110, np.float32)
    now = street.copy()
    standing = np.zeros(SHAPE, np.bool_)
    for left, top, right, bottom in boxes:
        now[top:bottom, left:right] = (40, 40, 200)
        standing[top:bottom, left:right] = True
    comparand = Comparand(street, np.full(SHAPE, 2, np.float32))
    return standing, comparand.compare(now, is_day=True)


def found(*boxes, min_area=20, max_area=5000):
    standing, difference = difference_with(*boxes)
    return find_patches(standing, difference, min_area=min_area, max_area=max_area)


def test_a_patch_is_where_it_is_drawn():
    """Box, area and fill of a square."""
    (only,) = found((30, 20, 50, 40))
    assert (only.left, only.top, only.width, only.height) == (30, 20, 20, 20)
    assert only.fill == 1.0


def test_parts_that_lie_close_are_one_thing():
    """4 pixels apart: one patch; 20 apart: two."""
    assert len(found((30, 20, 40, 40), (44, 20, 54, 40))) == 1
    assert len(found((30, 20, 40, 40), (60, 20, 70, 40))) == 2


def test_lines_specks_and_whole_pictures_are_no_things():
    """Too thin, too small, too large."""
    assert found((30, 20, 120, 22)) == []
    assert found((30, 20, 33, 23)) == []
    assert found((5, 5, 155, 85)) == []


def test_an_age_grows_while_the_patch_is_seen():
    """From its first evidence, also when it moves a little; none at the first sight."""
    ages = PatchAges(8)
    assert ages.update([patch(10, 10)], [90.0], 100.0) == [0.0]
    assert ages.update([patch(12, 11)], [92.0], 101.0) == [11.0]


def test_a_hidden_patch_keeps_its_age_for_half_a_minute():
    """Behind a bus for 20 s it stays as old; after 60 s it begins anew."""
    ages = PatchAges(8)
    for now in (100.0, 101.0):
        ages.update([patch(10, 10)], [90.0], now)
    ages.update([], [], 110.0)
    assert ages.update([patch(10, 10)], [118.0], 120.0) == [30.0]
    ages.update([], [], 140.0)
    ages.update([], [], 190.0)
    assert ages.update([patch(10, 10)], [188.0], 200.0) == [0.0]


def test_a_hundred_thousand_patches_leave_at_most_the_limit():
    """The memory of ages is bounded."""
    ages = PatchAges(4)
    rng = np.random.default_rng(1)
    places = rng.integers(0, 10_000, (100_000, 2))
    for number in range(0, 100_000, 20):
        group = [patch(int(x), int(y)) for x, y in places[number : number + 20]]
        ages.update(group, [float(number)] * len(group), float(number))
    assert len(ages) == 4


@pytest.mark.parametrize(("reach", "expected"), [(0, False), (25, True)])
def test_a_thing_veils_only_itself_a_plume_more(reach, expected):
    """A plain board hides the contrast behind it; a plume around it, too."""
    veiled = np.zeros(SHAPE, np.bool_)
    veiled[40 - reach : 60 + reach, 70 - reach : 90 + reach] = True
    assert is_in_haze(patch(70, 40, 20, 20), veiled) is expected
