"""Calibration: whether a detection of score 0.7 is right seven times in ten.

A detection is right when it hits a label at IoU 0.5. Detections below the runtime's score floor
never reach a rule and are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from models.classes import CLASSES
from models.evaluation.figures import Row, groups_of, pictures_of
from models.evaluation.looking import SeenSet
from models.metrics import Matches, gather
from pipeline.detection.suppression import DEFAULT_SCORE_FLOOR

if TYPE_CHECKING:
    from numpy.typing import NDArray

EDGES: Final = np.linspace(0, 1, 11)  # ten bins of equal width, as in most papers


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """Detections of one class by score."""

    counts: tuple[int, ...]  # in each bin of `EDGES`
    mean_scores: tuple[float, ...]  # of each bin; nan where it is empty
    shares_right: tuple[float, ...]  # of each bin; nan where it is empty
    expected_error: float  # mean of |share right - mean score| over detections; nan without any


def reliability(scores: NDArray[np.float32], right: NDArray[np.bool_]) -> Reliability:
    """Bin detections by score; both of shape (N,), scores in [0, 1].

    >>> found = reliability(np.array([0.85, 0.85], np.float32), np.array([True, False]))
    >>> found.counts[8], round(found.expected_error, 2)
    (2, 0.35)
    """
    place = np.clip(np.searchsorted(EDGES, scores, side="right") - 1, 0, len(EDGES) - 2)
    bins = len(EDGES) - 1
    counts = np.bincount(place, minlength=bins)
    with np.errstate(invalid="ignore"):
        means = np.bincount(place, weights=scores, minlength=bins) / counts
        shares = np.bincount(place, weights=right, minlength=bins) / counts
    full = counts > 0
    gaps = np.abs(shares - means)[full] * counts[full]
    return Reliability(
        counts=tuple(counts.tolist()),
        mean_scores=tuple(means.tolist()),
        shares_right=tuple(shares.tolist()),
        expected_error=float(gaps.sum() / counts.sum()) if counts.sum() else float("nan"),
    )


def of_matches(matches: Matches) -> Reliability:
    """Reliability of one class, ignored detections left out."""
    kept = ~matches.ignored[:, 0] & (matches.scores >= DEFAULT_SCORE_FLOOR)
    return reliability(matches.scores[kept], matches.hits[kept, 0])


def by_class(sets: Sequence[SeenSet]) -> list[Row]:
    """Expected calibration error and bins of each class, on real and on rendered pictures."""
    rows = []
    for kind, name in enumerate(CLASSES):
        for source, own in groups_of(sets).items():
            matches = gather([p.of(kind) for p in pictures_of(own, kind)])
            found = of_matches(matches)
            if matches.boxes and sum(found.counts):
                rows.append(
                    {
                        "class": name,
                        "source": source,
                        "detections": sum(found.counts),
                        "expected_error": round(found.expected_error, 4),
                        "counts": list(found.counts),
                        "mean_scores": [round(v, 4) for v in found.mean_scores],
                        "shares_right": [round(v, 4) for v in found.shares_right],
                    }
                )
    return rows
