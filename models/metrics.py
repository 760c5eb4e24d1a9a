"""Average precision, precision and recall of a detector, per class.

The protocol is COCO's (pycocotools.cocoeval): greedy matching by score within a picture, each label
matched once, precision made monotone and read at 101 recalls; AP50:95 is the mean over ten IoUs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

IOUS: Final = np.linspace(0.5, 0.95, 10)  # pycocotools Params.iouThrs
RECALLS: Final = np.linspace(0, 1, 101)  # pycocotools Params.recThrs


def iou(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    """Intersection over union of every pair of xyxy boxes.

    Args:
        a: Shape (N, 4).
        b: Shape (M, 4).

    Returns:
        Shape (N, M), in [0, 1].

    >>> one = np.array([[0, 0, 10, 10]], dtype=np.float32)
    >>> two = np.array([[5, 0, 15, 10]], dtype=np.float32)
    >>> round(float(iou(one, two)[0, 0]), 3)
    0.333
    """
    corner = np.maximum(a[:, None, :2], b[None, :, :2])
    opposite = np.minimum(a[:, None, 2:], b[None, :, 2:])
    common = np.clip(opposite - corner, 0, None).prod(2)
    area_a, area_b = (a[:, 2:] - a[:, :2]).prod(1), (b[:, 2:] - b[:, :2]).prod(1)
    union = area_a[:, None] + area_b[None] - common
    return np.asarray(common / np.maximum(union, 1e-9), dtype=np.float32)


@dataclass(frozen=True, kw_only=True)
class ClassResult:
    """Figures of one class on one source; fractions, not percentages."""

    pictures: int  # pictures looked at
    boxes: int  # labelled boxes
    ap50: float  # average precision at IoU 0.5
    ap50_95: float  # mean of average precision at IoU 0.5, 0.55 .. 0.95
    precision: float  # at `threshold`, IoU 0.5; nan without detections
    recall: float  # at `threshold`, IoU 0.5; nan without boxes
    threshold: float  # score from which a detection counts for precision and recall


@dataclass(frozen=True, kw_only=True)
class Matches:
    """All detections of one class, best first."""

    scores: NDArray[np.float32]  # (N,)
    hits: NDArray[np.bool_]  # (N, 10): matched a label at each of `IOUS`
    boxes: int
    pictures: int


def match_picture(
    detections: NDArray[np.float32], labels: NDArray[np.float32]
) -> NDArray[np.bool_]:
    """Which detections hit a label, one class, one picture.

    Args:
        detections: Shape (N, 4), x1, y1, x2, y2, best first.
        labels: Shape (M, 4), the same axes.

    Returns:
        Shape (N, 10), one column for each of `IOUS`.

    >>> box = np.array([[0, 0, 10, 10]], dtype=np.float32)
    >>> match_picture(np.vstack([box, box]), box)[:, 0].tolist()
    [True, False]
    """
    hits = np.zeros((len(detections), len(IOUS)), dtype=bool)
    overlaps = iou(detections, labels)
    for column, threshold in enumerate(IOUS):
        free = np.ones(len(labels), dtype=bool)
        for row in range(len(detections)):
            usable = np.where(free, overlaps[row], -1.0)
            if len(labels) and usable.max() >= threshold:
                hits[row, column] = True
                free[usable.argmax()] = False
    return hits


def gather(
    pictures: Sequence[tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]],
) -> Matches:
    """Match every picture of one class.

    Args:
        pictures: Detections (N, 4) best first, their scores (N,), labels (M, 4) of each picture.
    """
    scores = np.concatenate([p[1] for p in pictures] or [np.zeros(0, np.float32)])
    parts = [match_picture(d, g) for d, _, g in pictures]
    hits = np.concatenate(parts or [np.zeros((0, len(IOUS)), dtype=bool)])
    order = np.argsort(-scores, kind="stable")
    return Matches(
        scores=scores[order],
        hits=hits[order],
        boxes=sum(len(g) for _, _, g in pictures),
        pictures=len(pictures),
    )


def average_precision(hits: NDArray[np.bool_], boxes: int) -> float:
    """Area under the precision-recall curve, read at 101 recalls.

    Args:
        hits: Shape (N,), detections best first.
        boxes: Number of labels; 0 gives nan.

    >>> round(average_precision(np.array([True, False, True]), 2), 3)
    0.835
    """
    if boxes == 0:
        return float("nan")
    found = np.cumsum(hits)
    recall = found / boxes
    precision = found / np.arange(1, len(hits) + 1)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    at = np.searchsorted(recall, RECALLS, side="left")
    read = np.append(envelope, 0.0)[np.minimum(at, len(hits))]
    return float(read.mean())


def summarise(matches: Matches, threshold: float) -> ClassResult:
    """Figures of one class at a threshold."""
    aps = [average_precision(matches.hits[:, i], matches.boxes) for i in range(len(IOUS))]
    shown = int((matches.scores >= threshold).sum())
    found = int(matches.hits[:shown, 0].sum())
    return ClassResult(
        pictures=matches.pictures,
        boxes=matches.boxes,
        ap50=aps[0],
        ap50_95=float(np.mean(aps)),
        precision=found / shown if shown else float("nan"),
        recall=found / matches.boxes if matches.boxes else float("nan"),
        threshold=threshold,
    )


def best_threshold(
    matches: Matches, *, beta: float, least_precision: float, least_hits: int
) -> float | None:
    """Score threshold of the best F-beta at IoU 0.5, rounded down to 0.01.

    Args:
        matches: Detections of a class.
        beta: Weight of recall against precision; below 1 it leans towards precision.
        least_precision: Thresholds with a lower precision are not considered.
        least_hits: Nor are those with fewer hits.

    Returns:
        None where no threshold qualifies.
    """
    found = np.cumsum(matches.hits[:, 0])
    precision = found / np.arange(1, len(found) + 1)
    fit = (precision >= least_precision) & (found >= least_hits)
    if matches.boxes == 0 or not fit.any():
        return None
    recall = found / matches.boxes
    score = (1 + beta**2) * precision * recall / np.maximum(beta**2 * precision + recall, 1e-9)
    best = int(np.where(fit, score, -1.0).argmax())
    return math.floor(float(matches.scores[best]) * 100) / 100
