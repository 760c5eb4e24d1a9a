"""Which standing patches are things, and which are light, dust or ghosts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.change.patches import (
    Patch,
    find_patches,
    is_airborne,
    is_ghost,
    is_in_haze,
    is_light,
    relit_ratio,
)

if TYPE_CHECKING:
    from pipeline.change.difference import Difference
    from pipeline.change.haze import HazeField
    from pipeline.change.memory import CameraMemory, Look
    from pipeline.change.settings import ChangeSettings

RELIT_RATIO = (
    0.55  # things lie at 0.7 to 1.05, shadow at 0.1, wet wheel tracks at 0.5 (docs/change.md)
)
LIGHT_EVENT_SHARE = 0.02  # of the picture is proven shadow or sun: plain patches may be it, too


@dataclass(frozen=True, slots=True, kw_only=True)
class Sifted:
    """Patches by what they are."""

    things: tuple[Patch, ...]
    ghosts: tuple[Patch, ...]  # something was taken away there
    hazy: tuple[Patch, ...]  # a known place behind dust or mist
    notes: tuple[str, ...]  # codes of what was left out


def sift(
    memory: CameraMemory,
    look: Look,
    difference: Difference,
    field: HazeField | None,
    settings: ChangeSettings,
) -> Sifted:
    """Find the patches that stand and sort them.

    Args:
        memory: Holds the evidence and the steady view.
        look: At the newest picture.
        difference: Of the steady view from the reference.
        field: Haze over the picture, if it was measured.
        settings: Bounds of size and number.
    """
    evidence, steady = memory.evidence, memory.steady.colour
    things, ghosts, behind_haze, notes = [], [], [], []
    theirs = evidence.occupied_share > settings.max_occupied_share
    pixels = memory.grid.rows * memory.grid.columns
    low, high = settings.min_area_share * pixels, settings.max_area_share * pixels
    solid = evidence.standing & ~theirs
    for patch in find_patches(solid, difference, min_area=low, max_area=high):
        if field is not None and is_in_haze(patch, field.veiled):
            behind_haze.append(patch)
            notes.append("airborne")
        elif is_airborne(patch, steady, look.comparand):
            notes.append("airborne")
        elif relit_ratio(patch, difference, look.comparand) < RELIT_RATIO:
            notes.append("relit")
        elif is_ghost(patch, steady, look.comparand):
            ghosts.append(patch)
            notes.append("ghost")
        else:
            things.append(patch)
    lit = evidence.standing_veil & difference.veil & difference.telling
    if np.count_nonzero(lit) >= LIGHT_EVENT_SHARE * pixels:
        notes.append("light_event")
    else:
        plain = evidence.standing_veil & ~evidence.standing & ~theirs
        for patch in find_patches(plain, difference, min_area=low, max_area=high, flat=True):
            hazy = field is not None and is_in_haze(patch, field.veiled)
            if not (hazy or is_light(patch, difference)) and not (
                is_airborne(patch, steady, look.comparand)
                or is_ghost(patch, steady, look.comparand)
            ):
                things.append(patch)
    limit = settings.max_patches
    return Sifted(
        things=tuple(things[:limit]),
        ghosts=tuple(ghosts[:limit]),
        hazy=tuple(behind_haze),
        notes=tuple(notes),
    )
