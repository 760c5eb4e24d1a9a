# ruff: noqa: PLR2004 - a street is made of numbers; OpenCV is untyped
"""Who is on the street and where at any time: vehicles on lanes, people on foot, things that stand.

Times are seconds from the start of the video; places are ground metres (x along the road, y away
from the camera); headings are degrees counter-clockwise from +x. All are pure functions of time.
"""

import math
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from models.street.sprites import Colours

STRIDE_M = 1.45
"""Length of one full walking cycle of the four rendered phases (two steps)."""


@dataclass(frozen=True)
class Pose:
    """One sprite to draw now."""

    name: str
    x: float
    y: float
    heading: float
    colours: Colours
    track: int
    speed: float = 0.0
    opacity: float = 1.0
    label: str = ""


class Actor(Protocol):
    """Anything that may be in the picture."""

    def poses(self, t: float) -> list[Pose]:
        """What to draw at second t; empty when absent."""
        ...


@dataclass(frozen=True)
class Vehicle:
    """Drives along a lane at constant speed, stopping at given places.

    Attributes:
        name: Sprite name.
        y: Lane, metres.
        heading: 0 (towards +x) or 180.
        start: Second at which it is at `x0`.
        speed: Metres a second.
        stops: Places x where it waits, and for how many seconds.
        parked: Sprite name shown while waiting, "" for the same.
    """

    name: str
    x0: float
    y: float
    heading: float
    start: float
    speed: float
    colours: Colours
    track: int
    stops: tuple[tuple[float, float], ...] = ()
    parked: str = ""
    ends: float = math.inf
    label: str = ""

    def reach(self, x: float) -> float:
        """The second at which it first reaches x."""
        way = 1 if self.heading == 0 else -1
        t = self.start + (x - self.x0) * way / self.speed
        for stop, wait in self.stops:
            if (x - stop) * way > 0:
                t += wait
        return t

    def where(self, t: float) -> tuple[float, bool]:
        """Place x at second t, and whether it is waiting there."""
        way = 1 if self.heading == 0 else -1
        for stop, wait in self.stops:
            arrive = self.reach(stop)
            if arrive <= t < arrive + wait:
                return stop, True
            if t >= arrive + wait:
                t -= wait if (stop - self.x0) * way >= 0 else 0
                return self._after(t, stop), False
        return self.x0 + way * self.speed * (t - self.start), False

    def _after(self, t: float, stop: float) -> float:
        rest = Vehicle(
            self.name, stop, self.y, self.heading, self.start + abs(stop - self.x0) / self.speed,
            self.speed, self.colours, self.track, tuple(s for s in self.stops if s[0] != stop),
        )  # fmt: skip
        return rest.where(t)[0]

    def poses(self, t: float) -> list[Pose]:
        """The vehicle, while it is between x = -25 and 75."""
        if t >= self.ends:
            return []
        x, waits = self.where(t)
        if not -25 < x < 75:
            return []
        name = self.parked if waits and self.parked else self.name
        speed = 0.0 if waits else self.speed
        return [
            Pose(name, x, self.y, self.heading, self.colours, self.track, speed, label=self.label)
        ]


@dataclass(frozen=True)
class Step:
    """A walker's place at a second; `pose` and `face` hold while standing."""

    t: float
    x: float
    y: float
    pose: str = "stand"
    face: float = -90.0


@dataclass(frozen=True)
class Walker:
    """A person who walks straight from step to step and stands where two agree."""

    body: str
    steps: tuple[Step, ...]
    colours: Colours
    track: int
    umbrella: bool = False

    def poses(self, t: float) -> list[Pose]:
        """The person, between the first and last step."""
        for a, b in zip(self.steps, self.steps[1:], strict=False):
            if a.t <= t < b.t:
                return [self._between(a, b, t)]
        return []

    def _between(self, a: Step, b: Step, t: float) -> Pose:
        way = math.hypot(b.x - a.x, b.y - a.y)
        if way < 0.05:
            pose = "umbrella" if self.umbrella else a.pose
            return Pose(f"{self.body}-{pose}", a.x, a.y, a.face, self.colours, self.track)
        share = (t - a.t) / (b.t - a.t)
        x, y = a.x + (b.x - a.x) * share, a.y + (b.y - a.y) * share
        heading = math.degrees(math.atan2(b.y - a.y, b.x - a.x))
        phase = int((way * share) / STRIDE_M * 4 + self.track) % 4
        pose = "umbrella" if self.umbrella else f"walk{phase}"
        speed = way / max(b.t - a.t, 0.1)
        return Pose(f"{self.body}-{pose}", x, y, heading, self.colours, self.track, speed)


