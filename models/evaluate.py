"""Measure a shipped street detector on labelled pictures: the ONNX file and its card, no torch.

    python -m models.evaluate --data path/to/data                       # does the card hold?
    python -m models.evaluate --data path/to/data --out var/evaluation  # with report page and JSON
    python -m models.evaluate --data path/to/data --write               # figures into the card
    python -m models.evaluate --data path/to/data --choose-thresholds   # thresholds too
    python -m models.evaluate --data path/to/data --card NEW --against OLD

Runs the pipeline's own detector on the validation pictures of every set. A set speaks only of
classes that it labels completely; --rendered adds rendered pictures as a source of their own. "ok"
says whether every figure agrees with the card's, or with --against whether the new detector may
replace the old: no class worse by more than its interval (models/evaluation/replacement.py). Exit
code 0 when ok, 1 when not, 2 when it cannot be measured.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from models.cards import read_card, write_card
from models.classes import CLASSES
from models.evaluation import calibration, figures, replacement, twins
from models.evaluation.figures import Row
from models.evaluation.looking import FLOOR, SeenSet, look_at_all, read_sets
from models.evaluation.page import page
from models.evaluation.thresholds import choose_thresholds
from models.evaluation.worst_errors import errors_of, write_sheet
from models.label_sets import DATASETS, LabelSet, Picture, descriptions
from models.last_line import print_last_line
from models.review_format import stop_at
from models.reviews import reviewed_sets
from pipeline.detection.detector import Detector
from pipeline.errors import ModelCardError

SHIPPED: Final = Path(__file__).parent / "shipped" / "street.toml"
THREADS: Final = 2
AGREEMENT: Final = 0.005  # figures move by less between processors
WORDS: Final = frozenset({"class", "source", "split"})  # keys of a card's row that are no figures
# What a card says of each class and source; the report has more.
ON_THE_CARD: Final = (
    "class",
    "source",
    "pictures",
    "boxes",
    "ap50",
    "ap50_low",
    "ap50_high",
    "ap30",
    "ap50_95",
    "precision",
    "recall",
    "threshold",
)


def open_detector(card: Path, threads: int = THREADS) -> Detector:
    """The detector of a card, refused where its classes are not ours in our order.

    Raises:
        ModelError: The network or its card cannot be used.
    """
    detector = Detector.from_card(card, threads=threads, score_floor=FLOOR)
    if detector.card.class_names != CLASSES:
        wrong = ", ".join(detector.card.class_names)
        raise ModelCardError(f"{card}: its classes are not those of models/classes.py: {wrong}")
    return detector


def metric_rows(rows: Sequence[Row], image_size: int) -> list[Row]:
    """Figures as the card holds them."""
    return [
        {k: r[k] for k in ON_THE_CARD if k in r} | {"split": "val", "image_size": image_size}
        for r in rows
    ]


def disagreements(
    rows: Sequence[Row], card: Mapping[str, Any], sources: Collection[str]
) -> list[str]:
    """Figures of the card that were not reproduced, among the sources that were looked at."""
    measured = {(r["class"], r["source"]): r for r in rows}
    asked = [m for m in card.get("metrics", []) if m.get("source") in sources]
    wrong = [] if asked else ["the card has no figures of these sources; run evaluate --write"]
    for promised in asked:
        found = measured.get((promised["class"], promised["source"]), {})
        for key in (k for k in promised if k not in WORDS):
            ours, theirs = found.get(key, math.nan), promised[key]
            same = ours == theirs or (math.isnan(ours) and math.isnan(theirs) and key in found)
            if not same and not abs(ours - theirs) <= AGREEMENT:
                wrong.append(
                    f"{promised['class']} on {promised['source']}: {key} {ours}, card {theirs}"
                )
    return wrong


def put_into_card(
    path: Path, card: dict[str, Any], rows: Sequence[Row], thresholds: Mapping[str, float]
) -> None:
    """Write thresholds and figures into a card; sources that were not measured keep theirs."""
    card["classes"] = [{"name": c, "threshold": thresholds[c]} for c in CLASSES]
    sources = {r["source"] for r in rows}
    kept = [m for m in card.get("metrics", []) if m["source"] not in sources]
    card["metrics"] = sorted([*rows, *kept], key=lambda r: (CLASSES.index(r["class"]), r["source"]))
    write_card(path, card)


def report(
    out: Path,
    *,
    detector: Detector,
    sets: Sequence[SeenSet],
    thresholds: Mapping[str, float],
    listed: Mapping[str, Sequence[Mapping[str, Any]]],
    verdict: Mapping[str, Any],
) -> None:
    """Write OUT/figures.json, OUT/index.html and the contact sheets.

    Args:
        out: The folder.
        detector: What looked.
        sets: What it saw.
        thresholds: Scores from which detections count.
        listed: Twins, see `twins.read_twins`.
        verdict: "ok", "disagreeing" and "figures" by source.

    Raises:
        ValueError, OSError: A picture cannot be read, a file not written.
    """
    card = detector.card
    result = {
        **verdict,
        "model": {
            "name": card.name,
            "version": card.version,
            "file": card.file,
            "sha256": card.sha256,
        },
        "pooled": figures.pooled(sets, thresholds),
        "by_size": figures.by_size(sets),
        "by_light": figures.by_light(sets),
        "false_alarms": figures.false_alarms(sets, thresholds),
        "calibration": calibration.by_class(sets),
        "twins": [
            *twins.on_pictures(listed.get("pictures", []), sets, thresholds),
            *twins.on_labelled(listed.get("labelled", []), sets, thresholds),
            *twins.on_rendered(listed.get("rendered", []), detector, thresholds),
        ],
    }
    out.mkdir(parents=True, exist_ok=True)
    sheets = []
    real = [s for s in sets if s.is_real]
    titles = ("Surest false alarms on real pictures", "Largest misses on real pictures")
    for title, errors in zip(titles, errors_of(real, thresholds), strict=True):
        misses = title.startswith("Largest")
        name = "misses.jpg" if misses else "false_alarms.jpg"
        write_sheet(out / name, errors, misses=misses)
        sheets += [(title, name)] if errors else []
    (out / "index.html").write_text(page(result, sheets), encoding="utf-8")
    (out / "figures.json").write_text(json.dumps(result, indent=1), encoding="utf-8")


def print_table(rows: Sequence[Row]) -> None:
    """Print figures for people."""
    print(f"\n{'class':12}{'source':24}{'pict':>5}{'boxes':>6}{'AP50':>7}{'95 %':>12}", end="")
    print(f"{'50:95':>7}{'prec':>7}{'recall':>7}{'at':>6}")
    for row in rows:
        print(f"{row['class']:12}{row['source']:24}{row['pictures']:5}{row['boxes']:6}", end="")
        print(f"{row['ap50']:7.3f}  {row['ap50_low']:.2f}..{row['ap50_high']:.2f}", end="")
        print(f"{row['ap50_95']:7.3f}{row['precision']:7.3f}{row['recall']:7.3f}", end="")
        print(f"{row['threshold']:6.2f}")


def against(
    new: Sequence[SeenSet],
    thresholds: Mapping[str, float],
    old_card: Path,
    options: argparse.Namespace,
) -> bool:
    """Print the comparison with another detector; whether the new one may replace it.

    Raises:
        ModelError, ValueError: The old detector cannot be measured.
    """
    detector = open_detector(old_card, options.threads)
    seen = look_at_all(detector, sets_to_measure(options))
    rows = replacement.compare(new, seen, thresholds, detector.card.thresholds)
    print(f"{'class':12}{'figure':22}{'from':10}{'of':>6}{'old':>9}{'new':>9}  difference, 95 %")
    for row in rows:
        print(f"{row['class']:12}{row['figure']:22}{row['source']:10}{row['counted']:6}", end="")
        print(f"{row['old']:9.3f}{row['new']:9.3f}  {row['difference_low']:+.3f}..", end="")
        print(f"{row['difference_high']:+.3f}  {row['verdict']}")
    return replacement.may_replace(rows)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="models.evaluate", description=__doc__.split("\n\n")[0])
    parser.add_argument("--card", type=Path, default=SHIPPED, help="the network's card")
    parser.add_argument("--data", type=Path, help="the data pack's folder")
    parser.add_argument("--rendered", type=Path, help="folder of rendered pictures")
    parser.add_argument("--reviews", type=Path, help="folder that models.reviews wrote")
    parser.add_argument("--datasets", type=Path, default=DATASETS, help="descriptions of the sets")
    parser.add_argument("--twins", type=Path, default=twins.LISTED, help="list of twins")
    parser.add_argument("--out", type=Path, help="folder for report page, JSON and contact sheets")
    parser.add_argument("--against", type=Path, help="card of the detector to be replaced")
    parser.add_argument("--write", action="store_true", help="put the figures into the card")
    parser.add_argument(
        "--choose-thresholds", action="store_true", help="choose thresholds, then --write"
    )
    parser.add_argument("--threads", type=int, default=THREADS, help="CPU threads")
    options = parser.parse_args(arguments)
    if options.data is None and options.rendered is None and options.reviews is None:
        parser.error("give --data, --rendered or --reviews")
    return options


def sets_to_measure(options: argparse.Namespace) -> list[tuple[LabelSet, list[Picture]]]:
    """The validation pictures that the command line names.

    Raises:
        ValueError: A file is missing or wrong.
    """
    sets = read_sets(descriptions(options.datasets), options.data, options.rendered)
    if options.reviews:
        for labels, pictures, faults in reviewed_sets(options.reviews, ("val",)):
            stop_at(faults)
            sets.append((labels, pictures))
    return sets


def evaluate(options: argparse.Namespace) -> dict[str, Any]:
    """Do what the command line asks for.

    Returns:
        The last line: "ok" and counts.

    Raises:
        ModelError, ValueError, OSError: Something is missing or wrong; no file was changed.
    """
    detector = open_detector(options.card, options.threads)
    card = read_card(options.card)
    listed = twins.read_twins(options.twins)
    sets = look_at_all(detector, sets_to_measure(options))
    chosen = choose_thresholds(sets) if options.choose_thresholds else detector.card.thresholds
    rows = figures.by_source(sets, chosen)
    print_table(rows)
    if options.against:
        allowed = against(sets, chosen, options.against, options)
        return {"ok": allowed, "may_replace": allowed, "against": str(options.against)}
    on_card = metric_rows(rows, detector.card.input.width)
    if options.write or options.choose_thresholds:
        put_into_card(options.card, card, on_card, chosen)
    wrong = disagreements(on_card, card, {s.source for s in sets})
    print("\n".join(f"not as in the card: {w}" for w in wrong))
    if options.out:
        verdict = {"ok": not wrong, "disagreeing": wrong, "figures": rows}
        report(
            options.out,
            detector=detector,
            sets=sets,
            thresholds=chosen,
            listed=listed,
            verdict=verdict,
        )
        print(f"report: {options.out / 'index.html'}")
    numbers = sum(isinstance(v, int | float) for r in on_card for v in r.values())
    pictures = sum(len(s.pictures) for s in sets)
    return {"ok": not wrong, "pictures": pictures, "figures": numbers, "disagreeing": len(wrong)}


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line."""
    options = parse(arguments)
    return print_last_line("evaluate", lambda: evaluate(options))


if __name__ == "__main__":
    sys.exit(main())
