"""Make the fast variant of a detector: eight bits where they cost little, chosen by measurement.

    python -m models.quantize --data path/to/data --out /tmp/fast
    python -m models.quantize --data path/to/data --out models/shipped --float model.0 model.2

Calibrates on training pictures. Ranks the network's parts by how much its answers come closer to
the float network's when a part stays in float, and measures candidates that leave the worst parts
in float, and the first layer, which is faster so: mean AP50 on the real validation pictures, and
milliseconds of alternating runs on two threads. Of those that lose at most one point of the mean
and may replace the float network (no class beyond doubt worse, as in models.evaluate --against),
the fastest is written to OUT as NAME_fast.onnx with its card; where there is none, nothing is
written. --float names the parts instead. The figures of the card are the variant's own. The last
line is one JSON object.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import onnx
from tqdm import tqdm

from models.cards import read_card, sha256, write_card
from models.evaluate import SHIPPED, THREADS, metric_rows, open_detector
from models.evaluation import figures, replacement
from models.evaluation.looking import SeenSet, look_at_all, read_sets
from models.label_sets import DATASETS, descriptions
from models.last_line import print_last_line
from models.quantization import (
    PERCENTILE,
    SILU_FLOOR,
    blob_of,
    calibrate,
    calibration_pictures,
    parts_of,
    quantise,
)
from pipeline.detection.card import load_card, read_network
from pipeline.detection.detector import Detector
from pipeline.detection.session import NetworkSession
from pipeline.detection.suppression import DEFAULT_SCORE_FLOOR

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_LOST: Final = 0.01  # of AP50: one point
PER_SET: Final = 4  # calibration pictures of each set; 48 in all with the data pack
PROBES: Final = 8  # of them, to rank parts by
LEFT_IN_FLOAT: Final = (0, 1, 2, 3, 5, 8)  # how many of the worst parts, a candidate each
# Always left in float: for three input channels the integer kernel takes twice the time of the
# float one, with all that lies around it (models/LOG.md, 29).
FASTER_IN_FLOAT: Final = "model.0"
TIMED_RUNS: Final = 30
BOX_ROWS: Final = 4


class QuantizeError(ValueError):
    """The fast variant cannot be made; says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One way to quantise, and what it costs."""

    float_parts: tuple[str, ...]
    score_error: float  # mean difference of the scores that matter, to the float network's
    mean_ap50: float  # over the classes, on real validation pictures
    mean_ap50_95: float
    worst_class: str  # whose loss is the surest
    worst_high: float  # upper end of the paired 95 % interval of that class's change of AP50
    may_replace: bool  # whether no class is beyond doubt worse, false alarms included
    best_ms: float  # of the network alone at its largest input, two threads
    median_ms: float


def score_error(
    answers: Sequence[NDArray[np.float32]], truth: Sequence[NDArray[np.float32]]
) -> float:
    """Mean over pictures of how far scores are off where the float network sees something.

    Args:
        answers: 1 x (4 + classes) x anchors of each picture.
        truth: The same of the float network.

    >>> one = np.zeros((1, 6, 1), np.float32)
    >>> round(score_error([one], [one + np.float32(0.5)]), 2)
    0.5
    """
    errors = []
    for ours, theirs in zip(answers, truth, strict=True):
        seen = theirs[0, BOX_ROWS:].max(axis=0) > DEFAULT_SCORE_FLOOR
        if seen.any():
            gaps = np.abs(ours[0, BOX_ROWS:] - theirs[0, BOX_ROWS:])[:, seen]
            errors.append(float(gaps.max(axis=0).mean()))
    return float(np.mean(errors)) if errors else 0.0


class Workshop:
    """A float network and its calibration: makes variants."""

    def __init__(
        self, card: Path, blobs: Sequence[NDArray[np.float32]], percentile: float = PERCENTILE
    ) -> None:
        """Calibrate.

        Raises:
            ModelError: The network or its card cannot be used.
        """
        self.card_path = card
        self.card = load_card(card, task="detect")
        content = read_network(self.card, card)
        self.network = onnx.load_from_string(content)
        self.percentile = percentile
        file = card.parent / self.card.file
        self.ranges = calibrate(file, blobs, self.card.input.name, percentile)
        self.probes = list(blobs)[:: max(1, len(blobs) // PROBES)][:PROBES]
        session = NetworkSession(self.card, content, provider="cpu", threads=THREADS)
        self.truth = [session.run(b) for b in self.probes]

    def make(self, float_parts: Collection[str]) -> onnx.ModelProto:
        """A variant."""
        return quantise(self.network, self.ranges, float_parts)

    def error(self, network: onnx.ModelProto) -> float:
        """How far a variant's scores are from the float network's."""
        content = network.SerializeToString()
        session = NetworkSession(self.card, content, provider="cpu", threads=THREADS)
        return score_error([session.run(b) for b in self.probes], self.truth)

    def rank(self) -> list[str]:
        """Parts by how much leaving them in float helps, the most helpful first."""
        parts = list(parts_of(self.network))
        helped = {p: self.error(self.make([p])) for p in tqdm(parts, unit=" parts")}
        return sorted(parts, key=lambda p: helped[p])

    def write(self, network: onnx.ModelProto, out: Path, float_parts: Collection[str]) -> Path:
        """Write a variant and its card, without figures; returns the card's path."""
        name = f"{self.card.name}_fast"
        file = out / f"{name}.onnx"
        partial = file.with_suffix(".partial")
        onnx.save(network, partial)
        card = read_card(self.card_path)
        card |= {"name": name, "file": file.name, "sha256": sha256(partial)}
        card["metrics"] = []
        kept = ", ".join(float_parts) or "none"
        card["training"] = {
            **card.get("training", {}),
            "quantised_from": self.card.sha256,
            "quantisation": "int8 weights per channel, uint8 values",
            "percentile": self.percentile,
            "silu_floor": SILU_FLOOR,
            "parts_in_float": kept,
        }
        partial.replace(file)
        write_card(file.with_suffix(".toml"), card)
        return file.with_suffix(".toml")


