"""The quality gate: whether a frame is good enough to be judged, and why not."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import cv2
import numpy as np
from pydantic import Field

from pipeline.settings import Settings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.frames import Frame

Share = Annotated[float, Field(ge=0, le=1)]

# Measured at this width at most: focus still shows, and a 1080p frame costs no more than a small
# one. 640x360 is the size that keyframes have in triage.
_MEASURED_WIDTH_PX = 640
# Added to the grey variance when sharpness is divided by it: the noise of a flat, dark picture
# (standard deviation 3 of 255) must not look like detail.
_NOISE_VARIANCE = 9.0
# Mean grey at which a picture counts as of the next light: night, dusk, day. Noise and street lamps
# give each its own usual sharpness.
_LIGHT_BOUNDS = (50.0, 110.0)
_RISE = 0.1  # of the way per frame: ten sharp frames, not one noisy one, raise the reference
_LEARNING_FRAMES = 10  # before these, a camera's usual sharpness is not known


class QualityIssue(StrEnum):
    """Why a frame is not good enough."""

    BLURRED = "blurred"  # far less sharp than this camera usually is in this light
    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"
    BLANK = "blank"  # one colour all over: no signal, or a covered lens
    FROZEN = "frozen"  # the very same picture for too long: the stream stands still


class QualitySettings(Settings):
    """Limits of the gate."""

    blurred_below: Share = 0.35  # of the camera's usual sharpness
    dark_below: Annotated[int, Field(ge=0, le=255)] = 20  # grey level of a dark pixel
    dark_share: Share = 0.97  # a lit street at night has at least 3 % brighter than that
    bright_above: Annotated[int, Field(ge=0, le=255)] = 250  # grey level of a burnt-out pixel
    bright_share: Share = 0.6
    blank_deviation: Annotated[float, Field(ge=0)] = 3.0  # of grey levels; noise alone has 1 to 3
    frozen_seconds: Annotated[float, Field(gt=0)] = 60.0  # sensor noise changes every live picture
    forget_seconds: Annotated[float, Field(gt=0)] = 1800.0  # half-life of too high a usual value
    # While pictures count as blurred the usual value is kept longer: dirt must not become usual
    # before somebody has had a day to clean the lens.
    forget_blurred_seconds: Annotated[float, Field(gt=0)] = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameQuality:
    """What the gate measured in one frame."""

    sharpness: float  # see `sharpness`; >= 0
    relative_sharpness: float  # of the camera's usual sharpness in this light; 1.0 while learning
    dark_share: float  # of pixels, in [0, 1]
    bright_share: float  # of pixels, in [0, 1]
    still_seconds: float  # how long the very same picture has been coming
    issues: tuple[QualityIssue, ...]

    @property
    def is_usable(self) -> bool:
        """Whether nothing is wrong with the frame."""
        return not self.issues


class QualityGate:
    """Judges the frames of one camera against its own usual sharpness.

    State: one number for each of three kinds of light, one checksum; it never grows.
    """

    def __init__(self, settings: QualitySettings | None = None) -> None:
        self._settings = settings or QualitySettings()
        self._usual = [_Usual() for _ in range(len(_LIGHT_BOUNDS) + 1)]
        self._checksum: int | None = None
        self._still_since = 0.0  # seconds
        self._last_seconds = -math.inf

    def judge(self, frame: Frame) -> FrameQuality:
        """Measure one frame. Frames come in the order of their `seconds`.

        Where `seconds` run backwards the stream began anew, and so does the wait for a frozen one.
        """
        limits = self._settings
        grey = measured_grey(frame.image)
        mean, deviation, value = _sharpness_figures(grey)
        dark, bright = _exposure_shares(grey, limits.dark_below, limits.bright_above)
        still = self._still_seconds(grey, frame.seconds)
        issues: list[QualityIssue] = []
        if deviation < limits.blank_deviation:
            issues.append(QualityIssue.BLANK)
        if dark > limits.dark_share:
            issues.append(QualityIssue.TOO_DARK)
        if bright > limits.bright_share:
            issues.append(QualityIssue.TOO_BRIGHT)
        if still > limits.frozen_seconds:
            issues.append(QualityIssue.FROZEN)
        relative = 1.0
        if not issues:  # only a live, lit picture says how sharp the camera is
            usual = self._usual[sum(mean >= bound for bound in _LIGHT_BOUNDS)]
            relative = usual.ratio(value)
            if relative < limits.blurred_below:
                issues.append(QualityIssue.BLURRED)
            half_life = limits.forget_blurred_seconds if issues else limits.forget_seconds
            usual.learn(value, frame.seconds, half_life)
        return FrameQuality(
            sharpness=value,
            relative_sharpness=relative,
            dark_share=dark,
            bright_share=bright,
            still_seconds=still,
            issues=tuple(issues),
        )

    def _still_seconds(self, grey: NDArray[np.uint8], seconds: float) -> float:
        # Every second pixel of every second row: a stuck stream repeats those too, at a quarter of
        # the cost.
        checksum = zlib.crc32(grey[::2, ::2].tobytes())
        if checksum != self._checksum or seconds < self._last_seconds:
            self._checksum = checksum
            self._still_since = seconds
        self._last_seconds = seconds
        return seconds - self._still_since


@dataclass(slots=True)
class _Usual:
    """A camera's usual sharpness in one kind of light: rises in frames, falls in time."""

    value: float = 0.0
    frames: int = 0
    seconds: float = 0.0

    def ratio(self, value: float) -> float:
        if self.frames < _LEARNING_FRAMES or self.value <= 0:
            return 1.0
        return value / self.value

    def learn(self, value: float, seconds: float, half_life_seconds: float) -> None:
        elapsed = max(seconds - self.seconds, 0.0)
        if self.frames < _LEARNING_FRAMES:
            self.value += (value - self.value) / (self.frames + 1)
            self.frames += 1
        elif value >= self.value:
            self.value += _RISE * (value - self.value)
        else:
            self.value -= (self.value - value) * (1 - 0.5 ** (elapsed / half_life_seconds))
        self.seconds = seconds


