"""Crops of patches, patches that are made, and the shipped patch classifier."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.classes import class_id
from models.evaluate_patch_kind import HUNG, answers, main, seen
from models.evaluation.answers import disagreements
from models.label_sets import LabelSetError, Picture
from models.made_patches import PatchMaker, panel, shaded
from models.patch_crops import (
    MOST_SHARED,
    PatchCrop,
    Source,
    counts,
    cut,
    read_patches,
    with_margin,
)
from pipeline.detection.classifier import Classifier
from pipeline.rules.patch_look import PATCH_KINDS

SHIPPED = Path(__file__).parents[2] / "models" / "shipped" / "patch_kind.toml"
WIDTH, HEIGHT = 400, 300
THINGS = {  # class -> x1, y1, x2, y2 in pixels
    "poster": (40, 40, 90, 110),
    "graffiti": (150, 40, 230, 90),
    "signboard": (260, 40, 380, 80),
    "car": (60, 180, 200, 260),
}


@pytest.fixture
def picture(tmp_path):
    """A labelled picture of a wall with one thing of each kind, and a region nobody knows."""
    rng = np.random.default_rng(4)
    wall = cv2.resize(rng.integers(90, 160, (30, 40, 3), np.uint8), (WIDTH, HEIGHT))
    for number, (x1, y1, x2, y2) in enumerate(THINGS.values()):
        wall[y1:y2, x1:x2] = rng.integers(0, 255, (y2 - y1, x2 - x1, 3)) // (number + 1)
    path = tmp_path / "wall.png"
    cv2.imwrite(str(path), wall)
    size = np.array([WIDTH, HEIGHT] * 2)
    rows = [[class_id(name), *(np.array(box) / size)] for name, box in THINGS.items()]
    return Picture(
        dataset="yard",
        split="train",
        path=path,
        labels=np.array(rows, np.float32),
        ignore=np.array([[0.55, 0.5, 1.0, 1.0]], np.float32),
        weight=1.0,
    )


def crops_of(picture, seed=0, free=6):
    """Its crops, as of a set that labels everything."""
    sources = {"yard": Source(free=free)}
    return read_patches([picture], np.random.default_rng(seed), sources)


def test_each_label_becomes_a_crop_of_its_kind(picture):
    """Ads of all shapes are one kind; what is no ad, graffiti or sign is "other"."""
    found = counts(crops_of(picture, free=0))
    assert found == {"yard": dict.fromkeys(PATCH_KINDS, 1)}


@pytest.mark.parametrize("seed", range(5))
def test_an_empty_place_shows_next_to_nothing_of_a_label(picture, seed):
    """A place that shows an unlabelled part of an ad would teach the contrary."""
    image = cv2.imread(str(picture.path))
    for x1, y1, x2, y2 in THINGS.values():
        image[y1:y2, x1:x2] = 0  # the wall is nowhere black
    cv2.imwrite(str(picture.path), image)
    crops = [c for c in crops_of(picture, seed) if c.is_empty]
    assert crops
    for crop in crops:
        assert PATCH_KINDS[crop.kind] == "other"
        x1, y1, x2, y2 = np.round(crop.box).astype(int)
        inside = crop.image[max(y1, 0) : y2, max(x1, 0) : x2]
        assert (inside.max(2) == 0).mean() <= MOST_SHARED + 0.02


def test_a_label_in_a_region_that_nobody_knows_gives_no_crop(picture):
    """It is greyed out when the detector learns, and left out here."""
    unknown = dataclasses.replace(picture, ignore=np.array([[0, 0, 0.3, 0.5]], np.float32))
    assert counts(crops_of(unknown, free=0))["yard"]["advertisement"] == 0


def test_crops_are_the_same_every_time(picture):
    """Same pictures, same seed, same crops."""
    first, again = crops_of(picture), crops_of(picture)
    assert len(first) == len(again)
    assert all(np.array_equal(a.image, b.image) for a, b in zip(first, again, strict=True))


def test_an_unknown_set_gives_nothing_and_a_missing_picture_is_named(picture, tmp_path):
    """Only sets that are known to label ads and signs give crops."""
    assert read_patches([picture], np.random.default_rng(0), {}) == []
    gone = dataclasses.replace(picture, path=tmp_path / "gone.png")
    with pytest.raises(LabelSetError, match=r"gone\.png"):
        crops_of(gone)


def test_a_crop_keeps_its_surroundings_and_the_network_sees_a_margin():
    """A fifth of the box on each side, less what lies outside of the picture."""
    image = np.zeros((200, 300, 3), np.uint8)
    crop = cut(image, np.array([100, 100, 150, 140], np.float32), "sign", "yard")
    assert crop is not None
    assert crop.image.shape == (80, 100, 3)
    assert with_margin(crop).shape == (56, 70, 3)
    edge = cut(image, np.array([0, 0, 50, 40], np.float32), "sign", "yard")
    assert edge is not None
    assert with_margin(edge).shape == (48, 60, 3)


def test_what_is_too_small_to_tell_is_no_crop():
    """Under twelve pixels the product does not look either."""
    image = np.zeros((200, 300, 3), np.uint8)
    assert cut(image, np.array([0, 0, 50, 11], np.float32), "sign", "yard") is None


@pytest.mark.parametrize("kind", range(len(PATCH_KINDS)))
def test_patches_of_every_kind_can_be_made(picture, kind):
    """Square, in colour, and the same for the same generator."""
    maker = PatchMaker(crops_of(picture))
    for seed in range(12):  # as it is, hung elsewhere, drawn, a panel, a shadow
        made = maker.patch(kind, 96, np.random.default_rng(seed))
        assert made.shape == (96, 96, 3)
        assert made.dtype == np.uint8
        assert np.array_equal(made, maker.patch(kind, 96, np.random.default_rng(seed)))


def test_missing_kinds_are_named(picture):
    """A set without graffiti cannot teach graffiti."""
    crops = [c for c in crops_of(picture) if PATCH_KINDS[c.kind] != "graffiti"]
    with pytest.raises(ValueError, match="no crops of graffiti"):
        PatchMaker(crops)


def test_panels_and_shadows_carry_no_message():
    """They are of the sizes of ads, and opaque."""
    rng = np.random.default_rng(1)
    for _ in range(20):
        sheet = panel(rng)
        assert sheet.shape[2] == 4
        assert (sheet[..., 3] == 255).all()
        lit, box = shaded(np.full((60, 90, 3), 128, np.uint8), rng)
        assert lit.shape == (60, 90, 3)
        assert (box[2:] - box[:2] >= 8).all()


def test_far_away_crops_are_small():
    """The short side of the box has the wanted pixels; nothing is enlarged."""
    image = np.zeros((200, 300, 3), np.uint8)
    crop = cut(image, np.array([100, 100, 160, 140], np.float32), "sign", "yard")
    assert crop is not None
    assert seen(crop, None).shape == (56, 84, 3)
    assert seen(crop, 20).shape == (28, 42, 3)
    assert seen(crop, 64).shape == (56, 84, 3)


def test_shipped_network_keeps_its_promises():
    """Our kinds in the product's order; shares that sum to one; it never abstains by itself."""
    classifier = Classifier.from_card(SHIPPED)
    assert classifier.card.class_names == PATCH_KINDS
    assert classifier.card.abstain_below is None
    crop = np.random.default_rng(0).integers(0, 255, (30, 70, 3), dtype=np.uint8)
    assert sum(classifier.classify(crop).probabilities.values()) == pytest.approx(1)


