"""The muck-truck rule: crossings, bursts, what lies on the road afterwards, and its look-alikes."""

from datetime import timedelta

import pytest

from pipeline.change.results import SurfaceChange, ViewState
from pipeline.geometry import Box
from pipeline.rules.muck_truck import MuckTruckRule
from pipeline.rules.passage import BurstFrame, BurstRequest, LoadVote, Passage, TruckView
from pipeline.rules.settings import SpillSettings
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

ROAD = {"id": "r1", "kind": ZoneKind.ROAD, "polygon": rectangle(0, 0.5, 1, 1)}
HEAP = Box(0.40, 0.80, 0.50, 0.86)
EMPTY = Moment()


def story(settings=None):
    """A rule that watches one road."""
    seen_by = camera(ROAD)
    return Story(MuckTruckRule(seen_by, settings), seen_by)


def truck_at(x):
    """A truck with its left edge here."""
    return Box(x, 0.5, x + 0.2, 0.8)


def driving(second):
    """A truck that crosses the picture in five seconds, from second 10 on."""
    if not 10 <= second < 15:
        return EMPTY
    return Moment((Thing("truck", truck_at((second - 10) * 0.15)),))


def crossing(told):
    """Let the truck pass; the burst that is asked for."""
    told.play(driving, 20, step=1.0)
    [request] = told.requests
    return request


def passage(request, load="open_loaded", *, moves=True, votes=8):
    """What a burst shows: one truck that goes through (or stands), and its load."""
    frames = []
    for i in range(votes):
        x = i * 0.08 if moves else 0.3
        vote = LoadVote(class_name=load, score=0.8)
        frames.append(
            BurstFrame(
                seconds=request.begin_seconds + i * 0.2,
                captured_at=NOON + timedelta(seconds=10 + i * 0.2),
                trucks=(TruckView(track_id=1, fraction_box=truck_at(x), score=0.8, load=vote),),
            )
        )
    return Passage.of_frames(request, frames)


def surface(box=HEAP, **values):
    """A heap of soil; keywords make it something else."""
    soil = {"area_share": 0.01, "darkening": 0.05, "texture_gain": 0.1, "edge_sharpness": 2.0}
    return SurfaceChange(box=box.scaled(WIDTH, HEIGHT), **(soil | values))


def judge(told, seen, changes):
    """Judge a passage and tell the book, as the processor does."""
    outcome = told.rule.observe_passage(seen, changes)
    told.events += told.book.update(told.last_observation, outcome.judgements)
    told.judgements = outcome.judgements
    return outcome


def test_a_crossing_asks_for_one_burst_that_shows_the_truck_come_and_go():
    """A second before the first sight and after the last, at five pictures a second."""
    request = crossing(story())
    assert request.zone_id == "r1"
    assert (request.begin_seconds, request.end_seconds) == (1009.0, 1015.0)
    assert request.frames_per_second == 5.0


def test_trucks_close_together_are_one_crossing_and_a_long_queue_several():
    """A column of two minutes is cut into pieces of twenty seconds."""
    told = story().play(lambda s: Moment((Thing("truck", truck_at(s * 0.05 % 0.8)),)), 120, 1.0)
    assert 4 <= len(told.requests) <= 7
    assert all(r.end_seconds - r.begin_seconds <= 23 for r in told.requests)


def test_a_parked_truck_is_asked_about_once():
    """An hour at the kerb, with missed detections, is one burst when it comes."""

    def parked(second):
        return EMPTY if second % 7 == 3 else Moment((Thing("truck", truck_at(0.4)),))

    told = story().play(parked, 900, step=1.0)
    assert len(told.requests) == 1


def test_a_truck_off_the_road_is_nobodys_business():
    """On the other side of the fence."""
    told = story().play(Moment((Thing("truck", Box(0.1, 0.1, 0.3, 0.3)),)), 10)
    assert not told.requests


def test_material_after_an_open_loaded_truck_fires_and_stays_until_swept():
    """The act begins with the truck and ends when the road is clean."""
    told = story()
    judge(told, passage(crossing(told)), (surface(),))
    [episode] = told.opened
    assert episode.subtype is Subtype.SPILL_ROAD
    assert episode.started_at == NOON + timedelta(seconds=10)
    assert episode.fraction_box.iou(HEAP) > 0.99
    assert "敞开装载" in episode.explanation.summary("zh")
    on_road = Moment((), View(changed=(HEAP,)))
    told.play(on_road, 300)
    assert not told.ended
    assert told.watched
    told.play(EMPTY, 200)
    [end] = told.ended
    assert abs((end.ended_at - NOON).total_seconds() - 320) <= 4


