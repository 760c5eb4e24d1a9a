"""Plots of a report as small SVG pictures: reliability diagrams and interval bars."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

SIDE: Final = 150  # px of a diagram's square
MARGIN: Final = 24
BAR_WIDTH: Final = 80
BAR_HEIGHT: Final = 12


def reliability_diagram(
    title: str, mean_scores: Sequence[float], shares_right: Sequence[float], counts: Sequence[int]
) -> str:
    """Share of right detections over their score; dots grow with the count, the ideal is dashed.

    Empty bins (nan) are left out. All values lie in [0, 1].

    >>> reliability_diagram("a", [0.5], [0.4], [3]).count("<circle")
    1
    """
    most = max(counts, default=1) or 1
    dots, line = [], []
    for score, share, count in zip(mean_scores, shares_right, counts, strict=True):
        if not count:
            continue
        x, y = MARGIN + score * SIDE, MARGIN + (1 - share) * SIDE
        line.append(f"{x:.1f},{y:.1f}")
        words = f"<title>score {score:.2f}: {share:.2f} right of {count}</title>"
        radius = 2 + 5 * math.sqrt(count / most)
        dots.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}">{words}</circle>')
    low, high = MARGIN, MARGIN + SIDE
    size = SIDE + 2 * MARGIN
    return (
        f'<svg class="reliability" viewBox="0 0 {size} {size}" width="{size}" height="{size}">'
        f'<rect x="{low}" y="{low}" width="{SIDE}" height="{SIDE}"/>'
        f'<line x1="{low}" y1="{high}" x2="{high}" y2="{low}"/>'
        f'<polyline points="{" ".join(line)}"/>{"".join(dots)}'
        f'<text x="{low}" y="{low - 8}">{title}</text>'
        f'<text x="{low}" y="{high + 14}">score 0</text>'
        f'<text x="{high}" y="{high + 14}" text-anchor="end">1</text>'
        f'<text x="{low - 4}" y="{low + 8}" text-anchor="end">1</text></svg>'
    )


def interval_bar(low: float, value: float, high: float) -> str:
    """A figure on a line from 0 to 1, with its interval; nothing where there is no figure.

    >>> interval_bar(0.1, float("nan"), 0.3)
    ''
    """
    if not all(math.isfinite(v) for v in (low, value, high)):
        return ""
    x1, x, x2 = (round(v * BAR_WIDTH, 1) for v in (low, value, high))
    middle = BAR_HEIGHT / 2
    return (
        f'<svg class="bar" viewBox="0 0 {BAR_WIDTH} {BAR_HEIGHT}" width="{BAR_WIDTH}" '
        f'height="{BAR_HEIGHT}"><line class="axis" x1="0" x2="{BAR_WIDTH}" y1="{middle}" '
        f'y2="{middle}"/><line class="interval" x1="{x1}" x2="{x2}" y1="{middle}" y2="{middle}"/>'
        f'<circle cx="{x}" cy="{middle}" r="3.5"/></svg>'
    )
