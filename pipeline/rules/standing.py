"""What stands still: people and trucks where one already was, again and again, seconds ago.

Judged by place, not by track: at one picture a second a walker gets a new track with every
picture, and a vendor behind a counter loses his often.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from pipeline.geometry import Box

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Somebody who walks (1.4 m/s) is ten body widths away by then.
MIN_STILL_SECONDS = 4.0
# A vendor who bends down and is missed for some frames still counts.
MEMORY_SECONDS = 15.0
# In this share of the remembered frames one was at the place: on a busy pavement walkers happen to
# be where others were, and trucks in a column are, but not in every third picture.
MIN_FRAMES_SHARE = 0.3
MIN_FRAMES = 2
# The bounds: fifteen seconds at four pictures a second, and ten people in each.
MAX_FRAMES = 60
MAX_BOXES = 600


class StandingBoxes:
    """Remembers where things of one kind were, at most 600 boxes in 60 frames.

    Args:
        min_iou: How much one standing thing's boxes overlap over time, at least, in [0, 1].
    """

    def __init__(self, min_iou: float) -> None:
        self._min_iou = min_iou
        self._frames: deque[tuple[float, tuple[Box, ...]]] = deque(maxlen=MAX_FRAMES)

    def __len__(self) -> int:
        """Count the remembered boxes."""
        return sum(len(things) for _, things in self._frames)

    def update(self, things: Sequence[Box], seconds: float) -> tuple[Box, ...]:
        """The things of this frame that stand still; boxes in any one unit."""
        while self._frames and not 0 <= seconds - self._frames[0][0] <= MEMORY_SECONDS:
            self._frames.popleft()
        earlier = [seen for at, seen in self._frames if seconds - at >= MIN_STILL_SECONDS]
        self._frames.append((seconds, tuple(things[:MAX_BOXES])))
        while len(self) > MAX_BOXES:
            self._frames.popleft()
        boxes = [box.xyxy for seen in earlier for box in seen]
        if not things or not boxes:
            return ()
        overlaps = iou_matrix(np.array([t.xyxy for t in things]), np.array(boxes)) >= self._min_iou
        frame_of_box = np.repeat(np.arange(len(earlier)), [len(seen) for seen in earlier])
        needed = max(MIN_FRAMES, MIN_FRAMES_SHARE * len(earlier))
        return tuple(
            thing
            for thing, hits in zip(things, overlaps, strict=True)
            if len(np.unique(frame_of_box[hits])) >= needed
        )


def iou_matrix(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Intersection over union of every box of a (N x 4) with every box of b (M x 4): N x M.

    Boxes are x1, y1, x2, y2 in any one unit; values are in [0, 1], 0 where both have no area.
    """
    top_left = np.maximum(a[:, None, :2], b[None, :, :2])
    bottom_right = np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = np.clip(bottom_right - top_left, 0, None).prod(axis=2)
    area_a, area_b = ((m[:, 2:] - m[:, :2]).prod(axis=1) for m in (a, b))
    union = area_a[:, None] + area_b[None, :] - shared
    return np.where(union > 0, shared / np.where(union > 0, union, 1.0), 0.0)
