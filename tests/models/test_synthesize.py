"""Composites: the same every time, labelled where pasted, made of training pictures alone."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest

from models.classes import class_id
from models.composites.bases import BaseSet, SourceError
from models.composites.ground import Ground
from models.label_sets import LabelSetError
from models.prepare import prepare
from models.synthesize import main, open_pack, synthesize

DESCRIPTION = """
name = "street"
folder = "street"
role = "real"
licence = "CC0-1.0"
draws = 4
complete = ["stall", "banner", "car"]
absent = ["dust"]

[classes]
stall = "stall"
banner = "banner"
car = "car"
"""
RULES = """
role = "composite"
draws = 10
pasted = ["stall", "goods", "umbrella", "banner", "poster", "billboard", "dust", "spill", "person"]
"""
STREET = {
    "street": BaseSet(
        share=1.0,
        ground=Ground(horizon=0.3, camera_m=4.0),
        recipes={"poster": 0.8, "banner": 0.8, "stall": 0.7, "spill": 0.7, "dust": 0.7},
        crops=("banner",),
        cuts=("stall",),
    )
}


def street(rng, cloth):
    """A drawn street: sky, wall, road, a stall with a clear outline and a banner of one colour."""
    picture = np.zeros((240, 320, 3), np.uint8)
    picture[:70], picture[70:150], picture[150:] = (220, 190, 150), (120, 130, 140), (90, 90, 90)
    cv2.rectangle(picture, (40, 120), (99, 189), (30, 160, 220), -1)
    cv2.rectangle(picture, (140, 80), (239, 109), cloth, -1)
    # Its own place for a bright spot makes each picture's fingerprint its own.
    cv2.circle(picture, tuple(int(v) for v in rng.integers(20, 220, 2)), 40, (240, 240, 240), -1)
    noise = rng.integers(-12, 13, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


LABELS = "0 0.21875 0.64583 0.1875 0.29167\n1 0.59375 0.39583 0.3125 0.125\n"
TRAIN_CLOTH, VAL_CLOTH = (40, 40, 200), (200, 60, 200)


@pytest.fixture
def streets(tmp_path):
    """Six training pictures with red banners and two for validation with purple ones."""
    data, rng = tmp_path / "pack", np.random.default_rng(3)
    for split, count, cloth in (("train", 6, TRAIN_CLOTH), ("val", 2, VAL_CLOTH)):
        for kind in ("images", "labels"):
            (data / "street" / kind / split).mkdir(parents=True)
        for i in range(count):
            file = data / "street" / "images" / split / f"{split}{i}.png"
            cv2.imwrite(str(file), street(rng, cloth))
            (data / "street" / "labels" / split / f"{split}{i}.txt").write_text(LABELS)
    (data / "street" / "classes.txt").write_text("stall\nbanner\ncar\n")
    described = tmp_path / "datasets"
    described.mkdir()
    (described / "street.toml").write_text(DESCRIPTION)
    (described / "composites.toml").write_text(RULES)
    return data


def make(data, out, count=4, seed=1):
    return synthesize(
        data, out, count=count, seed=seed, datasets=data.parent / "datasets", bases=STREET
    )


def contents(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_same_seed_gives_the_same_bytes_and_another_seed_others(streets, tmp_path):
    """Deterministic, whatever the count and wherever a stopped run went on."""
    make(streets, tmp_path / "a", count=4)
    make(streets, tmp_path / "b", count=2)
    make(streets, tmp_path / "b", count=4)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    make(streets, tmp_path / "c", count=4, seed=2)
    first = sorted(p.name for p in (tmp_path / "a/street/images/train").iterdir())
    assert first[0].startswith("comp-1-")
    assert contents(tmp_path / "c") != contents(tmp_path / "a")


def test_what_lies_there_is_not_made_again(streets, tmp_path):
    """Resume: a finished composite is left alone, one without its about file is made again."""
    out = tmp_path / "out"
    make(streets, out, count=2)
    before = contents(out)
    about = sorted((out / "street/about").iterdir())
    kept = out / "street/images/train" / f"{about[0].stem}.jpg"
    kept.write_bytes(b"left alone")
    about[1].unlink()
    make(streets, out, count=2)
    after = contents(out)
    assert after.pop(kept.relative_to(out)) == b"left alone"
    assert all(before[name] == content for name, content in after.items())


def test_only_training_pictures_are_used(streets, tmp_path):
    """Neither background nor cut-out nor texture comes from a validation picture."""
    twin = cv2.imread(str(streets / "street/images/val/val0.png"))
    cv2.imwrite(str(streets / "street/images/train/train9.png"), twin)
    (streets / "street/labels/train/train9.txt").write_text(LABELS)
    make(streets, tmp_path / "out", count=6)
    told = "".join(p.read_text() for p in (tmp_path / "out/street/about").iterdir())
    assert "street/train" in told
    assert "val" not in told
    assert "train9" not in told  # it resembles a validation picture
    pack = open_pack(streets, streets.parent / "datasets", STREET)
    banners = pack.sources.crops["banner"]
    assert not any("train9" in crop.origin for crop in banners)
    colours = [crop.picture.reshape(-1, 3).mean(0) for crop in banners]
    assert colours
    assert all(np.abs(c - TRAIN_CLOTH).max() < 40 for c in colours)


def test_composites_are_one_more_set_for_prepare(streets, tmp_path):
    """`prepare` reads them with the knowledge of their background, for training only."""
    make(streets, tmp_path / "out", count=4)
    index = json.loads(
        prepare(
            streets,
            tmp_path / "prepared",
            None,
            datasets=streets.parent / "datasets",
            composites=tmp_path / "out",
        ).read_text()
    )
    known = next(s for s in index["sets"] if s["name"] == "composites_street")
    assert known["role"] == "composite"
    assert known["draws"] == 10
    assert class_id("dust") in known["complete"]  # absent before, so all there is was pasted
    assert class_id("poster") in known["partial"]  # never labelled on the background
    assert class_id("person") in known["filled"]  # the initial weights know it
    rows = [r for r in index["pictures"] if r["dataset"] == "composites_street"]
    assert len(rows) == 4
    assert {r["split"] for r in rows} == {"train"}
    assert any(len(r["labels"]) > 2 for r in rows)


def test_a_folder_of_another_recipe_is_left_as_it_is(streets, tmp_path):
    """Neither another seed nor somebody's files are mixed in."""
    out = tmp_path / "out"
    make(streets, out, count=1)
    before = contents(out)
    with pytest.raises(SourceError, match="holds composites of"):
        make(streets, out, count=1, seed=7)
    assert contents(out) == before
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    with pytest.raises(SourceError, match="not made by synthesize"):
        make(streets, tmp_path / "mine")


