# ruff: noqa: PLR2004, FBT001 - a street is made of numbers; OpenCV is untyped
"""Sprites at run time: choosing the view, recolouring, warping into the camera's picture."""

import json
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from models.street.scene import ASSETS, HEIGHT, WIDTH, Calibration, Picture, read_picture

Colours = tuple[tuple[int, int, int], ...]
FAMILIES = ("people", "cars", "trucks", "loaded", "bicycles", "things")
CACHED = 600


@dataclass(frozen=True)
class Sprite:
    """One view of one object; the pictures lie in its family's atlas.

    Attributes:
        name: Object and pose.
        heading: World heading the picture was taken at, degrees counter-clockwise from +x.
        azimuth: Direction it was seen in, degrees from +y towards +x.
        per_metre: Pixels per metre in the plane through the anchor.
        anchor: Ground anchor in the picture (x, y), pixels.
        look: Height above ground at which the camera looked, metres.
        at: Atlas rectangle x, y, width, height.
        parts: Part name to box in sprite pixels.
    """

    name: str
    family: str
    heading: float
    azimuth: float
    distance: float
    per_metre: float
    anchor: tuple[float, float]
    look: float
    at: tuple[int, int, int, int]
    parts: dict[str, tuple[float, float, float, float]]


@dataclass
class Bank:
    """All sprites and shadows, with a bounded cache of painted ones."""

    sprites: dict[str, list[Sprite]] = field(default_factory=dict)
    shadows: dict[str, dict[str, Any]] = field(default_factory=dict)
    sheets: dict[tuple[str, str], Picture] = field(default_factory=dict)
    painted: OrderedDict[Any, tuple[Picture, Picture]] = field(default_factory=OrderedDict)

    def choose(self, name: str, heading: float, azimuth: float) -> Sprite:
        """The taken view closest to how the object looks from the camera."""
        family = self.sprites[name]
        people = family[0].family == "people"

        def miss(sprite: Sprite) -> float:
            turn = abs((sprite.heading - heading + 180) % 360 - 180)
            if people:
                relative = sprite.heading + sprite.azimuth - heading - azimuth
                return abs((relative + 180) % 360 - 180)
            return turn * 3 + abs(sprite.azimuth - azimuth)

        return min(family, key=miss)

    def paint(self, sprite: Sprite, colours: Colours, sun: bool) -> tuple[Picture, Picture]:
        """Recoloured BGR picture and alpha of a sprite, in direct sun or in skylight."""
        key = (id(sprite), colours, sun)
        found = self.painted.get(key)
        if found is not None:
            self.painted.move_to_end(key)
            return found
        x, y, w, h = sprite.at
        cut = (slice(y, y + h), slice(x, x + w))
        picture = self.sheets[sprite.family, "day" if sun else "soft"][cut][..., :3].astype(
            np.float32
        )
        mask = self.sheets[sprite.family, "mask"][cut].astype(np.float32) / 255
        for channel, colour in zip((2, 1, 0), colours, strict=False):
            tint = np.array(colour[::-1], np.float32) / 235
            picture *= 1 + mask[..., channel : channel + 1] * (tint - 1)
        alpha = self.sheets[sprite.family, "day"][cut][..., 3].copy()
        result = (np.clip(picture, 0, 255).astype(np.uint8), alpha)
        self.painted[key] = result
        if len(self.painted) > CACHED:
            self.painted.popitem(last=False)
        return result

    def shadow(self, name: str, heading: float, layer: str) -> tuple[Picture, list[float]] | None:
        """Ground shadow mask ("sun" or "gloom") and its rectangle in metres around the anchor."""
        best, miss = None, 999.0
        for key in self.shadow_keys(name):
            turn = abs((float(key.split("@")[1]) - heading + 180) % 360 - 180)
            if turn < miss:
                best, miss = key, turn
        if best is None:
            return None
        facts = self.shadows[best][layer]
        family = self.sprites[name][0].family
        x, y, w, h = facts["at"]
        return self.sheets[family, layer][y : y + h, x : x + w], facts["box"]

    def shadow_keys(self, name: str) -> list[str]:
        """Every stored heading of an object's shadow."""
        return self._keys.get(name, [])

    def __post_init__(self) -> None:
        """Load every family that has been rendered."""
        self._keys: dict[str, list[str]] = {}
        for family in FAMILIES:
            listing = json.loads((ASSETS / f"{family}.json").read_text())
            for facts in listing["sprites"]:
                sprite = Sprite(
                    facts["name"], family, facts["heading"], facts["azimuth"], facts["distance"],
                    facts["per_metre"], tuple(facts["anchor"]), facts["look"], tuple(facts["at"]),
                    {k: tuple(v) for k, v in facts["parts"].items()},
                )  # fmt: skip
                self.sprites.setdefault(sprite.name, []).append(sprite)
            for key, value in listing["shadows"].items():
                self.shadows[key] = value
                self._keys.setdefault(key.split("@")[0], []).append(key)
            for layer in ("day", "soft", "mask"):
                self.sheets[family, layer] = read_picture(f"{family}-{layer}.webp")
            for layer in ("sun", "gloom"):
                self.sheets[family, layer] = read_picture(f"{family}-{layer}.png")


