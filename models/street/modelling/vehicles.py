# ruff: noqa: PLR2004, ANN401, PLR0917, FBT001, FBT002 - a model is numbers; bpy is untyped
"""Vehicles: cars, bus, muck trucks with four beds, sprinkler, bicycle, e-bike, cargo tricycle.

Each builder adds one vehicle to a group: its middle over the origin, forward = +x, metres.
"""

import math
from typing import Any

from models.street.modelling.materials import glowing, plain
from models.street.modelling.people import person
from models.street.modelling.shapes import Group
from models.street.modelling.stalls import crates

Profile = list[tuple[float, float]]


def stuff() -> dict[str, Any]:
    """The materials vehicles share."""
    return {
        "paint": plain("paint", (0.8, 0.8, 0.8), 0.28, mask=(1, 0, 0)),
        "glass": plain("glass", (0.02, 0.028, 0.034), 0.08),
        "tyre": plain("tyre", (0.025, 0.025, 0.026), 0.9),
        "rim": plain("rim", (0.42, 0.42, 0.44), 0.35, 0.6),
        "dark": plain("dark", (0.04, 0.04, 0.045), 0.6),
        "steel": plain("steel", (0.2, 0.2, 0.21), 0.45, 0.5),
        "plate": plain("plate", (0.03, 0.08, 0.45), 0.5),
        "yellow-plate": plain("yellow-plate", (0.7, 0.42, 0.02), 0.5),
        "head": glowing("head", (1, 0.95, 0.85), 3.0, (0.75, 0.75, 0.75), mask=(0, 0, 1)),
        "tail": glowing("tail", (1, 0.04, 0.03), 1.2, (0.35, 0.02, 0.02), mask=(0, 0, 0.5)),
        "second": plain("second", (0.75, 0.75, 0.75), 0.6, mask=(0, 1, 0), noise=0.1),
        "soil": plain("soil", (0.17, 0.095, 0.05), 0.95, noise=0.45, scale=3, bump=0.8, fine=0.3),
        "tarp": plain("tarp", (0.05, 0.17, 0.09), 0.75, noise=0.3, scale=2.5, bump=0.3),
    }


def _lights(group: Group, s: dict[str, Any], front: float, back: float, y: float, z: float) -> None:
    for side in (-1, 1):
        group.box((0.06, 0.36, 0.16), (front, side * y, z), s["head"])
        group.box((0.06, 0.3, 0.18), (back, side * y, z + 0.05), s["tail"])
    group.box((0.03, 0.46, 0.14), (front + 0.03, 0, z - 0.25), s["plate"])
    group.box((0.03, 0.46, 0.14), (back - 0.03, 0, z - 0.1), s["plate"])


def _windows(group: Group, points: list[list[tuple[float, float, float]]], glass: Any) -> None:
    for quad in points:
        group.mesh(quad, [(0, 1, 2, 3)], glass)
        group.mesh([(x, -y, z) for x, y, z in quad], [(3, 2, 1, 0)], glass)


def car(group: Group) -> None:
    """A saloon, 4.5 x 1.8 x 1.47 m."""
    s = stuff()
    body: Profile = [
        (-2.25, 0.32), (2.2, 0.28), (2.27, 0.5), (2.2, 0.66), (1.95, 0.78), (0.95, 0.9),
        (-1.5, 0.94), (-2.15, 0.92), (-2.27, 0.75), (-2.28, 0.5),
    ]  # fmt: skip
    group.slab(body, -0.9, 0.9, s["paint"], bevel=0.1, pinch=0.06)
    cabin: Profile = [
        (1.05, 0.86), (0.42, 1.38), (0.1, 1.46), (-0.95, 1.45), (-1.3, 1.36), (-1.85, 0.92)
    ]  # fmt: skip
    group.slab(cabin, -0.83, 0.83, s["glass"], bevel=0.04, pinch=0.2)
    roof: Profile = [(0.45, 1.395), (0.1, 1.475), (-0.95, 1.465), (-1.32, 1.37)]
    group.slab(roof, -0.66, 0.66, s["paint"], bevel=0.02)
    for side in (-1, 1):
        for x0, x1 in ((1.02, 0.44), (-0.28, -0.3), (-1.8, -1.32)):
            z1 = 1.4 if abs(x0) > 0.5 else 1.45
            group.tube(
                [(x0, side * 0.81, 0.9), (x1, side * 0.645, z1)], [0.045, 0.04], s["paint"], 6
            )
        group.box((0.12, 0.18, 0.13), (0.85, side * 0.98, 0.92), s["paint"])
        for x in (-1.35, 1.38):
            group.wheel((x, side * 0.82, 0.32), 0.32, 0.2, s["tyre"], s["rim"])
    group.box((0.04, 1.2, 0.16), (2.24, 0, 0.52), s["dark"])
    _lights(group, s, 2.2, -2.24, 0.66, 0.6)


