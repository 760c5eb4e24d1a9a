"""Milliseconds per stage and peak memory of the networks that ship, each in a fresh process.

    python -m models.benchmark
    python -m models.benchmark --models models/shipped --runs 50 --json bench.json

Measures each card of a folder with one and with two threads: a 1920x1080 picture as a camera sends
it (a detector sees it as 640x384) and a square one (640x640, the detector's largest input). The
picture is a frame of the simulated street. Stages are the runtime's own: letterbox, network, decode
with suppression. Memory is the largest resident set of a process that loads one network and runs
it, Python and libraries included. The last line is one JSON object; "ok" says that all ran and kept
below the limit on memory: times are the machine's and whoever shares it.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np

from models.cards import read_card
from models.label_sets import read_picture
from pipeline.detection.classifier import Classifier
from pipeline.detection.detector import Detector
from pipeline.errors import ModelError

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHIPPED: Final = Path(__file__).parent / "shipped"
RUNS: Final = 30
WARM_UP: Final = 3  # the first runs allocate memory and choose kernels
THREADS: Final = (1, 2)
SIZES: Final = {"1920x1080": (1920, 1080), "640x640": (640, 640)}
CROP: Final = (360, 240)  # px, a truck some way off
STREET_SECOND: Final = 120.0  # of a vending scene: stall, customers, traffic
MOST_MEMORY_MB: Final = 400.0  # of one network's process: a small box runs it beside the decoding
STAGES: Final = ("letterbox", "network", "decode", "whole")
KIB_PER_MB: Final = 1024.0


def summary(milliseconds: Sequence[float]) -> dict[str, float]:
    """Best, median and the value that nine runs of ten keep below.

    >>> summary([3.0, 1.0, 2.0])
    {'best': 1.0, 'median': 2.0, 'p90': 2.8}
    """
    best, median, slow = np.quantile(milliseconds, [0, 0.5, 0.9])
    return {"best": round(float(best), 2), "median": round(float(median), 2)} | {
        "p90": round(float(slow), 2)
    }


def times_of(run: Callable[[], dict[str, float]], runs: int) -> dict[str, dict[str, float]]:
    """Milliseconds of each stage over some runs, after a warm-up."""
    for _ in range(WARM_UP):
        run()
    taken = [run() for _ in range(runs)]
    return {stage: summary([t[stage] for t in taken]) for stage in taken[0]}


def run_detector(
    card: Path, threads: int, image: NDArray[np.uint8]
) -> Callable[[], dict[str, float]]:
    """One timed detection, as often as it is called."""
    detector = Detector.from_card(card, threads=threads, stopwatch=time.perf_counter)

    def once() -> dict[str, float]:
        detector.detect_image(image)
        taken = detector.timings
        parts = (taken.letterbox_seconds, taken.network_seconds, taken.decode_seconds)
        return dict(zip(STAGES, (1000 * p for p in (*parts, sum(parts))), strict=True))

    return once


def run_classifier(
    card: Path, threads: int, image: NDArray[np.uint8]
) -> Callable[[], dict[str, float]]:
    """One timed classification, as often as it is called."""
    classifier = Classifier.from_card(card, threads=threads)
    crop = np.ascontiguousarray(image[: CROP[1], : CROP[0]])

    def once() -> dict[str, float]:
        start = time.perf_counter()
        classifier.classify(crop)
        return {"whole": 1000 * (time.perf_counter() - start)}

    return once


def measure_here(card: Path, threads: int, picture: Path, runs: int) -> dict[str, Any]:
    """Times and peak memory of this process, which must be a fresh one.

    Raises:
        ModelError, ValueError: The network or the picture cannot be used.
    """
    opened = run_detector if read_card(card)["task"] == "detect" else run_classifier
    image = read_picture(picture)
    start = time.perf_counter()
    once = opened(card, threads, image)
    load = time.perf_counter() - start
    stages = times_of(once, runs)
    return {"load_ms": round(1000 * load, 1), "ms": stages, "peak_mb": round(peak_mb(), 1)}


def peak_mb() -> float:
    """Largest resident set of this process so far, in MiB."""
    status = Path("/proc/self/status")
    if status.is_file():  # Linux: a process started by a larger one inherits its ru_maxrss
        lines = status.read_text(encoding="ascii").splitlines()
        return int(next(x for x in lines if x.startswith("VmHWM")).split()[1]) / KIB_PER_MB
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (KIB_PER_MB**2 if sys.platform == "darwin" else KIB_PER_MB)  # bytes on macOS


def measure(card: Path, threads: int, picture: Path, runs: int) -> dict[str, Any]:
    """Times and peak memory in a fresh process.

    Raises:
        ModelError: The process failed; the message is its own.
    """
    asked = ["--one", str(card), "--threads", str(threads), "--picture", str(picture)]
    command = [sys.executable, "-m", "models.benchmark", *asked, "--runs", str(runs)]
    # The measured process imports what this one does, wherever it was started.
    paths = os.pathsep.join(p for p in sys.path if p)
    done = subprocess.run(  # noqa: S603 - our own module
        command,
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": paths},
    )
    if done.returncode:
        raise ModelError(f"{card}: {done.stderr.strip() or 'the measuring process ended'}")
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def write_pictures(folder: Path) -> dict[str, Path]:
    """Frames of the simulated street in the sizes to be measured.

    Written before measuring, so that the renderer's memory is not counted.
    """
    from models.street import scenario  # noqa: PLC0415 - the measured process stays small
    from models.street.compose import Composer  # noqa: PLC0415

    street = scenario.make("vending", 1, 2 * STREET_SECOND).street
    frame, _ = Composer(street, pool=1).frame(STREET_SECOND, 0)
    paths = {}
    for name, size in SIZES.items():
        paths[name] = folder / f"{name}.png"
        cv2.imwrite(str(paths[name]), cv2.resize(frame, size, interpolation=cv2.INTER_AREA))
    return paths


def benchmark(cards: Sequence[Path], runs: int) -> list[dict[str, Any]]:
    """One row for each network, picture and number of threads."""
    rows = []
    print(f"{'network':18}{'picture':11}{'threads':>7}  ", end="")
    print("".join(f"{s:>20}" for s in STAGES) + f"{'peak MB':>9}")
    with tempfile.TemporaryDirectory() as folder:
        pictures = write_pictures(Path(folder))
        for card in cards:
            crops_only = read_card(card)["task"] == "classify"
            for name, picture in list(pictures.items())[: 1 if crops_only else None]:
                for threads in THREADS:
                    found = measure(card, threads, picture, runs)
                    shown = "crop" if crops_only else name
                    rows.append(
                        {"network": card.stem, "picture": shown, "threads": threads} | found
                    )
                    print_row(rows[-1])
    return rows


def print_row(row: dict[str, Any]) -> None:
    """Best, median and 90th percentile of each stage on one line."""
    print(f"{row['network']:18}{row['picture']:11}{row['threads']:7}  ", end="")
    for stage in STAGES:
        found = row["ms"].get(stage)
        text = f"{found['best']:.1f} {found['median']:.1f} {found['p90']:.1f}" if found else "-"
        print(f"{text:>20}", end="")
    print(f"{row['peak_mb']:9.0f}", flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="models.benchmark", description=__doc__.split("\n\n")[0])
    parser.add_argument("--models", type=Path, default=SHIPPED, help="folder of cards")
    parser.add_argument("--runs", type=int, default=RUNS, help="measured runs of each")
    parser.add_argument("--json", type=Path, help="file to write the rows to")
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--threads", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--picture", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    try:
        if options.one:
            found = measure_here(options.one, options.threads, options.picture, options.runs)
            print(json.dumps(found))
            return 0
        cards = sorted(options.models.glob("*.toml"))
        if not cards:
            raise FileNotFoundError(f"{options.models}: no model cards")
        print("milliseconds: best, median, 90th percentile")
        rows = benchmark(cards, options.runs)
    except (ModelError, ValueError, OSError) as error:
        print(f"benchmark: {error}", file=sys.stderr)
        print(json.dumps({"ok": False, "error": str(error)}))
        return 2
    peak = max(r["peak_mb"] for r in rows)
    result = {"ok": peak < MOST_MEMORY_MB, "peak_mb": peak, "cpus": os.cpu_count(), "rows": rows}
    if options.json:
        options.json.write_text(json.dumps(result, indent=1), encoding="utf-8")
    print(json.dumps(result))
    return 0 if result["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
