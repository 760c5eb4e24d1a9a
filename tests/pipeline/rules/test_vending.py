"""The vending rule: the violation, its subtypes, and everything that looks like it."""

from datetime import UTC, datetime, time, timedelta

import pytest

from pipeline.change.results import ViewState
from pipeline.errors import SnapshotError
from pipeline.geometry import Box
from pipeline.rules.observation import BusinessHint
from pipeline.rules.settings import VendingSettings
from pipeline.rules.vending import VendingRule
from pipeline.violations import Subtype
from pipeline.zones import Business, ZoneKind
from tests.pipeline.rules.street import (
    NOON,
    Moment,
    Story,
    Thing,
    View,
    camera,
    rectangle,
)

EVERY_DAY = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
PAVEMENT = {"id": "n1", "kind": ZoneKind.NO_VENDING, "polygon": rectangle(0, 0.3, 1, 1)}
MARKET = {
    "id": "m1",
    "name": "East market",
    "kind": ZoneKind.PERMITTED,
    "polygon": rectangle(0.0, 0.3, 0.5, 1),
    "document": "No. 12",
    "business": ("food",),
}
STALL = Box(0.60, 0.50, 0.72, 0.70)
VENDOR = Box(0.73, 0.45, 0.77, 0.70)
CUSTOMER = Box(0.55, 0.48, 0.59, 0.72)


def story(*zones, settings=None, begins=NOON):
    """A rule that watches these zones, or the pavement."""
    seen_by = camera(*(zones or (PAVEMENT,)))
    return Story(VendingRule(seen_by, settings), seen_by, begins=begins)


def trade(stall=STALL, *, score=0.5, view=None, people=(VENDOR,)):
    """A stall that is seen, with somebody at it and a changed spot."""
    things = [Thing("stall", stall, score), *(Thing("person", p) for p in people)]
    return Moment(tuple(things), view or View(proposals=(stall,)))


EMPTY = Moment()


def test_a_stall_fires_after_its_dwell_and_ends_when_it_leaves():
    """The act begins when first seen, fires after 180 s, and ends at its last sight."""
    told = story().play(EMPTY, 30).play(trade(), 400).play(EMPTY, 90)
    [episode] = told.opened
    assert episode.subtype is Subtype.VENDING_NO_PERMIT_PLACE
    assert episode.started_at == NOON + timedelta(seconds=30)
    assert 180 <= (episode.fired_at - episode.started_at).total_seconds() <= 200
    [end] = told.ended
    assert abs((end.ended_at - NOON).total_seconds() - 430) <= 3
    assert end.zone_id == "n1"
    assert end.update > episode.update


def test_the_explanation_is_in_an_officers_words():
    """The Chinese text says how long and what the rule is."""
    told = story().play(trade(), 374)
    [judgement] = told.judgements
    assert "禁摆区内停留 6 分 12 秒（规则 180 秒）" in judgement.explanation.summary("zh")
    assert "6 min 12 s" in judgement.explanation.summary("en")


def test_weak_sight_of_the_network_is_enough_where_all_else_agrees():
    """A detector that sees the stall at half its threshold still helps change and people."""
    told = story().play(trade(score=0.22), 400)
    assert len(told.opened) == 1


def test_the_network_alone_does_not_fire():
    """What looks as in the reference view is nothing new, whatever the network calls it."""
    told = story().play(trade(view=View()), 900)
    assert not told.opened
    assert "unchanged" in told.codes


def test_change_alone_does_not_fire():
    """A planter that somebody put down is no stall."""
    told = story().play(Moment((), View(proposals=(STALL,))), 900)
    assert not told.opened
    assert {"sees_no_vending", "abandoned"} <= told.codes


def test_change_with_people_but_nothing_recognised_does_not_fire():
    """People who wait beside a new bench do not trade."""
    told = story().play(Moment((Thing("person", VENDOR),), View(proposals=(STALL,))), 900)
    assert not told.opened


def test_customers_make_up_for_a_network_that_hardly_sees_the_stall():
    """A new thing with a vendor and a customer at it, and a whisper of a stall."""
    quiet = trade(score=0.12)
    assert not story().play(quiet, 300).opened
    busy = trade(score=0.12, people=(VENDOR, CUSTOMER))
    told = story().play(busy, 300)
    assert len(told.opened) == 1
    assert "customers" in told.codes


@pytest.mark.parametrize("view", [None, View(state=ViewState.LEARNING)])
def test_without_a_reference_view_the_others_must_say_more(view):
    """It still fires, later, and says that the change witness was silent."""
    moment = Moment((Thing("stall", STALL, 0.8), Thing("person", VENDOR)), view)
    told = story().play(moment, 300)
    assert not told.opened
    told.play(moment, 120)
    assert len(told.opened) == 1
    assert "change_silent" in told.codes


