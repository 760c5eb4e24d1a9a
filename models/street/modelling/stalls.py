# ruff: noqa: FBT001, FBT002 - a model is numbers; bpy is untyped
"""Stalls and street things: carts, tables, blankets, canopies, goods, A-boards, the fog cannon."""

import math
from typing import Any

import numpy as np

from models.street.modelling.materials import glowing, plain, printed
from models.street.modelling.people import person, umbrella
from models.street.modelling.shapes import Group, Point

FRUIT = [
    (0.75, 0.16, 0.03), (0.8, 0.38, 0.03), (0.3, 0.45, 0.05), (0.55, 0.02, 0.03), (0.75, 0.6, 0.08),
    (0.16, 0.3, 0.04),
]  # fmt: skip
CLOTHES = [
    (0.6, 0.06, 0.1), (0.08, 0.16, 0.5), (0.75, 0.7, 0.62), (0.1, 0.35, 0.25), (0.7, 0.42, 0.5),
    (0.05, 0.05, 0.06), (0.75, 0.6, 0.1),
]  # fmt: skip


def crates(group: Group, at: Point, size: tuple[float, float], kind: str, seed: int) -> None:
    """Goods over a rectangle of size (x, y) metres at height at[2]: "fruit", "boxes", "toys"."""
    rng = np.random.default_rng(seed)
    card = plain("card", (0.42, 0.28, 0.15), 0.85, noise=0.15)
    foam = plain("foam", (0.75, 0.75, 0.72), 0.8)
    nx, ny = max(1, round(size[0] / 0.46)), max(1, round(size[1] / 0.42))
    for i in range(nx):
        for k in range(ny):
            x = at[0] + (i + 0.5) / nx * size[0] - size[0] / 2
            y = at[1] + (k + 0.5) / ny * size[1] - size[1] / 2
            w, d = size[0] / nx * 0.92, size[1] / ny * 0.9
            if kind == "fruit":
                group.box((w, d, 0.16), (x, y, at[2]), foam if (i + k) % 2 else card, bevel=0.01)
                hue = FRUIT[int(rng.integers(len(FRUIT)))]
                skin = plain(f"fruit-{hue}", hue, 0.45)
                for a in np.linspace(-0.35, 0.35, 4):
                    for b in np.linspace(-0.33, 0.33, 3):
                        z = at[2] + 0.17 + rng.uniform(-0.015, 0.03)
                        group.ball((x + a * w, y + b * d, z), (0.058, 0.058, 0.055), skin, 5, 8)
            elif kind == "boxes":
                tall = float(rng.uniform(0.25, 0.5))
                group.box((w, d, tall), (x, y, at[2]), card, turn=float(rng.uniform(-5, 5)))
            else:
                for _ in range(5):
                    hue = CLOTHES[int(rng.integers(len(CLOTHES)))]
                    a, b = rng.uniform(-0.4, 0.4, 2)
                    size3 = tuple(float(v) for v in rng.uniform(0.08, 0.2, 3))
                    group.box(
                        (size3[0], size3[1], size3[2] * 0.8), (x + a * w, y + b * d, at[2]),
                        plain(f"toy-{hue}", hue, 0.6), turn=float(rng.uniform(0, 90)),
                    )  # fmt: skip


def cart(group: Group, parasol: bool = True) -> None:
    """A food cart 1.8 x 0.9 m with wheels, a steam pan, goods and a parasol; front = -y."""
    body = plain("cart", (0.7, 0.7, 0.7), 0.45, mask=(1, 0, 0))
    steel = plain("cart-steel", (0.5, 0.5, 0.52), 0.3, 0.7)
    tyre = plain("tyre", (0.025, 0.025, 0.026), 0.9)
    group.box((1.8, 0.85, 0.55), (0, 0, 0.3), body, bevel=0.02)
    group.box((1.9, 0.95, 0.05), (0, 0, 0.85), steel)
    for x in (-0.6, 0.6):
        for y in (-0.42, 0.42):
            group.wheel((x, y, 0.2), 0.2, 0.07, tyre, steel)
    for x in (-0.88, 0.88):
        group.tube([(x, 0.42, 0.9), (x, 0.42, 1.45)], [0.015] * 2, steel, 6)
    group.box((1.8, 0.02, 0.3), (0, 0.43, 1.2), plain("cart-sign", (0.65, 0.05, 0.03), 0.6))
    group.part = "goods"
    group.loft(
        [(-0.55, 0, 0.9, 0.26, 0.26), (-0.55, 0, 1.06, 0.28, 0.28), (-0.55, 0, 1.07, 0.02, 0.02)],
        steel,
    )
    crates(group, (0.3, 0, 0.9), (1.0, 0.75), "fruit", 2)
    group.part = ""
    if parasol:
        umbrella(group, (0.1, 0.3, 0.3), 1.25, 2.1, 10)


