"""Haze: how much dust, mist or fog veils a site zone, measured against the reference view.

Haze mixes the scene with the light of the air: `picture = t * scene + (1 - t) * airlight`. So local
contrast falls and what was dark becomes brighter. Exposure changes neither the ratio of contrast to
brightness, nor, once the white point is matched, the dark parts; a thing in the way brings edges of
its own. This module measures; the dust rule decides.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from pipeline.change.channels import channel_min, luma
from pipeline.change.difference import box_mean
from pipeline.change.grid import bounds
from pipeline.change.results import Haze

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.change.channels import Number
    from pipeline.change.grid import Grid
    from pipeline.geometry import Box

WINDOW_PX = 11  # coarse pixels: contrast is measured over windows of this size
FLOOR_LEVELS = 8.0
MIN_CONTRAST = 0.035  # of the reference: below it there is nothing to lose
NOISE_CONTRAST_FACTOR = 2.0
VEIL_TRANSMISSION = 0.72  # more than a quarter of the contrast is gone
MIN_SHIFT_LEVELS = 5.0  # towards the airlight
WHITE_PERCENTILE = 90.0
WHITE_LIMITS = (0.5, 2.0)
MIN_VEILED_SHARE = 0.3  # of a patch must have lost contrast, the rest may be plain ground
MIN_PATCH_SHARE = 0.001  # of the picture
UNREST_LEVELS = 40.0  # a mean change per picture that counts as full unrest
GROWTH_SECONDS = 20.0  # a plume grows over seconds, fog over minutes
GROWTH_SAMPLES = 64  # the bound, should pictures come faster than one a second
MIN_GROWTH_SAMPLES = 3
COLOUR_LEVELS = 255.0
LUMA_WEIGHTS = np.array([0.114, 0.587, 0.299], np.float32)  # BGR, ITU-R BT.601


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HazeField:
    """Haze over the whole coarse picture (h x w)."""

    veiled: NDArray[np.bool_]
    loss: NDArray[np.float32]  # of local contrast, in [0, 1]; 0 where the reference has none
    telling: NDArray[np.bool_]  # the reference has contrast to lose
    reference: NDArray[np.float32]  # h x w x 3, grey levels
    picture: NDArray[np.uint8]  # h x w x 3, now, as exposed
    scale: np.float32  # that brings the picture's white to the reference's
    smooth: NDArray[np.float32]  # local mean of the brightness now, grey levels

    def airlight(self, where: NDArray[np.bool_]) -> NDArray[np.float32]:
        """Colour of what veils the scene (BGR, grey levels): brown for dust, white for mist.

        Solved by least squares from `now = t * reference + (1 - t) * airlight`, where `t` is known
        from the contrast lost; the shift alone would compare the dust with the soil it came from.
        Zero where nothing is veiled.
        """
        if not where.any():
            return np.zeros(3, np.float32)
        opacity = self.loss[where][:, None]
        now_less_scene = self.shift_at(where) + opacity * self.reference[where]
        solved = (opacity * now_less_scene).sum(axis=0) / (opacity * opacity).sum()
        return np.asarray(np.clip(solved, 0.0, COLOUR_LEVELS), np.float32)

    def shift_at(self, where: NDArray[np.bool_]) -> NDArray[np.float32]:
        """Now minus reference of the pixels in the mask, N x 3, grey levels."""
        return np.asarray(self.picture[where] * self.scale - self.reference[where], np.float32)

    def cover(self, usable: NDArray[np.bool_]) -> float:
        """Share of the usable pixels that are veiled, in [0, 1]."""
        seen = int(np.count_nonzero(usable))
        return int(np.count_nonzero(self.veiled & usable)) / max(seen, 1)


class HazeReference:
    """What the reference view contributes, computed once for many pictures."""

    def __init__(self, colour: NDArray[np.float32], noise: NDArray[np.float32]) -> None:
        self.colour = colour
        levels = luma(colour)
        self.mean, self.contrast = _contrast(levels)
        self.telling = self._telling(noise)
        self.dark = _dark(colour)
        self.white = float(np.percentile(levels[::4, ::4], WHITE_PERCENTILE))

    def heed(self, noise: NDArray[np.float32]) -> None:
        """Go by another noise (h x w, grey levels): more of the reference is known by now."""
        self.telling = self._telling(noise)

    def _telling(self, noise: NDArray[np.float32]) -> NDArray[np.bool_]:
        floor = NOISE_CONTRAST_FACTOR * noise / (self.mean + np.float32(FLOOR_LEVELS))
        return np.asarray(self.contrast > np.maximum(floor, np.float32(MIN_CONTRAST)), np.bool_)

    def measure(self, picture: NDArray[np.uint8], usable: NDArray[np.bool_]) -> HazeField:
        """Compare an aligned picture (h x w x 3, not exposure-compensated) with the reference."""
        levels = luma(picture)
        white = float(np.percentile(levels[::4, ::4], WHITE_PERCENTILE))
        scale = np.float32(np.clip(self.white / max(white, 1.0), *WHITE_LIMITS))
        mean, contrast = _contrast(levels * scale)
        transmission = contrast / np.maximum(self.contrast, np.float32(1e-3))
        shifted = np.maximum(np.abs(mean - self.mean), _dark(picture) * scale - self.dark)
        shifted_enough = shifted > MIN_SHIFT_LEVELS
        lost = self.telling & (transmission < VEIL_TRANSMISSION) & shifted_enough & usable
        plain = ~self.telling & shifted_enough & usable
        return HazeField(
            veiled=_patches_with(lost, lost | plain),
            loss=np.asarray(np.clip(1.0 - transmission, 0.0, 1.0) * self.telling, np.float32),
            telling=self.telling,
            reference=self.colour,
            picture=picture,
            scale=scale,
            smooth=mean,
        )


def _contrast(levels: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Local mean, and deviation over mean (Weber contrast, which no exposure changes)."""
    mean = box_mean(levels, WINDOW_PX)
    variance = box_mean(levels * levels, WINDOW_PX) - mean * mean
    return mean, np.sqrt(np.maximum(variance, 0.0)) / (mean + np.float32(FLOOR_LEVELS))


