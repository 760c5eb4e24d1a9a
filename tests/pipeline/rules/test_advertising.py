"""The advertising rule: each kind of ad, and everything on a wall that is none."""

from datetime import timedelta

import pytest

from pipeline.change.results import ViewState
from pipeline.geometry import Box
from pipeline.rules.advertising import AdvertisingRule
from pipeline.rules.settings import AdvertisingSettings
from pipeline.violations import Subtype
from pipeline.zones import ZoneKind
from tests.pipeline.rules.street import NOON, Moment, Story, Thing, View, camera, rectangle

WALL = {"id": "w1", "kind": ZoneKind.AD_SURFACE, "polygon": rectangle(0.2, 0.1, 0.8, 0.6)}
NOTICE_BOARD = {
    "id": "p1",
    "kind": ZoneKind.PERMITTED_AD,
    "polygon": rectangle(0.6, 0.2, 0.78, 0.5),
    "document": "No. 7",
}
PAPER = Box(0.30, 0.30, 0.34, 0.38)
EMPTY = Moment()


def story(*zones, settings=None):
    """A rule that watches these zones, or the wall."""
    seen_by = camera(*(zones or (WALL,)))
    return Story(AdvertisingRule(seen_by, settings), seen_by)


def ad(name, box=PAPER, score=0.5):
    """An ad that the network sees, and that is new."""
    return Moment((Thing(name, box, score),), View(proposals=(box,)))


@pytest.mark.parametrize(
    ("name", "subtype"),
    [
        ("banner", Subtype.AD_BANNER),
        ("poster", Subtype.AD_POSTER),
        ("billboard", Subtype.AD_BOARD),
        ("graffiti", Subtype.AD_GRAFFITI),
    ],
)
def test_each_kind_of_ad_fires_after_it_persisted(name, subtype):
    """It begins when first seen, and is reported once, however long it hangs."""
    told = story().play(EMPTY, 30).play(ad(name), 300).play(ad(name), 3600, step=10.0)
    [episode] = told.opened
    assert episode.subtype is subtype
    assert episode.started_at == NOON + timedelta(seconds=30)
    assert 120 <= (episode.fired_at - episode.started_at).total_seconds() <= 130
    assert not told.ended


def test_the_stickers_of_one_hand_are_one_act():
    """Three of them within half a minute, a sticker's width apart; one an hour later is not."""
    spots = [Box(0.30 + 0.04 * i, 0.30, 0.32 + 0.04 * i, 0.35) for i in range(4)]

    def stuck(second):
        there = [s for i, s in enumerate(spots) if second >= (12 * i if i < 3 else 3600)]
        return Moment(tuple(Thing("poster", s) for s in there), View(proposals=tuple(there)))

    told = story().play(stuck, 600)
    assert len(told.opened) == 1
    told.play(stuck, 3600)
    assert len(told.opened) == 2


def test_a_removed_ad_ends_at_its_last_sight():
    """Ten minutes of clean wall, and it is gone."""
    told = story().play(ad("banner"), 200).play(EMPTY, 900)
    [end] = told.ended
    assert abs((end.ended_at - NOON).total_seconds() - 200) <= 4


def test_what_was_there_when_the_view_was_learned_is_not_new():
    """The network sees a banner where nothing changed."""
    told = story().play(Moment((Thing("banner", PAPER),), View()), 900)
    assert not told.opened
    assert "already_there" in told.codes


@pytest.mark.parametrize("view", [None, View(state=ViewState.LEARNING)])
def test_without_a_reference_view_novelty_is_unknown(view):
    """Not fired, and said so."""
    told = story().play(Moment((Thing("banner", PAPER),), view), 900)
    assert not told.opened
    assert "novelty_unknown" in told.codes


def test_the_less_the_network_sees_the_longer_a_new_rectangle_takes():
    """Half a sight fires at the rule's time, a whisper at four times of it."""
    assert len(story().play(ad("poster", score=0.25), 140).opened) == 1
    told = story().play(ad("poster", score=0.15), 470)
    assert not told.opened
    told.play(ad("poster", score=0.15), 30)
    [episode] = told.opened
    assert episode.subtype is Subtype.AD_POSTER


def test_change_alone_does_not_fire():
    """A patch of new paint is no ad."""
    told = story().play(Moment((), View(proposals=(PAPER,))), 900)
    assert not told.opened
    assert "sees_no_ad" in told.codes


