"""What a network saw in one frame, as parallel arrays that fit each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.errors import DetectionsError
from pipeline.geometry import Box

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

BOX_VALUES = 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Detections:
    """N detections of one frame.

    Raises:
        DetectionsError: Shapes or types do not fit, a box is swapped or not finite, a score is
            outside [0, 1], or a class id names no class.

    >>> found = Detections(
    ...     boxes=np.array([[0, 0, 10, 20]], np.float32),
    ...     scores=np.array([0.5], np.float32),
    ...     class_ids=np.array([1], np.int64),
    ...     class_names=("person", "truck"),
    ... )
    >>> [(d.class_name, d.box) for d in found]
    [('truck', Box(x1=0.0, y1=0.0, x2=10.0, y2=20.0))]
    """

    boxes: NDArray[np.float32]  # N x 4: x1, y1, x2, y2 in pixels of the source frame
    scores: NDArray[np.float32]  # N, in [0, 1]
    class_ids: NDArray[np.int64]  # N, index into class_names
    class_names: tuple[str, ...]

    def __post_init__(self) -> None:
        """Check the arrays against each other."""
        count = len(self.boxes)
        expected = (count, BOX_VALUES)
        if self.boxes.shape != expected:
            raise DetectionsError(f"boxes must have shape {expected}, got {self.boxes.shape}")
        for name, array in (("scores", self.scores), ("class_ids", self.class_ids)):
            if array.shape != (count,):
                raise DetectionsError(f"{name} must have shape ({count},), got {array.shape}")
        if not np.isfinite(self.boxes).all():
            raise DetectionsError("boxes must be finite numbers")
        if (self.boxes[:, 2:] < self.boxes[:, :2]).any():
            raise DetectionsError("boxes must be x1, y1, x2, y2 with x1 <= x2 and y1 <= y2")
        if not ((self.scores >= 0) & (self.scores <= 1)).all():
            raise DetectionsError("scores must lie in [0, 1]")
        if not ((self.class_ids >= 0) & (self.class_ids < len(self.class_names))).all():
            raise DetectionsError(f"class ids must lie in [0, {len(self.class_names) - 1}]")

    @classmethod
    def empty(cls, class_names: tuple[str, ...]) -> Detections:
        """No detection at all."""
        return cls(
            boxes=np.zeros((0, BOX_VALUES), np.float32),
            scores=np.zeros(0, np.float32),
            class_ids=np.zeros(0, np.int64),
            class_names=class_names,
        )

    def __len__(self) -> int:
        """Count the detections."""
        return len(self.boxes)

    def __iter__(self) -> Iterator[Detection]:
        """Walk over the detections, in the arrays' order."""
        rows = zip(self.boxes.tolist(), self.scores.tolist(), self.class_ids.tolist(), strict=True)
        for box, score, class_id in rows:
            yield Detection(class_name=self.class_names[class_id], score=score, box=Box(*box))

    def where(self, keep: NDArray[np.bool_]) -> Detections:
        """The detections for which the mask of shape (N,) is true.

        Raises:
            DetectionsError: The mask has another shape.
        """
        if keep.shape != (len(self),):
            raise DetectionsError(f"the mask must have shape ({len(self)},), got {keep.shape}")
        return Detections(
            boxes=self.boxes[keep],
            scores=self.scores[keep],
            class_ids=self.class_ids[keep],
            class_names=self.class_names,
        )

    def of(self, *class_names: str, min_score: float = 0.0) -> Detections:
        """The detections of the named classes with at least `min_score`.

        A name that the model does not know matches nothing, so that a rule works with any model.
        """
        wanted = [i for i, name in enumerate(self.class_names) if name in class_names]
        return self.where(np.isin(self.class_ids, wanted) & (self.scores >= min_score))


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """One detection. Auxiliary information, never a finding of fact."""

    class_name: str
    score: float  # in [0, 1]
    box: Box  # in pixels of the source frame
