"""Runs a video through the whole pipeline, with all witnesses and with each one switched off.

Every run goes through the product's own reader, processor, rules and episodes. The networks run
once: what they said about a picture is kept and said again in the other runs, which see the same
pictures. Detections do not depend on the rules; everything after them is worked out anew.

Off means:

* network: nothing that a rule counts as seen (stall, goods, umbrella, tricycle, ads, signs, dust,
  spill), and no load states. People and vehicles stay, as the change witness leaves them out and
  the truck's passage is what asks for a comparison of the road.
* change: the view is never learnt, so no proposals, no haze, nothing new on the road.
* time: no waiting (dwell and persistence of a thousandth of a second) and no word from behaviour
  (attended, customers, unattended, moving, growing, still). A spill still needs its passage.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np

from edge.settings import BoxSettings
from edge.video.reader import VideoReader
from edge.worker import CameraWorker
from models.semireal.dust import Air, air_of
from pipeline.candidate import Candidate, Witness
from pipeline.change.results import ViewState
from pipeline.detection.classifier import Classification, Classifier
from pipeline.detection.detector import Detector
from pipeline.processor import Processor
from pipeline.rules.muck_truck import MuckTruckRule

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from numpy.typing import NDArray

    from pipeline.camera import Camera
    from pipeline.change.detector import ChangeDetector
    from pipeline.change.results import ChangeResult, SurfaceChange
    from pipeline.change.surface import SurfaceWatch
    from pipeline.detection.card import ModelCard
    from pipeline.detections import Detections
    from pipeline.episodes.events import Episode
    from pipeline.frames import Frame
    from pipeline.geometry import Box
    from pipeline.processor import ProcessorSettings, Step
    from pipeline.rules.judgement import Judgement

# All witnesses, then each switched off in turn.
VARIANTS: Final[Mapping[str, Witness | None]] = {
    "all": None,
    "no_network": Witness.NETWORK,
    "no_change": Witness.CHANGE,
    "no_time": Witness.TIME,
}
KEPT_WITHOUT_NETWORK: Final = frozenset(
    {"person", "bicycle", "motorcycle", "car", "bus", "truck", "machinery"}
)
AT_ONCE: Final = 1e-3  # seconds; the rules divide by it
LEFT_ALONE_SECONDS: Final = 20.0  # what was there for less is a passer-by


class Networks:
    """The product's networks, which answer a picture seen before without running again."""

    def __init__(self, settings: BoxSettings) -> None:
        """Load what the box would load."""
        models = settings.model
        self._detector = Detector.from_card(
            models.detector, provider=models.provider, threads=models.threads
        )
        self._classifier = Classifier.from_card(models.load_state) if models.load_state else None
        self.patches = KeptKinds(
            Classifier.from_card(models.patch_kind) if models.patch_kind else None
        )
        self.card: ModelCard = self._detector.card
        self._detections: dict[bytes, Detections] = {}
        self._loads: dict[bytes, Classification] = {}
        self.without_things = False
        self.runs = 0

    def forget(self) -> None:
        """Begin another video: what was kept is let go, so that memory stays bounded."""
        self._detections.clear()
        self._loads.clear()
        self.patches.forget()

    def detect(self, frame: Frame) -> Detections:
        """As `Detector.detect`."""
        # The size of the source is part of the answer, whose boxes are in its pixels.
        return self._said(
            _digest(frame.image, frame.width, frame.height), lambda: self._detector.detect(frame)
        )

    def detect_image(self, image: NDArray[np.uint8]) -> Detections:
        """As `Detector.detect_image`."""
        return self._said(_digest(image), lambda: self._detector.detect_image(image))

    def _said(self, key: bytes, look: Callable[[], Detections]) -> Detections:
        if key not in self._detections:
            self._detections[key] = look()
            self.runs += 1
        found = self._detections[key]
        return found.of(*KEPT_WITHOUT_NETWORK) if self.without_things else found

    def classify(self, crop: NDArray[np.uint8]) -> Classification:
        """As `Classifier.classify`."""
        if self._classifier is None or self.without_things:
            return Classification(class_name=None, score=0.0, probabilities={})
        key = _digest(crop)
        if key not in self._loads:
            self._loads[key] = self._classifier.classify(crop)
        return self._loads[key]


class KeptKinds:
    """The patch classifier, which answers a patch seen before without running again."""

    def __init__(self, classifier: Classifier | None) -> None:
        self._classifier = classifier
        self._kinds: dict[bytes, Classification] = {}

    def __bool__(self) -> bool:
        """Whether there is one."""
        return self._classifier is not None

    def forget(self) -> None:
        """As `Networks.forget`."""
        self._kinds.clear()

    def classify(self, crop: NDArray[np.uint8]) -> Classification:
        """As `Classifier.classify`; abstains where there is none."""
        key = _digest(crop)
        if self._classifier is None:
            return Classification(class_name=None, score=0.0, probabilities={})
        if key not in self._kinds:
            self._kinds[key] = self._classifier.classify(crop)
        return self._kinds[key]


def _digest(picture: NDArray[np.uint8], *more: int) -> bytes:
    """What tells a picture from every other one; the picture itself is not kept."""
    digest = hashlib.blake2b(np.ascontiguousarray(picture).data, digest_size=16)
    digest.update(repr((picture.shape, more)).encode())
    return digest.digest()


class Silent:
    """A change witness that works and says nothing, as while it learns."""

    def __init__(self, witness: ChangeDetector) -> None:
        self._witness = witness

    def update(
        self, frame: Frame, *, ignore: Sequence[Box] = (), frozen: Sequence[Box] = ()
    ) -> ChangeResult:
        """As `ChangeDetector.update`, with nothing to say."""
        result = self._witness.update(frame, ignore=ignore, frozen=frozen)
        nothing = np.zeros_like(result.changed)
        return replace(result, state=ViewState.LEARNING, changed=nothing, proposals=(), hazes=())


