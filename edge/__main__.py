"""The box's commands: serve, enrol, outbox, run, clips, profile.

`serve` is a box at its work, `enrol` and `outbox` are for whoever looks after it (docs/edge.md);
`run`, `clips` and `profile` watch something once. Each explains itself with --help, and its last
line is one JSON object with `ok`.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from edge.administration import enrol_box, show_outbox
from edge.demo import DEMO_SPEED, demo_clips, run_demo
from edge.footage import run_footage
from edge.logs import log_json, log_text
from edge.profiling import run_profile
from edge.serve import serve
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
    if options.command == "serve":
        log_json()
    else:
        log_text()
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
    if options.command == "serve":
        return serve(settings, options.settings, once=options.once)
    if options.command == "enrol":
        return enrol_box(settings, options.code_file)
    if options.command == "outbox":
        return show_outbox(settings, retry_refused=options.retry_refused)
    return _watch_once(options, settings)


def _watch_once(options: argparse.Namespace, settings: BoxSettings) -> dict[str, object]:
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
    parser = argparse.ArgumentParser(
        prog="python -m edge",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    _add_service(commands)
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


def _add_service(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    service = commands.add_parser(
        "serve",
        help="watch many cameras and send what is found to the centre",
        description="Runs until SIGTERM or Ctrl-C; SIGHUP, or a change of the file, brings new"
        " cameras in and takes old ones out. Logs are JSON lines on the standard error; /health,"
        " /ready and /metrics answer on the port of the settings. See docs/edge.md.",
    )
    service.add_argument(
        "--once", action="store_true", help="end when every file has ended and all is sent"
    )
    enrol = commands.add_parser("enrol", help="make the box known to its centre")
    enrol.add_argument(
        "--code-file", type=Path, default=Path("-"),
        help="file with the one-time code; - reads a line from the standard input (default)",
    )  # fmt: skip
    outbox = commands.add_parser("outbox", help="what waits to be sent, what was refused")
    outbox.add_argument(
        "--retry-refused", action="store_true",
        help="send what the centre refused once more (the box must not be running)",
    )  # fmt: skip
    for command in (service, enrol, outbox):
        command.add_argument("--settings", type=Path, required=True, help="the box's TOML file")


if __name__ == "__main__":
    sys.exit(main())
