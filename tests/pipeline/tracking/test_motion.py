"""The motion filter against a textbook Kalman filter, and its independence of the frame rate."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.tracking.motion import BoxMotion


def covariance(motion):
    """Variance of position, of velocity per step, and their covariance."""
    return motion._position_variance, motion._velocity_variance, motion._cross


BOX = st.tuples(*[st.floats(0, 2000)] * 4).map(np.array)
STEPS = st.floats(0.01, 60)


class Textbook:
    """Eight states, full matrices, one step at a time; noise as in the `trackers` package."""

    def __init__(self, box):
        self.state = np.concatenate([box, np.zeros(4)])
        self.covariance = np.eye(8)
        self.transition = np.eye(8) + np.eye(8, k=4)
        self.observation = np.eye(4, 8)

    def predict(self):
        """Let one step pass."""
        self.state = self.transition @ self.state
        self.covariance = self.transition @ self.covariance @ self.transition.T + 0.01 * np.eye(8)

    def correct(self, box):
        """Take in a detection."""
        projected = self.covariance @ self.observation.T
        gain = projected @ np.linalg.inv(self.observation @ projected + 0.1 * np.eye(4))
        self.state = self.state + gain @ (box - self.observation @ self.state)
        self.covariance = (np.eye(8) - gain @ self.observation) @ self.covariance


@settings(deadline=None)
@given(st.lists(st.none() | BOX, min_size=1, max_size=40), BOX)
def test_it_is_the_textbook_filter(detections, first):
    """Frame by frame, with detections and without, positions are those of the full filter."""
    ours, textbook = BoxMotion(first), Textbook(first)
    for box in detections:
        ours.predict(1)
        textbook.predict()
        if box is not None:
            ours.correct(box)
            textbook.correct(box)
    expected = textbook.state[:4]
    if (expected[:2] <= expected[2:]).all():
        assert np.allclose(ours.box, expected, rtol=1e-6, atol=1e-6)
    position, velocity, cross = covariance(ours)
    assert textbook.covariance[0, 0] * 10 == pytest.approx(position, rel=1e-6)
    assert textbook.covariance[4, 4] * 10 == pytest.approx(velocity, rel=1e-6)
    assert textbook.covariance[0, 4] * 10 == pytest.approx(cross, rel=1e-6, abs=1e-9)


@settings(deadline=None)
@given(BOX, BOX, STEPS, STEPS, STEPS)
def test_a_span_may_be_cut_anywhere(first, second, warm, one, other):
    """Predicting twice is predicting once for the sum: frames may come at any rate, or be lost."""
    cut, whole = BoxMotion(first), BoxMotion(first)
    for motion in (cut, whole):
        motion.predict(warm)
        motion.correct(second)
    cut.predict(one)
    cut.predict(other)
    whole.predict(one + other)
    assert np.allclose(cut.box, whole.box, rtol=1e-9, atol=1e-6)
    assert covariance(cut) == pytest.approx(covariance(whole), rel=1e-6, abs=1e-6)


@settings(deadline=None)
@given(BOX, st.lists(st.tuples(STEPS, st.none() | BOX), max_size=60))
def test_the_covariance_stays_one(first, spans):
    """Whatever the spans, variances stay positive and the correlation within [-1, 1]."""
    motion = BoxMotion(first)
    for steps, box in spans:
        motion.predict(steps)
        if box is not None:
            motion.correct(box)
        position, velocity, cross = covariance(motion)
        assert position > 0
        assert velocity > 0
        assert cross * cross <= position * velocity * (1 + 1e-9)
        assert (motion.box[2:] >= motion.box[:2]).all()


def test_no_time_changes_nothing():
    """Two frames of one instant do not move a box."""
    motion = BoxMotion(np.array([1.0, 2, 3, 4]))
    before = covariance(motion)
    motion.predict(0)
    assert covariance(motion) == before
    assert motion.box.tolist() == [1, 2, 3, 4]
