# ruff: noqa: PLR2004 - a plume is made of numbers; each has its reason beside it
"""A plume of dust or mist as an opacity field: noise of many octaves, advected downwind.

Seen from the side, metres right and up of its source. Mass is kept: the plume thins as it grows;
it is densest at the source and thins with height. Its eddies grow with the distance (they are
noise in the logarithm of the distance) and drift with the wind, so that the field billows in time.
A pure function of its description and the second.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from models.composites.harmony import Layer, Look

if TYPE_CHECKING:
    from numpy.typing import NDArray

OCTAVES: Final = 5
TILE_PX: Final = 256  # side of a noise tile, which repeats
CELLS: Final = 8  # noise cells a tile side holds in the first octave
FADE: Final = (
    0.55  # amplitude of an octave against the one before: Kolmogorov's spectrum gives 0.56
)
COARSE_PX: Final = 200  # the field is worked out at most so wide, as plumes have no fine detail
VISIBLE: Final = 0.15  # opacity from which people draw a box around a plume
SOILS: Final = {  # B, G, R albedos, read off by eye from photographs of such ground
    "loess": (0.50, 0.64, 0.76),
    "clay": (0.40, 0.53, 0.68),
    "laterite": (0.36, 0.47, 0.66),
    "concrete": (0.62, 0.66, 0.68),
    "demolition": (0.55, 0.60, 0.64),
    "topsoil": (0.38, 0.44, 0.50),
}
MIST: Final = (0.99, 0.97, 0.94)  # water scatters white, in shade a little blue


@dataclass(frozen=True, slots=True, kw_only=True)
class Plume:
    """What leaves a source, from when to when, and how the air takes it."""

    seed: int
    source_px: tuple[float, float]  # column and row where the source touches the ground
    per_metre: float  # pixels a metre has at the source
    wind_m_s: float  # along the picture, to the right if positive; not 0
    radius_m: float  # of the source
    growth: float  # metres of half height gained a metre downwind: 0.1 calm .. 0.5 gusty
    reach_m: float  # downwind distance over which two thirds have settled or thinned out
    depth: float  # optical depth at the source, > 0
    albedo: tuple[float, float, float]  # B, G, R in [0, 1]
    starts: float = -1e9  # seconds
    ends: float = 1e9

    def alpha(self, seconds: float, size: tuple[int, int]) -> NDArray[np.float32]:
        """Opacity at a second.

        Args:
            seconds: On the plume's own clock.
            size: Width and height of the picture.

        Returns:
            (height, width) in [0, 1].
        """
        return self._opacity_and_relief(seconds, size)[0]

    def _opacity_and_relief(
        self, seconds: float, size: tuple[int, int]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Opacity in [0, 1] and billows around 1, both (height, width)."""
        width, height = size
        step = max(1.0, width / COARSE_PX)
        columns = (np.arange(0, width, step, dtype=np.float32) + step / 2) - self.source_px[0]
        rows = (np.arange(0, height, step, dtype=np.float32) + step / 2) - self.source_px[1]
        side = np.sign(self.wind_m_s)
        downwind = (columns * side / self.per_metre)[None] + np.zeros((len(rows), 1), np.float32)
        up = (-rows / self.per_metre)[:, None] + np.zeros((1, len(columns)), np.float32)
        billows = self._eddies(downwind, up, seconds)
        alpha = 1 - np.exp(-self.depth * self._body(downwind, up, seconds) * billows)
        grown = cv2.resize(alpha.astype(np.float32), size, interpolation=cv2.INTER_CUBIC)
        relief = cv2.resize(billows, size, interpolation=cv2.INTER_LINEAR)
        return np.clip(grown, 0, 1).astype(np.float32), np.asarray(relief, np.float32)

    def _half_height(self, downwind: NDArray[np.float32]) -> NDArray[np.float32]:
        """Half height in metres: grows a little slower than the distance (Pasquill: power 0.9)."""
        grown = self.radius_m + self.growth * np.maximum(downwind, 0) ** np.float32(0.9)
        return np.asarray(grown, np.float32)

    def _body(
        self, downwind: NDArray[np.float32], up: NDArray[np.float32], seconds: float
    ) -> NDArray[np.float32]:
        """Mean density, 1 at the source: Gaussian in height, mass kept downwind."""
        half = self._half_height(downwind)
        over = np.maximum(up - 0.6 * half, 0) / half
        under = np.maximum(-up, 0) / (0.2 * half + 0.25)  # some of it lies towards the camera
        upright = np.exp(-0.5 * over**2) * np.exp(-(under**2))
        thinned = (self.radius_m / half) ** 0.6 * np.exp(-np.maximum(downwind, 0) / self.reach_m)
        upwind = np.clip(1 + downwind / (1.5 * self.radius_m), 0, 1) ** 2
        speed = abs(self.wind_m_s)
        age = np.maximum(downwind, 0) / speed  # seconds since the air here left the source
        begun = np.clip((seconds - self.starts - age) / 2 + 0.5, 0, 1)
        going = np.clip((age - (seconds - self.ends)) / 2 + 0.5, 0, 1)
        return np.asarray(upright * thinned * upwind * begun * going, np.float32)

    def _eddies(
        self, downwind: NDArray[np.float32], up: NDArray[np.float32], seconds: float
    ) -> NDArray[np.float32]:
        """Billows around 1, ragged towards the plume's border."""
        rng = np.random.default_rng([self.seed, 77])
        half = self._half_height(downwind)
        near = np.log1p(np.maximum(downwind, -0.9 * self.radius_m) / self.radius_m + 1)
        across = up / half
        drift = seconds * abs(self.wind_m_s) / (6 * self.radius_m)
        total = np.zeros_like(across)
        weight = 0.0
        for octave in range(OCTAVES):
            tile = _tile(rng)
            scale = 0.55 * 2**octave * TILE_PX / CELLS
            # Finer eddies turn over faster; each octave drifts and rises on its own.
            x = (near * 2.4 - drift * 0.5) * scale + float(rng.uniform(0, TILE_PX))
            y = (across + 0.15 * drift * (1 + 0.4 * octave)) * scale
            if octave:  # the coarser eddies bend the finer ones
                x = x + (total / weight - 0.5) * TILE_PX / CELLS
            sampled = cv2.remap(
                tile,
                np.mod(x, TILE_PX).astype(np.float32),
                np.mod(y, TILE_PX).astype(np.float32),
                cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_WRAP,
            )
            total = total + sampled * FADE**octave
            weight += FADE**octave
        cloud = np.clip((total / weight - 0.5) * 2.8 + 0.5, 0, 1)
        border = np.clip(np.abs(across) / 2.2, 0, 1)
        return np.asarray(np.clip((cloud - 0.5 * border) * 2.1 + 0.1, 0, 1.6), np.float32)

    def layer(self, seconds: float, size: tuple[int, int], look: Look) -> Layer:
        """The plume in a scene's light: lit from above, darker where much of it lies over."""
        alpha, relief = self._opacity_and_relief(seconds, size)
        sigma = max(2.0, 0.03 * size[1])
        soft = np.asarray(cv2.GaussianBlur(alpha, (0, 0), sigma), np.float32)
        above = np.roll(soft, int(sigma * 2), axis=0)
        above[: int(sigma * 2)] = 0
        shade = 1.1 - 0.25 * above + 0.30 * (alpha - soft) + 0.10 * (relief - 1)
        # Grains scatter the light among each other: a cloud of soil is brighter than the soil.
        colour = np.array(self.albedo, np.float32) * look.white * np.float32(1.2)
        picture = np.clip(colour * shade[..., None], 0, 255).astype(np.uint8)
        return Layer(picture=picture, alpha=alpha, left=0, top=0)


