"""What may be pasted: crops of ads and cut-outs of things, all from training pictures or drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from models.composites.cutouts import CutOut
    from models.composites.harmony import Picture


@dataclass(frozen=True, slots=True, kw_only=True)
class Crop:
    """A tight crop of a labelled flat thing."""

    picture: Picture
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """All that may be pasted; every part of it comes from training pictures or our renderer."""

    crops: Mapping[str, Sequence[Crop]]  # by class name
    stalls: Sequence[CutOut]
    parasols: Sequence[CutOut]
    goods: Sequence[CutOut]
