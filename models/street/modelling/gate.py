# ruff: noqa: ANN401, PLR0917, FBT003 - a model is numbers; bpy is untyped
"""The construction site's gate: hoarding, soil heaps, excavator, crane, building, wheel wash."""

import math
from pathlib import Path
from typing import Any

import numpy as np

from models.street.modelling import stalls
from models.street.modelling.grounds import Set, block, flat, flood, lamp_of, road, tree
from models.street.modelling.materials import glowing, plain, tiles
from models.street.modelling.shapes import Group

FENCE = 17.2
OPENING = (6.5, 12.5)
"""The gate's opening in the hoarding, x in metres."""


def build(pictures: dict[str, Path]) -> Set:
    """Build the street before the site and return its set."""
    stage = Set(pictures)
    road(stage, (13.5, FENCE + 0.1))
    mud = plain("mud", (0.2, 0.145, 0.095), 0.95, noise=0.3, scale=0.5, bump=0.25, fine=0.25)
    flat(stage.fixed, (-60, 140), (FENCE + 0.1, 120), 0.1, mud)
    concrete = plain("concrete", (0.36, 0.35, 0.33), 0.85, noise=0.18, scale=0.7, fine=0.12)
    flat(stage.fixed, (OPENING[0] - 0.2, OPENING[1] + 0.2), (13.4, 24.0), 0.145, concrete)
    _fence(stage)
    _site(stage)
    _building(stage, 30.0, 44.0, 20.0)
    _building(stage, 4.0, 66.0, 26.0)
    _crane(stage, 17.0, 46.0)
    wall = tiles("far", (0.5, 0.48, 0.44), (0.4, 0.38, 0.36), 0.5, 0.3, True)
    for k in range(8):
        block(
            stage,
            (-40 + k * 24, -26 + k * 24),
            95 + k % 3 * 10,
            26 + k * 11 % 17,
            wall,
            1.5,
            80 + k,
        )
    for k, x in enumerate((-2.5, 17.5, 26.0, 34.0)):
        tree(stage, x, 14.4, 31 + k, 4.4)
    for x in (-6.0, 15.2, 36.0):
        stage.lamp(x, 13.95, -90)
    lamp_of(stage, 4.0, 2.0)
    flood(stage, 13.5, 25.0, 9.0)
    booth = Group("booth")
    booth.box((2.0, 1.8, 2.5), (0, 0, 0.1), plain("booth", (0.65, 0.66, 0.66), 0.5))
    booth.box(
        (1.3, 0.04, 0.9),
        (0, -0.91, 1.2),
        glowing("booth-lit", (1, 0.9, 0.7), 1.5, (0.05, 0.06, 0.07)),
    )
    booth.place(14.2, 18.9, 0)
    return stage


def _fence(stage: Set) -> None:
    post = plain("fence-post", (0.75, 0.75, 0.74), 0.5)
    for k in range(26):
        x = -23 + k * 4.2
        if OPENING[0] - 4.2 < x < OPENING[1]:
            continue
        stage.fixed.panel(
            [(x, FENCE, 0.12), (x + 4.2, FENCE, 0.12), (x + 4.2, FENCE, 2.5), (x, FENCE, 2.5)],
            stage.picture(f"fence{k % 4}"),
        )
        stage.fixed.box((0.18, 0.18, 2.7), (x, FENCE - 0.02, 0.1), post)
    for x0, x1 in ((OPENING[1], 14.8),):
        stage.fixed.panel(
            [(x0, FENCE, 0.12), (x1, FENCE, 0.12), (x1, FENCE, 2.5), (x0, FENCE, 2.5)],
            stage.picture("fence0"),
        )
    pillar = plain("pillar", (0.6, 0.56, 0.5), 0.8)
    for x in OPENING:
        stage.fixed.box((0.7, 0.7, 3.4), (x, FENCE, 0.1), pillar)
    bar = plain("gate-bar", (0.5, 0.5, 0.52), 0.35, 0.7)
    for side in (-1, 1):
        hinge = OPENING[0] + 0.35 if side > 0 else OPENING[1] - 0.35
        for k in range(9):
            stage.fixed.box((0.05, 0.05, 2.0), (hinge, FENCE + 0.3 + k * 0.3, 0.25), bar)
        stage.fixed.box((0.06, 2.6, 0.06), (hinge, FENCE + 1.5, 2.2), bar)


