"""Training samples: pictures of the index, mixed, with targets and a mask of what is known.

Needs no torch: a sample is NumPy, made with OpenCV, the same for the same random generator.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import cv2
import numpy as np

from models.classes import CLASSES, COCO_ROWS, VEHICLES, class_id
from models.label_sets import PAD, ROLES, read_picture
from models.metrics import iou
from models.prepare import PSEUDO, read_index

if TYPE_CHECKING:
    from numpy.typing import NDArray

CELL_PX: Final = 8  # side of a cell of the mask: the network's finest stride
SURE: Final = 0.45  # pseudo-label score from which a box is a target; lower ones are masked
SAME_OBJECT_IOU: Final = 0.5  # a pseudo-label that overlaps a label by more is the same object
LEAST_VISIBLE: Final = 0.3  # share of a box that must survive a crop to stay a target
# Long side of a picture over the canvas's side. At 416 that is 250..666 px and 333..750 px: around
# the 640 px at which the detector runs, so that objects have the size that they will have.
MOSAIC_SCALES: Final = (0.6, 1.6)
SINGLE_SCALES: Final = (0.8, 1.8)
NEIGHBOURS: Final = 8  # pictures in a row by name, often of one scene: a part has all or none
LEAST_SIDE_PX: Final = 3.0  # boxes smaller than this after scaling are masked, not learned

Row = TypeVar("Row")  # of a list of pictures

_COCO: Final = frozenset(class_id(n) for n in COCO_ROWS)
_VEHICLES: Final = frozenset(class_id(n) for n in VEHICLES)


@dataclass(frozen=True, kw_only=True)
class Known:
    """A picture and all that is known of it."""

    file: Path
    image: NDArray[np.uint8] | None  # BGR, where the pictures are held in memory
    boxes: NDArray[np.float32]  # (N, 4) x1, y1, x2, y2 as fractions
    classes: NDArray[np.int64]  # (N,)
    unsure: NDArray[np.float32]  # (M, 5) class, x1, y1, x2, y2: perhaps an object, perhaps not
    negatives: NDArray[np.uint8]  # (classes,): 1 where "no box" means "no object"

    def pixels(self) -> NDArray[np.uint8]:
        """The picture, from memory or disk."""
        return read_picture(self.file) if self.image is None else self.image


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What the network is shown and told."""

    image: NDArray[np.uint8]  # (S, S, 3) BGR
    boxes: NDArray[np.float32]  # (N, 4) x1, y1, x2, y2 in pixels
    classes: NDArray[np.int64]  # (N,)
    mask: NDArray[np.uint8]  # (classes, S / 8, S / 8): 1 where an unassigned anchor is a negative


def known_of(
    row: dict[str, Any], labels: dict[str, Any], pseudo: Sequence[Sequence[float]], folder: Path
) -> Known:
    """Join labels and pseudo-labels of one picture of the index; see `datasets/` for the rules."""
    own = np.array(row["labels"], dtype=np.float32).reshape(-1, 5)
    guess = np.array(pseudo, dtype=np.float32).reshape(-1, 6)
    taken = np.isin(guess[:, 0], [*labels["complete"], *labels["partial"], *labels["absent"]])
    guess = guess[~taken]
    if len(own) and len(guess):
        vehicle = np.isin(own[:, 0], list(_VEHICLES))
        same = guess[:, :1] == own[None, :, 0]
        rival = np.isin(guess[:, :1], list(_VEHICLES)) & vehicle[None]
        overlap = iou(guess[:, 2:], own[:, 1:]) > SAME_OBJECT_IOU
        guess = guess[~(overlap & (same | rival)).any(1)]
    sure = guess[:, 1] >= SURE
    negatives = np.zeros(len(CLASSES), dtype=np.uint8)
    negatives[[*labels["complete"], *labels["filled"], *labels["absent"]]] = 1
    if labels["role"] != "rendered":
        negatives[list(_COCO - set(labels["partial"]))] = 1
    return Known(
        file=folder / "pictures" / row["file"],
        image=None,
        boxes=np.vstack([own[:, 1:], guess[sure, 2:]]),
        classes=np.concatenate([own[:, 0], guess[sure, 0]]).astype(np.int64),
        unsure=np.hstack([guess[~sure, :1], guess[~sure, 2:]]),
        negatives=negatives,
    )