def table(group: Group) -> None:
    """A folding table 2 x 0.8 m covered with goods, crates beside it."""
    cloth = plain("tablecloth", (0.7, 0.7, 0.7), 0.85, mask=(1, 0, 0), noise=0.15, scale=6)
    group.box((2.0, 0.8, 0.04), (0, 0, 0.7), cloth)
    group.box((2.02, 0.02, 0.45), (0, -0.41, 0.28), cloth)
    for x in (-0.9, 0.9):
        for y in (-0.3, 0.3):
            group.tube(
                [(x, y, 0), (x, y, 0.7)],
                [0.02] * 2,
                plain("pole", (0.25, 0.25, 0.26), 0.35, 0.8),
                6,
            )
    group.part = "goods"
    crates(group, (0, 0, 0.74), (1.9, 0.7), "toys", 5)
    crates(group, (1.35, 0.1, 0.0), (0.5, 0.8), "boxes", 6)
    group.part = ""


def blanket(group: Group) -> None:
    """A cloth 2.2 x 1.4 m on the pavement with goods laid out."""
    cloth = plain("blanket", (0.6, 0.6, 0.6), 0.9, mask=(1, 0, 0), noise=0.2, scale=5)
    group.box((2.2, 1.4, 0.02), (0, 0, 0.0), cloth, bevel=0.004)
    group.part = "goods"
    crates(group, (0, 0, 0.03), (2.0, 1.2), "toys", 9)
    group.part = ""


def canopy(group: Group) -> None:
    """A 2.6 x 2 m folding tent over tables with fruit; front = -y."""
    pole = plain("pole", (0.25, 0.25, 0.26), 0.35, 0.8)
    for x in (-1.3, 1.3):
        for y in (-1.0, 1.0):
            group.tube([(x, y, 0), (x, y, 2.1)], [0.025] * 2, pole, 6)
    group.box((2.4, 0.8, 0.04), (0, -0.4, 0.72), pole)
    group.box(
        (2.42, 0.02, 0.7), (0, -0.82, 0.03), plain("cart", (0.7, 0.7, 0.7), 0.45, mask=(1, 0, 0))
    )
    group.part = "goods"
    crates(group, (0, -0.4, 0.76), (2.3, 0.75), "fruit", 12)
    crates(group, (0.2, 0.5, 0.0), (1.8, 0.5), "boxes", 13)
    group.part = "umbrella"
    cloth = plain("canopy-a", (0.8, 0.8, 0.8), 0.6, mask=(0, 0, 1))
    top = (0.0, 0.0, 2.75)
    rim = [(-1.4, -1.1, 2.1), (1.4, -1.1, 2.1), (1.4, 1.1, 2.1), (-1.4, 1.1, 2.1)]
    low = [(x, y, 1.88) for x, y, _ in rim]
    faces = [(0, 1, 2), (0, 2, 3), (0, 3, 4), (0, 4, 1)]
    faces_low = [(1, 5, 6, 2), (2, 6, 7, 3), (3, 7, 8, 4), (4, 8, 5, 1)]
    group.mesh([top, *rim, *low], [*faces, *faces_low], cloth)
    group.part = ""


