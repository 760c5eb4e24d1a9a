"""The tracker: who stays who, from keyframes to full rate, and for how long."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.detections import Detections
from pipeline.errors import FrameError
from pipeline.tracking.bytetrack import ByteTrack, TrackerSettings

NAMES = ("person", "car", "truck", "stall")


def found(*rows):
    """Detections from rows of class name, score, x1, y1, x2, y2."""
    return Detections(
        boxes=np.array([row[2:] for row in rows], np.float32).reshape(-1, 4),
        scores=np.array([row[1] for row in rows], np.float32),
        class_ids=np.array([NAMES.index(row[0]) for row in rows], np.int64),
        class_names=NAMES,
    )


def person(x, score=0.9):
    """A row for `found`: someone 40 px wide at x."""
    return ("person", score, x, 100, x + 40, 200)


def ids(tracks):
    """Their ids, in order."""
    return [track.track_id for track in tracks]


def test_a_track_is_shown_from_its_second_detection_in_a_row():
    """One detection is no track; the second one shows it with its history."""
    tracker = ByteTrack()
    assert tracker.update(found(person(0)), 0.0) == ()
    (track,) = tracker.update(found(person(2, score=0.8)), 0.04)
    assert track.track_id == 1
    assert track.class_name == "person"
    assert track.box.xyxy == (2, 100, 42, 200)
    assert track.score == pytest.approx(0.8)
    assert (track.started_seconds, track.seconds, track.hits) == (0.0, 0.04, 2)


def test_noise_never_becomes_a_track():
    """A detection that is gone in the next frame leaves nothing behind."""
    tracker = ByteTrack()
    for frame in range(50):
        rows = [person(37 * frame % 900)] if frame % 2 == 0 else []
        assert tracker.update(found(*rows), frame * 0.04) == ()
    assert tracker.alive == ()


def test_a_weak_detection_carries_a_track_but_starts_none():
    """Half hidden, a person scores low and stays the same; a low score alone starts no track."""
    tracker = ByteTrack()
    for frame in range(10):
        score = 0.9 if frame < 3 else 0.15
        shown = tracker.update(found(person(frame, score), person(500, 0.5)), frame * 0.04)
    assert [(t.track_id, t.hits) for t in shown] == [(1, 10)]


def test_class_thresholds_replace_the_general_ones():
    """A card's threshold of 0.3 lets a score of 0.3 start a track of that class only."""
    tracker = ByteTrack(TrackerSettings(class_scores={"stall": 0.3}))
    for frame in range(2):
        shown = tracker.update(
            found(("stall", 0.3, 0, 0, 50, 50), ("person", 0.3, 200, 0, 240, 90)), frame * 1.0
        )
    assert [t.class_name for t in shown] == ["stall"]


def test_an_id_survives_an_occlusion_and_moves_on_meanwhile():
    """Hidden for a second while walking, a person comes out as who went in."""
    tracker = ByteTrack()
    for frame in range(75):
        hidden = 25 <= frame < 50
        shown = tracker.update(found(*([] if hidden else [person(4.0 * frame)])), frame * 0.04)
        assert len(tracker.alive) == (frame > 0)
    assert ids(shown) == [1]


def test_a_track_ends_after_lost_seconds_and_its_id_is_not_used_again():
    """Time decides, not frames: the same pause in seconds ends a track at any frame rate."""
    for gap_frames in (1, 100):
        tracker = ByteTrack(TrackerSettings(lost_seconds=2.0))
        tracker.update(found(person(0)), 0.0)
        tracker.update(found(person(0)), 0.1)
        for frame in range(gap_frames):
            tracker.update(found(), 0.1 + 2.1 * (frame + 1) / gap_frames)
        assert tracker.alive == ()
        tracker.update(found(person(0)), 3.0)
        assert ids(tracker.update(found(person(0)), 3.1)) == [2]


def test_crossing_people_keep_their_ids():
    """Two people who walk through each other come out as themselves."""
    tracker = ByteTrack()
    for frame in range(100):
        shown = tracker.update(found(person(5.0 * frame), person(500 - 5.0 * frame)), frame * 0.04)
    assert [(t.track_id, t.box.x1) for t in shown] == [(1, 495), (2, 5)]


def test_people_vehicles_and_stalls_never_swap():
    """A car that stops where a person stood is a new track, overlap or not."""
    tracker = ByteTrack()
    box = (100, 100, 140, 200)
    for frame in range(3):
        tracker.update(found(("person", 0.9, *box)), frame * 0.04)
    tracker.update(found(("stall", 0.9, *box)), 0.12)
    shown = tracker.update(found(("stall", 0.9, *box), ("person", 0.9, *box)), 0.16)
    assert [(t.track_id, t.class_name) for t in shown] == [(1, "person"), (2, "stall")]


