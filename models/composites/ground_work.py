# ruff: noqa: PLR2004 - a scene is made of numbers; each has its reason beside it
"""Lays soil and wet patches on the ground of a composite, and lets dust and mist rise from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from models.classes import class_id
from models.composites.dust_field import VISIBLE, random_plume
from models.composites.harmony import Layer, light_paper, soften, warp
from models.street.surfaces import shade_blob, soil, wet

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.composites.canvas import Canvas

SPILL_SCALES: Final = (14.0, 75.0)  # `soil` is drawn with 48 px a metre: magnified it is discs
PLUME_SHARES: Final = (0.008, 0.75)  # of the picture, of a plume's box
TRIES: Final = 12


def random_foot(
    canvas: Canvas, scales: tuple[float, float], *, at_side: float
) -> tuple[float, float, float] | None:
    """A random spot on the ground: column, row, pixels a metre."""
    width, height = canvas.size
    top = canvas.base.ground.horizon * height
    camera = canvas.base.ground.camera_m
    first = max(top + scales[0] * camera, 0.2 * height)
    last = min(top + scales[1] * camera, 0.99 * height)
    if last <= first:
        return None
    # As many far as near ones: the scale is drawn, not the row.
    row = (
        float(canvas.rng.uniform(first, last))
        if canvas.rng.random() < 0.5
        else float(first + (last - first) * canvas.rng.random() ** 2)
    )
    column = float(canvas.rng.uniform(0.03, 0.97))
    if canvas.rng.random() < at_side and 0.25 < column < 0.75:
        column += 0.28 if column > 0.5 else -0.28
    return column * width, row, canvas.base.ground.per_metre(row, height)


def _ground_patch(
    canvas: Canvas, size_m: tuple[float, float], scales: tuple[float, float]
) -> NDArray[np.float32] | None:
    """The plainest of some quads on the ground: road, rather than grass or cars."""
    rng = canvas.rng
    width, height = canvas.size
    grey = cv2.cvtColor(canvas.picture, cv2.COLOR_BGR2GRAY)
    best: tuple[float, NDArray[np.float32]] | None = None
    for _ in range(TRIES):
        foot = random_foot(canvas, scales, at_side=0.0)
        if foot is None:
            return None
        if foot[1] < height * (1 - 0.7 * (1 - max(canvas.base.ground.horizon, 0.0))):
            continue  # just under a guessed horizon there may be anything
        turn = float(rng.normal(0, 0.5))
        quad = canvas.base.ground.quad((foot[0], foot[1]), size_m, turn, (width, height))
        if quad is None:
            continue
        x1, y1 = np.clip(np.floor(quad.min(0)), 0, (width, height)).astype(int)
        x2, y2 = np.clip(np.ceil(quad.max(0)), 0, (width, height)).astype(int)
        if x2 - x1 < 14 or y2 - y1 < 7 or (x2 - x1) > 0.8 * width:
            continue
        box = np.array([x1 / width, y1 / height, x2 / width, y2 / height], np.float32)
        blue, green, red = canvas.picture[y1:y2, x1:x2].reshape(-1, 3).mean(0)
        if not canvas.free(box, 0.3) or green > max(red, blue) + 6:
            continue
        cost = float(grey[y1:y2, x1:x2].std())
        if best is None or cost < best[0]:
            best = cost, quad
    return best[1] if best else None


def put_spill(canvas: Canvas) -> None:
    """Soil, sand or gravel that fell on the road."""
    rng = canvas.rng
    for _ in range(int(rng.integers(1, 3))):
        across, along = float(rng.uniform(0.5, 2.2)), float(rng.uniform(0.8, 5.0))
        quad = _ground_patch(canvas, (across, along), SPILL_SCALES)
        if quad is None:
            return
        per_metre = canvas.base.ground.per_metre(float(quad[:, 1].mean()), canvas.size[1])
        texture = soil_for(quad, per_metre, float(rng.uniform(0.5, 1.4)), rng)
        # `soil` is brown; sand is lighter and yellow, gravel grey, wet mud dark.
        tint = np.array(
            ((1.0, 1.0, 1.0), (1.5, 1.35, 1.3), (1.75, 1.3, 0.95), (0.6, 0.6, 0.6))[
                int(rng.integers(4))
            ],
            np.float32,
        )
        texture[..., :3] = np.clip(texture[..., :3] * tint, 0, 255).astype(np.uint8)
        _lay_on_ground(canvas, texture, quad, class_id("spill"), "drawn:soil")


def soil_for(
    quad: NDArray[np.float32], per_metre: float, amount: float, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Spilled soil whose clods stay round when it is drawn onto a quad of the road.

    Clods stand up from the road: perspective shortens the heap, not them.

    Args:
        quad: (4, 2) pixels; its first edge is the far one.
        per_metre: Pixels a metre has there.
        amount: As for `models.street.surfaces.soil`.
        rng: Chooses.

    Returns:
        (h, w, 4) B, G, R, alpha, of the quad's own proportions.
    """
    across, down = (max(float(v) / per_metre, 0.3) for v in np.ptp(quad, axis=0))
    if across >= down:
        return soil(rng, across, down, amount)
    return np.ascontiguousarray(np.rot90(soil(rng, down, across, amount)))


