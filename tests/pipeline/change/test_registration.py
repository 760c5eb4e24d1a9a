"""A nudged camera is brought back to its reference, to a fraction of a pixel."""

import cv2
import numpy as np
import pytest

from pipeline.change.channels import luma
from pipeline.change.registration import FLOOR_LEVELS, Alignment, Registration, relief
from tests.pipeline.change import scenes


def relief_of(picture):
    return relief(np.log(luma(picture) + np.float32(FLOOR_LEVELS)))


def moved(picture, dx, dy, scale=1.0):
    matrix = cv2.getRotationMatrix2D((159.5, 89.5), 0, scale)
    matrix[:, 2] += dx, dy
    return cv2.warpAffine(picture, matrix, (320, 180), borderMode=cv2.BORDER_REFLECT_101)


STREET = cv2.resize(scenes.draw_street(1), (320, 180), interpolation=cv2.INTER_AREA)
EVERYWHERE = np.ones((180, 320), np.bool_)


@pytest.mark.parametrize("shift", [(0, 0), (0.4, -0.3), (1, 1), (-3.5, 2), (8, -8), (20, 5)])
@pytest.mark.parametrize("gain", [1.0, 0.6])
def test_shifts_are_found_within_a_quarter_of_a_pixel(shift, gain):
    """At any exposure, with noise."""
    noise = np.random.default_rng(1).normal(0, 3, STREET.shape).astype(np.float32)
    picture = np.clip(moved(STREET, *shift) * gain + noise, 0, 255)
    registration = Registration(relief_of(STREET), EVERYWHERE)
    found = registration.find(relief_of(picture), EVERYWHERE, Alignment())
    assert found.shift == pytest.approx(shift, abs=0.25)
    assert found.correlation > 0.6


def test_a_settled_camera_is_found_where_a_nudge_has_put_it():
    """While the view fits as well as before nobody looks elsewhere; once it does not, they do."""
    registration = Registration(relief_of(STREET), EVERYWHERE)
    found = Alignment()
    for shift in ((0, 0), (0, 0), (9, -6), (9, -6), (1, 0)):
        picture = relief_of(moved(STREET, *shift))
        found = registration.find(picture, EVERYWHERE, found)
        assert found.shift == pytest.approx(shift, abs=0.25)


def test_a_small_zoom_is_found():
    """A lens that warms up by 0.8 %."""
    registration = Registration(relief_of(STREET), EVERYWHERE)
    picture = relief_of(moved(STREET, 2, 1, 1.008))
    found = Alignment()
    for _ in range(3):  # it follows from picture to picture
        found = registration.find(picture, EVERYWHERE, found)
    assert found.scale == pytest.approx(1.008, abs=0.002)


def test_another_street_does_not_correlate():
    """What is not the same view says so."""
    other = cv2.resize(scenes.draw_street(5), (320, 180), interpolation=cv2.INTER_AREA)
    found = Registration(relief_of(STREET), EVERYWHERE).find(
        relief_of(other), EVERYWHERE, Alignment()
    )
    assert found.correlation < 0.25


def test_masks_go_back_to_where_the_picture_shows_them():
    """`undo` moves a mask by the shift; `inside` leaves out what the picture no longer shows."""
    mask = np.zeros((180, 320), np.bool_)
    mask[50:60, 100:120] = True
    alignment = Alignment(dx=5, dy=-3)
    ys, xs = np.nonzero(alignment.undo(mask))
    assert (ys.min(), xs.min()) == (47, 105)
    inside = alignment.inside((180, 320))
    assert not inside[:3].any()
    assert not inside[:, -5:].any()
    assert inside[3:, :-5].all()
