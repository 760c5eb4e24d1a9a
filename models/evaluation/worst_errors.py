"""The worst errors of a detector as pictures: sure false alarms and large misses.

The sheets show photographs with faces and number plates: they are for the people who train, and
stay where the pictures may be.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from models.classes import CLASSES
from models.evaluation.figures import alarm_rows
from models.evaluation.looking import Seen, SeenSet
from models.label_sets import read_picture
from models.metrics import IOUS, PictureBoxes, areas, iou, match_picture

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_OF_A_CLASS: Final = 4  # on one sheet: a weak class must not hide the others
ON_A_SHEET: Final = 32
COLUMNS: Final = 8
TILE_PX: Final = 180
CAPTION_PX: Final = 30
CONTEXT: Final = 0.6  # of the box's longer side, shown around it
LEAST_VIEW_PX: Final = 96  # a far thing is shown with its street
QUALITY: Final = 85  # of the JPEG
WRONG_COLOUR: Final = (40, 40, 230)  # BGR, a false alarm
MISSED_COLOUR: Final = (40, 190, 250)  # BGR, a miss


@dataclass(frozen=True, slots=True, kw_only=True)
class Error:
    """One error of the detector."""

    path: Path
    source: str
    class_name: str
    box: tuple[float, float, float, float]  # x1, y1, x2, y2 in pixels of the picture
    weight: (
        float  # what it is ranked by: a false alarm's score, a miss's area in the network's input
    )


def errors_of(
    sets: Sequence[SeenSet], thresholds: Mapping[str, float]
) -> tuple[list[Error], list[Error]]:
    """False alarms by score and misses by size, at the thresholds, worst first."""
    alarms: list[Error] = []
    misses: list[Error] = []
    for one in sets:
        for seen in one.pictures:
            for kind in sorted(one.known):
                wrong, missed = _errors(seen, kind, thresholds)
                alarms += [
                    _error(one, seen, kind, seen.boxes[r], float(seen.scores[r])) for r in wrong
                ]
                misses += [_error(one, seen, kind, box, _area_seen(seen, box)) for box in missed]
    return _worst(alarms), _worst(misses)


def _area_seen(seen: Seen, box: NDArray[np.float32]) -> float:
    """Area of a box in pixels of the network's input: how large the network sees it."""
    return float(areas(box[None])[0]) * seen.scale**2


def _errors(
    seen: Seen, kind: int, thresholds: Mapping[str, float]
) -> tuple[list[int], NDArray[np.float32]]:
    """Positions of false alarms and labels (N, 4) that nothing overlaps: one class, one picture."""
    rows = alarm_rows(seen, {kind}, thresholds)
    labels = seen.labels[seen.labels[:, 0] == kind, 1:]
    found = PictureBoxes(detections=seen.boxes[rows], scores=seen.scores[rows], labels=labels)
    hits, _ = match_picture(found, ious=IOUS[:1])
    wrong = [r for r, hit in zip(rows, hits[:, 0], strict=True) if not hit]
    return wrong, labels[iou(labels, found.detections).max(1, initial=0.0) < IOUS[0]]


def _error(one: SeenSet, seen: Seen, kind: int, box: NDArray[np.float32], weight: float) -> Error:
    """One error, its numbers as plain ones."""
    x1, y1, x2, y2 = (float(v) for v in box)
    return Error(
        path=seen.path,
        source=one.source,
        class_name=CLASSES[kind],
        box=(x1, y1, x2, y2),
        weight=weight,
    )


def _worst(errors: Sequence[Error]) -> list[Error]:
    """The worst of each class, worst first; equals by path, so that a sheet is always the same."""
    shown: Counter[str] = Counter()
    result = []
    for error in sorted(errors, key=lambda e: (-e.weight, e.path, e.class_name)):
        shown[error.class_name] += 1
        if shown[error.class_name] <= MOST_OF_A_CLASS:
            result.append(error)
    return result[:ON_A_SHEET]


def write_sheet(path: Path, errors: Sequence[Error], *, misses: bool) -> None:
    """Write a contact sheet as JPEG; nothing where there are no errors.

    Raises:
        LabelSetError: A picture cannot be read.
        OSError: The sheet cannot be written.
    """
    tiles = [_tile(e, misses=misses) for e in errors]
    if not tiles:
        return
    tiles += [np.full_like(tiles[0], 255)] * (-len(tiles) % min(COLUMNS, len(tiles)))
    width = min(COLUMNS, len(tiles))
    rows = [np.hstack(tiles[i : i + width]) for i in range(0, len(tiles), width)]
    _, encoded = cv2.imencode(".jpg", np.vstack(rows), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    path.write_bytes(encoded.tobytes())


def _tile(error: Error, *, misses: bool) -> NDArray[np.uint8]:
    """The surroundings of an error with its box, and two lines of words."""
    image = read_picture(error.path)
    height, width = image.shape[:2]
    x1, y1, x2, y2 = error.box
    half = max(LEAST_VIEW_PX, (1 + CONTEXT) * max(x2 - x1, y2 - y1)) / 2
    half = min(half, max(width, height) / 2)
    left = round(float(np.clip((x1 + x2) / 2 - half, 0, max(0, width - 2 * half))))
    top = round(float(np.clip((y1 + y2) / 2 - half, 0, max(0, height - 2 * half))))
    view = image[top : top + round(2 * half), left : left + round(2 * half)]
    scale = TILE_PX / max(view.shape[:2])
    tile = np.full((TILE_PX + CAPTION_PX, TILE_PX, 3), 255, dtype=np.uint8)
    size = (max(1, round(view.shape[1] * scale)), max(1, round(view.shape[0] * scale)))
    tile[: size[1], : size[0]] = cv2.resize(view, size, interpolation=cv2.INTER_AREA)
    corners = [round((v - o) * scale) for v, o in zip(error.box, (left, top) * 2, strict=True)]
    colour = MISSED_COLOUR if misses else WRONG_COLOUR
    cv2.rectangle(tile, (corners[0], corners[1]), (corners[2], corners[3]), colour, 2)
    tile[TILE_PX:] = 255  # a box may reach below the picture
    what = "missed" if misses else f"{error.weight:.2f}"
    lines = (f"{error.class_name} {what}", f"{error.source} {error.path.stem}"[:34])
    for number, line in enumerate(lines):
        at = (2, TILE_PX + 12 + 13 * number)
        cv2.putText(tile, line, at, cv2.FONT_HERSHEY_SIMPLEX, 0.36, (0, 0, 0), 1, cv2.LINE_AA)
    return tile
