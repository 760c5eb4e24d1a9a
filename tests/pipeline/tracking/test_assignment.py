"""Exact assignment against SciPy's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.optimize import linear_sum_assignment

from pipeline.tracking.assignment import assign

SIDE = st.integers(0, 12)


def total(table, pairs):
    """Sum of the pairs' similarities."""
    return sum(table[row, column] for row, column in pairs)


@settings(max_examples=300, deadline=None)
@given(
    st.tuples(SIDE, SIDE).flatmap(
        lambda shape: arrays.arrays(np.float64, shape, elements=st.floats(-100, 100))
    )
)
def test_the_total_is_the_largest_there_is(table):
    """Any table, square or not: as good as SciPy's, one-to-one, and as long as the shorter side."""
    pairs = assign(table)
    rows, columns = linear_sum_assignment(table, maximize=True)
    assert total(table, pairs) == pytest.approx(float(table[rows, columns].sum()), abs=1e-9)
    assert len(pairs) == min(table.shape)
    assert len({row for row, _ in pairs}) == len({column for _, column in pairs}) == len(pairs)
    assert pairs == sorted(pairs)


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 40))
def test_pairs_are_scipys_where_only_one_answer_is_best(seed, rows, columns):
    """On tables like the tracker's, sparse with distinct values, pair by pair the same."""
    random = np.random.default_rng(seed)
    table = random.random((rows, columns)) * (random.random((rows, columns)) < 0.3)
    expected = zip(*linear_sum_assignment(table, maximize=True), strict=True)
    positive = {(int(r), int(c)) for r, c in expected if table[r, c] > 0}
    assert {(r, c) for r, c in assign(table) if table[r, c] > 0} == positive


def test_a_table_of_equal_values_gives_the_same_answer_each_time():
    """Ties are broken by position, so a replay pairs the same."""
    assert assign(np.zeros((2, 3))) == assign(np.zeros((2, 3))) == [(0, 0), (1, 1)]


def test_the_largest_table_a_frame_can_bring():
    """300 tracks and 300 detections, all overlapping, are solved exactly."""
    table = np.random.default_rng(0).random((300, 300))
    rows, columns = linear_sum_assignment(table, maximize=True)
    assert total(table, assign(table)) == pytest.approx(float(table[rows, columns].sum()))