def test_shipped_network_tells_a_plain_wall_from_a_drawn_ad():
    """The least that can be asked of it, without any data pack."""
    from models.composites import flat_ads  # noqa: PLC0415 - of this test alone

    rng = np.random.default_rng(3)
    plain = cv2.resize(rng.integers(120, 140, (9, 9, 3), np.uint8), (120, 120))
    hung = plain.copy()
    hung[20:100, 20:100] = cv2.resize(flat_ads.poster(rng)[..., :3], (80, 80))
    box = np.array([20, 20, 100, 100], np.float32)
    crops = [
        PatchCrop(image=image, box=box, kind=PATCH_KINDS.index(kind), source="yard", side_px=80)
        for image, kind in ((plain, "other"), (hung, "advertisement"))
    ]
    kinds, pairs = answers(Classifier.from_card(SHIPPED), crops, None)
    assert [k.truth for k in kinds] == ["other", "advertisement"]
    assert [p.said for p in pairs] == ["other", HUNG]


def test_a_few_answers_may_fall_the_other_way_and_no_more():
    """Five in a thousand, on another processor; the number of crops is exact."""
    promised = {"source": "real:patches", "truth": "other", "crops": 1000, "other": 900}
    assert disagreements([promised], [promised]) == []
    assert disagreements([{**promised, "other": 905}], [promised]) == []
    [told] = disagreements([{**promised, "other": 906}], [promised])
    assert "906" in told
    assert disagreements([{**promised, "crops": 1001}], [promised])


def test_missing_data_is_named(tmp_path, capsys):
    """The folder and what is missing there; exit code 2."""
    assert main(["--data", str(tmp_path / "nowhere"), "--card", str(SHIPPED)]) == 2
    assert "nowhere" in capsys.readouterr().err