def test_a_wobbling_class_is_one_track_of_the_commoner_name():
    """A truck taken for a car now and then stays one track and is called a truck."""
    tracker = ByteTrack()
    for frame in range(9):
        name = "car" if frame % 3 == 0 else "truck"
        shown = tracker.update(found((name, 0.9, 10 * frame, 0, 10 * frame + 200, 90)), frame * 0.1)
    assert [(t.track_id, t.class_name, t.hits) for t in shown] == [(1, "truck", 9)]


def test_a_walker_is_followed_from_keyframe_to_keyframe():
    """At one frame a second a walker has left its own box and is still one track."""
    tracker = ByteTrack()
    for frame in range(10):
        shown = tracker.update(found(person(80 * frame), person(1000 - 80 * frame)), frame * 1.0)
    assert sorted(t.hits for t in shown) == [10, 10]


def test_keyframes_too_far_apart_are_not_paired_by_distance():
    """After four seconds whoever stands a step further on is taken for somebody else."""
    tracker = ByteTrack()
    for frame in range(3):
        assert tracker.update(found(person(80 * frame)), frame * 4.0) == ()


def test_time_must_not_run_backwards():
    """A frame out of order is refused instead of spoiling every track."""
    tracker = ByteTrack()
    tracker.update(found(), 5.0)
    with pytest.raises(FrameError, match=r"order of time: 4\.900 s after 5\.000 s"):
        tracker.update(found(), 4.9)


def test_trackers_share_nothing():
    """Each camera's ids count from 1, whatever other trackers saw."""
    for _ in range(2):
        tracker = ByteTrack()
        tracker.update(found(person(0)), 0.0)
        assert ids(tracker.update(found(person(0)), 0.04)) == [1]


def test_the_number_of_tracks_is_bounded_and_the_best_start():
    """In a frame with more objects than allowed the strongest are followed, the others not."""
    tracker = ByteTrack(TrackerSettings(max_tracks=5, reach_diagonals_per_second=0))
    rows = [person(60 * i, 0.7 + i / 100) for i in range(20)]
    tracker.update(found(*rows), 0.0)
    shown = tracker.update(found(*rows), 0.04)
    assert [t.box.x1 for t in shown] == [900, 960, 1020, 1080, 1140]


def test_state_is_bounded_over_100_000_detections():
    """Four hundred frames of 250 detections each leave no more than the limit behind."""
    tracker = ByteTrack(TrackerSettings(max_tracks=40, lost_seconds=1.0))
    random = np.random.default_rng(0)
    for frame in range(400):
        corner = random.uniform(0, 1000, (250, 2))
        rows = Detections(
            boxes=np.hstack([corner, corner + 40]).astype(np.float32),
            scores=random.uniform(0.1, 1, 250).astype(np.float32),
            class_ids=random.integers(0, len(NAMES), 250),
            class_names=NAMES,
        )
        tracker.update(rows, frame * 0.04)
        assert len(tracker._tracklets) <= 40
    assert max(len(t.votes) for t in tracker._tracklets) <= 2  # car and truck


@st.composite
def runs(draw):
    """Frames of random detections at random times."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    seconds = np.cumsum(random.uniform(0, 2, draw(st.integers(1, 15))))
    frames = []
    for moment in seconds.tolist():
        count = int(random.integers(0, 8))
        corner = random.uniform(0, 200, (count, 2))
        frames.append(
            (
                Detections(
                    boxes=np.hstack([corner, corner + random.uniform(0, 80, (count, 2))]).astype(
                        np.float32
                    ),
                    scores=random.uniform(0.1, 1, count).astype(np.float32),
                    class_ids=random.integers(0, len(NAMES), count),
                    class_names=NAMES,
                ),
                moment,
            )
        )
    return frames


@settings(max_examples=60, deadline=None)
@given(runs())
def test_any_run_keeps_the_promises(frames):
    """Tracks are real detections of this frame, each one's only; a replay gives the same."""
    tracker, replay = ByteTrack(), ByteTrack()
    ever: set[int] = set()
    for detections, seconds in frames:
        shown = tracker.update(detections, seconds)
        assert replay.update(detections, seconds) == shown
        boxes = [d.box for d in detections]
        assert all(t.box in boxes and t.seconds == seconds for t in shown)
        assert len(set(ids(shown))) == len(shown) <= len(boxes)
        assert ids(shown) == sorted(ids(shown))
        assert set(ids(shown)) <= set(ids(tracker.alive))
        new = set(ids(tracker.alive)) - ever
        assert all(i > max(ever, default=0) for i in new)  # never used again
        ever |= new
