# ruff: noqa: PLR2004, PLR0917, FBT001, FBT002 - a street is made of numbers; OpenCV is untyped
"""A script: what happens in one video, its truth, and the background life of the street."""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from models.street import scene as scenes
from models.street.actors import Actor, Casting, Pose, Step, Thing, Vehicle, Walker
from models.street.compose import Street
from models.street.weather import Weather

SETTINGS: tuple[tuple[str, Weather], ...] = (
    ("day", Weather()),
    ("overcast", Weather(exposure=((150.0, 1.12), (210.0, 1.0)))),
    ("night", Weather(noise=2.4)),
    ("dusk", Weather(noise=2.6)),
    ("day", Weather("clouds", clouds=0.75)),
    ("overcast", Weather("rain", rain=0.7, noise=2.2)),
    ("day", Weather("wind", shake=1.6, nudge=(140.0, 4.0, -3.0))),
    ("night", Weather("rain", rain=0.6, noise=2.6)),
    ("overcast", Weather("haze", fog=0.008, exposure=((90.0, 1.2), (120.0, 0.95), (200.0, 1.0)))),
    ("dusk", Weather("wind", shake=1.0, noise=4.0)),
)
"""Light and weather by the last digit of the seed."""
STARTS = {
    "day": "2026-05-12T02:00:00Z", "overcast": "2026-05-13T06:30:00Z",
    "dusk": "2026-05-14T11:10:00Z",
    "night": "2026-05-15T12:30:00Z",
}  # fmt: skip
"""Start instants; 10:00, 14:30, 19:10 and 20:30 in Shanghai."""


@dataclass
class Script:
    """A street with its truth being written.

    Attributes:
        name: Scenario.
        street: What is drawn.
        casting: Maker of actors.
        rng: The video's random numbers.
        seconds: Length of the video.
        episodes: Violations (see docs/simulation.md).
        twins: What only looks like one.
        busy: Pavement spans (x low, x high) that the crowd should not stop in.
    """

    name: str
    seed: int
    street: Street
    casting: Casting
    rng: np.random.Generator
    seconds: float
    episodes: list[dict[str, Any]] = field(default_factory=list)
    twins: list[dict[str, Any]] = field(default_factory=list)

    def add(self, *actors: Actor) -> None:
        """Put actors on the street."""
        self.street.actors.extend(actors)

    def at(self, low: float, high: float) -> float:
        """A random number between two, of at most millimetre or millisecond detail."""
        return round(float(self.rng.uniform(low, high)), 3)

    def episode(
        self,
        violation: str,
        subtype: str,
        starts: float,
        ends: float | None,
        box: list[float],
        note: str,
    ) -> None:
        """Note a violation."""
        self.episodes.append(
            {
                "violation": violation, "subtype": subtype, "starts_seconds": round(starts, 2),
                "ends_seconds": None if ends is None or ends >= self.seconds else round(ends, 2),
                "box": clip_box(box), "note": note,
            }
        )  # fmt: skip

    def twin(
        self, name: str, looks_like: str, starts: float, ends: float | None, box: list[float]
    ) -> None:
        """Note something that looks like a violation and is none."""
        self.twins.append(
            {
                "name": name, "looks_like": looks_like, "starts_seconds": round(starts, 2),
                "ends_seconds": None if ends is None or ends >= self.seconds else round(ends, 2),
                "box": clip_box(box),
            }
        )  # fmt: skip

    def solid_box(
        self, x: tuple[float, float], y: tuple[float, float], z: tuple[float, float]
    ) -> list[float]:
        """The pixel box of a block of the world, metres."""
        corners = [(a, b, c) for a in x for b in y for c in z]
        seen, _ = self.street.scene.calibration.project(corners)
        return [*seen.min(0).tolist(), *seen.max(0).tolist()]


