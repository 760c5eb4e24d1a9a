"""Patches: connected pixels that stand where nothing stood, judged by shape and outline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from pipeline.change.channels import channel_max
from pipeline.change.difference import WINDOW_PX
from pipeline.change.grid import bounds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pipeline.change.difference import Comparand, Difference

JOIN_PX = 5  # coarse pixels: parts of one stall lie that close together
MIN_TEXTURE_PX = WINDOW_PX  # so wide at least: a line fills less
MAX_CANDIDATES = 64  # parts looked at in one picture, the largest first
RIM_CONTRAST_SHARE = 0.15  # of the patch's own contrast: less is the blur around it
MIN_FILL = 0.2  # of its box: a frame of lines round nothing is no thing
MIN_THICKNESS_PX = 2.5  # coarse pixels, 2 x area / outline: thinner is an edge that light moved
FLAT_FILL = 0.6  # brightness alone must at least look like a board
FLAT_TELLING = 0.3  # of a flat patch may lie on texture; on texture a veil is proven light
GHOST_RATIO = 1.5  # the reference's contrast along the outline over that of the picture
SOFT_OUTLINE = 0.07  # slope of the change over its height, per pixel: 14 pixels from none to all
RING_PX = (6, 10)  # coarse pixels around a patch: beyond the reach of the haze window (11)
RING_VEILED_SHARE = 0.35
FINE_FLOOR = 0.004  # log units: less texture than that is noise
OUTLINE_BLUR_PX = 5  # brick and leaves vanish, the outline of a thing stays
MIN_SURE = 0.25  # of a patch must be beyond doubt, the rest may hang on
MIN_STRENGTH = 0.15  # what stood there and has gone is no patch, though its evidence still fades
MIN_PROVEN = 0.15  # of a patch; with less, texture tells, and proves nothing finer than its window
SAME_OVERLAP = 0.25  # of the smaller box: the same patch as in the last picture
SIGHTINGS = 2  # one picture is a flicker
LOST_SECONDS = 30.0  # a patch hidden for so long keeps its age
BORDER_PX = 2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Patch:
    """One connected patch, in coarse pixels."""

    left: int
    top: int
    width: int
    height: int
    mask: NDArray[np.bool_]  # height x width
    strength: float  # mean difference score, in [0, 1]
    sure_share: float  # where the difference could found a patch, in [0, 1]
    proven_share: float  # with what light cannot do, in [0, 1]
    flat: bool  # only brightness tells it

    @property
    def area(self) -> int:
        """Coarse pixels."""
        return int(self.mask.sum())

    @property
    def fill(self) -> float:
        """Share of its box, in [0, 1]."""
        return self.area / (self.width * self.height)

    @property
    def window(self) -> tuple[slice, slice]:
        """Where it lies in a coarse array."""
        rows = slice(self.top, self.top + self.height)
        return rows, slice(self.left, self.left + self.width)


def find_patches(
    standing: NDArray[np.bool_],
    difference: Difference,
    *,
    min_area: float,
    max_area: float,
    flat: bool = False,
) -> list[Patch]:
    """Connected patches of sane size and shape, largest first.

    Args:
        standing: h x w, pixels where something stands.
        difference: Of the newest comparison, for the strength.
        min_area: Coarse pixels.
        max_area: Coarse pixels.
        flat: Whether the pixels stand by brightness only.
    """
    if np.count_nonzero(standing) < min_area:
        return []
    around = bounds(standing, margin=JOIN_PX)  # what stands seldom fills the picture
    place = standing[around].astype(np.uint8)
    mask = np.asarray(cv2.morphologyEx(place, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)), np.uint8)
    if not mask.any():
        return []
    joined = cv2.dilate(mask, np.ones((JOIN_PX, JOIN_PX), np.uint8))
    count, found_labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    labels = np.asarray(found_labels, np.int32)
    areas = stats[:, cv2.CC_STAT_AREA]
    largest = sorted(range(1, count), key=lambda label: (-int(areas[label]), label))
    found: list[Patch] = []
    for label in largest[:MAX_CANDIDATES]:
        left, top, width, height = (int(v) for v in stats[label, :4])
        inside = slice(top, top + height), slice(left, left + width)
        part = (labels[inside] == label) & (mask[inside] > 0)
        top, left = top + around[0].start, left + around[1].start
        window = slice(top, top + height), slice(left, left + width)
        patch = _patch(part, window, difference, flat=flat)
        if patch is not None and min_area <= patch.area <= max_area and _is_sane(patch):
            found.append(patch)
    return sorted(found, key=lambda patch: (-patch.area, patch.top, patch.left))


def _patch(
    where: NDArray[np.bool_], window: tuple[slice, slice], difference: Difference, *, flat: bool
) -> Patch | None:
    top, left = window[0].start, window[1].start
    part = _filled(where.astype(np.uint8))
    if not flat:
        part = _trimmed(part, difference.edge[window], difference.contrast[window])
    ys, xs = np.nonzero(part)
    if len(xs) == 0:
        return None
    x1, x2, y1, y2 = int(xs.min()), int(xs.max()) + 1, int(ys.min()), int(ys.max()) + 1
    inside = part[y1:y2, x1:x2].astype(np.bool_)
    place = slice(top + y1, top + y2), slice(left + x1, left + x2)
    scores = difference.score[place]
    return Patch(
        left=left + x1,
        top=top + y1,
        width=x2 - x1,
        height=y2 - y1,
        mask=inside,
        strength=float(scores[inside].mean()),
        sure_share=float(difference.sure[place][inside].mean()),
        proven_share=float(difference.proven[place][inside].mean()),
        flat=flat,
    )


def _trimmed(
    part: NDArray[np.uint8], edge: NDArray[np.bool_], contrast: NDArray[np.float32]
) -> NDArray[np.uint8]:
    """The part without the rim that blur and the comparison's window have given it."""
    core = (part > 0) & edge
    if core.any():
        core &= contrast >= RIM_CONTRAST_SHARE * np.median(contrast[core])
    return _filled(core.astype(np.uint8))


