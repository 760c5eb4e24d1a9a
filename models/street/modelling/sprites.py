# ruff: noqa: PLR2004, ANN401, PLR0917 - a model is numbers; bpy is untyped
"""Sprites: every actor seen from where it will stand, with masks, part boxes and ground shadows.

A sprite is a picture of one object taken by a camera that looks straight at it. The run-time
renderer puts it back as a flat board through the object's anchor, facing the camera: exact where it
was taken.
"""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from models.street.modelling import grounds, materials, people, rig, shoot, stalls, vehicles
from models.street.modelling.blender import fresh_scene
from models.street.modelling.materials import plain
from models.street.modelling.shapes import Group

Build = Callable[[Group], None]
NEAR_VIEWS = (12.0, 27.0, 39.0, 49.0, 57.0, 64.0, 71.0)
FAR_VIEWS = (-24.0, -9.0, 3.0, 14.0, 24.0, 33.0, 41.0, 49.0, 56.0, 63.0, 70.0)
BIKE_VIEWS = (-14.0, 0.0, 12.0, 23.0, 33.0, 43.0, 52.0, 61.0, 69.0)
STALL_VIEWS = (-4.0, 10.0, 22.0, 33.0, 43.0, 53.0)
EYE = np.array([0.0, 0.0, rig.HEIGHT])


class Album:
    """Collects sprites of one family and writes them as atlases."""

    def __init__(self, studio: shoot.Studio, samples: tuple[int, int]) -> None:
        """Keep the studio; samples are for sun and sky."""
        self.studio = studio
        self.samples = samples
        self.sprites: list[dict[str, Any]] = []
        self.shadows: dict[str, dict[str, Any]] = {}

    def shoot(
        self, group: Group, name: str, heading: float, azimuth: float, distance: float, fine: float
    ) -> None:
        """Take one sprite: group at an azimuth and distance from the camera, heading in degrees."""
        angle = np.radians(azimuth)
        anchor = np.array([distance * np.sin(angle), distance * np.cos(angle), 0.0])
        group.place(anchor[0], anchor[1], heading)
        every = np.concatenate([spots for _, spots in shoot.triangles(group, parts=True)])
        middle = anchor + np.array([0, 0, every[:, 2].max() / 2])
        rotation = rig.look_at(EYE, middle)
        depth = float(((anchor - EYE) @ rotation.T)[2])
        scale = min(fine, 900.0 / depth * 1.1)
        focal = scale * depth
        seen = (every - EYE) @ rotation.T
        flat = seen[:, :2] / seen[:, 2:] * focal
        half = np.ceil(np.abs(flat).max(0)).astype(int) + 3
        size = (half * 2).tolist()
        self.studio.aim(EYE.tolist(), rotation, focal, size)
        layers = {}
        for light, count in zip(("sun", "sky"), self.samples, strict=True):
            self.studio.light(light)
            layers[light] = self.studio.take(count, denoise=True)
        self.studio.light("mask")
        mask = shoot.masked(group.objects, lambda: self.studio.take(6, denoise=False))
        at = ((anchor - EYE) @ rotation.T)[:2] / depth * focal + half
        facts = {
            "name": name, "heading": heading, "azimuth": azimuth, "distance": round(distance, 3),
            "look": round(float(middle[2]), 3), "per_metre": round(scale, 4),
        }  # fmt: skip
        parts = _parts(group, rotation, focal, half)
        self._keep(layers, mask, at, facts, parts)

    def _keep(
        self,
        layers: dict[str, Any],
        mask: Any,
        at: Any,
        facts: dict[str, Any],
        parts: dict[str, Any],
    ) -> None:
        alpha = np.clip(mask[..., 3], 0, 1)
        ys, xs = np.nonzero(alpha > 0.03)
        x0, y0, x1, y1 = max(xs.min() - 2, 0), max(ys.min() - 2, 0), xs.max() + 3, ys.max() + 3
        cut = (slice(y0, y1), slice(x0, x1))
        clear = [_unblend(layers[k][cut]) for k in ("sun", "sky")]
        facts["anchor"] = [round(float(at[0] - x0), 2), round(float(at[1] - y0), 2)]
        facts["parts"] = {
            k: [round(float(v), 1) for v in (b - (x0, y0, x0, y0))] for k, b in parts.items()
        }
        facts["day"] = rig.develop(rig.mix("sprite-sun", clear[0], clear[1]))
        facts["soft"] = rig.develop(rig.mix("sprite-sky", clear[0], clear[1]))
        facts["mask"] = np.round(np.clip(mask[cut][..., 2::-1], 0, 1) * 255).astype(np.uint8)
        facts["alpha"] = np.round(alpha[cut] * 255).astype(np.uint8)
        self.sprites.append(facts)

    def shade(self, group: Group, name: str, heading: float, fine: float, ways: int) -> None:
        """Keep the ground shadows of a group at a heading."""
        group.place(0, 0, heading)
        sun, sun_box = shoot.ground_shadow(group, shoot.SUN_WAY.tolist(), fine)
        gloom, gloom_box = shoot.ground_gloom(group, fine * 0.7, ways)
        self.shadows[f"{name}@{heading:g}"] = {
            "sun": np.round(sun * 255).astype(np.uint8), "sun_box": [round(v, 3) for v in sun_box],
            "gloom": np.round(gloom * 255).astype(np.uint8),
            "gloom_box": [round(v, 3) for v in gloom_box],
        }  # fmt: skip

    def write(self, out: Path, family: str) -> None:
        """Write family-day.webp (with alpha), family-soft.webp, family-mask.webp, shadows, JSON."""
        spots, size = pack([s["day"].shape[:2] for s in self.sprites])
        for layer, quality in (("day", 88), ("soft", 82), ("mask", 78)):
            sheet = np.zeros((*size, 3), np.uint8)
            alpha = np.zeros(size, np.uint8)
            for (y, x), sprite in zip(spots, self.sprites, strict=True):
                h, w = sprite["day"].shape[:2]
                sheet[y : y + h, x : x + w] = sprite[layer]
                alpha[y : y + h, x : x + w] = sprite["alpha"]
            image = np.dstack([sheet, alpha]) if layer == "day" else sheet
            cv2.imwrite(
                str(out / f"{family}-{layer}.webp"), image, [cv2.IMWRITE_WEBP_QUALITY, quality]
            )
        listing = []
        for (y, x), sprite in zip(spots, self.sprites, strict=True):
            h, w = sprite["day"].shape[:2]
            facts = {k: v for k, v in sprite.items() if k not in ("day", "soft", "mask", "alpha")}
            listing.append(facts | {"at": [x, y, w, h]})
        shades = self._write_shadows(out, family)
        text = json.dumps({"sprites": listing, "shadows": shades}, separators=(",", ":"))
        (out / f"{family}.json").write_text(text.replace('{"name"', '\n{"name"') + "\n")

    def _write_shadows(self, out: Path, family: str) -> dict[str, Any]:
        names = list(self.shadows)
        shades: dict[str, Any] = {name: {} for name in names}
        for layer in ("sun", "gloom"):
            spots, size = pack([self.shadows[n][layer].shape for n in names])
            sheet = np.zeros(size, np.uint8)
            for (y, x), name in zip(spots, names, strict=True):
                image = self.shadows[name][layer]
                h, w = image.shape
                sheet[y : y + h, x : x + w] = image
                shades[name][layer] = {
                    "at": [x, y, w, h],
                    "box": self.shadows[name][f"{layer}_box"],
                }
            cv2.imwrite(str(out / f"{family}-{layer}.png"), sheet)
        return shades


