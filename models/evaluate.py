"""Measure a shipped street detector on labelled pictures: the ONNX file and its card, no torch.

    python -m models.evaluate --data path/to/data
    python -m models.evaluate --data path/to/data --rendered /tmp/rendered --json figures.json
    python -m models.evaluate --data path/to/data --rendered /tmp/rendered --write

Runs the pipeline's own detector on the validation pictures of every set and prints, per class and
set: pictures, boxes, AP50, AP50:95, and precision and recall at the card's threshold. A set speaks
only of classes that it labels completely; boxes inside its ignored regions do not count. Sets that
show none of a class give its false alarms per 100 pictures. Rendered pictures are a source of their
own. --write chooses each class's threshold (best F-beta, leaning to precision, on real pictures
where there are enough) and puts thresholds and figures into the card; without it, "ok" says whether
every figure agrees with the card's.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from models.cards import read_card, write_card
from models.classes import CLASSES
from models.label_sets import LabelSet, Picture, blot_out, descriptions, read_picture, read_set
from models.metrics import ClassResult, Matches, best_threshold, gather, summarise
from pipeline.detection.detector import Detector
from pipeline.errors import ModelError

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHIPPED: Final = Path(__file__).parent / "shipped" / "street.toml"
FLOOR: Final = 0.01  # score from which boxes enter the precision-recall curve
BETA: Final = 0.7  # below 1: precision counts more than recall
LEAST_PRECISION: Final = 0.5  # a threshold at which most boxes are wrong is no threshold
LEAST_HITS: Final = 3
ENOUGH_BOXES: Final = 25  # real boxes from which a threshold is chosen on real pictures alone
LOWEST_THRESHOLD: Final = 0.15
HIGHEST_THRESHOLD: Final = 0.5  # cameras see things smaller and darker than most sets show them
UNMEASURED_THRESHOLD: Final = 0.5
IGNORED_SHARE: Final = 0.5  # of a detection's area inside ignored regions, from which it is dropped
AGREEMENT: Final = 0.005  # figures move by less between processors


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A picture's labels and what the detector found, in pixels."""

    labels: NDArray[np.float32]  # (M, 5) class, x1, y1, x2, y2
    boxes: NDArray[np.float32]  # (N, 4), best first
    scores: NDArray[np.float32]  # (N,)
    classes: NDArray[np.int64]  # (N,)


def ignored_share(boxes: NDArray[np.float32], regions: NDArray[np.float32]) -> NDArray[np.float32]:
    """Largest share of each box's area that lies in one region.

    >>> box = np.array([[0, 0, 10, 10]], dtype=np.float32)
    >>> float(ignored_share(box, np.array([[5, 0, 50, 50]], dtype=np.float32))[0])
    0.5
    """
    if not len(regions):
        return np.zeros(len(boxes), dtype=np.float32)
    corner = np.maximum(boxes[:, None, :2], regions[None, :, :2])
    common = np.clip(np.minimum(boxes[:, None, 2:], regions[None, :, 2:]) - corner, 0, None)
    area = np.maximum((boxes[:, 2:] - boxes[:, :2]).prod(1), 1e-9)
    return np.asarray(common.prod(2).max(1) / area, dtype=np.float32)


def look(detector: Detector, picture: Picture) -> Seen:
    """Run the detector on one labelled picture."""
    image = read_picture(picture.path)
    blot_out(image, picture.ignore)
    found = detector.detect_image(image)
    size = np.array([image.shape[1], image.shape[0]] * 2, dtype=np.float32)
    counted = ignored_share(found.boxes, picture.ignore * size) <= IGNORED_SHARE
    labels = picture.labels.copy()
    labels[:, 1:] *= size
    return Seen(
        labels=labels,
        boxes=found.boxes[counted],
        scores=found.scores[counted],
        classes=found.class_ids[counted],
    )


def matches_of(seen: Sequence[Seen], kind: int) -> Matches:
    """Match one class over pictures."""
    return gather(
        [
            (
                s.boxes[s.classes == kind],
                s.scores[s.classes == kind],
                s.labels[s.labels[:, 0] == kind, 1:],
            )
            for s in seen
        ]
    )


