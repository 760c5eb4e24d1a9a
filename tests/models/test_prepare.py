"""Preparing data: the class map is applied, and every fault is named with its file."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest

from models.classes import CLASSES, class_id
from models.prepare import PrepareError, fingerprint, main, prepare, read_index


def run(pack, out):
    return prepare(pack, out, None, datasets=pack.parent / "datasets")


def test_index_holds_our_classes(pack, tmp_path):
    """The set's own class becomes ours, a class mapped to nothing is dropped."""
    index = json.loads(run(pack, tmp_path / "out").read_text())
    assert [r["file"] for r in index["pictures"]] == [
        "yard_train_train0.jpg",
        "yard_train_train1.jpg",
        "yard_val_val0.jpg",
    ]
    row = index["pictures"][0]
    assert row["labels"] == [[class_id("truck"), 0.375, 0.25, 0.625, 0.75]]
    assert (row["width"], row["height"]) == (96, 64)
    assert index["sets"][0]["absent"] == [class_id("dust")]
    assert (tmp_path / "out" / "pictures" / row["file"]).is_file()


def edit(path, text):
    path.write_text(text)
    return path


FAULTS = {
    "box out of range": lambda y: edit(y / "labels/train/train0.txt", "0 0.9 0.5 0.4 0.5\n"),
    "class 7 is not in classes.txt": lambda y: edit(
        y / "labels/train/train0.txt", "7 0.5 0.5 0.1 0.1\n"
    ),
    "5 numbers expected": lambda y: edit(y / "labels/val/val0.txt", "0 0.5 0.5\n"),
    "not a number": lambda y: edit(y / "labels/val/val0.txt", "0 0.5 0.5 0.1 wide\n"),
    "without an entry in the set's map": lambda y: edit(y / "classes.txt", "lorry\ndog\n"),
    "its picture is missing": lambda y: edit(y / "labels/train/gone.txt", ""),
    "not a readable picture": lambda y: edit(y / "images/train/train1.jpg", "no jpeg"),
}


@pytest.mark.parametrize("reason", FAULTS)
def test_faults_name_file_and_reason(pack, tmp_path, reason):
    """A fault stops the work before anything is written."""
    wrong = FAULTS[reason](pack / "yard")
    with pytest.raises(PrepareError) as caught:
        run(pack, tmp_path / "out")
    assert wrong.name in str(caught.value)
    assert reason in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_a_split_without_any_label_is_refused(pack, tmp_path):
    """One empty file is a picture that shows nothing; all of them are labels gone astray."""
    for i in range(2):
        (pack / f"yard/labels/train/train{i}.txt").write_text("" if i else "1 0.5 0.5 0.1 0.1\n")
    with pytest.raises(PrepareError, match=r"labels.train: all 2 label files are empty"):
        run(pack, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    (pack / "yard/labels/train/train0.txt").write_text("0 0.5 0.5 0.1 0.1\n")
    run(pack, tmp_path / "out")


def test_rendered_pictures_alone_can_be_prepared(pack, tmp_path):
    """No data pack: the real sets are neither asked for nor listed."""
    (datasets := tmp_path / "own").mkdir()
    described = (pack.parent / "datasets" / "yard.toml").read_text()
    (datasets / "yard.toml").write_text(described)
    made = described.replace('"real"', '"rendered"').replace('"yard"', '"made"')
    (datasets / "made.toml").write_text(made.replace('folder = "made"', 'folder = ""'))
    index = json.loads(prepare(None, tmp_path / "out", pack / "yard", datasets).read_text())
    assert [s["name"] for s in index["sets"]] == ["made"]
    assert len(index["pictures"]) == 3


INDEXES = {
    "is missing": None,
    "is no index": "[1, 2]",
    "not those of models/classes.py": json.dumps({"classes": list(reversed(CLASSES))}),
}


@pytest.mark.parametrize("reason", INDEXES)
def test_an_index_of_other_classes_is_refused(tmp_path, reason):
    """Labels by number mean nothing under another class map."""
    if INDEXES[reason] is not None:
        (tmp_path / "index.json").write_text(INDEXES[reason])
    with pytest.raises(PrepareError, match=r"index\.json: .*" + reason):
        read_index(tmp_path)


def test_missing_label_and_missing_class_list(pack, tmp_path):
    """Missing files are named."""
    (pack / "yard/labels/train/train0.txt").unlink()
    with pytest.raises(PrepareError, match=r"train0\.jpg: label file train0\.txt is missing"):
        run(pack, tmp_path / "out")
    (pack / "yard/classes.txt").unlink()
    with pytest.raises(PrepareError, match=r"classes\.txt: class list is missing"):
        run(pack, tmp_path / "out")


@pytest.mark.parametrize("channels", [1, 4])
def test_a_picture_that_is_not_rgb_is_refused(pack, tmp_path, channels):
    """Grey and transparent pictures are named, not converted in silence."""
    (pack / "yard/images/train/train0.jpg").unlink()
    grey = np.full((64, 96, channels), 100, np.uint8)
    cv2.imwrite(str(pack / "yard/images/train/train0.png"), grey)
    with pytest.raises(PrepareError, match=r"train0\.png: not RGB"):
        run(pack, tmp_path / "out")


def test_a_cmyk_jpeg_is_refused(pack, tmp_path):
    """OpenCV would read its four components as three wrong ones."""
    path = pack / "yard/images/train/train0.jpg"
    data = bytearray(path.read_bytes())
    at = data.index(b"\xff\xc0")
    data[at + 9] = 4
    path.write_bytes(data)
    with pytest.raises(PrepareError, match=r"train0\.jpg: not RGB: a JPEG of 4 components"):
        run(pack, tmp_path / "out")


def test_training_copies_of_validation_pictures_are_left_out(pack, tmp_path):
    """A picture that is in both splits, scaled, teaches nothing about the validation figure."""
    image = cv2.imread(str(pack / "yard/images/val/val0.jpg"))
    cv2.imwrite(str(pack / "yard/images/train/train0.jpg"), cv2.resize(image, (192, 128)))
    index = json.loads(run(pack, tmp_path / "out").read_text())
    assert index["left_out_near_validation"] == ["train0.jpg"]
    assert len(index["pictures"]) == 2


def test_fingerprint_tells_pictures_apart():
    """A mirrored slope has the opposite bits."""
    slope = np.repeat(np.arange(0, 180, 20, dtype=np.uint8)[None], 8, axis=0)
    image = np.repeat(slope[..., None], 3, axis=2)
    assert fingerprint(image) == 2**64 - 1
    assert fingerprint(np.ascontiguousarray(image[:, ::-1])) == 0


def test_a_foreign_folder_is_not_replaced(pack, tmp_path):
    """OUT is replaced whole, so it must be prepare's own."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("years of work")
    with pytest.raises(PrepareError, match="not made by prepare"):
        run(pack, tmp_path / "out")
    assert (tmp_path / "out" / "thesis.txt").exists()


def test_command_line_reports_faults(tmp_path, capsys):
    """Exit code 1 and the missing file on stderr."""
    assert main(["--data", str(tmp_path / "nowhere"), "--out", str(tmp_path / "out")]) == 1
    assert "class list is missing" in capsys.readouterr().err