def test_material_was_last_seen_when_the_road_was_compared_not_when_the_truck_left():
    """Pictures of the road are chosen up to the last sight: before it, there is nothing on it."""
    told = story()
    request = crossing(told)
    outcome = judge(told, passage(request), (surface(),))
    [judgement] = outcome.judgements
    assert judgement.last_seen_at == told.last_observation.captured_at
    assert judgement.last_seen_at > NOON + timedelta(seconds=request.end_seconds - 1000)


def test_traffic_over_the_spill_does_not_end_it():
    """A car stands on it for ten minutes."""
    told = story()
    judge(told, passage(crossing(told)), (surface(),))
    car = Moment((Thing("car", Box(0.35, 0.7, 0.6, 0.9)),), View())
    told.play(Moment((), View(changed=(HEAP,))), 60).play(car, 600)
    assert not told.ended


@pytest.mark.parametrize("load", ["open_loaded", "open_empty", None])
def test_open_and_unknown_loads_can_have_dropped_it(load):
    """With rough, sharp-edged material on the road."""
    told = story()
    judge(told, passage(crossing(told), load), (surface(),))
    assert len(told.opened) == 1


def weights_of(told):
    """What each reason of the newest passage weighs."""
    return {r.code: r.weight for r in told.judgements[0].explanation.reasons}


@pytest.mark.parametrize("load", ["covered", "closed"])
def test_covered_and_closed_loads_speak_against(load):
    """A tanker and a tarpaulin, and something grey, hardly rougher than the road."""
    told = story()
    judge(told, passage(crossing(told), load), (surface(texture_gain=0.022),))
    assert not told.opened
    assert weights_of(told)[f"load_{load}"] < 0


def test_what_lies_on_the_road_is_the_stronger_witness():
    """Much of it, rough, with a sharp outline: it is called though the truck seems closed."""
    for load in ("covered", "closed"):
        told = story()
        judge(told, passage(crossing(told), load), (surface(),))
        assert len(told.opened) == 1
    told = story()
    judge(told, passage(crossing(told), "closed"), (surface(area_share=0.002),))
    assert not told.opened  # little of it is not enough against a tanker


def votes_of(request, *loads):
    """A passage in which each crop has its own answer."""
    frames = [
        BurstFrame(
            seconds=request.begin_seconds + i * 0.2,
            captured_at=NOON + timedelta(seconds=10 + i * 0.2),
            trucks=(
                TruckView(
                    track_id=1,
                    fraction_box=truck_at(i * 0.08),
                    score=0.8,
                    load=LoadVote(class_name=load, score=0.8),
                ),
            ),
        )
        for i, load in enumerate(loads)
    ]
    return Passage.of_frames(request, frames)


def test_a_vote_on_the_load_weighs_by_how_clear_it_is():
    """Two of three crops say little, all of them say all."""
    weights = SpillSettings().weights
    heard = []
    for loads in (["closed"] * 9, ["closed"] * 6 + ["open_loaded"] * 3, ["closed", "covered"] * 4):
        told = story()
        judge(told, votes_of(crossing(told), *loads), (surface(),))
        heard.append(weights_of(told))
    assert heard[0]["load_closed"] == pytest.approx(weights.closed)
    assert weights.closed / 4 < heard[1]["load_closed"] < 0
    assert heard[2]["load_unclear"] == 0  # who cannot tell says nothing


def test_a_spill_is_a_trail_and_not_what_lies_far_off():
    """Pieces one behind the other are one; a patch at the far end of the road is none of it."""
    trail = tuple(Box(0.30 + 0.08 * i, 0.80, 0.36 + 0.08 * i, 0.84) for i in range(3))
    far = Box(0.90, 0.52, 0.92, 0.54)
    told = story()
    pieces = (*(surface(box) for box in trail), surface(far, area_share=0.002))
    judge(told, passage(crossing(told)), pieces)
    [episode] = told.opened
    assert episode.fraction_box.xyxy == pytest.approx((0.30, 0.80, 0.52, 0.84))


def test_a_later_truck_does_not_take_a_spill_over():
    """It passes beside it and leaves a little something there: place, time and reasons stay."""
    told = story()
    judge(told, passage(crossing(told)), (surface(),))
    before = told.judgements[0]
    told.play(lambda s: Moment(driving(s - 20).things, View(changed=(HEAP,))), 20, step=1.0)
    crumb = Box(0.47, 0.83, 0.49, 0.85)
    judge(told, passage(told.requests[-1], "covered"), (surface(crumb, area_share=0.0006),))
    [after] = told.judgements
    assert after.fired
    assert after.fraction_box == before.fraction_box
    assert after.started_at == before.started_at
    assert len(told.opened) == 1


