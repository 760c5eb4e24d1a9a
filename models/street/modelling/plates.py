# ruff: noqa: PLR2004, ANN401, PLR0917, FBT001 - a model is numbers; bpy is untyped
"""Background plates of a scene: four lights, shade, lamp and sun maps, depth, occluders, camera."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from models.street.modelling import gate, grounds, market, materials, rig, shoot
from models.street.modelling.blender import fresh_scene
from models.street.modelling.shapes import Group

Array = NDArray[np.float32]


def expose(
    scene: str, pictures: dict[str, Path], cache: Path, samples: tuple[int, int, int]
) -> None:
    """Render the three light layers and the geometry maps of a scene into cache/scene.npz."""
    fresh_scene()
    materials.reset()
    studio = shoot.Studio()
    stage = {"market": market, "gate": gate}[scene].build(pictures)
    camera = rig.RIGS[scene]
    studio.aim([0, 0, rig.HEIGHT], camera.rotation, camera.focal, list(rig.SIZE))
    layers: dict[str, Any] = {}
    for light, count in zip(("sun", "sky", "lamps"), samples, strict=True):
        studio.light(light)
        layers[light] = studio.take(count)
        print(f"{scene}: {light} done", flush=True)
    groups = [group for group, _, _ in stage.occluders]
    layers["occluders"] = depth(groups, camera, 300.0, ground=False)
    layers["depth"] = depth([stage.fixed, *groups], camera, 300.0, ground=True)
    layers["lamp_spots"] = np.asarray(stage.lamps)
    np.savez_compressed(cache / f"{scene}.npz", **layers)


def depth(groups: list[Group], camera: rig.Rig, far: float, ground: bool) -> Array:
    """Distance along the optical axis in metres (720, 1280); `far` where nothing lies."""
    width, height = rig.SIZE
    rotation, eye = camera.rotation, np.array([0, 0, rig.HEIGHT])
    inverse = np.full((height, width), 1 / far, np.float64)
    u, v = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    if ground:
        ray = np.stack(
            [(u - width / 2) / camera.focal, (v - height / 2) / camera.focal, np.ones_like(u)], -1
        )
        drop = -(ray @ rotation)[..., 2]
        inverse = np.maximum(inverse, drop / rig.HEIGHT)
    for group in groups:
        for _, spots in shoot.triangles(group):
            _fill(inverse, (spots - eye) @ rotation.T, camera.focal)
    return (1 / inverse).astype(np.float32)


def _fill(inverse: NDArray[np.float64], seen: NDArray[np.float64], focal: float) -> None:
    """Draw one flat face into the inverse-depth buffer (inverse depth is linear in the picture)."""
    height, width = inverse.shape
    if seen[:, 2].min() < 0.5:
        return
    flat = seen[:, :2] / seen[:, 2:] * focal + (width / 2, height / 2)
    x0, y0 = np.maximum(np.floor(flat.min(0)).astype(int), 0)
    x1, y1 = np.minimum(np.ceil(flat.max(0)).astype(int) + 1, (width, height))
    if x1 <= x0 or y1 <= y0:
        return
    mask = np.zeros((y1 - y0, x1 - x0), np.uint8)
    cv2.fillPoly(mask, [np.round((flat - (x0, y0)) * 16).astype(np.int32)], 1, 8, 4)
    if (x1 - x0) * (y1 - y0) < 200:
        value: Any = 1 / seen[:, 2].mean()
    else:
        design = np.column_stack([flat, np.ones(len(flat))])
        a, b, c = np.linalg.lstsq(design, 1 / seen[:, 2], rcond=None)[0]
        xs, ys = np.arange(x0, x1) + 0.5, np.arange(y0, y1) + 0.5
        value = a * xs[None] + b * ys[:, None] + c
    part = inverse[y0:y1, x0:x1]
    np.maximum(part, np.where(mask > 0, value, 0), out=part)


def develop(scene: str, cache: Path, out: Path) -> None:
    """Turn the cached layers into the scene's assets."""
    layers = np.load(cache / f"{scene}.npz")
    camera = rig.RIGS[scene]
    sun, sky, lamps = (layers[k][..., :3] for k in ("sun", "sky", "lamps"))
    worn = _wear(camera, layers["depth"], sky)
    sun, sky, lamps = sun * worn, sky * worn, lamps * worn
    alpha = np.clip(layers["sky"][..., 3:], 0, 1)
    for light in (*rig.LIGHTS, "shade"):
        total = rig.mix(light, sun, sky, lamps) + (1 - alpha) * rig.heaven(light, camera, 3)
        picture = rig.develop(total)
        if light == "shade":
            cv2.imwrite(str(out / f"{scene}-shade.webp"), picture, [cv2.IMWRITE_WEBP_QUALITY, 80])
        else:
            cv2.imwrite(str(out / f"{scene}-{light}.webp"), picture, [cv2.IMWRITE_WEBP_QUALITY, 91])
    _maps(scene, layers, sun, sky, lamps, out)
    (out / f"{scene}.json").write_text(json.dumps(_description(scene, layers), indent=1) + "\n")


