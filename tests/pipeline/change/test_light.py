"""Day, dusk and night are told apart, and do not flicker."""

import numpy as np

from pipeline.change.light import LightMeter
from pipeline.change.results import Light


def picture(level, colour=20):
    image = np.full((18, 32, 3), level, np.uint8)
    image[..., 2] += np.uint8(colour)
    return image


def lights(levels, hold_seconds=5.0):
    meter = LightMeter(hold_seconds)
    return [meter.update(picture(level), 1.0) for level in levels]


def test_each_level_has_its_light():
    """Bright, dim, dark, from the first picture on."""
    assert lights([110])[0] is Light.DAY
    assert lights([55])[0] is Light.DUSK
    assert lights([15])[0] is Light.NIGHT


def test_a_new_light_counts_once_it_has_lasted():
    """A bus before the lens is no nightfall; after the hold it is."""
    assert set(lights([110] * 3 + [15] * 4 + [110] * 3)) == {Light.DAY}
    assert lights([110] * 3 + [15] * 8)[-1] is Light.NIGHT


def test_near_a_limit_nothing_flickers():
    """A level that swings by 10 around the limit of day gives one light."""
    assert len(set(lights([70, 60, 70, 62, 78, 66] * 30))) == 1


def test_the_grey_picture_of_night_mode_is_night():
    """A colour camera that turns grey sees by infra-red, however bright."""
    meter = LightMeter(2.0)
    meter.update(picture(110), 1.0)
    seen = [meter.update(picture(110, colour=0), 1.0) for _ in range(6)]
    assert seen[-1] is Light.NIGHT


def test_a_grey_camera_by_day_is_day():
    """A camera that never sent colour is judged by brightness."""
    meter = LightMeter(2.0)
    assert {meter.update(picture(110, colour=0), 1.0) for _ in range(6)} == {Light.DAY}