def choose_threshold(real: Sequence[Matches], rendered: Sequence[Matches]) -> float:
    """Threshold of a class from its real sources, else from the rendered one, else from both.

    A source decides where it has enough boxes and some threshold of enough precision.
    """
    for sources in (real, rendered, [*real, *rendered]):
        boxes = sum(m.boxes for m in sources)
        if boxes >= ENOUGH_BOXES:
            scores = np.concatenate([m.scores for m in sources])
            order = np.argsort(-scores, kind="stable")
            pooled = Matches(
                scores=scores[order],
                hits=np.concatenate([m.hits for m in sources])[order],
                boxes=boxes,
                pictures=sum(m.pictures for m in sources),
            )
            best = best_threshold(
                pooled, beta=BETA, least_precision=LEAST_PRECISION, least_hits=LEAST_HITS
            )
            if best is not None:
                return min(max(best, LOWEST_THRESHOLD), HIGHEST_THRESHOLD)
    return UNMEASURED_THRESHOLD


def source_name(labels: LabelSet) -> str:
    """How a set is named in figures."""
    return "rendered" if labels.role == "rendered" else f"real:{labels.name}"


class Measurement:
    """All sets looked at once; figures can be read at any thresholds."""

    def __init__(self) -> None:
        """Start without pictures."""
        self.matches: dict[tuple[str, str], Matches] = {}  # (class, source)
        self.absent: dict[str, list[Seen]] = {c: [] for c in CLASSES}

    def add(self, labels: LabelSet, seen: Sequence[Seen]) -> None:
        """Take in a set's pictures."""
        for kind in sorted(labels.complete | labels.filled):
            found = matches_of(seen, kind)
            if found.boxes:
                self.matches[CLASSES[kind], source_name(labels)] = found
        for kind in labels.absent:
            self.absent[CLASSES[kind]] += seen

    def thresholds(self) -> dict[str, float]:
        """The threshold of every class."""
        result = {}
        for name in CLASSES:
            own = {s: m for (c, s), m in self.matches.items() if c == name}
            real = [m for s, m in own.items() if s != "rendered"]
            result[name] = choose_threshold(real, [m for s, m in own.items() if s == "rendered"])
        return result

    def figures(self, thresholds: dict[str, float]) -> list[tuple[str, str, ClassResult]]:
        """Class, source and figures, in class order."""
        keys = sorted(self.matches, key=lambda k: (CLASSES.index(k[0]), k[1]))
        return [(c, s, summarise(self.matches[c, s], thresholds[c])) for c, s in keys]

    def false_alarms(self, thresholds: dict[str, float]) -> dict[str, tuple[int, float]]:
        """Per class: pictures known to show none, and detections on 100 of them."""
        result = {}
        for kind, name in enumerate(CLASSES):
            pictures = self.absent[name]
            alarms = sum(
                int(((s.classes == kind) & (s.scores >= thresholds[name])).sum()) for s in pictures
            )
            if pictures:
                result[name] = (len(pictures), 100 * alarms / len(pictures))
        return result


def measure(card: Path, data: Path | None, rendered: Path | None, threads: int) -> Measurement:
    """Look at the validation pictures of every set that is there.

    Raises:
        ModelError, LabelSetError: The network or a picture cannot be used.
    """
    detector = Detector.from_card(card, threads=threads, score_floor=FLOOR)
    result = Measurement()
    for labels in descriptions():
        root = rendered if labels.role == "rendered" else data and data / labels.folder
        if root is None:
            continue
        pictures, faults = read_set(labels, root, "val")
        if faults:
            raise ValueError("\n".join(faults[:10]))
        start = time.monotonic()
        result.add(labels, [look(detector, p) for p in pictures])
        rate = len(pictures) / (time.monotonic() - start)
        print(f"{source_name(labels):22} {len(pictures):4} pictures, {rate:.1f}/s", flush=True)
    return result


