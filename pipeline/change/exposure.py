"""Exposure compensation: the gain and offset per channel that make a picture fit its reference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from pipeline.change.channels import channel_max, channel_min

if TYPE_CHECKING:
    from numpy.typing import NDArray

SAMPLE_STEP = 9  # every ninth pixel each way: 720 of 320 x 180 are plenty for two numbers
MIN_SAMPLES = 40  # fewer say nothing about the picture
ROUNDS = 3  # of re-weighting; the fit moves less than 0.1 level after the third
SCALE_LEVELS = 8.0  # residual at which a pixel has lost most of its say (Cauchy's weight)
SATURATED = 250  # grey level from which the sensor may have clipped
BLACK = 4  # grey level up to which it may have
GAIN_LIMITS = (0.25, 4.0)  # two stops each way; beyond it is another light
OFFSET_LIMIT_LEVELS = 60.0
SPREAD_PRIOR = (
    100.0  # variance (levels^2) of pretended samples at gain 1: a blank wall fixes no gain
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Exposure:
    """What makes a picture fit its reference: `reference = gain * picture + offset`."""

    gain: NDArray[np.float32]  # 3: per channel, BGR
    offset: NDArray[np.float32]  # 3: grey levels

    @classmethod
    def neutral(cls) -> Exposure:
        """Changes nothing."""
        return cls(gain=np.ones(3, np.float32), offset=np.zeros(3, np.float32))

    def apply(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The picture (h x w x 3) in the reference's tones, in grey levels 0..255."""
        levels = np.arange(256, dtype=np.float32)[:, None]
        table = np.clip(levels * self.gain + self.offset, 0.0, 255.0)[None]  # 1 x 256 x 3
        return np.asarray(cv2.LUT(image, table), np.float32)

    def reverse(self, colour: NDArray[np.float32]) -> NDArray[np.float32]:
        """Colours (... x 3) of the reference in the picture's tones."""
        toned = np.clip((colour - self.offset) / self.gain, 0.0, 255.0)
        return np.asarray(toned, np.float32)


def fit_exposure(
    picture: NDArray[np.uint8],
    reference: NDArray[np.float32],
    usable: NDArray[np.bool_],
    before: Exposure,
) -> Exposure:
    """Fit gain and offset on the pixels that most agree, so that new things have no say.

    Args:
        picture: h x w x 3, aligned with the reference.
        reference: h x w x 3, grey levels.
        usable: h x w, false for people, vehicles and what the reference does not know.
        before: The fit of the last picture: one of the two starting points, and the answer when
            too few pixels are usable.
    """
    step = (slice(SAMPLE_STEP // 2, None, SAMPLE_STEP),) * 2
    seen = np.ascontiguousarray(picture[step])
    wanted = reference[step]
    keep = usable[step] & (channel_max(seen) < SATURATED) & (channel_min(seen) > BLACK)
    if int(keep.sum()) < MIN_SAMPLES:
        return before
    x, y = seen[keep].astype(np.float32), wanted[keep]
    median_gain = np.median(y, axis=0) / np.maximum(np.median(x, axis=0), 1.0)
    fresh = Exposure(
        gain=np.clip(median_gain, *GAIN_LIMITS).astype(np.float32), offset=np.zeros(3, np.float32)
    )
    start = min((before, fresh), key=lambda fit: _cost(x, y, fit))
    return _refined(x, y, start)


def _cost(x: NDArray[np.float32], y: NDArray[np.float32], fit: Exposure) -> float:
    return float(np.median(np.abs(y - fit.gain * x - fit.offset)))


def _refined(x: NDArray[np.float32], y: NDArray[np.float32], fit: Exposure) -> Exposure:
    """Iteratively re-weighted least squares."""
    gain, offset = fit.gain, fit.offset
    for _ in range(ROUNDS):
        error = np.abs(y - gain * x - offset)
        residual = np.maximum(np.maximum(error[:, 0], error[:, 1]), error[:, 2])
        weight = 1.0 / (1.0 + np.square(residual / SCALE_LEVELS))
        total = float(weight.sum())
        weights = weight[:, None]
        x_mean, y_mean = (weights * x).sum(axis=0) / total, (weights * y).sum(axis=0) / total
        dx, dy = x - x_mean, y - y_mean
        spread = (weights * dx * dx).sum(axis=0) / total
        common = (weights * dx * dy).sum(axis=0) / total
        level_gain = y_mean / np.maximum(x_mean, 1.0)  # what a pure gain would be
        gain = (common + SPREAD_PRIOR * level_gain) / (spread + SPREAD_PRIOR)
        gain = np.clip(gain, *GAIN_LIMITS).astype(np.float32)
        offset = np.clip(y_mean - gain * x_mean, -OFFSET_LIMIT_LEVELS, OFFSET_LIMIT_LEVELS)
    return Exposure(gain=gain, offset=offset.astype(np.float32))
