"""What a privacy mask covers is gone, to the last pixel, and nothing else is."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import numpy as np
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pipeline.errors import GeometryError
from pipeline.frames import Frame
from pipeline.geometry import Polygon
from pipeline.privacy import MASK_COLOUR, PrivacyMask, masked_shares
from pipeline.zones import Zone

SHARES = st.floats(0, 1).map(lambda v: round(v, 3))


def mask(points, name="m", kind="privacy_mask"):
    """A zone, by default a privacy mask."""
    return Zone(id=name, kind=kind, polygon=points)


def square(x1, y1, x2, y2):
    """An upright rectangle."""
    return [(x1, y1), (x2, y1), (x2, y2), (x1, y2)]


def frame(width=64, height=36, seed=0):
    """Noise without the mask's own colour."""
    image = np.random.default_rng(seed).integers(0, 127, (height, width, 3)).astype(np.uint8)
    return Frame(
        image=image,
        camera_id="c",
        captured_at=datetime(2026, 1, 1, tzinfo=UTC),
        seconds=0,
        width=width,
        height=height,
    )


WIDTH, HEIGHT = 32, 18
XS, YS = np.meshgrid(np.arange(WIDTH), np.arange(HEIGHT))
PIXELS = shapely.box(XS, YS, XS + 1, YS + 1)
CENTRES = shapely.points(XS + 0.5, YS + 0.5)


@given(st.lists(st.tuples(SHARES, SHARES), min_size=3, max_size=6))
@settings(deadline=None, max_examples=60)
def test_every_touched_pixel_is_masked_and_none_far_away(points):
    """Against Shapely: every pixel that the polygon cuts, and none 5 px from it."""
    try:
        polygon = Polygon(tuple(points))
    except GeometryError:
        assume(False)  # noqa: FBT003 - hypothesis's own interface
    original = frame(WIDTH, HEIGHT)
    masked = PrivacyMask([mask(points)]).apply(original).image
    changed = (masked == MASK_COLOUR).all(axis=2)
    shape = shapely.Polygon([(x * WIDTH, y * HEIGHT) for x, y in polygon.points])
    assert changed[shapely.area(shapely.intersection(PIXELS, shape)) > 0].all()
    assert not changed[shapely.distance(CENTRES, shape) > 5].any()
    assert np.array_equal(masked[~changed], original.image[~changed])


@given(st.integers(0, 99), st.integers(100, 199))
@settings(deadline=None)
def test_nothing_under_the_mask_reaches_the_outcome(seed, other):
    """Pictures that differ only under the mask come out equal."""
    first, second = frame(seed=seed), frame(seed=other)
    masks = PrivacyMask([mask(square(0.25, 0.25, 0.75, 0.75))])
    second.image[:] = first.image
    second.image[8:28, 15:49] = 7
    assert np.array_equal(masks.apply(first).image, masks.apply(second).image)


def test_the_given_frame_stays_as_it_is():
    """A new frame comes back, with everything else of the old one."""
    original = frame()
    before = original.image.copy()
    masked = PrivacyMask([mask(square(0, 0, 0.5, 0.5))]).apply(original)
    assert np.array_equal(original.image, before)
    assert not np.array_equal(masked.image, before)
    assert (masked.captured_at, masked.seconds) == (original.captured_at, original.seconds)


def test_only_privacy_masks_count():
    """Other zones mask nothing; a camera without masks gets its own frame back."""
    zones = [mask(square(0, 0, 1, 1), "z", "no_vending")]
    masks = PrivacyMask(zones)
    original = frame()
    assert masks.ids == ()
    assert masks.apply(original) is original
    both = PrivacyMask([*zones, mask(square(0, 0, 0.1, 0.1), "a"), mask(square(0.9, 0, 1, 1), "b")])
    assert both.ids == ("a", "b")


def test_each_size_gets_its_own_mask_and_few_are_kept():
    """The same part of the picture at any resolution; 100,000 frames of many sizes keep four."""
    masks = PrivacyMask([mask(square(0.5, 0, 1, 1))])
    for number in range(100):
        width = 32 + 2 * (number % 50)
        result = masks.apply(frame(width, 18)).image
        assert (result[:, width // 2 :] == MASK_COLOUR).all()
        assert (result[:, : width // 2 - 3] != MASK_COLOUR).all()
    small = frame(16, 9)
    for _ in range(100_000):
        masks.apply(small)
    assert len(masks._drawn) <= 4


def test_a_mask_in_an_enforcement_zone_is_reported():
    """Half of the zone under two overlapping masks, a zone beside them, a zone of no concern."""
    zones = [
        mask(square(0, 0, 0.5, 1), "road", "road"),
        mask(square(0.6, 0, 1, 1), "wall", "ad_surface"),
        mask(square(0, 0, 1, 1), "school", "sensitive"),
        mask(square(0, 0, 0.55, 0.4), "window"),
        mask(square(0, 0.3, 0.55, 0.5), "door"),
    ]
    (found,) = masked_shares(zones)
    assert (found.zone_id, found.mask_ids) == ("road", ("window", "door"))
    assert found.share == pytest.approx(0.5, abs=0.005)
    assert masked_shares(zones[:3]) == ()


def test_masking_is_cheap():
    """A 640x360 frame costs far less than decoding it (the bound is 20 times what is usual)."""
    masks = PrivacyMask([mask(square(0.1, 0.1, 0.6, 0.6))])
    picture = frame(640, 360)
    masks.apply(picture)
    began = time.perf_counter()
    for _ in range(20):
        masks.apply(picture)
    assert (time.perf_counter() - began) / 20 < 0.003
