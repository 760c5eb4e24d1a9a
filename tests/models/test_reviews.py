"""Reviewed frames become sets: what a person said, no scene on both sides, faults named."""

from __future__ import annotations

import json
import shutil
import zipfile

import cv2
import numpy as np
import pytest

from models import evaluate, prepare
from models.label_sets import descriptions, read_set
from models.review_format import Review, ReviewError
from models.reviews import convert, main, side_of

# By the hash that decides: cameras on each side, in every export.
TRAIN, VAL = "camera-1", "camera-0"


def line(picture, camera=TRAIN, **changed):
    return {
        "format": 1,
        "picture": picture,
        "camera_id": camera,
        "captured_at": "2026-05-12T10:00:00+08:00",
        "violation": "STREET_VENDING",
        "subtype": "vending.no_permitted_place",
        "verdict": "confirmed",
        "boxes": [{"class": "stall", "box": [0.4, 0.4, 0.6, 0.6], "drawn_by": "network"}],
        "complete": [],
        "approval": "training 2026-014",
        "masked": True,
    } | changed


def box(kind="stall", at=(0.4, 0.4, 0.6, 0.6), by="network", **more):
    return {"class": kind, "box": list(at), "drawn_by": by} | more


@pytest.fixture
def export(tmp_path):
    """Writes an export with a picture of its own for each line; returns its folder."""
    folder = tmp_path / "export"
    (folder / "pictures").mkdir(parents=True)

    def write(*lines):
        for number, one in enumerate(lines):
            target = folder / one["picture"]
            if one["picture"].endswith((".jpg", ".png")) and not target.exists():
                image = np.random.default_rng(number).integers(0, 255, (90, 160, 3), np.uint8)
                cv2.imwrite(str(target), cv2.resize(image, (800, 450)))
        text = "\n".join(json.dumps(x) if isinstance(x, dict) else x for x in lines)
        (folder / "reviews.jsonl").write_text(text, encoding="utf-8")
        return folder

    return write


GOOD = [
    line("pictures/a.jpg", complete=["stall", "goods"], boxes=[box(confirmed=True)]),
    line("pictures/b.jpg", boxes=[box(by="person")]),
    line("pictures/c.jpg", complete=["stall"], boxes=[], verdict="rejected", reason="other"),
    line("pictures/d.jpg", VAL, complete=["stall"], boxes=[box(confirmed=True)]),
    line(
        "pictures/e.jpg",
        violation="CONSTRUCTION_DUST",
        subtype="dust.plume",
        verdict="rejected",
        reason="mitigation_water_mist",
        boxes=[box("dust", (0.45, 0.45, 0.55, 0.55))],
    ),
]


def contents(out):
    """Split, knowledge and label rows of every picture of every set."""
    found = {}
    for labels in descriptions(out / "datasets"):
        for split in ("train", "val"):
            if any((out / labels.name / "images" / split).iterdir()):
                pictures, faults = read_set(labels, out / labels.name, split)
                assert not faults
                for picture in pictures:
                    found[picture.path.stem] = (labels, picture)
    return found


def test_each_review_teaches_what_a_person_said(export, tmp_path):
    """Complete, partial, absent and hard; the rejected mist is cut out and drawn more often."""
    counts = convert(export(*GOOD), tmp_path / "out")
    assert {k: counts[k] for k in ("train", "val", "hard", "boxes", "left_out")} == {
        "train": 4,
        "val": 1,
        "hard": 1,
        "boxes": 3,
        "left_out": 0,
    }
    sets = {s.name: s for s in descriptions(tmp_path / "out" / "datasets")}
    hard = [s for s in sets.values() if "hard" in s.name]
    assert [(s.draws, s.complete, len(s.absent)) for s in hard] == [(3, frozenset(), 1)]
    plain = sorted((len(s.complete), len(s.partial), len(s.absent)) for s in sets.values())
    assert plain == [(0, 0, 1), (0, 0, 1), (0, 1, 0), (1, 0, 0), (1, 0, 1)]
    [cut] = [p for s, p in contents(tmp_path / "out").values() if "hard" in s.name]
    assert cv2.imread(str(cut.path)).shape == (240, 240, 3)  # a box of 80 px and its margin
    assert len(cut.labels) == 0


def test_a_zip_reads_like_its_folder(export, tmp_path):
    """The same pictures and labels, byte by byte."""
    folder = export(*GOOD)
    shutil.make_archive(str(tmp_path / "export"), "zip", folder)
    convert(folder, tmp_path / "one")
    convert(tmp_path / "export.zip", tmp_path / "two")
    one, two = (
        {p.relative_to(tmp_path / n): p.read_bytes() for p in (tmp_path / n).rglob("*.*")}
        for n in ("one", "two")
    )
    assert {str(k) for k in one} == {str(k) for k in two}
    assert list(one.values()) == [two[k] for k in one]