def van(group: Group) -> None:
    """A small delivery van (面包车), 4.1 x 1.65 x 1.9 m."""
    s = stuff()
    body: Profile = [
        (-2.05, 0.35), (2.05, 0.3), (2.1, 0.75), (1.95, 1.0), (1.35, 1.75), (1.1, 1.87),
        (-1.95, 1.88), (-2.08, 1.7),
    ]  # fmt: skip
    group.slab(body, -0.82, 0.82, s["paint"], bevel=0.09, pinch=0.07)
    side = [
        [(1.3, 0.79, 1.1), (1.3, 0.765, 1.5), (0.5, 0.765, 1.68), (0.5, 0.79, 1.1)],
        [(0.38, 0.79, 1.1), (0.38, 0.765, 1.68), (-0.6, 0.765, 1.68), (-0.6, 0.79, 1.1)],
        [(-0.72, 0.79, 1.1), (-0.72, 0.765, 1.68), (-1.8, 0.765, 1.66), (-1.8, 0.79, 1.1)],
    ]
    _windows(group, [[(x, y + 0.02, z) for x, y, z in q] for q in side], s["glass"])
    group.mesh(
        [(1.92, -0.7, 1.08), (1.92, 0.7, 1.08), (1.45, 0.64, 1.68), (1.45, -0.64, 1.68)],
        [(0, 1, 2, 3)], s["glass"],
    )  # fmt: skip
    group.mesh(
        [(-2.1, 0.66, 1.1), (-2.1, -0.66, 1.1), (-2.09, -0.62, 1.66), (-2.09, 0.62, 1.66)],
        [(0, 1, 2, 3)], s["glass"],
    )  # fmt: skip
    for x in (-1.3, 1.35):
        for y in (-0.75, 0.75):
            group.wheel((x, y, 0.3), 0.3, 0.18, s["tyre"], s["rim"])
    _lights(group, s, 2.04, -2.06, 0.6, 0.68)


def bus(group: Group) -> None:
    """A city bus, 10.5 x 2.5 x 3.1 m, doors on its right side."""
    s = stuff()
    group.box((10.5, 2.5, 1.1), (0, 0, 0.35), s["second"], bevel=0.12)
    group.box((10.44, 2.46, 1.75), (0, 0, 1.38), s["paint"], bevel=0.14)
    group.box((5.0, 1.6, 0.22), (-0.6, 0, 3.08), s["paint"], bevel=0.08)
    for k in range(6):
        x = -4.55 + k * 1.55
        for side in (-1, 1):
            group.box((1.42, 0.03, 0.98), (x + 0.2, side * 1.235, 1.6), s["glass"], bevel=0.01)
    for x in (4.1, -0.6):
        group.box((1.15, 0.05, 2.25), (x, -1.24, 0.42), s["glass"])
        group.box((0.05, 0.07, 2.25), (x, -1.24, 0.42), s["dark"])
    group.box((0.05, 2.2, 1.35), (5.22, 0, 1.3), s["glass"], bevel=0.02)
    group.box((0.05, 1.5, 0.3), (5.22, 0, 2.72), s["dark"])
    group.box((0.05, 2.0, 0.9), (-5.22, 0, 1.75), s["glass"], bevel=0.02)
    for x in (-2.9, 3.0):
        for y in (-1.12, 1.12):
            group.wheel((x, y, 0.48), 0.48, 0.3, s["tyre"], s["rim"])
    _lights(group, s, 5.24, -5.24, 0.95, 0.72)


