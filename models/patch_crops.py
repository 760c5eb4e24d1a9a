"""Crops of what hangs on walls, and of what does not: material of the patch classifier.

Labelled ads, graffiti, signs and other things are cut out with some of their surroundings; places
without any label, at the sizes and shapes that the change witness proposes, are cut out as well.
Only sets that label all ads and signs, or are known to show none, give such places.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from models.classes import CLASSES
from models.label_sets import (
    DATASETS,
    LabelSetError,
    descriptions,
    read_description,
    read_picture,
    read_set,
)
from pipeline.rules.patch_look import LEAST_PATCH_PX, PATCH_KINDS, PATCH_MARGIN

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from models.label_sets import LabelSet, Picture, Split

AROUND: Final = 0.5  # of the box's sides kept on each side, to choose the margin from
MOST_PX: Final = 224  # of a kept crop's long side: twice what the network sees of it
FREE_SIDES_PX: Final = (18.0, 240.0)  # geometric mean of the sides of an empty place
FREE_ASPECTS: Final = (0.4, 4.5)  # width over height: upright posters to banners
FREE_TRIES: Final = 40
MOST_SHARED: Final = 0.08  # of an empty place or of a labelled box, whichever is smaller
MOST_OF_PICTURE: Final = 0.6  # of its width and height

RENDERED: Final = "rendered"

KIND_OF: Final[Mapping[str, str]] = {
    "banner": "advertisement",
    "poster": "advertisement",
    "billboard": "advertisement",
    "graffiti": "graffiti",
    "signboard": "sign",
}  # every other class is "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What one set gives."""

    things: bool = True  # whether crops of its labelled boxes are taken
    free: int = 0  # empty places a picture; none where ads or signs are not labelled
    most: int = 0  # crops a kind and picture of "other" things, 0: all


