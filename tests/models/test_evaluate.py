"""Evaluating from ONNX and card alone: agreement with the card, replacing, faults named."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.cards import read_card, sha256, write_card
from models.classes import CLASSES, LOAD_STATES
from models.evaluate import disagreements, main, metric_rows
from models.evaluate_shipped import main as shipped_main
from models.evaluation.answers import Answer, balanced_interval, choose_abstention
from models.evaluation.answers import metric_rows as state_rows
from pipeline.detection.card import load_card, read_network
from pipeline.detection.classifier import Classifier
from pipeline.detection.detector import Detector

SHIPPED = Path(__file__).parents[2] / "models" / "shipped"


def run(card, data, *more, datasets=None):
    given = ["--card", str(card), "--data", str(data), "--threads", "1"]
    given += ["--datasets", str(datasets or data.parent / "datasets")]
    return main([*given, *map(str, more)])


def last_line(capsys):
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_figures_go_into_the_card_and_are_found_again(cells, yard, capsys):
    """Without figures not ok; written, the next run agrees; altered, it names the figure."""
    card = cells()
    assert run(card, yard) == 1
    assert run(card, yard, "--write") == 0
    assert run(card, yard) == 0
    assert last_line(capsys)["disagreeing"] == 0
    written = read_card(card)
    truck, stall = ([m for m in written["metrics"] if m["class"] == c] for c in ("truck", "stall"))
    assert (truck[0]["ap50"], truck[0]["recall"], truck[0]["boxes"]) == (1.0, 1.0, 12)
    assert (stall[0]["precision"], stall[0]["recall"]) == (1.0, pytest.approx(8 / 12, abs=1e-3))
    written["metrics"][0]["ap50_low"] = 0.2
    write_card(card, written)
    assert run(card, yard) == 1
    assert "truck on real:yard: ap50_low 1.0, card 0.2" in capsys.readouterr().out


def test_thresholds_are_chosen_when_asked(cells, yard):
    """Below the faint stalls' score there is nothing to gain: all are right from 0.24 on."""
    card = cells()
    run(card, yard, "--choose-thresholds")
    thresholds = {c["name"]: c["threshold"] for c in read_card(card)["classes"]}
    assert thresholds["truck"] == 0.5  # twelve boxes are too few to choose by
    assert run(card, yard) == 0


ONE_TWIN = """
[[pictures]]
violation = "CONSTRUCTION_DUST"
twin = "an empty yard"
set = "yard"
classes = ["dust"]

[[rendered]]
scenario = "spill_twins"
violation = "MUCK_TRUCK_SPILL"
twins = ["moving_shadow"]
classes = ["spill"]
"""


def test_report_page_has_every_part(cells, yard, tmp_path):
    """One page with tables, diagrams and contact sheets, and the same as JSON."""
    card = cells()
    out = tmp_path / "report"
    twins = edit(tmp_path / "twins.toml", ONE_TWIN)
    run(card, yard, "--out", out, "--twins", twins)
    result = json.loads((out / "figures.json").read_text())
    text = (out / "index.html").read_text()
    for part in ("by_size", "by_light", "calibration", "false_alarms", "twins", "pooled"):
        assert result[part]
    sources = [(t["twin"], t["source"], t["looks"]) for t in result["twins"]]
    assert sources == [("an empty yard", "real:yard", 12), ("moving shadow", "rendered", 4)]
    assert result["twins"][0]["alarms"] == 1
    [dust] = [r for r in result["false_alarms"] if r["class"] == "dust"]
    assert (dust["looks"], dust["alarms"]) == (12, 1)
    assert "<svg" in text
    assert "Surest false alarms" in text
    assert (out / "false_alarms.jpg").is_file()
    assert (out / "misses.jpg").is_file()
    assert "http" not in text  # nothing is fetched from anywhere


def test_a_better_detector_may_replace_a_worse_one_and_not_the_other_way(cells, yard, capsys):
    """The exit code tells; the class that got worse is named."""
    good = cells("good", truck=0.9, stall=0.8)
    blind = cells("blind", truck=0.9, stall=0.0)
    assert run(good, yard, "--against", blind) == 0
    assert last_line(capsys)["may_replace"] is True
    assert run(blind, yard, "--against", good) == 1
    shown = capsys.readouterr().out
    assert [line.split()[0] for line in shown.splitlines() if "worse" in line] == ["stall"]
    assert run(good, yard, "--against", good) == 0