def clip_box(box: list[float]) -> list[float]:
    """A box cut to the frame, to a tenth of a pixel."""
    x0, x1 = (min(max(v, 0.0), float(scenes.WIDTH)) for v in (box[0], box[2]))
    y0, y1 = (min(max(v, 0.0), float(scenes.HEIGHT)) for v in (box[1], box[3]))
    return [round(v, 1) for v in (x0, y0, x1, y1)]


def union(one: list[float], other: list[float]) -> list[float]:
    """The smallest box around two.

    >>> union([0, 1, 4, 5], [2, 0, 6, 3])
    [0, 0, 6, 5]
    """
    return [*map(min, one[:2], other[:2]), *map(max, one[2:], other[2:])]


def begin(
    name: str, place: str, seed: int, seconds: float, setting: tuple[str, Weather] | None = None
) -> Script:
    """An empty street in the seed's light and weather."""
    light, weather = setting or SETTINGS[seed % len(SETTINGS)]
    rng = np.random.default_rng([seed, sum(name.encode())])
    street = Street(scenes.load(place), light, weather, seed)
    script = Script(name, seed, street, Casting(rng), rng, seconds)
    for label, box in fixed_boxes(street.scene):
        street.fixed.append((label, script.casting.track(), box))
    return script


def fixed_boxes(scene: scenes.Scene) -> list[tuple[str, list[float]]]:
    """Things painted into the plates: shop signs, parked cars, the excavator."""
    facts = scene.facts
    blocks: list[tuple[str, tuple[float, ...]]] = []
    if scene.name == "market":
        y = facts["front"] - 0.3
        for x0, x1 in (
            (-7.0, -1.0),
            (-0.8, 5.8),
            (15.2, 21.6),
            (21.8, 28.0),
            (28.2, 35.0),
            (35.2, 42.0),
        ):
            blocks.append(("signboard", (x0 + 0.25, x1 - 0.25, y, y, 2.95, 4.0)))
        blocks += [("car", (x - 2.2, x + 2.2, 11.7, 13.4, 0.0, 1.45)) for x in (28.5, 34.2, 40.0)]
    else:
        blocks.append(("machinery", (13.2, 20.2, 27.0, 31.0, 1.0, 4.9)))
    found = []
    for label, (x0, x1, y0, y1, z0, z1) in blocks:
        corners = [(x, y, z) for x in (x0, x1) for y in (y0, y1) for z in (z0, z1)]
        seen, depth = scene.calibration.project(corners)
        box = clip_box([*seen.min(0).tolist(), *seen.max(0).tolist()])
        if depth.min() > 1 and box[2] - box[0] > 6 and box[3] - box[1] > 6:
            found.append((label, box))
    return found


def traffic(
    script: Script,
    busy: float = 1.0,
    trucks: bool = False,
    gaps: tuple[tuple[float, float], ...] = (),
) -> None:
    """Vehicles on the lanes all the time; in the spans `gaps` none enters the far lane."""
    lanes = script.street.scene.facts["lanes"]
    plan = (
        ("near", 0.0, -22.0, 8.5, 9.0, (("car", 6), ("van", 2), ("bus", 1))),
        (
            "far",
            180.0,
            70.0,
            7.5,
            7.0,
            (("car", 6), ("van", 2), ("bus", 1), ("truck-closed", 1 if trucks else 0)),
        ),
        ("bike", 180.0, 60.0, 4.2, 6.5, (("bicycle", 3), ("motorcycle", 5), ("tricycle-empty", 1))),
    )
    for lane, heading, x0, speed, gap, mix in plan:
        names = [n for n, weight in mix for _ in range(weight)]
        t = -20.0
        while t < script.seconds:
            name = str(script.rng.choice(names))
            free = all(not a < t < b for a, b in gaps) or lane != "far"
            shift = script.at(-0.25, 0.25)
            vehicle = Vehicle(
                name,
                x0,
                lanes[lane] + shift,
                heading,
                t,
                speed,
                script.casting.paint(name),
                script.casting.track(),
            )
            if free:
                script.add(vehicle)
            t += max(2.6, script.at(0.4, 1.7) * gap / busy)


