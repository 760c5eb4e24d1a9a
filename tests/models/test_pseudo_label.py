"""Pseudo-labels by a detector of ours; skipped where torch is missing."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("ultralytics")

from models.classes import CLASSES, class_id
from models.pseudo_label import by_card, main, pseudo_labels


@pytest.fixture
def prepared(tmp_path):
    """Three pictures as `models.prepare` leaves them, one for each reason to look or not to."""
    (pictures := tmp_path / "prepared" / "pictures").mkdir(parents=True)
    image = np.zeros((160, 160, 3), np.uint8)
    image[32:64, 64:96] = (0, 0, 255)  # a truck, as the detector of the tests sees it
    image[96:128, 0:32] = (0, 255, 0)  # a stall
    rows = []
    for name, dataset, split in (
        ("a", "yard", "train"),
        ("b", "yard", "val"),
        ("c", "made", "train"),
    ):
        cv2.imwrite(str(pictures / f"{name}.png"), image)
        rows.append({"file": f"{name}.png", "dataset": dataset, "split": split})
    sets = [{"name": "yard", "role": "real"}, {"name": "made", "role": "rendered"}]
    index = {"classes": CLASSES, "sets": sets, "pictures": rows}
    (pictures.parent / "index.json").write_text(json.dumps(index))
    return pictures.parent


def test_a_detector_of_ours_labels_what_coco_knows(prepared, cells):
    """The truck, not the stall; on real training pictures; a second run does nothing anew."""
    found = pseudo_labels(prepared, by_card(cells()))
    assert list(found) == ["a.png"]
    ((kind, score, *box),) = found["a.png"]
    assert kind == class_id("truck")
    assert score == pytest.approx(0.9, abs=0.01)
    assert box == pytest.approx([0.4, 0.2, 0.6, 0.4], abs=0.01)
    assert json.loads((prepared / "pseudo.json").read_text()) == found

    def never(_image):
        pytest.fail("looked at a picture again")

    assert pseudo_labels(prepared, never) == found


def test_what_cannot_be_used_is_named(prepared, tmp_path, capsys):
    """A missing card and a folder that nobody prepared."""
    gone = str(tmp_path / "gone.toml")
    assert main(["--prepared", str(prepared), "--card", gone]) == 1
    assert "gone.toml" in capsys.readouterr().err
    assert not (prepared / "pseudo.json").exists()
    assert main(["--prepared", str(tmp_path), "--weights", gone]) == 1
    assert "gone.toml: weights are missing" in capsys.readouterr().err
