"""Measure the shipped load state classifier on validation crops: ONNX and card, no torch.

    python -m models.evaluate_load_state --data path/to/data --rendered /tmp/rendered
    python -m models.evaluate_load_state --data path/to/data --rendered /tmp/rendered --write

Prints a confusion matrix for real and for rendered crops. Real crops of an open body do not say
whether it is empty: both open states count as right there. --write chooses the probability below
which the classifier abstains and puts it and the figures into the card.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from models.cards import read_card, write_card
from models.classes import LOAD_STATES
from models.label_sets import LabelSetError, read_picture
from pipeline.detection.classifier import Classifier
from pipeline.errors import ModelError

SHIPPED: Final = Path(__file__).parent / "shipped" / "load_state.toml"
REAL_STATES: Final[dict[str, tuple[str, ...]]] = {
    "covered_tarp": ("covered",),
    "closed_body": ("closed",),
    "tanker": ("closed",),
    "open_uncovered": ("open_empty", "open_loaded"),
}
WANTED_ACCURACY: Final = 0.95  # of the crops it names
MOST_ABSTAINED: Final = 0.2  # share of crops
ABSTAIN_STEPS: Final = np.arange(0.4, 0.91, 0.05)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One crop: what it is, what would be right, what the classifier said."""

    truth: str  # row of the confusion matrix
    right: tuple[str, ...]
    said: str
    score: float


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


def named_and_right(rows: Sequence[Answer], abstain_below: float) -> tuple[float, float]:
    """Share of crops that are named, and of these the share that is right."""
    named = [r for r in rows if r.score >= abstain_below]
    right = sum(r.said in r.right for r in named)
    return len(named) / len(rows), right / len(named) if named else float("nan")


def choose_abstention(sources: Sequence[Sequence[Answer]]) -> float:
    """Lowest probability that gives the wanted accuracy on all sources, within the allowed loss."""
    allowed = float(ABSTAIN_STEPS[0])
    for step in ABSTAIN_STEPS:
        figures = [named_and_right(rows, float(step)) for rows in sources]
        if min(named for named, _ in figures) < 1 - MOST_ABSTAINED:
            break
        allowed = float(step)
        if min(right for _, right in figures) >= WANTED_ACCURACY:
            break
    return round(allowed, 2)


def metric_rows(source: str, rows: Sequence[Answer], abstain_below: float) -> list[dict[str, Any]]:
    """One row per true class (a line of the confusion matrix) and one for the whole source."""
    result: list[dict[str, Any]] = []
    recalls = []
    for truth in dict.fromkeys(r.truth for r in rows):
        own = [r for r in rows if r.truth == truth]
        named = [r for r in own if r.score >= abstain_below]
        said = {s: sum(r.said == s for r in named) for s in LOAD_STATES}
        if named:
            recalls.append(sum(r.said in r.right for r in named) / len(named))
        result.append(
            {"source": source, "split": "val", "truth": truth, "crops": len(own), **said}
            | {"abstained": len(own) - len(named)}
        )
    named_share, right_share = named_and_right(rows, abstain_below)
    result.append(
        {
            "source": source,
            "split": "val",
            "truth": "all",
            "crops": len(rows),
            "abstained": sum(r.score < abstain_below for r in rows),
            "abstained_share": round(1 - named_share, 4),
            "accuracy": round(right_share, 4),
            "balanced_accuracy": round(float(np.mean(recalls)), 4) if recalls else float("nan"),
        }
    )
    return result


def print_rows(rows: Sequence[dict[str, Any]]) -> None:
    """Print the confusion matrices."""
    print(f"{'source':18}{'truth':24}{'crops':>6}", end="")
    print("".join(f"{s:>12}" for s in (*LOAD_STATES, "abstained")))
    for row in rows:
        if row["truth"] == "all":
            print(f"{row['source']:18}accuracy {row['accuracy']:.3f}, ", end="")
            print(
                f"balanced {row['balanced_accuracy']:.3f}, abstained {row['abstained_share']:.3f}"
            )
        else:
            print(f"{row['source']:18}{row['truth']:24}{row['crops']:6}", end="")
            print("".join(f"{row[s]:12}" for s in (*LOAD_STATES, "abstained")))


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(
        prog="models.evaluate_load_state", description=__doc__.split("\n\n")[0]
    )
    parser.add_argument("--card", type=Path, default=SHIPPED, help="the network's card")
    parser.add_argument("--data", type=Path, help="the data pack's folder")
    parser.add_argument("--rendered", type=Path, help="folder of rendered pictures")
    parser.add_argument("--write", action="store_true", help="put the figures into the card")
    options = parser.parse_args(arguments)
    found: dict[str, list[Answer]] = {}
    try:
        classifier = Classifier.from_card(options.card)
        card = read_card(options.card)
        if options.data:
            folder = options.data / "trucks" / "cover_state" / "val"
            found["real:cover_state"] = answers(classifier, folder, REAL_STATES)
        if options.rendered:
            made = {s: (s,) for s in LOAD_STATES}
            found["rendered"] = answers(classifier, options.rendered / "trucks" / "val", made)
    except (ModelError, LabelSetError, OSError) as exc:
        print(f"evaluate_load_state: {exc}", file=sys.stderr)
        return 1
    if not found:
        parser.error("give --data, --rendered or both")
    abstain_below = float(card["abstain_below"])
    if options.write:
        abstain_below = choose_abstention(list(found.values()))
    rows = [r for source, own in found.items() for r in metric_rows(source, own, abstain_below)]
    print_rows(rows)
    agrees = True
    if options.write:
        card["abstain_below"] = abstain_below
        card["metrics"] = [*rows, *(m for m in card.get("metrics", []) if m["source"] not in found)]
        write_card(options.card, card)
    else:
        agrees = rows == [m for m in card.get("metrics", []) if m["source"] in found]
    crops = sum(len(own) for own in found.values())
    print(json.dumps({"ok": agrees, "abstain_below": abstain_below, "crops": crops}))
    return 0 if agrees else 1


if __name__ == "__main__":
    sys.exit(main())
