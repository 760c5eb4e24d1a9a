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
        # What is there no more goes at the speed at which it came; what is unsteady, slowly.
        unsteady = ~(occupied | stable)
        fading = stable * np.float32(dt) + unsteady * np.float32(UNSTEADY_DECAY * dt)
        solid, plain = stable & difference.solid, stable & (difference.veil | difference.solid)
        growth = np.float32(2.0 * dt)  # less the fading
        keep = self._keep_seconds
        age, flat_age = self._min_age_seconds, self._flat_age_seconds
        _follow(self.solid_seconds, solid * growth, fading, limit=age + keep)
        _follow(self.veil_seconds, plain * growth, fading, limit=flat_age + keep)
        leave = LEAVE_FACTOR * self._keep_seconds
        self.standing = _hysteresis(self.standing, self.solid_seconds, age, age - leave)
        self.standing_veil = _hysteresis(
            self.standing_veil, self.veil_seconds, flat_age, flat_age - leave
        )
        # Until all evidence has gone: what is being given up may not become a new thing on the way.
        held = (self.held_seconds + np.float32(dt)) * (self.solid_seconds > 0)
        self.held_seconds = np.minimum(held, MAX_HELD_SECONDS)

    @property
    def standing_px(self) -> int:
        """Pixels where something stands, solid or plain, whichever are more."""
        solid, plain = np.count_nonzero(self.standing), np.count_nonzero(self.standing_veil)
        return max(int(solid), int(plain))

    def seconds_of(self, *, flat: bool) -> NDArray[np.float32]:
        """The accumulator of plain or of solid patches."""
        return self.veil_seconds if flat else self.solid_seconds

    def forget(self, where: NDArray[np.bool_]) -> None:
        """Drop the evidence where the mask is true."""
        for array in (self.solid_seconds, self.veil_seconds, self.held_seconds):
            array[where] = 0.0
        self.standing[where] = False
        self.standing_veil[where] = False


def _follow(
    seconds: NDArray[np.float32],
    growth: NDArray[np.floating],
    fading: NDArray[np.floating],
    *,
    limit: float,
) -> None:
    seconds += growth
    seconds -= fading
    np.clip(seconds, 0.0, limit, out=seconds)


def _hysteresis(
    before: NDArray[np.bool_], seconds: NDArray[np.float32], enter: float, leave: float
) -> NDArray[np.bool_]:
    return np.asarray((seconds >= enter) | (before & (seconds >= leave)), np.bool_)
