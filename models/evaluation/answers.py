"""Answers of a classifier about crops: confusion, abstention, intervals and calibration."""

from __future__ import annotations

import argparse
import json
import math
import warnings
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from models.cards import write_card
from models.evaluation.bootstrap import Interval, draw_counts, interval
from models.evaluation.calibration import reliability
from models.evaluation.page import table, whole_page
from models.evaluation.plots import reliability_diagram

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from models.evaluation.figures import Row

WANTED_ACCURACY: Final = 0.95  # of the crops that are named
MOST_ABSTAINED: Final = 0.2  # share of crops
TOLERANCE: Final = 0.005  # of a share, or of the crops
ABSTAIN_STEPS: Final = np.arange(0.4, 0.91, 0.05)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One crop: what it is, what would be right, what the classifier said."""

    truth: str  # row of the confusion matrix
    right: tuple[str, ...]
    said: str
    score: float


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


def metric_rows(
    source: str, rows: Sequence[Answer], names: Sequence[str], abstain_below: float
) -> list[dict[str, Any]]:
    """One row per true class (a line of the confusion matrix) and one for the whole source."""
    result: list[dict[str, Any]] = []
    recalls = []
    for truth in dict.fromkeys(r.truth for r in rows):
        own = [r for r in rows if r.truth == truth]
        named = [r for r in own if r.score >= abstain_below]
        said = {s: sum(r.said == s for r in named) for s in names}
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


def report(
    out: Path,
    found: Mapping[str, Sequence[Answer]],
    rows: Sequence[Row],
    names: Sequence[str],
    network: str,
) -> None:
    """Write OUT/index.html and OUT/figures.json."""
    out.mkdir(parents=True, exist_ok=True)
    curves = {}
    for source, own in found.items():
        scores = np.array([r.score for r in own], dtype=np.float32)
        curves[source] = reliability(scores, np.array([r.said in r.right for r in own]))
    lines = [{**r, "class": r["truth"]} for r in rows if r["truth"] != "all"]
    states = ("source", "class", "crops", *names, "abstained")
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
        f"<h2>What each true class was called</h2>{table(lines, states)}"
        f"<h2>All classes</h2>{table(totals, whole)}<h2>Calibration</h2>{diagrams}"
    )
    (out / "index.html").write_text(whole_page(f"Evaluation of {network}", body), encoding="utf-8")
    figures = {"figures": list(rows), "calibration": {s: asdict(c) for s, c in curves.items()}}
    (out / "figures.json").write_text(json.dumps(figures, indent=1), encoding="utf-8")


def options_of(prog: str, description: str, shipped: Path) -> argparse.ArgumentParser:
    """The command line that evaluations of classifiers share; `conclude` does what it asks for."""
    parser = argparse.ArgumentParser(prog=prog, description=description)
    parser.add_argument("--card", type=Path, default=shipped, help="the network's card")
    parser.add_argument("--data", type=Path, help="the data pack's folder")
    parser.add_argument("--rendered", type=Path, help="folder of rendered pictures")
    parser.add_argument("--out", type=Path, help="folder for report page and JSON")
    parser.add_argument("--write", action="store_true", help="put the figures into the card")
    return parser


def conclude(
    options: argparse.Namespace,
    card: dict[str, Any],
    found: Mapping[str, Sequence[Answer]],
    rows: Sequence[dict[str, Any]],
    names: Sequence[str],
) -> dict[str, Any]:
    """Print the figures, write card and page where asked to, and compare with the card.

    Args:
        options: Read by `options_of`.
        card: As it is to be written; figures of other sources stay in it.
        found: Answers by source.
        rows: Of `metric_rows`, all sources together.
        names: What may be said, in the order of the columns.

    Returns:
        "ok" (every figure is as in the card), "figures" and "disagreeing".
    """
    print_rows(rows, names)
    if options.write:
        kept = [m for m in card.get("metrics", []) if m["source"] not in found]
        card["metrics"] = [*rows, *kept]
        write_card(options.card, card)
    wrong = disagreements(rows, [m for m in card.get("metrics", []) if m["source"] in found])
    print("\n".join(f"not as in the card: {w}" for w in wrong))
    if options.out:
        report(options.out, found, rows, names, card["name"])
    figures = sum(isinstance(v, int | float) for r in rows for v in r.values())
    return {"ok": not wrong, "figures": figures, "disagreeing": len(wrong)}


def print_rows(rows: Sequence[dict[str, Any]], names: Sequence[str]) -> None:
    """Print the confusion matrices."""
    print(f"{'source':30}{'truth':24}{'crops':>6}", end="")
    print("".join(f"{s:>12}" for s in (*names, "abstained")))
    for row in rows:
        if row["truth"] == "all":
            print(f"{row['source']:30}accuracy {row['accuracy']:.3f}, ", end="")
            print(
                f"balanced {row['balanced_accuracy']:.3f}, abstained {row['abstained_share']:.3f}"
            )
        else:
            print(f"{row['source']:30}{row['truth']:24}{row['crops']:6}", end="")
            print("".join(f"{row.get(s, ''):>12}" for s in (*names, "abstained")))


def disagreements(rows: Sequence[Row], promised: Sequence[Row]) -> list[str]:
    """Figures of the card that were not reproduced."""
    measured = {(r["source"], r["truth"]): r for r in rows}
    wrong = [] if promised else ["the card has no figures of these sources"]
    for row in promised:
        found = measured.get((row["source"], row["truth"]), {})
        wrong += [
            f"{row['truth']} on {row['source']}: {key} {found.get(key)}, card {value}"
            for key, value in row.items()
            if not _same(key, value, found.get(key), row["crops"])
        ]
    return wrong


def _same(key: str, promised: object, found: object, crops: int) -> bool:
    """Whether two figures agree; no figure (not a number) agrees with none.

    Answers at even odds may fall the other way on another processor: of thousands, a few.
    """
    if isinstance(promised, float) and isinstance(found, float):
        if math.isnan(promised) or math.isnan(found):
            return math.isnan(promised) and math.isnan(found)
        return abs(promised - found) <= TOLERANCE
    if key != "crops" and isinstance(promised, int) and isinstance(found, int):
        return abs(promised - found) <= TOLERANCE * crops
    return promised == found
