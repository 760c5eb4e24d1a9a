"""Semi-real videos: stages fit their zones, plays keep their times, truth is what is drawn."""

from __future__ import annotations

from datetime import datetime, timedelta

import cv2
import numpy as np
import pytest

from edge.settings import load_camera
from models.classes import class_id
from models.composites.cutouts import CutOut
from models.composites.harmony import look_of
from models.semireal.__main__ import film_all
from models.semireal.background import FPS, Background, ClipError, open_background
from models.semireal.casting import Cast, CastingError, cast_from
from models.semireal.film import film, picture_at, truth_of
from models.semireal.plays import LEARNT, LENGTHS, Director
from models.semireal.stage import CAMERAS, STAGES, THEMES, Stage, load_stages
from models.street.encode import VideoWriter
from pipeline.errors import SettingsError
from pipeline.violations import Violation
from pipeline.zones import ZoneKind
from tests.scenarios.matching import read_script

WIDTH, HEIGHT = 160, 120
# What each play needs time for: the rules' defaults.
WAITS = {"vending": 180, "advertising": 120, "dust": 60, "spill": 13}
STAGE = {
    "clip": "drawn.mp4",
    "light": "day",
    "ground": {"horizon": 0.1, "camera_m": 5.0},
    "vending": {
        "stall": [0.3, 0.7], "comes_from": [-0.1, 0.7], "permitted": [0.7, 0.9],
        "parked": [0.8, 0.6], "umbrella": [[0.4, 0.5], [0.6, 0.95]],
    },
    "advertising": {
        "ads": [{"kind": "banner", "quad": [[0.1, 0.1], [0.5, 0.1], [0.5, 0.2], [0.1, 0.2]]}],
        "shop_sign": [[0.6, 0.1], [0.9, 0.1], [0.9, 0.2], [0.6, 0.2]],
    },
    "dust": {"source": [0.3, 0.7], "wind_m_s": 1.0, "mist": [0.7, 0.7]},
    "spill": {"way": [[-0.2, 0.6], [1.2, 0.8]], "lies": [0.5, 0.8], "wet": [0.2, 0.8]},
}  # fmt: skip


@pytest.fixture(scope="module")
def street():
    """A drawn street with somebody in blue who walks to and fro at the bottom."""
    rng = np.random.default_rng(0)
    ground = np.full((HEIGHT, WIDTH, 3), 130, np.uint8)
    ground = np.clip(ground + rng.integers(-20, 20, ground.shape), 0, 255).astype(np.uint8)
    frames = []
    for i in range(20):
        frame = ground.copy()
        cv2.rectangle(frame, (8 * i, 80), (8 * i + 9, 115), (250, 40, 20), -1)
        frames.append(frame)
    usual = np.median(np.stack(frames), 0).astype(np.uint8)
    return Background(frames=tuple(frames), usual=usual, look=look_of(usual))


@pytest.fixture(scope="module")
def cast():
    """Everybody as a square of a colour of its own."""

    def thing(kind, colour, metres):
        picture = np.full((60, 60, 3), colour, np.uint8)
        solid = np.ones((60, 60), np.float32)
        look = look_of(np.full((40, 40, 3), 130, np.uint8))
        return CutOut(
            kind=class_id(kind), picture=picture, alpha=solid, height_m=metres, look=look,
            origin="drawn",
        )  # fmt: skip

    truck = thing("truck", (40, 200, 220), 2.9)
    paper = np.full((40, 90, 4), 255, np.uint8)
    paper[10:30, 10:80, :3] = (30, 30, 200)
    return Cast(
        stalls=[thing("stall", (30, 30, 220), 2.2)],
        people=[thing("person", (200, 30, 200), 1.7)],
        cars=[thing("car", (220, 220, 30), 1.6)],
        trucks={"covered": [truck], "open": [truck], "closed": [truck]},
        ads={kind: [paper] for kind in ("banner", "poster", "billboard")},
        signs=[paper],
    )


@pytest.fixture
def stage():
    return Stage.model_validate(STAGE)


def test_every_stage_of_the_repository_has_a_camera_whose_zones_carry_its_acts():
    """Stalls stand on forbidden ground, ads on ad surfaces, dust at a site, spills on the road."""
    stages = load_stages()
    assert len(stages) == 12
    assert {p.stem for p in STAGES.glob("*.toml")} == {p.stem for p in CAMERAS.glob("*.toml")}
    for name, stage in stages.items():
        camera = load_camera(CAMERAS / f"{name}.toml")

        def inside(spot, *kinds, camera=camera):
            return any(zone.polygon.contains(spot) for zone in camera.zones_of(*kinds))

        if stage.vending:
            assert inside(stage.vending.stall, ZoneKind.NO_VENDING), name
            if stage.vending.permitted:
                assert inside(stage.vending.permitted, ZoneKind.PERMITTED), name
        for ad in stage.advertising.ads if stage.advertising else ():
            middle = tuple(np.mean(ad.quad, axis=0))
            assert inside(middle, ZoneKind.AD_SURFACE), (name, ad)
        if stage.dust:
            assert camera.zones_of(ZoneKind.SITE), name
        if stage.spill:
            assert inside(stage.spill.lies, ZoneKind.ROAD), name
            assert not stage.spill.wet or inside(stage.spill.wet, ZoneKind.ROAD), name


