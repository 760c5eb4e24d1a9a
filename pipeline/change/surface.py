"""The road before and after a passage: what lies there that did not lie there before.

Keeps the last pictures of one road zone, and takes medians of those from before and after the
passage in which the road is not hidden by people or vehicles. The network misses vehicles, so a
median is believed only where the pictures agree on it: material lies still, the road was bare
again and again, and what drives over the spot is now this and now that. Material is told from
shadow and water by what it does to the surface: it brings texture and a sharp outline, a shadow
keeps the road's own texture, water makes it darker and smoother.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import cv2
import numpy as np
from pydantic import Field

from pipeline.change.channels import absolute_difference
from pipeline.change.difference import chroma_distance, log_chroma
from pipeline.change.grid import Grid
from pipeline.change.results import SurfaceChange
from pipeline.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pipeline.change.channels import Number
    from pipeline.frames import Frame
    from pipeline.geometry import Box
    from pipeline.zones import Zone

Seconds = Annotated[float, Field(gt=0)]
MAX_LEVEL = 255
# Local contrast is the deviation within this many coarse pixels: a clod, not the road's slope.
TEXTURE_PX = 5
# A spill is a scatter of clods: patches nearer than this are one.
JOIN_PX = 7
MIN_PATCH_PX = 4  # smaller is sensor noise that survived the median
LAMP_TEXTURE = 0.02  # brighter, no rougher, no other colour: a lamp or the sun shines on the road
LAMP_CHROMA = 0.10  # log units; headlights are yellower than the sky, sand far more so
MIN_CORE_PX = 30  # enough to measure texture on
FLOOR_LEVELS = 8.0  # added to a brightness one divides by: noise in the dark is no texture
NOISE_FACTOR = 4.0  # times a pixel's own deviation; a false pixel in 15,000
MAX_SAMPLES = 24  # pictures in one median: a spot that is free in one of five can be judged
MIN_AGREEING = 4  # pictures that show a pixel's median: fewer may be two cars of one colour
BARE_SHARE = 0.5  # of the free pictures before: traffic that is missed, but bare road more often
STILL_SHARE = 0.7  # of the free pictures after: material lies still, whatever drives over it
SELDOM_SHARE = 0.2  # of the free pictures before may look like after: else it comes and goes there
GAIN_STEP_PX = 4  # exposure is measured on every fourth pixel each way


class SurfaceSettings(Settings):
    """How a road's surface is compared."""

    width_px: Annotated[int, Field(ge=64, le=1280)] = 640  # of the picture it works on
    keep_seconds: Seconds = 60.0  # of pictures
    max_pictures: Annotated[int, Field(ge=4, le=256)] = 64  # 64 x a road of 640 x 150: 19 MB
    min_difference: Annotated[float, Field(gt=0)] = 14.0  # grey levels; JPEG and H.264 noise
    ignore_margin_share: Annotated[float, Field(ge=0)] = 0.15  # vehicles overhang, shadows too


