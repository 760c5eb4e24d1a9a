"""The steps in their order, on drawn streets with a scripted detector."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from pipeline.camera import Camera
from pipeline.detection.classifier import Classification
from pipeline.detections import Detections
from pipeline.episodes.events import EpisodeEnded, EpisodeOpened
from pipeline.frames import Frame
from pipeline.geometry import Box
from pipeline.processor import Processor
from pipeline.rules.patch_look import PATCH_KINDS, PatchLookRequest
from pipeline.violations import Subtype

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)  # a Sunday, noon in Shanghai
WIDTH, HEIGHT = 320, 180
CLASSES = [
    "person",
    "bicycle",
    "motorcycle",
    "tricycle",
    "car",
    "bus",
    "truck",
    "umbrella",
    "stall",
    "goods",
    "banner",
    "poster",
    "billboard",
    "signboard",
    "graffiti",
    "dust",
    "machinery",
    "spill",
]
STALL = (120, 80, 180, 130)
SELLER = (150, 70, 165, 125)
POSTER_IN_CROP = (40, 20, 60, 50)  # pixels of the crop
WALL = {
    "id": "wall", "kind": "ad_surface",
    "polygon": [[0.3, 0.3], [0.7, 0.3], [0.7, 0.6], [0.3, 0.6]],
}  # fmt: skip
PAVEMENT = [[0.1, 0.3], [0.9, 0.3], [0.9, 0.95], [0.1, 0.95]]


class ScriptedDetector:
    """Says what a script says, and remembers what it was shown."""

    def __init__(self, script):
        self._script = script
        self.card = SimpleNamespace(
            thresholds=dict.fromkeys(CLASSES, 0.4), name="script", version="1", sha256="0" * 64
        )
        self.shown = []
        self.crops = []

    def detect(self, frame):
        self.shown.append(frame)
        return self._detections(self._script(frame.seconds))

    def detect_image(self, image):
        self.crops.append(image)
        return self._detections([("poster", POSTER_IN_CROP)])

    def _detections(self, found):
        return Detections(
            boxes=np.array([box for _, box in found], np.float32).reshape(-1, 4),
            scores=np.full(len(found), 0.8, np.float32),
            class_ids=np.array([CLASSES.index(name) for name, _ in found], np.int64),
            class_names=tuple(CLASSES),
        )


def camera(*zones):
    return Camera.model_validate({"id": "c", "timezone": "Asia/Shanghai", "zones": zones})


NO_VENDING = {"id": "pavement", "kind": "no_vending", "polygon": PAVEMENT}
BAY = {
    "id": "bay", "kind": "permitted", "polygon": PAVEMENT, "document": "2026-17",
    "windows": [{"days": ["sun"], "from": "06:00", "to": "20:00"}],
}  # fmt: skip


def street(seconds, *, stall):
    random = np.random.default_rng(5)
    base = cv2.resize(
        random.integers(60, 170, (HEIGHT // 6, WIDTH // 6, 3), np.uint8), (WIDTH, HEIGHT)
    )
    noise = np.random.default_rng(int(seconds)).integers(-4, 5, base.shape)
    picture = base.astype(np.int16) + noise
    if stall:
        x1, y1, x2, y2 = STALL
        picture[y1:y2, x1:x2] = (40, 40, 200)
        picture[y1:y2:6, x1:x2] = (220, 220, 220)
        picture[(y1 + y2) // 2 : y2, x1:x2:8] = (20, 120, 20)
    return np.clip(picture, 0, 255).astype(np.uint8)


def frames(script, *, seconds, begins=40, ends=10_000):
    for second in range(seconds):
        yield Frame(
            image=street(second, stall=begins <= second < ends),
            camera_id="c",
            captured_at=NOON + timedelta(seconds=second),
            seconds=float(second),
            width=WIDTH,
            height=HEIGHT,
        )


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


def test_privacy_masks_are_burnt_in_before_a_close_look():
    """The network never sees what lies beneath, at any scale."""
    mask = {
        "id": "window", "kind": "privacy_mask",
        "polygon": [[0.3, 0.2], [0.5, 0.2], [0.5, 0.6], [0.3, 0.6]],
    }  # fmt: skip
    processor, _, _ = look_once(WALL, mask)
    [crop] = processor._detector.crops
    hidden = crop[2 : HEIGHT * 4 // 10 - 2, 18 : WIDTH // 4 - 2]
    assert len(np.unique(hidden.reshape(-1, 3), axis=0)) == 1


class ScriptedClassifier:
    """Says the same of every crop, and remembers what it was shown."""

    def __init__(self, kind):
        self._kind = kind
        self.crops = []

    def classify(self, crop):
        self.crops.append(crop)
        said = {kind: 0.85 if kind == self._kind else 0.05 for kind in PATCH_KINDS}
        return Classification(class_name=self._kind, score=0.85, probabilities=said)


def look_at_patches(classifier, patches, *zones):
    """Answer a request for these patches with a picture in full size."""
    processor = Processor(
        camera(WALL, *zones),
        detector=ScriptedDetector(lambda _: []),
        patch_classifier=classifier,
    )
    request = PatchLookRequest(seconds=0.0, patches=patches)
    return processor.process_look(request, next(iter(frames(None, seconds=1))))


def test_a_patch_is_cut_out_with_a_margin_and_told_apart():
    """A fifth of its sides on each side, as in training; the answer keeps the presence's number."""
    classifier = ScriptedClassifier("graffiti")
    look = look_at_patches(classifier, {7: Box(0.5, 0.5, 0.75, 0.75)})
    [crop] = classifier.crops
    assert crop.shape == (round(HEIGHT * 0.35), round(WIDTH * 0.35), 3)
    assert look.shares == {7: {**dict.fromkeys(PATCH_KINDS, 0.05), "graffiti": 0.85}}


def test_a_patch_that_is_tiny_or_not_told_is_left_out():
    """Eight pixels high nobody can tell; an abstention is no answer."""
    classifier = ScriptedClassifier("other")
    assert not look_at_patches(classifier, {1: Box(0.5, 0.5, 0.75, 0.5 + 8 / HEIGHT)}).shares
    assert not classifier.crops
    assert not look_at_patches(ScriptedClassifier(None), {1: Box(0.5, 0.5, 0.75, 0.75)}).shares
    assert not look_at_patches(None, {1: Box(0.5, 0.5, 0.75, 0.75)}).shares


def test_privacy_masks_are_burnt_in_before_a_look_at_a_patch():
    """The second network sees no more than the first."""
    mask = {
        "id": "window", "kind": "privacy_mask",
        "polygon": [[0.4, 0.4], [0.9, 0.4], [0.9, 0.9], [0.4, 0.9]],
    }  # fmt: skip
    classifier = ScriptedClassifier("other")
    look_at_patches(classifier, {1: Box(0.5, 0.5, 0.75, 0.75)}, mask)
    [crop] = classifier.crops
    assert len(np.unique(crop.reshape(-1, 3), axis=0)) == 1


@pytest.mark.parametrize(("kind", "fires"), [("advertisement", True), ("other", False)])
def test_what_is_new_on_a_wall_is_an_ad_if_the_second_network_says_so(kind, fires):
    """From pictures to the episode: the detector sees nothing, change sees something new."""
    wall = {**WALL, "polygon": PAVEMENT}
    processor = Processor(
        camera(wall),
        detector=ScriptedDetector(lambda _: []),
        patch_classifier=ScriptedClassifier(kind),
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
