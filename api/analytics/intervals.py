"""What a share of few observations is worth: the Wilson score interval."""

from __future__ import annotations

import math
from dataclasses import dataclass

Z_95 = 1.959963984540054  # the normal distribution's 97.5 % point: a two-sided 95 % interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A share with the interval in which the true one lies, 19 times of 20."""

    value: float  # 0..1
    low: float
    high: float


def wilson(successes: int, trials: int) -> Share | None:
    """The share of successes; none: without trials there is none.

    Raises:
        ValueError: There are more successes than trials, or fewer than none.

    >>> share = wilson(9, 10)
    >>> round(share.low, 3), round(share.high, 3)
    (0.596, 0.982)
    >>> wilson(0, 0) is None
    True
    """
    if not 0 <= successes <= trials:
        raise ValueError(f"{successes} of {trials} is no share")
    if trials == 0:
        return None
    share, z2 = successes / trials, Z_95**2
    centre = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    spread = share * (1 - share) / trials + z2 / (4 * trials**2)
    half = Z_95 * math.sqrt(spread) / (1 + z2 / trials)
    # At the ends rounding may leave the share outside by 1e-17.
    return Share(
        value=share,
        low=min(max(centre - half, 0.0), share),
        high=max(min(centre + half, 1.0), share),
    )
