"""What moves and stands in a semi-real video: each knows its picture and its foot at any second."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

import cv2
import numpy as np

from models.composites.cutouts import colours_of, of_sprite, settled
from models.composites.harmony import Layer, warp
from models.street.sprites import bank

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.composites.cutouts import CutOut
    from models.composites.dust_field import Plume
    from models.composites.ground import Ground
    from models.composites.harmony import Look

Point = tuple[float, float]  # column and row in pixels

STEP_M: Final = 0.35  # between two pictures of somebody walking
WALK_M_S: Final = 1.2
SWAY_PX: Final = 1.0  # nobody stands like a post
SHADOW: Final = 0.45  # of the light that is missing under a thing
AZIMUTH: Final = 30.0  # our renderer's people were taken from there
FADE_SECONDS: Final = 1.0  # in which a paper is put up


class Performer(Protocol):
    """Anything that is drawn."""

    def foot(self, seconds: float) -> float:
        """Row of the ground under it: what stands nearer is drawn over it."""
        ...

    def layers(self, seconds: float) -> Sequence[Layer]:
        """What to draw, in this order; nothing while it is not there."""
        ...


@dataclass(slots=True, kw_only=True)
class Way:
    """From one point of the ground to another at an even pace."""

    begin: Point
    end: Point
    starts: float
    seconds: float

    def at(self, seconds: float) -> Point:
        """Where it is; at its ends before and after."""
        share = min(max((seconds - self.starts) / self.seconds, 0.0), 1.0)
        return (
            self.begin[0] + (self.end[0] - self.begin[0]) * share,
            self.begin[1] + (self.end[1] - self.begin[1]) * share,
        )


@dataclass(slots=True, kw_only=True)
class Standing:
    """Something that comes along a way, stands, and leaves the way it came."""

    thing: CutOut  # at the size it has where it stands, in the scene's light
    way: Way
    leaves: float
    sway: float = 0.0  # pixels
    phase: float = 0.0

    def foot(self, seconds: float) -> float:
        """See `Performer`."""
        return self._place(seconds)[1]

    def _place(self, seconds: float) -> Point:
        if seconds >= self.leaves:
            back = self.way.starts + self.way.seconds - (seconds - self.leaves)
            return self.way.at(back)
        return self.way.at(seconds)

    def layers(self, seconds: float) -> Sequence[Layer]:
        """See `Performer`."""
        if not self.way.starts <= seconds < self.leaves + self.way.seconds:
            return ()
        x, y = self._place(seconds)
        x += self.sway * float(np.sin(seconds * 0.9 + self.phase))
        return (_shadow(self.thing, (x, y)), _stood(self.thing, (x, y)))


@dataclass(slots=True, kw_only=True)
class Walking:
    """One of our renderer's people, who walks to a spot, stays a while and goes on."""

    pictures: Sequence[CutOut]  # of a step, at the size they have on the way, in the scene's light
    still: CutOut
    comes: Way
    goes: Way

    def foot(self, seconds: float) -> float:
        """See `Performer`."""
        return self._place(seconds)[1]

    def _place(self, seconds: float) -> Point:
        return self.goes.at(seconds) if seconds >= self.goes.starts else self.comes.at(seconds)

    def layers(self, seconds: float) -> Sequence[Layer]:
        """See `Performer`."""
        if not self.comes.starts <= seconds < self.goes.starts + self.goes.seconds:
            return ()
        at = self._place(seconds)
        waits = self.comes.starts + self.comes.seconds <= seconds < self.goes.starts
        step = int(seconds * WALK_M_S / STEP_M) % len(self.pictures)
        thing = self.still if waits else self.pictures[step]
        return (_shadow(thing, at), _stood(thing, at))


@dataclass(slots=True, kw_only=True)
class Driving:
    """A vehicle that crosses, larger where it is nearer."""

    thing: CutOut  # in the scene's light, at any size
    way: Way
    ground: Ground
    height_px: int  # of the picture

    def foot(self, seconds: float) -> float:
        """See `Performer`."""
        return self.way.at(seconds)[1]

    def layers(self, seconds: float) -> Sequence[Layer]:
        """See `Performer`."""
        if not self.way.starts <= seconds < self.way.starts + self.way.seconds:
            return ()
        at = self.way.at(seconds)
        per_metre = self.ground.per_metre(at[1], self.height_px)
        if per_metre * self.thing.height_m < 4:  # noqa: PLR2004 - nothing to see
            return ()
        sized = self.thing.resized(per_metre)
        return (_shadow(sized, at), _stood(sized, at))