def _dark(colour: NDArray[Number]) -> NDArray[np.float32]:
    """Dark channel: the darkest channel of the darkest pixel near by; haze lifts it."""
    darkest = channel_min(colour)
    return np.asarray(cv2.erode(darkest, np.ones((WINDOW_PX, WINDOW_PX), np.uint8)), np.float32)


def _patches_with(core: NDArray[np.bool_], whole: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The connected parts of `whole` of which enough is `core`."""
    if np.count_nonzero(core) < MIN_VEILED_SHARE * MIN_PATCH_SHARE * core.size:
        return np.zeros(core.shape, np.bool_)  # not enough for the smallest
    window = bounds(whole, margin=2)  # zeros around it, as in the picture
    place = whole[window].astype(np.uint8)
    mask = cv2.morphologyEx(place, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=4)
    areas = stats[:, cv2.CC_STAT_AREA]
    cores = np.bincount(labels[core[window]], minlength=count)
    keep = (areas >= MIN_PATCH_SHARE * core.size) & (cores >= MIN_VEILED_SHARE * areas)
    keep[0] = False
    found = np.zeros(core.shape, np.bool_)
    if keep.any():
        found[window] = keep[labels]
    return found


class HazeMeter:
    """Follows the haze of one zone; remembers at most 64 covers and one picture."""

    def __init__(self, zone_id: str, mask: NDArray[np.bool_]) -> None:
        self._zone_id = zone_id
        self._mask = mask
        self._covers: deque[tuple[float, float]] = deque(maxlen=GROWTH_SAMPLES)
        self._before: NDArray[np.float32] | None = None

    def update(
        self,
        field: HazeField,
        usable: NDArray[np.bool_],
        grid: Grid,
        shift: tuple[float, float],
        now: float,
    ) -> Haze:
        """Measure the zone in one picture; `now` in seconds, `shift` in coarse pixels."""
        seen = self._mask & usable
        veiled = field.veiled & seen
        cover = int(np.count_nonzero(veiled)) / max(int(np.count_nonzero(seen)), 1)
        self._covers.append((now, cover))
        unrest = self._unrest(field.smooth, veiled)
        lost = veiled & field.telling
        shifts = field.shift_at(veiled).mean(axis=0) if veiled.any() else np.zeros(3)
        brightness = float(shifts @ LUMA_WEIGHTS) / COLOUR_LEVELS
        airlight = field.airlight(lost)
        return Haze(
            zone_id=self._zone_id,
            cover=cover,
            frame_cover=field.cover(usable),
            growth_per_second=self._growth(now),
            texture_loss=float(field.loss[lost].mean()) if lost.any() else 0.0,
            warmth=float(np.clip((airlight[2] - airlight[0]) / COLOUR_LEVELS, -1.0, 1.0)),
            brightness_shift=float(np.clip(brightness, -1.0, 1.0)),
            unrest=unrest,
            box=_largest(veiled, grid, shift),
        )

    def _unrest(self, smooth: NDArray[np.float32], veiled: NDArray[np.bool_]) -> float:
        before, self._before = self._before, smooth
        if before is None or not veiled.any():
            return 0.0
        change = float(np.abs(smooth - before)[veiled].mean())
        return min(change / UNREST_LEVELS, 1.0)

    def _growth(self, now: float) -> float:
        """Slope of the least-squares line through the recent covers, share per second."""
        recent = [(t - now, c) for t, c in self._covers if now - t <= GROWTH_SECONDS]
        if len(recent) < MIN_GROWTH_SAMPLES:
            return 0.0
        times, covers = np.array(recent).T
        times = times - times.mean()
        spread = float((times * times).sum())
        return float((times * covers).sum()) / spread if spread > 0 else 0.0


def _largest(veiled: NDArray[np.bool_], grid: Grid, shift: tuple[float, float]) -> Box | None:
    if not veiled.any():
        return None
    rows, columns = bounds(veiled)
    _, _, stats, _ = cv2.connectedComponentsWithStats(veiled[rows, columns].astype(np.uint8))
    label = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    left, top, width, height = (float(v) for v in stats[label, :4])
    return grid.source_box(left + columns.start, top + rows.start, width, height, shift=shift)
