"""What stands there and did not is proposed, where it stands and in time."""

import pytest

from tests.pipeline.change import scenes

SETTLE_SECONDS = 5  # the steady view turns and is trusted, and one picture is a flicker


@pytest.mark.parametrize("make", scenes.THINGS, ids=lambda make: make.__name__)
def test_a_thing_is_proposed_within_15_seconds(make):
    """A stall, poster, banner, plain grey board and heap each: IoU 0.5 or better, nothing else."""
    thing = make()
    results = scenes.watch(thing.draw, until=18)
    found = [(r.seconds, p) for r in results for p in r.proposals]
    assert found
    assert found[0][0] <= 10 + SETTLE_SECONDS
    assert all(p.box.intersection_area(thing.box) > 0 for _, p in found)
    last = results[-1].proposals
    assert max(p.box.iou(thing.box) for p in last) >= 0.5
    assert all(10 <= p.age_seconds <= 18 and 0 < p.strength <= 1 and 0 < p.fill <= 1 for p in last)


def test_a_thing_is_seen_through_a_change_of_exposure():
    """The exposure steps while the stall stands: it stays proposed."""
    thing = scenes.stall()
    step = scenes.between(scenes.exposure(0.75), 20)
    results = scenes.watch(thing.draw, step, until=34)
    late = [r for r in results if r.seconds >= 26]
    assert all(any(p.box.iou(thing.box) >= 0.5 for p in r.proposals) for r in late)


def test_a_thing_under_people_is_not_proposed():
    """Boxes of people and vehicles hide what they cover."""
    thing = scenes.stall()
    results = scenes.watch(thing.draw, until=20, ignore=[thing.box])
    assert not any(r.proposals for r in results)


def test_the_changed_mask_covers_the_thing_and_little_else():
    """`changed_share` is near 1 inside the stall and near 0 over the whole picture."""
    thing = scenes.stall()
    result = scenes.watch(thing.draw, until=18)[-1]
    assert result.changed_share(thing.box) > 0.6
    assert float(result.changed.mean()) < 0.06


def test_what_has_gone_is_let_go():
    """Half a minute after the stall has left nothing is proposed."""
    thing = scenes.stall()
    results = scenes.watch(scenes.between(thing.draw, 0, 20), until=45)
    assert results[19].proposals
    assert not results[-1].proposals


def test_the_place_of_a_thing_taken_away_is_no_thing():
    """What the reference had and the picture has not is a ghost, not a proposal."""
    thing = scenes.poster()
    detector = scenes.ChangeDetector(scenes.CAMERA)
    street = scenes.Street(effects=[scenes.between(thing.draw, 0, 30)])
    results = [detector.update(frame) for frame in street.frames(60)]
    assert not any(r.proposals for r in results)
    assert "ghost" in results[-1].notes


def test_motion_is_where_people_walk():
    """`moving_share` tells a walking person from the empty road."""
    result = scenes.watch(scenes.passers_by(1), until=8)[-1]
    x = (7 * 18) % 720 - 40
    assert result.moving_share(scenes.source_box(x, 190, x + 16, 234)) > 0.5
    assert result.moving_share(scenes.source_box(480, 200, 600, 340)) < 0.05
