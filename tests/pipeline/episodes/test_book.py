"""The episode book: one act, one episode, from the first sight to the last, over everything."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.camera import Camera
from pipeline.candidate import EpisodeState, Explanation
from pipeline.change.results import ViewState
from pipeline.detections import Detections
from pipeline.episodes.book import EpisodeBook
from pipeline.episodes.events import EpisodeEnded, EpisodeGrew, EpisodeOpened, Growth
from pipeline.episodes.presence import Sight
from pipeline.episodes.settings import EpisodeSettings, ViolationEpisodeSettings
from pipeline.errors import SnapshotError
from pipeline.geometry import Box
from pipeline.rules.judgement import Judgement
from pipeline.rules.observation import Observation
from pipeline.violations import Subtype
from tests.pipeline.rules.street import View, change_result

NOON = datetime(2026, 5, 5, 4, 0, tzinfo=UTC)
CAMERA = Camera(id="cam-1")
NOTHING = Detections.empty(("person",))
SPOT = Box(0.40, 0.40, 0.50, 0.60)
NEAR = Box(0.44, 0.40, 0.54, 0.60)
AWAY = Box(0.80, 0.40, 0.90, 0.60)
MINUTE, HOUR, DAY = 60, 3600, 86_400


def frame(second, state=ViewState.OK):
    """A frame at a second."""
    return Observation(
        camera=CAMERA,
        seconds=float(second),
        captured_at=NOON + timedelta(seconds=second),
        width=1280,
        height=720,
        detections=NOTHING,
        change=change_result(View(state=state), float(second)),
    )


def judgement(second, **values):
    """A stall that fires now, since three minutes; keywords make it something else."""
    fired = values.pop("fired", True)
    now = NOON + timedelta(seconds=second)
    stall = {
        "subtype": Subtype.VENDING_NO_PERMIT_PLACE,
        "zone_id": "n1",
        "presence_id": 1,
        "fraction_box": SPOT,
        "sight": Sight.SEEN,
        "started_at": NOON - timedelta(minutes=3),
        "last_seen_at": now,
        "present_seconds": 180.0 + second,
        "explanation": Explanation(
            rule="vending", fired=fired, score=0.9 if fired else 0.1, threshold=0.6
        ),
    }
    return Judgement(**(stall | values))


class Told:
    """A book and all it said."""

    def __init__(self, book=None):
        self.book = EpisodeBook("cam-1") if book is None else book
        self.events = []

    def show(self, second, *judgements, state=ViewState.OK):
        """One frame."""
        self.events += self.book.update(frame(second, state), judgements)

    def see(self, begin, end, step=1, **values):
        """The same judgement in every frame."""
        for second in range(begin, end, step):
            self.show(second, judgement(second, **values))

    def nothing(self, begin, end, step=1, **values):
        """Frames without a judgement."""
        for second in range(begin, end, step):
            self.show(second, **values)

    def of(self, kind):
        """The episodes of one kind of event."""
        return [e.episode for e in self.events if isinstance(e, kind)]


def test_it_opens_once_grows_now_and_then_and_ends_at_the_last_sight():
    """Twelve minutes of one stall: one opening, two messages, one end."""
    told = Told()
    told.see(0, 720)
    told.nothing(720, 800)
    [opened] = told.of(EpisodeOpened)
    assert opened.state is EpisodeState.OPEN
    assert opened.started_at == NOON - timedelta(minutes=3)
    assert opened.fired_at == NOON
    assert [e.growth for e in told.events if isinstance(e, EpisodeGrew)] == [Growth.LONGER] * 2
    [ended] = told.of(EpisodeEnded)
    assert ended.ended_at == ended.last_seen_at == NOON + timedelta(seconds=719)
    assert ended.present_seconds == 180 + 719
    assert [e.episode.update for e in told.events] == [0, 1, 2, 3]
    assert not told.book.open_episodes


def test_what_has_not_fired_opens_nothing():
    """However long it is seen; and what is fired but gone opens nothing either."""
    told = Told()
    told.see(0, 300, fired=False)
    told.see(300, 400, sight=Sight.ABSENT)
    assert not told.events


def test_an_open_episode_absorbs_what_belongs_to_it():
    """Another presence at the same spot, another subtype for a moment: no second episode."""
    told = Told()
    told.see(0, 60)
    told.see(60, 70, subtype=Subtype.VENDING_OVER_LINE)
    told.see(70, 200, presence_id=2, fraction_box=NEAR)
    assert len(told.of(EpisodeOpened)) == 1
    assert len(told.events) == 1
    assert told.book.open_episodes[0].subtype is Subtype.VENDING_NO_PERMIT_PLACE


def test_a_subtype_that_lasts_is_taken_over():
    """What it was for most of the time."""
    told = Told()
    told.see(0, 60)
    told.see(60, 200, subtype=Subtype.VENDING_OVER_LINE)
    assert told.book.open_episodes[0].subtype is Subtype.VENDING_OVER_LINE
    assert [e.growth for e in told.events if isinstance(e, EpisodeGrew)] == [Growth.SUBTYPE]


BESIDE = Box(0.51, 0.45, 0.61, 0.58)


def test_what_came_together_and_stands_side_by_side_is_one_act():
    """A cart and the tricycle that brought it: one episode, whose box holds both."""
    told = Told()
    for second in range(30):
        told.show(
            second,
            judgement(second),
            judgement(
                second,
                presence_id=2,
                fraction_box=BESIDE,
                started_at=NOON - timedelta(minutes=3, seconds=20),
            ),
        )
    assert len(told.of(EpisodeOpened)) == 1
    assert told.book.open_episodes[0].fraction_box == SPOT.union(BESIDE)


def test_what_comes_later_to_stand_beside_is_another_act():
    """A second vendor who comes minutes later is judged alone."""
    told = Told()
    for second in range(30):
        told.show(
            second,
            judgement(second, started_at=NOON - timedelta(minutes=9)),
            judgement(second, presence_id=2, fraction_box=BESIDE),
        )
    assert len(told.of(EpisodeOpened)) == 2


def test_somewhere_else_is_another_episode():
    """Two stalls at once."""
    told = Told()
    for second in range(100):
        told.show(second, judgement(second), judgement(second, presence_id=2, fraction_box=AWAY))
    ids = {e.episode_id for e in told.of(EpisodeOpened)}
    assert len(ids) == 2


def test_fading_evidence_does_not_end_what_is_still_seen():
    """Not fired any more, but there: goes on, and keeps the explanation of the firing."""
    told = Told()
    told.see(0, 60)
    told.see(60, 300, fired=False)
    [still] = told.book.open_episodes
    assert still.explanation.fired
    assert still.last_seen_at == NOON + timedelta(seconds=299)


def test_something_else_at_the_spot_does_not_keep_it_alive():
    """The vendor left; a person with a bag stands there."""
    told = Told()
    told.see(0, 60)
    told.see(60, 200, presence_id=9, fired=False)
    assert len(told.of(EpisodeEnded)) == 1


@pytest.mark.parametrize(
    "blind", [{"sight": Sight.HIDDEN}, {"state": ViewState.MOVED}, {"state": ViewState.BLOCKED}]
)
def test_hidden_time_does_not_end_it(blind):
    """Behind a bus, or with the camera turned away, for twenty minutes."""
    told = Told()
    told.see(0, 60)
    state = blind.pop("state", ViewState.OK)
    for second in range(60, 1260):
        said = [judgement(second, **blind)] if blind else []
        told.show(second, *said, state=state)
    assert not told.of(EpisodeEnded)


def test_back_within_the_gap_is_the_same_act():
    """Ten minutes away: taken up again, and its time adds up."""
    told = Told()
    told.see(0, 300)
    told.nothing(300, 900)
    told.see(900, 1000, presence_id=2, present_seconds=200.0)
    assert len(told.of(EpisodeOpened)) == 1
    [again] = [e for e in told.events if isinstance(e, EpisodeGrew) and e.growth == "reopened"]
    assert again.episode.state is EpisodeState.OPEN
    assert again.episode.ended_at is None
    assert told.book.open_episodes[0].present_seconds == pytest.approx(180 + 299 + 200)


@pytest.mark.parametrize(("away", "linked"), [(2 * HOUR, True), (30 * HOUR, False)])
def test_back_after_the_gap_is_another_act_linked_within_a_day(away, linked):
    """A recurrence names the episode before; after a day it is news."""
    told = Told()
    told.see(0, 100)
    told.nothing(100, 100 + away, step=5)
    back = 100 + away
    told.see(back, back + 10, presence_id=2, started_at=NOON + timedelta(seconds=back))
    first, second = told.of(EpisodeOpened)
    assert first.episode_id != second.episode_id
    assert second.recurrence_of == (first.episode_id if linked else None)


def test_after_an_outage_longer_than_the_gap_it_is_another_act():
    """Nobody watched for two hours; what stands there now was not seen to stay."""
    told = Told()
    told.see(0, 100)
    told.see(2 * HOUR, 2 * HOUR + 10, started_at=NOON + timedelta(hours=2))
    [ended] = told.of(EpisodeEnded)
    assert ended.ended_at == NOON + timedelta(seconds=99)
    assert told.of(EpisodeOpened)[1].recurrence_of == ended.episode_id


def test_a_banner_on_a_stall_is_part_of_the_vending():
    """Whichever rule fires first, one act stays open."""
    banner = {
        "subtype": Subtype.AD_BANNER,
        "presence_id": 5,
        "fraction_box": Box(0.42, 0.45, 0.48, 0.5),
    }
    told = Told()
    told.see(0, 60)
    for second in range(60, 100):
        told.show(second, judgement(second, **banner), judgement(second))
    assert len(told.of(EpisodeOpened)) == 1
    told = Told()
    told.see(0, 60, **banner)
    for second in range(60, 100):
        told.show(second, judgement(second, **banner), judgement(second))
    [ad, stall] = told.of(EpisodeOpened)
    [absorbed] = told.of(EpisodeEnded)
    assert absorbed.episode_id == ad.episode_id
    assert absorbed.absorbed_by == stall.episode_id


def test_a_poster_that_hung_there_before_is_its_own_act():
    """The stall came a day later and stands in front of it."""
    told = Told()
    poster = {
        "subtype": Subtype.AD_POSTER,
        "presence_id": 5,
        "fraction_box": Box(0.42, 0.45, 0.48, 0.5),
        "started_at": NOON - timedelta(days=1),
    }
    for second in range(60):
        told.show(second, judgement(second, **poster), judgement(second))
    assert len(told.book.open_episodes) == 2


def test_bare_soil_and_a_plume_over_it_are_two_acts():
    """The subtypes with acts of their own do not absorb each other."""
    told = Told()
    for second in range(60):
        told.show(
            second,
            judgement(second, subtype=Subtype.DUST_BARE_SOIL, presence_id=1),
            judgement(second, subtype=Subtype.DUST_PLUME, presence_id=1),
        )
    assert len(told.book.open_episodes) == 2


def test_a_replay_gives_the_same_ids():
    """Ids come from camera, act, spot and first sight, not from chance."""
    told = [Told(), Told()]
    for each in told:
        each.see(0, 100)
        each.nothing(100, 200)
    assert told[0].events == told[1].events


def test_an_ad_is_told_of_once_a_day():
    """Months on a wall are not a message every five minutes."""
    told = Told()
    told.see(0, 2 * DAY, step=10, subtype=Subtype.AD_POSTER)
    assert 1 <= len(told.of(EpisodeGrew)) <= 2


def test_a_restart_neither_alerts_again_nor_loses():
    """Saved as JSON, taken up again, watched on: the same episode to its end."""
    told = Told()
    told.see(0, 100)
    saved = json.loads(json.dumps(told.book.snapshot()))
    book = EpisodeBook("cam-1")
    book.restore(saved)
    assert book.open_episodes == told.book.open_episodes
    again = Told(book)
    again.see(160, 200)
    again.nothing(200, 300)
    assert not again.of(EpisodeOpened)
    [ended] = again.of(EpisodeEnded)
    assert ended.episode_id == told.of(EpisodeOpened)[0].episode_id


def test_a_restart_that_lost_the_presences_goes_on_with_the_same_episode():
    """Ended while the rule began anew, then taken up again: one opening in all."""
    told = Told()
    told.see(0, 100)
    book = EpisodeBook("cam-1")
    book.restore(told.book.snapshot())
    again = Told(book)
    again.see(160, 340, presence_id=7, fired=False)
    again.see(340, 400, presence_id=7)
    assert not again.of(EpisodeOpened)
    assert len(book.open_episodes) == 1


def test_snapshots_of_others_are_refused():
    """Another camera's, and something that is none."""
    with pytest.raises(SnapshotError, match="belong to camera cam-1, not cam-2"):
        EpisodeBook("cam-2").restore(EpisodeBook("cam-1").snapshot())
    with pytest.raises(SnapshotError, match="delete the saved state"):
        EpisodeBook("cam-1").restore({"entries": 3})


