# ruff: noqa: PLR2004 - a scene is made of numbers; each has its reason beside it
"""Hangs posters, banners and billboards on the walls and posts of a composite."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from models.classes import class_id
from models.composites import flat_ads
from models.composites.harmony import Layer, light_paper, soften, warp
from models.composites.walls import Place, find_place

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.composites.bases import BaseSet
    from models.composites.canvas import Canvas
    from models.composites.sources import Sources

REAL_ADS: Final = 0.55  # share of ads whose texture is a crop of a real one
MAGNIFY: Final = 1.6  # a crop is enlarged at most so much; more looks like fog


def put_ad(canvas: Canvas, kind: str, rule: BaseSet, sources: Sources) -> None:
    """Hang a poster, banner or billboard on a plain place."""
    rng = canvas.rng
    texture, origin = _ad_texture(kind, sources, rng)
    aspect = texture.shape[1] / texture.shape[0]
    place = find_place(canvas.base, canvas.taken, kind, aspect, rule.wall_px_per_m, rng)
    if place is None:
        return
    magnified = np.ptp(place.quad[:, 0]) / texture.shape[1]
    if origin and magnified > MAGNIFY:
        drawn = _drawn(kind, sources, rng)
        # The place was cut for this shape: the drawing is fitted into it.
        texture, origin = np.asarray(cv2.resize(drawn, texture.shape[1::-1]), np.uint8), ""
    if kind == "billboard" and rule.wall_px_per_m is None:
        _put_posts(canvas, place)
    _hang(canvas, texture, place, kind, origin or "drawn")


def _hang(canvas: Canvas, texture: NDArray[np.uint8], place: Place, kind: str, origin: str) -> None:
    """Warp, light, soften and paste a flat texture."""
    layer = warp(texture, place.quad)
    width, height = canvas.size
    x1, y1 = max(layer.left, 0), max(layer.top, 0)
    x2 = min(layer.left + layer.alpha.shape[1], width)
    y2 = min(layer.top + layer.alpha.shape[0], height)
    if x2 - x1 < 3 or y2 - y1 < 3:
        return
    cut = (slice(y1 - layer.top, y2 - layer.top), slice(x1 - layer.left, x2 - layer.left))
    picture, alpha = layer.picture[cut], layer.alpha[cut]
    lit = light_paper(picture, canvas.picture, canvas.base.look, (x1, y1, x2, y2))
    lit = soften(lit, alpha, canvas.base.look, canvas.rng)
    soft = np.asarray(cv2.GaussianBlur(alpha, (0, 0), 0.6), np.float32)
    canvas.paste(Layer(picture=lit, alpha=soft, left=x1, top=y1), class_id(kind), origin)


def _ad_texture(
    kind: str, sources: Sources, rng: np.random.Generator
) -> tuple[NDArray[np.uint8], str]:
    """A texture and where it came from, nothing for one of our own drawings."""
    crops = sources.crops.get(kind, ())
    if crops and rng.random() < REAL_ADS:
        crop = crops[int(rng.integers(len(crops)))]
        return flat_ads.of_crop(crop.picture, rng), crop.origin
    return _drawn(kind, sources, rng), ""


def _drawn(kind: str, sources: Sources, rng: np.random.Generator) -> NDArray[np.uint8]:
    """A drawing of ours."""
    if kind == "poster":
        return flat_ads.poster(rng)
    if kind == "banner":
        return flat_ads.banner(rng)

    def photo() -> NDArray[np.uint8] | None:
        # Goods and other ads make up what boards show; no people, who would then be labelled.
        pool = [thing.picture for thing in sources.goods]
        pool += [crop.picture for crop in sources.crops.get("poster", ())]
        return pool[int(rng.integers(len(pool)))] if pool else None

    return flat_ads.billboard(rng, photo)


def _put_posts(canvas: Canvas, place: Place) -> None:
    """One or two posts from a board down to the ground, if that is near enough."""
    rng = canvas.rng
    x1, y1, x2, y2 = place.box
    if rng.random() < 0.4 or place.foot_px - y2 > 9 * place.per_metre:
        return
    thick = max(1, round(float(rng.uniform(0.12, 0.3)) * place.per_metre))
    grey = float(rng.uniform(0.25, 0.7))
    columns = [(x1 + x2) // 2] if rng.random() < 0.4 else [x1 + (x2 - x1) // 5, x2 - (x2 - x1) // 5]
    bottom = min(round(place.foot_px), canvas.size[1] - 1)
    colour = tuple(float(v) * grey for v in canvas.base.look.white)
    for column in columns:
        cv2.rectangle(
            canvas.picture, (column, (y1 + y2) // 2), (column + thick, bottom), colour, -1
        )
