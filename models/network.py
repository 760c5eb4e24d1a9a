"""The street network: YOLO11n with our classes, started from COCO weights, and its masked loss."""

from __future__ import annotations

import ctypes
import hashlib
import importlib
import math
import os
import pickle
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, TypeAlias

os.environ.setdefault("YOLO_CONFIG_DIR", "/tmp")  # noqa: S108 (Ultralytics writes settings on import)

import cv2
import numpy as np
import torch  # type: ignore[import-not-found,unused-ignore]
from torch import Tensor, nn  # type: ignore[import-not-found,unused-ignore]

from models.classes import CLASSES, COCO_ROWS, class_id

if TYPE_CHECKING:
    from numpy.typing import NDArray

Network: TypeAlias = Any  # a DetectionModel: Ultralytics is untyped
INITIAL_SHA256: Final = "9a46cd477b95f2de0ad40ecbbf210c188ab141b81bb76ca4198d78b4ebc8f806"
STRIDES: Final = (8, 16, 32)
CHECKPOINT: Final = ("network", "average", "optimiser", "epoch", "step", "course")  # its keys
REASON_LENGTH: Final = 200  # of torch's reasons, which list every tensor
ABSENT_BIAS: Final = -9.0  # logit of a class that the COCO head does not know, as a baseline


class WeightsError(ValueError):
    """A weights file is missing, altered, or of another architecture."""


def settle_on_cpu(threads: int) -> None:
    """Tell torch, OpenCV and glibc's allocator how to share a small machine.

    Measured on two cores (models/LOG.md): giving freed memory back to the system at every step
    costs a quarter of the training speed, and OpenCV's threads get in the way of torch's.
    """
    torch.set_num_threads(threads)
    cv2.setNumThreads(0)
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:  # glibc only
        m_trim_threshold, m_mmap_max = -1, -4  # malloc.h
        mallopt(m_mmap_max, 0)
        mallopt(m_trim_threshold, 2**31 - 1)


def make_torchvision_importable() -> None:
    """Ultralytics imports torchvision, whose PyPI wheel does not load beside a CPU torch.

    Its `nms` is all that is missing, and the training scripts never call it: declaring the two
    operators is enough. Where the native ones load, nothing is changed.
    """
    try:
        importlib.import_module("torchvision")
    except RuntimeError as error:
        if "torchvision::nms" not in str(error):
            raise
        for name in [m for m in sys.modules if m.partition(".")[0] == "torchvision"]:
            del sys.modules[name]
        library = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call,unused-ignore]
        for operator in ("nms", "qnms"):
            library.define(f"{operator}(Tensor a, Tensor b, float c) -> Tensor")  # type: ignore[no-untyped-call,unused-ignore]
        extension: Any = importlib.import_module("torchvision.extension")
        extension._has_ops = lambda: True  # noqa: SLF001 (asked by torchvision.ops at import)
        _keep_registered.append(library)


_keep_registered: list[Any] = []
make_torchvision_importable()

from ultralytics.nn.tasks import (  # type: ignore[import-not-found,unused-ignore]  # noqa: E402
    DetectionModel,  # after the lines above: it imports torchvision
)
from ultralytics.utils.loss import (  # type: ignore[import-not-found,unused-ignore]  # noqa: E402
    v8DetectionLoss,
)


def initial_network(weights: Path) -> Network:
    """YOLO11n with its 80 COCO classes.

    Raises:
        WeightsError: The file is not the one that was checked: a .pt runs code when it is opened.
    """
    if not weights.is_file():
        message = f"{weights}: weights are missing"
        raise WeightsError(message)
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    if digest != INITIAL_SHA256:
        message = f"{weights}: sha256 is {digest}, expected {INITIAL_SHA256}"
        raise WeightsError(message)
    loaded = torch.load(weights, map_location="cpu", weights_only=False)
    return loaded["model"].float()


def bare_network() -> Network:
    """The street network without trained weights: YOLO11n whose last layer gives our classes."""
    network = DetectionModel("yolo11n.yaml", nc=80, verbose=False)
    head: Any = network.model[-1]
    for branch in head.cv3:
        branch[2] = nn.Conv2d(branch[2].in_channels, len(CLASSES), 1)
    head.nc = len(CLASSES)
    head.no = head.nc + 4 * head.reg_max
    network.nc = head.nc
    network.names = dict(enumerate(CLASSES))
    network.args = SimpleNamespace(box=7.5, cls=0.5, dfl=1.5)  # Ultralytics' gains
    return network