def test_the_end_of_the_footage_ends_what_is_open():
    """At its last sight."""
    told = Told()
    told.see(0, 100)
    [event] = told.book.finish()
    assert event.episode.ended_at == NOON + timedelta(seconds=99)
    assert not told.book.open_episodes
    assert told.book.finish() == ()


def test_an_episode_knows_its_place_in_pixels():
    """Of whatever size of frame is at hand."""
    told = Told()
    told.see(0, 1)
    assert told.book.open_episodes[0].box_in_pixels(100, 50) == Box(40, 20, 50, 30)


ACTS = st.tuples(
    st.integers(0, 4),  # where
    st.sampled_from([Sight.SEEN, Sight.HIDDEN, Sight.ABSENT]),
    st.booleans(),
    st.sampled_from(
        [Subtype.VENDING_NO_PERMIT_PLACE, Subtype.VENDING_OVER_LINE, Subtype.AD_BANNER]
    ),
)


@given(st.lists(st.lists(ACTS, max_size=4), max_size=25), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_every_story_makes_sense(frames, shuffler):
    """Updates count up, ends follow openings, the order of judgements does not matter."""
    plain, shuffled = Told(), Told()
    for i, acts in enumerate(frames):
        second = i * 9
        said = [
            judgement(
                second,
                presence_id=where + 1,
                fraction_box=Box(where * 0.15, 0.4, where * 0.15 + 0.12, 0.6),
                sight=sight,
                fired=fired,
                subtype=subtype,
            )
            for where, sight, fired, subtype in {a[0]: a for a in acts}.values()
        ]
        plain.show(second, *said)
        shuffler.shuffle(said)
        shuffled.show(second, *said)
    assert plain.events == shuffled.events
    seen = {}
    for event in plain.events:
        episode = event.episode
        last = seen.get(episode.episode_id)
        assert isinstance(event, EpisodeOpened) == (last is None)
        assert last is None or episode.update == last.update + 1
        assert (episode.ended_at is None) == (episode.state is EpisodeState.OPEN)
        assert episode.started_at <= episode.last_seen_at
        seen[episode.episode_id] = episode


def test_a_hundred_thousand_frames_fit_into_the_bound():
    """A new act every minute for two months, everywhere on the picture."""
    quick = ViolationEpisodeSettings(end_after_absent_seconds=20, gap_seconds=30)
    book = EpisodeBook("cam-1", EpisodeSettings(vending=quick, max_episodes=16))
    largest, opened = 0, 0
    for i in range(100_000):
        second = i * 9
        said = []
        if i % 17 == 0:
            x, y = (i % 11) * 0.09, (i % 5) * 0.19
            box = Box(x, y, x + 0.01, y + 0.01)
            said = [judgement(second, presence_id=i, fraction_box=box)]
        events = book.update(frame_without_change(second), said)
        opened += any(isinstance(e, EpisodeOpened) for e in events)
        largest = max(largest, len(book))
    assert opened > 1000
    assert largest <= 16


def frame_without_change(second):
    """A cheap frame."""
    return Observation(
        camera=CAMERA,
        seconds=float(second),
        captured_at=NOON + timedelta(seconds=second),
        width=1280,
        height=720,
        detections=NOTHING,
    )


def test_more_open_episodes_than_the_bound_end_the_one_unseen_for_longest():
    """It is told, not dropped in silence."""
    told = Told(EpisodeBook("cam-1", EpisodeSettings(max_episodes=2)))
    for i in range(3):
        box = Box(0.3 * i, 0.1, 0.3 * i + 0.1, 0.2)
        told.show(i, judgement(i, presence_id=i, fraction_box=box))
    [ended] = told.of(EpisodeEnded)
    assert ended.fraction_box.x1 == 0.0
    assert len(told.book) == 2
