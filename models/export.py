"""Export a trained street detector to ONNX with its card.

    python -m models.export --checkpoint /tmp/run/last.pt --prepared /tmp/prepared --out /tmp/new
    python -m models.export --baseline path/to/yolo11n.pt --out /tmp/baseline

Writes OUT/street.onnx (any batch, any height and width that are multiples of 32; raw boxes and
scores) and OUT/street.toml. The ONNX must give what torch gives on a random picture of two sizes,
else nothing is written. Thresholds and figures of the card are `models.evaluate --write`'s work.
With --baseline the initial COCO weights are exported in our class order, to compare with.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
import onnxruntime  # type: ignore[import-untyped]
import onnxslim  # type: ignore[import-not-found,unused-ignore]
import torch  # type: ignore[import-not-found,unused-ignore]
from torch import Tensor, nn  # type: ignore[import-not-found,unused-ignore]

from models.cards import card_head, write_card
from models.classes import CLASSES
from models.label_sets import PAD
from models.network import (
    STRIDES,
    Network,
    WeightsError,
    load_checkpoint,
    read_checkpoint,
    scores_and_boxes,
    street_network,
)
from models.prepare import PrepareError, read_index

OPSET: Final = 17
PARITY: Final = 2e-3  # largest difference of a score; boxes may differ by as much of a pixel x 100
FIRST_THRESHOLD: Final = 0.35  # until evaluate has chosen


class MeanDistance(nn.Module):  # type: ignore[misc,unused-ignore]
    """Distances of a box's edges as the means of their distributions, like Ultralytics' DFL.

    ONNX Runtime works out a softmax row by row, and these 33,600 rows of 16 values took a tenth of
    the fast variant's time on a CPU (12 of 125 ms, one thread); a product with two rows of weights
    takes 0.6 ms.
    """

    def __init__(self, bins: int) -> None:
        super().__init__()
        ramp = torch.arange(bins, dtype=torch.float32)
        self.register_buffer("weights", torch.stack([ramp, torch.ones_like(ramp)]))

    def forward(self, logits: Tensor) -> Tensor:
        """Distances (batch, 4, anchors) in cells, of logits (batch, 4 x bins, anchors)."""
        batch, channels, anchors = logits.shape
        rows = logits.view(batch, 4, channels // 4, anchors)
        shares = (rows - rows.amax(2, keepdim=True)).exp()
        sums = self.weights @ shares  # of distance x share, and of the shares
        return sums[:, :, 0] / sums[:, :, 1]


def to_onnx(network: Network, path: Path) -> None:
    """Write a street network as ONNX: input `images`, output `output0`.

    The network is left fit for inference only.
    """
    network = network.eval().fuse(verbose=False)
    head = network.model[-1]
    head.export, head.dynamic, head.format = True, True, "onnx"
    trained, head.dfl = head.dfl, MeanDistance(head.reg_max)
    torch.onnx.export(
        network,
        (torch.zeros(1, 3, 640, 640),),
        str(path),
        opset_version=OPSET,
        input_names=["images"],
        output_names=["output0"],
        dynamic_axes={
            "images": {0: "batch", 2: "height", 3: "width"},
            "output0": {0: "batch", 2: "anchors"},
        },
        dynamo=False,
    )
    head.dfl = trained  # what `differences` compares with
    onnx.save(onnxslim.slim(onnx.load(path)), path)


def differences(network: Network, path: Path) -> tuple[float, float]:
    """Largest difference between torch and ONNX Runtime, of a box in pixels and of a score.

    Two shapes and a batch of two are compared, so that a size frozen into the graph shows.
    """
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    rng = np.random.default_rng(0)
    worst_box = worst_score = 0.0
    for shape in ((1, 3, 640, 640), (2, 3, 384, 640)):
        pixels = rng.random(shape, dtype=np.float32)
        ours = session.run(None, {"images": pixels})[0]
        theirs = scores_and_boxes(network, pixels)
        anchors = sum(shape[2] // s * (shape[3] // s) for s in STRIDES)
        if ours.shape != (shape[0], 4 + len(CLASSES), anchors):
            message = f"{path}: output {ours.shape} for input {shape}"
            raise WeightsError(message)
        gap = np.abs(ours - theirs)
        worst_box = max(worst_box, float(gap[:, :4].max()))
        worst_score = max(worst_score, float(gap[:, 4:].max()))
    return worst_box, worst_score


def data_rows(prepared: Path) -> list[dict[str, Any]]:
    """What the network saw, by set, for the card.

    Raises:
        PrepareError: The folder is no prepared one.
    """
    index = read_index(prepared)
    rows = []
    for labels in index["sets"]:
        train = [
            p for p in index["pictures"] if p["dataset"] == labels["name"] and p["split"] == "train"
        ]
        rows.append(
            {
                "name": labels["name"],
                "role": labels["role"],
                "licence": labels["licence"],
                "pictures_train": len(train),
                "boxes_train": sum(len(p["labels"]) for p in train),
            }
        )
    return rows


def card_of(
    onnx_file: Path, training: dict[str, Any], data: list[dict[str, Any]]
) -> dict[str, Any]:
    """The card without figures."""
    return {
        **card_head(onnx_file, name="street", task="detect"),
        "input": {
            "name": "images",
            "width": 640,
            "height": 640,
            "stride": max(STRIDES),
            "channels": "RGB",
            "range": [0.0, 1.0],
            "pad": PAD,
        },
        "output": {"name": "output0", "layout": "cxcywh+scores"},
        "classes": [{"name": name, "threshold": FIRST_THRESHOLD} for name in CLASSES],
        "training": training,
        "data": data,
    }


def export(
    network: Network, out: Path, training: dict[str, Any], data: list[dict[str, Any]]
) -> Path:
    """Write ONNX and card.

    Raises:
        WeightsError: ONNX Runtime gives other boxes than torch.
    """
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out) as folder:
        made = Path(folder) / "street.onnx"
        to_onnx(network, made)
        box, score = differences(network, made)
        if score > PARITY or box > PARITY * 100:
            message = f"ONNX differs from torch by {box:.4f} px and {score:.6f} of a score"
            raise WeightsError(message)
        made.replace(out / made.name)
    print(f"ONNX equals torch within {box:.5f} px and {score:.7f} of a score")
    write_card(out / "street.toml", card_of(out / "street.onnx", training, data))
    return out / "street.toml"


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="models.export", description=__doc__.split("\n\n")[0])
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--checkpoint", type=Path, help="last.pt of models.train")
    source.add_argument("--baseline", type=Path, help="initial COCO weights, untrained")
    parser.add_argument("--prepared", type=Path, help="folder the run learned from")
    parser.add_argument("--recipe", default="", help="a line for the card: what was done")
    parser.add_argument("--out", type=Path, required=True, help="folder for ONNX and card")
    options = parser.parse_args(arguments)
    if options.checkpoint and not options.prepared:
        parser.error("--checkpoint needs --prepared: the card says what the network learned from")
    try:
        if options.baseline:
            network = street_network(options.baseline, baseline=True)
            training = {"recipe": "initial COCO weights, not trained further"}
            data = []
        else:
            network = load_checkpoint(options.checkpoint)
            state = read_checkpoint(options.checkpoint)
            course = state["course"]
            training = {
                "recipe": options.recipe
                or "YOLO11n from COCO weights, masked loss; models/train.py",
                "epochs": state["epoch"],
                "steps": state["step"],
                "image_size": course["size"],
                "batch": course["batch"],
                "seed": course["seed"],
            }
            data = data_rows(options.prepared)
        card = export(network, options.out, training, data)
    except (WeightsError, PrepareError, OSError) as exc:
        print(f"export: {exc}", file=sys.stderr)
        return 1
    print(json.dumps({"ok": True, "card": str(card)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
