"""Turn an export of reviewed frames into sets that prepare and evaluate read like any other.

    python -m models.reviews --export reviews.zip --out /tmp/reviewed
    python -m models.prepare --data path/to/data --reviews /tmp/reviewed --out /tmp/prepared
    python -m models.evaluate --data path/to/data --reviews /tmp/reviewed --against OLD --card NEW

A picture teaches what a person said of it: confirmed boxes are labels; a class that was looked
through and shows none is absent; a box that shows something else is a hard negative, drawn more
often. Where only the box was judged, the picture is cut around it. Cameras are split, never their
frames: a camera that is once held out for validation always is. Every fault is listed with file,
line and reason, and then nothing is written.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import shutil
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import cv2

from models.cards import write_card
from models.classes import CLASSES
from models.label_sets import (
    SPLITS,
    LabelSet,
    LabelSetError,
    Picture,
    Split,
    descriptions,
    read_picture,
    read_set,
)
from models.review_format import (
    NEVER_USED,
    Export,
    Review,
    ReviewedBox,
    ReviewError,
    open_export,
    stop_at,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SplitBy = Literal["camera", "day"]
VAL_SHARE: Final = 0.2  # of cameras, or of days, that are held out
HARD_DRAWS: Final = 3  # times a hard negative is drawn where another picture is drawn once
CUT_MARGIN: Final = 1.0  # of the box's longer side, kept around a judged box
LEAST_CUT_PX: Final = 160  # a cut shows its surroundings even of a far box
CUT_QUALITY: Final = 95  # of its JPEG
NEAR_SHARE: Final = 0.2  # of another box's area inside a cut, from which the cut shows that too


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """What one picture, or a cut of it, teaches."""

    review: Review  # the first line about the picture
    split: Split
    labels: tuple[ReviewedBox, ...]  # that show their class
    looked_through: frozenset[str]  # classes of which nothing but the labels is there
    hard: bool  # the network was wrong here
    cut: tuple[float, float, float, float] | None  # part of the picture, in fractions; none: all


def side_of(review: Review, split_by: SplitBy) -> Split:
    """The split of a review's scene, the same in every export.

    A camera's frames show one scene on all days. Splitting by day is for a city with few cameras:
    its figures are flattering, since the validation pictures' walls and shops were learned.
    """
    scene = review.camera_id
    if split_by == "day":
        scene += f"|{review.captured_at.date().isoformat()}"
    number = int.from_bytes(hashlib.sha256(scene.encode()).digest()[:8], "big")
    return "val" if number < VAL_SHARE * 2**64 else "train"


def examples_of(reviews: Sequence[Review], split_by: SplitBy) -> list[Example]:
    """What all lines about one picture teach together.

    Raises:
        ReviewError: The lines disagree about where and when it was taken.
    """
    first = reviews[0]
    if any(
        (r.camera_id, r.captured_at) != (first.camera_id, first.captured_at) for r in reviews[1:]
    ):
        raise ReviewError(f"{first.picture}: its lines name different cameras or times")
    said = [(b, r.says(b)) for r in reviews for b in r.boxes]
    right = tuple(dict.fromkeys(b for b, shows in said if shows))
    wrong = [b for b, shows in said if shows is False]
    # A box nobody judged may be either: its class is not looked through, whatever the line says.
    open_classes = {b.class_name for b, shows in said if shows is None}
    looked = frozenset(c for r in reviews for c in r.complete) - open_classes
    split = side_of(first, split_by)
    whole = Example(
        review=first,
        split=split,
        labels=right,
        looked_through=looked,
        hard=any(b.class_name in looked for b in wrong),
        cut=None,
    )
    cuts = [
        Example(
            review=first,
            split=split,
            labels=(),
            looked_through=frozenset({b.class_name}),
            hard=True,
            cut=b.box,
        )
        for b in wrong
        if b.class_name not in looked
    ]
    return [whole, *cuts] if right or looked else cuts


def cut_around(
    box: tuple[float, float, float, float], size: tuple[int, int], others: Sequence[ReviewedBox]
) -> tuple[int, int, int, int] | None:
    """The part of a picture around a judged box, in pixels: x1, y1, x2, y2.

    None where another box of the class lies in it, since then it is not free of the class.

    >>> cut_around((0.4, 0.4, 0.6, 0.6), (1000, 1000), [])
    (200, 200, 800, 800)
    """
    width, height = size
    x1, y1, x2, y2 = box[0] * width, box[1] * height, box[2] * width, box[3] * height
    longer = max(x2 - x1, y2 - y1)
    half = max((1 + 2 * CUT_MARGIN) * longer, LEAST_CUT_PX) / 2
    cx, cy = (x1 + x2) / 2, (y1 + y2) / 2
    cut = (
        max(0, round(cx - half)),
        max(0, round(cy - half)),
        min(width, round(cx + half)),
        min(height, round(cy + half)),
    )
    for other in others:
        a1, b1, a2, b2 = (v * s for v, s in zip(other.box, (width, height) * 2, strict=True))
        wide = max(0.0, min(a2, cut[2]) - max(a1, cut[0]))
        high = max(0.0, min(b2, cut[3]) - max(b1, cut[1]))
        if wide * high > NEAR_SHARE * (a2 - a1) * (b2 - b1):
            return None
    return cut


class Writer:
    """Writes examples as sets: one for each knowledge, hard negatives in sets of their own."""

    def __init__(self, out: Path) -> None:
        """Write below a folder that exists."""
        self.out = out
        self.sets: dict[str, dict[str, Any]] = {}
        self.sources: dict[str, list[list[str]]] = defaultdict(list)
        self.boxes = 0
        self.skipped_cuts = 0

    def add(self, export: Export, example: Example, others: Sequence[ReviewedBox]) -> None:
        """Write one example.

        Raises:
            LabelSetError: The picture is not a colour picture of eight bits.
            ReviewError: The picture is missing.
        """
        content = export.picture(example.review)
        suffix = Path(example.review.picture).suffix.lower().replace(".jpeg", ".jpg")
        probe = self.out / f"probe{suffix}"
        probe.write_bytes(content)
        try:
            image = read_picture(probe)
        except LabelSetError as error:
            named = Path(str(export.path)) / example.review.picture
            raise LabelSetError(named, error.reason) from error
        finally:
            probe.unlink()
        if example.cut is not None:
            same = [b for b in others if b.class_name in example.looked_through]
            cut = cut_around(example.cut, (image.shape[1], image.shape[0]), same)
            if cut is None:
                self.skipped_cuts += 1
                return
            content, suffix = _encode(image[cut[1] : cut[3], cut[0] : cut[2]]), ".jpg"
        self._write(example, content, suffix)

    def _write(self, example: Example, content: bytes, suffix: str) -> None:
        """Write picture, labels and source."""
        name = self._set_of(example)
        split, review = example.split, example.review
        stem = hashlib.sha256(content).hexdigest()[:20]
        classes: list[str] = self.sets[name]["listed"]
        if (self.out / name / "labels" / split / f"{stem}.txt").exists():
            if example.cut is not None:  # two boxes around one thing
                return
            raise ReviewError(f"{review.picture}: is there before under another name")
        rows = []
        for label in example.labels:
            x1, y1, x2, y2 = label.box
            numbers = ((x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1)
            place = classes.index(label.class_name)
            rows.append(f"{place} {' '.join(f'{v:.6f}' for v in numbers)}\n")
        for kind, file, data in (
            ("images", f"{stem}{suffix}", content),
            ("labels", f"{stem}.txt", "".join(rows).encode()),
        ):
            (self.out / name / kind / split).mkdir(parents=True, exist_ok=True)
            (self.out / name / kind / split / file).write_bytes(data)
        self.boxes += len(rows)
        when = review.captured_at.isoformat()
        self.sources[name].append(
            [f"{stem}{suffix}", split, review.camera_id, when, review.picture, review.approval]
        )

    def _set_of(self, example: Example) -> str:
        """Name of the set with an example's knowledge, made where there is none."""
        shown = {b.class_name for b in example.labels}
        knowledge = {
            "complete": sorted(shown & example.looked_through, key=CLASSES.index),
            "partial": sorted(shown - example.looked_through, key=CLASSES.index),
            "absent": sorted(example.looked_through - shown, key=CLASSES.index),
        }
        key = json.dumps([knowledge, example.hard])
        digest = hashlib.sha256(key.encode()).hexdigest()[:8]
        name = f"reviews_{'hard' if example.hard else 'plain'}_{digest}"
        listed = knowledge["complete"] + knowledge["partial"]
        self.sets[name] = {**knowledge, "listed": listed, "hard": example.hard}
        return name

    def finish(self) -> None:
        """Write class lists, sources and descriptions."""
        (self.out / "datasets").mkdir()
        for name, known in self.sets.items():
            rows = self.sources[name]
            if not rows:
                continue
            listed = known["listed"]
            (self.out / name / "classes.txt").write_text("\n".join(listed) + "\n")
            with (self.out / name / "sources.csv").open("w", encoding="utf-8", newline="") as file:
                lines = csv.writer(file)
                lines.writerow(
                    ["file", "split", "camera", "captured_at", "name_in_source", "approval"]
                )
                lines.writerows(rows)
            for split in ("train", "val"):
                for kind in ("images", "labels"):
                    (self.out / name / kind / split).mkdir(parents=True, exist_ok=True)
            training = sum(r[1] == "train" for r in rows)
            approvals = sorted({r[5] for r in rows})
            description = {
                "name": name,
                "folder": name,
                "role": "real",
                "licence": f"the city's own, approved for training: {', '.join(approvals)}"[:500],
                "draws": training * (HARD_DRAWS if known["hard"] else 1),
                **{k: known[k] for k in ("complete", "partial", "absent")},
                "classes": {c: c for c in listed} or {"none": ""},
            }
            write_card(self.out / "datasets" / f"{name}.toml", description)


