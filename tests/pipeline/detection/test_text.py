"""Plates and phone numbers are found in read text, and what is none is left alone."""

from __future__ import annotations

import importlib.util
from types import SimpleNamespace

import numpy as np
import pytest

from pipeline.detection.text import (
    ReadLine,
    TextReader,
    in_reading_order,
    phone_numbers_in,
    plate_in,
)
from pipeline.errors import ModelError
from pipeline.geometry import Box


def line(text, score=0.9, at=(0, 0, 100, 20)):
    return ReadLine(text=text, score=score, box=Box(*at))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("京A·8K2X", None),  # four after the letter: a digit was not read
        ("京A·8K2X51", "京A8K2X51"),
        ("沪 B.D12345", "沪BD12345"),  # new energy, six characters
        ("a8k2x51", "A8K2X51"),  # the province was not read
        ("粤B8KO51挂", "粤B8K051挂"),
        ("冀C·12I45", "冀C12145"),
        ("京I12345", None),  # no city has an I
        ("京A12345678", None),
        ("限高4.5米", None),
        ("", None),
    ],
)
def test_plates_are_told_from_other_text(text, number):
    """Separators go, lookalikes become digits, everything must fit."""
    found = plate_in([line(text)])
    assert (found.number if found else None) == number


def test_a_rear_plate_has_two_rows():
    """Province and city above, five characters below; the weaker line gives the score."""
    rows = [line("满载", 0.99), line("京A", 0.8, (0, 30, 60, 50)), line("8K2X5", 0.9)]
    found = plate_in(rows)
    assert (found.number, found.score) == ("京A8K2X5", 0.8)


def test_a_plate_with_its_province_is_believed_before_one_without():
    """Whatever the scores: seven letters and digits fit by chance."""
    found = plate_in([line("B123456", 0.99), line("鲁B12345", 0.6)])
    assert found.number == "鲁B12345"


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("办证 13800138000", ("13800138000",)),
        ("138 0013 8000 / 139-0013-9000", ("13800138000", "13900139000")),
        ("电话：（010）6512-3456", ("01065123456",)),
        ("400-810-1234", ("4008101234",)),
        ("0755 8765 4321", ("075587654321",)),
        ("ISBN 9787111407010", ()),
        ("12800138000", ()),  # no mobile number begins with 12
        ("2026-11-22", ()),
    ],
)
def test_phone_numbers_are_told_from_other_digits(text, numbers):
    """Mobile, fixed and service numbers, with or without separators."""
    assert phone_numbers_in([line(text), line(text)]) == numbers


def test_words_come_in_reading_order():
    """A row's words are sorted by place, not by the reader's own order."""
    right, left = line("b", at=(50, 2, 90, 22)), line("a", at=(0, 0, 40, 20))
    below = line("c", at=(0, 40, 40, 60))
    assert [w.text for w in in_reading_order([below, right, left])] == ["a", "b", "c"]


def test_the_engines_answer_becomes_lines():
    """Corners become boxes; no text is no line; a failure is ours to name."""
    corners = np.array([[[10, 5], [50, 7], [50, 25], [10, 23]]], np.float32)
    answer = SimpleNamespace(txts=("京A",), scores=(0.75,), boxes=corners)
    crop = np.zeros((30, 60, 3), np.uint8)
    [found] = TextReader(lambda _: answer).read(crop)
    assert found == ReadLine(text="京A", score=0.75, box=Box(10, 5, 50, 25))
    nothing = SimpleNamespace(txts=None, scores=None, boxes=None)
    assert TextReader(lambda _: nothing).read(crop) == ()

    def fail(_):
        raise KeyError("weights")

    with pytest.raises(ModelError, match="text reader failed"):
        TextReader(fail).read(crop)


def test_without_the_extra_the_error_says_what_to_install():
    """Off by default: nothing of it is a dependency of the product."""
    if importlib.util.find_spec("rapidocr"):
        pytest.skip("the extra is installed here")
    with pytest.raises(ModelError, match=r"streetcase\[ocr\]"):
        TextReader.open()
