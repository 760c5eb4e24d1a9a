"""Muck-truck spills: a truck crosses a road zone, and afterwards material lies that did not before.

Triage only notices that a truck crosses and asks for a burst. The burst gives the trucks and their
load, the road before and after gives the material. See `pipeline.rules.passage` for the calls.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter

from pipeline.camera import Camera
from pipeline.candidate import Reason
from pipeline.change.results import SurfaceChange
from pipeline.episodes.presence import Presence, Sight, Sighting, SpotReport, affinity
from pipeline.episodes.presence_book import PresenceBook
from pipeline.episodes.snapshots import parse_snapshot
from pipeline.geometry import Box
from pipeline.rules.crossings import Crossing, CrossingWatch
from pipeline.rules.judgement import JsonObject, Judgement, RuleOutcome
from pipeline.rules.observation import Observation, share_in_zone
from pipeline.rules.passage import BurstRequest, LoadState, Passage, TruckPassage
from pipeline.rules.scene import MIN_COVER_SUPPORT, Scene
from pipeline.rules.settings import SpillSettings
from pipeline.rules.spill_reasons import (
    explain_spill,
    explain_uncovered_load,
    heap_of,
    material_of,
    moving_trucks,
    no_passage_reasons,
    passage_reasons,
)
from pipeline.rules.stalls import MIN_OPEN_SUPPORT
from pipeline.violations import Subtype, Violation
from pipeline.zones import Zone, ZoneKind

# A presence that took over another's spot covers it by so much.
SUCCESSOR_AFFINITY = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spill:
    """What a passage said about a presence."""

    fraction_box: Box
    key: str
    started_at: datetime
    reasons: tuple[Reason, ...]


_SPILLS = TypeAdapter(dict[int, _Spill])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A burst that was asked for, and the crossing for which."""

    request: BurstRequest
    crossing: Crossing


