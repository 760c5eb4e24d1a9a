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
from pipeline.change.registration import FLOOR_LEVELS, log_of, relief, relief_energy

if TYPE_CHECKING:
    from numpy.typing import NDArray

WINDOW_PX = 7  # coarse pixels: texture is compared over windows of this size
FLAT_GRADIENT = 0.010  # log units per pixel: JPEG noise of flat ground stays below it
NOISE_GRADIENT_SHARE = 0.35  # a Scharr slope of independent noise has this share of its deviation
# Every second pixel each way: 9 pixels wide, so that a single line fills less than half and
# texture sets the measure.
MEDIAN_SAMPLES = 5
MEDIAN_STEPS = 1000.0  # bytes per log unit: OpenCV's median is quickest on bytes
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
SAME_LEVELS = 5.0  # half of what the steady view takes for the same
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


def box_means(*planes: NDArray[np.float32], window: int = WINDOW_PX) -> list[NDArray[np.float32]]:
    """`box_mean` of up to four planes at once, in half the time."""
    means = cv2.blur(cv2.merge(planes), (window, window))
    return [np.asarray(mean, np.float32) for mean in cv2.split(means)]


class Comparand:
    """A reference view prepared for comparison; built anew every few seconds, not every picture."""

    def __init__(self, colour: NDArray[np.float32], noise: NDArray[np.float32]) -> None:
        self.colour = colour
        levels = luma(colour) + np.float32(FLOOR_LEVELS)
        self.log = log_of(levels)
        self._chroma = log_chroma(colour)
        self._gx, self._gy = gradients(self.log)
        noise_log = noise / levels
        noise_gradient = noise_log * np.float32(NOISE_GRADIENT_SHARE) + np.float32(FLAT_GRADIENT)
        slope = np.asarray(cv2.magnitude(self._gx, self._gy), np.float32)
        self._clip = CLIP_FACTOR * _local_median(slope) + np.float32(FLAT_GRADIENT)
        self._lowest = -self._clip
        self._texture_x = self._clipped(self._gx)
        self._texture_y = self._clipped(self._gy)
        self._vote = np.minimum(slope, self._clip / CLIP_FACTOR)
        power = self._texture_x * self._texture_x + self._texture_y * self._texture_y
        votes, energy, floor = box_means(self._vote, power, noise_gradient * noise_gradient)
        self._votes = votes + np.float32(FLAT_GRADIENT / 10)
        self._energy = energy
        self._weight = energy / (energy + 4.0 * floor)  # how far texture can be trusted
        self._telling = self._weight > TELLING_WEIGHT
        self._other_slope = np.float32(OTHER_SLOPE_SHARE) * slope + noise_gradient
        self._gained_slope = (
            np.float32(GAINED_GRADIENT)
            + NOISE_FACTOR * NOISE_GRADIENT_SHARE * noise_log
            + np.float32(SUBPIXEL_SHARE) * slope
        )
        self._noise = NOISE_FACTOR * noise_log  # log units that say nothing
        self.relief = relief(self.log)
        self.relief_energy = relief_energy(self.relief)

    def shows(self, colour: NDArray[np.float32], where: NDArray[np.bool_]) -> bool:
        """Whether it has about these colours (h x w x 3) in the h x w mask."""
        return not ((absolute_difference(colour, self.colour) > SAME_LEVELS) & where).any()

    def compare(self, colour: NDArray[np.float32], *, is_day: bool) -> Difference:
        """What a steady view (h x w x 3, in the reference's tones) has that this has not."""
        levels = luma(colour)
        log = log_of(levels + np.float32(FLOOR_LEVELS))
        lost, gained = self._texture_changes(log)
        ratio = log - self.log
        chroma = box_mean(chroma_distance(log_chroma(colour), self._chroma), 3)
        # Noise is taken off once instead of added to each of the limits.
        clear_chroma = chroma - self._noise
        coloured = clear_chroma > SHADOW_CHROMA
        crowded = gained > GAINED_SHARE
        solid = (lost > LOST_SHARE) | coloured | crowded
        if not is_day:
            solid &= ~((levels > GLARE_LEVELS) & (ratio > GLARE_RATIO))
        brightness = np.abs(ratio)
        clear_brightness = brightness - self._noise
        contrast = np.maximum(chroma / FULL_CHROMA, brightness / FULL_LUMA)
        score = np.maximum(np.maximum(lost, gained), contrast)
        return Difference(
            solid=solid,
            proven=(coloured | (gained > CROWDED_SHARE)) & solid,
            sure=((lost > SURE_LOST_SHARE) | (clear_chroma > SURE_CHROMA) | crowded) & solid,
            log=log,
            contrast=contrast,
            edge=(clear_brightness > EDGE_LUMA) | (clear_chroma > EDGE_CHROMA),
            veil=(clear_brightness > VEIL_LUMA) & ~solid,
            telling=self._telling,
            score=np.clip(score, 0.0, 1.0),
        )

    def _texture_changes(
        self, log: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Texture lost and texture gained in the window around each pixel, in [0, 1].

        Lost is what both a correlation and a vote of the window's pixels say has gone. A turned
        edge between sun and shade is one line: it may spoil a correlation, not a vote.
        """
        gx, gy = gradients(log)
        error = np.asarray(cv2.magnitude(gx - self._gx, gy - self._gy), np.float32)
        x, y = self._clipped(gx), self._clipped(gy)
        common, power, outvoted, gained = box_means(
            x * self._texture_x + y * self._texture_y,
            x * x + y * y,
            (error > self._other_slope) * self._vote,
            (error > self._gained_slope).astype(np.float32),  # slopes the reference has not
        )
        # Two ways to keep it: as an amplitude (an added edge does not count against it) and as a
        # correlation (blur and fog, which only weaken it, do not).
        least = np.float32(FLAT_GRADIENT**2)
        amplitude = common / (self._energy + least)
        correlation = common / (np.sqrt(np.maximum(power * self._energy, 0.0)) + least)
        uncorrelated = np.clip(1.0 - np.maximum(amplitude, correlation), 0.0, 1.0)
        lost = np.minimum(uncorrelated, outvoted / self._votes) * self._weight
        return lost, gained

    def _clipped(self, gradient: NDArray[np.float32]) -> NDArray[np.float32]:
        """Between the bounds of the place; an order of magnitude faster than `np.clip`."""
        return np.asarray(np.minimum(np.maximum(gradient, self._lowest), self._clip), np.float32)


def _local_median(slope: NDArray[np.float32]) -> NDArray[np.float32]:
    """Median of 9 x 9 pixels: of every second one each way, and of the neighbours' such medians.

    A sixth of the cost of OpenCV's own of that size, which has no SIMD.
    """
    quantised = np.minimum(slope * np.float32(MEDIAN_STEPS), 255.0).astype(np.uint8)
    median = np.empty(slope.shape, np.float32)
    for phase in np.ndindex(2, 2):
        every_second = tuple(slice(first, None, 2) for first in phase)
        samples = np.ascontiguousarray(quantised[every_second])
        median[every_second] = cv2.medianBlur(samples, MEDIAN_SAMPLES)
    return box_mean(median, 3) / np.float32(MEDIAN_STEPS)


def log_chroma(colour: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Colour without brightness: log blue over green and log red over green, each h x w.

    A floor of 16 levels keeps the noise of dark pixels from looking like colour.
    """
    planes = cv2.split(log_of(colour + np.float32(2 * FLOOR_LEVELS)))
    blue, green, red = (np.asarray(plane, np.float32) for plane in planes)
    return blue - green, red - green


def chroma_distance(
    one: tuple[NDArray[np.float32], NDArray[np.float32]],
    other: tuple[NDArray[np.float32], NDArray[np.float32]],
) -> NDArray[np.float32]:
    """The larger difference of the two ratios of `log_chroma`, h x w, log units."""
    blue, red = (cv2.absdiff(a, b) for a, b in zip(one, other, strict=True))
    return np.asarray(cv2.max(blue, red), np.float32)
