"""When the picture cannot be compared, the detector says why and proposes nothing."""

import numpy as np
import pytest

from pipeline.change.detector import ChangeDetector
from pipeline.change.results import Light, ViewState
from pipeline.change.settings import ChangeSettings
from tests.pipeline.change import scenes


def test_a_new_camera_learns_first():
    """Without references it is LEARNING for the learning time, then OK."""
    detector = ChangeDetector(scenes.CAMERA)
    states = [detector.update(frame).state for frame in scenes.Street().frames(26)]
    assert states[:20] == [ViewState.LEARNING] * 20
    assert states[-1] is ViewState.OK


@pytest.mark.parametrize("level", [2, 20, 128, 253])
def test_a_covered_lens_is_blocked(level):
    """Black, dark, grey or white: BLOCKED at once, no proposals."""
    results = scenes.watch(scenes.between(scenes.cover_lens(level), 3), until=16)
    assert {r.state for r in results[3:]} == {ViewState.BLOCKED}
    assert not any(r.proposals for r in results)


def test_fog_is_not_a_covered_lens():
    """Dense fog leaves something of the street: never BLOCKED or MOVED, no proposals."""
    results = scenes.watch(scenes.fog(0, minutes=0.2, depth=2.2), until=40, step=2)
    assert {r.state for r in results} <= {ViewState.OK, ViewState.UNSTABLE}
    assert results[-1].hazes[0].frame_cover > 0.5


def test_a_camera_that_looks_elsewhere_is_moved():
    """Another street: not comparable at once, MOVED after 15 s, back to OK when it looks back."""
    other = scenes.draw_street(5)
    elsewhere = scenes.between(lambda picture, seconds, rng: other.copy(), 4, 30)
    results = scenes.watch(elsewhere, until=40)
    assert all(r.state in {ViewState.UNSTABLE, ViewState.MOVED} for r in results[4:30])
    assert {r.state for r in results[21:30]} == {ViewState.MOVED}
    assert results[-1].state is ViewState.OK
    assert not any(r.proposals for r in results)


def test_a_shift_beyond_the_limit_is_moved():
    """6 % of the width is no nudge."""
    results = scenes.watch(scenes.between(scenes.nudge(40, 0), 3), until=8)
    assert results[-1].state is ViewState.MOVED
    assert abs(results[-1].shift_px[0]) == pytest.approx(120, abs=3)


def test_a_camera_moved_for_good_learns_its_new_view():
    """After the set time the old references are dropped, and it says so."""
    detector = ChangeDetector(scenes.CAMERA, ChangeSettings(relearn_after_seconds=30))
    detector.import_references(scenes.learned())
    street = scenes.Street(seed=5)
    results = [detector.update(frame) for frame in street.frames(65)]
    assert any("references_restarted" in r.notes for r in results)
    assert results[-1].state is ViewState.OK
    (view,) = detector.export_references()
    street_now = scenes.frame_of(street.image(99), 0).image[::2, ::2].astype(float)
    assert np.median(np.abs(view.colour - street_now)) < 12


def test_day_and_night_have_references_of_their_own():
    """At night another view is learned; by day the first one is in use again at once."""
    detector = ChangeDetector(scenes.CAMERA)
    detector.import_references(scenes.learned())
    street = scenes.Street(effects=[scenes.between(scenes.night(), 5, 60)], step_seconds=1)
    results = [detector.update(frame) for frame in street.frames(85)]
    assert results[50].light is Light.NIGHT
    assert results[50].state is ViewState.OK
    assert results[-1].light is Light.DAY
    assert results[-1].state is ViewState.OK
    assert {view.light for view in detector.export_references()} == {Light.DAY, Light.NIGHT}
    assert ViewState.LEARNING not in {r.state for r in results[62:]}


def test_another_look_becomes_a_variant_that_keeps_what_stands():
    """A whole new look of the street is learned beside the old one; the stall stays proposed."""
    thing = scenes.stall()
    shape = (scenes.HEIGHT, scenes.WIDTH)
    drifts = 22 * scenes.smooth_noise(np.random.default_rng(3), 6, shape)[..., None]

    def frost(picture, seconds, rng):
        return 0.5 * picture + 60 + drifts

    detector = ChangeDetector(scenes.CAMERA, ChangeSettings(variant_after_seconds=30))
    detector.import_references(scenes.learned())
    street = scenes.Street(effects=[scenes.between(frost, 20), thing.draw], step_seconds=2)
    results = [detector.update(f, frozen=[thing.box]) for f in street.frames(130)]
    assert any("variant_started" in r.notes for r in results)
    assert {r.state for r in results[-5:]} == {ViewState.OK}
    assert len(detector.export_references()) == 2
    assert all(max(p.box.iou(thing.box) for p in r.proposals) >= 0.5 for r in results[-5:])
