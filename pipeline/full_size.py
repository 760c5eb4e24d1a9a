"""Looks at pictures in full size: trucks of a burst, small writing, new patches on walls.

Triage frames are small. What a rule cannot tell from them it asks to see at the camera's own
resolution; this module answers and remembers nothing of what it saw. A burst may be looked at in a
thread beside the processor's, the other looks not.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from pipeline.privacy import PrivacyMask
from pipeline.rules.advertising import SIGN_CLASSES
from pipeline.rules.close_look import CloseLook
from pipeline.rules.observation import Observation
from pipeline.rules.passage import BurstFrame, LoadVote, Passage, TruckView
from pipeline.rules.patch_look import LEAST_PATCH_PX, PATCH_MARGIN, PatchLook
from pipeline.tracking.bytetrack import ByteTrack

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from pipeline.camera import Camera
    from pipeline.detection.classifier import Classifier
    from pipeline.detection.detector import Detector
    from pipeline.detections import Detections
    from pipeline.frames import Frame
    from pipeline.geometry import Box
    from pipeline.rules.close_look import CloseLookRequest
    from pipeline.rules.passage import BurstRequest
    from pipeline.rules.patch_look import PatchLookRequest
    from pipeline.tracking.bytetrack import TrackerSettings

# A crop for the load classifier shows the truck with some of its surroundings, as in training.
CROP_MARGIN = 0.1


class FullSizeLooks:
    """One camera's. Privacy masks are burnt in before anything is looked at.

    Args:
        camera: Its zones hold the privacy masks.
        detector: May be shared by cameras of one thread.
        classifier: Load states of truck crops; without it every load is unclear.
        patch_classifier: Kinds of new patches on ad surfaces; without it none is looked at.
        tracking: Of trucks through a burst.
    """

    def __init__(
        self,
        camera: Camera,
        *,
        detector: Detector,
        classifier: Classifier | None,
        patch_classifier: Classifier | None,
        tracking: TrackerSettings,
    ) -> None:
        self._camera = camera
        self._detector = detector
        self._classifier = classifier
        self._patch_classifier = patch_classifier
        self._tracking = tracking
        self._mask = PrivacyMask(camera.zones)

    def passage(self, request: BurstRequest, frames: Iterable[Frame]) -> Passage:
        """Trucks of a burst with their loads.

        Args:
            request: The burst that a rule asked for.
            frames: Full-size frames of its seconds, in order; none is a burst that showed nothing.
        """
        # Another thread may be masking a frame: masks of their own for a burst.
        tracker, mask = ByteTrack(self._tracking), PrivacyMask(self._camera.zones)
        burst_frames = [self._burst_frame(mask.apply(frame), tracker) for frame in frames]
        return Passage.of_frames(request, burst_frames)

    def writing(self, request: CloseLookRequest, frame: Frame) -> CloseLook:
        """Signs and ads in a part of a picture, found at the picture's own resolution.

        Args:
            request: The part that a rule asked for, in fractions of the frame.
            frame: The keyframe at or before its seconds, in full size.
        """
        frame = self._mask.apply(frame)
        window = request.fraction_box.scaled(frame.width, frame.height)
        observation = Observation.of_frame(
            frame,
            camera=self._camera,
            detections=self._detect_within(frame, window),
            thresholds=self._detector.card.thresholds,
        )
        return CloseLook.of(request, observation, SIGN_CLASSES)

    def patches(self, request: PatchLookRequest, frame: Frame) -> PatchLook:
        """What new patches on an ad surface show, as shares of kinds in [0, 1].

        Patches under `LEAST_PATCH_PX` source pixels, and those that the network abstains on, are
        left out.

        Args:
            request: The patches that a rule asked for, in fractions of the frame.
            frame: The keyframe at or before its seconds, in full size.
        """
        frame = self._mask.apply(frame)
        shares: dict[int, Mapping[str, float]] = {}
        for presence_id, fraction_box in request.patches.items():
            box = fraction_box.scaled(frame.width, frame.height)
            if self._patch_classifier is None or min(box.width, box.height) < LEAST_PATCH_PX:
                continue
            crop = _cut(frame, box.grown(PATCH_MARGIN, frame.width, frame.height))
            said = self._patch_classifier.classify(crop)
            if said.class_name is not None:
                shares[presence_id] = said.probabilities
        return PatchLook(shares=shares)

    def _detect_within(self, frame: Frame, window: Box) -> Detections:
        """Detections of a part of a frame, in pixels of the source frame."""
        crop = _cut(frame, window)
        found = self._detector.detect_image(crop)
        left, top = int(window.x1 * frame.x_scale), int(window.y1 * frame.y_scale)
        boxes = found.boxes + np.array([left, top] * 2, np.float32)
        scales = np.array([frame.x_scale, frame.y_scale] * 2, np.float32)
        return replace(found, boxes=boxes / scales)

    def _burst_frame(self, frame: Frame, tracker: ByteTrack) -> BurstFrame:
        trucks = self._detector.detect(frame).of("truck")
        return BurstFrame(
            seconds=frame.seconds,
            captured_at=frame.captured_at,
            trucks=tuple(
                self._truck_view(frame, track.track_id, track.box, track.score)
                for track in tracker.update(trucks, frame.seconds)
            ),
        )

    def _truck_view(self, frame: Frame, track_id: int, box: Box, score: float) -> TruckView:
        grown = box.grown(CROP_MARGIN, frame.width, frame.height)
        crop = _cut(frame, grown)
        load = None
        sharpness = 0.0
        if crop.size:
            grey = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY)
            sharpness = float(cv2.Laplacian(grey, cv2.CV_32F).var())
            if self._classifier is not None:
                said = self._classifier.classify(crop)
                load = LoadVote(class_name=said.class_name, score=said.score)
        return TruckView(
            track_id=track_id,
            fraction_box=box.scaled(1 / frame.width, 1 / frame.height),
            score=score,
            load=load,
            sharpness=sharpness,
        )


def _cut(frame: Frame, box: Box) -> NDArray[np.uint8]:
    """The pixels (h, w, 3) of a box that is given in source pixels."""
    x1, x2 = int(box.x1 * frame.x_scale), round(box.x2 * frame.x_scale)
    y1, y2 = int(box.y1 * frame.y_scale), round(box.y2 * frame.y_scale)
    return frame.image[y1:y2, x1:x2]
