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


def patch_card(settings: ModelSettings) -> Path | None:
    """The card of the patch classifier, if there is one.

    It is newer than the settings of many boxes, whose models lie in folders of their own: where
    nobody names it, it may be missing, and the box works as it did before.
    """
    card = settings.patch_kind
    is_named = "patch_kind" in settings.model_fields_set
    return card if card is not None and (is_named or card.is_file()) else None


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
        self._load_state = self._crops(settings.load_state)
        self._patch_kind = self._crops(patch_card(settings))

    def detector(self) -> Detector:
        """A detector of one camera's own."""
        return Detector(self._detector)

    def classifier(self) -> Classifier | None:
        """What tells how trucks are loaded, if there is one."""
        return Classifier(self._load_state) if self._load_state else None

    def patch_classifier(self) -> Classifier | None:
        """What tells a new patch on an ad surface, if there is one."""
        return Classifier(self._patch_kind) if self._patch_kind else None

    def _crops(self, path: Path | None) -> NetworkSession | None:
        """A network for crops; these are small: more than one thread for one rarely pays."""
        return self._load(path, "classify", 1) if path else None

    def _load(
        self, path: Path, task: Literal["detect", "classify"], threads: int
    ) -> NetworkSession:
        card = load_card(path, task=task)
        content = read_network(card, path)
        return NetworkSession(card, content, provider=self._settings.provider, threads=threads)
