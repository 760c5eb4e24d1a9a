"""The classifier: a crop in, one class or an honest abstention out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.detection.card import ModelCard, load_card, read_network
from pipeline.detection.letterbox import Letterbox, to_blob
from pipeline.detection.session import NetworkSession
from pipeline.errors import ModelError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Classification:
    """What a classifier says about one crop."""

    class_name: str | None  # None: it abstains
    score: float  # probability of the likeliest class, in [0, 1]
    probabilities: dict[str, float]  # by class, in the card's order; their sum is 1


class Classifier:
    """A trained classifier.

    Args:
        session: The network.
    """

    def __init__(self, session: NetworkSession) -> None:
        self._session = session

    @classmethod
    def from_card(cls, path: Path, *, provider: str = "cpu", threads: int = 1) -> Classifier:
        """Load the network that a model card describes.

        Args:
            path: The card, a TOML file with the ONNX file beside it.
            provider: A key of `session.PROVIDERS`.
            threads: Threads one run may use; crops are small, more than one rarely pays.

        Raises:
            ModelCardError: The card or the network is missing, or the card is wrong.
            ModelHashError: The network is not the one the card describes.
            ModelShapeError: Inputs or outputs do not fit.
            ModelError: The provider is not available, or the network cannot be loaded.
        """
        card = load_card(path, task="classify")
        return cls(
            NetworkSession(card, read_network(card, path), provider=provider, threads=threads)
        )

    @property
    def card(self) -> ModelCard:
        """What the network is."""
        return self._session.card

    def classify(self, crop: NDArray[np.uint8]) -> Classification:
        """The crop's class; None where its probability is below the card's `abstain_below`.

        Args:
            crop: height x width x 3, BGR, 0..255, not empty. It is letterboxed to the card's size.

        Raises:
            ModelError: The runtime failed, or the answer is not a distribution.
        """
        network = self.card.input
        box = Letterbox.fit(
            (crop.shape[1], crop.shape[0]),
            limit=(network.width, network.height),
            stride=network.stride,
            fill=True,
        )
        answer = self._session.run(to_blob(crop, box, network))[0].astype(np.float64)
        shares = _softmax(answer) if self.card.output.layout == "logits" else answer
        if not (np.isfinite(shares).all() and (shares >= 0).all() and shares.sum() > 0):
            raise ModelError(
                f"{self.card.file}: answered {answer.tolist()}, which is no"
                f" {self.card.output.layout}; export the network again"
            )
        shares = shares / shares.sum()
        best = int(shares.argmax())
        score = float(shares[best])
        abstains = self.card.abstain_below is not None and score < self.card.abstain_below
        return Classification(
            class_name=None if abstains else self.card.class_names[best],
            score=score,
            probabilities=dict(zip(self.card.class_names, shares.tolist(), strict=True)),
        )


def _softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shares that sum to 1; the largest logit is taken out first, so that nothing overflows."""
    powers = np.exp(logits - logits.max())
    return np.asarray(powers / powers.sum())
