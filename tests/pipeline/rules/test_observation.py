"""Observations: one unit, one scale of support, one idea of what can be trusted."""

from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest

from pipeline.change.results import ViewState
from pipeline.detections import Detections
from pipeline.errors import FrameError
from pipeline.frames import Frame
from pipeline.geometry import Box
from pipeline.rules.observation import Observation
from pipeline.rules.scene import Scene
from tests.pipeline.rules.street import HEIGHT, NOON, WIDTH, Moment, Thing, View, camera, observe

SPOT = Box(0.4, 0.4, 0.6, 0.6)


def seen(*things, view=None):
    """An observation of these things."""
    return observe(camera(), 0, Moment(tuple(things), view))


def test_support_is_the_square_of_the_share_of_the_threshold():
    """Whole at the threshold (0.4), a quarter at half of it."""
    parts = seen(Thing("stall", SPOT, 0.9), Thing("stall", SPOT, 0.2)).parts("stall")
    assert [p.support for p in parts] == pytest.approx([1.0, 0.25])


def test_a_class_without_a_threshold_has_the_default():
    """A quarter, as the network's own tools use."""
    observation = replace(seen(Thing("stall", SPOT, 0.125)), thresholds={})
    assert observation.parts("stall")[0].support == pytest.approx(0.25)


def test_parts_are_fractions_cut_at_the_frame_and_in_a_fixed_order():
    """A detector may draw over the edge, and list things in any order."""
    things = [Thing("stall", Box(-0.1, 0.4, 0.2, 1.2), 0.5), Thing("goods", SPOT, 0.6)]
    parts = seen(*things).parts("stall", "goods")
    assert parts == seen(*reversed(things)).parts("goods", "stall")
    assert [p.class_name for p in parts] == ["goods", "stall"]
    assert parts[1].fraction_box.xyxy == pytest.approx((0.0, 0.4, 0.2, 1.0))


def test_boxes_go_to_pixels_and_back():
    """Up to rounding."""
    observation = seen()
    assert observation.to_fractions(observation.to_pixels(SPOT)).xyxy == pytest.approx(SPOT.xyxy)


def test_a_naive_instant_is_refused():
    """Before it can end up in evidence."""
    with pytest.raises(FrameError, match="UTC"):
        replace(seen(), captured_at=datetime(2026, 5, 5))  # noqa: DTZ001 - the mistake


def test_it_is_gathered_from_a_frame():
    """Times and the size of the source are the frame's."""
    frame = Frame(
        image=np.zeros((36, 64, 3), np.uint8),
        camera_id="cam-1",
        captured_at=NOON,
        seconds=7.0,
        width=WIDTH,
        height=HEIGHT,
    )
    observation = Observation.of_frame(
        frame, camera=camera(), detections=Detections.empty(("person",))
    )
    assert (observation.seconds, observation.captured_at) == (7.0, NOON)
    assert (observation.width, observation.height) == (WIDTH, HEIGHT)


@pytest.mark.parametrize(
    ("state", "reliable", "speaks"),
    [
        (ViewState.OK, True, True),
        (ViewState.LEARNING, True, False),
        (ViewState.UNSTABLE, True, False),
        (ViewState.MOVED, False, False),
        (ViewState.BLOCKED, False, False),
    ],
)
def test_what_a_view_is_good_for(state, reliable, speaks):
    """A moved camera shows nothing of use; a learning one shows things but compares nothing."""
    observation = seen(view=View(changed=(SPOT,), state=state))
    assert observation.view_is_reliable is reliable
    assert observation.change_speaks is speaks
    assert (observation.changed_share(SPOT) is None) is not speaks


def test_change_behind_people_is_judged_by_what_is_in_view():
    """Half hidden: the other half counts double; wholly hidden: no verdict."""
    half = Box(0.4, 0.4, 0.5, 0.6)
    in_view = Box(0.5, 0.4, 0.6, 0.6)
    view = View(changed=(in_view,))
    scene = Scene.of(seen(Thing("person", half), view=view))
    assert scene.change_support(SPOT) == pytest.approx(1.0)
    scene = Scene.of(seen(Thing("bus", SPOT), view=view))
    assert scene.change_support(SPOT) is None


def test_a_tricycle_covers_nothing():
    """It may be what is sold from."""
    scene = Scene.of(seen(Thing("tricycle", SPOT), Thing("machinery", SPOT), view=View()))
    assert scene.covered_share(SPOT) == 0.0
    assert scene.change_support(SPOT) == 0.0
