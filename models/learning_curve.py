"""How average precision grows with the number of real pictures: does the data carry the aim?

    python -m models.learning_curve --data path/to/data --recipe var/training/training
        --out var/learning-curve      (one line)

Trains on an eighth, a quarter, half and all of each real set, in whole runs of neighbouring
pictures, a smaller part lying in the larger. Every picture is seen as often at each share, and
rendered pictures keep their part of the draws. The kept epochs of the recipe's longest leg show
whether longer training would still help. All are measured on the same validation pictures, all
real sets together. Writes OUT/curves.json and OUT/curves.svg; stopped, it goes on with the same
command. The last line is one JSON object. Needs torch and ultralytics.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from models.classes import CLASSES
from models.evaluate import open_detector
from models.evaluation import figures
from models.evaluation.curves import Point, curves_svg
from models.evaluation.looking import look_at_all, read_sets
from models.label_sets import DATASETS, descriptions
from models.last_line import print_last_line
from models.prepare import read_index
from models.recipe import Run
from models.recipe_steps import WEIGHTS, WHOLE, WITHOUT_COMPOSITES, Step
from models.samples import part_of

SHARES: Final = (0.125, 0.25, 0.5, 1.0)
COURSE: Final = (*WITHOUT_COMPOSITES, "--epochs", "6", "--rate", "6e-4", "--seed", "2")
KEPT: Final = "epoch-*.pt"  # of `models.train`
LONGEST: Final = f"run-{len(WHOLE.legs)}"  # folder of the recipe's longest leg, the last
Z_95: Final = 1.96
DRAWS: Final = 2000  # of slopes
LEAST_GAIN: Final = 0.002  # a doubling that brings less brings nothing
MOST_DOUBLINGS: Final = 10  # a thousand times the data: further than any curve can be drawn on

# What the product wants of a class on real pictures: AP50, of dust AP at IoU 0.3.
AIMS: Final[Mapping[str, float]] = {
    "truck": 0.80,
    "stall": 0.60,
    "banner": 0.50,
    "poster": 0.50,
    "billboard": 0.65,
    "signboard": 0.65,
    "graffiti": 0.75,
    "dust": 0.60,
}
AT_30: Final = frozenset({"dust"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """What a class gains when its pictures double, and what its aim would take."""

    gain: float  # of average precision, a doubling: least squares over the logarithm of the share
    gain_low: float  # 95 % interval, from the points' own intervals
    gain_high: float
    times: float  # as many pictures as now, on the line drawn on; infinite where nothing is gained


def growth(points: Sequence[Point], aim: float) -> Growth:
    """Fit a line to points (share of the data, figure with interval).

    >>> made = [Point(x=s, y=y, low=y, high=y) for s, y in ((0.25, 0.2), (0.5, 0.3), (1.0, 0.4))]
    >>> found = growth(made, 0.6)
    >>> round(found.gain, 3), round(found.times, 1)
    (0.1, 4.0)
    """
    doublings = np.log2([p.x for p in points])
    values = np.array([p.y for p in points])
    spread = np.array([(p.high - p.low) / (2 * Z_95) for p in points])
    slope = float(np.polyfit(doublings, values, 1)[0])
    drawn = np.random.default_rng(0).normal(values, spread, (DRAWS, len(points)))
    slopes = np.polyfit(doublings, drawn.T, 1)[0]
    low, high = np.quantile(slopes, (0.025, 0.975))
    missing = aim - float(values[-1])
    needed = missing / slope if slope >= LEAST_GAIN else math.inf
    times = 1.0 if missing <= 0 else 2.0**needed if needed <= MOST_DOUBLINGS else math.inf
    return Growth(gain=slope, gain_low=float(low), gain_high=float(high), times=times)


def arm_steps(share: float, recipe: Path, data: Path, out: Path) -> list[Step]:
    """Training and export of a detector on a share of the real pictures."""
    prepared = recipe / "prepared"
    folder = out / f"share-{share:g}"
    checkpoint = folder / "run" / "last.pt"
    part = ("--share", f"{share:g}", "--draws", f"{share:g}")
    start = ("--weights", str(data / WEIGHTS), *COURSE)
    run = ("--prepared", str(prepared), *start, *part, "--out", str(checkpoint.parent))
    return [
        Step(name=f"train {share:g}", command=("train", *run), makes=checkpoint, goes_on=True),
        export_step(f"export {share:g}", checkpoint, prepared, folder),
    ]


def export_step(name: str, checkpoint: Path, prepared: Path, folder: Path) -> Step:
    """Export of a checkpoint."""
    files = ("--checkpoint", str(checkpoint), "--prepared", str(prepared), "--out", str(folder))
    return Step(name=name, command=("export", *files), makes=folder / "street.toml")


def epochs_of(checkpoint: Path) -> float:
    """Of a kept epoch by its name, of the end by the run's progress."""
    if checkpoint.stem.startswith("epoch-"):
        return float(checkpoint.stem.removeprefix("epoch-"))
    progress = checkpoint.with_name("progress.jsonl").read_text(encoding="utf-8")
    return float(json.loads(progress.splitlines()[-1])["epoch"])


