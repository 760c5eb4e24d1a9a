"""Nothing that light, weather, leaves, passers-by or the camera do is proposed as a thing."""

import pytest

from pipeline.change.results import ViewState
from tests.pipeline.change import scenes

NUISANCES = {
    "moving shadow": (scenes.moving_shadow(), 40, 2),
    "creeping shadow": (scenes.moving_shadow(0.1), 160, 5),
    "sun comes out": (scenes.between(scenes.standing_shadow(), 5), 100, 4),
    "rain": (scenes.rain(), 20, 1),
    "headlights": (scenes.headlight_sweep(), 40, 2),
    "swaying tree": (scenes.swaying_tree(), 20, 1),
    "exposure up": (scenes.between(scenes.exposure(1.3), 5), 22, 1),
    "exposure down": (scenes.between(scenes.exposure(0.7), 5), 22, 1),
    "gain drift": (scenes.gain_drift(period=60), 60, 3),
    "nudge by 1": (scenes.between(scenes.nudge(1, 1), 5), 22, 1),
    "nudge by 5": (scenes.between(scenes.nudge(5, -3), 5), 22, 1),
    "nudge by 8": (scenes.between(scenes.nudge(8, 8), 5), 22, 1),
    "nudge and zoom": (scenes.between(scenes.nudge(14, -6, 1.005), 5), 22, 1),
    "shaking pole": (scenes.jitter(), 20, 1),
    "night falls": (scenes.between(scenes.night(), 3), 72, 3),
    "night mode": (scenes.between(scenes.night(infra_red=True), 3), 72, 3),
    "passers-by": (scenes.passers_by(), 20, 1),
    "wet ground": (scenes.between(scenes.wet_ground(), 5), 24, 1),
    "fog": (scenes.fog(0, minutes=0.5), 45, 3),
    "steam": (scenes.steam(3), 40, 2),
}


@pytest.mark.parametrize("name", NUISANCES)
def test_a_nuisance_is_never_proposed(name):
    """Twenty nuisances, zero proposals."""
    effect, until, step = NUISANCES[name]
    results = scenes.watch(effect, until=until, step=step)
    assert [r.seconds for r in results if r.proposals] == []


def test_strong_compression_is_no_change():
    """JPEG at quality 25 changes nothing."""
    results = scenes.watch(until=20, jpeg_quality=25)
    assert not any(r.proposals for r in results)


def test_a_nudge_is_measured_in_source_pixels():
    """The shift that was made is the shift that is reported, and the view stays usable."""
    results = scenes.watch(scenes.between(scenes.nudge(6, -4), 3), until=10)
    assert {r.state for r in results} == {ViewState.OK}
    assert results[-1].shift_px == pytest.approx((18, -12), abs=1.0)
