"""The camera's reference views: several per light, one in use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipeline.change.channels import chosen
from pipeline.change.difference import Comparand
from pipeline.change.reference import LiveReference, ReferenceView
from pipeline.change.registration import Registration
from pipeline.errors import ReferenceViewError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from pipeline.change.exposure import Exposure
    from pipeline.change.results import Light
    from pipeline.change.steady import SteadyView

REFRESH_SECONDS = 10.0  # the comparand follows the reference this often
NEVER = -1e9


class ReferenceBank:
    """At most `max_variants` views for each of the three lights; one is in use."""

    def __init__(self, camera_id: str, shape: tuple[int, int], max_variants: int) -> None:
        self._camera_id = camera_id
        self._shape = shape
        self._max_variants = max_variants
        self._kept: dict[tuple[Light, int], ReferenceView] = {}
        self.live: LiveReference | None = None
        self._comparand: Comparand | None = None
        self._registration: Registration | None = None
        self._prepared_at = NEVER

    def export(self) -> tuple[ReferenceView, ...]:
        """All views, by light and variant."""
        kept = dict(self._kept)
        if self.live is not None:
            kept[self.live.light, self.live.variant] = self.live.frozen_copy()
        return tuple(kept[key] for key in sorted(kept, key=lambda k: (k[0].value, k[1])))

    def adopt(self, views: Iterable[ReferenceView]) -> None:
        """Take over views that were kept before.

        Raises:
            ReferenceViewError: A view is another camera's or has another shape.
        """
        for view in views:
            if view.camera_id != self._camera_id:
                raise ReferenceViewError(
                    f"the reference view belongs to camera {view.camera_id!r}, not"
                    f" {self._camera_id!r}; give each camera a folder of its own"
                )
            if view.known.shape != self._shape:
                raise ReferenceViewError(
                    f"the reference view is {view.known.shape[1]} x {view.known.shape[0]}, the"
                    f" picture {self._shape[1]} x {self._shape[0]}; the camera's format or width_px"
                    " has changed: delete it and let the camera learn again"
                )
            if view.variant < self._max_variants:
                self._kept[view.light, view.variant] = view

    def forget(self) -> None:
        """Drop every view: the camera looks elsewhere for good."""
        self._kept.clear()
        self._use(None)

    def use_light(self, light: Light) -> None:
        """Bring a light's most learned view into use, or begin one."""
        if self.live is not None and self.live.light is light:
            return
        self._put_away()
        mine = [view for (of, _), view in self._kept.items() if of is light]
        if mine:
            self._use(LiveReference(max(mine, key=lambda view: view.seconds)))
        else:
            self._use(LiveReference.blank(self._camera_id, light, 0, self._shape))

    def others(self) -> tuple[ReferenceView, ...]:
        """The views of the light in use that are not in use, by variant."""
        if self.live is None:
            return ()
        live = self.live
        found = [v for (of, n), v in self._kept.items() if of is live.light and n != live.variant]
        return tuple(sorted(found, key=lambda view: view.variant))

    def switch_to(self, view: ReferenceView) -> None:
        """Bring another view into use."""
        self._put_away()
        self._use(LiveReference(view))

    def begin_variant(self, carried: NDArray[np.bool_], exposure: Exposure) -> None:
        """Begin a view for this light in other weather, in place of the least learned if full.

        Args:
            carried: h x w, where something stands: the new view takes the old one's pixels there,
                so that the weather does not turn a stall into background.
            exposure: Of the newest picture against the old view.
        """
        old = self.live
        if old is None:
            return
        self._put_away()
        taken = {n: view for (of, n), view in self._kept.items() if of is old.light}
        free = [n for n in range(self._max_variants) if n not in taken]
        number = free[0] if free else min(taken, key=lambda n: taken[n].seconds)
        new = LiveReference.blank(self._camera_id, old.light, number, self._shape)
        carried = carried & old.known
        new.colour[carried] = exposure.reverse(old.colour[carried])
        new.noise[carried] = old.noise[carried]
        new.known |= carried
        self._use(new)

    def begin_light_from_live(self, light: Light) -> None:
        """Let the view in use go on under another light: dusk falls on the same street.

        Nothing new is learned by that, so what stands there and is not reference stays so.
        """
        if self.live is None:
            return
        self._put_away()
        self.live.light, self.live.variant = light, 0
        self.live.seconds = 0.0  # young: it follows the changing light quickly

    def has_light(self, light: Light) -> bool:
        """Whether a view of this light is kept."""
        return any(of is light for of, _ in self._kept)

    def prepared(self, steady: SteadyView, now: float) -> tuple[Comparand, Registration]:
        """The view in use ready for comparison; where not yet known, the steady view."""
        live = self.live
        if live is None:
            raise ReferenceViewError("no reference view is in use; call use_light first")
        if (
            self._comparand is None
            or self._registration is None
            or now - self._prepared_at >= REFRESH_SECONDS
        ):
            colour = chosen(live.known, live.colour, steady.colour)
            noise = np.where(live.known, np.maximum(live.noise, steady.noise), steady.noise)
            self._comparand = Comparand(colour, noise)
            self._registration = Registration(
                self._comparand.relief, np.ones(self._shape, np.bool_)
            )
            self._prepared_at = now
        return self._comparand, self._registration

    def refresh(self) -> None:
        """Prepare anew at the next picture: the view has just learned something."""
        self._prepared_at = NEVER

    def _put_away(self) -> None:
        if self.live is not None and self.live.known.any():
            self._kept[self.live.light, self.live.variant] = self.live.frozen_copy()

    def _use(self, live: LiveReference | None) -> None:
        self.live = live
        self._comparand = None
        self._registration = None
        self._prepared_at = NEVER
