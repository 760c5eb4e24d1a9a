"""Training parts that need torch and ultralytics; skipped where they are not installed."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("ultralytics")

from models import average, export, load_state, patch_kind, train  # noqa: E402 (after the skip)
from models.classes import CLASSES, class_id  # noqa: E402
from models.export import differences, to_onnx  # noqa: E402
from models.label_sets import ROLES  # noqa: E402
from models.network import (  # noqa: E402
    DetectionModel,
    MaskedLoss,
    WeightsError,
    bare_network,
    initial_network,
    load_checkpoint,
    read_checkpoint,
)
from models.prepare import PrepareError, prepare  # noqa: E402
from models.samples import Canvas, load_known  # noqa: E402
from models.train import Course, Trainer, to_batch  # noqa: E402

COURSE = Course(
    epochs=1,
    size=64,
    batch=2,
    rate=1e-3,
    mosaic=0.5,
    scale_draws=1,
    share=1,
    roles=ROLES,
    freeze=3,
    seed=1,
)


def batch(mask_value=1, size=64):
    canvas = Canvas(size)
    canvas.boxes.append(np.array([[8, 8, 40, 40]], np.float32))
    canvas.classes.append(np.array([class_id("truck")]))
    canvas.mask[:] = mask_value
    return to_batch([canvas.sample(), canvas.sample()])


def class_gradients(mask_value):
    """Gradient of the class scores, by class, summed over anchors."""
    torch.manual_seed(0)
    network = bare_network().train()
    output = network(torch.rand(2, 3, 64, 64))
    output["scores"].retain_grad()
    loss, _ = MaskedLoss(network).loss(output, batch(mask_value))
    loss.sum().backward()
    return output["scores"].grad.abs().sum((0, 2))


def test_masked_classes_get_no_gradient():
    """Where nothing is known only the assigned anchors of the labelled class learn."""
    known, unknown = class_gradients(1), class_gradients(0)
    assert (known > 0).all()
    assert unknown[class_id("truck")] > 0
    others = [i for i in range(len(CLASSES)) if i != class_id("truck")]
    assert unknown[others].abs().max() == 0


def test_a_run_goes_on_where_it_stopped(tmp_path):
    """Weights, average, optimiser and position come back; another course is refused."""
    trainer = Trainer(bare_network(), COURSE, "cpu", bf16=False)
    frozen = trainer.network.model[0].conv.weight.clone()
    losses = trainer.learn(batch(), 10)
    assert all(np.isfinite(losses))
    assert torch.equal(trainer.network.model[0].conv.weight, frozen)
    trainer.save(tmp_path / "last.pt")
    other = Trainer(bare_network(), COURSE, "cpu", bf16=False)
    other.restore(tmp_path / "last.pt")
    assert other.step == 1
    assert trainer.learn(batch(), 10) == pytest.approx(other.learn(batch(), 10), rel=1e-4)
    longer = Course(**{**vars(COURSE), "epochs": 2})
    with pytest.raises(WeightsError, match=r"last\.pt: was trained with"):
        Trainer(bare_network(), longer, "cpu", bf16=False).restore(tmp_path / "last.pt")
    assert load_checkpoint(tmp_path / "last.pt").nc == len(CLASSES)


def test_epochs_that_are_powers_of_two_are_kept(pack, tmp_path):
    """So that one sees later what each doubling of the training brought."""
    prepare(pack, tmp_path / "prepared", None, pack.parent / "datasets")
    course = Course(**{**vars(COURSE), "epochs": 3})
    trainer = Trainer(bare_network(), course, "cpu", bf16=False)
    train.train(trainer, tmp_path / "prepared", tmp_path / "run")
    kept = {p.name for p in (tmp_path / "run").glob("*.pt")}
    assert kept == {"last.pt", "epoch-01.pt", "epoch-02.pt"}
    assert read_checkpoint(tmp_path / "run" / "epoch-02.pt")["epoch"] == 2


def test_a_leg_may_leave_out_what_is_not_real(pack, tmp_path):
    """Only sets of the named roles are drawn from; a role that is not there is named."""
    prepare(pack, tmp_path / "prepared", None, pack.parent / "datasets")
    assert load_known(tmp_path / "prepared", in_memory=False, roles=("real",)).keys() == {"yard"}
    course = Course(**{**vars(COURSE), "roles": ("rendered",)})
    trainer = Trainer(bare_network(), course, "cpu", bf16=False)
    with pytest.raises(PrepareError, match="an epoch draws 0 rendered pictures"):
        train.train(trainer, tmp_path / "prepared", tmp_path / "run")


def test_an_average_lies_between_its_runs(tmp_path, capsys):
    """Weights are the mean, the network opens; one run, or another network, is refused."""
    one, two, out = (tmp_path / f"{n}.pt" for n in ("one", "two", "out"))
    for path in (one, two):
        checkpoint_of(bare_network(), path)
    assert average.main(["--checkpoints", str(one), str(two), "--out", str(out)]) == 0
    ends = [read_checkpoint(p)["average"]["model.1.conv.weight"] for p in (one, two)]
    mean = read_checkpoint(out)["average"]["model.1.conv.weight"]
    assert torch.allclose(mean, (ends[0] + ends[1]) / 2)
    assert not torch.equal(ends[0], ends[1])
    assert load_checkpoint(out).nc == len(CLASSES)
    larger(two)
    out.unlink()
    for asked, reason in (([str(one)], "two checkpoints"), ([str(one), str(two)], "two.pt")):
        assert average.main(["--checkpoints", *asked, "--out", str(out)]) == 1
        assert reason in capsys.readouterr().err
        assert not out.exists()


def test_an_epoch_of_crops_has_as_many_of_each_load_and_some_unclear():
    """Real ones first in number; what may be either counts as the likelier."""
    states = len(load_state.LOAD_STATES)
    shown = np.zeros((8, 8, 3), np.uint8)
    targets = [*np.eye(states, dtype=np.float32), np.full(states, 1 / states, np.float32)]
    crops = [
        load_state.Crop(image=shown, target=target, source=source)
        for target in targets
        for source in ("highway40", load_state.RENDERED)
    ]
    drawn = load_state.draw(crops, np.random.default_rng(0))
    assert sum(c.state is None for c in drawn) == load_state.DRAWS * load_state.UNCLEAR_SHARE
    for state in range(states):
        own = [c for c in drawn if c.state == state]
        assert len(own) == 216
        assert sum(c.source == "highway40" for c in own) == round(216 * load_state.REAL_SHARE)


def test_foreign_weights_are_refused(tmp_path):
    """A .pt runs code when opened: only the checked one is."""
    path = tmp_path / "other.pt"
    path.write_bytes(b"anything")
    with pytest.raises(WeightsError, match=hashlib.sha256(b"anything").hexdigest()):
        initial_network(path)
    with pytest.raises(WeightsError, match="missing"):
        initial_network(tmp_path / "gone.pt")


def checkpoint_of(network, path):
    """As `models.train` saves, but of any network."""
    state = network.state_dict()
    torch.save(
        {
            "network": state, "average": state, "optimiser": {}, "epoch": 1, "step": 1,
            "course": {"size": 64, "batch": 2, "seed": 1},
        },
        path,
    )  # fmt: skip


def larger(path):
    """YOLO11s: the same names, other shapes."""
    checkpoint_of(DetectionModel("yolo11s.yaml", nc=len(CLASSES), verbose=False), path)


def newer(path):
    """YOLO26n: other layers."""
    checkpoint_of(DetectionModel("yolo26n.yaml", nc=len(CLASSES), verbose=False), path)


def unmapped(path):
    """YOLO11n with COCO's 80 classes."""
    checkpoint_of(DetectionModel("yolo11n.yaml", nc=80, verbose=False), path)


