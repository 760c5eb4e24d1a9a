"""When trucks cross a road zone: intervals for which a burst is worth its cost."""

from __future__ import annotations

from dataclasses import dataclass

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
    end_seconds: float


class CrossingWatch:
    """Follows the trucks of one road zone.

    At one picture a second a truck at 40 km/h is a new box in each picture, so a crossing is told
    by trucks being there, moving, not by one track from edge to edge. A truck that stands is
    reported when it comes and when it goes.
    """

    def __init__(self, zone: Zone, settings: SpillSettings) -> None:
        self.zone = zone
        self._settings = settings
        self._begin: float | None = None  # of the running crossing
        self._last = 0.0  # newest picture of it
        self._standing = StandingBoxes(settings.standing_iou)

    def update(self, observation: Observation) -> Crossing | None:
        """Take in one frame; a crossing is returned once it is over."""
        now = observation.seconds
        finished = self._finish(now)
        if self._has_moving_truck(observation):
            if self._begin is None:
                self._begin = now
            self._last = now
        return finished

    def _finish(self, now: float) -> Crossing | None:
        begin = self._begin
        if begin is None:
            return None
        over = now - self._last > self._settings.crossing_gap_seconds
        too_long = now - begin > self._settings.max_crossing_seconds
        if not over and not too_long and now >= self._last:
            return None
        self._begin = None
        return Crossing(begin_seconds=begin, end_seconds=self._last)

    def _has_moving_truck(self, observation: Observation) -> bool:
        trucks = self._trucks(observation)
        return len(self._standing.update(trucks, observation.seconds)) < len(trucks)

    def _trucks(self, observation: Observation) -> list[Box]:
        if not observation.view_is_reliable:
            return []
        detected = [
            part.fraction_box
            for part in observation.parts("truck")
            if part.support >= self._settings.min_truck_support
        ]
        followed = [
            observation.to_fractions(track.box)
            for track in observation.tracks
            if track.class_name == "truck" and track.seconds == observation.seconds
        ]
        boxes = dict.fromkeys(detected + followed)  # a tracked detection once, in order
        return [
            box
            for box in boxes
            if share_in_zone(ground_of(box), self.zone) >= self._settings.zone_share
        ]
