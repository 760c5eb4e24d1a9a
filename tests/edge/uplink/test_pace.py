"""The limit holds over time, whatever the sizes of the pieces."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.uplink.pace import Pace


class Clock:
    def __init__(self):
        self.now = 100.0

    def pause(self, seconds):
        self.now += seconds
        return False


@given(st.lists(st.tuples(st.integers(1, 100_000), st.floats(0, 3)), min_size=1, max_size=50))
def test_no_second_carries_more_than_the_limit_and_one_burst(pieces):
    """From the start to any moment: at most limit x time, plus one second's worth, plus a piece."""
    clock = Clock()
    pace = Pace(50, clock=lambda: clock.now, pause=clock.pause)
    sent = 0
    for size, idle in pieces:
        pace.wait_for(size)
        sent += size
        assert sent <= 50_000 * (clock.now - 100.0) + 50_000 + size
        clock.now += idle


def test_without_a_limit_nobody_waits():
    """No pause is asked for."""
    Pace(None, pause=lambda _: 1 / 0).wait_for(10**9)
