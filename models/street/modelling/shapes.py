# ruff: noqa: PLR2004, ANN401, PLR0917, FBT001, FBT002 - a model is numbers; bpy is untyped
"""Solid shapes the street is built from. Metres; x along the road, y away from the camera, z up."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from models.street.modelling.blender import bpy

Point = tuple[float, float, float]


class Group:
    """Objects that move together; local origin = the anchor on the ground, x = forward."""

    def __init__(self, name: str) -> None:
        """Start an empty group at the world's origin."""
        self.root = bpy.data.objects.new(name, None)
        bpy.context.scene.collection.objects.link(self.root)
        self.objects: list[Any] = []
        self.part = ""

    def mesh(
        self,
        points: Sequence[Sequence[float]],
        faces: Sequence[Sequence[int]],
        material: Any,
        smooth: bool = False,
        bevel: float = 0.0,
    ) -> Any:
        """Add a mesh from points (n, 3) in metres and faces of point numbers."""
        data = bpy.data.meshes.new("mesh")
        data.from_pydata([tuple(p) for p in points], [], [tuple(f) for f in faces])
        data.update()
        if smooth:
            data.polygons.foreach_set("use_smooth", [True] * len(data.polygons))
        thing = bpy.data.objects.new("thing", data)
        bpy.context.scene.collection.objects.link(thing)
        thing.parent = self.root
        thing["part"] = self.part
        data.materials.append(material)
        if bevel:
            modifier = thing.modifiers.new("bevel", "BEVEL")
            modifier.width = bevel
            modifier.segments = 2
            modifier.limit_method = "ANGLE"
        self.objects.append(thing)
        return thing

    def box(
        self, size: Point, at: Point, material: Any, turn: float = 0.0, bevel: float = 0.015
    ) -> Any:
        """A box of size (x, y, z) whose bottom centre lies at `at`, turned by degrees about z."""
        sx, sy, sz = size[0] / 2, size[1] / 2, size[2]
        c, s = math.cos(math.radians(turn)), math.sin(math.radians(turn))
        corners = [(-sx, -sy), (sx, -sy), (sx, sy), (-sx, sy)]
        flat = [(at[0] + x * c - y * s, at[1] + x * s + y * c) for x, y in corners]
        points = [(x, y, at[2]) for x, y in flat] + [(x, y, at[2] + sz) for x, y in flat]
        faces = [(3, 2, 1, 0), (4, 5, 6, 7), (0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7)]
        return self.mesh(points, faces, material, bevel=min(bevel, min(size) / 3))

    def tube(
        self, path: Sequence[Point], radii: Sequence[float], material: Any, sides: int = 10
    ) -> Any:
        """A round limb along a path with a radius at each of its points, closed at both ends."""
        spots = np.asarray(path, dtype=float)
        rings: list[list[float]] = []
        for i, spot in enumerate(spots):
            along = spots[min(i + 1, len(spots) - 1)] - spots[max(i - 1, 0)]
            along /= np.linalg.norm(along) + 1e-9
            side = np.cross(along, (0.0, 0.0, 1.0))
            if np.linalg.norm(side) < 0.1:
                side = np.cross(along, (0.0, 1.0, 0.0))
            side /= np.linalg.norm(side)
            up = np.cross(side, along)
            for k in range(sides):
                a = 2 * math.pi * k / sides
                rings.append(list(spot + radii[i] * (math.cos(a) * side + math.sin(a) * up)))
        return self.mesh(rings, _skin(len(spots), sides), material, smooth=True)

    def loft(
        self,
        rings: Sequence[tuple[float, float, float, float, float]],
        material: Any,
        sides: int = 14,
    ) -> Any:
        """Stacked ellipses (x, y, z of the centre, half length in x, half width in y), smooth."""
        points = [
            (
                x + a * math.cos(2 * math.pi * k / sides),
                y + b * math.sin(2 * math.pi * k / sides),
                z,
            )
            for x, y, z, a, b in rings
            for k in range(sides)
        ]
        return self.mesh(points, _skin(len(rings), sides), material, smooth=True)

    def ball(self, at: Point, radii: Point, material: Any, rings: int = 8, sides: int = 12) -> Any:
        """An ellipsoid with half axes `radii`."""
        stack = []
        for i in range(rings + 1):
            a = math.pi * i / rings - math.pi / 2
            r = max(math.cos(a), 0.02)
            stack.append((at[0], at[1], at[2] + radii[2] * math.sin(a), radii[0] * r, radii[1] * r))
        return self.loft(stack, material, sides)

    def wheel(self, at: Point, radius: float, width: float, tyre: Any, rim: Any) -> None:
        """A wheel whose axle lies along y."""
        x, y, z = at
        for r, w, material in ((radius, width, tyre), (radius * 0.62, width * 1.06, rim)):
            sides = 22
            circle = [
                (math.cos(2 * math.pi * k / sides) * r, math.sin(2 * math.pi * k / sides) * r)
                for k in range(sides)
            ]
            points = [(x + a, y + s * w / 2, z + b) for s in (-1, 1) for a, b in circle]
            faces: list[list[int]] = [list(range(sides)), list(range(2 * sides - 1, sides - 1, -1))]
            faces += [
                [k, sides + k, sides + (k + 1) % sides, (k + 1) % sides] for k in range(sides)
            ]
            self.mesh(points, faces, material, bevel=0.02)

    def slab(
        self,
        profile: Sequence[tuple[float, float]],
        low: float,
        high: float,
        material: Any,
        bevel: float = 0.03,
        pinch: float = 0.0,
    ) -> Any:
        """A side profile of (x, z) points drawn out from y=low to y=high; pinch narrows its top."""
        top = max(z for _, z in profile)
        base = min(z for _, z in profile)
        points = []
        for y, sign in ((low, 1), (high, -1)):
            points += [
                (x, y + sign * pinch * (z - base) / max(top - base, 1e-6), z) for x, z in profile
            ]
        n = len(profile)
        faces: list[list[int]] = [list(range(n - 1, -1, -1)), list(range(n, 2 * n))]
        faces += [[k, (k + 1) % n, n + (k + 1) % n, n + k] for k in range(n)]
        return self.mesh(points, faces, material, bevel=bevel)

    def panel(self, corners: Sequence[Point], material: Any) -> Any:
        """A flat picture: corners bottom left, bottom right, top right, top left as seen."""
        thing = self.mesh(corners, [(0, 1, 2, 3)], material)
        layer = thing.data.uv_layers.new(name="uv")
        for loop, uv in zip(layer.data, ((0, 0), (1, 0), (1, 1), (0, 1)), strict=True):
            loop.uv = uv
        return thing

    def mound(
        self, at: Point, half: Point, material: Any, seed: int = 0, rough: float = 0.2
    ) -> Any:
        """A heap: half lengths in x and y, height in z, with a lumpy surface."""
        rng = np.random.default_rng(seed)
        n = 34
        axis = np.linspace(-1, 1, n)
        gx, gy = np.meshgrid(axis, axis)
        bumps = np.zeros((n, n))
        for octave in range(1, 6):
            phase = rng.uniform(0, 6.28, 4)
            k = 2.1**octave
            bumps += (np.sin(gx * k + phase[0] + gy) * np.sin(gy * k + phase[1] - gx)) / octave
        radius = np.hypot(gx, gy) * (1 + 0.12 * bumps)
        height = np.clip(1 - radius, 0, 1) ** 0.85 * (1 + rough * bumps)
        points = np.stack(
            [at[0] + gx * half[0], at[1] + gy * half[1], at[2] - 0.05 + height * half[2]], -1
        )
        faces = [
            (r * n + c, r * n + c + 1, r * n + n + c + 1, r * n + n + c)
            for r in range(n - 1)
            for c in range(n - 1)
        ]
        return self.mesh(points.reshape(-1, 3).tolist(), faces, material, smooth=True)

    def leaves(
        self, at: Point, half: Point, count: int, size: float, material: Any, seed: int
    ) -> Any:
        """Loose leaf cards in an ellipsoid, for tree crowns and hedges."""
        rng = np.random.default_rng(seed)
        way = rng.normal(size=(count, 3))
        way /= np.linalg.norm(way, axis=1, keepdims=True)
        spots = way * rng.uniform(0.45, 1.0, (count, 1)) ** 0.5 * np.asarray(half)
        spots *= 1 + 0.25 * np.sin(spots[:, ::-1] * 2.5)
        spots += np.asarray(at)
        a = rng.normal(size=(count, 3)) * size
        b = rng.normal(size=(count, 3)) * size
        quads = np.stack([spots - a, spots - b, spots + a, spots + b], 1)
        faces = [(4 * i, 4 * i + 1, 4 * i + 2, 4 * i + 3) for i in range(count)]
        return self.mesh(quads.reshape(-1, 3).tolist(), faces, material)

    def place(self, x: float, y: float, heading: float, z: float = 0.0) -> None:
        """Put the anchor at a spot on the ground, forward axis turned by `heading` degrees."""
        self.root.location = (x, y, z)
        self.root.rotation_euler = (0, 0, math.radians(heading))
        bpy.context.view_layer.update()

    def remove(self) -> None:
        """Delete the group and its meshes."""
        for thing in self.objects:
            data = thing.data
            bpy.data.objects.remove(thing)
            bpy.data.meshes.remove(data)
        bpy.data.objects.remove(self.root)


def _skin(rings: int, sides: int) -> list[list[int]]:
    """Faces of a tube of stacked rings with closed ends."""
    faces = [
        [
            i * sides + k,
            i * sides + (k + 1) % sides,
            (i + 1) * sides + (k + 1) % sides,
            (i + 1) * sides + k,
        ]
        for i in range(rings - 1)
        for k in range(sides)
    ]
    faces.append(list(range(sides - 1, -1, -1)))
    faces.append(list(range((rings - 1) * sides, rings * sides)))
    return faces
