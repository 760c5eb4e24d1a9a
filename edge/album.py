"""Which keyframes outlive the ring: first sights, latest sights and the empty street before them.

An act becomes a violation minutes after it began, when its first pictures have long left the ring.
So every spot that a rule watches has its first keyframe pinned, compressed, until it is clear that
nothing comes of it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge.errors import ClipError
from pipeline.episodes.presence import Sight

if TYPE_CHECKING:
    from datetime import datetime

    from edge.video.packets import CompressedPacket
    from edge.video.ring import PacketRing
    from pipeline.frames import Frame
    from pipeline.processor import Step
    from pipeline.rules.judgement import Judgement

SpotKey = tuple[str, int]  # rule, presence

CONTEXT_INTERVAL_SECONDS = 60.0  # between pictures of the street as it was before
MAX_CONTEXT = 12  # of these; the last quarter of an hour
LATEST_INTERVAL_SECONDS = 10.0  # between renewals of a spot's latest picture
MAX_SPOTS = 24  # watched spots whose pictures are held; two pins each fit the ring's album


@dataclass(slots=True)
class _Spot:
    first: CompressedPacket
    latest: CompressedPacket
    started_at: datetime
    gone_seconds: float | None = None  # since when no judgement speaks of it


class KeyframeAlbum:
    """Pins and releases keyframes of one camera's ring. Bounded: 2 x 24 spots + 12 of the street.

    Args:
        ring: Of the camera.
        keep_seconds: How long a spot's pictures are kept after the last word on it, so that the
            end of an episode, which is noticed late, still has them.
    """

    def __init__(self, ring: PacketRing, *, keep_seconds: float = 900.0) -> None:
        self._ring = ring
        self._keep_seconds = keep_seconds
        self._spots: dict[SpotKey, _Spot] = {}
        self._context: deque[CompressedPacket] = deque()
        self.refused = 0  # pictures that could not be held; the album was full

    def follow(self, step: Step) -> None:
        """Take in one step."""
        seconds = step.frame.seconds
        if not self._context or seconds - self._context[-1].seconds >= CONTEXT_INTERVAL_SECONDS:
            self._hold_context(seconds)
        spoken: set[SpotKey] = set()
        for judgement in step.judgements:
            key = (judgement.explanation.rule, judgement.presence_id)
            spoken.add(key)
            if judgement.sight is Sight.SEEN:
                self._hold_spot(key, judgement, step.frame)
        self._let_go(spoken, seconds)

    def first_of(self, started_at: datetime) -> CompressedPacket | None:
        """The keyframe pinned when what began at this instant was first seen."""
        spot = self._nearest(started_at)
        return spot.first if spot else None

    def latest_of(self, started_at: datetime) -> CompressedPacket | None:
        """The newest keyframe pinned while what began at this instant was in sight."""
        spot = self._nearest(started_at)
        return spot.latest if spot else None

    def before(self, instant: datetime) -> CompressedPacket | None:
        """The newest picture of the street from before an instant."""
        earlier = [packet for packet in self._context if packet.captured_at < instant]
        return earlier[-1] if earlier else None

    def _nearest(self, started_at: datetime) -> _Spot | None:
        spots = self._spots.values()
        return min(spots, key=lambda s: abs(s.started_at - started_at), default=None)

    def _hold_context(self, seconds: float) -> None:
        packet = self._pin(seconds)
        if packet is None:
            return
        self._context.append(packet)
        if len(self._context) > MAX_CONTEXT:
            self._ring.unpin(self._context.popleft())

    def _hold_spot(self, key: SpotKey, judgement: Judgement, frame: Frame) -> None:
        seconds = frame.seconds
        spot = self._spots.get(key)
        if spot is None:
            if len(self._spots) >= MAX_SPOTS and not self._drop_one():
                self.refused += 1
                return
            # A rule speaks of a spot some seconds after it began; the ring still has its beginning.
            begun = seconds - (frame.captured_at - judgement.started_at).total_seconds()
            first, latest = self._pin(begun) or self._pin(seconds), self._pin(seconds)
            if first is not None and latest is not None:
                self._spots[key] = _Spot(first, latest, judgement.started_at)
            elif first is not None:
                self._ring.unpin(first)
            return
        spot.started_at = judgement.started_at
        if seconds - spot.latest.seconds >= LATEST_INTERVAL_SECONDS:
            packet = self._pin(seconds)
            if packet is not None:
                self._ring.unpin(spot.latest)
                spot.latest = packet

    def _let_go(self, spoken: set[SpotKey], seconds: float) -> None:
        for key, spot in list(self._spots.items()):
            if key in spoken:
                spot.gone_seconds = None
            elif spot.gone_seconds is None:
                spot.gone_seconds = seconds
            elif seconds - spot.gone_seconds > self._keep_seconds:
                self._release(key)

    def _drop_one(self) -> bool:
        """Make room: the spot that nobody has spoken of for the longest goes."""
        gone = {k: s.gone_seconds for k, s in self._spots.items() if s.gone_seconds is not None}
        if not gone:
            return False
        self._release(min(gone, key=lambda key: gone[key]))
        return True

    def _release(self, key: SpotKey) -> None:
        spot = self._spots.pop(key)
        self._ring.unpin(spot.first)
        self._ring.unpin(spot.latest)

    def _pin(self, seconds: float) -> CompressedPacket | None:
        try:
            return self._ring.pin(seconds)
        except ClipError:
            self.refused += 1
            return None
