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
import json
import math
import sys
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from models.cards import read_card, write_card
from models.classes import LOAD_STATES
from models.evaluation.bootstrap import Interval, draw_counts, interval
from models.evaluation.calibration import reliability
from models.evaluation.figures import Row
from models.evaluation.page import table, whole_page
from models.evaluation.plots import reliability_diagram
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
    sure = balanced_interval(rows, abstain_below)
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
            "balanced_accuracy_low": round(sure.low, 4),
            "balanced_accuracy_high": round(sure.high, 4),
        }
    )
    return result


def balanced_interval(rows: Sequence[Answer], abstain_below: float) -> Interval:
    """Interval of the mean share of right answers over the true classes, abstentions left out.

    A draw without a named crop of some class says nothing about it, and is the mean of the others.
    """
    counts = draw_counts(len(rows))
    named = np.array([r.score >= abstain_below for r in rows])
    right = named & np.array([r.said in r.right for r in rows])
    shares = []
    for truth in dict.fromkeys(r.truth for r in rows):
        own = np.array([r.truth == truth for r in rows])
        with np.errstate(divide="ignore", invalid="ignore"):
            shares.append((counts @ (own & right)) / (counts @ (own & named)))
    with warnings.catch_warnings():  # a draw of abstentions alone has no figure
        warnings.simplefilter("ignore", RuntimeWarning)
        return interval(np.nanmean(np.array(shares), axis=0))


def report(out: Path, found: Mapping[str, Sequence[Answer]], rows: Sequence[Row]) -> None:
    """Write OUT/index.html and OUT/figures.json."""
    out.mkdir(parents=True, exist_ok=True)
    curves = {}
    for source, own in found.items():
        scores = np.array([r.score for r in own], dtype=np.float32)
        curves[source] = reliability(scores, np.array([r.said in r.right for r in own]))
    lines = [{**r, "class": r["truth"]} for r in rows if r["truth"] != "all"]
    states = ("source", "class", "crops", *LOAD_STATES, "abstained")
    totals = [r for r in rows if r["truth"] == "all"]
    whole = ("source", "crops", "abstained_share", "accuracy", "balanced_accuracy")
    diagrams = "".join(
        reliability_diagram(
            f"{s}, error {c.expected_error:.2f} ({sum(c.counts)})",
            c.mean_scores,
            c.shares_right,
            c.counts,
        )
        for s, c in curves.items()
    )
    body = (
        f"<h2>What each true state was called</h2>{table(lines, states)}"
        f"<h2>All states</h2>{table(totals, whole)}<h2>Calibration</h2>{diagrams}"
    )
    (out / "index.html").write_text(whole_page("Evaluation of load_state", body), encoding="utf-8")
    figures = {"figures": list(rows), "calibration": {s: asdict(c) for s, c in curves.items()}}
    (out / "figures.json").write_text(json.dumps(figures, indent=1), encoding="utf-8")


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


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="models.evaluate_load_state", description=__doc__.split("\n\n")[0]
    )
    parser.add_argument("--card", type=Path, default=SHIPPED, help="the network's card")
    parser.add_argument("--data", type=Path, help="the data pack's folder")
    parser.add_argument("--rendered", type=Path, help="folder of rendered pictures")
    parser.add_argument("--out", type=Path, help="folder for report page and JSON")
    parser.add_argument("--write", action="store_true", help="put the figures into the card")
    parser.add_argument(
        "--choose-abstention", action="store_true", help="choose abstain_below, then --write"
    )
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
    rows = [r for source, own in found.items() for r in metric_rows(source, own, abstain_below)]
    print_rows(rows)
    if options.write or options.choose_abstention:
        card["abstain_below"] = abstain_below
        card["metrics"] = [*rows, *(m for m in card.get("metrics", []) if m["source"] not in found)]
        write_card(options.card, card)
    wrong = disagreements(rows, [m for m in card.get("metrics", []) if m["source"] in found])
    print("\n".join(f"not as in the card: {w}" for w in wrong))
    if options.out:
        report(options.out, found, rows)
    numbers = sum(isinstance(v, int | float) for r in rows for v in r.values())
    return {
        "ok": not wrong,
        "crops": sum(len(own) for own in found.values()),
        "abstain_below": abstain_below,
        "figures": numbers,
        "disagreeing": len(wrong),
    }


def disagreements(rows: Sequence[Row], promised: Sequence[Row]) -> list[str]:
    """Figures of the card that were not reproduced."""
    measured = {(r["source"], r["truth"]): r for r in rows}
    wrong = [] if promised else ["the card has no figures of these sources"]
    for row in promised:
        found = measured.get((row["source"], row["truth"]), {})
        wrong += [
            f"{row['truth']} on {row['source']}: {key} {found.get(key)}, card {value}"
            for key, value in row.items()
            if not _same(value, found.get(key))
        ]
    return wrong


def _same(promised: object, found: object) -> bool:
    """Whether two figures agree; no figure (not a number) agrees with none."""
    if isinstance(promised, float) and isinstance(found, float) and math.isnan(promised):
        return math.isnan(found)
    return promised == found


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line."""
    options = parse(arguments)
    return print_last_line("evaluate_load_state", lambda: evaluate(options))


if __name__ == "__main__":
    sys.exit(main())
