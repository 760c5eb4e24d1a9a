"""The presence book: matching, joining, bounds, restart."""

import json
import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.episodes.presence import Sighting, SpotReport
from pipeline.episodes.presence_book import PresenceBook
from pipeline.episodes.settings import PresenceSettings
from pipeline.errors import SnapshotError
from pipeline.geometry import Box

NOON = datetime(2026, 5, 5, 4, 0, tzinfo=UTC)
STALL = Box(0.40, 0.40, 0.60, 0.60)
SIGHTINGS = st.lists(
    st.builds(
        lambda x, y, size, name, support, opens: Sighting(
            fraction_box=Box(x, y, x + size, y + size), supports={name: support}, opens=opens
        ),
        st.sampled_from([0.0, 0.1, 0.15, 0.4, 0.8]),
        st.sampled_from([0.0, 0.3, 0.35]),
        st.sampled_from([0.05, 0.1, 0.2]),
        st.sampled_from(["stall", "goods"]),
        st.floats(0.0, 1.0),
        st.booleans(),
    ),
    max_size=6,
)


def show(book, second, *sightings, report=None, captured=None):
    """One frame."""
    return book.observe(
        seconds=float(second),
        captured_at=NOON + timedelta(seconds=second if captured is None else captured),
        sightings=sightings,
        look=lambda _: report or SpotReport(),
    )


def stall(box=STALL, support=1.0, **values):
    """A sighting of a stall."""
    return Sighting(fraction_box=box, supports={"stall": support}, **values)


def test_the_same_spot_is_the_same_presence():
    """A box that wobbles is one thing, one somewhere else is another."""
    book = PresenceBook()
    for second in range(20):
        wobble = 0.01 * (second % 3)
        show(book, second, stall(Box(0.4 + wobble, 0.4, 0.6 + wobble, 0.6)))
    assert len(book) == 1
    show(book, 20, stall(), stall(Box(0.1, 0.1, 0.2, 0.2)))
    assert [p.presence_id for p in book.presences] == [1, 2]


def test_what_does_not_open_only_adds():
    """A weak sighting begins nothing but is heard where something stands."""
    book = PresenceBook()
    assert not show(book, 0, stall(support=0.1, opens=False))
    show(book, 1, stall())
    [shown] = show(book, 2, stall(support=0.3, opens=False))
    assert 0 < shown.level("stall") < 0.3


def test_other_keys_are_other_spots():
    """Two sites whose bounds overlap stay two."""
    book = PresenceBook()
    for second in range(30):
        show(book, second, stall(key="a"), stall(key="b"))
    assert [p.key for p in book.presences] == ["a", "b"]


def test_presences_that_grow_over_each_other_are_joined():
    """First the goods and the canopy, then the stall around both."""
    book = PresenceBook()
    goods = Sighting(fraction_box=Box(0.45, 0.52, 0.5, 0.58), supports={"goods": 1.0})
    for second in range(60):
        show(book, second, goods)
    for second in range(60, 240):
        show(book, second, goods, stall())
    [one] = book.presences
    assert one.first_seen_at == NOON
    assert one.level("goods") > 0.9
    assert one.level("stall") > 0.9


def test_two_presences_that_come_to_cover_each_other_are_joined():
    """Two halves of a stall, until the left is seen whole: the older stays, with all it knew."""
    left, right = Box(0.4, 0.4, 0.5, 0.6), Box(0.5, 0.4, 0.6, 0.6)
    goods = Sighting(fraction_box=right, supports={"goods": 1.0, "parasol": 0.5})
    book = PresenceBook()
    for second in range(30):
        show(book, second, stall(left), goods, report=SpotReport(figures={"attended": 1.0}))
    assert len(book) == 2
    for second in range(30, 120):
        show(book, second, stall(), goods)
    [one] = book.presences
    assert one.presence_id == 1
    assert one.level("parasol") > 0.3
    assert one.fraction_box.iou(STALL) > 0.8