def test_a_stage_must_say_what_it_carries_or_why_not(tmp_path):
    """A theme that is neither drawn nor excused is named with its file."""
    file = tmp_path / "half.toml"
    file.write_text('clip = "a.mp4"\nlight = "day"\n[ground]\nhorizon = 0.1\ncamera_m = 5\n')
    with pytest.raises(SettingsError, match=r"half\.toml.*vending: give a table") as caught:
        load_stages(tmp_path)
    assert "without" in str(caught.value)


@pytest.mark.parametrize("theme", THEMES)
def test_plays_leave_time_to_learn_and_to_fire(stage, street, cast, theme):
    """Acts begin after the reference view is learnt and outlast what their rule waits for."""
    for seed in range(4):
        play = Director(stage, street, cast, seed).write(theme)
        assert play.seconds == LENGTHS[theme]
        assert play.acts
        for act in play.acts:
            assert act.starts > LEARNT - 5
            ends = play.seconds if act.ends is None else act.ends
            assert ends - act.starts > WAITS[theme] + 15
            x1, y1, x2, y2 = act.box
            assert 0 <= x1 < x2 <= WIDTH
            assert 0 <= y1 < y2 <= HEIGHT


def test_every_theme_has_a_twin(stage, street, cast):
    """Parked car, permitted stall, umbrella; a sign from before; mist; covered truck, wet patch."""
    named = {
        theme: {twin.name for twin in Director(stage, street, cast, 0).write(theme).twins}
        for theme in THEMES
    }
    assert named["vending"] == {"parked car", "permitted stall", "umbrella in a hand"}
    assert named["advertising"] == {"shop sign from before"}
    assert named["dust"] == {"mist"}
    assert {"covered truck", "wet patch"} <= named["spill"]


def test_the_same_seed_films_the_same_and_another_one_does_not(stage, street, cast):
    """Plays are pure functions of stage, clip, cast and seed."""
    first, second, other = (
        picture_at(Director(stage, street, cast, seed).write("spill"), street, 140 * FPS)
        for seed in (3, 3, 4)
    )
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)


def test_seeds_that_are_filmed_are_those_asked_for(stage, tmp_path):
    """Whoever tuned on seed 0 films 3 and 4 beside it; what is there is not filmed again."""
    for seed in (0, 3, 4):
        (tmp_path / f"drawn-vending-{seed}.truth.json").write_text("{}")
    videos = film_all(tmp_path / "gone", tmp_path, {"drawn": stage}, ["vending"], range(3, 5))
    assert videos == {"drawn-vending-3": "drawn", "drawn-vending-4": "drawn"}


def test_a_stall_is_drawn_where_and_when_the_truth_says(stage, street, cast):
    """Its red is in the truth's box from its start to its end, and nowhere else in time."""
    play = Director(stage, street, cast, 1).write("vending")
    act = play.acts[0]
    x1, y1, x2, y2 = (round(v) for v in act.box)

    def red(seconds):
        part = picture_at(play, street, int(seconds * FPS))[y1:y2, x1:x2].astype(int)
        return float(((part[..., 2] - part[..., 1]) > 60).mean())

    assert red(20.0) == 0.0
    assert max(red(act.starts + t) for t in (1.0, 2.0, 3.0)) > 0.7
    assert max(red(act.ends - t) for t in (1.0, 2.0, 3.0)) > 0.7
    assert red(play.seconds - 2) < 0.05


def test_real_passers_by_walk_in_front_of_what_stands_farther_away(stage, street, cast):
    """The man in blue, whose feet are lower, hides the stall where he is."""
    alone = stage.model_copy(
        update={"vending": stage.vending.model_copy(update={"permitted": None, "parked": None})}
    )
    play = Director(alone, street, cast, 1).write("vending")
    act = play.acts[0]
    for index in range(int(act.starts + 2) * FPS, int(act.starts + 12) * FPS):
        source = street.at(index)
        blue = ((source[..., 0] > 200) & (source[..., 2] < 60)).astype(np.uint8)
        blue = cv2.erode(blue, np.ones((5, 5), np.uint8)) > 0  # his edges are soft
        made = picture_at(play, street, index)
        assert np.abs(made[blue].astype(int) - source[blue]).max() < 30
        x1, y1, x2, y2 = (int(v) for v in act.box)
        if blue[y1:y2, x1:x2].any():
            return
    pytest.fail("he never came past the stall")


