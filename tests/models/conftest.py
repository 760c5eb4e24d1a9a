"""A tiny data pack in a temporary folder."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

DESCRIPTION = """
name = "{name}"
folder = "{name}"
role = "real"
licence = "CC0-1.0"
draws = 4
complete = ["truck"]
absent = ["dust"]

[classes]
lorry = "truck"
cat = ""
"""


@pytest.fixture
def pack(tmp_path):
    """Data pack of one set `yard`, two train pictures and one val picture, and its description."""
    data = tmp_path / "pack"
    rng = np.random.default_rng(0)
    for split, count in (("train", 2), ("val", 1)):
        (data / "yard" / "images" / split).mkdir(parents=True)
        (data / "yard" / "labels" / split).mkdir(parents=True)
        for i in range(count):
            coarse = rng.integers(0, 255, (6, 8, 3), dtype=np.uint8)
            image = cv2.resize(coarse, (96, 64), interpolation=cv2.INTER_CUBIC)
            cv2.imwrite(str(data / "yard" / "images" / split / f"{split}{i}.jpg"), image)
            label = "0 0.5 0.5 0.25 0.5\n1 0.1 0.1 0.1 0.1\n"
            (data / "yard" / "labels" / split / f"{split}{i}.txt").write_text(label)
    (data / "yard" / "classes.txt").write_text("lorry\ncat\n")
    (tmp_path / "datasets").mkdir()
    (tmp_path / "datasets" / "yard.toml").write_text(DESCRIPTION.format(name="yard"))
    return data
