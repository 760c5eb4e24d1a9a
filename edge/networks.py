"""The networks of a box, loaded once and shared by all its cameras."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pipeline.detection.card import load_card, read_network
from pipeline.detection.classifier import Classifier
from pipeline.detection.detector import Detector
from pipeline.detection.session import NetworkSession

if TYPE_CHECKING:
    from pathlib import Path

    from edge.settings import ModelSettings


class Networks:
    """One session for each network; running it is safe from several threads at once.

    Args:
        settings: Which networks, and on what they run.

    Raises:
        ModelError: A network cannot be used.
    """

    def __init__(self, settings: ModelSettings) -> None:
        self._settings = settings
        self._detector = self._load(settings.detector, "detect", settings.threads)
        # Crops are small: more than one thread for one of them rarely pays.
        self._load_state = (
            self._load(settings.load_state, "classify", 1) if settings.load_state else None
        )

    def detector(self) -> Detector:
        """A detector of one camera's own."""
        return Detector(self._detector)

    def classifier(self) -> Classifier | None:
        """What tells how trucks are loaded, if there is one."""
        return Classifier(self._load_state) if self._load_state else None

    def _load(
        self, path: Path, task: Literal["detect", "classify"], threads: int
    ) -> NetworkSession:
        card = load_card(path, task=task)
        content = read_network(card, path)
        return NetworkSession(card, content, provider=self._settings.provider, threads=threads)
