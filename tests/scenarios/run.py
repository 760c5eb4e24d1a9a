"""Scripted streets end to end through RTSP: precision and recall of episodes per violation.

    python -m tests.scenarios.run --seeds 10 --out var/scenarios

Every scenario and every twin is rendered for each seed (light, weather, positions and times vary
with it), served as an RTSP camera faster than real time, watched by the box with its default
settings, and compared with the script. The last line is one JSON object; `ok` means precision and
recall of at least 0.95 for every violation and no episode on a twin.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tqdm import tqdm

from edge.box import Box, CameraRun
from edge.demo import scripted_camera
from edge.rtsp_server import RtspServer
from edge.settings import BoxCamera, BoxSettings, load_camera
from pipeline.settings import load_settings
from pipeline.violations import Violation
from tests.scenarios.matching import Script, Tally, points_at, read_script, tally

# Seconds of each video: its act begins within the first two minutes and must outlast its rule. An
# ad is put up between 40 and 90 s, must hang for 120 s and be seen to.
SCENARIOS = {"vending": 260, "advertising": 240, "dust": 220, "spill": 160}
TWINS = {
    "vending_twins": 260,
    "advertising_twins": 240,
    "dust_twins": 220,
    "spill_twins": 160,
    "calm": 120,
}
AIM = 0.95
PARALLEL = 2  # cameras at once: as many as the smallest box has cores


def main() -> int:
    """Render, watch, compare, print."""
    options = _options()
    began = time.monotonic()
    settings = load_settings(options.settings, BoxSettings) if options.settings else BoxSettings()
    names = [(name, seed) for seed in range(options.seeds) for name in options.scenarios]
    folder = options.out / "clips"
    folder.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(PARALLEL) as pool:
        jobs = pool.map(lambda job: render(folder, *job), names)
        clips = list(tqdm(jobs, total=len(names), desc="rendering", unit="clip"))
    runs: dict[str, CameraRun] = {}
    for start in tqdm(range(0, len(clips), PARALLEL), desc="watching", unit="batch"):
        batch = clips[start : start + PARALLEL]
        runs |= watch(batch, settings, options.out / "boxes" / f"{start:03d}", options.speed)
    scripts = {clip.stem: read_script(clip.with_suffix(".truth.json")) for clip in clips}
    figures = compare(scripts, runs, options.out)
    figures["seeds"] = options.seeds
    figures["seconds"] = round(time.monotonic() - began, 1)
    sys.stdout.write(json.dumps(figures, ensure_ascii=False) + "\n")
    return 0 if figures["ok"] else 1


def render(folder: Path, name: str, seed: int) -> Path:
    """One rendered video; an earlier one of the same name that is long enough is taken as it is."""
    clip = folder / f"{name}-{seed}.mp4"
    seconds = (SCENARIOS | TWINS)[name]
    truth = clip.with_suffix(".truth.json")
    if not clip.exists() or not truth.exists() or read_script(truth).seconds < seconds:
        command = [
            *(sys.executable, "-m", "models.street.render", "--scenario", name),
            *("--seed", str(seed), "--seconds", str(seconds), "--crf", "30"),
            *("--preset", "ultrafast"),
            *("--out", str(folder)),
        ]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return clip


def watch(
    clips: list[Path], settings: BoxSettings, data: Path, speed: float
) -> dict[str, CameraRun]:
    """Watch a few videos as RTSP cameras of one box."""
    served = {clip.stem: scripted_camera(clip, speed) for clip in clips}
    with RtspServer(cameras=served) as server:
        cameras = tuple(
            BoxCamera(
                **load_camera(clip.with_suffix(".camera.toml")).model_dump(exclude={"id"}),
                id=clip.stem,
                source=server.url(clip.stem).reveal(),
                starts_at=read_script(clip.with_suffix(".truth.json")).starts_at,
            )
            for clip in clips
        )
        runs = Box(settings.model_copy(update={"data": data, "cameras": cameras})).run()
    return {run.camera.id: run for run in runs}


def compare(scripts: dict[str, Script], runs: dict[str, CameraRun], out: Path) -> dict[str, object]:
    """Precision, recall and time errors per violation; every mistake is listed."""
    tallies: dict[Violation, Tally] = {violation: Tally() for violation in Violation}
    twins: Counter[str] = Counter()
    mistakes: list[str] = []
    for name, script in scripts.items():
        candidates = [finding.candidate for finding in runs[name].findings]
        tally(script, candidates, tallies)
        where = f"{name} ({script.light}, {script.weather})"
        false = [
            c for c in candidates if not any(points_at(c, act, script) for act in script.episodes)
        ]
        twins[script.name] += len(false)
        mistakes += [
            f"{where}: false {c.subtype} at {c.box}: {c.explanation.summary()}" for c in false
        ]
        alone = " | ".join(row.text for row in runs[name].left_alone[:3])
        mistakes += [
            f"{where}: missed {act.violation} from {act.starts_seconds:.0f} s at {act.box.xyxy};"
            f" left alone: {alone}"
            for act in script.episodes
            if not any(points_at(c, act, script) for c in candidates)
        ]
    (out / "mistakes.txt").write_text("\n".join(mistakes) + "\n", encoding="utf-8")
    errors = {name: run.error for name, run in runs.items() if run.error}
    good = all(t.precision >= AIM and t.recall >= AIM for t in tallies.values() if t.scripted)
    return {
        "ok": good and not twins.total() and not errors,
        "violations": {violation.value: _figures(t) for violation, t in tallies.items()},
        "false_by_scenario": {name: count for name, count in twins.items() if count},
        "errors": errors,
        "mistakes": str(out / "mistakes.txt"),
        "clips": len(scripts),
    }


def _figures(counts: Tally) -> dict[str, object]:
    return {
        "scripted": counts.scripted,
        "found": counts.found,
        "precision": round(counts.precision, 3),
        "recall": round(counts.recall, 3),
        "duplicates": counts.duplicates,
        "start_error_seconds": _spread(counts.start_errors),
        "end_error_seconds": _spread(counts.end_errors),
    }


def _spread(errors: list[float]) -> dict[str, float] | None:
    """Median and extremes."""
    if not errors:
        return None
    return {
        "median": round(statistics.median(errors), 1),
        "min": round(min(errors), 1),
        "max": round(max(errors), 1),
        "count": len(errors),
    }


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.scenarios.run", description=__doc__)
    parser.add_argument("--seeds", type=int, default=10, help="of each scenario")
    parser.add_argument(
        "--speed", type=float, default=100.0, help="at most so many times faster than real time"
    )
    parser.add_argument("--settings", type=Path, help="a box's TOML file; none: the defaults")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument(
        "--scenarios", nargs="+", default=[*SCENARIOS, *TWINS], choices=[*SCENARIOS, *TWINS]
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
