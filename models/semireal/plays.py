"""Plays: what happens when in one semi-real video, its truth, and the twins that are none of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from models.composites.cutouts import CutOut, colours_of, of_sprite, settled
from models.composites.dust_field import MIST, SOILS, VISIBLE, Plume
from models.composites.ground_work import soil_for
from models.composites.harmony import Layer, box_of, light_paper, soften
from models.semireal.performers import (
    SWAY_PX,
    Cloud,
    Driving,
    Hanging,
    Performer,
    Point,
    Standing,
    Way,
    hung,
    visitor,
)
from models.semireal.stage import THEMES
from models.street.sprites import bank
from models.street.surfaces import wet

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from models.semireal.background import Background
    from models.semireal.casting import Cast
    from models.semireal.stage import AdPlace, Quad, Stage

# Seconds. A camera learns its reference view for 20 s and people hide parts of it for a while.
LEARNT: Final = 45.0
JITTER: Final = 4.0  # by which a seed moves each act
# Vending: 180 s of dwell have to fit between coming and leaving. Dust: 60 s. Ads stay: the rule
# fires after 120 s, or after 480 s where it is less sure.
LENGTHS: Final = {"vending": 300.0, "advertising": 600.0, "dust": 240.0, "spill": 220.0}
SOLID_SOIL: Final = 0.3  # alpha from which soil on the road is seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Something of the truth: an act, or a twin that only looks like one."""

    name: str
    starts: float  # seconds
    ends: float | None  # none: lasts to the end
    box: tuple[float, float, float, float]  # pixels


@dataclass(slots=True, kw_only=True)
class Play:
    """One video's script."""

    theme: str
    seconds: float
    performers: list[Performer] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    twins: list[Act] = field(default_factory=list)


