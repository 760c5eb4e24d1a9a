"""Guesses a picture's ground: where the horizon lies and how many pixels a metre has at a row.

A level camera at height h over flat ground sees a point of the ground at row y with
(y - horizon) / h pixels a metre, whatever its focal length. Labelled people and vehicles, whose
height is roughly known, tell both figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from models.classes import class_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

# Heights in metres of what stands on the ground: adults 1.7, riders and saloon cars 1.5, lorries
# and coaches about 3 (GB 1589 allows 4).
HEIGHTS_M: Final = {
    "person": 1.7,
    "motorcycle": 1.5,
    "bicycle": 1.6,
    "tricycle": 1.7,
    "car": 1.5,
    "bus": 3.1,
    "truck": 2.9,
}
LEAST_TO_FIT: Final = 4  # objects from which both horizon and height are fitted
LEAST_SPREAD: Final = 0.12  # of the picture's height between them, else only the height is fitted
CAMERA_M: Final = (1.0, 14.0)  # a phone held low .. a camera on a tall mast
HORIZONS: Final = (-0.6, 0.65)  # of the height: looking down steeply .. looking up a little
EDGE: Final = 0.01  # a box so near to the picture's edge is cut off and says nothing of its height
FOCAL: Final = 1.1  # of the width: a horizontal view of 49 degrees, the middle of street cameras
LEAST_RISE: Final = 1e-6  # rows in fractions that count as different


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Flat ground under a level camera; see the module's docstring."""

    horizon: float  # row in fractions of the picture's height, may lie outside of it
    camera_m: float  # height of the camera over the ground

    def per_metre(self, row_px: float, height_px: int) -> float:
        """Pixels a metre has where the ground is seen at a row; 0 at the horizon and above.

        >>> Ground(horizon=0.5, camera_m=5.0).per_metre(100, 100)
        10.0
        """
        return max(0.0, (row_px - self.horizon * height_px) / self.camera_m)

    def quad(
        self,
        at_px: tuple[float, float],
        size_m: tuple[float, float],
        turn: float,
        picture_px: tuple[int, int],
    ) -> NDArray[np.float32] | None:
        """Corners of a rectangle that lies on the ground.

        Args:
            at_px: Column and row of its middle.
            size_m: Its extent across and along the view.
            turn: By which it is turned on the ground, in radians.
            picture_px: Width and height of the picture.

        Returns:
            (4, 2) pixels: far left, far right, near right, near left before turning; none where a
            corner would lie behind the camera.
        """
        width, height = picture_px
        focal = FOCAL * width
        horizon = self.horizon * height
        if at_px[1] <= horizon + 1:
            return None
        depth = focal * self.camera_m / (at_px[1] - horizon)
        across = (at_px[0] - width / 2) * depth / focal
        half_x, half_z = size_m[0] / 2, size_m[1] / 2
        corners = np.array(
            [[-half_x, half_z], [half_x, half_z], [half_x, -half_z], [-half_x, -half_z]]
        )
        cos, sin = np.cos(turn), np.sin(turn)
        corners = corners @ np.array([[cos, sin], [-sin, cos]]) + (across, depth)
        # Half the depth of the middle: nearer corners belong to things as long as the view itself.
        if corners[:, 1].min() < depth / 2:
            return None
        columns = width / 2 + focal * corners[:, 0] / corners[:, 1]
        rows = horizon + focal * self.camera_m / corners[:, 1]
        return np.column_stack([columns, rows]).astype(np.float32)


def fit_ground(labels: NDArray[np.float32], default: Ground) -> Ground:
    """Fit the ground to labelled people and vehicles.

    Args:
        labels: (N, 5) class id, x1, y1, x2, y2 in fractions of the picture.
        default: Taken whole where nothing tells, its horizon where too little does.

    >>> rows = [[0, .1, b - 1.7 * (b - .4) / 5, .2, b] for b in (.5, .6, .7, .8, .9)]
    >>> found = fit_ground(np.array(rows, np.float32), Ground(horizon=.2, camera_m=2.))
    >>> round(found.horizon, 2), round(found.camera_m, 1)
    (0.4, 5.0)
    """
    points = _standing(labels)
    if not len(points):
        return default
    rows, scales = points[:, 0], points[:, 1]
    if len(points) >= LEAST_TO_FIT and np.ptp(rows) >= LEAST_SPREAD:
        slope = _median_slope(points)
        if slope > 0:
            camera = 1 / slope
            horizon = float(np.median(rows - scales * camera))
            if CAMERA_M[0] <= camera <= CAMERA_M[1] and HORIZONS[0] <= horizon <= HORIZONS[1]:
                return Ground(horizon=horizon, camera_m=camera)
    below = rows - default.horizon
    kept = below > EDGE
    if not kept.any():
        return default
    camera = float(np.clip(np.median(below[kept] / scales[kept]), *CAMERA_M))
    return Ground(horizon=default.horizon, camera_m=camera)


def _standing(labels: NDArray[np.float32]) -> NDArray[np.float64]:
    """(N, 2): foot row and height fractions a metre of every whole object of known height."""
    heights = {class_id(name): metres for name, metres in HEIGHTS_M.items()}
    found: list[tuple[float, float]] = []
    for kind, x1, y1, x2, y2 in np.asarray(labels, np.float64).reshape(-1, 5).tolist():
        whole = x1 > EDGE and y1 > EDGE and x2 < 1 - EDGE and y2 < 1 - EDGE
        if int(kind) in heights and whole:
            found.append((y2, (y2 - y1) / heights[int(kind)]))
    return np.array(found, np.float64).reshape(-1, 2)


def _median_slope(points: NDArray[np.float64]) -> float:
    """Theil-Sen slope of scale over row: a mislabelled child or lorry does not bend it."""
    ordered: Sequence[tuple[float, float]] = sorted(map(tuple, points.tolist()))
    slopes = [
        (b[1] - a[1]) / (b[0] - a[0])
        for i, a in enumerate(ordered)
        for b in ordered[i + 1 :]
        if b[0] - a[0] > LEAST_RISE
    ]
    return float(np.median(slopes)) if slopes else 0.0


def rows_of_scale(
    ground: Ground, height_px: int, least: float, most: float
) -> tuple[float, float] | None:
    """Rows between which a metre has `least` to `most` pixels, cut at the picture; none: nowhere.

    >>> rows_of_scale(Ground(horizon=0.0, camera_m=5.0), 100, 10, 15)
    (50.0, 75.0)
    """
    top = ground.horizon * height_px
    first, last = (min(top + scale * ground.camera_m, float(height_px)) for scale in (least, most))
    first = max(first, 0.0)
    return (first, last) if last > first else None
