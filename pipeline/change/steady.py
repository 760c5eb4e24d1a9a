"""The steady view: what each pixel has shown for a while, less what only passed by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipeline.change.channels import absolute_difference, blend

if TYPE_CHECKING:
    from numpy.typing import NDArray

BASE_TOLERANCE_LEVELS = 10.0  # JPEG and sensor noise of a coarse pixel stay below it
NOISE_FACTOR = 3.0  # of the pixel's own trembling
AVERAGE_SECONDS = 8.0  # the view is the mean of about so long
REPLACE_SECONDS = 2.5  # disagreement that long is not a passer-by: begin anew
MAX_MISS_SECONDS = 0.6 * REPLACE_SECONDS  # but never one picture alone, however far apart they come
FIRST_NOISE_LEVELS = 3.0
MAX_NOISE_LEVELS = 40.0  # a tree in a storm; beyond it a pixel says nothing anyway
QUICK_NOISE_SECONDS = 10.0  # time constant while a pixel is new
NOISE_SECONDS = 60.0  # time constant afterwards
MAX_WATCHED_SECONDS = 86400.0  # more would lose the fractions of a second
STARTLE_LEVELS = 30.0  # one sample raises the deviation by no more than from this


class SteadyView:
    """Running mean of what stays, with how long it has stayed and how much it trembles.

    All arrays are h x w; one object holds 7 floats a pixel, whatever time passes.
    """

    def __init__(self, picture: NDArray[np.float32]) -> None:
        shape = picture.shape[:2]
        self.colour = picture.copy()  # h x w x 3, grey levels in the reference's tones
        self.seconds = np.zeros(shape, np.float32)  # how long the colour has held
        self.noise = np.full(
            shape, FIRST_NOISE_LEVELS, np.float32
        )  # mean change per picture, levels
        self.watched_seconds = np.zeros(shape, np.float32)  # how long the pixel was in view
        self._missed_seconds = np.zeros(shape, np.float32)
        self._was_visible = np.zeros(shape, np.bool_)

    def update(
        self,
        picture: NDArray[np.float32],
        step: NDArray[np.float32],
        visible: NDArray[np.bool_],
        dt: float,
    ) -> NDArray[np.bool_]:
        """Take one picture; pixels that are not visible keep what they had.

        Args:
            picture: h x w x 3, in the reference's tones.
            step: h x w, how far it differs from the picture before, grey levels.
            visible: h x w.
            dt: Seconds since the picture before.

        Returns:
            h x w, true where the picture now differs from the steady view.
        """
        difference = absolute_difference(picture, self.colour)
        differs = difference > BASE_TOLERANCE_LEVELS + NOISE_FACTOR * self.noise
        agrees = visible & ~differs
        misses = visible & differs

        # Masks as factors: choosing pixels one by one costs ten times as much.
        seconds, missed = self.seconds, self._missed_seconds
        seconds += agrees * np.float32(dt)
        weight = np.float32(dt) / (np.minimum(seconds, AVERAGE_SECONDS) + np.float32(1e-6))
        weight = np.minimum(weight, 1.0) * agrees
        missed += misses * np.float32(min(dt, MAX_MISS_SECONDS))
        missed *= ~agrees
        replaced = misses & (missed >= REPLACE_SECONDS)
        if replaced.any():
            weight += replaced  # where it was 0
            seconds *= ~replaced
            missed *= ~replaced
        blend(self.colour, picture, weight)
        self._learn_noise(step, visible, dt)
        return differs & visible

    def _learn_noise(
        self, step: NDArray[np.float32], visible: NDArray[np.bool_], dt: float
    ) -> None:
        """Trembling shows from picture to picture; a new thing is a step, once."""
        both = visible & self._was_visible
        self._was_visible = visible
        startle = np.minimum(step, STARTLE_LEVELS + self.noise)
        slow = np.clip(self.watched_seconds, QUICK_NOISE_SECONDS, NOISE_SECONDS)
        rate = (1.0 - np.exp(np.float32(-dt) / slow)) * both
        self.noise = np.minimum(self.noise + (startle - self.noise) * rate, MAX_NOISE_LEVELS)
        watched = self.watched_seconds + visible * np.float32(dt)
        self.watched_seconds = np.minimum(watched, MAX_WATCHED_SECONDS)
