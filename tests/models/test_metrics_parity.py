"""AP50 and AP50:95 equal pycocotools', on random pictures and on those made to trip it."""

from __future__ import annotations

import contextlib
import io
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.metrics import ALL_SIZES, PictureBoxes, average_precisions, gather, summarise

with warnings.catch_warnings():  # its imports use what newer Pythons warn of
    warnings.simplefilter("ignore")
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

SIZES = {"all": ALL_SIZES, "small": (0, 32**2), "medium": (32**2, 96**2), "large": (96**2, 1e10)}


def boxes(*rows):
    return np.array(rows, dtype=np.float32).reshape(-1, 4)


def picture(detections, scores, labels, regions=()):
    return PictureBoxes(
        detections=boxes(*detections),
        scores=np.array(scores, dtype=np.float32),
        labels=boxes(*labels),
        regions=boxes(*regions),
    )


def annotation(box, number, image, crowd):
    x1, y1, x2, y2 = (float(v) for v in box)
    wide, high = x2 - x1, y2 - y1
    return {
        "id": number,
        "image_id": image,
        "category_id": 1,
        "bbox": [x1, y1, wide, high],
        "area": wide * high,
        "iscrowd": int(crowd),
    }


def official(pictures):
    """AP50 and AP50:95 of pycocotools, by size."""
    truth, found = [], []
    for image, one in enumerate(pictures, start=1):
        for group, crowd in ((one.labels, False), (one.regions, True)):
            truth += [annotation(b, len(truth) + i, image, crowd) for i, b in enumerate(group, 1)]
        found += [
            annotation(b, 0, image, crowd=False) | {"score": float(s)}
            for b, s in zip(one.detections, one.scores, strict=True)
        ]
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = {
            "info": {},
            "images": [{"id": i} for i in range(1, len(pictures) + 1)],
            "annotations": truth,
            "categories": [{"id": 1, "name": "thing"}],
        }
        coco.createIndex()
        judged = COCOeval(coco, coco.loadRes(found), "bbox")
        judged.evaluate()
        judged.accumulate()
    precision = judged.eval["precision"][:, :, 0, :, -1]  # IoU, recall, size; 100 detections
    means = {s: precision[..., i] for i, s in enumerate(SIZES)}
    return {
        s: (m[0].mean(), m.mean()) if (m > -1).any() else (np.nan, np.nan) for s, m in means.items()
    }


def assert_parity(pictures):
    expected = official(pictures)
    for name, size in SIZES.items():
        matches = gather(pictures, size=size)
        ours = average_precisions(matches)
        assert (ours[0], float(np.mean(ours))) == pytest.approx(expected[name], nan_ok=True)
    whole = summarise(gather(pictures), 0.5)
    assert (whole.ap50, whole.ap50_95) == pytest.approx(expected["all"], nan_ok=True)


