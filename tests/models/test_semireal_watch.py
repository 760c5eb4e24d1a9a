"""Watching semi-real videos: witnesses off, figures, the report, and a tiny run end to end."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import numpy as np
import pytest

from edge.settings import BoxSettings
from models.semireal.__main__ import main, report, watch_all
from models.semireal.dust import ONE_PICTURE, RULES, Air, with_and_without
from models.semireal.figures import aims_met, as_rows, count, wilson
from models.semireal.kept import keep, key_of, recall
from models.semireal.stage import Stage
from models.semireal.watch import VARIANTS, KeptKinds, Networks, Watched, without_time
from models.street.encode import VideoWriter
from pipeline.candidate import Candidate, Explanation
from pipeline.frames import Frame
from pipeline.geometry import Box
from pipeline.violations import Subtype, Violation
from tests.scenarios.matching import Script, ScriptedEpisode

NOON = datetime(2026, 5, 12, 12, tzinfo=UTC)
CAMERA = """
[camera]
id = "drawn"
name = "Drawn street"
timezone = "Europe/London"

[[zones]]
id = "ground"
kind = "no_vending"
polygon = [[0, 0.3], [1, 0.3], [1, 1], [0, 1]]

[[zones]]
id = "road"
kind = "road"
polygon = [[0, 0.3], [1, 0.3], [1, 1], [0, 1]]
"""
SECONDS = 40


@pytest.fixture(scope="module")
def filmed(tmp_path_factory):
    """A drawn video in which a red box is put down after 25 s, with its truth and camera."""
    folder = tmp_path_factory.mktemp("semireal")
    rng = np.random.default_rng(0)
    ground = np.clip(rng.normal(120, 25, (24, 32, 3)), 0, 255).astype(np.uint8)
    ground = np.kron(ground, np.ones((8, 8, 1), np.uint8))
    (folder / "videos").mkdir()
    with VideoWriter(folder / "videos" / "drawn-vending-0.mp4", (256, 192), 5) as writer:
        for i in range(SECONDS * 5):
            frame = ground.copy()
            if i >= 25 * 5:
                frame[100:160, 90:160] = (30, 30, 220)
            writer.write(frame)
    truth = {
        "scenario": "drawn-vending-0", "seed": 0, "light": "day", "weather": "as filmed",
        "width": 256, "height": 192, "seconds": SECONDS, "starts_at": NOON.isoformat(),
        "episodes": [
            {
                "violation": "STREET_VENDING", "starts_seconds": 25.0, "ends_seconds": None,
                "box": [90, 100, 160, 160],
            }
        ],
    }  # fmt: skip
    (folder / "videos" / "drawn-vending-0.truth.json").write_text(json.dumps(truth))
    (folder / "cameras").mkdir()
    (folder / "cameras" / "drawn.toml").write_text(CAMERA)
    return folder


@pytest.fixture(scope="module")
def run(filmed):
    """One run with all four sets of witnesses: scripts, what was found, and where."""
    out = filmed / "out"
    out.mkdir()
    videos = {"drawn-vending-0": "drawn"}
    return *watch_all(videos, filmed / "videos", filmed / "cameras", out), out


def test_a_tiny_run_end_to_end_writes_figures_mistakes_and_a_page(run):
    """All four sets of witnesses over one video; nothing can fire within 15 s of its coming."""
    scripts, runs, out = run
    assert set(runs) == set(VARIANTS)
    assert all(found["drawn-vending-0"].frames >= SECONDS - 2 for found in runs.values())
    without = dict.fromkeys(("vending", "advertising", "dust", "spill"), "drawn")
    ground = {"horizon": 0.1, "camera_m": 5.0}
    stage = Stage.model_validate(
        {"clip": "drawn.mp4", "light": "day", "ground": ground, "without": without}
    )
    figures = report(scripts, runs, {"drawn": stage}, out)
    assert figures["all"]["STREET_VENDING"]["scripted"] == 1
    assert figures["all"]["STREET_VENDING"]["found"] == 0  # its dwell is three minutes
    assert figures == json.loads((out / "figures.json").read_text())["episodes"]
    assert "missed STREET_VENDING from 25 s" in (out / "mistakes.txt").read_text()
    page = (out / "index.html").read_text()
    assert 'src="drawn-vending-0.jpg"' in page
    assert "drawn, vending: drawn" in page
    assert (out / "drawn-vending-0.jpg").stat().st_size > 1000


def test_what_was_found_is_kept_until_video_zones_or_product_change(run, filmed):
    """A second run reads it; another zone file makes it void."""
    video = filmed / "videos" / "drawn-vending-0.mp4"
    camera = filmed / "cameras" / "drawn.toml"
    file = run[2] / "found" / "drawn-vending-0.json"
    found = recall(file, key_of(video, camera))
    assert found is not None
    assert found["all"].left_alone == run[1]["all"]["drawn-vending-0"].left_alone
    assert found["all"].frames == run[1]["all"]["drawn-vending-0"].frames
    other = filmed / "cameras" / "other.toml"
    other.write_text(CAMERA.replace("0.3", "0.4"))
    assert recall(file, key_of(video, other)) is None
    assert recall(run[2] / "found" / "never.json", "") is None


def test_found_candidates_come_back_as_they_were(tmp_path):
    """Episodes survive being written and read."""
    runs = {variant: watched(found()) for variant in VARIANTS}
    runs["all"].air.append(Air(seconds=1.0, score=0.25, cover=0.5))
    keep(tmp_path / "a.json", "k", runs)
    again = recall(tmp_path / "a.json", "k")
    assert {v: w.candidates for v, w in again.items()} == {v: w.candidates for v, w in runs.items()}
    assert {v: w.air for v, w in again.items()} == {v: w.air for v, w in runs.items()}


def test_networks_answer_a_picture_seen_before_without_running_again():
    """Another run of the same pictures costs no run of the network; forgetting costs one."""
    networks = Networks(BoxSettings())
    picture = np.full((64, 64, 3), 90, np.uint8)
    frame = Frame(camera_id="c", seconds=3.0, captured_at=NOON, image=picture, width=64, height=64)
    networks.detect(frame)
    networks.without_things = True
    assert not networks.detect(frame).of("stall", "banner", "dust", "spill")
    assert networks.classify(picture).class_name is None
    assert networks.runs == 1
    networks.forget()
    networks.detect(frame)
    assert networks.runs == 2


def test_close_looks_at_one_picture_are_told_apart():
    """Two parts of one size of one picture are two pictures; the same part twice is one."""
    networks = Networks(BoxSettings())
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 255, (64, 128, 3)).astype(np.uint8)
    left, right = picture[:, :64], picture[:, 64:]
    networks.detect_image(left)
    networks.detect_image(right)
    networks.detect_image(left.copy())
    assert networks.runs == 2


def test_a_patch_seen_before_is_told_apart_once():
    """The second answer is the first one kept; without the network there is only abstention."""
    patches = Networks(BoxSettings()).patches
    crop = np.full((40, 60, 3), 90, np.uint8)
    first = patches.classify(crop)
    assert patches.classify(crop.copy()) is first
    patches.forget()
    assert patches.classify(crop) is not first
    none = KeptKinds(None)
    assert patches
    assert not none
    assert none.classify(crop).class_name is None


def test_what_is_off_says_nothing(run):
    """Without the change witness nothing is new; without time nobody is told to wait."""
    told = {name: " ".join(found["drawn-vending-0"].left_alone) for name, found in run[1].items()}
    assert "differs" not in told["no_change"]
    assert "(rule: 180 s)" not in told["no_time"]


def test_time_off_touches_the_time_witness_alone():
    """Dwell, persistence and behaviour go; weights of network and change stay."""
    settings = BoxSettings().processor
    off = without_time(settings)
    assert off.rules.vending.dwell_seconds < 0.01
    assert off.rules.advertising.persist_seconds < 0.01
    assert off.rules.dust.persist_seconds < 0.01
    assert off.rules.vending.weights.attended == 0
    assert off.rules.dust.weights.grows == 0
    assert off.rules.vending.weights.change == settings.rules.vending.weights.change
    assert off.rules.muck_truck == settings.rules.muck_truck
    assert settings.rules.vending.dwell_seconds == 180


SCRIPT = Script(
    name="a-vending-0", seed=0, light="day", weather="as filmed", width=100, height=100,
    seconds=300, starts_at=NOON,
    episodes=(
        ScriptedEpisode(
            violation=Violation.STREET_VENDING, starts_seconds=50, ends_seconds=280,
            box=Box(20, 20, 40, 40),
        ),
    ),
)  # fmt: skip


def found(box=(0.2, 0.2, 0.4, 0.4), fired=240.0):
    explanation = Explanation(rule="vending", fired=True, score=0.9, threshold=0.6)
    return Candidate(
        candidate_id=uuid4(), box_id="b", camera_id="c", violation="STREET_VENDING",
        subtype="vending.over_time", state="ended", started_at=NOON + timedelta(seconds=52),
        fired_at=NOON + timedelta(seconds=fired), last_seen_at=NOON + timedelta(seconds=270),
        ended_at=NOON + timedelta(seconds=270), box=box, zone_id="z", software="s", model="m",
        model_sha256="0" * 64, explanation=explanation,
    )  # fmt: skip


def watched(*candidates):
    result = Watched()
    result.candidates = list(candidates)
    result.left_alone = ["vending 0.40 at here: too short"]
    return result


def test_figures_count_right_false_missed_and_the_delay():
    """One right one and a false one; the delay runs from the act's start to the rule's firing."""
    result = count(
        {"a": SCRIPT, "b": SCRIPT},
        {"a": watched(found(), found(box=(0.7, 0.7, 0.9, 0.9))), "b": watched()},
    )
    row = as_rows(result)["STREET_VENDING"]
    assert (row["scripted"], row["found"], row["right"], row["hit"]) == (2, 2, 1, 1)
    assert (row["precision"], row["recall"]) == (0.5, 0.5)
    assert row["delay_seconds"] == {"median": 190.0, "min": 190.0, "max": 190.0, "count": 1}
    assert any(line.startswith("a: false vending.over_time") for line in result.mistakes)
    assert any(
        "b: missed STREET_VENDING" in line and "too short" in line for line in result.mistakes
    )
    assert not aims_met(as_rows(result))


def test_dust_alarms_are_counted_with_and_without_time():
    """Three lone pictures ring for a network alone; the rule rings once, later, and rightly."""
    plume = ScriptedEpisode(
        violation=Violation.CONSTRUCTION_DUST, starts_seconds=100, ends_seconds=150,
        box=Box(20, 20, 40, 40),
    )  # fmt: skip
    script = replace(SCRIPT, episodes=(plume,))
    rule = found(fired=165.0).model_copy(
        update={"violation": Violation.CONSTRUCTION_DUST, "subtype": Subtype.DUST_PLUME}
    )
    runs = {variant: {"a": watched(rule)} for variant in VARIANTS}
    scores = {30: 0.9, 60: 0.9, 61: 0.8, 110: 0.7, 200: 0.2}
    runs["all"]["a"].air = [Air(seconds=s, score=scores.get(s, 0.0), cover=0.0) for s in range(250)]
    rows = {row["rings"]: row for row in with_and_without({"a": script}, runs, 0.5)}
    alone, together = rows[ONE_PICTURE], rows[RULES["all"]]
    assert (alone["alarms"], alone["right"], alone["false"]) == (3, 1, 2)
    assert (alone["plumes_found"], alone["delay_seconds"]) == (1, 10.0)
    assert (together["alarms"], together["false"], together["delay_seconds"]) == (1, 0, 65.0)


def test_aims_need_every_scripted_violation_and_at_least_one():
    """Perfect figures meet them; nothing scripted does not."""
    result = count({"a": SCRIPT}, {"a": watched(found())})
    assert aims_met(as_rows(result))
    assert not aims_met(as_rows(count({}, {})))


@pytest.mark.parametrize(
    ("right", "counted", "expected"),
    # By the formula of Wilson 1927, worked out by hand.
    [(0, 10, (0.0, 0.2775)), (10, 10, (0.7225, 1.0)), (5, 10, (0.2366, 0.7634))],
)
def test_wilson_intervals(right, counted, expected):
    """Ends stay in [0, 1] and are not degenerate at 0 and 1."""
    assert wilson(right, counted) == pytest.approx(expected, abs=1e-4)


def test_bad_arguments_end_with_a_message(tmp_path, capsys):
    """A missing data pack, an unknown stage, a stage file with a mistake: named, exit code 2."""
    out = ["--out", str(tmp_path / "out")]
    assert main(["--data", str(tmp_path / "gone"), *out]) == 2
    assert "gone: there is no such folder" in capsys.readouterr().err
    assert main(["--data", str(tmp_path), *out, "--stages", "nowhere"]) == 2
    assert "no such stage" in capsys.readouterr().err
    (tmp_path / "stages").mkdir()
    (tmp_path / "stages" / "odd.toml").write_text('clip = "a.mp4"\nlight = "noon"\n')
    assert main(["--data", str(tmp_path), *out, "--folder", str(tmp_path)]) == 2
    told = capsys.readouterr().err
    assert "odd.toml" in told
    assert "light" in told
