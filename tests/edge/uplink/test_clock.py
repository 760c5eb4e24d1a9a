"""The offset is that of the answer with the shortest way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from edge.uplink.clock import SAMPLES, CentreClock

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def answer(clock, *, offset, there, back):
    """The box's clock is ahead by `offset`; the way took so many seconds."""
    asked = NOON + timedelta(seconds=offset)
    clock.compare(
        asked_at=asked,
        answered_at=asked + timedelta(seconds=there + back),
        centre_at=NOON + timedelta(seconds=there),
    )


def test_unknown_before_the_first_answer():
    """Nobody has measured."""
    assert CentreClock().offset_seconds is None


def test_an_even_way_gives_the_offset_itself():
    """Positive: the box's clock is ahead."""
    clock = CentreClock()
    answer(clock, offset=90.0, there=0.1, back=0.1)
    assert clock.offset_seconds == pytest.approx(90.0)


def test_the_fastest_answer_counts():
    """A lame answer is wrong by up to half its way, and does not spoil a good one."""
    clock = CentreClock()
    answer(clock, offset=2.0, there=0.01, back=0.01)
    answer(clock, offset=2.0, there=5.0, back=0.1)
    assert clock.offset_seconds == pytest.approx(2.0, abs=0.01)


def test_old_answers_are_forgotten():
    """A clock that was set is followed within ten answers, however good the old ones were."""
    clock = CentreClock()
    answer(clock, offset=2.0, there=0.001, back=0.001)
    for _ in range(SAMPLES):
        answer(clock, offset=-7.0, there=0.1, back=0.1)
    assert clock.offset_seconds == pytest.approx(-7.0)
