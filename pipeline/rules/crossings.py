"""When trucks cross a road zone: intervals for which a burst is worth its cost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from pipeline.geometry import Box
from pipeline.rules.observation import Observation, share_in_zone
from pipeline.rules.place import ground_of
from pipeline.rules.settings import SpillSettings
from pipeline.rules.standing import StandingBoxes
from pipeline.zones import Zone


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """Trucks moved over a road zone between two moments of the stream's clock."""

    begin_seconds: float
    begin_at: datetime  # UTC
    end_seconds: float
    end_at: datetime  # UTC
    fraction_box: Box  # of the largest truck seen
    support: float  # of the surest sight, in [0, 1]


class CrossingWatch:
    """Follows the trucks of one road zone.

    At one picture a second a truck at 40 km/h is a new box in each picture, so a crossing is told
    by trucks being there, moving, not by one track from edge to edge. A truck that stands is
    reported when it comes and when it goes.
    """

    def __init__(self, zone: Zone, settings: SpillSettings) -> None:
        self.zone = zone
        self._settings = settings
        self._running: Crossing | None = None
        self._standing = StandingBoxes(settings.standing_iou)

    def update(self, observation: Observation) -> Crossing | None:
        """Take in one frame; a crossing is returned once it is over."""
        now, at = observation.seconds, observation.captured_at
        finished = self._finish(now)
        trucks = self._trucks(observation)
        standing = self._standing.update(tuple(trucks), now)
        if len(standing) < len(trucks):
            largest = max(trucks, key=lambda box: (box.area, box.xyxy))
            support = max(support for box, support in trucks.items() if box not in standing)
            running = self._running or Crossing(
                begin_seconds=now,
                begin_at=at,
                end_seconds=now,
                end_at=at,
                fraction_box=largest,
                support=support,
            )
            self._running = replace(
                running,
                end_seconds=now,
                end_at=at,
                fraction_box=max((running.fraction_box, largest), key=lambda box: box.area),
                support=max(running.support, support),
            )
        return finished

    def _finish(self, now: float) -> Crossing | None:
        running = self._running
        if running is None:
            return None
        over = now - running.end_seconds > self._settings.crossing_gap_seconds
        too_long = now - running.begin_seconds > self._settings.max_crossing_seconds
        if not over and not too_long and now >= running.end_seconds:
            return None
        self._running = None
        return running

    def _trucks(self, observation: Observation) -> dict[Box, float]:
        """The trucks on the zone, a tracked detection once, with their support."""
        if not observation.view_is_reliable:
            return {}
        followed = [
            observation.to_fractions(track.box)
            for track in observation.tracks
            if track.class_name == "truck" and track.seconds == observation.seconds
        ]
        detected = {
            part.fraction_box: part.support
            for part in observation.parts("truck")
            if part.support >= self._settings.min_truck_support or part.fraction_box in followed
        }
        boxes = detected | {box: 0.0 for box in followed if box not in detected}
        return {
            box: support
            for box, support in boxes.items()
            if share_in_zone(ground_of(box), self.zone) >= self._settings.zone_share
        }
