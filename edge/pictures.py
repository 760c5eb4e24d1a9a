"""The newest picture of each camera as the centre may see it: masks burnt in, redacted, small."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.evidence.redaction import filled, plan_redaction
from pipeline.evidence.stills import encode_jpeg, pixel_bounds
from pipeline.geometry import Box
from pipeline.rules.observation import VEHICLE_CLASSES

if TYPE_CHECKING:
    from datetime import datetime

    from pipeline.processor import Step


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraPicture:
    """One picture for the grid of cameras and for drawing zones; no evidence."""

    jpeg: bytes
    captured_at: datetime  # UTC


class NewestPictures:
    """Holds the newest step of each camera; a picture is made only when one is asked for."""

    def __init__(self) -> None:
        self._steps: dict[str, Step] = {}  # one for each camera
        self._lock = threading.Lock()

    def follow(self, camera_id: str, step: Step) -> None:
        """Take in one camera's step."""
        with self._lock:
            self._steps[camera_id] = step

    def forget(self, camera_id: str) -> None:
        """The camera is gone."""
        with self._lock:
            self._steps.pop(camera_id, None)

    def step(self, camera_id: str) -> Step | None:
        """The newest step of a camera."""
        with self._lock:
            return self._steps.get(camera_id)

    def picture(self, camera_id: str) -> CameraPicture | None:
        """The newest picture, without heads and plates; none: the camera has shown nothing yet."""
        step = self.step(camera_id)
        if step is None:
            return None
        frame, found = step.frame, step.observation.detections
        # Every box down to the detector's floor counts: too much hidden harms nobody here.
        plan = plan_redaction(
            people=[d.box for d in found.of("person")],
            vehicles=[d.box for d in found.of(*VEHICLE_CLASSES)],
            subject=None,
        )
        height, width = frame.image.shape[:2]
        x, y = frame.x_scale, frame.y_scale
        rectangles = [
            pixel_bounds(Box(r.box.x1 * x, r.box.y1 * y, r.box.x2 * x, r.box.y2 * y), width, height)
            for r in plan.regions
        ]
        return CameraPicture(
            jpeg=encode_jpeg(filled(frame.image, rectangles)), captured_at=frame.captured_at
        )
