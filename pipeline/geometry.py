"""Boxes and polygons on one axis convention: x to the right, y down, origin at the top left.

A length is in pixels of the *source* frame (the size the camera sends, whatever size the picture in
hand was scaled to) unless a name says `fraction`; fractions are shares of the frame's width and
height, so that a zone survives a change of resolution.

Pure Python on purpose: the API validates zones with this module and loads no NumPy. Shapely is the
oracle of its tests.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.errors import GeometryError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Point = tuple[float, float]
MIN_POLYGON_POINTS = 3


@dataclass(frozen=True, slots=True)
class Box:
    """An upright rectangle `x1 <= x2`, `y1 <= y2`, in pixels of the source frame.

    Raises:
        GeometryError: A corner is not finite, or the corners are swapped.
    """

    x1: float
    y1: float
    x2: float
    y2: float

    def __post_init__(self) -> None:
        """Refuse what is not a rectangle."""
        if not all(math.isfinite(v) for v in (self.x1, self.y1, self.x2, self.y2)):
            raise GeometryError(f"box corners must be finite numbers, got {self}")
        if self.x2 < self.x1 or self.y2 < self.y1:
            raise GeometryError(f"box corners are swapped: {self}; give the top left corner first")

    @property
    def width(self) -> float:
        """Pixels from left to right."""
        return self.x2 - self.x1

    @property
    def height(self) -> float:
        """Pixels from top to bottom."""
        return self.y2 - self.y1

    @property
    def area(self) -> float:
        """Square pixels."""
        return self.width * self.height

    @property
    def center(self) -> Point:
        """Middle of the box."""
        return (self.x1 + self.x2) / 2, (self.y1 + self.y2) / 2

    @property
    def foot(self) -> Point:
        """Middle of the lower edge: where an upright object meets the ground."""
        return (self.x1 + self.x2) / 2, self.y2

    @property
    def xyxy(self) -> tuple[float, float, float, float]:
        """The corners as `(x1, y1, x2, y2)`."""
        return self.x1, self.y1, self.x2, self.y2

    def intersection_area(self, other: Box) -> float:
        """Square pixels that both boxes cover.

        >>> Box(0, 0, 10, 10).intersection_area(Box(5, 5, 20, 20))
        25
        """
        width = min(self.x2, other.x2) - max(self.x1, other.x1)
        height = min(self.y2, other.y2) - max(self.y1, other.y1)
        return max(width, 0) * max(height, 0)

    def iou(self, other: Box) -> float:
        """Intersection over union in [0, 1]; two boxes of zero area give 0.0.

        >>> Box(0, 0, 10, 10).iou(Box(0, 0, 10, 5))
        0.5
        """
        shared = self.intersection_area(other)
        union = self.area + other.area - shared
        return shared / union if union > 0 else 0.0

    def share_inside(self, other: Box) -> float:
        """Share of this box's area that `other` covers, in [0, 1].

        >>> Box(0, 0, 10, 10).share_inside(Box(5, 0, 100, 100))
        0.5
        """
        return self.intersection_area(other) / self.area if self.area > 0 else 0.0

    def union(self, other: Box) -> Box:
        """The smallest box that holds both.

        >>> Box(0, 0, 1, 1).union(Box(2, 2, 3, 3))
        Box(x1=0, y1=0, x2=3, y2=3)
        """
        return Box(
            min(self.x1, other.x1),
            min(self.y1, other.y1),
            max(self.x2, other.x2),
            max(self.y2, other.y2),
        )

    def grown(self, share: float, width: float, height: float) -> Box:
        """This box with `share` of its size added on each side, cut at a `width` x `height` frame.

        >>> Box(10, 10, 20, 20).grown(0.5, 100, 22)
        Box(x1=5.0, y1=5.0, x2=25.0, y2=22)
        """
        dx, dy = self.width * share, self.height * share
        return Box(
            max(self.x1 - dx, 0),
            max(self.y1 - dy, 0),
            min(self.x2 + dx, width),
            min(self.y2 + dy, height),
        )

    def scaled(self, x_factor: float, y_factor: float) -> Box:
        """This box in other units, for example `1 / width`, `1 / height` for fractions.

        >>> Box(10, 10, 20, 20).scaled(0.1, 0.1)
        Box(x1=1.0, y1=1.0, x2=2.0, y2=2.0)
        """
        return Box(self.x1 * x_factor, self.y1 * y_factor, self.x2 * x_factor, self.y2 * y_factor)


@dataclass(frozen=True, slots=True)
class Polygon:
    """A simple polygon: three or more corners, no edge crosses another, some area.

    Corners run either way round; the last one is joined to the first.

    Raises:
        GeometryError: Fewer than three different corners, no area, or edges that cross; the message
            names the two edges.
    """

    points: tuple[Point, ...]

    def __post_init__(self) -> None:
        """Refuse what is not a simple polygon."""
        points = self.points
        if any(not math.isfinite(v) for point in points for v in point):
            raise GeometryError("polygon corners must be finite numbers")
        if len(points) > MIN_POLYGON_POINTS and points[0] == points[-1]:
            points = points[:-1]  # a ring closed by repetition, as GeoJSON writes it
            object.__setattr__(self, "points", points)
        if len(set(points)) < MIN_POLYGON_POINTS:
            raise GeometryError(
                f"a polygon needs {MIN_POLYGON_POINTS} different corners, got {len(set(points))}"
            )
        crossing = _first_crossing(points)
        if crossing is not None:
            first, second = crossing
            raise GeometryError(
                f"the polygon crosses itself: the edge after corner {first + 1} meets the edge"
                f" after corner {second + 1}; move one of these corners"
            )
        if self.area == 0:
            raise GeometryError("the polygon has no area: its corners lie on one line")

    @classmethod
    def from_points(cls, points: Iterable[Sequence[float]]) -> Polygon:
        """Build from any sequence of `(x, y)` pairs.

        Raises:
            GeometryError: A corner is not a pair, or see the class.
        """
        corners = []
        for point in points:
            if len(point) != 2:  # noqa: PLR2004 - a pair
                raise GeometryError(f"a corner is an (x, y) pair, got {list(point)}")
            corners.append((float(point[0]), float(point[1])))
        return cls(tuple(corners))

    @property
    def area(self) -> float:
        """Square units, never negative.

        >>> Polygon(((0, 0), (4, 0), (4, 2))).area
        4.0
        """
        return abs(_signed_area(self.points))

    @property
    def bounds(self) -> Box:
        """The smallest box that holds the polygon."""
        xs = [x for x, _ in self.points]
        ys = [y for _, y in self.points]
        return Box(min(xs), min(ys), max(xs), max(ys))

    def contains(self, point: Point) -> bool:
        """Whether a point lies inside (even-odd rule; a point on an edge may go either way).

        >>> Polygon(((0, 0), (4, 0), (4, 4), (0, 4))).contains((1, 1))
        True
        """
        x, y = point
        inside = False
        for (x1, y1), (x2, y2) in _edges(self.points):
            if (y1 > y) != (y2 > y) and x < x1 + (y - y1) * (x2 - x1) / (y2 - y1):
                inside = not inside
        return inside

    def overlap_area(self, box: Box) -> float:
        """Square units that the polygon and the box share."""
        return abs(_signed_area(_clipped(self.points, box)))

    def scaled(self, x_factor: float, y_factor: float) -> Polygon:
        """The polygon in other units."""
        return Polygon(tuple((x * x_factor, y * y_factor) for x, y in self.points))


def containment(box: Box, polygon: Polygon) -> float:
    """Share of the box's area that lies inside the polygon.

    Both are in the same units (x right, y down).

    Returns:
        A fraction in [0, 1]. A box of zero area gives 0.0.

    >>> containment(Box(0, 0, 10, 10), Polygon(((5, 0), (15, 0), (15, 10), (5, 10))))
    0.5
    """
    return min(polygon.overlap_area(box) / box.area, 1.0) if box.area > 0 else 0.0


def _edges(points: Sequence[Point]) -> Iterable[tuple[Point, Point]]:
    return zip(points, [*points[1:], points[0]], strict=True)


def _signed_area(points: Sequence[Point]) -> float:
    """Shoelace formula."""
    if not points:
        return 0.0
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in _edges(points)) / 2


def _turn(a: Point, b: Point, c: Point) -> float:
    """Cross product of a->b and a->c: its sign says on which side of a->b the point c lies."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _on_segment(a: Point, b: Point, c: Point) -> bool:
    """Whether c, known to be on the line through a and b, lies between them."""
    return min(a[0], b[0]) <= c[0] <= max(a[0], b[0]) and min(a[1], b[1]) <= c[1] <= max(a[1], b[1])