class Director:
    """Writes plays for one clip.

    Args:
        stage: What may happen where.
        background: The clip.
        cast: Who plays.
        seed: Chooses the actors and moves the times a little.
    """

    def __init__(self, stage: Stage, background: Background, cast: Cast, seed: int) -> None:
        self._stage = stage
        self._background = background
        self._cast = cast
        self._seed = seed
        self._ground = stage.ground.ground
        self._rng = np.random.default_rng(seed)

    def write(self, theme: str) -> Play:
        """The play of a theme; the same arguments give the same play.

        Raises:
            ValueError: The stage does not carry it; says why.
        """
        if theme in self._stage.without:
            raise ValueError(f"{self._stage.clip}: {theme}: {self._stage.without[theme]}")
        self._rng = np.random.default_rng([self._seed, list(THEMES).index(theme)])
        play = Play(theme=theme, seconds=LENGTHS[theme])
        writers: Mapping[str, Callable[[Play], None]] = {
            "vending": self._vending,
            "advertising": self._advertising,
            "dust": self._dust,
            "spill": self._spill,
        }
        writers[theme](play)
        return play

    def _at(self, spot: tuple[float, float]) -> Point:
        width, height = self._background.size
        return spot[0] * width, spot[1] * height

    def _scale(self, at: Point) -> float:
        return self._ground.per_metre(at[1], self._background.size[1])

    def _pick(self, things: Sequence[CutOut]) -> CutOut:
        return things[int(self._rng.integers(len(things)))]

    def _when(self, seconds: float) -> float:
        return round(seconds + float(self._rng.uniform(-JITTER, JITTER)), 1)

    def _pixels(self, layer: Layer, solid: float) -> tuple[float, float, float, float]:
        """Box of a layer's solid pixels inside the picture."""
        width, height = self._background.size
        box = box_of(layer, (width, height), solid)
        if box is None:
            raise ValueError(f"{self._stage.clip}: a place lies outside of the picture")
        x1, y1, x2, y2 = (float(v) for v in box)
        return x1 * width, y1 * height, x2 * width, y2 * height

    def _stand(
        self, play: Play, thing: CutOut, spot: Point, begin: Point, times: tuple[float, float]
    ) -> Standing:
        """Let something come, stand and leave."""
        sized = settled(thing, self._scale(spot), self._background.look, self._rng)
        pace = 1.5 * self._scale(spot)  # pushed at a fast walk
        seconds = max(1.0, float(np.hypot(spot[0] - begin[0], spot[1] - begin[1])) / pace)
        way = Way(begin=begin, end=spot, starts=times[0] - seconds, seconds=seconds)
        performer = Standing(thing=sized, way=way, leaves=times[1])
        play.performers.append(performer)
        return performer

    def _stall(
        self, play: Play, spot: tuple[float, float], begin: Point, times: tuple[float, float]
    ) -> Act:
        """A stall with its vendor and visitors; its box is that of the stall."""
        at = self._at(spot)
        stall = self._stand(play, self._pick(self._cast.stalls), at, begin, times)
        per_metre = self._scale(at)
        half = stall.thing.alpha.shape[1] / 2
        beside = half + 0.25 * per_metre
        side = 1 if at[0] < self._background.size[0] / 2 else -1
        behind = (at[0] + side * beside * 0.8, at[1] - 0.15 * per_metre)
        vendor = self._stand(
            play, self._pick(self._cast.people), behind, (begin[0], behind[1]), times
        )
        vendor.sway, vendor.phase = SWAY_PX, float(self._rng.uniform(0, 6))
        comes = times[0] + float(self._rng.uniform(6, 14))
        while comes < times[1] - 45:
            stays = float(self._rng.uniform(14, 30))
            front = (
                at[0] + float(self._rng.uniform(-0.7, 0.7)) * half,
                min(at[1] + 0.35 * per_metre, self._background.size[1] - 1.0),
            )
            far = 6 * per_metre * (1 if self._rng.random() < 0.5 else -1)  # noqa: PLR2004
            play.performers.append(
                visitor(
                    spot=front,
                    begins=(front[0] + far, front[1]),
                    ends=(front[0] - far, front[1]),
                    comes=comes,
                    stays=stays,
                    per_metre=per_metre,
                    look=self._background.look,
                    rng=self._rng,
                    pose="work" if self._rng.random() < 0.4 else "stand",  # noqa: PLR2004
                )
            )
            comes += stays + float(self._rng.uniform(18, 40))
        box = self._pixels(stall.layers(times[0] + 1.0)[-1], 0.4)
        return Act(name="stall", starts=times[0], ends=times[1], box=box)

    def _vending(self, play: Play) -> None:
        stage = self._stage.vending
        if stage is None:
            return
        times = (self._when(LEARNT + 3), self._when(280))
        play.acts.append(self._stall(play, stage.stall, self._at(stage.comes_from), times))
        if stage.permitted is not None:
            begin = self._at((stage.permitted[0], stage.permitted[1]))
            times = (self._when(LEARNT + 12), self._when(285))
            twin = self._stall(play, stage.permitted, (begin[0] + 1, begin[1]), times)
            play.twins.append(replace(twin, name="permitted stall"))
        if stage.parked is not None:
            at = self._at(stage.parked)
            begin = (at[0] + 4 * self._scale(at), at[1])
            times = (self._when(LEARNT + 20), self._when(275))
            car = self._stand(play, self._pick(self._cast.cars), at, begin, times)
            box = self._pixels(car.layers(times[0] + 1)[-1], 0.4)
            play.twins.append(Act(name="parked car", starts=times[0], ends=times[1], box=box))
        if stage.umbrella is not None:
            self._umbrella(play, *stage.umbrella)

    def _umbrella(self, play: Play, begin: tuple[float, float], end: tuple[float, float]) -> None:
        """Somebody under an umbrella walks by, stops for half a minute and walks on."""
        first, last = self._at(begin), self._at(end)
        middle = ((first[0] + last[0]) / 2, (first[1] + last[1]) / 2)
        walker = visitor(
            spot=middle,
            begins=first,
            ends=last,
            comes=self._when(90),
            stays=30.0,
            per_metre=self._scale(middle),
            look=self._background.look,
            rng=self._rng,
            umbrella=True,
        )
        play.performers.append(walker)
        stands = walker.comes.starts + walker.comes.seconds + 1
        box = self._pixels(walker.layers(stands)[-1], 0.4)
        leaves = walker.goes.starts + walker.goes.seconds
        play.twins.append(
            Act(name="umbrella in a hand", starts=walker.comes.starts, ends=leaves, box=box)
        )

    def _hang(self, texture: NDArray[np.uint8], quad: Quad, starts: float, play: Play) -> Hanging:
        """Put a flat thing up, lit by its place."""
        corners = np.array([self._at(corner) for corner in quad], np.float32)
        layer = hung(texture, corners)
        width, height = self._background.size
        rows, columns = layer.alpha.shape
        x1, y1 = max(layer.left, 0), max(layer.top, 0)
        x2, y2 = min(layer.left + columns, width), min(layer.top + rows, height)
        cut = (slice(y1 - layer.top, y2 - layer.top), slice(x1 - layer.left, x2 - layer.left))
        look, usual = self._background.look, self._background.usual
        lit = light_paper(layer.picture[cut], usual, look, (x1, y1, x2, y2))
        lit = soften(lit, layer.alpha[cut], look, self._rng)
        made = Layer(picture=lit, alpha=layer.alpha[cut], left=x1, top=y1)
        # Walls stand behind everybody whose feet are below the ad.
        performer = Hanging(layer=made, row=float(y2), starts=starts, ends=play.seconds + 1)
        play.performers.append(performer)
        return performer

    def _ad(self, place: AdPlace, starts: float, play: Play) -> Hanging:
        """Somebody puts an ad up."""
        textures = self._cast.ads[place.kind]
        width = abs(place.quad[1][0] - place.quad[0][0]) * self._background.size[0]
        height = abs(place.quad[3][1] - place.quad[0][1]) * self._background.size[1]
        # Of the real ads the ones whose shape fits best: stretched letters are nobody's ad.
        fitting = sorted(
            textures,
            key=lambda t: abs(np.log(t.shape[1] / t.shape[0]) - np.log(width / height)),
        )[:5]
        return self._hang(fitting[int(self._rng.integers(len(fitting)))], place.quad, starts, play)

    def _advertising(self, play: Play) -> None:
        stage = self._stage.advertising
        if stage is None:
            return
        for number, place in enumerate(stage.ads):
            starts = self._when(LEARNT + 3 + 25 * number)
            ad = self._ad(place, starts, play)
            box = self._pixels(ad.layer, 0.4)
            play.acts.append(Act(name=place.kind, starts=starts, ends=None, box=box))
        if stage.shop_sign is not None:
            signs = self._cast.signs
            texture = signs[int(self._rng.integers(len(signs)))]
            sign = self._hang(texture, stage.shop_sign, -10.0, play)
            box = self._pixels(sign.layer, 0.4)
            play.twins.append(Act(name="shop sign from before", starts=0.0, ends=None, box=box))
        if stage.board is not None:
            starts = self._when(LEARNT + 15)
            place_box = self._hang(self._cast.ads["poster"][0], stage.board, starts, play)
            box = self._pixels(place_box.layer, 0.4)
            play.twins.append(Act(name="permitted board", starts=starts, ends=None, box=box))

    def _cloud(
        self, play: Play, spot: tuple[float, float], times: tuple[float, float], *, mist: bool
    ) -> Act:
        stage = self._stage.dust
        wind, radius = (stage.wind_m_s, stage.radius_m) if stage else (1.0, 1.0)
        at = self._at(spot)
        soils = sorted(SOILS)
        plume = Plume(
            seed=int(self._rng.integers(2**31)),
            source_px=at,
            per_metre=self._scale(at),
            wind_m_s=wind,
            radius_m=0.35 if mist else radius,
            growth=0.4,
            reach_m=5.0 if mist else 9.0,
            depth=2.5 if mist else 3.5,
            albedo=MIST if mist else SOILS[soils[int(self._rng.integers(len(soils)))]],
            starts=times[0],
            ends=times[1],
        )
        play.performers.append(
            Cloud(plume=plume, size=self._background.size, look=self._background.look)
        )
        seconds = np.arange(times[0] + 5, times[1], 3.0)
        usual = np.mean([plume.alpha(t, self._background.size) for t in seconds], axis=0)
        shown = Layer(
            picture=np.zeros((*usual.shape, 3), np.uint8),
            alpha=usual.astype(np.float32),
            left=0,
            top=0,
        )
        box = self._pixels(shown, VISIBLE)
        return Act(name="mist" if mist else "dust", starts=times[0], ends=times[1], box=box)

    def _dust(self, play: Play) -> None:
        stage = self._stage.dust
        if stage is None:
            return
        if stage.mist is not None:
            times = (self._when(LEARNT + 3), self._when(95))
            play.twins.append(self._cloud(play, stage.mist, times, mist=True))
        times = (self._when(140), self._when(225))
        play.acts.append(self._cloud(play, stage.source, times, mist=False))

    def _truck(self, play: Play, load: str, starts: float) -> Way:
        """Let a truck cross; an open and loaded one is rendered, as no real cut-out is known."""
        stage = self._stage.spill
        if stage is None:
            raise ValueError(f"{self._stage.clip}: no road")
        begin, end = self._at(stage.way[0]), self._at(stage.way[1])
        if load == "loaded":
            name = "truck-open_loaded"
            heading = 180.0 if end[0] < begin[0] else 0.0
            sprite = bank().choose(name, 180.0, 0.0)
            thing = of_sprite(sprite, colours_of(name, self._rng), self._rng)
            thing = thing if heading else thing.mirrored()
        else:
            thing = self._pick(self._cast.trucks[load])
        nearest = max(self._scale(begin), self._scale(end))
        sized = settled(thing, nearest, self._background.look, self._rng)
        way = Way(begin=begin, end=end, starts=starts, seconds=stage.seconds)
        ground, height = self._ground, self._background.size[1]
        play.performers.append(Driving(thing=sized, way=way, ground=ground, height_px=height))
        return way

    def _patch(
        self, play: Play, spot: tuple[float, float], starts: float, *, is_wet: bool
    ) -> Hanging:
        """Something on the road from a second on."""
        stage = self._stage.spill
        across, along = stage.size_m if stage else (1.5, 3.0)
        quad = self._ground.quad(self._at(spot), (across, along), 0.1, self._background.size)
        if quad is None:
            raise ValueError(f"{self._stage.clip}: no road at {spot}")
        if is_wet:
            texture = np.ascontiguousarray(np.rot90(wet(self._rng, along, across)))
            texture[..., 3] = (texture[..., 3] * 0.8).astype(np.uint8)
        else:
            texture = soil_for(quad, self._scale(self._at(spot)), 1.3, self._rng)
        width, height = self._background.size
        corners = [(float(x) / width, float(y) / height) for x, y in quad]
        fractions = (corners[0], corners[1], corners[2], corners[3])
        patch = self._hang(texture, fractions, starts, play)
        patch.row = -1.0  # it lies: whoever and whatever moves is over it
        return patch

    def _spill(self, play: Play) -> None:
        stage = self._stage.spill
        if stage is None:
            return
        self._twin_passage(play, "covered", self._when(LEARNT + 3), "covered truck")
        if stage.wet is not None:
            way = self._truck(play, "closed", self._when(85))
            patch = self._patch(play, stage.wet, way.starts + 0.6 * way.seconds, is_wet=True)
            box = self._pixels(patch.layer, SOLID_SOIL)
            play.twins.append(Act(name="wet patch", starts=patch.starts, ends=None, box=box))
        # Our renderer's trucks are seen from the side: they cross, and do not come towards us.
        (x1, y1), (x2, y2) = self._at(stage.way[0]), self._at(stage.way[1])
        load = "loaded" if abs(x2 - x1) > 2 * abs(y2 - y1) else "open"
        way = self._truck(play, load, self._when(125))
        patch = self._patch(play, stage.lies, way.starts + 0.6 * way.seconds, is_wet=False)
        box = self._pixels(patch.layer, SOLID_SOIL)
        play.acts.append(Act(name=f"spill, {load} truck", starts=way.starts, ends=None, box=box))
        self._twin_passage(play, "open", self._when(180), "open truck that drops nothing")

    def _twin_passage(self, play: Play, load: str, starts: float, name: str) -> None:
        way = self._truck(play, load, starts)
        width, height = self._background.size
        box = (0.0, 0.0, float(width), float(height))
        play.twins.append(Act(name=name, starts=starts, ends=starts + way.seconds, box=box))
