"""What is not a picture is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest

from pipeline.errors import FrameError
from pipeline.frames import Frame

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
PICTURE = np.zeros((4, 8, 3), np.uint8)


def frame(**changes):
    fields = {
        "image": PICTURE, "camera_id": "c", "captured_at": NOON, "seconds": 0.0,
        "width": 16, "height": 8,
    }  # fmt: skip
    return Frame(**{**fields, **changes})


def test_scale_tells_the_picture_from_the_source():
    """A picture of half the size has scale one half on both axes."""
    assert (frame().x_scale, frame().y_scale) == (0.5, 0.5)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"image": np.zeros((4, 8), np.uint8)}, r"got shape \(4, 8\)"),
        ({"image": np.zeros((4, 8, 3), np.float32)}, "of float32"),
        ({"image": np.zeros((0, 8, 3), np.uint8)}, "empty"),
        ({"width": 0}, "empty"),
        ({"captured_at": datetime(2026, 1, 1)}, "UTC"),  # noqa: DTZ001 - the point
        ({"captured_at": NOON.astimezone(timezone(timedelta(hours=8)))}, "UTC"),
        ({"seconds": float("nan")}, "finite"),
    ],
)
def test_impossible_frames_are_refused(changes, words):
    """Wrong shape, wrong type, empty, naive or zoned instants, no number."""
    with pytest.raises(FrameError, match=words):
        frame(**changes)
