# ruff: noqa: PLR2004, PLR0917 - a street is made of numbers; OpenCV is untyped
"""Dust, water mist, steam, exhaust: puffs that leave a source, drift, grow and thin out.

A puff's optical depth falls with the square of its radius (mass is kept); the picture is
1 - exp(-sum of depths), hidden softly where something solid is nearer.
"""

import math
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from models.street.scene import HEIGHT, WIDTH, Picture, Scene
from models.street.surfaces import noise

COARSE = 8
"""Plumes are drawn at an eighth of the frame's resolution."""
STAMPS = 8
Field = NDArray[np.float32]


@dataclass(frozen=True)
class Recipe:
    """What comes out of a source.

    Attributes:
        colour: BGR by day, 0..255.
        rate: Puffs a second.
        life: Seconds until a puff is gone.
        radius: First radius, metres; `spread`: growth, metres per square root of a second.
        rise: Upward speed at first, metres a second; falls off with `settle` seconds.
        density: Optical depth of a fresh puff.
        throw: First horizontal velocity (x, y), metres a second, falling off in about a second.
    """

    colour: tuple[int, int, int]
    rate: float
    life: float
    radius: float
    spread: float
    rise: float
    density: float
    settle: float = 4.0
    throw: tuple[float, float] = (0.0, 0.0)


DUST = Recipe((142, 160, 176), 5.0, 14.0, 0.7, 0.62, 0.5, 0.72, 5.0)
MIST = Recipe((232, 230, 226), 26.0, 2.6, 0.22, 0.95, 2.0, 0.5, 0.9, (3.6, 4.8))
STEAM = Recipe((225, 225, 225), 6.0, 2.2, 0.15, 0.3, 0.9, 0.32, 3.0)
EXHAUST = Recipe((110, 112, 115), 14.0, 2.6, 0.18, 0.55, 0.35, 0.35, 2.0)


