# ruff: noqa: PLR2004 - a scene is made of numbers; each has its reason beside it
"""What is put on a background: ads, stalls, trucks, spills, dust, and twins that are none of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from models.classes import LOAD_STATES
from models.composites.canvas import Canvas
from models.composites.cutouts import CutOut, assembled, rendered
from models.composites.ground_work import TRIES, put_dust, put_mist, put_spill, put_wet, random_foot
from models.composites.hanging import put_ad
from models.composites.harmony import Picture, jpeg
from models.composites.sources import Sources

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.composites.bases import Base, BaseSet

ADS: Final = ("poster", "banner", "billboard")
# A stall is 1.6 to 2.2 m: 26 px is the least that a box can be drawn around.
STALL_SCALES: Final = (14.0, 190.0)
TRUCK_SCALES: Final = (14.0, 90.0)
MAY_COVER: Final = 0.15  # of a labelled thing by a stall or a truck
# What lies flat is put first, what floats last.
ORDER: Final = ("wet", "spill", "billboard", "banner", "poster", "truck", "stall", "mist", "dust")


@dataclass(frozen=True, slots=True, kw_only=True)
class Composite:
    """A finished picture."""

    picture: Picture
    labels: NDArray[np.float32]  # (N, 5) class id, x1, y1, x2, y2 in fractions
    made_of: tuple[str, ...]
    trucks: tuple[tuple[str, Picture], ...]  # load state and crop of each truck put there


def compose(
    base: Base, rule: BaseSet, sources: Sources, rng: np.random.Generator
) -> Composite | None:
    """Put a random choice of a background's recipes on it.

    Returns:
        None where nothing found a place; the same arguments give the same composite.
    """
    canvas = Canvas(base, rng)
    trucks: list[tuple[str, Picture]] = []
    wanted = [name for name in ORDER if rng.random() < rule.recipes.get(name, 0.0)]
    if not wanted:  # every composite gets at least one
        names = [name for name in ORDER if name in rule.recipes]
        wanted = [str(rng.choice(names))]
    for name in wanted:
        if name in ADS:
            for _ in range(int(rng.integers(1, 3 if name != "poster" else 5))):
                put_ad(canvas, name, rule, sources)
        elif name == "truck":
            trucks += _put_truck(canvas)
        elif name == "stall":
            _put_stalls(canvas, sources)
        else:
            _FLAT[name](canvas)
    if not canvas.made_of:
        return None
    picture = canvas.picture
    if rng.random() < 0.5:  # the seams go through the same compression as the rest
        picture = jpeg(picture, int(rng.integers(45, 88)))
    return Composite(
        picture=picture,
        labels=canvas.rows(),
        made_of=tuple(canvas.made_of),
        trucks=tuple(trucks),
    )


def _spot_for(
    canvas: Canvas, thing: CutOut, scales: tuple[float, float], *, at_side: float
) -> tuple[float, float, float] | None:
    """A spot where a thing covers nothing that is labelled."""
    width, height = canvas.size
    for _ in range(TRIES):
        foot = random_foot(canvas, scales, at_side=at_side)
        if foot is None:
            return None
        column, row, per_metre = foot
        high = thing.height_m * per_metre
        wide = high * thing.picture.shape[1] / thing.picture.shape[0]
        x1, x2 = (column - wide / 2) / width, (column + wide / 2) / width
        box = np.array([x1, (row - high) / height, x2, row / height], np.float32)
        # It may stick out sideways by a third, and not above.
        if box[0] < -0.33 * wide / width or box[2] > 1 + 0.33 * wide / width or box[1] < 0:
            continue
        if canvas.free(box, MAY_COVER):
            return foot
    return None


def _put_stalls(canvas: Canvas, sources: Sources) -> None:
    """One to three stalls, the far ones first, some with people at them."""
    rng = canvas.rng
    spots: list[tuple[tuple[float, float, float], CutOut]] = []
    for _ in range(int(rng.integers(1, 4))):
        thing = _stall(sources, rng)
        thing = thing.mirrored() if rng.random() < 0.5 and "rendered" in thing.origin else thing
        foot = _spot_for(canvas, thing, STALL_SCALES, at_side=0.6)
        if foot is not None:
            spots.append((foot, thing))
    for (column, row, per_metre), thing in sorted(spots, key=lambda s: s[0][1]):
        people = int(rng.integers(0, 3)) if rng.random() < 0.6 else 0
        wide = thing.height_m * thing.picture.shape[1] / thing.picture.shape[0] * per_metre
        for k in range(people):
            someone = rendered(
                f"{rng.choice(('man', 'woman', 'elder'))}-{rng.choice(('stand', 'work'))}", rng
            )
            side = float(rng.uniform(-0.7, 0.7)) * wide
            if k == 0:  # behind it
                canvas.stand(someone, (column + side, row - 0.1 * per_metre), per_metre)
        canvas.stand(thing, (column, row), per_metre)
        if people > 1:  # before it, at one end, so that it stays visible
            someone = rendered(f"{rng.choice(('man', 'woman'))}-stand", rng)
            side = (0.45 if rng.random() < 0.5 else -0.45) * wide
            near = canvas.base.ground.per_metre(row + 0.15 * per_metre, canvas.size[1])
            canvas.stand(someone, (column + side, row + 0.15 * per_metre), near)


def _stall(sources: Sources, rng: np.random.Generator) -> CutOut:
    """A real stall, one put together, or a rendered one."""
    kind = rng.random()
    if sources.stalls and kind < 0.5:
        return sources.stalls[int(rng.integers(len(sources.stalls)))]
    if sources.goods and kind < 0.58:
        return sources.goods[int(rng.integers(len(sources.goods)))]
    if sources.parasols and kind < 0.8:
        parasol = sources.parasols[int(rng.integers(len(sources.parasols)))]
        if sources.goods and rng.random() < 0.5:
            below = sources.goods[int(rng.integers(len(sources.goods)))]
        else:
            below = rendered(str(rng.choice(("cartbare", "table", "loose"))), rng)
        return assembled(parasol, below, rng)
    return rendered(str(rng.choice(("cart", "canopy", "table", "blanket", "cartbare"))), rng)


def _put_truck(canvas: Canvas) -> list[tuple[str, Picture]]:
    """A rendered muck truck on the road; its crop with the state of its load."""
    rng = canvas.rng
    load = str(rng.choice(LOAD_STATES))
    thing = rendered(f"truck-{load}", rng)
    thing = thing.mirrored() if rng.random() < 0.5 else thing
    foot = _spot_for(canvas, thing, TRUCK_SCALES, at_side=0.2)
    if foot is None or not canvas.stand(thing, foot[:2], foot[2]):
        return []
    width, height = canvas.size
    x1, y1, x2, y2 = (
        int(v) for v in canvas.labels[-1][1] * np.array([width, height] * 2, np.float32)
    )
    crop = canvas.picture[y1:y2, x1:x2].copy()
    return [(load, crop)] if min(crop.shape[:2]) >= 40 else []


_FLAT: Final[Mapping[str, Callable[[Canvas], None]]] = {
    "spill": put_spill,
    "wet": put_wet,
    "dust": put_dust,
    "mist": put_mist,
}
