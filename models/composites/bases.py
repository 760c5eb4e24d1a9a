"""What composites are made on and of: training pictures of the real sets, nothing else."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from models.classes import class_id
from models.composites.ground import Ground, fit_ground
from models.composites.harmony import Look, Picture, look_of
from models.label_sets import (
    SPLITS,
    LabelSet,
    blot_out,
    descriptions,
    read_picture,
    read_set,
)
from models.label_sets import Picture as LabelledPicture
from models.prepare import near_validation, read_small

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

WORK_PX: Final = 800  # long side of a composite; `prepare` scales to 640, which hides the seams
BAR_LEVELS: Final = 8  # by which the pixels of a letterbox's bar differ (JPEG noise included)
MOST_UNKNOWN: Final = 0.15  # of a picture that is greyed out because its labels are open
LEAST_SIDE_PX: Final = 200  # of what is left of a picture without its bars


class SourceError(ValueError):
    """The data pack cannot be used; the message lists files and reasons."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseSet:
    """How the pictures of one set serve as a background."""

    share: float  # of all composites
    ground: Ground  # where too few labels tell it
    # What may be put there, and how often in one picture.
    recipes: Mapping[str, float]
    wall_px_per_m: tuple[float, float] | None = None  # flat facades: the scale, whatever the row
    must_show: str = ""  # class without which a picture does not serve
    crops: tuple[str, ...] = ()  # flat classes whose labelled boxes serve as textures
    cuts: tuple[str, ...] = ()  # classes that are cut out of its pictures


