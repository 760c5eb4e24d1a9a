"""One reference view: what the camera shows when nothing new is there, learned slowly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.change.channels import chosen, per_channel
from pipeline.errors import ReferenceViewError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.change.results import Light
    from pipeline.change.steady import SteadyView

NOISE_STEP_LEVELS = 0.25  # stored noise is a byte: 0..63.75 levels
CLIP_NOISE_FACTOR = 3.0  # a larger difference pulls no harder: a mean that behaves like a median
CLIP_LEVELS = 4.0
SETTLE_SECONDS = 120.0  # a young reference still follows quickly, then ever more slowly
LEARN_EVERY_SECONDS = 3.0  # what takes minutes need not be done for each picture
CHANNELS = 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReferenceView:
    """A reference view as it is kept and handed around.

    Raises:
        ReferenceViewError: The arrays do not fit each other.
    """

    camera_id: str
    light: Light
    variant: int  # 0: first learned in this light; dry and wet streets differ
    seconds: float  # camera time it has learned for
    colour: NDArray[np.uint8]  # h x w x 3, BGR
    noise: NDArray[np.uint8]  # h x w, mean deviation in steps of 0.25 grey levels
    known: NDArray[np.bool_]  # h x w, false where it has not learned yet

    def __post_init__(self) -> None:
        """Check the arrays against each other."""
        shape = self.known.shape
        fits = (
            len(shape) == CHANNELS - 1
            and self.known.dtype == np.bool_
            and self.colour.shape == (*shape, CHANNELS)
            and self.colour.dtype == np.uint8
            and self.noise.shape == shape
            and self.noise.dtype == np.uint8
        )
        if not fits or self.variant < 0 or not self.seconds >= 0:
            raise ReferenceViewError(
                "a reference view is colour h x w x 3 and noise h x w of uint8 and known h x w of"
                f" bool, got {self.colour.shape} {self.colour.dtype}, {self.noise.shape}"
                f" {self.noise.dtype}, {self.known.shape} {self.known.dtype};"
                " delete it and let the camera learn again"
            )


class LiveReference:
    """The reference view in use: floats, so that it can learn a fraction of a level at a time."""

    def __init__(self, view: ReferenceView) -> None:
        self.camera_id = view.camera_id
        self.light = view.light
        self.variant = view.variant
        self.seconds = view.seconds
        self.colour = view.colour.astype(np.float32)
        self.noise = view.noise.astype(np.float32) * np.float32(NOISE_STEP_LEVELS)
        self.known = view.known.copy()
        self._waited_seconds = 0.0

    @classmethod
    def blank(
        cls, camera_id: str, light: Light, variant: int, shape: tuple[int, int]
    ) -> LiveReference:
        """A reference that knows nothing yet."""
        return cls(
            ReferenceView(
                camera_id=camera_id,
                light=light,
                variant=variant,
                seconds=0.0,
                colour=np.zeros((*shape, CHANNELS), np.uint8),
                noise=np.zeros(shape, np.uint8),
                known=np.zeros(shape, np.bool_),
            )
        )

    def frozen_copy(self) -> ReferenceView:
        """The view as data, rounded to bytes."""
        return ReferenceView(
            camera_id=self.camera_id,
            light=self.light,
            variant=self.variant,
            seconds=self.seconds,
            colour=np.rint(self.colour).astype(np.uint8),
            noise=np.clip(np.rint(self.noise / NOISE_STEP_LEVELS), 0, 255).astype(np.uint8),
            known=self.known.copy(),
        )

    def acquire(self, steady: SteadyView, where: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Take the steady view as reference where it is not known yet.

        Returns:
            h x w, where that was so.
        """
        new = where & ~self.known
        if new.any():
            self.colour = chosen(new, steady.colour, self.colour)
            self.noise[new] = steady.noise[new]
            self.known |= new
        return new

    def is_due(self, dt: float) -> bool:
        """Count `dt` seconds more; whether it is time to learn again."""
        self.seconds += dt
        self._waited_seconds += dt
        return self._waited_seconds >= LEARN_EVERY_SECONDS

    def learn(
        self,
        steady: SteadyView,
        where: NDArray[np.bool_],
        unclipped: NDArray[np.bool_],
        *,
        slow_seconds: float,
    ) -> None:
        """Follow the steady view slowly, for the seconds since it last did.

        Args:
            steady: What the camera shows now.
            where: h x w, the pixels that may learn.
            unclipped: h x w, those of them that follow a large difference as fast as a small one.
            slow_seconds: Time constant of an old reference.
        """
        # Young references settle; the rate falls from 1/120 s to 1/slow_seconds with age.
        time_constant = min(max(self.seconds, SETTLE_SECONDS), slow_seconds)
        rate = np.float32(1.0 - np.exp(-self._waited_seconds / time_constant))
        self._waited_seconds = 0.0
        limit = CLIP_NOISE_FACTOR * self.noise + CLIP_LEVELS
        limits = per_channel(np.maximum(limit, unclipped * np.float32(255.0)))
        pull = np.minimum(np.maximum(steady.colour - self.colour, -limits), limits)
        weight = (where & self.known) * rate
        self.colour += pull * per_channel(weight)
        self.noise += (steady.noise - self.noise) * weight
