"""Descriptions of label sets: the shipped ones are sound, wrong ones are refused by name."""

from __future__ import annotations

import pytest

from models.classes import CLASSES, COCO_ROWS, class_id
from models.label_sets import LabelSetError, descriptions, read_boxes, read_description, read_set


def test_shipped_descriptions_cover_every_class():
    """Each class is labelled by at least one set, and only one set is rendered."""
    sets = descriptions()
    labelled = set().union(*(s.complete | s.filled for s in sets))
    assert labelled == set(range(len(CLASSES)))
    assert [s.name for s in sets if s.role == "rendered"] == ["rendered"]
    assert len({s.name for s in sets}) == len(sets)


def test_class_map_is_the_promised_one():
    """Other parts read these positions."""
    assert len(CLASSES) == 18
    assert CLASSES[0] == "person"
    assert CLASSES[class_id("stall")] == "stall"
    assert set(COCO_ROWS) < set(CLASSES)
    with pytest.raises(ValueError, match="unknown class 'lorry'"):
        class_id("lorry")


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('lorry = "truck"', 'lorry = "lory"', "unknown class 'lory'"),
        ('absent = ["dust"]', 'absent = ["truck"]', "two of complete"),
        ('complete = ["truck"]', 'complete = ["truck", "bus"]', "not both: bus"),
        ('role = "real"', 'role = "dream"', "role must be"),
        ("draws = 4", "", "'draws' is missing"),
        ("[classes]", "[classes", "line"),
    ],
)
def test_wrong_descriptions_are_named(pack, old, new, reason):
    """File and reason."""
    path = pack.parent / "datasets" / "yard.toml"
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(LabelSetError, match=r"yard\.toml") as caught:
        read_description(path)
    assert reason in str(caught.value)


def test_boxes_that_stick_out_by_rounding_are_clamped(tmp_path):
    """Four printed decimals may lie outside by a little."""
    path = tmp_path / "a.txt"
    path.write_text("0 0.5 0.5 1.0004 1.0\n\n")
    assert read_boxes(path, 5).tolist() == [[0, 0, 0, 1, 1]]


def test_frames_of_one_scene_share_a_draw(pack):
    """A camera with many frames counts once."""
    path = pack.parent / "datasets" / "yard.toml"
    extra = 'scene_column = "scene"\none_scene = ["night"]\n'
    path.write_text(extra + path.read_text())
    (pack / "yard/sources.csv").write_text("file,scene\ntrain0.jpg,night\ntrain1.jpg,night\n")
    pictures, faults = read_set(read_description(path), pack / "yard", "train")
    assert faults == []
    assert [p.weight for p in pictures] == [0.5, 0.5]
