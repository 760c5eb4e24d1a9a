"""Exposure compensation: the gain and offset per channel that make a picture fit its reference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.change.channels import channel_max, channel_min

if TYPE_CHECKING:
    from numpy.typing import NDArray

SAMPLE_STEP = 9  # every ninth pixel each way: 720 of 320 x 180 are plenty for two numbers
MIN_SAMPLES = 40  # fewer say nothing about the picture
ROUNDS = 3  # of re-weighting; the fit moves less than 0.1 level after the third
SETTLED_LEVELS = 0.05  # a round that moved the fit by less, in mid grey, was the last
MID_LEVEL = 128.0
FITTING_LEVELS = 4.0  # median error of noise alone: the last fit is still the place to start
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
        rows, columns = image.shape[:2]
        # Blue, green, red, blue ...: long rows are quick to work on.
        toned = image.reshape(rows, -1).astype(np.float32)
        toned *= np.tile(self.gain, columns)
        toned += np.tile(self.offset, columns)
        return np.clip(toned, 0.0, 255.0, out=toned).reshape(image.shape)

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
        before: The fit of the last picture: where to start unless the medians fit better, and the
            answer when too few pixels are usable.
    """
    step = (slice(SAMPLE_STEP // 2, None, SAMPLE_STEP),) * 2
    seen = np.ascontiguousarray(picture[step])
    wanted = reference[step]
    keep = usable[step] & (channel_max(seen) < SATURATED) & (channel_min(seen) > BLACK)
    if int(keep.sum()) < MIN_SAMPLES:
        return before
    # Channels first: sums along rows are several times as fast.
    x = np.ascontiguousarray(seen[keep].T, np.float32)
    y = np.ascontiguousarray(wanted[keep].T, np.float32)
    cost = _cost(x, y, before)
    if cost <= FITTING_LEVELS:
        return _refined(x, y, before)
    median_gain = np.median(y, axis=1) / np.maximum(np.median(x, axis=1), 1.0)
    fresh = Exposure(
        gain=np.clip(median_gain, *GAIN_LIMITS).astype(np.float32), offset=np.zeros(3, np.float32)
    )
    return _refined(x, y, fresh if _cost(x, y, fresh) < cost else before)


def _errors(
    x: NDArray[np.float32],
    y: NDArray[np.float32],
    gain: NDArray[np.float32],
    offset: NDArray[np.float32],
) -> NDArray[np.float32]:
    return np.abs(y - gain[:, None] * x - offset[:, None])


def _cost(x: NDArray[np.float32], y: NDArray[np.float32], fit: Exposure) -> float:
    return float(np.median(_errors(x, y, fit.gain, fit.offset)))


def _refined(x: NDArray[np.float32], y: NDArray[np.float32], fit: Exposure) -> Exposure:
    """Iteratively re-weighted least squares; samples are 3 x N."""
    gain, offset = fit.gain, fit.offset
    for _ in range(ROUNDS):
        residual = _errors(x, y, gain, offset).max(axis=0)
        weight = np.float32(1.0) / (
            np.float32(1.0) + np.square(residual / np.float32(SCALE_LEVELS))
        )
        weight /= weight.sum()
        x_mean, y_mean = x @ weight, y @ weight
        dx, dy = x - x_mean[:, None], y - y_mean[:, None]
        spread, common = (dx * dx) @ weight, (dx * dy) @ weight
        level_gain = y_mean / np.maximum(x_mean, 1.0)  # what a pure gain would be
        level = MID_LEVEL * gain + offset
        gain = (common + SPREAD_PRIOR * level_gain) / (spread + SPREAD_PRIOR)
        gain = np.clip(gain, *GAIN_LIMITS).astype(np.float32)
        offset = np.clip(y_mean - gain * x_mean, -OFFSET_LIMIT_LEVELS, OFFSET_LIMIT_LEVELS)
        if np.abs(MID_LEVEL * gain + offset - level).max() < SETTLED_LEVELS:
            break
    return Exposure(gain=gain, offset=offset.astype(np.float32))
