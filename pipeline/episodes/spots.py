"""When two things are at the same spot, one act, or one a part of the other."""

from __future__ import annotations

from datetime import datetime

from pipeline.candidate import EpisodeState
from pipeline.episodes.events import Episode
from pipeline.episodes.presence import centre_distance
from pipeline.episodes.settings import EpisodeSettings, ViolationEpisodeSettings
from pipeline.geometry import Box
from pipeline.violations import Subtype, Violation, violation_of

# Subtypes that are acts of their own: bare soil lies for weeks, a plume over it is news.
_OWN_ACTS = frozenset({Subtype.DUST_BARE_SOIL, Subtype.SPILL_UNCOVERED_LOAD})

# Which violation has parts that look like another one.
_PARTS = {Violation.STREET_VENDING: frozenset({Violation.ILLEGAL_AD})}

PART_MARGIN = 0.1  # share of its size by which the whole's box may be too tight


def act_of(subtype: Subtype) -> str:
    """The kind of act that a subtype is; subtypes of one act may wobble within an episode.

    >>> act_of(Subtype.VENDING_OVER_LINE) == act_of(Subtype.VENDING_OVER_TIME)
    True
    """
    return subtype.value if subtype in _OWN_ACTS else violation_of(subtype).value


def same_spot(a: Box, b: Box, settings: ViolationEpisodeSettings) -> bool:
    """Whether two boxes (fractions of the frame) are the same ground cell."""
    return a.iou(b) >= settings.min_iou or centre_distance(a, b) <= settings.max_centre_distance


def stand_together(
    fraction_box: Box,
    started_at: datetime,
    *,
    episode: Episode,
    settings: ViolationEpisodeSettings,
) -> bool:
    """Whether something came with an open episode and stands beside it: one act, two things."""
    apart = abs((started_at - episode.started_at).total_seconds())
    if settings.companion_seconds <= 0 or apart > settings.companion_seconds:
        return False
    a, b = fraction_box, episode.fraction_box
    across = max(a.x1, b.x1) - min(a.x2, b.x2)
    down = max(a.y1, b.y1) - min(a.y2, b.y2)
    return across <= settings.companion_gap * min(
        a.width, b.width
    ) and down <= settings.companion_gap * min(a.height, b.height)


def is_part_of(
    violation: Violation,
    fraction_box: Box,
    started_at: datetime,
    *,
    whole: Episode,
    settings: EpisodeSettings,
) -> bool:
    """Whether something belongs to an open episode of another violation.

    It does if its kind can be a part, it lies in the whole's box, and it did not hang there long
    before the whole came.
    """
    if whole.state is not EpisodeState.OPEN or violation not in _PARTS.get(
        whole.violation, frozenset()
    ):
        return False
    lead = (whole.started_at - started_at).total_seconds()
    box = whole.fraction_box.grown(PART_MARGIN, 1.0, 1.0)
    return lead <= settings.part_lead_seconds and (
        fraction_box.share_inside(box) >= settings.part_share
    )