def times(cards: Sequence[Path]) -> list[tuple[float, float]]:
    """Best and median milliseconds of each network at its largest input, in alternating runs.

    They take turns, so that other work on the machine slows all of them alike.
    """
    detectors = [Detector.from_card(c, threads=THREADS, stopwatch=time.perf_counter) for c in cards]
    network = detectors[0].card.input
    rng = np.random.default_rng(0)
    image = rng.integers(0, 255, (network.height, network.width, 3), dtype=np.uint8)
    taken: list[list[float]] = [[] for _ in cards]
    for _ in range(TIMED_RUNS):
        for own, detector in zip(taken, detectors, strict=True):
            detector.detect_image(image)
            own.append(1000 * detector.timings.network_seconds)
    return [(min(own), float(np.median(own))) for own in taken]


def look(card: Path, options: argparse.Namespace) -> list[SeenSet]:
    """What a network sees on all real validation pictures.

    Raises:
        ModelError, ValueError: It cannot be measured, or no real picture is labelled.
    """
    detector = open_detector(card, options.threads)
    sets = look_at_all(detector, read_sets(descriptions(options.datasets), options.data, None))
    if not any(len(p.labels) for s in sets for p in s.pictures):
        raise QuantizeError(f"{options.data}: no labelled validation pictures to measure on")
    return sets


def surest_loss(rows: Sequence[figures.Row]) -> tuple[str, float]:
    """The class whose AP50 fell most surely, and the upper end of its change's interval."""
    worst = min(
        (r for r in rows if r["figure"] == "ap50"), key=lambda r: float(r["difference_high"])
    )
    return worst["class"], float(worst["difference_high"])


