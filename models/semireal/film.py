"""Films a play: performers over the clip, real passers-by in front of them, as H.264 with truth."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np

from models.composites.harmony import Layer, Picture, lay
from models.semireal.background import FPS
from models.semireal.stage import THEMES
from models.street.encode import VideoWriter

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from models.semireal.background import Background
    from models.semireal.plays import Act, Play

CRF: Final = 23  # of the encoder: about what street cameras send
# Ten in the morning and half past eight in the evening in London, where most clips come from.
STARTS: Final = {
    "day": datetime(2026, 5, 12, 9, tzinfo=UTC),
    "dusk": datetime(2026, 5, 12, 18, tzinfo=UTC),
    "night": datetime(2026, 5, 12, 19, 30, tzinfo=UTC),
}
NEARER_PX: Final = 1.0  # rows by which a passer-by's feet must be lower to be in front


def film(path: Path, play: Play, background: Background, *, light: str, seed: int) -> None:
    """Write PATH (MP4) and its truth beside it; the truth comes last and says that all is there."""
    partial = path.with_name(path.stem + ".partial.mp4")
    with VideoWriter(partial, background.size, FPS, crf=CRF) as writer:
        for index in range(int(play.seconds * FPS)):
            writer.write(picture_at(play, background, index))
    partial.replace(path)
    truth = path.with_suffix(".truth.json")
    partial = truth.with_name(truth.name + ".partial")
    partial.write_text(json.dumps(truth_of(path.stem, play, background, light, seed), indent=1))
    partial.replace(truth)


def picture_at(play: Play, background: Background, index: int) -> Picture:
    """One frame of the video."""
    seconds = index / FPS
    source = background.at(index)
    picture = source.copy()
    shown = [(p.foot(seconds), layers) for p in play.performers if (layers := p.layers(seconds))]
    if not shown:
        return picture
    movers = background.movers(index)
    for foot, layers in sorted(shown, key=lambda item: item[0]):
        nearer = [mask for row, mask in movers if row > foot + NEARER_PX]
        for layer in layers:
            lay(picture, _behind(layer, nearer))
    return picture


def _behind(layer: Layer, nearer: Sequence[np.ndarray[Any, np.dtype[np.bool_]]]) -> Layer:
    """A layer without what real passers-by hide of it."""
    if not nearer:
        return layer
    rows, columns = layer.alpha.shape
    hidden = np.zeros((rows, columns), np.float32)
    for mask in nearer:
        height, width = mask.shape
        y1, x1 = max(layer.top, 0), max(layer.left, 0)
        y2, x2 = min(layer.top + rows, height), min(layer.left + columns, width)
        if y2 > y1 and x2 > x1:
            part = hidden[y1 - layer.top : y2 - layer.top, x1 - layer.left : x2 - layer.left]
            np.maximum(part, mask[y1:y2, x1:x2], out=part)
    if not hidden.any():
        return layer
    soft = cv2.GaussianBlur(hidden, (0, 0), 0.8)
    alpha = (layer.alpha * (1 - soft)).astype(np.float32)
    return Layer(picture=layer.picture, alpha=alpha, left=layer.left, top=layer.top)


def truth_of(
    name: str, play: Play, background: Background, light: str, seed: int
) -> dict[str, Any]:
    """The truth in the format of `tests/scenarios/matching.py`."""
    width, height = background.size

    def entry(act: Act) -> dict[str, Any]:
        return {
            "starts_seconds": act.starts,
            "ends_seconds": act.ends,
            "box": [round(v, 1) for v in act.box],
        }

    return {
        "scenario": name,
        "seed": seed,
        "light": light,
        "weather": "as filmed",
        "width": width,
        "height": height,
        "fps": FPS,
        "seconds": play.seconds,
        "starts_at": STARTS[light].isoformat(),
        "episodes": [
            {"violation": THEMES[play.theme].value, "note": act.name, **entry(act)}
            for act in play.acts
        ],
        "twins": [
            {"name": act.name, "looks_like": THEMES[play.theme].value, **entry(act)}
            for act in play.twins
        ],
    }
