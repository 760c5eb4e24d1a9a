"""Decode a detector's raw answer: candidates above a score, duplicates suppressed by class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BOX_ROWS = 4  # cx, cy, width, height
_LEAST_AREA = np.finfo(np.float32).tiny  # px^2; boxes without area overlap by 0, not by 0 / 0

# Weak detections carry evidence too: the tracker's second stage and the rules' presence use them.
DEFAULT_SCORE_FLOOR = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """How candidates become detections.

    The limits and the overlap default to those of Ultralytics' `predict`: a card's class thresholds
    were measured with them, and other values call for other thresholds.
    """

    score_floor: float = DEFAULT_SCORE_FLOOR  # a candidate's best score must exceed it
    iou: float = 0.7  # of two boxes of one class that overlap more, the weaker one goes
    max_candidates: int = 30_000  # best candidates looked at
    max_detections: int = 300  # best detections kept


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Decoded:
    """N detections in pixels of the network's input, best first."""

    boxes: NDArray[np.float32]  # N x 4: x1, y1, x2, y2; may reach out of the input
    scores: NDArray[np.float32]  # N, as the network gave them
    class_ids: NDArray[np.int64]  # N


def decode(raw: NDArray[np.float32], rules: Suppression) -> Decoded:
    """Turn a raw answer into detections; each anchor counts for its best class only.

    Args:
        raw: (4 + classes) x anchors: cx, cy, width, height in pixels of the network's input, then
            one score per class.
        rules: Thresholds and limits.

    An anchor whose numbers are not finite is no candidate.
    """
    best = raw[_BOX_ROWS:].max(axis=0)
    chosen = np.flatnonzero(best > rules.score_floor)
    # Stable, so that equal scores keep the network's order and a replay gives the same result.
    order = np.argsort(-best[chosen], kind="stable")[: rules.max_candidates]
    chosen = chosen[order]
    columns = raw[:, chosen]
    finite = np.isfinite(columns).all(axis=0)
    if not finite.all():
        chosen, columns = chosen[finite], columns[:, finite]
    centre, half = columns[0:2], np.maximum(columns[2:4], 0) / 2
    boxes = np.concatenate([centre - half, centre + half]).T
    class_ids = columns[_BOX_ROWS:].argmax(axis=0).astype(np.int64)
    kept = suppress(boxes, class_ids, rules)
    return Decoded(boxes=boxes[kept], scores=best[chosen][kept], class_ids=class_ids[kept])


def suppress(
    boxes: NDArray[np.float32], class_ids: NDArray[np.int64], rules: Suppression
) -> NDArray[np.int64]:
    """Positions of the boxes that stay, of N x 4 boxes that come best first.

    Greedy: the best box stays and removes every box of its class that overlaps it by more than
    `rules.iou`; then the next one that is left. The loop runs once per box that stays, never once
    per candidate.

    >>> boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [1, 0, 11, 10]], np.float32)
    >>> suppress(boxes, np.array([0, 0, 1]), Suppression(iou=0.5)).tolist()
    [0, 2]
    """
    x1, y1, x2, y2 = np.ascontiguousarray(boxes.T)
    areas = (x2 - x1) * (y2 - y1)
    left = np.arange(len(boxes))
    kept: list[int] = []
    while left.size and len(kept) < rules.max_detections:
        best, rest = left[0], left[1:]
        kept.append(int(best))
        width = np.minimum(x2[best], x2[rest]) - np.maximum(x1[best], x1[rest])
        height = np.minimum(y2[best], y2[rest]) - np.maximum(y1[best], y1[rest])
        shared = np.maximum(width, 0) * np.maximum(height, 0)
        union = areas[best] + areas[rest] - shared
        overlaps = shared / np.maximum(union, _LEAST_AREA) > rules.iou
        left = rest[~(overlaps & (class_ids[rest] == class_ids[best]))]
    return np.array(kept, np.int64)
