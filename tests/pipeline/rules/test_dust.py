"""The dust rule: plumes and bare soil, and whatever else veils a site."""

from datetime import timedelta

import pytest

from pipeline.change.results import Haze, Light, ViewState
from pipeline.geometry import Box
from pipeline.rules.dust import DustRule
from pipeline.rules.settings import DustSettings
from pipeline.violations import Subtype
from pipeline.zones import ZoneKind
from tests.pipeline.rules.street import (
    HEIGHT,
    NOON,
    WIDTH,
    Moment,
    Story,
    Thing,
    View,
    camera,
    rectangle,
)

SITE = {"id": "s1", "kind": ZoneKind.SITE, "polygon": rectangle(0.1, 0.2, 0.7, 0.8)}
PLUME = Box(0.3, 0.3, 0.5, 0.6)
CLEAR = Moment()


def story(*zones, settings=None):
    """A rule that watches these zones, or one site."""
    seen_by = camera(*(zones or (SITE,)))
    return Story(DustRule(seen_by, settings), seen_by)


def haze(**values):
    """A plume's figures; keywords make it something else."""
    plume = {
        "zone_id": "s1",
        "cover": 0.15,
        "frame_cover": 0.06,
        "growth_per_second": 0.001,
        "texture_loss": 0.6,
        "warmth": 0.06,
        "brightness_shift": 0.1,
        "unrest": 0.2,
        "box": PLUME.scaled(WIDTH, HEIGHT),
    }
    return Haze(**(plume | values))


def air(*, dust=0.5, light=Light.DAY, **values):
    """A frame with this veil, and a network that takes it for dust."""
    things = (Thing("dust", PLUME, dust),) if dust else ()
    return Moment(things, View(hazes=(haze(**values),), light=light))


def test_a_plume_fires_after_a_minute_and_ends_when_it_clears():
    """It begins when first seen; the box is the plume's, not the site's."""
    told = story().play(CLEAR, 30).play(air(), 150).play(CLEAR, 120)
    [episode] = told.opened
    assert episode.subtype is Subtype.DUST_PLUME
    assert episode.started_at == NOON + timedelta(seconds=30)
    assert 60 <= (episode.fired_at - episode.started_at).total_seconds() <= 70
    assert episode.fraction_box.iou(PLUME) > 0.9
    [end] = told.ended
    assert abs((end.ended_at - NOON).total_seconds() - 180) <= 4


def test_a_warm_growing_veil_is_enough_without_the_network():
    """The change witness alone, if everything it says fits."""
    told = story().play(air(dust=0.0, growth_per_second=0.003), 120)
    assert len(told.opened) == 1
    assert {"grows", "warm", "billows", "sees_no_dust"} <= told.codes


def test_grey_dust_fires_while_it_grows_and_billows():
    """The figures of a rendered plume over grey ground, unseen by the network."""
    grey = {"warmth": -0.002, "brightness_shift": 0.03, "unrest": 0.07, "growth_per_second": 0.002}
    assert len(story().play(air(dust=0.0, **grey), 120).opened) == 1
    steady = grey | {"growth_per_second": 0.0}
    assert not story().play(air(dust=0.0, **steady), 300).opened
    assert len(story().play(air(dust=0.3, **steady), 300).opened) == 1


def test_the_network_alone_does_not_fire():
    """A clear site, whatever the network calls dust."""
    told = story().play(Moment((Thing("dust", PLUME, 0.9),), View(hazes=(haze(cover=0.0),))), 300)
    assert not told.opened
    assert "not_veiled" in told.codes


@pytest.mark.parametrize("view", [None, View(state=ViewState.LEARNING)])
def test_without_a_reference_view_it_does_not_fire(view):
    """Said so, not fired."""
    told = story().play(Moment((Thing("dust", PLUME, 0.9),), view), 300)
    assert not told.opened
    assert "change_silent" in told.codes


@pytest.mark.parametrize(
    ("code", "values"),
    [
        ("fog", {"frame_cover": 0.8, "cover": 0.9, "warmth": 0.0, "unrest": 0.02}),
        ("fog", {"frame_cover": 0.7, "cover": 0.9, "growth_per_second": 0.003}),
        ("mist", {"warmth": -0.04, "brightness_shift": 0.12, "growth_per_second": 0.004}),
        ("mist", {"dust": 0.0, "warmth": 0.0, "brightness_shift": 0.2}),
        ("halo", {"light": Light.NIGHT, "unrest": 0.01, "growth_per_second": 0.0}),
        ("still", {"unrest": 0.01, "growth_per_second": 0.0}),
        (
            "net",
            {
                "warmth": -0.03,
                "brightness_shift": 0.0,
                "texture_loss": 0.28,
                "growth_per_second": 0.0,
            },
        ),
    ],
)
def test_what_is_not_dust_is_named(code, values):
    """Fog, mist, a lamp's halo, glare and a green net, though the network calls them dust."""
    told = story().play(air(**({"dust": 0.9} | values)), 300)
    assert not told.opened
    assert code in told.codes


