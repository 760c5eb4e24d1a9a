"""Eight-bit networks: calibration on real pictures, and quantising all but chosen parts.

Static quantisation with ONNX Runtime: weights int8 per channel, activations uint8, written as
QDQ pairs that the runtime fuses into integer kernels. What follows the last convolutions decodes
boxes in pixels and stays in float, as does the attention's softmax.
"""

from __future__ import annotations

import io
import logging
import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import onnx
from onnxruntime.quantization import (  # type: ignore[import-untyped]
    CalibrationDataReader,
    CalibrationMethod,
    QDQQuantizer,
    QuantType,
    create_calibrator,
)

from models.label_sets import LabelSet, Picture, blot_out, read_picture
from pipeline.detection.letterbox import Letterbox, to_blob

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.detection.card import NetworkInput

# Operators with integer kernels on the CPU, and those that pass integers through between them.
OPERATORS: Final = (
    "Conv",
    "Mul",
    "Sigmoid",
    "Concat",
    "Add",
    "MaxPool",
    "Resize",
    "Split",
    "Slice",
)
# Share of a tensor's values inside its range: single values far out would spoil the steps of all.
PERCENTILE: Final = 99.995
# A SiLU gives -0.07 at -4 and less further down: what goes into one needs no steps below.
SILU_FLOOR: Final = -4.0
BINS: Final = 8192  # of a tensor's histogram: fine enough to find that share
LAST: Final = "last"  # the part of the head's last convolutions
LAST_DEPTH: Final = 4  # of their names: head/branch/layer/Conv, where others have one more
ATTENTION: Final = "/attn/"


class _OnePicture(CalibrationDataReader):  # type: ignore[misc]
    """Hands out one blob: more at a time would hold all their activations in memory."""

    def __init__(self, name: str, blob: NDArray[np.float32]) -> None:
        """Hold it."""
        self._waiting: list[dict[str, NDArray[np.float32]]] = [{name: blob}]

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        """The blob, once."""
        return self._waiting.pop() if self._waiting else None


def calibration_pictures(
    sets: Sequence[tuple[LabelSet, Sequence[Picture]]], per_set: int
) -> list[Picture]:
    """Pictures spread evenly over each set, the same every time.

    >>> calibration_pictures([], 4)
    []
    """
    chosen = []
    for _, pictures in sets:
        step = max(1, len(pictures) // per_set)
        chosen += list(pictures)[::step][:per_set]
    return chosen


def blob_of(picture: Picture, network: NetworkInput) -> NDArray[np.float32]:
    """A picture as the network gets it at work.

    Raises:
        LabelSetError: The picture cannot be read.
    """
    image = read_picture(picture.path)
    blot_out(image, picture.ignore)
    box = Letterbox.fit(
        (image.shape[1], image.shape[0]),
        limit=(network.width, network.height),
        stride=network.stride,
        fill=False,
    )
    return to_blob(image, box, network)


def calibrate(
    network: Path,
    blobs: Sequence[NDArray[np.float32]],
    name: str,
    percentile: float = PERCENTILE,
) -> Any:  # noqa: ANN401 - onnxruntime ships no types
    """Ranges of all activations over some pictures, for `quantise`.

    Args:
        network: The float ONNX file.
        blobs: Pictures as the network gets them, 1 x 3 x height x width each.
        name: The network's input.
        percentile: Share of a tensor's values inside its range, in per cent.
    """
    into_silu = {n.input[0] for n in onnx.load(network).graph.node if n.op_type == "Sigmoid"}
    with tempfile.TemporaryDirectory() as folder, _quiet():
        calibrator = create_calibrator(
            network,
            OPERATORS,
            augmented_model_path=str(Path(folder) / "augmented.onnx"),
            calibrate_method=CalibrationMethod.Percentile,
            extra_options={"percentile": percentile, "num_bins": BINS, "symmetric": False},
        )
        for blob in blobs:
            calibrator.collect_data(_OnePicture(name, blob))
        ranges = calibrator.compute_data()
    for tensor in into_silu & set(ranges):
        found = ranges[tensor]
        found.lowest = np.maximum(found.lowest, np.float32(SILU_FLOOR))
    return ranges


def parts_of(network: onnx.ModelProto) -> dict[str, list[str]]:
    """Names of the nodes that can be quantised, by part.

    A part is a layer of the body, a branch of the head, or the head's last convolutions, which give
    the scores and the distributions of the edges. Parts come in the network's order.
    """
    parts: dict[str, list[str]] = {}
    for node in quantisable(network):
        place = node.strip("/").split("/")
        branch = len(place) > 1 and place[1].startswith("cv") and "." in place[1]
        part = "/".join(place[: 2 if branch else 1])
        if branch and len(place) == LAST_DEPTH:
            part = f"{place[0]}/{LAST}"
        parts.setdefault(part, []).append(node)
    return parts


def quantisable(network: onnx.ModelProto) -> list[str]:
    """Names of the convolutions, and of the nodes between them that can be quantised."""
    maker = {out: node for node in network.graph.node for out in node.output}
    convolutions = [n for n in network.graph.node if n.op_type == "Conv"]
    waiting = [name for n in convolutions for name in n.input]
    before: set[str] = {n.name for n in convolutions}
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        node = maker.get(name)
        if node is not None and name not in seen:
            seen.add(name)
            before.add(node.name)
            waiting += node.input
    return [
        n.name
        for n in network.graph.node
        if n.name in before
        and n.op_type in OPERATORS
        and (n.op_type == "Conv" or ATTENTION not in n.name)
    ]


def quantise(
    network: onnx.ModelProto,
    ranges: Any,  # noqa: ANN401 - what `calibrate` returns
    float_parts: Collection[str],
    *,
    reduce_range: bool = False,
) -> onnx.ModelProto:
    """The network with all parts but some in eight bits.

    Args:
        network: The float network; it is left as it is.
        ranges: From `calibrate` on the same network.
        float_parts: Names of `parts_of` that stay in float.
        reduce_range: Seven bits for weights, so that sums cannot overflow on processors without
            VNNI (before Ice Lake and Zen 4).
    """
    nodes = [n for part, own in parts_of(network).items() if part not in float_parts for n in own]
    copy = onnx.ModelProto()
    copy.CopyFrom(network)
    with _quiet():
        made = QDQQuantizer(
            copy,
            True,  # noqa: FBT003 - per channel
            reduce_range,
            QuantType.QInt8,
            QuantType.QUInt8,
            ranges,
            nodes,
            [],
            OPERATORS,
            {},
        )
        made.quantize_model()
    result: onnx.ModelProto = made.model.model
    return result


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep ONNX Runtime's progress and its advice for other kinds of networks off the terminal."""
    logging.disable(logging.WARNING)
    try:
        with redirect_stdout(io.StringIO()):
            yield
    finally:
        logging.disable(logging.NOTSET)
