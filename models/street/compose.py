# ruff: noqa: PLR2004, ANN401, FBT001, FBT002 - a street is made of numbers; OpenCV is untyped
"""Composing one frame: plate, flat pictures, shadows, actors from far to near, plumes; truth."""

from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from models.street import labels, scene, sprites, surfaces, tone, weather
from models.street.actors import Actor, Pose
from models.street.plume import Plume, blend
from models.street.scene import HEIGHT, WIDTH, Picture

Box = list[float]
PART_CLASS = {"umbrella": "umbrella", "goods": "goods", "person": "person"}


@dataclass
class Street:
    """All that happens before one camera: a script ready to be drawn.

    `fixed` are boxes of things painted into the plate: (class, track, box in pixels).
    """

    scene: scene.Scene
    light: str
    weather: weather.Weather
    seed: int
    actors: list[Actor] = field(default_factory=list)
    decals: list[surfaces.Decal] = field(default_factory=list)
    plumes: list[Plume] = field(default_factory=list)
    fixed: list[tuple[str, int, Box]] = field(default_factory=list)
    glows: list[tuple[float, float, Any]] = field(default_factory=list)


@dataclass
class Drawn:
    """A thing in the current frame, for truth: class, track, box and the parts' boxes, pixels."""

    label: str
    track: int
    box: Box
    parts: list[tuple[str, Box]]
    name: str = ""
    visible: float = 1.0
    number: int = 0
    area: int = 0


