"""Construction dust: a plume over a site that stays or grows; and soil that lies bare.

Change: the site is veiled against its reference view, in the colour of soil. Network: dust. Time:
it persists, grows and billows. Bare soil is a finding of its own, measured elsewhere.
"""

from __future__ import annotations

import math

from pipeline.camera import Camera
from pipeline.change.results import Haze, Light
from pipeline.episodes.presence import Presence, Sighting, SpotReport, blend
from pipeline.episodes.presence_book import PresenceBook
from pipeline.geometry import Box
from pipeline.rules.dust_reasons import explain_plume, explain_soil
from pipeline.rules.judgement import JsonObject, Judgement, RuleOutcome
from pipeline.rules.observation import Observation, Part, share_in_zone
from pipeline.rules.settings import DustSettings
from pipeline.rules.stalls import MIN_OPEN_SUPPORT
from pipeline.violations import Subtype, Violation
from pipeline.zones import Zone, ZoneKind

# A plume drifts out of its site; a detection belongs to it with a third of its box.
DUST_IN_SITE_SHARE = 0.3
# Bare soil is measured once in a while and holds until the next measurement, but not for ever.
SOIL_STALE_SECONDS = 300.0
# The plume's box follows what is seen within this time; the network's boxes hold all of the plume,
# the veil's only the rag that is largest just now.
NETWORK_BOX_SECONDS = 10.0
VEIL_BOX_SECONDS = 40.0


