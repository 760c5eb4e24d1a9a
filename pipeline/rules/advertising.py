"""Illegal advertising: something new on a surface where ads are not allowed, and it stays.

Network: banner, poster, billboard, graffiti; a signboard speaks against. Change: it was not there
in the reference view. Time: it persists where a carried banner or a parked lorry would be gone.
Small ads are looked for in close looks at the surfaces, one every few seconds (`close_look`); what
is new and not recognised is cut out and told apart by a second network (`patch_look`).
"""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.camera import Camera
from pipeline.episodes.presence import Presence, Sight, Sighting, SpotReport
from pipeline.episodes.presence_book import PresenceBook
from pipeline.geometry import Box
from pipeline.rules.advertising_reasons import (
    AD_CLASSES,
    KNOWN_LEVEL,
    Surface,
    explain,
    is_new,
    is_told,
)
from pipeline.rules.close_look import CloseLook, CloseLookRequest, CloseLooks, merged
from pipeline.rules.judgement import JsonObject, Judgement, RuleOutcome
from pipeline.rules.observation import VEHICLE_CLASSES, Observation, Part, share_in_zone
from pipeline.rules.patch_look import PatchLook, PatchLookRequest, PatchLooks
from pipeline.rules.scene import MIN_COVER_SUPPORT, Scene
from pipeline.rules.settings import WATCH_UNKNOWN_SECONDS, AdvertisingSettings
from pipeline.rules.stalls import MIN_OPEN_SUPPORT
from pipeline.violations import Subtype, Violation
from pipeline.zones import Zone, ZoneKind

SIGN_CLASSES = (*AD_CLASSES, "signboard")
# What a stall is made of; a banner on it is a part of the stall.
STALL_CLASSES = ("stall", "umbrella", "goods", "tricycle")
STALL_SHARE = 0.5  # of the ad's box inside a stall's
# A part is smaller than its whole: of a stall's area, at most. Where both are one box, the network
# calls one thing by turns a banner, a stall and a parasol; a look at the patch decides then.
PART_OF_STALL = 0.7
# A sign that looks as in the reference view, within a tenth of what would be a change.
SETTLED_CHANGE = 0.1
SAME_SIGN_IOU = 0.3  # as for the presences themselves

_SUBTYPES = {
    "banner": Subtype.AD_BANNER,
    "poster": Subtype.AD_POSTER,
    "billboard": Subtype.AD_BOARD,
    "graffiti": Subtype.AD_GRAFFITI,
}