class Composer:
    """Draws a street at any second."""

    def __init__(self, street: Street, pool: int = weather.POOL) -> None:
        """Prepare sprites, lens and the sky's brightness."""
        self.street = street
        self.bank = sprites.bank()
        self.lens = weather.Lens(street.weather, street.scene, street.light, street.seed, pool)
        self.base = street.scene.plates[street.light]
        self.camera = street.scene.calibration
        self._owner: NDArray[np.int16] | None = None
        self.drawn: list[Drawn] = []
        self._baked: dict[str, Picture] = {}
        self._baked_key: tuple[int, ...] | None = None

    def frame(
        self, t: float, index: int, truth: bool = False
    ) -> tuple[Picture, list[dict[str, Any]]]:
        """The frame at second t, BGR (720, 1280, 3), and with `truth` its objects."""
        frame, loose = self._background(t)
        self._owner = np.zeros((HEIGHT, WIDTH), np.int16) if truth else None
        drawn: list[Drawn] = []
        for decal in self.street.decals:
            self._decal(frame if decal in loose else None, decal, t, drawn)
        poses = [p for actor in self.street.actors for p in actor.poses(t)]
        placed = []
        for pose in poses:
            azimuth, _ = self.camera.bearing(pose.x, pose.y)
            sprite = self.bank.choose(pose.name, pose.heading, azimuth)
            spot = sprites.place(sprite, pose.x, pose.y, self.camera)
            if spot is not None:
                placed.append((spot, pose))
        for _, pose in placed:
            self._shadows(frame, pose)
        for spot, pose in sorted(placed, key=lambda item: -item[0].depth):
            self._actor(frame, spot, pose, drawn)
        self._glow(frame, t, [pose for _, pose in placed])
        self._plumes(frame, t, drawn)
        objects = self._objects(drawn, t) if truth else []
        self.drawn = drawn
        return self.lens.apply(frame, t, index), objects

    def _background(self, t: float) -> tuple[Picture, list[surfaces.Decal]]:
        """The plate with all settled flat pictures in it, and those still to draw."""
        settled = [d for d in self.street.decals if d.settled(t)]
        key = tuple(d.track for d in settled)
        clouds = self.street.weather.clouds if self.street.light == "day" else 0.0
        if key != self._baked_key:
            self._baked_key = key
            for light in (self.street.light, "overcast") if clouds else (self.street.light,):
                plate = self.street.scene.plates[light].copy()
                for decal in settled:
                    self._paint(plate, decal, 1.0, decal.draw(t, self.camera))
                soft = self.street.weather.soft
                self._baked[light] = (
                    np.asarray(cv2.GaussianBlur(plate, (0, 0), soft), np.uint8) if soft else plate
                )
        base = self._baked[self.street.light]
        loose = [d for d in self.street.decals if d not in settled]
        if clouds:
            share = clouds * max(0.0, float(np.sin(t / 37.0 + self.street.seed)))
            return np.asarray(
                cv2.addWeighted(base, 1 - share, self._baked["overcast"], share, 0), np.uint8
            ), loose
        return base.copy(), loose

    def _decal(
        self, frame: Picture | None, decal: surfaces.Decal, t: float, drawn: list[Drawn]
    ) -> None:
        strength = decal.strength(t)
        if strength <= 0 or (frame is None and (not decal.label or self._owner is None)):
            return
        found = decal.draw(t, self.camera)
        if found is None:
            return
        if frame is not None:
            self._paint(frame, decal, strength, found)
        if decal.label and self._owner is not None:
            rect, _, alpha = found
            solid = alpha > 64
            if solid.any():
                self._claim(
                    drawn, Drawn(decal.label, decal.track, _bounds(rect, solid), []), rect, solid
                )

    def _paint(self, frame: Picture, decal: surfaces.Decal, strength: float, found: Any) -> None:
        if found is None or (decal.kind == "shadow" and self.street.light != "day"):
            return
        (x0, y0, x1, y1), picture, alpha = found
        part = frame[y0:y1, x0:x1]
        weight = (
            alpha
            if strength >= 1
            else np.asarray(cv2.convertScaleAbs(alpha, alpha=strength), np.uint8)
        )
        if decal.kind == "shadow":
            colour: Any = self.street.scene.plates["shade"][y0:y1, x0:x1]
        elif decal.kind == "wet":
            colour = cv2.convertScaleAbs(part, alpha=0.5)
        else:
            colour = np.clip(picture * self._surface_gain(part, decal), 0, 255).astype(np.uint8)
        lay(part, np.asarray(colour, np.uint8), weight)

    def _surface_gain(self, part: Picture, decal: surfaces.Decal) -> Any:
        """Light on a flat picture as BGR factors, taken from the plate under it."""
        if "gain" not in decal.cache or decal.moving != (0.0, 0.0):
            usual = {"day": 205.0, "overcast": 200.0, "dusk": 185.0, "night": 175.0}[
                self.street.light
            ]
            ground = decal.corners[:, 2].max() < 0.1
            under = part.reshape(-1, 3).mean(0)
            if ground:
                under = under * 1.45
            decal.cache["gain"] = np.clip(under / usual, 0.05, 1.15).astype(np.float32)
        return decal.cache["gain"]

    def _shadows(self, frame: Picture, pose: Pose) -> None:
        street = self.street
        x, y = pose.x, pose.y
        if street.light == "day" and street.scene.sun_share(x, y) > 0.25:
            self._shadow(frame, pose, "sun", 1.0 - 0.8 * street.weather.clouds)
        self._shadow(frame, pose, "gloom", 0.75 if street.light != "night" else 0.6)

    def _shadow(self, frame: Picture, pose: Pose, layer: str, strength: float) -> None:
        found = self.bank.shadow(pose.name, pose.heading, layer)
        if found is None:
            return
        mask, (bx0, by0, bx1, by1) = found
        corners = surfaces.ground_quad(
            (pose.x + bx0, pose.x + bx1), (pose.y + by0, pose.y + by1), 0.0
        )
        seen, depth = self.camera.project(corners)
        x0, y0 = np.floor(np.clip(seen.min(0), 0, (WIDTH, HEIGHT))).astype(int)
        x1, y1 = np.ceil(np.clip(seen.max(0), 0, (WIDTH, HEIGHT))).astype(int)
        if depth.min() < 1.5 or x1 - x0 < 2 or y1 - y0 < 2:
            return
        h, w = mask.shape
        flat = np.array([[0, h], [w, h], [w, 0], [0, 0]], np.float32)
        matrix = cv2.getPerspectiveTransform(flat, (seen - (x0, y0)).astype(np.float32))
        weight = cv2.warpPerspective(mask, matrix, (int(x1 - x0), int(y1 - y0)))
        part = frame[y0:y1, x0:x1]
        if layer == "sun":
            weight = cv2.blur(weight, (3, 3))
            weights = cv2.merge([cv2.convertScaleAbs(weight, alpha=strength * 0.96)] * 3)
            shade = self.street.scene.plates["shade"][y0:y1, x0:x1]
            kept = cv2.multiply(part, cv2.bitwise_not(weights), scale=1 / 255)
            part[:] = cv2.min(cv2.add(kept, cv2.multiply(shade, weights, scale=1 / 255)), part)
        else:
            keep = cv2.merge([cv2.bitwise_not(cv2.convertScaleAbs(weight, alpha=strength))] * 3)
            part[:] = cv2.multiply(part, keep, scale=1 / 255)

    def gain(self, x: float, y: float) -> NDArray[np.float32]:
        """Linear BGR factor by which a sprite is dimmed and tinted at a ground spot."""
        light = self.street.light
        if light in ("day", "overcast"):
            return np.full(3, 0.9 if light == "day" else 0.8, np.float32)
        lamps = self.street.scene.lamp_gain(x, y)
        sky, lamp = {"dusk": ((0.306, 0.217, 0.195), 0.29), "night": ((0.018, 0.011, 0.008), 0.6)}[
            light
        ]
        return np.asarray(np.array(sky, np.float32) + np.float32(lamp) * lamps, np.float32)

    def _actor(self, frame: Picture, spot: sprites.Placed, pose: Pose, drawn: list[Drawn]) -> None:
        day = self.street.light == "day"
        sun = day and self.street.scene.sun_share(pose.x, pose.y) > 0.35
        picture, alpha = self.bank.paint(spot.sprite, pose.colours, sun)
        colour, shape = sprites.warp(spot, picture, alpha)
        x0, y0, x1, y1 = spot.rect
        whole = shape
        near = self.street.scene.near[y0:y1, x0:x1]
        if near.min() < spot.depth - 0.4:
            clear = cv2.blur(np.where(near >= spot.depth - 0.4, 255, 0).astype(np.uint8), (3, 3))
            shape = np.asarray(cv2.multiply(shape, clear, scale=1 / 255), np.uint8)
        gain = self.gain(pose.x, pose.y) if sun or not day else np.full(3, 0.47, np.float32)
        lay(frame[y0:y1, x0:x1], tone.relight(colour, gain), shape)
        if self._owner is not None:
            solid, full = shape > 102, whole > 102
            if full.any():
                box = _bounds(spot.rect, full)
                label = pose.label or labels.class_of(pose.name)
                item = Drawn(
                    label, pose.track, box, self._parts(spot), pose.name, area=int(full.sum())
                )
                self._claim(drawn, item, spot.rect, solid)

    def _parts(self, spot: sprites.Placed) -> list[tuple[str, Box]]:
        boxes = []
        for part, (x0, y0, x1, y1) in spot.sprite.parts.items():
            if part in PART_CLASS:
                flat = np.array([[[x0, y0], [x1, y0], [x1, y1], [x0, y1]]], np.float32)
                seen = cv2.perspectiveTransform(flat, spot.matrix)[0]
                boxes.append((PART_CLASS[part], [*seen.min(0).tolist(), *seen.max(0).tolist()]))
        return boxes

    def _claim(
        self, drawn: list[Drawn], item: Drawn, rect: tuple[int, int, int, int], solid: Any
    ) -> None:
        """Note which pixels now belong to an item, so that what it hides counts as hidden."""
        item.number = len(drawn) + 1
        item.area = item.area or int(solid.sum())
        drawn.append(item)
        if self._owner is not None:
            x0, y0, x1, y1 = rect
            self._owner[y0:y1, x0:x1][solid] = item.number

    def _glow(self, frame: Picture, t: float, poses: list[Pose]) -> None:
        if self.street.light in ("dusk", "night"):
            power = 1.0 if self.street.light == "night" else 0.5
            for pose in poses:
                if not pose.name.startswith("parked") and pose.speed > 0:
                    weather.headlights(frame, pose, self.street.scene, power)
        for start, end, draw in self.street.glows:
            if start <= t < end:
                draw(frame, t)

    def _plumes(self, frame: Picture, t: float, drawn: list[Drawn]) -> None:
        for plume in self.street.plumes:
            found = plume.draw(t, self.street.scene) if plume.active(t) else None
            if found is None:
                continue
            rect, opacity = found
            x, y, _ = plume.source
            tint = np.array([[plume.recipe.colour]], np.uint8)
            colour = tone.relight(tint, np.minimum(self.gain(x, y - 3), 0.9)).ravel()
            blend(frame, rect, opacity, colour.astype(np.float32))
            if plume.label:
                solid = opacity > 0.12
                if solid.sum() > 300:
                    item = Drawn(
                        plume.label,
                        plume.track,
                        _bounds(rect, solid),
                        [],
                        number=len(drawn) + 1,
                        area=-1,
                    )
                    drawn.append(item)

    def _part_seen(self, number: int, box: Box) -> float:
        """How much of a part's box its own sprite still shows, 0..1 (a part fills half its box)."""
        x0, y0, x1, y1 = (int(max(v, 0)) for v in box)
        if self._owner is None or x1 <= x0 or y1 <= y0:
            return 0.0
        part = self._owner[y0:y1, x0:x1]
        return min(1.0, 2.0 * float((part == number).mean())) if part.size else 0.0

    def _objects(self, drawn: list[Drawn], t: float) -> list[dict[str, Any]]:
        dx, dy = self.street.weather.shift(t, self.street.seed)
        owner = self._owner
        counts = (
            np.bincount(owner.ravel(), minlength=len(drawn) + 2)
            if owner is not None
            else np.zeros(1)
        )
        objects = []
        for label, track, box in self.street.fixed:
            objects.append(_entry(label, track, box, (dx, dy), 1.0))
        for item in drawn:
            seen = (
                1.0 if item.area < 0 else min(1.0, float(counts[item.number]) / max(item.area, 1))
            )
            item.visible = seen
            objects.append(_entry(item.label, item.track, item.box, (dx, dy), seen))
            for label, box in item.parts:
                share = min(seen, self._part_seen(item.number, box))
                objects.append(_entry(label, item.track, box, (dx, dy), share))
        return [o for o in objects if o is not None]