def crowd(script: Script, rows: tuple[float, float] = (14.7, 15.5), busy: float = 1.0) -> None:
    """People who walk along the pavement, now and then under an umbrella when it rains."""
    t = -30.0
    rain = script.street.weather.rain > 0
    while t < script.seconds:
        way = 1 if script.rng.random() < 0.5 else -1
        speed = script.at(1.0, 1.5)
        x0, x1 = (-6.0, 42.0) if way > 0 else (42.0, -6.0)
        y = script.at(*rows)
        umbrella = bool(script.rng.random() < (0.7 if rain else 0.06))
        steps = (Step(t, x0, y), Step(t + 48.0 / speed, x1, y + script.at(-0.2, 0.2)))
        walker = Walker(
            script.casting.body(), steps, script.casting.clothes(), script.casting.track(), umbrella
        )
        script.add(walker)
        t += script.at(4.0, 16.0) / busy


def vendor(script: Script, x: float, y: float, starts: float, ends: float) -> None:
    """The vendor behind a stall, now working, now standing."""
    steps: list[Step] = []
    t = starts
    while t < ends:
        pose = "work" if script.rng.random() < 0.6 else "stand"
        steps.append(
            Step(t, x + (0.01 if len(steps) % 2 else 0.0), y, pose, -90 + script.at(-25, 25))
        )
        t += script.at(4, 12)
    steps.append(Step(ends, x, y))
    script.add(
        Walker(
            script.casting.body(), tuple(steps), script.casting.clothes(), script.casting.track()
        )
    )


def customers(
    script: Script, x: float, y: float, starts: float, ends: float, every: tuple[float, float]
) -> None:
    """People who come along the pavement, stop before a stall at (x, y) and go on."""
    t = starts + script.at(3, 10)
    while t < ends - 12:
        way = 1 if script.rng.random() < 0.5 else -1
        spot, stay = x + script.at(-0.8, 0.8), min(script.at(14, 38), ends - t - 5)
        speed, lane = script.at(1.0, 1.4), script.at(14.6, 15.1)
        far = 20.0
        front = y - script.at(0.95, 1.35)
        steps = (
            Step(t - far / speed, spot - way * far, lane), Step(t - 1.5, spot - way * 0.9, lane),
            Step(t, spot, front, "work" if script.rng.random() < 0.4 else "stand",
            90 + script.at(-30, 30)),
            Step(t + stay, spot, front), Step(t + stay + 1.5, spot + way * 0.9, lane),
            Step(t + stay + far / speed, spot + way * far, lane),
        )  # fmt: skip
        script.add(
            Walker(script.casting.body(), steps, script.casting.clothes(), script.casting.track())
        )
        t += script.at(*every)


def stall(
    script: Script, name: str, x: float, y: float, starts: float, ends: float, label: str = ""
) -> Thing:
    """A stall that stands from `starts` to `ends`."""
    thing = Thing(
        name, x, y, script.casting.paint(name), script.casting.track(), starts, ends, 0.0, label
    )
    script.add(thing)
    return thing


def stall_box(script: Script, name: str, x: float, y: float) -> list[float]:
    """The pixel box of a stall's block."""
    half, high = {
        "cart": (1.25, 2.4), "cartbare": (0.95, 1.5), "table": (1.3, 1.0), "blanket": (1.1, 0.25),
        "canopy": (1.4, 2.75), "abandoned": (1.05, 1.15), "loose": (1.1, 0.6),
    }.get(name, (0.4, 1.1))  # fmt: skip
    deep = 1.1 if name in ("canopy", "cart") else 0.6
    return script.solid_box((x - half, x + half), (y - deep, y + deep), (0.0, high))


def visible_pose(pose: Pose) -> bool:
    """Whether a pose lies in the part of the street a camera can see at all."""
    return -12 < pose.x < 60 and math.isfinite(pose.y)
