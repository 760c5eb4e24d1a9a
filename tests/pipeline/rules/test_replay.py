"""All four rules together: replays are equal, restarts are harmless, state is bounded."""

import json
import random
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.change.results import ViewState
from pipeline.episodes.book import EpisodeBook
from pipeline.geometry import Box
from pipeline.rules.advertising import AdvertisingRule
from pipeline.rules.dust import DustRule
from pipeline.rules.judgement import Rule
from pipeline.rules.muck_truck import MuckTruckRule
from pipeline.rules.standing import MAX_BOXES
from pipeline.rules.vending import VendingRule
from pipeline.violations import Violation
from pipeline.zones import ZoneKind
from tests.pipeline.rules.street import (
    CLASSES,
    NOON,
    Moment,
    Thing,
    View,
    camera,
    observe,
    rectangle,
)
from tests.pipeline.rules.test_dust import haze

STREET = camera(
    {"id": "n1", "kind": ZoneKind.NO_VENDING, "polygon": rectangle(0, 0.3, 1, 1)},
    {"id": "w1", "kind": ZoneKind.AD_SURFACE, "polygon": rectangle(0, 0, 1, 0.6)},
    {"id": "s1", "kind": ZoneKind.SITE, "polygon": rectangle(0.1, 0.2, 0.7, 0.8)},
    {"id": "r1", "kind": ZoneKind.ROAD, "polygon": rectangle(0, 0.5, 1, 1)},
)
KINDS = (VendingRule, AdvertisingRule, DustRule, MuckTruckRule)
SPOTS = tuple(Box(x, y, x + 0.1, y + 0.15) for x in (0.1, 0.4, 0.7) for y in (0.25, 0.55))
THINGS = st.builds(
    Thing, st.sampled_from(CLASSES), st.sampled_from(SPOTS), st.sampled_from([0.15, 0.3, 0.8])
)
VIEWS = st.one_of(
    st.none(),
    st.builds(
        View,
        proposals=st.lists(st.sampled_from(SPOTS), max_size=2, unique=True).map(tuple),
        hazes=st.lists(
            st.builds(haze, cover=st.sampled_from([0.0, 0.2]), warmth=st.floats(-0.1, 0.1)),
            max_size=1,
        ).map(tuple),
        state=st.sampled_from(ViewState),
    ),
)
# A moment and for how many frames of five seconds it lasts, so that rules have time to fire.
STORIES = st.lists(
    st.tuples(
        st.builds(Moment, st.lists(THINGS, max_size=6).map(tuple), VIEWS), st.integers(1, 50)
    ),
    max_size=4,
)


def everyone():
    """All rules, new."""
    return [kind(STREET) for kind in KINDS]


def watch(rules, book, observations):
    """All events and outcomes of a story."""
    told = []
    for observation in observations:
        outcomes = [rule.observe(observation) for rule in rules]
        judgements = [j for outcome in outcomes for j in outcome.judgements]
        told.append((outcomes, book.update(observation, judgements)))
    return told


def frames(story, shuffler=None):
    """The observations of a story, things shuffled if asked."""
    second = 0
    for moment, count in story:
        things = list(moment.things)
        if shuffler is not None:
            shuffler.shuffle(things)
        for _ in range(count):
            yield observe(STREET, second, replace(moment, things=tuple(things)))
            second += 5


@given(STORIES, st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_the_same_frames_give_the_same_events(story, shuffler):
    """Even if the detector lists its findings in another order."""
    plain = watch(everyone(), EpisodeBook("cam-1"), frames(story))
    again = watch(everyone(), EpisodeBook("cam-1"), frames(story, shuffler))
    assert plain == again


@given(STORIES)
@settings(max_examples=15, deadline=None)
def test_a_snapshot_taken_up_again_is_the_same_snapshot(story):
    """Through JSON, for every rule."""
    rules = everyone()
    watch(rules, EpisodeBook("cam-1"), frames(story))
    for rule, kind in zip(rules, KINDS, strict=True):
        saved = json.loads(json.dumps(rule.snapshot()))
        other = kind(STREET)
        other.restore(saved)
        assert other.snapshot() == saved


def test_every_rule_is_a_rule():
    """One for each violation, with a name of its own."""
    rules: list[Rule] = everyone()
    assert {rule.violation for rule in rules} == set(Violation)
    assert len({rule.name for rule in rules}) == len(rules)


def test_a_hundred_thousand_frames_leave_the_state_small():
    """Three days at one frame in three seconds, with noise of every class now and then."""
    noise = random.Random(7)  # noqa: S311 - a seeded test
    # Advertising and dust remember nothing but presences, whose book has its own such test.
    vending, muck_truck = VendingRule(STREET), MuckTruckRule(STREET)
    quiet = observe(STREET, 0, Moment())
    busy = [
        observe(
            STREET,
            0,
            Moment(
                tuple(
                    Thing(noise.choice(CLASSES), Box(x, y, x + 0.1, y + 0.1), noise.random())
                    for x, y in ((noise.random() * 0.9, noise.random() * 0.9) for _ in range(12))
                ),
                View(proposals=(noise.choice(SPOTS),), hazes=(haze(),)),
            ),
        )
        for _ in range(20)
    ]
    for i in range(100_000):
        shown = noise.choice(busy) if i % 5000 < 10 else quiet
        seconds = 3.0 * i
        now = replace(shown, seconds=seconds, captured_at=NOON + timedelta(seconds=seconds))
        vending.observe(now)
        muck_truck.observe(now)
    assert len(json.dumps([vending.snapshot(), muck_truck.snapshot()])) < 100_000
    assert len(vending._since) <= vending.settings.presence.max_presences
    assert len(vending._standing) <= MAX_BOXES
    assert len(muck_truck._pending) <= muck_truck.settings.max_pending
    assert len(muck_truck._spills) <= muck_truck.settings.presence.max_presences


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_street_says_nothing(kind):
    """And wants nothing."""
    outcome = kind(STREET).observe(observe(STREET, 0, Moment()))
    assert (outcome.judgements, outcome.burst_requests, outcome.watched) == ((), (), ())
