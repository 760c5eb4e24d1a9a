"""How evidence at a spot builds and decays, and how long an episode outlives what is seen."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from pipeline.settings import Settings
from pipeline.violations import Violation

Seconds = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(ge=0, le=1)]

MINUTE = 60.0
HOUR = 60 * MINUTE
DAY = 24 * HOUR


class PresenceSettings(Settings):
    """How one spot remembers what it was told. Times are seconds of the stream's clock."""

    # Evidence climbs to 63 % in 15 s and 95 % in 45 s: a quarter of the shortest dwell (60 s).
    rise_seconds: Seconds = 15.0
    # Four times slower down than up: one detection in five still holds a level of one half.
    decay_seconds: Seconds = 60.0
    # The box follows in half a minute, so that one bad box does not move it.
    box_seconds: Seconds = 30.0
    # Measured values are averaged over the last two minutes.
    figure_seconds: Seconds = 2 * MINUTE
    # As the episode's own absence: after that the spot is empty and its presence forgotten.
    lapse_seconds: Seconds = 60.0
    # What was seen for a moment only is forgotten sooner: after as long as it was there.
    first_lapse_seconds: Seconds = 10.0
    # One second of sight makes up for so many seconds of absence: seeing it in one frame of ten
    # holds it, seeing it once a minute does not.
    sight_forgives: Annotated[float, Field(ge=1)] = 10.0
    # Something covered for longer is no longer vouched for; a delivery van unloads in less.
    max_hidden_seconds: Seconds = 15 * MINUTE
    # Longer steps between frames count as this much: keyframes are at most 4 s apart by default,
    # so more is an outage, during which nobody watched.
    max_step_seconds: Seconds = 10.0
    # After such an outage what stands there now is not known to be what stood there before; the
    # episode gap of the domain guide.
    max_outage_seconds: Seconds = 30 * MINUTE
    # A match needs this much overlap (of the union, or of the smaller by the larger).
    min_affinity: Share = 0.3
    # Where one sighting covers two presences by this share, they are one.
    merge_share: Share = 0.7
    # A support below this does not count as a sight: half of a class's threshold.
    min_seen_support: Share = 0.25
    # More standing things than this on one camera and the weakest is forgotten.
    max_presences: Annotated[int, Field(ge=1, le=1000)] = 32


class ViolationEpisodeSettings(Settings):
    """When the episodes of one violation grow, end, and are the same as earlier ones."""

    # Unhidden absence that ends an episode.
    end_after_absent_seconds: Seconds = MINUTE
    # Back within this time, it is the same act (domain guide: 30 min).
    gap_seconds: Seconds = 30 * MINUTE
    # Back within this time after the end, it is a linked recurrence (domain guide: 24 h).
    recurrence_seconds: Seconds = DAY
    # At most one "goes on" message in this time.
    grow_interval_seconds: Seconds = 5 * MINUTE
    # Boxes that overlap so much are the same spot.
    min_iou: Share = 0.2
    # Or whose centres are nearer than this share of their size: a 3-5 m cell around a 2-3 m stall.
    max_centre_distance: Annotated[float, Field(ge=0)] = 0.75
    # Two things that came within this time of each other and stand closer than this share of
    # their size are one act (a vendor's cart and the tricycle that brought it). 0: never.
    companion_seconds: Annotated[float, Field(ge=0)] = 0.0
    companion_gap: Annotated[float, Field(ge=0)] = 0.25


def _advertising() -> ViolationEpisodeSettings:
    """Ads stand for months: slow to end, one message a day, a month to be the same spot's history.

    The gap of a day bridges a night in which the wall cannot be seen.
    """
    return ViolationEpisodeSettings(
        end_after_absent_seconds=10 * MINUTE,
        gap_seconds=DAY,
        recurrence_seconds=30 * DAY,
        grow_interval_seconds=DAY,
        # Stickers come by the dozen: what one hand puts up in two minutes, with gaps of no more
        # than two stickers, is one act.
        companion_seconds=2 * MINUTE,
        companion_gap=2.0,
    )


class EpisodeSettings(Settings):
    """Settings of a camera's episode book."""

    vending: ViolationEpisodeSettings = ViolationEpisodeSettings(companion_seconds=30.0)
    advertising: ViolationEpisodeSettings = _advertising()
    # Puffs of one working day belong together by the 30 min gap.
    dust: ViolationEpisodeSettings = ViolationEpisodeSettings()
    # A spill stays until it is swept; traffic hides it for a while, so absence takes longer.
    spill: ViolationEpisodeSettings = ViolationEpisodeSettings(end_after_absent_seconds=2 * MINUTE)
    # Open and ended episodes kept for one camera; the longest ended is forgotten first.
    max_episodes: Annotated[int, Field(ge=1, le=10_000)] = 256
    # Longer steps between frames count as this much, as for presences.
    max_step_seconds: Seconds = 10.0
    # A banner on a stall: an ad that lies by this share in a vending episode is a part of it ...
    part_share: Share = 0.5
    # ... unless it hung there for longer than this before the vendor came.
    part_lead_seconds: Seconds = 5 * MINUTE

    def of(self, violation: Violation) -> ViolationEpisodeSettings:
        """The settings of one violation."""
        return {
            Violation.STREET_VENDING: self.vending,
            Violation.ILLEGAL_AD: self.advertising,
            Violation.CONSTRUCTION_DUST: self.dust,
            Violation.MUCK_TRUCK_SPILL: self.spill,
        }[violation]
