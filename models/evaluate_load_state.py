"""Measure the shipped load state classifier on validation crops: ONNX and card, no torch.

    python -m models.evaluate_load_state --data path/to/data                      # card holds?
    python -m models.evaluate_load_state --data path/to/data --out var/load_state # with a page
    python -m models.evaluate_load_state --data path/to/data --write              # into the card
    python -m models.evaluate_load_state --data path/to/data --choose-abstention  # that too

Prints a confusion matrix for real and, with --rendered, for rendered crops. Real crops of an open
body do not say whether it is empty: both open states count as right there. Shares carry the 95 %
interval of a bootstrap over crops. "ok" says whether every figure agrees with the card's. Exit code
0 when ok, 1 when not, 2 when it cannot be measured.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from models.cards import read_card
from models.classes import LOAD_STATES
from models.evaluation.answers import (
    Answer,
    choose_abstention,
    conclude,
    metric_rows,
    options_of,
)
from models.label_sets import LabelSetError, read_picture
from models.last_line import print_last_line
from pipeline.detection.classifier import Classifier

SHIPPED: Final = Path(__file__).parent / "shipped" / "load_state.toml"
REAL_STATES: Final[dict[str, tuple[str, ...]]] = {
    "covered_tarp": ("covered",),
    "closed_body": ("closed",),
    "tanker": ("closed",),
    "open_uncovered": ("open_empty", "open_loaded"),
}


def answers(
    classifier: Classifier, folder: Path, truths: Mapping[str, tuple[str, ...]]
) -> list[Answer]:
    """Ask the classifier about every crop, abstentions not yet applied.

    Raises:
        LabelSetError: A class has no crop.
    """
    result = []
    for name, right in truths.items():
        files = sorted((folder / name).glob("*.*"))
        if not files:
            raise LabelSetError(folder / name, "no crops")
        for file in files:
            shares = classifier.classify(read_picture(file)).probabilities
            best = max(shares, key=lambda s: shares[s])
            truth = "/".join(right)
            result.append(Answer(truth=truth, right=right, said=best, score=shares[best]))
    return result


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = options_of("models.evaluate_load_state", __doc__.split("\n\n")[0], SHIPPED)
    parser.add_argument(
        "--choose-abstention", action="store_true", help="choose abstain_below, then --write"
    )
    options = parser.parse_args(arguments)
    if options.data is None and options.rendered is None:
        parser.error("give --data, --rendered or both")
    options.write |= options.choose_abstention
    return options


def evaluate(options: argparse.Namespace) -> dict[str, Any]:
    """Do what the command line asks for.

    Returns:
        The last line: "ok" and counts.

    Raises:
        ModelError, ValueError, OSError: Something is missing or wrong; no file was changed.
    """
    classifier = Classifier.from_card(options.card)
    card = read_card(options.card)
    found: dict[str, list[Answer]] = {}
    if options.data:
        folder = options.data / "trucks" / "cover_state" / "val"
        found["real:cover_state"] = answers(classifier, folder, REAL_STATES)
    if options.rendered:
        made = {s: (s,) for s in LOAD_STATES}
        found["rendered"] = answers(classifier, options.rendered / "trucks" / "val", made)
    abstain_below = float(card["abstain_below"])
    if options.choose_abstention:
        abstain_below = choose_abstention(list(found.values()))
    rows = [
        r
        for source, own in found.items()
        for r in metric_rows(source, own, LOAD_STATES, abstain_below)
    ]
    said = conclude(options, {**card, "abstain_below": abstain_below}, found, rows, LOAD_STATES)
    crops = sum(len(own) for own in found.values())
    return {**said, "crops": crops, "abstain_below": abstain_below}


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line."""
    options = parse(arguments)
    return print_last_line("evaluate_load_state", lambda: evaluate(options))


if __name__ == "__main__":
    sys.exit(main())