def _filled(part: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Gaps closed and holes filled."""
    # Padded, or closing would fill the strip between the part and the window's edge.
    padded = _padded(part, JOIN_PX)
    closed = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, np.ones((JOIN_PX, JOIN_PX), np.uint8))
    contours, _ = cv2.findContours(closed, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(closed, contours, -1, 1, cv2.FILLED)
    return np.asarray(closed[JOIN_PX:-JOIN_PX, JOIN_PX:-JOIN_PX], np.uint8)


def _padded(part: NDArray[np.uint8], width: int) -> NDArray[np.uint8]:
    """With a border of zeros; in a tenth of the time of `np.pad`."""
    borders = cv2.copyMakeBorder(part, width, width, width, width, cv2.BORDER_CONSTANT, value=0)
    return np.asarray(borders, np.uint8)


def _is_sane(patch: Patch) -> bool:
    if patch.fill < (FLAT_FILL if patch.flat else MIN_FILL):
        return False
    if patch.strength < MIN_STRENGTH or (not patch.flat and patch.sure_share < MIN_SURE):
        return False
    padded = _padded(patch.mask.astype(np.uint8), 1)
    outline = int((padded - cv2.erode(padded, np.ones((3, 3), np.uint8))).sum())
    if 2 * patch.area / max(outline, 1) < MIN_THICKNESS_PX:
        return False
    if patch.proven_share >= MIN_PROVEN:
        return True
    return 2 * float(cv2.distanceTransform(padded, cv2.DIST_L2, 3).max()) >= MIN_TEXTURE_PX


def is_light(patch: Patch, difference: Difference) -> bool:
    """Whether a flat patch lies on texture that shines through: then it is shadow or sun."""
    telling = difference.telling[patch.window][patch.mask]
    return bool(telling.mean() > FLAT_TELLING)


def relit_ratio(patch: Patch, difference: Difference, comparand: Comparand) -> float:
    """How much of the fine texture, then and now, is left in their ratio; about 0 for light.

    Light scales the scene, so the ratio of the pictures is smooth but for its edges, which a median
    keeps. A thing has a texture of its own and hides that of the ground: both are in the ratio.
    About 1 for a thing; at least the share that noise has.
    """
    window, mask, _ = _surroundings(patch, difference.log.shape)
    now, before = difference.log[window], comparand.log[window]
    texture = float(np.hypot(_fine(now), _fine(before))[mask].mean())
    return float(_fine(now - before)[mask].mean()) / max(texture, FINE_FLOOR)


def _fine(log: NDArray[np.float32]) -> NDArray[np.float32]:
    """What a median over 5 x 5 takes away: texture and noise, not edges."""
    return np.abs(log - np.asarray(cv2.medianBlur(np.ascontiguousarray(log), 5), np.float32))


def is_ghost(patch: Patch, steady: NDArray[np.float32], comparand: Comparand) -> bool:
    """Whether the reference, not the picture, has the thing: something was taken away.

    The outline of a thing is a step in colour; it is in the picture that has the thing.

    Args:
        patch: The patch.
        steady: h x w x 3, what the camera shows now.
        comparand: The reference view.
    """
    window, _, outline = _surroundings(patch, steady.shape[:2])
    now = _step(steady[window], outline)
    before = _step(comparand.colour[window], outline)
    return before > GHOST_RATIO * now


def is_airborne(patch: Patch, steady: NDArray[np.float32], comparand: Comparand) -> bool:
    """Whether the patch has no outline but fades out: dust, steam, the glow of a lamp.

    Args:
        patch: The patch.
        steady: h x w x 3, what the camera shows now.
        comparand: The reference view.
    """
    window, mask, outline = _surroundings(patch, steady.shape[:2])
    change = np.abs(_smooth(steady[window]) - _smooth(comparand.colour[window]))
    inside = max(float(channel_max(change)[mask].mean()), 1.0)
    return _slope(change, outline) / inside < SOFT_OUTLINE


def is_in_haze(patch: Patch, veiled: NDArray[np.bool_]) -> bool:
    """Whether the scene around the patch is veiled as well: part of a plume, or seen through it.

    Args:
        patch: The patch.
        veiled: h x w, from the haze field. A plain thing hides contrast, too, but only its own.
    """
    margin = RING_PX[1]
    window = (
        slice(max(patch.top - margin, 0), patch.top + patch.height + margin),
        slice(max(patch.left - margin, 0), patch.left + patch.width + margin),
    )
    place = np.zeros(veiled.shape, np.uint8)
    place[patch.window] = patch.mask
    near = cv2.dilate(place[window], np.ones((2 * RING_PX[0] + 1,) * 2, np.uint8))
    far = cv2.dilate(place[window], np.ones((2 * RING_PX[1] + 1,) * 2, np.uint8))
    ring = far > near
    return bool(ring.any()) and float(veiled[window][ring].mean()) > RING_VEILED_SHARE


def _surroundings(
    patch: Patch, shape: tuple[int, int]
) -> tuple[tuple[slice, slice], NDArray[np.bool_], NDArray[np.bool_]]:
    """The window around a patch, the patch in it, and its outline in it."""
    pad = OUTLINE_BLUR_PX + BORDER_PX
    y1, y2 = max(patch.top - pad, 0), min(patch.top + patch.height + pad, shape[0])
    x1, x2 = max(patch.left - pad, 0), min(patch.left + patch.width + pad, shape[1])
    mask = np.zeros((y2 - y1, x2 - x1), np.uint8)
    top, left = patch.top - y1, patch.left - x1
    mask[top : top + patch.height, left : left + patch.width] = patch.mask
    kernel = np.ones((3, 3), np.uint8)
    outer = cv2.dilate(mask, kernel, iterations=BORDER_PX)
    outline = outer > cv2.erode(mask, kernel, iterations=BORDER_PX)
    return (slice(y1, y2), slice(x1, x2)), mask.astype(np.bool_), outline


def _step(colour: NDArray[np.float32], outline: NDArray[np.bool_]) -> float:
    """Mean slope of the blurred colour along an outline, grey levels per pixel."""
    return _slope(_smooth(colour), outline)


def _smooth(colour: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(cv2.blur(colour, (OUTLINE_BLUR_PX, OUTLINE_BLUR_PX)), np.float32)


def _slope(smooth: NDArray[np.float32], outline: NDArray[np.bool_]) -> float:
    gx = cv2.Scharr(smooth, cv2.CV_32F, 1, 0, scale=1 / 32)
    gy = cv2.Scharr(smooth, cv2.CV_32F, 0, 1, scale=1 / 32)
    return float(channel_max(np.hypot(gx, gy))[outline].mean())


@dataclass(slots=True, kw_only=True)
class _Known:
    """A patch as it was last seen."""

    box: tuple[int, int, int, int]  # left, top, right, bottom
    since_seconds: float
    seen_seconds: float
    sightings: int


class PatchAges:
    """Remembers since when each patch stands; at most `limit` of them."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._known: list[_Known] = []

    def __len__(self) -> int:
        """Count the patches remembered."""
        return len(self._known)

    def clear(self) -> None:
        """Forget all."""
        self._known.clear()

    def update(self, patches: Sequence[Patch], first: Sequence[float], now: float) -> list[float]:
        """The age in seconds of each patch; 0 where it is seen for the first time.

        Args:
            patches: Of the newest picture.
            first: For each, when its pixels began to stand; used if it was not known.
            now: Seconds of the detector's own clock.
        """
        ages: list[float] = []
        fresh: list[_Known] = []
        for patch, begun in zip(patches, first, strict=True):
            box = patch.left, patch.top, patch.left + patch.width, patch.top + patch.height
            same = [k for k in self._known if _overlap(k.box, box) >= SAME_OVERLAP]
            since = min([begun, *(k.since_seconds for k in same)])
            sightings = 1 + max((k.sightings for k in same), default=0)
            known = _Known(
                box=box, since_seconds=since, seen_seconds=now, sightings=min(sightings, SIGHTINGS)
            )
            fresh.append(known)
            ages.append(now - since if sightings >= SIGHTINGS else 0.0)
        hidden = [
            k
            for k in self._known
            if now - k.seen_seconds <= LOST_SECONDS
            and all(_overlap(k.box, f.box) < SAME_OVERLAP for f in fresh)
        ]
        self._known = (fresh + hidden)[: self._limit]
        return ages


def _overlap(a: tuple[int, int, int, int], b: tuple[int, int, int, int]) -> float:
    """Shared area over the smaller area."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    smaller = min((a[2] - a[0]) * (a[3] - a[1]), (b[2] - b[0]) * (b[3] - b[1]))
    return max(width, 0) * max(height, 0) / max(smaller, 1)
