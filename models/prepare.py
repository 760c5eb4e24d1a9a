"""Check the labelled pictures, bring them to one class map and cache them at training size.

    python -m models.prepare --data path/to/data --out /tmp/prepared
    python -m models.prepare --data path/to/data --out /tmp/prepared --rendered /tmp/rendered
    python -m models.prepare --data path/to/data --out /tmp/prepared --composites /tmp/composites
    python -m models.prepare --data path/to/data --out /tmp/prepared --reviews /tmp/reviewed

Reads models/datasets/*.toml and the folders they name. Every fault is listed with its file and
reason, and then nothing is written. Training pictures that look like a validation picture of any
set (sets share sources) are left out. Writes OUT/pictures/*.jpg and, last, OUT/index.json.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np

from models.classes import CLASSES
from models.composites.sets import composite_sets
from models.label_sets import (
    DATASETS,
    KNOWLEDGE,
    SPLITS,
    LabelSet,
    LabelSetError,
    Picture,
    blot_out,
    descriptions,
    read_picture,
    read_set,
)
from models.reviews import reviewed_sets

if TYPE_CHECKING:
    from numpy.typing import NDArray

LONG_SIDE_PX: Final = 640  # of a cached picture
NEAR_BITS: Final = 5  # dHash bits of 64 that may differ between two copies of one picture
SHOWN_FAULTS: Final = 30
INDEX: Final = "index.json"
PSEUDO: Final = "pseudo.json"  # of models.pseudo_label; kept when a folder is prepared again


class PrepareError(ValueError):
    """The pictures cannot be prepared; the message lists files and reasons."""


@dataclass(frozen=True, kw_only=True)
class Cached:
    """A picture after reading: small copy and fingerprint, or the fault that stopped it."""

    image: NDArray[np.uint8]
    fingerprint: int
    fault: str


def fingerprint(image: NDArray[np.uint8]) -> int:
    """Difference hash: 64 bits, one per brightness step between neighbours on a 9 x 8 grid."""
    grey = cv2.resize(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), (9, 8), interpolation=cv2.INTER_AREA)
    bits = (grey[:, 1:] > grey[:, :-1]).flatten()
    return int("".join("1" if b else "0" for b in bits), 2)


def read_small(picture: Picture) -> Cached:
    """Read a picture, grey out its ignored regions and scale it down to the cache's size."""
    try:
        image = read_picture(picture.path)
    except LabelSetError as exc:
        return Cached(image=np.zeros((1, 1, 3), np.uint8), fingerprint=0, fault=str(exc))
    blot_out(image, picture.ignore)
    scale = LONG_SIDE_PX / max(image.shape[:2])
    if scale < 1:
        size = (round(image.shape[1] * scale), round(image.shape[0] * scale))
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    return Cached(image=image, fingerprint=fingerprint(image), fault="")


def near_validation(pictures: Sequence[Picture], prints: Sequence[int]) -> set[int]:
    """Positions of training pictures that look like a validation picture, mirrored copies aside."""
    held_out = {p for q, p in zip(pictures, prints, strict=True) if q.split == "val"}
    return {
        i
        for i, (picture, own) in enumerate(zip(pictures, prints, strict=True))
        if picture.split == "train"
        and any((own ^ other).bit_count() <= NEAR_BITS for other in held_out)
    }


def collect(sets: Sequence[LabelSet], roots: Mapping[str, Path]) -> list[Picture]:
    """Read the labels of all sets. Composites are for training only.

    Args:
        sets: Their descriptions.
        roots: The folder of each role that is among them.

    Raises:
        PrepareError: Any file is missing or wrong.
    """
    pictures: list[Picture] = []
    faults: list[str] = []
    for labels in sets:
        folder = roots[labels.role] / labels.folder
        for split in SPLITS if labels.role != "composite" else SPLITS[:1]:
            found, wrong = read_set(labels, folder, split)
            pictures += found
            faults += wrong
            # Single pictures may show nothing; where none shows anything, labels went astray.
            labelled = labels.role == "real" and (labels.complete | labels.filled | labels.partial)
            if labelled and found and split == "train" and not any(len(p.labels) for p in found):
                place = folder / "labels" / split
                faults.append(
                    f"{place}: all {len(found)} label files are empty or of other classes"
                )
    _stop_at(faults)
    return pictures


def read_index(prepared: Path) -> dict[str, Any]:
    """The index of a prepared folder.

    Raises:
        PrepareError: It is missing, broken, or of other classes than ours in our order.
    """
    path = prepared / INDEX
    try:
        index: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        classes = index["classes"]
    except FileNotFoundError as exc:
        message = f"{path}: is missing; python -m models.prepare writes it"
        raise PrepareError(message) from exc
    except (OSError, ValueError, KeyError, TypeError) as exc:
        message = f"{path}: is no index of models.prepare: {exc}"
        raise PrepareError(message) from exc
    if classes != list(CLASSES):
        message = f"{path}: its classes are not those of models/classes.py: prepare it again"
        raise PrepareError(message)
    return index


