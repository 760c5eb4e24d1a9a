"""The camera's tone curve: linear light to 8-bit pictures, and relighting a finished picture."""

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

EXPOSURE = 0.8
BRIGHTEST = 1.7
"""Light of a white thing under the full sky; brighter display values have lost their light."""


def curve(linear: NDArray[np.float64]) -> NDArray[np.float64]:
    """Linear light to display values 0..1 with a film-like shoulder (Narkowicz' ACES fit).

    >>> curve(np.array([0.0, 1.0, 1000.0])).round(2).tolist()
    [0.0, 0.88, 1.0]
    """
    x = np.maximum(linear, 0) * EXPOSURE
    x = x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14)
    return np.asarray(np.clip(x, 0, 1) ** (1 / 2.2), np.float64)


@lru_cache(maxsize=1)
def _linear() -> NDArray[np.float64]:
    """Linear light of each of the 256 display values."""
    grid = np.concatenate([[0.0], np.geomspace(1e-5, 40.0, 4000)])
    light = np.interp(np.arange(256) / 255, curve(grid), grid)
    return np.asarray(np.minimum(light, BRIGHTEST), np.float64)


@lru_cache(maxsize=4096)
def _table(gain: int) -> NDArray[np.uint8]:
    """Display value to display value when the light is multiplied by gain / 256."""
    return np.asarray(np.round(curve(_linear() * gain / 256) * 255), np.uint8)


def relight(picture: NDArray[np.uint8], gain: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The picture as it would look with its light multiplied per channel by gain (3,)."""
    table = np.stack([_table(round(float(g) * 256)) for g in gain], -1)[None]
    return np.asarray(cv2.LUT(picture, table), np.uint8)