def truck(group: Group, load: str) -> None:
    """A 6x4 muck truck, 8.4 x 2.5 x 3.3 m.

    Args:
        group: What the truck is added to.
        load: "covered", "open_empty", "open_loaded", "closed" or "tank" (a sprinkler truck).
    """
    s = stuff()
    cab: Profile = [
        (2.45, 0.55), (4.1, 0.5), (4.16, 1.3), (4.1, 1.75), (3.95, 2.85), (3.7, 3.0), (2.55, 3.0)
    ]  # fmt: skip
    group.slab(cab, -1.22, 1.22, s["paint"], bevel=0.08, pinch=0.05)
    group.mesh(
        [(4.16, -1.08, 1.75), (4.16, 1.08, 1.75), (4.0, 1.05, 2.72), (4.0, -1.05, 2.72)],
        [(0, 1, 2, 3)], s["glass"],
    )  # fmt: skip
    window = [(3.98, 1.24, 1.75), (3.86, 1.22, 2.6), (2.95, 1.22, 2.6), (2.95, 1.24, 1.75)]
    _windows(group, [window], s["glass"])
    group.box((0.06, 2.1, 0.55), (4.15, 0, 0.95), s["dark"])
    group.box((0.3, 2.48, 0.4), (4.05, 0, 0.45), s["paint"], bevel=0.05)
    group.box((6.6, 0.9, 0.3), (-0.8, 0, 0.75), s["dark"])
    for side in (-1, 1):
        group.box((0.12, 0.22, 0.5), (3.95, side * 1.42, 1.95), s["dark"])
        group.box((1.1, 0.4, 0.55), (1.35, side * 0.95, 0.55), s["steel"])
        group.box((2.2, 0.04, 0.35), (-0.3, side * 1.2, 0.5), s["steel"])
        for x in (3.25, -1.75, -3.1):
            group.wheel((x, side * 1.0, 0.52), 0.52, 0.42, s["tyre"], s["rim"])
    for side in (-1, 1):
        group.box((0.06, 0.36, 0.2), (4.19, side * 0.92, 0.62), s["head"])
        group.box((0.06, 0.4, 0.14), (-4.15, side * 0.9, 0.85), s["tail"])
    group.box((0.03, 0.5, 0.16), (4.21, 0, 0.55), s["yellow-plate"])
    group.box((0.03, 0.5, 0.16), (-4.17, 0, 0.8), s["yellow-plate"])
    if load == "tank":
        _tank(group, s)
    else:
        group.part = f"bed-{load}"
        _bed(group, s, load)
        group.part = ""


def _tank(group: Group, s: dict[str, Any]) -> None:
    rings = [(x, 0.0, 1.95) for x in (-4.05, -3.95, -2.0, 0.0, 2.0, 2.15)]
    group.tube(rings, [0.7, 0.95, 0.98, 0.98, 0.95, 0.7], s["second"], 20)
    group.box((6.0, 1.2, 0.2), (-0.95, 0, 1.0), s["steel"])
    group.tube([(-4.1, -1.15, 0.55), (-4.1, 1.15, 0.55)], [0.06, 0.06], s["steel"])
    group.tube([(2.3, 0, 1.0), (2.3, 0, 3.1), (2.6, 0, 3.25)], [0.08] * 3, s["steel"])