def pickled(path):
    """A whole module, as Ultralytics saves: opening it would run code."""
    torch.save({"model": bare_network()}, path)


def cut(path):
    """The first half of a checkpoint."""
    checkpoint_of(bare_network(), path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


OTHERS = {
    larger: "not a checkpoint of the street network",
    newer: "not a checkpoint of the street network",
    unmapped: "not a checkpoint of the street network",
    pickled: "cannot be read as a checkpoint",
    cut: "cannot be read as a checkpoint",
    lambda path: path.write_bytes(b""): "cannot be read as a checkpoint",
    lambda path: path.write_text("no weights"): "cannot be read as a checkpoint",
    lambda path: torch.save([1, 2], path): "no network, average, optimiser, epoch, step, course",
    lambda path: torch.save({"average": {}}, path): "no network, optimiser, epoch, step, course",
}


@pytest.mark.parametrize("other", OTHERS)
def test_a_checkpoint_of_another_architecture_is_named_and_nothing_is_written(
    tmp_path, capsys, other
):
    """File and reason on stderr, exit code 1, no output folder: in all four scripts."""
    path, out = tmp_path / "other.pt", tmp_path / "out"
    other(path)
    prepared, rendered = str(tmp_path / "prepared"), str(tmp_path / "rendered")
    for main, asked in (
        (train.main, ["--prepared", prepared, "--start"]),
        (export.main, ["--prepared", prepared, "--checkpoint"]),
        (load_state.main, ["--rendered", rendered, "--checkpoint"]),
        (patch_kind.main, ["--rendered", rendered, "--checkpoint"]),
    ):
        assert main([*asked, str(path), "--out", str(out)]) == 1
        told = capsys.readouterr().err
        assert "other.pt" in told
        assert OTHERS[other] in told
        assert not out.exists()


def test_a_missing_or_foreign_prepared_folder_is_named(tmp_path, capsys):
    """Training and export name the index and leave no output folder."""
    checkpoint_of(bare_network(), tmp_path / "own.pt")
    out, prepared = tmp_path / "out", tmp_path / "prepared"
    own = [str(tmp_path / "own.pt"), "--prepared", str(prepared), "--out", str(out)]
    for content, reason in (
        (None, "is missing; python -m models.prepare writes it"),
        ("{", "is no index of models.prepare"),
        (json.dumps({"classes": ["dog"], "sets": []}), "not those of models/classes.py"),
        (json.dumps({"classes": CLASSES, "sets": [], "pictures": []}), "fewer than one batch"),
    ):
        prepared.mkdir(exist_ok=True)
        if content is not None:
            (prepared / "index.json").write_text(content)
        assert train.main(["--start", *own]) == 1
        assert reason in capsys.readouterr().err
        if "batch" not in reason:
            assert export.main(["--checkpoint", *own]) == 1
            assert "index.json" in capsys.readouterr().err
        assert not out.exists()


@pytest.mark.filterwarnings("ignore")  # torch's exporter warns of itself
def test_onnx_equals_torch_at_any_size(tmp_path):
    """Height, width and batch stay free."""
    network = bare_network().eval()
    to_onnx(network, tmp_path / "street.onnx")
    box, score = differences(network, tmp_path / "street.onnx")
    assert box < 0.2
    assert score < 2e-3
