"""Close looks: whose turn it is, what a look says, and ads that only looks can see."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.change.results import ViewState
from pipeline.geometry import Box
from pipeline.rules.advertising import SIGN_CLASSES, AdvertisingRule
from pipeline.rules.close_look import CloseLook, CloseLookRequest, CloseLooks, merged, plan_tiles
from pipeline.rules.settings import AdvertisingSettings, CloseLookSettings
from pipeline.zones import Zone, ZoneKind
from tests.pipeline.rules.street import Moment, Story, Thing, View, camera, observe, rectangle

TILE = Box(0.25, 0.1, 0.75, 0.6)
PAPER = Box(0.30, 0.30, 0.32, 0.34)
FINE = 0.5  # the picture in hand has half the camera's pixels along each axis
SETTINGS = CloseLookSettings()


def surface(x1, y1, x2, y2, zone_id="w1"):
    """A wall."""
    return Zone(id=zone_id, kind=ZoneKind.AD_SURFACE, polygon=rectangle(x1, y1, x2, y2))


WALL = surface(0.28, 0.2, 0.6, 0.5)
WALL_FIELDS = {"id": "w1", "kind": ZoneKind.AD_SURFACE, "polygon": rectangle(0.28, 0.2, 0.6, 0.5)}


def seconds_later(seconds, scale=FINE):
    """An empty observation of a picture of which the camera has more pixels."""
    return replace(observe(camera(), seconds, Moment()), scale=scale)


def shown(*things, seconds=0.0, tile=TILE, number=0):
    """What a look at a tile says if the detector found these things."""
    observation = observe(camera(), seconds, Moment(tuple(things)))
    request = CloseLookRequest(tile=number, seconds=observation.seconds, fraction_box=tile)
    return CloseLook.of(request, observation, SIGN_CLASSES)


@given(
    st.lists(st.tuples(*[st.floats(0, 1)] * 4), min_size=1, max_size=6),
    st.floats(1.25, 8),
    st.integers(1, 20),
)
def test_tiles_lie_in_the_frame_are_few_and_show_every_zone(corners, zoom, most):
    """Whatever zones a camera has: no part of a zone is in no tile."""
    zones = [
        surface(min(a, c), min(b, d), min(a, c) + 0.02 + abs(a - c) * 0.9, min(b, d) + 0.05)
        for a, b, c, d in ((0.9 * p for p in corner) for corner in corners)
    ]
    tiles = plan_tiles(zones, zoom, CloseLookSettings(max_tiles=most))
    assert len(tiles) <= most
    for tile in tiles:
        assert min(tile.x1, tile.y1) >= 0
        assert max(tile.x2, tile.y2) <= 1 + 1e-9
    for zone in zones if tiles else ():
        bounds = zone.polygon.bounds
        for i in range(5):
            x = bounds.x1 + (0.01 + 0.98 * i / 4) * bounds.width
            point = Box(x - 1e-9, bounds.center[1] - 1e-9, x + 1e-9, bounds.center[1] + 1e-9)
            assert any(point.share_inside(tile) > 0 for tile in tiles)


def test_surfaces_that_fit_share_a_tile_and_a_wide_one_gets_several():
    """Half the frame wide at twice the scale."""
    near = (surface(0.3, 0.2, 0.5, 0.4), surface(0.3, 0.45, 0.6, 0.55, "w2"))
    assert len(plan_tiles(near, 2.0, SETTINGS)) == 1
    assert len(plan_tiles([surface(0.0, 0.2, 1.0, 0.4)], 2.0, SETTINGS)) == 3
    assert len(plan_tiles([surface(0.0, 0.0, 1.0, 1.0)], 2.0, SETTINGS)) == 9


def test_with_too_many_tiles_the_zoom_is_lowered_and_below_a_gain_there_are_none():
    """A limit of four for a whole picture gives four larger tiles; of one, none."""
    everything = [surface(0.0, 0.0, 1.0, 1.0)]
    four = plan_tiles(everything, 2.0, CloseLookSettings(max_tiles=4))
    assert len(four) == 4
    assert four[0].width == pytest.approx(1 / 1.6)
    assert plan_tiles(everything, 2.0, CloseLookSettings(max_tiles=1)) == ()


@pytest.mark.parametrize("scale", [1.0, 0.9])
def test_a_picture_in_full_size_is_not_looked_at_again(scale):
    """There are no more pixels to be had."""
    assert CloseLooks([WALL], SETTINGS).due(seconds_later(0, scale)) is None


def test_switched_off_it_asks_for_nothing():
    """A box with very many cameras may want that."""
    looks = CloseLooks([WALL], CloseLookSettings(enabled=False))
    assert looks.due(seconds_later(0)) is None


def test_tiles_take_turns_within_the_limits():
    """Three tiles, a frame a second: one look in ten seconds, each place once in thirty."""
    looks = CloseLooks([surface(0.0, 0.2, 1.0, 0.4)], SETTINGS)
    asked = [(s, r.tile) for s in range(91) if (r := looks.due(seconds_later(s))) is not None]
    assert asked == [(10 * i, i % 3) for i in range(10)]


def test_words_are_bounded_replaced_and_run_out():
    """One per tile; two and a half rounds after its picture it holds no more."""
    looks = CloseLooks([WALL], SETTINGS)
    for second in range(0, 3000, 30):
        request = looks.due(seconds_later(second))
        look = CloseLook(request=request, seconds=request.seconds)
        looks.hear(look)
        assert looks.words(request.seconds) == (look,)
    assert looks.words(request.seconds + 75) == (look,)
    assert looks.words(request.seconds + 76) == ()


def test_a_look_of_tiles_that_are_no_more_is_not_heard():
    """The camera's format changed between question and answer."""
    looks = CloseLooks([WALL], SETTINGS)
    request = looks.due(seconds_later(0))
    looks.due(seconds_later(1, scale=0.6))
    looks.hear(CloseLook(request=request, seconds=request.seconds))
    assert looks.words(request.seconds) == ()


