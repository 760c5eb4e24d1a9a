"""A camera's pipeline holds what its budget says: neither more, nor so little that it misleads."""

from __future__ import annotations

import gc
from datetime import UTC, datetime, timedelta
from types import FunctionType, ModuleType, SimpleNamespace

import numpy as np
import pytest

from edge.settings import BoxSettings, undrawn_camera
from edge.video.reader import ReaderSettings
from pipeline.detections import Detections
from pipeline.frames import Frame
from pipeline.processor import Processor
from tests.scenarios.cameras import with_memory
from tests.scenarios.memory import INTERVAL_SECONDS, box_budget, camera_budget

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
NOTHING = Detections(
    boxes=np.zeros((0, 4), np.float32),
    scores=np.zeros(0, np.float32),
    class_ids=np.zeros(0, np.int64),
    class_names=("truck",),
)
DETECTOR = SimpleNamespace(
    card=SimpleNamespace(thresholds={"truck": 0.4}),
    detect=lambda _: NOTHING,
    detect_image=lambda _: NOTHING,
)


def held_bytes(root):
    """Of all arrays that can be reached from an object, each memory counted once."""
    seen, waiting, total = set(), [root], 0
    while waiting:
        thing = waiting.pop()
        while isinstance(thing, np.ndarray) and isinstance(thing.base, np.ndarray):
            thing = thing.base
        if id(thing) in seen or isinstance(thing, (type, ModuleType, FunctionType)):
            continue
        seen.add(id(thing))
        if isinstance(thing, np.ndarray):
            total += thing.nbytes
        else:
            waiting += gc.get_referents(thing)
    return total


def watch(processor, street, seconds):
    """Show a trembling street, a keyframe every two seconds."""
    for number in range(round(seconds / INTERVAL_SECONDS)):
        noise = np.random.default_rng(number).integers(0, 8, street.shape, np.uint8)
        at = number * INTERVAL_SECONDS
        processor.process(
            Frame(
                image=street + noise, camera_id="c", captured_at=NOON + timedelta(seconds=at),
                seconds=at, width=1920, height=1080,
            )
        )  # fmt: skip


@pytest.mark.parametrize("seconds", [70, 130])
def test_a_pipeline_holds_what_its_budget_says(seconds):
    """After a minute the road's pictures are all there, and nothing is added from then on."""
    street = np.random.default_rng(0).integers(60, 160, (360, 640, 3), np.uint8)
    processor = Processor(undrawn_camera("c", ""), detector=DETECTOR)
    watch(processor, street, seconds)
    budget = camera_budget(ReaderSettings())
    change, road = held_bytes(processor.change), held_bytes(processor._surfaces)
    assert 0.85 * budget["change"] < change <= budget["change"]
    assert 0.95 * budget["road"] < road <= 1.02 * budget["road"]  # and the zone's own mask
    beside = held_bytes(processor) - change - road
    assert beside < budget["rest"]


def test_the_ring_of_the_budget_is_the_one_of_the_settings():
    """A camera of 4 Mb/s fills 21 MB; a ring that may hold less is budgeted with less."""
    assert camera_budget(ReaderSettings())["ring"] == pytest.approx(21.2e6, rel=0.01)
    assert camera_budget(ReaderSettings(ring_bytes=10_000_000))["ring"] == 10_000_000


def test_a_box_grows_by_the_same_for_each_camera():
    """What a box takes is a straight line over its cameras."""
    none, one, four = (box_budget(BoxSettings(), cameras) for cameras in (0, 1, 4))
    assert four - none == pytest.approx(4 * (one - none), abs=4)


def test_a_long_run_that_still_grows_is_not_ok():
    """One MB a minute, well within the budget, is told from a box that came to rest."""
    figures = {"checks": {"in_time": True}}
    at_rest = [300_000_000] * 3600
    growing = [300_000_000 + second * 1_000_000 // 60 for second in range(3600)]
    assert with_memory(figures, at_rest, 1_000_000_000)["ok"]
    grown = with_memory(figures, growing, 1_000_000_000)
    assert not grown["ok"]
    assert grown["checks"] == {"in_time": True, "memory_bounded": True, "memory_settled": False}
    short = with_memory(figures, growing[:300], 1_000_000_000)["checks"]
    assert "memory_settled" not in short
    assert not with_memory(figures, at_rest, 200_000_000)["checks"]["memory_bounded"]
