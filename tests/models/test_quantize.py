"""The fast variant answers like the float network, keeps what must stay float, and is measured."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import pytest

from models import evaluate
from models.cards import read_card
from models.quantization import parts_of, quantisable
from models.quantize import main, score_error
from pipeline.detection.detector import Detector

SHIPPED = Path(__file__).parents[2] / "models" / "shipped" / "street.onnx"


def run(card, data, out, *more):
    given = ["--card", card, "--data", data, "--datasets", data.parent / "datasets"]
    return main([str(a) for a in (*given, "--out", out, "--threads", 1, *more)])


def last_line(capsys):
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_the_variant_is_written_with_its_own_figures(cells, yard, tmp_path, capsys):
    """Integer convolution, the same boxes, a card that evaluation agrees with."""
    card, out = cells(), tmp_path / "fast"
    assert run(card, yard, out) == 0
    last = last_line(capsys)
    assert abs(last["ap50_lost"]) <= 0.01
    made = onnx.load(out / "cells_fast.onnx")
    assert Counter(n.op_type for n in made.graph.node)["QuantizeLinear"] >= 1
    written = read_card(out / "cells_fast.toml")
    assert written["training"]["quantised_from"] == read_card(card)["sha256"]
    assert [m["class"] for m in written["metrics"]] == ["truck", "stall"]
    asked = ["--card", out / "cells_fast.toml", "--data", yard, "--datasets"]
    assert evaluate.main([str(a) for a in (*asked, tmp_path / "datasets")]) == 0
    picture = np.zeros((160, 160, 3), np.uint8)
    picture[32:64, 64:96, 2] = 255
    whole, fast = (Detector.from_card(Path(c)).detect_image(picture) for c in (card, last["card"]))
    assert np.allclose(whole.boxes, fast.boxes)
    assert np.allclose(whole.scores, fast.scores, atol=0.02)


def test_too_great_a_loss_writes_nothing(cells, yard, tmp_path, capsys, monkeypatch):
    """No candidate within the limit: not ok, and the folder stays as it was."""
    monkeypatch.setattr("models.quantize.MOST_LOST", -0.5)
    assert run(cells(), yard, tmp_path / "fast") == 1
    assert "loses more than" in last_line(capsys)["reason"]
    assert not (tmp_path / "fast").exists()


def test_unknown_parts_and_missing_pictures_are_named(cells, yard, tmp_path, capsys):
    """Nothing is half written."""
    assert run(cells(), yard, tmp_path / "fast", "--float", "layer.9") == 2
    assert "no part layer.9; the network has conv" in capsys.readouterr().err
    assert run(cells("other"), tmp_path / "gone", tmp_path / "fast") == 2
    assert not (tmp_path / "fast").exists()


def test_decoding_and_attention_stay_in_float():
    """On the shipped detector: every convolution is chosen, and nothing that decodes boxes."""
    network = onnx.load(SHIPPED)
    chosen = set(quantisable(network))
    left = [n for n in network.graph.node if n.name not in chosen]
    assert not [n.name for n in left if n.op_type == "Conv"]
    after = {"Sub", "Div", "Exp", "Softmax", "MatMul"}
    assert not [n for n in network.graph.node if n.name in chosen and n.op_type in after]
    assert "output0" not in {o for n in network.graph.node if n.name in chosen for o in n.output}
    parts = parts_of(network)
    assert sum(map(len, parts.values())) == len(chosen)
    assert {"model.0", "model.22", "model.23/cv2.0", "model.23/cv3.2"} <= set(parts)
    assert len(parts["model.23/last"]) == 6  # boxes and scores at three strides


def test_score_error_looks_only_where_something_is_seen():
    """Noise on empty anchors is not counted; nothing seen at all is no error."""
    truth = np.zeros((1, 6, 3), np.float32)
    truth[0, 5, 1] = 0.8
    ours = truth.copy()
    ours[0, 5, 1] = 0.6
    ours[0, 4, 0] = 0.05
    assert score_error([ours], [truth]) == pytest.approx(0.2)
    assert score_error([truth * 0], [truth * 0]) == 0
