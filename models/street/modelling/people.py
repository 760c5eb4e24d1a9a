# ruff: noqa: PLR2004, PLR0917 - a model is numbers; bpy is untyped
"""People: bodies of tapered limbs in a walking, standing or sitting pose."""

import math
from typing import Any

from models.street.modelling.materials import plain
from models.street.modelling.shapes import Group, Point

BODIES = ("man", "woman", "elder")
WALK_PHASES = 4


def _cloth() -> dict[str, Any]:
    return {
        "top": plain("cloth-top", (0.8, 0.8, 0.8), 0.85, mask=(1, 0, 0), noise=0.12, scale=9),
        "low": plain("cloth-low", (0.7, 0.7, 0.7), 0.85, mask=(0, 1, 0), noise=0.12, scale=9),
        "skin": plain("skin", (0.56, 0.33, 0.22), 0.5),
        "hair": plain("hair", (0.018, 0.014, 0.012), 0.45),
        "shoe": plain("shoe", (0.05, 0.045, 0.045), 0.5),
        "straw": plain("straw", (0.62, 0.47, 0.22), 0.8),
        "bag": plain("bag", (0.5, 0.5, 0.5), 0.7, mask=(0, 0, 1)),
    }


def person(group: Group, body: str, pose: str, at: Point = (0, 0, 0)) -> None:
    """Add one person facing +x.

    Args:
        group: What the body parts are added to.
        body: One of `BODIES`.
        pose: "walk0".."walk3", "stand", "umbrella", "work" (hands forward), "ride" or "sit".
        at: Where the feet (or, riding, the saddle's foot point) are, metres.
    """
    cloth = _cloth()
    scale = {"man": 1.0, "woman": 0.94, "elder": 0.95}[body]
    swing = 0.0
    if pose.startswith("walk"):
        swing = math.sin(2 * math.pi * (int(pose[4:]) + 0.5) / WALK_PHASES)
    riding = pose == "ride"
    hip = (at[0], at[1], at[2] + (0.88 if not riding else 0.84) * scale)
    lean = 0.14 if riding else 0.05 * abs(swing) + (0.1 if body == "elder" else 0.0)
    _torso(group, body, cloth, hip, lean, scale)
    for side in (-1, 1):
        _leg(group, cloth, hip, side, swing * side, pose, body, scale)
        _arm(group, cloth, hip, side, -swing * side, pose, lean, scale)
    if pose == "umbrella":
        umbrella(group, (hip[0] + 0.2, hip[1] - 0.2 * scale, hip[2] + 0.2), 0.52, 0.95)


def _torso(
    group: Group, body: str, cloth: dict[str, Any], hip: Point, lean: float, s: float
) -> None:
    x, y, z = hip
    wide = {"man": 1.0, "woman": 0.88, "elder": 1.05}[body]
    rings = [
        (x, y, z - 0.10 * s, 0.11, 0.165 * wide),
        (x, y, z + 0.02 * s, 0.125, 0.175 * wide),
        (x + lean * 0.3, y, z + 0.18 * s, 0.115, 0.165 * wide),
        (x + lean * 0.7, y, z + 0.36 * s, 0.13, 0.2 * wide),
        (x + lean * 0.9, y, z + 0.47 * s, 0.115, 0.205 * wide),
        (x + lean, y, z + 0.53 * s, 0.08, 0.14 * wide),
        (x + lean, y, z + 0.57 * s, 0.05, 0.055),
    ]
    group.loft(rings, cloth["top"])
    hips = [
        (x, y, z - 0.13 * s, 0.1, 0.155 * wide),
        (x, y, z - 0.02, 0.122, 0.172 * wide),
    ]
    group.loft(hips, cloth["low"])
    if body == "woman":
        skirt = [
            (x, y, z - 0.45 * s, 0.21, 0.25),
            (x, y, z - 0.2 * s, 0.17, 0.21),
            (x, y, z + 0.04, 0.12, 0.165),
        ]
        group.loft(skirt, cloth["low"])
    hx, hz = x + lean + 0.02, z + 0.70 * s
    group.tube([(x + lean, y, z + 0.54 * s), (hx, y, hz)], [0.05, 0.05], cloth["skin"])
    group.ball((hx + 0.01, y, hz), (0.098, 0.08, 0.122), cloth["skin"])
    if body == "elder":
        group.loft(
            [
                (hx, y, hz + 0.045, 0.23, 0.22),
                (hx, y, hz + 0.065, 0.11, 0.1),
                (hx, y, hz + 0.16, 0.07, 0.07),
            ],
            cloth["straw"],
        )
    else:
        group.ball((hx - 0.02, y, hz + 0.035), (0.108, 0.092, 0.112), cloth["hair"])
    if body == "woman":
        group.ball((hx - 0.075, y, hz - 0.1), (0.05, 0.085, 0.16), cloth["hair"])
        group.box((0.1, 0.22, 0.2), (x + 0.02, y - 0.26, z - 0.12), cloth["bag"])
    if body == "man":
        group.ball((x + lean * 0.5 - 0.17, y, z + 0.3), (0.09, 0.15, 0.22), cloth["bag"])