@dataclass
class Plume:
    """A source with its bursts; a pure function of time once made."""

    recipe: Recipe
    source: tuple[float, float, float]
    wind: tuple[float, float]
    bursts: tuple[tuple[float, float], ...]
    seed: int
    label: str = ""
    track: int = 0
    spread: float = 0.6
    strength: float = 1.0
    _puffs: Field = field(init=False, repr=False)
    _stamps: list[Field] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Draw all puffs of the video at once: birth, offsets (3), turbulence (3), stamp, size."""
        rng = np.random.default_rng(self.seed)
        births = [
            rng.uniform(a, b, max(1, int((b - a) * self.recipe.rate))) for a, b in self.bursts
        ]
        born = np.sort(np.concatenate(births)) if births else np.zeros(0)
        n = len(born)
        offset = rng.normal(0, self.spread, (n, 3)) * (1, 1, 0.3)
        turbulence = np.column_stack([rng.uniform(0, 6.28, (n, 2)), rng.normal(1, 0.25, n)])
        extra = np.column_stack([rng.integers(0, STAMPS, n), rng.uniform(0.7, 1.35, n)])
        self._puffs = np.column_stack([born, offset, turbulence, extra]).astype(np.float32)
        self._stamps = [_stamp(rng) for _ in range(STAMPS)]

    def active(self, t: float) -> bool:
        """Whether any puff lives at second t."""
        born = self._puffs[:, 0]
        return bool(((born <= t) & (born > t - self.recipe.life)).any())

    def puffs(self, t: float) -> tuple[NDArray[np.float64], Field, Field, NDArray[np.int64]]:
        """Living puffs: places (n, 3) and radii (n,) in metres, optical depths, stamp numbers."""
        p, r = self._puffs, self.recipe
        p = p[(p[:, 0] <= t) & (p[:, 0] > t - r.life)]
        age = t - p[:, 0]
        size = p[:, 8]
        drift = np.column_stack([np.full(len(p), w) for w in self.wind]) * (age * p[:, 6])[:, None]
        drift[:, 0] += 0.5 * np.sin(p[:, 4] + age * 0.7) * np.sqrt(age) + r.throw[0] * (
            1 - np.exp(-age)
        )
        drift[:, 1] += 0.3 * np.sin(p[:, 5] + age * 0.6) * np.sqrt(age) + r.throw[1] * (
            1 - np.exp(-age)
        )
        lift = r.rise * r.settle * (1 - np.exp(-age / r.settle)) * size
        place = np.column_stack([drift, lift]) + p[:, 1:4] + np.array(self.source)
        radius = (r.radius + r.spread * np.sqrt(age)) * size
        place[:, 2] = np.maximum(place[:, 2], radius * 0.35)
        fade = np.clip(age / 0.5, 0, 1) * np.clip((r.life - age) / (r.life * 0.5), 0, 1)
        depth = (
            self.strength * r.density * fade * (1.6 * r.radius / (radius + 0.6 * r.radius)) ** 1.1
        )
        return place, radius.astype(np.float32), depth.astype(np.float32), p[:, 7].astype(np.int64)

    def draw(self, t: float, scene: Scene) -> tuple[tuple[int, int, int, int], Field] | None:
        """Full-size rectangle and its opacity 0..1 (height, width); None when nothing shows."""
        place, radius, depth, stamp = self.puffs(t)
        if not len(place):
            return None
        seen, range_m = scene.calibration.project(place)
        half = scene.calibration.focal * radius / np.maximum(range_m, 1) * 1.5 / COARSE
        seen /= COARSE
        total = np.zeros((HEIGHT // COARSE, WIDTH // COARSE), np.float32)
        for k in np.argsort(-range_m):
            if range_m[k] > 3 and depth[k] > 0.01:
                _splat(
                    total,
                    seen[k],
                    float(half[k]),
                    self._stamps[stamp[k]] * depth[k],
                    scene.depth,
                    range_m[k],
                )
        ys, xs = np.nonzero(total > 0.015)
        if not len(ys):
            return None
        x0, y0, x1, y1 = int(xs.min()), int(ys.min()), int(xs.max()) + 1, int(ys.max()) + 1
        opacity = 1 - np.exp(-total[y0:y1, x0:x1])
        size = ((x1 - x0) * COARSE, (y1 - y0) * COARSE)
        grown = cv2.resize(opacity, size, interpolation=cv2.INTER_CUBIC)
        grown = np.clip(grown, 0, 1)
        return (x0 * COARSE, y0 * COARSE, x1 * COARSE, y1 * COARSE), grown.astype(np.float32)


def _stamp(rng: np.random.Generator) -> Field:
    """A soft ragged disc 48 x 48 with billows."""
    axis = np.linspace(-1, 1, 48, dtype=np.float32)
    radius = np.hypot(axis[None], axis[:, None])
    cloud = noise(rng, (48, 48), 1, 6)
    return np.asarray(
        np.clip(1.05 - radius, 0, 1) ** 1.3 * np.clip(cloud * 2.4 - 0.6, 0.0, 1.6), np.float32
    )


def _splat(
    total: Field, at: NDArray[np.float64], half: float, stamp: Field, solid: Field, range_m: float
) -> None:
    size = max(3, int(2 * half))
    x, y = int(at[0] - size / 2), int(at[1] - size / 2)
    x0, y0, x1, y1 = (
        max(x, 0),
        max(y, 0),
        min(x + size, total.shape[1]),
        min(y + size, total.shape[0]),
    )
    if x1 <= x0 or y1 <= y0 or size > 600:
        return
    puff = cv2.resize(stamp, (size, size), interpolation=cv2.INTER_LINEAR)[
        y0 - y : y1 - y, x0 - x : x1 - x
    ]
    clear = np.clip((solid[y0:y1, x0:x1] - range_m) * 0.7 + 0.75, 0, 1)
    total[y0:y1, x0:x1] += puff * clear


def blend(
    frame: Picture, rect: tuple[int, int, int, int], opacity: Field, colour: NDArray[np.float32]
) -> None:
    """Lay a plume of one BGR colour over the frame in place."""
    x0, y0, x1, y1 = rect
    part = frame[y0:y1, x0:x1]
    weight = np.round(opacity * 255).astype(np.uint8)
    weights = cv2.merge([weight] * 3)
    kept = cv2.multiply(part, cv2.bitwise_not(weights), scale=1 / 255)
    table = (np.arange(256)[:, None] / 255 * np.clip(colour, 0, 255)).round().astype(np.uint8)
    part[:] = cv2.add(kept, cv2.LUT(weights, table[None]))


def bursts(
    rng: np.random.Generator, start: float, end: float, on: float, off: float
) -> tuple[tuple[float, float], ...]:
    """Spans of about `on` seconds with pauses of about `off` seconds between start and end."""
    spans, t = [], start
    while t < end:
        stop = min(end, t + on * rng.uniform(0.7, 1.4))
        spans.append((t, stop))
        t = stop + off * rng.uniform(0.5, 1.3)
    return tuple(spans)


def grow(t: float, start: float, full: float) -> float:
    """A factor that rises from 0.35 to 1 between two seconds.

    >>> grow(0, 0, 10), grow(10, 0, 10)
    (0.35, 1.0)
    """
    return 0.35 + 0.65 * min(1.0, max(0.0, (t - start) / max(full - start, math.ulp(1))))