def candidates_of(shop: Workshop, given: Sequence[str] | None) -> list[tuple[str, ...]]:
    """Which parts stay in float, one entry for each candidate.

    Raises:
        QuantizeError: A part is named that the network does not have.
    """
    known = list(parts_of(shop.network))
    if given is None:
        always = [p for p in known if p == FASTER_IN_FLOAT]
        ranked = [p for p in shop.rank() if p not in always]
        print(f"parts by what leaving them in float helps: {', '.join(ranked)}")
        return [(*always, *ranked[:n]) for n in LEFT_IN_FLOAT if n < len(ranked)]
    if unknown := [p for p in given if p not in known]:
        raise QuantizeError(f"no part {', '.join(unknown)}; the network has {', '.join(known)}")
    return [tuple(given)]


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Do all of it; see the module's docstring.

    Returns:
        The last line.

    Raises:
        QuantizeError, ModelError, ValueError, OSError: It cannot be done; OUT is as it was.
    """
    training = read_sets(
        [s for s in descriptions(options.datasets) if s.role == "real"], options.data, None, "train"
    )
    network = open_detector(options.card, options.threads).card.input
    blobs = [blob_of(p, network) for p in calibration_pictures(training, options.per_set)]
    if not blobs:
        raise QuantizeError(f"{options.data}: no training pictures to calibrate on")
    with tempfile.TemporaryDirectory() as folder:
        shop = Workshop(options.card, blobs, options.percentile)
        asked = candidates_of(shop, options.float)
        cards, errors = [options.card], [0.0]
        for number, parts in enumerate(asked):
            place = Path(folder) / str(number)
            place.mkdir()
            made = shop.make(parts)
            errors.append(shop.error(made))
            cards.append(shop.write(made, place, parts))
        tried = measure(options, cards, [("all",), *asked], errors)
        print_candidates(tried)
        return _keep_best(options, tried, cards)


def measure(
    options: argparse.Namespace,
    cards: Sequence[Path],
    float_parts: Sequence[tuple[str, ...]],
    errors: Sequence[float],
) -> list[Candidate]:
    """Figures and times of the float network, which comes first, and of each candidate."""
    before = look(options.card, options)
    thresholds = load_card(options.card, task="detect").thresholds
    tried = []
    for card, parts, error, (best, median) in zip(
        cards, float_parts, errors, times(cards), strict=True
    ):
        seen = before if card == options.card else look(card, options)
        rows = figures.pooled(seen, thresholds)
        compared = replacement.compare(seen, before, thresholds, thresholds)
        worst, high = surest_loss(compared)
        tried.append(
            Candidate(
                float_parts=parts,
                score_error=error,
                mean_ap50=figures.mean_ap(rows),
                mean_ap50_95=figures.mean_ap(rows, key="ap50_95"),
                worst_class=worst,
                worst_high=high,
                may_replace=replacement.may_replace(compared),
                best_ms=best,
                median_ms=median,
            )
        )
    return tried


def _keep_best(
    options: argparse.Namespace, tried: Sequence[Candidate], cards: Sequence[Path]
) -> dict[str, Any]:
    """Copy the fastest candidate that loses little to OUT, with its figures."""
    before = tried[0]
    good = [
        n
        for n, one in enumerate(tried)
        if n and before.mean_ap50 - one.mean_ap50 <= MOST_LOST and one.may_replace
    ]
    if not good:
        reason = f"every candidate loses more than {MOST_LOST} of AP50, or a class beyond doubt"
        return {"ok": False, "reason": reason}
    best = min(good, key=lambda n: tried[n].best_ms)
    chosen = tried[best]
    card = read_card(cards[best])
    card["training"] |= {
        "mean_ap50": round(chosen.mean_ap50, 4),
        "mean_ap50_of_original": round(before.mean_ap50, 4),
    }
    rows = figures.by_source(
        look(cards[best], options), load_card(cards[best], task="detect").thresholds
    )
    card["metrics"] = metric_rows(rows, card["input"]["width"])
    options.out.mkdir(parents=True, exist_ok=True)
    file = cards[best].parent / card["file"]
    partial = options.out / f"{card['file']}.partial"
    partial.write_bytes(file.read_bytes())
    partial.replace(options.out / card["file"])
    write_card(options.out / cards[best].name, card)
    return {
        "ok": True,
        "card": str(options.out / cards[best].name),
        "parts_in_float": list(chosen.float_parts),
        "ap50_lost": round(before.mean_ap50 - chosen.mean_ap50, 4),
        "surest_loss": {chosen.worst_class: round(chosen.worst_high, 4)},
        "best_ms": round(chosen.best_ms, 1),
        "best_ms_of_original": round(before.best_ms, 1),
    }


def print_candidates(tried: Sequence[Candidate]) -> None:
    """The table that the choice rests on."""
    print(f"\n{'AP50':>7}{'AP50:95':>9}{'error':>8}{'best ms':>9}{'median':>8}", end="")
    print(f"  {'surest loss':18}  parts in float")
    for one in tried:
        print(f"{one.mean_ap50:7.4f}{one.mean_ap50_95:9.4f}{one.score_error:8.4f}", end="")
        print(f"{one.best_ms:9.1f}{one.median_ms:8.1f}  ", end="")
        print(f"{one.worst_class:12}{one.worst_high:+.3f}", end="")
        print("  " if one.may_replace else "! ", ", ".join(one.float_parts) or "none")


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="models.quantize", description=__doc__.split("\n\n")[0])
    parser.add_argument("--card", type=Path, default=SHIPPED, help="the float network's card")
    parser.add_argument("--data", type=Path, required=True, help="the data pack's folder")
    parser.add_argument("--datasets", type=Path, default=DATASETS, help="descriptions of the sets")
    parser.add_argument("--out", type=Path, required=True, help="folder for ONNX and card")
    parser.add_argument("--float", nargs="*", help="parts to leave in float, instead of a search")
    parser.add_argument("--per-set", type=int, default=PER_SET, help="calibration pictures a set")
    parser.add_argument(
        "--percentile", type=float, default=PERCENTILE, help="share of values inside the ranges"
    )
    parser.add_argument("--threads", type=int, default=THREADS, help="CPU threads")
    options = parser.parse_args(arguments)
    return print_last_line("quantize", lambda: run(options))


if __name__ == "__main__":
    sys.exit(main())
