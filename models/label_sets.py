"""Label sets: folders of labelled pictures, and which of our classes each of them labels.

A set is described by one file in `models/datasets/`. A class is *complete* where every object of it
has a box, *filled* where only small background objects have none (pseudo-labels fill them in for
training, figures take the labels as they are), *partial* where some have none, *absent* where the
set was looked through and shows none, and unlabelled otherwise. A class that is partial or
unlabelled gives no negatives: neither to the loss nor to a figure.
"""

from __future__ import annotations

import csv
import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

import cv2
import numpy as np

from models.classes import CLASSES, class_id

if TYPE_CHECKING:
    from numpy.typing import NDArray

DATASETS: Final = Path(__file__).parent / "datasets"
COMPOSITES: Final = "composites.toml"  # no set of its own: see models/composites/sets.py
Split = Literal["train", "val"]
SPLITS: Final[tuple[Split, ...]] = get_args(Split)
Role = Literal["real", "rendered", "composite"]
ROLES: Final[tuple[Role, ...]] = get_args(Role)
KNOWLEDGE: Final = ("complete", "filled", "partial", "absent")
ROUNDING: Final = 2e-3  # share of the picture that a rounded label may stick out
PAD: Final = 114  # grey of letterboxes and of blotted-out regions


class LabelSetError(ValueError):
    """A set's description, label file or picture cannot be used; names the file and the reason."""

    def __init__(self, path: Path, reason: str) -> None:
        """Remember both parts, so that a caller can list several."""
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


@dataclass(frozen=True, kw_only=True)
class LabelSet:
    """One folder of labelled pictures."""

    name: str
    folder: str  # relative to the data pack; empty where the command line gives the folder
    role: Role
    licence: str
    draws: int  # pictures drawn from it in one training epoch
    class_map: dict[str, int | None]  # the set's own class name -> our class id, None = dropped
    complete: frozenset[int]
    filled: frozenset[int]
    partial: frozenset[int]
    absent: frozenset[int]
    scene_column: str  # column of sources.csv that names the scene, or empty
    one_scene: frozenset[str]  # scenes whose pictures share a single draw


@dataclass(frozen=True, kw_only=True)
class Picture:
    """One picture and its boxes."""

    dataset: str
    split: Split
    path: Path
    labels: NDArray[np.float32]  # (N, 5): class id, x1, y1, x2, y2 as fractions of the picture
    ignore: NDArray[np.float32]  # (M, 4): x1, y1, x2, y2 of regions where nothing is known
    weight: float  # share of a draw, 1 unless its scene has many near-equal frames


def read_description(path: Path) -> LabelSet:
    """Read one file of `models/datasets/`.

    Raises:
        LabelSetError: A key is missing or a class is not one of ours.
    """
    try:
        raw: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        class_map = {k: class_id(v) if v else None for k, v in raw["classes"].items()}
        known = {k: frozenset(class_id(c) for c in raw.get(k, [])) for k in KNOWLEDGE}
        if raw["role"] not in {"real", "rendered"}:
            raise LabelSetError(path, f"role must be real or rendered, not {raw['role']!r}")
        result = LabelSet(
            name=raw["name"],
            folder=raw["folder"],
            role=raw["role"],
            licence=raw["licence"],
            draws=int(raw["draws"]),
            class_map=class_map,
            scene_column=raw.get("scene_column", ""),
            one_scene=frozenset(raw.get("one_scene", [])),
            **known,
        )
    except KeyError as exc:
        raise LabelSetError(path, f"key {exc} is missing") from exc
    except (tomllib.TOMLDecodeError, ValueError) as exc:
        if isinstance(exc, LabelSetError):
            raise
        raise LabelSetError(path, str(exc)) from exc
    mapped = {c for c in class_map.values() if c is not None}
    if mapped != result.complete | result.filled | result.partial:
        wrong = mapped ^ (result.complete | result.filled | result.partial)
        names = ", ".join(CLASSES[c] for c in sorted(wrong))
        raise LabelSetError(path, f"in the map or in complete/filled/partial, not both: {names}")
    kinds = [c for k in KNOWLEDGE for c in getattr(result, k)]
    if len(kinds) != len(set(kinds)):
        raise LabelSetError(path, "a class is in two of complete, filled, partial and absent")
    return result


def descriptions(folder: Path = DATASETS) -> list[LabelSet]:
    """All sets described in a folder, by file name."""
    files = sorted(p for p in folder.glob("*.toml") if p.name != COMPOSITES)
    return [read_description(p) for p in files]


def read_boxes(path: Path, columns: int) -> NDArray[np.float32]:
    """Read a label file: `columns` numbers a line, the last four cx cy w h in 0..1.

    Returns:
        Shape (N, columns); the last four are x1, y1, x2, y2, clamped to the picture.

    Raises:
        LabelSetError: A line is malformed, or a box leaves the picture or has no area.
    """
    rows: list[list[float]] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = [float(v) for v in line.split()]
        except ValueError as exc:
            raise LabelSetError(path, f"line {number}: not a number in {line!r}") from exc
        if len(row) != columns:
            raise LabelSetError(path, f"line {number}: {columns} numbers expected in {line!r}")
        cx, cy, w, h = row[-4:]
        box = np.array([cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2])
        inside = bool((box >= -ROUNDING).all() and (box <= 1 + ROUNDING).all())
        if not (np.isfinite(box).all() and w > 0 and h > 0 and inside):
            raise LabelSetError(path, f"line {number}: box out of range 0..1 in {line!r}")
        rows.append([*row[:-4], *np.clip(box, 0, 1).tolist()])
    return np.array(rows, dtype=np.float32).reshape(-1, columns)


