"""All presences of one rule on one camera: matches what a frame shows to what stands where."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from pipeline.episodes.presence import Presence, Sighting, SpotReport, affinity
from pipeline.episodes.settings import PresenceSettings
from pipeline.episodes.snapshots import parse_snapshot
from pipeline.geometry import Box

Look = Callable[[Presence], SpotReport]  # what this frame says about the place of a presence


@dataclass(frozen=True, slots=True, kw_only=True)
class _Saved:
    next_id: int
    captured_at: datetime | None
    presences: list[Presence]


_SAVED = TypeAdapter(_Saved)


class PresenceBook:
    """The presences of one rule, at most `settings.max_presences`.

    The order of the sightings within one frame does not matter.
    """

    def __init__(self, settings: PresenceSettings | None = None) -> None:
        self.settings = settings or PresenceSettings()
        self._presences: dict[int, Presence] = {}
        self._next_id = 1
        self._seconds: float | None = None  # of the newest frame; none after a restart
        self._captured_at: datetime | None = None

    def __len__(self) -> int:
        """Count the presences."""
        return len(self._presences)

    @property
    def presences(self) -> tuple[Presence, ...]:
        """All presences, the oldest first."""
        return tuple(self._presences.values())

    def observe(
        self,
        *,
        seconds: float,
        captured_at: datetime,
        sightings: Iterable[Sighting],
        look: Look,
    ) -> tuple[Presence, ...]:
        """Take in one frame and return the presences that remain, the oldest first."""
        step = self._time_step(seconds, captured_at)
        known = set(self._presences)
        matched = self._match(sightings, captured_at)
        for presence in self._presences.values():
            presence.step(
                seconds=step if presence.presence_id in known else 0.0,
                captured_at=captured_at,
                sightings=matched.get(presence.presence_id, []),
                report=look(presence),
                settings=self.settings,
            )
        self._join([self._presences[i] for i in sorted(matched)])
        for presence in self.presences:
            if presence.lapses(self.settings):
                del self._presences[presence.presence_id]
        return self.presences

    def open(self, fraction_box: Box, captured_at: datetime, key: str = "") -> Presence:
        """The presence at a spot, begun if there is none, and made as large as the spot."""
        sighting = Sighting(fraction_box=fraction_box, supports={}, key=key)
        found = self._best(sighting) or self._begin(sighting, captured_at)
        found.fraction_box = found.fraction_box.union(fraction_box)
        return found

    def reserve_id(self) -> int:
        """An id that no presence has or will have."""
        self._next_id += 1
        return self._next_id - 1

    def get(self, presence_id: int) -> Presence | None:
        """The presence of an id, if it is still there."""
        return self._presences.get(presence_id)

    def snapshot(self) -> dict[str, Any]:
        """The state as JSON values."""
        saved = _Saved(
            next_id=self._next_id, captured_at=self._captured_at, presences=list(self.presences)
        )
        return dict(_SAVED.dump_python(saved, mode="json"))

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Take up the state of a `snapshot`; the time until the next frame does not count.

        Raises:
            SnapshotError: It is not a snapshot of presences.
        """
        saved = parse_snapshot(_SAVED, snapshot, "presences")
        self._presences = {p.presence_id: p for p in saved.presences}
        self._next_id = saved.next_id
        self._captured_at = saved.captured_at
        self._seconds = None

    def _time_step(self, seconds: float, captured_at: datetime) -> float:
        """Seconds since the frame before, cut; forgets everything after a long outage."""
        step = 0.0 if self._seconds is None else seconds - self._seconds
        # After a restart only the calendar tells how long nobody watched; otherwise the stream's
        # own clock does, because a box may set its calendar late.
        outage = step
        if self._seconds is None and self._captured_at is not None:
            outage = (captured_at - self._captured_at).total_seconds()
        if outage > self.settings.max_outage_seconds:
            self._presences.clear()
        self._seconds, self._captured_at = seconds, captured_at
        return min(max(step, 0.0), self.settings.max_step_seconds)

    def _match(
        self, sightings: Iterable[Sighting], captured_at: datetime
    ) -> dict[int, list[Sighting]]:
        """Sightings by the presence that they show; begins new ones, drops the weakest."""
        matched: dict[int, list[Sighting]] = {}
        ordered = sorted(
            sightings,
            key=lambda s: (-s.strength, s.key, s.fraction_box.xyxy, sorted(s.supports.items())),
        )
        for sighting in ordered:
            found = self._best(sighting)
            if found is None and sighting.opens:
                found = self._begin(sighting, captured_at)
            if found is not None:
                matched.setdefault(found.presence_id, []).append(sighting)
        while len(self._presences) > self.settings.max_presences:
            weakest = max(
                self._presences.values(),
                key=lambda p: (p.absent_seconds, -p.present_seconds, p.presence_id),
            )
            del self._presences[weakest.presence_id]
            matched.pop(weakest.presence_id, None)
        return matched

    def _best(self, sighting: Sighting) -> Presence | None:
        best, best_affinity = None, self.settings.min_affinity
        for presence in self._presences.values():
            if presence.key != sighting.key:
                continue
            value = affinity(sighting.fraction_box, presence.fraction_box)
            if value > best_affinity or (value == best_affinity and best is None):
                best, best_affinity = presence, value
        return best

    def _begin(self, sighting: Sighting, captured_at: datetime) -> Presence:
        presence = Presence(
            presence_id=self.reserve_id(),
            key=sighting.key,
            fraction_box=sighting.fraction_box,
            anchor_box=sighting.fraction_box,
            first_seen_at=captured_at,
            last_seen_at=captured_at,
        )
        self._presences[presence.presence_id] = presence
        return presence

    def _join(self, seen: list[Presence]) -> None:
        """Make one of presences that grew over each other; the older id stays."""
        for i, older in enumerate(seen):
            for younger in seen[i + 1 :]:
                both = {older.presence_id, younger.presence_id} <= self._presences.keys()
                small, large = sorted(
                    (older.fraction_box, younger.fraction_box), key=lambda box: box.area
                )
                if (
                    both
                    and older.key == younger.key
                    and small.share_inside(large) >= self.settings.merge_share
                ):
                    _absorb(older, younger)
                    del self._presences[younger.presence_id]


def _absorb(older: Presence, younger: Presence) -> None:
    """Give the older presence whatever the younger one knows more of."""
    for name, level in younger.evidence.items():
        older.evidence[name] = max(older.level(name), level)
    for name, seconds in younger.heard_seconds.items():
        older.heard_seconds[name] = max(older.heard(name), seconds)
    for name, value in younger.figures.items():
        older.figures.setdefault(name, value)
    if younger.last_seen_at >= older.last_seen_at:
        older.last_seen_at = younger.last_seen_at
        older.absent_seconds = min(older.absent_seconds, younger.absent_seconds)
        older.sight = younger.sight
    older.present_seconds = max(older.present_seconds, younger.present_seconds)
    if younger.fraction_box.area > older.fraction_box.area:
        older.fraction_box = younger.fraction_box
