"""Make a shipped detector trainable again: from its ONNX file back to a network with norms.

An exported network has its batch norms folded into the convolutions. Here they are unfolded: each
norm gets the mean and variance that its convolution shows on training pictures, and the scale and
offset that undo them, so that the network computes the same as before and learns as it did.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import onnx
import torch  # type: ignore[import-not-found,unused-ignore]
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from onnx import numpy_helper
from torch import Tensor, nn  # type: ignore[import-not-found,unused-ignore]

from models.network import REASON_LENGTH, Network, WeightsError, bare_network

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

LEAST_VARIANCE: Final = 1e-4  # of a channel that is silent on all pictures


def network_of_onnx(path: Path) -> Network:
    """The street network with the weights of an ONNX file of `models.export`, in eval mode.

    It computes what the file computes; `unfold_norms` makes it fit for training.

    Raises:
        WeightsError: The file is missing, broken, or holds another network.
    """
    if not path.is_file():
        message = f"{path}: network is missing"
        raise WeightsError(message)
    try:
        graph = onnx.load(path).graph
    except (DecodeError, onnx.checker.ValidationError) as exc:
        message = f"{path}: cannot be read as ONNX: {str(exc)[:REASON_LENGTH]}"
        raise WeightsError(message) from exc
    folded = {i.name: torch.from_numpy(numpy_helper.to_array(i).copy()) for i in graph.initializer}
    network = bare_network()
    state = network.state_dict()
    # A constant ramp and no weight: the file writes it as part of other constants.
    folded |= {name: ramp for name, ramp in state.items() if ".dfl." in name}
    for name in _convolutions(network):
        # A norm that does nothing but add what was folded into the convolution.
        norm = f"{name.removesuffix('.conv')}.bn"
        zeros = torch.zeros_like(state[f"{norm}.bias"])
        folded |= {
            f"{norm}.bias": folded.pop(f"{name}.bias", zeros[:0]),
            f"{norm}.weight": zeros + 1,
            f"{norm}.running_mean": zeros,
            f"{norm}.running_var": zeros + 1 - network.get_submodule(norm).eps,
            f"{norm}.num_batches_tracked": state[f"{norm}.num_batches_tracked"],
        }
    try:
        network.load_state_dict({name: folded[name] for name in state})
    except (KeyError, RuntimeError) as exc:
        reason = " ".join(str(exc).split())[:REASON_LENGTH]
        message = f"{path}: not the street network (YOLO11n) as models.export writes it: {reason}"
        raise WeightsError(message) from exc
    return network.eval()


def _convolutions(network: Network) -> list[str]:
    """Names of the convolutions that a norm follows."""
    names = [name for name, _ in network.named_modules()]
    return [n for n in names if n.endswith(".conv") and f"{n.removesuffix('.conv')}.bn" in names]


def unfold_norms(network: Network, batches: Iterable[Tensor]) -> None:
    """Give each norm the statistics of some pictures, and leave what the network computes.

    Args:
        network: From `network_of_onnx`; changed in place.
        batches: Pictures as the network gets them, each (n, 3, height, width) in [0, 1].
    """
    norms = {n: m for n, m in network.named_modules() if isinstance(m, nn.BatchNorm2d)}
    sums: dict[str, tuple[Tensor, Tensor, int]] = {}

    def listener(name: str) -> Any:  # noqa: ANN401 - torch's hooks are untyped
        def hear(_: nn.Module, given: tuple[Tensor, ...]) -> None:
            values = given[0].double()
            total, squares, count = sums.get(name, (torch.zeros(1), torch.zeros(1), 0))
            sums[name] = (
                total + values.sum((0, 2, 3)),
                squares + values.square().sum((0, 2, 3)),
                count + values.numel() // values.shape[1],
            )

        return hear

    hooks = [norm.register_forward_pre_hook(listener(name)) for name, norm in norms.items()]
    with torch.inference_mode():
        for pixels in batches:
            network(pixels)
    for hook in hooks:
        hook.remove()
    with torch.no_grad():
        for name, (total, squares, count) in sums.items():
            _unfold(norms[name], total / count, squares / count - (total / count).square())


def _unfold(norm: Any, mean: Tensor, variance: Tensor) -> None:  # noqa: ANN401 - a BatchNorm2d
    """Change a norm's statistics; scale and offset make up for it."""
    scale = norm.weight / (norm.running_var + norm.eps).sqrt()
    offset = norm.bias - norm.running_mean * scale
    norm.running_mean.copy_(mean)
    norm.running_var.copy_(variance.clamp(min=LEAST_VARIANCE))
    norm.weight.copy_(scale * (norm.running_var + norm.eps).sqrt())
    norm.bias.copy_(offset + norm.running_mean * scale)