def _unblend(layer: NDArray[np.float32]) -> NDArray[np.float32]:
    """Colour without its alpha, spread outwards so that edges blend without a dark rim."""
    alpha = layer[..., 3:]
    colour, weight = layer[..., :3].copy(), alpha.copy()
    for size in (3, 7, 15, 31):
        spread = cv2.blur(np.concatenate([colour, weight], 2), (size, size))
        colour = np.where(weight > 0.02, colour, spread[..., :3])
        weight = np.where(weight > 0.02, weight, spread[..., 3:])
    return (colour / np.maximum(weight, 1e-3)).astype(np.float32)


def _parts(group: Group, rotation: Any, focal: float, half: Any) -> dict[str, Any]:
    boxes: dict[str, Any] = {}
    for part, spots in shoot.triangles(group, parts=True):
        if part:
            seen = (spots - EYE) @ rotation.T
            flat = seen[:, :2] / seen[:, 2:] * focal + half
            box = np.concatenate([flat.min(0), flat.max(0)])
            old = boxes.get(part, box)
            boxes[part] = np.concatenate(
                [np.minimum(box[:2], old[:2]), np.maximum(box[2:], old[2:])]
            )
    return boxes


def pack(
    sizes: list[tuple[int, int]], width: int = 2048
) -> tuple[list[tuple[int, int]], tuple[int, int]]:
    """Lay boxes (height, width) out in shelves: their (y, x) and the sheet's (height, width)."""
    spots: list[tuple[int, int]] = [(0, 0)] * len(sizes)
    x = y = shelf = 0
    for k in sorted(range(len(sizes)), key=lambda k: -sizes[k][0]):
        h, w = sizes[k]
        if x + w > width:
            x, y, shelf = 0, y + shelf + 1, 0
        spots[k] = (y, x)
        x, shelf = x + w + 1, max(shelf, h)
    return spots, (y + shelf + 1, max(width, *(w for _, w in sizes)))


