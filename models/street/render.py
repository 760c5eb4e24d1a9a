# ruff: noqa: PLR0917, FBT001, FBT002 - a street is made of numbers; OpenCV is untyped
"""Renders scripted videos: `python -m models.street.render --scenario calm --out DIR`."""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import cv2

from models.street import scenario, script, zones
from models.street.compose import Composer
from models.street.encode import VideoWriter
from models.street.scene import HEIGHT, WIDTH


def render(
    name: str,
    seed: int,
    out: Path,
    fps: int = 5,
    seconds: float = 360.0,
    size: tuple[int, int] = (WIDTH, HEIGHT),
    crf: int = 26,
    key_seconds: int = 1,
    preset: str = "veryfast",
    progress: bool = True,
) -> dict[str, Any]:
    """Write NAME-SEED.mp4, .truth.json and .camera.toml under out; returns the truth.

    Args:
        name: Scenario.
        seed: Any whole number; its last digit chooses light and weather.
        out: Folder, made when missing.
        fps: Frames a second.
        seconds: Length of the video.
        size: Width and height of the file, pixels; boxes are in pixels of this size.
        crf: Quality of the H.264 stream, smaller is better.
        key_seconds: Seconds from keyframe to keyframe.
        preset: The x264 preset.
        progress: Whether to write a progress line to standard error.
    """
    out.mkdir(parents=True, exist_ok=True)
    cv2.setNumThreads(1)  # pictures this small cost more to share out than to draw
    made = scenario.make(name, seed, seconds)
    composer = Composer(made.street)
    objects: dict[str, list[dict[str, Any]]] = {}
    began, total = time.monotonic(), int(seconds * fps)
    with VideoWriter(out / f"{name}-{seed}.mp4", size, fps, crf, key_seconds, preset) as writer:
        for index in range(total):
            whole = index % fps == 0
            picture, seen = composer.frame(index / fps, index, truth=whole)
            if whole:
                objects[str(index // fps)] = seen
            writer.write(picture)
            if progress and (whole or index + 1 == total):
                spent = time.monotonic() - began
                sys.stderr.write(
                    f"\r{name}-{seed}: {index + 1}/{total} frames, "
                    f"{1000 * spent / (index + 1):.1f} ms each"
                )
                sys.stderr.flush()
    if progress:
        sys.stderr.write("\n")
    truth = truth_of(made, objects, fps, size)
    (out / f"{name}-{seed}.truth.json").write_text(
        json.dumps(truth, separators=(",", ":")).replace('},"', '},\n"') + "\n"
    )
    (out / f"{name}-{seed}.camera.toml").write_text(zones.camera_toml(made.street.scene))
    return truth


def truth_of(
    made: script.Script, objects: dict[str, list[dict[str, Any]]], fps: int, size: tuple[int, int]
) -> dict[str, Any]:
    """The truth file's content, boxes scaled to the file's size."""
    sx, sy = size[0] / WIDTH, size[1] / HEIGHT
    if (sx, sy) != (1.0, 1.0):
        for entry in [*made.episodes, *made.twins, *(o for row in objects.values() for o in row)]:
            x0, y0, x1, y1 = entry["box"]
            entry["box"] = [
                round(x0 * sx, 1),
                round(y0 * sy, 1),
                round(x1 * sx, 1),
                round(y1 * sy, 1),
            ]
    return {
        "format": 1, "scenario": made.name, "seed": made.seed, "scene": made.street.scene.name,
        "light": made.street.light, "weather": made.street.weather.name, "width": size[0],
        "height": size[1],
        "fps": fps, "seconds": made.seconds, "starts_at": script.STARTS[made.street.light],
        "episodes": made.episodes, "twins": made.twins, "objects": objects,
    }  # fmt: skip


def main() -> None:
    """Read the command line and render."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenario", choices=sorted(scenario.SCENARIOS), required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--fps", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=360.0)
    parser.add_argument("--size", default=f"{WIDTH}x{HEIGHT}", help="width x height of the file")
    parser.add_argument("--crf", type=int, default=26)
    parser.add_argument("--key-seconds", type=int, default=1)
    parser.add_argument("--preset", default="veryfast")
    options = parser.parse_args()
    width, height = (int(v) for v in options.size.lower().split("x"))
    render(
        options.scenario,
        options.seed,
        options.out,
        options.fps,
        options.seconds,
        (width, height),
        options.crf,
        options.key_seconds,
        options.preset,
    )


if __name__ == "__main__":
    main()
