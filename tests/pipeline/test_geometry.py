"""Boxes and polygons; Shapely is the oracle."""

from __future__ import annotations

import math

import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pipeline.errors import GeometryError
from pipeline.geometry import Box, Polygon, containment

coordinates = st.integers(-20, 20).map(float)
points = st.tuples(coordinates, coordinates)
rings = st.lists(points, min_size=3, max_size=9)


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    xs = sorted([draw(coordinates), draw(coordinates)])
    ys = sorted([draw(coordinates), draw(coordinates)])
    return Box(xs[0], ys[0], xs[1], ys[1])


def polygon_or_none(ring: list[tuple[float, float]]) -> Polygon | None:
    try:
        return Polygon(tuple(ring))
    except GeometryError:
        return None


@given(ring=rings)
@settings(max_examples=400)
def test_a_ring_is_refused_exactly_when_shapely_calls_it_invalid(ring):
    """Crossing edges, spikes and zero areas are refused; every other ring is taken."""
    closed = ring[:-1] if ring[0] == ring[-1] and len(ring) > 3 else ring
    assume(all(a != b for a, b in zip(closed, [*closed[1:], closed[0]], strict=True)))
    oracle = shapely.Polygon(closed)
    assert (polygon_or_none(ring) is not None) == (oracle.is_valid and oracle.area > 0)


@given(ring=rings, box=boxes())
@settings(max_examples=400)
def test_overlap_and_containment_equal_shapely(ring, box):
    """The clipped area is exact for concave polygons too."""
    polygon = polygon_or_none(ring)
    assume(polygon is not None)
    expected = shapely.Polygon(polygon.points).intersection(shapely.box(*box.xyxy)).area
    assert polygon.overlap_area(box) == pytest.approx(expected, abs=1e-6)
    share = containment(box, polygon)
    assert 0 <= share <= 1
    if box.area:
        assert share == pytest.approx(expected / box.area, abs=1e-6)


@given(ring=rings, point=points)
def test_contains_agrees_with_shapely_off_the_edges(ring, point):
    """Inside is inside; on an edge either answer is right."""
    polygon = polygon_or_none(ring)
    assume(polygon is not None)
    oracle = shapely.Polygon(polygon.points)
    assume(oracle.exterior.distance(shapely.Point(point)) > 0)
    assert polygon.contains(point) == oracle.contains(shapely.Point(point))


@given(a=boxes(), b=boxes())
def test_iou_is_symmetric_and_a_fraction(a, b):
    """IoU does not depend on the order and lies in [0, 1]."""
    assert a.iou(b) == b.iou(a)
    assert 0 <= a.iou(b) <= 1
    assert a.union(b).share_inside(a) <= 1


def test_crossing_polygon_names_the_edges():
    """The message says which two edges cross, so that the operator can move a corner."""
    with pytest.raises(GeometryError, match="edge after corner 1 meets the edge after corner 3"):
        Polygon(((0, 0), (4, 4), (4, 0), (0, 4)))


def test_closed_ring_is_taken_as_geojson_writes_it():
    """A last corner equal to the first one is dropped."""
    assert len(Polygon(((0, 0), (4, 0), (4, 4), (0, 0))).points) == 3


@pytest.mark.parametrize(
    ("points", "words"),
    [
        (((0, 0), (1, 1)), "3 different corners"),
        (((0, 0), (1, 1), (2, 2)), "crosses itself|no area"),
        (((0, 0), (1, math.nan), (2, 0)), "finite"),
    ],
)
def test_impossible_polygons_are_refused(points, words):
    """Two corners, a line, and corners that are no numbers."""
    with pytest.raises(GeometryError, match=words):
        Polygon(points)


def test_a_corner_must_be_a_pair():
    """Three values are not a point of a picture."""
    with pytest.raises(GeometryError, match="pair"):
        Polygon.from_points([(0, 0, 0), (1, 0, 0), (1, 1, 0)])


@pytest.mark.parametrize("corners", [(1, 0, 0, 1), (0, 1, 1, 0), (0, 0, math.inf, 1)])
def test_impossible_boxes_are_refused(corners):
    """Swapped or infinite corners."""
    with pytest.raises(GeometryError):
        Box(*corners)
