"""Cameras watched until their sources end, by shared judges, into one chain of evidence."""

from __future__ import annotations

import importlib.metadata
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog

from edge.clock import read_clock_status
from edge.errors import StreamEnded
from edge.evidence_desk import EvidenceDesk
from edge.judging.service import JudgingService
from edge.networks import Networks
from edge.recorder import EvidenceRecorder
from edge.report import Finding, LeftAlone
from edge.video.reader import VideoReader
from edge.worker import CameraWorker, WorkerCounts
from pipeline.change.store import ReferenceStore
from pipeline.errors import StreetcaseError
from pipeline.evidence.durable import replace_file
from pipeline.evidence.manifest import ClockState
from pipeline.processor import Processor

if TYPE_CHECKING:
    from collections.abc import Callable

    from edge.judging.service import Lane
    from edge.settings import BoxCamera, BoxSettings
    from edge.video.triage import Picture
    from pipeline.candidate import Candidate
    from pipeline.evidence.bundle import Bundle
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

    def note(self, error: Exception) -> None:
        """Write down what went wrong; the first counts."""
        if self.error is None:
            self.error = f"{type(error).__name__}: {error}"
            if isinstance(error, StreetcaseError):
                log.warning("camera_failed", camera=self.camera.id, reason=self.error)
            else:
                log.error("camera_fault", camera=self.camera.id, exc_info=error)


class Box:
    """Runs cameras until their sources end.

    One camera's failure is written down in its `CameraRun` and disturbs no other. Every picture of
    a recording is judged, whatever else runs, so that the same footage gives the same result.

    Args:
        settings: Of the box.
        on_step: Called after every frame, with the camera's id, by the thread that judged it.

    Raises:
        StreetcaseError: Key or chain cannot be used.
    """

    def __init__(
        self, settings: BoxSettings, *, on_step: Callable[[str, Step], None] | None = None
    ) -> None:
        self._settings = settings
        self._on_step = on_step
        self._software = software_version()
        self._desk = EvidenceDesk(settings.data, box_id=settings.id, software=self._software)
        self.evidence_folder = self._desk.evidence_folder
        self._candidates_folder = settings.data / "candidates"
        self._candidates_folder.mkdir(exist_ok=True)
        self._readers: list[VideoReader] = []

    def run(self) -> list[CameraRun]:
        """Work until every source has ended.

        Raises:
            ModelError: The networks cannot be used.
        """
        networks = Networks(self._settings.model)
        runs = [CameraRun(camera) for camera in self._settings.cameras]
        with JudgingService(self._settings.judging) as judging:
            threads = [
                threading.Thread(
                    target=self._prepare(run, networks, judging), name=run.camera.id, daemon=True
                )
                for run in runs
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

    def _prepare(
        self, run: CameraRun, networks: Networks, judging: JudgingService
    ) -> Callable[[], None]:
        settings, camera = self._settings, run.camera
        processor = Processor(
            camera,
            detector=networks.detector(),
            classifier=networks.classifier(),
            patch_classifier=networks.patch_classifier(),
            settings=settings.processor,
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
            build=self._desk.build,
            settings=settings.processor,
            box_id=settings.id,
            detector=networks.detector(),
            software=self._software,
            clock=lambda: _clock_state(camera),
            publish=self._keep,
        )
        left_alone = _LeftAloneList(camera)

        def on_step(step: Step) -> None:
            left_alone.follow(step.judgements)
            if self._on_step is not None:
                self._on_step(camera.id, step)

        def judge(picture: Picture) -> None:
            frame = reader.develop(picture)
            if frame is not None:
                worker.take(frame)

        def give_up(error: Exception) -> None:
            run.note(error)
            reader.stop()

        lane = judging.add(judge, on_fault=give_up)
        worker = CameraWorker(
            reader,
            processor,
            recorder=recorder,
            on_step=on_step,
            beside=None if camera.is_recording else lane.burst,
        )

        def work() -> None:
            try:
                _read_to_the_end(reader, lane, must_judge_all=camera.is_recording)
            except Exception as error:  # noqa: BLE001 - told in the run, whatever it is
                run.note(error)
            try:
                lane.close()
                worker.finish()
                store.save(processor.change.export_references())
            except Exception as error:  # noqa: BLE001 - as above
                run.note(error)
            run.counts = worker.counts
            run.findings = recorder.findings()
            run.left_alone = left_alone.rows()
            run.warnings = [warning.text for warning in reader.warnings]

        return work

    def _keep(self, candidate: Candidate, _bundle: Bundle) -> None:
        """Candidates stay beside their evidence, where people find them."""
        replace_file(
            self._candidates_folder / f"{candidate.candidate_id}.json",
            candidate.model_dump_json(indent=1).encode(),
        )


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


def _read_to_the_end(reader: VideoReader, lane: Lane[Picture], *, must_judge_all: bool) -> None:
    """A stream that its camera closes is over, as a file that ends is.

    Raises:
        Exception: What the source or, for a recording, the judging raised.
    """
    hand_over = lane.judge if must_judge_all else lane.offer
    with suppress(StreamEnded):
        for picture in reader.pictures():
            hand_over(picture)


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