@given(st.lists(SIGHTINGS, max_size=12), st.randoms(use_true_random=False))
@settings(max_examples=50, deadline=None)
def test_the_order_within_a_frame_does_not_matter(frames, shuffler):
    """Shuffled sightings, the same book to the last bit."""
    plain, shuffled = PresenceBook(), PresenceBook()
    for second, sightings in enumerate(frames):
        show(plain, second, *sightings)
        mixed = list(sightings)
        shuffler.shuffle(mixed)
        show(shuffled, second, *mixed)
    assert plain.snapshot() == shuffled.snapshot()


@given(st.lists(SIGHTINGS, max_size=10), st.lists(SIGHTINGS, max_size=5))
@settings(max_examples=30, deadline=None)
def test_a_restart_changes_nothing_but_the_first_step(before, after):
    """Saved as JSON and taken up again: the same book."""
    book = PresenceBook()
    for second, sightings in enumerate(before):
        show(book, second, *sightings)
    restored = PresenceBook()
    restored.restore(json.loads(json.dumps(book.snapshot())))
    assert restored.snapshot() == book.snapshot()
    # Frame times begin anew after a restart; the first step counts nothing in either.
    show(book, len(before) - 1)
    show(restored, 5000, captured=len(before) - 1)
    for second, sightings in enumerate(after):
        show(book, len(before) + second, *sightings)
        show(restored, 5001 + second, *sightings, captured=len(before) + second)
    assert restored.snapshot() == book.snapshot()


def test_a_long_outage_forgets_and_a_clock_that_is_set_does_not():
    """Nobody watched for an hour; or the box merely set its calendar."""
    book = PresenceBook()
    show(book, 0, stall())
    show(book, 10, stall(), captured=100_000)
    assert [p.presence_id for p in book.presences] == [1]
    show(book, 4000, stall())
    assert [p.presence_id for p in book.presences] == [2]
    restored = PresenceBook()
    restored.restore(book.snapshot())
    show(restored, 0, captured=90_000)
    assert len(restored) == 0


def test_time_that_runs_backwards_or_jumps_is_cut():
    """A stream that starts over and a gap of a minute."""
    book = PresenceBook()
    for second in (0, 10, 3, 63):
        [shown] = show(book, second, stall())
    assert shown.present_seconds == 20


def test_when_the_book_is_full_the_longest_absent_goes():
    """Then the youngest; what is there stays."""
    book = PresenceBook(PresenceSettings(max_presences=3))
    spots = [Box(x, 0.1, x + 0.05, 0.2) for x in (0.1, 0.3, 0.5, 0.7)]
    for second in range(30):
        show(book, second, *(stall(box) for box in spots[:3]))
    for second in range(30, 33):
        show(book, second, stall(spots[0]), stall(spots[2]))
    show(book, 33, stall(spots[0]), stall(spots[2]), stall(spots[3]))
    assert [p.presence_id for p in book.presences] == [1, 3, 4]


def test_a_presence_can_be_begun_by_hand():
    """A spill after a passage; asked again it is the same one."""
    book = PresenceBook()
    first = book.open(STALL, NOON, key="r")
    assert book.open(STALL, NOON, key="r") is first
    assert book.get(first.presence_id) is first
    assert book.reserve_id() != book.open(STALL, NOON, key="q").presence_id


def test_a_broken_snapshot_is_refused():
    """With what to do."""
    with pytest.raises(SnapshotError, match="delete the saved state"):
        PresenceBook().restore({"presences": [{"presence_id": "x"}]})


def test_a_hundred_thousand_frames_fit_into_the_bound():
    """Noise all over the picture, for more than a day at one frame a second."""
    book = PresenceBook(PresenceSettings(max_presences=8))
    noise = random.Random(4)  # noqa: S311 - a seeded test
    boxes = [
        Box(x, y, x + 0.05, y + 0.05) for x in (0.0, 0.2, 0.4, 0.6, 0.8) for y in (0.0, 0.3, 0.6)
    ]
    largest = 0
    for second in range(100_000):
        sightings = [stall(noise.choice(boxes), noise.random())] if second % 8 == 0 else []
        show(book, second, *sightings)
        largest = max(largest, len(book))
    assert largest <= 8
    assert len(json.dumps(book.snapshot())) < 10_000
