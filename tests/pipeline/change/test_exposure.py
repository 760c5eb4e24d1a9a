"""Exposure is compensated, and new things in the picture do not bend the fit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.change.exposure import Exposure, fit_exposure

SHAPE = (90, 160)


def street():
    rng = np.random.default_rng(2)
    return rng.uniform(30, 150, (*SHAPE, 3)).astype(np.float32)


@settings(max_examples=40, deadline=None)
@given(gain=st.floats(0.6, 1.6), offset=st.floats(-15, 15), share=st.floats(0, 0.3))
def test_gain_and_offset_are_found_though_a_third_is_new(gain, offset, share):
    """Median error of the compensated picture under 2 levels."""
    reference = street()
    picture = reference * gain + offset
    picture[: int(share * SHAPE[0])] = (20, 200, 90)
    picture = np.clip(np.rint(picture), 0, 255).astype(np.uint8)
    fit = fit_exposure(picture, reference, np.ones(SHAPE, np.bool_), Exposure.neutral())
    error = np.abs(fit.apply(picture) - reference)[int(share * SHAPE[0]) :]
    assert float(np.median(error)) < 2.5


def test_with_nothing_to_go_by_the_last_fit_stays():
    """A picture wholly hidden by vehicles keeps the exposure of the one before."""
    before = Exposure(gain=np.full(3, 1.2, np.float32), offset=np.full(3, 5, np.float32))
    picture = np.full((*SHAPE, 3), 90, np.uint8)
    assert fit_exposure(picture, street(), np.zeros(SHAPE, np.bool_), before) is before


def test_reverse_undoes_apply():
    """Into the reference's tones and back, where nothing was clipped."""
    fit = Exposure(gain=np.array([0.9, 1.0, 1.1], np.float32), offset=np.float32([5, 0, -5]))
    picture = np.random.default_rng(1).integers(20, 200, (*SHAPE, 3)).astype(np.uint8)
    assert fit.reverse(fit.apply(picture)) == pytest.approx(picture.astype(np.float32), abs=0.01)