def test_an_abandoned_stall_is_not_trading_unless_the_city_says_so():
    """Nobody stands at it: explained, not fired; a setting makes it count."""
    moment = trade(people=())
    told = story().play(moment, 600)
    assert not told.opened
    assert "abandoned" in told.codes
    told = story(settings=VendingSettings(abandoned_is_vending=True)).play(moment, 600)
    assert len(told.opened) == 1


def test_passers_by_do_not_make_a_stall_attended():
    """Walkers are near in every frame and stand in none."""

    def walkers(second):
        x = (second * 0.07) % 0.9
        return trade(people=(Box(x, 0.45, x + 0.04, 0.7),))

    told = story().play(walkers, 600)
    assert not told.opened
    assert "abandoned" in told.codes


def test_a_parked_tricycle_is_not_a_stall():
    """The tricycle is what changed, and a rider who waits beside it sells nothing."""
    moment = Moment((Thing("tricycle", STALL), Thing("person", VENDOR)), View(proposals=(STALL,)))
    told = story().play(moment, 900)
    assert not told.opened
    assert "only_tricycle" in told.codes


def test_a_parked_car_that_is_taken_for_a_stall_now_and_then_is_none():
    """Every fourth frame shows a stall, the others a car in the same place, people around it."""

    def parked(second):
        kind = Thing("stall", STALL, 0.6) if second % 4 == 0 else Thing("car", STALL)
        return Moment((kind, Thing("person", VENDOR)), View(proposals=(STALL,)))

    told = story().play(EMPTY, 30).play(parked, 600)
    assert not told.opened
    assert "vehicle_stands" in told.codes


def test_a_car_with_goods_on_it_or_one_that_passes_is_no_word_against_a_stall():
    """Selling from a boot shows goods; a queue in front of a stall covers more than the stall."""
    boot = trade(people=(VENDOR,))
    selling = Moment((*boot.things, Thing("car", STALL)), boot.view)
    lorry = Thing("truck", Box(0.40, 0.35, 0.90, 0.80))
    for moment in (selling, Moment((*boot.things, lorry), boot.view)):
        told = story().play(EMPTY, 30).play(moment, 600)
        assert len(told.opened) == 1
        assert "vehicle_stands" not in told.codes


def test_a_tricycle_with_goods_and_customers_is():
    """With goods on it the change speaks again."""
    goods = Box(0.62, 0.50, 0.70, 0.60)
    moment = Moment(
        (
            Thing("tricycle", STALL),
            Thing("goods", goods),
            Thing("person", VENDOR),
            Thing("person", CUSTOMER),
        ),
        View(proposals=(STALL,)),
    )
    assert len(story().play(moment, 300).opened) == 1


def test_a_hand_umbrella_is_no_parasol():
    """Somebody who waits under an umbrella for a quarter of an hour sells nothing."""
    person = Box(0.60, 0.45, 0.64, 0.70)
    umbrella = Box(0.58, 0.40, 0.66, 0.48)
    moment = Moment(
        (Thing("person", person), Thing("umbrella", umbrella)), View(proposals=(umbrella,))
    )
    told = story().play(moment, 900)
    assert not told.opened
    assert "hand_umbrella" in told.codes


def test_a_parasol_with_goods_is_a_stall():
    """A parasol hangs in the air: its ground lies below it, in the zone."""
    parasol = Box(0.55, 0.35, 0.75, 0.45)
    goods = Box(0.60, 0.55, 0.70, 0.65)
    moment = Moment(
        (Thing("umbrella", parasol), Thing("goods", goods), Thing("person", VENDOR)),
        View(proposals=(Box(0.55, 0.35, 0.75, 0.66),)),
    )
    assert len(story().play(moment, 300).opened) == 1


def test_a_vendor_on_the_move_never_dwells():
    """A cart that goes along the street stands nowhere for three minutes."""

    def moving(second):
        x = (second * 0.004) % 0.8  # a slow walk
        cart = Box(x, 0.5, x + 0.1, 0.7)
        return trade(cart, people=(Box(x + 0.1, 0.45, x + 0.14, 0.7),))

    told = story().play(moving, 600)
    assert not told.opened


def test_occlusion_neither_ends_nor_starts_over():
    """A bus in front for ten minutes hides the stall; the episode goes on afterwards."""
    bus = Moment((Thing("bus", Box(0.4, 0.3, 0.9, 0.9)),), View())
    told = story().play(trade(), 250).play(bus, 600).play(trade(), 60)
    assert len(told.opened) == 1
    assert not told.ended