def test_more_false_alarms_forbid_replacing(cells, yard, tmp_path, capsys):
    """Dust seen on every picture without dust is worse, however good the rest."""
    for image in (yard / "yard" / "images" / "val").glob("*.png"):
        picture = cv2.imread(str(image))
        picture[-20:, -20:] = (255, 0, 0)
        cv2.imwrite(str(image), picture)
    calm, nervous = cells("calm", truck=0.9), cells("nervous", truck=0.9, dust=3.0)
    assert run(nervous, yard, "--against", calm) == 1
    shown = capsys.readouterr().out.splitlines()
    assert ["false alarms" in line for line in shown if "worse" in line] == [True]


def edit(path, text):
    path.write_text(text)
    return path


def grey(path):
    cv2.imwrite(str(path), np.full((160, 160), 90, np.uint8))
    return path


FAULTS = {
    "box out of range": lambda y: edit(y / "labels/val/val0.txt", "0 0.9 0.5 0.4 0.5\n"),
    "class 7 is not in classes.txt": lambda y: edit(
        y / "labels/val/val0.txt", "7 0.5 0.5 0.1 0.1\n"
    ),
    "without an entry in the set's map": lambda y: edit(y / "classes.txt", "lorry\ndog\n"),
    "its picture is missing": lambda y: edit(y / "labels/val/gone.txt", ""),
    "not RGB": lambda y: grey(y / "images/val/val3.png"),
    "not a readable picture": lambda y: edit(y / "images/val/val11.png", "no png"),
}


@pytest.mark.parametrize("reason", FAULTS)
def test_faults_name_file_and_reason_and_nothing_is_written(cells, yard, tmp_path, capsys, reason):
    """Exit code 2; card and report are as before."""
    wrong = FAULTS[reason](yard / "yard")
    card = cells()
    before = card.read_bytes()
    assert run(card, yard, "--write", "--out", tmp_path / "report") == 2
    shown = capsys.readouterr()
    assert wrong.name in shown.err
    assert reason in shown.err
    assert json.loads(shown.out.splitlines()[-1])["ok"] is False
    assert card.read_bytes() == before
    assert not (tmp_path / "report").exists()


def test_missing_data_and_missing_card_are_named(cells, yard, tmp_path, capsys):
    """A wrong path is not an empty set."""
    assert run(cells(), tmp_path / "nowhere", datasets=tmp_path / "datasets") == 2
    assert "class list is missing" in capsys.readouterr().err
    assert run(tmp_path / "gone.toml", yard) == 2
    assert "gone.toml" in capsys.readouterr().err


def test_a_card_with_mixed_up_classes_is_refused(cells, yard, capsys):
    """The same names in another order would swap all figures in silence."""
    swapped = ("bicycle", "person", *CLASSES[2:])
    assert run(cells(classes=swapped), yard) == 2
    assert "its classes are not those of models/classes.py" in capsys.readouterr().err


def test_a_network_that_is_not_the_cards_is_refused(cells, yard, capsys):
    """Another file under the same name would get this card's figures."""
    card = cells()
    other = cells("other", truck=0.1)
    (card.parent / "net.onnx").write_bytes((other.parent / "net.onnx").read_bytes())
    assert run(card, yard, "--write") == 2
    assert "is not the network" in capsys.readouterr().err


def test_empty_labels_give_no_figure(cells, yard, capsys):
    """A set whose labels are all empty judges nothing, and that is not agreement."""
    for file in (yard / "yard" / "labels" / "val").glob("*.txt"):
        file.write_text("")
    assert run(cells(), yard) == 1
    assert last_line(capsys)["figures"] == 0