def test_what_the_tile_cuts_is_left_out_unless_the_frame_ends_there():
    """A piece of a banner is no poster."""
    cut = Thing("banner", Box(0.7, 0.3, 0.75, 0.35))
    assert shown(cut, Thing("poster", PAPER)).parts == shown(Thing("poster", PAPER)).parts
    at_the_edge = Thing("banner", Box(0.9, 0.3, 1.0, 0.35))
    assert len(shown(at_the_edge, tile=Box(0.5, 0.1, 1.0, 0.6)).parts) == 1


def test_lettering_on_a_vehicle_is_no_sign():
    """The look itself tells where vehicles are; the next frame no longer does."""
    look = shown(Thing("banner", PAPER), Thing("truck", PAPER.grown(0.5, 1, 1)))
    assert look.parts
    assert look.without_lettering(0.6).parts == ()


def test_a_spot_was_seen_if_the_tile_holds_it_and_nobody_stands_before_it():
    """Outside, or behind a bus, the look says nothing of it."""
    assert shown().saw(PAPER)
    assert not shown().saw(Box(0.8, 0.3, 0.9, 0.4))
    assert not shown(Thing("person", PAPER)).saw(PAPER)


def test_the_surer_of_two_sights_of_one_sign_stays():
    """Whether from the whole picture or from the next tile."""
    [glance] = observe(camera(), 0, Moment((Thing("poster", PAPER, 0.2),))).parts("poster")
    weak = shown(Thing("poster", PAPER, 0.15))
    strong = shown(Thing("poster", PAPER, 0.4), number=1)
    assert merged([glance], [weak]) == ()
    assert merged([glance], [weak, strong]) == strong.parts
    assert merged([], [weak, strong]) == strong.parts


