"""Whether vending is allowed where something stands, when it stands there."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pipeline.geometry import Box
from pipeline.rules.observation import Observation, share_in_zone
from pipeline.zones import Business, Zone, ZoneKind

# A parasol leans over a line that its stall does not cross: the ground is the box's lowest quarter.
GROUND_SHARE = 0.25
COLUMNS, ROWS = 12, 3  # points at which the ground is asked: steps of 3 %


class PlaceStatus(StrEnum):
    """What the zones say about a spot."""

    NO_ZONE = "no_zone"  # no rule applies
    FORBIDDEN = "forbidden"
    PERMITTED = "permitted"
    AFTER_HOURS = "after_hours"
    PERMIT_INVALID = "permit_invalid"
    OVER_LINE = "over_line"
    WRONG_KIND = "wrong_kind"

    @property
    def violates(self) -> bool:
        """Whether trading there is a violation."""
        return self not in {PlaceStatus.NO_ZONE, PlaceStatus.PERMITTED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where something stands."""

    status: PlaceStatus
    zone: Zone | None  # the zone that decides
    share: float  # of the ground in that zone, in [0, 1]
    outside_share: float = 0.0  # of the ground outside the permitted place, in [0, 1]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceLimits:
    """Shares of the ground that decide, in [0, 1]."""

    zone_share: float
    inside_share: float
    outside_share: float


def ground_of(box: Box) -> Box:
    """The strip of a box that touches the ground.

    >>> ground_of(Box(0, 0, 4, 4))
    Box(x1=0, y1=3.0, x2=4, y2=4)
    """
    return Box(box.x1, box.y2 - GROUND_SHARE * box.height, box.x2, box.y2)


def touches_a_zone(fraction_box: Box, observation: Observation, min_share: float) -> bool:
    """Whether this share of the ground under a box lies in any zone that vending is about."""
    ground = ground_of(fraction_box)
    zones = observation.camera.zones_of(ZoneKind.NO_VENDING, ZoneKind.PERMITTED)
    return any(share_in_zone(ground, zone) >= min_share for zone in zones)


def place_of(
    fraction_box: Box, observation: Observation, limits: PlaceLimits, business: Business | None
) -> Place:
    """What the zones say about the ground under a box at the time of the observation."""
    ground = ground_of(fraction_box)
    camera = observation.camera
    zone, share = _most(camera.zones_of(ZoneKind.PERMITTED), ground)
    if zone is not None and share > limits.outside_share:
        return _at_permitted(zone, share, ground, observation, limits, business)
    zone, share = _most(camera.zones_of(ZoneKind.NO_VENDING), ground)
    if zone is not None and share >= limits.zone_share:
        return Place(status=PlaceStatus.FORBIDDEN, zone=zone, share=share)
    return Place(status=PlaceStatus.NO_ZONE, zone=None, share=0.0)


def _at_permitted(  # noqa: PLR0917 - one call, all of it needed
    zone: Zone,
    share: float,
    ground: Box,
    observation: Observation,
    limits: PlaceLimits,
    business: Business | None,
) -> Place:
    """What a permitted place says about something that stands in it, or over its line."""
    camera = observation.camera
    outside_share = 0.0
    local_day = observation.captured_at.astimezone(camera.timezone).date()
    if zone.permits(observation.captured_at, camera.timezone):
        if share < limits.inside_share:
            forbidden = camera.zones_of(ZoneKind.NO_VENDING)
            outside_share = _forbidden_share_outside(zone, forbidden, ground)
        if outside_share > limits.outside_share:
            status = PlaceStatus.OVER_LINE
        elif business is not None and zone.business and business not in zone.business:
            status = PlaceStatus.WRONG_KIND
        else:
            status = PlaceStatus.PERMITTED
    elif zone.schedule.is_valid_on(local_day):
        status = PlaceStatus.AFTER_HOURS
    else:
        status = PlaceStatus.PERMIT_INVALID
    return Place(status=status, zone=zone, share=share, outside_share=outside_share)


def _forbidden_share_outside(zone: Zone, forbidden: tuple[Zone, ...], ground: Box) -> float:
    """Share of the ground that is outside the zone and in a forbidden one, in [0, 1].

    Zones may overlap (a market drawn into a no-vending street), so a grid of points is asked.
    """
    points = [
        (
            ground.x1 + (column + 0.5) / COLUMNS * ground.width,
            ground.y1 + (row + 0.5) / ROWS * ground.height,
        )
        for row in range(ROWS)
        for column in range(COLUMNS)
    ]
    over = sum(
        not zone.polygon.contains(point)
        and any(other.polygon.contains(point) for other in forbidden)
        for point in points
    )
    return over / len(points)


def _most(zones: tuple[Zone, ...], ground: Box) -> tuple[Zone | None, float]:
    """The zone that holds most of the ground, and the share of it; the first of equals."""
    best: tuple[Zone | None, float] = (None, 0.0)
    for zone in zones:
        share = share_in_zone(ground, zone)
        if share > best[1]:
            best = zone, share
    return best
