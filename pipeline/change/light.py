"""Which coarse light a picture shows: day, dusk or night, with hysteresis."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from pipeline.change.channels import channel_max, channel_min
from pipeline.change.results import Light

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Mean grey level of the whole picture. Street cameras hold a day picture near 100..130 by exposure
# and let go at night; the real clips at hand lie at 84..137 by day.
DAY_LEVEL = 75.0
NIGHT_LEVEL = 45.0
HYSTERESIS_LEVELS = 8.0  # an exposure step of 10 % near a limit changes nothing
COLOURLESS_LEVELS = 3.0  # mean of max - min channel: below it an infra-red (night mode) picture
COLOURED_LEVELS = 8.0  # this camera does send colour


class LightMeter:
    """Tells the light of a camera's pictures; a new light counts once it has lasted."""

    def __init__(self, hold_seconds: float) -> None:
        self._hold_seconds = hold_seconds
        self._light: Light | None = None
        self._other: Light | None = None
        self._other_seconds = 0.0
        self._has_colour = False

    @property
    def settling(self) -> bool:
        """Whether the newest picture shows another light than the one that counts."""
        return self._other is not None

    def update(self, image: NDArray[np.uint8], dt: float) -> Light:
        """Take one picture (h x w x 3, BGR) and return the light that counts.

        Args:
            image: The coarse picture as the camera sent it.
            dt: Seconds since the picture before.
        """
        seen = self._judge(image)
        if self._light is None:
            self._light = seen
        if seen is self._light:
            self._other, self._other_seconds = None, 0.0
        elif seen is not self._other:
            self._other, self._other_seconds = seen, 0.0
        else:
            self._other_seconds += dt
            if self._other_seconds >= self._hold_seconds:
                self._light, self._other, self._other_seconds = seen, None, 0.0
        return self._light

    def _judge(self, image: NDArray[np.uint8]) -> Light:
        sample = np.ascontiguousarray(image[::4, ::4])  # a mean needs no more than 1 pixel in 16
        level = cv2.mean(sample.reshape(-1))[0]
        colour = cv2.mean(channel_max(sample) - channel_min(sample))[0]
        self._has_colour = self._has_colour or colour >= COLOURED_LEVELS
        if self._has_colour and colour < COLOURLESS_LEVELS:
            return Light.NIGHT
        day, night = DAY_LEVEL, NIGHT_LEVEL
        day += -HYSTERESIS_LEVELS if self._light is Light.DAY else HYSTERESIS_LEVELS
        night += HYSTERESIS_LEVELS if self._light is Light.NIGHT else -HYSTERESIS_LEVELS
        if self._light is None:
            day, night = DAY_LEVEL, NIGHT_LEVEL
        if level >= day:
            return Light.DAY
        return Light.NIGHT if level < night else Light.DUSK