def lay(part: Picture, colour: Picture, weight: Picture) -> None:
    """Blend colour (h, w, 3) over part in place by weight (h, w), 0..255."""
    weights = cv2.merge([weight] * 3)
    kept = cv2.multiply(part, cv2.bitwise_not(weights), scale=1 / 255)
    part[:] = cv2.add(kept, cv2.multiply(colour, weights, scale=1 / 255))


def _bounds(rect: tuple[int, int, int, int], solid: Any) -> Box:
    """The box in the frame of a mask's true pixels; rect is where the mask lies."""
    ys, xs = np.nonzero(solid.any(1))[0], np.nonzero(solid.any(0))[0]
    x0, y0 = rect[:2]
    return [float(x0 + xs[0]), float(y0 + ys[0]), float(x0 + xs[-1] + 1), float(y0 + ys[-1] + 1)]


def _entry(
    label: str, track: int, box: Box, shift: tuple[float, float], visible: float
) -> dict[str, Any] | None:
    """A truth entry with its box clipped to the frame, or None when nothing of it is left."""
    x0, x1 = (min(max(v + shift[0], 0.0), float(WIDTH)) for v in (box[0], box[2]))
    y0, y1 = (min(max(v + shift[1], 0.0), float(HEIGHT)) for v in (box[1], box[3]))
    if x1 - x0 < 3 or y1 - y0 < 3 or visible < 0.02:
        return None
    return {
        "class": label, "track": track, "box": [round(v, 1) for v in (x0, y0, x1, y1)],
        "visible": round(visible, 2),
    }  # fmt: skip
