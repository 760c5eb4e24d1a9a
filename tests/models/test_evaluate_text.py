"""The measure of the text reader counts right, partly right and wrong readings apart."""

from __future__ import annotations

import importlib.util
import json

import numpy as np
import pytest

from models.evaluate_text import DRAWN_PX, KINDS, Sample, main, measure, read_of, sample
from pipeline.detection.text import ReadLine
from pipeline.geometry import Box

ImageFont = pytest.importorskip("PIL.ImageFont", reason="Pillow comes with the extra ocr")


class Says:
    """Reads the same text whatever it is shown."""

    def __init__(self, *texts):
        self.texts = texts

    def read(self, _):
        return tuple(ReadLine(text=t, score=0.9, box=Box(0, 0, 9, 9)) for t in self.texts)


@pytest.fixture(scope="module")
def font():
    return ImageFont.load_default(DRAWN_PX)


@pytest.mark.parametrize("kind", KINDS)
def test_samples_are_the_same_every_time_and_as_large_as_asked(font, kind):
    """The same seed gives the same picture; letters of half the height, half the picture."""
    one, two = (sample(kind, 24, font, np.random.default_rng(7)) for _ in range(2))
    assert one.truth == two.truth
    assert np.array_equal(one.image, two.image)
    small = sample(kind, 12, font, np.random.default_rng(7))
    assert small.image.shape[0] == pytest.approx(one.image.shape[0] / 2, abs=1)


def test_what_is_read_is_compared_by_kind():
    """A plate's dot and a number's spaces do not count; nothing that fits is nothing."""
    image = np.zeros((9, 9, 3), np.uint8)
    plate = Sample(kind="plate", letter_px=8, truth="京A12345", image=image)
    phone = Sample(kind="phone", letter_px=8, truth="13800138000", image=image)
    assert read_of(Says("京A·12345"), plate) == plate.truth
    assert read_of(Says("电话138 0013 8000"), phone) == phone.truth
    assert read_of(Says("限速"), plate) == ""
    assert read_of(Says(), phone) == ""


def test_readings_that_fit_and_are_wrong_are_counted(font, capsys):
    """A plate out of thin air is the worst answer: it gets a column of its own."""
    rows = measure(Says("京A12345"), font, 3)
    plates = [r for r in rows if r["kind"] == "plate"]
    assert all((r["wrong"], r["right"], r["nothing"]) == (1, 0, 0) for r in plates)
    phones = [r for r in rows if r["kind"] == "phone"]
    assert all(r["nothing"] == 1 for r in phones)
    assert "letter px" in capsys.readouterr().out


def test_without_the_extra_nothing_is_measured(tmp_path, capsys):
    """Exit code 2 and what to install."""
    if importlib.util.find_spec("rapidocr"):
        pytest.skip("the extra is installed here")
    assert main(["--font", str(tmp_path / "none.ttf")]) == 2
    shown = capsys.readouterr()
    assert "streetcase[ocr]" in shown.err
    assert json.loads(shown.out)["ok"] is False
