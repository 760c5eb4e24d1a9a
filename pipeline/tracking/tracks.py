"""One object followed over frames, as plain data."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.geometry import Box


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """Where one object is now. `track_id` is unique within one tracker and never used again."""

    track_id: int
    class_name: str  # the class most of its detections had
    box: Box  # newest, in pixels of the source frame
    score: float  # of the newest detection, in [0, 1]
    started_seconds: float  # first detection
    seconds: float  # newest detection
    hits: int  # detections so far
