"""The one door to Blender's Python module, which has no types; needs the `bpy` wheel."""

import importlib
from typing import Any

bpy: Any = importlib.import_module("bpy")
mathutils: Any = importlib.import_module("mathutils")


def fresh_scene(threads: int = 2) -> None:
    """Empty the file and set Cycles up: CPU, few bounces, transparent film, float output."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.device = "CPU"
    scene.cycles.max_bounces = 3
    scene.cycles.diffuse_bounces = 1
    scene.cycles.glossy_bounces = 2
    scene.cycles.transmission_bounces = 1
    scene.cycles.transparent_max_bounces = 4
    scene.cycles.caustics_reflective = False
    scene.cycles.caustics_refractive = False
    scene.cycles.sample_clamp_indirect = 4.0
    scene.cycles.use_adaptive_sampling = False
    scene.cycles.denoiser = "OPENIMAGEDENOISE"
    scene.cycles.filter_width = 1.2
    scene.render.film_transparent = True
    scene.render.threads_mode = "FIXED"
    scene.render.threads = threads
    scene.render.image_settings.file_format = "OPEN_EXR"
    scene.render.image_settings.color_mode = "RGBA"
    scene.render.image_settings.color_depth = "32"
    scene.render.use_persistent_data = True
