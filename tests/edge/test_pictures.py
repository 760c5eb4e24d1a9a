"""What leaves the box as a picture shows no head and no plate."""

from __future__ import annotations

from datetime import UTC, datetime

import cv2
import numpy as np
import pytest

from edge.pictures import NewestPictures
from pipeline.camera import Camera
from pipeline.detections import Detections
from pipeline.evidence.redaction import FILL_COLOUR
from pipeline.frames import Frame
from pipeline.processor import Step
from pipeline.quality import QualityGate
from pipeline.rules.observation import Observation

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CAMERA = Camera(id="gate")


def step(boxes, names):
    """A white picture of 320x180, taken of a source of twice the size."""
    frame = Frame(
        image=np.full((180, 320, 3), 255, np.uint8), camera_id="gate", captured_at=NOW,
        seconds=0.0, width=640, height=360,
    )  # fmt: skip
    classes = ("person", "car")
    detections = Detections(
        boxes=np.array(boxes, np.float32).reshape(-1, 4),
        scores=np.full(len(boxes), 0.2, np.float32),
        class_ids=np.array([classes.index(name) for name in names], np.int64),
        class_names=classes,
    )
    observation = Observation.of_frame(frame, camera=CAMERA, detections=detections)
    return Step(frame=frame, quality=QualityGate().judge(frame), observation=observation)


def picture_of(found):
    picture = cv2.imdecode(np.frombuffer(found.jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert picture.shape == (180, 320, 3)
    return picture


def test_heads_and_plates_are_filled_in():
    """Of weak detections too; the rest of the picture stays."""
    pictures = NewestPictures()
    pictures.follow("gate", step([[100, 100, 140, 220], [300, 200, 400, 280]], ["person", "car"]))
    found = pictures.picture("gate")
    assert found.captured_at == NOW
    picture = picture_of(found)
    assert picture[55, 60] == pytest.approx(FILL_COLOUR, abs=12)  # the head
    assert picture[135, 175] == pytest.approx(FILL_COLOUR, abs=12)  # the plate's band
    assert picture[105, 60] == pytest.approx((255, 255, 255), abs=12)  # the legs
    assert picture[10, 10] == pytest.approx((255, 255, 255), abs=12)


def test_an_empty_street_is_shown_as_it_is():
    """Nothing to hide."""
    pictures = NewestPictures()
    pictures.follow("gate", step([], []))
    assert picture_of(pictures.picture("gate")).min() > 240


def test_only_the_newest_is_kept_and_a_camera_can_be_forgotten():
    """One step a camera."""
    pictures = NewestPictures()
    for _ in range(1000):
        pictures.follow("gate", step([], []))
    assert len(pictures._steps) == 1
    pictures.forget("gate")
    pictures.forget("gate")
    assert pictures.picture("gate") is None