@dataclass(frozen=True)
class Thing:
    """Something that stands in one place from `starts` to `ends`."""

    name: str
    x: float
    y: float
    colours: Colours
    track: int
    starts: float = 0.0
    ends: float = math.inf
    heading: float = 0.0
    label: str = ""

    def poses(self, t: float) -> list[Pose]:
        """The thing while it is there."""
        if not self.starts <= t < self.ends:
            return []
        return [
            Pose(
                self.name, self.x, self.y, self.heading, self.colours, self.track, label=self.label
            )
        ]


CLOTHES: Colours = (
    (196, 40, 44), (36, 60, 120), (232, 232, 228), (30, 30, 34), (70, 110, 80), (210, 170, 60),
    (120, 130, 150), (160, 80, 120), (90, 150, 200), (228, 120, 60), (64, 64, 70), (200, 190, 170),
)  # fmt: skip
TROUSERS: Colours = ((28, 30, 40), (40, 56, 96), (70, 66, 60), (20, 20, 22), (110, 104, 96))
PAINTS: Colours = (
    (235, 235, 235), (30, 30, 34), (150, 154, 160), (160, 24, 28), (30, 60, 130), (90, 70, 54),
    (200, 200, 196), (60, 66, 72), (235, 235, 232),
)  # fmt: skip
CANOPIES: Colours = (
    (200, 40, 40), (40, 90, 180), (40, 140, 80), (230, 180, 40), (220, 110, 40), (210, 210, 210),
)  # fmt: skip
BEDS: Colours = ((150, 40, 30), (60, 110, 60), (200, 150, 40), (50, 80, 140), (170, 80, 40))


@dataclass
class Casting:
    """Makes actors with fresh track numbers and random looks."""

    rng: np.random.Generator
    count: int = field(default=0)

    def track(self) -> int:
        """A new track number."""
        self.count += 1
        return self.count

    def pick(self, colours: Colours) -> tuple[int, int, int]:
        """One of the colours, slightly varied."""
        r, g, b = colours[int(self.rng.integers(len(colours)))]
        shift = self.rng.integers(-12, 13, 3)
        return (
            int(np.clip(r + shift[0], 8, 250)),
            int(np.clip(g + shift[1], 8, 250)),
            int(np.clip(b + shift[2], 8, 250)),
        )

    def clothes(self) -> Colours:
        """Top, trousers, bag or umbrella."""
        return (self.pick(CLOTHES), self.pick(TROUSERS), self.pick(CANOPIES))

    def body(self) -> str:
        """A body."""
        return str(self.rng.choice(["man", "woman", "man", "woman", "elder"]))

    def paint(self, name: str) -> Colours:
        """Paints that suit a vehicle or a stall; the third channel (lamps) stays as it is."""
        white = (235, 235, 235)
        if name.startswith("truck"):
            cab = self.pick(((220, 120, 30), (40, 110, 70), (225, 225, 225), (180, 40, 36)))
            return (cab, white if name.endswith("tank") else self.pick(BEDS), white)
        if name == "bus":
            return (self.pick(((235, 235, 230), (60, 140, 90))), self.pick(CANOPIES), white)
        if name in ("car", "van"):
            return (self.pick(PAINTS), white, white)
        if "cycle" in name:
            return (self.pick(CANOPIES), self.pick(CLOTHES), white)
        return (self.pick(CANOPIES), self.pick(CLOTHES), self.pick(CANOPIES))
