"""Metrics on cases worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from models.metrics import (
    IOUS,
    PictureBoxes,
    average_precision,
    best_threshold,
    gather,
    iou,
    match_picture,
    summarise,
)


def boxes(*rows):
    return np.array(rows, dtype=np.float32).reshape(-1, 4)


def picture(detections, scores, labels, regions=()):
    return PictureBoxes(
        detections=detections,
        scores=np.array(scores, dtype=np.float32),
        labels=labels,
        regions=boxes(*regions),
    )


def test_perfect_detections_give_one():
    """Every label found, nothing else."""
    box = boxes([0, 0, 10, 10], [20, 0, 30, 10])
    result = summarise(gather([picture(box, [0.9, 0.8], box)]), 0.5)
    assert (result.ap50, result.ap50_95, result.precision, result.recall) == (1, 1, 1, 1)


def test_a_box_of_iou_0_62_counts_at_three_thresholds():
    """0.5, 0.55 and 0.6 of the ten: AP50:95 is 0.3."""
    result = summarise(gather([picture(boxes([0, 0, 6.2, 10]), [0.9], boxes([0, 0, 10, 10]))]), 0.5)
    assert result.ap50 == 1
    assert result.ap50_95 == pytest.approx(0.3)


def test_the_second_box_on_one_label_is_a_false_alarm():
    """Precision falls to a half, AP stays, since recall 1 was reached before."""
    box = boxes([0, 0, 10, 10])
    result = summarise(gather([picture(np.vstack([box, box]), [0.9, 0.8], box)]), 0.5)
    assert result.precision == 0.5
    assert result.ap50 == 1


def test_a_label_goes_to_the_detection_that_overlaps_it_best():
    """Two labels, two detections: the better one takes its best label, the other remains."""
    labels = boxes([0, 0, 10, 10], [4, 0, 14, 10])
    detections = boxes([3, 0, 13, 10], [0, 0, 10, 10])
    hits, ignored = match_picture(picture(detections, [0.9, 0.8], labels))
    assert hits[:, 0].tolist() == [True, True]
    assert not ignored.any()


def test_false_alarm_before_a_hit_halves_ap():
    """One label; precision at recall 1 is a half, at all 101 recalls."""
    assert average_precision(np.array([False, True]), 1) == pytest.approx(0.5)


def test_missing_half_of_the_labels():
    """Precision 1 up to recall 0.5, that is at 51 of 101 recalls."""
    assert average_precision(np.array([True]), 2) == pytest.approx(51 / 101)


def test_empty_cases():
    """No label gives nan, no detection gives zero."""
    empty = boxes()
    none = summarise(gather([picture(empty, [], empty)]), 0.5)
    assert math.isnan(none.ap50)
    assert math.isnan(none.recall)
    blind = summarise(gather([picture(empty, [], boxes([0, 0, 1, 1]))]), 0.5)
    assert (blind.ap50, blind.recall) == (0, 0)
    assert math.isnan(blind.precision)
    assert gather([]).hits.shape == (0, len(IOUS))


def test_scores_of_all_pictures_are_ranked_together():
    """A sure false alarm in one picture comes before an unsure hit in another."""
    label = boxes([0, 0, 10, 10])
    far = boxes([50, 50, 60, 60])
    matches = gather([picture(label, [0.4], label), picture(far, [0.9], boxes())])
    assert matches.hits[:, 0].tolist() == [False, True]
    assert (matches.pictures, matches.boxes) == (2, 1)


def test_threshold_keeps_hits_and_drops_false_alarms():
    """Hits at 0.9 and 0.7, false alarm at 0.3: the threshold is 0.7."""
    labels = boxes([0, 0, 10, 10], [20, 0, 30, 10])
    detections = np.vstack([labels, boxes([50, 50, 60, 60])])
    matches = gather([picture(detections, [0.9, 0.7, 0.3], labels)])
    rule = {"beta": 0.7, "least_precision": 0.5, "least_hits": 1}
    assert best_threshold(matches, **rule) == pytest.approx(0.69, abs=0.011)
    assert best_threshold(matches, **rule | {"least_hits": 3}) is None
    assert best_threshold(gather([picture(boxes(), [], labels)]), **rule) is None


def test_thresholds_of_low_precision_are_not_chosen():
    """One hit below three false alarms: no threshold is better than a coin."""
    label = boxes([0, 0, 10, 10])
    far = boxes([50, 0, 60, 10], [50, 20, 60, 30], [50, 40, 60, 50])
    matches = gather([picture(np.vstack([far, label]), [0.9, 0.8, 0.7, 0.6], label)])
    assert best_threshold(matches, beta=0.7, least_precision=0.5, least_hits=1) is None
    assert best_threshold(matches, beta=0.7, least_precision=0.2, least_hits=1) == pytest.approx(
        0.6, abs=0.011
    )


def test_detections_in_an_ignored_region_are_neither_right_nor_wrong():
    """Precision and average precision are as if they were not there."""
    label = boxes([0, 0, 10, 10])
    found = np.vstack([boxes([50, 50, 60, 60]), label])
    with_region = summarise(gather([picture(found, [0.9, 0.8], label, [[40, 40, 90, 90]])]), 0.5)
    assert (with_region.ap50, with_region.precision) == (1, 1)
    without = summarise(gather([picture(found, [0.9, 0.8], label)]), 0.5)
    assert (without.ap50, without.precision) == (0.5, 0.5)


def test_iou_of_touching_and_empty_boxes():
    """No division by zero."""
    assert iou(boxes([0, 0, 10, 10]), boxes([10, 0, 20, 10]))[0, 0] == 0
    assert iou(boxes([5, 5, 5, 5]), boxes([5, 5, 5, 5]))[0, 0] == 0
