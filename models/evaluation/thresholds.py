"""Which score counts: the threshold of each class, chosen on labelled pictures.

The pictures are those that the figures speak of, so precision and recall at the threshold are a
little flattering; average precision is not touched.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from models.classes import CLASSES
from models.evaluation.figures import REAL, groups_of, pictures_of
from models.evaluation.looking import RENDERED, SeenSet
from models.metrics import Matches, PictureBoxes, best_threshold, gather

BETA: Final = 0.7  # below 1: precision counts more than recall
# People are never accused: somebody too many weighs less than a stall whose vendor nobody saw.
BETA_PEOPLE: Final = 1.4
LEAST_PRECISION: Final = 0.5  # a threshold at which most boxes are wrong is no threshold
LEAST_HITS: Final = 3
ENOUGH_BOXES: Final = 25  # real boxes from which a threshold is chosen on real pictures alone
LOWEST_THRESHOLD: Final = 0.15
HIGHEST_THRESHOLD: Final = 0.5  # cameras see things smaller and darker than most sets show them
UNMEASURED_THRESHOLD: Final = 0.5


def choose_threshold(
    real: Sequence[PictureBoxes], rendered: Sequence[PictureBoxes], beta: float = BETA
) -> float:
    """Threshold of a class from its real pictures, else from rendered ones, else from both.

    A kind of picture decides where it has enough boxes and some threshold of enough precision.

    Args:
        real: What a network found on them, picture by picture.
        rendered: The same of rendered pictures.
        beta: How much recall counts beside precision.
    """
    for pictures in (real, rendered, [*real, *rendered]):
        matches = gather(pictures)
        best = _best(matches, beta) if matches.boxes >= ENOUGH_BOXES else None
        if best is not None:
            return float(np.clip(best, LOWEST_THRESHOLD, HIGHEST_THRESHOLD))
    return UNMEASURED_THRESHOLD


def _best(matches: Matches, beta: float) -> float | None:
    """The best threshold by our rule."""
    return best_threshold(
        matches, beta=beta, least_precision=LEAST_PRECISION, least_hits=LEAST_HITS
    )


def choose_thresholds(sets: Sequence[SeenSet]) -> dict[str, float]:
    """The threshold of every class."""
    result = {}
    for kind, name in enumerate(CLASSES):
        groups = groups_of(sets)
        boxes = {g: [p.of(kind) for p in pictures_of(own, kind)] for g, own in groups.items()}
        beta = BETA_PEOPLE if name == "person" else BETA
        result[name] = choose_threshold(boxes.get(REAL, []), boxes.get(RENDERED, []), beta)
    return result
