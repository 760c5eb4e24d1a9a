"""What differs is told apart: texture and colour make a thing, brightness alone is light."""

import cv2
import numpy as np
import pytest

from pipeline.change.difference import Comparand
from pipeline.change.patches import Patch, relit_ratio
from tests.pipeline.change import scenes

STREET = cv2.resize(scenes.draw_street(1), (320, 180), interpolation=cv2.INTER_AREA)
QUIET = np.full((180, 320), 2, np.float32)
SPOT = (slice(110, 140), slice(60, 100))  # rows, columns on the pavement


def compare(picture, *, is_day=True, noise=QUIET):
    return Comparand(STREET, noise).compare(picture.astype(np.float32), is_day=is_day)


def with_spot(value):
    picture = STREET.copy()
    picture[SPOT] = value(picture[SPOT])
    return picture


def test_the_same_picture_does_not_differ():
    """Nothing is solid, veiled or scored."""
    same = compare(STREET)
    assert not (same.solid | same.veil).any()
    assert float(same.score.max()) < 0.1


@pytest.mark.parametrize("factor", [0.4, 0.6, 0.8, 1.3])
def test_light_on_the_ground_is_a_veil(factor):
    """Darker or brighter with the ground's own texture: a veil inside, hardly anything solid."""
    lit = compare(with_spot(lambda spot: spot * factor))
    inside = SPOT[0], slice(SPOT[1].start + 5, SPOT[1].stop - 5)
    assert float(lit.veil[SPOT].mean()) > 0.7
    assert float(lit.solid[inside][5:-5].mean()) < 0.05
    assert float(lit.sure.mean()) < 0.005


def test_a_plain_board_on_texture_is_solid():
    """As bright as the ground on average, but its texture is gone."""
    board = compare(with_spot(lambda spot: spot.mean(axis=(0, 1))))
    assert float(board.solid[SPOT].mean()) > 0.8
    assert float(board.sure[SPOT].mean()) > 0.4  # a patch is founded on 0.25


def test_another_colour_is_proof():
    """The same texture in red: light cannot do that."""
    red = compare(with_spot(lambda spot: spot * np.array([0.5, 0.5, 1.5], np.float32)))
    assert float(red.proven[SPOT].mean()) > 0.95


def test_noise_raises_its_own_bar():
    """Where the picture always trembles, the same difference says nothing."""
    changed = with_spot(lambda spot: spot * np.array([0.8, 1.0, 1.2], np.float32))
    assert float(compare(changed).solid[SPOT].mean()) > 0.8
    assert float(compare(changed, noise=20 * QUIET).solid[SPOT].mean()) < 0.1


def test_a_lamp_at_night_is_no_thing_by_day_it_is_paint():
    """A white glare far brighter than the reference counts by day only."""
    dark = Comparand(STREET * 0.2, QUIET)
    picture = STREET * 0.2
    picture[SPOT] = 245
    inside = slice(118, 132), slice(68, 92)
    assert not dark.compare(picture, is_day=False).solid[inside].any()
    dim = STREET * 0.5
    dim[SPOT] = 245
    assert Comparand(STREET * 0.5, QUIET).compare(dim, is_day=True).solid[inside].any()


@pytest.mark.parametrize(
    ("value", "low", "high"),
    [
        (lambda spot: spot * 0.5, 0.0, 0.2),
        (lambda spot: spot.mean(axis=(0, 1)), 0.8, 1.2),
        (lambda spot: spot[::-1, ::-1], 0.8, 1.5),
    ],
    ids=["shadow", "plain board", "other texture"],
)
def test_the_ratio_of_two_lit_pictures_is_smooth(value, low, high):
    """Near 0 for light, near 1 for anything that hides the ground."""
    rng = np.random.default_rng(1)
    picture = with_spot(value) + rng.normal(0, 0.5, STREET.shape).astype(np.float32)
    comparand = Comparand(STREET, QUIET)
    patch = Patch(
        left=60,
        top=110,
        width=40,
        height=30,
        mask=np.ones((30, 40), np.bool_),
        strength=1,
        sure_share=1,
        proven_share=0,
        flat=False,
    )
    ratio = relit_ratio(patch, comparand.compare(picture, is_day=True), comparand)
    assert low <= ratio <= high
