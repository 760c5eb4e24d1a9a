"""One camera or file of the user's own, watched until it ends."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Never

from tqdm import tqdm

from edge.box import Box
from edge.report import write_report
from edge.settings import BoxCamera, BoxSettings, load_camera, undrawn_camera
from edge.video.source import parse_source

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.processor import Step


def run_source(
    source: str,
    settings: BoxSettings,
    *,
    camera_file: Path | None = None,
    limit_seconds: float | None = None,
) -> dict[str, object]:
    """Watch one source and write the report page.

    Args:
        source: A file or an rtsp:// address.
        settings: Of the box; its cameras are replaced.
        camera_file: Zones and names; without it each rule watches the whole picture.
        limit_seconds: Of video after which to stop; none: at the source's end or on Ctrl-C.

    Returns:
        The figures, with `ok`: the source could be watched to its end.

    Raises:
        StreetcaseError: The networks, the camera file or the address cannot be used.
    """
    began = time.monotonic()
    shown = str(parse_source(source))  # without credentials
    camera = load_camera(camera_file) if camera_file else undrawn_camera("camera-1", shown)
    settings = settings.model_copy(
        update={"cameras": (BoxCamera(**camera.model_dump(), source=source),)}
    )
    bar: tqdm[Never] = tqdm(unit="s", desc=shown)
    with bar:

        def on_step(_camera_id: str, step: Step) -> None:
            bar.update(round(step.frame.seconds) - bar.n)
            if limit_seconds is not None and step.frame.seconds >= limit_seconds:
                box.stop()

        box = Box(settings, on_step=on_step)
        run = box.run()[0]
    page = settings.data / "report.html"
    write_report(
        page,
        run.findings,
        left_alone=run.left_alone,
        figures=[
            (str(len(run.findings)), "疑似线索", "candidates"),
            (f"{run.counts.media_seconds:.0f} s", "视频时长", "of video"),
            (str(run.counts.frames), "关键帧", "keyframes judged"),
        ],
    )
    found = Counter(finding.candidate.violation.value for finding in run.findings)
    return {
        "ok": run.error is None,
        "source": shown,
        "video_seconds": round(run.counts.media_seconds, 1),
        "frames": run.counts.frames,
        "detections": dict(sorted(run.counts.detections.items())),
        "found": dict(sorted(found.items())),
        "zones_drawn": camera_file is not None,
        "warnings": run.warnings,
        "error": run.error,
        "seconds": round(time.monotonic() - began, 1),
        "report": str(page),
    }