def random_pictures(seed):
    """Labels of all sizes, detections near them, beside them and twice; few distinct scores."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(int(rng.integers(1, 12))):
        count = int(rng.integers(0, 9))
        side = np.exp(rng.uniform(1.5, 5.5, (count, 2)))
        corner = rng.uniform(0, 400, (count, 2))
        labels = np.hstack([corner, corner + side]).astype(np.float32)
        near = np.repeat(labels, 3, axis=0)
        near = near + rng.normal(0, 0.08, near.shape) * np.tile(side.repeat(3, axis=0), 2)
        far = rng.uniform(0, 300, (int(rng.integers(0, 30)), 2))
        far = np.hstack([far, far + rng.uniform(4, 150, far.shape)])
        found = np.vstack([near, far]).astype(np.float32)
        found = found[(found[:, 2:] > found[:, :2] + 1).all(1)]
        crowd = rng.uniform(0, 300, (int(rng.integers(0, 3)), 2))
        regions = np.hstack([crowd, crowd + rng.uniform(30, 200, crowd.shape)])
        scores = rng.integers(1, 40, len(found)) / 40  # many of them equal
        made.append(picture(found, scores, labels, regions))
    if not any(len(p.detections) for p in made):  # loadRes takes no empty list
        made.append(picture([[0, 0, 9, 9]], [0.5], []))
    return made


@pytest.mark.parametrize("seed", range(25))
def test_parity_on_random_pictures(seed):
    """All sizes, ignored regions, equal scores, many boxes on one label."""
    assert_parity(random_pictures(seed))


SQUARE = [0, 0, 40, 40]
ADVERSARIAL = {
    "equal overlaps: of two equal labels the last is taken": [
        picture([[0, 0, 40, 40], [2, 0, 42, 40]], [0.9, 0.8], [SQUARE, SQUARE])
    ],
    "a label stolen by a better detection of another label": [
        picture([[8, 0, 48, 40], [0, 0, 40, 40]], [0.9, 0.8], [[4, 0, 44, 40], [12, 0, 52, 40]])
    ],
    "overlap of exactly a half": [picture([[0, 0, 40, 20]], [0.9], [SQUARE])],
    "a crowd swallows what hits no label": [
        picture(
            [[0, 0, 40, 40], [100, 0, 140, 40], [110, 0, 150, 40], [190, 0, 230, 40]],
            [0.6, 0.9, 0.8, 0.7],
            [SQUARE],
            [[90, 0, 200, 90]],
        )
    ],
    "a label inside a crowd still counts": [
        picture([[0, 0, 40, 40]] * 2, [0.9, 0.8], [SQUARE], [[0, 0, 200, 200]])
    ],
    "half in a crowd: ignored at IoU 0.5, wrong above 0.6": [
        picture([[0, 0, 100, 100], SQUARE], [0.9, 0.8], [SQUARE], [[40, 0, 300, 300]])
    ],
    "sizes on their limits": [
        picture(
            [[0, 0, 32, 32], [0, 200, 96, 296], [200, 0, 296.25, 96]],
            [0.9, 0.8, 0.7],
            [[0, 0, 32, 32], [0, 200, 96, 296], [200, 0, 296, 96]],
        )
    ],
    "a detection of another size than its label": [
        picture([[0, 0, 33, 33], [0, 0, 31, 31]], [0.9, 0.95], [[0, 0, 31.5, 32]])
    ],
    "a crowd is chosen before a label of another size, which stays free": [
        picture([[0, 0, 32, 32], [8, 8, 40, 40]], [0.9, 0.8], [SQUARE], [[0, 0, 32, 32]]),
        picture([[0, 0, 20, 20]], [0.7], [[0, 0, 20, 20]]),
    ],
    "no detection at all on one picture, no label on the other": [
        picture([], [], [SQUARE]),
        picture([SQUARE], [0.4], []),
    ],
    "more than a hundred detections of one class": [
        picture(
            [[i, 300, i + 30, 330] for i in range(0, 240, 2)] + [SQUARE],
            [0.9] * 120 + [0.1],
            [SQUARE],
        )
    ],
    "one score for everything": [
        picture([SQUARE, [60, 0, 90, 40], [1, 1, 41, 41]], [0.5] * 3, [SQUARE, [60, 0, 90, 41]]),
        picture([[5, 5, 9, 9], SQUARE], [0.5] * 2, [SQUARE]),
    ],
    "nothing labelled": [picture([SQUARE], [0.5], [])],
    "only crowds": [picture([SQUARE, [300, 0, 340, 40]], [0.5, 0.4], [], [SQUARE])],
}


@pytest.mark.parametrize("case", ADVERSARIAL)
def test_parity_on_adversarial_pictures(case):
    """Ties, limits, crowds, empty pictures."""
    assert_parity(ADVERSARIAL[case])


corner = st.integers(0, 12)
box = st.tuples(corner, corner, st.integers(1, 12), st.integers(1, 12)).map(
    lambda b: [b[0] * 4, b[1] * 4, (b[0] + b[2]) * 4, (b[1] + b[3]) * 4]
)
drawn = st.builds(
    lambda found, labels, regions: picture(
        [b for b, _ in found], [s / 4 for _, s in found], labels, regions
    ),
    st.lists(st.tuples(box, st.integers(1, 4)), min_size=1, max_size=8),
    st.lists(box, max_size=5),
    st.lists(box, max_size=2),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(drawn, min_size=1, max_size=4))
def test_parity_on_coarse_grids(pictures):
    """Boxes on a coarse grid tie all the time: the order of equals is pycocotools' too."""
    assert_parity(pictures)
