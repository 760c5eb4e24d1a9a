"""Classifiers of crops on the detector's first layers: training, export, card."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import onnx
import onnxslim  # type: ignore[import-not-found,unused-ignore]
import torch  # type: ignore[import-not-found,unused-ignore]
from torch import Tensor, nn  # type: ignore[import-not-found,unused-ignore]

from models.cards import card_head
from models.label_sets import PAD
from models.network import WeightsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from models.network import Network

BODY_LAYERS: Final = 7  # of YOLO11n, to stride 16
BODY_CHANNELS: Final = 128
RATE: Final = 1e-3  # of the new head; the body learns more slowly
MOST_GAP: Final = 1e-4  # between the probabilities of torch and of ONNX Runtime


class CropNetwork(nn.Module):  # type: ignore[misc,unused-ignore]  # torch may be missing
    """Detector layers, one more convolution, mean and maximum over the crop, probabilities."""

    def __init__(self, detector: Network, classes: int) -> None:
        """Put a new head on the first layers of a detector."""
        super().__init__()
        self.body = nn.Sequential(*detector.model[:BODY_LAYERS])
        self.mix = nn.Sequential(
            nn.Conv2d(BODY_CHANNELS, BODY_CHANNELS, 1, bias=False),
            nn.BatchNorm2d(BODY_CHANNELS),
            nn.SiLU(),
        )
        self.drop = nn.Dropout(0.3)
        self.head = nn.Linear(2 * BODY_CHANNELS, classes)

    def logits(self, pixels: Tensor) -> Tensor:
        """Scores before the softmax, shape (batch, classes)."""
        features = self.mix(self.body(pixels))
        pooled = torch.cat([features.mean((2, 3)), features.amax((2, 3))], 1)
        scores: Tensor = self.head(self.drop(pooled))
        return scores

    def forward(self, pixels: Tensor) -> Tensor:
        """Probabilities, shape (batch, classes)."""
        return self.logits(pixels).softmax(1)

    def optimiser(self, body_share: float) -> torch.optim.AdamW:
        """AdamW; the body learns at a share of the head's rate."""
        return torch.optim.AdamW(
            [
                {"params": self.body.parameters(), "lr": RATE * body_share},
                {"params": [*self.mix.parameters(), *self.head.parameters()], "lr": RATE},
            ],
            weight_decay=0.02,
        )


def train(
    network: CropNetwork,
    batches: Callable[[np.random.Generator], Iterable[tuple[Sequence[NDArray[np.uint8]], Tensor]]],
    *,
    epochs: int,
    seed: int,
    body_share: float,
) -> None:
    """Train in place, with a cosine learning rate; a line is printed for each epoch.

    Args:
        network: What learns.
        batches: An epoch's, by its random generator: letterboxed crops, and their classes as int64
            or as float32 shares of shape (batch, classes).
        epochs: How many.
        seed: The same one gives the same batches.
        body_share: Of the head's rate, at which the body learns.
    """
    optimiser = network.optimiser(body_share)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs)
    for epoch in range(epochs):
        network.train()
        start = time.monotonic()
        losses = []
        for images, wanted in batches(np.random.default_rng((seed, epoch))):
            scores = network.logits(to_pixels(images))
            loss = nn.functional.cross_entropy(scores, wanted, label_smoothing=0.05)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            losses.append(loss.item())
        schedule.step()
        took = time.monotonic() - start
        print(f"epoch {epoch + 1}/{epochs} loss {np.mean(losses):.4f} {took:.1f} s", flush=True)


def to_pixels(images: Sequence[NDArray[np.uint8]]) -> Tensor:
    """Letterboxed crops as the network's input, R, G, B in [0, 1]."""
    stacked = np.stack([i[..., ::-1].transpose(2, 0, 1) for i in images])
    return torch.from_numpy(np.ascontiguousarray(stacked)).float() / 255


def export(network: CropNetwork, path: Path, size_px: int) -> None:
    """Write the ONNX file, whole or not at all, checked against torch.

    Raises:
        WeightsError: ONNX Runtime answers otherwise than torch.
    """
    network.eval()
    path.parent.mkdir(parents=True, exist_ok=True)
    sample = torch.rand(2, 3, size_px, size_px)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        made = Path(folder) / path.name
        torch.onnx.export(
            network,
            (sample,),
            str(made),
            opset_version=17,
            input_names=["images"],
            output_names=["output0"],
            dynamic_axes={"images": {0: "batch"}, "output0": {0: "batch"}},
            dynamo=False,
        )
        onnx.save(onnxslim.slim(onnx.load(made)), made)
        _check_parity(network, made, sample)
        made.replace(path)


def card_of(
    onnx_file: Path,
    *,
    classes: Sequence[str],
    size_px: int,
    training: Mapping[str, Any],
    data: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """The card of an exported file, named as the file is, without figures.

    Args:
        onnx_file: What `export` wrote.
        classes: In the order of the outputs.
        size_px: Side of the input.
        training: Recipe, epochs and seed.
        data: One table for each set that was learned from.
    """
    return {
        **card_head(onnx_file, name=onnx_file.stem, task="classify"),
        "input": {
            "name": "images",
            "width": size_px,
            "height": size_px,
            "stride": size_px,
            "channels": "RGB",
            "range": [0.0, 1.0],
            "pad": PAD,
        },
        "output": {"name": "output0", "layout": "probabilities"},
        "classes": [{"name": name} for name in classes],
        "training": {**training, "image_size": size_px},
        "data": list(data),
    }


def _check_parity(network: CropNetwork, path: Path, sample: Tensor) -> None:
    """Raise unless ONNX Runtime answers as torch does."""
    import onnxruntime  # type: ignore[import-untyped]  # noqa: PLC0415 (training goes without)

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    with torch.inference_mode():
        gap = np.abs(session.run(None, {"images": sample.numpy()})[0] - network(sample).numpy())
    if gap.max() > MOST_GAP:
        message = f"{path}: differs from torch by {gap.max():.5f}"
        raise WeightsError(message)
