"""The recipe: its steps, what it remembers, and what it refuses. CI runs all of it small."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from models.evaluate import SHIPPED
from models.label_sets import LabelSetError, descriptions, read_set
from models.recipe import RecipeError, Run, main
from models.recipe_steps import SMALL, WHOLE, Plan, Step
from models.small_pack import copy_small, few_of, few_trucks
from models.truck_loads import LOADS

ASKED = {"data": None, "small": True}


def names(data, sizes=WHOLE):
    return [step.name for step in Plan(Path("out"), data, sizes).steps()]


def test_the_whole_recipe_in_order():
    """As docs/training.md tells it; the small one has fewer legs."""
    whole = names(Path("data"))
    small = names(Path("data"), SMALL)
    assert [n for n in whole if n not in {"train 3", "train 4", "train 5"}] == small
    assert whole == [
        "render", "synthesize", "prepare", "pseudo_label", "train 1", "train 2", "train 3",
        "train 4", "train 5", "average", "export", "evaluate", "load_state", "evaluate_load_state",
        "patch_kind", "evaluate_patch_kind", "quantize", "against",
    ]  # fmt: skip


@pytest.mark.parametrize("sizes", [SMALL, WHOLE])
def test_a_leg_goes_on_from_one_before_it(sizes):
    """From the named one's end; legs that only prepare for others stay out of the mean."""
    steps = {step.name: step for step in Plan(Path("out"), Path("data"), sizes).steps()}
    for number, leg in enumerate(sizes.legs, start=1):
        train = steps[f"train {number}"]
        assert leg.after < number
        start = ["--start", f"out/run-{leg.after}/last.pt"] if leg.after else ["--weights"]
        at = train.command.index(start[0])
        assert list(train.command[at : at + len(start)]) == start
        assert (str(train.makes) in steps["average"].command) == leg.averaged


def test_without_a_data_pack_only_what_needs_real_pictures_is_left_out():
    """No composites, pseudo-labels or fast variant; training begins with the shipped network."""
    left_out = {"synthesize", "pseudo_label", "quantize"}
    assert names(None, SMALL) == [n for n in names(Path("data"), SMALL) if n not in left_out]
    for train in Plan(Path("out"), None, SMALL).steps():
        if train.name.startswith("train"):
            at = train.command.index("--start")
            begins = (
                SHIPPED.with_suffix(".onnx") if train.name == "train 1" else "out/run-1/last.pt"
            )
            assert train.command[at + 1] == str(begins)
            assert "--weights" not in train.command


def test_what_ships_is_read_and_never_written():
    """It appears only as what to begin with or to compare with."""
    steps = [*Plan(Path("out"), Path("data"), WHOLE).steps()]
    for step in [*steps, *Plan(Path("out"), None, SMALL).steps()]:
        words = list(step.command)
        for at, word in enumerate(words):
            if Path(word).is_relative_to(SHIPPED.parent):
                assert words[at - 1] in {"--against", "--start"}


@pytest.fixture
def step(tmp_path):
    """A real step: one rendered picture."""
    out = tmp_path / "rendered"
    command = ("street.pictures", "--count", "1", "--out", str(out))
    return Step(name="render", command=command, makes=out / "classes.txt")


def take(tmp_path, *steps):
    run = Run(tmp_path / "run", ASKED)
    for one in steps:
        run.take(one)
    return run


def test_a_step_is_done_once_until_it_or_something_before_it_changes(tmp_path, step, capsys):
    """Done, done before, undone by its product's loss, undone by another step before it."""
    again = "== render: done before"
    assert take(tmp_path, step).done["render"]["seconds"] >= 0
    assert again not in capsys.readouterr().out
    take(tmp_path, step)
    assert again in capsys.readouterr().out
    step.makes.unlink()
    take(tmp_path, step)
    assert again not in capsys.readouterr().out
    take(tmp_path, Step(name="first", command=("classes",), makes=tmp_path), step)
    assert again not in capsys.readouterr().out


def test_a_failed_step_is_named_with_its_log_and_not_taken_for_done(tmp_path):
    """The script's own words are on the terminal; the folder remembers no success."""
    command = ("prepare", "--rendered", str(tmp_path / "gone"), "--out", str(tmp_path / "out"))
    wrong = Step(name="prepare", command=command, makes=tmp_path)
    with pytest.raises(RecipeError, match=r"prepare: exit code 1; see .*prepare\.log"):
        take(tmp_path, wrong)
    assert json.loads((tmp_path / "run" / "steps.json").read_text())["done"] == {}
    allowed = Step(name="prepare", command=command, makes=tmp_path, may_differ=True)
    assert take(tmp_path, allowed).done["prepare"]["said"] == {}


def test_only_a_training_of_this_very_run_is_gone_on_with(tmp_path):
    """A checkpoint that lies there from before is not taken for the run's own."""
    last = tmp_path / "last.pt"
    last.write_bytes(b"of another run")
    command = ("train", "--prepared", str(tmp_path), "--out", str(tmp_path))
    with pytest.raises(RecipeError, match="train: exit code"):
        take(tmp_path, Step(name="train", command=command, makes=last, goes_on=True))
    assert not last.exists()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "cannot be read"),
        ('{"done": {}}', "cannot be read"),
        (json.dumps({"asked": {"data": "x"}, "begun": "", "done": {}}), "holds a run of"),
    ],
)
def test_a_folder_of_another_run_is_refused(tmp_path, content, reason):
    """Small and whole, one data pack and another do not mix."""
    (tmp_path / "steps.json").write_text(content)
    with pytest.raises(RecipeError, match=reason):
        Run(tmp_path, ASKED)


def test_bad_arguments_end_with_a_message(tmp_path, capsys):
    """A missing data pack and a pack without weights: named, exit code 2, nothing written."""
    out = ["--out", str(tmp_path / "out")]
    assert main([*out, "--data", str(tmp_path / "gone")]) == 2
    assert "gone: there is no such folder" in capsys.readouterr().err
    assert main([*out, "--data", str(tmp_path)]) == 2
    assert "initial weights are missing" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    with pytest.raises(SystemExit, match="2"):
        main(out)


def test_a_small_pack_is_a_pack(pack, tmp_path):
    """It reads as the whole one does."""
    sets = descriptions(pack.parent / "datasets")
    copy_small(sets, pack, tmp_path / "small")
    for split, count in (("train", 2), ("val", 1)):
        pictures, faults = read_set(sets[0], tmp_path / "small" / "yard", split)
        assert not faults
        assert len(pictures) == count
        assert all(len(p.labels) == 1 for p in pictures)


def test_a_small_pack_has_trucks_of_each_load(pack):
    """Pictures that are asked for by name come besides the few."""
    wanted = few_trucks(count=1)
    assert sum(len(names) for names in wanted.values()) >= len(LOADS)
    (labels,) = descriptions(pack.parent / "datasets")
    pictures, _ = read_set(labels, pack / "yard", "train")
    chosen = few_of(pictures, count=1, also={"train1.jpg"})
    assert [p.path.name for p in chosen] == ["train1.jpg", "train0.jpg"]


def test_a_broken_pack_leaves_no_small_one(pack, tmp_path):
    """Folder and reason, and nothing half copied."""
    (pack / "yard/classes.txt").unlink()
    with pytest.raises(LabelSetError, match=r"classes\.txt: class list is missing"):
        copy_small(descriptions(pack.parent / "datasets"), pack, tmp_path / "small")
    assert not list(tmp_path.glob("small*"))
