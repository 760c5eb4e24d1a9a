"""Train the patch classifier (ad, graffiti, sign or none of them) and export it with its card.

    python -m models.patch_kind --data path/to/data --checkpoint /tmp/run/last.pt --out /tmp/new
    python -m models.patch_kind --rendered /tmp/rendered --checkpoint ... --out /tmp/new  # no data

The body is the first seven layers of the trained street detector. Crops come from training pictures
that resemble no validation picture (`models.patch_crops`); part of them is hung on other walls
(`models.made_patches`). Half of the patches is shrunk to how far away cameras show them. With both
--data and --rendered every seventh patch is a rendered one. Writes OUT/patch_kind.onnx and .toml;
the figures are `models.evaluate_patch_kind --write`'s work. Needs torch.
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

import numpy as np
import torch  # type: ignore[import-not-found,unused-ignore]

from models.cards import write_card
from models.composites.bases import SourceError, training_pictures
from models.crop_network import CropNetwork, card_of, export, train
from models.label_sets import DATASETS, LabelSet, LabelSetError
from models.made_patches import PatchMaker
from models.network import WeightsError, load_checkpoint, settle_on_cpu
from models.patch_crops import RENDERED, SOURCES, PatchCrop, counts, read_patches, rendered_pictures
from pipeline.rules.patch_look import PATCH_KINDS

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIZE_PX: Final = 96
BATCH: Final = 32
BODY_SHARE: Final = 0.3  # of the new head's rate, at which the body learns
DRAWS: Final = 1600  # patches an epoch
KIND_SHARES: Final = (0.34, 0.12, 0.20, 0.34)  # of the draws, by `PATCH_KINDS`
RENDERED_SHARE: Final = 1 / 7  # of the draws, beside real pictures
NAME: Final = "patch_kind"
RECIPE: Final = (
    "first seven layers of the street detector, new head, patches with a margin of a fifth, part of"
    " them hung on other walls; models/patch_kind.py"
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Material:
    """Where patches come from, and how many of each source there are."""

    makers: tuple[PatchMaker, ...]
    shares: tuple[float, ...]  # of the draws
    rows: tuple[dict[str, Any], ...]  # of the card's [[data]]


def material(data: Path | None, rendered: Path | None, seed: int) -> Material:
    """Cut the training crops out.

    Raises:
        SourceError, LabelSetError: A picture or label is missing or wrong.
        ValueError: A kind has no crop.
    """
    rng = np.random.default_rng(seed)
    makers: list[PatchMaker] = []
    rows: list[dict[str, Any]] = []
    if data is not None:
        sets, pictures = training_pictures(data, DATASETS, [n for n in SOURCES if n != RENDERED])
        crops = read_patches([p for found in pictures.values() for p in found], rng)
        makers.append(PatchMaker(crops))
        rows += _rows(crops, sets)
    if rendered is not None:
        labels, shown = rendered_pictures(rendered, "train")
        crops = read_patches(shown, rng)
        makers.append(PatchMaker(crops))
        rows += _rows(crops, {labels.name: labels})
    both = len(makers) == 2  # noqa: PLR2004
    shares = (1 - RENDERED_SHARE, RENDERED_SHARE) if both else (1.0,)
    return Material(makers=tuple(makers), shares=shares, rows=tuple(rows))


def _rows(crops: Sequence[PatchCrop], sets: dict[str, LabelSet]) -> list[dict[str, Any]]:
    return [
        {"name": name, "role": sets[name].role, "licence": sets[name].licence, **found}
        for name, found in counts(crops).items()
    ]


def batches(
    given: Material, draws: int, rng: np.random.Generator
) -> Iterator[tuple[list[NDArray[np.uint8]], torch.Tensor]]:
    """An epoch of patches, of kinds and sources in fixed proportions."""
    for _ in range(draws // BATCH):
        kinds = rng.choice(len(PATCH_KINDS), size=BATCH, p=KIND_SHARES)
        sources = rng.choice(len(given.makers), size=BATCH, p=given.shares)
        images = [
            given.makers[source].patch(int(kind), SIZE_PX, rng)
            for kind, source in zip(kinds, sources, strict=True)
        ]
        yield images, torch.from_numpy(kinds.astype(np.int64))


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="models.patch_kind", description=__doc__.split("\n\n")[0])
    parser.add_argument("--data", type=Path, help="the data pack's folder")
    parser.add_argument("--rendered", type=Path, help="folder of rendered pictures")
    parser.add_argument("--checkpoint", type=Path, required=True, help="last.pt of models.train")
    parser.add_argument("--out", type=Path, required=True, help="folder for ONNX and card")
    parser.add_argument("--epochs", type=int, default=48)
    parser.add_argument("--draws", type=int, default=DRAWS, help="patches an epoch")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="CPU threads")
    options = parser.parse_args(arguments)
    if options.data is None and options.rendered is None:
        parser.error("give --data, --rendered or both")
    settle_on_cpu(options.threads)
    torch.manual_seed(options.seed)
    onnx_file = options.out / f"{NAME}.onnx"
    try:
        network = CropNetwork(load_checkpoint(options.checkpoint), len(PATCH_KINDS))
        given = material(options.data, options.rendered, options.seed)
        train(
            network,
            partial(batches, given, options.draws),
            epochs=options.epochs,
            seed=options.seed,
            body_share=BODY_SHARE,
        )
        export(network, onnx_file, SIZE_PX)
    except (WeightsError, SourceError, LabelSetError, ValueError, OSError) as exc:
        print(f"patch_kind: {exc}", file=sys.stderr)
        return 1
    card = onnx_file.with_suffix(".toml")
    training = {"recipe": RECIPE, "epochs": options.epochs, "seed": options.seed}
    write_card(
        card,
        card_of(
            onnx_file, classes=PATCH_KINDS, size_px=SIZE_PX, training=training, data=given.rows
        ),
    )
    size = onnx_file.stat().st_size
    print(json.dumps({"ok": True, "card": str(card), "bytes": size}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
