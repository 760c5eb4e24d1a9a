"""Many simulated 1080p cameras on one box: what is judged, what is skipped, how late, at what cost.

    python -m tests.scenarios.cameras --cameras 32 --seconds 300 --out var/cameras

The cameras run in a process of their own and all play one clip, each from another place. The last
line is one JSON object with `ok`: no camera starves, no picture is lost without being counted, the
slowest hundredth of the judgements comes within three keyframe intervals, memory stays within what
its parts are designed to take (`tests/scenarios/memory.py`) and, in a run long enough for the
albums to fill, has stopped growing.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

from tqdm import tqdm

from edge.album import CONTEXT_INTERVAL_SECONDS, MAX_CONTEXT
from edge.allocator import share_one_arena
from edge.load import resident_bytes
from edge.logs import log_text
from edge.profiling import (
    CLIP_SECONDS,
    FRAMES_PER_SECOND,
    HEIGHT,
    KEYFRAME_INTERVAL,
    WIDTH,
    make_clip,
)
from edge.serve import BoxService
from edge.settings import BoxCamera, BoxSettings, HealthSettings, undrawn_camera
from pipeline.settings import load_settings
from tests.scenarios.memory import box_budget

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edge.cameras.fleet import Member

INTERVAL_SECONDS = KEYFRAME_INTERVAL / FRAMES_PER_SECOND
WARM_UP_SECONDS = 20.0  # until all are connected and have been judged once or twice
# The aims. A rule that counts minutes does not mind a picture that is three keyframes old.
MAX_DELAY_SECONDS = 3 * INTERVAL_SECONDS
# A camera that gets less than half of what the average gets is starved.
MIN_SHARE_OF_MEAN = 0.5
# The last that fills is the album, with a picture of the street a minute. A run that goes on for a
# quarter longer than that is asked whether it still grows: its last tenth may hold no more than
# what the tenth after the filling held, up to the chance of what is in hand at that moment.
FILLED_SECONDS = CONTEXT_INTERVAL_SECONDS * MAX_CONTEXT
LONG_RUN_SECONDS = 1.25 * FILLED_SECONDS
MAX_GROWTH_SHARE = 0.03


def main() -> int:
    """Run, measure, print."""
    options = _options()
    log_text()
    share_one_arena()  # as `edge serve` does
    clip = make_clip(options.out / "street-1080p25.mp4")
    with simulated_cameras(clip, options.cameras) as addresses:
        settings = _settings(options, addresses)
        figures = watch(settings, options.seconds)
    sys.stdout.write(json.dumps(figures) + "\n")
    return 0 if figures["ok"] else 1


@contextmanager
def simulated_cameras(clip: Path, count: int) -> Iterator[list[str]]:
    """Cameras in another process; their addresses."""
    command = [sys.executable, "-m", "edge.rtsp_server", "--port", "0", "--spread"]
    for number in range(count):
        command += ["--clip", f"camera-{number:02d}={clip}"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        lines = iter(process.stdout.readline, "")
        yield [line.strip() for line in iter(lambda: next(lines), "ready\n")]
    finally:
        process.terminate()
        process.wait()


def watch(settings: BoxSettings, seconds: float) -> dict[str, object]:
    """Run a box on the cameras for a while; the figures."""
    service = BoxService(settings)
    thread = threading.Thread(target=service.run)
    thread.start()
    try:
        while service.health_port is None:
            time.sleep(0.1)
            assert thread.is_alive(), "the box did not start"
        time.sleep(WARM_UP_SECONDS)
        before = [_counts(member) for member in service._fleet]
        cpu, began = time.process_time(), time.monotonic()
        memory = [resident_bytes() or 0]
        for _ in tqdm(range(round(seconds)), unit="s", desc=f"{len(settings.cameras)} cameras"):
            time.sleep(1.0)
            memory.append(resident_bytes() or 0)
        passed = time.monotonic() - began
        cpu_share = (time.process_time() - cpu) / passed / (os.cpu_count() or 1)
        members = list(service._fleet)
        after = [_counts(member) for member in members]
        delays = sorted(d for member in members for d in member.unit.lane.delays)
        states = {member.supervisor.state.value for member in members}
    finally:
        service.stop()
        thread.join()
    gained = [
        {name: late[name] - early[name] for name in early}
        for early, late in zip(before, after, strict=True)
    ]
    figures = _figures(gained, delays, passed=passed, cpu_share=cpu_share, states=states)
    return with_memory(figures, memory, box_budget(settings, len(settings.cameras)))


def _counts(member: Member) -> dict[str, int]:
    reader, lane = member.unit.reader.counters, member.unit.lane.counts
    return {
        "packets": reader.packets,
        "keyframes": reader.keyframes,
        "offered": lane.offered,
        "judged": lane.judged,
        "skipped": lane.skipped,
        "faults": lane.faults,
    }


def _figures(
    gained: list[dict[str, int]],
    delays: list[float],
    *,
    passed: float,
    cpu_share: float,
    states: set[str],
) -> dict[str, object]:
    cameras = len(gained)
    total = {name: sum(counts[name] for counts in gained) for name in gained[0]}
    mean = total["judged"] / cameras
    fewest = min(counts["judged"] for counts in gained)
    # One picture of each camera may be waiting or in hand at either end.
    unaccounted = abs(total["offered"] - total["judged"] - total["skipped"] - total["faults"])
    p50, p99 = (delays[min(int(q * len(delays)), len(delays) - 1)] for q in (0.5, 0.99))
    checks = {
        "all_running": states == {"running"},
        "none_starved": fewest >= MIN_SHARE_OF_MEAN * mean,
        "none_lost": unaccounted <= 2 * cameras and total["faults"] == 0,
        "in_time": p99 < MAX_DELAY_SECONDS,
    }
    return {
        "checks": checks,
        "cameras": cameras,
        "picture": f"{WIDTH}x{HEIGHT}@{FRAMES_PER_SECOND}",
        "seconds": round(passed, 1),
        "packets_share": round(
            total["packets"] / (passed * FRAMES_PER_SECOND * cameras), 3
        ),  # of those that the cameras sent
        "keyframes": total["keyframes"],
        "judged": total["judged"],
        "skipped": total["skipped"],
        "lost": max(unaccounted - 2 * cameras, 0),
        "judged_share": round(total["judged"] / max(total["offered"], 1), 3),
        "fewest_judged": fewest,
        "judged_per_second": round(total["judged"] / passed, 2),
        "delay_p50_seconds": round(p50, 3),
        "delay_p99_seconds": round(p99, 3),
        "cpu_share_of_all_cores": round(cpu_share, 3),
        "cores": os.cpu_count(),
        "load_average": [round(load, 1) for load in os.getloadavg()],
    }


def with_memory(figures: dict[str, object], memory: list[int], budget: int) -> dict[str, object]:
    """The figures with those of the memory, sampled once a second, and the verdict first."""
    checks = dict(cast("dict[str, bool]", figures["checks"]))
    checks["memory_bounded"] = max(memory) < budget
    if len(memory) > LONG_RUN_SECONDS:
        tenth = len(memory) // 10
        filled = round(FILLED_SECONDS - WARM_UP_SECONDS)
        growth = max(memory[-tenth:]) / max(memory[filled : filled + tenth]) - 1
        checks["memory_settled"] = growth < MAX_GROWTH_SHARE
    return {
        "ok": all(checks.values()),
        **figures,
        "checks": checks,
        "memory_budget_mb": round(budget / 1e6),
        "memory_max_mb": round(max(memory) / 1e6),
        "memory_half_way_mb": round(memory[len(memory) // 2] / 1e6),
        "memory_end_mb": round(memory[-1] / 1e6),
    }


def _settings(options: argparse.Namespace, addresses: list[str]) -> BoxSettings:
    settings = load_settings(options.settings, BoxSettings) if options.settings else BoxSettings()
    cameras = tuple(
        BoxCamera(
            **undrawn_camera(f"camera-{number:02d}", "").model_dump(),
            source=address,
        )
        for number, address in enumerate(addresses)
    )
    return settings.model_copy(
        update={
            "data": options.out / "box",
            "cameras": cameras,
            "health": HealthSettings(port=0),
        }
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.scenarios.cameras")
    parser.add_argument("--cameras", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=300.0, help=f"clip: {CLIP_SECONDS} s")
    parser.add_argument("--settings", type=Path, help="a box's TOML file; none: the defaults")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    return options


if __name__ == "__main__":
    sys.exit(main())
