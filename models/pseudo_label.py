"""Let a detector label what the sets leave unlabelled: people, vehicles and umbrellas.

    python -m models.pseudo_label --prepared /tmp/prepared --weights path/to/yolo11n.pt
    python -m models.pseudo_label --prepared /tmp/prepared --card models/shipped/street.toml

The detector is the initial COCO weights, or one of ours by its card. Without this a new detector
would forget the classes that it starts with. Writes PREPARED/pseudo.json:
file -> rows of class id, score, x1, y1, x2, y2 (fractions of the picture). Pictures that are in it
already are left as they are, so a stopped run goes on: delete it to begin anew. Rendered pictures
need none. A box of a class that the set labels completely is kept too, since small background
objects are often left out there; training drops the ones that lie on a label. Needs torch.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import torch  # type: ignore[import-not-found,unused-ignore]
from numpy.typing import NDArray

from models.classes import COCO_ROWS
from models.evaluate import open_detector
from models.label_sets import PAD, LabelSetError, read_picture
from models.network import WeightsError, scores_and_boxes, settle_on_cpu, street_network
from models.prepare import PSEUDO, PrepareError, read_index
from pipeline.detection.card import NetworkInput
from pipeline.detection.letterbox import Letterbox, to_blob
from pipeline.detection.suppression import Suppression, decode
from pipeline.errors import ModelError

FLOOR: Final = 0.15  # lower scores say nothing
SIZE_PX: Final = 640
INPUT: Final = NetworkInput(
    name="images",
    width=SIZE_PX,
    height=SIZE_PX,
    stride=32,
    channels="RGB",
    range=(0.0, 1.0),
    pad=PAD,
)
REPORT_EVERY: Final = 500  # pictures


Rows = NDArray[np.float32]  # (n, 6): class id, score, x1, y1, x2, y2 as fractions


def by_initial_weights(weights: Path) -> Callable[[NDArray[np.uint8]], Rows]:
    """Looks at pictures with the initial COCO weights.

    Raises:
        WeightsError: The file is not the checked one.
    """
    network = street_network(weights, baseline=True).eval().fuse(verbose=False)
    network = network.to(memory_format=torch.channels_last)

    def look(image: NDArray[np.uint8]) -> Rows:
        size = (image.shape[1], image.shape[0])
        box = Letterbox.fit(size, limit=(SIZE_PX, SIZE_PX), stride=INPUT.stride, fill=False)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            raw = scores_and_boxes(network, to_blob(image, box, INPUT))[0]
        found = decode(raw, Suppression(score_floor=FLOOR))
        return rows_of(found.class_ids, found.scores, box.to_image(found.boxes), size)

    return look


def by_card(card: Path) -> Callable[[NDArray[np.uint8]], Rows]:
    """Looks at pictures with a detector of ours; only for the classes that COCO has.

    Raises:
        ModelError: The network or its card cannot be used.
    """
    detector = open_detector(card, threads=1)

    def look(image: NDArray[np.uint8]) -> Rows:
        found = detector.detect_image(image).of(*COCO_ROWS, min_score=FLOOR)
        size = (image.shape[1], image.shape[0])
        return rows_of(found.class_ids, found.scores, found.boxes, size)

    return look


def rows_of(
    kinds: NDArray[np.int64],
    scores: NDArray[np.float32],
    boxes: NDArray[np.float32],
    size: tuple[int, int],
) -> Rows:
    """Boxes in pixels of a picture of (width, height) as rows.

    >>> kinds, scores = np.array([3]), np.array([0.5], np.float32)
    >>> rows_of(kinds, scores, np.array([[0, 0, 50, 120]], np.float32), (100, 100)).tolist()
    [[3.0, 0.5, 0.0, 0.0, 0.5, 1.0]]
    """
    inside = np.clip(boxes / np.array(size * 2, np.float32), 0, 1)
    return np.column_stack([kinds, scores, inside]).astype(np.float32)


def pseudo_labels(
    prepared: Path, look: Callable[[NDArray[np.uint8]], Rows]
) -> dict[str, list[list[float]]]:
    """Write a detector's boxes on every real training picture of the index.

    Args:
        prepared: Folder made by `models.prepare`.
        look: What sees in a picture (height x width x 3, BGR).

    Raises:
        PrepareError, LabelSetError: The folder is no prepared one, or lacks a picture.
    """
    index = read_index(prepared)
    rendered = {s["name"] for s in index["sets"] if s["role"] == "rendered"}
    path = prepared / PSEUDO
    result: dict[str, list[list[float]]] = (
        json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    )
    rows = [
        r
        for r in index["pictures"]
        if r["split"] == "train" and r["dataset"] not in rendered and r["file"] not in result
    ]
    start = time.monotonic()
    for done, row in enumerate(rows, start=1):
        found = look(read_picture(prepared / "pictures" / row["file"]))
        result[row["file"]] = [
            [int(kind), *(round(v, 4) for v in numbers)] for kind, *numbers in found.tolist()
        ]
        if done % REPORT_EVERY == 0 or done == len(rows):
            path.write_text(json.dumps(result), encoding="utf-8")
            rate = done / (time.monotonic() - start)
            print(f"{done}/{len(rows)} pictures, {rate:.1f}/s", flush=True)
    return result


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(
        prog="models.pseudo_label", description=__doc__.split("\n\n")[0]
    )
    parser.add_argument("--prepared", type=Path, required=True, help="folder made by prepare")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--weights", type=Path, help="yolo11n_coco_rec_from_int8.pt")
    source.add_argument("--card", type=Path, help="card of a detector of ours")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="CPU threads")
    options = parser.parse_args(arguments)
    settle_on_cpu(options.threads)
    try:
        look = by_card(options.card) if options.card else by_initial_weights(options.weights)
        labels = pseudo_labels(options.prepared, look)
    except (ModelError, WeightsError, PrepareError, LabelSetError, OSError) as exc:
        print(f"pseudo_label: {exc}", file=sys.stderr)
        return 1
    boxes = sum(len(v) for v in labels.values())
    print(json.dumps({"ok": True, "pictures": len(labels), "boxes": boxes}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
