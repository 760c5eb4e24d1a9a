"""Semi-real videos through the pipeline: `python -m models.semireal --data DATA --out OUT`.

Real fixed-camera clips of DATA/clips, real cut-outs of the validation pictures and made dust and
spills on a time script, with their twins, each through the whole pipeline with all witnesses and
with each one switched off. Prints episode precision, recall and delay, writes OUT/figures.json,
OUT/mistakes.txt and OUT/index.html. The last line is one JSON object; `ok` says that the run is
complete and every violation reaches 0.9 precision and recall with all witnesses. Videos are
filmed once (delete OUT/videos to film them again), and watched again only where the video, its
zones, the product's code or a network has changed since.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from edge.settings import BoxSettings, load_camera
from models.label_sets import LabelSetError
from models.semireal.background import ClipError, open_background
from models.semireal.casting import CastingError, cast_from
from models.semireal.dust import with_and_without
from models.semireal.figures import Result, aims_met, as_rows, count
from models.semireal.film import film
from models.semireal.kept import keep, key_of, recall
from models.semireal.page import contact_sheet, write_page
from models.semireal.plays import Director
from models.semireal.stage import CAMERAS, STAGES, THEMES, Stage, load_stages
from models.semireal.watch import VARIANTS, Networks, Watched, watch
from pipeline.detection.card import load_card
from pipeline.errors import StreetcaseError
from tests.scenarios.matching import Script, read_script

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


def film_all(
    data: Path, out: Path, stages: Mapping[str, Stage], themes: Sequence[str], seeds: Iterable[int]
) -> dict[str, str]:
    """Film every play that is not there yet; video -> stage, in a fixed order.

    Raises:
        ClipError: A clip is missing or broken.
        CastingError: The data pack lacks somebody.
    """
    jobs = [
        (f"{name}-{theme}-{seed}", name, theme, seed)
        for name, stage in stages.items()
        for theme in stage.themes
        if theme in themes
        for seed in seeds
    ]
    out.mkdir(parents=True, exist_ok=True)
    missing = [job for job in jobs if not (out / f"{job[0]}.truth.json").is_file()]
    cast = cast_from(data) if missing else None
    opened = ""
    for video, name, theme, seed in tqdm(missing, desc="filming", unit="video"):
        stage = stages[name]
        if name != opened:  # one clip in memory at a time
            background, opened = open_background(data / "clips" / stage.clip), name
        if cast is not None:
            play = Director(stage, background, cast, seed).write(theme)
            film(out / f"{video}.mp4", play, background, light=stage.light, seed=seed)
    return {video: name for video, name, _, _ in jobs}


def watch_all(
    videos: Mapping[str, str], folder: Path, cameras: Path, out: Path
) -> tuple[dict[str, Script], dict[str, dict[str, Watched]]]:
    """Run every video with every set of witnesses; contact sheets are written on the way."""
    networks = Networks(BoxSettings())
    scripts: dict[str, Script] = {}
    runs: dict[str, dict[str, Watched]] = {variant: {} for variant in VARIANTS}
    for video, name in tqdm(videos.items(), desc="watching", unit="video"):
        file = folder / f"{video}.mp4"
        scripts[video] = script = read_script(file.with_suffix(".truth.json"))
        camera_file = cameras / f"{name}.toml"
        camera = load_camera(camera_file)
        kept, key = out / "found" / f"{video}.json", key_of(file, camera_file)
        found = recall(kept, key)
        if found is None:
            networks.forget()
            found = {
                variant: watch(file, camera, script.starts_at, networks, off)
                for variant, off in VARIANTS.items()
            }
            keep(kept, key, found)
        for variant, watched in found.items():
            runs[variant][video] = watched
        contact_sheet(file, out / f"{video}.jpg", script, camera, runs["all"][video])
    return scripts, runs


def report(
    scripts: Mapping[str, Script],
    runs: Mapping[str, Mapping[str, Watched]],
    stages: Mapping[str, Stage],
    out: Path,
) -> dict[str, Any]:
    """Write figures, mistakes and page; the figures by variant and violation."""
    results: dict[str, Result] = {v: count(scripts, found) for v, found in runs.items()}
    figures = {variant: as_rows(result) for variant, result in results.items()}
    air = with_and_without(scripts, runs, dust_threshold())
    written = {"episodes": figures, "dust": air}
    (out / "figures.json").write_text(json.dumps(written, indent=1), encoding="utf-8")
    lines = [f"{v}: {line}" for v, result in results.items() for line in result.mistakes]
    (out / "mistakes.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    write_page(
        out / "index.html",
        figures=figures,
        mistakes={variant: result.mistakes for variant, result in results.items()},
        sheets={video: f"{video}.jpg" for video in scripts},
        without={name: {str(k): v for k, v in s.without.items()} for name, s in stages.items()},
        air=air,
    )
    for variant, rows in figures.items():
        for violation, row in rows.items():
            if row["scripted"] or row["found"]:
                delay = row["delay_seconds"]["median"] if row["delay_seconds"] else "-"
                print(
                    f"{variant:11} {violation:18} scripted {row['scripted']:3} found"
                    f" {row['found']:3} precision {row['precision']:.2f} {row['precision_95']}"
                    f" recall {row['recall']:.2f} {row['recall_95']} delay {delay}"
                )
    for row in air:
        print(
            f"dust by {row['rings']:26} plumes {row['plumes']:2} found {row['plumes_found']:2}"
            f" alarms {row['alarms']:3} false {row['false']:3} delay {row['delay_seconds']}"
        )
    return figures


def dust_threshold() -> float:
    """Score from which the box takes dust for dust."""
    return load_card(BoxSettings().model.detector, task="detect").thresholds["dust"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="models.semireal", description=__doc__.split("\n\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="the data pack's folder")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=1, help="plays of each theme on each clip")
    parser.add_argument(
        "--first-seed", type=int, default=0, help="seeds below it are those that somebody tuned on"
    )
    parser.add_argument("--themes", nargs="+", choices=list(THEMES), default=list(THEMES))
    parser.add_argument("--stages", nargs="+", help="names of stages; none: all")
    parser.add_argument("--folder", type=Path, help="of stages/ and cameras/ of your own")
    options = parser.parse_args(arguments)
    began = time.monotonic()
    stage_folder = options.folder / "stages" if options.folder else STAGES
    camera_folder = options.folder / "cameras" if options.folder else CAMERAS
    try:
        stages = load_stages(stage_folder)
        wanted = {n: s for n, s in stages.items() if not options.stages or n in options.stages}
        if not wanted:
            print(f"semireal: {stage_folder}: no such stage", file=sys.stderr)
            return 2
        seeds = range(options.first_seed, options.first_seed + options.seeds)
        videos = film_all(options.data, options.out / "videos", wanted, options.themes, seeds)
        scripts, runs = watch_all(videos, options.out / "videos", camera_folder, options.out)
    except (ClipError, CastingError, LabelSetError, StreetcaseError) as exc:
        print(f"semireal: {exc}", file=sys.stderr)
        return 2
    figures = report(scripts, runs, wanted, options.out)
    minutes = sum(script.seconds for script in scripts.values()) / 60
    summary = {
        "ok": aims_met(figures["all"]),
        "videos": len(scripts),
        "minutes": round(minutes, 1),
        "figures": {
            variant: {
                violation: {k: row[k] for k in ("scripted", "found", "precision", "recall")}
                for violation, row in rows.items()
            }
            for variant, rows in figures.items()
        },
        "page": str(options.out / "index.html"),
        "seconds": round(time.monotonic() - began, 1),
    }
    print(json.dumps(summary))
    return 0 if summary["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
