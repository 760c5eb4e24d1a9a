"""Our ByteTrack gives the same ids as the `trackers` package on the same detections.

Runs where the packages of tests/parity/requirements.txt are installed. Both trackers see seeded
street scenes with crossings, occlusions, misses, weak scores, jitter and false detections; the ids
must agree up to their names, detection by detection, over the whole run.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from pipeline.detections import Detections
from pipeline.tracking.bytetrack import ByteTrack, TrackerSettings

trackers = pytest.importorskip("trackers", reason="see tests/parity/requirements.txt")
sv = pytest.importorskip("supervision", reason="see tests/parity/requirements.txt")

FRAMES = 180
# Half a frame more than 30 frames of 1/30 s: neither tracker then has to compare equal floats.
LOST_SECONDS = 30.5 / 30


@dataclass(frozen=True)
class Scene:
    """Detections of one run: per frame N x 4 boxes and N scores."""

    boxes: list[np.ndarray]
    scores: list[np.ndarray]


def scene_of(seed, *, objects, miss=0.05, weak=0.15, jitter=1.0):
    """Objects that walk through a 1280 x 720 picture, some behind others."""
    random = np.random.default_rng(seed)
    width = random.uniform(30, 120, objects)
    size = np.stack([width, width * random.uniform(0.5, 2.5, objects)], axis=1)
    start = random.uniform((0, 0), (1280, 720), (objects, 2))
    speed = random.uniform(-6, 6, (objects, 2))  # px per frame
    begin = random.integers(0, FRAMES // 3, objects)
    end = random.integers(FRAMES // 2, FRAMES, objects)
    hidden = random.integers(0, FRAMES, objects)  # each is hidden once, for up to 45 frames
    hidden_for = random.integers(0, 45, objects)
    scene = Scene(boxes=[], scores=[])
    for frame in range(FRAMES):
        sway = 10 * np.sin(frame / 15 + np.arange(objects))[:, None]
        centre = start + speed * (frame - begin)[:, None] + sway
        boxes = np.hstack([centre - size / 2, centre + size / 2])
        boxes += random.normal(0, jitter, boxes.shape)
        scores = random.uniform(0.7, 1.0, objects)
        weakened = random.random(objects) < weak
        scores[weakened] = random.uniform(0.1, 0.7, weakened.sum())
        there = (begin <= frame) & (frame < end) & (random.random(objects) > miss)
        there &= (frame < hidden) | (frame >= hidden + hidden_for)
        false = random.random() < 0.2
        corner = random.uniform(0, 600, 2)
        extra = np.hstack([corner, corner + random.uniform(20, 80, 2)])[None][:false]
        scene.boxes.append(np.vstack([boxes[there], extra]).astype(np.float32))
        scene.scores.append(
            np.append(scores[there], random.uniform(0.1, 1.0, int(false))).astype(np.float32)
        )
    return scene


def our_ids(scene, **changes):
    """Per frame, the id of every detection; -1 where it belongs to no confirmed track."""
    values = {"lost_seconds": LOST_SECONDS, "reach_diagonals_per_second": 0.0} | changes
    tracker = ByteTrack(TrackerSettings(**values))
    result = []
    for frame, (boxes, scores) in enumerate(zip(scene.boxes, scene.scores, strict=True)):
        found = Detections(
            boxes=boxes,
            scores=scores,
            class_ids=np.zeros(len(boxes), np.int64),
            class_names=("person",),
        )
        shown = tracker.update(found, frame / 30)
        by_box = {track.box.xyxy: track.track_id for track in shown}
        result.append([by_box.get(tuple(box), -1) for box in boxes.tolist()])
    return result


def their_ids(scene, *, timestamps):
    """The same from the `trackers` package, with a time per frame or counting frames."""
    tracker = trackers.ByteTrackTracker(lost_track_buffer=30, frame_rate=30.0)
    tracker.maximum_time_without_update = LOST_SECONDS
    result = []
    for frame, (boxes, scores) in enumerate(zip(scene.boxes, scene.scores, strict=True)):
        found = tracker.update(
            sv.Detections(
                xyxy=boxes,
                confidence=scores,
                class_id=np.zeros(len(boxes), int),
                data={"position": np.arange(len(boxes))},
            ),
            timestamp=frame / 30 if timestamps else None,
        )
        ids = [-1] * len(boxes)
        for position, track_id in zip(
            found.data.get("position", []), found.tracker_id, strict=True
        ):
            ids[int(position)] = int(track_id)
        result.append(ids)
    return result


def differences(ours, theirs):
    """Detections on which the two disagree, once ids are renamed one to one."""
    to_ours, to_theirs, different = {-1: -1}, {-1: -1}, []
    for frame, (mine, other) in enumerate(zip(ours, theirs, strict=True)):
        for position, (a, b) in enumerate(zip(mine, other, strict=True)):
            if to_ours.setdefault(b, a) != a or to_theirs.setdefault(a, b) != b:
                different.append((frame, position, a, b))
    return different


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("objects", [4, 12, 30])
def test_ids_are_those_of_the_reference(seed, objects):
    """In sparse, busy and crowded scenes every detection gets the same track as there."""
    scene = scene_of(seed, objects=objects)
    ours = our_ids(scene)
    assert differences(ours, their_ids(scene, timestamps=True)) == []
    assert max(max(ids, default=-1) for ids in ours) >= objects // 2  # there was something to track


@pytest.mark.parametrize("seed", range(2))
def test_counting_frames_comes_to_the_same(seed):
    """Against the reference without timestamps: it looks for a lost track one frame longer."""
    scene = scene_of(seed, objects=12)
    ours = our_ids(scene, lost_seconds=LOST_SECONDS + 1 / 30)
    assert differences(ours, their_ids(scene, timestamps=False)) == []


@pytest.mark.parametrize("seed", range(2))
def test_pairing_by_distance_changes_nothing_at_full_rate(seed):
    """Our third round, made for keyframes, leaves the reference's ids at 30 frames a second."""
    scene = scene_of(seed, objects=12)
    defaults = TrackerSettings()
    ours = our_ids(scene, reach_diagonals_per_second=defaults.reach_diagonals_per_second)
    assert differences(ours, their_ids(scene, timestamps=True)) == []


def test_differences_are_found():
    """The comparison itself sees a swap, a missing id and an id used for two tracks."""
    assert differences([[1, 2], [1, 2]], [[7, 8], [7, 8]]) == []
    assert len(differences([[1, 2], [2, 1]], [[7, 8], [7, 8]])) == 2
    assert len(differences([[1], [-1]], [[7], [7]])) == 1
    assert len(differences([[1], [1]], [[7], [8]])) == 1