class SilentSurface:
    """A road of which nobody says what is new."""

    def update(self, *_: Any, **__: Any) -> None:  # noqa: ANN401 - whatever it is told
        """Look away."""

    def compare(self, *, before_seconds: float, after_seconds: float) -> tuple[SurfaceChange, ...]:  # noqa: ARG002
        """Nothing."""
        return ()


class WitnessesOff(Processor):
    """The product's processor without one of its witnesses.

    Args:
        camera: As for the processor.
        networks: The shared networks.
        settings: As for the processor.
        off: Which witness; none: all speak.
    """

    def __init__(
        self, camera: Camera, networks: Networks, settings: ProcessorSettings, off: Witness | None
    ) -> None:
        networks.without_things = off is Witness.NETWORK
        super().__init__(
            camera,
            # Both have all that the processor asks of them.
            detector=cast("Detector", networks),
            classifier=cast("Classifier", networks),
            patch_classifier=(
                cast("Classifier", networks.patches)
                if networks.patches and off is not Witness.NETWORK
                else None
            ),
            settings=without_time(settings) if off is Witness.TIME else settings,
        )
        if off is Witness.CHANGE:
            self.change = cast("ChangeDetector", Silent(self.change))
            quiet = cast("SurfaceWatch", SilentSurface())
            self._surfaces = dict.fromkeys(self._surfaces, quiet)


def without_time(settings: ProcessorSettings) -> ProcessorSettings:
    """The settings with the time witness off; see the module's docstring."""
    rules = settings.rules
    vending, ads, dust = rules.vending, rules.advertising, rules.dust
    # `model_copy` does not validate: a dwell of nothing is no setting of a product.
    changed = rules.model_copy(
        update={
            "vending": vending.model_copy(
                update={
                    "dwell_seconds": AT_ONCE,
                    "weights": vending.weights.model_copy(
                        update=dict.fromkeys(("attended", "customers", "unattended", "moving"), 0.0)
                    ),
                }
            ),
            "advertising": ads.model_copy(
                update={
                    "persist_seconds": AT_ONCE,
                    "weights": ads.weights.model_copy(update={"moving": 0.0}),
                }
            ),
            "dust": dust.model_copy(
                update={
                    "persist_seconds": AT_ONCE,
                    "weights": dust.weights.model_copy(update={"grows": 0.0, "still": 0.0}),
                }
            ),
        }
    )
    return settings.model_copy(update={"rules": changed})


class Watched:
    """What one run found in one video."""

    def __init__(self) -> None:
        self.candidates: list[Candidate] = []
        self.left_alone: list[str] = []  # what was looked at and did not fire, and why not
        self.air: list[Air] = []  # picture by picture, where the camera watches a site
        self.frames = 0


def watch(
    video: Path, camera: Camera, starts_at: datetime, networks: Networks, off: Witness | None
) -> Watched:
    """Run one video through the pipeline.

    Args:
        video: The file.
        camera: With its zones.
        starts_at: UTC instant of the first picture.
        networks: See `Networks`; `forget` is the caller's to call between videos.
        off: The witness that is switched off.

    Raises:
        VideoError: The file cannot be read.
    """
    settings = BoxSettings()
    processor = WitnessesOff(camera, networks, settings.processor, off)
    reader = VideoReader(video, settings.reader, camera_id=camera.id, starts_at=starts_at)
    episodes: dict[Any, Episode] = {}
    waiting: dict[tuple[str, int], Judgement] = {}
    result = Watched()

    def on_step(step: Step) -> None:
        episodes.update({event.episode.episode_id: event.episode for event in step.events})
        for judgement in step.judgements:
            key = (judgement.explanation.rule, judgement.presence_id)
            told = judgement.explanation.rule == MuckTruckRule.name  # a passage is told of once
            if told or judgement.present_seconds >= LEFT_ALONE_SECONDS:
                waiting[key] = judgement
        if (air := air_of(step, camera)) is not None:
            result.air.append(air)

    worker = CameraWorker(reader, processor, on_step=on_step)
    worker.run()
    episodes.update({event.episode.episode_id: event.episode for event in processor.finish()})
    result.frames = worker.counts.frames
    result.candidates = [
        candidate_of(episode, camera, networks.card)
        for episode in episodes.values()
        if episode.absorbed_by is None
    ]
    result.left_alone = [
        f"{j.explanation.rule} {j.explanation.score:.2f} at"
        f" {[round(v, 2) for v in j.fraction_box.xyxy]}: {j.explanation.summary()}"
        for j in waiting.values()
        if not j.fired
    ]
    return result


def candidate_of(episode: Episode, camera: Camera, card: ModelCard) -> Candidate:
    """An episode as the box would send it, without its evidence."""
    box = episode.fraction_box
    return Candidate(
        candidate_id=episode.episode_id,
        update=episode.update,
        box_id="semireal",
        camera_id=camera.id,
        violation=episode.violation,
        subtype=episode.subtype,
        state=episode.state,
        started_at=episode.started_at,
        fired_at=episode.fired_at,
        last_seen_at=episode.last_seen_at,
        ended_at=episode.ended_at,
        box=(max(box.x1, 0.0), max(box.y1, 0.0), min(box.x2, 1.0), min(box.y2, 1.0)),
        zone_id=episode.zone_id,
        recurrence_of=episode.recurrence_of,
        explanation=episode.explanation,
        software="semireal",
        model=f"{card.name} {card.version}",
        model_sha256=card.sha256,
    )