def _encode(image: NDArray[np.uint8]) -> bytes:
    """A picture as JPEG."""
    _, encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, CUT_QUALITY])
    return encoded.tobytes()


def convert(
    path: Path, out: Path, *, split_by: SplitBy = "camera", allow_unmasked: bool = False
) -> dict[str, Any]:
    """Do all of it; see the module's docstring.

    Returns:
        Counts for the last line.

    Raises:
        ReviewError, LabelSetError: Something is missing or wrong; OUT is then as it was.
    """
    if out.exists() and any(out.iterdir()) and not (out / "datasets").is_dir():
        raise ReviewError(f"{out}: is not empty and was not made by reviews; name another folder")
    work = out.with_name(out.name + ".partial")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    writer, faults, kept = Writer(work), [], 0
    try:
        with open_export(path) as export:
            usable = [r for r in export.reviews if r.masked or allow_unmasked]
            by_picture: dict[str, list[Review]] = defaultdict(list)
            for review in export.reviews:
                by_picture[review.picture].append(review)
            for reviews in by_picture.values():
                banned = any(r.reason in NEVER_USED or r not in usable for r in reviews)
                if banned:
                    continue
                kept += 1
                try:
                    others = [b for r in reviews for b in r.boxes if r.says(b) is not False]
                    for example in examples_of(reviews, split_by):
                        writer.add(export, example, others)
                except (ReviewError, LabelSetError) as error:
                    faults.append(str(error))
        stop_at(faults)
        counts = _counts(writer)
        _check_sides(path, counts, split_by)
        writer.finish()
        shutil.rmtree(out, ignore_errors=True)
        work.rename(out)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return counts | {"left_out": len(by_picture) - kept, "cuts_not_made": writer.skipped_cuts}


