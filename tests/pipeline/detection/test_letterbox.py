"""Letterbox: the network's input and the way back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.detection.card import NetworkInput
from pipeline.detection.letterbox import Letterbox, to_blob

SIDE = st.integers(1, 4000)


def network(**changes):
    """The usual input, with changes."""
    values = {
        "name": "images",
        "width": 640,
        "height": 640,
        "stride": 32,
        "channels": "RGB",
        "range": (0.0, 1.0),
        "pad": 114,
    }
    return NetworkInput(**(values | changes))


@settings(deadline=None)
@given(SIDE, SIDE, st.booleans(), st.data())
def test_boxes_come_back_to_where_they_were(width, height, fill, data):
    """Mapping into the input and back is the identity, within a hundredth of a pixel."""
    box = Letterbox.fit((width, height), limit=(640, 384), stride=32, fill=fill)
    corners = st.tuples(*[st.floats(-10, 4010, width=32)] * 4)
    boxes = np.array(data.draw(st.lists(corners, max_size=5)), np.float32).reshape(-1, 4)
    # 1e-2: float32 holds coordinates up to 4,000 to 2.4e-4, times the largest scaling of a strip.
    assert np.allclose(box.to_image(box.to_input(boxes)), boxes, rtol=0, atol=1e-2)


@settings(deadline=None)
@given(SIDE, SIDE, st.booleans())
def test_the_picture_fits_in_the_middle_of_a_legal_input(width, height, fill):
    """The input's sides are multiples of the stride within the limit, its bars even to a pixel."""
    box = Letterbox.fit((width, height), limit=(640, 384), stride=32, fill=fill)
    assert box.width % 32 == 0
    assert box.height % 32 == 0
    assert 0 < box.scaled_width <= box.width <= 640
    assert 0 < box.scaled_height <= box.height <= 384
    assert 0 <= (box.width - box.scaled_width) - 2 * box.left <= 1
    assert 0 <= (box.height - box.scaled_height) - 2 * box.top <= 1
    if fill:
        assert (box.width, box.height) == (640, 384)


@pytest.mark.parametrize(
    ("size", "limit", "expected"),
    [
        ((640, 360), (640, 384), (640, 360, 0, 12, 640, 384)),
        ((640, 360), (640, 640), (640, 360, 0, 12, 640, 384)),
        ((1920, 1080), (640, 640), (640, 360, 0, 12, 640, 384)),
        ((704, 576), (640, 640), (640, 524, 0, 10, 640, 544)),
        ((360, 640), (640, 640), (360, 640, 12, 0, 384, 640)),
        ((320, 180), (640, 640), (640, 360, 0, 12, 640, 384)),
    ],
)
def test_common_sizes(size, limit, expected):
    """Triage frames, full frames, D1, upright and small pictures land where they should."""
    box = Letterbox.fit(size, limit=limit, stride=32, fill=False)
    assert (
        box.scaled_width,
        box.scaled_height,
        box.left,
        box.top,
        box.width,
        box.height,
    ) == expected


def test_a_picture_that_fits_is_copied_and_not_resized():
    """A triage frame reaches the network value by value, in RGB, with grey bars."""
    image = np.random.default_rng(0).integers(0, 256, (360, 640, 3), dtype=np.uint8)
    box = Letterbox.fit((640, 360), limit=(640, 640), stride=32, fill=False)
    blob = to_blob(image, box, network())
    assert blob.shape == (1, 3, 384, 640)
    assert blob.dtype == np.float32
    expected = image[:, :, ::-1].transpose(2, 0, 1).astype(np.float32) / 255
    assert np.allclose(blob[0, :, 12:372], expected, atol=1e-6)
    assert np.allclose(blob[0, :, :12], 114 / 255)
    assert np.allclose(blob[0, :, 372:], 114 / 255)


def test_bars_at_the_sides_and_another_range():
    """An upright picture has bars left and right; range and channel order follow the card."""
    image = np.full((64, 32, 3), (0, 51, 255), np.uint8)
    box = Letterbox.fit((32, 64), limit=(64, 64), stride=32, fill=True)
    blob = to_blob(image, box, network(range=(-1.0, 1.0), channels="BGR"))[0]
    assert np.allclose(blob[:, 32, 32], (-1.0, -0.6, 1.0))
    assert np.allclose(blob[:, :, :16], 114 / 255 * 2 - 1)
    assert np.allclose(blob[:, :, 48:], 114 / 255 * 2 - 1)


@settings(deadline=None)
@given(st.integers(1, 90), st.integers(1, 90))
def test_any_size_fills_the_whole_input(width, height):
    """No value of the input is left unwritten, whatever the picture's size."""
    box = Letterbox.fit((width, height), limit=(64, 32), stride=32, fill=False)
    blob = to_blob(np.full((height, width, 3), 255, np.uint8), box, network())
    inside = np.isclose(blob, 1.0)
    assert (inside | np.isclose(blob, 114 / 255)).all()
    assert inside.sum() == 3 * box.scaled_width * box.scaled_height


def test_shrinking_averages():
    """A one-pixel chequerboard shrinks to even grey, as the training pictures were shrunk."""
    board = (np.indices((64, 64)).sum(axis=0) % 2 * 255).astype(np.uint8)
    box = Letterbox.fit((64, 64), limit=(32, 32), stride=32, fill=False)
    blob = to_blob(np.repeat(board[..., None], 3, axis=2), box, network())
    assert np.allclose(blob, 0.5, atol=1 / 255)
