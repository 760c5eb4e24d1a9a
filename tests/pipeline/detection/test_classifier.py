"""The classifier, run by the real ONNX Runtime on tiny networks and on every one we ship."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline.detection.card import ModelCard
from pipeline.detection.classifier import Classifier
from pipeline.errors import ModelError, ModelShapeError
from pipeline.settings import load_settings

SHIPPED = sorted((Path(__file__).parents[3] / "models" / "shipped").glob("*.toml"))


def coloured(blue, red):
    """A square crop of one colour, which the tiny network gets without bars."""
    return np.full((80, 80, 3), (blue, 0, red), np.uint8)


def test_a_clear_crop_is_named(networks):
    """Logits become probabilities that sum to 1, and the likeliest class is named."""
    result = Classifier.from_card(networks.classifier()).classify(coloured(0, 255))
    assert result.class_name == "red"
    assert result.score == pytest.approx(1 / (1 + np.exp(-10)))
    assert sum(result.probabilities.values()) == pytest.approx(1)
    assert list(result.probabilities) == ["red", "blue"]


def test_an_unclear_crop_makes_it_abstain(networks):
    """Below the card's `abstain_below` no class is named, and the probabilities still say why."""
    result = Classifier.from_card(networks.classifier()).classify(coloured(100, 105))
    assert result.class_name is None
    assert result.score < 0.6
    assert result.probabilities["red"] > result.probabilities["blue"]


def test_probabilities_are_taken_as_they_are(networks):
    """A network that ends in probabilities is not put through softmax again."""
    classifier = Classifier.from_card(networks.classifier(layout="probabilities", gain=1.0))
    result = classifier.classify(coloured(51, 204))
    assert result.probabilities["red"] == pytest.approx(0.8)


def test_large_logits_do_not_overflow(networks):
    """Probabilities stay numbers however sure the network is."""
    result = Classifier.from_card(networks.classifier(gain=1e6)).classify(coloured(0, 255))
    assert result.score == 1.0


def test_an_answer_that_is_no_distribution_is_refused(networks):
    """Negative "probabilities" are our error, not a wrong class."""
    classifier = Classifier.from_card(networks.classifier(layout="probabilities", gain=-1.0))
    with pytest.raises(ModelError, match="is no probabilities"):
        classifier.classify(coloured(0, 255))


def test_another_number_of_classes_is_refused(networks):
    """A network with more classes than its card is refused when loaded."""
    with pytest.raises(ModelShapeError, match=r"should be \[1, 2 classes\].* but is \[1, 3\]"):
        Classifier.from_card(networks.classifier(classes=3))


@pytest.mark.parametrize(
    "path",
    [p for p in SHIPPED if load_settings(p, ModelCard).task == "classify"],
    ids=lambda path: path.stem,
)
def test_shipped_classifiers_load_and_run(path):
    """Every shipped classifier fits its card and takes crops of odd sizes."""
    classifier = Classifier.from_card(path)
    for width, height in ((300, 200), (17, 90), (1, 1)):
        result = classifier.classify(np.full((height, width, 3), 90, np.uint8))
        assert sum(result.probabilities.values()) == pytest.approx(1)
        assert set(result.probabilities) == set(classifier.card.class_names)
