"""The detector: a picture in, validated detections in source pixels out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from pipeline.detection.card import ModelCard, load_card, read_network
from pipeline.detection.letterbox import Letterbox, to_blob
from pipeline.detection.session import NetworkSession
from pipeline.detection.suppression import DEFAULT_SCORE_FLOOR, Decoded, Suppression, decode
from pipeline.detections import Detections
from pipeline.errors import ModelShapeError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from pipeline.frames import Frame


@dataclass(frozen=True, slots=True, kw_only=True)
class StageTimings:
    """Seconds that the stages of one detection took."""

    letterbox_seconds: float
    network_seconds: float
    decode_seconds: float  # with suppression and mapping back


def _no_clock() -> float:
    """Stand in for a stopwatch: the core reads no clock unless it is given one."""
    return 0.0


class Detector:
    """A trained detector.

    Results depend on the picture alone. `timings` is of the latest call; one detector serves one
    thread.

    Args:
        session: The network.
        suppression: Score floor, overlap and limits.
        input_size: (width, height) to use in place of the card's; multiples of the stride.
        stopwatch: A clock in seconds, for example `time.perf_counter`, to fill `timings`; without
            it they stay zero.

    Raises:
        ModelShapeError: The network has a fixed size, or the size does not fit its stride.
    """

    def __init__(
        self,
        session: NetworkSession,
        *,
        suppression: Suppression | None = None,
        input_size: tuple[int, int] | None = None,
        stopwatch: Callable[[], float] | None = None,
    ) -> None:
        self._session = session
        self._suppression = suppression or Suppression()
        self._limit = _input_limit(session, input_size)
        self._stopwatch = stopwatch or _no_clock
        self.timings = StageTimings(letterbox_seconds=0, network_seconds=0, decode_seconds=0)

    @classmethod
    def from_card(
        cls,
        path: Path,
        *,
        provider: str = "cpu",
        threads: int = 2,
        input_size: tuple[int, int] | None = None,
        score_floor: float = DEFAULT_SCORE_FLOOR,
        stopwatch: Callable[[], float] | None = None,
    ) -> Detector:
        """Load the network that a model card describes.

        Args:
            path: The card, a TOML file with the ONNX file beside it.
            provider: A key of `session.PROVIDERS`.
            threads: Threads one detection may use.
            input_size: See the class.
            score_floor: Detections down to this score are returned, in [0, 1]; which of them count
                is the card's `thresholds` to say.
            stopwatch: See the class.

        Raises:
            ModelCardError: The card or the network is missing, or the card is wrong.
            ModelHashError: The network is not the one the card describes.
            ModelShapeError: Inputs, outputs or `input_size` do not fit.
            ModelError: The provider is not available, or the network cannot be loaded.
        """
        card = load_card(path, task="detect")
        session = NetworkSession(card, read_network(card, path), provider=provider, threads=threads)
        return cls(
            session,
            suppression=replace(Suppression(), score_floor=score_floor),
            input_size=input_size,
            stopwatch=stopwatch,
        )

    @property
    def card(self) -> ModelCard:
        """What the network is."""
        return self._session.card

    def detect(self, frame: Frame) -> Detections:
        """Detections of one frame, best first, in pixels of the source frame, cut at its edges.

        Raises:
            ModelError: The runtime failed.
        """
        scales = np.array([frame.x_scale, frame.y_scale] * 2, np.float32)
        return self._detect(frame.image, scales, (frame.width, frame.height))

    def detect_image(self, image: NDArray[np.uint8]) -> Detections:
        """Detections of a picture, best first, in its own pixels, cut at its edges.

        Args:
            image: height x width x 3, BGR, 0..255, not empty.

        Raises:
            ModelError: The runtime failed.
        """
        height, width = image.shape[:2]
        return self._detect(image, np.ones(4, np.float32), (width, height))

    def _detect(
        self, image: NDArray[np.uint8], scales: NDArray[np.float32], size: tuple[int, int]
    ) -> Detections:
        started = self._stopwatch()
        box = Letterbox.fit(
            (image.shape[1], image.shape[0]),
            limit=self._limit,
            stride=self.card.input.stride,
            fill=self._session.fixed_size is not None,
        )
        blob = to_blob(image, box, self.card.input)
        prepared = self._stopwatch()
        raw = self._session.run(blob)
        answered = self._stopwatch()
        found = decode(raw[0], self._suppression)
        detections = self._in_picture(found, box.to_image(found.boxes) / scales, size)
        self.timings = StageTimings(
            letterbox_seconds=prepared - started,
            network_seconds=answered - prepared,
            decode_seconds=self._stopwatch() - answered,
        )
        return detections

    def _in_picture(
        self, found: Decoded, boxes: NDArray[np.float32], size: tuple[int, int]
    ) -> Detections:
        """Cut the boxes at the picture's edges and drop those that lie in the bars."""
        boxes = np.clip(boxes, 0, np.array(size * 2, np.float32))
        detections = Detections(
            boxes=boxes,
            # Quantised and half-precision networks overshoot 1 by a rounding step.
            scores=np.clip(found.scores, 0, 1),
            class_ids=found.class_ids,
            class_names=self.card.class_names,
        )
        return detections.where(np.all(boxes[:, 2:] > boxes[:, :2], axis=1))


def _input_limit(session: NetworkSession, wanted: tuple[int, int] | None) -> tuple[int, int]:
    network = session.card.input
    size = (network.width, network.height)
    if wanted is None or wanted == size:
        return size
    if session.fixed_size is not None:
        raise ModelShapeError(
            f"{session.card.file}: takes pictures of {size[0]}x{size[1]} only, not"
            f" {wanted[0]}x{wanted[1]}; export it with dynamic sizes, or leave the size out"
        )
    if min(wanted) <= 0 or any(side % network.stride for side in wanted):
        raise ModelShapeError(
            f"{session.card.file}: the input size must be positive multiples of"
            f" {network.stride}, got {wanted[0]}x{wanted[1]}"
        )
    return wanted