# Shares follow how near a set is to a street camera and how much of its own it labels; horizons
# and heights were read off contact sheets (dash cameras, phones, lorries' windscreens, masts).
BASE_SETS: Final[dict[str, BaseSet]] = {
    "stalls": BaseSet(
        share=0.30,
        ground=Ground(horizon=0.45, camera_m=1.8),
        recipes={
            "stall": 0.65, "poster": 0.6, "banner": 0.5, "billboard": 0.5, "dust": 0.25,
            "spill": 0.25, "mist": 0.05, "wet": 0.1,
        },
        crops=("banner", "poster", "billboard"),
        cuts=("stall", "goods", "umbrella"),
    ),
    "facade_ads": BaseSet(
        share=0.17,
        ground=Ground(horizon=0.7, camera_m=1.7),
        recipes={"poster": 0.9, "banner": 0.6, "billboard": 0.35},
        wall_px_per_m=(28.0, 60.0),
        crops=("poster",),
    ),
    "storm_graffiti": BaseSet(
        share=0.08,
        ground=Ground(horizon=0.4, camera_m=1.6),
        recipes={"poster": 0.95, "banner": 0.15},
        wall_px_per_m=(70.0, 190.0),
    ),
    "vn_signboard": BaseSet(
        share=0.06,
        ground=Ground(horizon=0.5, camera_m=1.6),
        recipes={"poster": 0.6, "banner": 0.6, "stall": 0.3},
    ),
    "atl_cctv": BaseSet(
        share=0.14,
        ground=Ground(horizon=0.1, camera_m=7.0),
        recipes={
            "spill": 0.5, "dust": 0.45, "billboard": 0.4, "banner": 0.3, "stall": 0.35,
            "truck": 0.4, "mist": 0.1, "wet": 0.3,
        },
    ),
    "mataram": BaseSet(
        share=0.05,
        ground=Ground(horizon=0.1, camera_m=7.0),
        recipes={
            "stall": 0.7, "spill": 0.4, "dust": 0.3, "banner": 0.4, "billboard": 0.4, "wet": 0.2,
        },
    ),
    "css_construction": BaseSet(
        share=0.07,
        ground=Ground(horizon=0.45, camera_m=2.0),
        recipes={"dust": 0.85, "mist": 0.15, "banner": 0.3},
        must_show="machinery",
    ),
    "highway40": BaseSet(
        share=0.05,
        ground=Ground(horizon=0.45, camera_m=1.6),
        recipes={"dust": 0.6, "spill": 0.5, "billboard": 0.3, "banner": 0.2},
        must_show="truck",
    ),
    "road_br": BaseSet(
        share=0.08,
        ground=Ground(horizon=0.1, camera_m=2.2),
        recipes={"spill": 0.85, "dust": 0.3, "truck": 0.2, "wet": 0.3, "stall": 0.2},
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Base:
    """A picture at working size with what is known of it."""

    picture: Picture
    labels: NDArray[np.float32]  # (N, 5) class id, x1, y1, x2, y2 in fractions
    unknown: NDArray[np.float32]  # (M, 4) greyed out
    ground: Ground
    look: Look


def training_pictures(
    data: Path, datasets: Path, names: Sequence[str]
) -> tuple[dict[str, LabelSet], dict[str, list[LabelledPicture]]]:
    """The training pictures of the named sets, without those that resemble a validation picture.

    Args:
        data: The data pack's folder.
        datasets: Folder of the sets' descriptions.
        names: Of the sets that are wanted.

    Returns:
        Descriptions and pictures by set.

    Raises:
        SourceError: A set, a label or a picture is missing or wrong; every fault is listed.
    """
    if not data.is_dir():
        raise SourceError(f"{data}: there is no such folder; DATA names the data pack")
    known = {s.name: s for s in descriptions(datasets) if s.role == "real"}
    if missing := sorted(set(names) - set(known)):
        raise SourceError(f"{datasets}: no description of {', '.join(missing)}")
    pictures: list[LabelledPicture] = []
    faults: list[str] = []
    # Every real set takes part here, as a training picture of one may show up in another's val.
    for labels in known.values():
        for split in SPLITS:
            found, wrong = read_set(labels, data / labels.folder, split)
            pictures += found
            faults += wrong
    _stop_at(faults)
    with ThreadPoolExecutor() as pool:
        small = list(pool.map(read_small, pictures))
    _stop_at([s.fault for s in small if s.fault])
    doubles = near_validation(pictures, [s.fingerprint for s in small])
    result: dict[str, list[LabelledPicture]] = {name: [] for name in names}
    for i, picture in enumerate(pictures):
        if picture.split == "train" and i not in doubles and picture.dataset in result:
            result[picture.dataset].append(picture)
    return {name: known[name] for name in names}, result


def _stop_at(faults: Sequence[str]) -> None:
    if faults:
        raise SourceError(f"{len(faults)} faults:\n" + "\n".join(faults[:30]))


def serves(source: LabelledPicture, rule: BaseSet) -> bool:
    """Whether a picture shows what its set must show, and little of it is unknown."""
    shown = not rule.must_show or bool((source.labels[:, 0] == class_id(rule.must_show)).any())
    unknown = (source.ignore[:, 2:] - source.ignore[:, :2]).prod(1).sum()
    return shown and bool(unknown <= MOST_UNKNOWN)


def open_base(source: LabelledPicture, rule: BaseSet) -> Base | None:
    """Read a picture as a background: without a letterbox's bars, at working size.

    Returns:
        None where it is too small.

    Raises:
        LabelSetError: It cannot be read.
    """
    whole = read_picture(source.path)
    blot_out(whole, source.ignore)
    left, top, right, bottom = content(whole)
    if min(right - left, bottom - top) < LEAST_SIDE_PX:
        return None
    height, width = whole.shape[:2]
    frame = np.array([left / width, top / height, right / width, bottom / height], np.float32)
    kinds, boxes = source.labels[:, :1], cut_to(source.labels[:, 1:], frame)
    kept = (boxes[:, 2:] > boxes[:, :2]).all(1)
    labels = np.hstack([kinds, boxes])[kept].astype(np.float32)
    scale = WORK_PX / max(right - left, bottom - top)
    size = (round((right - left) * scale), round((bottom - top) * scale))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    picture = cv2.resize(whole[top:bottom, left:right], size, interpolation=how)
    sized = np.asarray(picture, np.uint8)
    ground = rule.ground if rule.wall_px_per_m else fit_ground(labels, rule.ground)
    return Base(
        picture=sized,
        labels=labels,
        unknown=cut_to(source.ignore, frame),
        ground=ground,
        look=look_of(sized),
    )


def cut_to(boxes: NDArray[np.float32], frame: NDArray[np.float32]) -> NDArray[np.float32]:
    """Boxes (N, 4) in fractions of a picture as fractions of a part of it, cut at its border.

    >>> cut_to(np.array([[.25, 0, .5, 1]], np.float32), np.array([.25, 0, .75, 1])).tolist()
    [[0.0, 0.0, 0.5, 1.0]]
    """
    corner, side = np.tile(frame[:2], 2), np.tile(frame[2:] - frame[:2], 2)
    return np.clip((boxes - corner) / side, 0, 1).astype(np.float32)


def content(picture: Picture) -> tuple[int, int, int, int]:
    """What lies between a letterbox's bars: left, top, right, bottom in pixels.

    >>> barred = np.zeros((4, 8, 3), np.uint8)
    >>> barred[::3, 2:6] = 90
    >>> content(barred)
    (2, 0, 6, 4)
    """
    sides = []
    for axis in (1, 0):  # a bar's pixels are alike all along
        spread = np.ptp(picture.astype(np.int16), axis=1 - axis).max(-1)
        # Ninety-nine in a hundred: captions and JPEG noise lie on bars too.
        middle = np.median(picture, axis=1 - axis, keepdims=True)
        off = (np.abs(picture - middle).max(-1) > BAR_LEVELS).mean(1 - axis)
        lively = np.flatnonzero((spread > BAR_LEVELS) & (off > 0.02))  # noqa: PLR2004
        end = picture.shape[axis]
        sides.append((int(lively[0]), int(lively[-1]) + 1) if len(lively) else (0, end))
    (left, right), (top, bottom) = sides
    return left, top, right, bottom