def test_a_shop_sign_that_was_there_is_legal():
    """It is in the reference view."""
    told = story().play(Moment((Thing("signboard", PAPER, 0.9),), View()), 900)
    assert not told.opened
    assert {"signboard", "already_there"} <= told.codes


def test_a_shop_sign_that_lights_up_is_still_the_same_sign():
    """It stood there unchanged before; the change of its look says nothing."""
    told = story().play(Moment((Thing("signboard", PAPER, 0.9),), View()), 90)
    told.play(ad("signboard", score=0.9), 900)
    assert not told.opened
    assert "known_sign" in told.codes


def test_a_new_sign_where_none_may_be_is_suspect_unless_the_detector_can_tell_signs_apart():
    """Many detectors call a banner a signboard; a setting trusts one that does not."""
    told = story().play(ad("signboard", score=0.9), 300)
    assert len(told.opened) == 1
    assert "sign_like" in told.codes
    told = story(settings=AdvertisingSettings(new_signs_are_suspect=False))
    told.play(ad("signboard", score=0.9), 900)
    assert not told.opened
    assert "signboard" in told.codes


def test_a_permitted_place_is_suppressed_with_its_document():
    """The notice board in the wall."""
    told = story(WALL, NOTICE_BOARD).play(ad("poster", Box(0.65, 0.3, 0.7, 0.4)), 300)
    assert not told.opened
    [judgement] = told.judgements
    assert "No. 7" in judgement.explanation.summary()


def test_a_carried_banner_moves_on():
    """Walked along the wall, it persists nowhere."""

    def carried(second):
        x = 0.2 + (second * 0.01) % 0.4
        return ad("banner", Box(x, 0.3, x + 0.1, 0.4), score=0.9)

    assert not story().play(carried, 600).opened


def test_a_banner_that_somebody_holds_up_is_held():
    """A group photograph before a wall takes longer than an ad's two minutes."""
    banner = Box(0.3, 0.4, 0.6, 0.5)
    people = tuple(Thing("person", Box(x, 0.38, x + 0.06, 0.7)) for x in (0.3, 0.36, 0.54))
    held = Moment((Thing("banner", banner, 0.9), *people), View(proposals=(banner,)))
    told = story().play(held, 300)
    assert not told.opened
    assert "held" in told.codes


def test_lettering_on_a_parked_lorry_is_ignored():
    """Its box lies in the vehicle's."""
    lorry = Thing("truck", Box(0.25, 0.25, 0.5, 0.55))
    told = story().play(Moment((Thing("banner", PAPER, 0.9), lorry), View()), 600)
    assert not told.judgements


def test_a_banner_on_a_stall_belongs_to_the_stall():
    """A stall's own cloth is not an ad."""
    stall = Thing("stall", Box(0.25, 0.2, 0.4, 0.5))
    moment = ad("banner")
    told = story().play(Moment((*moment.things, stall), moment.view), 600)
    assert not told.opened
    assert "stall_part" in told.codes


def test_off_the_surface_nothing_is_said():
    """A banner in the sky is not on the wall."""
    assert not story().play(ad("banner", Box(0.85, 0.7, 0.95, 0.8)), 300).judgements


def test_a_night_without_a_reference_neither_ends_nor_repeats_it():
    """Ten hours in which the wall cannot be compared, and the next day it hangs there still."""
    dark = Moment((), View(state=ViewState.LEARNING))
    told = story().play(ad("banner"), 300).play(dark, 36_000, step=60.0).play(ad("banner"), 600)
    assert len(told.opened) == 1
    assert not told.ended


def test_an_unrecognised_wide_patch_is_called_a_banner():
    """Without a class, the shape in pixels names it."""
    wide = Box(0.3, 0.3, 0.5, 0.36)
    told = story().play(Moment((), View(proposals=(wide,))), 60)
    [judgement] = told.judgements
    assert judgement.subtype is Subtype.AD_BANNER


def test_a_restart_does_not_report_it_again():
    """Ads hang for months; the box restarts in between."""
    told = story().play(ad("poster"), 300)
    told.restart(AdvertisingRule(told.seen_by))
    told.seconds += 600
    told.play(ad("poster"), 600)
    assert len(told.opened) == 1
    assert not told.ended


def test_a_disabled_rule_says_nothing():
    """No work, no judgements."""
    told = story(settings=AdvertisingSettings(enabled=False)).play(ad("poster"), 300)
    assert not told.judgements