def test_ads_stay_and_the_shop_sign_was_there_from_the_start(stage, street, cast):
    """The ad's place changes at its second; the sign's place never does."""
    play = Director(stage, street, cast, 2).write("advertising")
    act, sign = play.acts[0], play.twins[0]

    def part(box, seconds):
        x1, y1, x2, y2 = (int(v) for v in box)
        return picture_at(play, street, int(seconds * FPS))[y1:y2, x1:x2].astype(int)

    before, after = part(act.box, act.starts - 2), part(act.box, act.starts + 3)
    assert np.abs(after - before).mean() > 20
    assert np.array_equal(after, part(act.box, play.seconds - 1))
    assert np.array_equal(part(sign.box, 0.2), part(sign.box, play.seconds - 1))


def test_soil_lies_only_after_the_truck_and_wet_is_no_act(stage, street, cast):
    """The spill begins with the passage; what the truth calls a spill is soil."""
    play = Director(stage, street, cast, 0).write("spill")
    (act,) = play.acts
    x1, y1, x2, y2 = (int(v) for v in act.box)
    places = [
        picture_at(play, street, int(t * FPS))[y1:y2, x1:x2].astype(int)
        for t in (act.starts - 1, play.seconds - 1)
    ]
    assert np.abs(places[1] - places[0]).mean() > 4
    wet = next(twin for twin in play.twins if twin.name == "wet patch")
    assert wet.box != act.box


def test_film_writes_video_and_truth_that_the_judge_reads(stage, street, cast, tmp_path):
    """The truth is in the format of the scenarios; the video has its length and rate."""
    play = Director(stage, street, cast, 0).write("dust")
    play.seconds = 4.0
    film(tmp_path / "drawn-dust-0.mp4", play, street, light="day", seed=0)
    script = read_script(tmp_path / "drawn-dust-0.truth.json")
    assert (script.width, script.height, script.seconds) == (WIDTH, HEIGHT, 4.0)
    assert [e.violation for e in script.episodes] == [Violation.CONSTRUCTION_DUST]
    assert script.starts_at.utcoffset().total_seconds() == 0
    assert len(open_background(tmp_path / "drawn-dust-0.mp4").frames) == 4 * FPS
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "drawn-dust-0.mp4",
        "drawn-dust-0.truth.json",
    ]


def test_permitted_places_are_open_while_the_video_runs(stage, street, cast):
    """The twin is legal: its window covers the whole video, in the camera's own time."""
    play = Director(stage, street, cast, 0).write("vending")
    truth = truth_of("a", play, street, "day", 0)
    camera = load_camera(CAMERAS / "tooley.toml")
    (zone,) = camera.zones_of(ZoneKind.PERMITTED)
    starts = datetime.fromisoformat(truth["starts_at"])
    for seconds in (0, truth["seconds"]):
        assert zone.permits(starts + timedelta(seconds=seconds), camera.timezone)


def test_a_clip_is_played_to_and_fro_and_its_movers_are_known(tmp_path):
    """No jump between any two frames; the mover's foot and pixels are found."""
    with VideoWriter(tmp_path / "clip.mp4", (WIDTH, HEIGHT), 10) as writer:
        for i in range(30):
            frame = np.full((HEIGHT, WIDTH, 3), 120, np.uint8)
            cv2.rectangle(frame, (4 * i, 40), (4 * i + 15, 79), (20, 20, 220), -1)
            writer.write(frame)
    background = open_background(tmp_path / "clip.mp4")
    assert len(background.frames) == 15
    jumps = [np.abs(background.at(i + 1).astype(int) - background.at(i)).mean() for i in range(60)]
    assert max(jumps) < 3 * np.median(jumps)
    ((row, mask),) = background.movers(7)
    assert row == pytest.approx(80, abs=3)
    assert mask.sum() == pytest.approx(16 * 40, rel=0.25)


@pytest.mark.parametrize("content", [None, b"", b"no video"])
def test_a_clip_that_cannot_be_read_is_named(tmp_path, content):
    """Missing, empty and broken files."""
    file = tmp_path / "lost.mp4"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ClipError, match=r"lost\.mp4"):
        open_background(file)


def test_a_missing_data_pack_is_named(tmp_path):
    """Folder and reason."""
    with pytest.raises(CastingError, match="gone: there is no such folder"):
        cast_from(tmp_path / "gone")
    with pytest.raises(CastingError, match=r"classes\.txt: class list is missing"):
        cast_from(tmp_path)


def test_a_theme_that_a_clip_does_not_carry_is_refused_with_its_reason(street, cast):
    """Nobody films what the stage excuses."""
    bare = {k: v for k, v in STAGE.items() if k != "dust"} | {"without": {"dust": "all meadow"}}
    director = Director(Stage.model_validate(bare), street, cast, 0)
    with pytest.raises(ValueError, match="all meadow"):
        director.write("dust")
