"""What speaks for and against street vending at one spot, weighed and put into words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pipeline.candidate import Explanation, Reason
from pipeline.episodes.presence import Presence
from pipeline.rules.observation import Observation
from pipeline.rules.place import Place
from pipeline.rules.settings import VendingSettings
from pipeline.rules.weighing import DECISIVE, MIN_SAID_LEVEL, part_of, reason, weigh
from pipeline.zones import Business

# What a vendor sells from, in the names of a presence's evidence.
PARTS = ("stall", "goods", "parasol", "tricycle")
# From this level on the network is said to recognise something.
KNOWN_LEVEL = 0.25
# Below this level of change, after so many seconds of looking, the spot is as it always was.
UNCHANGED_LEVEL = 0.3
UNCHANGED_AFTER_SECONDS = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """Where something stands, what it is known to sell, and since when that is not allowed."""

    place: Place
    business: Business | None
    violating_at: datetime | None  # UTC; none: it is allowed
    violating_seconds: float  # of observed presence


def explain(
    presence: Presence, stand: Stand, observation: Observation, settings: VendingSettings
) -> Explanation:
    """Let all witnesses speak about one presence."""
    weights = settings.weights
    reasons = [
        reason("prior", weights.prior),
        _place_reason(stand, observation, settings),
        *_time_reasons(presence, stand, settings),
        *_network_reasons(presence, settings),
        *_vehicle_reasons(presence, settings),
        *_change_reasons(presence, settings),
        *_people_reasons(presence, settings),
    ]
    if presence.drift >= settings.moving_sizes:
        reasons.append(reason("moving", weights.moving, sizes=presence.drift))
    return weigh("vending", reasons, settings.fire_probability)


def _place_reason(stand: Stand, observation: Observation, settings: VendingSettings) -> Reason:
    place = stand.place
    weight = settings.weights.place if place.status.violates else DECISIVE
    if place.zone is None:
        return reason("place_no_zone", weight)
    local = observation.captured_at.astimezone(observation.camera.timezone)
    return reason(
        f"place_{place.status}",
        weight,
        zone=place.zone.name or place.zone.id,
        share=place.share,
        outside_share=place.outside_share,
        document=place.zone.document,
        local_time=f"{local:%H:%M}",
        local_date=f"{local:%Y-%m-%d}",
        business=stand.business.value if stand.business else "",
    )


def _time_reasons(presence: Presence, stand: Stand, settings: VendingSettings) -> list[Reason]:
    dwell, weights = settings.dwell_seconds, settings.weights
    if not stand.place.status.violates:
        return []
    figures = {"present_seconds": stand.violating_seconds, "dwell_seconds": dwell}
    if stand.violating_seconds < dwell:
        return [reason("dwell_not_reached", DECISIVE, **figures)]
    said = [reason(f"dwell_{stand.place.status}", weights.dwell, **figures)]
    if presence.present_seconds >= 2 * dwell:
        said.append(reason("long_dwell", weights.long_dwell))
    return said


def _network_reasons(presence: Presence, settings: VendingSettings) -> list[Reason]:
    """The parts that the network sees, together at most `network_most`."""
    weights = settings.weights
    each = (weights.stall, weights.goods, weights.parasol, weights.tricycle)
    raw = {name: weight * presence.level(name) for name, weight in zip(PARTS, each, strict=True)}
    total = sum(raw.values())
    scale = min(1.0, weights.network_most / total) if total > 0 else 0.0
    said = [
        reason(f"sees_{name}", weight * scale, level=presence.level(name))
        for name, weight in raw.items()
        if presence.level(name) >= MIN_SAID_LEVEL
    ]
    held = presence.level("hand_umbrella")
    if held >= KNOWN_LEVEL and max(presence.level(n) for n in ("stall", "goods")) < held:
        said.append(reason("hand_umbrella", weights.hand_umbrella * held))
    return said or [reason("sees_no_vending", 0.0)]


def _vehicle_reasons(presence: Presence, settings: VendingSettings) -> list[Reason]:
    """What is a parked car most of the time is one."""
    share = presence.figure("vehicle")
    part = part_of(share, settings.vehicle_from, settings.vehicle_to)
    return [reason("vehicle_stands", settings.weights.vehicle * part, share=share)] if part else []


def _change_reasons(presence: Presence, settings: VendingSettings) -> list[Reason]:
    weights, level = settings.weights, presence.level("change")
    if presence.heard("change") < UNCHANGED_AFTER_SECONDS:
        return [reason("change_silent", 0.0)]
    if level < UNCHANGED_LEVEL:
        return [reason("unchanged", weights.unchanged * (1 - level / UNCHANGED_LEVEL))]
    said = [reason("changed", weights.change * level, level=level)]
    traded = max(presence.level(n) for n in ("stall", "goods", "parasol"))
    if presence.level("tricycle") >= KNOWN_LEVEL and traded < KNOWN_LEVEL:
        # The change witness saw a vehicle being parked, which says nothing about trade.
        explained = 1 - traded / KNOWN_LEVEL
        said.append(reason("only_tricycle", -weights.change * level * explained))
    return said


def _people_reasons(presence: Presence, settings: VendingSettings) -> list[Reason]:
    """From `unattended` at the abandoned share, in a straight line to `attended`; and customers."""
    weights, share = settings.weights, presence.figure("attended")
    least = 0.0 if settings.abandoned_is_vending else weights.unattended
    part = part_of(share, settings.abandoned_share, settings.attended_share)
    code = "attended" if part == 1 else "attended_little" if part > 0 else "abandoned"
    said = [reason(code, least + (weights.attended - least) * part, share=share)]
    crowd = presence.figure("customers")
    busy = part_of(crowd, settings.customers_from, settings.customers_to)
    if busy > 0:
        said.append(reason("customers", weights.customers * busy, share=crowd))
    return said
