"""Who plays in semi-real videos: real cut-outs of the validation pictures, picked by hand.

Picked by looking at what GrabCut makes of every labelled box, for clean outlines, before any video
was run through the pipeline. None of them is a training picture.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from models.classes import CLASSES, class_id
from models.composites import flat_ads
from models.composites.cutouts import CutOut, assembled, cut_out
from models.label_sets import DATASETS, LabelSetError, descriptions, read_picture, read_set
from pipeline.full_size import CROP_MARGIN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from models.label_sets import Picture

# Beginnings of file names, by set and class.
PICKED: Final[Mapping[tuple[str, str], Sequence[str]]] = {
    ("stalls", "stall"): (
        "dh_0176", "dh_0181", "dh_0281", "dh_0292", "dh_0298", "dh_0299",
    ),
    ("stalls", "umbrella"): ("dh_0187",),
    ("stalls", "goods"): ("dh_0190", "vn_0142", "vn_0143"),
    ("css_construction", "person"): ("css_0006", "css_0009", "css_0153"),
    ("highway40", "car"): ("hw40_0059", "hw40_0480", "hw40_0652", "hw40_0664"),
}  # fmt: skip
LOADS: Final = {"covered_tarp": "covered", "open_uncovered": "open", "closed_body": "closed"}
LEAST_PX: Final = {"stall": 44, "umbrella": 44, "goods": 44, "person": 60, "car": 80}
CAR_M: Final = 1.6
TRUCK_M: Final = 2.9
PERSON_M: Final = 1.7
SLENDER: Final = 2.8  # height over width of a person who is seen whole
LEAST_AD_PX: Final = 36  # short side of a crop that serves as a texture
LOADS_FOLDER: Final = "trucks/cover_state/val"


class CastingError(ValueError):
    """The data pack lacks somebody; names the folder and what is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Everybody and everything, by role."""

    stalls: Sequence[CutOut]
    people: Sequence[CutOut]
    cars: Sequence[CutOut]
    trucks: Mapping[str, Sequence[CutOut]]  # covered, open, closed
    ads: Mapping[str, Sequence[NDArray[np.uint8]]]  # textures (h, w, 4) by class
    signs: Sequence[NDArray[np.uint8]]  # textures (h, w, 4) of shop signs


def cast_from(data: Path, datasets: Path = DATASETS) -> Cast:
    """Cut everybody out of the validation pictures.

    Raises:
        CastingError: A folder of the data pack is missing or a role stays empty.
        LabelSetError: A picture or label cannot be read.
    """
    if not data.is_dir():
        raise CastingError(f"{data}: there is no such folder; DATA names the data pack")
    pictures = _validation_pictures(data, datasets)
    found: dict[str, list[CutOut]] = {}
    for (name, kind), stems in PICKED.items():
        for picture in pictures[name]:
            if picture.path.name.startswith(tuple(stems)):
                found.setdefault(kind, []).extend(_cut(picture, kind))
    rng = np.random.default_rng(0)
    stalls = list(found.get("stall", ()))
    for parasol in found.get("umbrella", ()):
        stalls += [assembled(parasol, goods, rng) for goods in found.get("goods", ())]
    cast = Cast(
        stalls=stalls,
        people=[p for p in found.get("person", ()) if _slender(p)],
        cars=found.get("car", ()),
        trucks={load: list(_trucks(data / LOADS_FOLDER / f)) for f, load in LOADS.items()},
        ads={
            kind: [t for name in ("stalls", "facade_ads") for t in _textures(pictures[name], kind)]
            for kind in ("banner", "poster", "billboard")
        },
        signs=_textures(pictures["facade_ads"], "signboard"),
    )
    _nobody_is_missing(cast, data)
    return cast


def _nobody_is_missing(cast: Cast, data: Path) -> None:
    roles = {
        "stalls": cast.stalls,
        "people": cast.people,
        "cars": cast.cars,
        "shop signs": cast.signs,
        **{f"{load} trucks": found for load, found in cast.trucks.items()},
        **{f"{kind}s": found for kind, found in cast.ads.items()},
    }
    if missing := [role for role, found in roles.items() if not found]:
        raise CastingError(f"{data}: no usable cut-outs of {', '.join(missing)} in its val halves")


def _validation_pictures(data: Path, datasets: Path) -> dict[str, list[Picture]]:
    """Validation pictures of the sets that are picked from."""
    names = {name for name, _ in PICKED} | {"facade_ads"}
    known = {s.name: s for s in descriptions(datasets)}
    result: dict[str, list[Picture]] = {}
    faults: list[str] = []
    for name in sorted(names):
        if name not in known:
            raise CastingError(f"{datasets}: no description of {name}")
        result[name], wrong = read_set(known[name], data / known[name].folder, "val")
        faults += wrong
    if faults:
        raise CastingError(f"{len(faults)} faults:\n" + "\n".join(faults[:30]))
    return result


def _cut(picture: Picture, kind: str) -> Iterator[CutOut]:
    """The picture's things of a class whose outline is good."""
    image = read_picture(picture.path)
    height, width = image.shape[:2]
    for i, row in enumerate(picture.labels):
        side = min((row[3] - row[1]) * width, (row[4] - row[2]) * height)
        if CLASSES[int(row[0])] == kind and side >= LEAST_PX[kind]:
            cut = cut_out(image, picture.labels, i, picture.path.name)
            if cut is not None:
                yield _as_high(cut, {"person": PERSON_M, "car": CAR_M}.get(kind, cut.height_m))


def _as_high(cut: CutOut, metres: float) -> CutOut:
    return replace(cut, height_m=metres)


def _slender(person: CutOut) -> bool:
    rows, columns = person.alpha.shape
    return bool(rows >= SLENDER * columns)


def _trucks(folder: Path) -> Iterator[CutOut]:
    """Trucks of one load state, cut out of their crops."""
    if not folder.is_dir():
        raise CastingError(f"{folder}: there is no such folder")
    inner = CROP_MARGIN / (1 + 2 * CROP_MARGIN)
    box = np.array([[class_id("truck"), inner, inner, 1 - inner, 1 - inner]], np.float32)
    for path in sorted(folder.glob("*.jpg")):
        try:
            cut = cut_out(read_picture(path), box, 0, path.name)
        except cv2.error as exc:
            raise LabelSetError(path, f"cannot be cut out: {exc}") from exc
        if cut is not None:
            yield _as_high(cut, TRUCK_M)


def _textures(pictures: Sequence[Picture], kind: str) -> list[NDArray[np.uint8]]:
    """Crops of a class's boxes as textures."""
    rng = np.random.default_rng(0)
    found: list[NDArray[np.uint8]] = []
    for picture in pictures:
        if not (picture.labels[:, 0] == class_id(kind)).any():
            continue
        image = read_picture(picture.path)
        height, width = image.shape[:2]
        for row in picture.labels:
            x1, y1, x2, y2 = np.round(row[1:] * np.array([width, height] * 2)).astype(int)
            if int(row[0]) == class_id(kind) and min(x2 - x1, y2 - y1) >= LEAST_AD_PX:
                found.append(flat_ads.of_crop(image[y1:y2, x1:x2], rng))
    return found
