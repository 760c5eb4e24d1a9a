"""What veils a site is measured so that dust, mist, fog and lamps come apart."""

import numpy as np
import pytest

from pipeline.change.grid import Grid
from pipeline.change.haze import HazeField, HazeMeter
from tests.pipeline.change import scenes


def last_haze(*effects, until=30, step=1.0):
    return scenes.watch(*effects, until=until, step=step)[-1].hazes[0]


def test_a_clear_street_is_not_veiled():
    """Noise, exposure and shadow veil nothing."""
    for effect in (scenes.exposure(1.0), scenes.exposure(0.7), scenes.moving_shadow()):
        haze = last_haze(effect, until=8)
        assert haze.cover < 0.01
        assert haze.box is None or haze.cover > 0


def test_dust_is_local_warm_and_restless():
    """A brown plume: part of the site, little of the picture, warm airlight, contrast lost."""
    results = scenes.watch(scenes.dust(4), until=30)
    haze = results[-1].hazes[0]
    assert 0.15 < haze.cover < 0.9
    assert haze.frame_cover < 0.3
    assert haze.warmth > 0.1
    assert haze.texture_loss > 0.4
    assert haze.unrest > 0.03
    assert max(r.hazes[0].growth_per_second for r in results) > 0.01
    assert haze.box.intersection_area(scenes.source_box(150, 130, 400, 260)) > 0


def test_mist_is_not_warm():
    """The same plume in water white: its airlight has no red."""
    haze = last_haze(scenes.water_mist(4))
    assert haze.cover > 0.15
    assert haze.warmth < 0.0
    assert haze.brightness_shift > 0.05


def test_fog_covers_the_picture():
    """Fog veils the site and the rest alike, and is still."""
    haze = last_haze(scenes.fog(0, minutes=0.3), until=40, step=2)
    assert haze.cover > 0.7
    assert haze.frame_cover > 0.5
    assert haze.unrest < 0.03
    assert haze.warmth <= 0.02


def test_a_lamp_brightens_and_keeps_still():
    """A halo is bright and smooth; it neither billows nor grows."""
    haze = last_haze(scenes.halo(4))
    assert haze.unrest < 0.03
    assert haze.brightness_shift > 0.1
    assert abs(haze.growth_per_second) < 0.005


def test_growth_is_the_slope_of_the_cover():
    """Cover that rises by 1 % a second grows by 0.01 a second, whatever the pictures' rhythm."""
    grid = Grid(rows=18, columns=100, width=100, height=18)
    mask = np.ones(grid.shape, np.bool_)
    for rhythm in (0.5, 1.0, 3.0):
        meter = HazeMeter("z", mask)
        for number in range(12):
            now = number * rhythm
            field = field_of(grid.shape, columns=round(now))
            haze = meter.update(field, mask, grid, (0.0, 0.0), now)
        assert haze.growth_per_second == pytest.approx(0.01, rel=0.1)


def field_of(shape, columns):
    veiled = np.zeros(shape, np.bool_)
    veiled[:, :columns] = True
    return HazeField(
        veiled=veiled,
        loss=np.where(veiled, 0.5, 0.0).astype(np.float32),
        telling=np.ones(shape, np.bool_),
        reference=np.full((*shape, 3), 100, np.float32),
        picture=np.full((*shape, 3), 120, np.uint8),
        scale=np.float32(1),
        smooth=np.full(shape, 120, np.float32),
    )


def test_a_hundred_thousand_pictures_keep_64_covers():
    """The memory of the growth is bounded."""
    grid = Grid(rows=2, columns=4, width=4, height=2)
    mask = np.ones(grid.shape, np.bool_)
    meter = HazeMeter("z", mask)
    field = field_of(grid.shape, 0)
    for number in range(2000):
        meter.update(field, mask, grid, (0.0, 0.0), float(number))
    for number in range(2000, 100_000):
        meter._covers.append((float(number), 0.0))
    meter.update(field, mask, grid, (0.0, 0.0), 100_000.0)
    assert len(meter._covers) == 64


def test_the_airlight_is_solved_from_contrast_and_colour():
    """Half-transparent air of a known colour over a known scene gives that colour back."""
    shape = (4, 4)
    scene = 2 * np.random.default_rng(1).integers(10, 110, (*shape, 3)).astype(np.float32)
    air = np.array([100, 150, 200], np.float32)
    field = HazeField(
        veiled=np.ones(shape, np.bool_),
        loss=np.full(shape, 0.5, np.float32),
        telling=np.ones(shape, np.bool_),
        reference=scene,
        picture=(0.5 * scene + 0.5 * air).astype(np.uint8),
        scale=np.float32(1),
        smooth=np.zeros(shape, np.float32),
    )
    assert field.airlight(np.ones(shape, np.bool_)) == pytest.approx(air, abs=0.01)


def lettering(picture, seconds, rng):
    """White strokes on a green board in the site."""
    picture = picture.copy()
    picture[150:250, 120:320] = (60, 110, 30)
    for x in range(130, 320, 38):
        picture[165:175, x : x + 26] = picture[195:203, x : x + 26] = 235
        picture[165:235, x + 10 : x + 18] = 235
    return picture


def test_what_is_seen_through_a_plume_is_not_told_as_changed():
    """A patch that sifting takes for a plume's work is no static change for the rules either."""
    results = scenes.watch(lettering, scenes.dust(30), until=56, step=2.0)
    before = [r for r in results if 10 < r.seconds < 30]
    behind = [r for r in results if "airborne" in r.notes]
    assert behind
    assert all(r.changed.mean() > 0.05 for r in before)  # the board stands out without dust
    assert all(r.changed.mean() < 0.05 for r in behind)
