"""What the change witness says about one frame, as plain data that rules read."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from pipeline.geometry import Box

if TYPE_CHECKING:
    from numpy.typing import NDArray


class ViewState(StrEnum):
    """Whether the camera's picture can be compared with its reference view."""

    LEARNING = "learning"  # no reference for this light yet
    OK = "ok"
    MOVED = "moved"  # the camera looks elsewhere than its reference
    BLOCKED = "blocked"  # something covers the lens, or the picture is black or white
    UNSTABLE = "unstable"  # light or weather is changing faster than references can follow


class Light(StrEnum):
    """Coarse light of a picture; each has its own reference view."""

    DAY = "day"
    DUSK = "dusk"
    NIGHT = "night"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeProposal:
    """A static patch that was not there before, and is neither a person nor a vehicle."""

    box: Box  # in pixels of the source frame
    age_seconds: float  # how long it has stood there
    strength: float  # mean score of what differs inside the patch, in [0, 1]; see docs/change.md
    fill: float  # share of the box that the patch fills, in [0, 1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Haze:
    """How much airborne dust, mist or fog veils one zone against its reference view."""

    zone_id: str
    cover: float  # share of the zone that is veiled, in [0, 1]
    frame_cover: float  # share of the whole picture that is veiled, in [0, 1]: fog veils all of it
    growth_per_second: float  # change of cover, share of the zone per second
    texture_loss: float  # mean loss of local contrast where veiled, in [0, 1]
    warmth: float  # red minus blue of the air that veils it, in [-1, 1]: dust > 0, mist <= 0
    brightness_shift: float  # mean brightening where veiled, in [-1, 1]
    unrest: float  # frame-to-frame change where veiled, in [0, 1]: a plume billows, a net does not
    box: Box | None  # smallest box around the largest veiled patch, in source pixels


@dataclass(frozen=True, slots=True, kw_only=True)
class SurfaceChange:
    """Material on a road surface after a passage that was not there before it."""

    box: Box  # in pixels of the source frame
    area_share: float  # share of the road zone, in [0, 1]
    darkening: float  # mean brightness lost, in [-1, 1]: a wet patch darkens and stays smooth
    texture_gain: (
        float  # mean local contrast gained, in [-1, 1]: soil is rough, water and shadow not
    )
    edge_sharpness: float  # mean gradient along its outline relative to the road's, >= 0
    colour_shift: float = 0.0  # from the road's own hue, log units, >= 0: water and shadow keep it


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ChangeResult:
    """What differs from the reference view in one frame."""

    seconds: float
    state: ViewState
    light: Light
    width: int  # pixels of the source frame
    height: int  # pixels of the source frame
    changed: NDArray[np.bool_]  # h x w, coarse: differs from the reference for a while
    moving: NDArray[np.bool_]  # h x w, coarse: differs from the last frames
    proposals: tuple[ChangeProposal, ...] = ()
    hazes: tuple[Haze, ...] = ()
    shift_px: tuple[float, float] = (0.0, 0.0)  # camera shake against the reference, source pixels
    notes: tuple[str, ...] = field(default=())  # codes of what was compensated, for logs

    def changed_share(self, box: Box) -> float:
        """Share of a box (source pixels) that differs from the reference, in [0, 1]."""
        return _share(self.changed, box, self.width, self.height)

    def moving_share(self, box: Box) -> float:
        """Share of a box (source pixels) that moves, in [0, 1]."""
        return _share(self.moving, box, self.width, self.height)


def _share(mask: NDArray[np.bool_], box: Box, width: int, height: int) -> float:
    rows, columns = mask.shape
    x1 = int(max(box.x1, 0) * columns / width)
    x2 = int(np.ceil(min(box.x2, width) * columns / width))
    y1 = int(max(box.y1, 0) * rows / height)
    y2 = int(np.ceil(min(box.y2, height) * rows / height))
    patch = mask[y1:y2, x1:x2]
    return float(patch.mean()) if patch.size else 0.0