def prepare(
    data: Path | None,
    out: Path,
    rendered: Path | None,
    datasets: Path = DATASETS,
    composites: Path | None = None,
    *,
    reviews: Path | None = None,
) -> Path:
    """Do all of it; see the module's docstring.

    Args:
        data: The data pack; none leaves out the real sets.
        out: Folder to write.
        rendered: Folder of rendered pictures, or none.
        datasets: Descriptions of the sets.
        composites: Folder that `models.synthesize` wrote, or none.
        reviews: Folder that `models.reviews` wrote, or none.

    Returns:
        Path of the index.

    Raises:
        PrepareError: Any file is missing or wrong; OUT is then as it was.
    """
    if out.exists() and any(out.iterdir()) and not (out / INDEX).is_file():
        message = f"{out}: is not empty and was not made by prepare; name another folder"
        raise PrepareError(message)
    asked = {"real": data, "rendered": rendered, "composite": composites}
    roots = {role: folder for role, folder in asked.items() if folder is not None}
    described = descriptions(datasets)
    sets = [s for s in described if s.role in roots]
    if composites is not None:
        real = [s for s in described if s.role == "real"]
        sets += composite_sets(real, composites, datasets)
    pictures = collect(sets, roots)
    if reviews is not None:
        for labels, own, faults in reviewed_sets(reviews):
            _stop_at(faults)
            sets.append(labels)
            pictures += own
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        cached = list(pool.map(read_small, pictures))
    _stop_at([c.fault for c in cached if c.fault])
    doubles = near_validation(pictures, [c.fingerprint for c in cached])
    work = out.with_name(out.name + ".partial")
    shutil.rmtree(work, ignore_errors=True)
    (work / "pictures").mkdir(parents=True)
    rows = []
    for i, (picture, small) in enumerate(zip(pictures, cached, strict=True)):
        if i in doubles:
            continue
        name = f"{picture.dataset}_{picture.split}_{picture.path.stem}.jpg"
        cv2.imwrite(str(work / "pictures" / name), small.image, [cv2.IMWRITE_JPEG_QUALITY, 95])
        rows.append(_row(picture, name, small.image.shape[:2]))
    index = {
        "format": 1,
        "classes": list(CLASSES),
        "sets": [_set_row(s) for s in sets],
        "left_out_near_validation": sorted(pictures[i].path.name for i in doubles),
        "pictures": rows,
    }
    (work / INDEX).write_text(json.dumps(index, indent=1), encoding="utf-8")
    if (out / PSEUDO).is_file():  # minutes of work, and file names stay the same
        shutil.copy(out / PSEUDO, work / PSEUDO)
    shutil.rmtree(out, ignore_errors=True)
    work.rename(out)
    return out / INDEX


def _row(picture: Picture, name: str, shape: tuple[int, int]) -> dict[str, Any]:
    """The index's entry of a picture."""
    return {
        "dataset": picture.dataset,
        "split": picture.split,
        "file": name,
        "height": shape[0],
        "width": shape[1],
        "weight": picture.weight,
        "labels": [[int(r[0]), *[round(float(v), 5) for v in r[1:]]] for r in picture.labels],
    }


def _set_row(labels: LabelSet) -> dict[str, Any]:
    """The index's entry of a set."""
    known = {k: sorted(getattr(labels, k)) for k in KNOWLEDGE}
    return {
        "name": labels.name,
        "role": labels.role,
        "licence": labels.licence,
        "draws": labels.draws,
        **known,
    }


def _stop_at(faults: Sequence[str]) -> None:
    """Raise one error that lists the faults, if there are any."""
    if faults:
        more = f"\n... and {len(faults) - SHOWN_FAULTS} more" if len(faults) > SHOWN_FAULTS else ""
        message = f"{len(faults)} faults:\n" + "\n".join(faults[:SHOWN_FAULTS]) + more
        raise PrepareError(message)


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="models.prepare", description=__doc__.split("\n\n")[0])
    parser.add_argument("--data", type=Path, help="the data pack's folder")
    parser.add_argument("--out", type=Path, required=True, help="folder to write, replaced whole")
    parser.add_argument(
        "--rendered", type=Path, help="folder of rendered pictures, if there is one"
    )
    parser.add_argument("--composites", type=Path, help="folder that models.synthesize wrote")
    parser.add_argument("--reviews", type=Path, help="folder that models.reviews wrote")
    options = parser.parse_args(arguments)
    if options.data is None and options.rendered is None and options.reviews is None:
        parser.error("give --data, --rendered or --reviews")
    try:
        index_path = prepare(
            options.data,
            options.out,
            options.rendered,
            composites=options.composites,
            reviews=options.reviews,
        )
    except (PrepareError, LabelSetError) as exc:
        print(f"prepare: {exc}", file=sys.stderr)
        return 1
    index = json.loads(index_path.read_text(encoding="utf-8"))
    for labels in index["sets"]:
        rows = [r for r in index["pictures"] if r["dataset"] == labels["name"]]
        train = [r for r in rows if r["split"] == "train"]
        boxes = sum(len(r["labels"]) for r in train)
        print(
            f"{labels['name']:18} train {len(train):5} val {len(rows) - len(train):4} boxes {boxes}"
        )
    print(f"left out near validation: {len(index['left_out_near_validation'])}")
    print(json.dumps({"ok": True, "index": str(index_path), "pictures": len(index["pictures"])}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
