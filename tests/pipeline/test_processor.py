"""The steps in their order, on drawn streets with a scripted detector."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import cv2
import numpy as np
import pytest

from pipeline.episodes.events import EpisodeEnded, EpisodeOpened
from pipeline.frames import Frame
from pipeline.processor import Processor
from pipeline.rules.patch_look import PATCH_KINDS
from pipeline.violations import Subtype
from tests.pipeline.scripted import (
    HEIGHT,
    NOON,
    PAVEMENT,
    SELLER,
    STALL,
    WALL,
    WIDTH,
    ScriptedClassifier,
    ScriptedDetector,
    camera,
    frames,
    street,
)

NO_VENDING = {"id": "pavement", "kind": "no_vending", "polygon": PAVEMENT}
BAY = {
    "id": "bay", "kind": "permitted", "polygon": PAVEMENT, "document": "2026-17",
    "windows": [{"days": ["sun"], "from": "06:00", "to": "20:00"}],
}  # fmt: skip


def selling(begins=40, ends=10_000):
    def script(seconds):
        return [("stall", STALL), ("person", SELLER)] if begins <= seconds < ends else []

    return script


def run(watched, script, **times):
    processor = Processor(watched, detector=ScriptedDetector(script))
    events, steps = [], []
    for frame in frames(script, **times):
        step = processor.process(frame)
        steps.append(step)
        events += step.events
    return processor, events, steps


def test_a_stall_in_a_no_vending_zone_opens_one_episode():
    """It began when the stall came and fired after the dwell of 180 s, once."""
    _, events, _ = run(camera(NO_VENDING), selling(), seconds=260)
    opened = [event.episode for event in events if isinstance(event, EpisodeOpened)]
    assert [episode.subtype for episode in opened] == [Subtype.VENDING_NO_PERMIT_PLACE]
    began = (opened[0].started_at - NOON).total_seconds()
    fired = (opened[0].fired_at - NOON).total_seconds()
    assert 39 <= began <= 45
    assert 180 <= fired - began <= 195


def test_the_same_stall_inside_its_permitted_hours_is_left_alone():
    """The judgement is there, not fired, and names the document."""
    _, events, steps = run(camera(NO_VENDING, BAY), selling(), seconds=260)
    assert events == []
    words = " ".join(j.explanation.summary() for step in steps for j in step.judgements)
    assert "2026-17" in words


def test_an_episode_ends_when_the_stall_has_gone():
    """The end is the last sight, not the moment at which it was noticed.

    The change witness lets go of what has gone within twice its 10 s of proof.
    """
    _, events, _ = run(camera(NO_VENDING), selling(ends=250), seconds=340, ends=250)
    ended = [event.episode for event in events if isinstance(event, EpisodeEnded)]
    assert len(ended) == 1
    assert 245 <= (ended[0].ended_at - NOON).total_seconds() <= 275


def test_same_frames_give_the_same_events():
    """A replay gives equal events with equal ids."""
    first = run(camera(NO_VENDING), selling(), seconds=240)[1]
    second = run(camera(NO_VENDING), selling(), seconds=240)[1]
    assert first
    assert first == second


ROAD = {"id": "road", "kind": "road", "polygon": [[0, 0.5], [1, 0.5], [1, 1], [0, 1]]}
HEAP = (140, 120, 200, 150)


def spilled(second):
    """The street at a second; from the 32nd on soil lies on the road."""
    picture = cv2.GaussianBlur(street(second, stall=False), (0, 0), 3)
    if second >= 32:  # while the truck is over it
        x1, y1, x2, y2 = HEAP
        clods = np.random.default_rng(8).random(((y2 - y1) // 3, (x2 - x1) // 3)) < 0.5
        mask = np.kron(clods, np.ones((3, 3))) > 0
        picture[y1:y2, x1:x2][mask] = (40, 75, 120)
    return picture


@pytest.mark.parametrize(
    ("taken_for", "found"), [("tricycle", True), ("car", False), ("stall", False)]
)
def test_soil_that_the_network_takes_for_a_tricycle_is_still_seen(taken_for, found):
    """What it calls a car hides the road; what it calls a tricycle lies there or moves on."""

    def script(seconds):
        x = (seconds - 30) * 50
        said = [("truck", (x, 80, x + 90, 145))] if 30 <= seconds < 35 else []
        return said + ([(taken_for, HEAP)] if seconds >= 35 else [])

    processor = Processor(camera(ROAD), detector=ScriptedDetector(script))

    def shown(second):
        return Frame(
            image=spilled(int(second)), camera_id="c",
            captured_at=NOON + timedelta(seconds=second), seconds=float(second),
            width=WIDTH, height=HEIGHT,
        )  # fmt: skip

    events = []
    for second in range(60):
        step = processor.process(shown(second))
        events += step.events
        for request in step.burst_requests:
            times = np.arange(request.begin_seconds, request.end_seconds, 0.2)
            processor.process_burst(request, [shown(t) for t in times])
    opened = [e.episode.subtype for e in events if isinstance(e, EpisodeOpened)]
    assert opened == ([Subtype.SPILL_ROAD] if found else [])


def test_privacy_masks_are_burnt_in_before_anything_sees_the_picture():
    """The detector, and everything after it, gets one colour where the mask is."""
    mask = {
        "id": "window", "kind": "privacy_mask", "polygon": [[0, 0], [0.2, 0], [0.2, 0.3], [0, 0.3]],
    }  # fmt: skip
    processor = Processor(camera(NO_VENDING, mask), detector=ScriptedDetector(selling()))
    for frame in frames(selling(), seconds=3):
        step = processor.process(frame)
    for shown in (*processor._detector.shown, step.frame):
        hidden = shown.image[: int(0.29 * HEIGHT), : int(0.19 * WIDTH)]
        assert len(np.unique(hidden.reshape(-1, 3), axis=0)) == 1


def look_once(*zones):
    """Ask with one scaled frame, answer with it in full size."""
    processor = Processor(camera(*zones), detector=ScriptedDetector(lambda _: []))
    whole = next(iter(frames(None, seconds=1)))
    small = cv2.resize(whole.image, (WIDTH // 2, HEIGHT // 2))
    [request] = processor.process(replace(whole, image=small)).look_requests
    return processor, request, processor.process_look(request, whole)


def test_a_close_look_shows_its_part_of_the_picture_in_full_size():
    """The crop is cut from the camera's own pixels; what is found is told in the whole frame."""
    processor, request, look = look_once(WALL)
    [crop] = processor._detector.crops
    assert crop.shape == (HEIGHT // 2, WIDTH // 2, 3)
    assert request.fraction_box.xyxy == pytest.approx((0.25, 0.2, 0.75, 0.7))
    [part] = look.parts
    expected = ((80 + 40) / WIDTH, (36 + 20) / HEIGHT, (80 + 60) / WIDTH, (36 + 50) / HEIGHT)
    assert part.fraction_box.xyxy == pytest.approx(expected)


@pytest.mark.parametrize(("kind", "fires"), [("advertisement", True), ("other", False)])
def test_what_is_new_on_a_wall_is_an_ad_if_the_second_network_says_so(kind, fires):
    """From pictures to the episode: the detector sees nothing, change sees something new."""
    wall = {**WALL, "polygon": PAVEMENT}
    processor = Processor(
        camera(wall),
        detector=ScriptedDetector(lambda _: []),
        patch_classifier=ScriptedClassifier(kind, PATCH_KINDS),
    )
    opened = []
    for frame in frames(None, seconds=240):
        step = processor.process(frame)
        opened += [e.episode for e in step.events if isinstance(e, EpisodeOpened)]
        for request in step.look_requests:
            processor.process_look(request, frame)
    assert [e.subtype for e in opened] == [Subtype.AD_POSTER] * fires


def test_a_picture_in_full_size_asks_for_no_close_look():
    """Nor does a camera without ad surfaces."""
    _, _, steps = run(camera(WALL), lambda _: [], seconds=40)
    assert not any(step.look_requests for step in steps)


def test_a_camera_without_zones_runs_no_rule():
    """Nothing is judged where nobody has said what is allowed."""
    _, events, steps = run(camera(), selling(), seconds=30)
    assert events == []
    assert not any(step.judgements for step in steps)


def test_restart_neither_forgets_nor_repeats():
    """A box that restarts in the middle of an episode goes on with it under one id."""
    watched = camera(NO_VENDING)
    detector = ScriptedDetector(selling(ends=300))
    everything = list(frames(None, seconds=380, ends=300))
    before = Processor(watched, detector=detector)
    events = [event for frame in everything[:240] for event in before.process(frame).events]
    after = Processor(watched, detector=detector)
    after.restore(before.snapshot())
    after.change.import_references(before.change.export_references())
    events += [event for frame in everything[240:] for event in after.process(frame).events]
    assert [type(e) for e in events if isinstance(e, EpisodeOpened | EpisodeEnded)] == [
        EpisodeOpened,
        EpisodeEnded,
    ]
    assert len({event.episode.episode_id for event in events}) == 1


def test_memory_of_a_long_day_is_bounded():
    """An empty street of eight hours leaves nothing behind but its reference views."""
    processor = Processor(camera(NO_VENDING), detector=ScriptedDetector(lambda _: []))
    picture = street(0, stall=False)
    for second in range(0, 8 * 3600, 20):
        processor.process(
            Frame(
                image=picture, camera_id="c", captured_at=NOON + timedelta(seconds=second),
                seconds=float(second), width=WIDTH, height=HEIGHT,
            )
        )  # fmt: skip
    snapshot = str(processor.snapshot())
    assert len(snapshot) < 20_000


@pytest.mark.parametrize("stages", [{"quality", "detection", "tracking", "change", "rules"}])
def test_a_stopwatch_fills_the_laps(stages):
    """With a clock each stage has its seconds; without one nothing is measured."""
    ticks = iter(range(1000))
    processor = Processor(
        camera(NO_VENDING), detector=ScriptedDetector(selling()), stopwatch=lambda: next(ticks)
    )
    frame = next(iter(frames(None, seconds=1)))
    assert set(processor.process(frame).lap_seconds) == stages
    silent = Processor(camera(NO_VENDING), detector=ScriptedDetector(selling()))
    assert silent.process(frame).lap_seconds == {}
