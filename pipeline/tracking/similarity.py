"""How alike boxes are: by class, by overlap and by distance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Classes that a detector takes for each other on one object, so a track may pass between them.
# Every other class keeps to itself: a person never becomes the stall behind which it stands.
INTERCHANGEABLE = (
    frozenset({"car", "bus", "truck", "machinery"}),
    frozenset({"bicycle", "motorcycle", "tricycle"}),
    frozenset({"banner", "poster", "billboard", "signboard"}),
)


def group_of(class_name: str) -> str:
    """Name of the set of classes that a track of this class may pass between.

    >>> group_of("truck") == group_of("bus"), group_of("person")
    (True, 'person')
    """
    for classes in INTERCHANGEABLE:
        if class_name in classes:
            return min(classes)
    return class_name


def iou_table(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """Intersection over union of each of N x 4 boxes with each of M x 4, as N x M in [0, 1].

    >>> iou_table(np.array([[0.0, 0, 10, 10]]), np.array([[0.0, 0, 10, 5], [20, 0, 30, 5]]))
    array([[0.5, 0. ]])
    """
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    shared: NDArray[np.float64] = np.maximum(high - low, 0.0).prod(axis=2)
    areas = [(boxes[:, 2:] - boxes[:, :2]).prod(axis=1) for boxes in (first, second)]
    union = areas[0][:, None] + areas[1][None, :] - shared
    table = np.zeros_like(shared)
    np.divide(shared, union, out=table, where=union > 0)
    return table


def nearness_table(
    first: NDArray[np.float64], second: NDArray[np.float64], reach: float
) -> NDArray[np.float64]:
    """How near each of N x 4 boxes is to each of M x 4: 1 at the same centre, 0 out of reach.

    Args:
        first: Boxes N x 4 whose diagonals measure the distance.
        second: Boxes M x 4.
        reach: Distance between the centres from which the result is 0, in diagonals, above 0.

    Boxes whose diagonals differ by more than a factor of two are not near, wherever they are: an
    object does not double its size between two frames.

    >>> nearness_table(np.array([[0.0, 0, 3, 4]]), np.array([[0, 2.5, 3, 6.5]]), 1.0)
    array([[0.5]])
    """
    centres = [(boxes[:, :2] + boxes[:, 2:]) / 2 for boxes in (first, second)]
    diagonals = [np.linalg.norm(boxes[:, 2:] - boxes[:, :2], axis=1) for boxes in (first, second)]
    distance = np.linalg.norm(centres[0][:, None] - centres[1][None, :], axis=2)
    own, other = diagonals[0][:, None], diagonals[1][None, :]
    # A box without size reaches nowhere.
    share = np.ones_like(distance)
    np.divide(distance, own * reach, out=share, where=own > 0)
    similar = (other <= 2 * own) & (own <= 2 * other)
    return np.where(similar, np.maximum(1 - share, 0.0), 0.0)
