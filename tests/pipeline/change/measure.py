"""Prints the figures of docs/change.md: `python -m tests.pipeline.change.measure [--updates N]`."""

from __future__ import annotations

import argparse
import json
import pickle
import statistics
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from pipeline.change.detector import ChangeDetector
from pipeline.change.settings import ChangeSettings
from pipeline.change.surface import SurfaceWatch
from pipeline.zones import ZoneKind
from tests.pipeline.change import scenes

if TYPE_CHECKING:
    from pipeline.change.results import ChangeResult
    from tests.pipeline.change.scenes import Effect

BEGIN_SECONDS = 60  # the street is quiet so long, then something happens
NUISANCE_SECONDS = 600
THING_SECONDS = 60
SEEDS = (1, 2, 3, 4)  # other houses, other grain
MIN_FOUND = 0.95  # on one street the poster hides a dark window of its size: taken for its removal

NUISANCES: dict[str, Effect] = {
    "nothing": scenes.exposure(1.0),
    "moving shadow": scenes.moving_shadow(),
    "creeping shadow": scenes.moving_shadow(0.1),
    "sun comes out": scenes.between(scenes.standing_shadow(), BEGIN_SECONDS),
    "rain": scenes.between(scenes.rain(), BEGIN_SECONDS),
    "headlights": scenes.headlight_sweep(),
    "swaying tree": scenes.swaying_tree(),
    "exposure +30 %": scenes.between(scenes.exposure(1.3), BEGIN_SECONDS),
    "exposure -30 %": scenes.between(scenes.exposure(0.7), BEGIN_SECONDS),
    "gain drift": scenes.gain_drift(),
    "nudge by 1 px": scenes.between(scenes.nudge(1, 1), BEGIN_SECONDS),
    "nudge by 8 px": scenes.between(scenes.nudge(8, 8), BEGIN_SECONDS),
    "nudge by 16 px, zoom": scenes.between(scenes.nudge(16, -6, 1.005), BEGIN_SECONDS),
    "shaking pole": scenes.jitter(),
    "nightfall": scenes.between(scenes.night(), BEGIN_SECONDS),
    "night mode": scenes.between(scenes.night(infra_red=True), BEGIN_SECONDS),
    "passers-by": scenes.passers_by(),
    "wet ground": scenes.between(scenes.wet_ground(), BEGIN_SECONDS),
    "fog": scenes.fog(BEGIN_SECONDS),
    "steam": scenes.steam(BEGIN_SECONDS),
    "dust": scenes.dust(BEGIN_SECONDS),
}
AIRBORNE: dict[str, Effect] = {
    "dust": scenes.dust(BEGIN_SECONDS),
    "water mist": scenes.water_mist(BEGIN_SECONDS),
    "steam": scenes.steam(BEGIN_SECONDS),
    "fog": scenes.fog(BEGIN_SECONDS, minutes=1.0),
    "lamp's halo": scenes.halo(BEGIN_SECONDS),
    "shadow": scenes.moving_shadow(),
    "exposure -30 %": scenes.between(scenes.exposure(0.7), BEGIN_SECONDS),
}
SURFACE: dict[str, Effect] = {
    "soil": scenes.pile().draw,
    "mud": scenes.mud,
    "sand": scenes.sand,
    "wet patch": scenes.wet_patch,
    "shadow": scenes.cast_shadow,
    "leaves": scenes.leaves,
    "exposure -25 %": scenes.exposure(0.75),
    "rain": scenes.rain(),
}


@dataclass(slots=True, kw_only=True)
class Run:
    """What a detector said to a street, and what it cost."""

    results: list[ChangeResult]
    milliseconds: list[float]  # CPU time of each update


def run(effect: Effect, seconds: float, seed: int = 1, step: float = 1.0) -> Run:
    """Let a new detector learn and watch a street."""
    detector = ChangeDetector(scenes.CAMERA)
    street = scenes.Street(seed=seed, effects=[effect], step_seconds=step)
    results, costs = [], []
    for frame in street.frames(seconds):
        begin = time.process_time()
        results.append(detector.update(frame))
        costs.append(1000 * (time.process_time() - begin))
    return Run(results=results, milliseconds=costs)


def row(*cells: object) -> None:
    """Print one line of a Markdown table."""
    sys.stdout.write("| " + " | ".join(str(cell) for cell in cells) + " |\n")


def head(*cells: str) -> None:
    """Print the head of a Markdown table."""
    sys.stdout.write("\n")
    row(*cells)
    row(*("---" for _ in cells))


def nuisances(figures: dict[str, Any]) -> None:
    """False proposals per hour of each nuisance."""
    head("nuisance", "false proposals an hour", "states", "ms an update (median)")
    for name, effect in NUISANCES.items():
        done = run(effect, NUISANCE_SECONDS)
        hits, before = 0, 0
        for result in done.results:  # a patch that stays counts once
            hits += max(len(result.proposals) - before, 0)
            before = len(result.proposals)
        states = {s: sum(r.state.value == s for r in done.results) for s in ("ok", "unstable")}
        cost = statistics.median(done.milliseconds)
        per_hour = hits * 3600 / NUISANCE_SECONDS
        figures["false_per_hour"][name] = per_hour
        figures["ms"].append(cost)
        row(name, f"{per_hour:g}", ", ".join(f"{k} {v}" for k, v in states.items()), f"{cost:.1f}")


