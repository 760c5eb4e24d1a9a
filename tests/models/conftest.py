"""Tiny data packs in a temporary folder, and a detector that can be measured on one of them."""

from __future__ import annotations

import cv2
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from models.cards import sha256, write_card
from models.classes import CLASSES, class_id

DESCRIPTION = """
name = "{name}"
folder = "{name}"
role = "real"
licence = "CC0-1.0"
draws = 4
complete = ["truck"]
absent = ["dust"]

[classes]
lorry = "truck"
cat = ""
"""


@pytest.fixture
def pack(tmp_path):
    """Data pack of one set `yard`, two train pictures and one val picture, and its description."""
    data = tmp_path / "pack"
    rng = np.random.default_rng(0)
    for split, count in (("train", 2), ("val", 1)):
        (data / "yard" / "images" / split).mkdir(parents=True)
        (data / "yard" / "labels" / split).mkdir(parents=True)
        for i in range(count):
            coarse = rng.integers(0, 255, (6, 8, 3), dtype=np.uint8)
            image = cv2.resize(coarse, (96, 64), interpolation=cv2.INTER_CUBIC)
            cv2.imwrite(str(data / "yard" / "images" / split / f"{split}{i}.jpg"), image)
            label = "0 0.5 0.5 0.25 0.5\n1 0.1 0.1 0.1 0.1\n"
            (data / "yard" / "labels" / split / f"{split}{i}.txt").write_text(label)
    (data / "yard" / "classes.txt").write_text("lorry\ncat\n")
    (tmp_path / "datasets").mkdir()
    (tmp_path / "datasets" / "yard.toml").write_text(DESCRIPTION.format(name="yard"))
    return data


CELL = 32  # px: side of a cell of the network, and its stride
SIDE = 160  # px of a picture: five cells
COLOURS = {"truck": (0, 0, 255), "dust": (255, 0, 0), "stall": (0, 255, 0)}  # BGR

YARD = """
name = "yard"
folder = "yard"
role = "real"
licence = "CC0-1.0"
draws = 4
complete = ["truck", "stall"]
absent = ["dust"]

[classes]
lorry = "truck"
stand = "stall"
"""


def network(gains):
    """One anchor per cell; a class scores its gain times the cell's mean of the class's colour."""
    weights = np.zeros((len(CLASSES), 3, CELL, CELL), np.float32)
    for name, gain in gains.items():
        channel = 2 - COLOURS[name].index(255)  # the network reads RGB
        weights[class_id(name), channel] = gain / CELL**2
    constants = {
        "weights": weights,
        "x_axis": np.array(3, np.int64),
        "y_axis": np.array(2, np.int64),
        "half": np.array(0.5, np.float32),
        "cell": np.array(CELL, np.float32),
        "zero": np.array(0, np.float32),
        "first": np.array([0], np.int64),
        "flat": np.array([1, 4 + len(CLASSES), -1], np.int64),
    }
    nodes = [
        helper.make_node("Conv", ["images", "weights"], ["scores"], "conv", strides=[CELL, CELL]),
        helper.make_node("Gather", ["scores", "first"], ["any"], axis=1),
        helper.make_node("Mul", ["any", "zero"], ["zeros"]),
        helper.make_node("Exp", ["zeros"], ["one"]),
        helper.make_node("CumSum", ["one", "x_axis"], ["column"]),
        helper.make_node("CumSum", ["one", "y_axis"], ["row"]),
        helper.make_node("Sub", ["column", "half"], ["column_middle"]),
        helper.make_node("Sub", ["row", "half"], ["row_middle"]),
        helper.make_node("Mul", ["column_middle", "cell"], ["cx"]),
        helper.make_node("Mul", ["row_middle", "cell"], ["cy"]),
        helper.make_node("Mul", ["one", "cell"], ["side"]),
        helper.make_node("Concat", ["cx", "cy", "side", "side", "scores"], ["grid"], axis=1),
        helper.make_node("Reshape", ["grid", "flat"], ["output0"]),
    ]
    graph = helper.make_graph(
        nodes,
        "cells",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, "height", "width"])],
        [helper.make_tensor_value_info("output0", TensorProto.FLOAT, [1, None, None])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    return helper.make_model(graph, ir_version=10, opset_imports=[helper.make_opsetid("", 17)])


@pytest.fixture
def cells(tmp_path):
    """Writes a detector of coloured cells into a folder; returns its card's path."""

    def write(name="cells", classes=CLASSES, **gains):
        folder = tmp_path / name
        folder.mkdir()
        onnx.save(network(gains or {"truck": 0.9, "stall": 0.8, "dust": 0.7}), folder / "net.onnx")
        card = {
            "format": 1,
            "name": name,
            "version": "1",
            "task": "detect",
            "file": "net.onnx",
            "sha256": sha256(folder / "net.onnx"),
            "created": "2026-11-22",
            "licence": "AGPL-3.0-or-later",
            "input": {
                "name": "images",
                "width": SIDE,
                "height": SIDE,
                "stride": CELL,
                "channels": "RGB",
                "range": [0.0, 1.0],
                "pad": 0,
            },
            "output": {"name": "output0", "layout": "cxcywh+scores"},
            "classes": [{"name": c, "threshold": 0.5} for c in classes],
        }
        write_card(folder / "card.toml", card)
        return folder / "card.toml"

    return write


def paint(objects):
    """A black picture with coloured cells: (class, column, row, brightness 0..1)."""
    image = np.zeros((SIDE, SIDE, 3), np.uint8)
    for name, column, row, bright in objects:
        x, y = column * CELL, row * CELL
        image[y : y + CELL, x : x + CELL] = np.array(COLOURS[name]) * bright
    return image


@pytest.fixture
def yard(tmp_path):
    """A pack of twelve train and twelve val pictures: trucks, stalls, one false dust."""
    data = tmp_path / "pack"
    names = {"truck": 0, "stall": 1}
    for split, first in (("train", 0), ("val", 100)):
        images, labels = (data / "yard" / k / split for k in ("images", "labels"))
        images.mkdir(parents=True)
        labels.mkdir(parents=True)
        for number in range(12):
            rng = np.random.default_rng(first + number)
            things = [("truck", 0, int(rng.integers(5)), 1.0)]
            things += [("stall", 2, int(rng.integers(5)), 1.0 if number % 3 else 0.3)]
            shown = [*things, ("dust", 4, 0, 1.0)] if number == 0 else things
            cv2.imwrite(str(images / f"{split}{number}.png"), paint(shown))
            lines = [f"{names[n]} {(c + 0.5) / 5} {(r + 0.5) / 5} 0.2 0.2" for n, c, r, _ in things]
            (labels / f"{split}{number}.txt").write_text("\n".join(lines))
    (data / "yard" / "classes.txt").write_text("lorry\nstand\n")
    (tmp_path / "datasets").mkdir()
    (tmp_path / "datasets" / "yard.toml").write_text(YARD)
    return data
