"""The demonstration: the simulated street as RTSP cameras, watched until its acts are found."""

from __future__ import annotations

import json
import time
from collections import Counter
from contextlib import ExitStack
from datetime import datetime
from typing import TYPE_CHECKING, Never

from tqdm import tqdm

from edge.box import Box, CameraRun
from edge.errors import SimulatedCameraError
from edge.report import write_report
from edge.rtsp.camera import CameraClip
from edge.rtsp_server import RtspServer
from edge.settings import BoxCamera, BoxSettings, load_camera

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pipeline.processor import Step

# Scripted minutes pass in seconds: media time runs so many times faster than the clock on the
# wall, in the streams' own time stamps. The box does the same work either way.
DEMO_SPEED = 6.0


def demo_clips(folder: Path) -> list[Path]:
    """The rendered videos, each with its camera and truth file beside it.

    Raises:
        SimulatedCameraError: There are none.
    """
    clips = sorted(folder.glob("*.mp4"))
    if not clips:
        raise SimulatedCameraError(
            f"{folder}: there is no rendered video; run from the repository's root, or render one:"
            " python -m models.street.render --scenario vending --seed 1 --out FOLDER"
        )
    return clips


def scripted_camera(clip: Path, speed: float) -> CameraClip:
    """A video as a camera that is seen whole: from its first second, without a picture left out."""
    return CameraClip(
        path=clip,
        loop=False,
        speed=speed,
        starts_with_first_client=True,
        waits_for_slow_clients=True,
    )


def run_demo(clips: Sequence[Path], settings: BoxSettings, *, speed: float) -> dict[str, object]:
    """Watch rendered videos as cameras and write the report page.

    Args:
        clips: Rendered videos, each with `.camera.toml` and `.truth.json` beside it.
        settings: Of the box; its cameras are replaced.
        speed: How many times faster than the clock on the wall media time runs.

    Returns:
        The figures, with `ok`: every scripted act was found, and nothing else.

    Raises:
        StreetcaseError: The networks or videos cannot be used.
    """
    began = time.monotonic()
    truths = [json.loads(clip.with_suffix(".truth.json").read_text("utf-8")) for clip in clips]
    total_seconds = sum(truth["seconds"] for truth in truths)
    with ExitStack() as stack:
        served = {clip.stem: scripted_camera(clip, speed) for clip in clips}
        server = stack.enter_context(RtspServer(cameras=served))
        cameras = tuple(
            BoxCamera(
                **load_camera(clip.with_suffix(".camera.toml")).model_dump(exclude={"id"}),
                id=clip.stem,
                source=server.url(clip.stem).reveal(),
                starts_at=datetime.fromisoformat(truth["starts_at"]),
            )
            for clip, truth in zip(clips, truths, strict=True)
        )
        bar: tqdm[Never] = stack.enter_context(
            tqdm(total=round(total_seconds), unit="s", desc="street time")
        )
        runs = Box(
            settings.model_copy(update={"cameras": cameras}), on_step=_Progress(bar).advance
        ).run()
    page = settings.data / "report.html"
    expected = Counter(act["violation"] for truth in truths for act in truth["episodes"])
    found = Counter(f.candidate.violation.value for run in runs for f in run.findings)
    seconds = time.monotonic() - began
    _write_page(page, runs, seconds=seconds, street_seconds=total_seconds)
    return {
        "ok": found == expected and not any(run.error for run in runs),
        "found": dict(sorted(found.items())),
        "expected": dict(sorted(expected.items())),
        "errors": {run.camera.id: run.error for run in runs if run.error},
        "street_seconds": round(total_seconds, 1),
        "seconds": round(seconds, 1),
        "report": str(page),
    }


class _Progress:
    """Moves the bar by the street's time, whichever camera it passes on."""

    def __init__(self, bar: tqdm[Never]) -> None:
        self._bar = bar
        self._last: dict[str, float] = {}
        self._found = 0

    def advance(self, camera_id: str, step: Step) -> None:
        """Take in one camera's step."""
        seconds = step.frame.seconds
        self._bar.update(seconds - self._last.get(camera_id, seconds))
        self._last[camera_id] = seconds
        for event in step.events:
            if type(event).__name__ == "EpisodeOpened":
                self._found += 1
                self._bar.set_postfix(found=self._found)
                self._bar.write(
                    f"  {camera_id}: {event.episode.subtype.value}:"
                    f" {event.episode.explanation.summary('zh')}"
                )


def _write_page(
    page: Path, runs: Sequence[CameraRun], *, seconds: float, street_seconds: float
) -> None:
    findings = sorted(
        (finding for run in runs for finding in run.findings),
        key=lambda finding: finding.candidate.fired_at,
    )
    frames = sum(run.counts.frames for run in runs)
    write_report(
        page,
        findings,
        left_alone=[row for run in runs for row in run.left_alone],
        figures=[
            (str(len(findings)), "疑似线索", "candidates"),
            (str(len(runs)), "摄像机", "cameras"),
            (f"{street_seconds / 60:.0f} min", "街面时长", "of street"),
            (f"{frames}", "关键帧", "keyframes judged"),
            (f"{seconds:.0f} s", "用时", "on the wall clock"),
        ],
    )
