"""Evaluation speaks only of what a set labels; and the shipped files are what their cards say."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pytest

from models.cards import read_card, sha256, write_card
from models.classes import CLASSES, LOAD_STATES, class_id
from models.evaluate import (
    Measurement,
    Seen,
    choose_threshold,
    disagreements,
    ignored_share,
    matches_of,
    metric_rows,
)
from models.evaluate_load_state import Answer, choose_abstention
from models.evaluate_load_state import metric_rows as state_rows
from models.label_sets import LabelSet
from pipeline.detection.card import load_card, read_network
from pipeline.detection.classifier import Classifier
from pipeline.detection.detector import Detector

SHIPPED = Path(__file__).parents[2] / "models" / "shipped"
TRUCK, DUST, STALL = (class_id(n) for n in ("truck", "dust", "stall"))


def yard(**known):
    empty = {k: frozenset() for k in ("complete", "filled", "partial", "absent")}
    given = {k: frozenset(v) for k, v in known.items()}
    return LabelSet(
        name="yard",
        folder="yard",
        role="real",
        licence="CC0-1.0",
        draws=1,
        class_map={},
        scene_column="",
        one_scene=frozenset(),
        **(empty | given),
    )


def seen(labels, found):
    found = np.array(found, dtype=np.float32).reshape(-1, 6)
    return Seen(
        labels=np.array(labels, dtype=np.float32).reshape(-1, 5),
        boxes=found[:, :4],
        scores=found[:, 4],
        classes=found[:, 5].astype(np.int64),
    )


def test_unlabelled_classes_have_no_figure():
    """A truck found where nobody labelled trucks is neither right nor wrong."""
    measured = Measurement()
    measured.add(yard(), [seen([], [[0, 0, 9, 9, 0.9, TRUCK]])])
    assert measured.figures(dict.fromkeys(CLASSES, 0.5)) == []


def test_figures_and_false_alarms():
    """One truck found, one invented; dust in a set that shows none."""
    measured = Measurement()
    found = [
        [0, 0, 9, 9, 0.9, TRUCK],
        [20, 20, 30, 30, 0.6, TRUCK],
        [0, 0, 5, 5, 0.7, DUST],
        [0, 0, 5, 5, 0.2, DUST],
    ]
    measured.add(yard(complete=[TRUCK], absent=[DUST, STALL]), [seen([[TRUCK, 0, 0, 9, 9]], found)])
    thresholds = dict.fromkeys(CLASSES, 0.5)
    [(name, source, result)] = measured.figures(thresholds)
    assert (name, source) == ("truck", "real:yard")
    assert (result.precision, result.recall, result.ap50) == (0.5, 1.0, 1.0)
    assert measured.false_alarms(thresholds) == {"stall": (1, 0.0), "dust": (1, 100.0)}


def test_detections_inside_ignored_regions_do_not_count():
    """Half of the area decides."""
    boxes = np.array([[0, 0, 10, 10], [20, 0, 30, 10]], dtype=np.float32)
    region = np.array([[0, 0, 10, 6], [20, 0, 30, 4]], dtype=np.float32)
    assert ignored_share(boxes, region) == pytest.approx([0.6, 0.4])
    assert ignored_share(boxes, region[:0]).tolist() == [0, 0]


def test_few_real_boxes_leave_the_threshold_to_rendered_ones():
    """Under 25 real boxes say nothing."""
    hit = seen([[STALL, 0, 0, 9, 9]], [[0, 0, 9, 9, 0.42, STALL]])
    few, many = matches_of([hit] * 3, STALL), matches_of([hit] * 30, STALL)
    assert choose_threshold([few], [many]) == pytest.approx(0.42, abs=0.011)
    assert choose_threshold([few], []) == 0.5


def test_a_card_that_promises_other_figures_is_told():
    """Larger than rounding, by name."""
    measured = Measurement()
    hit = seen([[TRUCK, 0, 0, 9, 9]], [[0, 0, 9, 9, 0.9, TRUCK]])
    measured.add(yard(complete=[TRUCK]), [hit])
    rows = metric_rows(measured.figures(dict.fromkeys(CLASSES, 0.5)))
    assert disagreements(rows, {"metrics": rows}) == []
    [wrong] = disagreements(rows, {"metrics": [rows[0] | {"ap50": 0.5}]})
    assert "truck on real:yard: ap50 1.0, card 0.5" in wrong


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
    rows = state_rows("rendered", [*good, bad], 0.6)
    assert rows[0]["covered"] == 9
    assert rows[0]["abstained"] == 1
    assert rows[1]["accuracy"] == 1.0


@pytest.mark.parametrize("name", ["street", "load_state"])
def test_shipped_card_fits_its_file(name):
    """Hash, and figures that say what they speak of."""
    path = SHIPPED / f"{name}.toml"
    card = tomllib.loads(path.read_text(encoding="utf-8"))
    assert card["sha256"] == sha256(SHIPPED / card["file"])
    assert card["metrics"]
    for row in card["metrics"]:
        assert row["source"] == "rendered" or row["source"].startswith("real:")
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
