"""Real trucks with their loads: crops of labelled trucks, told apart by eye.

`datasets/truck_loads.csv` names a picture of a set, the line of its label file that is the truck,
and what its bed shows. Validation crops were looked at twice, each time without the other answer;
where the two differ the load is unclear. An open body without cargo in sight above its sides is
`open`: empty, or loaded low.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from models.classes import class_id
from models.label_sets import DATASETS, LabelSetError, descriptions, read_boxes, read_picture
from pipeline.full_size import CROP_MARGIN

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.label_sets import Split

TABLE: Final = DATASETS / "truck_loads.csv"
LOADS: Final = ("covered", "open", "open_empty", "open_loaded", "closed", "unclear")
LONGEST_PX: Final = 256  # of a crop: twice what the network looks at


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledTruck:
    """A line of the table."""

    dataset: str
    split: str
    picture: str  # file name
    line: int  # of the label file, from 1
    load: str  # one of `LOADS`


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TruckCrop:
    """A truck with a margin of a tenth."""

    image: NDArray[np.uint8]  # (h, w, 3) BGR, at most `LONGEST_PX` on its long side
    load: str
    dataset: str


def read_table(path: Path = TABLE) -> list[LabelledTruck]:
    """The labelled trucks.

    Raises:
        LabelSetError: A row is malformed.
    """
    rows = []
    with path.open(encoding="utf-8", newline="") as lines:
        for number, row in enumerate(csv.DictReader(lines), start=2):
            try:
                truck = LabelledTruck(
                    dataset=row["set"],
                    split=row["split"],
                    picture=row["picture"],
                    line=int(row["line"]),
                    load=row["load"],
                )
            except (KeyError, TypeError, ValueError) as exc:
                raise LabelSetError(path, f"line {number}: {exc!r}") from exc
            if truck.load not in LOADS or truck.line < 1:
                raise LabelSetError(path, f"line {number}: {truck.load!r}, line {truck.line}")
            rows.append(truck)
    return rows


def read_truck_crops(
    data: Path, split: Split, *, table: Path = TABLE, datasets: Path = DATASETS
) -> list[TruckCrop]:
    """Cut the trucks of one split out of their pictures.

    A picture that the pack does not have is passed over: a small pack has few.

    Args:
        data: The data pack.
        split: Its half.
        table: As `TABLE`.
        datasets: Descriptions of the sets that the table names.

    Raises:
        LabelSetError: A file is wrong, a line is no truck, or a load is left without a crop.
        OSError: A picture's label file or its set's class list is missing.
    """
    sets = {labels.name: labels for labels in descriptions(datasets)}
    crops = []
    for truck in read_table(table):
        if truck.split != split:
            continue
        if truck.dataset not in sets:
            raise LabelSetError(table, f"no set is called {truck.dataset!r}")
        labels = sets[truck.dataset]
        folder = data / labels.folder
        file = folder / "images" / split / truck.picture
        if not file.is_file():
            continue
        names = dict(enumerate((folder / "classes.txt").read_text(encoding="utf-8").split()))
        label_file = folder / "labels" / split / f"{file.stem}.txt"
        boxes = read_boxes(label_file, 5)
        kind = names.get(int(boxes[truck.line - 1, 0])) if truck.line <= len(boxes) else None
        if labels.class_map.get(kind or "") != class_id("truck"):
            raise LabelSetError(label_file, f"line {truck.line} is no truck, but {table} says so")
        image = _cut(read_picture(file), boxes[truck.line - 1, 1:])
        crops.append(TruckCrop(image=image, load=truck.load, dataset=truck.dataset))
    if missing := set(LOADS) - {crop.load for crop in crops}:
        raise LabelSetError(data, f"no {split} crop of these loads: {', '.join(sorted(missing))}")
    return crops


def _cut(picture: NDArray[np.uint8], box: NDArray[np.float32]) -> NDArray[np.uint8]:
    """A box (x1, y1, x2, y2 as fractions) with its margin, not larger than needed."""
    height, width = picture.shape[:2]
    wide, high = (box[2:] - box[:2]) * CROP_MARGIN
    x1, y1 = max(0, int((box[0] - wide) * width)), max(0, int((box[1] - high) * height))
    crop = picture[y1 : round((box[3] + high) * height), x1 : round((box[2] + wide) * width)]
    scale = LONGEST_PX / max(crop.shape[:2])
    if scale < 1:
        size = (max(1, round(crop.shape[1] * scale)), max(1, round(crop.shape[0] * scale)))
        return np.asarray(cv2.resize(crop, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    return np.ascontiguousarray(crop)
