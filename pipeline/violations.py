"""The four violations and their subtypes, as every part of the system names them."""

from __future__ import annotations

from enum import StrEnum


class Violation(StrEnum):
    """What may be wrong. The values are the wire names."""

    STREET_VENDING = "STREET_VENDING"
    ILLEGAL_AD = "ILLEGAL_AD"
    CONSTRUCTION_DUST = "CONSTRUCTION_DUST"
    MUCK_TRUCK_SPILL = "MUCK_TRUCK_SPILL"


class Subtype(StrEnum):
    """What exactly; the part of the name before the dot is the violation."""

    VENDING_NO_PERMIT_PLACE = "vending.no_permitted_place"
    VENDING_OVER_TIME = "vending.over_time"
    VENDING_OVER_LINE = "vending.over_line"
    VENDING_WRONG_KIND = "vending.wrong_kind"
    AD_BANNER = "ad.banner"
    AD_POSTER = "ad.poster"
    AD_BOARD = "ad.board"
    AD_GRAFFITI = "ad.graffiti"
    DUST_PLUME = "dust.plume"
    DUST_BARE_SOIL = "dust.bare_soil"
    SPILL_ROAD = "spill.road"
    SPILL_UNCOVERED_LOAD = "spill.uncovered_load"


VIOLATION_OF_PREFIX: dict[str, Violation] = {
    "vending": Violation.STREET_VENDING,
    "ad": Violation.ILLEGAL_AD,
    "dust": Violation.CONSTRUCTION_DUST,
    "spill": Violation.MUCK_TRUCK_SPILL,
}


def violation_of(subtype: Subtype) -> Violation:
    """The violation that a subtype belongs to.

    >>> violation_of(Subtype.AD_BANNER)
    <Violation.ILLEGAL_AD: 'ILLEGAL_AD'>
    """
    return VIOLATION_OF_PREFIX[subtype.value.partition(".")[0]]
