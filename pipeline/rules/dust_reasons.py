"""What speaks for and against dust over a site, weighed and put into words."""

from __future__ import annotations

from pipeline.candidate import Explanation, Reason
from pipeline.episodes.presence import Presence
from pipeline.rules.settings import DustSettings
from pipeline.rules.weighing import DECISIVE, MIN_SAID_LEVEL, part_of, reason, weigh
from pipeline.zones import Zone

# The veil speaks after it could be measured for so many seconds.
MIN_VEIL_SECONDS = 10.0
# Below this level there is no veil to describe.
VEILED_LEVEL = 0.2
# A veil that takes less of the local contrast leaves the texture as it was. The change witness
# counts a pixel as veiled from a loss of a quarter on.
KEPT_TEXTURE_LOSS = 0.35
SECONDS_PER_MINUTE = 60.0


def explain_plume(presence: Presence, zone: Zone, settings: DustSettings) -> Explanation:
    """Let all witnesses speak about the air over one site."""
    weights = settings.weights
    dust = presence.level("dust")
    seen = (
        reason("sees_dust", weights.network * dust, level=dust)
        if dust >= MIN_SAID_LEVEL
        else reason("sees_no_dust", 0.0)
    )
    reasons = [
        reason("prior", weights.prior),
        reason("in_site", weights.place, zone=zone.name or zone.id),
        _time_reason(presence, settings),
        seen,
        *_veil_reasons(presence, settings),
    ]
    return weigh("dust", reasons, settings.fire_probability)


def explain_soil(
    presence: Presence, zone: Zone, share: float, settings: DustSettings
) -> Explanation:
    """Whether a site's soil lies bare: measured, not weighed, so its reasons decide alone."""
    figures = {
        "present_seconds": presence.present_seconds,
        "persist_seconds": settings.bare_soil_seconds,
    }
    large = share >= settings.bare_soil_share
    long = presence.present_seconds >= settings.bare_soil_seconds
    weights = settings.weights
    reasons = [
        reason("prior", weights.prior),
        reason(
            "bare_soil" if large else "little_bare_soil",
            -weights.prior if large else DECISIVE,
            zone=zone.name or zone.id,
            share=share,
            limit=settings.bare_soil_share,
        ),
        reason("soil_persists", 2 * weights.persists, **figures)
        if long
        else reason("soil_not_yet", DECISIVE, **figures),
    ]
    return weigh("dust", reasons, settings.fire_probability)


def _time_reason(presence: Presence, settings: DustSettings) -> Reason:
    figures = {
        "present_seconds": presence.present_seconds,
        "persist_seconds": settings.persist_seconds,
    }
    if presence.present_seconds < settings.persist_seconds:
        return reason("plume_too_short", DECISIVE, **figures)
    return reason("plume_persists", settings.weights.persists, **figures)


def _veil_reasons(presence: Presence, settings: DustSettings) -> list[Reason]:
    """How much is veiled, and what the veil is like; each look-alike is named."""
    if presence.heard("veil") < MIN_VEIL_SECONDS:
        return [reason("change_silent", 0.0)]
    level = presence.level("veil")
    if level < VEILED_LEVEL:
        return [reason("not_veiled", 0.0)]
    weights = settings.weights
    said = [reason("veiled", weights.veil * level, cover=presence.figure("cover"))]
    growth = presence.figure("growth")
    if growth > 0:
        part = min(growth / settings.full_growth_per_second, 1.0)
        per_minute = growth * SECONDS_PER_MINUTE
        said.append(reason("grows", weights.grows * part, per_minute=per_minute))
    brown = _brownness(presence, settings)
    if brown > 0:
        said.append(reason("warm", weights.warm * brown, share=brown))
    unrest = presence.figure("unrest")
    if unrest > settings.still_unrest:
        part = part_of(unrest, settings.still_unrest, settings.billow_unrest)
        said.append(reason("billows", weights.billows * part))
    if presence.figure("frame_cover") <= settings.local_frame_cover:
        said.append(reason("local", weights.local))
    return said + _look_alikes(presence, settings, brown)


def _brownness(presence: Presence, settings: DustSettings) -> float:
    """From 0 (blue) over one half (grey) to 1 (brown)."""
    return part_of(presence.figure("warmth"), -settings.warm_shift, settings.warm_shift)


def _look_alikes(presence: Presence, settings: DustSettings, brown: float) -> list[Reason]:
    weights = settings.weights
    said = []
    frame_cover = presence.figure("frame_cover")
    if frame_cover >= settings.fog_frame_cover:
        said.append(reason("fog", weights.fog, frame_cover=frame_cover))
    bright = part_of(presence.figure("brightness"), settings.bright_from, settings.bright_to)
    if bright * (1 - brown) >= MIN_SAID_LEVEL:
        said.append(reason("mist", weights.mist * bright * (1 - brown)))
    is_still = presence.figure("unrest") <= settings.still_unrest
    if is_still and presence.figure("growth") < settings.full_growth_per_second:
        at_night = presence.figure("night") >= 0.5  # noqa: PLR2004 - most of the time
        code, weight = ("halo", weights.halo) if at_night and bright else ("still", weights.still)
        said.append(reason(code, weight))
    keeps_texture = presence.figure("texture_loss") < KEPT_TEXTURE_LOSS
    if keeps_texture and brown < 0.5 and not bright:  # noqa: PLR2004 - grey
        said.append(reason("net", weights.net))
    return said