class DustRule:
    """Construction dust on one camera: one presence for each site, and one for its soil."""

    name = "dust"
    violation = Violation.CONSTRUCTION_DUST

    def __init__(self, camera: Camera, settings: DustSettings | None = None) -> None:
        self.settings = settings or DustSettings()
        self._sites = {zone.id: zone for zone in camera.zones_of(ZoneKind.SITE)}
        self._plumes = PresenceBook(self.settings.presence)
        self._soils = PresenceBook(self.settings.soil_presence)
        self._plume_boxes: dict[str, tuple[float, Box]] = {}  # by site: seconds, where it stands
        self._soil: dict[str, tuple[float, float]] = {}  # by site: seconds, share measured last

    def observe(self, observation: Observation) -> RuleOutcome:
        """Take in one triage frame; frames come in the order of their `seconds`."""
        if not self.settings.enabled or not self._sites:
            return RuleOutcome()
        judgements = self._observe_plumes(observation) + self._observe_soil(observation)
        return RuleOutcome(
            judgements=tuple(
                j for j in judgements if j.present_seconds >= self.settings.report_after_seconds
            ),
        )

    def snapshot(self) -> JsonObject:
        """The state as JSON values, for a restart."""
        return {"plumes": self._plumes.snapshot(), "soils": self._soils.snapshot()}

    def restore(self, snapshot: JsonObject) -> None:
        """Take up the state of a `snapshot`, dropping the current one.

        Raises:
            SnapshotError: The snapshot is not one of this rule's.
        """
        self._plumes.restore(snapshot.get("plumes") or {})
        self._soils.restore(snapshot.get("soils") or {})
        self._plume_boxes.clear()
        self._soil.clear()

    def _observe_plumes(self, observation: Observation) -> list[Judgement]:
        hazes = {haze.zone_id: haze for haze in observation.hazes if haze.zone_id in self._sites}
        dust = {
            zone_id: _in_site(observation.parts("dust"), zone)
            for zone_id, zone in self._sites.items()
        }
        sightings = []
        for zone_id, zone in self._sites.items():
            supports = {"dust": max((p.support for p in dust[zone_id]), default=0.0)}
            haze = hazes.get(zone_id)
            if haze is not None and haze.warmth > self.settings.cold_shift:
                supports["veil"] = min(haze.cover / self.settings.full_cover, 1.0)
            if observation.view_is_reliable and max(supports.values()) > 0:
                self._remember_box(zone_id, haze, dust[zone_id], observation)
                sightings.append(_over_site(zone, supports))
        presences = self._plumes.observe(
            seconds=observation.seconds,
            captured_at=observation.captured_at,
            sightings=sightings,
            look=lambda presence: _look_at_plume(hazes.get(presence.key), observation),
        )
        return [self._judge_plume(p) for p in presences if p.key in self._sites]

    def _remember_box(
        self, zone_id: str, haze: Haze | None, dust: list[Part], observation: Observation
    ) -> None:
        """Follow where the plume stands: the network's box, else, more slowly, the veil's.

        A plume tears, and any one picture's largest rag is not where it stands.
        """
        if dust and dust[0].support >= MIN_OPEN_SUPPORT:
            box, follow_seconds = dust[0].fraction_box, NETWORK_BOX_SECONDS
        elif haze is not None and haze.box is not None and self._shows(haze):
            box, follow_seconds = observation.to_fractions(haze.box), VEIL_BOX_SECONDS
        else:
            return
        now = observation.seconds
        before = self._plume_boxes.get(zone_id)
        if before is not None and 0 <= now - before[0] <= self.settings.presence.lapse_seconds:
            box = blend(before[1], box, -math.expm1(-(now - before[0]) / follow_seconds))
        self._plume_boxes[zone_id] = now, box

    def _shows(self, haze: Haze) -> bool:
        """Whether enough is veiled to say where the plume is, and to colour what lies behind."""
        return haze.cover >= self.settings.presence.min_seen_support * self.settings.full_cover

    def _judge_plume(self, presence: Presence) -> Judgement:
        zone = self._sites[presence.key]
        return Judgement(
            subtype=Subtype.DUST_PLUME,
            zone_id=zone.id,
            presence_id=presence.presence_id,
            fraction_box=self._plume_boxes.get(zone.id, (0.0, presence.fraction_box))[1],
            sight=presence.sight,
            started_at=presence.first_seen_at,
            last_seen_at=presence.last_seen_at,
            present_seconds=presence.present_seconds,
            explanation=explain_plume(presence, zone, self.settings),
        )

    def _observe_soil(self, observation: Observation) -> list[Judgement]:
        now = observation.seconds
        veiled = {haze.zone_id for haze in observation.hazes if self._shows(haze)}
        for zone_id, share in observation.bare_soil.items():
            if zone_id in self._sites.keys() - veiled and observation.view_is_reliable:
                self._soil[zone_id] = now, share
        known = {z: s for z, (at, s) in self._soil.items() if 0 <= now - at <= SOIL_STALE_SECONDS}
        presences = self._soils.observe(
            seconds=now,
            captured_at=observation.captured_at,
            sightings=[
                _over_site(self._sites[zone_id], {"soil": 1.0})
                for zone_id, share in known.items()
                if share >= self.settings.bare_soil_share
            ],
            look=lambda presence: SpotReport(hidden=presence.key not in known),
        )
        return [self._judge_soil(p) for p in presences if p.key in self._sites]

    def _judge_soil(self, presence: Presence) -> Judgement:
        zone = self._sites[presence.key]
        _, share = self._soil.get(zone.id, (0.0, self.settings.bare_soil_share))
        return Judgement(
            subtype=Subtype.DUST_BARE_SOIL,
            zone_id=zone.id,
            presence_id=presence.presence_id,
            fraction_box=presence.fraction_box,
            sight=presence.sight,
            started_at=presence.first_seen_at,
            last_seen_at=presence.last_seen_at,
            present_seconds=presence.present_seconds,
            explanation=explain_soil(presence, zone, share, self.settings),
        )


def _over_site(zone: Zone, supports: dict[str, float]) -> Sighting:
    """A plume wanders and tears; what persists is that this site is veiled."""
    return Sighting(
        fraction_box=zone.polygon.bounds,
        supports=supports,
        opens=max(supports.values()) >= MIN_OPEN_SUPPORT,
        key=zone.id,
    )


def _in_site(parts: tuple[Part, ...], zone: Zone) -> list[Part]:
    """The dust that belongs to a site, the surest first."""
    return [p for p in parts if share_in_zone(p.fraction_box, zone) >= DUST_IN_SITE_SHARE]


def _look_at_plume(haze: Haze | None, observation: Observation) -> SpotReport:
    supports: dict[str, float | None] = {}
    figures: dict[str, float] = {}
    if haze is None:
        supports["veil"] = None
    elif haze.cover > 0:
        change = observation.change
        figures = {
            "cover": haze.cover,
            "frame_cover": haze.frame_cover,
            "growth": haze.growth_per_second,
            "texture_loss": haze.texture_loss,
            "warmth": haze.warmth,
            "brightness": haze.brightness_shift,
            "unrest": haze.unrest,
            "night": float(change is not None and change.light is Light.NIGHT),
        }
    return SpotReport(hidden=not observation.view_is_reliable, supports=supports, figures=figures)