# Athens' walls carry some unlabelled papers: fewer places, but walls with graffiti alone would
# teach that every such wall is graffiti.
SOURCES: Final[Mapping[str, Source]] = {
    "stalls": Source(free=6, most=4),
    "facade_ads": Source(free=6),
    "vn_signboard": Source(),
    "storm_graffiti": Source(free=1),
    "css_construction": Source(free=3, most=2),
    "atl_cctv": Source(most=3),
    "highway40": Source(most=1),
    "mataram": Source(most=6),
    "road_br": Source(free=1),
    RENDERED: Source(free=2, most=3),
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PatchCrop:
    """Something in its surroundings."""

    image: NDArray[np.uint8]  # BGR
    box: NDArray[np.float32]  # (4,) x1, y1, x2, y2 in pixels of `image`
    kind: int  # of PATCH_KINDS
    source: str  # the set
    side_px: float  # short side in the picture it was cut from
    is_empty: bool = False  # a place without any label


def read_patches(
    pictures: Iterable[Picture], rng: np.random.Generator, sources: Mapping[str, Source] = SOURCES
) -> list[PatchCrop]:
    """Cut labelled things and empty places out of pictures, in their order.

    Raises:
        LabelSetError: A picture cannot be read.
    """
    result = []
    for picture in pictures:
        source = sources.get(picture.dataset)
        if source is None:
            continue
        image = read_picture(picture.path)
        height, width = image.shape[:2]
        size = np.array([width, height] * 2, np.float32)
        boxes = picture.labels[:, 1:] * size
        unknown = picture.ignore * size
        kinds = [KIND_OF.get(CLASSES[int(c)], "other") for c in picture.labels[:, 0]]
        for i in _chosen(kinds, source.most, rng) if source.things else ():
            crop = cut(image, boxes[i], kinds[i], picture.dataset)
            if crop is not None and not _touches(boxes[i], unknown):
                result.append(crop)
        for _ in range(source.free):
            place = _free_place((width, height), np.vstack([boxes, unknown]), rng)
            if place is not None:
                crop = cut(image, place, "other", picture.dataset)
                result += [] if crop is None else [replace(crop, is_empty=True)]
    return result


def _chosen(kinds: Sequence[str], most: int, rng: np.random.Generator) -> list[int]:
    """Which boxes of a picture are cut out: all, but only so many "other" things."""
    others = [i for i, kind in enumerate(kinds) if kind == "other"]
    if most and len(others) > most:
        others = [others[int(i)] for i in rng.choice(len(others), most, replace=False)]
    return sorted([*others, *(i for i, kind in enumerate(kinds) if kind != "other")])


def _touches(box: NDArray[np.float32], others: NDArray[np.float32]) -> bool:
    """Whether a box and any of the others (N, 4) share more than a little of the smaller one."""
    low = np.maximum(box[:2], others[:, :2])
    high = np.minimum(box[2:], others[:, 2:])
    shared = np.clip(high - low, 0, None).prod(1)
    areas = (others[:, 2:] - others[:, :2]).prod(1)
    smaller = np.minimum(areas, (box[2:] - box[:2]).prod())
    return bool((shared > MOST_SHARED * np.maximum(smaller, 1)).any())


def _free_place(
    size: tuple[int, int], taken: NDArray[np.float32], rng: np.random.Generator
) -> NDArray[np.float32] | None:
    """A random box that no label touches; none found: nothing."""
    width, height = size
    for _ in range(FREE_TRIES):
        side = float(np.exp(rng.uniform(*np.log(FREE_SIDES_PX))))
        aspect = float(np.exp(rng.uniform(*np.log(FREE_ASPECTS))))
        wide, high = side * aspect**0.5, side / aspect**0.5
        if wide > MOST_OF_PICTURE * width or high > MOST_OF_PICTURE * height:
            continue
        left, top = rng.uniform(0, width - wide), rng.uniform(0, height - high)
        box = np.array([left, top, left + wide, top + high], np.float32)
        if not _touches(box, taken):
            return box
    return None


def cut(
    image: NDArray[np.uint8], box: NDArray[np.float32], kind: str, source: str
) -> PatchCrop | None:
    """A box with its surroundings, not larger than needed; nothing where it is too small.

    Args:
        image: BGR.
        box: x1, y1, x2, y2 in pixels of `image`.
        kind: One of `PATCH_KINDS`.
        source: Where it comes from.
    """
    side = float((box[2:] - box[:2]).min())
    if side < LEAST_PATCH_PX:
        return None
    height, width = image.shape[:2]
    around = np.tile(box[2:] - box[:2], 2) * np.array([-1, -1, 1, 1]) * AROUND
    x1, y1, x2, y2 = np.clip(np.round(box + around), 0, [width, height] * 2).astype(int)
    part = image[y1:y2, x1:x2]
    scale = min(1.0, MOST_PX / max(part.shape[:2]))
    if scale < 1:
        wanted = (max(1, round((x2 - x1) * scale)), max(1, round((y2 - y1) * scale)))
        part = np.asarray(cv2.resize(part, wanted, interpolation=cv2.INTER_AREA), np.uint8)
    return PatchCrop(
        image=np.ascontiguousarray(part),
        box=((box - np.array([x1, y1] * 2)) * scale).astype(np.float32),
        kind=PATCH_KINDS.index(kind),
        source=source,
        side_px=side,
    )


def with_margin(crop: PatchCrop, margin: float = PATCH_MARGIN) -> NDArray[np.uint8]:
    """What the network sees of a crop: its box with a margin, in shares of the box's sides."""
    height, width = crop.image.shape[:2]
    around = np.tile(crop.box[2:] - crop.box[:2], 2) * np.array([-1, -1, 1, 1]) * margin
    low_high = np.clip(crop.box + around, 0, [width, height] * 2)
    x1, y1 = (int(v) for v in low_high[:2])
    x2, y2 = (
        max(round(float(v)), int(at) + 2) for v, at in zip(low_high[2:], low_high[:2], strict=True)
    )
    return crop.image[y1:y2, x1:x2]


def validation_pictures(data: Path, datasets: Path = DATASETS) -> list[Picture]:
    """Validation pictures of the real sets that give crops.

    Raises:
        LabelSetError: A file is missing or wrong.
    """
    real = [labels for labels in descriptions(datasets) if labels.role == "real"]
    return [
        picture
        for labels in real
        if labels.name in SOURCES
        for picture in _pictures(labels, data / labels.folder, "val")
    ]


def rendered_pictures(folder: Path, split: Split) -> tuple[LabelSet, list[Picture]]:
    """One half of a folder of `models.street.pictures`, with the set's description.

    Raises:
        LabelSetError: A file is missing or wrong.
    """
    labels = read_description(DATASETS / f"{RENDERED}.toml")
    return labels, _pictures(labels, folder, split)


def _pictures(labels: LabelSet, folder: Path, split: Split) -> list[Picture]:
    pictures, faults = read_set(labels, folder, split)
    if faults:
        raise LabelSetError(folder, f"{len(faults)} faults, the first: {faults[0]}")
    return pictures


def counts(crops: Iterable[PatchCrop]) -> dict[str, dict[str, int]]:
    """Crops by set and kind, each kind named."""
    found = Counter((crop.source, PATCH_KINDS[crop.kind]) for crop in crops)
    sources = sorted({source for source, _ in found})
    return {source: {kind: found[source, kind] for kind in PATCH_KINDS} for source in sources}
