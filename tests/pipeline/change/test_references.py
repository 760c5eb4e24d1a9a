"""Which reference view is in use, how it learns, and that there are never too many."""

import numpy as np
import pytest

from pipeline.change.detector import ChangeDetector
from pipeline.change.exposure import Exposure
from pipeline.change.reference import LiveReference, ReferenceView
from pipeline.change.references import ReferenceBank
from pipeline.change.results import Light, ViewState
from pipeline.change.settings import ChangeSettings
from pipeline.change.steady import SteadyView
from pipeline.errors import ReferenceViewError
from tests.pipeline.change import scenes

SHAPE = (4, 6)
ALL = np.ones(SHAPE, np.bool_)
NONE = np.zeros(SHAPE, np.bool_)


def view(light=Light.DAY, variant=0, seconds=0.0, shape=SHAPE, camera_id="c"):
    return ReferenceView(
        camera_id=camera_id,
        light=light,
        variant=variant,
        seconds=seconds,
        colour=np.full((*shape, 3), 100, np.uint8),
        noise=np.full(shape, 8, np.uint8),
        known=np.ones(shape, np.bool_),
    )


def steady_at(level):
    return SteadyView(np.full((*SHAPE, 3), level, np.float32))


def test_a_hundred_thousand_changes_of_weather_keep_three_views_a_light():
    """The bank never holds more than lights times variants."""
    bank = ReferenceBank("c", SHAPE, max_variants=3)
    steady = steady_at(90)
    rng = np.random.default_rng(1)
    lights = list(Light)
    for choice in rng.integers(0, 5, 100_000):
        if choice < 3:
            bank.use_light(lights[choice])
        elif choice == 3:
            bank.begin_variant(NONE, Exposure.neutral())
        else:
            bank.begin_light_from_live(lights[int(choice) % 3])
        if bank.live is not None:
            bank.live.acquire(steady, ALL)
    assert len(bank.export()) <= 9


def test_the_most_learned_view_of_a_light_is_used():
    """Of two variants the older one is tried first."""
    bank = ReferenceBank("c", SHAPE, max_variants=3)
    bank.adopt([view(variant=0, seconds=5), view(variant=1, seconds=500)])
    bank.use_light(Light.DAY)
    assert bank.live.variant == 1
    assert [other.variant for other in bank.others()] == [0]


def test_foreign_views_are_refused():
    """Another camera's, or another raster's."""
    bank = ReferenceBank("c", SHAPE, max_variants=3)
    with pytest.raises(ReferenceViewError, match="folder of its own"):
        bank.adopt([view(camera_id="d")])
    with pytest.raises(ReferenceViewError, match="format or width_px"):
        bank.adopt([view(shape=(5, 5))])


def test_a_large_difference_pulls_no_harder_than_a_small_one():
    """The reference behaves like a median: 100 levels off for 20 minutes move it by some 10."""
    live = LiveReference(view(seconds=3600.0))
    for _ in range(400):
        if live.is_due(3.0):
            live.learn(steady_at(200), ALL, NONE, slow_seconds=1200)
    assert 102 < float(live.colour.mean()) < 115


def test_what_is_given_up_is_learned_whole():
    """Unclipped pixels follow within a few time constants."""
    live = LiveReference(view(seconds=3600.0))
    for _ in range(1600):
        if live.is_due(3.0):
            live.learn(steady_at(200), ALL, ALL, slow_seconds=1200)
    assert float(live.colour.mean()) > 195


def test_a_frozen_place_stays():
    """Pixels that may not learn keep what they have."""
    live = LiveReference(view(seconds=3600.0))
    for _ in range(1000):
        if live.is_due(3.0):
            live.learn(steady_at(200), NONE, ALL, slow_seconds=1200)
    assert float(live.colour.mean()) == 100


def test_a_known_weather_is_taken_up_again_at_once():
    """Frost, thaw, frost: the second time its view is fetched instead of learned."""
    shape = (scenes.HEIGHT, scenes.WIDTH)
    drifts = 22 * scenes.smooth_noise(np.random.default_rng(3), 6, shape)[..., None]

    def frost(picture, seconds, rng):
        return 0.5 * picture + 60 + drifts

    frosty = scenes.Street(effects=[frost])
    teacher = ChangeDetector(scenes.CAMERA)
    for frame in frosty.frames(25):
        teacher.update(frame)
    (learned,) = teacher.export_references()
    frosty_view = ReferenceView(
        camera_id=learned.camera_id,
        light=learned.light,
        variant=1,
        seconds=1.0,
        colour=learned.colour,
        noise=learned.noise,
        known=learned.known,
    )
    detector = ChangeDetector(scenes.CAMERA, ChangeSettings(variant_after_seconds=600))
    detector.import_references([*scenes.learned(), frosty_view])
    street = scenes.Street(effects=[scenes.between(frost, 5)])
    results = [detector.update(frame) for frame in street.frames(45)]
    assert any("variant_switched" in r.notes for r in results)
    assert results[-1].state is ViewState.OK
    assert not any(r.proposals for r in results)
