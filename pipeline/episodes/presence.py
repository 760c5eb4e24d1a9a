"""Presence: evidence that accumulates and decays at one spot.

A detector misses, people walk through, a bus stands in front. So what stands at a spot is not
what the last frame shows but what many frames said, each believed a little: levels climb while
a witness speaks for them, sink slowly while it does not, and stand still while the spot is hidden.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pipeline.episodes.settings import PresenceSettings
from pipeline.geometry import Box

# A part (goods, a parasol) is smaller than half of the whole; what is not, is the whole.
SAME_SIZE_SHARE = 0.5


class Sight(StrEnum):
    """Whether a frame shows what stands at a spot."""

    SEEN = "seen"
    HIDDEN = "hidden"  # covered, or the view cannot be trusted: neither there nor gone
    ABSENT = "absent"  # the spot is in view and shows nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """Something that one frame shows somewhere."""

    fraction_box: Box
    supports: Mapping[str, float]  # what speaks for which thing, each in [0, 1]
    opens: bool = True  # strong enough to begin a presence where there is none
    key: str = ""  # only sightings and presences with the same key are matched (a zone's id)

    @property
    def strength(self) -> float:
        """The strongest support, in [0, 1]."""
        return max(self.supports.values(), default=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpotReport:
    """What one frame says about the place of a presence, whether or not something was sighted."""

    sees: bool = False  # shows it without a sighting (the spot still differs from the reference)
    hidden: bool = False  # covered, or the view cannot be trusted
    supports: Mapping[str, float | None] = field(default_factory=dict)  # none: cannot tell now
    figures: Mapping[str, float] = field(default_factory=dict)  # measured values to average


def leak(level: float, support: float, seconds: float, settings: PresenceSettings) -> float:
    """A level after hearing one support for some seconds.

    It moves towards the support, with the rise constant upwards and the decay constant downwards;
    so it stays in [0, 1], and more support never gives a lower level.

    >>> round(leak(0.0, 1.0, 15.0, PresenceSettings()), 2)
    0.63
    >>> round(leak(1.0, 0.0, 60.0, PresenceSettings()), 2)
    0.37
    """
    constant = settings.rise_seconds if support > level else settings.decay_seconds
    return level + (support - level) * -math.expm1(-seconds / constant)


@dataclass(slots=True, kw_only=True, eq=False)
class Presence:
    """What stands at one spot, as remembered. Changed only by its `PresenceBook`.

    The dictionaries hold one entry for each name that its rule uses,
    which is a fixed and short list.
    """

    presence_id: int  # counted within one book, never used again
    key: str = ""  # as that of its sightings
    fraction_box: Box  # slowly updated
    anchor_box: Box  # where it was first seen, in fractions
    first_seen_at: datetime  # UTC
    last_seen_at: datetime  # UTC
    sight: Sight = Sight.SEEN  # in the newest frame
    present_seconds: float = 0.0  # watched time from the first to the last sight
    pending_seconds: float = 0.0  # watched time since the last sight; counts once seen again
    absent_seconds: float = 0.0  # of it in plain view
    hidden_seconds: float = 0.0  # of it hidden without a break
    evidence: dict[str, float] = field(default_factory=dict)  # levels in [0, 1]
    heard_seconds: dict[str, float] = field(default_factory=dict)  # how long each could tell
    figures: dict[str, float] = field(default_factory=dict)  # running means
    figure_seconds: dict[str, float] = field(default_factory=dict)  # how long each was measured

    def level(self, name: str) -> float:
        """How strongly something is believed, in [0, 1]."""
        return self.evidence.get(name, 0.0)

    def heard(self, name: str) -> float:
        """For how many seconds a witness could tell anything, for or against."""
        return self.heard_seconds.get(name, 0.0)

    def figure(self, name: str) -> float:
        """Running mean of a measured value; 0 if it was never measured."""
        return self.figures.get(name, 0.0)

    @property
    def drift(self) -> float:
        """How far it moved from where it was first seen, in shares of its own size, >= 0."""
        return centre_distance(self.fraction_box, self.anchor_box)

    def lapses(self, settings: PresenceSettings) -> bool:
        """Whether it has been gone too long: for as long as it was there, within two limits."""
        patience = min(
            max(self.present_seconds, settings.first_lapse_seconds), settings.lapse_seconds
        )
        return self.absent_seconds >= patience

    def step(
        self,
        *,
        seconds: float,
        captured_at: datetime,
        sightings: list[Sighting],
        report: SpotReport,
        settings: PresenceSettings,
    ) -> None:
        """Take in one frame, `seconds` after the one before."""
        seen = report.sees or any(s.strength >= settings.min_seen_support for s in sightings)
        self.hidden_seconds = self.hidden_seconds + seconds if report.hidden and not seen else 0.0
        # Hidden for too long, it can no longer be vouched for.
        hidden = report.hidden and not seen and self.hidden_seconds <= settings.max_hidden_seconds
        self.pending_seconds += seconds
        if hidden:
            self.sight = Sight.HIDDEN
        elif seen:
            self._count_sight(seconds, captured_at, settings)
        else:
            self.absent_seconds += seconds
            self.sight = Sight.ABSENT
        self._weigh(seconds, sightings, report, settings, hidden=hidden)
        self._average(seconds, report.figures, settings)
        self._follow(seconds, sightings, settings)

    def _count_sight(
        self, seconds: float, captured_at: datetime, settings: PresenceSettings
    ) -> None:
        forgiven = seconds * settings.sight_forgives
        self.absent_seconds = max(self.absent_seconds - forgiven, 0.0)
        if self.absent_seconds > 0:
            self.sight = Sight.ABSENT  # one sight after a long absence may be a passer-by
            return
        self.present_seconds += self.pending_seconds
        self.pending_seconds = 0.0
        self.last_seen_at = captured_at
        self.sight = Sight.SEEN

    def _weigh(
        self,
        seconds: float,
        sightings: list[Sighting],
        report: SpotReport,
        settings: PresenceSettings,
        *,
        hidden: bool,
    ) -> None:
        """Let every level hear its strongest support of this frame."""
        heard: dict[str, float] = {}
        silent: set[str] = set()
        for name, value in report.supports.items():
            if value is None:
                silent.add(name)
            else:
                heard[name] = value
        for sighting in sightings:
            for name, value in sighting.supports.items():
                heard[name] = max(heard.get(name, 0.0), value)
        for name in heard:
            self.heard_seconds[name] = self.heard_seconds.get(name, 0.0) + seconds
        for name in sorted(self.evidence.keys() | heard.keys()):
            support = heard.get(name, 0.0)
            level = self.evidence.get(name, 0.0)
            if support < level and (hidden or (name in silent and name not in heard)):
                continue  # who cannot see does not say no
            self.evidence[name] = leak(level, support, seconds, settings)

    def _average(
        self, seconds: float, figures: Mapping[str, float], settings: PresenceSettings
    ) -> None:
        """Mean of each value over the time since it was first measured, but not longer."""
        for name, value in figures.items():
            if name not in self.figures:
                self.figures[name] = value
                continue
            heard = self.figure_seconds.get(name, 0.0) + seconds
            share = -math.expm1(-seconds / settings.figure_seconds)
            if heard > 0:  # a plain mean at first, so that the first frame weighs no more
                share = max(share, seconds / heard)
            self.figure_seconds[name] = heard
            self.figures[name] += (value - self.figures[name]) * share

    def _follow(
        self, seconds: float, sightings: list[Sighting], settings: PresenceSettings
    ) -> None:
        """Move the box a little towards the best sighting, if it shows the whole thing."""
        if not sightings:
            return
        best = max(
            sightings, key=lambda s: (s.fraction_box.iou(self.fraction_box), s.fraction_box.xyxy)
        )
        small, large = sorted((best.fraction_box.area, self.fraction_box.area))
        shows_whole = (
            best.fraction_box.iou(self.fraction_box) >= settings.min_affinity
            or self.fraction_box.share_inside(best.fraction_box) >= settings.merge_share
            # It was first seen on its way and has settled half its size further on.
            or small >= SAME_SIZE_SHARE * large
        )
        if shows_whole:  # a sack of goods inside a stall's box does not shrink the stall
            share = -math.expm1(-seconds / settings.box_seconds) * best.strength
            self.fraction_box = blend(self.fraction_box, best.fraction_box, share)


def blend(box: Box, towards: Box, share: float) -> Box:
    """The box moved by a share of the way towards another.

    >>> blend(Box(0, 0, 1, 1), Box(1, 1, 2, 2), 0.5)
    Box(x1=0.5, y1=0.5, x2=1.5, y2=1.5)
    """
    corners = zip(box.xyxy, towards.xyxy, strict=True)
    x1, y1, x2, y2 = (a + (b - a) * share for a, b in corners)
    return Box(x1, y1, x2, y2)


def affinity(a: Box, b: Box) -> float:
    """How likely two boxes show the same thing: the larger of IoU and cover of the smaller.

    A part (goods) lies inside the whole (stall) and has a small IoU with it.

    >>> affinity(Box(0, 0, 10, 10), Box(2, 2, 4, 4))
    1.0
    """
    small, large = sorted((a, b), key=lambda box: box.area)
    return max(a.iou(b), small.share_inside(large))


def centre_distance(a: Box, b: Box) -> float:
    """Distance of two centres in shares of the boxes' mean size, per axis; >= 0.

    >>> centre_distance(Box(0, 0, 2, 2), Box(1, 0, 3, 2))
    0.5
    """
    (ax, ay), (bx, by) = a.center, b.center
    width, height = (a.width + b.width) / 2, (a.height + b.height) / 2
    dx = (ax - bx) / width if width > 0 else 0.0
    dy = (ay - by) / height if height > 0 else 0.0
    return math.hypot(dx, dy)
