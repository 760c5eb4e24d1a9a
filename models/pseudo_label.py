"""Let the initial COCO weights label what the sets leave unlabelled: people, vehicles, umbrellas.

    python -m models.pseudo_label --prepared /tmp/prepared --weights path/to/yolo11n.pt

Without this the detector would forget the classes it starts with. Writes PREPARED/pseudo.json:
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
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import torch  # type: ignore[import-not-found,unused-ignore]

from models.label_sets import PAD, read_picture
from models.network import WeightsError, scores_and_boxes, settle_on_cpu, street_network
from models.prepare import PSEUDO
from pipeline.detection.card import NetworkInput
from pipeline.detection.letterbox import Letterbox, to_blob
from pipeline.detection.suppression import Suppression, decode

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


def pseudo_labels(prepared: Path, weights: Path) -> dict[str, list[list[float]]]:
    """Write the boxes of the initial weights on every real training picture of the index.

    Raises:
        WeightsError: The weights file is not the checked one.
    """
    network = street_network(weights, baseline=True).eval().fuse(verbose=False)
    network = network.to(memory_format=torch.channels_last)
    index = json.loads((prepared / "index.json").read_text(encoding="utf-8"))
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
        size = (int(row["width"]), int(row["height"]))
        box = Letterbox.fit(size, limit=(SIZE_PX, SIZE_PX), stride=INPUT.stride, fill=False)
        blob = to_blob(read_picture(prepared / "pictures" / row["file"]), box, INPUT)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            raw = scores_and_boxes(network, blob)[0]
        found = decode(raw, Suppression(score_floor=FLOOR))
        inside = np.clip(box.to_image(found.boxes) / (size * 2), 0, 1)
        result[row["file"]] = [
            [int(kind), *(round(float(v), 4) for v in (score, *corners))]
            for kind, score, corners in zip(found.class_ids, found.scores, inside, strict=True)
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
    parser.add_argument("--weights", type=Path, required=True, help="yolo11n_coco_rec_from_int8.pt")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads")
    options = parser.parse_args(arguments)
    settle_on_cpu(options.threads)
    try:
        labels = pseudo_labels(options.prepared, options.weights)
    except (WeightsError, OSError) as exc:
        print(f"pseudo_label: {exc}", file=sys.stderr)
        return 1
    boxes = sum(len(v) for v in labels.values())
    print(json.dumps({"ok": True, "pictures": len(labels), "boxes": boxes}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