def put_wet(canvas: Canvas) -> None:
    """Twins of spilled material: a wet patch, the shadow of a tree."""
    rng = canvas.rng
    for _ in range(int(rng.integers(1, 3))):
        across, along = float(rng.uniform(0.8, 3.0)), float(rng.uniform(1.0, 5.0))
        quad = _ground_patch(canvas, (across, along), SPILL_SCALES)
        if quad is None:
            return
        texture = wet(rng, along, across) if rng.random() < 0.6 else shade_blob(rng, leafy=True)
        texture = texture.copy()
        texture[..., 3] = (texture[..., 3] * 0.55).astype(np.uint8)
        texture[..., :3] = 12
        _lay_on_ground(canvas, texture, quad, None, "drawn:wet")


def _lay_on_ground(
    canvas: Canvas,
    texture: NDArray[np.uint8],
    quad: NDArray[np.float32],
    kind: int | None,
    origin: str,
) -> None:
    """Warp, light and paste a texture on the road; what sticks out is cut off."""
    layer = warp(texture, quad)
    width, height = canvas.size
    x1, y1 = max(layer.left, 0), max(layer.top, 0)
    x2 = min(layer.left + layer.alpha.shape[1], width)
    y2 = min(layer.top + layer.alpha.shape[0], height)
    if x2 - x1 < 6 or y2 - y1 < 4:
        return
    cut = (slice(y1 - layer.top, y2 - layer.top), slice(x1 - layer.left, x2 - layer.left))
    lit = light_paper(layer.picture[cut], canvas.picture, canvas.base.look, (x1, y1, x2, y2))
    lit = soften(lit, layer.alpha[cut], canvas.base.look, canvas.rng)
    canvas.paste(
        Layer(picture=lit, alpha=layer.alpha[cut], left=x1, top=y1), kind, origin, solid=0.3
    )


def put_dust(canvas: Canvas) -> None:
    """A plume, at a machine or a truck if there is one."""
    _put_plume(canvas, mist=False)


def put_mist(canvas: Canvas) -> None:
    """The twin of dust: water mist of a spray cannon."""
    _put_plume(canvas, mist=True)


def _put_plume(canvas: Canvas, *, mist: bool) -> None:
    rng = canvas.rng
    width, height = canvas.size
    makers = {class_id("machinery"), class_id("truck")}
    near = [box for kind, box in canvas.labels if kind in makers]
    for _ in range(TRIES // 2):
        if near and rng.random() < 0.8:
            box = near[int(rng.integers(len(near)))]
            row = float(box[3]) * height
            column = float(rng.uniform(box[0], box[2])) * width
            per_metre = max(float(box[3] - box[1]) * height / 2.9, 4.0)
        else:
            foot = random_foot(canvas, (8.0, 110.0), at_side=0.3)
            if foot is None:
                return
            column, row, per_metre = foot
        plume = random_plume(rng, source_px=(column, row), per_metre=per_metre, mist=mist)
        layer = plume.layer(float(rng.uniform(0, 60)), canvas.size, canvas.base.look)
        solid = cv2.morphologyEx(
            (layer.alpha >= VISIBLE).astype(np.uint8), cv2.MORPH_OPEN, np.ones((7, 7), np.uint8)
        )
        rows, columns = np.flatnonzero(solid.any(1)), np.flatnonzero(solid.any(0))
        if not len(rows):
            continue
        share = np.ptp(rows) * np.ptp(columns) / (width * height)
        dense = float(layer.alpha[solid > 0].mean())
        if PLUME_SHARES[0] <= share <= PLUME_SHARES[1] and dense > 0.3:
            canvas.paste(layer, None if mist else class_id("dust"), "drawn:plume", solid=VISIBLE)
            return
