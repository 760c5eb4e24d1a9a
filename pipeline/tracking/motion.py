"""Motion of one box: a Kalman filter of constant velocity whose step is any span of time.

The four corners' coordinates carry the same noise and never mix, so they share one 2 x 2 covariance
of (position, velocity); filtering corners or centre, width and height then gives the same boxes.
Only ratios of the noises matter, so all are in units of a detection's own variance.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# ByteTrack's noise as the `trackers` package has it (measurement 0.1, start 1, process 0.01 per
# frame, px^2), divided by its measurement noise. tests/parity compares the results.
_START = 10.0  # variance of the first position, and of the first velocity per step
_PROCESS = 0.1  # variance that position, and velocity per step, gain with each step

STEPS_PER_SECOND = 30.0  # frame rate that the noise above was tuned for


class BoxMotion:
    """Position and velocity of one box.

    Args:
        box: First detection, (x1, y1, x2, y2).
    """

    __slots__ = ("_cross", "_position", "_position_variance", "_velocity", "_velocity_variance")

    def __init__(self, box: NDArray[np.float64]) -> None:
        self._position = box.astype(np.float64)
        self._velocity = np.zeros(4)  # px per step
        self._position_variance = _START
        self._velocity_variance = _START
        self._cross = 0.0  # covariance of position and velocity

    def predict(self, steps: float) -> None:
        """Let time pass, in steps of 1 / STEPS_PER_SECOND; a span may be cut anywhere.

        The noise of n steps is the noise of n single steps without a detection, written as a
        polynomial in n: a frame that was never decoded and a frame in which nothing was found are
        the same to the filter, whatever the frame rate.
        """
        n = steps
        self._position = self._position + n * self._velocity
        self._position_variance += (
            2 * n * self._cross
            + n * n * self._velocity_variance
            + _PROCESS * (n + (n - 1) * n * (2 * n - 1) / 6)
        )
        self._cross += n * self._velocity_variance + _PROCESS * n * (n - 1) / 2
        self._velocity_variance += _PROCESS * n

    def correct(self, box: NDArray[np.float64]) -> None:
        """Take in a detection (x1, y1, x2, y2) made now."""
        surprise = box - self._position
        total = self._position_variance + 1.0  # 1: the detection's own variance
        position_gain, velocity_gain = self._position_variance / total, self._cross / total
        self._position = self._position + position_gain * surprise
        self._velocity = self._velocity + velocity_gain * surprise
        self._velocity_variance -= velocity_gain * self._cross
        self._position_variance -= position_gain * self._position_variance
        self._cross -= position_gain * self._cross

    @property
    def box(self) -> NDArray[np.float64]:
        """Where the box is expected, (x1, y1, x2, y2); shrunk to nothing, never turned over."""
        low, high = self._position[:2], self._position[2:]
        turned = high < low
        if not turned.any():
            return self._position
        middle = (low + high) / 2
        return np.concatenate([np.where(turned, middle, low), np.where(turned, middle, high)])
