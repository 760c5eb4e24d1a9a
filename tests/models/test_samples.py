"""Training samples: targets, and a mask that is silent where nothing is known."""

from __future__ import annotations

import numpy as np
import pytest

from models.classes import CLASSES, class_id
from models.label_sets import PAD
from models.samples import Canvas, Known, draw_epoch, known_of, make_sample, mosaic, single

CAR, TRUCK, PERSON, STALL = (class_id(n) for n in ("car", "truck", "person", "stall"))
LABELS = {"role": "real", "complete": [TRUCK], "filled": [], "partial": [], "absent": [STALL]}


def row(*labels):
    return {"file": "a.jpg", "labels": list(labels)}


def known(image=None, boxes=((0.25, 0.25, 0.75, 0.75),), kind=TRUCK, unsure=()):
    negatives = np.zeros(len(CLASSES), np.uint8)
    negatives[TRUCK] = 1
    return Known(
        file=None,
        image=np.full((100, 200, 3), 50, np.uint8) if image is None else image,
        boxes=np.array(boxes, np.float32).reshape(-1, 4),
        classes=np.full(len(boxes), kind),
        unsure=np.array(unsure, np.float32).reshape(-1, 5),
        negatives=negatives,
    )


def test_sure_pseudo_labels_become_targets_and_unsure_ones_are_masked(tmp_path):
    """0.8 teaches, 0.3 stays silent."""
    made = known_of(
        row(), LABELS, [[PERSON, 0.8, 0, 0, 0.1, 0.1], [CAR, 0.3, 0.5, 0.5, 0.6, 0.6]], tmp_path
    )
    assert made.classes.tolist() == [PERSON]
    assert made.unsure[0, 0] == CAR
    assert made.negatives[[TRUCK, STALL, PERSON]].tolist() == [1, 1, 1]
    assert made.negatives[class_id("banner")] == 0


def test_pseudo_labels_never_contradict_labels(tmp_path):
    """A complete class takes none, and a labelled truck is not a car as well."""
    label = [TRUCK, 0.2, 0.2, 0.6, 0.6]
    guesses = [[TRUCK, 0.9, 0.7, 0.7, 0.9, 0.9], [CAR, 0.9, 0.2, 0.2, 0.6, 0.58]]
    made = known_of(row(label), LABELS, guesses, tmp_path)
    assert made.classes.tolist() == [TRUCK]


def test_filled_classes_take_missing_boxes(tmp_path):
    """Small background trucks are added, the labelled one is not doubled."""
    filled = LABELS | {"complete": [], "filled": [TRUCK]}
    label = [TRUCK, 0.2, 0.2, 0.6, 0.6]
    guesses = [[TRUCK, 0.9, 0.2, 0.2, 0.6, 0.58], [TRUCK, 0.5, 0.8, 0.8, 0.85, 0.85]]
    made = known_of(row(label), filled, guesses, tmp_path)
    assert len(made.boxes) == 2
    assert made.negatives[TRUCK] == 1


def test_mask_is_silent_under_a_picture_and_speaks_on_padding():
    """Unlabelled classes count only where the canvas is grey."""
    canvas = Canvas(64)
    canvas.paste(known(boxes=()), (0, 0, 64, 64), 0.32, np.random.default_rng(0))
    sample = canvas.sample()
    covered = (sample.image == 50).all(2)[::8, ::8]
    assert covered.any()
    assert (sample.mask[TRUCK] == 1).all()
    assert (sample.mask[CAR][covered] == 0).all()
    assert (sample.image[~(sample.image == 50).all(2)] == PAD).all()
    assert sample.mask[CAR].max() == 1


def test_boxes_follow_the_picture():
    """A white square stays in its box through scaling, mirroring and cropping."""
    image = np.zeros((200, 200, 3), np.uint8)
    image[40:100, 120:180] = 255
    picture = known(image, [(0.6, 0.2, 0.9, 0.5)])
    found = 0
    for seed in range(30):
        sample = single(picture, 160, np.random.default_rng(seed))
        for x1, y1, x2, y2 in sample.boxes.round().astype(int):
            inside = sample.image[y1 + 2 : y2 - 2, x1 + 2 : x2 - 2]
            assert inside.min() > 200
            found += 1
    assert found > 10


def test_boxes_cut_to_a_sliver_are_masked_not_learned():
    """What is left of an object at a border is neither target nor background."""
    canvas = Canvas(64)
    sliver = known(np.zeros((64, 64, 3), np.uint8), [(0.0, 0.0, 1.0, 1.0)])
    canvas.paste(sliver, (0, 0, 16, 16), 1.0, np.random.default_rng(0))
    sample = canvas.sample()
    assert len(sample.boxes) == 0
    assert (sample.mask[TRUCK][:2, :2] == 0).all()
    assert (sample.mask[TRUCK][2:, 2:] == 1).all()


def test_unsure_places_are_masked_for_their_class_only():
    """A doubtful car leaves trucks alone."""
    canvas = Canvas(64)
    doubt = known(np.zeros((64, 64, 3), np.uint8), (), unsure=[(TRUCK, 0, 0, 0.5, 1)])
    canvas.paste(doubt, (0, 0, 64, 64), 1.0, np.random.default_rng(1))
    sample = canvas.sample()
    assert sorted(np.unique(sample.mask[TRUCK][:, [0, -1]], axis=0)[0].tolist()) == [0, 1]


@pytest.mark.parametrize(
    "make", [lambda k, r: mosaic([k] * 4, 128, r), lambda k, r: single(k, 128, r)]
)
def test_samples_are_sound_and_repeatable(make):
    """Boxes lie on the canvas; the same seed gives the same sample."""
    one, two = (make(known(), np.random.default_rng(5)) for _ in range(2))
    assert np.array_equal(one.image, two.image)
    assert one.image.shape == (128, 128, 3)
    assert one.mask.shape == (len(CLASSES), 16, 16)
    assert (one.boxes >= 0).all()
    assert (one.boxes <= 128).all()
    assert len(one.boxes) == len(one.classes)


def test_draws_follow_set_sizes_and_weights():
    """So many of each set; a picture of weight nought never comes."""
    one, other = known(), known()
    rng = np.random.default_rng(0)
    drawn = draw_epoch({"a": ([one, other], [1.0, 0.0]), "b": ([], [])}, {"a": 6}, rng)
    assert len(drawn) == 6
    assert all(k is one for k in drawn)
    assert make_sample(one, drawn, 64, 1.0, rng).image.shape == (64, 64, 3)
