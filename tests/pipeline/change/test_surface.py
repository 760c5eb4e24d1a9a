"""Material on the road is told from water, shadow, leaves and traffic."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import cv2
import numpy as np
import pytest

from pipeline.change.surface import SurfaceSettings, SurfaceWatch
from pipeline.frames import Frame
from pipeline.geometry import Box
from pipeline.zones import Zone

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
WIDTH, HEIGHT = 640, 360
ROAD = Zone.model_validate(
    {"id": "road", "kind": "road", "polygon": [[0, 0.5], [1, 0.5], [1, 1], [0, 1]]}
)
PLACE = (slice(250, 300), slice(250, 380))  # rows, columns of what happens
PLACE_BOX = Box(250, 250, 380, 300)


def asphalt(second):
    base = np.random.default_rng(3).normal(105, 5, (HEIGHT, WIDTH, 3))
    base = cv2.GaussianBlur(base, (0, 0), 1.2) + 3 * np.random.default_rng(second).normal(
        0, 1, base.shape
    )
    base[HEIGHT // 2 + 60 : HEIGHT // 2 + 66, ::] += 60  # a lane marking
    return base


def soil(picture):
    clods = np.random.default_rng(8).random((25, 65)) < 0.45
    mask = cv2.resize(clods.astype(np.uint8), (130, 50), interpolation=cv2.INTER_NEAREST) > 0
    picture[PLACE][mask] = (45, 70, 95)


def water(picture):
    mask = np.zeros((50, 130), np.uint8)
    cv2.ellipse(mask, (65, 25), (60, 22), 0, 0, 360, 255, -1)
    wet = cv2.GaussianBlur(mask, (0, 0), 2).astype(float)[..., None] / 255
    patch = picture[PLACE]
    smooth = cv2.GaussianBlur(patch, (0, 0), 3) * 0.7
    picture[PLACE] = patch * (1 - wet) + smooth * wet


def shadow(picture):
    mask = np.zeros((HEIGHT, WIDTH), np.float32)
    mask[230:330, 200:460] = 1
    picture *= 1 - 0.4 * cv2.GaussianBlur(mask, (0, 0), 15)[..., None]


def nothing(picture):
    pass


class Road:
    """A camera over a road, one picture a second."""

    def __init__(self, **settings):
        self.watch = SurfaceWatch(ROAD, SurfaceSettings(**settings))

    def show(self, second, happens, ignore=(), gain=1.0):
        picture = asphalt(second)
        happens(picture)
        self.watch.update(
            Frame(
                image=np.clip(picture * gain, 0, 255).astype(np.uint8),
                camera_id="c",
                captured_at=NOON + timedelta(seconds=second),
                seconds=float(second),
                width=WIDTH,
                height=HEIGHT,
            ),
            ignore=ignore,
        )

    def passage(self, happens, **options):
        """Twelve seconds of empty road, five of a truck, twelve of what it left."""
        for second in range(12):
            self.show(second, nothing)
        for second in range(12, 17):
            self.show(second, nothing, ignore=(Box(0, 180, 640, 360),))
        for second in range(17, 30):
            self.show(second, happens, **options)
        return self.watch.compare(before_seconds=12, after_seconds=17)


def test_soil_is_found_where_it_lies_and_is_rough():
    """One change at its place, brighter or darker, with texture and a sharp outline."""
    changes = Road().passage(soil)
    assert changes
    assert changes[0].box.iou(PLACE_BOX) > 0.6
    assert changes[0].texture_gain > 0.03
    assert changes[0].edge_sharpness > 1
    assert 0.005 < sum(change.area_share for change in changes) < 0.06


@pytest.mark.parametrize("gain", [0.75, 1.0, 1.3])
def test_an_unchanged_road_shows_nothing_at_any_exposure(gain):
    """An exposure step is taken out before comparing."""
    assert Road().passage(nothing, gain=gain) == ()


def test_water_darkens_and_is_no_rougher():
    """A wet patch is reported as dark and smooth, so that the rule can tell it from soil."""
    changes = Road().passage(water)
    assert changes
    assert changes[0].darkening > 0.05
    assert changes[0].texture_gain < 0.02


def test_a_shadow_has_a_soft_outline():
    """A shadow's edge is softer than clods of soil by far."""
    dark = Road().passage(shadow)
    rough = Road().passage(soil)
    assert dark
    assert max(change.texture_gain for change in dark) < rough[0].texture_gain
    assert dark[0].edge_sharpness < 0.5 * rough[0].edge_sharpness


def test_traffic_is_looked_through():
    """A car that stands on half of the pictures after the passage does not become material."""
    road = Road()
    for second in range(12):
        road.show(second, nothing)
    for second in range(17, 30):
        car = (Box(200, 240, 420, 330),) if second % 2 else ()

        def happens(picture, car=car):
            if car:
                picture[240:330, 200:420] = (30, 30, 160)

        road.show(second, happens, ignore=car)
    assert road.watch.compare(before_seconds=12, after_seconds=17) == ()


def missed_car(second):
    """A car that no network finds, of this second's own colour and with rough sides."""
    rng = np.random.default_rng(100 + second)

    def happens(picture):
        sides = rng.normal(rng.integers(20, 230, 3), 40, (8, 20, 3))
        picture[PLACE] = np.kron(sides, np.ones((7, 7, 1)))[:50, :130]

    return happens


@pytest.mark.parametrize("alike", [True, False])
def test_traffic_that_the_network_misses_is_no_material(alike):
    """Three cars on a busy spot, otherwise hidden by known ones: alike, but only three; or not."""
    road = Road()
    for second in range(30):
        road.show(second, nothing)
    for second in range(30, 45):
        missed = second in {34, 36, 40}
        happens = missed_car(1 if alike else second) if missed else nothing
        road.show(second, happens, ignore=() if missed else (Box(200, 220, 420, 330),))
    assert road.watch.compare(before_seconds=30, after_seconds=32) == ()


