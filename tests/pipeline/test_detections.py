"""Parallel arrays that do not fit each other are refused."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.detections import Detections
from pipeline.errors import DetectionsError

NAMES = ("person", "truck", "stall")


def detections(**changes):
    fields = {
        "boxes": np.array([[0, 0, 2, 2], [1, 1, 3, 3]], np.float32),
        "scores": np.array([0.9, 0.2], np.float32),
        "class_ids": np.array([0, 2], np.int64),
        "class_names": NAMES,
    }
    return Detections(**{**fields, **changes})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"boxes": np.zeros((2, 5), np.float32)}, r"shape \(2, 4\), got \(2, 5\)"),
        ({"scores": np.zeros(3, np.float32)}, r"scores must have shape \(2,\), got \(3,\)"),
        ({"boxes": np.array([[2, 0, 0, 2], [0, 0, 1, 1]], np.float32)}, "x1 <= x2"),
        ({"boxes": np.full((2, 4), np.nan, np.float32)}, "finite"),
        ({"scores": np.array([0.1, 1.5], np.float32)}, r"\[0, 1\]"),
        ({"class_ids": np.array([0, 3], np.int64)}, r"\[0, 2\]"),
    ],
)
def test_unfit_arrays_are_refused_with_both_shapes(changes, words):
    """The message says what was expected and what came."""
    with pytest.raises(DetectionsError, match=words):
        detections(**changes)


def test_of_takes_classes_and_scores():
    """Unknown names match nothing, so that a rule works with any model."""
    assert len(detections().of("person", "stall")) == 2
    assert len(detections().of("person", "stall", min_score=0.5)) == 1
    assert len(detections().of("kiosk")) == 0


def test_mask_of_another_length_is_refused():
    """NumPy would broadcast or fail later."""
    with pytest.raises(DetectionsError, match=r"\(2,\)"):
        detections().where(np.ones(3, np.bool_))


def test_empty_has_no_detections():
    """An empty frame is a valid result."""
    assert list(Detections.empty(NAMES)) == []