def test_permits_and_hours_do_not_unsay_the_thing():
    """A licensed stall is a stall; nobody judged its box, so nothing is learned from it."""
    licensed = Review.model_validate(line("a.jpg", verdict="rejected", reason="licensed"))
    assert licensed.says(licensed.boxes[0]) is None
    named = Review.model_validate(
        line("a.jpg", verdict="rejected", reason="licensed", boxes=[box(confirmed=True)])
    )
    assert named.says(named.boxes[0]) is True
    mist = Review.model_validate(line("a.jpg", verdict="rejected", reason="weather"))
    assert mist.says(mist.boxes[0]) is False


def test_boxes_nobody_judged_leave_their_class_open(export, tmp_path):
    """A line that calls the stalls complete beside an unjudged one says too much: not believed."""
    unjudged = line("pictures/x.jpg", complete=["stall", "goods"], boxes=[box()])
    convert(export(unjudged, *GOOD), tmp_path / "out")
    absent = [(s.complete, s.absent) for s in descriptions(tmp_path / "out" / "datasets")]
    assert (frozenset(), frozenset({9})) in absent  # goods alone


def test_a_cut_that_shows_the_class_beside_is_not_made(export, tmp_path):
    """A true stall in the corner of a cut around a false one would teach that it is none."""
    beside = [box(confirmed=False), box(at=(0.62, 0.4, 0.8, 0.6), confirmed=True)]
    both = line("pictures/x.jpg", boxes=beside)
    counts = convert(export(both, *GOOD), tmp_path / "out")
    assert counts["cuts_not_made"] == 1
    assert counts["hard"] == 1  # the mist of the other pictures


def test_cameras_are_on_one_side_for_ever(export, tmp_path):
    """A camera's pictures of all days, in whatever export, are on one side; the shares are kept."""
    reviews = [Review.model_validate(line("a.jpg", f"camera-{n}")) for n in range(400)]
    sides = [side_of(r, "camera") for r in reviews]
    assert 50 < sides.count("val") < 110  # a fifth of 400
    lines = [
        line(f"pictures/{c}-{d}.jpg", c, captured_at=f"2026-05-{d}T10:00:00+08:00")
        for c in (TRAIN, VAL)
        for d in range(10, 20)
    ]
    lines = [x | {"boxes": [box(confirmed=True)]} for x in lines]
    convert(export(*lines), tmp_path / "out")
    sources = "".join(p.read_text() for p in (tmp_path / "out").glob("*/sources.csv"))
    sides = {tuple(r.split(",")[1:3]) for r in sources.splitlines()[1:]}
    assert sides == {("train", TRAIN), ("val", VAL)}