class AdvertisingRule:
    """Illegal advertising on one camera.

    Args:
        camera: Its surfaces and permitted places.
        settings: See `AdvertisingSettings`.
        tells_patches: Whether somebody can answer a `PatchLookRequest`; without, none is made.
    """

    name = "advertising"
    violation = Violation.ILLEGAL_AD

    def __init__(
        self,
        camera: Camera,
        settings: AdvertisingSettings | None = None,
        *,
        tells_patches: bool = False,
    ) -> None:
        self.settings = settings or AdvertisingSettings()
        self._surfaces = camera.zones_of(ZoneKind.AD_SURFACE)
        self._permitted = camera.zones_of(ZoneKind.PERMITTED_AD)
        self._presences = PresenceBook(self.settings.presence)
        self._looks = CloseLooks(self._surfaces, self.settings.close_look)
        self._patch_looks = PatchLooks(self.settings.patch_look) if tells_patches else None

    def observe(self, observation: Observation) -> RuleOutcome:
        """Take in one triage frame; frames come in the order of their `seconds`."""
        if not self.settings.enabled or not self._surfaces:
            return RuleOutcome()
        scene = Scene.of(observation)
        if not observation.view_is_reliable:
            self._looks.forget()
        spots = _Spots(
            scene=scene,
            stalls=observation.parts(*STALL_CLASSES),
            signs=observation.parts(*SIGN_CLASSES),
            words=self._looks.words(observation.seconds),
            patch_looks=self._patch_looks,
        )
        presences = self._presences.observe(
            seconds=observation.seconds,
            captured_at=observation.captured_at,
            sightings=self._sightings(spots) if observation.view_is_reliable else (),
            look=spots.report,
        )
        judgements = [self._judge(presence, observation) for presence in presences]
        return RuleOutcome(
            judgements=tuple(
                j for j in judgements if j.present_seconds >= self.settings.report_after_seconds
            ),
            look_requests=self._look_requests(scene, presences),
            watched=tuple(
                p.fraction_box
                for p, j in zip(presences, judgements, strict=True)
                if _is_watched(p, j)
            ),
        )

    def hear(self, look: CloseLook | PatchLook) -> None:
        """Take in what a look showed; it counts from the next frame on."""
        if isinstance(look, CloseLook):
            self._looks.hear(look.without_lettering(self.settings.vehicle_share))
        elif self._patch_looks is not None:
            self._patch_looks.hear(look)

    def _look_requests(
        self, scene: Scene, presences: tuple[Presence, ...]
    ) -> tuple[CloseLookRequest | PatchLookRequest, ...]:
        """What to look at in full size, if it is time."""
        observation = scene.observation
        requests: list[CloseLookRequest | PatchLookRequest | None] = []
        if observation.view_is_reliable:
            requests.append(self._looks.due(observation))
        if self._patch_looks is not None:
            self._patch_looks.end_frame(frozenset(p.presence_id for p in presences))
            patches = {p.presence_id: p.fraction_box for p in presences if self._is_patch(p, scene)}
            requests.append(self._patch_looks.due(observation.seconds, patches))
        return tuple(request for request in requests if request is not None)

    def _is_patch(self, presence: Presence, scene: Scene) -> bool:
        """Whether something new hangs there, still and in plain view."""
        box = presence.fraction_box
        return (
            presence.sight is Sight.SEEN
            and presence.present_seconds >= self.settings.report_after_seconds
            and is_new(presence)
            and presence.drift < self.settings.moving_sizes
            and scene.covered_share(box) < MIN_COVER_SUPPORT
        )

    def snapshot(self) -> JsonObject:
        """The state as JSON values, for a restart; close looks begin anew."""
        return {"presences": self._presences.snapshot()}

    def restore(self, snapshot: JsonObject) -> None:
        """Take up the state of a `snapshot`, dropping the current one.

        Raises:
            SnapshotError: The snapshot is not one of this rule's.
        """
        self._presences.restore(snapshot.get("presences") or {})

    def _sightings(self, spots: _Spots) -> list[Sighting]:
        """Signs and static changes on an ad surface, without lettering on vehicles."""
        scene = spots.scene
        vehicles = [
            part.fraction_box
            for part in scene.observation.parts(*VEHICLE_CLASSES)
            if part.support >= MIN_COVER_SUPPORT
        ]
        found = [
            Sighting(
                fraction_box=part.fraction_box,
                supports={part.class_name: part.support},
                opens=part.support >= MIN_OPEN_SUPPORT,
            )
            for part in spots.signs
        ]
        found += [
            Sighting(
                fraction_box=part.fraction_box,
                supports={part.class_name: part.support, "close_look": part.support},
                opens=part.support >= MIN_OPEN_SUPPORT,
            )
            for part in merged(spots.signs, spots.words)
            # What is covered by now may be gone when it is in view again.
            if scene.covered_share(part.fraction_box) < MIN_COVER_SUPPORT
        ]
        found += [
            Sighting(fraction_box=proposal.fraction_box, supports={"change": 1.0})
            for proposal in scene.proposals
        ]
        return [
            sighting
            for sighting in found
            if _most(sighting.fraction_box, self._surfaces)[1] >= self.settings.zone_share
            and not any(
                sighting.fraction_box.share_inside(vehicle) >= self.settings.vehicle_share
                for vehicle in vehicles
            )
        ]

    def _judge(self, presence: Presence, observation: Observation) -> Judgement:
        box = presence.fraction_box
        zone, share = _most(box, self._surfaces)
        permit, permit_share = _most(box, self._permitted)
        permitted = permit is not None and permit_share >= self.settings.permitted_share
        surface = Surface(zone=zone, share=share, permit=permit if permitted else None)
        return Judgement(
            subtype=self._subtype(presence, observation),
            zone_id=zone.id if zone else "",
            presence_id=presence.presence_id,
            fraction_box=box,
            sight=Sight.ABSENT if permitted else presence.sight,
            started_at=presence.first_seen_at,
            last_seen_at=presence.last_seen_at,
            present_seconds=presence.present_seconds,
            explanation=explain(presence, surface, self.settings),
        )

    def _subtype(self, presence: Presence, observation: Observation) -> Subtype:
        """By the class believed most, or by the shape of what nobody recognises."""
        best = max(AD_CLASSES, key=presence.level)
        if presence.level(best) >= KNOWN_LEVEL:
            return _SUBTYPES[best]
        box = observation.to_pixels(presence.fraction_box)
        is_wide = box.width >= self.settings.banner_aspect * box.height
        return Subtype.AD_BANNER if is_wide else Subtype.AD_POSTER


