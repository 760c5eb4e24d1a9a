"""How the steady view differs from the reference: texture lost, texture gained, colour, brightness.

Light alone (shadow, sun patch, exposure, wet ground) changes brightness and keeps texture and the
direction of colour. A thing in front of the scene replaces its texture, or its colour. So texture
and colour make a difference *solid*; brightness alone makes it a *veil*.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from pipeline.change.channels import absolute_difference, luma
from pipeline.change.registration import FLOOR_LEVELS, relief

if TYPE_CHECKING:
    from numpy.typing import NDArray

WINDOW_PX = 7  # coarse pixels: texture is compared over windows of this size
FLAT_GRADIENT = 0.010  # log units per pixel: JPEG noise of flat ground stays below it
NOISE_GRADIENT_SHARE = 0.35  # a Scharr slope of independent noise has this share of its deviation
MEDIAN_WINDOW_PX = 9  # a single line fills less than half of it, so that texture sets the measure
MEDIAN_STEPS = 1000.0  # bytes per log unit: OpenCV's large median works on bytes
CLIP_FACTOR = 2.0  # of the median slope: a shadow's or a roof's edge may not outvote the texture
SUBPIXEL_SHARE = 0.5  # an edge displaced by half a pixel changes by half its slope
LOST_SHARE = 0.4  # of the reference's texture is gone: enough to belong to a patch
SURE_LOST_SHARE = 0.55  # enough to found one
TELLING_WEIGHT = 0.55  # of 1: half of the texture is more than noise
OTHER_SLOPE_SHARE = 0.6  # blur halves a fine slope; something else before it changes all of it
GAINED_GRADIENT = 0.035  # log units per pixel that the reference does not explain
GAINED_SHARE = 0.5  # of a window: a line (a shadow's edge) fills less than half of it
CROWDED_SHARE = 0.78  # where two edges of shadow meet at a sharp angle it is up to 0.75
SHADOW_CHROMA = 0.14  # log units: blue sky light shifts the colour of shadows by up to about this
SURE_CHROMA = 0.18
VEIL_LUMA = 0.10  # log units: 10 %, the least difference of brightness that counts
EDGE_LUMA = 0.05  # log units, where a patch is already proven: half of what proves one
EDGE_CHROMA = 0.07
FULL_CHROMA = 0.5  # log units: red paint on grey; the score counts it as wholly different
FULL_LUMA = 0.7  # log units: half or twice as bright
NOISE_FACTOR = 3.0
GLARE_LEVELS = 232.0  # a lamp, or its reflection: brighter than paint in the evening
GLARE_RATIO = 0.7  # log units: at least twice the reference's brightness


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Difference:
    """Per coarse pixel (h x w), what differs from the reference and how."""

    solid: NDArray[np.bool_]  # texture or colour differ: something stands there
    proven: NDArray[np.bool_]  # of these, what light cannot do: another colour, crowds of new edges
    sure: NDArray[np.bool_]  # of the solid ones, those that may found a patch
    edge: NDArray[np.bool_]  # the pixel itself differs; the other masks reach over its border
    veil: NDArray[np.bool_]  # only brightness differs: light, or a thing as plain as its ground
    telling: NDArray[np.bool_]  # the reference has texture there: a veil on it is light
    log: NDArray[np.float32]  # log brightness now
    contrast: NDArray[np.float32]  # of the pixel itself, 1 is a colour or brightness wholly new
    score: NDArray[np.float32]  # how much differs, in [0, 1]


def gradients(log_luma: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Slopes along x and y, log units per pixel."""
    gx = cv2.Scharr(log_luma, cv2.CV_32F, 1, 0, scale=1 / 32)
    gy = cv2.Scharr(log_luma, cv2.CV_32F, 0, 1, scale=1 / 32)
    return np.asarray(gx, np.float32), np.asarray(gy, np.float32)


def box_mean(values: NDArray[np.float32], window: int = WINDOW_PX) -> NDArray[np.float32]:
    """Mean over a square window around each pixel."""
    return np.asarray(cv2.blur(values, (window, window)), np.float32)


