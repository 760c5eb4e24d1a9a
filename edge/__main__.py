"""The box's commands: run, clips, profile. `python -m edge --help` explains them."""

from __future__ import annotations

import argparse
import json
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from edge.demo import DEMO_SPEED, demo_clips, run_demo
from edge.footage import run_footage
from edge.profiling import run_profile
from edge.settings import BoxSettings
from edge.single import run_source
from pipeline.errors import StreetcaseError
from pipeline.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Sequence

DEMO_FOLDER = Path("models/street/clips")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its last line is one JSON object with `ok`.

    Returns:
        0 if ok, 1 if not, 2 for wrong arguments or settings.
    """
    options = _parser().parse_args(arguments)
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    try:
        figures = _run(options)
    except (StreetcaseError, FileNotFoundError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)  # noqa: T201 - a command's answer
        print(json.dumps({"ok": False, "error": str(error)}, ensure_ascii=False))  # noqa: T201
        return 2
    print(json.dumps(figures, ensure_ascii=False))  # noqa: T201 - a command's answer
    return 0 if figures["ok"] else 1


def _run(options: argparse.Namespace) -> dict[str, object]:
    settings = load_settings(options.settings, BoxSettings) if options.settings else BoxSettings()
    settings = settings.model_copy(update={"data": options.out})
    if options.command == "clips":
        return run_footage(options.folder, options.out, settings)
    if options.command == "profile":
        return run_profile(options.source, options.out, settings)
    if options.demo:
        return run_demo(demo_clips(DEMO_FOLDER), settings, speed=options.speed)
    return run_source(
        options.source, settings, camera_file=options.camera, limit_seconds=options.seconds
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m edge", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="watch cameras and write a report page with evidence")
    what = run.add_mutually_exclusive_group(required=True)
    what.add_argument("--demo", action="store_true", help="the simulated street")
    what.add_argument("--source", help="a video file or rtsp://name:password@host/path")
    run.add_argument("--camera", type=Path, help="a camera file with the zones of --source")
    run.add_argument("--seconds", type=float, help="stop --source after so many seconds of video")
    run.add_argument(
        "--speed", type=float, default=DEMO_SPEED,
        help="how many times faster than the clock the simulated street runs (%(default)s)",
    )  # fmt: skip
    clips = commands.add_parser("clips", help="run over a folder of clips, write contact sheets")
    clips.add_argument("folder", type=Path, help="searched for videos, with its subfolders")
    profile = commands.add_parser("profile", help="milliseconds per frame and stage")
    profile.add_argument("--source", type=Path, help="a 1080p clip; none: one is made")
    for command in (run, clips, profile):
        command.add_argument("--out", type=Path, required=True, help="folder for what is written")
        command.add_argument("--settings", type=Path, help="a box's TOML file; none: the defaults")
    return parser


if __name__ == "__main__":
    sys.exit(main())
