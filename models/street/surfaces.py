# ruff: noqa: PLR2004, ANN401, FBT001 - a street is made of numbers; OpenCV is untyped
"""Flat pictures on walls and the ground: adverts, soil, wet patches, leaves, moving shadows."""

import math
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from models.street.scene import HEIGHT, WIDTH, Calibration, Picture

Texture = NDArray[np.uint8]


@dataclass(eq=False)
class Decal:
    """A picture on a flat quadrilateral of the world.

    Attributes:
        texture: BGRA (height, width, 4).
        corners: World points (4, 3): the texture's top left, top right, bottom right, bottom left.
        label: Class name, "" for none.
        kind: "paint" blends colour; "wet" darkens; "shadow" shows the plate without sun.
        sway: Metres by which it moves to and fro along x (nets, leaf shadows).
    """

    texture: Texture
    corners: NDArray[np.float64]
    track: int
    label: str = ""
    kind: str = "paint"
    starts: float = 0.0
    ends: float = math.inf
    fade: float = 0.5
    sway: float = 0.0
    moving: tuple[float, float] = (0.0, 0.0)
    cache: dict[str, Any] = field(default_factory=dict)

    def strength(self, t: float) -> float:
        """Opacity 0..1 at second t."""
        if not self.starts <= t < self.ends:
            return 0.0
        return float(min(1.0, (t - self.starts) / self.fade + 0.05, (self.ends - t) / self.fade))

    def settled(self, t: float) -> bool:
        """Whether it lies still at full strength, so that it may be kept in the background."""
        return not self.sway and not any(self.moving) and self.strength(t) >= 1

    def draw(
        self, t: float, camera: Calibration
    ) -> tuple[tuple[int, int, int, int], Picture, Any] | None:
        """Its rectangle in the picture, BGR and alpha 0..255 there; None when out of sight."""
        shift = np.array(
            [self.moving[0] * (t - self.starts), self.moving[1] * (t - self.starts), 0.0]
        )
        shift[0] += self.sway * math.sin(t * 1.7 + self.track)
        moves = bool(self.sway) or any(self.moving)
        if not moves and "drawn" in self.cache:
            return self.cache["drawn"]  # type: ignore[no-any-return]
        seen, depth = camera.project(self.corners + shift)
        x0, y0 = np.floor(np.maximum(seen.min(0), 0)).astype(int)
        x1, y1 = np.ceil(np.minimum(seen.max(0), (WIDTH, HEIGHT))).astype(int)
        result = None
        if depth.min() > 0.5 and x1 - x0 > 1 and y1 - y0 > 1:
            h, w = self.texture.shape[:2]
            flat = np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32)
            target = (seen - (x0, y0)).astype(np.float32)
            shrink = max(
                w / max(float(np.ptp(target[:, 0])), 1), h / max(float(np.ptp(target[:, 1])), 1)
            )
            texture = self.texture
            if shrink > 1.6:
                texture = np.asarray(
                    cv2.blur(texture, (int(shrink) | 1, int(shrink) | 1)), np.uint8
                )
            matrix = cv2.getPerspectiveTransform(flat, target)
            drawn = cv2.warpPerspective(texture, matrix, (int(x1 - x0), int(y1 - y0)))
            rect = (int(x0), int(y0), int(x1), int(y1))
            result = (
                rect,
                np.asarray(drawn[..., :3], np.uint8),
                np.ascontiguousarray(drawn[..., 3], np.uint8),
            )
        if not moves:
            self.cache["drawn"] = result
        return result


def wall_quad(x: tuple[float, float], z: tuple[float, float], y: float) -> NDArray[np.float64]:
    """Corners of an upright rectangle on a wall at y: x low, high; z low, high; metres."""
    return np.array([[x[0], y, z[1]], [x[1], y, z[1]], [x[1], y, z[0]], [x[0], y, z[0]]])


def ground_quad(
    x: tuple[float, float], y: tuple[float, float], z: float = 0.01
) -> NDArray[np.float64]:
    """Corners of a flat rectangle on the ground; the texture's first row lies farthest away."""
    return np.array([[x[0], y[1], z], [x[1], y[1], z], [x[1], y[0], z], [x[0], y[0], z]])