def abandoned(group: Group) -> None:
    """A cart under a tied-down cover: nobody trades here."""
    cloth = plain("cover", (0.3, 0.34, 0.42), 0.8, mask=(0, 0.6, 0), noise=0.25, scale=4, bump=0.4)
    rings = [
        (0, 0, 0.05, 1.05, 0.6), (0, 0, 0.5, 1.0, 0.55), (0, 0, 0.92, 0.98, 0.5),
        (0, 0, 1.08, 0.7, 0.35),
        (0.1, 0, 1.15, 0.2, 0.12),
    ]  # fmt: skip
    group.loft(rings, cloth, 18)
    group.tube(
        [(-1.03, -0.3, 0.6), (0, -0.6, 0.55), (1.03, -0.3, 0.6)],
        [0.015] * 3,
        plain("rope", (0.6, 0.5, 0.1)),
        6,
    )


def aboard(group: Group, art: str) -> None:
    """An A-board 0.6 x 1.05 m showing the image file `art`; front = -y."""
    frame = plain("pole", (0.25, 0.25, 0.26), 0.35, 0.8)
    face = printed(f"aboard-{art}", art, glow=0.0)
    for sign in (-1, 1):
        corners = [
            (-0.34, sign * 0.28, 0.06),
            (0.34, sign * 0.28, 0.06),
            (0.34, sign * 0.03, 1.12),
            (-0.34, sign * 0.03, 1.12),
        ]
        if sign > 0:
            corners = [(-x, y, z) for x, y, z in corners]
        group.panel(corners, face)
        for x in (-0.35, 0.35):
            group.tube([(x, sign * 0.28, 0.0), (x, sign * 0.03, 1.14)], [0.018] * 2, frame, 6)


def loose(group: Group) -> None:
    """Goods standing loose on the pavement."""
    crates(group, (0, 0, 0), (1.5, 0.9), "boxes", 21)
    crates(group, (1.1, -0.2, 0), (0.9, 0.8), "fruit", 22)


def cannon(group: Group) -> None:
    """A fog cannon (雾炮) on a trailer; the barrel points along +x, 2.3 m high."""
    blue = plain("cannon", (0.05, 0.22, 0.5), 0.5)
    dark = plain("dark", (0.04, 0.04, 0.045), 0.6)
    steel = plain("steel", (0.2, 0.2, 0.21), 0.45, 0.5)
    group.box((1.9, 1.2, 0.12), (0, 0, 0.4), dark)
    group.box((0.9, 0.9, 0.6), (-0.4, 0, 0.5), blue)
    for x in (-0.6, 0.6):
        for y in (-0.62, 0.62):
            group.wheel((x, y, 0.28), 0.28, 0.14, dark, steel)
    group.tube([(0.3, 0, 0.5), (0.3, 0, 1.5)], [0.14] * 2, steel)
    group.tube(
        [(-0.3, 0, 1.5), (0.2, 0, 1.65), (1.3, 0, 2.05), (1.32, 0, 2.06)],
        [0.42, 0.45, 0.34, 0.36],
        blue,
        18,
    )


def wash_person(group: Group) -> None:
    """A worker in a yellow vest standing."""
    person(group, "elder", "stand")


def lamp_post(group: Group, height: float, reach: float, way: float) -> None:
    """A street lamp: mast at the origin, arm of `reach` metres towards `way` degrees."""
    steel = plain("mast", (0.3, 0.32, 0.33), 0.5, 0.4)
    c, s = math.cos(math.radians(way)), math.sin(math.radians(way))
    group.tube([(0, 0, 0), (0, 0, 1.0), (0, 0, height)], [0.11, 0.085, 0.05], steel, 12)
    end = (c * reach, s * reach, height + 0.45)
    group.tube(
        [(0, 0, height - 0.1), (c * reach * 0.4, s * reach * 0.4, height + 0.3), end],
        [0.04] * 3,
        steel,
        8,
    )
    group.box((0.7, 0.26, 0.1), (end[0], end[1], end[2] - 0.06), steel, turn=way)
    lamp: Any = glowing("lamp", (1.0, 0.78, 0.48), 40.0, (0.7, 0.7, 0.65))
    group.box((0.55, 0.2, 0.03), (end[0], end[1], end[2] - 0.09), lamp, turn=way, bevel=0.0)
