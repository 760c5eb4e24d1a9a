# ruff: noqa: PLR2004, FBT003 - a model is numbers; bpy is untyped
"""The market street: shops with legal signs, a bare wall, trees, parked cars, a permitted bay."""

from pathlib import Path
from typing import Any

from models.street.modelling import vehicles
from models.street.modelling.grounds import Set, block, flat, lamp_of, road, tree
from models.street.modelling.materials import glowing, plain, tiles
from models.street.modelling.shapes import Group

FRONT = 19.5
WALL = (6.2, 12.6, 0.4, 2.9)
"""The bare wall for advertising: x low, x high, z low, z high, at y = FRONT."""
BOARD = (13.05, 14.55, 1.0, 2.0)
"""The community notice board on the wall beside it."""
BAY = (-0.6, 4.2, 16.2, 18.9)
"""The permitted bay (疏导点): x low, x high, y low, y high."""


def build(pictures: dict[str, Path]) -> Set:
    """Build the whole street and return its set."""
    stage = Set(pictures)
    road(stage, (13.5, FRONT + 0.2))
    walls = [
        tiles("wall0", (0.52, 0.45, 0.36), (0.3, 0.27, 0.23), 0.3, 0.08, True),
        tiles("wall1", (0.62, 0.6, 0.55), (0.42, 0.4, 0.37), 0.25, 0.25, True),
        tiles("wall2", (0.42, 0.22, 0.16), (0.3, 0.26, 0.23), 0.24, 0.07, True),
        plain("wall3", (0.55, 0.52, 0.45), 0.9, noise=0.14, scale=0.6, fine=0.06),
    ]
    shops = [(-14.0, -7.2, 5), (-7.0, -1.0, 0), (-0.8, 5.8, 1), (15.2, 21.6, 2), (21.8, 28.0, 3)]
    shops += [(28.2, 35.0, 4), (35.2, 42.0, 6), (42.2, 50.0, 7), (50.2, 58.0, 5), (58.2, 70.0, 2)]
    for k, (x0, x1, sign) in enumerate(shops):
        block(stage, (x0, x1), FRONT, 8.6 + (k * 37 % 5) * 1.3, walls[k % 3], 4.2, k)
        _shop(stage, x0, x1, sign, k)
    block(stage, (5.9, 15.1), FRONT, 9.2, walls[3], 3.6, 40)
    _wall(stage)
    for k in range(7):
        block(
            stage,
            (-30 + k * 22, -14 + k * 22),
            48 + k % 3 * 6,
            19 + k * 7 % 11,
            walls[k % 4],
            2.0,
            60 + k,
        )
    _bay(stage)
    for k, x in enumerate((-2.6, 16.2, 24.0, 32.0, 40.0)):
        tree(stage, x, 14.3, 11 + k, 5.0 + k % 3 * 0.4)
    for x in (-8.0, 13.4, 34.0):
        stage.lamp(x, 13.95, -90)
    lamp_of(stage, 4.0, 2.0)
    for k, x in enumerate((28.5, 34.2, 40.0)):
        parked = Group("parked")
        (vehicles.van if k == 1 else vehicles.car)(parked)
        stage.stand(parked, x, 12.55, 180)
    _bin(stage, 15.0, 14.2)
    return stage


def _shop(stage: Set, x0: float, x1: float, sign: int, seed: int) -> None:
    group, mid, wide = stage.fixed, (x0 + x1) / 2, x1 - x0
    dark = plain("frontage", (0.1, 0.1, 0.105), 0.5)
    group.box((wide - 0.5, 0.16, 3.0), (mid, FRONT - 0.02, 0.13), dark, bevel=0.0)
    inside: Any = glowing(
        f"inside{seed % 3}",
        [(1, 0.86, 0.62), (0.9, 0.95, 1), (1, 0.75, 0.5)][seed % 3],
        0.55,
        (0.07, 0.075, 0.08),
    )
    shutter = plain("shutter", (0.38, 0.4, 0.42), 0.5, noise=0.1)
    panes = max(2, int(wide / 1.5))
    for k in range(panes):
        x = x0 + 0.4 + (k + 0.5) * (wide - 0.8) / panes
        w = (wide - 0.8) / panes - 0.12
        closed = seed % 4 == 3 and k < 2
        group.box((w, 0.2, 2.5), (x, FRONT - 0.04, 0.3), shutter if closed else inside, bevel=0.0)
        if not closed:
            _shelf(stage, x, w, seed * 7 + k)
    group.panel(
        [
            (x0 + 0.25, FRONT - 0.32, 2.95),
            (x1 - 0.25, FRONT - 0.32, 2.95),
            (x1 - 0.25, FRONT - 0.24, 4.0),
            (x0 + 0.25, FRONT - 0.24, 4.0),
        ],
        stage.picture(f"shop{sign}", 0.7),
    )
    group.box((wide - 0.4, 0.24, 1.1), (mid, FRONT - 0.1, 2.92), dark, bevel=0.02)
    if seed % 3 == 1:
        cloth = plain(f"awning{seed}", (0.1 + 0.12 * (seed % 4), 0.16, 0.12), 0.8)
        group.mesh(
            [
                (x0 + 0.4, FRONT - 0.2, 2.9),
                (x1 - 0.4, FRONT - 0.2, 2.9),
                (x1 - 0.4, FRONT - 1.2, 2.45),
                (x0 + 0.4, FRONT - 1.2, 2.45),
            ],
            [(0, 1, 2, 3)],
            cloth,
        )


