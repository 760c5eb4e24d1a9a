"""Street vending: something to sell from, standing where vending is not allowed, with people at it.

Network: stall, goods, parasol, tricycle; a car in its place speaks against. Change: the spot
differs from the reference view. Time: it stays beyond the dwell and somebody stands at it. Place
and hours come from the zones.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import TypeAdapter

from pipeline.camera import Camera
from pipeline.episodes.presence import Presence, Sight, Sighting, SpotReport
from pipeline.episodes.presence_book import PresenceBook
from pipeline.episodes.snapshots import parse_snapshot
from pipeline.geometry import Box
from pipeline.rules.judgement import JsonObject, Judgement, RuleOutcome
from pipeline.rules.observation import Observation
from pipeline.rules.place import Place, PlaceLimits, PlaceStatus, place_of, touches_a_zone
from pipeline.rules.scene import MIN_COVER_SUPPORT, Scene
from pipeline.rules.settings import WATCH_UNKNOWN_SECONDS, VendingSettings
from pipeline.rules.stalls import stall_sightings
from pipeline.rules.standing import StandingBoxes
from pipeline.rules.vending_reasons import KNOWN_LEVEL, PARTS, Stand, explain
from pipeline.violations import Subtype, Violation
from pipeline.zones import Business, ZoneKind

# A box at a zone's edge wobbles in and out; what is lawful for longer than this is lawful.
LAWFUL_AFTER_SECONDS = 15.0
# One person's boxes over time, standing; two people in file overlap less.
PERSON_IOU = 0.4
# A vehicle whose box overlaps a stall's so much is the thing itself; what passes before it is not.
SAME_THING_IOU = 0.5
# Somebody stands at a stall who stands within this share of its size around it.
REACH = 0.5

_SUBTYPES = {
    PlaceStatus.AFTER_HOURS: Subtype.VENDING_OVER_TIME,
    PlaceStatus.OVER_LINE: Subtype.VENDING_OVER_LINE,
    PlaceStatus.WRONG_KIND: Subtype.VENDING_WRONG_KIND,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Since:
    """When the present run of 'not allowed here' began for one presence."""

    at: datetime
    present_seconds: float  # of the presence at that moment
    lawful_from_seconds: float | None = None  # of the presence, where it has just become lawful


_SINCE = TypeAdapter(dict[int, _Since])


class VendingRule:
    """Street vending on one camera."""

    name = "vending"
    violation = Violation.STREET_VENDING

    def __init__(self, camera: Camera, settings: VendingSettings | None = None) -> None:
        self.settings = settings or VendingSettings()
        self._has_zones = bool(camera.zones_of(ZoneKind.NO_VENDING, ZoneKind.PERMITTED))
        self._presences = PresenceBook(self.settings.presence)
        self._standing = StandingBoxes(PERSON_IOU)
        self._since: dict[int, _Since] = {}  # by presence, only for those that are there
        self._limits = PlaceLimits(
            zone_share=self.settings.zone_share,
            inside_share=self.settings.inside_share,
            outside_share=self.settings.outside_share,
        )

    def observe(self, observation: Observation) -> RuleOutcome:
        """Take in one triage frame; frames come in the order of their `seconds`."""
        if not self.settings.enabled or not self._has_zones:
            return RuleOutcome()
        scene = Scene.of(observation)
        standing = self._standing.update(scene.people, observation.seconds)
        presences = self._presences.observe(
            seconds=observation.seconds,
            captured_at=observation.captured_at,
            sightings=self._sightings(scene) if observation.view_is_reliable else (),
            look=lambda presence: self._look(presence, scene, standing),
        )
        judgements = []
        watched = []
        for presence in presences:
            stand = self._stand(presence, observation)
            fired = False
            if presence.present_seconds >= self.settings.report_after_seconds:
                judgement = self._judge(presence, stand, observation)
                judgements.append(judgement)
                fired = judgement.fired
            if fired or _may_trade(presence):
                watched.append(presence.fraction_box)
        remaining = {presence.presence_id for presence in presences}
        self._since = {i: since for i, since in self._since.items() if i in remaining}
        return RuleOutcome(judgements=tuple(judgements), watched=tuple(watched))

    def snapshot(self) -> JsonObject:
        """The state as JSON values, for a restart."""
        return {
            "presences": self._presences.snapshot(),
            "since": _SINCE.dump_python(self._since, mode="json"),
        }

    def restore(self, snapshot: JsonObject) -> None:
        """Take up the state of a `snapshot`, dropping the current one.

        Raises:
            SnapshotError: The snapshot is not one of this rule's.
        """
        since = parse_snapshot(_SINCE, snapshot.get("since"), self.name)
        self._presences.restore(snapshot.get("presences") or {})
        self._since = since
        self._standing = StandingBoxes(PERSON_IOU)

    def _sightings(self, scene: Scene) -> list[Sighting]:
        """What could be sold from, on ground that the rule is about."""
        return [
            sighting
            for sighting in stall_sightings(scene, self.settings.parasol_persons)
            if touches_a_zone(sighting.fraction_box, scene.observation, self.settings.outside_share)
        ]

    def _look(self, presence: Presence, scene: Scene, standing: tuple[Box, ...]) -> SpotReport:
        box = presence.fraction_box
        change = scene.change_support(box)
        reach = box.grown(REACH, 1.0, 1.0)
        people = sum(reach.intersection_area(person) > 0 for person in standing)
        supports: dict[str, float | None] = {"change": change}
        hints = [
            hint
            for hint in scene.observation.businesses
            if hint.fraction_box.iou(box) >= self.settings.presence.min_affinity
        ]
        for kind in Business:  # without a hint nothing is known; with one, it is no other kind
            said = [hint.confidence for hint in hints if hint.business is kind]
            supports[f"sells_{kind}"] = max(said, default=0.0) if hints else None
        covered = scene.covered_share(box) >= MIN_COVER_SUPPORT
        return SpotReport(
            sees=change is not None and change >= MIN_COVER_SUPPORT,
            hidden=covered or not scene.observation.view_is_reliable,
            supports=supports,
            figures={
                "attended": float(people > 0),
                "customers": float(people > 1),
                "vehicle": float(_is_vehicle(box, scene)),
            },
        )

    def _stand(self, presence: Presence, observation: Observation) -> Stand:
        business = self._business(presence)
        place = place_of(presence.fraction_box, observation, self._limits, business)
        since = self._violating_since(presence, place, observation.captured_at)
        return Stand(
            place=place,
            business=business,
            violating_at=since.at if since else None,
            violating_seconds=presence.present_seconds - since.present_seconds if since else 0.0,
        )

    def _judge(self, presence: Presence, stand: Stand, observation: Observation) -> Judgement:
        place, violates = stand.place, stand.place.status.violates
        return Judgement(
            subtype=_SUBTYPES.get(place.status, Subtype.VENDING_NO_PERMIT_PLACE),
            zone_id=place.zone.id if place.zone else "",
            presence_id=presence.presence_id,
            fraction_box=presence.fraction_box,
            # What stands where it is allowed is no act, however well it is seen.
            sight=presence.sight if violates else Sight.ABSENT,
            started_at=stand.violating_at or presence.first_seen_at,
            last_seen_at=presence.last_seen_at,
            present_seconds=stand.violating_seconds if violates else presence.present_seconds,
            explanation=explain(presence, stand, observation, self.settings),
        )

    def _violating_since(self, presence: Presence, place: Place, now: datetime) -> _Since | None:
        """When the present run of 'not allowed here' began; a short lawful spell does not end it.

        What stood somewhere lawfully and is no longer allowed there violates from now on, not from
        its first sight.
        """
        known = self._since.get(presence.presence_id)
        if place.status.violates:
            began = presence.first_seen_at if presence.present_seconds == 0 else now
            since = (
                replace(known, lawful_from_seconds=None)
                if known
                else _Since(at=began, present_seconds=presence.present_seconds)
            )
        elif known is None:
            return None
        else:
            lawful_from = known.lawful_from_seconds
            lawful_from = presence.present_seconds if lawful_from is None else lawful_from
            if presence.present_seconds - lawful_from > LAWFUL_AFTER_SECONDS:
                del self._since[presence.presence_id]
                return None
            since = replace(known, lawful_from_seconds=lawful_from)
        self._since[presence.presence_id] = since
        return since

    def _business(self, presence: Presence) -> Business | None:
        levels = {b: presence.level(f"sells_{b}") for b in Business}
        best = max(Business, key=lambda b: levels[b])
        return best if levels[best] >= self.settings.business_level else None


def _is_vehicle(box: Box, scene: Scene) -> bool:
    """Whether the frame shows a car or lorry at a place, and nothing to sell from on it."""
    if not any(box.iou(vehicle) >= SAME_THING_IOU for vehicle in scene.vehicles):
        return False
    return not any(
        part.support >= MIN_COVER_SUPPORT and box.intersection_area(part.fraction_box) > 0
        for part in scene.observation.parts("stall", "goods", "umbrella")
    )


def _may_trade(presence: Presence) -> bool:
    """Whether the reference view must not learn it yet: something to sell from, or unknown."""
    traded = max(presence.level(name) for name in PARTS)
    return traded >= KNOWN_LEVEL or presence.present_seconds < WATCH_UNKNOWN_SECONDS
