"""The steady view keeps what stays and forgets what passes; evidence grows and fades as stated."""

import numpy as np
import pytest

from pipeline.change.difference import Difference
from pipeline.change.evidence import StandingEvidence
from pipeline.change.steady import MAX_NOISE_LEVELS, MAX_WATCHED_SECONDS, SteadyView

SHAPE = (3, 4)
SEEN = np.ones(SHAPE, np.bool_)
STILL = np.zeros(SHAPE, np.float32)


def flat(level):
    return np.full((*SHAPE, 3), level, np.float32)


def show(view, levels, dt=1.0, visible=SEEN):
    before = levels[0]
    for level in levels:
        view.update(flat(level), np.full(SHAPE, abs(level - before), np.float32), visible, dt)
        before = level


def test_a_passer_by_leaves_no_trace():
    """One picture of something else: colour and time stay."""
    view = SteadyView(flat(100))
    show(view, [100] * 10 + [30] + [100] * 5)
    assert float(view.colour.mean()) == pytest.approx(100)
    assert float(view.seconds.min()) >= 14


def test_what_stays_takes_over_within_three_seconds():
    """Another level that lasts becomes the view, and its time begins anew."""
    view = SteadyView(flat(100))
    show(view, [100] * 10 + [30] * 3)
    assert float(view.colour.mean()) == pytest.approx(30)
    assert float(view.seconds.max()) < 3


def test_one_picture_never_takes_over_however_late_it_comes():
    """Keyframes 10 s apart: it still takes two that agree."""
    view = SteadyView(flat(100))
    show(view, [100] * 5 + [30], dt=10.0)
    assert float(view.colour.mean()) == pytest.approx(100)


def test_hidden_pixels_keep_what_they_had():
    """A parked bus changes nothing behind it."""
    view = SteadyView(flat(100))
    show(view, [100] * 10)
    show(view, [30] * 50, visible=~SEEN)
    assert float(view.colour.mean()) == pytest.approx(100)


def test_trembling_raises_the_noise_a_step_does_not():
    """Leaves swing by 30 levels: the bar rises; a thing that arrives leaves it low."""
    leaves, thing = SteadyView(flat(100)), SteadyView(flat(100))
    show(leaves, [100, 130] * 60)
    show(thing, [100] * 60 + [160] * 60)
    assert float(leaves.noise.min()) > 20
    assert float(thing.noise.max()) < 3


def test_days_of_trembling_stay_in_range():
    """20,000 wild pictures 1,000 s apart: the arrays keep their size and stay finite."""
    view = SteadyView(flat(100))
    for level in np.random.default_rng(1).integers(0, 255, 20_000):
        view.update(flat(float(level)), np.full(SHAPE, 90, np.float32), SEEN, 1000.0)
    assert view.colour.shape == (*SHAPE, 3)
    assert np.isfinite(view.seconds).all()
    assert float(view.watched_seconds.max()) <= MAX_WATCHED_SECONDS
    assert float(view.noise.max()) <= MAX_NOISE_LEVELS


def difference(solid):
    zero = np.zeros(SHAPE, np.float32)
    mask = np.full(SHAPE, solid)
    return Difference(
        solid=mask,
        proven=mask,
        sure=mask,
        edge=mask,
        veil=np.zeros(SHAPE, np.bool_),
        telling=SEEN,
        log=zero,
        contrast=zero,
        score=zero,
    )


def test_evidence_stands_after_its_age_and_leaves_soon_after():
    """10 s to stand, at most as long to be let go, however long it stood."""
    evidence = StandingEvidence(SHAPE, min_age_seconds=10, flat_age_seconds=60)
    steady = np.full(SHAPE, 30, np.float32)
    for second in range(1, 2001):
        evidence.update(difference(solid=True), steady, ~SEEN, 1.0)
        assert evidence.standing.all() == (second >= 10)
    gone = 0
    while evidence.standing.any():
        evidence.update(difference(solid=False), steady, ~SEEN, 1.0)
        gone += 1
    assert gone <= 17


def test_evidence_under_people_waits():
    """What is hidden neither gains nor loses."""
    evidence = StandingEvidence(SHAPE, min_age_seconds=10, flat_age_seconds=60)
    steady = np.full(SHAPE, 30, np.float32)
    for _ in range(8):
        evidence.update(difference(solid=True), steady, ~SEEN, 1.0)
    for _ in range(500):
        evidence.update(difference(solid=False), steady, SEEN, 1.0)
    assert float(evidence.solid_seconds.min()) == 8
    assert float(evidence.occupied_share.min()) > 0.99