def _leg(
    group: Group,
    cloth: dict[str, Any],
    hip: Point,
    side: int,
    swing: float,
    pose: str,
    body: str,
    s: float,
) -> None:
    x, y, z = hip
    y += side * 0.09
    if pose == "ride":
        knee = (x + 0.34, y, z + (-0.12 if side > 0 else -0.26))
        foot = (x + 0.25, y, z + (-0.52 if side > 0 else -0.66))
    else:
        a = swing * 0.45
        bend = a - (0.65 if swing < -0.5 else 0.12) * (abs(swing) > 0.1)
        knee = (x + 0.41 * s * math.sin(a), y, z - 0.41 * s * math.cos(a))
        foot = (knee[0] + 0.41 * s * math.sin(bend), y, knee[2] - 0.41 * s * math.cos(bend))
        lift = 0.0 if swing < -0.5 else min(0.0, foot[2] - 0.06 - (hip[2] - 0.88 * s))
        foot = (foot[0], foot[1], foot[2] - lift)
    low = cloth["skin"] if body == "woman" else cloth["low"]
    group.tube([(x, y, z), knee], [0.088, 0.062], cloth["low"])
    group.tube([knee, foot], [0.062, 0.045], low)
    group.box((0.25, 0.09, 0.08), (foot[0] + 0.06, foot[1], foot[2] - 0.07), cloth["shoe"])


def _arm(
    group: Group,
    cloth: dict[str, Any],
    hip: Point,
    side: int,
    swing: float,
    pose: str,
    lean: float,
    s: float,
) -> None:
    x, y, z = hip[0] + lean * 0.9, hip[1] + side * 0.215 * s, hip[2] + 0.48 * s
    a = swing * 0.5
    elbow = (x + 0.27 * math.sin(a), y + side * 0.03, z - 0.27 * math.cos(a))
    hand = (elbow[0] + 0.25 * math.sin(a + 0.35), elbow[1], elbow[2] - 0.25 * math.cos(a + 0.35))
    if pose in {"ride", "work"}:
        elbow = (x + 0.12, y + side * 0.06, z - 0.23)
        hand = (x + 0.4, y - side * 0.02, z - (0.24 if pose == "ride" else 0.3))
    if pose == "umbrella" and side < 0:
        elbow, hand = (x + 0.1, y, z - 0.24), (x + 0.2, y + 0.02, z - 0.12)
    group.tube([(x, y - side * 0.03, z), elbow], [0.062, 0.05], cloth["top"])
    group.tube([elbow, hand], [0.046, 0.035], cloth["top"])
    group.ball(hand, (0.045, 0.035, 0.05), cloth["skin"], 5, 8)


def umbrella(group: Group, foot: Point, radius: float, height: float, ribs: int = 8) -> None:
    """A canopy on a stick: `foot` is the stick's lower end, `height` its length, metres."""
    before = group.part
    pole = plain("pole", (0.25, 0.25, 0.26), 0.35, 0.8)
    group.tube([foot, (foot[0], foot[1], foot[2] + height)], [0.012 + radius * 0.01] * 2, pole)
    group.part = "umbrella"
    top = foot[2] + height
    drop = radius * 0.42
    colours = [
        plain("canopy-a", (0.8, 0.8, 0.8), 0.6, mask=(0, 0, 1)),
        plain("canopy-b", (0.62, 0.62, 0.6), 0.6, mask=(0, 0, 0.75)),
    ]
    for k in range(ribs):
        points: list[Point] = [(foot[0], foot[1], top + 0.02)]
        for ring in range(1, 5):
            r = radius * ring / 4
            for step in range(3):
                a = 2 * math.pi * (k + step / 2) / ribs
                sag = 0.94 if step == 1 else 1.0
                z = top - drop * (ring / 4) ** 1.8
                points.append((foot[0] + r * sag * math.cos(a), foot[1] + r * sag * math.sin(a), z))
        faces: list[tuple[int, ...]] = [(0, 1, 2), (0, 2, 3)]
        for ring in range(3):
            b = 1 + ring * 3
            faces += [(b, b + 3, b + 4, b + 1), (b + 1, b + 4, b + 5, b + 2)]
        group.mesh(points, faces, colours[k % 2], smooth=True)
    group.part = before