def measured_grey(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A picture (height x width x 3, BGR) in grey, at most 640 pixels wide."""
    height, width = image.shape[:2]
    if width > _MEASURED_WIDTH_PX:
        size = (_MEASURED_WIDTH_PX, max(round(height * _MEASURED_WIDTH_PX / width), 1))
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    return cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.uint8, copy=False)


def sharpness(grey: NDArray[np.uint8]) -> float:
    """Variance of the Laplacian relative to the variance of the grey levels; 0 for a flat picture.

    The division takes the scene's contrast out, so that dusk is not taken for blur. Comparable only
    between pictures of one scene at one size.

    >>> rows = np.arange(0, 256, 4, dtype=np.uint8)
    >>> round(sharpness(np.tile(rows, (64, 1))), 3)  # a smooth ramp
    0.0
    """
    return _sharpness_figures(grey)[2]


def _sharpness_figures(grey: NDArray[np.uint8]) -> tuple[float, float, float]:
    """Mean and standard deviation of the grey levels, and the sharpness."""
    mean, deviation = cv2.meanStdDev(grey)
    edges = cv2.Laplacian(grey, cv2.CV_16S)
    # The variance; twice as fast as `meanStdDev`, which has no SIMD for 16 bits.
    spread = cv2.norm(edges, cv2.NORM_L2SQR) / edges.size - cv2.mean(edges)[0] ** 2
    contrast = float(deviation[0, 0])
    return (
        float(mean[0, 0]),
        contrast,
        max(spread, 0.0) / (contrast**2 + _NOISE_VARIANCE),
    )


def _exposure_shares(
    grey: NDArray[np.uint8], dark_below: int, bright_above: int
) -> tuple[float, float]:
    """Shares of pixels darker and brighter than two grey levels."""
    dark, bright = np.count_nonzero(grey < dark_below), np.count_nonzero(grey > bright_above)
    return int(dark) / grey.size, int(bright) / grey.size
