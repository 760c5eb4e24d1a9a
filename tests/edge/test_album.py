"""The album holds first and latest sights past the ring, and lets go in time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from edge.album import MAX_CONTEXT, MAX_SPOTS, KeyframeAlbum
from edge.video.packets import CompressedPacket, StreamFormat
from edge.video.ring import PacketRing
from pipeline.camera import Camera
from pipeline.candidate import Explanation
from pipeline.detections import Detections
from pipeline.episodes.presence import Sight
from pipeline.frames import Frame
from pipeline.geometry import Box
from pipeline.processor import Step
from pipeline.quality import QualityGate
from pipeline.rules.judgement import Judgement
from pipeline.rules.observation import Observation
from pipeline.violations import Subtype

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
FORMAT = StreamFormat(codec="h264", extradata=b"")
CAMERA = Camera(id="c")
PICTURE = np.arange(16 * 8 * 3, dtype=np.uint8).reshape(8, 16, 3)
GATE = QualityGate()


class Street:
    """A camera that sends one keyframe a second into a ring of ten."""

    def __init__(self, **ring):
        self.ring = PacketRing(**{"max_seconds": 10.0, "max_bytes": 100_000, **ring})
        self.album = KeyframeAlbum(self.ring, keep_seconds=30)

    def second(self, seconds, judgements=()):
        packet = CompressedPacket(
            data=bytes(50), camera_id="c", seconds=seconds, captured_at=at(seconds),
            is_keyframe=True, segment=0, format=FORMAT,
        )  # fmt: skip
        self.ring.append(packet)
        frame = Frame(
            image=PICTURE, camera_id="c", captured_at=at(seconds), seconds=seconds,
            width=16, height=8,
        )  # fmt: skip
        observation = Observation.of_frame(
            frame, camera=CAMERA, detections=Detections.empty(("person",))
        )
        self.album.follow(
            Step(
                frame=frame,
                quality=GATE.judge(frame),
                observation=observation,
                judgements=tuple(judgements),
            )
        )


def at(seconds):
    return NOON + timedelta(seconds=seconds)


def word(presence_id, started, sight=Sight.SEEN):
    return Judgement(
        subtype=Subtype.VENDING_OVER_TIME, zone_id="z", presence_id=presence_id,
        fraction_box=Box(0, 0, 1, 1), sight=sight, started_at=at(started),
        last_seen_at=at(started), present_seconds=1.0,
        explanation=Explanation(rule="vending", fired=False, score=0.1, threshold=0.5),
    )  # fmt: skip


def test_first_sight_outlives_the_ring():
    """Four minutes later the keyframe of the first second is still there, bit for bit."""
    street = Street()
    for second in range(240):
        street.second(float(second), [word(1, 5.0)] if second >= 5 else [])
    assert street.album.first_of(at(5)).seconds == 5.0
    assert street.album.latest_of(at(5)).seconds >= 229.0
    assert len(street.ring) < 15


def test_before_is_a_picture_without_the_act():
    """The newest context picture from before the act began."""
    street = Street()
    for second in range(200):
        street.second(float(second))
    assert street.album.before(at(150)).seconds == 120.0
    assert street.album.before(at(0)) is None


def test_hidden_sights_are_not_taken():
    """A picture in which a bus stands before the stall shows nothing."""
    street = Street()
    street.second(0.0, [word(1, 0.0)])
    for second in range(1, 60):
        street.second(float(second), [word(1, 0.0, Sight.HIDDEN)])
    assert street.album.latest_of(at(0)).seconds == 0.0


def test_spots_are_let_go_after_the_last_word():
    """Half a minute after nobody speaks of a spot its pins are given back."""
    street = Street()
    street.second(0.0, [word(1, 0.0)])
    for second in range(1, 25):
        street.second(float(second))
    assert street.album.first_of(at(0)) is not None
    for second in range(25, 40):
        street.second(float(second))
    assert street.album.first_of(at(0)) is None
    assert len(street.ring.pinned()) == 1  # the context picture


def test_album_is_bounded_over_a_hundred_thousand_spots():
    """New spots replace those that are gone; the ring's album never overflows."""
    street = Street()
    for second in range(100_000):
        street.second(float(second), [word(second // 7, second // 7 * 7)])
    assert len(street.album._spots) <= MAX_SPOTS
    assert len(street.ring.pinned()) <= 2 * MAX_SPOTS + MAX_CONTEXT
    assert street.album.first_of(at(99_995)) is not None


def test_full_ring_album_is_counted_not_raised():
    """Watching goes on when no more keyframes can be held."""
    street = Street(max_pins=3)
    for second in range(5):
        street.second(float(second), [word(second, float(second))])
    assert street.album.refused > 0
    assert len(street.ring.pinned()) == pytest.approx(3, abs=1)
