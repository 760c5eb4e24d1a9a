"""Train the truck load state classifier on crops and export it with its card.

    python -m models.load_state --data path/to/data --rendered /tmp/rendered
        --checkpoint /tmp/run/last.pt --out models/shipped      (one line)

Classes: covered, open_empty, open_loaded, closed. The body is the first seven layers of the trained
street detector, which has seen trucks. Real crops (datasets/truck_loads.csv) often show an open
body without saying whether it is empty; those that nobody can tell teach it to be unsure. Loads of
soil come from the rendered street. Writes OUT/load_state.onnx and OUT/load_state.toml; the abstain
threshold and the figures are `models.evaluate_load_state --write`'s work. Needs torch and
ultralytics.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np
import torch  # type: ignore[import-not-found,unused-ignore]

from models.cards import write_card
from models.classes import LOAD_STATES
from models.crop_network import CropNetwork, card_of, export, train
from models.evaluation.looking import RENDERED
from models.label_sets import LabelSetError, descriptions, read_picture
from models.network import WeightsError, load_checkpoint, settle_on_cpu
from models.samples import jitter_colour, letterboxed, part_of
from models.truck_loads import read_truck_crops

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIZE_PX: Final = 128
LEAST_SIDE_PX: Final = 32
LEAST_ASPECT: Final = 0.8  # width over height
BATCH: Final = 32
BODY_SHARE: Final = 0.25  # of the new head's rate, at which the body learns
DRAWS: Final = 960  # crops an epoch
ABSTAIN_BELOW: Final = 0.6  # until `models.evaluate_load_state --choose-abstention` has chosen
RECIPE: Final = (
    "first seven layers of the street detector, new head, crops with a margin of a tenth;"
    " models/load_state.py"
)
REAL_SHARE: Final = 0.6  # of the draws of a class that has real crops

# What the table says of a real truck -> shares of the states. An open body of which one sees no
# load is mostly empty, and a load that nobody sees must not count as one.
REAL_TARGETS: Final[dict[str, dict[str, float]]] = {
    **{state: {state: 1.0} for state in LOAD_STATES},
    "open": {"open_empty": 0.8, "open_loaded": 0.2},
    "unclear": dict.fromkeys(LOAD_STATES, 1 / len(LOAD_STATES)),
}
UNCLEAR_SHARE: Final = 0.1  # of the draws


@dataclass(frozen=True, kw_only=True)
class Crop:
    """A truck with a margin of a tenth, and what is known of its load."""

    image: NDArray[np.uint8]  # BGR
    target: NDArray[np.float32]  # (4,) shares of `LOAD_STATES`
    source: str  # the real set, or `rendered`

    @property
    def state(self) -> int | None:
        """The likeliest of `LOAD_STATES`; none where all are as likely."""
        return int(self.target.argmax()) if np.ptp(self.target) else None


def real_crops(data: Path) -> list[Crop]:
    """Labelled trucks of the data pack.

    Raises:
        LabelSetError: See `read_truck_crops`.
    """
    found = []
    for truck in read_truck_crops(data, "train"):
        shares = REAL_TARGETS[truck.load]
        target = np.array([shares.get(s, 0.0) for s in LOAD_STATES], dtype=np.float32)
        found.append(Crop(image=truck.image, target=target, source=truck.dataset))
    return found


def rendered_crops(folder: Path) -> list[Crop]:
    """Crops of the simulated street, in folders by state.

    Raises:
        LabelSetError: A state has no folder or no crop, or a picture cannot be read.
    """
    found = []
    for target, name in zip(np.eye(len(LOAD_STATES), dtype=np.float32), LOAD_STATES, strict=True):
        files = sorted((folder / name).glob("*.*"))
        if not files:
            raise LabelSetError(folder / name, "no crops")
        pictures = [read_picture(f) for f in files]
        found += [Crop(image=p, target=target, source=RENDERED) for p in pictures if shows_bed(p)]
    return found


def shows_bed(image: NDArray[np.uint8]) -> bool:
    """Whether a rendered crop can show a truck's bed: not one that is cut off to a cab or corner.

    Real crops were looked at one by one.
    """
    height, width = image.shape[:2]
    return bool(min(height, width) >= LEAST_SIDE_PX and width >= LEAST_ASPECT * height)


def disturb(image: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """A crop as a worse camera or a worse box would give it."""
    height, width = image.shape[:2]
    low = (rng.uniform(0, 0.1, 2) * [height, width]).astype(int)
    high = ((1 - rng.uniform(0, 0.1, 2)) * [height, width]).astype(int)
    image = image[low[0] : max(high[0], low[0] + 8), low[1] : max(high[1], low[1] + 8)]
    turned = image[:, ::-1] if rng.random() < 0.5 else image  # noqa: PLR2004 (half of them)
    image = letterboxed(np.ascontiguousarray(turned), SIZE_PX)
    if rng.random() < 0.4:  # noqa: PLR2004 (far away)
        small = int(rng.integers(36, 96))
        tiny = cv2.resize(image, (small, small), interpolation=cv2.INTER_AREA)
        image = np.asarray(cv2.resize(tiny, (SIZE_PX, SIZE_PX)), dtype=np.uint8)
    if rng.random() < 0.3:  # noqa: PLR2004 (moving or out of focus)
        across, down = (int(v) * 2 + 1 for v in rng.integers(0, 3, 2))
        image = np.asarray(cv2.blur(image, (across, down)), dtype=np.uint8)
    image = jitter_colour(image, rng)
    if rng.random() < 0.3:  # noqa: PLR2004 (dusk)
        image = (255 * (image / 255.0) ** rng.uniform(0.6, 2.0)).astype(np.uint8)
    if rng.random() < 0.4:  # noqa: PLR2004 (sensor noise)
        noise = rng.normal(0, rng.uniform(2, 12), image.shape)
        image = np.clip(image + noise, 0, 255).astype(np.uint8)
    if rng.random() < 0.3:  # noqa: PLR2004 (something in front)
        x, y, w, h = (int(v) for v in rng.uniform([0, 0, 8, 8], [100, 100, 36, 36]))
        image[y : y + h, x : x + w] = rng.integers(0, 255, 3)
    return image


def draw(crops: Sequence[Crop], rng: np.random.Generator) -> list[Crop]:
    """An epoch: as many of each state, real and rendered in a fixed proportion; some unclear."""
    unclear = [c for c in crops if c.state is None]
    wanted = [(unclear, round(DRAWS * UNCLEAR_SHARE) if unclear else 0)]
    count = (DRAWS - wanted[0][1]) // len(LOAD_STATES)
    for state in range(len(LOAD_STATES)):
        own = [c for c in crops if c.state == state]
        real, made = (
            [c for c in own if c.source != RENDERED],
            [c for c in own if c.source == RENDERED],
        )
        from_real = count if not made else round(count * REAL_SHARE) if real else 0
        wanted += [(real, from_real), (made, count - from_real)]
    chosen = [
        group[int(i)]
        for group, number in wanted
        for i in rng.integers(max(1, len(group)), size=number if group else 0)
    ]
    return [chosen[int(i)] for i in rng.permutation(len(chosen))]


def batches(
    crops: Sequence[Crop], rng: np.random.Generator
) -> Iterator[tuple[list[NDArray[np.uint8]], torch.Tensor]]:
    """An epoch of disturbed crops with the shares of their states."""
    drawn = draw(crops, rng)
    for at in range(0, len(drawn) - BATCH + 1, BATCH):
        batch = drawn[at : at + BATCH]
        wanted = torch.from_numpy(np.stack([crop.target for crop in batch]))
        yield [disturb(crop.image, rng) for crop in batch], wanted


def counts(crops: Sequence[Crop]) -> list[dict[str, Any]]:
    """Crops of each state by source, those that may be either counted as the likelier: [[data]]."""
    licences = {labels.name: labels.licence for labels in descriptions()}
    rows = []
    for source in sorted({c.source for c in crops}):
        own = [c.state for c in crops if c.source == source]
        states = {name: own.count(i) for i, name in enumerate(LOAD_STATES)}
        role = RENDERED if source == RENDERED else "real"
        row = {"name": source, "role": role, "licence": licences[source], **states}
        rows.append({**row, "unclear": own.count(None)})
    return rows


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="models.load_state", description=__doc__.split("\n\n")[0])
    parser.add_argument("--data", type=Path, help="the data pack's folder; none: no real crops")
    parser.add_argument("--rendered", type=Path, required=True, help="folder of rendered pictures")
    parser.add_argument("--checkpoint", type=Path, required=True, help="last.pt of models.train")
    parser.add_argument("--out", type=Path, required=True, help="folder for ONNX and card")
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--share", type=float, default=1.0, help="of the real crops, 0..1")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="CPU threads")
    options = parser.parse_args(arguments)
    settle_on_cpu(options.threads)
    torch.manual_seed(options.seed)
    try:
        detector = load_checkpoint(options.checkpoint)
        crops = rendered_crops(options.rendered / "trucks" / "train")
        if options.data is not None:
            crops += part_of(real_crops(options.data), options.share)
        network = CropNetwork(detector, len(LOAD_STATES))
        train(
            network,
            partial(batches, crops),
            epochs=options.epochs,
            seed=options.seed,
            body_share=BODY_SHARE,
        )
        onnx_file = options.out / "load_state.onnx"
        export(network, onnx_file, SIZE_PX)
    except (WeightsError, LabelSetError, OSError) as exc:
        print(f"load_state: {exc}", file=sys.stderr)
        return 1
    card = options.out / "load_state.toml"
    training = {"recipe": RECIPE, "epochs": options.epochs, "seed": options.seed}
    found = card_of(
        onnx_file, classes=LOAD_STATES, size_px=SIZE_PX, training=training, data=counts(crops)
    )
    write_card(card, {**found, "abstain_below": ABSTAIN_BELOW})
    size = onnx_file.stat().st_size
    print(json.dumps({"ok": True, "card": str(card), "crops": len(crops), "bytes": size}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
