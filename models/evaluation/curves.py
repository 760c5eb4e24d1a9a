"""Learning curves as one SVG picture: a column for each class, by data above, by epochs below."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

WIDE: Final = 150  # px of a panel
HIGH: Final = 120
GAP: Final = 34  # between panels, room for the numbers of the axes
TOP: Final = 40  # over the first row
STYLE: Final = (
    "text{font:11px system-ui,sans-serif;fill:#333}.name{font-weight:600}"
    ".frame{fill:none;stroke:#999}.aim{stroke:#c22;stroke-dasharray:4 3}"
    ".line{fill:none;stroke:#0a5ca8;stroke-width:1.5}.bar{stroke:#0a5ca8}.dot{fill:#0a5ca8}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A figure in [0, 1] with its 95 % interval, at a place of a curve."""

    x: float
    y: float
    low: float
    high: float


def curves_svg(rows: Sequence[Mapping[str, Any]]) -> str:
    """Draw the curves.

    Args:
        rows: For each class "class", "aim", "figure", and "by_share" and "by_epoch": points as
            tables with x, y, low, high.

    Returns:
        A whole SVG document on white.
    """
    width = len(rows) * (WIDE + GAP) + GAP
    height = TOP + 2 * (HIGH + GAP) + 8
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">',
        f'<style>{STYLE}</style><rect width="{width}" height="{height}" fill="#fff"/>',
    ]
    for i, row in enumerate(rows):
        left = GAP + i * (WIDE + GAP)
        title = f"{row['class']}, {row['figure']}"
        parts.append(f'<text class="name" x="{left}" y="{TOP - 22}">{title}</text>')
        for place, (key, words) in enumerate(
            (("by_share", "share of the real pictures"), ("by_epoch", "epochs, all pictures"))
        ):
            top = TOP + place * (HIGH + GAP)
            points = [Point(**p) for p in row[key]]
            parts.append(_panel(left, top, points, float(row["aim"]), words))
    return "".join([*parts, "</svg>\n"])


def _panel(left: int, top: int, points: Sequence[Point], aim: float, words: str) -> str:
    """One curve over a logarithmic axis, with the aim as a dashed line."""
    first, last = (math.log2(max(p.x, 1e-9)) for p in (points[0], points[-1]))
    span = (last - first) or 1.0

    def at(x: float, y: float) -> tuple[float, float]:
        across = (math.log2(x) - first) / span if last != first else 0.5
        return left + 8 + across * (WIDE - 16), top + (1 - y) * HIGH

    parts = [
        f'<rect class="frame" x="{left}" y="{top}" width="{WIDE}" height="{HIGH}"/>',
        f'<text x="{left - 4}" y="{top + 8}" text-anchor="end">1</text>',
        f'<text x="{left - 4}" y="{top + HIGH}" text-anchor="end">0</text>',
        f'<text x="{left}" y="{top - 4}">{words}</text>',
    ]
    _, y = at(points[0].x, aim)
    parts.append(f'<line class="aim" x1="{left}" x2="{left + WIDE}" y1="{y:.1f}" y2="{y:.1f}"/>')
    line = []
    for p in points:
        (x, y), (_, low), (_, high) = at(p.x, p.y), at(p.x, p.low), at(p.x, p.high)
        line.append(f"{x:.1f},{y:.1f}")
        said = f"<title>{p.x:g}: {p.y:.3f} ({p.low:.3f} to {p.high:.3f})</title>"
        parts.append(
            f'<line class="bar" x1="{x:.1f}" x2="{x:.1f}" y1="{low:.1f}" y2="{high:.1f}"/>'
            f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="3">{said}</circle>'
            f'<text x="{x:.1f}" y="{top + HIGH + 13}" text-anchor="middle">{_number(p.x)}</text>'
        )
    parts.append(f'<polyline class="line" points="{" ".join(line)}"/>')
    return "".join(parts)


def _number(x: float) -> str:
    """A place on the axis.

    >>> _number(0.125), _number(16)
    ('1/8', '16')
    """
    return f"1/{round(1 / x)}" if x < 1 else f"{x:g}"
