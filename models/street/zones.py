# ruff: noqa: PLR2004 - a street is made of numbers; OpenCV is untyped
"""The camera description (TOML) of a video: zones as polygons in fractions of the frame."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from models.street.scene import HEIGHT, WIDTH, Scene

WEEK = '["mon","tue","wed","thu","fri","sat","sun"]'


def polygon(scene: Scene, points: Sequence[Sequence[float]]) -> list[list[float]]:
    """World points (n, 3) as a polygon in fractions, cut to the frame."""
    seen, depth = scene.calibration.project(points)
    if depth.min() <= 0.3:
        message = "a zone reaches behind the camera"
        raise ValueError(message)
    ring = (seen / (WIDTH, HEIGHT)).tolist()
    for axis in (0, 1):
        for sign, limit in ((1, 0.0), (-1, -1.0)):
            ring = _cut(ring, axis, sign, limit)
    return [[round(float(np.clip(v, 0, 1)), 4) for v in p] for p in ring]


def _cut(ring: list[list[float]], axis: int, sign: int, limit: float) -> list[list[float]]:
    """Keep the part of a polygon with sign * p[axis] >= limit (Sutherland and Hodgman)."""
    kept: list[list[float]] = []
    for a, b in zip(ring, ring[1:] + ring[:1], strict=True):
        da, db = sign * a[axis] - limit, sign * b[axis] - limit
        if da >= 0:
            kept.append(a)
        if (da >= 0) != (db >= 0):
            s = da / (da - db)
            kept.append([a[0] + s * (b[0] - a[0]), a[1] + s * (b[1] - a[1])])
    return kept


def _ground(x: tuple[float, float], y: tuple[float, float]) -> list[tuple[float, float, float]]:
    return [(x[0], y[0], 0.0), (x[1], y[0], 0.0), (x[1], y[1], 0.0), (x[0], y[1], 0.0)]


def _wall(
    x: tuple[float, float], z: tuple[float, float], y: float
) -> list[tuple[float, float, float]]:
    return [(x[0], y, z[0]), (x[1], y, z[0]), (x[1], y, z[1]), (x[0], y, z[1])]


def zones(scene: Scene) -> list[dict[str, Any]]:
    """The zones of a scene: id, kind, polygon and, for permitted ones, their terms."""
    facts = scene.facts
    front = facts["front"]
    if scene.name == "market":
        x0, x1, z0, _ = facts["wall"]
        bx0, bx1, by0, by1 = facts["bay"]
        nx0, nx1, nz0, nz1 = facts["board"]
        ground = [
            ("pavement", "no_vending", _ground((4.6, 24.0), (13.8, front - 0.1))),
            ("bay", "permitted", _ground((bx0 - 0.3, bx1), (by0 - 0.3, by1 + 0.1))),
            ("wall", "ad_surface", _wall((x0, x1), (z0, 3.5), front)),
            ("pavement-ads", "ad_surface", _ground((5.0, 16.0), (15.6, 17.8))),
            (
                "board",
                "permitted_ad",
                _wall((nx0 - 0.1, nx1 + 0.1), (nz0 - 0.1, nz1 + 0.1), front - 0.1),
            ),
            ("road", "road", _ground((-1.0, 20.0), (7.8, 13.3))),
            ("windows", "privacy_mask", _wall((0.0, 5.6), (5.0, 6.9), front)),
        ]
    else:
        ground = [
            (
                "site",
                "site",
                [(-4.0, front, 0.2), (22.0, front, 0.2), (40.0, 40.0, 8.0), (-6.0, 30.0, 7.0)],
            ),
            ("hoarding", "ad_surface", _wall((-2.2, 6.2), (0.2, 2.5), front)),
            ("road", "road", _ground((-1.0, 20.0), (7.8, 13.3))),
            ("pavement", "no_vending", _ground((-2.0, 20.0), (13.8, front - 0.2))),
        ]
    return [{"id": i, "kind": k, "polygon": polygon(scene, p)} for i, k, p in ground]


def camera_toml(scene: Scene) -> str:
    """The camera file's text."""
    place = {
        "market": ("Market street", "Simulated market street"),
        "gate": ("Site gate", "Simulated construction site gate"),
    }
    name, where = place[scene.name]
    lines = [
        "[camera]",
        f'id = "sim-{scene.name}"',
        f'name = "{name}"',
        f'place = "{where}"',
        'timezone = "Asia/Shanghai"',
    ]
    for zone in zones(scene):
        lines += [
            "",
            "[[zones]]",
            f'id = "{zone["id"]}"',
            f'kind = "{zone["kind"]}"',
            f"polygon = {zone['polygon']}",
        ]
        if zone["kind"] in {"permitted", "permitted_ad"}:
            lines += [
                f'document = "SIM-{zone["id"].upper()}-2026-01"',
                'valid_from = "2026-01-01"',
                'valid_to = "2027-12-31"',
            ]
        if zone["kind"] == "permitted":
            lines += [
                'business = ["food", "goods"]',
                f'windows = [{{ days = {WEEK}, from = "06:00", to = "22:00" }}]',
            ]
    return "\n".join(lines) + "\n"
