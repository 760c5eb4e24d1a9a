"""Waiting longer after each failure, with jitter, so that many boxes do not knock at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

GROWTH = 2.0
# A wait is drawn between this share of the full wait and the whole of it.
LEAST_SHARE = 0.5
MAX_DOUBLINGS = 32  # enough for any first wait to reach any longest


class BackOff:
    """The next wait after each failure in a row.

    Args:
        first_seconds: The longest wait after the first failure.
        longest_seconds: The longest wait of all.
        random: Where the jitter comes from; seeded, so that it can be repeated.

    >>> from random import Random
    >>> waits = BackOff(first_seconds=1, longest_seconds=4, random=Random(1))
    >>> [round(waits.next_seconds(), 1) for _ in range(4)]
    [0.6, 1.8, 3.5, 2.5]
    """

    def __init__(self, *, first_seconds: float, longest_seconds: float, random: Random) -> None:
        self._first_seconds = first_seconds
        self._longest_seconds = longest_seconds
        self._random = random  # its use is jitter, not secrecy
        self.failures = 0  # in a row

    def next_seconds(self) -> float:
        """Count a failure and say how long to wait."""
        doublings = min(self.failures, MAX_DOUBLINGS)
        whole = min(self._first_seconds * GROWTH**doublings, self._longest_seconds)
        self.failures += 1
        return whole * self._random.uniform(LEAST_SHARE, 1.0)

    def reset(self) -> None:
        """It works again."""
        self.failures = 0