class LookedAt(Story):
    """A street of which the whole picture shows too little, and somebody who answers requests."""

    def __init__(self, at_close_range, settings=None):
        seen_by = camera(WALL_FIELDS)
        super().__init__(AdvertisingRule(seen_by, settings), seen_by)
        self.at_close_range = at_close_range  # seconds -> things; none: it cannot be decoded

    def show(self, moment):
        """Show one frame, and what it asks for."""
        observation = replace(observe(self.seen_by, self.seconds, moment), scale=FINE)
        outcome = self.rule.observe(observation)
        self.judgements = outcome.judgements
        self.events += self.book.update(observation, outcome.judgements)
        for request in outcome.look_requests:
            things = self.at_close_range(self.seconds)
            if things is not None:
                found = observe(self.seen_by, self.seconds, Moment(things))
                self.rule.hear(CloseLook.of(request, found, SIGN_CLASSES))


NEW = Moment(view=View(proposals=(PAPER,)))
SMALL = (Thing("poster", PAPER, 0.5),)


def test_a_small_poster_is_found_by_looks_and_change():
    """The whole picture never shows it; the explanation says how it was seen."""
    told = LookedAt(lambda _: SMALL).play(NEW, 300)
    [episode] = told.opened
    assert 120 <= (episode.fired_at - episode.started_at).total_seconds() <= 200
    assert {"sees_poster", "close_look", "new_on_surface"} <= told.codes


def test_without_looks_the_same_poster_is_not_enough():
    """Change alone never fires; that is what looks add."""
    off = AdvertisingSettings(close_look=CloseLookSettings(enabled=False))
    assert not LookedAt(lambda _: SMALL, off).play(NEW, 900).opened


def test_a_poster_of_one_look_is_gone_with_the_next():
    """One mistake of the network in thirty seconds makes no ad."""
    told = LookedAt(lambda second: SMALL if second < 30 else ()).play(Moment(), 600)
    assert not told.opened
    assert not told.judgements


def test_not_having_looked_is_not_absence():
    """An hour of undecodable looks: the episode stays open, though change no longer helps."""
    told = LookedAt(lambda second: SMALL if second < 300 else None).play(NEW, 300)
    assert told.opened
    told.play(Moment(view=View(state=ViewState.OK)), 3600)
    assert not told.ended
    [judgement] = told.judgements
    assert judgement.sight == "hidden"


def test_a_look_that_does_not_see_it_is():
    """The poster is taken down; the episode ends within a round of its last sight."""
    told = LookedAt(lambda second: SMALL if second < 300 else ()).play(NEW, 300)
    told.play(Moment(), 900)
    [end] = told.ended
    assert abs((end.ended_at - told.opened[0].started_at).total_seconds() - 300) <= 40


def test_what_a_look_showed_is_hidden_while_something_stands_before_it():
    """A lorry stops there: the word of the last look is no sight of what is behind."""
    told = LookedAt(lambda _: SMALL).play(NEW, 60)
    lorry = Thing("truck", PAPER.grown(2.0, 1, 1))
    told.play(Moment((lorry,)), 20)
    [judgement] = told.judgements
    assert judgement.sight == "hidden"


def test_an_ad_found_by_looks_survives_a_restart():
    """The new rule has not looked yet, so it does not say no."""
    told = LookedAt(lambda _: SMALL).play(NEW, 300)
    told.at_close_range = lambda _: None
    told.restart(AdvertisingRule(told.seen_by))
    told.play(Moment(), 1200)
    assert not told.ended


def test_a_moved_camera_forgets_what_looks_showed():
    """The tiles show something else now."""
    told = LookedAt(lambda second: SMALL if second == 0 else None).play(NEW, 10)
    told.play(Moment(view=View(state=ViewState.MOVED)), 4)
    told.play(Moment(), 4)
    assert told.rule._looks.words(1000.0 + told.seconds) == ()
