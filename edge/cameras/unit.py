"""One camera of a box: its reader, pipeline and evidence, put together and kept over restarts."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING

import structlog

from edge.recorder import EvidenceRecorder
from edge.video.reader import VideoReader
from edge.video.source import StreamUrl
from edge.worker import CameraWorker
from pipeline.change.store import SUFFIX, ReferenceStore
from pipeline.errors import ReferenceViewError, SnapshotError
from pipeline.evidence.durable import replace_file
from pipeline.processor import Processor

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from edge.evidence_desk import EvidenceDesk
    from edge.judging.service import JudgingService
    from edge.networks import Networks
    from edge.settings import BoxCamera, BoxSettings
    from edge.video.triage import Picture
    from pipeline.evidence.manifest import ClockState
    from pipeline.processor import Step

# Rules and episodes are saved with every event and this often, so that a kill costs no more of what
# was learned about a spot.
STATE_INTERVAL_SECONDS = 30.0
# Reference views change slowly and are some megabytes.
REFERENCES_INTERVAL_SECONDS = 600.0
MAX_STATE_BYTES = 16 * 1024 * 1024  # some kilobytes as a rule

log = structlog.get_logger()


class CameraUnit:
    """A camera at work; a `Session` for its supervisor.

    Args:
        camera: What to watch.
        settings: Of the box.
        networks: Of the box.
        desk: Where its evidence goes.
        judging: Who judges its pictures.
        clock: How far instants can be trusted, now.
        software: For manifests.
        on_step: Told of every step, with the camera's id.

    Raises:
        StreetcaseError: The camera's settings cannot be used.
    """

    def __init__(
        self,
        camera: BoxCamera,
        settings: BoxSettings,
        *,
        networks: Networks,
        desk: EvidenceDesk,
        judging: JudgingService,
        clock: Callable[[], ClockState],
        software: str,
        on_step: Callable[[str, Step], None],
    ) -> None:
        self.camera = camera
        self._state_path = settings.data / "state" / f"{camera.id}.json"
        self.reader = VideoReader(
            camera.video_source,
            settings.reader,
            camera_id=camera.id,
            starts_at=self._first_instant(),
        )
        self._references = ReferenceStore(settings.data / "references" / camera.id)
        self.processor = self._restored(
            lambda: Processor(
                camera,
                detector=networks.detector(),
                classifier=networks.classifier(),
                patch_classifier=networks.patch_classifier(),
                settings=settings.processor,
            )
        )
        self.recorder = EvidenceRecorder(
            camera=camera,
            ring=self.reader.ring,
            build=desk.build,
            publish=desk.publish,
            settings=settings.processor,
            box_id=settings.id,
            detector=networks.detector(),
            software=software,
            clock=clock,
        )
        self._on_step = on_step
        self.lane = judging.add(self._judge, on_fault=self._note_fault)
        self.worker = CameraWorker(
            self.reader,
            self.processor,
            recorder=self.recorder,
            on_step=self._follow,
            beside=None if camera.is_recording else self.lane.burst,
        )
        self._has_events = False
        self._saved_at = self._references_at = time.monotonic()
        self._fault: Exception | None = None
        self._stopping = threading.Event()

    def run(self) -> None:
        """Read the source to its end; see `Session`.

        Raises:
            VideoError: The source failed.
        """
        began, first_seconds = time.monotonic(), None
        for picture in self.reader.pictures():
            if not self.camera.is_recording:
                self.lane.offer(picture)
                continue
            if self.camera.loop:
                if first_seconds is None:
                    first_seconds = picture.seconds
                due = began + picture.seconds - first_seconds
                self._stopping.wait(max(due - time.monotonic(), 0.0))
            self.lane.judge(picture)

    def progress(self) -> int:
        """Packets so far."""
        return self.reader.counters.packets

    def stop(self) -> None:
        """End the reading at the next packet."""
        self._stopping.set()
        self.reader.stop()

    def abandon(self) -> None:
        """Let go of a reading that hangs."""
        self.reader.abandon()

    def fault(self) -> Exception | None:
        """What judging a live picture raised since the last call."""
        fault, self._fault = self._fault, None
        return fault

    def close(self, timeout_seconds: float) -> None:
        """After the reading has ended: build what evidence is due, and save the state.

        Open episodes stay open: the next start goes on with them.
        """
        if not self.lane.close(timeout_seconds):
            log.warning("camera_still_judging", camera=self.camera.id)
            return  # its state is in use; the newest saved one counts
        self.recorder.finish(())
        self._save_state()
        self._save_references()

    def finish(self) -> None:
        """The footage is over for good: end what is open and fix its last evidence."""
        self.lane.close()
        self.worker.finish()
        self._state_path.unlink(missing_ok=True)

    def _judge(self, picture: Picture) -> None:
        frame = self.reader.develop(picture)
        if frame is None:
            return  # damaged; the reader has counted it
        self.worker.take(frame)
        now = time.monotonic()
        if self._has_events or now - self._saved_at >= STATE_INTERVAL_SECONDS:
            self._save_state()
            self._has_events, self._saved_at = False, now
        if now - self._references_at >= REFERENCES_INTERVAL_SECONDS:
            self._save_references()
            self._references_at = now

    def _follow(self, step: Step) -> None:
        self._has_events = self._has_events or bool(step.events)
        self._on_step(self.camera.id, step)

    def _note_fault(self, error: Exception) -> None:
        if self._fault is None:
            self._fault = error

    def _save_state(self) -> None:
        content = json.dumps(self.processor.snapshot()).encode()
        try:
            self._state_path.parent.mkdir(exist_ok=True)
            replace_file(self._state_path, content)
        except OSError as error:  # a full disk is no reason to stop watching
            log.warning("state_not_saved", camera=self.camera.id, reason=error.strerror)

    def _save_references(self) -> None:
        try:
            self._references.save(self.processor.change.export_references())
        except ReferenceViewError as error:
            log.warning("references_not_saved", camera=self.camera.id, reason=str(error))

    def _first_instant(self) -> datetime | None:
        """Of the first picture to come; none: as the clock says.

        Who joins a stream again joins it later than at its first picture. Only a file begins anew.
        """
        is_stream = isinstance(self.camera.video_source, StreamUrl)
        return None if is_stream and self._state_path.exists() else self.camera.starts_at

    def _restored(self, make: Callable[[], Processor]) -> Processor:
        """A pipeline with what an earlier process left; damaged state is moved aside."""
        processor = make()
        try:
            with self._state_path.open("rb") as file:
                processor.restore(json.loads(file.read(MAX_STATE_BYTES)))
        except FileNotFoundError:
            pass
        except (
            OSError,
            ValueError,
            LookupError,
            TypeError,
            AttributeError,
            SnapshotError,
        ) as error:
            _set_aside(self._state_path, f"{type(error).__name__}: {error}")
            processor = make()  # half of a state is none
        views = []
        for path in sorted(self._references.folder.glob(f"*{SUFFIX}")):
            try:
                views.append(self._references.read(path))
            except ReferenceViewError as error:
                _set_aside(path, str(error))
        processor.change.import_references(views)
        return processor


def _set_aside(path: Path, reason: str) -> None:
    log.warning("saved_state_damaged", file=str(path), reason=reason)
    path.replace(path.with_name(f"{path.name}.damaged"))