def part_of(rows: Sequence[Row], share: float) -> list[Row]:
    """A share of a set's pictures, in whole runs of neighbours; a smaller part lies in a larger.

    >>> half = part_of(range(64), 0.5)
    >>> len(half), set(part_of(range(64), 0.25)) < set(half)
    (32, True)
    """
    runs = [rows[at : at + NEIGHBOURS] for at in range(0, len(rows), NEIGHBOURS)]
    order = np.random.default_rng(0).permutation(len(runs))
    return [r for i in sorted(order[: math.ceil(share * len(runs))].tolist()) for r in runs[i]]


def load_known(
    prepared: Path, *, in_memory: bool, share: float = 1.0, roles: Collection[str] = ROLES
) -> dict[str, tuple[list[Known], list[float]]]:
    """Training pictures of a prepared folder by set, with their weights within the set.

    Args:
        prepared: The folder.
        in_memory: Whether to read the pictures now.
        share: How much of each set that is not rendered, 0 to 1.
        roles: Of the sets that are wanted.

    Raises:
        PrepareError: The folder is no prepared one, or of other classes.
        LabelSetError: A picture cannot be read.
    """
    index = read_index(prepared)
    pseudo_file = prepared / PSEUDO
    pseudo = json.loads(pseudo_file.read_text(encoding="utf-8")) if pseudo_file.is_file() else {}
    result: dict[str, tuple[list[Known], list[float]]] = {}
    for labels in index["sets"]:
        if labels["role"] not in roles:
            continue
        rows = [
            r for r in index["pictures"] if r["dataset"] == labels["name"] and r["split"] == "train"
        ]
        if labels["role"] != "rendered":
            rows = part_of(rows, share)
        known = [known_of(r, labels, pseudo.get(r["file"], []), prepared) for r in rows]
        if in_memory:
            known = [_with_image(k) for k in known]
        result[labels["name"]] = (known, [float(r["weight"]) for r in rows])
    return result


def _with_image(known: Known) -> Known:
    """The same with its picture read."""
    return Known(**{**vars(known), "image": read_picture(known.file)})