@dataclass(slots=True, kw_only=True)
class Hanging:
    """A flat thing on a wall or on the ground, from one second to another."""

    layer: Layer
    row: float  # of the ground below it
    starts: float
    ends: float

    def foot(self, seconds: float) -> float:  # noqa: ARG002 - it does not move
        """See `Performer`."""
        return self.row

    def layers(self, seconds: float) -> Sequence[Layer]:
        """See `Performer`."""
        if not self.starts <= seconds < self.ends:
            return ()
        share = np.float32(min(1.0, (seconds - self.starts) / FADE_SECONDS + 0.2))
        layer = self.layer
        shown = layer.alpha * share if share < 1 else layer.alpha
        return (Layer(picture=layer.picture, alpha=shown, left=layer.left, top=layer.top),)


@dataclass(slots=True, kw_only=True)
class Cloud:
    """A plume of dust or mist."""

    plume: Plume
    size: tuple[int, int]  # of the picture
    look: Look

    def foot(self, seconds: float) -> float:  # noqa: ARG002 - its source does not move
        """Before everything: people who walk in it are veiled too."""
        return float(self.size[1] * 2)

    def layers(self, seconds: float) -> Sequence[Layer]:
        """See `Performer`."""
        # A minute after its source has ended the last of it has left any picture.
        if not self.plume.starts <= seconds < self.plume.ends + 60:
            return ()
        return (self.plume.layer(seconds, self.size, self.look),)


def _stood(thing: CutOut, foot: Point) -> Layer:
    rows, columns = thing.alpha.shape
    left, top = round(foot[0] - columns / 2), round(foot[1] - rows)
    return Layer(picture=thing.picture, alpha=thing.alpha, left=left, top=top)


def _shadow(thing: CutOut, foot: Point) -> Layer:
    """Soft darkness where a thing touches the ground."""
    columns = thing.alpha.shape[1]
    wide, high = max(4, round(1.2 * columns)), max(3, round(0.22 * columns))
    x = (np.arange(wide, dtype=np.float32) - wide / 2) / (0.5 * wide)
    y = (np.arange(high, dtype=np.float32) - high / 2) / (0.5 * high)
    alpha = SHADOW * np.clip(1 - x[None] ** 4, 0, 1) * np.clip(1 - y[:, None] ** 2, 0, 1)
    return Layer(
        picture=np.full((high, wide, 3), 12, np.uint8),
        alpha=alpha.astype(np.float32),
        left=round(foot[0] - wide / 2),
        top=round(foot[1] - high * 0.6),
    )


def visitor(
    *,
    spot: Point,
    begins: Point,
    ends: Point,
    comes: float,
    stays: float,
    per_metre: float,
    look: Look,
    rng: np.random.Generator,
    pose: str = "stand",
    umbrella: bool = False,
) -> Walking:
    """Somebody who comes, stays at a spot for some seconds and goes on.

    Args:
        spot: Where they stay.
        begins: Where they come from.
        ends: Where they go.
        comes: Second at which they set out.
        stays: Seconds at the spot.
        per_metre: Pixels a metre has there; ways are short, so the size stays.
        look: Of the scene.
        rng: Chooses body and clothes.
        pose: Of our renderer's people while they stay: stand or work.
        umbrella: Whether they carry one open all the time.
    """
    body = str(rng.choice(("man", "woman", "elder")))
    names = [f"{body}-umbrella"] if umbrella else [f"{body}-walk{k}" for k in range(4)]
    still = f"{body}-umbrella" if umbrella else f"{body}-{pose}"
    colours = colours_of(still, rng)
    towards = 0.0 if spot[0] >= begins[0] else 180.0  # headings: 0 to the right, 90 away

    def taken(name: str, heading: float) -> CutOut:
        sprite = bank().choose(name, heading, AZIMUTH)
        return settled(of_sprite(sprite, colours, rng), per_metre, look, rng)

    pace = WALK_M_S * per_metre
    way_in = max(1.0, float(np.hypot(spot[0] - begins[0], spot[1] - begins[1])) / pace)
    way_out = max(1.0, float(np.hypot(ends[0] - spot[0], ends[1] - spot[1])) / pace)
    return Walking(
        pictures=[taken(name, towards) for name in names],
        still=taken(still, 90.0 if not umbrella else towards),
        comes=Way(begin=begins, end=spot, starts=comes, seconds=way_in),
        goes=Way(begin=spot, end=ends, starts=comes + way_in + stays, seconds=way_out),
    )


def hung(
    texture: np.ndarray[tuple[int, ...], np.dtype[np.uint8]],
    quad: np.ndarray[tuple[int, ...], np.dtype[np.float32]],
) -> Layer:
    """A texture on its quad, with soft edges."""
    layer = warp(texture, quad)
    soft = cv2.GaussianBlur(layer.alpha, (0, 0), 0.6)
    return Layer(
        picture=layer.picture,
        alpha=np.asarray(soft, np.float32),
        left=layer.left,
        top=layer.top,
    )