@dataclass(frozen=True, slots=True, eq=False)
class _Picture:
    seconds: float
    road: NDArray[np.uint8]  # rows x columns x 3, the zone's rectangle only
    free_bits: NDArray[np.uint8]  # `free`, eight pixels to a byte: a minute of it is 7 MB otherwise

    @property
    def free(self) -> NDArray[np.bool_]:
        """Zone, and nobody on it, rows x columns."""
        rows, columns = self.road.shape[:2]
        bits = np.unpackbits(self.free_bits, count=rows * columns)
        return bits.reshape(rows, columns).view(np.bool_)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Surface:
    """A road without people and vehicles, from several pictures brought to one exposure."""

    roads: NDArray[np.float32]  # pictures x rows x columns x 3
    free: NDArray[np.bool_]  # pictures x rows x columns
    median: NDArray[np.float32]  # rows x columns x 3
    deviation: NDArray[np.float32]  # rows x columns, grey levels

    def alike(self, picture: NDArray[np.float32], limit: NDArray[np.float32]) -> _Votes:
        """In how many pictures the road looks like `picture`, up to a limit in grey levels."""
        agreeing = [
            free & (absolute_difference(road, picture) <= limit)
            for road, free in zip(self.roads, self.free, strict=True)
        ]
        return _Votes(
            agreeing=np.sum(agreeing, axis=0, dtype=np.int32),
            free=self.free.sum(axis=0, dtype=np.int32),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Votes:
    """How many pictures show a pixel free, and how many of them show a certain thing there."""

    agreeing: NDArray[np.int32]  # rows x columns
    free: NDArray[np.int32]  # rows x columns

    @property
    def share(self) -> NDArray[np.float32]:
        """Of the free pictures, in [0, 1]; 0 where there are none."""
        return np.asarray(self.agreeing / np.maximum(self.free, 1), np.float32)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SurfaceViews:
    """The road before and after a passage, without people and vehicles: a derivative, for people.

    Black where the road was never free.
    """

    before: NDArray[np.uint8]  # rows x columns x 3, BGR
    after: NDArray[np.uint8]  # rows x columns x 3, BGR
    box: Box  # what they show, in source pixels


class SurfaceWatch:
    """Remembers one road zone for a minute and compares before with after.

    Args:
        zone: The road.
        settings: See `SurfaceSettings`.
    """

    def __init__(self, zone: Zone, settings: SurfaceSettings | None = None) -> None:
        self._zone = zone
        self._settings = settings or SurfaceSettings()
        self._pictures: deque[_Picture] = deque(maxlen=self._settings.max_pictures)
        self._grid: Grid | None = None
        self._inside: NDArray[np.bool_] = np.zeros((0, 0), np.bool_)
        self._window = (slice(0, 0), slice(0, 0))

    def update(
        self, frame: Frame, *, ignore: Sequence[Box], shift_px: tuple[float, float] = (0.0, 0.0)
    ) -> None:
        """Take in one frame.

        Args:
            frame: The picture, scaled or not.
            ignore: People and vehicles, in source pixels.
            shift_px: How far the camera has moved against its reference view, in source pixels.
        """
        grid = Grid.over(frame, self._settings.width_px)
        if self._grid is None or self._grid.shape != grid.shape:
            self._begin(grid)
        small = grid.shrink(frame.image)
        dx, dy = shift_px[0] * grid.x_scale, shift_px[1] * grid.y_scale
        if abs(dx) + abs(dy) > 0.25:  # noqa: PLR2004 - a quarter of a coarse pixel cannot be seen
            matrix = np.array([[1, 0, -dx], [0, 1, -dy]], np.float64)
            size = (grid.columns, grid.rows)
            moved = cv2.warpAffine(small, matrix, size, borderMode=cv2.BORDER_REPLICATE)
            small = np.asarray(moved, np.uint8)
        taken = grid.box_mask(ignore, grow=self._settings.ignore_margin_share, shift=(dx, dy))
        window = self._window
        self._pictures.append(
            _Picture(
                seconds=frame.seconds,
                road=small[window].copy(),
                free_bits=np.packbits(self._inside[window] & ~taken[window]),
            )
        )
        while self._pictures[0].seconds < frame.seconds - self._settings.keep_seconds:
            self._pictures.popleft()

    def compare(self, *, before_seconds: float, after_seconds: float) -> tuple[SurfaceChange, ...]:
        """What lies on the road after `after_seconds` that did not before `before_seconds`.

        Args:
            before_seconds: The vehicle was not yet in sight.
            after_seconds: It has gone; pictures from then on count.

        Returns:
            The changes, the largest first, material as well as water and shadow: the figures tell
            them apart. None if the road was not seen free often enough.
        """
        surfaces = self._surfaces(before_seconds, after_seconds)
        if surfaces is None:
            return ()
        before, after = surfaces
        seen = np.asarray(before.free.any(axis=0) & after.free.any(axis=0), np.bool_)
        if not seen.any():
            return ()
        gains = _gains(after.median, before.median, seen)
        later = np.asarray(np.multiply(after.median, gains), np.float32)
        noise = NOISE_FACTOR * np.maximum(before.deviation, after.deviation)
        limit = np.asarray(self._settings.min_difference + noise, np.float32)
        differs = seen & (absolute_difference(later, before.median) > limit)
        differs &= self._is_told(before.alike(before.median, limit), BARE_SHARE)
        differs &= self._is_told(after.alike(after.median, limit), STILL_SHARE)
        differs &= before.alike(later, limit).share <= SELDOM_SHARE
        changed = cv2.morphologyEx(
            differs.astype(np.uint8), cv2.MORPH_OPEN, np.ones((2, 2), np.uint8)
        )
        return self._describe(np.asarray(changed, np.bool_), before.median, later)

    def views(self, *, before_seconds: float, after_seconds: float) -> SurfaceViews | None:
        """The medians that `compare` looks at, as pictures; none where it could not look."""
        surfaces = self._surfaces(before_seconds, after_seconds)
        if surfaces is None or self._grid is None:
            return None
        rows, columns = self._window
        box = self._grid.source_box(
            columns.start,
            rows.start,
            columns.stop - columns.start,
            rows.stop - rows.start,
            shift=(0.0, 0.0),
        )
        before, after = (np.rint(surface.median).astype(np.uint8) for surface in surfaces)
        return SurfaceViews(before=before, after=after, box=box)

    def _surfaces(
        self, before_seconds: float, after_seconds: float
    ) -> tuple[_Surface, _Surface] | None:
        before = self._surface(before_seconds - self._settings.keep_seconds, before_seconds)
        after = self._surface(after_seconds, after_seconds + self._settings.keep_seconds)
        return None if before is None or after is None else (before, after)

    @staticmethod
    def _is_told(votes: _Votes, share: float) -> NDArray[np.bool_]:
        """Where enough pictures, and enough of those that could, show what the median shows."""
        return np.asarray((votes.agreeing >= MIN_AGREEING) & (votes.share >= share), np.bool_)

    def _begin(self, grid: Grid) -> None:
        """The camera's format is new: what was remembered cannot be compared."""
        self._grid = grid
        self._inside = grid.polygon_mask(self._zone.polygon)
        self._pictures.clear()
        ys, xs = np.nonzero(self._inside)
        if len(ys):
            self._window = (
                slice(int(ys.min()), int(ys.max()) + 1),
                slice(int(xs.min()), int(xs.max()) + 1),
            )

    def _surface(self, begin: float, end: float) -> _Surface | None:
        chosen = [p for p in self._pictures if begin <= p.seconds <= end]
        if len(chosen) < MIN_AGREEING:
            return None
        step = -(-len(chosen) // MAX_SAMPLES)
        chosen = chosen[::step]
        free = np.stack([p.free for p in chosen])
        usual = _median_where(np.stack([p.road for p in chosen]), free[..., None])
        # Picture by picture: together, what comes in between would be 100 MB for a whole picture.
        roads = np.empty((len(chosen), *chosen[0].road.shape), np.float32)
        levels = np.empty(roads.shape, np.uint8)
        for index, picture in enumerate(chosen):
            gains = _gains(picture.road, usual, picture.free)
            np.multiply(picture.road, gains, out=roads[index])
            levels[index] = np.rint(np.minimum(roads[index], MAX_LEVEL))
        median = _median_where(levels, free[..., None])
        spread = np.abs(roads.mean(axis=3) - median.mean(axis=2))
        return _Surface(
            roads=roads,
            free=free,
            median=median,
            deviation=_median_where(np.rint(np.minimum(spread, MAX_LEVEL)).astype(np.uint8), free),
        )

    def _describe(
        self, changed: NDArray[np.bool_], before: NDArray[np.float32], after: NDArray[np.float32]
    ) -> tuple[SurfaceChange, ...]:
        grid = self._grid
        if grid is None:
            return ()
        grey_before, grey_after = before.mean(axis=2), after.mean(axis=2)
        rough_before, rough_after = _contrast(grey_before), _contrast(grey_after)
        inside = self._inside[self._window]
        hue = chroma_distance(log_chroma(after), log_chroma(before))
        slope = _slope(grey_after)
        usual_slope = max(float(np.median(_slope(grey_before)[self._inside[self._window]])), 1.0)
        joined = cv2.dilate(changed.astype(np.uint8), np.ones((JOIN_PX, JOIN_PX), np.uint8))
        count, labels, stats, _ = cv2.connectedComponentsWithStats(joined)
        zone_px = float(max(int(self._inside.sum()), 1))
        found = []
        for label in range(1, count):
            patch = (labels == label) & changed
            area = int(patch.sum())
            core = _interior(patch)
            # Rougher than what lay there, and than the road at the same distance: a road that comes
            # to light again, where something smooth had stood, is no rougher than itself.
            rows_of_patch = np.flatnonzero(patch.any(axis=1))
            beside = inside & ~patch
            beside[: rows_of_patch[0]] = beside[rows_of_patch[-1] + 1 :] = False
            usual = np.median(rough_before[beside]) if beside.any() else 0.0
            texture = rough_after[core].mean() - max(rough_before[core].mean(), usual)
            texture_gain = float(np.clip(texture, -1.0, 1.0))
            darkening = float((grey_before - grey_after)[patch].mean()) / MAX_LEVEL
            is_lamp = (
                darkening < 0 and texture_gain < LAMP_TEXTURE and hue[core].mean() < LAMP_CHROMA
            )
            if area < MIN_PATCH_PX or is_lamp:
                continue
            outline = np.asarray(
                cv2.morphologyEx(
                    patch.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)
                ),
                np.bool_,
            )
            left, top, width, height = (int(v) for v in stats[label, :4])
            rows, columns = self._window
            found.append(
                SurfaceChange(
                    box=grid.source_box(
                        left + columns.start, top + rows.start, width, height, shift=(0.0, 0.0)
                    ),
                    area_share=area / zone_px,
                    darkening=darkening,
                    texture_gain=texture_gain,
                    edge_sharpness=float(slope[outline].mean()) / usual_slope,
                    colour_shift=float(hue[core].mean()),
                )
            )
        return tuple(sorted(found, key=lambda change: -change.area_share))


def _median_where(stack: NDArray[np.uint8], free: NDArray[np.bool_]) -> NDArray[np.float32]:
    """The median over the first axis of what is free; 0 where nothing is.

    Sorting with the taken ones put last is some thirty times faster than `np.nanmedian`.
    """
    taken_last = np.where(free, stack, np.uint16(MAX_LEVEL + 1))
    taken_last.sort(axis=0)  # in place: of a whole picture's pictures it is 20 MB
    middle = np.maximum(free.sum(axis=0) - 1, 0) // 2
    index = np.broadcast_to(middle, taken_last.shape[1:])[None]
    median = np.take_along_axis(taken_last, index, axis=0)[0]
    return np.where(median > MAX_LEVEL, 0, median).astype(np.float32)


def _gains(
    picture: NDArray[Number], target: NDArray[np.float32], where: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """What brings the picture's exposure to the target's: one factor for each channel."""
    step = (slice(None, None, GAIN_STEP_PX), slice(None, None, GAIN_STEP_PX))
    some, aims, shown = picture[step], target[step], where[step]
    if not shown.any():
        return np.ones(3, np.float32)
    ratios = aims[shown] / np.maximum(some[shown], 1.0)
    return np.asarray(np.median(ratios, axis=0), np.float32)


def _contrast(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    """Local deviation over local brightness: neither shadow, water nor a lamp changes it much."""
    size = (TEXTURE_PX, TEXTURE_PX)
    mean = np.asarray(cv2.blur(grey, size), np.float32)
    square = np.asarray(cv2.blur(grey * grey, size), np.float32)
    deviation = np.sqrt(np.maximum(square - mean * mean, 0.0))
    return np.asarray(deviation / (mean + np.float32(FLOOR_LEVELS)), np.float32)


def _interior(patch: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The patch without its rim, where the window sees the outline; all of it if it is small."""
    core = cv2.erode(patch.astype(np.uint8), np.ones((TEXTURE_PX, TEXTURE_PX), np.uint8)) > 0
    return core if np.count_nonzero(core) >= MIN_CORE_PX else patch


def _slope(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    """Length of the gradient, grey levels per pixel."""
    across = np.asarray(cv2.Sobel(grey, cv2.CV_32F, 1, 0, scale=0.125), np.float32)
    down = np.asarray(cv2.Sobel(grey, cv2.CV_32F, 0, 1, scale=0.125), np.float32)
    return np.asarray(cv2.magnitude(across, down), np.float32)
