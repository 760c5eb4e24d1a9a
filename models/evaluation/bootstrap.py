"""How sure a figure is: bootstrap intervals over pictures, and paired ones of two networks.

Pictures are drawn with replacement, as many as there are, always with the same seed. A drawn
picture brings its labels and detections along, so a resampled figure is a weighted one, with the
number of draws as the weight: nothing is matched again, and all replicates are computed at once.
Pictures of one scene resemble each other, and then the true interval is wider than this one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from models.metrics import RECALLS, Matches

if TYPE_CHECKING:
    from numpy.typing import NDArray

REPLICATES: Final = 1000  # the ends of an interval then move by about a tenth of its width
SEED: Final = 20261122
LEVEL: Final = 0.95
CHUNK: Final = 100  # replicates at a time: a class with 50,000 detections takes 40 MB


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Where a figure lies with 95 % certainty; nan where it cannot be said."""

    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Intervals:
    """Intervals of a class's figures on one source."""

    ap50: Interval
    ap50_95: Interval
    precision: Interval
    recall: Interval


def draw_counts(pictures: int, replicates: int = REPLICATES) -> NDArray[np.int64]:
    """How often each picture is drawn: shape (replicates, pictures), every row sums to pictures.

    >>> draw_counts(3, 2).sum(1).tolist()
    [3, 3]
    """
    if not pictures:
        return np.zeros((replicates, 0), dtype=np.int64)
    rng = np.random.default_rng(SEED)
    shares = np.full(pictures, 1 / pictures)
    return np.asarray(rng.multinomial(pictures, shares, size=replicates), dtype=np.int64)


def interval(values: NDArray[np.float64]) -> Interval:
    """The middle 95 % of replicates, those without a figure left out.

    >>> round(interval(np.arange(101.0)).high, 3)
    97.5
    """
    known = values[np.isfinite(values)]
    if not known.size:
        return Interval(low=float("nan"), high=float("nan"))
    low, high = np.quantile(known, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(low=float(low), high=float(high))


def resampled_average_precisions(
    matches: Matches, counts: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Average precision of each replicate at each IoU that was matched at.

    It is the figure of the drawn pictures, but for detections of one picture with equal scores:
    where such a picture is drawn twice, its copies' detections are ranked in another order.

    Args:
        matches: One class over P pictures.
        counts: Shape (B, P), see `draw_counts`.

    Returns:
        Shape (T, B); nan for a replicate without labels.
    """
    weights = counts.astype(np.int32)[:, matches.picture]
    labels = counts @ matches.boxes_in
    result = np.full((matches.hits.shape[1], len(counts)), np.nan)
    shown, before = np.zeros((0, 0), dtype=np.int32), None
    for column, hit in enumerate(matches.hits.T):
        ignored = matches.ignored[:, column]
        if before is None or not np.array_equal(ignored, before):  # mostly the same at every IoU
            shown = np.cumsum(weights * ~ignored, axis=1, dtype=np.int32)
            before = ignored
        right = np.cumsum(weights[:, hit & ~ignored], axis=1, dtype=np.int32)
        result[column] = _area(right, shown[:, hit & ~ignored], labels)
    return result


def _area(
    right: NDArray[np.int32], shown: NDArray[np.int32], labels: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Average precision from running sums at the H hits, each of shape (B, H): shape (B,).

    Precision rises at hits only, so the monotone curve is made of the points at hits.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        precision = np.nan_to_num(right / shown)  # 0 / 0: a picture that was not drawn
        recall = np.nan_to_num(right / labels[:, None])
    curve = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    # A point answers for the recalls above the point before it, up to its own.
    reached = np.searchsorted(RECALLS, recall, side="right")
    reached[recall == 0] = 0
    answers = np.diff(reached, axis=1, prepend=0)
    area = (answers * curve).sum(1) / len(RECALLS)
    return np.where(labels > 0, area, np.nan)


def resampled_precision_recall(
    matches: Matches, threshold: float, counts: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Precision and recall at a threshold, IoU 0.5, of each replicate: two of shape (B,)."""
    shown = ~matches.ignored[:, 0] & (matches.scores >= threshold)
    pictures = matches.pictures
    right = np.bincount(matches.picture[shown & matches.hits[:, 0]], minlength=pictures)
    every = np.bincount(matches.picture[shown], minlength=pictures)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = (counts @ right).astype(np.float64)
        return found / (counts @ every), found / (counts @ matches.boxes_in)


def intervals(matches: Matches, threshold: float, replicates: int = REPLICATES) -> Intervals:
    """Intervals of all figures of one class on one source."""
    counts = draw_counts(matches.pictures, replicates)
    aps = np.concatenate(
        [resampled_average_precisions(matches, part) for part in _chunks(counts)], axis=1
    )
    precision, recall = resampled_precision_recall(matches, threshold, counts)
    return Intervals(
        ap50=interval(aps[0]),
        ap50_95=interval(aps.mean(0)),
        precision=interval(precision),
        recall=interval(recall),
    )


def paired_difference(new: Matches, old: Matches, replicates: int = REPLICATES) -> Interval:
    """Interval of the new network's AP50 less the old one's, on the same drawn pictures.

    Raises:
        ValueError: The two did not look at the same labels.
    """
    if not np.array_equal(new.boxes_in, old.boxes_in):
        raise ValueError("the two networks did not look at the same labelled pictures")
    gaps = [
        resampled_average_precisions(new, part)[0] - resampled_average_precisions(old, part)[0]
        for part in _chunks(draw_counts(new.pictures, replicates))
    ]
    return interval(np.concatenate(gaps))


def share_interval(
    having: NDArray[np.int64], of: NDArray[np.int64], replicates: int = REPLICATES
) -> Interval:
    """Interval of a ratio of two sums over pictures, both of shape (P,).

    >>> share_interval(np.array([1, 1]), np.array([2, 2]))
    Interval(low=0.5, high=0.5)
    """
    counts = draw_counts(len(having), replicates)
    with np.errstate(divide="ignore", invalid="ignore"):
        return interval((counts @ having) / (counts @ of))


def _chunks(counts: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """The replicates, some at a time."""
    for start in range(0, len(counts), CHUNK):
        yield counts[start : start + CHUNK]
