"""Who stands still, told without identities."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.geometry import Box
from pipeline.rules.standing import MAX_BOXES, StandingBoxes

PERSON = Box(0.5, 0.4, 0.54, 0.6)


def walked(second):
    """Somebody on the way along the street."""
    x = second * 0.05 % 0.9
    return Box(x, 0.4, x + 0.04, 0.6)


def test_somebody_who_stays_stands_after_some_seconds():
    """Not at once, and then for as long as they stay."""
    standing = StandingBoxes(0.4)
    told = [bool(standing.update([PERSON], s)) for s in range(20)]
    assert not any(told[:5])
    assert all(told[9:])


def test_a_walker_does_not_stand():
    """Though others walk where he walked."""
    standing = StandingBoxes(0.4)
    assert not any(standing.update([walked(s), walked(s + 9)], s) for s in range(60))


def test_being_missed_now_and_then_does_not_matter():
    """Seen in every second frame."""
    standing = StandingBoxes(0.4)
    told = [bool(standing.update([PERSON] if s % 2 == 0 else [], s)) for s in range(40)]
    assert all(told[20::2])


def test_a_clock_that_goes_back_begins_anew():
    """A stream that started over remembers nobody."""
    standing = StandingBoxes(0.4)
    for second in range(20):
        standing.update([PERSON], second)
    assert not standing.update([PERSON], 0)


@given(st.lists(st.integers(0, 700), max_size=8))
def test_the_memory_is_bounded(crowds):
    """Whatever the crowd."""
    standing = StandingBoxes(0.4)
    for second, size in enumerate(crowds):
        standing.update([PERSON] * size, second)
        assert len(standing) <= MAX_BOXES
