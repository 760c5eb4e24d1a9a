# ruff: noqa: PLR2004 - shares and sizes of things on walls; each has its reason beside it
"""Where on a picture something flat may hang: places that look like walls, and their slant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.composites.bases import Base
    from models.composites.harmony import Picture

TRIES: Final = 40  # places looked at before the plainest one is taken
OVERLAP: Final = 0.08  # of a labelled thing, or of the ad, that may be covered
LEAST_PX: Final = 11  # of a side at 800 px: 9 px at the size that trains
MOST: Final = 0.6  # of the picture's width or height
STEEPEST: Final = 0.45  # slope of a wall's courses that is followed: 24 degrees
SKY_GREY: Final = 165  # brighter, bluish or white and smooth is sky
SKY_RATIO: Final = 1.12  # as above for dull skies: so much brighter than the middle of the picture


@dataclass(frozen=True, slots=True, kw_only=True)
class Hanging:
    """Sizes in metres and what a kind of ad hangs on."""

    long_m: tuple[float, float]  # of its longer side
    bottom_m: tuple[float, float]  # of its lower edge above the ground
    needs_wall: bool
    may_show_sky: bool


HANGINGS: Final = {
    # A4 notices to 1.2 m sheets, within reach of a hand.
    "poster": Hanging(long_m=(0.3, 1.2), bottom_m=(0.4, 2.2), needs_wall=True, may_show_sky=False),
    # Cloth of two to eight metres, tied to a fence or across a facade.
    "banner": Hanging(long_m=(2.0, 7.0), bottom_m=(0.5, 5.0), needs_wall=False, may_show_sky=False),
    # Boards on posts and roofs.
    "billboard": Hanging(
        long_m=(2.0, 8.0), bottom_m=(1.8, 7.0), needs_wall=False, may_show_sky=True
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a flat thing goes."""

    quad: NDArray[np.float32]  # (4, 2) pixels: top left, top right, bottom right, bottom left
    foot_px: float  # row of the ground below it
    per_metre: float

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Smallest upright box around it, whole pixels."""
        x1, y1 = np.floor(self.quad.min(0)).astype(int)
        x2, y2 = np.ceil(self.quad.max(0)).astype(int)
        return int(x1), int(y1), int(x2), int(y2)


def find_place(  # noqa: PLR0917 - one thing each
    base: Base,
    taken: NDArray[np.float32],
    kind: str,
    aspect: float,
    wall_px_per_m: tuple[float, float] | None,
    rng: np.random.Generator,
) -> Place | None:
    """The plainest of some random places for an ad.

    Args:
        base: The background.
        taken: (N, 4) boxes in fractions that must stay visible.
        kind: A key of `HANGINGS`.
        aspect: Width over height of the ad.
        wall_px_per_m: Scale of a flat facade, in place of the ground's.
        rng: Chooses.
    """
    grey = cv2.cvtColor(base.picture, cv2.COLOR_BGR2GRAY)
    edges = cv2.magnitude(
        cv2.Sobel(grey, cv2.CV_32F, 1, 0, ksize=3), cv2.Sobel(grey, cv2.CV_32F, 0, 1, ksize=3)
    )
    sums = cv2.integral(edges)
    usual = float(np.median(grey))
    best: tuple[float, Place] | None = None
    for _ in range(TRIES):
        place = _random_place(base, kind, aspect, wall_px_per_m, rng)
        if place is None or _covers(place, taken, base.picture):
            continue
        x1, y1, x2, y2 = place.box
        mean = (sums[y2, x2] - sums[y1, x2] - sums[y2, x1] + sums[y1, x1]) / ((x2 - x1) * (y2 - y1))
        hanging = HANGINGS[kind]
        if not hanging.may_show_sky and is_sky(base.picture[y1:y2, x1:x2], usual):
            continue
        # Plain places are walls; a banner may as well hang before a hedge.
        cost = float(mean) * (1.0 if hanging.needs_wall else 0.3) + float(rng.uniform(0, 25))
        if best is None or cost < best[0]:
            best = cost, place
    if best is None:
        return None
    return _slanted(best[1], grey, rng)


def _random_place(
    base: Base,
    kind: str,
    aspect: float,
    wall_px_per_m: tuple[float, float] | None,
    rng: np.random.Generator,
) -> Place | None:
    height, width = base.picture.shape[:2]
    hanging = HANGINGS[kind]
    if wall_px_per_m is not None:
        per_metre = float(rng.uniform(*wall_px_per_m))
        foot = float(height)
        bottom = float(rng.uniform(0.25, 0.9) * height)
    else:
        top = base.ground.horizon * height
        # Walls stand beside the road, well below the horizon and above the nearest ground.
        foot = top + float(rng.uniform(0.06, 0.6)) * (height - top)
        per_metre = base.ground.per_metre(foot, height)
        bottom = foot - per_metre * float(rng.uniform(*hanging.bottom_m))
    wide = per_metre * float(rng.uniform(*hanging.long_m)) * min(1.0, aspect)
    high = wide / aspect
    if min(wide, high) < LEAST_PX or wide > MOST * width or high > MOST * height:
        return None
    # On roads the middle is carriageway: what hangs low hangs at the sides.
    low = bottom > base.ground.horizon * height and wall_px_per_m is None
    middle = float(rng.uniform(0.02, 0.98))
    if low and 0.3 < middle < 0.7 and rng.random() < 0.8:
        middle = middle - 0.3 if rng.random() < 0.5 else middle + 0.3
    left = middle * width - wide / 2
    if left < 1 or left + wide > width - 2 or bottom - high < 1 or bottom > height - 2:
        return None
    corners = [
        [left, bottom - high], [left + wide, bottom - high], [left + wide, bottom], [left, bottom]
    ]  # fmt: skip
    return Place(quad=np.array(corners, np.float32), foot_px=foot, per_metre=per_metre)


def _covers(place: Place, taken: NDArray[np.float32], picture: Picture) -> bool:
    """Whether it would hide too much of what must stay visible."""
    height, width = picture.shape[:2]
    x1, y1, x2, y2 = place.box
    own = np.array([x1 / width, y1 / height, x2 / width, y2 / height], np.float32)
    return hides(own, taken)


def hides(own: NDArray[np.float32], taken: NDArray[np.float32], most: float = OVERLAP) -> bool:
    """Whether a box and any of others share more than `most` of either's area.

    >>> whole = np.array([0, 0, 1, 1], np.float32)
    >>> hides(whole, np.array([[0.5, 0.5, 2, 2]], np.float32))
    True
    >>> hides(whole, np.array([[2, 2, 3, 3]], np.float32))
    False
    """
    if not len(taken):
        return False
    inner = np.minimum(own[2:], taken[:, 2:]) - np.maximum(own[:2], taken[:, :2])
    shared = np.maximum(inner, 0).prod(1)
    smaller = np.minimum((own[2:] - own[:2]).prod(), (taken[:, 2:] - taken[:, :2]).prod(1))
    return bool((shared > most * np.maximum(smaller, 1e-9)).any())


def is_sky(part: Picture, usual: float = 255.0) -> bool:
    """Bright (in itself, or against the scene's usual grey level), not warm, and smooth."""
    if not part.size:
        return True
    blue, _, red = (float(v) for v in part.reshape(-1, 3).mean(0))
    grey = cv2.cvtColor(part, cv2.COLOR_BGR2GRAY)
    bright = float(grey.mean()) > min(SKY_GREY, SKY_RATIO * usual)
    return bright and blue >= red - 4 and float(grey.std()) < 14


def _slanted(
    place: Place, grey: NDArray[np.uint8] | cv2.typing.MatLike, rng: np.random.Generator
) -> Place:
    """The same with its upper and lower edge along the wall's own courses."""
    x1, y1, x2, y2 = place.box
    margin = max(20, (y2 - y1) // 2)
    around = grey[max(0, y1 - margin) : y2 + margin, max(0, x1 - margin) : x2 + margin]
    slope = course_slope(np.asarray(around, np.uint8)) + float(rng.normal(0, 0.02))
    quad = place.quad.copy()
    middle = quad[:, 0].mean()
    converging = float(rng.uniform(-0.06, 0.06)) + 0.25 * slope
    centre = quad[:, 1].mean()
    span = max(float(np.ptp(quad[:, 0])), 1.0)
    side = (quad[:, 0] - middle) / span  # -0.5 .. 0.5
    quad[:, 1] = centre + (quad[:, 1] - centre) * (1 + side * converging)
    quad[:, 1] += slope * (quad[:, 0] - middle)
    return Place(quad=quad.astype(np.float32), foot_px=place.foot_px, per_metre=place.per_metre)


def course_slope(grey: NDArray[np.uint8]) -> float:
    """Slope of the strongest nearly level lines of a patch (dy over dx), 0 where there are none."""
    if min(grey.shape) < 12:
        return 0.0
    smooth_grey = cv2.GaussianBlur(grey, (0, 0), 1.5)  # so that stairs of pixels are slopes
    dx = cv2.Sobel(smooth_grey, cv2.CV_32F, 1, 0, ksize=3)
    dy = cv2.Sobel(smooth_grey, cv2.CV_32F, 0, 1, ksize=3)
    strong = np.abs(dy) > max(20.0, float(np.percentile(np.abs(dy), 85)))
    # A line of slope m has the gradient (-m, 1): m = -dx / dy.
    slopes = -dx[strong] / dy[strong]
    slopes = slopes[np.abs(slopes) < STEEPEST]
    if len(slopes) < 40:
        return 0.0
    counts, borders = np.histogram(slopes, bins=31, range=(-STEEPEST, STEEPEST))
    smooth = np.convolve(counts, (1, 2, 1), mode="same")
    peak = int(smooth.argmax())
    if smooth[peak] < 2.2 * smooth.mean():
        return 0.0
    return float((borders[peak] + borders[peak + 1]) / 2)
