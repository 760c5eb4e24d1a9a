"""A box at work: several cameras, each in its own thread, into one chain of evidence."""

from __future__ import annotations

import importlib.metadata
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog

from edge.clock import read_clock_status
from edge.errors import StreamEnded
from edge.recorder import EvidenceRecorder
from edge.report import Finding, LeftAlone
from edge.video.reader import VideoReader
from edge.video.timeline import utc_now
from edge.worker import CameraWorker, WorkerCounts
from pipeline.change.store import ReferenceStore
from pipeline.detection.classifier import Classifier
from pipeline.detection.detector import Detector
from pipeline.errors import StreetcaseError
from pipeline.evidence.bundle import EvidenceBuilder
from pipeline.evidence.chain import FileChain
from pipeline.evidence.manifest import ClockState
from pipeline.evidence.signing import SigningKey
from pipeline.processor import Processor

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from edge.settings import BoxCamera, BoxSettings
    from pipeline.evidence.bundle import Bundle, EvidenceFacts, EvidenceFile
    from pipeline.processor import Step
    from pipeline.rules.judgement import Judgement

# A spot that was looked at for less is not worth a line in a report: a passer-by.
MIN_LEFT_ALONE_SECONDS = 20.0
MAX_LEFT_ALONE = 200  # lines kept for one camera

log = structlog.get_logger()


def software_version() -> str:
    """Name and version of this software, for manifests."""
    return f"streetcase {importlib.metadata.version('streetcase')}"


@dataclass(slots=True)
class CameraRun:
    """What became of one camera."""

    camera: BoxCamera
    counts: WorkerCounts = field(default_factory=WorkerCounts)
    findings: list[Finding] = field(default_factory=list)
    left_alone: list[LeftAlone] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    error: str | None = None  # why it stopped before its source's end


class Box:
    """Runs cameras until their sources end.

    One camera's failure is written down in its `CameraRun` and disturbs no other.

    Args:
        settings: Of the box.
        on_step: Called from the cameras' threads after every frame, with the camera's id.
    """

    def __init__(
        self, settings: BoxSettings, *, on_step: Callable[[str, Step], None] | None = None
    ) -> None:
        self._settings = settings
        self._on_step = on_step
        data = settings.data
        data.mkdir(parents=True, exist_ok=True)
        self.evidence_folder = data / "evidence"
        self.evidence_folder.mkdir(exist_ok=True)
        self._candidates_folder = data / "candidates"
        self._candidates_folder.mkdir(exist_ok=True)
        key = SigningKey.load_or_create(data / "signing-key.pem")
        (data / "signing-key.pub.pem").write_bytes(key.public_pem())
        self._builder = EvidenceBuilder(
            root=self.evidence_folder,
            key=key,
            chain=FileChain(data / "chain.json"),
            box_id=settings.id,
            software=software_version(),
        )
        for bundle in self._builder.recover():
            # A kill came between its number and its signature; it lies in the folder now.
            log.info("bundle_recovered", folder=bundle.folder.name)
        self._one_bundle_at_a_time = threading.Lock()
        self._readers: list[VideoReader] = []

    def _build_bundle(self, facts: EvidenceFacts, files: Sequence[EvidenceFile]) -> Bundle:
        """One bundle after the other, so that numbers and instants run the same way.

        The instant is the box's own, whatever time the camera's pictures are said to be from.
        """
        with self._one_bundle_at_a_time:
            return self._builder.build(facts=facts, files=files, created_at=utc_now())

    def run(self) -> list[CameraRun]:
        """Work until every source has ended.

        Raises:
            ModelError: The networks cannot be used.
        """
        runs = [CameraRun(camera) for camera in self._settings.cameras]
        workers = [self._prepare(run) for run in runs]
        threads = [
            threading.Thread(target=work, name=run.camera.id, daemon=True)
            for run, work in zip(runs, workers, strict=True)
        ]
        for thread in threads:
            thread.start()
        try:
            for thread in threads:
                thread.join()
        except KeyboardInterrupt:
            self.stop()
            for thread in threads:
                thread.join()
        return runs

    def stop(self) -> None:
        """Ask every camera to end at its next packet."""
        for reader in self._readers:
            reader.stop()

    def _prepare(self, run: CameraRun) -> Callable[[], None]:
        settings, camera = self._settings, run.camera
        models = settings.model
        detector = Detector.from_card(
            models.detector, provider=models.provider, threads=models.threads
        )
        classifier = Classifier.from_card(models.load_state) if models.load_state else None
        processor = Processor(
            camera, detector=detector, classifier=classifier, settings=settings.processor
        )
        store = ReferenceStore(settings.data / "references" / camera.id)
        processor.change.import_references(store.load())
        reader = VideoReader(
            camera.video_source, settings.reader, camera_id=camera.id, starts_at=camera.starts_at
        )
        self._readers.append(reader)
        recorder = EvidenceRecorder(
            camera=camera,
            ring=reader.ring,
            build=self._build_bundle,
            settings=settings.processor,
            box_id=settings.id,
            detector=detector,
            candidates_folder=self._candidates_folder,
            software=software_version(),
            clock=_clock_state(camera),
        )
        left_alone = _LeftAloneList(camera)

        def on_step(step: Step) -> None:
            left_alone.follow(step.judgements)
            if self._on_step is not None:
                self._on_step(camera.id, step)

        worker = CameraWorker(reader, processor, recorder=recorder, on_step=on_step)

        def work() -> None:
            try:
                _run_to_the_end(worker)
            except StreetcaseError as error:
                run.error = f"{type(error).__name__}: {error}"
                log.warning("camera_failed", camera=camera.id, reason=run.error)
            except Exception as error:
                run.error = f"{type(error).__name__}: {error}"
                log.exception("camera_fault", camera=camera.id)
            store.save(processor.change.export_references())
            run.counts = worker.counts
            run.findings = recorder.findings()
            run.left_alone = left_alone.rows()
            run.warnings = [warning.text for warning in reader.warnings]

        return work


