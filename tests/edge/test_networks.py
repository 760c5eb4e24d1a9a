"""The networks of a box: what is loaded, and what may be left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.networks import Networks
from edge.settings import BoxSettings, ModelSettings
from pipeline.errors import ModelCardError
from pipeline.rules.patch_look import PATCH_KINDS
from pipeline.settings import parse_settings

SHIPPED = Path(__file__).parents[2] / "models" / "shipped"


def test_a_box_has_both_classifiers():
    """Each for its own question."""
    networks = Networks(ModelSettings())
    loads, patches = networks.classifier(), networks.patch_classifier()
    assert loads is not None
    assert patches is not None
    assert "covered" in loads.card.class_names
    assert patches.card.class_names == PATCH_KINDS


def test_an_empty_path_means_none():
    """TOML has no null; without the networks the rules ask nobody."""
    box = parse_settings('id = "b"\n[model]\nload_state = ""\npatch_kind = ""\n', BoxSettings)
    networks = Networks(box.model)
    assert networks.classifier() is None
    assert networks.patch_classifier() is None


def test_a_box_whose_settings_are_older_than_the_patch_classifier_works_as_before(
    tmp_path, monkeypatch
):
    """It names its own models, and starts in a folder without ours."""
    monkeypatch.chdir(tmp_path)
    named = ModelSettings(detector=SHIPPED / "street.toml", load_state=SHIPPED / "load_state.toml")
    networks = Networks(named)
    assert networks.classifier() is not None
    assert networks.patch_classifier() is None


def test_a_missing_network_is_named(tmp_path):
    """Who names one must have it."""
    with pytest.raises(ModelCardError, match=r"gone\.toml"):
        Networks(ModelSettings(patch_kind=tmp_path / "gone.toml"))