def test_one_puff_is_too_short():
    """A truck tips its load: over in half a minute."""
    told = story().play(air(), 30).play(CLEAR, 120)
    assert not told.opened


def test_mist_half_a_minute_before_does_not_count_towards_the_plume():
    """The cannon stops, the air is clear, then a plume: it begins with the plume and not before."""
    mist = air(dust=0.0, warmth=0.0, brightness_shift=0.25, growth_per_second=0.004)
    told = story().play(mist, 50).play(CLEAR, 40).play(air(), 100)
    [episode] = told.opened
    assert episode.started_at == NOON + timedelta(seconds=90)
    assert (episode.fired_at - episode.started_at).total_seconds() >= 60


def test_a_blue_veil_is_no_sight_of_dust():
    """Cars throw a shadow on the site now and then after the mist: no time of the plume's."""
    shadow = air(dust=0.0, warmth=-0.09, brightness_shift=-0.03)

    def between(second):
        return shadow if second % 8 == 0 else CLEAR

    mist = air(dust=0.0, warmth=0.0, brightness_shift=0.25, growth_per_second=0.004)
    told = story().play(mist, 50).play(between, 40).play(air(), 100)
    [episode] = told.opened
    assert episode.started_at == NOON + timedelta(seconds=90)


def test_a_torn_plume_is_one_act():
    """Gone in every third frame, one episode."""

    def torn(second):
        return CLEAR if second % 6 == 4 else air()

    told = story().play(torn, 300)
    assert len(told.opened) == 1
    assert not told.ended


def test_puffs_within_the_gap_are_one_act():
    """Work goes on after ten minutes of quiet."""
    told = story().play(air(), 100).play(CLEAR, 600).play(air(), 100)
    assert len(told.opened) == 1
    assert "reopened" in told.grown


def test_two_sites_are_two_acts():
    """Their plumes are told apart by the zone, though the boxes touch."""
    other = SITE | {"id": "s2", "polygon": rectangle(0.1, 0.5, 0.7, 0.9)}
    both = Moment((), View(hazes=tuple(haze(zone_id=z, growth_per_second=0.003) for z in "ab")))
    told = story(SITE | {"id": "a"}, other | {"id": "b"}).play(both, 60)
    assert [j.zone_id for j in told.judgements] == ["a", "b"]


def test_bare_soil_is_a_finding_of_its_own():
    """Measured once a minute; reported once, beside a plume over it."""

    def soil(second):
        share = {"s1": 0.5} if second % 60 == 0 else {}
        return Moment((), View(hazes=(haze(cover=0.0),)), bare_soil=share)

    told = story().play(soil, 900)
    [episode] = told.opened
    assert episode.subtype is Subtype.DUST_BARE_SOIL
    assert 600 <= (episode.fired_at - episode.started_at).total_seconds() <= 670
    assert "soil_persists" in told.codes
    told.play(air(), 120)
    assert [e.subtype for e in told.opened][1:] == [Subtype.DUST_PLUME]


def test_covered_soil_ends_it_and_little_soil_is_none():
    """The net is laid; and a tenth of bare soil is no finding."""
    bare, covered, little = (Moment(bare_soil={"s1": s}) for s in (0.5, 0.05, 0.1))
    told = story().play(bare, 700).play(covered, 120)
    assert [e.subtype for e in told.ended] == [Subtype.DUST_BARE_SOIL]
    assert not story().play(little, 900).judgements


def test_a_plume_is_not_taken_for_the_soil_behind_it():
    """What is measured through brown air is not believed."""
    dusty = Moment((), View(hazes=(haze(),)), bare_soil={"s1": 0.9})
    told = story().play(dusty, 700)
    assert [e.subtype for e in told.opened] == [Subtype.DUST_PLUME]


def test_an_unmeasured_site_is_neither_bare_nor_covered():
    """An hour without a measurement changes nothing."""
    told = story().play(Moment(bare_soil={"s1": 0.5}), 700).play(CLEAR, 3600, step=10.0)
    assert len(told.opened) == 1
    assert not told.ended


def test_a_restart_does_not_report_it_again():
    """The plume goes on over the restart."""
    told = story().play(air(), 100)
    told.restart(DustRule(told.seen_by))
    told.play(air(), 100)
    assert len(told.opened) == 1


def test_a_disabled_rule_says_nothing():
    """No work, no judgements."""
    assert not story(settings=DustSettings(enabled=False)).play(air(), 100).judgements