def _counts(writer: Writer) -> dict[str, Any]:
    """Pictures by split and kind."""
    rows = [(r[1], name) for name, own in writer.sources.items() for r in own]
    return {
        "train": sum(split == "train" for split, _ in rows),
        "val": sum(split == "val" for split, _ in rows),
        "hard": sum(writer.sets[name]["hard"] for _, name in rows),
        "boxes": writer.boxes,
        "sets": len(writer.sources),
    }


def _check_sides(path: Path, counts: dict[str, Any], split_by: SplitBy) -> None:
    """Refuse an export of which nothing can be learned, or nothing measured."""
    if not counts["train"] + counts["val"]:
        raise ReviewError(f"{path}: no picture can be used: see masked, reason and boxes")
    if not counts["val"] or not counts["train"]:
        side = "val" if not counts["val"] else "train"
        advice = "use --split-by day" if split_by == "camera" else "export more days"
        raise ReviewError(
            f"{path}: no {split_by} falls to {side}; export more cameras, or {advice}"
        )


def reviewed_sets(
    folder: Path, splits: Sequence[Split] = SPLITS
) -> list[tuple[LabelSet, list[Picture], list[str]]]:
    """The sets that `convert` wrote: each with its pictures of some splits and its faults.

    Raises:
        LabelSetError: The folder holds no reviewed sets.
    """
    sets = descriptions(folder / "datasets")
    if not sets:
        raise LabelSetError(folder / "datasets", "no reviewed sets; see python -m models.reviews")
    result = []
    for labels in sets:
        pictures, faults = [], []
        for split in splits:
            # One kind of knowledge may have fallen to one side only.
            if any((folder / labels.folder / "images" / split).glob("*.*")):
                found, wrong = read_set(labels, folder / labels.folder, split)
                pictures += found
                faults += wrong
        result.append((labels, pictures, faults))
    return result


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="models.reviews", description=__doc__.split("\n\n")[0])
    parser.add_argument("--export", type=Path, required=True, help="folder or ZIP file")
    parser.add_argument("--out", type=Path, required=True, help="folder to write, replaced whole")
    parser.add_argument("--split-by", choices=("camera", "day"), default="camera")
    parser.add_argument(
        "--allow-unmasked", action="store_true", help="use pictures with faces and plates as well"
    )
    options = parser.parse_args(arguments)
    try:
        counts = convert(
            options.export,
            options.out,
            split_by=options.split_by,
            allow_unmasked=options.allow_unmasked,
        )
    except (ReviewError, LabelSetError, OSError) as error:
        print(f"reviews: {error}", file=sys.stderr)
        print(json.dumps({"ok": False, "error": str(error)}))
        return 1
    print(json.dumps({"ok": True, "out": str(options.out), **counts}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