def test_what_stays_hidden_for_too_long_is_no_longer_vouched_for():
    """A van that parks in front for an hour ends the episode at the last sight."""
    van = Moment((Thing("bus", Box(0.4, 0.3, 0.9, 0.9)),), View())
    told = story().play(trade(), 250).play(van, 1500)
    [end] = told.ended
    assert (end.ended_at - NOON).total_seconds() == pytest.approx(249, abs=2)


def test_missed_detections_do_not_matter():
    """Seen in one frame of five, with the change witness off the whole time."""

    def flicker(second):
        things = [Thing("person", VENDOR)]
        if second % 10 == 0:
            things.append(Thing("stall", STALL, 0.9))
        return Moment(tuple(things), View(proposals=(STALL,)))

    told = story().play(flicker, 400)
    assert len(told.opened) == 1
    assert not told.ended


def test_an_unreliable_view_pauses_everything():
    """A camera that was turned away proves neither presence nor absence."""
    away = Moment((), View(state=ViewState.MOVED))
    told = story().play(trade(), 250).play(away, 300)
    assert len(told.opened) == 1
    assert not told.ended


def test_inside_the_permitted_place_in_its_hours_is_suppressed_with_the_document():
    """Nothing fires; the record names the document."""
    inside = Box(0.2, 0.5, 0.3, 0.7)
    told = story(PAVEMENT, MARKET).play(trade(inside, people=(Box(0.31, 0.45, 0.35, 0.7),)), 600)
    assert not told.opened
    [judgement] = told.judgements
    assert "place_permitted" in told.codes
    assert "No. 12" in judgement.explanation.summary()
    assert judgement.zone_id == "m1"


@pytest.mark.parametrize("zones", [(MARKET,), (PAVEMENT, MARKET)])
def test_after_hours_counts_from_the_closing_hour_across_midnight(zones):
    """A night market until 00:30: what still stands at 00:33:00 violates since 00:30:00."""
    night = [{"days": EVERY_DAY, "from": time(18), "to": time(0, 30)}]
    zones = [z | {"windows": night} if z["id"] == "m1" else z for z in zones]
    inside = Box(0.2, 0.5, 0.3, 0.7)
    begins = datetime(2026, 5, 5, 16, 24, tzinfo=UTC)  # 00:24 in Shanghai
    told = story(*zones, begins=begins)
    told.play(trade(inside, people=(Box(0.31, 0.45, 0.35, 0.7),)), 15 * 60)
    [episode] = told.opened
    assert episode.subtype is Subtype.VENDING_OVER_TIME
    assert episode.zone_id == "m1"
    closing = begins + timedelta(minutes=6)
    assert abs((episode.started_at - closing).total_seconds()) <= 2
    assert 180 <= (episode.fired_at - closing).total_seconds() <= 200
    assert any("00:33" in r.text for r in episode.explanation.reasons)


def test_opening_hours_end_the_act():
    """A vendor who came too early violates until the market opens."""
    morning = [{"days": EVERY_DAY, "from": time(12, 10), "to": time(20)}]
    inside = Box(0.2, 0.5, 0.3, 0.7)
    told = story(PAVEMENT, MARKET | {"windows": morning})
    told.play(trade(inside, people=(Box(0.31, 0.45, 0.35, 0.7),)), 900)
    [end] = told.ended
    assert end.subtype is Subtype.VENDING_OVER_TIME
    assert abs((end.ended_at - NOON).total_seconds() - 600) <= 2


def test_an_expired_permit_is_no_permit():
    """The document is named with the day on which it does not hold."""
    expired = MARKET | {"valid_to": datetime(2026, 5, 4, tzinfo=UTC).date()}
    inside = Box(0.2, 0.5, 0.3, 0.7)
    told = story(PAVEMENT, expired)
    told.play(trade(inside, people=(Box(0.31, 0.45, 0.35, 0.7),)), 300)
    [episode] = told.opened
    assert episode.subtype is Subtype.VENDING_NO_PERMIT_PLACE
    assert "place_permit_invalid" in told.codes


def test_partly_outside_the_permitted_place_is_over_the_line():
    """Half of the ground on the pavement."""
    across = Box(0.45, 0.5, 0.55, 0.7)
    told = story(PAVEMENT, MARKET).play(trade(across, people=(Box(0.4, 0.45, 0.44, 0.7),)), 300)
    [episode] = told.opened
    assert episode.subtype is Subtype.VENDING_OVER_LINE
    assert "place_over_line" in told.codes