def _most(box: Box, zones: tuple[Zone, ...]) -> tuple[Zone | None, float]:
    """The zone that holds most of a box, and the share of the box in it; the first of equals."""
    best: tuple[Zone | None, float] = (None, 0.0)
    for zone in zones:
        share = share_in_zone(box, zone)
        if share > best[1]:
            best = zone, share
    return best


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Spots:
    """What one frame, and the close looks that hold, say about places."""

    scene: Scene
    stalls: tuple[Part, ...]
    signs: tuple[Part, ...]  # of the whole picture
    words: tuple[CloseLook, ...]
    patch_looks: PatchLooks | None = None

    def report(self, presence: Presence) -> SpotReport:
        """What is known of a presence's place, whether or not a sign was sighted there."""
        scene, box = self.scene, presence.fraction_box
        observation = scene.observation
        change = scene.change_support(box)
        covered = scene.covered_share(box) >= MIN_COVER_SUPPORT
        # Without a reference for this light, a sign that the network misses is not known to be
        # gone.
        blind = observation.change is not None and change is None
        proposals = scene.proposals_at(box)
        fill = max(proposals, key=lambda p: p.fraction_box.iou(box)).fill if proposals else None
        people = min(sum(box.share_inside(person) for person in scene.people), 1.0)
        is_settled = change is not None and change < SETTLED_CHANGE and _shows_sign(box, self.signs)
        glance = _support_at(box, self.signs)
        unlooked = self._is_unlooked(presence, glance)
        told = is_told(presence)
        supports: dict[str, float | None] = {
            "change": change,
            "held": people,
            "stall_part": max(
                (stall.support for stall in self.stalls if _is_part(box, stall, is_told=told)),
                default=0.0,
            ),
            # Never denied again: that a sign stood here before it changed is not forgotten.
            "settled": 1.0 if is_settled else None,
            "glance": glance,
            "close_look": None if unlooked else 0.0,
        }
        if unlooked:  # the whole picture cannot tell
            supports |= dict.fromkeys(SIGN_CLASSES)
        return SpotReport(
            sees=change is not None and change >= MIN_COVER_SUPPORT,
            hidden=covered or blind or unlooked or not observation.view_is_reliable,
            supports=supports,
            figures=({} if fill is None else {"fill": fill}) | self._patch_figures(presence),
        )

    def _patch_figures(self, presence: Presence) -> dict[str, float]:
        """The shares of a new look at a patch; averaged over the looks like any other figure."""
        said = self.patch_looks.said(presence.presence_id) if self.patch_looks else {}
        return {f"patch_{kind}": share for kind, share in said.items()}

    def _is_unlooked(self, presence: Presence, glance: float) -> bool:
        """Whether only close looks can tell, and none of those that hold saw the place."""
        if glance >= KNOWN_LEVEL or presence.level("glance") >= KNOWN_LEVEL:
            return False
        if presence.level("close_look") < KNOWN_LEVEL:
            return False
        return not any(word.saw(presence.fraction_box) for word in self.words)


def _is_part(box: Box, stall: Part, *, is_told: bool) -> bool:
    """Whether what hangs there is taken for the cloth of a stall or parasol.

    Args:
        box: Where it hangs.
        stall: Of `STALL_CLASSES`.
        is_told: Whether a look at the patch has said what it is.
    """
    is_smaller = box.area <= PART_OF_STALL * stall.fraction_box.area
    is_inside = box.share_inside(stall.fraction_box) >= STALL_SHARE
    return is_inside and (is_smaller or not is_told)


def _support_at(box: Box, signs: tuple[Part, ...]) -> float:
    """How surely the whole picture shows a sign at a place, in [0, 1]."""
    return max((p.support for p in signs if p.fraction_box.iou(box) >= SAME_SIGN_IOU), default=0.0)


def _shows_sign(box: Box, signs: tuple[Part, ...]) -> bool:
    return _support_at(box, signs) >= MIN_COVER_SUPPORT


def _is_watched(presence: Presence, judgement: Judgement) -> bool:
    """Whether the reference view must not learn it: an ad, or nobody knows yet."""
    known = max(presence.level(name) for name in AD_CLASSES) >= KNOWN_LEVEL
    return judgement.fired or known or presence.present_seconds < WATCH_UNKNOWN_SECONDS