def street_network(weights: Path, *, baseline: bool = False) -> Network:
    """The street network started from the COCO weights.

    Classes that COCO knows take over their rows of the head. The others start from small noise, or,
    as a baseline, stay silent.

    Raises:
        WeightsError: See `initial_network`.
    """
    source = initial_network(weights)
    network = bare_network()
    state = source.state_dict()
    last = tuple(f"model.23.cv3.{i}.2." for i in range(len(STRIDES)))
    body = {k: v for k, v in state.items() if not k.startswith(last)}
    missing, unexpected = network.load_state_dict(body, strict=False)
    if unexpected or any(not k.startswith(last) for k in missing):
        message = f"{weights}: not YOLO11n: {[*unexpected, *missing][:3]}"
        raise WeightsError(message)
    with torch.no_grad():
        for i, branch in enumerate(network.model[-1].cv3):
            conv = branch[2]
            nn.init.normal_(conv.weight, std=0.0 if baseline else 0.01)
            rarity = math.log(5 / len(CLASSES) / (640 / STRIDES[i]) ** 2)  # as in Ultralytics
            conv.bias.fill_(ABSENT_BIAS if baseline else rarity)
            for name, row in COCO_ROWS.items():
                conv.weight[class_id(name)] = state[f"{last[i]}weight"][row]
                conv.bias[class_id(name)] = state[f"{last[i]}bias"][row]
    return network


def read_checkpoint(path: Path) -> dict[str, Any]:
    """What `models.train` saved; no code in the file is run.

    Raises:
        WeightsError: The file is missing, broken, or not a checkpoint of `models.train`.
    """
    if not path.is_file():
        message = f"{path}: checkpoint is missing"
        raise WeightsError(message)
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    # A foreign .pt holds classes, a cut one ends early: torch and pickle have many words for it.
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError) as exc:
        reason = str(exc).partition("\n")[0][:REASON_LENGTH]
        message = f"{path}: cannot be read as a checkpoint of models.train: {reason}"
        raise WeightsError(message) from exc
    missing = [k for k in CHECKPOINT if k not in state] if isinstance(state, dict) else CHECKPOINT
    if missing:
        message = f"{path}: not a checkpoint of models.train: no {', '.join(missing)} in it"
        raise WeightsError(message)
    return dict(state)


def load_checkpoint(path: Path) -> Network:
    """The street network with the averaged weights of a checkpoint of `models.train`.

    Raises:
        WeightsError: See `read_checkpoint`; or it holds another architecture.
    """
    network = bare_network()
    try:
        network.load_state_dict(read_checkpoint(path)["average"])
    except (RuntimeError, TypeError) as exc:
        reason = " ".join(str(exc).split())[:REASON_LENGTH]
        message = f"{path}: not a checkpoint of the street network (YOLO11n): {reason}"
        raise WeightsError(message) from exc
    return network.eval()


def scores_and_boxes(network: Network, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Raw output of a network in eval mode, shape (batch, 4 + classes, anchors)."""
    with torch.inference_mode():
        output = network(torch.from_numpy(pixels))
    return np.asarray((output[0] if isinstance(output, tuple) else output).float().numpy())


class MaskedLoss(v8DetectionLoss):  # type: ignore[misc,unused-ignore]  # untyped there
    """Ultralytics' detection loss in which a class counts only where it is labelled.

    The batch carries `mask`, shape (batch, classes, height / 8, width / 8): 1 where an anchor
    without an object of the class is a negative, 0 where nothing is known. Anchors that a label was
    assigned to always count.
    """

    def __init__(self, network: Network) -> None:
        """Take over the network's head; its BCE is replaced by the masked one."""
        super().__init__(network)
        self.bce = self._masked_bce
        self.mask: Tensor | None = None

    def loss(
        self, preds: dict[str, Any], batch: dict[str, Tensor]
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Spread the mask over the anchors of the three strides, then do as ever."""
        fine = batch["mask"]
        # Centre of a cell of stride 16 or 32, in cells of stride 8.
        levels = [fine, fine[:, :, 1::2, 1::2], fine[:, :, 2::4, 2::4]]
        self.mask = torch.cat([level.flatten(2) for level in levels], 2).permute(0, 2, 1).float()
        result: tuple[Tensor, dict[str, Tensor]] = super().loss(preds, batch)
        return result

    def _masked_bce(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Binary cross entropy per anchor and class, nothing where neither known nor assigned."""
        if self.mask is None:
            message = "loss() sets the mask first"
            raise RuntimeError(message)
        plain = nn.functional.binary_cross_entropy_with_logits(logits, targets, reduction="none")
        return plain * torch.maximum(self.mask, (targets > 0).float())
