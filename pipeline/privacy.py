"""Privacy masks: parts of a camera's picture that are blanked before anything else sees it.

The masked picture is the original: no step, no file and no network ever sees what lies beneath.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from pipeline.zones import ZoneKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from pipeline.frames import Frame
    from pipeline.zones import Zone

# Zones in which a violation can be: what a mask takes from them, no evidence will ever show.
ENFORCEMENT_KINDS = frozenset(
    {ZoneKind.NO_VENDING, ZoneKind.AD_SURFACE, ZoneKind.SITE, ZoneKind.ROAD}
)
MASK_COLOUR = (128, 128, 128)  # BGR; mid grey sits in every exposure and looks like no object
# Around the polygon: OpenCV's outline lies within a pixel of the true one, and a picture that was
# scaled before it came here carries a little of each pixel in its neighbours. Tested against
# Shapely: no pixel that the polygon cuts is left.
_MARGIN_PX = 2
_SUBPIXEL_BITS = 8  # OpenCV's fixed-point polygon corners: 1/256 px
_MAX_SHAPES = 4  # main stream, sub-stream, triage scale and one more; others are drawn anew
_SHARE_GRID = 1024  # cells along x and y when shares are counted: exact to about 0.1 %


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskedShare:
    """How much of an enforcement zone the privacy masks take."""

    zone_id: str
    mask_ids: tuple[str, ...]  # of the masks that reach into the zone
    share: float  # of the zone's area, in [0, 1], all masks together


class PrivacyMask:
    """All privacy masks of one camera, burnt into its frames.

    Zones of other kinds are ignored, so that a camera's whole list can be given.
    """

    def __init__(self, zones: Iterable[Zone]) -> None:
        self._zones = tuple(zone for zone in zones if zone.kind is ZoneKind.PRIVACY_MASK)
        self._drawn: dict[tuple[int, int], _DrawnMask] = {}

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the masks, for the manifest. Empty: nothing is masked."""
        return tuple(zone.id for zone in self._zones)

    def apply(self, frame: Frame) -> Frame:
        """The frame with every mask filled with one colour; the given frame stays as it is.

        A camera without masks gets its own frame back.
        """
        if not self._zones:
            return frame
        height, width = frame.image.shape[:2]
        drawn = self._drawn_for(height, width)
        image = frame.image.copy()
        region = image[drawn.rows, drawn.columns]
        np.bitwise_and(region, drawn.keep, out=region)
        np.bitwise_or(region, drawn.fill, out=region)
        return replace(frame, image=image)

    def _drawn_for(self, height: int, width: int) -> _DrawnMask:
        drawn = self._drawn.get((height, width))
        if drawn is None:
            if len(self._drawn) >= _MAX_SHAPES:
                self._drawn.pop(next(iter(self._drawn)))
            drawn = _DrawnMask.of(_covered(self._zones, height, width, margin_px=_MARGIN_PX))
            self._drawn[height, width] = drawn
        return drawn


def masked_shares(zones: Sequence[Zone]) -> tuple[MaskedShare, ...]:
    """The enforcement zones that privacy masks cut into, each with the share it loses.

    Such evidence may fail "complete" (完整): the camera's owner should know when drawing zones.
    """
    masks = [zone for zone in zones if zone.kind is ZoneKind.PRIVACY_MASK]
    rasters = {mask.id: _covered((mask,), _SHARE_GRID, _SHARE_GRID) for mask in masks}
    result: list[MaskedShare] = []
    for zone in zones:
        if zone.kind not in ENFORCEMENT_KINDS:
            continue
        inside = _covered((zone,), _SHARE_GRID, _SHARE_GRID)
        cutting = tuple(id_ for id_, raster in rasters.items() if (raster & inside).any())
        if cutting:
            lost = np.logical_or.reduce([rasters[id_] for id_ in cutting]) & inside
            share = float(lost.sum() / inside.sum())
            result.append(MaskedShare(zone_id=zone.id, mask_ids=cutting, share=share))
    return tuple(result)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _DrawnMask:
    """The masks at one picture size, cut to the rectangle that holds them.

    Kept as bit patterns: an AND and an OR over the rectangle take 0.25 ms at 1080p where assigning
    the colour to chosen pixels takes 8 to 11 ms.
    """

    rows: slice
    columns: slice
    keep: NDArray[np.uint8]  # rows x columns x 3: 0 under a mask, 255 elsewhere
    fill: NDArray[np.uint8]  # rows x columns x 3: the colour under a mask, 0 elsewhere

    @classmethod
    def of(cls, covered: NDArray[np.bool_]) -> _DrawnMask:
        ys, xs = np.flatnonzero(covered.any(axis=1)), np.flatnonzero(covered.any(axis=0))
        rows, columns = slice(ys[0], ys[-1] + 1), slice(xs[0], xs[-1] + 1)
        inside = covered[rows, columns, np.newaxis]
        return cls(
            rows=rows,
            columns=columns,
            keep=np.where(inside, np.uint8(0), np.full(len(MASK_COLOUR), 255, np.uint8)),
            fill=np.where(inside, np.array(MASK_COLOUR, np.uint8), np.uint8(0)),
        )


def _covered(
    zones: Iterable[Zone], height: int, width: int, *, margin_px: int = 0
) -> NDArray[np.bool_]:
    """The pixels (height x width) that any of the polygons covers, and `margin_px` around them."""
    # Drawn with a border, so that an outline just outside the picture still widens into it.
    border = margin_px + 1
    raster = np.zeros((height + 2 * border, width + 2 * border), np.uint8)
    for zone in zones:
        # OpenCV's integer coordinates are pixel centres; ours are their upper left corners.
        corners = np.array(zone.polygon.points) * (width, height) - 0.5 + border
        fixed = np.rint(corners * (1 << _SUBPIXEL_BITS)).astype(np.int32)
        cv2.fillPoly(raster, [fixed], 1, shift=_SUBPIXEL_BITS)
        if margin_px:  # the fill alone leaves out tips thinner than a pixel
            cv2.polylines(raster, [fixed], isClosed=True, color=1, shift=_SUBPIXEL_BITS)
    if margin_px:
        side = 2 * margin_px + 1
        raster = cv2.dilate(raster, np.ones((side, side), np.uint8)).astype(np.uint8)
    return raster[border:-border, border:-border].astype(np.bool_)
