"""Evidence per pixel: for how many seconds something has stood there, through short occlusions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.change.difference import Difference

STABLE_SECONDS = 3.0  # the steady view must hold that long before a difference counts
LEAVE_FACTOR = 0.5  # of the shortest age: a pixel leaves so much below the age it entered at
OCCUPIED_SECONDS = 60.0  # time constant of "how often is a person or vehicle here"
MAX_HELD_SECONDS = 7 * 86400.0  # a float loses the seconds beyond
UNSTEADY_DECAY = 0.2  # of a second per second, where the picture does not come to rest


class StandingEvidence:
    """Two accumulators per pixel, solid and veil, each bounded by its cap."""

    def __init__(
        self, shape: tuple[int, int], *, min_age_seconds: float, flat_age_seconds: float
    ) -> None:
        self._min_age_seconds = min_age_seconds
        self._flat_age_seconds = flat_age_seconds
        self._keep_seconds = min_age_seconds  # what has gone is let go after about so long
        self.solid_seconds = np.zeros(shape, np.float32)
        self.veil_seconds = np.zeros(shape, np.float32)
        self.held_seconds = np.zeros(shape, np.float32)  # how long the pixel has been standing
        self.occupied_share = np.zeros(shape, np.float32)  # of the last minute, in [0, 1]
        self.standing = np.zeros(shape, np.bool_)
        self.standing_veil = np.zeros(shape, np.bool_)

    def update(
        self,
        difference: Difference,
        steady_seconds: NDArray[np.float32],
        occupied: NDArray[np.bool_],
        dt: float,
    ) -> None:
        """Take one comparison; all arrays h x w. Occupied pixels keep what they had."""
        rate = np.float32(1.0 - np.exp(-dt / OCCUPIED_SECONDS))
        self.occupied_share += (occupied - self.occupied_share) * rate
        stable = (steady_seconds >= STABLE_SECONDS) & ~occupied
        solid, any_ = difference.solid, difference.veil | difference.solid
        step = np.where(stable, np.float32(dt), np.float32(0.0))
        fading = np.where(occupied | stable, np.float32(0.0), np.float32(UNSTEADY_DECAY * dt))
        keep = self._keep_seconds
        age, flat_age = self._min_age_seconds, self._flat_age_seconds
        self.solid_seconds = _grown(self.solid_seconds, solid, step, fading, limit=age + keep)
        self.veil_seconds = _grown(self.veil_seconds, any_, step, fading, limit=flat_age + keep)
        leave = LEAVE_FACTOR * self._keep_seconds
        self.standing = _hysteresis(self.standing, self.solid_seconds, age, age - leave)
        self.standing_veil = _hysteresis(
            self.standing_veil, self.veil_seconds, flat_age, flat_age - leave
        )
        # Until all evidence has gone: what is being given up may not become a new thing on the way.
        held = np.where(self.solid_seconds > 0, self.held_seconds + dt, 0.0)
        self.held_seconds = np.minimum(held, MAX_HELD_SECONDS).astype(np.float32)

    def seconds_of(self, *, flat: bool) -> NDArray[np.float32]:
        """The accumulator of plain or of solid patches."""
        return self.veil_seconds if flat else self.solid_seconds

    def forget(self, where: NDArray[np.bool_]) -> None:
        """Drop the evidence where the mask is true."""
        for array in (self.solid_seconds, self.veil_seconds, self.held_seconds):
            array[where] = 0.0
        self.standing[where] = False
        self.standing_veil[where] = False


def _grown(
    seconds: NDArray[np.float32],
    differs: NDArray[np.bool_],
    step: NDArray[np.float32],
    fading: NDArray[np.float32],
    *,
    limit: float,
) -> NDArray[np.float32]:
    change = np.where(differs, step, -step) - fading
    return np.asarray(np.clip(seconds + change, 0.0, limit), np.float32)


def _hysteresis(
    before: NDArray[np.bool_], seconds: NDArray[np.float32], enter: float, leave: float
) -> NDArray[np.bool_]:
    return np.asarray((seconds >= enter) | (before & (seconds >= leave)), np.bool_)
