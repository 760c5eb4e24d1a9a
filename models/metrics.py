"""Average precision, precision and recall of a detector, per class, as pycocotools has them.

The protocol is COCO's (pycocotools.cocoeval), and the tests hold the figures against pycocotools:

* Within a picture the best detection chooses first, among labels nobody has taken yet, the one that
  it overlaps most; of equals, the last. At most 100 detections of a class count in a picture.
* Ignored regions are COCO's crowds: a detection that finds no label and lies inside a region, by
  the IoU's share of its own area, is neither right nor wrong. Any number may lie in one region.
* Figures by size ignore the labels of other sizes in the same way, and unmatched detections of
  other sizes too.
* Precision is made monotone and read at 101 recalls; AP50:95 is the mean over ten IoUs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

IOUS: Final = np.linspace(0.5, 0.95, 10)  # pycocotools Params.iouThrs
RECALLS: Final = np.linspace(0, 1, 101)  # pycocotools Params.recThrs
MOST_DETECTIONS: Final = 100  # of one class in one picture; the last of pycocotools Params.maxDets
ALL_SIZES: Final = (0.0, 1e10)  # pycocotools Params.areaRng "all"
_NO_BOXES: Final = np.zeros((0, 4), dtype=np.float32)


def overlap_areas(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float64]:
    """Common area of every pair of xyxy boxes, (N, 4) and (M, 4): shape (N, M), in pixels."""
    left, right = a.astype(np.float64)[:, None], b.astype(np.float64)[None]
    sides = np.minimum(left[..., 2:], right[..., 2:]) - np.maximum(left[..., :2], right[..., :2])
    return np.asarray(np.clip(sides, 0, None).prod(2))


def areas(boxes: NDArray[np.float32]) -> NDArray[np.float64]:
    """Area of xyxy boxes (N, 4): shape (N,), in pixels."""
    wide = boxes.astype(np.float64)
    return np.asarray((wide[:, 2:] - wide[:, :2]).prod(1))


def iou(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float64]:
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
    common = overlap_areas(a, b)
    union = areas(a)[:, None] + areas(b)[None] - common
    return np.asarray(common / np.maximum(union, 1e-9))


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassResult:
    """Figures of one class on one source; fractions, not percentages."""

    pictures: int  # pictures looked at
    boxes: int  # labelled boxes
    ap50: float  # average precision at IoU 0.5
    ap50_95: float  # mean of average precision at IoU 0.5, 0.55 .. 0.95
    precision: float  # at `threshold`, IoU 0.5; nan without detections
    recall: float  # at `threshold`, IoU 0.5; nan without boxes
    threshold: float  # score from which a detection counts for precision and recall


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PictureBoxes:
    """One class on one picture, all boxes x1, y1, x2, y2 in the same pixels."""

    detections: NDArray[np.float32]  # (N, 4)
    scores: NDArray[np.float32]  # (N,)
    labels: NDArray[np.float32]  # (M, 4)
    regions: NDArray[np.float32] = field(default_factory=_NO_BOXES.copy)  # (K, 4) ignored


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Matches:
    """All detections of one class over P pictures, best first."""

    scores: NDArray[np.float32]  # (N,)
    hits: NDArray[np.bool_]  # (N, T): matched a counted label at each IoU
    ignored: NDArray[np.bool_]  # (N, T): neither right nor wrong
    picture: NDArray[np.int64]  # (N,) which picture it is on, in [0, P)
    boxes_in: NDArray[np.int64]  # (P,) counted labels of each picture

    @property
    def boxes(self) -> int:
        """Counted labels of all pictures."""
        return int(self.boxes_in.sum())

    @property
    def pictures(self) -> int:
        """Pictures looked at."""
        return len(self.boxes_in)


def match_picture(
    one: PictureBoxes,
    *,
    size: tuple[float, float] = ALL_SIZES,
    ious: NDArray[np.float64] = IOUS,
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which detections hit a label, one class, one picture.

    Args:
        one: The boxes; detections best first.
        size: Least and largest area in pixels of the labels that count.
        ious: Shape (T,), least overlaps.

    Returns:
        Hits and ignored detections, each of shape (N, T).

    >>> box = np.array([[0, 0, 10, 10]], dtype=np.float32)
    >>> two = np.vstack([box, box])
    >>> hits, _ = match_picture(
    ...     PictureBoxes(detections=two, scores=np.array([0.9, 0.8], np.float32), labels=box)
    ... )
    >>> hits[:, 0].tolist()
    [True, False]
    """
    shape = (len(one.detections), len(ious))
    hits, skipped = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)
    labels, regions = len(one.labels), len(one.regions)
    counted = np.append(_within(areas(one.labels), size), np.zeros(regions, dtype=bool))
    own = np.maximum(areas(one.detections), 1e-9)[:, None]
    inside = overlap_areas(one.detections, one.regions) / own
    overlaps = np.hstack([iou(one.detections, one.labels), inside])
    free = np.ones((len(ious), labels + regions), dtype=bool)
    # Most low-scored detections touch nothing: only those that could match are walked through.
    for row in np.flatnonzero(overlaps.max(1, initial=0.0) >= ious[0]):
        near = free & (overlaps[row] >= ious[:, None])
        for kind, into in ((counted, hits), (~counted, skipped)):
            usable = np.where(near & kind & ~hits[row][:, None], overlaps[row], -1.0)
            best = usable.shape[1] - 1 - usable[:, ::-1].argmax(1)  # the last of equals
            found = usable.max(1) >= 0
            into[row] |= found
            taken = found & (best < labels)  # a region is never used up
            free[taken, best[taken]] = False
    wrong_size = ~_within(areas(one.detections), size)[:, None]
    return hits, skipped | (~hits & wrong_size)


