"""Intervals are what drawing pictures by hand gives, and shrink with more pictures."""

from __future__ import annotations

import time

import numpy as np
import pytest

from models.evaluation.bootstrap import (
    draw_counts,
    intervals,
    paired_difference,
    resampled_average_precisions,
    resampled_precision_recall,
)
from models.metrics import Matches, PictureBoxes, gather, summarise


def random_pictures(count, seed=0, *, skill=0.7):
    """Pictures of boxes that are found with a given skill, with false alarms and regions."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        corner = rng.uniform(0, 300, (int(rng.integers(0, 5)), 2))
        labels = np.hstack([corner, corner + rng.uniform(20, 90, corner.shape)])
        found = labels[rng.random(len(labels)) < skill]
        found = found + rng.normal(0, 3, found.shape)
        far = rng.uniform(0, 300, (int(rng.integers(0, 4)), 2))
        found = np.vstack([found, np.hstack([far, far + 40])]).astype(np.float32)
        region = rng.uniform(0, 300, (int(rng.integers(0, 2)), 2))
        made.append(
            PictureBoxes(
                detections=found,
                scores=rng.random(len(found), dtype=np.float32),
                labels=labels.astype(np.float32),
                regions=np.hstack([region, region + 60]).astype(np.float32),
            )
        )
    return made


def test_weighted_figures_equal_drawing_pictures_one_by_one():
    """Each replicate is the figure of the drawn list of pictures, at every IoU."""
    pictures = random_pictures(12)
    counts = draw_counts(12, 20)
    matches = gather(pictures)
    precision, recall = resampled_precision_recall(matches, 0.4, counts)
    for row, draws in enumerate(counts):
        drawn = gather([p for p, n in zip(pictures, draws, strict=True) for _ in range(n)])
        expected = summarise(drawn, 0.4)
        aps = resampled_average_precisions(matches, counts[row : row + 1])[:, 0]
        assert aps[0] == pytest.approx(expected.ap50)
        assert np.mean(aps) == pytest.approx(expected.ap50_95)
        assert precision[row] == pytest.approx(expected.precision)
        assert recall[row] == pytest.approx(expected.recall)


def test_intervals_hold_the_figure_and_shrink():
    """Four times the pictures, about half the width."""
    few, many = random_pictures(30), random_pictures(480)
    widths = []
    for pictures in (few, many):
        matches = gather(pictures)
        found, sure = summarise(matches, 0.4), intervals(matches, 0.4)
        for name in ("ap50", "ap50_95", "precision", "recall"):
            assert getattr(sure, name).low <= getattr(found, name) <= getattr(sure, name).high
        widths.append(sure.ap50.high - sure.ap50.low)
    assert 2 < widths[0] / widths[1] < 8


def test_intervals_are_the_same_every_time():
    """The seed is fixed."""
    matches = gather(random_pictures(10))
    assert intervals(matches, 0.5) == intervals(matches, 0.5)


def test_nothing_labelled_and_nothing_found():
    """No label gives no interval; no detection gives zero."""
    empty = np.zeros((0, 4), np.float32)
    none = np.zeros(0, np.float32)
    box = np.array([[0, 0, 9, 9]], np.float32)
    unlabelled = gather([PictureBoxes(detections=empty, scores=none, labels=empty)] * 3)
    assert np.isnan(intervals(unlabelled, 0.5).ap50.low)
    blind = gather([PictureBoxes(detections=empty, scores=none, labels=box)] * 3)
    assert (intervals(blind, 0.5).ap50.low, intervals(blind, 0.5).ap50.high) == (0, 0)
    assert np.isnan(intervals(gather([]), 0.5).recall.high)


def test_a_network_against_itself_differs_by_nothing():
    """Paired draws cancel what both share."""
    matches = gather(random_pictures(40))
    same = paired_difference(matches, matches)
    assert (same.low, same.high) == (0, 0)


def test_a_worse_network_is_told_by_pairs():
    """Missing a third more is worse beyond doubt; pairs of other labels are refused."""
    better, worse = (gather(random_pictures(120, skill=s)) for s in (0.95, 0.6))
    assert paired_difference(worse, worse).high == 0
    rng = np.random.default_rng(1)
    dropped = [
        PictureBoxes(
            detections=p.detections[keep],
            scores=p.scores[keep],
            labels=p.labels,
            regions=p.regions,
        )
        for p in random_pictures(120, skill=0.95)
        for keep in [rng.random(len(p.scores)) < 0.6]
    ]
    assert paired_difference(gather(dropped), better).high < 0
    with pytest.raises(ValueError, match="same labelled pictures"):
        paired_difference(gather(random_pictures(120, seed=5)), better)


def test_a_thousand_replicates_of_a_large_class_take_seconds():
    """20,000 detections on 600 pictures: no loop over detections."""
    rng = np.random.default_rng(0)
    size = 20_000
    matches = Matches(
        scores=np.sort(rng.random(size).astype(np.float32))[::-1],
        hits=(rng.random((size, 1)) < 0.05).repeat(10, axis=1),
        ignored=np.zeros((size, 10), dtype=bool),
        picture=rng.integers(0, 600, size),
        boxes_in=np.full(600, 2),
    )
    start = time.monotonic()
    intervals(matches, 0.5)
    assert time.monotonic() - start < 20  # 0.7 on two idle cores