def noise(rng: np.random.Generator, shape: tuple[int, int], low: int = 2, high: int = 7) -> Any:
    """Smooth cloud noise 0..1 (height, width)."""
    total = np.zeros(shape, np.float32)
    for octave in range(low, high):
        cells = rng.random((2**octave, 2**octave)).astype(np.float32)
        total += cv2.resize(cells, shape[::-1], interpolation=cv2.INTER_CUBIC) * 0.55 ** (
            octave - low
        )
    total -= total.min()
    return total / max(float(total.max()), 1e-6)


def soil(rng: np.random.Generator, length: float, width: float, amount: float) -> Texture:
    """Soil dropped on a road: clods lit from the left with a shadow side, thinning to dust."""
    per = 48
    h, w = max(24, int(width * per)), max(24, int(length * per))
    height = np.zeros((h, w), np.float32)
    middle = h * (0.5 + 0.16 * (noise(rng, (1, w), 1, 4)[0] - 0.5))
    for _ in range(int(amount * length * 60)):
        x = rng.integers(w)
        y = int(middle[x] + rng.normal() * h * 0.16)
        r = float(rng.gamma(1.6, 1.7)) + 1
        if 3 < y < h - 4:
            cv2.circle(height, (int(x), y), max(1, int(r)), float(r) * 0.7, -1)
    height = np.asarray(cv2.GaussianBlur(height, (0, 0), 1.1), np.float32)
    spread = np.exp(-(((np.arange(h)[:, None] - middle[None]) / (h * 0.2)) ** 2))
    ends = np.clip(np.minimum(np.arange(w), w - np.arange(w)) / (w * 0.12), 0, 1)[None]
    dust = np.clip(spread * ends * amount * (0.35 + 0.9 * noise(rng, (h, w))) - 0.15, 0, 0.75)
    slope = cv2.Sobel(height, cv2.CV_32F, 1, 0) + 0.6 * cv2.Sobel(height, cv2.CV_32F, 0, 1)
    shade = np.clip(0.85 + slope * 0.06, 0.35, 1.35) * (0.75 + 0.5 * noise(rng, (h, w), 4, 8))
    colour = np.array([74, 102, 138], np.float32) * rng.uniform(0.85, 1.15)
    alpha = np.clip(np.maximum(np.clip(height * 0.9, 0, 1), dust) * ends, 0, 1)
    picture = np.clip(shade[..., None] * colour, 0, 255)
    return np.dstack([picture, alpha * 255]).astype(np.uint8)


def wet(rng: np.random.Generator, length: float, width: float) -> Texture:
    """A wet patch: dark, even, with soft ragged borders."""
    h, w = max(16, int(width * 30)), max(16, int(length * 30))
    gx = np.abs(np.linspace(-1, 1, w))[None] ** 4
    gy = np.abs(np.linspace(-1, 1, h))[:, None] ** 3
    body = np.clip((1 - gx - gy + (noise(rng, (h, w)) - 0.5) * 0.8) * 4, 0, 1)
    return np.dstack([np.full((h, w, 3), 24.0), body * 120]).astype(np.uint8)


def leaves(rng: np.random.Generator, length: float, width: float, count: int) -> Texture:
    """Fallen leaves."""
    h, w = int(width * 40), int(length * 40)
    texture = np.zeros((h, w, 4), np.uint8)
    for _ in range(count):
        at = (int(rng.integers(w)), int(rng.integers(h)))
        colour = (
            int(rng.integers(20, 60)),
            int(rng.integers(90, 150)),
            int(rng.integers(130, 190)),
            255,
        )
        axes = (int(rng.integers(2, 5)), int(rng.integers(1, 3)))
        cv2.ellipse(texture, at, axes, float(rng.uniform(0, 180)), 0, 360, colour, -1)
    return texture


def shade_blob(rng: np.random.Generator, leafy: bool) -> Texture:
    """A shadow's shape: a soft block (building, cloud) or a leafy crown."""
    size = 160
    if leafy:
        body = np.clip((noise(rng, (size, size), 3, 7) - 0.4) * 3.5, 0, 1)
        gy, gx = np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j]
        body *= np.clip(
            (1 - np.hypot(gx, gy) * (0.8 + 0.5 * noise(rng, (size, size), 2, 5))) * 2, 0, 1
        )
    else:
        body = np.zeros((size, size), np.float32)
        body[12:-12, 12:-12] = 1
        body = cv2.GaussianBlur(body, (0, 0), 4)
    return np.dstack([np.zeros((size, size, 3)), body * 255]).astype(np.uint8)