def things(figures: dict[str, Any]) -> None:
    """How soon and how well each thing is found."""
    head("thing", "found", "first after (s)", "IoU", "strength", "elsewhere")
    for make in scenes.THINGS:
        thing = make()
        delays, overlaps, strengths, elsewhere = [], [], [], 0
        for seed in SEEDS:
            effect = scenes.between(thing.draw, BEGIN_SECONDS)
            done = run(effect, BEGIN_SECONDS + THING_SECONDS, seed)
            good = [
                (r.seconds - BEGIN_SECONDS, p.box.iou(thing.box), p.strength)
                for r in done.results
                for p in r.proposals
                if p.box.iou(thing.box) >= 0.5
            ]
            all_boxes = [p.box for r in done.results for p in r.proposals]
            elsewhere += sum(box.intersection_area(thing.box) == 0 for box in all_boxes)
            if good:
                delays.append(good[0][0])
                overlaps.append(statistics.median(iou for _, iou, _ in good))
                strengths.append(statistics.median(s for _, _, s in good))
        figures["found"][thing.name] = len(delays) / len(SEEDS)
        row(
            thing.name,
            f"{len(delays)}/{len(SEEDS)}",
            f"{max(delays, default=float('nan')):g}",
            f"{min(overlaps, default=float('nan')):.2f}",
            f"{statistics.mean(strengths or [float('nan')]):.2f}",
            elsewhere,
        )


def airborne() -> None:
    """What the haze of a site looks like, 30 s to 60 s after it began."""
    names = ("cover", "frame_cover", "texture_loss", "warmth", "brightness_shift", "unrest")
    head("scene", *names, "growth a second, most")
    for name, effect in AIRBORNE.items():
        done = run(effect, BEGIN_SECONDS + 60)
        hazes = [r.hazes[0] for r in done.results if r.hazes and r.seconds >= BEGIN_SECONDS]
        late = hazes[30:] or hazes
        means = [statistics.mean(getattr(haze, field) for haze in late) for field in names]
        growth = max(haze.growth_per_second for haze in hazes)
        row(name, *(f"{value:.2f}" for value in means), f"{growth:.3f}")


def surfaces() -> None:
    """What the road shows before and after."""
    (zone,) = scenes.CAMERA.zones_of(ZoneKind.ROAD)
    head("after the passage", "changes", "area", "darkening", "texture gain", "edge", "colour")
    for name, effect in SURFACE.items():
        watch = SurfaceWatch(zone)
        for frame in scenes.Street(effects=[scenes.between(effect, 15)]).frames(26):
            watch.update(frame, ignore=[])
        changes = watch.compare(before_seconds=14, after_seconds=16)
        cells = [""] * 5
        if changes:
            largest = changes[0]
            values = largest.darkening, largest.texture_gain
            cells = [f"{largest.area_share:.3f}", *(f"{v:+.3f}" for v in values)]
            cells += [f"{largest.edge_sharpness:.1f}", f"{largest.colour_shift:.2f}"]
        row(name, len(changes), *cells)


def endurance(updates: int) -> dict[str, float]:
    """The size of a detector's state early on and after many updates of a tiny picture."""
    detector = ChangeDetector(scenes.CAMERA, ChangeSettings(width_px=32))
    rng = np.random.default_rng(1)
    street = rng.integers(40, 200, (18, 32, 3)).astype(np.uint8)
    sizes = {}
    for number in range(updates + 1):
        image = street + rng.integers(0, 4, street.shape).astype(np.uint8)
        x = number % 26
        image[6:10, x : x + 5] = 230
        detector.update(scenes.frame_of(image, float(number)))
        if number in {200, updates}:
            sizes[number] = len(pickle.dumps(detector))
    return {"updates": updates, "bytes_at_200": sizes[200], "bytes_at_end": sizes[updates]}


def main() -> None:
    """Measure and print; the last line is JSON."""
    cv2.setNumThreads(1)  # the cost on one core
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--updates", type=int, default=2000, help="of the endurance run")
    options = parser.parse_args()
    figures: dict[str, Any] = {"false_per_hour": {}, "found": {}, "ms": []}
    nuisances(figures)
    things(figures)
    airborne()
    surfaces()
    figures["endurance"] = endurance(options.updates)
    figures["ms_median"] = round(statistics.median(figures.pop("ms")), 2)
    grown = figures["endurance"]["bytes_at_end"] > 1.05 * figures["endurance"]["bytes_at_200"]
    clean = not any(figures["false_per_hour"].values())
    found = statistics.mean(figures["found"].values())
    figures["ok"] = clean and found >= MIN_FOUND and not grown
    sys.stdout.write("\n" + json.dumps(figures) + "\n")
    sys.exit(0 if figures["ok"] else 1)


if __name__ == "__main__":
    main()
