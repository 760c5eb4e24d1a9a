"""Time stamps become seconds that go on, and instants that stay true."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.video.timeline import MAX_REANCHORINGS, Timeline

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


class Clock:
    """A clock that the test sets."""

    def __init__(self):
        self.instant = NOON

    def __call__(self):
        return self.instant

    def advance(self, seconds):
        """Let time pass."""
        self.instant += timedelta(seconds=seconds)


def test_stamps_count_from_the_first_picture():
    """A stream that begins at any stamp begins at 0, at the given instant."""
    timeline = Timeline(is_live=False, starts_at=NOON)
    stamps = [timeline.stamp(100 + t, 100 + t) for t in (0, 0.04, 5.0)]
    assert [s.seconds for s in stamps] == pytest.approx([0, 0.04, 5.0])
    assert stamps[2].captured_at == NOON + timedelta(seconds=5)
    assert timeline.segment == 0


def test_missing_stamps_take_one_usual_step():
    """FFmpeg leaves the first RTSP picture without a stamp, and damaged streams others."""
    timeline = Timeline(is_live=True, starts_at=NOON)
    seconds = [timeline.stamp(t, t).seconds for t in (None, 0.1, 0.2, None, 0.4)]
    assert seconds == pytest.approx([0, 0.1, 0.2, 0.3, 0.4])


def test_pictures_out_of_show_order_are_no_jump():
    """B pictures are decoded after pictures that are shown later."""
    timeline = Timeline(is_live=False, starts_at=NOON)
    shown, decoded = [0, 0.12, 0.04, 0.08], [-0.08, -0.04, 0, 0.04]
    stamps = [timeline.stamp(p, d) for p, d in zip(shown, decoded, strict=True)]
    assert [s.seconds for s in stamps] == pytest.approx(shown)
    assert {s.segment for s in stamps} == {0}


def test_a_camera_that_loops_goes_on_one_step_later():
    """A jump back begins a new segment; seconds never go back."""
    timeline = Timeline(is_live=True, starts_at=NOON)
    seconds = [timeline.stamp(t, t).seconds for t in (0, 0.5, 1.0, 0.0, 0.5)]
    assert seconds == pytest.approx([0, 0.5, 1.0, 1.5, 2.0])
    assert timeline.segment == 1


def test_a_camera_whose_clock_is_set_forward_goes_on_with_the_time_that_passed():
    """The stamps jump by a day, the box's clock by 0.1 s: 0.1 s have passed."""
    clock = Clock()
    timeline = Timeline(is_live=True, now=clock)
    seconds = []
    for stamp in (0, 0.1, 86400.0, 86400.1):
        seconds.append(timeline.stamp(stamp, stamp).seconds)
        clock.advance(0.1)
    assert seconds == pytest.approx([0, 0.1, 0.2, 0.3])


def test_a_file_may_hold_a_picture_for_a_minute():
    """Variable frame rate is no damage."""
    timeline = Timeline(is_live=False, starts_at=NOON)
    assert [timeline.stamp(t, t).seconds for t in (0, 60, 61)] == pytest.approx([0, 60, 61])
    assert timeline.segment == 0


def test_an_outage_counts():
    """Between two connections as much time passes as on the box's clock."""
    clock = Clock()
    timeline = Timeline(is_live=True, now=clock)
    timeline.begin_connection()
    timeline.stamp(7.0, 7.0)
    clock.advance(90)
    timeline.begin_connection()
    again = timeline.stamp(0.0, 0.0)
    assert again.seconds == pytest.approx(90)
    assert again.captured_at == NOON + timedelta(seconds=90)
    assert again.segment == 1


def test_a_simulated_camera_depends_on_its_media_alone():
    """With a given start no clock is read, so a scenario gives the same at any speed."""

    def forbidden():
        raise AssertionError

    timeline = Timeline(is_live=True, starts_at=NOON, now=forbidden)
    timeline.stamp(0, 0)
    timeline.begin_connection()
    assert timeline.stamp(5, 5).seconds == pytest.approx(0.04)


def test_a_drifting_crystal_is_followed():
    """A camera 1 % too slow is never taken to be more than the limit (and a window) behind."""
    clock = Clock()
    timeline = Timeline(is_live=True, now=clock, max_drift_seconds=0.5)
    worst = 0.0
    for number in range(25 * 600):
        stamp = timeline.stamp(number * 0.04, number * 0.04)
        worst = max(worst, abs((clock.instant - stamp.captured_at).total_seconds()))
        clock.advance(0.04 * 1.01)
    assert worst < 0.5 + 0.01 * 60 + 0.01
    assert timeline.reanchored > 5


def test_a_burst_from_a_gateways_cache_is_corrected_soon():
    """Two seconds of old pictures come at once; after a moment instants are right."""
    clock = Clock()
    timeline = Timeline(is_live=True, now=clock)
    for number in range(50):
        timeline.stamp(number * 0.04, None)
    for number in range(50, 150):
        stamp = timeline.stamp(number * 0.04, None)
        clock.advance(0.04)
    assert abs((clock.instant - stamp.captured_at).total_seconds()) < 0.1
    assert [round(r.moved_seconds) for r in timeline.reanchorings] == [-2]


def test_the_boxs_clock_set_back_by_hours_is_followed_at_once():
    """Instants follow the clock, seconds do not."""
    clock = Clock()
    timeline = Timeline(is_live=True, now=clock)
    timeline.stamp(0, 0)
    clock.advance(-7200)
    stamp = timeline.stamp(0.04, 0.04)
    assert stamp.seconds == pytest.approx(0.04)
    assert stamp.captured_at == clock.instant


def test_what_is_kept_of_a_mad_clock_is_bounded():
    """100,000 pictures under a clock that jumps at each leave a bounded record."""
    clock = Clock()
    timeline = Timeline(is_live=True, now=clock)
    for number in range(100_000):
        clock.instant = NOON + timedelta(seconds=(number % 2) * 7200)
        timeline.stamp(number * 0.04, None)
    assert timeline.reanchored > MAX_REANCHORINGS == len(timeline.reanchorings)


@given(
    st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6, allow_nan=False)), min_size=1, max_size=60),
    st.booleans(),
)
def test_decode_stamps_of_any_kind_give_seconds_that_hardly_go_back(stamps, is_live):
    """Whatever a camera sends, time goes on; jitter within the tolerance is kept."""
    timeline = Timeline(is_live=is_live, starts_at=NOON)
    seconds = [timeline.stamp(s, s).seconds for s in stamps]
    assert seconds[0] == pytest.approx(0, abs=1e-6)
    assert all(b - a > -0.2 - 1e-6 for a, b in pairwise(seconds))