def break_label(data):
    (data / "street/labels/train/train1.txt").write_text("0 0.9 0.5 0.4 0.5\n")


def break_picture(data):
    cv2.imwrite(str(data / "street/images/train/train1.png"), np.full((50, 60), 9, np.uint8))


def lose_label(data):
    (data / "street/labels/train/train1.txt").unlink()


@pytest.mark.parametrize(
    ("fault", "named"),
    [
        (break_label, r"train1\.txt: line 1: box out of range"),
        (break_picture, r"train1\.png: not RGB"),
        (lose_label, r"train1\.png: label file train1\.txt is missing"),
    ],
)
def test_faults_of_the_data_pack_are_named_and_nothing_is_written(streets, tmp_path, fault, named):
    """File and reason; OUT is not made."""
    fault(streets)
    with pytest.raises(SourceError, match=named):
        make(streets, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_empty_labels_are_a_background_like_any_other(streets, tmp_path):
    """A street without anything labelled still gets something pasted on it."""
    for file in (streets / "street/labels/train").iterdir():
        file.write_text("")
    assert make(streets, tmp_path / "out", count=2) == 2


def test_a_missing_data_pack_or_description_is_named(streets, tmp_path, capsys):
    """The command line says which folder, and exits with 1."""
    assert main(["--data", str(tmp_path / "gone"), "--out", str(tmp_path / "out")]) == 1
    assert "gone: there is no such folder" in capsys.readouterr().err
    (streets.parent / "datasets" / "composites.toml").unlink()
    with pytest.raises(LabelSetError, match=r"composites\.toml: description"):
        make(streets, tmp_path / "out")