def _wear(camera: rig.Rig, depth: Array, like: Array) -> Array:
    """Factor (720, 1280, 1) that gives the asphalt grain, wheel tracks, stains and cracks."""
    width, height = rig.SIZE
    u, v = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    flat = np.stack([u - width / 2, v - height / 2, np.full_like(u, camera.focal)], -1)
    ray = flat / camera.focal @ camera.rotation
    range_m = rig.HEIGHT / np.maximum(-ray[..., 2], 1e-3)
    x, y = ray[..., 0] * range_m, ray[..., 1] * range_m
    road = (y > grounds.ROAD[0]) & (y < grounds.ROAD[1]) & (np.abs(depth - range_m) < 0.5)
    factor = np.ones(like.shape[:2], np.float32)
    rng = np.random.default_rng(9)
    for size, strength in ((0.03, 0.07), (0.12, 0.025), (1.1, 0.02), (4.0, 0.03)):
        tile = cv2.GaussianBlur(rng.normal(0, 1, (512, 512)), (0, 0), 1)
        tile = (tile / tile.std()).astype(np.float32)
        across, along = (x / size % 511).astype(np.float32), (y / size % 511).astype(np.float32)
        seen = cv2.remap(tile, across, along, cv2.INTER_LINEAR)
        fine = np.clip(size * camera.focal / range_m / 1.5, 0, 1)
        factor += strength * seen * fine
    for lane in (grounds.NEAR_LANE, grounds.FAR_LANE):
        for side in (-0.8, 0.8):
            factor -= 0.07 * np.exp(-(((y - lane - side) / 0.28) ** 2))
        factor -= 0.06 * np.exp(-(((y - lane) / 0.35) ** 2))
    crack = y + 0.25 * np.sin(x * 0.9) + 0.12 * np.sin(x * 2.7 + 1)
    for at in (8.75, 12.3, 5.2):
        factor -= 0.28 * np.exp(-(((crack - at) / 0.022) ** 2)) * (np.sin(x * 0.23 + at) > 0.2)
    return np.where(road, np.clip(factor, 0.5, 1.5), 1.0).astype(np.float32)[..., None]


def _maps(scene: str, layers: Any, sun: Array, sky: Array, lamps: Array, out: Path) -> None:
    small = (160, 90)
    base = cv2.GaussianBlur(sky, (0, 0), 3) + 0.004
    ratio = np.clip(cv2.GaussianBlur(lamps, (0, 0), 3) / base, 0, 3)
    ratio = cv2.GaussianBlur(cv2.resize(ratio, small, interpolation=cv2.INTER_AREA), (0, 0), 1.5)
    cv2.imwrite(str(out / f"{scene}-lamps.png"), np.round(ratio[..., ::-1] * 80).astype(np.uint8))
    lit = cv2.GaussianBlur(sun, (0, 0), 2).mean(2) / base.mean(2)
    lit = np.clip(cv2.resize(lit, (320, 180), interpolation=cv2.INTER_AREA) / 2.2, 0, 1)
    cv2.imwrite(str(out / f"{scene}-sunlit.png"), np.round(lit * 255).astype(np.uint8))
    far = cv2.resize(layers["depth"], (320, 180), interpolation=cv2.INTER_NEAREST)
    cv2.imwrite(str(out / f"{scene}-depth.png"), np.clip(far * 100, 0, 65535).astype(np.uint16))
    near = np.clip(layers["occluders"] * 5, 0, 255)
    cv2.imwrite(str(out / f"{scene}-occluders.png"), np.round(near).astype(np.uint8))


def _description(scene: str, layers: Any) -> dict[str, Any]:
    camera = rig.RIGS[scene]
    facts: dict[str, Any] = {
        "scene": scene,
        "size": list(rig.SIZE),
        "focal": camera.focal,
        "centre": [rig.SIZE[0] / 2, rig.SIZE[1] / 2],
        "eye": [0.0, 0.0, rig.HEIGHT],
        "rotation": camera.rotation.round(9).tolist(),
        "sun": shoot.SUN_WAY.round(6).tolist(),
        "road": list(grounds.ROAD),
        "lanes": {"near": grounds.NEAR_LANE, "far": grounds.FAR_LANE, "bike": grounds.BIKE_LANE},
        "lamps": layers["lamp_spots"].round(3).tolist(),
        "occluder_step_metres": 0.2,
        "depth_step_metres": 0.01,
    }
    if scene == "market":
        facts |= {
            "front": market.FRONT,
            "wall": market.WALL,
            "board": market.BOARD,
            "bay": market.BAY,
        }
    else:
        facts |= {"front": gate.FENCE, "opening": gate.OPENING}
    return facts
