"""The plan of a storm: repeatable, and no kind of fault is left out."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.chaos.faults import PLAYS
from tests.chaos.plan import NETWORK, SECONDS, FaultKind, Lane, make_plan


@given(st.integers(0, 2**32), st.integers(0, 100))
def test_a_seed_gives_the_same_storm_again(seed, count):
    """Kinds, order, pauses and lengths; every kind as often as the others, but for the rest."""
    plan = make_plan(seed, count)
    assert plan == make_plan(seed, count)
    assert [fault.number for fault in plan] == list(range(1, count + 1))
    times = Counter(fault.kind for fault in plan)
    assert all(count // len(FaultKind) <= times[kind] for kind in FaultKind)
    assert max(times.values(), default=0) <= count // len(FaultKind) + 1


def test_other_seeds_give_other_storms():
    """Ten seeds, ten orders."""
    orders = {tuple(fault.kind for fault in make_plan(seed, 30)) for seed in range(10)}
    assert len(orders) == 10


def test_forms_of_a_kind_take_turns():
    """The second of its kind is its second form, in both lanes."""
    for kind in FaultKind:
        variants = [fault.variant for fault in make_plan(3, 42) if fault.kind is kind]
        assert variants == [0, 1, 2]


@pytest.mark.parametrize("kind", FaultKind)
def test_every_kind_can_be_played(kind):
    """It has its play and its lane, and its length is a length."""
    assert kind in PLAYS
    (fault,) = [f for f in make_plan(1, len(FaultKind)) if f.kind is kind]
    assert fault.lane is (Lane.NETWORK if kind in NETWORK else Lane.MACHINES)
    low, high = SECONDS.get(kind, (0.0, 0.0))
    assert low <= fault.seconds <= high
