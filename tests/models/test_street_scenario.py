"""Scripts and truth of the simulated street: determinism, spans, twins, boxes against pixels."""

import json
from pathlib import Path

import numpy as np
import pytest

from models.street import render, scenario
from models.street.compose import Composer
from models.street.scene import HEIGHT, WIDTH

SEEDS = range(10)
VIOLATIONS = {
    "vending": "STREET_VENDING",
    "advertising": "ILLEGAL_AD",
    "dust": "CONSTRUCTION_DUST",
    "spill": "MUCK_TRUCK_SPILL",
}


@pytest.mark.parametrize("name", sorted(VIOLATIONS))
def test_one_episode_of_the_right_kind(name: str) -> None:
    """Each violation scenario has one episode, long enough to be one, with a box in the frame."""
    for seed in SEEDS:
        made = scenario.make(name, seed, 360.0)
        (episode,) = made.episodes
        assert episode["violation"] == VIOLATIONS[name]
        ends = episode["ends_seconds"] or 360.0
        assert ends - episode["starts_seconds"] >= (220 if name == "vending" else 90)
        x0, y0, x1, y1 = episode["box"]
        assert 0 <= x0 < x1 <= WIDTH
        assert 0 <= y0 < y1 <= HEIGHT


@pytest.mark.parametrize(
    "name", [n for n in sorted(scenario.SCENARIOS) if n.endswith("twins") or n == "calm"]
)
def test_twins_have_no_episode(name: str) -> None:
    """Twins and the calm street violate nothing; umbrellas stay under a minute."""
    for seed in SEEDS:
        made = scenario.make(name, seed, 360.0)
        assert made.episodes == []
        assert (name == "calm") == (made.twins == [])
        for twin in made.twins:
            assert twin["box"][2] > twin["box"][0]
            if twin["name"] == "hand_umbrella":
                assert twin["ends_seconds"] - twin["starts_seconds"] <= 60


def test_ten_seeds_cover_light_and_weather() -> None:
    """Ten seeds show day, overcast, dusk and night, rain, shake, a nudge and an exposure step."""
    streets = [scenario.make("calm", seed, 60.0).street for seed in SEEDS]
    assert {s.light for s in streets} == {"day", "overcast", "dusk", "night"}
    assert any(s.weather.rain for s in streets)
    assert any(s.weather.shake for s in streets)
    assert any(s.weather.nudge for s in streets)
    assert any(s.weather.exposure for s in streets)


@pytest.mark.parametrize(("name", "second"), [("vending", 120.0), ("dust", 110.0)])
def test_same_seed_same_pixels(name: str, second: float) -> None:
    """Two composers of one seed draw equal frames and truth, whatever was drawn before."""
    first = Composer(scenario.make(name, 4, 360.0).street)
    again = Composer(scenario.make(name, 4, 360.0).street)
    again.frame(3.0, 15)
    picture, objects = first.frame(second, 7, truth=True)
    other, others = again.frame(second, 7, truth=True)
    assert np.array_equal(picture, other)
    assert objects == others


def test_other_seed_other_street() -> None:
    """Another seed with the same light plays differently."""
    one, _ = Composer(scenario.make("calm", 0, 60.0).street).frame(30.0, 0)
    two, _ = Composer(scenario.make("calm", 10, 60.0).street).frame(30.0, 0)
    assert not np.array_equal(one, two)


def test_boxes_agree_with_pixels() -> None:
    """Where truth says something moves or stands, the frame differs from the empty plate."""
    made = scenario.make("vending", 0, 360.0)
    made.street.fixed.clear()
    composer = Composer(made.street, pool=0)
    frame, objects = composer.frame(200.0, 0, truth=True)
    changed = np.abs(frame.astype(int) - made.street.scene.plates["day"]).max(2) > 24
    seen = [o for o in objects if o["visible"] > 0.6]
    assert {"stall", "goods", "person"} <= {o["class"] for o in seen}
    for item in seen:
        x0, y0, x1, y1 = (int(v) for v in item["box"])
        assert changed[y0:y1, x0:x1].mean() > 0.12, item


def test_episode_starts_when_the_stall_appears() -> None:
    """There is no stall a second before the episode, and there is one a second after."""
    made = scenario.make("vending", 1, 360.0)
    composer = Composer(made.street, pool=0)
    starts = made.episodes[0]["starts_seconds"]
    classes = [
        {o["class"] for o in composer.frame(starts + d, 0, truth=True)[1]} for d in (-1.0, 1.0)
    ]
    assert "stall" not in classes[0]
    assert "stall" in classes[1]


def test_rendered_files(tmp_path: Path) -> None:
    """The command's files exist; the truth has one row a second, in the file's own pixels."""
    truth = render.render("spill", 3, tmp_path, fps=2, seconds=4.0, size=(640, 360), progress=False)
    assert (tmp_path / "spill-3.mp4").stat().st_size > 1000
    stored = json.loads((tmp_path / "spill-3.truth.json").read_text())
    assert stored == truth
    assert sorted(stored["objects"], key=int) == ["0", "1", "2", "3"]
    for row in stored["objects"].values():
        for item in row:
            assert item["box"][2] <= 640
            assert item["box"][3] <= 360
            assert 0 <= item["visible"] <= 1