def _shelf(stage: Set, x: float, width: float, seed: int) -> None:
    """Things in the window, flat before the pane, so that shops are not blank."""
    tints = [
        (0.3, 0.05, 0.04),
        (0.32, 0.24, 0.05),
        (0.05, 0.18, 0.07),
        (0.25, 0.25, 0.24),
        (0.06, 0.1, 0.25),
    ]
    for k in range(21):
        row, column = divmod(k, 7)
        if (seed * 5 + k * 11) % 6 == 0:
            continue
        tint = tints[(seed + k * 3 + k // 5) % 5]
        high = 0.2 + (seed * 13 + k * 29) % 5 * 0.06
        spot = x - width / 2 + (column + 0.5) * width / 7
        stage.fixed.box(
            (width / 9, 0.03, high),
            (spot, FRONT - 0.16, 0.35 + row * 0.62),
            plain(f"goods{tint}", tint),
            bevel=0.0,
        )
    board = plain("shelf-board", (0.16, 0.15, 0.14), 0.6)
    for row in range(3):
        stage.fixed.box((width, 0.04, 0.03), (x, FRONT - 0.15, 0.32 + row * 0.62), board, bevel=0.0)
    poster = plain(f"goods{tints[seed % 5]}", tints[seed % 5])
    stage.fixed.box((width * 0.5, 0.03, 0.4), (x, FRONT - 0.16, 2.25), poster, bevel=0.0)


def _wall(stage: Set) -> None:
    group = stage.fixed
    x0, x1, _, z1 = WALL
    paint = plain("bare", (0.5, 0.48, 0.43), 0.9, noise=0.1, scale=0.8, fine=0.05)
    group.box((x1 - x0 + 0.4, 0.1, z1 + 0.3), ((x0 + x1) / 2, FRONT - 0.03, 0.13), paint, bevel=0.0)
    base = plain("skirting", (0.2, 0.2, 0.2), 0.9, noise=0.2)
    group.box((9.1, 0.14, 0.35), (10.5, FRONT - 0.04, 0.13), base, bevel=0.0)
    bx0, bx1, bz0, bz1 = BOARD
    group.box(
        (bx1 - bx0 + 0.1, 0.1, bz1 - bz0 + 0.1),
        ((bx0 + bx1) / 2, FRONT - 0.06, bz0 - 0.05),
        plain("trim", (0.5, 0.49, 0.46)),
    )
    group.panel(
        [
            (bx0, FRONT - 0.13, bz0),
            (bx1, FRONT - 0.13, bz0),
            (bx1, FRONT - 0.13, bz1),
            (bx0, FRONT - 0.13, bz1),
        ],
        stage.picture("board"),
    )


def _bay(stage: Set) -> None:
    x0, x1, y0, y1 = BAY
    line = plain("bay-line", (0.6, 0.42, 0.05), 0.8, noise=0.2, scale=4)
    for a, b in (
        ((x0, x1), (y0, y0 + 0.1)),
        ((x0, x1), (y1 - 0.1, y1)),
        ((x0, x0 + 0.1), (y0, y1)),
        ((x1 - 0.1, x1), (y0, y1)),
    ):
        flat(stage.fixed, a, b, 0.14, line)


def _bin(stage: Set, x: float, y: float) -> None:
    group = Group("bin")
    group.box(
        (0.45, 0.4, 0.85), (-0.25, 0, 0.13), plain("bin-a", (0.03, 0.1, 0.3), 0.5), bevel=0.04
    )
    group.box(
        (0.45, 0.4, 0.85), (0.25, 0, 0.13), plain("bin-b", (0.05, 0.05, 0.055), 0.5), bevel=0.04
    )
    stage.stand(group, x, y)