def test_disagreements_skip_what_was_not_measured():
    """Rendered figures stand when only real pictures were looked at; new keys are no promise."""
    row = {
        "class": "truck",
        "source": "real:yard",
        "pictures": 3,
        "boxes": 2,
        "ap50": 0.5,
        "ap50_low": 0.4,
        "precision": float("nan"),
    }
    rows = metric_rows([row], 640)
    other = row | {"source": "rendered", "ap50": 0.9}
    yard = {"real:yard"}
    assert disagreements(rows, {"metrics": [*rows, other]}, yard) == []
    assert disagreements(rows, {"metrics": [row | {"boxes": 3}]}, yard) == [
        "truck on real:yard: boxes 2, card 3"
    ]
    assert disagreements(rows, {"metrics": [row | {"precision": 0.5}]}, yard)
    assert len(disagreements([], {"metrics": rows}, yard)) == 6  # every figure
    assert disagreements(rows, {}, yard)
    assert disagreements([], {"metrics": rows}, set())


def test_cards_come_back_as_written(tmp_path):
    """The TOML that is written reads as the same card."""
    card = {
        "format": 1,
        "name": 'a "quoted" \\ name',
        "input": {"range": [0.0, 1.0], "on": True},
        "classes": [{"name": "a", "threshold": 0.25}, {"name": "b", "threshold": 0.5}],
    }
    write_card(tmp_path / "card.toml", card)
    assert read_card(tmp_path / "card.toml") == card
    with pytest.raises(ValueError, match="cannot hold"):
        write_card(tmp_path / "card.toml", {"a": None})


def test_abstention_rises_until_the_answers_are_right():
    """A wrong answer at 0.55 is abstained from, as long as few others are lost."""
    good = [Answer(truth="covered", right=("covered",), said="covered", score=0.9)] * 9
    bad = Answer(truth="covered", right=("covered",), said="closed", score=0.55)
    assert choose_abstention([[*good, bad]]) == 0.6
    assert choose_abstention([[bad] * 5]) == 0.55
    rows = state_rows("rendered", [*good, bad], LOAD_STATES, 0.6)
    assert rows[0]["covered"] == 9
    assert rows[0]["abstained"] == 1
    assert rows[1]["accuracy"] == 1.0


def test_balanced_accuracy_has_an_interval():
    """Half of one state wrong: the interval holds 0.75; all abstained: there is none."""
    said = ["covered", "closed"] * 10
    rows = [Answer(truth="covered", right=("covered",), said=s, score=0.9) for s in said]
    rows += [Answer(truth="closed", right=("closed",), said="closed", score=0.9)] * 20
    sure = balanced_interval(rows, 0.5)
    assert 0.6 < sure.low < 0.75 < sure.high < 0.9
    assert np.isnan(balanced_interval(rows, 0.95).low)


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.toml")), ids=lambda p: p.stem)
def test_shipped_card_fits_its_file(path):
    """Hash, and figures that say what they speak of."""
    card = tomllib.loads(path.read_text(encoding="utf-8"))
    assert card["sha256"] == sha256(SHIPPED / card["file"])
    assert card["metrics"]
    for row in card["metrics"]:
        assert row["source"].partition(":")[0] in {"rendered", "real"}
        assert row["split"] == "val"
    read_network(load_card(path, task=card["task"]), path)


def test_shipped_detector_keeps_its_promises():
    """Our classes in our order, any size, boxes within the picture."""
    detector = Detector.from_card(SHIPPED / "street.toml", threads=1, score_floor=0.01)
    assert detector.card.class_names == CLASSES
    picture = np.random.default_rng(0).integers(0, 255, (180, 320, 3), dtype=np.uint8)
    found = detector.detect_image(picture)
    assert found.boxes.shape[1] == 4
    assert (found.boxes[:, 2] <= 320).all()
    small = Detector.from_card(SHIPPED / "street.toml", threads=1, input_size=(320, 320))
    assert small.detect_image(picture).boxes.shape[1] == 4


def test_shipped_classifier_keeps_its_promises():
    """Four states that sum to one."""
    classifier = Classifier.from_card(SHIPPED / "load_state.toml")
    assert classifier.card.class_names == LOAD_STATES
    crop = np.random.default_rng(0).integers(0, 255, (60, 90, 3), dtype=np.uint8)
    answer = classifier.classify(crop)
    assert sum(answer.probabilities.values()) == pytest.approx(1)


def test_all_that_ships_needs_cards(tmp_path, capsys):
    """An empty folder is named, not called ok."""
    asked = ["--models", tmp_path, "--data", tmp_path, "--out", tmp_path / "out"]
    assert shipped_main([str(a) for a in asked]) == 2
    assert last_line(capsys)["ok"] is False