def test_soil_is_of_another_colour_and_water_is_not():
    """Smooth slurry is material by its colour; water of the road's colour is none."""
    told = story()
    slurry = surface(darkening=0.15, texture_gain=0.0, colour_shift=0.25)
    judge(told, passage(crossing(told)), (slurry,))
    assert len(told.opened) == 1
    assert "other_colour" in told.codes


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("no_material", ()),
        ("no_material", (surface(area_share=0.0001),)),
        ("wet", (surface(darkening=0.15, texture_gain=-0.02),)),
        ("shadow", (surface(darkening=0.15, texture_gain=0.0, edge_sharpness=0.4),)),
        ("whole_road", (surface(area_share=0.8, darkening=-0.2),)),
    ],
)
def test_what_is_no_spill_is_named(code, changes):
    """A clean road, a leaf, a sprinkler's water, a shadow, snow."""
    told = story()
    judge(told, passage(crossing(told)), changes)
    assert not told.opened
    assert code in told.codes


def test_a_truck_that_stands_did_not_pass():
    """Material that lies there beside a parked truck is not its."""
    told = story()
    judge(told, passage(crossing(told), moves=False), (surface(),))
    assert not told.opened
    assert "no_truck_passed" in told.codes


def test_a_glimpse_counts_by_how_sure_triage_was():
    """What is hardly taken for a truck, and was a stall that came, makes no spill of itself."""
    told = story()
    told.play(
        lambda s: Moment((Thing("truck", truck_at(0.1 * s), 0.22),) if s < 5 else ()), 20, 1.0
    )
    [request] = told.requests
    judge(told, Passage.of_frames(request, []), (surface(),))
    assert not told.opened
    assert 0 < weights_of(told)["truck_glimpsed"] < SpillSettings().weights.glimpse / 2


def test_a_truck_that_was_seen_for_a_moment_only_is_not_said_to_stand():
    """The burst lost it: two pictures tell no travel, and triage saw it move."""
    told = story()
    judge(told, passage(crossing(told), moves=False, votes=2), (surface(),))
    assert "truck_glimpsed" in told.codes
    assert "no_truck_passed" not in told.codes
    assert len(told.opened) == 1


def test_a_burst_that_shows_no_truck_leaves_the_glimpse_of_triage():
    """Rough and sharp it is enough then; hardly rougher than the road only if it is recognised."""
    told = story()
    judge(told, Passage.of_frames(crossing(told), []), (surface(),))
    assert len(told.opened) == 1
    told = story()
    request = crossing(told)
    judge(told, Passage.of_frames(request, []), (surface(texture_gain=0.022),))
    assert not told.opened
    assert "truck_glimpsed" in told.codes
    told.play(Moment((Thing("spill", HEAP, 0.9),), View(proposals=(HEAP,))), 60)
    assert len(told.opened) == 1


def test_material_without_a_truck_is_explained_not_fired():
    """The network sees a spill; nobody saw it fall."""
    told = story().play(Moment((Thing("spill", HEAP, 0.9),), View(proposals=(HEAP,))), 600)
    assert not told.opened
    assert {"no_truck_passed", "sees_spill"} <= told.codes


def test_an_uncovered_load_is_a_lead_only_if_asked_for():
    """Off by default; on, it is an episode of its own that ends by itself."""
    told = story()
    judge(told, passage(crossing(told)), ())
    assert not told.opened
    told = story(SpillSettings(report_uncovered_loads=True))
    judge(told, passage(crossing(told)), ())
    [episode] = told.opened
    assert episode.subtype is Subtype.SPILL_UNCOVERED_LOAD
    told.play(EMPTY, 150)
    assert len(told.ended) == 1


def test_a_spill_is_not_reported_as_an_uncovered_load_too():
    """One truck, one act."""
    told = story(SpillSettings(report_uncovered_loads=True))
    judge(told, passage(crossing(told)), (surface(),))
    assert [e.subtype for e in told.opened] == [Subtype.SPILL_ROAD]


def test_an_unknown_request_is_ignored():
    """A burst that comes back after a restart belongs to nobody."""
    told = story()
    request = crossing(told)
    stale = BurstRequest(
        request_id=99,
        zone_id="r1",
        begin_seconds=0,
        end_seconds=1,
        frames_per_second=5,
        purpose="truck_crossing",
    )
    assert not judge(told, passage(stale), (surface(),)).judgements
    assert judge(told, passage(request), (surface(),)).judgements
    assert not judge(told, passage(request), (surface(),)).judgements


def test_a_restart_does_not_report_the_spill_again():
    """The passage's reasons survive, so the explanation stays."""
    told = story()
    judge(told, passage(crossing(told)), (surface(),))
    told.play(Moment((), View(changed=(HEAP,))), 30)
    told.restart(MuckTruckRule(told.seen_by))
    told.play(Moment((), View(changed=(HEAP,))), 600)
    assert len(told.opened) == 1
    assert not told.ended
    assert "material" in told.codes


def test_a_view_that_moved_asks_for_nothing():
    """Zones mean nothing in a picture of something else."""
    moved = View(state=ViewState.MOVED)
    told = story().play(lambda s: Moment(driving(s).things, moved), 20, step=1.0)
    assert not told.requests
