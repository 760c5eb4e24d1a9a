"""What a box may take of memory: its process, and each camera part by part, as designed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.profiling import BIT_RATE, HEIGHT, KEYFRAME_INTERVAL, WIDTH
from edge.profiling import FRAMES_PER_SECOND as PACKETS_PER_SECOND
from edge.video.decode import Size, fit
from edge.video.ring import PACKET_OVERHEAD_BYTES
from pipeline.change.surface import SurfaceSettings

if TYPE_CHECKING:
    from edge.judging.service import JudgingSettings
    from edge.settings import BoxSettings
    from edge.video.reader import ReaderSettings

INTERVAL_SECONDS = KEYFRAME_INTERVAL / PACKETS_PER_SECOND
CHANNELS = 3
# The change witness at 320 x 180 with one site zone: its arrays, as tests/scenarios/test_memory.py
# counts them, come to 11.4 MB.
CHANGE_BYTES = 12_000_000
# The newest step and the one in hand, a scaler, a demuxer, a thread's stack, tracks and presences.
REST_BYTES = 3_000_000
# Imports, networks and what serves them: measured, 190 MB and 40 MB for each run side by side.
PROCESS_BYTES = 190_000_000
NETWORK_RUN_BYTES = 40_000_000
# Holes between what lives for seconds, a minute and a quarter of an hour (edge/allocator.py): with
# four cameras 40 to 55 MB of 370 in a quarter of an hour, half of them in the process's own share.
HOLES_SHARE = 0.1


def camera_budget(reader: ReaderSettings) -> dict[str, int]:
    """Bytes of each part of one simulated 1080p camera on which nobody has drawn zones.

    The ring holds its seconds and up to one group of pictures more. The road is compared over a
    minute of pictures; undrawn, it is the whole picture, the most that a road zone can be.
    """
    seconds = reader.ring_seconds + INTERVAL_SECONDS
    ring = seconds * (BIT_RATE / 8 + PACKETS_PER_SECOND * PACKET_OVERHEAD_BYTES)
    surface = SurfaceSettings()
    kept = min(surface.keep_seconds / INTERVAL_SECONDS + 1, surface.max_pictures)
    shown = fit(Size(WIDTH, HEIGHT), Size(reader.fit_width, reader.fit_height))
    pixels = shown.width * shown.height
    return {
        "ring": round(min(ring, reader.ring_bytes)),
        "album": reader.max_pinned_bytes,
        "road": round(kept * (pixels * CHANNELS + pixels / 8)),  # colours, and a bit: free or not
        "change": CHANGE_BYTES,
        "rest": REST_BYTES,
    }


def process_budget(judging: JudgingSettings) -> int:
    """Bytes of a box without cameras, when all its threads run the network at once."""
    return PROCESS_BYTES + NETWORK_RUN_BYTES * (judging.threads + judging.burst_threads)


def box_budget(settings: BoxSettings, cameras: int) -> int:
    """Bytes that a box with so many simulated cameras may hold, with the allocator's holes."""
    held = cameras * sum(camera_budget(settings.reader).values())
    return process_budget(settings.judging) + round((1 + HOLES_SHARE) * held)