def _bed(group: Group, s: dict[str, Any], load: str) -> None:
    low, high, wall = 1.08, 2.62, 0.09
    back, front, half = -4.12, 2.2, 1.2
    long, mid = front - back, (front + back) / 2
    colour = s["second"]
    group.box((long, 2 * half, 0.12), (mid, 0, low), colour)
    for side in (-1, 1):
        group.box((long, wall, high - low), (mid, side * half, low), colour)
        for k in range(9):
            x = back + 0.3 + k * (long - 0.6) / 8
            group.box((0.1, 0.08, high - low), (x, side * (half + 0.07), low), colour)
        group.box((long, 0.15, 0.14), (mid, side * (half + 0.04), high - 0.1), colour)
    group.box((wall, 2 * half, high - low + 0.25), (front, 0, low), colour)
    group.box((wall, 2 * half, high - low), (back, 0, low), colour)
    if load == "open_empty":
        group.box((long - 0.2, 2 * half - 0.2, 0.04), (mid, 0, low + 0.13), s["steel"])
    elif load == "open_loaded":
        group.box((long - 0.15, 2 * half - 0.15, 0.1), (mid, 0, high - 0.32), s["soil"])
        group.mound((mid - 0.9, 0, high - 0.3), (2.0, 1.02, 0.85), s["soil"], 3, 0.08)
        group.mound((mid + 1.2, 0, high - 0.3), (1.7, 1.02, 0.7), s["soil"], 4, 0.08)
    elif load == "closed":
        for side in (-1, 1):
            lid = [
                (back, side * (half + 0.1), high), (front, side * (half + 0.1), high),
                (front, 0, high + 0.32), (back, 0, high + 0.32),
            ]  # fmt: skip
            group.mesh(lid, [(0, 1, 2, 3)], s["steel"])
        for k in range(7):
            x = back + k * long / 6
            group.box((0.1, 2 * half + 0.2, 0.1), (x, 0, high + 0.0), s["steel"])
            group.tube(
                [(x, -half - 0.1, high + 0.02), (x, 0, high + 0.36), (x, half + 0.1, high + 0.02)],
                [0.05] * 3, s["steel"], 6,
            )  # fmt: skip
    else:
        _tarp(group, s["tarp"], back, front, half, high)


def _tarp(group: Group, cloth: Any, back: float, front: float, half: float, high: float) -> None:
    points, nx, ny = [], 26, 13
    for i in range(nx):
        for k in range(ny):
            u, v = i / (nx - 1), k / (ny - 1) * 2 - 1
            rib = 0.07 * math.cos(u * math.pi * 10)
            arch = (1 - abs(v) ** 2.4) * (0.42 + rib) * min(1.0, 8 * u + 0.2, 8 * (1 - u) + 0.2)
            drop = -0.3 if abs(v) > 0.99 else 0.0
            wave = 0.05 * math.sin(u * 31 + v * 3)
            y = v * (half + 0.14)
            points.append(
                (back - 0.06 + u * (front - back + 0.1), y, high + arch + drop + wave * 0.6)
            )
    faces = [
        (i * ny + k, i * ny + ny + k, i * ny + ny + k + 1, i * ny + k + 1)
        for i in range(nx - 1)
        for k in range(ny - 1)
    ]
    group.mesh(points, faces, cloth, smooth=True)


def _spoked(group: Group, x: float, radius: float, s: dict[str, Any]) -> None:
    """A bicycle wheel: a thin tyre and spokes that one can see through."""
    turns = [2 * math.pi * k / 20 for k in range(21)]
    ring = [
        (x + math.cos(a) * radius * 0.95, 0.0, radius + math.sin(a) * radius * 0.95) for a in turns
    ]
    group.tube(ring, [radius * 0.055] * 21, s["tyre"], 6)
    for a in turns[:-1:2]:
        tip = (x + math.cos(a) * radius * 0.95, 0.0, radius + math.sin(a) * radius * 0.95)
        group.tube([(x, 0.0, radius), tip], [0.006, 0.006], s["rim"], 4)


