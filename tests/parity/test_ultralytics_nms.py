"""Our decoding and suppression give exactly what Ultralytics' own post-processing gives.

Always compared with answers that were recorded from Ultralytics (`write_golden.py`), and live, on
many more inputs, where torch and ultralytics can be imported.

Ultralytics keeps classes apart by shifting boxes by 7680 px per class in float32, which rounds
coordinates to 1/64 px; we compare classes instead. So that no threshold is decided by that
rounding, inputs of several classes have boxes on a grid of 1/16 px, which the shift leaves exact;
inputs of one class are not shifted and have any boxes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from pipeline.detection.suppression import Suppression, decode

GOLDEN = Path(__file__).with_name("ultralytics_nms.npz")


@dataclass(frozen=True)
class Case:
    """One raw answer and how to read it."""

    seed: int
    classes: int
    anchors: int
    score: float
    iou: float
    max_candidates: int = 30_000
    max_detections: int = 300

    @property
    def name(self) -> str:
        """What pytest calls it."""
        return f"{self.classes}-classes-{self.anchors}-anchors-score-{self.score}-iou-{self.iou}"

    def raw(self) -> np.ndarray:
        """(4 + classes) x anchors: clusters of near boxes with distinct scores, and background."""
        random = np.random.default_rng(self.seed)
        clusters = max(3, self.anchors // 12)
        middle = random.uniform(0, 640, (2, clusters))
        side = random.uniform(8, 200, (2, clusters))
        of = random.integers(0, clusters, self.anchors)
        centre = middle[:, of] + side[:, of] * random.normal(0, 0.12, (2, self.anchors))
        size = side[:, of] * np.exp(random.normal(0, 0.15, (2, self.anchors)))
        boxes = np.concatenate([centre, size])
        if self.classes > 1:
            boxes = np.round(boxes * 16) / 16
        # Distinct scores: of equal ones Ultralytics keeps whichever its sort puts first.
        scores = np.zeros((self.classes, self.anchors))
        levels = random.permutation(np.linspace(0.01, 0.99, 2 * self.anchors))
        best = (random.integers(0, 2, self.anchors) + of) % self.classes
        scores[(best + 1) % self.classes, range(self.anchors)] = levels[self.anchors :] / 2
        scores[best, range(self.anchors)] = levels[: self.anchors]
        return np.concatenate([boxes, scores]).astype(np.float32)

    def ours(self, raw: np.ndarray) -> np.ndarray:
        """N x 6: x1, y1, x2, y2, score, class."""
        found = decode(
            raw,
            Suppression(
                score_floor=self.score,
                iou=self.iou,
                max_candidates=self.max_candidates,
                max_detections=self.max_detections,
            ),
        )
        return np.column_stack([found.boxes, found.scores, found.class_ids])

    def theirs(self, raw: np.ndarray) -> np.ndarray:
        """The same from Ultralytics."""
        torch = pytest.importorskip("torch")
        nms = pytest.importorskip("ultralytics.utils.nms")
        (found,) = nms.non_max_suppression(
            torch.from_numpy(raw.copy())[None],
            conf_thres=self.score,
            iou_thres=self.iou,
            max_det=self.max_detections,
            max_nms=self.max_candidates,
        )
        return found.numpy()


RECORDED = [
    Case(seed=1, classes=18, anchors=400, score=0.1, iou=0.7),
    Case(seed=2, classes=18, anchors=400, score=0.25, iou=0.45),
    Case(seed=3, classes=4, anchors=300, score=0.4, iou=0.6),
    Case(seed=4, classes=1, anchors=300, score=0.1, iou=0.5),
    Case(seed=5, classes=18, anchors=400, score=0.1, iou=0.7, max_candidates=90, max_detections=40),
    Case(seed=6, classes=18, anchors=200, score=0.995, iou=0.7),  # nothing scores so high
]
LIVE = [
    Case(seed=101, classes=1, anchors=50, score=0.1, iou=0.7),
    Case(seed=102, classes=18, anchors=50, score=0.25, iou=0.45),
    Case(seed=103, classes=1, anchors=5040, score=0.5, iou=0.3),  # the anchors of 640 x 384
    Case(seed=104, classes=3, anchors=5040, score=0.25, iou=0.45),
    Case(seed=105, classes=18, anchors=5040, score=0.1, iou=0.7),
    Case(seed=106, classes=18, anchors=8400, score=0.1, iou=0.7),  # the anchors of 640 x 640
    Case(seed=107, classes=80, anchors=8400, score=0.5, iou=0.7),
]


def assert_same(ours, theirs):
    """The same detections in the same order; boxes within the rounding of float32."""
    assert ours.shape == theirs.shape
    assert np.array_equal(ours[:, 4:], theirs[:, 4:])  # scores and classes to the bit
    assert np.allclose(ours[:, :4], theirs[:, :4], rtol=0, atol=1e-3)


@pytest.mark.parametrize("case", RECORDED, ids=lambda case: case.name)
def test_recorded_answers(case):
    """On recorded inputs we keep what the recorded version of Ultralytics kept."""
    with np.load(GOLDEN) as golden:
        raw, theirs = golden[f"raw-{case.seed}"], golden[f"kept-{case.seed}"]
    assert_same(case.ours(raw), theirs)


@pytest.mark.parametrize("case", LIVE, ids=lambda case: case.name)
def test_live(case):
    """On fresh inputs, up to full size, we keep what the installed Ultralytics keeps."""
    raw = case.raw()
    assert_same(case.ours(raw), case.theirs(raw))
