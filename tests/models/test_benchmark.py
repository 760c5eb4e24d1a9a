"""The benchmark measures each network in a process of its own and names what it cannot measure."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest

from models.benchmark import main, measure, summary


def test_every_stage_and_memory_are_measured(cells, tmp_path, capsys):
    """A network, two pictures, one and two threads; the last line is one JSON object."""
    card = cells()
    out = tmp_path / "bench.json"
    asked = ["--models", card.parent, "--runs", 3, "--json", out]
    assert main([str(a) for a in asked]) == 0
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert last == json.loads(out.read_text())
    assert [(r["picture"], r["threads"]) for r in last["rows"]] == [
        ("1920x1080", 1),
        ("1920x1080", 2),
        ("640x640", 1),
        ("640x640", 2),
    ]
    for row in last["rows"]:
        assert set(row["ms"]) == {"letterbox", "network", "decode", "whole"}
        assert all(0 < s["best"] <= s["median"] <= s["p90"] for s in row["ms"].values())
        assert 20 < row["peak_mb"] <= last["peak_mb"]


def test_memory_is_the_networks_own(cells, tmp_path):
    """A caller that holds much memory does not raise the figure of a small network."""
    picture = tmp_path / "picture.png"
    cv2.imwrite(str(picture), np.zeros((64, 64, 3), np.uint8))
    burden = np.ones(400 * 2**20, dtype=np.uint8)  # touched, so that it is resident
    assert measure(cells(), 1, picture, 1)["peak_mb"] < 300
    assert burden.any()


def test_an_altered_network_is_named(cells, capsys):
    """The measuring process refuses it, and its words reach the caller."""
    card = cells()
    (card.parent / "net.onnx").write_bytes(b"something else")
    assert main(["--models", str(card.parent), "--runs", "1"]) == 2
    assert "is not the network" in capsys.readouterr().err


def test_an_empty_folder_is_no_success(tmp_path, capsys):
    """Nothing measured is not ok."""
    assert main(["--models", str(tmp_path)]) == 2
    assert json.loads(capsys.readouterr().out)["ok"] is False


def test_spread_of_runs():
    """Best, median, and what nine of ten keep below."""
    assert summary([float(v) for v in range(11)]) == {"best": 0.0, "median": 5.0, "p90": 9.0}
    assert summary([2.0])["p90"] == pytest.approx(2.0)
