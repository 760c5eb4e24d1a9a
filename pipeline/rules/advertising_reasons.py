"""What speaks for and against an illegal ad at one spot, weighed and put into words."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.candidate import Explanation, Reason
from pipeline.episodes.presence import Presence
from pipeline.rules.patch_look import PATCH_KINDS, ad_share
from pipeline.rules.settings import AdvertisingSettings
from pipeline.rules.weighing import DECISIVE, MIN_SAID_LEVEL, log_odds, reason, weigh
from pipeline.zones import Zone

AD_CLASSES = ("banner", "poster", "billboard", "graffiti")
# From this level on the network is said to recognise something, and somebody to hold it.
KNOWN_LEVEL = 0.25
# Below this level of change, after so many seconds of looking, it was there when the view was
# learned.
UNCHANGED_LEVEL = 0.3
UNCHANGED_AFTER_SECONDS = 20.0
# A sign that was seen for 45 s (three rise times) while the view was as in the reference is known;
# the change witness needs some 10 s to notice a new one.
SETTLED_LEVEL = 0.95
LONG_PERSISTENCE = 4.0  # times the rule's
LEAST_SHARE = 1e-3  # odds of nothing are not finite


@dataclass(frozen=True, slots=True, kw_only=True)
class Surface:
    """What something hangs on."""

    zone: Zone | None  # the ad surface, none if its box slid off it
    share: float  # of the box on it, in [0, 1]
    permit: Zone | None  # the permitted place in which it hangs


def explain(presence: Presence, surface: Surface, settings: AdvertisingSettings) -> Explanation:
    """Let all witnesses speak about one presence."""
    weights = settings.weights
    reasons = [
        reason("prior", weights.prior),
        *_place_reasons(surface, settings),
        *_time_reasons(presence, settings),
        *_network_reasons(presence, settings),
        *_change_reasons(presence, settings),
    ]
    for name, weight in (("held", weights.held), ("stall_part", weights.stall_part)):
        if presence.level(name) >= KNOWN_LEVEL:
            reasons.append(reason(name, weight * presence.level(name)))
    if presence.drift >= settings.moving_sizes:
        reasons.append(reason("moving", weights.moving, sizes=presence.drift))
    return weigh("advertising", reasons, settings.fire_probability)


def _place_reasons(surface: Surface, settings: AdvertisingSettings) -> list[Reason]:
    if surface.permit is not None:
        zone = surface.permit
        name = zone.name or zone.id
        return [reason("permitted_ad", DECISIVE, zone=name, document=zone.document)]
    if surface.zone is None or surface.share < settings.zone_share:
        return [reason("place_no_zone", DECISIVE)]
    name = surface.zone.name or surface.zone.id
    return [reason("on_ad_surface", settings.weights.place, zone=name, share=surface.share)]


def _time_reasons(presence: Presence, settings: AdvertisingSettings) -> list[Reason]:
    limit, weights = settings.persist_seconds, settings.weights
    figures = {"present_seconds": presence.present_seconds, "persist_seconds": limit}
    if presence.present_seconds < limit:
        return [reason("persists_not_yet", DECISIVE, **figures)]
    said = [reason("persists", weights.persists, **figures)]
    if presence.present_seconds >= LONG_PERSISTENCE * limit:
        said.append(reason("long_persists", weights.long_persists))
    return said


def _network_reasons(presence: Presence, settings: AdvertisingSettings) -> list[Reason]:
    """The class believed most: a thing is one kind of ad, not several."""
    weights = settings.weights
    best = max(AD_CLASSES, key=presence.level)
    level = presence.level(best)
    said = []
    if level >= MIN_SAID_LEVEL:
        said.append(reason(f"sees_{best}", weights.network * level, level=level))
    close = presence.level("close_look")
    if level >= MIN_SAID_LEVEL and close >= KNOWN_LEVEL and presence.level("glance") < KNOWN_LEVEL:
        said.append(reason("close_look", 0.0, level=close))  # how it was seen; it weighs above
    sign = presence.level("signboard")
    if sign >= KNOWN_LEVEL and sign > level:
        suspect = settings.new_signs_are_suspect and is_new(presence)
        code, weight = (
            ("sign_like", weights.sign_like) if suspect else ("signboard", weights.signboard)
        )
        said.append(reason(code, weight * sign, level=sign))
    patch = _patch_reason(presence, settings)
    if patch is not None and patch.weight <= 0:
        said.append(patch)
    elif patch is not None and patch.weight > sum(r.weight for r in said if r.supports):
        # One witness with two networks: what the surer one says for an ad counts, once.
        said = [patch, *(r for r in said if r.weight < 0)]
    return said or [reason("sees_no_ad", 0.0)]


def _patch_reason(presence: Presence, settings: AdvertisingSettings) -> Reason | None:
    """What the looks at a new patch say, by the odds that they give for an ad."""
    if not is_told(presence):
        return None
    shares = {kind: presence.figure(f"patch_{kind}") for kind in PATCH_KINDS}
    weights = settings.weights
    share = ad_share(shares, settings.new_sign_share if settings.new_signs_are_suspect else 0.0)
    odds = log_odds(min(max(share, LEAST_SHARE), 1 - LEAST_SHARE))
    weight = min(max(odds, weights.patch_against), weights.patch)
    best = max(PATCH_KINDS, key=lambda kind: shares[kind])
    return reason(f"patch_{best}", weight, share=shares[best], ad_share=share)


def is_told(presence: Presence) -> bool:
    """Whether a look at the patch has said what it shows."""
    return any(presence.figure(f"patch_{kind}") for kind in PATCH_KINDS)


def is_new(presence: Presence) -> bool:
    """Whether the spot differs from the reference view, and no sign was known there."""
    return (
        presence.heard("change") >= UNCHANGED_AFTER_SECONDS
        and presence.level("change") >= UNCHANGED_LEVEL
        and presence.level("settled") < SETTLED_LEVEL
    )


def _change_reasons(presence: Presence, settings: AdvertisingSettings) -> list[Reason]:
    weights, level = settings.weights, presence.level("change")
    if presence.heard("change") < UNCHANGED_AFTER_SECONDS:
        return [reason("novelty_unknown", 0.0)]
    if level < UNCHANGED_LEVEL:
        return [reason("already_there", weights.unchanged * (1 - level / UNCHANGED_LEVEL))]
    said = [reason("new_on_surface", weights.change * level, level=level)]
    if presence.level("settled") >= SETTLED_LEVEL:
        said.append(reason("known_sign", weights.unchanged))
    fill = presence.figure("fill")
    if fill >= settings.poster_fill:
        said.append(reason("poster_like", weights.poster_like, fill=fill))
    return said