def test_a_road_seen_bare_for_a_moment_only_is_not_compared():
    """A camera that has just begun, or a junction whose spot was free three times in a minute."""
    road = Road()
    for second in range(30):
        traffic = () if second in {21, 23, 27} else (Box(200, 220, 420, 330),)
        road.show(second, nothing, ignore=traffic)
    for second in range(30, 45):
        road.show(second, soil)
    assert road.watch.compare(before_seconds=29, after_seconds=30) == ()


def test_material_is_found_though_traffic_passes_over_it_unseen():
    """One car in four before and after, missed by the network, and soil that lies still."""
    road = Road()
    for second in range(40):
        road.show(second, missed_car(second) if second % 4 == 1 else nothing)
    for second in range(40, 56):
        road.show(second, missed_car(second) if second % 4 == 1 else soil)
    [change, *_] = road.watch.compare(before_seconds=40, after_seconds=42)
    assert change.box.iou(PLACE_BOX) > 0.6


def test_what_comes_and_goes_at_a_place_is_not_new_there():
    """A van that no network finds stands there for a third of the time, and again afterwards."""

    def van(picture):
        picture[PLACE] = 0.3 * picture[PLACE] + np.random.default_rng(8).normal(
            60, 30, (50, 130, 1)
        )

    road = Road()
    for second in range(45):
        road.show(second, van if 10 <= second < 25 else nothing)
    for second in range(45, 58):
        road.show(second, van)
    assert road.watch.compare(before_seconds=45, after_seconds=46) == ()


def test_soil_has_a_colour_of_its_own_and_water_has_not():
    """In log units of the ratios of the colours: soil's is another, however dark."""
    assert Road().passage(soil)[0].colour_shift > 0.15
    assert Road().passage(water)[0].colour_shift < 0.05
    assert Road().passage(shadow)[0].colour_shift < 0.05


def test_a_road_that_was_never_free_says_nothing():
    """Without pictures before or after there is nothing to compare."""
    road = Road()
    for second in range(30):
        road.show(second, soil, ignore=(Box(0, 0, 640, 360),))
    assert road.watch.compare(before_seconds=12, after_seconds=17) == ()
    assert Road().watch.compare(before_seconds=12, after_seconds=17) == ()


def test_another_format_begins_anew():
    """After a change of resolution nothing is compared across it."""
    road = Road()
    for second in range(12):
        road.show(second, nothing)
    small = np.full((90, 160, 3), 90, np.uint8)
    road.watch.update(
        Frame(
            image=small, camera_id="c", captured_at=NOON, seconds=20.0, width=160, height=90
        ),
        ignore=(),
    )  # fmt: skip
    assert road.watch.compare(before_seconds=12, after_seconds=17) == ()


def test_a_hundred_thousand_pictures_fit_into_the_bound():
    """Only the last ones are kept."""
    watch = SurfaceWatch(ROAD)
    picture = np.full((9, 16, 3), 90, np.uint8)
    for second in range(100_000):
        watch.update(
            Frame(
                image=picture, camera_id="c", captured_at=NOON, seconds=second / 10,
                width=16, height=9,
            ),
            ignore=(),
        )  # fmt: skip
    assert len(watch._pictures) <= SurfaceSettings().max_pictures


def test_the_road_before_and_after_can_be_shown():
    """Two pictures of the zone's rectangle, free of the truck, and the box they show."""
    road = Road()
    truck = Box(200, 200, 420, 330)
    for second in range(10):
        road.show(second, nothing)
    for second in range(10, 14):
        road.show(second, nothing, ignore=[truck])
    for second in range(14, 22):
        road.show(second, soil)
    views = road.watch.views(before_seconds=9, after_seconds=14)
    assert views.before.shape == views.after.shape == (180, 640, 3)
    assert views.before.dtype == np.uint8
    assert views.box.xyxy == pytest.approx((0, 180, 640, 360), abs=1)
    inside = (slice(PLACE[0].start - 180, PLACE[0].stop - 180), PLACE[1])
    assert views.before[inside].mean() > views.after[inside].mean() + 5
    assert road.watch.views(before_seconds=-50, after_seconds=14) is None


def test_a_lamp_on_the_road_is_no_material():
    """A smooth pool of warm light: brighter, no rougher, hardly another colour."""

    def lamp(picture):
        pool = np.zeros((HEIGHT, WIDTH), np.float32)
        pool[240:310, 240:400] = 1
        picture *= 1 + 0.6 * cv2.GaussianBlur(pool, (0, 0), 12)[..., None]

    road = Road()
    for second in range(12):
        road.show(second, nothing)
    for second in range(12, 24):
        road.show(second, lamp)
    assert road.watch.compare(before_seconds=11, after_seconds=12) == ()


def test_what_stood_there_for_a_moment_and_left_is_no_material():
    """Smooth and unnoticed by any detector just before the passage; the road then looks as ever."""

    def unnoticed(picture):
        picture[PLACE] = (40, 60, 130)  # a red car's flank: smooth

    road = Road()
    for second in range(30):
        road.show(second, nothing)
    for second in range(30, 42):
        road.show(second, unnoticed)
    for second in range(42, 47):
        road.show(second, nothing, ignore=(Box(0, 180, 640, 360),))
    for second in range(47, 60):
        road.show(second, nothing)
    assert road.watch.compare(before_seconds=42, after_seconds=47) == ()
