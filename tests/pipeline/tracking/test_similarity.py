"""Overlap and distance of boxes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.geometry import Box
from pipeline.tracking.similarity import group_of, iou_table, nearness_table

CORNER, SIDE = st.integers(-50, 50), st.integers(0, 60)
BOXES = st.lists(st.tuples(CORNER, CORNER, SIDE, SIDE), min_size=1, max_size=6).map(
    lambda rows: np.array([[x, y, x + w, y + h] for x, y, w, h in rows], np.float64)
)


@settings(deadline=None)
@given(BOXES, BOXES)
def test_overlap_is_that_of_each_pair(first, second):
    """The table holds `Box.iou` of every pair, boxes without area included."""
    expected = [[Box(*a).iou(Box(*b)) for b in second.tolist()] for a in first.tolist()]
    assert np.allclose(iou_table(first, second), expected)


@settings(deadline=None)
@given(BOXES, BOXES, st.floats(0.1, 3))
def test_nearness_lies_between_0_and_1(first, second, reach):
    """No pair is nearer than near, none further than out of reach."""
    table = nearness_table(first, second, reach)
    assert ((table >= 0) & (table <= 1)).all()


def test_size_counts_for_nearness():
    """A box of three times the size at the same place is another object."""
    small, large = np.array([[0.0, 0, 10, 10]]), np.array([[-10.0, -10, 20, 20]])
    assert nearness_table(small, large, 1.0)[0, 0] == 0
    assert nearness_table(small, small, 1.0)[0, 0] == 1


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("car", "truck", True),
        ("banner", "poster", True),
        ("bicycle", "tricycle", True),
        ("person", "car", False),
        ("umbrella", "stall", False),
        ("stall", "goods", False),
        ("something new", "person", False),
    ],
)
def test_which_classes_may_swap(one, other, together):
    """Look-alikes share a group; people, vehicles and things on the ground never do."""
    assert (group_of(one) == group_of(other)) is together
