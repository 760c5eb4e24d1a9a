"""The coarse raster and the way between it and source pixels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.change.grid import Grid
from pipeline.geometry import Box, Polygon
from tests.pipeline.change import scenes

GRID = Grid(rows=180, columns=320, width=1920, height=1080)


@given(
    x=st.floats(-500, 2400),
    y=st.floats(-500, 1500),
    width=st.floats(0, 900),
    height=st.floats(0, 900),
)
def test_a_box_mask_covers_the_box_and_at_most_a_pixel_more(x, y, width, height):
    """Area of the mask against the area of the box inside the frame."""
    box = Box(x, y, x + width, y + height)
    inside = box.intersection_area(Box(0, 0, 1920, 1080)) * GRID.x_scale * GRID.y_scale
    area = float(GRID.box_mask([box]).sum())
    rim = 2 * (width * GRID.x_scale + 2) + 2 * (height * GRID.y_scale + 2)
    assert inside - 1e-6 <= area <= inside + rim


@given(
    left=st.integers(-5, 330), top=st.integers(-5, 190), dx=st.floats(-9, 9), dy=st.floats(-9, 9)
)
def test_source_boxes_lie_in_the_frame(left, top, dx, dy):
    """Whatever the camera's shift."""
    box = GRID.source_box(left, top, 10, 10, shift=(dx, dy))
    assert 0 <= box.x1 <= box.x2 <= 1920
    assert 0 <= box.y1 <= box.y2 <= 1080


def test_there_and_back():
    """Coarse pixels of a mask, as a source box, make the same mask; a shift is taken off and on."""
    mask = GRID.box_mask([Box(600, 300, 900, 660)], shift=(4.0, -2.0))
    ys, xs = np.nonzero(mask)
    width, height = xs.max() + 1 - xs.min(), ys.max() + 1 - ys.min()
    box = GRID.source_box(xs.min(), ys.min(), width, height, shift=(4.0, -2.0))
    assert box.xyxy == pytest.approx((600, 300, 900, 660))


def test_a_polygon_mask_has_the_polygons_area():
    """A triangle over half the picture covers half the raster."""
    mask = GRID.polygon_mask(Polygon.from_points([(0, 0), (1, 0), (0, 1)]))
    assert float(mask.mean()) == pytest.approx(0.5, abs=0.01)


def test_the_raster_keeps_the_sources_shape_and_never_enlarges():
    """16:9 gives 320 x 180; a small picture is taken as it is."""
    frame = scenes.Street().frame(0)
    assert Grid.over(frame, 320).shape == (180, 320)
    assert Grid.over(frame, 2000).shape == (360, 640)
