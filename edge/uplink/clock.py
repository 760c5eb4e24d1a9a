"""The box's clock against the centre's, measured with every status that is answered."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

SAMPLES = 10  # the last ten minutes, at one status a minute


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sample:
    offset_seconds: float
    round_trip_seconds: float


class CentreClock:
    """How far the box's clock is from the centre's.

    Of the newest answers the one that came back fastest counts: it is wrong by half its way there
    and back at most.
    """

    def __init__(self) -> None:
        self._samples: deque[_Sample] = deque(maxlen=SAMPLES)

    def compare(self, *, asked_at: datetime, answered_at: datetime, centre_at: datetime) -> None:
        """Take in one answer.

        Args:
            asked_at: By the box's clock.
            answered_at: By the box's clock.
            centre_at: By the centre's, in between.
        """
        round_trip = answered_at - asked_at
        middle = asked_at + round_trip / 2
        self._samples.append(
            _Sample(
                offset_seconds=(middle - centre_at).total_seconds(),
                round_trip_seconds=round_trip.total_seconds(),
            )
        )

    @property
    def offset_seconds(self) -> float | None:
        """Box clock minus centre clock; none: not measured yet."""
        best = min(self._samples, key=lambda s: s.round_trip_seconds, default=None)
        return None if best is None else best.offset_seconds