def test_the_wrong_kind_of_business_only_if_it_is_known():
    """Nothing without a hint; a violation with one; nothing if the hint fits."""
    inside = Box(0.2, 0.5, 0.3, 0.7)
    plain = trade(inside, people=(Box(0.31, 0.45, 0.35, 0.7),))

    def selling(business):
        hint = BusinessHint(fraction_box=inside, business=business, confidence=0.9)
        return Moment(plain.things, plain.view, businesses=(hint,))

    assert not story(PAVEMENT, MARKET).play(selling(Business.FOOD), 400).opened
    told = story(PAVEMENT, MARKET).play(selling(Business.GOODS), 60).play(plain, 340)
    [episode] = told.opened
    assert episode.subtype is Subtype.VENDING_WRONG_KIND


def test_outside_every_zone_nothing_is_said():
    """The carriageway is not this rule's business."""
    told = story().play(trade(Box(0.6, 0.05, 0.7, 0.2)), 400)
    assert not told.judgements


def test_a_box_that_wobbles_at_the_zones_edge_keeps_its_dwell():
    """One box in three hangs over the edge."""

    def wobble(second):
        shift = 0.06 if second % 3 == 0 else 0.0
        return trade(Box(0.60, 0.10 - shift, 0.72, 0.33 - shift), people=(VENDOR,))

    high = PAVEMENT | {"polygon": rectangle(0, 0.28, 1, 1)}
    told = story(high).play(wobble, 400)
    assert len(told.opened) <= 1
    assert not told.ended


@pytest.mark.parametrize(("later_seconds", "acts"), [(60, 2), (10, 1)])
def test_stalls_side_by_side_are_one_act_only_if_they_came_together(later_seconds, acts):
    """Neighbours who come a minute apart are two acts, a cart and its tricycle are one."""
    second = Box(0.74, 0.50, 0.86, 0.70)
    people = (Box(0.70, 0.45, 0.74, 0.7), Box(0.87, 0.45, 0.91, 0.7))
    sellers = tuple(Thing("person", p) for p in people)

    def street(seconds):
        stalls = (STALL,) if seconds < later_seconds else (STALL, second)
        return Moment((*(Thing("stall", s) for s in stalls), *sellers), View(proposals=stalls))

    assert len(story().play(street, 400).opened) == acts


def test_a_restart_neither_alerts_again_nor_loses_the_episode():
    """The state comes back from JSON; a minute of outage and the stall is still the same act."""
    told = story().play(trade(), 250)
    told.restart(VendingRule(told.seen_by))
    told.seconds += 60
    told.play(trade(), 300).play(EMPTY, 120)
    assert len(told.opened) == 1
    [end] = told.ended
    assert end.episode_id == told.opened[0].episode_id


def test_a_restart_in_the_dwell_loses_no_time():
    """What had been seen for 170 s fires soon after the restart."""
    told = story().play(trade(), 170)
    assert not told.opened
    told.restart(VendingRule(told.seen_by))
    told.play(trade(), 20)
    [episode] = told.opened
    assert episode.started_at == NOON


def test_a_snapshot_of_something_else_is_refused():
    """The message says what to do."""
    with pytest.raises(SnapshotError, match="delete the saved state"):
        VendingRule(camera(PAVEMENT)).restore({"since": "yesterday"})


def test_a_vendor_who_is_back_within_the_gap_is_the_same_act():
    """Gone for ten minutes, then back: one episode, reopened; gone for two hours: a recurrence."""
    told = story().play(trade(), 300).play(EMPTY, 600).play(trade(), 300)
    assert len(told.opened) == 1
    assert "reopened" in told.grown
    told.play(EMPTY, 7200, step=5.0).play(trade(), 300)
    first, again = told.opened
    assert again.recurrence_of == first.episode_id
    assert again.episode_id != first.episode_id


def test_the_reference_view_does_not_learn_what_may_be_a_stall():
    """Watched from the first second; an unknown thing is let go after an hour."""
    told = story().play(trade(), 30)
    assert len(told.watched) == 1
    told = story().play(Moment((), View(proposals=(STALL,))), 3700, step=10.0)
    assert not told.watched


def test_a_disabled_rule_and_a_camera_without_zones_say_nothing():
    """No work, no judgements."""
    told = story(settings=VendingSettings(enabled=False)).play(trade(), 20)
    assert not told.judgements
    seen_by = camera()
    assert not Story(VendingRule(seen_by), seen_by).play(trade(), 20).judgements