def boxes_learned(prepared: Path, share: float) -> Counter[str]:
    """Labelled real training boxes of each class in a share of the pictures."""
    index = read_index(prepared)
    found: Counter[str] = Counter()
    for labels in index["sets"]:
        if labels["role"] == "real":
            rows = [r for r in index["pictures"] if r["dataset"] == labels["name"]]
            train = [r for r in rows if r["split"] == "train"]
            found.update(CLASSES[b[0]] for r in part_of(train, share) for b in r["labels"])
    return found


def measured(card: Path, data: Path, kept: Path) -> dict[str, Point]:
    """Average precision of each class on all real sets together; x is left at 0.

    Args:
        card: Of the detector.
        data: The data pack.
        kept: File of the figures, written once and read then.
    """
    if not kept.is_file():
        detector = open_detector(card)
        sets = look_at_all(detector, read_sets(descriptions(DATASETS), data, None))
        rows = figures.pooled(sets, detector.card.thresholds)
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(rows, indent=1), encoding="utf-8")
    found = {}
    for row in json.loads(kept.read_text(encoding="utf-8")):
        if row["source"] == figures.REAL:
            value = row["ap30"] if row["class"] in AT_30 else row["ap50"]
            shift = value - row["ap50"]  # AP30's own interval is not drawn: AP50's, moved
            low, high = row["ap50_low"] + shift, min(row["ap50_high"] + shift, 1.0)
            found[row["class"]] = Point(x=0, y=value, low=low, high=high)
    return found


def curves(data: Path, recipe: Path, out: Path, shares: Sequence[float]) -> dict[str, Any]:
    """Do all of it; see the module's docstring.

    Returns:
        The last line.

    Raises:
        RecipeError, ModelError, ValueError, OSError: A step failed or a file is missing.
    """
    end = recipe / LONGEST / "last.pt"
    if not end.is_file():
        raise FileNotFoundError(f"{end}: is missing; python -m models.recipe writes it")
    run = Run(out, {"data": str(data), "recipe": str(recipe)})
    by_share: dict[str, float] = {}
    for share in sorted(shares):
        for step in arm_steps(share, recipe, data, out):
            run.take(step)
        by_share[f"share-{share:g}"] = share
    by_epoch: dict[str, float] = {}
    for checkpoint in [*sorted(end.parent.glob(KEPT)), end]:
        name = checkpoint.stem
        run.take(export_step(name, checkpoint, recipe / "prepared", out / name))
        by_epoch[name] = epochs_of(checkpoint)
    seen = {
        n: measured(out / n / "street.toml", data, out / n / "figures.json")
        for n in (*by_share, *by_epoch)
    }
    boxes = {s: boxes_learned(recipe / "prepared", s) for s in by_share.values()}
    rows = []
    for name, aim in AIMS.items():
        data_points = [_at(seen[n][name], share) for n, share in by_share.items()]
        row = {
            "class": name,
            "aim": aim,
            "figure": "AP30" if name in AT_30 else "AP50",
            "boxes": [boxes[s][name] for s in by_share.values()],
            "by_share": [asdict(p) for p in data_points],
            "by_epoch": [asdict(_at(seen[n][name], e)) for n, e in by_epoch.items()],
            **asdict(growth(data_points, aim)),
        }
        rows.append(row)
    (out / "curves.json").write_text(json.dumps(rows, indent=1), encoding="utf-8")
    (out / "curves.svg").write_text(curves_svg(rows), encoding="utf-8")
    print_table(rows)
    return {"ok": True, "arms": len(seen), "curves": str(out / "curves.svg")}


def _at(point: Point, x: float) -> Point:
    """The same figure at another place."""
    return Point(x=x, y=point.y, low=point.low, high=point.high)


def print_table(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print the curves as a table in Markdown."""
    shares = [p["x"] for p in rows[0]["by_share"]]
    print("| class | aim |" + "".join(f" {s:g} |" for s in shares), end="")
    print(" a doubling brings | times the data for the aim |")
    print("|" + "---|" * (len(shares) + 4))
    for row in rows:
        print(f"| {row['class']} | {row['figure']} {row['aim']:.2f} |", end="")
        for count, point in zip(row["boxes"], row["by_share"], strict=True):
            print(f" {point['y']:.3f} ({count}) |", end="")
        print(f" {row['gain']:+.3f} ({row['gain_low']:+.3f} to {row['gain_high']:+.3f}) |", end="")
        print(f" {'reached' if row['times'] == 1 else _times(row['times'])} |")


def _times(times: float) -> str:
    """How many times the data, as far as a line may be drawn on."""
    return f"{times:.1f}" if math.isfinite(times) else f"over {2**MOST_DOUBLINGS}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(
        prog="models.learning_curve", description=__doc__.split("\n\n")[0]
    )
    parser.add_argument("--data", type=Path, required=True, help="the data pack's folder")
    parser.add_argument("--recipe", type=Path, required=True, help="folder of a whole recipe")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    parser.add_argument("--shares", type=float, nargs="+", default=SHARES, help="parts, 0..1")
    options = parser.parse_args(arguments)
    return print_last_line(
        "learning_curve",
        lambda: curves(options.data, options.recipe, options.out, options.shares),
    )


if __name__ == "__main__":
    sys.exit(main())
