"""The words for people: one word for one thing, in Chinese and English."""

from __future__ import annotations

from pipeline.violations import Subtype, Violation

# The first is Chinese, the second English.
VIOLATION_WORDS: dict[Violation, tuple[str, str]] = {
    Violation.STREET_VENDING: ("占道经营", "Street vending"),
    Violation.ILLEGAL_AD: ("违规广告", "Illegal advertising"),
    Violation.CONSTRUCTION_DUST: ("施工扬尘", "Construction dust"),
    Violation.MUCK_TRUCK_SPILL: ("渣土遗撒", "Muck-truck spill"),
}

SUBTYPE_WORDS: dict[Subtype, tuple[str, str]] = {
    Subtype.VENDING_NO_PERMIT_PLACE: ("禁摆区内摆摊", "stall where none is permitted"),
    Subtype.VENDING_OVER_TIME: ("超时经营", "permitted place, outside its hours"),
    Subtype.VENDING_OVER_LINE: ("越线经营", "over the line of the permitted place"),
    Subtype.VENDING_WRONG_KIND: ("超业态经营", "kind of business not permitted here"),
    Subtype.AD_BANNER: ("横幅标语", "banner"),
    Subtype.AD_POSTER: ("张贴小广告", "poster or sticker"),
    Subtype.AD_BOARD: ("违规广告牌", "advertising board"),
    Subtype.AD_GRAFFITI: ("涂写喷涂", "graffiti"),
    Subtype.DUST_PLUME: ("扬尘", "dust plume"),
    Subtype.DUST_BARE_SOIL: ("裸土未覆盖", "uncovered soil"),
    Subtype.SPILL_ROAD: ("道路遗撒", "material spilled on the road"),
    Subtype.SPILL_UNCOVERED_LOAD: ("未密闭运输", "uncovered load"),
}

ROLE_WORDS: dict[str, tuple[str, str]] = {
    "first": ("首见", "first seen"),
    "later": ("停留后", "later"),
    "latest": ("最新", "latest"),
    "context": ("全景", "context"),
    "close_up": ("近景", "close-up"),
    "before": ("之前", "before"),
    "after": ("之后", "after"),
    "overall": ("车辆全貌", "the truck"),
    "plate": ("号牌", "plate"),
    "load": ("载物", "load"),
    "spill": ("遗撒物", "material on the road"),
    "clip": ("录像", "clip"),
    "close_up_source": ("近景原图", "picture of the close-up"),
    "plate_source": ("号牌原图", "picture of the plate"),
    "load_source": ("载物原图", "picture of the load"),
    "spill_source": ("遗撒物原图", "picture of the material"),
    "later_day": ("隔日", "on a later day"),
}
