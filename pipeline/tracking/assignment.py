"""Exact assignment: pairs of rows and columns whose similarities sum to the most.

Shortest augmenting paths with dual prices (Jonker and Volgenant 1987; Crouse 2016 for rectangular
tables), the inner loop in NumPy. SciPy would bring 100 MB to a box for this one function; it is the
oracle of the tests instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def assign(similarity: NDArray[np.float64]) -> list[tuple[int, int]]:
    """The one-to-one pairing with the largest total similarity.

    Args:
        similarity: rows x columns, finite; either side may be the longer one.

    Returns:
        min(rows, columns) pairs (row, column), by row. Among pairings of equal total the result is
        always the same one.

    >>> assign(np.array([[0.9, 0.8], [0.8, 0.1]]))
    [(0, 1), (1, 0)]
    """
    rows, columns = similarity.shape
    if rows == 0 or columns == 0:
        return []
    if rows > columns:
        return sorted((row, column) for column, row in assign(similarity.T))
    cost = -similarity
    row_prices, column_prices = np.zeros(rows), np.zeros(columns)
    row_of = np.full(columns, -1)  # the row that holds each column; -1: free
    for row in range(rows):
        _augment(cost, row, row_prices, column_prices, row_of)
    return sorted((int(row), column) for column, row in enumerate(row_of) if row >= 0)


def _augment(
    cost: NDArray[np.float64],
    row: int,
    row_prices: NDArray[np.float64],
    column_prices: NDArray[np.float64],
    row_of: NDArray[np.int64],
) -> None:
    """Give `row` a column by the cheapest chain of exchanges; changes prices and `row_of`."""
    columns = cost.shape[1]
    distance = np.full(columns, np.inf)  # of the cheapest chain that ends in each column
    before = np.full(columns, -1)  # the column before it in that chain; -1: the chain's start
    settled = np.zeros(columns, bool)
    current_row, current_column, reached = row, -1, 0.0
    while True:
        through = reached + cost[current_row] - row_prices[current_row] - column_prices
        shorter = ~settled & (through < distance)
        distance[shorter] = through[shorter]
        before[shorter] = current_column
        ahead = np.where(settled, np.inf, distance)
        reached = float(ahead.min())
        # Of equally near columns a free one ends the chain: tables of boxes are mostly zeros, and
        # a chain through all their ties would be as long as the table.
        nearest = ahead == reached
        free = nearest & (row_of < 0)
        current_column = int((free if free.any() else nearest).argmax())
        if row_of[current_column] < 0:
            break
        settled[current_column] = True
        current_row = int(row_of[current_column])
    slack = reached - distance[settled]
    row_prices[row] += reached
    row_prices[row_of[settled]] += slack
    column_prices[settled] -= slack
    while before[current_column] >= 0:
        row_of[current_column] = row_of[before[current_column]]
        current_column = before[current_column]
    row_of[current_column] = row