def metric_rows(figures: Sequence[tuple[str, str, ClassResult]]) -> list[dict[str, Any]]:
    """Figures as the card holds them."""
    return [
        {
            "class": name,
            "source": source,
            "split": "val",
            "image_size": 640,
            **{k: round(v, 4) if isinstance(v, float) else v for k, v in asdict(result).items()},
        }
        for name, source, result in figures
    ]


def disagreements(rows: Sequence[dict[str, Any]], card: dict[str, Any]) -> list[str]:
    """Figures of the card that were not reproduced, among the sources that were measured."""
    measured = {(r["class"], r["source"]): r for r in rows}
    sources = {r["source"] for r in rows}
    wrong = []
    for promised in card.get("metrics", []):
        if promised["source"] not in sources:
            continue
        found = measured.get((promised["class"], promised["source"]), {})
        for key in ("pictures", "boxes", "ap50", "ap50_95", "precision", "recall"):
            ours, theirs = found.get(key, math.nan), promised[key]
            same = ours == theirs or (math.isnan(ours) and math.isnan(theirs))
            if not same and not abs(ours - theirs) <= AGREEMENT:
                wrong.append(
                    f"{promised['class']} on {promised['source']}: {key} {ours}, card {theirs}"
                )
    return wrong


def print_table(rows: Sequence[dict[str, Any]]) -> None:
    """Print figures for people."""
    print(f"\n{'class':12}{'source':24}{'pict':>5}{'boxes':>6}{'AP50':>7}{'50:95':>7}", end="")
    print(f"{'prec':>7}{'recall':>7}{'at':>6}")
    for row in rows:
        print(f"{row['class']:12}{row['source']:24}{row['pictures']:5}{row['boxes']:6}", end="")
        print(f"{row['ap50']:7.3f}{row['ap50_95']:7.3f}", end="")
        print(f"{row['precision']:7.3f}{row['recall']:7.3f}{row['threshold']:6.2f}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="models.evaluate", description=__doc__.split("\n\n")[0])
    parser.add_argument("--card", type=Path, default=SHIPPED, help="the network's card")
    parser.add_argument("--data", type=Path, help="the data pack's folder")
    parser.add_argument("--rendered", type=Path, help="folder of rendered pictures")
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    parser.add_argument(
        "--write", action="store_true", help="put thresholds, figures into the card"
    )
    parser.add_argument("--threads", type=int, default=2, help="CPU threads")
    options = parser.parse_args(arguments)
    if options.data is None and options.rendered is None:
        parser.error("give --data, --rendered or both")
    try:
        measured = measure(options.card, options.data, options.rendered, options.threads)
        card = read_card(options.card)
    except (ModelError, ValueError, OSError) as exc:
        print(f"evaluate: {exc}", file=sys.stderr)
        return 1
    thresholds = {c["name"]: float(c["threshold"]) for c in card["classes"]}
    if options.write:
        thresholds = measured.thresholds()
    rows = metric_rows(measured.figures(thresholds))
    alarms = measured.false_alarms(thresholds)
    print_table(rows)
    print("\nfalse alarms per 100 pictures that show none of the class (pictures looked at):")
    print("  " + ", ".join(f"{c} {a:.1f} ({n})" for c, (n, a) in alarms.items()))
    wrong: list[str] = []
    if options.write:
        card["classes"] = [{"name": c, "threshold": thresholds[c]} for c in CLASSES]
        kept = [
            m for m in card.get("metrics", []) if m["source"] not in {r["source"] for r in rows}
        ]
        card["metrics"] = sorted([*rows, *kept], key=lambda r: CLASSES.index(r["class"]))
        write_card(options.card, card)
    else:
        wrong = disagreements(rows, card)
        print("\n".join(f"not as in the card: {w}" for w in wrong))
    result = {"ok": not wrong, "figures": rows, "false_alarms_per_100": alarms}
    if options.json:
        options.json.write_text(json.dumps(result, indent=1), encoding="utf-8")
    print(json.dumps({"ok": not wrong, "figures": len(rows), "disagreeing": len(wrong)}))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
