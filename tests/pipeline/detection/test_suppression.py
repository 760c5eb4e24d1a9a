"""Decoding and suppression against a plain, slow re-statement of what they should do."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.detection.suppression import Suppression, decode, suppress
from pipeline.geometry import Box


def slow_suppress(boxes, class_ids, *, iou):
    """Every pair, one by one."""
    shapes = [Box(*map(float, row)) for row in boxes]
    kept = []
    for i, shape in enumerate(shapes):
        if not any(class_ids[i] == class_ids[k] and shape.iou(shapes[k]) > iou for k in kept):
            kept.append(i)
    return kept


@st.composite
def some_boxes(draw):
    """Boxes that overlap a lot, with classes."""
    count = draw(st.integers(0, 25))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    corners = random.integers(0, 40, (count, 2))
    sizes = random.integers(0, 30, (count, 2))
    boxes = np.hstack([corners, corners + sizes]).astype(np.float32)
    return boxes, random.integers(0, 3, count)


@settings(deadline=None)
@given(some_boxes(), st.sampled_from([0.33, 0.55, 0.71]))
def test_suppression_equals_looking_at_every_pair(case, iou):
    """The fast way keeps exactly what the greedy rule keeps."""
    boxes, class_ids = case
    kept = suppress(boxes, class_ids, Suppression(iou=iou))
    assert kept.tolist() == slow_suppress(boxes, class_ids, iou=iou)


@settings(deadline=None)
@given(some_boxes())
def test_of_one_class_no_two_kept_boxes_overlap_too_much(case):
    """After suppression no duplicate is left, and suppressing again changes nothing."""
    boxes, class_ids = case
    rules = Suppression(iou=0.5)
    kept = suppress(boxes, class_ids, rules)
    again = suppress(boxes[kept], class_ids[kept], rules)
    assert len(again) == len(kept)


def raw_of(rows):
    """(4 + 2 classes) x anchors from rows of cx, cy, w, h, first and second score."""
    return np.array(rows, np.float32).reshape(-1, 6).T


def test_each_anchor_counts_for_its_best_class():
    """One box with two scores gives one detection, of the better class."""
    found = decode(raw_of([[10, 10, 4, 8, 0.3, 0.6]]), Suppression())
    assert found.boxes.tolist() == [[8, 6, 12, 14]]
    assert found.class_ids.tolist() == [1]
    assert np.allclose(found.scores, 0.6)


def test_detections_come_best_first_and_ties_in_the_networks_order():
    """The order is by score, and the same on every run."""
    rows = [[10, 10, 4, 4, 0.5, 0], [50, 50, 4, 4, 0.9, 0], [90, 90, 4, 4, 0.5, 0]]
    found = decode(raw_of(rows), Suppression())
    assert found.boxes[:, 0].tolist() == [48, 8, 88]


def test_a_score_must_exceed_the_floor():
    """A score equal to the floor does not count, as in Ultralytics."""
    found = decode(
        raw_of([[10, 10, 4, 4, 0.25, 0], [50, 50, 4, 4, 0.26, 0]]), Suppression(score_floor=0.25)
    )
    assert len(found.boxes) == 1


def test_limits_keep_the_best():
    """Candidates and detections beyond the limits are the weakest ones."""
    rows = [[100 * i, 10, 4, 4, 0.2 + i / 100, 0] for i in range(20)]
    assert len(decode(raw_of(rows), Suppression(max_candidates=7)).boxes) == 7
    few = decode(raw_of(rows), Suppression(max_detections=3))
    assert np.allclose(few.scores, [0.39, 0.38, 0.37])


def test_numbers_that_are_not_finite_are_no_detections():
    """A network that overflows gives fewer detections, never an invalid one."""
    nan, inf = float("nan"), float("inf")
    rows = [
        [nan, 10, 4, 4, 0.9, 0],
        [10, inf, 4, 4, 0.9, 0],
        [10, 10, 4, 4, nan, 0.9],
        [10, 10, -4, 4, 0.9, 0],
        [50, 50, 4, 4, 0.8, 0],
    ]
    found = decode(raw_of(rows), Suppression())
    assert np.isfinite(found.boxes).all()
    assert (found.boxes[:, 2:] >= found.boxes[:, :2]).all()
    assert found.scores.tolist()[-1:] == np.array([0.8], np.float32).tolist()


def test_no_anchors_and_no_candidates_give_nothing():
    """Empty answers keep their shapes."""
    for raw in (np.zeros((6, 0), np.float32), np.zeros((6, 9), np.float32)):
        found = decode(raw, Suppression())
        assert found.boxes.shape == (0, 4)
        assert found.class_ids.shape == (0,)
