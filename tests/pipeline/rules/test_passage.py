"""Passages: trucks joined over burst frames, and the vote on their load."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.geometry import Box
from pipeline.rules.passage import (
    BurstFrame,
    BurstRequest,
    LoadState,
    LoadVote,
    Passage,
    TruckView,
    vote_on_load,
)
from tests.pipeline.rules.street import NOON

REQUEST = BurstRequest(
    request_id=1,
    zone_id="r1",
    begin_seconds=0.0,
    end_seconds=4.0,
    frames_per_second=5.0,
    purpose="truck_crossing",
)
VOTES = st.builds(
    LoadVote,
    class_name=st.sampled_from(["covered", "open_empty", "open_loaded", "closed", None]),
    score=st.floats(0.01, 1.0),
)


def frame(second, *trucks):
    """A burst frame."""
    return BurstFrame(
        seconds=float(second), captured_at=NOON + timedelta(seconds=second), trucks=trucks
    )


def view(track_id, box, **values):
    """A truck in it."""
    return TruckView(track_id=track_id, fraction_box=box, score=0.9, **values)


def test_trucks_are_joined_by_track_whatever_the_order_of_frames():
    """Two trucks, frames shuffled: two passages in order of first sight."""
    frames = [
        frame(3, view(2, Box(0.5, 0.5, 0.7, 0.8))),
        frame(1, view(1, Box(0.1, 0.5, 0.3, 0.8))),
        frame(2, view(1, Box(0.4, 0.5, 0.6, 0.8)), view(2, Box(0.1, 0.5, 0.3, 0.8))),
    ]
    first, second = Passage.of_frames(REQUEST, frames).trucks
    assert (first.track_id, first.first_seconds, first.last_seconds) == (1, 1.0, 2.0)
    assert (second.track_id, second.last_at) == (2, NOON + timedelta(seconds=3))
    assert first.travelled == pytest.approx(0.3)


def test_the_plate_is_looked_for_where_the_truck_is_large_and_sharp():
    """The band is the lowest two fifths of the best box."""
    large_but_blurred = view(1, Box(0.1, 0.1, 0.9, 0.9), sharpness=0.1)
    sharp = view(1, Box(0.2, 0.2, 0.7, 0.7), sharpness=1.0)
    [truck] = Passage.of_frames(REQUEST, [frame(1, large_but_blurred), frame(2, sharp)]).trucks
    assert truck.best_seconds == 2.0
    assert truck.plate_fraction_box.xyxy == pytest.approx((0.2, 0.5, 0.7, 0.7))


def test_an_empty_burst_is_an_empty_passage():
    """The truck that triage saw was none."""
    assert Passage.of_frames(REQUEST, [frame(1)]).trucks == ()


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["covered", "covered", "open_loaded"], LoadState.COVERED),
        (["covered", "open_loaded"], LoadState.UNCLEAR),
        (["open_loaded"], LoadState.UNCLEAR),
        ([None, None, "closed", "closed"], LoadState.CLOSED),
        (["nonsense", "nonsense"], LoadState.UNCLEAR),
        ([], LoadState.UNCLEAR),
    ],
)
def test_a_state_needs_two_votes_and_three_fifths(names, expected):
    """Abstentions and names that we do not know do not vote."""
    assert vote_on_load([LoadVote(class_name=n, score=0.8) for n in names])[0] is expected


@given(st.lists(VOTES, max_size=12), st.randoms(use_true_random=False))
def test_the_vote_does_not_depend_on_the_order(votes, random):
    """And its share is a share."""
    shuffled = list(votes)
    random.shuffle(shuffled)
    state, share, count = vote_on_load(votes)
    assert vote_on_load(shuffled)[0] is state
    assert vote_on_load(shuffled)[1] == pytest.approx(share)
    assert 0.0 <= share <= 1.0 + 1e-9
    assert count == sum(v.class_name is not None for v in votes)