def read_picture(path: Path) -> NDArray[np.uint8]:
    """Read a colour picture.

    Returns:
        HWC uint8 in [0, 255], channels B, G, R.

    Raises:
        LabelSetError: Missing, unreadable, or not three channels of eight bits (grey, CMYK, alpha).
    """
    if not path.is_file():
        raise LabelSetError(path, "picture is missing")
    data = np.fromfile(path, dtype=np.uint8)
    if (components := _jpeg_components(data.tobytes())) not in {None, 3}:
        raise LabelSetError(path, f"not RGB: a JPEG of {components} components")
    image = cv2.imdecode(data, cv2.IMREAD_UNCHANGED) if data.size else None
    if image is None:
        raise LabelSetError(path, "not a readable picture")
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:  # noqa: PLR2004 (channels)
        raise LabelSetError(path, f"not RGB: shape {image.shape}, type {image.dtype}")
    return np.asarray(image, dtype=np.uint8)


def _jpeg_components(data: bytes) -> int | None:
    """Components of a JPEG from its frame header (ITU-T T.81, B.2.2); None where there is none.

    OpenCV turns CMYK silently into BGR with wrong colours, so the header is asked first.
    """
    if data[:2] != b"\xff\xd8":
        return None
    at = 2
    while at + 9 < len(data) and data[at] == 0xFF:  # noqa: PLR2004 (marker prefix)
        marker = data[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:  # noqa: PLR2004 (SOF0..15)
            return data[at + 9]
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return None


def blot_out(image: NDArray[np.uint8], ignore: NDArray[np.float32]) -> None:
    """Grey out the regions where nothing is known, in place."""
    height, width = image.shape[:2]
    for x1, y1, x2, y2 in ignore:
        image[int(y1 * height) : int(y2 * height) + 1, int(x1 * width) : int(x2 * width) + 1] = PAD


def read_set(labels: LabelSet, folder: Path, split: Split) -> tuple[list[Picture], list[str]]:
    """Read one split of a set. Pictures are not opened.

    Returns:
        The pictures by name, and one line for each fault found ("file: reason").
    """
    names_file = folder / "classes.txt"
    if not names_file.is_file():
        return [], [f"{names_file}: class list is missing"]
    names = names_file.read_text(encoding="utf-8").split()
    if unknown := [n for n in names if n not in labels.class_map]:
        return [], [f"{names_file}: classes without an entry in the set's map: {unknown}"]
    scenes = _scenes(folder / "sources.csv", labels.scene_column)
    shared = Counter(scenes.values())
    pictures: list[Picture] = []
    faults: list[str] = []
    files = sorted((folder / "images" / split).glob("*.*"))
    if not files:
        faults.append(f"{folder / 'images' / split}: no pictures")
    stems = {p.stem for p in files}
    label_files = sorted((folder / "labels" / split).glob("*.txt"))
    faults += [f"{p}: its picture is missing" for p in label_files if p.stem not in stems]
    for path in files:
        scene = scenes.get(path.name, "")
        weight = 1 / shared[scene] if scene in labels.one_scene else 1.0
        try:
            pictures.append(_picture(labels, split, path, names, weight))
        except LabelSetError as exc:
            faults.append(str(exc))
    return pictures, faults


def _picture(
    labels: LabelSet, split: Split, path: Path, names: list[str], weight: float
) -> Picture:
    """One picture with its boxes in our classes."""
    folder = path.parents[2]  # FOLDER/images/SPLIT/NAME
    label_file = folder / "labels" / split / f"{path.stem}.txt"
    if not label_file.is_file():
        raise LabelSetError(path, f"label file {label_file.name} is missing")
    rows = read_boxes(label_file, 5)
    outside = [int(c) for c in rows[:, 0] if c != int(c) or not 0 <= c < len(names)]
    if outside:
        raise LabelSetError(label_file, f"class {outside[0]} is not in classes.txt")
    ours = [labels.class_map[names[int(c)]] for c in rows[:, 0]]
    kept = np.array([c is not None for c in ours], dtype=bool)
    rows[:, 0] = [-1 if c is None else c for c in ours]
    ignore_file = folder / "ignore" / split / f"{path.stem}.txt"
    none = np.zeros((0, 4), dtype=np.float32)
    return Picture(
        dataset=labels.name,
        split=split,
        path=path,
        labels=rows[kept],
        ignore=read_boxes(ignore_file, 4) if ignore_file.is_file() else none,
        weight=weight,
    )


def _scenes(sources: Path, column: str) -> dict[str, str]:
    """File name -> scene, empty where the set names none."""
    if not column:
        return {}
    with sources.open(encoding="utf-8", newline="") as lines:
        return {row["file"]: row[column] for row in csv.DictReader(lines)}