def _within(area: NDArray[np.float64], size: tuple[float, float]) -> NDArray[np.bool_]:
    """Whether areas lie in a range, its ends included."""
    return np.asarray((area >= size[0]) & (area <= size[1]))


def gather(
    pictures: Sequence[PictureBoxes],
    *,
    size: tuple[float, float] = ALL_SIZES,
    ious: NDArray[np.float64] = IOUS,
) -> Matches:
    """Match every picture of one class, and rank all detections together."""
    empty = np.zeros((0, len(ious)), dtype=bool)
    scores, hits, ignored, owner = [np.zeros(0, np.float32)], [empty], [empty], []
    counts = np.zeros(len(pictures), dtype=np.int64)
    for number, one in enumerate(pictures):
        order = np.argsort(-one.scores, kind="stable")[:MOST_DETECTIONS]
        ranked = PictureBoxes(
            detections=one.detections[order],
            scores=one.scores[order],
            labels=one.labels,
            regions=one.regions,
        )
        hit, skipped = match_picture(ranked, size=size, ious=ious)
        scores.append(ranked.scores)
        hits.append(hit)
        ignored.append(skipped)
        owner.append(np.full(len(order), number))
        counts[number] = _within(areas(one.labels), size).sum()
    merged = np.concatenate(scores)
    best_first = np.argsort(-merged, kind="stable")
    return Matches(
        scores=merged[best_first],
        hits=np.concatenate(hits)[best_first],
        ignored=np.concatenate(ignored)[best_first],
        picture=np.concatenate([np.zeros(0, np.int64), *owner])[best_first].astype(np.int64),
        boxes_in=counts,
    )


def average_precision(hits: NDArray[np.bool_], boxes: int) -> float:
    """Area under the precision-recall curve, read at 101 recalls.

    Args:
        hits: Shape (N,), detections best first, without ignored ones.
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


def average_precisions(matches: Matches) -> list[float]:
    """Average precision at each IoU that was matched at."""
    return [
        average_precision(matches.hits[~matches.ignored[:, i], i], matches.boxes)
        for i in range(matches.hits.shape[1])
    ]


def summarise(matches: Matches, threshold: float) -> ClassResult:
    """Figures of one class at a threshold."""
    aps = average_precisions(matches)
    counted = ~matches.ignored[:, 0] & (matches.scores >= threshold)
    shown, found = int(counted.sum()), int(matches.hits[counted, 0].sum())
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
    counted = ~matches.ignored[:, 0]
    found = np.cumsum(matches.hits[counted, 0])
    precision = found / np.arange(1, len(found) + 1)
    fit = (precision >= least_precision) & (found >= least_hits)
    if matches.boxes == 0 or not fit.any():
        return None
    recall = found / matches.boxes
    score = (1 + beta**2) * precision * recall / np.maximum(beta**2 * precision + recall, 1e-9)
    best = int(np.where(fit, score, -1.0).argmax())
    return math.floor(float(matches.scores[counted][best]) * 100) / 100