def _tile(rng: np.random.Generator) -> NDArray[np.float32]:
    """Smooth noise around 0.5 that repeats at its borders."""
    cells = rng.random((CELLS, CELLS)).astype(np.float32)
    wrapped = np.pad(cells, 2, mode="wrap")
    side = TILE_PX // CELLS
    grown = cv2.resize(wrapped, None, fx=side, fy=side, interpolation=cv2.INTER_CUBIC)
    return np.asarray(grown[2 * side : -2 * side, 2 * side : -2 * side], np.float32)


def random_plume(
    rng: np.random.Generator,
    *,
    source_px: tuple[float, float],
    per_metre: float,
    mist: bool = False,
) -> Plume:
    """A plume of a site, a truck or a saw; or its twin, the mist of a spray cannon."""
    soil = MIST if mist else SOILS[str(rng.choice(list(SOILS)))]
    tint = rng.uniform(0.92, 1.08) * (1.0 if mist else 0.96)
    wind = float(rng.uniform(0.6, 3.0)) * (1 if rng.random() < 0.5 else -1)
    return Plume(
        seed=int(rng.integers(2**31)),
        source_px=source_px,
        per_metre=per_metre,
        wind_m_s=wind,
        radius_m=float(rng.uniform(0.2, 0.4) if mist else rng.uniform(0.5, 1.6)),
        growth=float(rng.uniform(0.2, 0.6)),
        reach_m=float(rng.uniform(3, 6) if mist else rng.uniform(6, 25)),
        depth=float(rng.uniform(1.5, 6.0)),
        albedo=(
            min(1.0, soil[0] * float(tint)),
            min(1.0, soil[1] * float(tint)),
            min(1.0, soil[2] * float(tint)),
        ),
    )
