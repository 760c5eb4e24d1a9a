"""Tiny ONNX networks with cards, so that the real runtime runs in every test."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

CELL = 32  # px: side of a cell of the tiny detector, and its stride

DETECTOR_CARD = """\
format = 1
name = "tiny"
version = "1"
task = "detect"
file = "tiny.onnx"
sha256 = "{sha256}"
created = 2026-09-01
licence = "AGPL-3.0-or-later"

[input]
name = "images"
width = 128
height = 128
stride = 32
channels = "RGB"
range = [0.0, 1.0]
pad = 114

[output]
name = "output0"
layout = "cxcywh+scores"

[[classes]]
name = "red"
threshold = 0.4

[[classes]]
name = "blue"
threshold = 0.5

[training]
epochs = 3

[[data]]
name = "squares"
pictures = 2

[[metrics]]
name = "AP50"
value = 0.5
"""

CLASSIFIER_CARD = """\
format = 1
name = "tiny"
version = "1"
task = "classify"
file = "tiny.onnx"
sha256 = "{sha256}"
created = 2026-09-01
licence = "AGPL-3.0-or-later"
abstain_below = 0.6

[input]
name = "images"
width = 64
height = 64
stride = 32
channels = "RGB"
range = [0.0, 1.0]
pad = 114

[output]
name = "output0"
layout = "{layout}"

[[classes]]
name = "red"

[[classes]]
name = "blue"
"""


@dataclass(frozen=True)
class NetworkFiles:
    """Writes networks and cards into one folder."""

    folder: Path

    @property
    def card_path(self) -> Path:
        """Where the card is."""
        return self.folder / "tiny.toml"

    @property
    def network_path(self) -> Path:
        """Where the ONNX file is."""
        return self.folder / "tiny.onnx"

    def detector(self, *, card: str = DETECTOR_CARD, **network) -> Path:
        """Write a detector; return its card's path."""
        return self._write(card, detector_network(**network))

    def classifier(self, *, layout: str = "logits", **network) -> Path:
        """Write a classifier; return its card's path."""
        return self._write(
            CLASSIFIER_CARD.replace("{layout}", layout), classifier_network(**network)
        )

    def _write(self, card: str, network: onnx.ModelProto) -> Path:
        content = network.SerializeToString()
        self.network_path.write_bytes(content)
        text = card.replace("{sha256}", hashlib.sha256(content).hexdigest())
        self.card_path.write_text(text, encoding="utf-8")
        return self.card_path


@pytest.fixture
def networks(tmp_path):
    """A folder to write networks and cards into."""
    return NetworkFiles(tmp_path)


def detector_network(
    *,
    size: tuple[int, int] | None = None,
    input_name: str = "images",
    output_name: str = "output0",
    classes: int = 2,
    kind: int = TensorProto.FLOAT,
) -> onnx.ModelProto:
    """One anchor per cell of 32 px: score "red" is mean red minus mean blue, "blue" the reverse.

    More than two classes never score. `size` is a fixed (width, height); None leaves it open.
    """
    width, height = size or ("width", "height")
    nodes = [
        helper.make_node("Cast", [input_name], ["picture"], to=TensorProto.FLOAT),
        helper.make_node(
            "AveragePool", ["picture"], ["means"], kernel_shape=[CELL, CELL], strides=[CELL, CELL]
        ),
        helper.make_node("Split", ["means", "ones"], ["r", "g", "b"], axis=1),
        helper.make_node("Sub", ["r", "b"], ["red"]),
        helper.make_node("Sub", ["b", "r"], ["blue"]),
        helper.make_node("Sub", ["g", "g"], ["zero"]),
        # Each cell's place in the grid, counted from 1 by summing ones along each axis.
        helper.make_node("Exp", ["zero"], ["one"]),
        helper.make_node("CumSum", ["one", "x_axis"], ["column"]),
        helper.make_node("CumSum", ["one", "y_axis"], ["row"]),
        helper.make_node("Sub", ["column", "half"], ["column_middle"]),
        helper.make_node("Sub", ["row", "half"], ["row_middle"]),
        helper.make_node("Mul", ["column_middle", "cell"], ["cx"]),
        helper.make_node("Mul", ["row_middle", "cell"], ["cy"]),
        helper.make_node("Mul", ["one", "cell"], ["side"]),
        helper.make_node(
            "Concat",
            ["cx", "cy", "side", "side", *["red", "blue", *["zero"] * 9][:classes]],
            ["grid"],
            axis=1,
        ),
        helper.make_node("Reshape", ["grid", "flat"], [output_name]),
    ]
    constants = {
        "ones": np.array([1, 1, 1], np.int64),
        "x_axis": np.array(3, np.int64),
        "y_axis": np.array(2, np.int64),
        "half": np.array(0.5, np.float32),
        "cell": np.array(CELL, np.float32),
        "flat": np.array([1, 4 + classes, -1], np.int64),
    }
    return _model(
        nodes,
        constants,
        helper.make_tensor_value_info(input_name, kind, [1, 3, height, width]),
        helper.make_tensor_value_info(output_name, TensorProto.FLOAT, [1, None, None]),
    )


def classifier_network(*, gain: float = 10.0, classes: int = 2) -> onnx.ModelProto:
    """Answers `gain` times mean red, then `gain` times mean blue, of a 64 x 64 picture."""
    nodes = [
        helper.make_node("GlobalAveragePool", ["images"], ["means"]),
        helper.make_node("Gather", ["means", "picked"], ["chosen"], axis=1),
        helper.make_node("Mul", ["chosen", "gain"], ["scaled"]),
        helper.make_node("Reshape", ["scaled", "flat"], ["output0"]),
    ]
    constants = {
        "picked": np.array([0, 2, 1][:classes], np.int64),
        "gain": np.array(gain, np.float32),
        "flat": np.array([1, classes], np.int64),
    }
    return _model(
        nodes,
        constants,
        helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, 64, 64]),
        helper.make_tensor_value_info("output0", TensorProto.FLOAT, [1, classes]),
    )


def _model(nodes, constants, entry, answer) -> onnx.ModelProto:
    initializers = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "tiny", [entry], [answer], initializers)
    # Version 10 of the file format and operator set 17: what every ONNX Runtime since 1.18 reads.
    return helper.make_model(graph, ir_version=10, opset_imports=[helper.make_opsetid("", 17)])