def bicycle(group: Group, motor: bool = False, rider: bool = True) -> None:
    """A bicycle, or with `motor` an e-bike with a delivery box, 1.75 m long, and its rider."""
    s = stuff()
    radius = 0.27 if motor else 0.33
    base = 0.62 if motor else 0.53
    for x in (-base, base):
        if motor:
            group.wheel((x, 0, radius), radius, 0.09, s["tyre"], s["rim"])
        else:
            _spoked(group, x, radius, s)
    frame = s["paint"]
    if motor:
        group.slab(
            [(-0.75, 0.45), (-0.2, 0.25), (0.3, 0.25), (0.35, 0.35), (-0.1, 0.4), (-0.15, 0.7),
            (-0.8, 0.72)],
            -0.14, 0.14, frame, bevel=0.05,
        )  # fmt: skip
        group.slab(
            [(0.35, 0.3), (0.5, 0.3), (0.5, 0.95), (0.4, 0.98)], -0.18, 0.18, frame, bevel=0.05
        )
        group.box((0.65, 0.28, 0.1), (-0.4, 0, 0.71), s["dark"], bevel=0.04)
        group.box((0.42, 0.46, 0.42), (-0.75, 0, 0.8), s["second"], bevel=0.04)
        group.box((0.06, 0.14, 0.12), (0.52, 0, 0.85), s["head"])
    else:
        joints = [
            (-base, 0, radius),
            (0.0, 0, 0.32),
            (0.38, 0, 0.8),
            (-0.18, 0, 0.8),
            (-base, 0, radius),
        ]
        group.tube(joints, [0.022] * 5, frame, 6)
        group.tube([(0.0, 0, 0.32), (-0.2, 0, 0.9)], [0.022] * 2, frame, 6)
        group.box((0.25, 0.15, 0.06), (-0.2, 0, 0.9), s["dark"])
        group.box((0.3, 0.34, 0.24), (0.6, 0, 0.75), s["steel"])
    group.tube([(base, 0, radius), (0.42, 0, 1.0)], [0.025] * 2, frame, 6)
    group.tube([(0.38, -0.28, 1.03), (0.44, 0, 1.0), (0.38, 0.28, 1.03)], [0.018] * 3, s["dark"], 6)
    if rider:
        group.part = "person"
        person(group, "man", "ride", (-0.25, 0, 0.02))
        group.part = ""


def tricycle(group: Group, cargo: str, rider: bool = True) -> None:
    """An electric cargo tricycle, 2.9 m; cargo "empty", "goods" (a mobile vendor) or "boxes"."""
    s = stuff()
    group.wheel((1.15, 0, 0.29), 0.29, 0.1, s["tyre"], s["rim"])
    for y in (-0.5, 0.5):
        group.wheel((-0.75, y, 0.29), 0.29, 0.12, s["tyre"], s["rim"])
    paint = s["paint"]
    group.tube([(1.15, 0, 0.3), (0.95, 0, 1.0)], [0.04] * 2, paint, 8)
    group.box((0.12, 0.44, 0.55), (0.95, 0, 0.38), paint, bevel=0.04)
    group.box((0.1, 0.12, 0.12), (1.05, 0, 0.85), s["head"])
    group.tube([(0.8, -0.33, 1.05), (0.95, 0, 1.0), (0.8, 0.33, 1.05)], [0.02] * 3, s["dark"], 6)
    group.box((1.3, 0.3, 0.1), (0.5, 0, 0.3), s["dark"])
    group.box((0.45, 0.5, 0.4), (0.18, 0, 0.36), paint, bevel=0.05)
    group.box((0.42, 0.5, 0.1), (0.18, 0, 0.76), s["dark"], bevel=0.04)
    group.box((1.6, 1.1, 0.08), (-0.85, 0, 0.5), s["steel"])
    for y in (-0.55, 0.55):
        group.box((1.6, 0.04, 0.34), (-0.85, y, 0.52), paint)
    for x in (-0.06, -1.64):
        group.box((0.04, 1.1, 0.34), (x, 0, 0.52), paint)
    if cargo != "empty":
        group.part = "goods"
        crates(group, (-0.85, 0.0, 0.6), (1.45, 0.95), "fruit" if cargo == "goods" else "boxes", 8)
        group.part = ""
    if rider:
        group.part = "person"
        person(group, "elder", "ride", (0.15, 0, -0.02))
        group.part = ""