class MuckTruckRule:
    """Muck-truck spills on one camera."""

    name = "muck_truck"
    violation = Violation.MUCK_TRUCK_SPILL

    def __init__(self, camera: Camera, settings: SpillSettings | None = None) -> None:
        self.settings = settings or SpillSettings()
        self._roads = {zone.id: zone for zone in camera.zones_of(ZoneKind.ROAD)}
        self._watches = [CrossingWatch(zone, self.settings) for zone in self._roads.values()]
        self._presences = PresenceBook(self.settings.presence)
        self._spills: dict[int, _Spill] = {}  # by presence, only for those that are there
        self._pending: dict[int, _Asked] = {}  # at most `settings.max_pending`
        self._next_request = 1
        self._observation: Observation | None = None  # the newest, for its frame size

    def observe(self, observation: Observation) -> RuleOutcome:
        """Take in one triage frame; frames come in the order of their `seconds`."""
        if not self.settings.enabled or not self._roads:
            return RuleOutcome()
        self._observation = observation
        scene = Scene.of(observation)
        presences = self._presences.observe(
            seconds=observation.seconds,
            captured_at=observation.captured_at,
            sightings=self._sightings(scene) if observation.view_is_reliable else (),
            look=lambda presence: _look(presence, scene),
        )
        self._keep_spills(presences)
        finished = [(watch.zone, watch.update(observation)) for watch in self._watches]
        judgements = [self._judge(presence) for presence in presences]
        return RuleOutcome(
            judgements=tuple(judgements),
            burst_requests=tuple(self._ask(zone, c) for zone, c in finished if c is not None),
            watched=tuple(s.fraction_box for s in self._spills.values()),
        )

    def observe_passage(self, passage: Passage, changes: tuple[SurfaceChange, ...]) -> RuleOutcome:
        """Judge a passage by what lies on the road after it and did not before.

        Args:
            passage: Made from the burst of one of this rule's requests.
            changes: The road of the request's zone, after against before; boxes in pixels of the
                source frame.

        Returns:
            One judgement about the road, fired or not; none if the request is not (or no longer)
            known. With `report_uncovered_loads`, also one for each open load.
        """
        asked = self._pending.pop(passage.request.request_id, None)
        if asked is None or self._observation is None:
            return RuleOutcome()
        zone = self._roads[asked.request.zone_id]
        glimpse = asked.crossing.support
        reasons = passage_reasons(passage, zone, changes, self.settings, glimpse=glimpse)
        material = heap_of(material_of(changes, self.settings))
        spill = self._judge_road(zone, asked.crossing, material, reasons)
        judgements = [spill]
        if self.settings.report_uncovered_loads and not spill.fired:
            judgements += [
                self._judge_load(zone, truck)
                for truck in moving_trucks(passage, self.settings)
                if truck.load is LoadState.OPEN_LOADED
            ]
        return RuleOutcome(judgements=tuple(judgements))

    def snapshot(self) -> JsonObject:
        """The state as JSON values, for a restart; a burst under way is given up."""
        return {
            "presences": self._presences.snapshot(),
            "spills": _SPILLS.dump_python(self._spills, mode="json"),
            "next_request": self._next_request,
        }

    def restore(self, snapshot: JsonObject) -> None:
        """Take up the state of a `snapshot`, dropping the current one.

        Raises:
            SnapshotError: The snapshot is not one of this rule's.
        """
        spills = parse_snapshot(_SPILLS, snapshot.get("spills"), self.name)
        next_request = parse_snapshot(TypeAdapter(int), snapshot.get("next_request"), self.name)
        self._presences.restore(snapshot.get("presences") or {})
        self._spills, self._next_request = spills, next_request
        self._pending.clear()
        self._watches = [CrossingWatch(zone, self.settings) for zone in self._roads.values()]

    def _ask(self, zone: Zone, crossing: Crossing) -> BurstRequest:
        margin = self.settings.burst_margin_seconds
        request = BurstRequest(
            request_id=self._next_request,
            zone_id=zone.id,
            begin_seconds=crossing.begin_seconds - margin,
            end_seconds=crossing.end_seconds + margin,
            frames_per_second=self.settings.burst_frames_per_second,
            purpose="truck_crossing",
        )
        self._next_request += 1
        self._pending[request.request_id] = _Asked(request=request, crossing=crossing)
        while len(self._pending) > self.settings.max_pending:
            del self._pending[min(self._pending)]
        return request

    def _sightings(self, scene: Scene) -> list[Sighting]:
        """Spilled material and static changes on the road."""
        found = [
            (part.fraction_box, {"spill": part.support})
            for part in scene.observation.parts("spill")
        ]
        found += [(proposal.fraction_box, {"change": 1.0}) for proposal in scene.proposals]
        return [
            Sighting(
                fraction_box=box,
                supports=supports,
                opens=max(supports.values()) >= MIN_OPEN_SUPPORT,
                key=zone.id,
            )
            for box, supports in found
            for zone in self._roads.values()
            if share_in_zone(box, zone) >= MIN_COVER_SUPPORT
        ]

    def _keep_spills(self, presences: tuple[Presence, ...]) -> None:
        """Forget spills that are gone; hand those over whose presence was joined to another."""
        kept: dict[int, _Spill] = {}
        for presence_id, spill in self._spills.items():
            heirs = [
                p
                for p in presences
                if p.key == spill.key
                and affinity(p.fraction_box, spill.fraction_box) >= SUCCESSOR_AFFINITY
            ]
            heir = self._presences.get(presence_id) or next(iter(heirs), None)
            if heir is not None:
                kept.setdefault(heir.presence_id, spill)
        self._spills = kept

    def _judge(self, presence: Presence) -> Judgement:
        zone = self._roads[presence.key]
        spill = self._spills.get(presence.presence_id)
        reasons = spill.reasons if spill else no_passage_reasons(zone, self.settings)
        return Judgement(
            subtype=Subtype.SPILL_ROAD,
            zone_id=zone.id,
            presence_id=presence.presence_id,
            # Patches of a spill come and go from view; it lies where it was measured.
            fraction_box=spill.fraction_box if spill else presence.fraction_box,
            sight=presence.sight,
            started_at=spill.started_at if spill else presence.first_seen_at,
            last_seen_at=presence.last_seen_at,
            present_seconds=presence.present_seconds,
            explanation=explain_spill(reasons, presence.level("spill"), self.settings),
        )

    def _judge_road(
        self,
        zone: Zone,
        crossing: Crossing,
        material: tuple[SurfaceChange, ...],
        reasons: tuple[Reason, ...],
    ) -> Judgement:
        """The road after a passage; material on it becomes a presence of its own."""
        box, level, presence = crossing.fraction_box, 0.0, None
        seen_at = crossing.end_at
        if material and self._observation is not None:
            box, *others = (self._observation.to_fractions(change.box) for change in material)
            for other in others:
                box = box.union(other)
            # The road after the passage was looked at until now, and it lay there.
            seen_at = self._observation.captured_at
            presence = self._presences.open(box, seen_at, key=zone.id)
            level = presence.level("spill")
            if self._knows_better(presence, reasons):
                return self._judge(presence)
            self._spills[presence.presence_id] = _Spill(
                fraction_box=box, key=zone.id, started_at=crossing.begin_at, reasons=reasons
            )
        return Judgement(
            subtype=Subtype.SPILL_ROAD,
            zone_id=zone.id,
            presence_id=presence.presence_id if presence else self._presences.reserve_id(),
            fraction_box=box,
            sight=Sight.SEEN if presence else Sight.ABSENT,
            started_at=crossing.begin_at,
            last_seen_at=seen_at,
            present_seconds=presence.present_seconds if presence else 0.0,
            explanation=explain_spill(reasons, level, self.settings),
        )

    def _knows_better(self, presence: Presence, reasons: tuple[Reason, ...]) -> bool:
        """Whether an earlier passage explains what lies there: what is a spill stays one.

        A later truck drives over it, stirs it, or passes beside something that is none.
        """
        earlier = self._spills.get(presence.presence_id)
        if earlier is None:
            return False
        level = presence.level("spill")
        before = explain_spill(earlier.reasons, level, self.settings)
        now = explain_spill(reasons, level, self.settings)
        return before.fired or before.score >= now.score

    def _judge_load(self, zone: Zone, truck: TruckPassage) -> Judgement:
        return Judgement(
            subtype=Subtype.SPILL_UNCOVERED_LOAD,
            zone_id=zone.id,
            presence_id=self._presences.reserve_id(),
            fraction_box=truck.best_fraction_box,
            sight=Sight.SEEN,
            started_at=truck.first_at,
            last_seen_at=truck.last_at,
            present_seconds=truck.last_seconds - truck.first_seconds,
            explanation=explain_uncovered_load(truck, self.settings),
        )


def _look(presence: Presence, scene: Scene) -> SpotReport:
    box = presence.fraction_box
    change = scene.change_support(box)
    covered = scene.covered_share(box) >= MIN_COVER_SUPPORT
    # Without a comparison, material that the network misses is not known to be gone.
    blind = scene.observation.change is not None and change is None
    return SpotReport(
        sees=change is not None and change >= MIN_COVER_SUPPORT,
        hidden=covered or blind or not scene.observation.view_is_reliable,
        supports={"change": change},
    )
