# ruff: noqa: PLR2004 - a drawing is made of numbers: shares of its own size, set by eye
"""Patches that are made: ads hung on real walls, and what else may be new on a wall.

Whatever is pasted as an ad is pasted in the same way as what is none (a piece of another picture, a
shutter, a window), so that the seam tells nothing. Everything comes from training pictures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from models.composites import flat_ads
from models.composites.harmony import Layer, jpeg, lay, light_paper, look_of, soften, warp
from models.patch_crops import PatchCrop
from models.samples import jitter_colour, letterboxed
from pipeline.rules.patch_look import PATCH_KINDS, PATCH_MARGIN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Image = NDArray[np.uint8]
    Cut = tuple[Image, NDArray[np.float32]]  # a picture, and the box of something in it in pixels

LEAST_TEXTURE_PX: Final = 20  # of a crop's short side that is hung up elsewhere
LEAST_WALL_PX: Final = 24  # of an empty place that something is hung up in
ROOM: Final = 2.2  # of what hangs: the sides of the wall around it
LONG_SIDES_PX: Final = (28.0, 150.0)
FAR_SIDES_PX: Final = (14.0, 64.0)  # short side of a far away patch with its margin

AD, GRAFFITI, SIGN, OTHER = range(len(PATCH_KINDS))


class PatchMaker:
    """Makes training patches of each kind out of crops.

    Args:
        crops: Of training pictures; each kind must be there, and empty places.
    """

    def __init__(self, crops: Sequence[PatchCrop]) -> None:
        self._by_kind = [[c for c in crops if c.kind == k] for k in range(len(PATCH_KINDS))]
        self._walls = [c for c in self._by_kind[OTHER] if c.is_empty and c.side_px >= LEAST_WALL_PX]
        sheets = [[c for c in of if _short(c) >= LEAST_TEXTURE_PX] for of in self._by_kind]
        self._ads, self._signs = sheets[AD], sheets[SIGN]
        missing = [
            name
            for name, found in zip(
                (*PATCH_KINDS, "walls", "larger ads", "larger signs"),
                (*self._by_kind, self._walls, self._ads, self._signs),
                strict=True,
            )
            if not found
        ]
        if missing:
            raise ValueError(f"no crops of {', '.join(missing)}")

    def patch(self, kind: int, size_px: int, rng: np.random.Generator) -> Image:
        """A patch of a kind as the network gets it, (size_px, size_px, 3) BGR."""
        return disturbed(*self._made(kind, rng), size_px, rng)

    def _made(self, kind: int, rng: np.random.Generator) -> Cut:
        """As it is in a picture, or made; the shares are the recipe's."""
        chance = float(rng.random())
        sheets = {AD: self._ads, SIGN: self._signs}.get(kind, [])
        if sheets and chance < 0.30:
            return self._hung(flat_ads.of_crop(_inside(_one(sheets, rng)), rng), rng)
        if kind == AD and chance < 0.55:
            return self._hung(self._drawn(rng), rng)
        if kind == OTHER and chance < 0.20:
            return self._hung(_opaque(_inside(_one(self._by_kind[OTHER], rng))), rng)
        if kind == OTHER and chance < 0.30:
            return self._hung(panel(rng), rng)
        if kind == OTHER and chance < 0.38:
            return shaded(_one(self._walls, rng).image, rng)
        crop = _one(self._by_kind[kind], rng)
        return crop.image, crop.box

    def _drawn(self, rng: np.random.Generator) -> Image:
        """An ad of our own drawing."""
        chance = rng.random()
        if chance < 0.5:
            return flat_ads.poster(rng)
        if chance < 0.8:
            return flat_ads.banner(rng)
        return flat_ads.billboard(rng, lambda: _inside(_one(self._by_kind[OTHER], rng)))

    def _hung(self, texture: Image, rng: np.random.Generator) -> Cut:
        """Hang a texture (h, w, 4) on an empty place of some picture."""
        aspect = texture.shape[1] / texture.shape[0]
        long = float(np.exp(rng.uniform(*np.log(LONG_SIDES_PX))))
        wide, high = max(min(long, long * aspect), 10.0), max(min(long, long / aspect), 10.0)
        scene = _room(_one(self._walls, rng).image, (wide * ROOM + 4, high * ROOM + 4), rng)
        middle = np.array([scene.shape[1], scene.shape[0]]) / 2
        corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * [wide / 2, high / 2]
        corners[:, 1] += corners[:, 0] * rng.normal(0, 0.08)  # a wall seen at an angle
        corners += rng.normal(0, 0.02, (4, 2)) * [wide, high]
        most = np.array([scene.shape[1], scene.shape[0]]) - 2
        layer = warp(texture, np.clip(middle + corners, 1, most).astype(np.float32))
        height, width = layer.alpha.shape
        x1, y1 = max(layer.left, 0), max(layer.top, 0)
        x2 = min(layer.left + width, scene.shape[1])
        y2 = min(layer.top + height, scene.shape[0])
        part = (slice(y1 - layer.top, y2 - layer.top), slice(x1 - layer.left, x2 - layer.left))
        look, alpha = look_of(scene), layer.alpha[part]
        lit = light_paper(layer.picture[part], scene, look, (x1, y1, x2, y2))
        soft = np.asarray(cv2.GaussianBlur(alpha, (0, 0), 0.6), np.float32)
        lay(scene, Layer(picture=soften(lit, alpha, look, rng), alpha=soft, left=x1, top=y1))
        return scene, np.array([x1, y1, x2, y2], np.float32)