def _site(stage: Set) -> None:
    group = stage.fixed
    soil = plain("soil", (0.21, 0.13, 0.075), 0.95, noise=0.4, scale=1.2, bump=0.8, fine=0.3)
    net = plain("net", (0.05, 0.16, 0.07), 0.9, noise=0.3, scale=1.5, bump=0.4, fine=0.4)
    for x, y, half, material, seed in (
        (1.0, 30.0, (7.0, 5.0, 3.6), net, 1), (13.0, 34.0, (7.5, 5.0, 4.2), soil, 2),
        (24.0, 30.0, (6.0, 4.5, 3.2), soil, 3), (38.0, 34.0, (9.0, 6.0, 3.8), net, 4),
        (-12.0, 36.0, (8.0, 6.0, 4.0), net, 5),
    ):  # fmt: skip
        group.mound((x, y, 0.1), half, material, seed, 0.13)
    wash = plain("wash", (0.1, 0.085, 0.065), 0.15)
    flat(group, (OPENING[0] + 0.8, OPENING[1] - 0.8), (18.6, 22.6), 0.15, wash)
    steel = plain("steel", (0.2, 0.2, 0.21), 0.45, 0.5)
    for k in range(9):
        group.tube(
            [(OPENING[0] + 0.8, 18.9 + k * 0.43, 0.17), (OPENING[1] - 0.8, 18.9 + k * 0.43, 0.17)],
            [0.05] * 2,
            steel,
            6,
        )
    digger = Group("digger")
    _excavator(digger)
    digger.place(18.5, 28.0, 150)
    cannon = Group("cannon")
    stalls.cannon(cannon)
    cannon.place(3.2, 20.5, 55)
    for k in range(5):
        group.box(
            (1.2, 2.4, 0.7 + k % 2 * 0.3),
            (30 + k * 1.5, 22, 0.1),
            plain("bricks", (0.35, 0.15, 0.1), 0.9, noise=0.2),
        )


def _excavator(group: Group) -> None:
    yellow = plain("digger", (0.65, 0.36, 0.02), 0.5)
    dark = plain("dark", (0.04, 0.04, 0.045), 0.6)
    for y in (-1.1, 1.1):
        group.box((4.0, 0.6, 0.8), (0, y, 0.1), dark, bevel=0.3)
    group.box((3.2, 2.6, 1.2), (-0.5, 0, 1.1), yellow, bevel=0.1)
    group.box((1.5, 1.0, 1.6), (0.5, 0.75, 1.6), yellow, bevel=0.08)
    group.box((1.2, 1.04, 0.9), (0.62, 0.75, 2.1), plain("glass", (0.02, 0.028, 0.034), 0.08))
    group.tube([(0.8, -0.3, 1.7), (3.2, -0.3, 4.6), (5.0, -0.3, 4.2)], [0.3, 0.36, 0.25], yellow)
    group.tube([(5.0, -0.3, 4.3), (6.0, -0.3, 1.9)], [0.24, 0.18], yellow)
    group.box((1.1, 1.1, 0.9), (5.9, -0.3, 0.9), dark, turn=0, bevel=0.2)


def _building(stage: Set, x: float, y: float, height: float) -> None:
    group = stage.fixed
    concrete = plain("raw", (0.4, 0.39, 0.37), 0.9, noise=0.1, scale=0.4)
    pole = plain("scaffold", (0.42, 0.32, 0.14), 0.6)
    net = plain("scaffold-net", (0.08, 0.22, 0.12), 0.9, noise=0.2, scale=0.6)
    floors = int(height / 3.2)
    for level in range(floors):
        z = 0.1 + level * 3.2
        group.box((18, 12, 0.3), (x, y + 6, z + 2.9), concrete, bevel=0.0)
        for k in range(7):
            group.box((0.5, 0.5, 2.9), (x - 8.5 + k * 2.83, y + 0.4, z), concrete, bevel=0.0)
        if level < floors - 2:
            group.box((17.4, 0.05, 3.1), (x, y - 1.0, z), net, bevel=0.0)
    for k in range(15):
        group.tube(
            [(x - 8.8 + k * 1.26, y - 1.1, 0), (x - 8.8 + k * 1.26, y - 1.1, floors * 3.2 + 1)],
            [0.06] * 2,
            pole,
            5,
        )
    for level in range(floors * 2):
        group.tube(
            [(x - 8.9, y - 1.1, level * 1.6 + 1), (x + 8.9, y - 1.1, level * 1.6 + 1)],
            [0.05] * 2,
            pole,
            5,
        )


def _crane(stage: Set, x: float, y: float) -> None:
    group = stage.fixed
    yellow = plain("crane", (0.65, 0.4, 0.03), 0.6)
    high = 34.0
    _lattice(group, np.array([x, y, 0.0]), np.array([x, y, high]), 0.9, 17, yellow)
    way = np.array([math.cos(2.7), math.sin(2.7) * 0.4, 0])
    mast = np.array([x, y, high])
    _lattice(group, mast - way * 12, mast + way * 36, 0.6, 24, yellow)
    group.box(
        (2.5, 1.6, 1.6),
        tuple((mast - way * 11 - [0, 0, 1.8]).tolist()),
        plain("concrete", (0.36, 0.35, 0.33)),
    )


def _lattice(group: Group, low: Any, high: Any, half: float, steps: int, material: Any) -> None:
    along = (high - low) / np.linalg.norm(high - low)
    side = np.cross(along, (0.3, 0.95, 0.1))
    side /= np.linalg.norm(side)
    up = np.cross(side, along)
    corners = [half * (a * side + b * up) for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    for corner in corners:
        group.tube([tuple(low + corner), tuple(high + corner)], [0.1, 0.1], material, 5)
    for k in range(steps):
        a, b = low + (high - low) * k / steps, low + (high - low) * (k + 1) / steps
        for i in range(4):
            group.tube(
                [tuple(a + corners[i]), tuple(b + corners[(i + 1) % 4])], [0.05, 0.05], material, 4
            )