def _lane(
    album: Album,
    build: Build,
    name: str,
    heading: float,
    y: float,
    views: tuple[float, ...],
    fine: float = 58.0,
) -> None:
    group = Group(name)
    build(group)
    for azimuth in views:
        album.shoot(group, name, heading, azimuth, y / float(np.cos(np.radians(azimuth))), fine)
    album.shade(group, name, heading, 14.0, 40)
    group.remove()


def _crowd(album: Album) -> None:
    for body in people.BODIES:
        for pose in ("walk0", "walk1", "walk2", "walk3", "stand", "work", "umbrella"):
            group = Group(body)
            people.person(group, body, pose)
            for heading in range(0, 360, 45):
                album.shoot(group, f"{body}-{pose}", heading, 30.0, 18.5, 60.0)
                album.shade(group, f"{body}-{pose}", heading, 20.0, 20)
            group.remove()


def render(family: str, pictures: dict[str, Path], out: Path, samples: tuple[int, int]) -> None:
    """Render one family of sprites: one of `models.render_assets.FAMILIES`."""
    fresh_scene()
    materials.reset()
    studio = shoot.Studio()
    ground = Group("ground")
    sheet = plain("sheet", (0.22, 0.21, 0.2))
    grounds.flat(ground, (-200, 200), (-200, 200), 0.0, sheet)
    ground.objects[0].visible_camera = False
    album = Album(studio, samples)
    if family == "people":
        _crowd(album)
    elif family == "cars":
        _cars(album)
    elif family == "trucks":
        _trucks(album, ("covered", "open_empty", "closed", "tank"))
    elif family == "loaded":
        _trucks(album, ("open_loaded",))
    elif family == "bicycles":
        _lane(album, vehicles.bicycle, "bicycle", 180.0, grounds.BIKE_LANE, BIKE_VIEWS)
    else:
        _things(album, pictures)
    album.write(out, family)


def _cars(album: Album) -> None:
    builders: dict[str, Build] = {"car": vehicles.car, "van": vehicles.van, "bus": vehicles.bus}
    for name, build in builders.items():
        views = NEAR_VIEWS[3:] if name == "bus" else NEAR_VIEWS
        _lane(album, build, name, 0.0, grounds.NEAR_LANE, views, 40.0)
        print(name, flush=True)
    for name, build in builders.items():
        fine = 38.0 if name == "bus" else 48.0
        _lane(album, build, name, 180.0, grounds.FAR_LANE, FAR_VIEWS, fine)
        print(name, flush=True)


def _trucks(album: Album, loads: tuple[str, ...]) -> None:
    for load in loads:
        build = partial(vehicles.truck, load=load)
        _lane(album, build, f"truck-{load}", 180.0, grounds.FAR_LANE, FAR_VIEWS, 44.0)
        print(load, flush=True)


def _things(album: Album, pictures: dict[str, Path]) -> None:
    riders: dict[str, Build] = {
        "motorcycle": partial(vehicles.bicycle, motor=True),
        "tricycle-empty": partial(vehicles.tricycle, cargo="empty"),
        "tricycle-goods": partial(vehicles.tricycle, cargo="goods"),
        "tricycle-boxes": partial(vehicles.tricycle, cargo="boxes"),
    }
    for name, build in riders.items():
        _lane(album, build, name, 180.0, grounds.BIKE_LANE, BIKE_VIEWS)
    still: dict[str, Build] = {
        "parked-motorcycle": partial(vehicles.bicycle, motor=True, rider=False),
        "parked-tricycle-goods": partial(vehicles.tricycle, cargo="goods", rider=False),
        "parked-tricycle-boxes": partial(vehicles.tricycle, cargo="boxes", rider=False),
        "parked-tricycle-empty": partial(vehicles.tricycle, cargo="empty", rider=False),
    }
    for name, build in still.items():
        _lane(album, build, name, 180.0, 16.0, STALL_VIEWS)
    things: dict[str, Build] = {
        "cart": stalls.cart, "cartbare": partial(stalls.cart, parasol=False), "table": stalls.table,
        "blanket": stalls.blanket, "canopy": stalls.canopy, "abandoned": stalls.abandoned,
        "loose": stalls.loose,
        "aboard0": partial(stalls.aboard, art=str(pictures["poster4"])),
        "aboard1": partial(stalls.aboard, art=str(pictures["poster2"])),
    }  # fmt: skip
    for name, build in things.items():
        _lane(album, build, name, 0.0, 16.3, STALL_VIEWS)
        print(name, flush=True)