class Canvas:
    """A sample in the making: pictures are pasted into rectangles of it."""

    def __init__(self, size: int) -> None:
        """Start all grey: grey shows nothing, so everything is known to be absent there."""
        self.size = size
        self.image = np.full((size, size, 3), PAD, dtype=np.uint8)
        self.mask = np.ones((len(CLASSES), size // CELL_PX, size // CELL_PX), dtype=np.uint8)
        self.boxes: list[NDArray[np.float32]] = []
        self.classes: list[NDArray[np.int64]] = []

    def paste(
        self, known: Known, area: tuple[int, int, int, int], scale: float, rng: np.random.Generator
    ) -> None:
        """Put a picture, or the part of it that fits, at a random place of an area.

        Args:
            known: The picture.
            area: x1, y1, x2, y2 on the canvas, in pixels.
            scale: Canvas pixels per picture pixel.
            rng: Chooses mirroring and place.
        """
        source = known.pixels()
        height, width = (max(1, round(s * scale)) for s in source.shape[:2])
        picture = cv2.resize(source, (width, height), interpolation=cv2.INTER_LINEAR)
        mirrored = rng.random() < 0.5  # noqa: PLR2004 (half of them)
        if mirrored:
            picture = picture[:, ::-1]
        x1, y1, x2, y2 = area
        left = x1 + int(rng.integers(min(0, x2 - x1 - width), max(0, x2 - x1 - width) + 1))
        top = y1 + int(rng.integers(min(0, y2 - y1 - height), max(0, y2 - y1 - height) + 1))
        view = (max(x1, left), max(y1, top), min(x2, left + width), min(y2, top + height))
        self.image[view[1] : view[3], view[0] : view[2]] = picture[
            view[1] - top : view[3] - top, view[0] - left : view[2] - left
        ]
        self._mark(slice(None), view, known.negatives[:, None, None])

        def placed(fractions: NDArray[np.float32]) -> NDArray[np.float32]:
            turned = fractions[:, [2, 1, 0, 3]] * [-1, 1, -1, 1] + [1, 0, 1, 0]
            at = (turned if mirrored else fractions) * [width, height, width, height] + [
                left,
                top,
                left,
                top,
            ]
            return np.asarray(at, dtype=np.float32)

        whole = placed(known.boxes)
        low, high = np.array(view[:2] * 2), np.array(view[2:] * 2)
        seen = np.clip(whole, low, high).astype(np.float32)
        side = seen[:, 2:] - seen[:, :2]
        share = side.prod(1) / np.maximum((whole[:, 2:] - whole[:, :2]).prod(1), 1e-6)
        kept = (share >= LEAST_VISIBLE) & (side.min(1, initial=np.inf) >= LEAST_SIDE_PX)
        for box, kind in zip(seen[~kept], known.classes[~kept], strict=True):
            self._mark(kind, box, 0)
        unsure = np.clip(placed(known.unsure[:, 1:]), low, high)
        for box, kind in zip(unsure, known.unsure[:, 0].astype(int), strict=True):
            self._mark(kind, box, 0)
        self.boxes.append(seen[kept])
        self.classes.append(known.classes[kept])

    def _mark(
        self,
        kind: int | slice,
        box: Sequence[float] | NDArray[np.float32],
        value: int | NDArray[np.uint8],
    ) -> None:
        """Set the mask of a class, or of all, in the cells that a box touches."""
        x1, y1, x2, y2 = (float(v) / CELL_PX for v in box)
        if x2 > x1 and y2 > y1:
            self.mask[kind, int(y1) : int(np.ceil(y2)), int(x1) : int(np.ceil(x2))] = value

    def sample(self) -> Sample:
        """The finished sample."""
        return Sample(
            image=self.image,
            boxes=np.concatenate(self.boxes),
            classes=np.concatenate(self.classes),
            mask=self.mask,
        )


def mosaic(pictures: Sequence[Known], size: int, rng: np.random.Generator) -> Sample:
    """Four pictures around a random point, each at its own scale."""
    canvas = Canvas(size)
    x, y = (int(v) for v in rng.uniform(0.3, 0.7, 2) * size)
    areas = [(0, 0, x, y), (x, 0, size, y), (0, y, x, size), (x, y, size, size)]
    for known, area in zip(pictures, areas, strict=True):
        longest = max(known.pixels().shape[:2])
        canvas.paste(known, area, size * float(rng.uniform(*MOSAIC_SCALES)) / longest, rng)
    return canvas.sample()


def single(known: Known, size: int, rng: np.random.Generator) -> Sample:
    """One picture, from a little smaller than the canvas to a crop of it."""
    canvas = Canvas(size)
    longest = max(known.pixels().shape[:2])
    canvas.paste(
        known, (0, 0, size, size), size * float(rng.uniform(*SINGLE_SCALES)) / longest, rng
    )
    return canvas.sample()


def jitter_colour(image: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Shift hue, saturation and brightness, as Ultralytics does by default (0.015, 0.7, 0.4)."""
    hue, saturation, value = rng.uniform(-1, 1, 3) * [0.015, 0.7, 0.4] + 1
    steps = np.arange(256)
    tables = [
        (steps * hue) % 180,
        np.clip(steps * saturation, 0, 255),
        np.clip(steps * value, 0, 255),
    ]
    planes = cv2.split(cv2.cvtColor(image, cv2.COLOR_BGR2HSV))
    shifted = [cv2.LUT(p, t.astype(np.uint8)) for p, t in zip(planes, tables, strict=True)]
    return np.asarray(cv2.cvtColor(cv2.merge(shifted), cv2.COLOR_HSV2BGR), dtype=np.uint8)


def letterboxed(image: NDArray[np.uint8], size_px: int) -> NDArray[np.uint8]:
    """A crop letterboxed to a classifier's square, (size_px, size_px, 3)."""
    height, width = image.shape[:2]
    scale = size_px / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    left, top = (size_px - size[0]) // 2, (size_px - size[1]) // 2
    canvas = np.full((size_px, size_px, 3), PAD, dtype=np.uint8)
    canvas[top : top + size[1], left : left + size[0]] = cv2.resize(
        image, size, interpolation=method
    )
    return canvas


def draw_epoch(
    sets: dict[str, tuple[list[Known], list[float]]],
    draws: dict[str, int],
    rng: np.random.Generator,
) -> list[Known]:
    """Pictures of one epoch in random order: so many of each set, by weight within the set."""
    chosen: list[Known] = []
    for name, (pictures, weights) in sets.items():
        if pictures and draws.get(name, 0):
            share = np.array(weights) / sum(weights)
            picks = rng.choice(len(pictures), size=draws[name], p=share)
            chosen += [pictures[i] for i in picks]
    return [chosen[i] for i in rng.permutation(len(chosen))]


def make_sample(
    known: Known, pool: Sequence[Known], size: int, mosaic_share: float, rng: np.random.Generator
) -> Sample:
    """A mosaic of a picture with three others of the pool, or the picture alone."""
    if rng.random() < mosaic_share:
        others = [pool[int(i)] for i in rng.integers(len(pool), size=3)]
        made = mosaic([known, *others], size, rng)
    else:
        made = single(known, size, rng)
    return Sample(**{**vars(made), "image": jitter_colour(made.image, rng)})
