"""Random training frames: labels inside the picture, the layout, the same seed the same data."""

from pathlib import Path

import numpy as np

from models.street import pictures
from models.street.labels import CLASSES


def test_labels_are_fractions() -> None:
    """Every label has a known class and a box inside the picture."""
    found = set()
    for seed in range(4):
        made = pictures.shot(seed)
        for number, x, y, w, h in made.rows:
            found.add(CLASSES[number])
            assert min(x - w / 2, y - h / 2) >= -1e-6
            assert max(x + w / 2, y + h / 2) <= 1 + 1e-6
    assert len(found) >= 4


def test_same_seed_same_picture() -> None:
    """A shot is a pure function of its seed."""
    one, two = pictures.shot(11), pictures.shot(11)
    assert np.array_equal(one.picture, two.picture)
    assert one.rows == two.rows


def test_data_set_layout(tmp_path: Path) -> None:
    """The data set has the files that training expects."""
    totals = pictures.write(2, 5, tmp_path)
    assert totals["train"] == 2
    assert (tmp_path / "classes.txt").read_text().split() == list(CLASSES)
    names = {p.stem for p in (tmp_path / "images" / "train").iterdir()}
    assert names == {p.stem for p in (tmp_path / "labels" / "train").iterdir()}
    assert "names:" in (tmp_path / "data.yaml").read_text()
