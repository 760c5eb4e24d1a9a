"""Networks reopened from ONNX compute and learn as before; skipped where torch is missing."""

from __future__ import annotations

import onnx
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("ultralytics")

from models import train  # noqa: E402 (after the skip)
from models.export import to_onnx  # noqa: E402
from models.network import DetectionModel, WeightsError, bare_network  # noqa: E402
from models.reopen import network_of_onnx, unfold_norms  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")  # torch's exporter warns of itself


def pixels(count, seed=0):
    torch.manual_seed(seed)
    coarse = torch.rand(count, 3, 8, 8)
    return torch.nn.functional.interpolate(coarse, size=(64, 64), mode="bilinear")


def raw(network, batch):
    with torch.inference_mode():
        return network.eval()(batch)[0]


@pytest.fixture(scope="module")
def learned(tmp_path_factory):
    """A network whose norms have seen pictures, and its ONNX file."""
    torch.manual_seed(1)
    network = bare_network().train()
    with torch.no_grad():
        for seed in range(40):
            network(pixels(4, seed))
        for branch in network.model[-1].cv2:  # equal weights would be written once
            branch[2].bias.add_(torch.rand_like(branch[2].bias))
    path = tmp_path_factory.mktemp("reopen") / "street.onnx"
    to_onnx(network.eval(), path)
    return path


@pytest.fixture(scope="module")
def answers(learned):
    """What the file answers on other pictures."""
    return raw(network_of_onnx(learned), pixels(4, 99))


def test_a_reopened_network_computes_what_its_file_computes(learned, answers):
    """Before and after its norms are unfolded."""
    import onnxruntime  # noqa: PLC0415 (as models.load_state: training goes without)

    session = onnxruntime.InferenceSession(str(learned), providers=["CPUExecutionProvider"])
    theirs = torch.from_numpy(session.run(None, {"images": pixels(4, 99).numpy()})[0])
    assert torch.allclose(answers, theirs, atol=2e-3)
    network = network_of_onnx(learned)
    unfold_norms(network, [pixels(4, seed) for seed in range(8)])
    assert torch.allclose(raw(network, pixels(4, 99)), answers, atol=2e-3)


def test_unfolded_norms_hold_in_training(learned):
    """On the pictures they were measured on, training mode answers nearly as evaluation mode."""

    def gap(network):
        with torch.no_grad():
            network.train()
            trained = network(seen)["scores"].sigmoid()
            network.eval()
            return float((trained - network(seen)[1]["scores"].sigmoid()).abs().max())

    seen = torch.cat([pixels(4, seed) for seed in range(8)])
    folded, unfolded = network_of_onnx(learned), network_of_onnx(learned)
    unfold_norms(unfolded, [seen])
    assert gap(unfolded) < 1e-3
    assert gap(folded) > gap(unfolded)


def larger(path):
    """YOLO11s has the same names in other shapes."""
    network = DetectionModel("yolo11s.yaml", nc=18, verbose=False)
    to_onnx(network.eval(), path)


def renamed(path):
    """A graph without our names."""
    node = onnx.helper.make_node("Identity", ["a"], ["b"])
    ends = [onnx.helper.make_tensor_value_info(n, 1, [1]) for n in "ab"]
    onnx.save(onnx.helper.make_model(onnx.helper.make_graph([node], "g", ends[:1], ends[1:])), path)


OTHERS = {
    larger: "not the street network",
    renamed: "not the street network",
    lambda path: path.write_bytes(b"\x08no onnx"): "cannot be read as ONNX",
    lambda path: None: "network is missing",
}


@pytest.mark.parametrize("other", OTHERS)
def test_another_network_is_named_and_nothing_is_written(tmp_path, capsys, other):
    """File and reason, on the command line too."""
    path = tmp_path / "other.onnx"
    other(path)
    with pytest.raises(WeightsError, match=r"other\.onnx: " + OTHERS[other]):
        network_of_onnx(path)
    asked = ["--prepared", str(tmp_path), "--start", str(path), "--out", str(tmp_path / "out")]
    assert train.main(asked) == 1
    assert OTHERS[other] in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
