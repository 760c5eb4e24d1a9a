"""Scripted networks and a drawn street: what tests of the steps run on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import cv2
import numpy as np

from models.classes import CLASSES
from pipeline.camera import Camera
from pipeline.detection.classifier import Classification
from pipeline.detections import Detections
from pipeline.frames import Frame

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)  # a Sunday, noon in Shanghai
WIDTH, HEIGHT = 320, 180
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
            class_names=CLASSES,
        )


def camera(*zones):
    return Camera.model_validate({"id": "c", "timezone": "Asia/Shanghai", "zones": zones})


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


class ScriptedClassifier:
    """Says the same of every crop, and remembers what it was shown."""

    def __init__(self, kind, kinds):
        self._kind, self._kinds = kind, kinds
        self.crops = []

    def classify(self, crop):
        self.crops.append(crop)
        said = {kind: 0.85 if kind == self._kind else 0.05 for kind in self._kinds}
        return Classification(class_name=self._kind, score=0.85, probabilities=said)
