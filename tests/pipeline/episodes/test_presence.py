"""Presence: levels that build and decay, and never do anything else."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.episodes.presence import (
    Presence,
    Sight,
    Sighting,
    SpotReport,
    affinity,
    blend,
    centre_distance,
    leak,
)
from pipeline.episodes.settings import PresenceSettings
from pipeline.geometry import Box

SETTINGS = PresenceSettings()
NOON = datetime(2026, 5, 5, 4, 0, tzinfo=UTC)
SPOT = Box(0.4, 0.4, 0.6, 0.6)
SHARES = st.floats(0.0, 1.0)
SECONDS = st.floats(0.0, 10.0)


def presence():
    """A new presence."""
    return Presence(
        presence_id=1, fraction_box=SPOT, anchor_box=SPOT, first_seen_at=NOON, last_seen_at=NOON
    )


def stand(shown, supports, *, hidden=False, silent=(), seconds=1.0, sees=False, figures=None):
    """One frame: sightings with these supports, or nothing for an empty dict."""
    shown.step(
        seconds=seconds,
        captured_at=NOON + timedelta(seconds=1),
        sightings=[Sighting(fraction_box=SPOT, supports=supports)] if supports else [],
        report=SpotReport(
            sees=sees,
            hidden=hidden,
            supports=dict.fromkeys(silent),
            figures=figures or {},
        ),
        settings=SETTINGS,
    )
    return shown


@given(SHARES, SHARES, SECONDS)
def test_a_level_stays_between_where_it_was_and_what_it_heard(level, support, seconds):
    """So it is never negative and never above one."""
    after = leak(level, support, seconds, SETTINGS)
    assert min(level, support) - 1e-12 <= after <= max(level, support) + 1e-12


@given(SHARES, SHARES, SHARES, SHARES, SECONDS)
def test_more_evidence_never_gives_less_belief(level, support, more_level, more_support, seconds):
    """Monotone in what was believed and in what is heard."""
    low = leak(min(level, more_level), min(support, more_support), seconds, SETTINGS)
    high = leak(max(level, more_level), max(support, more_support), seconds, SETTINGS)
    assert low <= high + 1e-12


@given(SHARES, SHARES, SECONDS, SECONDS)
def test_two_short_steps_are_one_long_step(level, support, first, second):
    """The rate of frames does not matter while the support stays the same."""
    twice = leak(leak(level, support, first, SETTINGS), support, second, SETTINGS)
    assert twice == pytest.approx(leak(level, support, first + second, SETTINGS), abs=1e-9)


@given(st.lists(st.tuples(SHARES, st.booleans(), SECONDS), max_size=40))
def test_whatever_happens_the_figures_stay_sane(frames):
    """Levels in [0, 1]; times never negative; no more presence than time watched."""
    shown = presence()
    watched = 0.0
    for support, hidden, seconds in frames:
        stand(shown, {"stall": support}, hidden=hidden, seconds=seconds)
        watched += seconds
        assert 0.0 <= shown.level("stall") <= 1.0
        assert 0.0 <= shown.present_seconds <= watched + 1e-9
        assert shown.absent_seconds >= 0.0


@given(st.lists(st.tuples(SHARES, SHARES), min_size=1, max_size=40))
def test_a_story_with_more_evidence_is_believed_at_least_as_much(frames):
    """Frame by frame at least as much support: at least the same level at the end."""
    less, more = presence(), presence()
    for a, b in frames:
        stand(less, {"stall": min(a, b)})
        stand(more, {"stall": max(a, b)})
    assert less.level("stall") <= more.level("stall") + 1e-12


def test_a_missed_detection_costs_little_and_a_minute_of_nothing_much():
    """The decay is four times slower than the rise."""
    shown = presence()
    for _ in range(60):
        stand(shown, {"stall": 1.0})
    full = shown.level("stall")
    stand(shown, {})
    assert full > 0.98
    assert full - shown.level("stall") < 0.02
    for _ in range(60):
        stand(shown, {})
    assert shown.level("stall") < 0.4


def test_hiding_pauses_the_decay_and_counts_once_it_is_seen_again():
    """Three minutes behind a bus: nothing lost, and the time counts afterwards."""
    shown = presence()
    for _ in range(60):
        stand(shown, {"stall": 1.0})
    level = shown.level("stall")
    for _ in range(180):
        stand(shown, {}, hidden=True)
    assert shown.sight is Sight.HIDDEN
    assert shown.level("stall") == level
    assert shown.present_seconds == 60
    stand(shown, {"stall": 1.0})
    assert shown.present_seconds == 241
    assert shown.absent_seconds == 0


def test_what_is_hidden_too_long_becomes_absent_and_stays_so():
    """The limit is not reset by its own passing."""
    shown = stand(presence(), {"stall": 1.0})
    for _ in range(int(SETTINGS.max_hidden_seconds) + 30):
        stand(shown, {}, hidden=True)
    assert shown.sight is Sight.ABSENT
    assert shown.absent_seconds == pytest.approx(30, abs=1)


def test_a_silent_witness_neither_supports_nor_contradicts():
    """The level stands still and no hearing is counted."""
    shown = presence()
    for _ in range(60):
        stand(shown, {"change": 1.0})
    level, heard = shown.level("change"), shown.heard("change")
    for _ in range(60):
        stand(shown, {}, silent=("change",))
    assert shown.level("change") == level
    assert shown.heard("change") == heard


def test_one_sight_after_a_long_absence_is_not_believed():
    """A passer-by at an empty spot does not move the last sight."""
    shown = presence()
    for _ in range(100):
        stand(shown, {"stall": 1.0})
    for _ in range(30):
        stand(shown, {})
    before = shown.present_seconds
    stand(shown, {"goods": 1.0})
    assert shown.sight is Sight.ABSENT
    assert shown.present_seconds == before
    for _ in range(5):
        stand(shown, {"goods": 1.0})
    assert shown.sight is Sight.SEEN


def test_it_lapses_after_as_long_as_it_was_there_within_limits():
    """A flash goes after ten seconds, a stall after a minute."""
    flash, stall = presence(), presence()
    for _ in range(200):
        stand(stall, {"stall": 1.0})
    for _ in range(10):
        stand(flash, {})
        stand(stall, {})
    assert flash.lapses(SETTINGS)
    assert not stall.lapses(SETTINGS)
    for _ in range(50):
        stand(stall, {})
    assert stall.lapses(SETTINGS)


def test_a_figure_is_a_plain_mean_at_first():
    """The first frame weighs no more than the others."""
    shown = presence()
    for value in (1.0, 0.0, 0.0, 0.0, 0.0):
        stand(shown, {}, figures={"attended": value})
    assert shown.figure("attended") <= 0.26


def test_the_box_follows_the_whole_and_not_a_part():
    """A sack of goods in the stall does not shrink it; the stall around the sack grows it."""
    shown = presence()
    part = Sighting(fraction_box=Box(0.4, 0.5, 0.44, 0.54), supports={"goods": 1.0})
    for _ in range(100):
        shown.step(
            seconds=1.0,
            captured_at=NOON,
            sightings=[part],
            report=SpotReport(),
            settings=SETTINGS,
        )
    assert shown.fraction_box == SPOT
    whole = Sighting(fraction_box=Box(0.3, 0.3, 0.7, 0.7), supports={"stall": 1.0})
    for _ in range(200):
        shown.step(
            seconds=1.0,
            captured_at=NOON,
            sightings=[part, whole],
            report=SpotReport(),
            settings=SETTINGS,
        )
    assert shown.fraction_box.iou(whole.fraction_box) > 0.98
    assert shown.drift == pytest.approx(0.0, abs=1e-6)


BOXES = st.builds(
    lambda x, y, w, h: Box(x, y, x + w, y + h),
    st.floats(0, 0.8),
    st.floats(0, 0.8),
    st.floats(0.01, 0.2),
    st.floats(0.01, 0.2),
)


def test_the_box_of_what_was_first_seen_on_its_way_goes_to_where_it_stands():
    """Pushed on by six tenths of its size: less than a third of the two boxes is shared."""
    shown = presence()
    settled = Box(0.52, 0.4, 0.72, 0.6)
    for _ in range(180):
        shown.step(
            seconds=1.0,
            captured_at=NOON,
            sightings=[Sighting(fraction_box=settled, supports={"stall": 1.0})],
            report=SpotReport(),
            settings=SETTINGS,
        )
    assert shown.fraction_box.iou(settled) > 0.95
    assert shown.drift == pytest.approx(0.6, abs=0.05)


@given(BOXES, BOXES, SHARES)
def test_affinity_and_distance_do_not_depend_on_the_order(a, b, share):
    """Symmetric; a thing is wholly like itself; a blend is a box."""
    assert affinity(a, b) == pytest.approx(affinity(b, a))
    assert centre_distance(a, b) == pytest.approx(centre_distance(b, a))
    assert affinity(a, a) == pytest.approx(1.0)
    assert blend(a, b, share).area >= 0


def test_boxes_without_size_have_no_distance():
    """Nothing is divided by zero."""
    point = Box(0.1, 0.1, 0.1, 0.1)
    assert centre_distance(point, Box(0.5, 0.5, 0.5, 0.5)) == 0.0
