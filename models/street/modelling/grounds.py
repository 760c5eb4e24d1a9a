# ruff: noqa: PLR2004, ANN401, PLR0917 - a model is numbers; bpy is untyped
"""What both scenes share: road with its marks, kerb, trees, lamps and building blocks."""

from pathlib import Path
from typing import Any

import numpy as np

from models.street.modelling import stalls
from models.street.modelling.blender import bpy
from models.street.modelling.materials import glowing, plain, printed, tiles
from models.street.modelling.shapes import Group

ROAD = (3.6, 13.5)
"""Near and far kerb, y in metres."""
NEAR_LANE, FAR_LANE, BIKE_LANE = 6.0, 9.3, 11.6
CENTRE_LINE, BIKE_LINE = 7.65, 10.9


class Set:
    """A scene under construction: its fixed backdrop and the things actors may walk behind."""

    def __init__(self, pictures: dict[str, Path]) -> None:
        """Start with an empty set; `pictures` are the drawn signs."""
        self.pictures = pictures
        self.fixed = Group("fixed")
        self.occluders: list[tuple[Group, float, float]] = []
        self.lamps: list[tuple[float, float, float]] = []

    def stand(self, group: Group, x: float, y: float, turn: float = 0.0) -> None:
        """Place a group and note it as something that can hide actors."""
        group.place(x, y, turn)
        self.occluders.append((group, x, y))

    def picture(self, name: str, glow: float = 0.0) -> Any:
        """A material that shows a drawn picture."""
        return printed(f"print-{name}-{glow}", str(self.pictures[name]), glow=glow)

    def lamp(self, x: float, y: float, way: float, watts: float = 900.0) -> None:
        """A street lamp with its light at night."""
        post = Group("lamp")
        stalls.lamp_post(post, 7.2, 1.6, way)
        self.stand(post, x, y)
        c, s = np.cos(np.radians(way)) * 1.6, np.sin(np.radians(way)) * 1.6
        light = bpy.data.lights.new("lamp", "SPOT")
        light.energy = watts * 4
        light.color = (1.0, 0.74, 0.42)
        light.spot_size = 2.5
        light.spot_blend = 0.7
        light.shadow_soft_size = 0.15
        thing = bpy.data.objects.new("lamp", light)
        thing.location = (x + c, y + s, 7.45)
        thing["lamp"] = 1
        bpy.context.scene.collection.objects.link(thing)
        self.lamps.append((float(x + c), float(y + s), 7.45))


def flat(
    group: Group, x: tuple[float, float], y: tuple[float, float], z: float, material: Any
) -> None:
    """A rectangle on the ground."""
    group.mesh(
        [(x[0], y[0], z), (x[1], y[0], z), (x[1], y[1], z), (x[0], y[1], z)],
        [(0, 1, 2, 3)],
        material,
    )


def road(stage: Set, pavement: tuple[float, float]) -> None:
    """Asphalt, lane marks, kerbs and a tiled pavement, x from -25 to 110."""
    group, span = stage.fixed, (-25.0, 110.0)
    asphalt = plain("asphalt", (0.085, 0.087, 0.09), 0.85, noise=0.2, scale=0.35, fine=0.28)
    flat(group, span, ROAD, 0.0, asphalt)
    white = plain("paint-white", (0.55, 0.55, 0.53), 0.7, noise=0.25, scale=3)
    yellow = plain("paint-yellow", (0.6, 0.37, 0.05), 0.7, noise=0.25, scale=3)
    for dy in (-0.12, 0.12):
        flat(group, span, (CENTRE_LINE + dy - 0.06, CENTRE_LINE + dy + 0.06), 0.004, yellow)
    flat(group, span, (BIKE_LINE - 0.07, BIKE_LINE + 0.07), 0.004, white)
    kerb = plain("kerb", (0.36, 0.36, 0.35), 0.8, noise=0.15, scale=2, fine=0.1)
    for k in range(135):
        for y in (ROAD[0] - 0.1, ROAD[1] + 0.1):
            group.box((0.985, 0.2, 0.14), (-25 + k + 0.5, y, 0.0), kerb, bevel=0.02)
    walk = tiles("paving", (0.34, 0.31, 0.29), (0.16, 0.15, 0.14), 0.4, 0.2)
    flat(group, span, (pavement[0] + 0.2, pavement[1]), 0.13, walk)
    blind = tiles("blind-path", (0.5, 0.36, 0.08), (0.3, 0.22, 0.06), 0.3, 0.3)
    flat(group, span, (pavement[0] + 1.3, pavement[0] + 1.75), 0.134, blind)
    flat(group, span, (-30.0, ROAD[0] - 0.2), 0.13, walk)
    patch = plain("patch", (0.045, 0.045, 0.048), 0.8, fine=0.2)
    flat(group, (14.0, 18.5), (8.4, 10.1), 0.002, patch)
    lid = plain("lid", (0.09, 0.085, 0.08), 0.5, 0.6)
    for x, y in ((6.0, 8.9), (19.0, 12.0), (11.0, 5.4)):
        disc = [
            (x + 0.36 * np.cos(a), y + 0.36 * np.sin(a), 0.005) for a in np.arange(0, 6.28, 0.2618)
        ]
        group.mesh(disc, [list(range(len(disc)))], lid)