def _segments_meet(a: Point, b: Point, c: Point, d: Point) -> bool:
    turns = _turn(a, b, c), _turn(a, b, d), _turn(c, d, a), _turn(c, d, b)
    if (turns[0] > 0) != (turns[1] > 0) and (turns[2] > 0) != (turns[3] > 0) and all(turns):
        return True
    ends = ((a, b, c, turns[0]), (a, b, d, turns[1]), (c, d, a, turns[2]), (c, d, b, turns[3]))
    return any(turn == 0 and _on_segment(p, q, r) for p, q, r, turn in ends)


def _first_crossing(points: Sequence[Point]) -> tuple[int, int] | None:
    """Indices of the first two edges that meet without being neighbours, or fold back."""
    edges = list(_edges(points))
    count = len(edges)
    for i, (a, b) in enumerate(edges):
        if a == b:
            return i, (i + 1) % count
        for j in range(i + 1, count):
            c, d = edges[j]
            if j == i + 1 or (i == 0 and j == count - 1):
                shared, before, after = (b, a, d) if j == i + 1 else (a, b, c)
                folds = _turn(before, shared, after) == 0 and (
                    _on_segment(before, shared, after) or _on_segment(after, shared, before)
                )
                if folds:
                    return i, j
            elif _segments_meet(a, b, c, d):
                return i, j
    return None


def _clipped(points: Sequence[Point], box: Box) -> list[Point]:
    """Sutherland-Hodgman: the polygon cut at the four sides of a box.

    For a concave polygon the result may hold edges of zero width, which add no area.
    """
    result = list(points)
    sides = ((0, box.x1, 1), (0, box.x2, -1), (1, box.y1, 1), (1, box.y2, -1))
    for axis, limit, sign in sides:
        if not result:
            break
        kept: list[Point] = []
        for start, end in _edges(result):
            start_in = (start[axis] - limit) * sign >= 0
            end_in = (end[axis] - limit) * sign >= 0
            if start_in:
                kept.append(start)
            if start_in != end_in:
                t = (limit - start[axis]) / (end[axis] - start[axis])
                kept.append(
                    (start[0] + t * (end[0] - start[0]), start[1] + t * (end[1] - start[1]))
                )
        result = kept
    return result
