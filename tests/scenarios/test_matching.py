"""The judge of the scenarios is itself judged: what counts as found, double, false and missed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from pipeline.candidate import Candidate, Explanation
from pipeline.geometry import Box
from pipeline.violations import Violation
from tests.scenarios.matching import Script, ScriptedEpisode, Tally, points_at, tally

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
STALL = ScriptedEpisode(
    violation=Violation.STREET_VENDING, starts_seconds=40, ends_seconds=280,
    box=Box(100, 100, 200, 200),
)  # fmt: skip
SCRIPT = Script(
    name="vending", seed=0, light="day", weather="dry", width=1000, height=500, seconds=300,
    starts_at=NOON, episodes=(STALL,),
)  # fmt: skip


def found(begin=42.0, end=275.0, box=(0.1, 0.2, 0.2, 0.4), **changes):
    return Candidate(
        **{
            "candidate_id": uuid4(), "box_id": "b", "camera_id": "c",
            "violation": "STREET_VENDING", "subtype": "vending.over_time", "state": "ended",
            "started_at": NOON + timedelta(seconds=begin),
            "fired_at": NOON + timedelta(seconds=begin + 180),
            "last_seen_at": NOON + timedelta(seconds=end),
            "ended_at": NOON + timedelta(seconds=end), "box": box, "zone_id": "z",
            "software": "s", "model": "m", "model_sha256": "0" * 64,
            "explanation": Explanation(rule="vending", fired=True, score=0.9, threshold=0.5),
            **changes,
        }
    )  # fmt: skip


def counted(*candidates, script=SCRIPT):
    tallies: dict[Violation, Tally] = {}
    tally(script, list(candidates), tallies)
    return tallies[Violation.STREET_VENDING]


def test_right_episode_counts_with_its_time_errors():
    """Found once at its place: precision and recall 1, begin 2 s late, end 5 s early."""
    counts = counted(found())
    assert (counts.precision, counts.recall) == (1.0, 1.0)
    assert (counts.start_errors, counts.end_errors) == ([2.0], [-5.0])


@pytest.mark.parametrize(
    "wrong",
    [
        found(box=(0.5, 0.2, 0.6, 0.4)),
        found(begin=285.0, end=299.0),
        found(violation="ILLEGAL_AD", subtype="ad.banner"),
        found(begin=-200.0, end=30.0),
    ],
)
def test_wrong_place_time_or_kind_is_false_and_leaves_the_act_missed(wrong):
    """Each kind of mistake costs precision and recall."""
    assert not points_at(wrong, STALL, SCRIPT)
    assert counted(wrong).recall == 0.0


def test_one_episode_around_two_acts_answers_for_both():
    """Two stalls side by side in one case: nothing is missed; a second case for one is double."""
    beside = replace(STALL, box=Box(220, 100, 320, 200))
    both = replace(SCRIPT, episodes=(STALL, beside))
    around = found(box=(0.1, 0.2, 0.32, 0.4))
    assert counted(around, script=both).recall == 1.0
    assert counted(around, script=both).precision == 1.0
    assert counted(around, found(), script=both).precision == 0.5
    assert counted(found(), around, script=both).precision == 1.0


def test_two_episodes_for_one_act_cost_precision():
    """One act, one episode: the second one is a mistake although it points at the right place."""
    counts = counted(found(), found(begin=150.0))
    assert counts.duplicates == 1
    assert counts.precision == 0.5
    assert counts.recall == 1.0


def test_a_part_of_the_act_is_enough():
    """The parasol of the stall points at the stall."""
    assert points_at(found(box=(0.12, 0.2, 0.16, 0.26)), STALL, SCRIPT)


def test_nothing_scripted_and_nothing_found_is_perfect():
    """Empty counts divide by nothing."""
    assert (Tally().precision, Tally().recall) == (1.0, 1.0)