@lru_cache(maxsize=1)
def bank() -> Bank:
    """The one loaded bank."""
    return Bank()


@dataclass(frozen=True)
class Placed:
    """A sprite put into the picture: where its corners fall and how far away it stands."""

    sprite: Sprite
    matrix: NDArray[np.float64]
    rect: tuple[int, int, int, int]
    depth: float
    scale: float


def place(sprite: Sprite, x: float, y: float, camera: Calibration, z: float = 0.0) -> Placed | None:
    """Stand a sprite's board on a ground spot; None when it is outside the picture."""
    anchor = np.array([x, y, z])
    forward = anchor + np.array([0.0, 0.0, sprite.look]) - camera.eye
    forward /= np.linalg.norm(forward)
    right = np.cross(forward, (0.0, 0.0, 1.0))
    right /= np.linalg.norm(right)
    down = np.cross(forward, right)
    _, _, w, h = sprite.at
    flat = np.array([[0, 0], [w, 0], [w, h], [0, h]], dtype=float)
    offset = (flat - sprite.anchor) / sprite.per_metre
    corners = anchor + offset[:, :1] * right + offset[:, 1:] * down
    seen, _ = camera.project(corners)
    (_, depth) = camera.project([anchor])
    x0, y0 = np.floor(np.maximum(seen.min(0), 0)).astype(int)
    x1, y1 = np.ceil(np.minimum(seen.max(0), (WIDTH, HEIGHT))).astype(int)
    if depth[0] < 2 or x1 - x0 < 2 or y1 - y0 < 2:
        return None
    matrix = np.asarray(
        cv2.getPerspectiveTransform(flat.astype(np.float32), seen.astype(np.float32)), np.float64
    )
    scale = float(np.linalg.norm(seen[1] - seen[0]) / w)
    return Placed(sprite, matrix, (int(x0), int(y0), int(x1), int(y1)), float(depth[0]), scale)


def warp(placed: Placed, picture: Picture, alpha: Picture) -> tuple[Picture, Picture]:
    """Draw a painted sprite into its rectangle: BGR and alpha 0..255."""
    x0, y0, x1, y1 = placed.rect
    matrix = placed.matrix
    if placed.scale < 0.6:
        half = (max(1, picture.shape[1] // 2), max(1, picture.shape[0] // 2))
        grow = np.diag([picture.shape[1] / half[0], picture.shape[0] / half[1], 1.0])
        picture = np.asarray(cv2.resize(picture, half, interpolation=cv2.INTER_AREA), np.uint8)
        alpha = np.asarray(cv2.resize(alpha, half, interpolation=cv2.INTER_AREA), np.uint8)
        matrix = matrix @ grow
    shift = np.array([[1, 0, -x0], [0, 1, -y0], [0, 0, 1]], dtype=float) @ matrix
    size = (x1 - x0, y1 - y0)
    drawn = cv2.warpPerspective(picture, shift, size, borderMode=cv2.BORDER_REPLICATE)
    shape = cv2.warpPerspective(alpha, shift, size)
    return np.asarray(drawn, np.uint8), np.asarray(shape, np.uint8)
