"""An episode as others see it, and the events that tell of its life."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pipeline.candidate import EpisodeState, Explanation
from pipeline.geometry import Box
from pipeline.violations import Subtype, Violation, violation_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """One continuing act at one spot, seen by one camera, at one moment of its life."""

    episode_id: UUID  # the same in every replay of the same footage
    camera_id: str
    subtype: Subtype
    state: EpisodeState
    started_at: datetime  # UTC; when the act was first seen
    fired_at: datetime  # UTC; when the rule fired
    last_seen_at: datetime  # UTC
    ended_at: datetime | None  # UTC; the last sight of it, none while open
    present_seconds: float  # observed time, without the gaps
    fraction_box: Box  # where, in fractions of the frame
    zone_id: str
    explanation: Explanation
    update: int = 0  # grows with every event, so that a later message wins
    recurrence_of: UUID | None = None  # the episode that ended here not long before
    absorbed_by: UUID | None = None  # the episode of which this one turned out to be a part

    @property
    def violation(self) -> Violation:
        """The violation that the subtype belongs to."""
        return violation_of(self.subtype)

    def box_in_pixels(self, width: int, height: int) -> Box:
        """Where, in pixels of a source frame of this size."""
        return self.fraction_box.scaled(width, height)


class Growth(StrEnum):
    """What is new in an `EpisodeGrew`."""

    LONGER = "longer"  # it goes on
    SUBTYPE = "subtype"  # it turned out to be something else of the same violation
    REOPENED = "reopened"  # it came back within the episode gap: the same act goes on


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeOpened:
    """A rule fired at a spot where nothing was open."""

    episode: Episode


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeGrew:
    """An open episode has news; for `LONGER` not more often than the settings say."""

    episode: Episode
    growth: Growth


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeEnded:
    """What was there is gone, or belongs to another episode (`absorbed_by`)."""

    episode: Episode


EpisodeEvent = EpisodeOpened | EpisodeGrew | EpisodeEnded
