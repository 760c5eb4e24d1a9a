"""Measure the shipped patch classifier on validation crops: ONNX and card, no torch.

    python -m models.evaluate_patch_kind --data path/to/data                       # card holds?
    python -m models.evaluate_patch_kind --data path/to/data --out var/patch_kind  # with a page
    python -m models.evaluate_patch_kind --data path/to/data --write               # into the card

Crops are cut from the validation pictures with the same margin as in the product: labelled ads,
graffiti, signs and other things, and places where nothing is labelled; always the same ones. Each
size is a source of its own: as labelled, and shrunk and compressed to a short side of 40, 24 and
16 px, as far away cameras show them. "hung" asks what the rule asks (`ad_share`): whether an ad or
graffiti hangs there; signs are left out, and an answer that the rule would not fire on, nor take
for a denial, counts as abstained. Exit code 0 when the figures agree with the card, 1 when not, 2
when it cannot be measured.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from models.cards import read_card
from models.composites.harmony import jpeg
from models.evaluation.answers import Answer, conclude, metric_rows, options_of
from models.label_sets import LabelSetError
from models.last_line import print_last_line
from models.made_patches import shrunk
from models.patch_crops import (
    PatchCrop,
    read_patches,
    rendered_pictures,
    validation_pictures,
    with_margin,
)
from pipeline.detection.classifier import Classifier
from pipeline.rules.patch_look import PATCH_KINDS, ad_share
from pipeline.rules.settings import AdvertisingSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from models.label_sets import Picture

SHIPPED: Final = Path(__file__).parent / "shipped" / "patch_kind.toml"
SIZES_PX: Final = (None, 40, 24, 16)  # short side of the box; none: as it was labelled
SURE: Final = 0.67  # of "hung" or of its contrary: on less a new rectangle does not fire
FAR_QUALITY: Final = 60  # of the JPEG of what is far away
SEED: Final = 2  # of the places without a label
HUNG: Final = "hung"


def seen(crop: PatchCrop, short_px: int | None) -> NDArray[np.uint8]:
    """A crop with its margin, from so far away that its box has a short side."""
    image = with_margin(crop)
    side = float((crop.box[2:] - crop.box[:2]).min())
    if short_px is None or side <= short_px:
        return image
    return jpeg(shrunk(image, short_px / side), FAR_QUALITY)


def answers(
    classifier: Classifier, crops: Sequence[PatchCrop], short_px: int | None
) -> tuple[list[Answer], list[Answer]]:
    """Ask the classifier about every crop, abstentions not yet applied.

    Returns:
        The likeliest kind of each; and, but for signs, whether an ad or graffiti hangs there.
    """
    kinds, pairs = [], []
    for crop in crops:
        shares = classifier.classify(seen(crop, short_px)).probabilities
        best = max(shares, key=lambda kind: shares[kind])
        truth = PATCH_KINDS[crop.kind]
        kinds.append(Answer(truth=truth, right=(truth,), said=best, score=shares[best]))
        if truth == "sign":
            continue
        truth = truth if truth == "other" else HUNG
        share = ad_share(shares, AdvertisingSettings().new_sign_share)
        said = HUNG if share >= 0.5 else "other"  # noqa: PLR2004 (even odds)
        score = max(share, 1 - share)
        pairs.append(Answer(truth=truth, right=(truth,), said=said, score=score))
    return kinds, pairs


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = options_of("models.evaluate_patch_kind", __doc__.split("\n\n")[0], SHIPPED)
    options = parser.parse_args(arguments)
    if options.data is None and options.rendered is None:
        parser.error("give --data, --rendered or both")
    return options


def evaluate(options: argparse.Namespace) -> dict[str, Any]:
    """Do what the command line asks for.

    Returns:
        The last line: "ok" and counts.

    Raises:
        ModelError, ValueError, OSError: Something is missing or wrong; no file was changed.
    """
    classifier = Classifier.from_card(options.card)
    found: dict[str, list[Answer]] = {}
    if options.data:
        found |= _by_size("real", classifier, validation_pictures(options.data), options.data)
    if options.rendered:
        _, pictures = rendered_pictures(options.rendered, "val")
        found |= _by_size("rendered", classifier, pictures, options.rendered)
    rows = []
    for source, own in found.items():
        asks_pair = source.endswith(HUNG)
        names = (HUNG, "other") if asks_pair else PATCH_KINDS
        rows += metric_rows(source, own, names, SURE if asks_pair else 0.0)
    said = conclude(options, read_card(options.card), found, rows, (*PATCH_KINDS, HUNG))
    crops = sum(len(own) for source, own in found.items() if not source.endswith(HUNG))
    return {**said, "crops": crops}


def _by_size(
    name: str, classifier: Classifier, pictures: Sequence[Picture], folder: Path
) -> dict[str, list[Answer]]:
    """Answers by source, two for each size."""
    crops = read_patches(pictures, np.random.default_rng(SEED))
    if missing := set(PATCH_KINDS) - {PATCH_KINDS[c.kind] for c in crops}:
        raise LabelSetError(folder, f"no crops of {', '.join(sorted(missing))}")
    result = {}
    for size in SIZES_PX:
        source = f"{name}:patches" + (f", {size} px" if size else "")
        result[source], result[f"{source}, {HUNG}"] = answers(classifier, crops, size)
    return result


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line."""
    options = parse(arguments)
    return print_last_line("evaluate_patch_kind", lambda: evaluate(options))


if __name__ == "__main__":
    sys.exit(main())
