# ruff: noqa: FBT001, FBT002 - a model is numbers; bpy is untyped
"""Taking pictures: sun and sky as separate linear layers, mask pass, part boxes, ground shadows."""

import math
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from models.street.modelling import materials
from models.street.modelling.blender import bpy, mathutils
from models.street.modelling.shapes import Group

Image = NDArray[np.float32]
SUN_WAY = np.array([-0.62, -0.50, 0.86]) / np.linalg.norm([-0.62, -0.50, 0.86])
"""Unit vector from the ground to the sun, shared by plates and sprites."""
SUN = (3.6, (1.0, 0.93, 0.82))
SKY = (1.0, (0.80, 0.90, 1.0))


class Studio:
    """Sun, sky, camera and the render call."""

    def __init__(self) -> None:
        """Add a sun, a world and a camera to the current scene."""
        light = bpy.data.lights.new("sun", "SUN")
        light.energy = SUN[0]
        light.color = SUN[1]
        light.angle = math.radians(0.8)
        self.sun = bpy.data.objects.new("sun", light)
        self.sun.rotation_euler = (
            mathutils.Vector(SUN_WAY.tolist()).to_track_quat("Z", "Y").to_euler()
        )
        scene = bpy.context.scene
        scene.collection.objects.link(self.sun)
        scene.world = bpy.data.worlds.new("world")
        scene.world.use_nodes = True
        self.sky = scene.world.node_tree.nodes["Background"]
        self.sky.inputs["Color"].default_value = (*SKY[1], 1)
        self.camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
        self.camera.data.sensor_fit = "HORIZONTAL"
        self.camera.data.clip_end = 500
        scene.collection.objects.link(self.camera)
        scene.camera = self.camera
        self.path = str(Path(tempfile.mkdtemp()) / "shot.exr")

    def aim(
        self, spot: Sequence[float], rotation: NDArray[np.float64], focal: float, size: list[int]
    ) -> None:
        """Place the camera: rotation rows are right, down, forward; focal and size in pixels."""
        scene = bpy.context.scene
        scene.render.resolution_x, scene.render.resolution_y = size
        scene.render.resolution_percentage = 100
        self.camera.data.sensor_width = 36.0
        self.camera.data.lens = focal * 36.0 / size[0]
        matrix = np.eye(4)
        matrix[:3, 0], matrix[:3, 1], matrix[:3, 2] = rotation[0], -rotation[1], -rotation[2]
        matrix[:3, 3] = spot
        self.camera.matrix_world = mathutils.Matrix(matrix.tolist())

    def light(self, which: str) -> None:
        """Switch on one of the layers "sun", "sky", "lamps" or none of them ("mask")."""
        self.sun.hide_render = which != "sun"
        for thing in bpy.context.scene.objects:
            if thing.get("lamp"):
                thing.hide_render = which != "lamps"
        self.sky.inputs["Strength"].default_value = SKY[0] if which == "sky" else 0.0
        materials.set_lamps(1.0 if which == "lamps" else 0.0)

    def take(self, samples: int, denoise: bool = True) -> Image:
        """Render: linear RGBA float32 (height, width, 4), colour premultiplied by alpha."""
        scene = bpy.context.scene
        scene.cycles.samples = samples
        scene.cycles.use_denoising = denoise
        scene.render.filepath = self.path
        bpy.ops.render.render(write_still=True)
        picture = bpy.data.images.load(self.path)
        width, height = picture.size
        flat = np.empty(width * height * 4, dtype=np.float32)
        picture.pixels.foreach_get(flat)
        bpy.data.images.remove(picture)
        return flat.reshape(height, width, 4)[::-1].copy()


def masked(objects: list[Any], shot: Callable[[], Image]) -> Image:
    """Take a shot with every material replaced by its flat mask colour."""
    kept = []
    for thing in objects:
        for slot in thing.material_slots:
            kept.append((slot, slot.material))
            slot.material = materials.mask_material(tuple(slot.material.get("mask", (0, 0, 0))))
    image = shot()
    for slot, material in kept:
        slot.material = material
    return image


def triangles(group: Group, parts: bool = False) -> list[tuple[str, NDArray[np.float64]]]:
    """Per object its part name and world-space faces' points (n, 3), modifiers left out."""
    found = []
    for thing in group.objects:
        data = thing.data
        points = np.empty(len(data.vertices) * 3)
        data.vertices.foreach_get("co", points)
        world = np.array(thing.matrix_world)
        spots = points.reshape(-1, 3) @ world[:3, :3].T + world[:3, 3]
        if parts:
            found.append((str(thing["part"]), spots))
            continue
        found.extend((str(thing["part"]), spots[list(face.vertices)]) for face in data.polygons)
    return found


def ground_shadow(group: Group, way: Sequence[float], per_metre: float) -> tuple[Image, Any]:
    """Shadow cast on z = 0 along a light direction.

    Returns:
        The mask (height, width) 0..1, y axis up the rows = away from the camera, and the ground
        rectangle (x low, y low, x high, y high) in metres that it covers.
    """
    shape = np.asarray(way) / way[2]
    flat = []
    for _, spots in triangles(group):
        raised = np.maximum(spots[:, 2:3], 0)
        flat.append(spots[:, :2] - raised * shape[:2])
    every = np.concatenate(flat)
    low, high = every.min(0) - 0.3, every.max(0) + 0.3
    size = np.ceil((high - low) * per_metre).astype(int)
    mask = np.zeros((size[1], size[0]), np.uint8)
    for face in flat:
        cv2.fillConvexPoly(
            mask, np.round((face - low) * per_metre * 16).astype(np.int32), 255, 8, 4
        )
    return np.asarray(mask / 255, np.float32), (*low.tolist(), *high.tolist())


def ground_gloom(group: Group, per_metre: float, ways: int = 40) -> tuple[Image, Any]:
    """Share of the sky hidden from each ground spot, same layout as `ground_shadow`."""
    rng = np.random.default_rng(5)
    faces = [spots for _, spots in triangles(group)]
    every = np.concatenate(faces)[:, :2]
    low, high = every.min(0) - 0.8, every.max(0) + 0.8
    size = np.ceil((high - low) * per_metre).astype(int)
    total = np.zeros((size[1], size[0]), np.float32)
    for k in range(ways):
        r = math.sqrt((k + 0.5) / ways) * 0.97
        a = k * 2.399963 + rng.uniform(0, 0.2)
        way = np.array([r * math.cos(a), r * math.sin(a)]) / math.sqrt(1 - r * r)
        mask = np.zeros(total.shape, np.uint8)
        for spots in faces:
            flat = spots[:, :2] - np.maximum(spots[:, 2:3], 0) * way
            cv2.fillConvexPoly(
                mask, np.round((flat - low) * per_metre * 16).astype(np.int32), 255, 8, 4
            )
        total += mask
    soft = cv2.GaussianBlur(total / (255 * ways), (0, 0), 1.0)
    return np.asarray(soft, np.float32), (*low.tolist(), *high.tolist())
