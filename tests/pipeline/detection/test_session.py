"""Sessions: a network that does not fit its card or this machine is refused before it runs."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from onnx import TensorProto

from pipeline.detection.card import load_card, read_network
from pipeline.detection.session import PROVIDERS, NetworkSession, provider_name
from pipeline.errors import ModelError, ModelShapeError


def open_session(path, *, provider="cpu", threads=1):
    """The session of the card at `path`."""
    card = load_card(path, task="detect")
    return NetworkSession(card, read_network(card, path), provider=provider, threads=threads)


@pytest.mark.parametrize(
    ("network", "message"),
    [
        ({"input_name": "x"}, "promises one input 'images', the network has 'x'"),
        ({"output_name": "y"}, "promises an output 'output0', the network has 'y'"),
        ({"classes": 3}, r"should be \[1, 4 \+ 2 classes, anchors\].* but is \[1, 7, 16\]"),
        ({"size": (64, 128)}, r"\[1, 3, 128, 128\] as the card says.*\[1, 3, 128, 64\]"),
        ({"kind": TensorProto.UINT8}, r"but is tensor\(uint8\)"),
    ],
)
def test_a_network_of_another_shape_is_refused(networks, network, message):
    """What was expected and what was found both stand in the message."""
    with pytest.raises(ModelShapeError, match=message):
        open_session(networks.detector(**network))


def test_an_unknown_provider_is_answered_with_those_that_are_there():
    """A typo in the setting lists what may be set."""
    with pytest.raises(
        ModelError, match=r"unknown execution provider 'gpu'; known: cpu,.*here: .*cpu"
    ):
        provider_name("gpu")


def test_a_provider_that_is_not_installed_is_named_with_what_to_do():
    """A known provider that this installation lacks says which packages would have it."""
    lacking = [p for p in PROVIDERS if not _is_available(p)]
    assert lacking  # no build of ONNX Runtime has them all
    with pytest.raises(ModelError, match=f"'{lacking[0]}' is not in the installed onnxruntime"):
        provider_name(lacking[0])


def _is_available(provider):
    try:
        provider_name(provider)
    except ModelError:
        return False
    return True


def test_no_threads_are_refused(networks):
    """Zero would mean "all cores" to the runtime, which a shared box cannot want."""
    with pytest.raises(ModelError, match="at least 1 thread, got 0"):
        open_session(networks.detector(), threads=0)


def test_bytes_that_are_no_network_are_refused(networks):
    """A file with the right hash that is no ONNX gives our error, not the runtime's."""
    path = networks.detector()
    old = networks.network_path.read_bytes()
    junk = b"not a network"
    networks.network_path.write_bytes(junk)
    path.write_text(
        path.read_text().replace(hashlib.sha256(old).hexdigest(), hashlib.sha256(junk).hexdigest())
    )
    with pytest.raises(ModelError, match=r"tiny\.onnx: cannot be loaded by CPUExecutionProvider"):
        open_session(path)


def test_a_failing_run_is_our_error(networks):
    """An input that the network cannot take gives our error with its shape."""
    session = open_session(networks.detector(size=(128, 128)))
    with pytest.raises(ModelError, match=r"failed on an input of shape \(1, 3, 64, 64\)"):
        session.run(np.zeros((1, 3, 64, 64), np.float32))
