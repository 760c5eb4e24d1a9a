"""Looks at full-size pictures: trucks of a burst, small writing, new patches; masks come first."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.full_size import CROP_MARGIN, FullSizeLooks
from pipeline.geometry import Box
from pipeline.rules.close_look import CloseLookRequest
from pipeline.rules.passage import BurstRequest, LoadState
from pipeline.rules.patch_look import PATCH_KINDS, PatchLookRequest
from pipeline.tracking.bytetrack import TrackerSettings
from tests.pipeline.scripted import (
    HEIGHT,
    WIDTH,
    ScriptedClassifier,
    ScriptedDetector,
    camera,
    frames,
)

LOADS = ("covered", "open_empty", "open_loaded", "closed")
MASK = {
    "id": "window", "kind": "privacy_mask",
    "polygon": [[0.3, 0.2], [0.5, 0.2], [0.5, 0.6], [0.3, 0.6]],
}  # fmt: skip
BURST = BurstRequest(
    request_id=1, zone_id="road", begin_seconds=0, end_seconds=4, frames_per_second=1,
    purpose="test",
)  # fmt: skip


def looks_of(*zones, script=lambda _: [], classifier=None, patch_classifier=None):
    return FullSizeLooks(
        camera(*zones),
        detector=ScriptedDetector(script),
        classifier=classifier,
        patch_classifier=patch_classifier,
        tracking=TrackerSettings(class_scores={"truck": 0.4}),
    )


def driving(seconds):
    x = 40 + 30 * seconds
    return [("truck", (x, 60, x + 90, 125)), ("person", (5, 60, 15, 90))]


def test_a_truck_is_followed_through_a_burst_and_its_loads_vote():
    """A track begins with its second sight; crops have a tenth of the box around it."""
    classifier = ScriptedClassifier("open_loaded", LOADS)
    looks = looks_of(script=driving, classifier=classifier)
    passage = looks.passage(BURST, frames(None, seconds=5))
    [truck] = passage.trucks
    assert (truck.first_seconds, truck.last_seconds) == (1, 4)
    assert truck.load is LoadState.OPEN_LOADED
    sides = (65 * (1 + 2 * CROP_MARGIN), 90 * (1 + 2 * CROP_MARGIN))
    assert [crop.shape[:2] for crop in classifier.crops] == [pytest.approx(sides, abs=1)] * 4


def test_without_a_classifier_a_load_is_unclear():
    """And a burst without pictures shows no truck."""
    [truck] = looks_of(script=driving).passage(BURST, frames(None, seconds=5)).trucks
    assert truck.load is LoadState.UNCLEAR
    assert not looks_of(script=driving).passage(BURST, ()).trucks


def test_privacy_masks_are_burnt_in_before_a_burst_is_looked_at():
    """Neither network sees what lies beneath."""
    classifier = ScriptedClassifier("covered", LOADS)
    looks = looks_of(MASK, script=driving, classifier=classifier)
    looks.passage(BURST, frames(None, seconds=2))
    for shown in looks._detector.shown:
        hidden = shown.image[
            int(0.21 * HEIGHT) : int(0.59 * HEIGHT), int(0.31 * WIDTH) : WIDTH // 2
        ]
        assert len(np.unique(hidden.reshape(-1, 3), axis=0)) == 1
    assert any((crop == 128).all(axis=2).any() for crop in classifier.crops)


def test_privacy_masks_are_burnt_in_before_a_close_look():
    """The network never sees what lies beneath, at any scale."""
    looks = looks_of(MASK)
    window = Box(0.25, 0.1, 0.75, 0.7)
    request = CloseLookRequest(tile=0, seconds=0.0, fraction_box=window)
    looks.writing(request, next(iter(frames(None, seconds=1))))
    [crop] = looks._detector.crops
    hidden = crop[20 : HEIGHT // 2 - 2, 18 : WIDTH // 4 - 2]
    assert len(np.unique(hidden.reshape(-1, 3), axis=0)) == 1


def look_at_patches(classifier, patches, *zones):
    """Answer a request for these patches with a picture in full size."""
    looks = looks_of(*zones, patch_classifier=classifier)
    request = PatchLookRequest(seconds=0.0, patches=patches)
    return looks.patches(request, next(iter(frames(None, seconds=1))))


def test_a_patch_is_cut_out_with_a_margin_and_told_apart():
    """A fifth of its sides on each side, as in training; the answer keeps the presence's number."""
    classifier = ScriptedClassifier("graffiti", PATCH_KINDS)
    look = look_at_patches(classifier, {7: Box(0.5, 0.5, 0.75, 0.75)})
    [crop] = classifier.crops
    assert crop.shape == (round(HEIGHT * 0.35), round(WIDTH * 0.35), 3)
    assert look.shares == {7: {**dict.fromkeys(PATCH_KINDS, 0.05), "graffiti": 0.85}}


def test_a_patch_that_is_tiny_or_not_told_is_left_out():
    """Eight pixels high nobody can tell; an abstention is no answer."""
    classifier = ScriptedClassifier("other", PATCH_KINDS)
    assert not look_at_patches(classifier, {1: Box(0.5, 0.5, 0.75, 0.5 + 8 / HEIGHT)}).shares
    assert not classifier.crops
    assert not look_at_patches(
        ScriptedClassifier(None, PATCH_KINDS), {1: Box(0.5, 0.5, 0.75, 0.75)}
    ).shares
    assert not look_at_patches(None, {1: Box(0.5, 0.5, 0.75, 0.75)}).shares


def test_privacy_masks_are_burnt_in_before_a_look_at_a_patch():
    """The second network sees no more than the first."""
    mask = {
        "id": "window", "kind": "privacy_mask",
        "polygon": [[0.4, 0.4], [0.9, 0.4], [0.9, 0.9], [0.4, 0.9]],
    }  # fmt: skip
    classifier = ScriptedClassifier("other", PATCH_KINDS)
    look_at_patches(classifier, {1: Box(0.5, 0.5, 0.75, 0.75)}, mask)
    [crop] = classifier.crops
    assert len(np.unique(crop.reshape(-1, 3), axis=0)) == 1