def tree(stage: Set, x: float, y: float, seed: int, height: float = 5.2) -> None:
    """A street tree in a square of soil."""
    rng = np.random.default_rng(seed)
    group = Group("tree")
    bark = plain("bark", (0.11, 0.075, 0.05), 0.95, noise=0.4, scale=9, bump=0.5)
    leaf = [
        plain("leaf0", (0.06, 0.15, 0.03), 0.7), plain("leaf1", (0.09, 0.2, 0.04), 0.7),
        plain("leaf2", (0.04, 0.11, 0.025), 0.7),
    ]  # fmt: skip
    bend = rng.normal(0, 0.12, 2)
    crown = (float(bend[0]), float(bend[1]), height - 1.0)
    group.tube(
        [(0, 0, 0), (bend[0] * 0.5, bend[1] * 0.5, height * 0.4), crown], [0.15, 0.11, 0.06], bark
    )
    for _ in range(5):
        a, r = rng.uniform(0, 6.28), rng.uniform(0.5, 1.1)
        tip = (
            crown[0] + r * np.cos(a),
            crown[1] + r * np.sin(a),
            crown[2] + rng.uniform(-0.2, 0.7),
        )
        group.tube([(bend[0] * 0.5, bend[1] * 0.5, height * 0.45), tip], [0.06, 0.02], bark, 6)
    for k in range(7):
        a, r = rng.uniform(0, 6.28), rng.uniform(0.2, 0.95)
        spot = (
            crown[0] + r * np.cos(a),
            crown[1] + r * np.sin(a),
            crown[2] + rng.uniform(-0.5, 0.8),
        )
        size = rng.uniform(0.55, 0.95)
        group.leaves(spot, (size, size, size * 0.75), 380, 0.075, leaf[k % 3], seed * 10 + k)
    stage.stand(group, x, y)
    soil = plain("bed-soil", (0.09, 0.06, 0.04), 0.95, noise=0.4, scale=6)
    flat(stage.fixed, (x - 0.6, x + 0.6), (y - 0.6, y + 0.6), 0.138, soil)


def block(
    stage: Set,
    x: tuple[float, float],
    y: float,
    height: float,
    wall: Any,
    floor: float,
    seed: int,
    depth: float = 10.0,
) -> None:
    """A building whose front lies at y: windows above `floor`, air conditioners, parapet."""
    rng = np.random.default_rng(seed)
    group = stage.fixed
    wide = x[1] - x[0]
    group.box((wide, depth, height), ((x[0] + x[1]) / 2, y + depth / 2, 0), wall, bevel=0.0)
    group.box(
        (wide + 0.2, 0.5, 0.25),
        ((x[0] + x[1]) / 2, y + 0.1, height - 0.1),
        plain("trim", (0.5, 0.49, 0.46)),
    )
    glass = plain("pane", (0.03, 0.045, 0.055), 0.06)
    frame = plain("frame", (0.55, 0.55, 0.55), 0.5)
    warm = glowing("lit", (1.0, 0.72, 0.4), 0.8, (0.05, 0.06, 0.07))
    cool = glowing("lit-cool", (0.8, 0.9, 1.0), 0.7, (0.05, 0.06, 0.07))
    unit = plain("unit", (0.6, 0.6, 0.58), 0.5)
    columns = max(1, int(wide / 2.4))
    for row in range(int((height - floor - 0.8) / 2.9)):
        for column in range(columns):
            cx = x[0] + (column + 0.5) * wide / columns
            z = floor + 0.9 + row * 2.9
            group.box((1.55, 0.1, 1.55), (cx, y - 0.01, z - 0.05), frame, bevel=0.0)
            pane = warm if rng.random() < 0.22 else cool if rng.random() < 0.12 else glass
            for side in (-0.37, 0.37):
                group.box((0.68, 0.12, 1.4), (cx + side, y - 0.02, z + 0.02), pane, bevel=0.0)
            if rng.random() < 0.5:
                group.box((0.8, 0.32, 0.55), (cx + 0.9, y - 0.2, z - 0.4), unit)
                group.box(
                    (0.45, 0.02, 0.45),
                    (cx + 0.82, y - 0.37, z - 0.35),
                    plain("grille", (0.2, 0.2, 0.2)),
                )


def lamp_of(stage: Set, x: float, y: float) -> None:
    """The light of the lamp beside the camera, whose mast is out of the picture."""
    light = bpy.data.lights.new("lamp", "SPOT")
    light.energy = 4200
    light.color = (1.0, 0.74, 0.42)
    light.spot_size = 2.4
    light.spot_blend = 0.8
    thing = bpy.data.objects.new("lamp", light)
    thing.location = (x, y + 2.0, 7.6)
    thing["lamp"] = 1
    bpy.context.scene.collection.objects.link(thing)
    stage.lamps.append((x, y + 2.0, 7.6))


def flood(stage: Set, x: float, y: float, z: float) -> None:
    """A flood light of a building site, shining down and around."""
    light = bpy.data.lights.new("lamp", "SPOT")
    light.energy = 6000
    light.color = (0.95, 0.97, 1.0)
    light.spot_size = 2.7
    light.spot_blend = 0.9
    thing = bpy.data.objects.new("lamp", light)
    thing.location = (x, y, z)
    thing["lamp"] = 1
    bpy.context.scene.collection.objects.link(thing)
    stage.lamps.append((x, y, z))