class Comparand:
    """A reference view prepared for comparison; built anew every few seconds, not every picture."""

    def __init__(self, colour: NDArray[np.float32], noise: NDArray[np.float32]) -> None:
        self.colour = colour
        levels = luma(colour) + np.float32(FLOOR_LEVELS)
        self.log = np.log(levels)
        self.chroma = log_chroma(colour)
        self.gx, self.gy = gradients(self.log)
        self.noise_log = noise / levels
        self.noise_gradient = self.noise_log * np.float32(NOISE_GRADIENT_SHARE) + np.float32(
            FLAT_GRADIENT
        )
        self.slope = np.hypot(self.gx, self.gy)
        self.clip = CLIP_FACTOR * _local_median(self.slope) + np.float32(FLAT_GRADIENT)
        self.texture_x = np.clip(self.gx, -self.clip, self.clip)
        self.texture_y = np.clip(self.gy, -self.clip, self.clip)
        self.vote = np.minimum(self.slope, self.clip / CLIP_FACTOR)
        self.votes = box_mean(self.vote) + np.float32(FLAT_GRADIENT / 10)
        self.energy = box_mean(self.texture_x**2 + self.texture_y**2)
        floor = box_mean(self.noise_gradient * self.noise_gradient)
        self.weight = self.energy / (self.energy + 4.0 * floor)  # how far texture can be trusted
        self.relief = relief(self.log)
        self.relief_energy = float((self.relief * self.relief).mean())

    def compare(self, colour: NDArray[np.float32], *, is_day: bool) -> Difference:
        """What a steady view (h x w x 3, in the reference's tones) has that this has not."""
        levels = luma(colour)
        log = np.log(levels + np.float32(FLOOR_LEVELS))
        gx, gy = gradients(log)
        error = np.hypot(gx - self.gx, gy - self.gy)
        lost = np.minimum(self._uncorrelated(gx, gy), self._outvoted(error)) * self.weight
        gained = box_mean(self._unexplained(error).astype(np.float32))
        ratio = log - self.log
        chroma = box_mean(absolute_difference(log_chroma(colour), self.chroma), 3)
        noise = NOISE_FACTOR * self.noise_log
        coloured = chroma > SHADOW_CHROMA + noise
        sure = (lost > SURE_LOST_SHARE) | (chroma > SURE_CHROMA + noise) | (gained > GAINED_SHARE)
        solid = (lost > LOST_SHARE) | coloured | (gained > GAINED_SHARE)
        if not is_day:
            solid &= ~((levels > GLARE_LEVELS) & (ratio > GLARE_RATIO))
        brightness = np.abs(ratio)
        veil = (brightness > VEIL_LUMA + noise) & ~solid
        edge = (brightness > EDGE_LUMA + noise) | (chroma > EDGE_CHROMA + noise)
        contrast = np.maximum(chroma / FULL_CHROMA, brightness / FULL_LUMA)
        score = np.maximum(np.maximum(lost, gained), contrast)
        return Difference(
            solid=solid,
            proven=(coloured | (gained > CROWDED_SHARE)) & solid,
            sure=sure & solid,
            log=log,
            contrast=contrast,
            edge=edge,
            veil=veil,
            telling=self.weight > TELLING_WEIGHT,
            score=np.clip(score, 0.0, 1.0),
        )

    def _uncorrelated(
        self, gx: NDArray[np.float32], gy: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """How little of the window's texture is still the reference's, in [0, 1]."""
        x, y = np.clip(gx, -self.clip, self.clip), np.clip(gy, -self.clip, self.clip)
        common = box_mean(x * self.texture_x + y * self.texture_y)
        power = np.sqrt(np.maximum(box_mean(x * x + y * y) * self.energy, 0.0))
        # Two ways to keep it: as an amplitude (an added edge does not count against it) and as a
        # correlation (blur and fog, which only weaken it, do not).
        amplitude = common / (self.energy + np.float32(FLAT_GRADIENT**2))
        kept = np.maximum(amplitude, common / (power + np.float32(FLAT_GRADIENT**2)))
        return np.asarray(np.clip(np.float32(1.0) - kept, 0.0, 1.0), np.float32)

    def _outvoted(self, error: NDArray[np.float32]) -> NDArray[np.float32]:
        """Share of the window's textured pixels whose slope is another, in [0, 1].

        A turned edge between sun and shade is one line: it may spoil a correlation, not a vote.
        """
        other = error > np.float32(OTHER_SLOPE_SHARE) * self.slope + self.noise_gradient
        return np.asarray(box_mean(other * self.vote) / self.votes, np.float32)

    def _unexplained(self, error: NDArray[np.float32]) -> NDArray[np.bool_]:
        """True where the picture has a slope that is not the reference's."""
        limit = (
            np.float32(GAINED_GRADIENT)
            + NOISE_FACTOR * NOISE_GRADIENT_SHARE * self.noise_log
            + np.float32(SUBPIXEL_SHARE) * self.slope
        )
        return np.asarray(error > limit, np.bool_)


def _local_median(slope: NDArray[np.float32]) -> NDArray[np.float32]:
    quantised = np.minimum(slope * np.float32(MEDIAN_STEPS), 255.0).astype(np.uint8)
    window = min(MEDIAN_WINDOW_PX, 2 * ((min(slope.shape) - 1) // 2) + 1)
    median = np.asarray(cv2.medianBlur(quantised, window), np.float32)
    return median / np.float32(MEDIAN_STEPS)


def log_chroma(colour: NDArray[np.float32]) -> NDArray[np.float32]:
    """Colour without brightness: log blue over green and red over green, h x w x 2.

    A floor of 16 levels keeps the noise of dark pixels from looking like colour.
    """
    blue, green, red = cv2.split(np.log(colour + np.float32(2 * FLOOR_LEVELS)))
    return np.asarray(cv2.merge([blue - green, red - green]), np.float32)