def _clock_state(camera: BoxCamera) -> ClockState:
    """How far the camera's instants can be trusted; those of a recording are only as told."""
    if camera.starts_at is not None:
        return ClockState(offset_seconds=None, synchronised=None, source="told")
    status = read_clock_status()
    if status is None:
        return ClockState(offset_seconds=None, synchronised=None, source="unknown")
    return ClockState(
        offset_seconds=status.box_offset_seconds,
        synchronised=status.is_synchronised,
        source="adjtimex",
    )


def _run_to_the_end(worker: CameraWorker) -> None:
    """A stream that its camera closes is over, as a file that ends is; what was open is ended."""
    try:
        with suppress(StreamEnded):
            worker.run()
    finally:
        worker.finish()


class _LeftAloneList:
    """The newest word on every spot that was watched for a while and never fired."""

    def __init__(self, camera: BoxCamera) -> None:
        self._camera = camera
        self._latest: dict[tuple[str, int], Judgement] = {}
        self._fired: set[tuple[str, int]] = set()

    def follow(self, judgements: tuple[Judgement, ...]) -> None:
        """Take in one step's judgements."""
        for judgement in judgements:
            key = (judgement.explanation.rule, judgement.presence_id)
            if judgement.fired:
                self._fired.add(key)
                self._latest.pop(key, None)
            elif key not in self._fired and judgement.present_seconds >= MIN_LEFT_ALONE_SECONDS:
                self._latest[key] = judgement
        while len(self._latest) > MAX_LEFT_ALONE:
            self._latest.pop(next(iter(self._latest)))

    def rows(self) -> list[LeftAlone]:
        """The lines of a report."""
        return [
            LeftAlone(
                camera=self._camera,
                rule=judgement.explanation.rule,
                seen_at=judgement.started_at,
                present_seconds=judgement.present_seconds,
                text=judgement.explanation.summary("en"),
                text_zh=judgement.explanation.summary("zh"),
            )
            for judgement in self._latest.values()
        ]