def test_one_camera_can_be_split_by_day(export, tmp_path):
    """By camera there would be nothing to validate on, and the message says what to do."""
    lines = [
        line(
            f"pictures/{d}.jpg",
            captured_at=f"2026-05-{d}T23:30:00+08:00",
            boxes=[box(confirmed=True)],
        )
        for d in range(10, 30)
    ]
    folder = export(*lines)
    with pytest.raises(ReviewError, match=r"no camera falls to val.*--split-by day"):
        convert(folder, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    counts = convert(folder, tmp_path / "out", split_by="day")
    assert counts["val"] > 0
    assert counts["train"] > counts["val"]


def test_unmasked_pictures_minors_and_private_scenes_are_left_out(export, tmp_path):
    """Unless it is allowed in words; a child is never used, whatever another line says."""
    bare = line("pictures/x.jpg", masked=False, boxes=[box(confirmed=True)])
    minor = line("pictures/y.jpg", verdict="rejected", reason="minor_present")
    again = line("pictures/y.jpg", boxes=[box(confirmed=True)], complete=["stall"])
    folder = export(bare, minor, again, *GOOD)
    assert convert(folder, tmp_path / "out")["left_out"] == 2
    assert convert(folder, tmp_path / "more", allow_unmasked=True)["left_out"] == 1


def grey(folder):
    cv2.imwrite(str(folder / "pictures" / "a.jpg"), np.full((90, 160), 90, np.uint8))


FAULTS = {
    "line 6: not JSON": "{",
    "line 6: boxes.0.class": line("pictures/x.jpg", boxes=[box("ufo")]),
    "line 6: boxes.0.box.3: Input should be less than or equal to 1": line(
        "pictures/x.jpg", boxes=[box(at=(0.1, 0.1, 0.5, 1.5))]
    ),
    "box has no area": line("pictures/x.jpg", boxes=[box(at=(0.5, 0.1, 0.5, 0.4))]),
    "approval": {k: v for k, v in line("pictures/x.jpg").items() if k != "approval"},
    "only a rejected one, has a reason": line("pictures/x.jpg", reason="licensed"),
    "does not belong to": line("pictures/x.jpg", subtype="dust.plume"),
    "must be a path inside the export": line("../x.jpg"),
    "captured_at": line("pictures/x.jpg", captured_at="2026-05-12T10:00:00"),
    "name different cameras or times": line("pictures/a.jpg", VAL),
    "masked_by": line("pictures/x.jpg", masked_by="nobody"),
}


@pytest.mark.parametrize("reason", FAULTS)
def test_wrong_lines_are_named_and_nothing_is_written(export, tmp_path, capsys, reason):
    """File, line and reason; no half of a set."""
    lines = [*GOOD, FAULTS[reason]]
    if reason == "line 6: not JSON":
        folder = export(*GOOD)
        with (folder / "reviews.jsonl").open("a") as file:
            file.write("\n{")
    else:
        folder = export(*[x for x in lines if not x["picture"].startswith("..")])
        if lines[-1]["picture"].startswith(".."):
            with (folder / "reviews.jsonl").open("a") as file:
                file.write("\n" + json.dumps(lines[-1]))
    out = tmp_path / "out"
    assert main(["--export", str(folder), "--out", str(out)]) == 1
    assert reason in capsys.readouterr().err
    assert not out.exists()
    assert not out.with_name("out.partial").exists()


def test_missing_grey_and_doubled_pictures_are_named(export, tmp_path):
    """All of them in one message, each with its name."""
    folder = export(*GOOD)
    grey(folder)
    (folder / "pictures" / "b.jpg").unlink()
    (folder / "pictures" / "c.jpg").write_bytes(b"no jpeg")
    with pytest.raises(ReviewError) as caught:
        convert(folder, tmp_path / "out")
    for words in ("a.jpg: not RGB", "b.jpg: picture is missing", "c.jpg: not a readable picture"):
        assert words in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_what_is_no_export_is_named(export, tmp_path):
    """No file, no ZIP, no lines, a bomb; a folder of somebody else's is not replaced."""
    out = tmp_path / "out"
    with pytest.raises(ReviewError, match="neither a folder nor a ZIP"):
        convert(tmp_path / "gone.zip", out)
    (tmp_path / "text.zip").write_text("no archive")
    with pytest.raises(ReviewError, match="neither a folder nor a ZIP"):
        convert(tmp_path / "text.zip", out)
    with pytest.raises(ReviewError, match=r"reviews\.jsonl is missing"):
        convert(tmp_path, out)
    with pytest.raises(ReviewError, match="has no lines"):
        convert(export(), out)
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("reviews.jsonl", b" " * (65 * 2**20))
    with pytest.raises(ReviewError, match="more than"):
        convert(tmp_path / "bomb.zip", out)
    out.mkdir()
    (out / "thesis.txt").write_text("years of work")
    with pytest.raises(ReviewError, match="not made by reviews"):
        convert(export(*GOOD), out)
    assert (out / "thesis.txt").exists()


def test_a_link_out_of_the_export_is_not_followed(export, tmp_path):
    """Nobody approved what lies behind it."""
    folder = export(*GOOD)
    secret = tmp_path / "secret.jpg"
    shutil.move(folder / "pictures" / "a.jpg", secret)
    (folder / "pictures" / "a.jpg").symlink_to(secret)
    with pytest.raises(ReviewError, match="leads out of the export"):
        convert(folder, tmp_path / "out")


def test_prepare_and_evaluate_read_reviewed_sets(export, cells, yard, tmp_path, capsys):
    """As one more data set: hard negatives are drawn more often, held-out cameras give figures."""
    reviewed = tmp_path / "reviewed"
    convert(export(*GOOD), reviewed)
    index_path = prepare.prepare(
        yard, tmp_path / "prepared", None, tmp_path / "datasets", reviews=reviewed
    )
    index = json.loads(index_path.read_text())
    own = {s["name"]: s["draws"] for s in index["sets"] if s["name"].startswith("reviews")}
    assert sum(p["dataset"] in own for p in index["pictures"]) == 5
    assert sorted(own.values()) == [0, 1, 1, 1, 3]
    capsys.readouterr()
    asked = ["--card", str(cells()), "--reviews", str(reviewed), "--threads", "1"]
    evaluate.main(asked)
    assert "real:reviews_plain" in capsys.readouterr().out
