"""Classifiers of crops are exported whole, wherever the command runs; skipped without torch."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("ultralytics")

from models.crop_network import CropNetwork, export  # noqa: E402 (after the skip)
from models.network import bare_network  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")  # torch's exporter warns of itself


def test_an_export_into_a_relative_folder(tmp_path, monkeypatch):
    """The recipe names its folder from where it was started; nothing else is left there."""
    monkeypatch.chdir(tmp_path)
    path = Path("run/new/kinds.onnx")
    export(CropNetwork(bare_network(), 4), path, 96)
    assert [entry.name for entry in path.parent.iterdir()] == ["kinds.onnx"]
    (output,) = onnx.load(path).graph.output
    assert [d.dim_value for d in output.type.tensor_type.shape.dim][1] == 4
