"""Measure the shipped load state classifier on validation crops: ONNX and card, no torch.

    python -m models.evaluate_load_state --data path/to/data                      # card holds?
    python -m models.evaluate_load_state --data path/to/data --out var/load_state # with a page
    python -m models.evaluate_load_state --data path/to/data --write              # into the card
    python -m models.evaluate_load_state --data path/to/data --choose-abstention  # that too

Prints a confusion matrix for real and, with --rendered, for rendered crops. Where one sees an open
body but no load, both open states are right. Crops that cannot be told by eye stand apart: of those
the network should name few. Shares carry the 95 % interval of a bootstrap over crops. "ok" says
whether every figure agrees with the card's. Exit code 0 when ok, 1 when not, 2 when it cannot be
measured.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

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
from models.truck_loads import read_truck_crops
from pipeline.detection.classifier import Classifier

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SHIPPED: Final = Path(__file__).parent / "shipped" / "load_state.toml"
REAL: Final = "real:trucks"
UNCLEAR: Final = "unclear"
OPEN: Final = ("open_empty", "open_loaded")
# What the table says of a real truck -> row of the matrix, and what is right. Few are seen empty.
REAL_TRUTHS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "covered": ("covered", ("covered",)),
    "open": ("open", OPEN),
    "open_empty": ("open", OPEN),
    "open_loaded": ("open_loaded", ("open_loaded",)),
    "closed": ("closed", ("closed",)),
    UNCLEAR: (UNCLEAR, ()),
}


def answer(
    classifier: Classifier, image: NDArray[np.uint8], truth: str, right: tuple[str, ...]
) -> Answer:
    """Ask the classifier about a crop, abstention not yet applied."""
    shares = classifier.classify(image).probabilities
    best = max(shares, key=lambda s: shares[s])
    return Answer(truth=truth, right=right, said=best, score=shares[best])


def rendered_answers(classifier: Classifier, folder: Path) -> list[Answer]:
    """Ask about the crops of the simulated street, in folders by state.

    Raises:
        LabelSetError: A state has no crop.
    """
    result = []
    for state in LOAD_STATES:
        files = sorted((folder / state).glob("*.*"))
        if not files:
            raise LabelSetError(folder / state, "no crops")
        result += [answer(classifier, read_picture(f), state, (state,)) for f in files]
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
    unclear: list[Answer] = []
    if options.data:
        trucks = read_truck_crops(options.data, "val")
        asked = [answer(classifier, t.image, *REAL_TRUTHS[t.load]) for t in trucks]
        found[REAL] = [a for a in asked if a.truth != UNCLEAR]
        unclear = [a for a in asked if a.truth == UNCLEAR]
    if options.rendered:
        found["rendered"] = rendered_answers(classifier, options.rendered / "trucks" / "val")
    abstain_below = float(card["abstain_below"])
    if options.choose_abstention:
        abstain_below = choose_abstention(list(found.values()))
    rows = [
        r
        for source, own in found.items()
        for r in metric_rows(source, own, LOAD_STATES, abstain_below)
    ]
    if unclear:  # the matrix's row alone: no share of right answers
        rows.insert(0, metric_rows(REAL, unclear, LOAD_STATES, abstain_below)[0])
    said = conclude(options, {**card, "abstain_below": abstain_below}, found, rows, LOAD_STATES)
    crops = sum(len(own) for own in found.values())
    return {**said, "crops": crops, "abstain_below": abstain_below}


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line."""
    options = parse(arguments)
    return print_last_line("evaluate_load_state", lambda: evaluate(options))


if __name__ == "__main__":
    sys.exit(main())