def _one(crops: Sequence[PatchCrop], rng: np.random.Generator) -> PatchCrop:
    return crops[int(rng.integers(len(crops)))]


def _short(crop: PatchCrop) -> float:
    return float((crop.box[2:] - crop.box[:2]).min())


def _inside(crop: PatchCrop) -> Image:
    x1, y1, x2, y2 = (int(v) for v in np.maximum(crop.box, 0))
    return crop.image[y1 : max(y2, y1 + 2), x1 : max(x2, x1 + 2)]


def _opaque(image: Image) -> Image:
    return np.dstack([image, np.full(image.shape[:2], 255, np.uint8)])


def _room(image: Image, size: tuple[float, float], rng: np.random.Generator) -> Image:
    """A part of a picture of a size, or all of it scaled to that size."""
    width, height = int(size[0]), int(size[1])
    spare_x, spare_y = image.shape[1] - width, image.shape[0] - height
    if min(spare_x, spare_y) > 0 and rng.random() < 0.7:
        x, y = int(rng.integers(spare_x + 1)), int(rng.integers(spare_y + 1))
        return image[y : y + height, x : x + width].copy()
    how = cv2.INTER_AREA if min(spare_x, spare_y) > 0 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, (width, height), interpolation=how), np.uint8)


def panel(rng: np.random.Generator) -> Image:
    """A rectangle without a message (h, w, 4): a shutter, planks, a plain panel, a window."""
    width = int(rng.integers(40, 200))
    height = int(np.clip(width / np.exp(rng.uniform(-1.2, 1.5)), 20, 300))
    colour = rng.integers(20, 255, 3)
    texture = np.full((height, width, 4), 255, np.uint8)
    texture[..., :3] = colour
    chance = rng.random()
    darker = (colour * rng.uniform(0.5, 0.9)).astype(np.uint8)
    if chance < 0.35:
        pitch = int(rng.integers(4, 16))
        for y in range(0, height, pitch):
            texture[y : y + max(1, pitch // 4), :, :3] = darker
    elif chance < 0.5:
        pitch = int(rng.integers(6, 30))
        for x in range(0, width, pitch):
            texture[:, x : x + max(1, pitch // 5), :3] = darker
    elif chance < 0.7:
        ramp = np.linspace(1, rng.uniform(0.4, 0.9), height)[:, None, None]
        texture[..., :3] = (texture[..., :3] * ramp).astype(np.uint8)
    elif chance < 0.85:
        frame = (*(int(v) for v in rng.integers(150, 255, 3)), 255)
        cv2.rectangle(texture, (0, 0), (width - 1, height - 1), frame, max(2, width // 20))
        cv2.line(texture, (width // 2, 0), (width // 2, height), frame, max(2, width // 25))
        if rng.random() < 0.6:
            row = height // 3
            cv2.line(texture, (0, row), (width, row), frame, max(2, width // 25))
    return texture


def shaded(image: Image, rng: np.random.Generator) -> Cut:
    """A shadow or a patch of light on a wall."""
    height, width = image.shape[:2]
    spots = (rng.uniform(0.1, 0.9, (int(rng.integers(3, 6)), 2)) * [width, height]).astype(np.int32)
    mask = np.zeros((height, width), np.float32)
    cv2.fillConvexPoly(mask, cv2.convexHull(spots), 1.0)
    mask = np.asarray(cv2.GaussianBlur(mask, (0, 0), rng.uniform(0.8, 4)), np.float32)
    gain = rng.uniform(0.35, 0.75) if rng.random() < 0.6 else rng.uniform(1.25, 1.9)
    lit = np.clip(image * (1 + (gain - 1) * mask[..., None]), 0, 255).astype(np.uint8)
    low, high = spots.min(0), np.maximum(spots.max(0), spots.min(0) + 8)
    return lit, np.array([*low, *high], np.float32)


def disturbed(
    image: Image, box: NDArray[np.float32], size_px: int, rng: np.random.Generator
) -> Image:
    """A patch as a worse camera, or a worse box, would give it; (size_px, size_px, 3)."""
    height, width = image.shape[:2]
    sides = np.tile(box[2:] - box[:2], 2)
    moved = box + rng.normal(0, 0.07, 4) * sides
    moved += np.array([-1, -1, 1, 1]) * sides * PATCH_MARGIN * rng.uniform(0.5, 1.5)
    x1, y1 = np.clip(moved[:2], 0, [width - 4, height - 4]).astype(int)
    x2, y2 = np.clip(moved[2:], [x1 + 4, y1 + 4], [width, height]).astype(int)
    part = image[y1:y2, x1:x2]
    if rng.random() < 0.5:
        part = part[:, ::-1]
    part = np.ascontiguousarray(part)
    short, wanted = min(part.shape[:2]), float(np.exp(rng.uniform(*np.log(FAR_SIDES_PX))))
    if rng.random() < 0.6 and wanted < short:
        part = shrunk(part, wanted / short)
    if rng.random() < 0.5:
        part = jpeg(part, int(rng.integers(30, 85)))
    part = letterboxed(part, size_px)
    if rng.random() < 0.3:  # out of focus
        part = np.asarray(cv2.GaussianBlur(part, (0, 0), rng.uniform(0.4, 1.6)), np.uint8)
    part = jitter_colour(part, rng)
    if rng.random() < 0.3:  # dusk
        part = (255 * (part / 255.0) ** rng.uniform(0.6, 2.0)).astype(np.uint8)
    if rng.random() < 0.15:  # night cameras see grey
        grey = cv2.cvtColor(part, cv2.COLOR_BGR2GRAY)
        part = np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), np.uint8)
    if rng.random() < 0.35:  # sensor noise
        noise = rng.normal(0, rng.uniform(2, 10), part.shape)
        part = np.clip(part + noise, 0, 255).astype(np.uint8)
    if rng.random() < 0.2:  # something in front
        low = (rng.uniform(0, 0.8, 2) * size_px).astype(int)
        high = low + (rng.uniform(0.06, 0.3, 2) * size_px).astype(int)
        part[low[1] : high[1], low[0] : high[0]] = rng.integers(0, 255, 3)
    return part


def shrunk(image: Image, scale: float) -> Image:
    """The picture at a share of its size, as from far away."""
    size = (max(4, round(image.shape[1] * scale)), max(4, round(image.shape[0] * scale)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
