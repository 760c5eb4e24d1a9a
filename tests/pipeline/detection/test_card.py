"""Model cards: what is read, and how each mistake is named."""

from __future__ import annotations

from datetime import date

import pytest

from pipeline.detection.card import load_card, read_network
from pipeline.errors import ModelCardError, ModelHashError


def test_a_card_says_what_the_network_is(networks):
    """Classes, thresholds, input and the training script's free tables are read."""
    card = load_card(networks.detector(), task="detect")
    assert card.class_names == ("red", "blue")
    assert card.thresholds == {"red": 0.4, "blue": 0.5}
    assert (card.input.width, card.input.height, card.input.range) == (128, 128, (0.0, 1.0))
    assert card.created == date(2026, 9, 1)
    assert card.training.model_extra == {"epochs": 3}
    assert card.data[0].model_extra == {"name": "squares", "pictures": 2}
    assert card.metrics[0].model_extra == {"name": "AP50", "value": 0.5}


@pytest.mark.parametrize("written", ["2026-09-01", '"2026-09-01"'])
def test_the_day_may_be_a_date_or_text(networks, written):
    """TOML's own date and the same in quotes are the same day."""
    path = networks.detector()
    path.write_text(path.read_text().replace("created = 2026-09-01", f"created = {written}"))
    assert load_card(path, task="detect").created == date(2026, 9, 1)


def test_a_missing_card_says_what_to_do(tmp_path):
    """The message names the path and explains what a card is."""
    with pytest.raises(ModelCardError, match=r"street\.toml: cannot be read.*\n.*with its card"):
        load_card(tmp_path / "street.toml", task="detect")


def test_a_missing_network_says_what_to_do(networks):
    """A card without its ONNX file names both files."""
    path = networks.detector()
    networks.network_path.unlink()
    with pytest.raises(ModelCardError, match=r"tiny\.onnx: cannot be read.*Put the file beside"):
        read_network(load_card(path, task="detect"), path)


def test_other_bytes_are_refused_with_both_hashes(networks):
    """One changed byte is found, and the message carries the found and the promised hash."""
    path = networks.detector()
    content = bytearray(networks.network_path.read_bytes())
    content[-1] ^= 1
    networks.network_path.write_bytes(content)
    card = load_card(path, task="detect")
    with pytest.raises(ModelHashError, match=f"sha256 [0-9a-f]{{64}}, the card says {card.sha256}"):
        read_network(card, path)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('name = "blue"', 'name = "red"', "classes: class names must differ, repeated: red"),
        ("threshold = 0.5", "threshold = 1.5", r"tiny\.toml:29: classes\.1\.threshold: .*1\.5"),
        ("threshold = 0.5\n", "", "class 'blue' needs a threshold"),
        ("width = 128", "width = 100", "width 100 is not a multiple of the stride 32; use 128"),
        ("range = [0.0, 1.0]", "range = [1.0, 0.0]", "the lower first"),
        ("range = [0.0, 1.0]", "range = [0.0, inf]", "the lower first"),
        ('channels = "RGB"', 'channels = "YUV"', r"tiny\.toml:15: input\.channels"),
        ('file = "tiny.onnx"', 'file = "../tiny.onnx"', "without a path"),
        ("format = 1", "format = 2", r"tiny\.toml:1: format"),
        ('licence = "AGPL-3.0-or-later"', "", "licence: is missing; add it"),
        ("pad = 114", "pad = 114\ncolour = 1", r"tiny\.toml:18: input\.colour: unknown key"),
        ('layout = "cxcywh+scores"', 'layout = "logits"', "does not go with 'detect'"),
        ("[input]", "abstain_below = 0.5\n[input]", "abstain_below goes with a classifier only"),
        ("created = 2026-09-01", "created = 2026-09-01T05:00:00", r"tiny\.toml:7: created"),
        ('sha256 = "', 'sha256 = "X', r"tiny\.toml:6: sha256"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_key(networks, old, new, message):
    """Every mistake in a card is refused with where it is and what is wrong."""
    path = networks.detector()
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(ModelCardError, match=message):
        load_card(path, task="detect")


def test_a_classifier_has_no_class_thresholds(networks):
    """A threshold on a classifier's class is refused: abstaining has one figure for all."""
    path = networks.classifier()
    path.write_text(path.read_text() + "threshold = 0.5\n")
    with pytest.raises(ModelCardError, match="'blue' has a threshold, which only a detector"):
        load_card(path, task="classify")
